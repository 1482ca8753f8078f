"""Delta adjustment beside mice, jump to reference beside rbmi, of a real antidepressant trial."""

from pathlib import Path

import made_comparisons
import pandas as pd
import pytest

from imp_helpers.statistics.change_scores import scores_by_time
from imp_trials import missing_data, not_at_random

FOLDER = Path(__file__).parent.parent / "reference" / "imputation"
MICE = pd.read_csv(FOLDER / "delta.csv").set_index("statistic")["value"]
TIMES = ("baseline", "week_1", "week_2", "week_4", "week_6")
# The quickstart vignette of R's rbmi 1.5 prints the error of 150 Bayesian imputations, the vignette
# on conditional means the estimate without Monte-Carlo error.
RBMI_DIFFERENCE, RBMI_ERROR = -2.126, 1.120


@pytest.fixture(scope="module")
def trial(study):
    wide = pd.read_csv(FOLDER / "antidepressant.csv", dtype={"participant": "str"})
    study = made_comparisons.design(study, ("drug", "placebo"), TIMES, "mmrm")
    scores = made_comparisons.scores_of(wide, TIMES)
    by_time = scores_by_time(scores, "y", study, study.times)
    return study, scores, by_time, missing_data.imputed(by_time, study, draws=1000)


def error_of(pooled):
    return (pooled["high"] - pooled["low"]) / 2 / 1.98


@pytest.mark.parametrize("delta", [0, 2, 4, 8])
def test_delta_adjustment_is_that_of_mice(trial, delta):
    """Within four Monte-Carlo errors of two times 1,000 imputations."""
    study, _, wide, found = trial
    one = study.comparisons[0]
    completed = not_at_random.delta_adjusted(found, one, study, delta)
    pooled = missing_data.multiple_imputation(wide, one, study, completed)
    within = 4 * 2**0.5 * pooled["mc_error"]
    for name in ("difference", "low", "high"):
        assert pooled[name] == pytest.approx(MICE[f"delta_{delta}.{name}"], abs=1.5 * within)
    assert pooled["difference"] == pytest.approx(MICE[f"delta_{delta}.difference"], abs=within)
    assert 0.005 < pooled["mc_error"] < 0.03


def test_jump_to_reference_is_that_of_rbmi(trial):
    study, _, wide, found = trial
    completed = not_at_random.jump_to_reference(found)
    pooled = missing_data.multiple_imputation(wide, study.comparisons[0], study, completed)
    assert pooled["difference"] == pytest.approx(RBMI_DIFFERENCE, abs=4 * pooled["mc_error"] + 5e-4)
    assert error_of(pooled) == pytest.approx(RBMI_ERROR, rel=0.05)


def test_the_tipping_point_lies_where_p_reaches_the_level(trial):
    study, _, wide, found = trial
    one = study.comparisons[0]
    tip = not_at_random.tipping_point(wide, found, one, study, 5.0)
    completed = not_at_random.delta_adjusted(found, one, study, tip)
    pooled = missing_data.multiple_imputation(wide, one, study, completed)
    assert tip > 0
    assert pooled["p"] == pytest.approx(0.05, abs=1e-5)
    assert MICE["delta_2.p"] < 0.05 < MICE["delta_4.p"]
    assert 0 < tip < 4


def test_the_tables_name_what_they_assume(trial):
    study, scores, *_ = trial
    estimates, tips = not_at_random.sensitivity_to_missingness(scores, study)
    assert estimates["analysis"].tolist()[0] == "missing at random"
    assert estimates["analysis"].tolist()[-1] == "jump to reference"
    assert estimates["difference"].iloc[:5].is_monotonic_decreasing
    assert tips.loc[0, ["count", "n"]].tolist() == [20, 84]
    assert len(not_at_random.in_short(tips, study)) == 1
    compared = missing_data.missing_scores(scores, study)
    assert "mixed model adjusted for baseline" in compared["analysis"].tolist()
    assert compared["unbiased_if"].notna().all()


def test_without_a_missing_score_both_tables_are_empty(study):
    wide = made_comparisons.three_groups().dropna()
    study = made_comparisons.design(study, ("a", "b", "c"), ("t0", "t1", "t2"))
    scores = made_comparisons.scores_of(wide, ("t0", "t1", "t2"))
    estimates, tips = not_at_random.sensitivity_to_missingness(scores, study)
    assert estimates.empty
    assert tips.empty
