"""Counts of unwanted effects with both denominators."""

import dataclasses

import pytest

from imp_helpers import adverse_events


def test_counts_and_both_denominators(study, cleaned):
    table = adverse_events.count_events(cleaned.evaluation, cleaned.participants, study)
    table = table.set_index("kind")
    assert table["count"].to_dict() == {"adverse_reactions": 1, "awareness_problems": 4, "any": 5}
    assert table.loc["any", "percent_of_forms"] == pytest.approx(100 * 5 / 24)
    assert table.loc["any", "percent_of_trained"] == pytest.approx(20.0)


def test_reports_come_without_participants_numbers(study, cleaned):
    table = adverse_events.listed_events(cleaned.evaluation, study)
    assert len(table) == 5
    assert not table["report"].str.contains(r"\bP\d\d\b").any()


def test_the_paper_is_paraphrased_not_quoted(study, cleaned):
    quoted = ("over-aware", "more often than desirable", "because of increased awareness")
    reports = " ".join(adverse_events.listed_events(cleaned.evaluation, study)["report"])
    assert not any(words in reports for words in quoted)


def test_what_was_not_asked_is_said(study, cleaned):
    table = adverse_events.dimensions(cleaned.evaluation, study)
    assert set(table["choice"]) == {"not_asked"}
    assert len(table) == 5
    said = adverse_events.in_short(study)[-1]
    assert "severity" in said
    assert said.endswith("serious events.")


def test_intervals_of_zero_events_begin_at_zero(study, cleaned):
    question = study.harm_question("choice")
    kinds = study.questions[question].choices.values()
    kind = next(kind for kind in kinds if kind != "none")
    others = cleaned.evaluation.replace({question: {kind: "none"}})
    found = adverse_events.count_events(others, cleaned.participants, study).iloc[0]
    assert found["count"] == 0
    assert found["trained_low"] == 0
    assert found["trained_high"] == pytest.approx(100 * (1 - 0.025 ** (1 / 25)))


def test_adverse_effects_are_counted_in_each_arm(study, cleaned):
    """With the training split into its two courses, the counts add up to those of everyone."""
    people = cleaned.participants.copy()
    second = people["training_group"] == 2
    people.loc[second, "group"] = "second"
    arms = (*study.groups, dataclasses.replace(study.groups[0], id="second"))
    several = dataclasses.replace(study, groups=arms)
    table = adverse_events.events_by_arm(cleaned.evaluation, people, several).set_index("group")
    assert table.index.tolist() == ["training", "second", "total"]
    assert table["trained"].tolist() == [25 - second.sum(), second.sum(), 25]
    assert (table.loc["total", "count"], table.loc["total", "forms"]) == (5, 24)
    arms = table.loc[["training", "second"], ["count", "forms"]]
    assert arms.sum().tolist() == [5, 24]
