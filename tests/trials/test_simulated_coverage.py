"""Simulated coverage under drop-out that depends on a middle time: missing at random."""

import made_comparisons
import numpy as np
import pandas as pd
import pytest

from imp_helpers.statistics.change_scores import scores_by_time
from imp_trials import missing_data, not_at_random, primary_analysis

TIMES, TRIALS, EACH, EFFECT = ("t0", "t1", "t2"), 500, 60, 0.5
# The later a time the larger its variance, so that no random intercept would fit.
SIGMA = np.array([[1.0, 0.6, 0.5], [0.6, 1.4, 1.1], [0.5, 1.1, 2.0]])


def simulated(random):
    """Return scores of two arms; the last is missing the more often the higher the middle one."""
    values = random.multivariate_normal(np.zeros(3), SIGMA, 2 * EACH)
    first = np.repeat([True, False], EACH)
    values[first, 1:] += [0.3, EFFECT]
    steepness = np.where(first, 2.0, 0.7)
    gone = random.random(2 * EACH) < 0.7 / (1 + np.exp(-steepness * values[:, 1]))
    values[gone, 2] = np.nan
    wide = pd.DataFrame(values, columns=list(TIMES))
    return wide.assign(
        participant=[f"P{n:03d}" for n in range(2 * EACH)], group=np.where(first, "a", "c")
    )


@pytest.mark.slow
def test_intervals_hold_the_true_difference_in_95_percent_of_trials(study):
    """Mixed model, imputation and delta 0; complete cases do not. 3 Monte-Carlo errors."""
    random = np.random.default_rng(20261130)
    study = made_comparisons.design(study, ("a", "c"), TIMES, "mmrm")
    one, covered, estimates = study.comparisons[0], [], []
    for _ in range(TRIALS):
        wide = simulated(random)
        scores = made_comparisons.scores_of(wide, TIMES)
        by_time = scores_by_time(scores, "y", study, study.times)
        found = missing_data.imputed(by_time, study)
        zero = not_at_random.delta_adjusted(found, one, study, 0.0)
        compared = primary_analysis.model_over_time(scores, study)[1].iloc[-1]
        complete = missing_data.contrasts(scores, study, "ancova").iloc[0]
        rows = [compared, missing_data.multiple_imputation(by_time, one, study),
                missing_data.multiple_imputation(by_time, one, study, zero), complete]  # fmt: skip
        covered.append([row["low"] <= EFFECT <= row["high"] for row in rows])
        estimates.append([row["difference"] for row in rows])
    shares, means = np.mean(covered, axis=0), np.mean(estimates, axis=0)
    error = (0.95 * 0.05 / TRIALS) ** 0.5
    assert shares[:3] == pytest.approx([0.95] * 3, abs=3 * error)
    spread = np.std(estimates, axis=0) / TRIALS**0.5
    assert means[:3] == pytest.approx([EFFECT] * 3, abs=3 * spread.max())
    assert abs(means[3] - EFFECT) > 5 * spread[3]
