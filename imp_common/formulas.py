"""Formulas that printed numbers and computed ones share."""

from collections.abc import Sequence
from math import sqrt

import scipy

from imp_common.number_formats import round_half_up

# The conventions of post hoc power, as `post_hoc_power` explains them.
CONVENTIONS = ("f_rounded_n", "f_n", "f_df")
LEVEL = 0.05


def holm(p_values: Sequence[float], family_size: int | None = None) -> list[float]:
    """Return Holm's adjusted p values, in the given order; the same as R's ``p.adjust``.

    A family can be larger than the p values given: the others are assumed to be larger than these.
    """
    import pingouin as pg

    others = [1.0] * ((family_size or len(p_values)) - len(p_values))
    return pg.multicomp([*p_values, *others], method="holm")[1][: len(p_values)].tolist()


def alpha_interval(alpha: float, n: int, items: int) -> tuple[float, float]:
    """Return a two-sided 95 % confidence interval for Cronbach's alpha of n people and some items.

    (1 - population alpha) / (1 - sample alpha) follows F with n - 1 and (n - 1)(items - 1) degrees
    of freedom (Feldt, Woodruff & Salih 1987, doi:10.1177/014662168701100107). The same numbers as
    R's ``psych::alpha.ci`` and ``pingouin.cronbach_alpha``.
    """
    dfs = n - 1, (n - 1) * (items - 1)
    lower = 1 - (1 - alpha) * scipy.stats.f.isf(0.025, *dfs)
    return float(lower), float(1 - (1 - alpha) * scipy.stats.f.ppf(0.025, *dfs))


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
