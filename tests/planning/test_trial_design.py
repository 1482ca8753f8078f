"""Power by formula against numbers of R, of G*Power as the paper prints it, and of theory."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from scipy import stats

from imp_helpers.next_trial import needed_in_groups
from imp_planning.trial_design import (
    Trial,
    participants_needed,
    power,
    problems_of,
    standard_error_and_df,
)

# With a correlation of .5 the SD of the change is that of the scores: a two-sample t test.
PLAIN = Trial(20, 20, effect=0.5, correlation=0.5)


@pytest.mark.parametrize(
    ("n", "effect", "printed"),
    [(20, 0.5, 0.337939028925), (105, 0.5, 0.950128703389), (20, 1.0, 0.868953027725)],
)
def test_power_is_that_of_r(n, effect, printed):
    """R 4.2: power.t.test(n, delta, strict = TRUE), which pwr.t.test computes as well."""
    trial = replace(PLAIN, n_trained=n, n_control=n, effect=effect)
    assert power(trial) == pytest.approx(printed, abs=1e-10)


@pytest.mark.parametrize(
    ("effect", "wanted", "printed"),
    [(0.2, 0.8, 393.4067), (0.5, 0.8, 63.76576), (0.8, 0.8, 25.52463), (1.0, 0.9, 22.0211)],
)
def test_participants_needed_are_those_of_r(effect, wanted, printed):
    """R 4.2: power.t.test(power, delta)$n, rounded up."""
    assert participants_needed(replace(PLAIN, effect=effect), wanted) == ceil(printed)


def test_the_squared_test_is_the_noncentral_f_of_the_interaction():
    """f = .37 and N = 47 give .70 in the paper's G*Power analysis."""
    lam = 0.37**2 * 47
    trial = Trial(25, 22, effect=np.sqrt(lam * (1 / 25 + 1 / 22)), correlation=0.5)
    expected = stats.ncf.sf(stats.f.isf(0.05, 1, 45), 1, 45, lam)
    assert power(trial) == pytest.approx(expected, abs=1e-9)
    assert round(power(trial), 2) == 0.70


def test_no_effect_has_the_power_of_the_level():
    for analysis in ("change", "ancova", "mixed_model"):
        assert power(replace(PLAIN, effect=0.0, analysis=analysis)) == pytest.approx(0.05)


def test_an_ancova_needs_one_minus_r_squared_over_two_minus_two_r_of_the_people():
    """Borm et al. (2007), 10.1016/j.jclinepi.2007.02.006: (1 + r) / 2 of a change analysis."""
    big = replace(PLAIN, effect=0.1, correlation=0.6)
    change = participants_needed(big, 0.8)
    ancova = participants_needed(replace(big, analysis="ancova"), 0.8)
    assert ancova / change == pytest.approx((1 + 0.6) / 2, abs=0.003)


def test_the_mixed_model_is_the_change_if_nobody_is_missing():
    both = [standard_error_and_df(replace(PLAIN, analysis=a)) for a in ("change", "mixed_model")]
    assert both[0] == pytest.approx(both[1])


def test_clusters_without_resemblance_cost_degrees_of_freedom_only():
    trial = Trial(48, 48, 0.5, 0.5, analysis="clustered", icc=0.0)
    error, df = standard_error_and_df(trial)
    assert error == pytest.approx(standard_error_and_df(replace(trial, analysis="change"))[0])
    assert df < 20


def test_equivalence_of_many_people_is_certain_and_of_few_impossible():
    trial = replace(PLAIN, effect=0.0, aim="equivalence", margin=0.5)
    assert power(replace(trial, n_trained=500, n_control=500)) > 0.999
    assert power(replace(trial, n_trained=5, n_control=5)) < 0.01


def test_an_effect_too_small_for_any_number_within_reach():
    assert participants_needed(replace(PLAIN, effect=1e-4), 0.9) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"correlation": 1.0}, "correlation 1"),
        ({"icc": 1.2}, "icc 1.2"),
        ({"dropout": 1.0}, "dropout 1"),
        ({"analysis": "clustered", "n_trained": 10}, "1 training group is fewer than the 2"),
        ({"outcomes": 3, "outcome_correlation": -0.8}, "outcome_correlation -0.8"),
        ({"outcomes": 2, "outcome_correlation": -0.1}, "outcome_correlation -0.1 is not from 0"),
        ({"effect": float("nan")}, "no number"),
        ({"analysis": "anova"}, '"anova" is none of'),
        ({"aim": "equivalence", "margin": 0.0}, "margin 0"),
        ({"n_control": 2}, "fewer than 3"),
    ],
)
def test_what_is_impossible_is_said(change, said):
    trial = replace(PLAIN, **change)
    assert any(said in problem for problem in problems_of(trial))
    assert np.isnan(power(trial))


def test_everything_that_is_impossible_is_said_at_once():
    assert len(problems_of(replace(PLAIN, correlation=2, icc=-1, dropout=3))) == 3


def test_a_mixed_design_of_superpowers_readme():
    """2b*2w, n = 40, means 1.03, 1.41, 0.98, 1.01, SD 1.03, r = .8: it simulates 65.915 %."""
    effect = ((1.41 - 1.03) - (1.01 - 0.98)) / 1.03
    assert power(Trial(40, 40, effect, 0.8)) == pytest.approx(0.65915, abs=0.003)


def test_non_inferiority_is_tested_at_one_sided_2_5_percent_unless_stated():
    """R: power.t.test(60, delta = .4, sd = sqrt(.6), sig.level = a, alternative = "one.sided")."""
    trial = Trial(60, 60, 0.0, 0.7, aim="noninferiority", margin=0.4)
    assert power(trial) == pytest.approx(0.80104859, abs=1e-7)
    stated = replace(trial, noninferiority_level=0.05)
    assert power(stated) == pytest.approx(0.87845499, abs=1e-7)
    assert "noninferiority_level" in problems_of(replace(trial, noninferiority_level=0.7))[0]


def test_in_groups_the_sample_grows_with_the_icc():
    table = needed_in_groups(0.5, 0.6, 10, 0.05, 0.1)
    assert table["n_80"].is_monotonic_increasing
    assert (table["groups_80"] >= 2).all()
    one = table.iloc[2]
    trial = Trial(one["n_80"], one["n_80"], 0.5, 0.6, analysis="clustered", dropout=0.1,
                  icc=0.05, cluster_size=10)  # fmt: skip
    assert power(trial) >= 0.8
    assert standard_error_and_df(trial)[1] == one["groups_80"] - 1
