"""Test statistics, effect sizes, alphas and power, recomputed from what is printed about them.

A printed number is an interval (`PrintedNumber.interval`), and so is whatever follows from it. A
check contradicts the text only where the two intervals have nothing in common. The checks of a
whole table of published numbers are in `checks`.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import inf, sqrt

import scipy

from imp_common.formulas import LEVEL, holm, post_hoc_power
from imp_printed.judgement import NOTE, UNCHECKED, Judgement, verdict_of
from imp_printed.printed_numbers import Interval, parse

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
    "unacceptable": (-inf, 0.5),
    "below_acceptable": (-inf, 0.7),
}
#: What partial eta squared is called (Cohen 1988: .01 small, .06 medium, .14 large).
EFFECT_LABELS = {
    "small": (0.01, 0.06),
    "medium": (0.06, 0.14),
    "large": (0.14, 1.0),
    "between_small_and_medium": (0.01, 0.06),
    "between_medium_and_large": (0.06, 0.14),
}
NOTHING = Interval(Fraction(0), Fraction(0))


def pooled_mean(means: Sequence[Interval], ns: Sequence[int]) -> Interval:
    """Return the mean of all people, from the means of the groups they fall into."""
    shares = [Fraction(n, sum(ns)) for n in ns]
    return sum((m * share for m, share in zip(means, shares, strict=True)), NOTHING)


def pooled_sd(means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]) -> Interval:
    """Return the SD of all people, from the means and SDs of the groups they fall into.

    The sum of squares about the common mean is the one within the groups plus, for each pair of
    groups, n1 n2 / N times the squared difference of their means.
    """
    pairs = combinations(zip(means, ns, strict=True), 2)
    apart = (distance(a, b).squared() * Fraction(n * m, sum(ns)) for (a, n), (b, m) in pairs)
    total = within_groups(sds, ns) + sum(apart, NOTHING)
    return total.mapped(lambda squares: sqrt(squares / (sum(ns) - 1)))


def distance(first: Interval, second: Interval) -> Interval:
    """Return how far apart two numbers of two intervals can be, regardless of sign."""
    low, high = first.lower - second.upper, first.upper - second.lower
    return Interval(max(low, -high, Fraction(0)), max(abs(low), abs(high)))


def within_groups(sds: Sequence[Interval], ns: Sequence[int]) -> Interval:
    """Return the sum of squares within groups."""
    return sum((sd.squared() * (n - 1) for n, sd in zip(ns, sds, strict=True)), NOTHING)


def f_from_partial_eta_squared(
    partial_eta_squared: Interval, effect_df: int, error_df: int
) -> Interval:
    """Return F, which is partial eta squared / (1 - partial eta squared) x error df / effect df."""

    def f(eta: float) -> float:
        eta = max(float(eta), 0.0)
        return eta / (1 - eta) * error_df / effect_df if eta < 1 else inf

    return partial_eta_squared.mapped(f)


def p_from_f(f: Interval, effect_df: int, error_df: int) -> Interval:
    """Return the p that belongs to F."""
    return f.mapped(lambda value: float(scipy.stats.f.sf(float(value), effect_df, error_df)))


def judge_label(
    rule: str, claim: str, printed: str, labels: Mapping[str, tuple[float, float]], source: str
) -> Judgement:
    """Compare what a number is called with the range that the name stands for."""
    lowest, highest = labels.get(claim, (inf, inf))
    value = float(parse(printed).value)
    verdict = verdict_of(lowest <= value < highest or value == highest == 1)
    values = {"claim": claim, "printed": printed, "labels": labels}
    return Judgement(rule, verdict if claim in labels else UNCHECKED, source, "label", values)


def judge_holm(p: Mapping[str, Interval], family_size: int) -> Judgement:
    """Say which printed effects stay significant if their tests are taken as one family.

    The lower ends of the p-values are used, so the answer favours the text.
    """
    adjusted = holm([interval.lower for interval in p.values()], family_size)
    kept = [name for name, value in zip(p, adjusted, strict=True) if value < LEVEL]
    values = {"size": family_size, "kept": kept, "effects": len(p), "smallest": min(adjusted)}
    return Judgement("Holm", NOTE, HOLM_SOURCE, "holm", values, tuple(p), telling=True)


def judge_power(
    printed: str, effects: Mapping[str, str], n: int, effect_df: int, error_df: int
) -> Judgement:
    """Say which effects (partial eta squared by id) and conventions give a printed power."""
    interval = parse(printed).interval("either")
    dfs = effect_df, error_df
    powers = [(e, post_hoc_power(float(parse(e).value), n, *dfs)) for e in effects.values()]
    fits = [(e, how) for e, power in powers for how in power if power[how] in interval]
    values = {"printed": printed, "fits": fits, "powers": powers}
    return Judgement("power", verdict_of(bool(fits)), POWER_SOURCE, "power", values, tuple(effects))
