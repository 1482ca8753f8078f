"""The range that an SD can have, given the mean, the number of people, a minimum and a maximum.

Whole-number answers between two ends have the smallest SD when they are as equal as their sum
allows, and the largest when all but one of them stand at the ends. Bhatia and Davis (2000) give the
upper limit for any numbers; here it is exact for whole ones, and both ends may be known to occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

from imp_helpers.printed.checks import INCONSISTENT, Check, verdict_of
from imp_helpers.printed.granularity import (
    lattice_step,
    possible_sums,
    possible_sums_of_squares,
    squared,
)
from imp_helpers.printed.printed_numbers import Interval, parse

SD_SOURCE = "Bhatia & Davis 2000, doi:10.1080/00029890.2000.12005203, for whole numbers"


@dataclass(frozen=True)
class Summary:
    """What is printed about one sample of whole-number answers.

    Parameters
    ----------
    mean, sd : str
        As printed; the SD with divisor n - 1.
    n : int
        How many people, at least two.
    minimum, maximum : int or Fraction
        The lowest and highest value.
    attained : bool
        Whether somebody has the lowest and somebody the highest value, as in a printed range;
        False for the ends of a response scale.
    items, granularity : int
        See `imp_helpers.printed.granularity.lattice_step`.
    rounding : {"half_up", "half_even", "either"}
        The rounding rule.
    """

    mean: str
    sd: str
    n: int
    minimum: Fraction | int
    maximum: Fraction | int
    attained: bool = True
    items: int = 1
    granularity: int = 1
    rounding: str = "half_up"

    @property
    def step(self) -> Fraction:
        """The distance between neighbouring values."""
        return lattice_step(self.items, self.granularity)

    @property
    def lowest(self) -> int:
        """The lowest value in steps; a mean of items, printed rounded, is the nearest one."""
        steps = Fraction(self.minimum) / self.step
        return round(steps) if self.items > 1 else ceil(steps)

    @property
    def highest(self) -> int:
        """The highest value in steps."""
        steps = Fraction(self.maximum) / self.step
        return round(steps) if self.items > 1 else floor(steps)

    @property
    def free(self) -> int:
        """How many people's values the printed range leaves open."""
        return self.n - 2 if self.attained else self.n

    def sums(self) -> list[int]:
        """Return the sums, in steps, that print as the mean and lie within reach of the range."""
        sums = possible_sums(self.mean, self.n, self.step, self.rounding)
        return [total for total in sums if sums_of_squares_limits(self, total) is not None]

    def sums_of_squares(self, total: int) -> range:
        """Return the sums of squares that, with one of the sums, print as the SD."""
        squares = possible_sums_of_squares(self.sd, total, self.n, self.step, self.rounding)
        lowest, highest = sums_of_squares_limits(self, total)
        first = max(squares.start, lowest + (lowest - total) % 2)
        return range(first, min(squares.stop, highest + 1), 2)

    def targets(self) -> Iterator[tuple[int, int]]:
        """Yield each sum and sum of squares, in steps, that print as the mean and SD."""
        return ((total, s) for total in self.sums() for s in self.sums_of_squares(total))


def sums_of_squares_limits(summary: Summary, total: int) -> tuple[int, int] | None:
    """Return the lowest and highest sum of squares that the range and a sum allow, in steps.

    The lowest belongs to answers as equal as possible, the highest to answers at the two ends with
    at most one between them. None where the sum itself is out of reach.
    """
    low, high, people = summary.lowest, summary.highest, summary.free
    rest = total - (low + high if summary.attained else 0)
    fixed = low**2 + high**2 if summary.attained else 0
    if people < 0 or low > high or not people * low <= rest <= people * high:
        return None
    if people == 0 or low == high:
        return (fixed + people * low**2,) * 2
    equal, over = divmod(rest, people)
    lowest = people * equal**2 + over * (2 * equal + 1)
    at_high, between = divmod(rest - people * low, high - low)
    others = people - at_high
    highest = at_high * high**2 + others * low**2
    if between:
        highest += (low + between) ** 2 - low**2
    return fixed + lowest, fixed + highest


def sd_limits(summary: Summary) -> tuple[float, float] | None:
    """Return the smallest and largest SD that the mean, n and the range allow.

    Parameters
    ----------
    summary : Summary
        Its SD is not looked at.

    Returns
    -------
    tuple of float or None
        None where not even the mean is possible. The same numbers, before rounding, as R's
        ``rsprite2::boundary_test`` with a scale's ends.
    """
    variances = list(_variance_limits(summary))
    if not variances:
        return None
    return sqrt(min(low for low, _ in variances)), sqrt(max(high for _, high in variances))


def _variance_limits(summary: Summary) -> Iterator[tuple[Fraction, Fraction]]:
    for total in summary.sums():
        yield tuple(
            (squares - Fraction(total**2, summary.n)) * summary.step**2 / (summary.n - 1)
            for squares in sums_of_squares_limits(summary, total)
        )


def sd_range(summary: Summary) -> Check:
    """Test whether the SD lies between the limits that mean, n, minimum and maximum set."""
    variances = list(_variance_limits(summary))
    if not variances:
        text = f"{summary.n} values from {summary.minimum} to {summary.maximum} cannot have "
        return Check("SD range", INCONSISTENT, f"{text}the mean {summary.mean}.", SD_SOURCE)
    interval = parse(summary.sd).interval(summary.rounding)
    smallest = min(low for low, _ in variances)
    largest = max(high for _, high in variances)
    possible = squared(interval).overlaps(Interval(smallest, largest))
    text = f"The SD can lie between {sqrt(smallest):.2f} and {sqrt(largest):.2f}."
    return Check("SD range", verdict_of(possible), text, SD_SOURCE)
