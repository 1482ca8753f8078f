"""A printed number is a rounded one: what it can stand for, and whether a computed value agrees.

Printed numbers are kept as strings, because a trailing zero carries precision: 0.90 says more
than 0.9. All comparisons are exact, in fractions; a floating-point value enters them through its
first twelve significant digits, so that 87.49999999999999, which stands for 87.5, is a half.

SPSS rounds halves away from zero, Python to the even digit; 3 of 24 is 13 % to the one and 12 %
to the other. The rule is therefore a parameter wherever it matters:

- ``half_up``: halves go away from zero, as SPSS and most spreadsheets print them;
- ``half_even``: halves go to the even digit (IEEE 754), as R and Python print them;
- ``either``: a half may have gone up or down, the most charitable reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import inf

from imp_helpers.study.number_formats import DECIMAL_ROUNDINGS, exact, round_as, round_half_up

ROUNDINGS = ("half_up", "half_even", "either")

_PRINTED_NUMBER = re.compile(
    r"(?P<relation>[<>]?)\s*(?P<number>[-+]?(?:\d+(?:\.\d+)?|\.\d+))", re.ASCII
)


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends, each of which may belong to it or not.

    Parameters
    ----------
    lower, upper : Fraction or float
        The ends.
    lower_included, upper_included : bool
        Whether the ends belong to the interval.
    """

    lower: Fraction | float
    upper: Fraction | float
    lower_included: bool = True
    upper_included: bool = True

    def __contains__(self, value: Fraction | float) -> bool:
        above = value >= self.lower if self.lower_included else value > self.lower
        below = value <= self.upper if self.upper_included else value < self.upper
        return above and below

    def overlaps(self, other: Interval) -> bool:
        """Tell whether some number belongs to both intervals."""
        low, high = sorted((self, other), key=lambda interval: interval.lower)
        if high.lower in low and high.lower_included:
            return True
        return high.lower < low.upper and high.lower < high.upper

    def mapped(self, function: Callable[[float], float]) -> Interval:
        """Return the image of the interval under an increasing or decreasing function."""
        ends = (
            (function(self.lower), self.lower_included),
            (function(self.upper), self.upper_included),
        )
        (lower, lower_included), (upper, upper_included) = sorted(ends, key=lambda end: end[0])
        return Interval(lower, upper, lower_included, upper_included)

    def __str__(self) -> str:
        ends = f"{float(self.lower):.4g}", f"{float(self.upper):.4g}"
        return ends[0] if ends[0] == ends[1] else " to ".join(ends)


@dataclass(frozen=True)
class PrintedNumber:
    """A number as a text prints it.

    Parameters
    ----------
    text : str
        The string, as printed.
    value : Decimal
        Its value.
    decimals : int
        How many decimals it has.
    relation : {"=", "<", ">"}
        "<" for ``< .001``.
    """

    text: str
    value: Decimal
    decimals: int
    relation: str = "="

    @property
    def unit(self) -> Fraction:
        """One unit of the last printed digit."""
        return Fraction(1, 10**self.decimals)

    def interval(self, rounding: str = "half_up") -> Interval:
        """Return the values that the printed number can stand for.

        Parameters
        ----------
        rounding : {"half_up", "half_even", "either"}
            What became of halves.

        Returns
        -------
        Interval
            Half a unit of the last digit to either side.

        Examples
        --------
        >>> interval = parse("3.60").interval()
        >>> Fraction("3.595") in interval, Fraction("3.605") in interval
        (True, False)
        """
        check_rounding(rounding)
        value = Fraction(self.value)
        if self.relation == "<":
            return Interval(-inf, value, False, False)
        if self.relation == ">":
            return Interval(value, inf, False, False)
        half = self.unit / 2
        if rounding == "half_up":
            included = (value > 0, value < 0)
        elif rounding == "half_even":
            included = (value / self.unit % 2 == 0,) * 2
        else:
            included = (True, True)
        return Interval(value - half, value + half, *included)


@dataclass(frozen=True)
class Agreement:
    """How a computed value stands to a printed one.

    Parameters
    ----------
    status : {"agrees", "agrees by another rounding", "differs"}
        The outcome.
    rounding : str
        The rounding by which they agree; empty where they differ.
    difference : int
        Computed (rounded half up) minus printed, in units of the last printed digit.
    computed : str
        The computed value at printed precision, rounded half up.
    """

    status: str
    rounding: str
    difference: int
    computed: str


def check_rounding(rounding: str) -> None:
    """Raise ValueError unless the rounding rule is known."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"unknown rounding {rounding!r}; allowed: {', '.join(ROUNDINGS)}")


def parse(text: str) -> PrintedNumber:
    """Read a number as it is printed.

    Parameters
    ----------
    text : str
        Digits with a decimal point, with or without a leading zero, a sign, and ``<`` or ``>``.

    Returns
    -------
    PrintedNumber

    Raises
    ------
    ValueError
        If the string is no number; decimal commas, percent signs and exponents are none.

    Examples
    --------
    >>> parse("0.90").decimals, parse("< .001").relation
    (2, '<')
    """
    match = _PRINTED_NUMBER.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if match is None:
        raise ValueError(f"{text!r} is no printed number")
    decimals = len(match["number"].partition(".")[2])
    return PrintedNumber(text, Decimal(match["number"]), decimals, match["relation"] or "=")


def difference_in_last_digit(printed: str, value: float) -> int:
    """Return computed minus printed in units of the last printed digit.

    The computed value is rounded half up to the printed precision first.
    """
    number = parse(printed)
    rounded = Fraction(round_half_up(value, number.decimals))
    return int((rounded - Fraction(number.value)) / number.unit)


def agreement(printed: str, value: float, rounding: str = "half_up") -> Agreement:
    """Compare a computed value with a printed number at the printed precision.

    Parameters
    ----------
    printed : str
        The number as printed.
    value : float
        The computed value, in full precision.
    rounding : {"half_up", "half_even"}
        The rule by which the text is taken to round; the others are tried after it.

    Returns
    -------
    Agreement

    Examples
    --------
    >>> agreement("88", 87.5).status
    'agrees'
    >>> agreement("12", 12.5).rounding
    'half_even'
    """
    number = parse(printed)
    computed = round_half_up(value, number.decimals)
    difference = difference_in_last_digit(printed, value)
    if number.relation != "=":
        within = exact(value) in number.interval()
        return Agreement(
            "agrees" if within else "differs", "", 0 if within else difference, computed
        )
    for rule in sorted(DECIMAL_ROUNDINGS, key=lambda name: name != rounding):
        if Decimal(round_as(value, number.decimals, rule)) == number.value:
            status = "agrees" if rule == rounding else "agrees by another rounding"
            return Agreement(status, rule, difference, computed)
    return Agreement("differs", "", difference, computed)
