"""The range that an SD can have, given the mean, the number of people, a minimum and a maximum.

Whole-number answers between two ends have the smallest SD when they are as equal as their sum
allows, and the largest when all but one of them are at the ends. Bhatia and Davis (2000) give the
upper limit for any numbers; here it is exact for whole ones, and both ends may be known to occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

from imp_helpers.printed.granularity import (
    lattice_step,
    possible_sums,
    possible_sums_of_squares,
    variance,
)
from imp_helpers.printed.judgement import INCONSISTENT, Judgement, verdict_of
from imp_helpers.printed.printed_numbers import Interval

SD_SOURCE = "Bhatia & Davis 2000, doi:10.1080/00029890.2000.12005203, for whole numbers"


@dataclass(frozen=True)
class Summary:
    """What is printed about whole-number answers of at least two people; see ``granularity``.

    ``attained`` says whether the minimum and the maximum occur in the sample, as in a printed
    range; the ends of a response scale need not.
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
        return (round if self.items > 1 else ceil)(Fraction(self.minimum) / self.step)

    @property
    def highest(self) -> int:
        """The highest value in steps."""
        return (round if self.items > 1 else floor)(Fraction(self.maximum) / self.step)

    @property
    def ends(self) -> list[int]:
        """The values, in steps, that are known to occur."""
        return [self.lowest, self.highest] if self.attained else []

    @property
    def free(self) -> int:
        """How many people's values the printed range leaves open."""
        return self.n - len(self.ends)

    def sums(self) -> list[int]:
        """Return the sums, in steps, that print as the mean and lie within reach of the range."""
        sums = possible_sums(self.mean, self.n, self.step, self.rounding)
        return [total for total in sums if self.limits(total) is not None]

    def sums_of_squares(self, total: int) -> range:
        """Return the sums of squares that, with one of the sums, print as the SD."""
        squares = possible_sums_of_squares(self.sd, total, self.n, self.step, self.rounding)
        lowest, highest = self.limits(total)
        first = max(squares.start, lowest + (lowest - total) % 2)
        return range(first, min(squares.stop, highest + 1), 2)

    def targets(self) -> Iterator[tuple[int, int]]:
        """Yield each sum and sum of squares, in steps, that print as the mean and SD."""
        return ((total, s) for total in self.sums() for s in self.sums_of_squares(total))

    def limits(self, total: int) -> tuple[int, int] | None:
        """Return the lowest and highest sum of squares that the range and a sum allow, in steps.

        The lowest belongs to answers as equal as possible, the highest to answers at the two ends
        with at most one between them. None where the sum itself is out of reach.
        """
        low, high, people = self.lowest, self.highest, self.free
        rest, fixed = total - sum(self.ends), sum(end**2 for end in self.ends)
        if people < 0 or low > high or not people * low <= rest <= people * high:
            return None
        if people == 0 or low == high:
            return (fixed + people * low**2,) * 2
        equal, over = divmod(rest, people)
        at_high, between = divmod(rest - people * low, high - low)
        highest = at_high * high**2 + (people - at_high) * low**2
        highest += (low + between) ** 2 - low**2
        return fixed + people * equal**2 + over * (2 * equal + 1), fixed + highest

    def variances(self) -> Interval | None:
        """Return the range of the variance that mean, n, minimum and maximum allow, if any."""

        def variance_of(total: int, squares: int) -> Fraction:
            about = squares - Fraction(total**2, self.n)
            return about * self.step**2 / (self.n - 1)

        limits = [(total, *self.limits(total)) for total in self.sums()]
        if not limits:
            return None
        lowest = min(variance_of(total, low) for total, low, _ in limits)
        return Interval(lowest, max(variance_of(total, high) for total, _, high in limits))


def sd_limits(summary: Summary) -> tuple[float, float] | None:
    """Return the smallest and largest SD that the mean, n and the range allow.

    None where not even the mean is possible. The same numbers, before rounding, as R's
    ``rsprite2::boundary_test`` with a scale's ends.
    """
    variances = summary.variances()
    return variances and (sqrt(variances.lower), sqrt(variances.upper))


def sd_range(summary: Summary) -> Judgement:
    """Test whether the SD lies between the limits that mean, n, minimum and maximum set."""
    variances = summary.variances()
    printed = variance(summary.sd, summary.rounding)
    verdict = verdict_of(printed.overlaps(variances)) if variances else INCONSISTENT
    values = {"summary": summary, "limits": sd_limits(summary)}
    return Judgement("SD range", verdict, SD_SOURCE, "sd_range", values)
