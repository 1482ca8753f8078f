"""Harms by group, of those who were asked; deterioration by person."""

import made_comparisons
import numpy as np
import pandas as pd
import pytest

from imp_trials import harms


@pytest.fixture
def trial(study):
    return made_comparisons.design(study)


def people(each=10):
    groups = np.repeat(["a", "c"], each)
    return pd.DataFrame({"participant": [f"P{n:02d}" for n in range(2 * each)], "group": groups})


def forms(study, answers):
    question = study.harm_question("choice")
    return pd.DataFrame({"participant": list(answers), question: list(answers.values())})


def test_who_did_not_answer_is_not_without_harm(study, trial):
    kind = next(k for k in study.questions[study.harm_question("choice")].choices.values()
                if k != "none")  # fmt: skip
    answers = {"P00": kind, "P01": "none", "P10": "none", "P11": kind, "P12": "none"}
    table = harms.asked(forms(study, answers), people(), trial)
    assert table["forms"].tolist() == [2, 3]
    assert table["missing_forms"].tolist() == [8, 7]
    counts = harms.counts_by_group(forms(study, answers), people(), trial).set_index("kind")
    assert counts.loc["any", "count"].tolist() == [1, 1]
    assert counts.loc["any", "n"].tolist() == [2, 3]
    assert "serious is not stated" in harms.not_compared(counts, trial)[-1]


def test_nothing_is_compared_with_a_group_that_was_not_asked(study, trial):
    counts = harms.counts_by_group(forms(study, {"P00": "none"}), people(), trial)
    assert counts.empty
    assert "was not asked" in harms.not_compared(counts, trial)[0]


def test_a_person_deteriorates_once_and_limits_have_intervals(study, trial):
    wide = people(3).assign(pre=10.0, post=[4.0, 10, 10, 17, 10, np.nan])
    scores = made_comparisons.scores_of(wide)
    precision = pd.DataFrame({"scale": ["y"], "label": ["Y"], "n": [3], "icc": [0.8], "sd": [3.0],
                              "icc_low": [0.4], "icc_high": [0.95], "reliable_change": [2.6],
                              "retest_change": [3.7]})  # fmt: skip
    persons = harms.deterioration_by_person(scores, precision, trial)
    assert persons["count"].tolist() == [1, 0]
    assert persons["n"].tolist() == [3, 2]
    limits = harms.limits(precision, trial).iloc[0]
    assert limits["limit_low"] < limits["retest_change"] < limits["limit_high"]
    controls = harms.changed_controls(scores, precision, trial)
    assert controls["count"].tolist() == [1, 1]
    unknown = precision.assign(retest_change=np.nan, reliable_change=np.nan)
    assert harms.deterioration_by_person(scores, unknown, trial).empty
    assert harms.changed_controls(scores, unknown, trial).empty


def test_withdrawals_that_are_not_stated_are_missing(trial):
    table = harms.withdrawals(people(), trial)
    assert table["count"].isna().all()
    assert table["n"].tolist() == [10, 10]
