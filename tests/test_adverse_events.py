"""Counts of unwanted effects with both denominators."""

import pandas as pd
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
    assert set(table["finding"]) == {"not asked"}
    assert len(table) == 5


def test_reliable_change_counts_everyone_once_and_knows_the_good_direction(study, scores):
    thresholds = pd.DataFrame(
        {"scale": list(study.scales), "reliable_change": [5.0] * len(study.scales)}
    )
    table = adverse_events.reliable_change(scores, thresholds, study)
    assert (table[["improved", "unchanged", "deteriorated"]].sum(axis=1) == table["n"]).all()
    stress = scores[scores["scale"] == "pss_total"].pivot(
        index=["participant", "group"], columns="time", values="score"
    )
    fallen = (stress["baseline"] - stress["post"] > 5).groupby("group").sum()
    found = table[table["scale"] == "pss_total"].set_index("group")["improved"]
    assert found.to_dict() == fallen.to_dict()


def test_intervals_of_zero_events_begin_at_zero(study, cleaned):
    table = adverse_events.count_events(cleaned.evaluation, cleaned.participants, study)
    table.loc[0, "count"] = 0
    found = adverse_events.rates_with_intervals(table).iloc[0]
    assert found["trained_low"] == 0
    assert found["trained_high"] == pytest.approx(100 * (1 - 0.025 ** (1 / 25)))
