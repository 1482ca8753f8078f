"""Describe the design of a next trial, and compute its power by formula."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, log, sqrt

import numpy as np
import scipy

from imp_common.formulas import alpha_interval
from imp_common.number_formats import round_half_up

CHOICES = {
    "analysis": ("change", "ancova", "mixed_model", "clustered"),
    "answers": ("normal", "likert", "skewed"),
    "aim": ("superiority", "equivalence", "noninferiority"),
}
MOST_PARTICIPANTS = 100_000


@dataclass(frozen=True)
class Trial:
    """A two-arm trial with one measurement before and one after.

    Effects and margins are in SDs of the scores before; a positive effect is better. The analysis
    is a t test of the change (the interaction of the mixed ANOVA), an ANCOVA on the score after, a
    mixed model that also uses those who miss the second time, or one with training groups as
    clusters in the trained arm only, by the mean changes of the groups. Answers are normal scores,
    scores on a scale of few whole numbers with ends, or skewed ones.
    """

    n_trained: int
    n_control: int
    effect: float
    # Of before and after, within the arms.
    correlation: float = 0.7
    analysis: str = "change"
    # The share that misses the second time.
    dropout: float = 0.0
    # Of the change, within training groups of this size.
    icc: float = 0.0
    cluster_size: int = 12
    # How many are tested together, corrected by Holm, and the correlation of their changes.
    outcomes: int = 1
    outcome_correlation: float = 0.3
    answers: str = "normal"
    aim: str = "superiority"
    margin: float = 0.3
    # Two-sided for superiority, of each of the two one-sided tests for equivalence.
    level: float = 0.05
    # One-sided, of a test of non-inferiority; half of the level unless stated.
    noninferiority_level: float | None = None

    @property
    def tail(self) -> float:
        """The share of a one-sided test that its critical t leaves."""
        if self.aim == "noninferiority" and self.noninferiority_level is not None:
            return self.noninferiority_level
        return self.level if self.aim == "equivalence" else self.level / 2

    @property
    def clusters(self) -> int:
        """How many training groups the trained arm has."""
        return max(1, ceil(self.n_trained / self.cluster_size))

    @property
    def completers(self) -> tuple[int, int]:
        """How many are expected to have both scores in each arm."""
        stay = 1 - self.dropout
        trained, control = (round_half_up(n * stay, 0) for n in (self.n_trained, self.n_control))
        return int(trained), int(control)

    @property
    def per_completer(self) -> tuple[float, float]:
        """The mean reciprocal of the number with both scores in each arm, if drop-out is random.

        It is larger than the reciprocal of the mean, by the variance of a binomial number.
        """
        first, second = ((1 - self.dropout) * n for n in (self.n_trained, self.n_control))
        return (1 + self.dropout / first) / first, (1 + self.dropout / second) / second


def problems_of(trial: Trial) -> list[str]:
    """Say what is impossible about a trial; an empty list if nothing is."""
    r = trial.outcome_correlation
    conditions = {
        f"correlation {trial.correlation:g} is not between -1 and 1": -1 < trial.correlation < 1,
        f"icc {trial.icc:g} is not between 0 and 1": 0 <= trial.icc <= 1,
        f"dropout {trial.dropout:g} is not from 0 to below 1": 0 <= trial.dropout < 1,
        f"outcome_correlation {r:g} is not from 0 to 1": 0 <= r <= 1,
        f"level {trial.level:g} is not between 0 and 1": 0 < trial.level < 1,
        f"noninferiority_level {trial.tail:g} is not between 0 and .5": 0 < trial.tail < 0.5
        or trial.aim != "noninferiority",
        "the effect is no number": np.isfinite(trial.effect),
        f"margin {trial.margin:g} is not above 0": trial.aim == "superiority" or trial.margin > 0,
        "cluster_size and outcomes must be at least 1": min(trial.cluster_size, trial.outcomes) > 0,
    }
    for name, known in CHOICES.items():
        value = getattr(trial, name)
        conditions[f'{name} "{value}" is none of {", ".join(known)}'] = value in known
    wrong = [problem for problem, holds in conditions.items() if not holds]
    if trial.analysis == "clustered" and trial.cluster_size > 0 and trial.clusters < 2:
        wrong.append(f"{trial.clusters} training group is fewer than the 2 that a variance needs")
    if not wrong and min(trial.completers) < 3:
        wrong.append(f"{min(trial.completers)} people with both scores in an arm are fewer than 3")
    return wrong


def standard_error_and_df(trial: Trial) -> tuple[float, float]:
    """Return the standard error of the effect, in SDs before, and the degrees of freedom.

    change
        sqrt(2 (1 - r)) * sqrt(1/n1 + 1/n2), n - 2.
    ancova
        sqrt(1 - r^2) * sqrt((1/n1 + 1/n2) (1 + 1 / (n - 4))), n - 3: the last factor is what
        chance differences before cost on average (Cochran, 1957, 10.2307/2527916).
    mixed_model
        For each arm (1 - r^2) / completers + (1 - r)^2 / n, which is the first line if all
        complete; completers - 2 (Anderson, 1957, 10.1080/01621459.1957.10501379).
    clustered
        The trained arm's variance times 1 + (m - 1) ICC; clusters - 1, the fewest of the two
        variances, with which the level is kept whatever the ICC (Hsu, 1938; Qiu & Zhang, 2017,
        arXiv:1712.10099). Satterthwaite's, common in partially nested designs (Roberts & Roberts,
        2005, 10.1191/1740774505cn076oa), reject too often: with two training groups in 7 % of
        trials. The price is power, of which two groups have next to none.
    """
    r = trial.correlation
    first, second = trial.completers
    both = sum(trial.per_completer)
    if trial.analysis == "ancova":
        n = first + second
        return sqrt((1 - r * r) * both * (1 + 1 / (n - 4))), n - 3
    if trial.analysis == "mixed_model":
        variance = (1 - r * r) * both
        variance += (1 - r) ** 2 * (1 / trial.n_trained + 1 / trial.n_control)
        return sqrt(variance), first + second - 2
    if trial.analysis == "clustered":
        return sqrt(sum(_cluster_variances(trial))), trial.clusters - 1
    return sqrt(2 * (1 - r) * both), first + second - 2


def _cluster_variances(trial: Trial) -> tuple[float, float]:
    """Return the variance of the mean change of each arm with training groups as clusters."""
    trained, control = (2 * (1 - trial.correlation) * share for share in trial.per_completer)
    size = trial.completers[0] / trial.clusters
    return trained * (1 + (size - 1) * trial.icc), control


def has_closed_form(trial: Trial) -> bool:
    """Tell whether a formula gives the power: one outcome, normal scores, nothing impossible."""
    return not problems_of(trial) and trial.outcomes == 1 and trial.answers == "normal"


def power(trial: Trial) -> float:
    """Return the power by formula.

    Superiority: noncentral t with effect / standard error, two-sided, as G*Power's and R's
    ``pwr.t.test``; its square is the noncentral F of the interaction. Non-inferiority: one-sided
    against -margin, at half the level unless stated, 2.5 % as a rule (ICH E9, 1998). Equivalence
    (both one-sided tests at once) and training groups: integrated over the standard error
    (Phillips, 1990, 10.1007/BF01063556).

    NaN where there is no formula.
    """
    if not has_closed_form(trial):
        return float("nan")
    error, df = standard_error_and_df(trial)
    ncp, margin = trial.effect / error, trial.margin / error
    critical = critical_t(trial.tail, df)
    if trial.aim != "equivalence" and trial.analysis != "clustered":
        if trial.aim == "superiority":
            # The functions behind scipy.stats.nct, which is ten times slower for a single number.
            upper = 1 - scipy.special.nctdtr(df, ncp, critical)
            lower = scipy.special.nctdtr(df, ncp, -critical)
            # Far in the tail the noncentral t has no number to give; the power there is 0.
            return float(np.nan_to_num(upper, nan=1.0) + np.nan_to_num(lower, nan=0.0))
        return float(1 - scipy.special.nctdtr(df, ncp + margin, critical))
    reach = critical * _relative_errors(trial, df)
    if trial.aim == "superiority":
        shares = scipy.special.ndtr(ncp - reach) + scipy.special.ndtr(-ncp - reach)
    elif trial.aim == "noninferiority":
        shares = scipy.special.ndtr(ncp + margin - reach)
    else:
        inside = scipy.special.ndtr(margin - reach - ncp) - scipy.special.ndtr(reach - margin - ncp)
        shares = np.maximum(inside, 0)
    return float(shares.mean())


def critical_t(tail: float, df: float) -> float:
    """Return the t that a share of the distribution exceeds, as ``scipy.stats.t.isf``."""
    return -scipy.special.stdtrit(df, tail)


def _relative_errors(trial: Trial, df: float) -> np.ndarray:
    """Return equally likely estimates of the standard error, in units of the true one."""
    if trial.analysis != "clustered":
        return np.sqrt(_mean_squares(df, 4000))
    trained, control = _cluster_variances(trial)
    estimates = trained * _mean_squares(df, 2000)[:, None]
    estimates = estimates + control * _mean_squares(trial.completers[1] - 1, 40)
    return np.sqrt(estimates / (trained + control))


def _mean_squares(df: float, number: int) -> np.ndarray:
    """Return equally likely values of chi-squared / df."""
    return 2 * scipy.special.gammaincinv(df / 2, (np.arange(number) + 0.5) / number) / df


def participants_needed(trial: Trial, wanted: float) -> int | None:
    """Return the fewest participants per arm that reach a power by formula.

    None where no number up to 100,000 reaches it.
    """

    def reached(n: int) -> bool:
        sized = replace(trial, n_control=n, n_trained=n)
        return has_closed_form(sized) and power(sized) >= wanted

    return smallest_n(reached)


def smallest_n(fits: Callable[[int], bool]) -> int | None:
    """Return the smallest whole number from 3 on that fits, if larger ones do as well."""
    highest = 4
    while not fits(highest):
        highest *= 2
        if highest > MOST_PARTICIPANTS:
            return None
    return highest // 2 + 1 + bisect_left(range(highest // 2 + 1, highest), True, key=fits)


def n_for_effect_width(width: float, correlation: float) -> int | None:
    """Return participants per arm whose ANCOVA has a 95 % interval of a full width, in SDs."""

    def fits(n: int) -> bool:
        error, df = standard_error_and_df(Trial(n, n, 0.0, correlation, analysis="ancova"))
        return 2 * critical_t(0.025, df) * error <= width

    return smallest_n(fits)


def n_for_rate_width(width: float, rate: float) -> int:
    """Return participants from whom on an exact 95 % interval of a rate is at most that wide."""
    # An interval of n people is narrower than 4 / sqrt(n); not every larger n has a narrower one.
    n = np.arange(4, 20 + ceil(16 / width**2))
    # Halves are rounded upwards, up to what a product of decimals is short of one.
    # Imported where it is used, because it takes long.
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(np.floor(rate * n + 0.5 + 1e-9).astype(int), n, method="beta")
    return int(n[high - low > width].max(initial=3)) + 1


def n_for_alpha_width(width: float, alpha: float, items: int) -> int | None:
    """Return participants for Feldt's 95 % interval of alpha of a given full width."""
    return smallest_n(lambda n: -np.subtract(*alpha_interval(alpha, n, items)) <= width)


def n_to_see_an_event(rate: float) -> int:
    """Return the sample size at which an event of a given rate is seen with probability .95."""
    return ceil(log(0.05) / log(1 - rate))
