"""Effect sizes against published examples and hand computation."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imp_helpers.statistics import effect_sizes


@given(f=st.floats(0.5, 30), df=st.integers(10, 200))
def test_the_ends_of_the_eta_interval_put_f_at_the_tails(f, df):
    low, high = effect_sizes.partial_eta_squared_interval(f, 1, df)
    ncp = high * df / (1 - high)
    assert stats.ncf.cdf(f, 1, df, ncp) == pytest.approx(0.05, abs=1e-6)
    if low > 0:
        assert stats.ncf.sf(f, 1, df, low * df / (1 - low)) == pytest.approx(0.05, abs=1e-6)


def test_a_significant_f_has_a_lower_end_above_zero_at_90_percent():
    critical = stats.f.isf(0.05, 1, 45)
    assert effect_sizes.partial_eta_squared_interval(critical + 0.01, 1, 45)[0] > 0
    assert effect_sizes.partial_eta_squared_interval(critical - 0.01, 1, 45)[0] == 0


def test_hedges_g_by_hand():
    """Difference 2, SDs 4 and 4, n = 11 and 11: c = 1 - 3/79; g = c / 2."""
    g, low, high = effect_sizes.hedges_g_change(2.0, 4.0, (11, 11), 0.5)
    correction = 1 - 3 / 79
    assert g == pytest.approx(correction * 0.5)
    spread = 2 * 0.5 * 22 / 121
    variance = correction**2 * spread * 20 / 18 * (1 + g**2 / spread) - g**2
    assert high - low == pytest.approx(2 * 1.959964 * variance**0.5, rel=1e-6)


def test_the_exact_interval_of_a_textbook_case():
    """Newcombe (1998), 10.1002/(SICI)1097-0258(19980430)17:8<857: 81 of 263."""
    assert effect_sizes.exact_interval(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)


@pytest.mark.parametrize(("count", "n"), [(0, 24), (24, 24)])
def test_intervals_at_the_ends_stay_within_zero_and_one(count, n):
    low, high = effect_sizes.exact_interval(count, n)
    assert 0 <= low <= high <= 1


def test_smallest_significant_r_of_a_table():
    """Tables of critical r give .404 for 22 degrees of freedom and .361 for 28."""
    assert round(effect_sizes.smallest_significant_r(24), 3) == 0.404
    assert round(effect_sizes.smallest_significant_r(30), 3) == 0.361


def test_reliable_change_by_hand():
    """SD 10, reliability .84: SEM 4, threshold 1.96 * 1.414 * 4 = 11.09."""
    assert effect_sizes.reliable_change_threshold(10, 0.84) == pytest.approx(11.087, abs=1e-3)


# Computed by R: psych::cohen.d.ci(t * sqrt(1/n1 + 1/n2), n1 = , n2 = ), psych 2.2.9.
PSYCH = {
    (math.sqrt(6.08), 25, 22): (0.720807627848, 0.125167423315, 1.30893669273),
    (-1.2, 12, 30): (-0.409878030638, -1.08279160012, 0.268048649212),
    (0.0, 8, 9): (0.0, -0.952371603512, 0.952371603512),
    (5.5, 40, 41): (1.22231537585, 0.743713626179, 1.6943779701),
}


@pytest.mark.parametrize("given", PSYCH)
def test_d_and_its_interval_are_those_of_psych(given):
    """psych looks for the ends by R's uniroot, whose tolerance leaves an error of some 1e-5."""
    t, *ns = given
    assert effect_sizes.d_interval(t, tuple(ns)) == pytest.approx(PSYCH[given], rel=1e-4, abs=1e-9)
