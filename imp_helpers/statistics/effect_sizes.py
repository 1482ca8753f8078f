"""Compute effect sizes and confidence intervals beyond the published analysis."""

from math import sqrt

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike


def partial_eta_squared_interval(f: float, df_effect: int, df_error: int) -> tuple[float, float]:
    """Return the two-sided 90 % interval of partial eta squared from the noncentral F.

    The noncentralities lambda at which the observed F lies at either tail are turned into
    lambda / (lambda + df_error); an end is 0 where none does. 90 % is the level whose lower end
    agrees with a test at 5 % (Steiger, 2004, 10.1037/1082-989X.9.2.164). The same numbers as R's
    ``effectsize::F_to_eta2(ci = .90, alternative = "two.sided")``.
    """
    ncps = (_noncentrality(f, df_effect, df_error, share) for share in (0.95, 0.05))
    low, high = (ncp / (ncp + df_error) for ncp in ncps)
    return low, high


def _noncentrality(f: float, df_effect: int, df_error: int, share: float) -> float:
    """Return lambda such that a share of the noncentral F lies below f.

    By hand, because ``scipy.special.ncfdtrinc`` is exact to four digits only.
    """

    def miss(ncp: float) -> float:
        return scipy.special.ncfdtr(df_effect, df_error, ncp, f) - share

    if scipy.special.fdtr(df_effect, df_error, f) <= share:
        return 0.0
    highest = max(10.0, 4 * f * df_effect)
    while miss(highest) > 0:
        highest *= 2
    return float(scipy.optimize.brentq(miss, 0.0, highest, xtol=1e-12, rtol=1e-13))


def hedges_g_change(
    difference: float, sd_before: float, ns: tuple[int, int], r: float, df: int | None = None
) -> tuple[float, float, float]:
    """Return Hedges' g of a pretest-posttest-control design, with its 95 % interval.

    d_ppc2 = c * difference in mean change / pooled SD before, c = 1 - 3 / (4 df - 1), the SD being
    pooled on df degrees of freedom, n1 + n2 - 2 unless more groups are pooled; variance after
    Morris (2008), 10.1177/1094428106291059, equation 25, with the correlation r of before and
    after, pooled within the groups; normal interval.

    Returns g, low, high; NaN where baseline scores do not vary, and the ends up to 2 degrees of
    freedom, of which the variance is infinite.
    """
    first, second = ns
    freedom = first + second - 2 if df is None else df
    if not sd_before > 0:
        return (float("nan"),) * 3
    correction = 1 - 3 / (4 * freedom - 1)
    g = correction * difference / sd_before
    spread = 2 * (1 - r) * (first + second) / (first * second)
    if freedom <= 2 or not spread > 0:
        return g, float("nan"), float("nan")
    variance = correction**2 * spread * freedom / (freedom - 2) * (1 + g * g / spread) - g * g
    margin = scipy.stats.norm.isf(0.025) * sqrt(max(variance, 0.0))
    return g, g - margin, g + margin


def standardised_difference(values: pd.Series, others: pd.Series) -> float:
    """Return the difference of two means in SDs (n - 1) pooled within; NaN where there is none."""
    df = len(values) + len(others) - 2
    if min(len(values), len(others)) < 2:
        return float("nan")
    variance = ((len(values) - 1) * values.var() + (len(others) - 1) * others.var()) / df
    return float((values.mean() - others.mean()) / np.sqrt(variance)) if variance else float("nan")


def smallest_significant_r(n: int, level: float = 0.05) -> float:
    """Return the smallest absolute r that n people can call significant, two-sided."""
    t = scipy.stats.t.isf(level / 2, n - 2)
    return float(t / np.sqrt(n - 2 + t * t))


def exact_interval(count: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of proportions, low and high as shares; NaN where n is 0.

    Clopper & Pearson (1934), 10.1093/biomet/26.4.404; the same numbers as R's ``binom.test``.
    """
    # Imported where it is used, like all that takes as long as the first cell of a notebook may.
    from statsmodels.stats.proportion import proportion_confint

    with np.errstate(divide="ignore", invalid="ignore"):
        return proportion_confint(count, n, method="beta")


def reliable_change_threshold(sd: float, reliability: float) -> float:
    """Return the change beyond which chance is unlikely.

    1.96 * sqrt(2) * SEM with SEM = SD * sqrt(1 - reliability) (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12).
    """
    return 1.959963984540054 * sqrt(2) * sd * sqrt(1 - reliability)
