"""Permutation, bootstrap and leave-one-out of the time x group interaction, all at once.

A permutation or a bootstrap sample is a row of weights, and many of them together, over all
outcomes, are a few matrix products.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from imp_helpers.statistics.change_scores import CHANGE, pair_of
from imp_helpers.study import Study

# Every assignment is enumerated up to this number, as many as draws are made otherwise.
PERMUTATIONS = 100_000
BOOTSTRAP_SAMPLES = 10_000
# With more people intervals are narrower, and fewer draws give as many certain digits.
PEOPLE_FOR_ALL_DRAWS, FEWEST_DRAWS = 1_000, 1_000
SEED = 20200826
CELLS_A_BATCH = 1_000_000


class Interactions(NamedTuple):
    """Contrasts of replicates (rows) by outcomes (columns), as ``change_scores.Contrast`` has them.

    F is NaN where nobody's change differs within the groups.
    """

    difference: np.ndarray
    variance: np.ndarray
    F: np.ndarray


def draws_for(people: int, most: int, fewest: int = FEWEST_DRAWS) -> int:
    """Return how often to draw: in inverse proportion to the number of people beyond 1,000."""
    return max(min(most, most * PEOPLE_FOR_ALL_DRAWS // people), fewest)


def batches(people: int, draws: int) -> Iterator[int]:
    """Split draws, so that a batch of weights stays small however many people there are."""
    rows = max(1, CELLS_A_BATCH // people)
    for start in range(0, draws, rows):
        yield min(rows, draws - start)


def observed(changes: np.ndarray, in_first: np.ndarray) -> Interactions:
    """Compute the interaction as it was observed: one row.

    F equals ``pingouin.mixed_anova``'s and ``afex::aov_car``'s interaction. ``changes`` are people
    by outcomes, nothing missing; ``in_first`` says who is in the first group.
    """
    own, scale = _own_parts(changes, in_first)
    return _of_sums([[part.sum(axis=0, keepdims=True) for part in parts] for parts in own], scale)


def leave_one_out(changes: np.ndarray, in_first: np.ndarray) -> Interactions:
    """Compute the interaction without each person in turn: a row a person."""
    own, scale = _own_parts(changes, in_first)
    return _of_sums([[part.sum(axis=0) - part for part in parts] for parts in own], scale)


def _own_parts(changes: np.ndarray, in_first: np.ndarray) -> tuple[list, np.ndarray]:
    """Return what each person adds to number, sum and sum of squares of each group, and a scale."""
    centred = changes - changes.mean(axis=0)
    squared, first = centred * centred, np.asarray(in_first, dtype=bool)[:, None]
    own = [(1.0 * members, centred * members, squared * members) for members in (first, ~first)]
    return own, squared.sum(axis=0)


def _of_sums(sums: Sequence[Sequence[np.ndarray]], scale: np.ndarray) -> Interactions:
    """Return what follows from the number, sum and sum of squares of each group's changes."""
    (first_n, first, first_squared), (second_n, second, second_squared) = sums
    difference = first / first_n - second / second_n
    within = first_squared - first**2 / first_n + second_squared - second**2 / second_n
    # What rounding leaves of a variance that is zero is no variance.
    within = np.where(within <= 1e-12 * scale, 0.0, within)
    variance = within / (first_n + second_n - 2)
    between = difference * difference / (1 / first_n + 1 / second_n)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.where(variance > 0, between / variance, np.nan)
    return Interactions(difference, variance, f)


def permutation_p(
    changes: np.ndarray, in_first: np.ndarray, draws: int | None = None
) -> tuple[np.ndarray, int, bool]:
    """Test the interaction by exchanging group labels, two-sided.

    All assignments are enumerated if there are at most ``draws``; otherwise that many are drawn,
    and the observed one counts among them (Phipson & Smyth, 2010, 10.2202/1544-6115.1585). By hand,
    because ``scipy.stats.permutation_test`` takes four times as long.

    Returns a p value an outcome, how many assignments were looked at, and whether they were all;
    ``changes`` are people by outcomes, ``in_first`` says who is in the first group.
    """
    people, size = len(in_first), int(np.sum(in_first))
    draws = draws or draws_for(people, PERMUTATIONS)
    # Sums of squares are fixed under exchange, so the difference orders assignments as F does.
    reached = np.abs(observed(changes, in_first).difference[0])
    centred = changes - changes.mean(axis=0)
    slack = 1e-9 * np.abs(centred).max(axis=0)
    beyond, count = np.zeros(changes.shape[1]), 0
    factor = 1 / size + 1 / (people - size)
    for chosen in _chosen(people, size, draws):
        first = np.zeros((len(chosen), people))
        np.put_along_axis(first, chosen, 1.0, axis=1)
        # Centred changes add up to zero, so the second group's sum is the first one's negative.
        difference = np.abs(first @ centred) * factor
        beyond += (difference >= reached - slack).sum(axis=0)
        count += len(first)
    if comb(people, size) <= draws:
        return beyond / count, count, True
    return (beyond + 1) / (count + 1), count, False


