"""What whole numbers allow: GRIM, GRIMMER, DEBIT, percentages and the range of the SD, exactly.

The sum of whole-number answers is a whole number, so their mean is a whole number divided by n,
and not every printed mean is one that n people can have. The same holds for the sum of squares and
the SD. All arithmetic here is in whole numbers and fractions; nothing depends on floating point.

A score that is the mean of several items, or answers that come in multiples of five, change the
step of the lattice and nothing else: every value is a whole number of steps. In all functions

- ``mean``, ``sd`` and ``percent`` are strings, as printed, with their trailing zeros; the SD has
  the divisor n - 1;
- ``items`` is how many whole-number answers each person's score is the mean of;
- ``granularity`` is the number that answers are multiples of: 5 for minutes rounded to five;
- ``rounding`` is one of ``printed_numbers.ROUNDINGS``.

Whole-number answers between two ends have the smallest SD when they are as equal as their sum
allows, and the largest when all but one of them are at the ends. Bhatia and Davis (2000) give the
upper limit for any numbers; here it is exact for whole ones, and both ends may be known to occur.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, isqrt, sqrt

from imp_printed.judgement import IMPOSSIBLE, UNCHECKED, Judgement, verdict_of
from imp_printed.printed_numbers import Interval, parse

GRIM_SOURCE = "Brown & Heathers 2017, doi:10.1177/1948550616673876"
GRIMMER_SOURCE = "Anaya 2016, doi:10.7287/peerj.preprints.2400v1; Allard 2018, Analytic-GRIMMER"
DEBIT_SOURCE = "Heathers & Brown 2019, DEBIT, osf.io/5vb3u"
SD_SOURCE = "Bhatia & Davis 2000, doi:10.1080/00029890.2000.12005203, for whole numbers"


def possible_sums(
    mean: str, n: int, step: Fraction = Fraction(1), rounding: str = "half_up"
) -> range:
    """Return the sums, in steps, that n people can have and that print as the mean."""
    return (parse(mean).interval(rounding) * (n / step)).whole_numbers()


def possible_sums_of_squares(
    sd: str, total: int, n: int, step: Fraction = Fraction(1), rounding: str = "half_up"
) -> range:
    """Return the sums of squares, in squared steps, that print as the SD for a sum in steps.

    A whole number and its square are both even or both odd, hence so are the sum and the sum of
    squares (the third test of Analytic-GRIMMER): the range goes in twos. The lowest sum of squares
    is the one of answers as equal as the sum allows.
    """
    quotient, remainder = divmod(total, n)
    smallest = n * quotient**2 + remainder * (2 * quotient + 1)
    candidates = _sum_of_squares_window(sd, total, n, step, rounding).whole_numbers()
    first = max(candidates.start, smallest)
    return range(first + (first - total) % 2, candidates.stop, 2)


def _sum_of_squares_window(sd: str, total: int, n: int, step: Fraction, rounding: str) -> Interval:
    per_variance, about = (n - 1) / step**2, Fraction(total**2, n)
    return parse(sd).interval(rounding).squared() * per_variance + Interval(about, about)


def has_sample(n: int, total: int, squares: int) -> bool:
    """Tell whether 2, 3 or 4 whole numbers have a sum and a sum of squares, both even or both odd.

    Of four, with an even sum, they exist if squares - total^2 / 4 is a sum of three squares, which
    is every number but 4^k (8m + 7) (Legendre, 1798); with an odd sum always (Cauchy's lemma).
    """
    spread = n * squares - total**2
    if n == 2 or spread < 0:
        return spread >= 0 and isqrt(spread) ** 2 == spread
    if n == 4:
        rest = spread // 4
        while rest and rest % 4 == 0:
            rest //= 4
        return total % 2 == 1 or rest % 8 != 7
    reach = isqrt(spread * (n - 1))
    values = range(-((reach - total) // n), (total + reach) // n + 1)
    return any(has_sample(n - 1, total - value, squares - value**2) for value in values)


def grim(
    mean: str, n: int, items: int = 1, granularity: int = 1, rounding: str = "half_up"
) -> Judgement:
    """Test whether n people's whole-number answers can have a printed mean.

    The mean must be a multiple of granularity / (n x items), up to its rounding. Where these
    multiples lie closer together than the printed digits, every mean is possible and the test says
    nothing. The verdicts are those of R's ``scrutiny::grim`` (with ``rounding="either"``, its
    default), save that what it cannot decide is "cannot be checked".

    Examples
    --------
    >>> grim("5.27", 43).verdict, grim("3.9", 24).verdict
    ('impossible', 'cannot be checked')
    """
    step = Fraction(granularity, items)
    sums = possible_sums(mean, n, step, rounding)
    nearest = round(Fraction(parse(mean).value) * n / step)
    values = {
        "mean": mean,
        "answers": n * items,
        "apart": float(step / n),
        "sums": [total * granularity for total in sums],
        "nearest": [float((nearest + shift) * step / n) for shift in (-1, 0, 1)],
    }
    undecided = step / n <= parse(mean).unit
    verdict = UNCHECKED if undecided else verdict_of(bool(sums))
    return Judgement("GRIM", verdict, GRIM_SOURCE, "grim", values)


def grimmer(
    mean: str, sd: str, n: int, items: int = 1, granularity: int = 1, rounding: str = "half_up"
) -> Judgement:
    """Test whether n people's whole-number answers can have a printed mean and SD.

    For some sum that prints as the mean there must be a sum of squares that is a whole number,
    prints as the SD, is even where the sum is even, and is no smaller than equal answers make it.
    Of 5 and more answers some sample then has both; for fewer, samples are looked for.
    The verdicts are those of R's ``rsprite2::GRIMMER_test`` (with ``rounding="either"``), save for
    what it cannot decide. ``scrutiny::grimmer`` looks at one sum only, and so rejects what another
    sum of the same printed mean allows.
    """
    step = Fraction(granularity, items)
    sums = possible_sums(mean, n, step, rounding)
    fitting, undecided = [], n < 2
    for total in sums if n > 1 else ():
        squares = possible_sums_of_squares(sd, total, n, step, rounding)
        found = squares if n > 4 else [s for s in squares if has_sample(n, total, s)]
        window = _sum_of_squares_window(sd, total, n, step, rounding)
        fitting += [(total, found[0])] if found else []
        undecided |= len(found) == len(squares) > 0 and window.upper - window.lower >= 2
    verdict = UNCHECKED if undecided else verdict_of(bool(fitting))
    values = {"mean": mean, "sd": sd, "n": n, "sums": sums, "fitting": fitting, "step": step}
    return Judgement("GRIMMER", verdict, GRIMMER_SOURCE, "grimmer", values)


def debit(mean: str, sd: str, n: int, rounding: str = "half_up") -> Judgement:
    """Test whether n answers of 0 or 1, at least two, can have a printed mean and SD.

    If k of n answers are 1, the mean is k / n and the SD is sqrt(k (n - k) / (n (n - 1))). The
    verdicts are those of R's ``scrutiny::debit``.
    """
    possible = parse(sd).interval(rounding).squared()
    counts = [
        count
        for count in possible_sums(mean, n, rounding=rounding)
        if 0 <= count <= n and Fraction(count * (n - count), n * (n - 1)) in possible
    ]
    values = {"mean": mean, "sd": sd, "n": n, "counts": counts}
    return Judgement("DEBIT", verdict_of(bool(counts)), DEBIT_SOURCE, "debit", values)


def possible_counts(percent: str, n: int, rounding: str = "half_up") -> range:
    """Return the numbers of people, of n, that print as the percentage."""
    counts = (parse(percent).interval(rounding) * Fraction(n, 100)).whole_numbers()
    return range(max(counts.start, 0), min(counts.stop, n + 1))


def percentage(percent: str, n: int, rounding: str = "half_up") -> Judgement:
    """Test whether a printed percentage, without the percent sign, is one of n whole people.

    Examples
    --------
    >>> percentage("13", 24).verdict, percentage("13", 24, rounding="half_even").verdict
    ('consistent', 'impossible')
    """
    counts = possible_counts(percent, n, rounding)
    undecided = counts and Fraction(100, n) <= parse(percent).unit
    verdict = UNCHECKED if undecided else verdict_of(bool(counts))
    values = {"percent": percent, "n": n, "counts": counts}
    return Judgement("percentage", verdict, GRIM_SOURCE, "percentage", values)


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

    @cached_property
    def step(self) -> Fraction:
        """The distance between neighbouring values."""
        return Fraction(self.granularity, self.items)

    @cached_property
    def lowest(self) -> int:
        """The lowest value in steps; a mean of items, printed rounded, is the nearest one."""
        return (round if self.items > 1 else ceil)(Fraction(self.minimum) / self.step)

    @cached_property
    def highest(self) -> int:
        """The highest value in steps."""
        return (round if self.items > 1 else floor)(Fraction(self.maximum) / self.step)

    @cached_property
    def ends(self) -> list[int]:
        """The values, in steps, that are known to occur."""
        return [self.lowest, self.highest] if self.attained else []

    @cached_property
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
    printed = parse(summary.sd).interval(summary.rounding).squared()
    verdict = verdict_of(printed.overlaps(variances)) if variances else IMPOSSIBLE
    values = {"summary": summary, "limits": sd_limits(summary)}
    return Judgement("SD range", verdict, SD_SOURCE, "sd_range", values)
