"""Differences of groups by least squares, effect sizes, and their confidence intervals."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

# Values that differ by a smaller share of the largest differ by rounding alone.
ROUNDING = 1e-12


def deviations(values: np.ndarray, size: float | None = None) -> np.ndarray:
    """Return values less their mean; zeros where they differ by rounding alone.

    ``size`` is the largest absolute value of the scores that they were computed from, if it is not
    their own: a change is as exact as the scores that were subtracted.
    """
    if not len(values):
        return values
    centred = values - values.mean()
    size = np.abs(values).max() if size is None else size
    return centred if np.abs(centred).max() > ROUNDING * size else np.zeros_like(centred)


def within_groups(values: Sequence[np.ndarray], size: float | None = None) -> np.ndarray:
    """Return the deviations from the mean of each group, one group after the other."""
    return np.concatenate([deviations(of_group, size) for of_group in values])


class GroupModel(NamedTuple):
    """A linear model in which groups differ: how each arm differs from the reference.

    ``covariance`` is that of the differences, with the variance pooled over all groups on ``df``
    degrees of freedom.
    """

    differences: np.ndarray
    covariance: np.ndarray
    df: int


def least_squares(
    explained: Sequence[np.ndarray],
    covariate: Sequence[np.ndarray] = (),
    size: float | None = None,
    robust: bool = False,
) -> GroupModel:
    """Compare the means of groups with that of the last, adjusted for a covariate if there is one.

    All are centred, and the covariate is scaled, before the design is decomposed (QR), so that the
    numbers do not depend on the unit and the origin of the scale. With ``robust``, the errors are
    HC3 (MacKinnon & White, 1985, 10.1016/0304-4076(85)90158-7), R's ``sandwich::vcovHC(type =
    "HC3")``. The covariance is NaN where the covariate does not vary within the groups, or where no
    residual is left to test against.
    """
    ns = list(map(len, explained))
    y, members = np.concatenate(explained), np.repeat(np.arange(len(ns)), ns)
    design = np.eye(len(ns))[members]
    if len(covariate):
        if not within_groups(covariate).any():
            nothing = np.full((len(ns) - 1,) * 2, np.nan)
            return GroupModel(nothing[0], nothing, len(y) - len(ns) - 1)
        x = deviations(np.concatenate(covariate))
        design = np.column_stack([design, x / np.abs(x).max()])
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    against_last = np.column_stack([np.eye(len(ns) - 1), -np.ones(len(ns) - 1)])
    chosen = against_last @ inverse[: len(ns)]
    projected = q.T @ (y - y.mean())
    residuals = y - y.mean() - q @ projected
    df = len(y) - design.shape[1]
    size = np.abs(y).max() if size is None else size
    if df < 1 or np.abs(residuals).max() <= ROUNDING * size:
        covariance = np.full((len(ns) - 1,) * 2, np.nan)
    elif robust:
        left = 1 - np.square(q).sum(axis=1)
        weighted = residuals / np.where(left > ROUNDING, left, np.nan)
        covariance = chosen @ (q.T * weighted**2) @ q @ chosen.T
    else:
        covariance = chosen @ chosen.T * (residuals @ residuals / df)
    return GroupModel(chosen @ projected, covariance, df)


def omnibus(model: GroupModel) -> dict[str, float]:
    """Test whether any group differs.

    Keys: F, df_effect, df_error, p, partial_eta_squared.
    """
    differences, covariance, df = model
    arms = len(differences)
    f = float(differences @ np.linalg.solve(covariance, differences)) / arms
    return {
        "F": f,
        "df_effect": arms,
        "df_error": df,
        "p": float(scipy.stats.f.sf(f, arms, df)),
        "partial_eta_squared": f * arms / (f * arms + df),
    }


def arm_contrasts(model: GroupModel) -> pd.DataFrame:
    """Compare each arm with the reference.

    Columns: difference, standard_error, low, high (95 %), t, df, p; a row an arm.
    """
    error = np.sqrt(np.diag(model.covariance))
    t, half = model.differences / error, scipy.stats.t.isf(0.025, model.df) * error
    table = pd.DataFrame({"difference": model.differences, "standard_error": error})
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    table["t"], table["df"], table["p"] = t, model.df, 2 * scipy.stats.t.sf(np.abs(t), model.df)
    return table


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


def d_interval(
    t: float, ns: tuple[int, int], level: float = 0.95, df: float | None = None
) -> tuple[float, float, float]:
    """Return Cohen's d of two independent groups and its interval, from t and the sizes.

    d = t sqrt(1/n1 + 1/n2); the ends are the noncentralities at which t lies at either tail of the
    noncentral t, in the same unit (Steiger & Fouladi, 1997). The same numbers as R's
    ``psych::cohen.d.ci``. ``df`` are those of t, n1 + n2 - 2 unless more groups are pooled.

    Returns d, low, high.
    """
    unit, df, tail = sqrt(sum(1 / n for n in ns)), df or sum(ns) - 2, (1 - level) / 2

    def miss(ncp: float, share: float) -> float:
        # Far in a tail SciPy has no number to give.
        below = scipy.special.nctdtr(df, ncp, t)
        return np.nan_to_num(below, nan=0.0 if ncp > t else 1.0) - share

    # By hand, because ``scipy.special.nctdtrinc`` is exact to four digits only. With few degrees of
    # freedom a large t leaves a noncentrality far from it.
    reach = 10 + 5 * abs(t)
    low, high = (
        scipy.optimize.brentq(miss, t - reach, t + reach, args=share, xtol=1e-12)
        for share in (1 - tail, tail)
    )
    return t * unit, low * unit, high * unit


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
