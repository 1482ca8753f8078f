"""Test statistics, effect sizes, alphas and power, recomputed from what is printed about them.

A printed number is an interval (`PrintedNumber.interval`), and so is whatever follows from it. A
check contradicts the text only where the two intervals have nothing in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import sqrt

from scipy import stats

from imp_helpers.printed.checks import (
    CONSISTENT,
    INCONSISTENT,
    NOT_TESTABLE,
    NOTE,
    Check,
    verdict_of,
)
from imp_helpers.printed.printed_numbers import Interval, parse
from imp_helpers.study.number_formats import format_apa_p, round_half_up

POOLING_SOURCE = "Decomposition of the sum of squares within and between groups"
T_SOURCE = "Student 1908, doi:10.1093/biomet/6.1.1"
ETA_SOURCE = (
    "Cohen 1988, doi:10.4324/9780203771587; Richardson 2011, doi:10.1016/j.edurev.2010.12.001"
)
FELDT_SOURCE = "Feldt, Woodruff & Salih 1987, doi:10.1177/014662168701100107"
HOLM_SOURCE = "Holm 1979, Scandinavian Journal of Statistics 6, 65-70"
POWER_SOURCE = "Faul et al. 2009, doi:10.3758/BRM.41.4.1149"

#: What alphas are called (George & Mallery 2003, SPSS for Windows, 4th ed., p. 231).
ALPHA_LABELS = {
    "excellent": (0.9, 1.0),
    "good": (0.8, 0.9),
    "acceptable": (0.7, 0.8),
    "questionable": (0.6, 0.7),
    "poor": (0.5, 0.6),
    "unacceptable": (float("-inf"), 0.5),
    "below_acceptable": (float("-inf"), 0.7),
}

#: What partial eta squared is called (Cohen 1988: .01 small, .06 medium, .14 large).
EFFECT_LABELS = {
    "small": (0.01, 0.06),
    "medium": (0.06, 0.14),
    "large": (0.14, 1.0),
    "between_small_and_medium": (0.01, 0.06),
    "between_medium_and_large": (0.06, 0.14),
}


def pooled_mean(means: Sequence[str], ns: Sequence[int], rounding: str = "half_up") -> Interval:
    """Return the mean of all people, from the printed means of the groups they fall into."""
    intervals = [parse(mean).interval(rounding) for mean in means]
    weights = [Fraction(n, sum(ns)) for n in ns]
    return Interval(
        sum(w * i.lower for w, i in zip(weights, intervals, strict=True)),
        sum(w * i.upper for w, i in zip(weights, intervals, strict=True)),
        all(interval.lower_included for interval in intervals),
        all(interval.upper_included for interval in intervals),
    )


def pooled_sd(
    means: Sequence[str], sds: Sequence[str], ns: Sequence[int], rounding: str = "half_up"
) -> Interval:
    """Return the SD of all people, from the printed means and SDs of two groups.

    The sum of squares about the common mean is the one within the groups plus
    n1 n2 / (n1 + n2) times the squared difference of the means.
    """
    n = sum(ns)
    apart = _distance(*(parse(mean).interval(rounding) for mean in means))
    spreads = [_positive(parse(sd).interval(rounding)) for sd in sds]

    def total_sd(spread: Sequence[float], distance: float) -> float:
        within = sum((k - 1) * s**2 for k, s in zip(ns, spread, strict=True))
        return sqrt((within + ns[0] * ns[1] / n * distance**2) / (n - 1))

    lower = total_sd([s.lower for s in spreads], apart.lower)
    return Interval(lower, total_sd([s.upper for s in spreads], apart.upper))


def t_test(
    means: Sequence[str], sds: Sequence[str], ns: Sequence[int], rounding: str = "half_up"
) -> tuple[Interval, Interval]:
    """Return |t| and its two-sided p for two independent groups with equal variances.

    Returns
    -------
    tuple of Interval
        t and p, over everything that the printed means and SDs can stand for. At their midpoints
        they equal ``scipy.stats.ttest_ind_from_stats``.
    """
    apart = _distance(*(parse(mean).interval(rounding) for mean in means))
    spreads = [_positive(parse(sd).interval(rounding)) for sd in sds]
    df = sum(ns) - 2

    def t(distance: float, spread: Sequence[float]) -> float:
        pooled = sqrt(sum((k - 1) * s**2 for k, s in zip(ns, spread, strict=True)) / df)
        error = pooled * sqrt(1 / ns[0] + 1 / ns[1])
        return float(distance) / error if error else float("inf")

    lower = t(apart.lower, [s.upper for s in spreads])
    interval = Interval(lower, t(apart.upper, [s.lower for s in spreads]))
    return interval, interval.mapped(lambda value: 2 * stats.t.sf(value, df))


def _distance(first: Interval, second: Interval) -> Interval:
    """Return how far apart two numbers of two intervals can be, regardless of sign."""
    low, high = first.lower - second.upper, first.upper - second.lower
    nearest = max(low, -high, 0)
    return Interval(nearest, max(abs(low), abs(high)))


def _positive(interval: Interval) -> Interval:
    return Interval(float(max(interval.lower, 0)), float(interval.upper))


def f_from_partial_eta_squared(
    partial_eta_squared: str, effect_df: int, error_df: int, rounding: str = "half_up"
) -> Interval:
    """Return F, which is partial eta squared / (1 - partial eta squared) x error df / effect df."""

    def f(eta: float) -> float:
        eta = max(float(eta), 0.0)
        return eta / (1 - eta) * error_df / effect_df if eta < 1 else float("inf")

    return parse(partial_eta_squared).interval(rounding).mapped(f)


def p_from_f(f: Interval, effect_df: int, error_df: int) -> Interval:
    """Return the p that belongs to F."""
    return f.mapped(lambda value: float(stats.f.sf(float(value), effect_df, error_df)))


def significance(claim: str, p: Interval, level: float = 0.05) -> Check:
    """Compare a claim, ``significant`` or ``not_significant``, with the p that can belong to it."""
    lower, upper = max(float(p.lower), 0.0), float(p.upper)
    text = f"p lies between {lower:.4f} and {upper:.4f}, the level is {level}."
    if p.lower < level <= p.upper:
        return Check("significance", NOT_TESTABLE, text, ETA_SOURCE)
    agrees = (p.upper < level) == (claim == "significant")
    return Check("significance", verdict_of(agrees), text, ETA_SOURCE)


def label(
    name: str, claim: str, printed: str, labels: Mapping[str, tuple[float, float]], source: str
) -> Check:
    """Compare what a number is called with the range that the name stands for."""
    if claim not in labels:
        text = f"No range is known for {claim!r}; known: {', '.join(labels)}."
        return Check(name, NOT_TESTABLE, text, source)
    lowest, highest = labels[claim]
    value = float(parse(printed).value)
    within = lowest <= value < highest or value == highest == 1
    bounds = f"{lowest:g} up to {highest:g}" if lowest > float("-inf") else f"less than {highest:g}"
    text = f"{printed} is called {claim}, which stands for {bounds}."
    return Check(name, verdict_of(within), text, source)


def alpha_interval(
    alpha: float, n: int, items: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Return a confidence interval for Cronbach's alpha.

    (1 - population alpha) / (1 - sample alpha) follows F with n - 1 and (n - 1)(items - 1) degrees
    of freedom.

    Parameters
    ----------
    alpha : float
        The sample's alpha.
    n : int
        How many people.
    items : int
        How many items, at least two.
    confidence : float
        Its level; the interval is two-sided.

    References
    ----------
    Feldt, Woodruff & Salih 1987, doi:10.1177/014662168701100107. The same numbers as R's
    ``psych::alpha.ci`` and ``pingouin.cronbach_alpha``.
    """
    dfs = n - 1, (n - 1) * (items - 1)
    tail = (1 - confidence) / 2
    lower = 1 - (1 - alpha) * stats.f.isf(tail, *dfs)
    return float(lower), float(1 - (1 - alpha) * stats.f.ppf(tail, *dfs))


