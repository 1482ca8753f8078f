"""Complete cases and the contrast of two groups, against hand computation and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imp_helpers.statistics import change_scores, effect_sizes
from imp_helpers.statistics.change_scores import Contrast


@pytest.fixture
def seven(study):
    """Return changes 1, 2, 3 and 0, 0, 1, 1 as complete cases."""
    table = pd.DataFrame(
        {
            "participant": list("abcdefg"),
            "group": ["training"] * 3 + ["control"] * 4,
            "baseline": [5.0, 6, 4, 5, 7, 6, 5],
            "change": [1.0, 2, 3, 0, 0, 1, 1],
        }
    )
    return table.assign(post=table["baseline"] + table["change"])


def test_interaction_is_the_squared_t_of_change_by_hand(study, seven):
    """Means 2 and .5, pooled variance (2 + 1) / 5 = .6.

    t = 1.5 / sqrt(.6 * (1/3 + 1/4)) = 2.535; F = 6.429 = 45/7; eta = F / (F + 5) = .5625.
    """
    one = Contrast.of(seven, study)
    assert (one.difference, one.variance, one.df) == (1.5, pytest.approx(0.6), 5)
    assert (one.difference / one.standard_error) ** 2 == pytest.approx(45 / 7)
    found = effect_sizes.omnibus(change_scores.group_model(seven, study))
    assert found["F"] == pytest.approx(45 / 7)
    assert found["partial_eta_squared"] == pytest.approx(0.5625)
    assert found["p"] == pytest.approx(stats.f.sf(45 / 7, 1, 5))


def test_the_interval_is_that_of_the_t_test():
    a, b = np.array([1.0, 2, 4, 5]), np.array([0.0, 1, 1, 3, 2])
    one = Contrast((np.zeros(4), np.zeros(5)), (a, b))
    expected = stats.ttest_ind(a, b).confidence_interval()
    assert one.interval() == pytest.approx((expected.low, expected.high))


def test_who_misses_a_time_is_left_out(study, scores):
    gone = scores[~((scores["participant"] == "P01") & (scores["time"] == "post"))]
    cases = change_scores.complete_cases(gone, "pss_total", study)
    assert "P01" not in set(cases["participant"])
    assert len(cases) == 46


def test_change_is_post_minus_baseline(study, scores):
    cases = change_scores.complete_cases(scores, "eq_total", study)
    assert np.allclose(cases["change"], cases["post"] - cases["baseline"])
