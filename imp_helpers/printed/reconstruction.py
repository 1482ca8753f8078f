"""Samples behind printed numbers: how many there are, one of them, or the proof that none exists.

In the spirit of SPRITE (Heathers, Anaya, van der Zee & Brown 2018), CORVIDS (Wood 2018) and CLOSURE
(Larigaldie), for whole-number answers with a printed mean, SD, minimum, maximum and n. A sample is
a multiset, since the order of people is unknown. Its sum and sum of squares decide mean and SD, so
samples are counted by dividing both among n people, value by value; nothing is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from statistics import NormalDist
from statistics import mean as average

from imp_helpers.printed.checks import INCONSISTENT, NOT_TESTABLE, Check, verdict_of
from imp_helpers.printed.sd_range import Summary

SAMPLE_SOURCE = "Heathers et al. 2018, SPRITE, doi:10.7287/peerj.preprints.26968v1"

# Counting is given up, not the search, where answers take more values than this, or where more
# intermediate results than this would have to be kept.
COUNTABLE_RANGE = 25
STATES = 100_000
# In wide ranges the search starts from the middle sums only.
SUMS_TRIED = 5


class _TooManyStates(Exception):
    """Counting would take more memory than it is worth."""


def count_samples(summary: Summary) -> int | None:
    """Count the samples that print as the summary says.

    Parameters
    ----------
    summary : Summary
        What is printed.

    Returns
    -------
    int or None
        The number of multisets, 0 where none exists; None where the range is too wide to count
        them. The same number as R's ``unsum::closure_count_all`` with ``attained=False`` and
        ``rounding="either"``.
    """
    if _is_wide(summary):
        return None
    ways = _ways_counter()
    try:
        return sum(ways(*_problem(summary, *target)) for target in summary.targets())
    except _TooManyStates:
        return None


def find_sample(summary: Summary) -> list[Fraction] | None:
    """Return one sample that prints as the summary says, in ascending order.

    Parameters
    ----------
    summary : Summary
        What is printed.

    Returns
    -------
    list of Fraction or None
        None where none exists, or, in ranges too wide for counting, where none was found.
    """
    try:
        search = _sample_by_exchange if _is_wide(summary) else _sample_by_counting
        steps = search(summary)
    except _TooManyStates:
        steps = _sample_by_exchange(summary)
    return None if steps is None else [value * summary.step for value in sorted(steps)]


def every_sample(summary: Summary) -> Iterator[list[Fraction]]:
    """Yield all samples that print as the summary says, each in ascending order.

    See `count_samples` for their number, which can be large.

    Parameters
    ----------
    summary : Summary
        What is printed.
    """
    for target in summary.targets():
        for values in _every_division(*_problem(summary, *target)):
            yield [value * summary.step for value in sorted(_placed(summary, values, target[0]))]


def _every_division(top: int, people: int, total: int, squares: int) -> Iterator[list[int]]:
    if top == 0:
        yield from [] if total or squares else [[0] * people]
        return
    for count, left in _divisions(top, people, total, squares):
        for values in _every_division(*left):
            yield [top] * count + values


def reconstruct(summary: Summary) -> Check:
    """Count the samples behind printed numbers, show one, or say that none exists.

    Parameters
    ----------
    summary : Summary
        What is printed.

    Returns
    -------
    Check
        "inconsistent" is a proof: all sums and sums of squares were gone through. "not testable"
        means that the range is too wide to count and the search found nothing.
    """
    name = "reconstruction"
    if next(summary.targets(), None) is None:
        text = "No sum and sum of squares fit the printed mean, SD, minimum, maximum and n."
        return Check(name, INCONSISTENT, text, SAMPLE_SOURCE)
    count = count_samples(summary)
    if count == 0:
        text = "No sample fits; every division of the possible sums was counted."
        return Check(name, INCONSISTENT, text, SAMPLE_SOURCE)
    sample = find_sample(summary)
    if sample is None:
        text = "The range is too wide to count all samples, and the search found none."
        return Check(name, NOT_TESTABLE, text, SAMPLE_SOURCE)
    number = "At least one sample fits" if count is None else f"{count:,} samples fit"
    number = "One sample fits" if count == 1 else number
    text = f"{number}, {'' if count == 1 else 'for example '}{describe_sample(sample)}."
    return Check(name, verdict_of(True), text, SAMPLE_SOURCE)


def describe_sample(sample: list[Fraction]) -> str:
    """Write a sample as value (times), in ascending order."""
    counts = sorted(Counter(sample).items())
    return ", ".join(f"{float(v):.4g}" + (f" (x{k})" if k > 1 else "") for v, k in counts)


def _is_wide(summary: Summary) -> bool:
    return summary.highest - summary.lowest > COUNTABLE_RANGE


def _problem(summary: Summary, total: int, squares: int) -> tuple[int, int, int, int]:
    """Return range, people, sum and sum of squares of the free values, counted from one end.

    Of the two ends the nearer to the mean is taken: the numbers to divide are then smaller.
    """
    low, high, people = summary.lowest, summary.highest, summary.free
    if summary.attained:
        total, squares = total - low - high, squares - low**2 - high**2
    sign, origin = (1, low) if 2 * total <= people * (low + high) else (-1, high)
    moved = squares - 2 * origin * total + people * origin**2
    return high - low, people, sign * (total - people * origin), moved


def _ways_counter() -> Callable[[int, int, int, int], int]:
    """Return a function that counts the ways to give people values from 0 to top.

    Few states recur between unrelated samples, so that each counter has a memory of its own.
    """

    @cache
    def ways(top: int, people: int, total: int, squares: int) -> int:
        if ways.cache_info().currsize > STATES:
            raise _TooManyStates
        if top <= 3:
            return len(_numbers_of_threes(top, people, total, squares))
        return sum(ways(*state) for _, state in _divisions(top, people, total, squares))

    return ways


def _divisions(top: int, people: int, total: int, squares: int) -> Iterator:
    """Yield how many people can have the highest value, and what remains for the others."""
    most = min(people, total // top, squares // top**2)
    for count in range(most + 1):
        left = people - count, total - count * top, squares - count * top**2
        if _within_reach(top - 1, *left):
            yield count, (top - 1, *left)


def _within_reach(top: int, people: int, total: int, squares: int) -> bool:
    bounded = total <= squares <= top * total and total <= top * people
    return bounded and total**2 <= people * squares


def _numbers_of_threes(top: int, people: int, total: int, squares: int) -> range:
    """Return how many of the people can have a 3 if all values are 0 to 3, and at most top.

    With t threes, sum and sum of squares leave (squares - total) / 2 - 3 t twos and
    2 total - squares + 3 t ones; no group can be negative.
    """
    if (squares - total) % 2:
        return range(0)
    twos, ones = (squares - total) // 2, 2 * total - squares
    fewest = max(0, -(ones // 3))
    most = min(twos // 3, people - twos - ones)
    if top < 3:
        most = min(most, 0)
    if (top < 2 and twos) or (top < 1 and ones):
        return range(0)
    return range(fewest, most + 1)


def _sample_by_counting(summary: Summary) -> list[int] | None:
    """Give each value, from the highest down, to the number of people with most samples."""
    ways = _ways_counter()
    targets = list(summary.targets())
    best = max(targets, key=lambda target: ways(*_problem(summary, *target)), default=None)
    if best is None or not ways(*_problem(summary, *best)):
        return None
    top, people, total, squares = _problem(summary, *best)
    values = []
    while top > 3:
        options = _divisions(top, people, total, squares)
        count, (_, people, total, squares) = max(options, key=lambda option: ways(*option[1]))
        values += [top] * count
        top -= 1
    threes = _numbers_of_threes(top, people, total, squares)
    three = threes[len(threes) // 2]
    two, one = (squares - total) // 2 - 3 * three, 2 * total - squares + 3 * three
    values += [3] * three + [2] * two + [1] * one + [0] * (people - three - two - one)
    return _placed(summary, values, best[0])


def _placed(summary: Summary, values: list[int], total: int) -> list[int]:
    low, high = summary.lowest, summary.highest
    ends = [low, high] if summary.attained else []
    upwards = [low + value for value in values] + ends
    return upwards if sum(upwards) == total else [high - value for value in values] + ends


def _sample_by_exchange(summary: Summary) -> list[int] | None:
    """Start from a bell-shaped sample and exchange steps between two people until it fits."""
    middle_first = sorted(sums := summary.sums(), key=lambda total: abs(total - average(sums)))
    ends = [summary.lowest, summary.highest] if summary.attained else []
    for total in middle_first[:SUMS_TRIED]:
        squares = summary.sums_of_squares(total)
        if not squares:
            continue
        fixed = sum(end**2 for end in ends)
        target = squares[len(squares) // 2] - fixed
        values = _bell(summary, total - sum(ends), target)
        while (present := _squares(values)) + fixed not in squares:
            if not _exchange(values, target - present, summary.lowest, summary.highest):
                break
        else:
            return values + ends
    return None


def _squares(values: list[int]) -> int:
    return sum(value**2 for value in values)


def _bell(summary: Summary, total: int, squares: int) -> list[int]:
    """Return whole numbers with a given sum, and about a given sum of squares, like a normal curve.

    The curve's spread is halved in on: where it is wide, the range cuts it off at its ends.
    """
    narrow, wide = 0.0, 10.0 * (summary.highest - summary.lowest)
    for _ in range(30):
        spread = (narrow + wide) / 2
        values = _quantiles(summary, total, spread)
        narrow, wide = (narrow, spread) if _squares(values) > squares else (spread, wide)
    return values


def _quantiles(summary: Summary, total: int, spread: float) -> list[int]:
    people, low, high = summary.free, summary.lowest, summary.highest
    normal = [NormalDist().inv_cdf((person + 0.5) / people) for person in range(people)]
    values = [min(high, max(low, round(total / people + spread * z))) for z in normal]
    while (missing := total - sum(values)) != 0:
        change = 1 if missing > 0 else -1
        movable = [i for i, value in enumerate(values) if low <= value + change <= high]
        for i in sorted(movable, key=lambda i: abs(i - people / 2))[: abs(missing)]:
            values[i] += change
    return values


def _exchange(values: list[int], missing: int, low: int, high: int) -> bool:
    """Move one step between two people so that the sum of squares comes nearest to its target.

    Taking a step from a and giving it to b changes the sum of squares by 2 (b - a + 1).
    """
    best = None
    for giver, a in enumerate(values):
        for taker, b in enumerate(values):
            if giver == taker or a == low or b == high or b - a == -1:
                continue
            left = abs(missing - 2 * (b - a + 1))
            if best is None or left < best[0]:
                best = left, giver, taker
    if best is None or best[0] >= abs(missing):
        return False
    values[best[1]] -= 1
    values[best[2]] += 1
    return True