def _chosen(people: int, size: int, draws: int) -> Iterator[np.ndarray]:
    """Yield who is in the first group, many assignments at once: all there are, or random ones."""
    if comb(people, size) <= draws:
        yield np.array(list(combinations(range(people), size)))
        return
    random = np.random.default_rng(SEED)
    for rows in batches(people, draws):
        yield random.random((rows, people)).argpartition(size, axis=1)[:, :size]


def bootstrap_differences(
    changes: np.ndarray, in_first: np.ndarray, samples: int | None = None
) -> np.ndarray:
    """Return the difference in mean change of bootstrap samples drawn within each group.

    A row a sample, a column an outcome; the people of each group count by a multinomial draw.
    """
    samples = samples or draws_for(len(in_first), BOOTSTRAP_SAMPLES)
    random = np.random.default_rng(SEED)
    means = []
    for members in (np.asarray(in_first), ~np.asarray(in_first)):
        values = changes[members]
        n, even = len(values), np.full(len(values), 1 / len(values))
        draws = (random.multinomial(n, even, size=rows) for rows in batches(n, samples))
        means.append(np.concatenate([counts @ values / n for counts in draws]))
    return means[0] - means[1]


def bca_interval(
    replicates: np.ndarray, estimate: np.ndarray, jackknife: np.ndarray, in_first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return bias-corrected and accelerated 95 % bootstrap intervals.

    Efron (1987), 10.1080/01621459.1987.10478410; the acceleration of two samples sums the
    influence of the people of each, divided by its size, as ``scipy.stats.bootstrap`` does. By
    hand, because SciPy's bias counts samples that equal the estimate as rounding has them, which
    moves its ends where scores are whole numbers.

    Returns the low and the high end of each outcome, from replicates (samples x outcomes), the
    estimate, the estimates without each person (people x outcomes) and who is in the first group.
    """
    samples = len(replicates)
    slack = 1e-9 * np.ptp(replicates, axis=0)
    below = (replicates < estimate - slack).sum(axis=0) / 2
    below = below + (replicates <= estimate + slack).sum(axis=0) / 2
    bias = scipy.stats.norm.ppf(np.clip(below / samples, 0.5 / samples, 1 - 0.5 / samples))
    cubes = squares = 0.0
    for members in (np.asarray(in_first), ~np.asarray(in_first)):
        left_out = jackknife[members]
        n = len(left_out)
        influence = (n - 1) * (left_out.mean(axis=0) - left_out)
        cubes = cubes + (influence**3).sum(axis=0) / n**3
        squares = squares + (influence**2).sum(axis=0) / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        acceleration = np.where(squares > 0, cubes / (6 * squares**1.5), 0.0)
    ends = []
    for tail in (0.025, 0.975):
        z = bias + scipy.stats.norm.ppf(tail)
        share = scipy.stats.norm.cdf(bias + z / (1 - acceleration * z))
        ends.append([np.quantile(r, s) for r, s in zip(replicates.T, share, strict=True)])
    return np.array(ends[0]), np.array(ends[1])


def blocks(cases: Mapping[str, pd.DataFrame]) -> list[list[str]]:
    """Group outcomes that have the same complete cases, so that they share matrix products."""
    same: dict[tuple, list[str]] = {}
    for name, table in cases.items():
        same.setdefault(tuple(table["participant"]), []).append(name)
    return list(same.values())


def resample(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Compute permutation p, BCa bootstrap interval and leave-one-out range of every outcome.

    Columns: scale, permutation_p, assignments, exact, boot_low, boot_high (of the difference in
    change), F_lowest, F_highest (over leaving out each person).

    ``cases`` is what ``change_scores.compared_cases`` returns.
    """
    rows = []
    for names in blocks(cases):
        of_people = cases[names[0]]
        in_first = (of_people["group"] == pair_of(of_people, study)[0].id).to_numpy()
        changes = np.column_stack([cases[name][CHANGE].to_numpy(float) for name in names])
        estimate = observed(changes, in_first).difference[0]
        p, assignments, exact = permutation_p(changes, in_first)
        samples = bootstrap_differences(changes, in_first)
        left_out = leave_one_out(changes, in_first)
        ends = bca_interval(samples, estimate, left_out.difference, in_first)
        f_range = np.nanmin(left_out.F, axis=0), np.nanmax(left_out.F, axis=0)
        for name, own_p, *others in zip(names, p, *ends, *f_range, strict=True):
            rows.append((name, own_p, assignments, exact, *others))
    columns = ["scale", "permutation_p", "assignments", "exact", "boot_low", "boot_high"]
    return pd.DataFrame(rows, columns=[*columns, "F_lowest", "F_highest"])