def holm(p_values: Sequence[float], family_size: int | None = None) -> list[float]:
    """Return Holm's adjusted p-values, in the given order.

    Parameters
    ----------
    p_values : sequence of float
        The smallest p-values of the family.
    family_size : int, optional
        How many tests the family has; the others have larger p-values than these.

    Returns
    -------
    list of float
        The same numbers as R's ``p.adjust(p, "holm", n)``.
    """
    size = family_size or len(p_values)
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (size - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def holm_note(p: Mapping[str, Interval], family_size: int, level: float = 0.05) -> Check:
    """Say which printed effects stay significant if their tests are taken as one family.

    The lower ends of the p-values are used, so the answer favours the text.
    """
    adjusted = holm([interval.lower for interval in p.values()], family_size)
    kept = [name for name, value in zip(p, adjusted, strict=True) if value < level]
    lowest = format_apa_p(min(adjusted))
    text = f"Holm's correction for {family_size} tests keeps {', '.join(kept) or 'none'} of "
    text += f"{len(p)} effects; the smallest adjusted p is {lowest}."
    return Check("Holm", NOTE, text, HOLM_SOURCE, tuple(p))


def post_hoc_power(
    partial_eta_squared: float, n: int, effect_df: int, error_df: int, level: float = 0.05
) -> dict[str, float]:
    """Return the post-hoc power of an F test under each convention in use.

    The noncentrality is f squared times a number of people, where f squared is partial eta squared
    / (1 - partial eta squared). The conventions differ in f and in that number.

    Parameters
    ----------
    partial_eta_squared : float
        The sample's effect.
    n : int
        How many people.
    effect_df, error_df : int
        The degrees of freedom.
    level : float
        The level of the test.

    Returns
    -------
    dict of str to float
        ``f rounded, n``: f typed into G*Power with two decimals; ``f, n``: G*Power with the
        effect in full; ``f, error df``: the observed power that SPSS prints.
    """
    f_squared = partial_eta_squared / (1 - partial_eta_squared)
    rounded = float(round_half_up(sqrt(f_squared), 2))
    noncentralities = {
        "f rounded, n": rounded**2 * n,
        "f, n": f_squared * n,
        "f, error df": f_squared * error_df,
    }
    critical = stats.f.isf(level, effect_df, error_df)
    return {
        name: float(stats.ncf.sf(critical, effect_df, error_df, noncentrality))
        for name, noncentrality in noncentralities.items()
    }


def power(printed: str, effects: Mapping[str, str], n: int, effect_df: int, error_df: int) -> Check:
    """Say which effects and which conventions give a printed power.

    Parameters
    ----------
    printed : str
        The power as printed.
    effects : mapping of str to str
        Printed partial eta squared by id.
    n, effect_df, error_df : int
        See `post_hoc_power`.
    """
    interval = parse(printed).interval("either")
    found, all_values = [], []
    for effect in effects.values():
        values = post_hoc_power(float(parse(effect).value), n, effect_df, error_df)
        fits = [convention for convention, value in values.items() if value in interval]
        found += [f"{effect} ({convention})" for convention in fits]
        all_values.append(f"{effect}: {', '.join(f'{value:.2f}' for value in values.values())}")
    fits = f"{printed} follows from {'; '.join(found) or 'none of the effects'}."
    text = f"{fits} By f rounded, f, and error df: {'; '.join(all_values)}."
    verdict = CONSISTENT if found else INCONSISTENT
    return Check("power", verdict, text, POWER_SOURCE, tuple(effects))
