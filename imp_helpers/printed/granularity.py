"""What whole numbers allow: GRIM, GRIMMER, DEBIT and percentages, exact and from strings.

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
"""

from __future__ import annotations

from fractions import Fraction

from imp_helpers.printed.judgement import NOT_TESTABLE, Judgement, verdict_of
from imp_helpers.printed.printed_numbers import Interval, parse

GRIM_SOURCE = "Brown & Heathers 2017, doi:10.1177/1948550616673876"
GRIMMER_SOURCE = "Anaya 2016, doi:10.7287/peerj.preprints.2400v1; Allard 2018, Analytic-GRIMMER"
DEBIT_SOURCE = "Heathers & Brown 2019, DEBIT, osf.io/5vb3u"


def lattice_step(items: int = 1, granularity: int = 1) -> Fraction:
    """Return the distance between two neighbouring values of one person."""
    return Fraction(granularity, items)


def possible_sums(
    mean: str, n: int, step: Fraction = Fraction(1), rounding: str = "half_up"
) -> range:
    """Return the sums, in steps, that n people can have and that print as the mean."""
    factor = n / step
    return parse(mean).interval(rounding).mapped(lambda value: value * factor).whole_numbers()


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
    return variance(sd, rounding).mapped(lambda value: value * per_variance + about)


def variance(sd: str, rounding: str) -> Interval:
    """Return what the square of a printed SD can be."""
    return parse(sd).interval(rounding).not_negative().mapped(lambda value: value**2)


def grim(
    mean: str, n: int, items: int = 1, granularity: int = 1, rounding: str = "half_up"
) -> Judgement:
    """Test whether n people's whole-number answers can have a printed mean.

    The mean must be a multiple of granularity / (n x items), up to its rounding. Where these
    multiples lie closer together than the printed digits, every mean is possible and the test says
    nothing. The verdicts are those of R's ``scrutiny::grim`` (with ``rounding="either"``, its
    default), save that what it cannot decide is "not testable".

    Examples
    --------
    >>> grim("5.27", 43).verdict, grim("3.9", 24).verdict
    ('inconsistent', 'not testable')
    """
    step = lattice_step(items, granularity)
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
    verdict = NOT_TESTABLE if undecided else verdict_of(bool(sums))
    return Judgement("GRIM", verdict, GRIM_SOURCE, "grim", values)


def grimmer(
    mean: str, sd: str, n: int, items: int = 1, granularity: int = 1, rounding: str = "half_up"
) -> Judgement:
    """Test whether n people's whole-number answers can have a printed mean and SD.

    For some sum that prints as the mean there must be a sum of squares that is a whole number,
    prints as the SD, is even where the sum is even, and is no smaller than equal answers make it.
    The verdicts are those of R's ``rsprite2::GRIMMER_test`` (with ``rounding="either"``), save that
    what it cannot decide is "not testable". ``scrutiny::grimmer`` looks at one sum only, and so
    rejects what another sum of the same printed mean allows.
    """
    step = lattice_step(items, granularity)
    sums = possible_sums(mean, n, step, rounding)
    squares = [(t, possible_sums_of_squares(sd, t, n, step, rounding)) for t in sums if n > 1]
    fitting = [(total, possible[0]) for total, possible in squares if possible]
    windows = [_sum_of_squares_window(sd, total, n, step, rounding) for total, _ in fitting]
    undecided = n < 2 or any(window.upper - window.lower >= 2 for window in windows)
    verdict = NOT_TESTABLE if undecided else verdict_of(bool(fitting))
    values = {"mean": mean, "sd": sd, "n": n, "sums": sums, "fitting": fitting, "step": step}
    return Judgement("GRIMMER", verdict, GRIMMER_SOURCE, "grimmer", values)


def debit(mean: str, sd: str, n: int, rounding: str = "half_up") -> Judgement:
    """Test whether n answers of 0 or 1, at least two, can have a printed mean and SD.

    If k of n answers are 1, the mean is k / n and the SD is sqrt(k (n - k) / (n (n - 1))). The
    verdicts are those of R's ``scrutiny::debit``.
    """
    possible = variance(sd, rounding)
    counts = [
        count
        for count in possible_sums(mean, n, rounding=rounding)
        if 0 <= count <= n and Fraction(count * (n - count), n * (n - 1)) in possible
    ]
    values = {"mean": mean, "sd": sd, "n": n, "counts": counts}
    return Judgement("DEBIT", verdict_of(bool(counts)), DEBIT_SOURCE, "debit", values)


def possible_counts(percent: str, n: int, rounding: str = "half_up") -> range:
    """Return the numbers of people, of n, that print as the percentage."""
    share = parse(percent).interval(rounding)
    counts = share.mapped(lambda value: value * Fraction(n, 100)).whole_numbers()
    return range(max(counts.start, 0), min(counts.stop, n + 1))


def percentage(percent: str, n: int, rounding: str = "half_up") -> Judgement:
    """Test whether a printed percentage, without the percent sign, is one of n whole people.

    Examples
    --------
    >>> percentage("13", 24).verdict, percentage("13", 24, rounding="half_even").verdict
    ('consistent', 'inconsistent')
    """
    counts = possible_counts(percent, n, rounding)
    undecided = counts and Fraction(100, n) <= parse(percent).unit
    verdict = NOT_TESTABLE if undecided else verdict_of(bool(counts))
    values = {"percent": percent, "n": n, "counts": counts}
    return Judgement("percentage", verdict, GRIM_SOURCE, "percentage", values)
