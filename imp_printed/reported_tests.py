"""Test statistics, effect sizes, alphas and power, recomputed from what is printed about them.

A printed number is an interval (`PrintedNumber.interval`), and so is whatever follows from it. A
check contradicts the text only where the two intervals have nothing in common. The checks of a
whole table of published numbers are in `checks`.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf, sqrt

import scipy

from imp_common.number_formats import round_half_up
from imp_printed.judgement import NOT_TESTABLE, NOTE, Judgement, verdict_of
from imp_printed.printed_numbers import Interval, parse

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
# The conventions of post hoc power, as `post_hoc_power` explains them.
CONVENTIONS = ("f_rounded_n", "f_n", "f_df")
LEVEL = 0.05
NOTHING = Interval(Fraction(0), Fraction(0))


def pooled_mean(means: Sequence[Interval], ns: Sequence[int]) -> Interval:
    """Return the mean of all people, from the means of the groups they fall into."""
    shares = [Fraction(n, sum(ns)) for n in ns]
    return sum((m * share for m, share in zip(means, shares, strict=True)), NOTHING)


def pooled_sd(means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]) -> Interval:
    """Return the SD of all people, from the means and SDs of two groups.

    The sum of squares about the common mean is the one within the groups plus
    n1 n2 / (n1 + n2) times the squared difference of the means.
    """
    between = _distance(*means).squared() * Fraction(ns[0] * ns[1], sum(ns))
    total = _within_groups(sds, ns) + between
    return total.mapped(lambda squares: sqrt(squares / (sum(ns) - 1)))


def t_test(
    means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]
) -> tuple[Interval, Interval]:
    """Return |t| and its two-sided p for two independent groups with equal variances.

    Both are over everything that the printed means and SDs can stand for. At their midpoints they
    equal ``scipy.stats.ttest_ind_from_stats``.
    """
    apart, within, df = _distance(*means), _within_groups(sds, ns), sum(ns) - 2

    def t(distance: Fraction, squares: Fraction) -> float:
        error = sqrt(squares / df * sum(Fraction(1, n) for n in ns))
        return float(distance) / error if error else inf

    interval = Interval(t(apart.lower, within.upper), t(apart.upper, within.lower))
    return interval, interval.mapped(lambda value: 2 * scipy.stats.t.sf(value, df))


def _distance(first: Interval, second: Interval) -> Interval:
    """Return how far apart two numbers of two intervals can be, regardless of sign."""
    low, high = first.lower - second.upper, first.upper - second.lower
    return Interval(max(low, -high, Fraction(0)), max(abs(low), abs(high)))


def _within_groups(sds: Sequence[Interval], ns: Sequence[int]) -> Interval:
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


def judge_significance(claim: str, p: Interval) -> Judgement:
    """Compare a claim, ``significant`` or ``not_significant``, with the p that can belong to it."""
    agrees = (p.upper < LEVEL) == (claim == "significant")
    undecided = p.lower < LEVEL <= p.upper
    verdict = NOT_TESTABLE if undecided else verdict_of(agrees)
    values = {"low": max(float(p.lower), 0.0), "high": float(p.upper), "level": LEVEL}
    return Judgement("significance", verdict, ETA_SOURCE, "significance", values)


def judge_label(
    rule: str, claim: str, printed: str, labels: Mapping[str, tuple[float, float]], source: str
) -> Judgement:
    """Compare what a number is called with the range that the name stands for."""
    lowest, highest = labels.get(claim, (inf, inf))
    value = float(parse(printed).value)
    verdict = verdict_of(lowest <= value < highest or value == highest == 1)
    values = {"claim": claim, "printed": printed, "labels": labels}
    return Judgement(rule, verdict if claim in labels else NOT_TESTABLE, source, "label", values)


def alpha_interval(alpha: float, n: int, items: int) -> tuple[float, float]:
    """Return a two-sided 95 % confidence interval for Cronbach's alpha of n people and some items.

    (1 - population alpha) / (1 - sample alpha) follows F with n - 1 and (n - 1)(items - 1) degrees
    of freedom (Feldt, Woodruff & Salih 1987, doi:10.1177/014662168701100107). The same numbers as
    R's ``psych::alpha.ci`` and ``pingouin.cronbach_alpha``.
    """
    dfs = n - 1, (n - 1) * (items - 1)
    lower = 1 - (1 - alpha) * scipy.stats.f.isf(0.025, *dfs)
    return float(lower), float(1 - (1 - alpha) * scipy.stats.f.ppf(0.025, *dfs))


def holm(p_values: Sequence[float], family_size: int | None = None) -> list[float]:
    """Return Holm's adjusted p values, in the given order; the same as R's ``p.adjust``.

    A family can be larger than the p values given: the others are assumed to be larger than these.
    """
    import pingouin as pg

    others = [1.0] * ((family_size or len(p_values)) - len(p_values))
    return pg.multicomp([*p_values, *others], method="holm")[1][: len(p_values)].tolist()


def judge_holm(p: Mapping[str, Interval], family_size: int) -> Judgement:
    """Say which printed effects stay significant if their tests are taken as one family.

    The lower ends of the p-values are used, so the answer favours the text.
    """
    adjusted = holm([interval.lower for interval in p.values()], family_size)
    kept = [name for name, value in zip(p, adjusted, strict=True) if value < LEVEL]
    values = {"size": family_size, "kept": kept, "effects": len(p), "smallest": min(adjusted)}
    return Judgement("Holm", NOTE, HOLM_SOURCE, "holm", values, tuple(p), telling=True)


def post_hoc_power(
    partial_eta_squared: float, n: int, effect_df: int, error_df: int, level: float = LEVEL
) -> dict[str, float]:
    """Return the post-hoc power of an F test of n people under each convention in use.

    The noncentrality is f squared times a number of people, where f squared is partial eta squared
    / (1 - partial eta squared). ``f_rounded_n`` is f typed into G*Power with two decimals;
    ``f_n`` is G*Power with the effect in full (Faul et al. 2009, doi:10.3758/BRM.41.4.1149);
    ``f_df`` is the observed power that SPSS prints.
    """
    f_squared, dfs = partial_eta_squared / (1 - partial_eta_squared), (effect_df, error_df)
    noncentralities = {
        "f_rounded_n": float(round_half_up(sqrt(f_squared), 2)) ** 2 * n,
        "f_n": f_squared * n,
        "f_df": f_squared * error_df,
    }
    critical = scipy.stats.f.isf(level, *dfs)
    return {
        how: float(scipy.stats.ncf.sf(critical, *dfs, nc)) for how, nc in noncentralities.items()
    }


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
