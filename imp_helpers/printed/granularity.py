"""What whole numbers allow: GRIM, GRIMMER, DEBIT and percentages, exact and from strings.

The sum of whole-number answers is a whole number, so their mean is a whole number divided by n,
and not every printed mean is one that n people can have. The same holds for the sum of squares and
the SD. All arithmetic here is in whole numbers and fractions; nothing depends on floating point.

A score that is the mean of several items, or answers that come in multiples of five, change the
step of the lattice and nothing else: every value is a whole number of steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from imp_helpers.printed.checks import CONSISTENT, INCONSISTENT, NOT_TESTABLE, Check, verdict_of
from imp_helpers.printed.printed_numbers import Interval, parse

GRIM_SOURCE = "Brown & Heathers 2017, doi:10.1177/1948550616673876"
GRIMMER_SOURCE = "Anaya 2016, doi:10.7287/peerj.preprints.2400v1; Allard 2018, Analytic-GRIMMER"
DEBIT_SOURCE = "Heathers & Brown 2019, DEBIT, osf.io/5vb3u"


def lattice_step(items: int = 1, granularity: int = 1) -> Fraction:
    """Return the distance between two neighbouring values of one person.

    Parameters
    ----------
    items : int
        How many whole-number answers a value is the mean of.
    granularity : int
        The answers are multiples of this number: 5 for minutes rounded to five.
    """
    return Fraction(granularity, items)


def possible_sums(
    mean: str, n: int, step: Fraction = Fraction(1), rounding: str = "half_up"
) -> list[int]:
    """Return the sums, in steps, that n people can have and that print as the mean."""
    return whole_numbers_in(_scaled(parse(mean).interval(rounding), n / step))


def possible_sums_of_squares(
    sd: str, total: int, n: int, step: Fraction = Fraction(1), rounding: str = "half_up"
) -> range:
    """Return the sums of squares, in squared steps, that print as the SD for a given sum.

    A whole number and its square are both even or both odd, hence so are the sum and the sum of
    squares (the third test of Analytic-GRIMMER). The lowest sum of squares is the one of answers
    as equal as the sum allows.

    Parameters
    ----------
    sd : str
        The sample SD (divisor n - 1), as printed.
    total : int
        The sum, in steps.
    n : int
        How many people, at least two.
    step : Fraction
        See `lattice_step`.
    rounding : str
        The rounding rule.

    Returns
    -------
    range
        In twos; empty where no whole number will do.
    """
    quotient, remainder = divmod(total, n)
    smallest = n * quotient**2 + remainder * (2 * quotient + 1)
    window = _sum_of_squares_window(sd, total, n, step, rounding)
    candidates = whole_numbers_in(window, at_least=smallest)
    first = next((value for value in candidates[:2] if (value - total) % 2 == 0), None)
    return range(0) if first is None else range(first, candidates[-1] + 1, 2)


def _sum_of_squares_window(sd: str, total: int, n: int, step: Fraction, rounding: str) -> Interval:
    interval = parse(sd).interval(rounding)
    lower, upper = max(interval.lower, Fraction(0)), interval.upper
    per_variance = (n - 1) / step**2
    about = Fraction(total**2, n)
    return Interval(
        lower**2 * per_variance + about,
        upper**2 * per_variance + about,
        interval.lower_included or interval.lower < 0,
        interval.upper_included,
    )


def whole_numbers_in(interval: Interval, at_least: int | None = None) -> range:
    """Return the whole numbers of an interval."""
    first, last = ceil(interval.lower), floor(interval.upper)
    first += first not in interval and first == interval.lower
    last -= last not in interval and last == interval.upper
    return range(first if at_least is None else max(first, at_least), last + 1)


def _scaled(interval: Interval, factor: Fraction) -> Interval:
    included = interval.lower_included, interval.upper_included
    return Interval(interval.lower * factor, interval.upper * factor, *included)


def grim(
    mean: str, n: int, items: int = 1, granularity: int = 1, rounding: str = "half_up"
) -> Check:
    """Test whether n people's whole-number answers can have a printed mean.

    The mean must be a multiple of granularity / (n x items), up to its rounding. Where these
    multiples lie closer together than the printed digits, every mean is possible and the test says
    nothing.

    Parameters
    ----------
    mean : str
        The mean as printed, with its trailing zeros.
    n : int
        How many people.
    items : int
        How many answers each person's score is the mean of.
    granularity : int
        The answers are multiples of this number.
    rounding : {"half_up", "half_even", "either"}
        The rounding rule.

    Returns
    -------
    Check
        The same verdicts as R's ``scrutiny::grim`` (with ``rounding="either"``, its default),
        save that what it cannot decide is "not testable".

    Examples
    --------
    >>> grim("5.27", 43).verdict, grim("3.9", 24).verdict
    ('inconsistent', 'not testable')
    """
    step = lattice_step(items, granularity)
    if step / n <= parse(mean).unit:
        apart = f"Means of {n * items} answers lie {float(step / n):.3g} apart"
        text = f"{apart}, so every mean with the decimals of {mean} is possible."
        return Check("GRIM", NOT_TESTABLE, text, GRIM_SOURCE)
    sums = possible_sums(mean, n, step, rounding)
    if sums:
        text = f"A sum of {_listed(total * granularity for total in sums)} gives {mean}."
    else:
        nearest = round(Fraction(parse(mean).value) * n / step)
        around = (float((nearest + shift) * step / n) for shift in (-1, 0, 1))
        text = f"No sum gives {mean}; the nearest means are {_listed(f'{m:.5g}' for m in around)}."
    return Check("GRIM", verdict_of(bool(sums)), text, GRIM_SOURCE)


def grimmer(
    mean: str,
    sd: str,
    n: int,
    items: int = 1,
    granularity: int = 1,
    rounding: str = "half_up",
) -> Check:
    """Test whether n people's whole-number answers can have a printed mean and SD.

    For some sum that prints as the mean there must be a sum of squares that is a whole number,
    prints as the SD, is even where the sum is even, and is no smaller than equal answers make it.

    Parameters
    ----------
    mean, sd : str
        As printed; the SD with divisor n - 1.
    n : int
        How many people.
    items, granularity, rounding
        As in `grim`.

    Returns
    -------
    Check
        The same verdicts as R's ``rsprite2::GRIMMER_test`` (with ``rounding="either"``), save that
        what it cannot decide is "not testable". ``scrutiny::grimmer`` looks at one sum only, and
        so rejects what another sum of the same printed mean allows.
    """
    step = lattice_step(items, granularity)
    if n < 2:
        return Check("GRIMMER", NOT_TESTABLE, "One person has no SD.", GRIMMER_SOURCE)
    sums = possible_sums(mean, n, step, rounding)
    if not sums:
        text = f"No sum gives the mean {mean}, so no SD can belong to it."
        return Check("GRIMMER", INCONSISTENT, text, GRIMMER_SOURCE)
    matching = {total: possible_sums_of_squares(sd, total, n, step, rounding) for total in sums}
    matching = {total: squares for total, squares in matching.items() if squares}
    if not matching:
        text = f"No sum of squares of {n} answers with the mean {mean} gives the SD {sd}."
        return Check("GRIMMER", INCONSISTENT, text, GRIMMER_SOURCE)
    windows = (_sum_of_squares_window(sd, total, n, step, rounding) for total in matching)
    if any(window.upper - window.lower >= 2 for window in windows):
        text = f"With {n} people every SD near {sd} is possible: the digits are too few."
        return Check("GRIMMER", NOT_TESTABLE, text, GRIMMER_SOURCE)
    total, squares = next(iter(matching.items()))
    text = f"For example the sum {total} and the sum of squares {squares[0]}, in steps of {step}."
    return Check("GRIMMER", CONSISTENT, text, GRIMMER_SOURCE)


def debit(mean: str, sd: str, n: int, rounding: str = "half_up") -> Check:
    """Test whether n answers of 0 or 1 can have a printed mean and SD.

    If k of n answers are 1, the mean is k / n and the SD is sqrt(k (n - k) / (n (n - 1))).

    Parameters
    ----------
    mean, sd : str
        As printed; the SD with divisor n - 1.
    n : int
        How many answers, at least two.
    rounding : {"half_up", "half_even", "either"}
        The rounding rule.

    Returns
    -------
    Check
        The same verdicts as R's ``scrutiny::debit``.
    """
    counts = [
        count
        for count in possible_sums(mean, n, rounding=rounding)
        if 0 <= count <= n and _debit_variance(count, n) in squared(parse(sd).interval(rounding))
    ]
    if counts:
        text = f"{_listed(counts)} of {n} gives the mean {mean} and the SD {sd}."
    else:
        text = f"No number of ones among {n} gives both the mean {mean} and the SD {sd}."
    return Check("DEBIT", verdict_of(bool(counts)), text, DEBIT_SOURCE)


def _debit_variance(count: int, n: int) -> Fraction:
    return Fraction(count * (n - count), n * (n - 1))


def squared(interval: Interval) -> Interval:
    """Return the squares of the numbers of an interval that are not negative."""
    lower_included = interval.lower_included or interval.lower < 0
    lower = max(interval.lower, Fraction(0))
    return Interval(lower**2, interval.upper**2, lower_included, interval.upper_included)


def possible_counts(percent: str, n: int, rounding: str = "half_up") -> range:
    """Return the numbers of people, of n, that print as the percentage."""
    counts = whole_numbers_in(_scaled(parse(percent).interval(rounding), Fraction(n, 100)))
    return range(max(counts.start, 0), min(counts.stop, n + 1))


def percentage(percent: str, n: int, rounding: str = "half_up") -> Check:
    """Test whether a printed percentage is one of n whole people.

    Parameters
    ----------
    percent : str
        As printed, without the percent sign.
    n : int
        How many people it is about.
    rounding : {"half_up", "half_even", "either"}
        The rounding rule.

    Examples
    --------
    >>> percentage("13", 24).verdict, percentage("13", 24, rounding="half_even").verdict
    ('consistent', 'inconsistent')
    """
    counts = possible_counts(percent, n, rounding)
    if counts and Fraction(100, n) <= parse(percent).unit:
        text = f"With {n} people every percentage of this precision is possible."
        return Check("percentage", NOT_TESTABLE, text, GRIM_SOURCE)
    text = f"{_listed(counts) if counts else 'No number'} of {n} people gives {percent} %."
    return Check("percentage", verdict_of(bool(counts)), text, GRIM_SOURCE)


def _listed(values: Iterator) -> str:
    words = [str(value) for value in values]
    return ", ".join(words if len(words) <= 4 else [*words[:3], f"... or {words[-1]}"])
