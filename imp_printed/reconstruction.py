"""Samples behind printed numbers: how many there are, one of them, or the proof that none exists.

In the spirit of SPRITE (Heathers, Anaya, van der Zee & Brown 2018), CORVIDS (Wood 2018) and CLOSURE
(Larigaldie), for whole-number answers with a printed mean, SD, minimum, maximum and n. A sample is
a multiset, since the order of people is unknown. Its sum and sum of squares decide mean and SD, so
samples are counted by dividing both among n people, value by value; nothing is listed.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from statistics import NormalDist
from statistics import mean as average

from imp_printed.granularity import Summary
from imp_printed.judgement import UNCHECKED, Judgement, verdict_of

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
    """Count the samples, as multisets, that print as the summary says.

    None where the range is too wide to count them. The same number as R's
    ``unsum::closure_count_all`` with ``attained=False`` and ``rounding="either"``.
    """
    if summary.highest - summary.lowest > COUNTABLE_RANGE:
        return None

    @cache
    def ways(top: int, people: int, total: int, squares: int) -> int:
        if ways.cache_info().currsize > STATES:
            raise _TooManyStates
        if top <= 3:
            return _ways_with_threes(top, people, total, squares)
        return sum(ways(*state) for _, state in _divisions(top, people, total, squares))

    try:
        return sum(ways(*_problem(summary, *target)) for target in summary.targets())
    except _TooManyStates:
        return None


def find_sample(summary: Summary) -> list[Fraction] | None:
    """Return one sample that prints as the summary says, in ascending order.

    None where none exists, or, where samples cannot be counted, where none was found.
    """
    steps = _sample_by_exchange(summary)
    if steps is None:
        return next(every_sample(summary)) if count_samples(summary) else None
    return [value * summary.step for value in sorted(steps)]


def every_sample(summary: Summary) -> Iterator[list[Fraction]]:
    """Yield all samples that print as the summary says, each in ascending order."""
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


def reconstruct(summary: Summary) -> Judgement:
    """Count the samples behind printed numbers, show one, or say that none exists.

    "impossible" is a proof: all sums and sums of squares were gone through. "cannot be checked"
    means that the range is too wide to count and the search found nothing.
    """
    targets = next(summary.targets(), None) is not None
    count = count_samples(summary) if targets else 0
    sample = None if count == 0 else find_sample(summary)
    verdict = UNCHECKED if sample is None and count != 0 else verdict_of(sample is not None)
    values = {"targets": targets, "count": count, "sample": Counter(sample or [])}
    return Judgement("reconstruction", verdict, SAMPLE_SOURCE, "reconstruction", values)


def _problem(summary: Summary, total: int, squares: int) -> tuple[int, int, int, int]:
    """Return range, people, sum and sum of squares of the free values, from the nearer end."""
    low, high, people = summary.lowest, summary.highest, summary.free
    total, squares = total - sum(summary.ends), squares - _squares(summary.ends)
    sign, origin = (1, low) if 2 * total <= people * (low + high) else (-1, high)
    moved = squares - 2 * origin * total + people * origin**2
    return high - low, people, sign * (total - people * origin), moved


def _divisions(top: int, people: int, total: int, squares: int) -> Iterator:
    """Yield how many people can have the highest value, and what remains for the others."""
    most = min(people, total // top, squares // top**2)
    for count in range(most + 1):
        left = people - count, total - count * top, squares - count * top**2
        others, rest, rest_squares = left
        bounded = rest <= rest_squares <= (top - 1) * rest and rest <= (top - 1) * others
        if bounded and rest**2 <= others * rest_squares:
            yield count, (top - 1, *left)


def _ways_with_threes(top: int, people: int, total: int, squares: int) -> int:
    """Count the numbers of people who can have a 3 if all values are 0 to 3, and at most top.

    With t threes, sum and sum of squares leave (squares - total) / 2 - 3 t twos and
    2 total - squares + 3 t ones; no group can be negative.
    """
    twos, ones = (squares - total) // 2, 2 * total - squares
    if (squares - total) % 2 or (top < 2 and twos) or (top < 1 and ones):
        return 0
    most = min(twos // 3, people - twos - ones, people if top > 2 else 0)
    return max(0, most + 1 - max(0, -(ones // 3)))


def _placed(summary: Summary, values: list[int], total: int) -> list[int]:
    """Return values counted from one end of the range as they are, with the two ends."""
    upwards = [summary.lowest + value for value in values] + summary.ends
    if sum(upwards) == total:
        return upwards
    return [summary.highest - value for value in values] + summary.ends


def _sample_by_exchange(summary: Summary) -> list[int] | None:
    """Start from a bell-shaped sample and exchange steps between two people until it fits."""
    middle_first = sorted(sums := summary.sums(), key=lambda total: abs(total - average(sums)))
    for total in middle_first[:SUMS_TRIED]:
        squares = summary.sums_of_squares(total)
        if not squares:
            continue
        fixed = _squares(summary.ends)
        target = squares[len(squares) // 2] - fixed
        values = _bell(summary, total - sum(summary.ends), target)
        while (present := _squares(values)) + fixed not in squares:
            if not _exchange(values, target - present, summary.lowest, summary.highest):
                break
        else:
            return values + summary.ends
    return None


def _squares(values: list[int]) -> int:
    return sum(value**2 for value in values)


def _bell(summary: Summary, total: int, squares: int) -> list[int]:
    """Return whole numbers with a sum, and about a sum of squares, like a normal curve."""
    narrow, wide = 0.0, 10.0 * (summary.highest - summary.lowest)
    n = summary.free
    normal = [NormalDist().inv_cdf((person + 0.5) / n) for person in range(n)]
    for _ in range(30):
        spread = (narrow + wide) / 2
        values = _quantiles(summary, normal, total, spread)
        narrow, wide = (narrow, spread) if _squares(values) > squares else (spread, wide)
    return values


def _quantiles(summary: Summary, normal: list[float], total: int, spread: float) -> list[int]:
    people, low, high = summary.free, summary.lowest, summary.highest
    values = [min(high, max(low, round(total / people + spread * z))) for z in normal]
    while (missing := total - sum(values)) != 0:
        change = 1 if missing > 0 else -1
        movable = [i for i, value in enumerate(values) if low <= value + change <= high]
        for i in sorted(movable, key=lambda i: abs(i - people / 2))[: abs(missing)]:
            values[i] += change
    return values


def _exchange(values: list[int], missing: int, low: int, high: int) -> bool:
    """Move one step from a to b, which changes the squares by 2 (b - a + 1), nearest to target."""
    left, giver, taker = min(
        (
            (abs(missing - 2 * (b - a + 1)), giver, taker)
            for giver, a in enumerate(values)
            for taker, b in enumerate(values)
            if giver != taker and a != low and b != high and b - a != -1
        ),
        default=(abs(missing), 0, 0),
    )
    if left >= abs(missing):
        return False
    values[giver] -= 1
    values[taker] += 1
    return True
