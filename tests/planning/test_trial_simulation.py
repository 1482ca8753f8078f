"""Simulated trials: each analysis against the ordinary one, and powers against formulas."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from imp_planning import trial_simulation
from imp_planning.trial_design import Trial, power
from imp_planning.trial_simulation import simulate

TRIAL = Trial(14, 11, effect=0.5)


def scores(seed=1, rows=5):
    random = np.random.default_rng(seed)
    before = random.normal(size=(rows, 25))
    after = 0.6 * before + random.normal(size=(rows, 25))
    stayed = random.random((rows, 25)) > 0.2
    return before, after, stayed


def test_change_is_the_t_test_of_those_who_stayed():
    before, after, stayed = scores()
    change = after - before
    t, _, df = trial_simulation._of_change(TRIAL, change, stayed)
    for row in range(5):
        first = change[row, :14][stayed[row, :14]]
        second = change[row, 14:][stayed[row, 14:]]
        expected = stats.ttest_ind(first, second)
        assert (t[row], df[row]) == pytest.approx((expected.statistic, expected.df))


def test_ancova_is_the_regression_of_those_who_stayed():
    before, after, stayed = scores()
    t, error, df = trial_simulation._ancova(TRIAL, before, after, stayed)
    group = np.arange(25) < 14
    for row in range(5):
        keep = stayed[row]
        design = sm.add_constant(np.column_stack([before[row], group])[keep])
        fit = sm.OLS(after[row][keep], design).fit()
        expected = (fit.tvalues[2], fit.bse[2], fit.df_resid)
        assert (t[row], error[row], df[row]) == pytest.approx(expected)


def test_the_mixed_model_of_complete_scores_is_the_t_test_of_the_change():
    before, after, _ = scores()
    t, _, df = trial_simulation._mixed_model(TRIAL, before, after, None)
    for row in range(5):
        change = after[row] - before[row]
        expected = stats.ttest_ind(change[:14], change[14:])
        assert (t[row], df[row]) == pytest.approx((expected.statistic, expected.df))


def test_the_mixed_model_maximises_the_likelihood_of_all_scores():
    """The estimate against a numerical maximum of the bivariate normal likelihood."""
    before, after, stayed = (values[:1] for values in scores(seed=4))
    t, error, _ = trial_simulation._mixed_model(TRIAL, before, after, stayed)
    group = (np.arange(25) < 14).astype(int)

    def unlikely(p):
        means = np.array([[p[0], p[1]], [p[2], p[3]]])[group]
        sd1, sd2, r = np.exp(p[4]), np.exp(p[5]), np.tanh(p[6])
        z1 = (before[0] - means[:, 0]) / sd1
        given = (after[0] - means[:, 1]) / sd2 - r * z1
        first = z1**2 / 2 + p[4]
        second = given**2 / (1 - r * r) / 2 + p[5] + np.log(1 - r * r) / 2
        return first.sum() + second[stayed[0]].sum()

    found = optimize.minimize(unlikely, np.zeros(7), method="BFGS", options={"gtol": 1e-9})
    difference = (found.x[3] - found.x[2]) - (found.x[1] - found.x[0])
    assert t[0] * error[0] == pytest.approx(difference, abs=1e-5)


def test_holm_is_the_step_down_procedure():
    random = np.random.default_rng(3)
    t = np.abs(random.normal(1.5, 1.2, size=(200, 4)))
    rejected = trial_simulation._holm(t, np.full((200, 4), 40.0), 0.05)
    p = 2 * stats.t.sf(t, 40)
    for row in range(200):
        order = np.argsort(p[row])
        expected = np.zeros(4, dtype=bool)
        for step, place in enumerate(order):
            if p[row, place] >= 0.05 / (4 - step):
                break
            expected[place] = True
        assert rejected[row].tolist() == expected.tolist()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"analysis": "ancova"},
        {"analysis": "mixed_model"},
        {"effect": 0.0},
        {"n_trained": 60, "n_control": 30},
        {"aim": "noninferiority", "effect": 0.0, "margin": 0.3},
        {"aim": "equivalence", "effect": 0.0, "margin": 0.5, "n_trained": 60, "n_control": 60},
    ],
)
def test_simulation_and_formula_agree(change):
    trial = replace(Trial(40, 40, effect=0.45), **change)
    found = simulate(trial, 40_000, 7)
    assert found.power == pytest.approx(power(trial), abs=4 * found.error)


@pytest.mark.parametrize(
    "change",
    [
        {"dropout": 0.2},
        {"dropout": 0.2, "analysis": "ancova"},
        {"dropout": 0.2, "analysis": "mixed_model"},
        {"analysis": "clustered", "icc": 0.1},
        {"analysis": "clustered", "icc": 0.1, "cluster_size": 30},
        {"analysis": "clustered", "icc": 0.1, "aim": "noninferiority", "effect": 0.0},
        {"analysis": "clustered", "icc": 0.1, "aim": "equivalence", "effect": 0.0, "margin": 0.6},
    ],
)
def test_drop_out_and_clusters_have_the_power_of_the_formula(change):
    """It holds with two training groups, and with the random number of those who drop out."""
    trial = replace(Trial(60, 60, effect=0.5), **change)
    found = simulate(trial, 40_000, 7)
    assert found.power == pytest.approx(power(trial), abs=4 * found.error)


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("clusters", [2, 3, 5])
def test_training_groups_as_clusters_keep_the_level(clusters, icc):
    trial = Trial(
        12 * clusters, 12 * clusters, effect=0.0, correlation=0.7, analysis="clustered", icc=icc
    )
    found = simulate(trial, 20_000, 7)
    assert found.power < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 20_000)
    assert found.power == pytest.approx(power(trial), abs=4 * found.error + 0.0005)


def test_who_misses_a_time_still_helps_the_mixed_model():
    trial = Trial(60, 60, effect=0.4, correlation=0.3, dropout=0.3)
    model = simulate(replace(trial, analysis="mixed_model"), 40_000, 1)
    change = simulate(trial, 40_000, 1)
    assert model.power > change.power + 5 * change.error


def test_several_outcomes_cost_power_each_and_gain_it_together():
    one = simulate(Trial(40, 40, 0.45), 20_000, 2)
    six = simulate(Trial(40, 40, 0.45, outcomes=6), 20_000, 2)
    assert six.power < one.power < six.any_power
    assert six.all_power < six.power


def test_holm_keeps_the_level_over_all_outcomes():
    none = simulate(Trial(30, 30, 0.0, outcomes=5), 40_000, 3)
    assert none.any_power < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 40_000)


def test_the_same_seed_gives_the_same_numbers_and_another_others():
    assert simulate(TRIAL, 5_000, 1) == simulate(TRIAL, 5_000, 1)
    assert simulate(TRIAL, 5_000, 1) != simulate(TRIAL, 5_000, 2)


def test_an_impossible_trial_says_why():
    with pytest.raises(ValueError, match=r"correlation 3 .*icc -1"):
        simulate(replace(TRIAL, correlation=3, icc=-1), 10, 1)
