"""Counts and percentages against hand-counted forms."""

from dataclasses import replace

import pandas as pd
import pytest

from imp_helpers import feasibility, figures
from imp_helpers.statistics import sample
from imp_intake.settings.sections import Criterion


def test_percentages_are_of_those_who_answered(study):
    answers = ["very"] * 3 + ["slightly"] + [None]
    form = {name: [None] * 5 for name, q in study.questions.items() if q.kind == "choice"}
    evaluation = pd.DataFrame(form | {"relevance_personal": answers}, dtype="str")
    table = feasibility.choices(evaluation, study).set_index(["question", "choice"])
    row = table.loc[("relevance_personal", "very")]
    assert (row["count"], row["n"], row["percent"]) == (3, 4, 75.0)


def test_topics_count_ticks_and_leave_out_the_unanswered(study):
    topics = study.questions["table6"].choices.values()
    form = {f"table6_{topic}": [0, 0, None] for topic in topics}
    form["table6_more_theory"] = [1, 1, None]
    table = feasibility.topics(pd.DataFrame(form, dtype="Int64"), study, "table6")
    assert table.iloc[0].tolist() == ["more_theory", 2, 2, 100.0]


def test_ages_by_hand(study):
    """Ages 40, 50, 60 against 30, 40: t = 15 / sqrt(pooled 83.33 * (1/3 + 1/2)) = 1.80, df = 3."""
    people = pd.DataFrame(
        {"group": ["training"] * 3 + ["control"] * 2, "age": [40, 50, 60, 30, 40]}
    ).astype({"age": "Int64"})
    test = sample.baseline_differences(people, pd.DataFrame(), study).iloc[0]
    assert test["t"] == pytest.approx(15 / (250 / 3 * (1 / 3 + 1 / 2)) ** 0.5)
    assert test["df"] == 3


def test_drop_outs_are_those_without_the_last_form(study, cleaned):
    answers = cleaned.answers
    gone = answers[~((answers["participant"] == "P03") & (answers["time"] == "post"))]
    table = sample.drop_outs(cleaned.participants, gone, study).set_index("group")
    assert table.loc["training"].tolist() == [25, 24, 1]
    claims = {r["id"]: r["value"] for r in sample.drop_out_results(table.reset_index(), study)}
    assert claims["sample.dropouts.claim"] == "dropouts"
    assert claims["feasibility.completed.claim"] == "not_all_completed"


def test_a_truncated_session_is_told(cleaned):
    sessions = cleaned.sessions.copy()
    sessions.loc[0, "status"] = "truncated"
    table = feasibility.delivery(sessions, cleaned.participants)
    assert table["delivered"].tolist() == [8, 9]
    (claim,) = (r for r in feasibility.delivery_results(table) if r["id"].endswith("claim"))
    assert claim["value"] == "not_fully_delivered"


def test_eight_areas_and_none_is_empty(study):
    table = feasibility.areas(study).set_index("area")
    assert len(table) == 8
    assert (table["questions"].str.len() + table["statement"].fillna("").str.len() > 5).all()


def test_stacked_bars_take_questions_on_one_scale_worst_first(study, cleaned):
    rated = feasibility.rated_choices(feasibility.choices(cleaned.evaluation, study))
    assert list(rated.columns) == ["Not", "Slightly", "Very"]
    assert rated.sum(axis=1).tolist() == pytest.approx([100, 100])


def test_progression_judges_both_directions(study):
    import dataclasses

    criteria = [
        {"area": "practicality", "label": "a", "statistic": "x", "go": 80, "amend": 60},
        {"area": "practicality", "label": "b", "statistic": "y", "go": 80, "amend": 60},
        {"area": "practicality", "label": "c", "statistic": "z", "go": 10, "amend": 20},
        {"area": "practicality", "label": "d", "statistic": "missing", "go": 10, "amend": 20},
    ]
    own = dataclasses.replace(
        study,
        settings=study.settings.model_copy(
            update={"progression": [Criterion(**one) for one in criteria]}
        ),
    )
    verdicts = feasibility.progression({"x": 80.0, "y": 59.9, "z": 15.0}, own)["light"].tolist()
    assert verdicts == ["go", "stop", "amend", "not measured"]


def test_tidier_has_its_twelve_items(study):
    table = feasibility.tidier(study)
    assert table["item"].tolist() == [str(number) for number in range(1, 13)]
    assert (table["answer"].str.len() > 3).all()


def test_rates_have_intervals(study, cleaned):
    drop_out = sample.drop_outs(cleaned.participants, cleaned.answers, study)
    people = cleaned.participants
    table = feasibility.rates(people, drop_out, cleaned.evaluation, cleaned.answers, study)
    found = sample.with_intervals(table).set_index("measure")
    assert found.loc["response", ["count", "n"]].tolist() == [24, 25]
    # Clopper-Pearson of n out of n: the lower end is the n-th root of .025.
    assert found.loc["completion", "exact_low"] == pytest.approx(100 * 0.025 ** (1 / 25))


def test_adherence_completion_and_returned_forms_are_three_things(study, cleaned):
    """Of 25 in the training 24 attended 6 of 8 sessions and one none; all returned forms."""
    about = {"sessions_attended": "n", "sessions_planned": 8, "completed_from": 7}
    section = study.settings.participants.model_copy(update=about)
    own = replace(study, settings=study.settings.model_copy(update={"participants": section}))
    people = cleaned.participants.copy()
    people["sessions_attended"] = pd.array([6] * len(people), dtype="Int64")
    first = people.index[people["group"] == "training"][0]
    people.loc[first, "sessions_attended"] = 0
    drop_out = sample.drop_outs(people, cleaned.answers, study)
    table = feasibility.rates(people, drop_out, cleaned.evaluation, cleaned.answers, own)
    found = table.set_index("measure")[["count", "n"]].apply(tuple, axis=1)
    assert feasibility.adherence(people, own) == [
        "The 25 participants in the training whose attendance is known attended 5.8 of 8 sessions "
        "on average (SD 1.2)."
    ]
    assert found["programme_completed"] == (0, 25)
    assert found["completion"] == (25, 25)


def test_the_flow_begins_at_eligibility_where_it_is_known(study, cleaned, scores):
    about = {"assessed_for_eligibility": 120, "excluded": "73 declined"}
    section = study.settings.study.model_copy(update=about)
    own = replace(study, settings=study.settings.model_copy(update={"study": section}))
    flows = sample.flow(cleaned.participants, cleaned.answers, scores, own)
    said = [text.get_text() for text in figures.participant_flow(flows, own).axes[0].texts]
    assert "Assessed for eligibility\nn = 120\n73 declined" in said
    known = [text.get_text() for text in figures.participant_flow(flows, study).axes[0].texts]
    assert not any("eligibility" in text for text in known)
