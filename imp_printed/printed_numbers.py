"""A printed number is a rounded one: what it can stand for, and whether a computed value agrees.

Printed numbers are kept as strings, because a trailing zero carries precision: 0.90 says more
than 0.9. All comparisons are exact, in fractions; a floating-point value enters them through its
first twelve significant digits, so that 87.49999999999999, which stands for 87.5, is a half.

SPSS rounds halves away from zero, Python to the even digit; 3 of 24 is 13 % to the one and 12 %
to the other. The rule is therefore a parameter wherever it matters:

- ``half_up``: halves go away from zero, as SPSS and most spreadsheets print them;
- ``half_even``: halves go to the even digit (IEEE 754), as R and Python print them;
- ``either``: a half may have gone up or down, the most charitable reading;
- ``cut_off``: what follows the last digit was dropped;
- ``up``: any further digit raised the last one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, inf
from typing import NamedTuple

from imp_common.number_formats import DECIMAL_ROUNDINGS, exact, round_as, round_half_up

ROUNDINGS = ("half_up", "half_even", "either", "cut_off", "up")
_PRINTED_NUMBER = re.compile(
    r"(?P<relation>[<>]?)\s*(?P<number>[-+]?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15}))", re.ASCII
)


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends, each of which may belong to it or not."""

    lower: Fraction | float
    upper: Fraction | float
    lower_included: bool = True
    upper_included: bool = True

    def __contains__(self, value: Fraction | float) -> bool:
        above = value > self.lower or (self.lower_included and value == self.lower)
        return above and (value < self.upper or (self.upper_included and value == self.upper))

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether some number belongs to both intervals."""
        low, high = sorted((self, other), key=lambda interval: interval.lower)
        if high.lower in low and high.lower_included:
            return True
        return high.lower < low.upper and high.lower < high.upper

    def mapped(self, function: Callable[[float], float]) -> "Interval":
        """Return the image of the interval under an increasing or decreasing function."""
        lower, upper = function(self.lower), function(self.upper)
        if lower > upper:
            return Interval(upper, lower, self.upper_included, self.lower_included)
        return Interval(lower, upper, self.lower_included, self.upper_included)

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(
            self.lower + other.lower, self.upper + other.upper,
            self.lower_included and other.lower_included,
            self.upper_included and other.upper_included,
        )  # fmt: skip

    def __mul__(self, factor: Fraction | int) -> "Interval":
        return self.mapped(lambda value: value * factor)

    def squared(self) -> "Interval":
        """Return the squares of the part of the interval from zero upward."""
        included = self.lower_included or self.lower < 0
        ends = max(self.lower, Fraction(0)) ** 2, self.upper**2
        return Interval(*ends, included, self.upper_included)

    def whole_numbers(self) -> range:
        """Return the whole numbers of the interval."""
        first, last = ceil(self.lower), floor(self.upper)
        first += first == self.lower and not self.lower_included
        return range(first, last + (last != self.upper or self.upper_included))

    def __str__(self) -> str:
        ends = f"{float(self.lower):.4g}", f"{float(self.upper):.4g}"
        return ends[0] if ends[0] == ends[1] else " to ".join(ends)


@dataclass(frozen=True)
class PrintedNumber:
    """A number as a text prints it; the relation of ``< .001`` is "<", else it is "="."""

    value: Decimal
    decimals: int
    relation: str = "="

    @property
    def unit(self) -> Fraction:
        """One unit of the last printed digit."""
        return Fraction(1, 10**self.decimals)

    def interval(self, rounding: str = "half_up") -> Interval:
        """Return what the number can stand for: half a unit of the last digit to either side.

        Cut off or rounded up, it is a whole unit to one side.

        Examples
        --------
        >>> interval = parse("3.60").interval()
        >>> Fraction("3.595") in interval, Fraction("3.605") in interval
        (True, False)
        """
        check_rounding(rounding)
        value = Fraction(self.value)
        if self.relation != "=":
            ends = (-inf, value) if self.relation == "<" else (value, inf)
            return Interval(*ends, False, False)
        if rounding in ("cut_off", "up"):
            away = (rounding == "cut_off") == (value >= 0)
            ends = (value, value + self.unit) if away else (value - self.unit, value)
            return Interval(*ends, away, not away)
        included = {
            "half_up": (value > 0, value < 0),
            "half_even": (value / self.unit % 2 == 0,) * 2,
            "either": (True, True),
        }
        return Interval(value - self.unit / 2, value + self.unit / 2, *included[rounding])


class Agreement(NamedTuple):
    """How a computed value compares with a printed one.

    ``status`` is "agrees", "agrees by another rounding" or "differs"; ``rounding`` is the rule by
    which they agree; ``difference`` is computed minus printed in units of the last printed digit;
    ``computed`` is the computed value at printed precision. Both are rounded half up.
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
    """Read a number as it is printed: a decimal point, perhaps a sign, and perhaps ``<`` or ``>``.

    ValueError if it is none, as with decimal commas, percent signs, exponents, and more digits than
    a number of floating point holds.

    Examples
    --------
    >>> parse("0.90").decimals, parse("< .001").relation
    (2, '<')
    """
    match = _PRINTED_NUMBER.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if match is None:
        raise ValueError(f"{text!r} is no printed number")
    decimals = len(match["number"].partition(".")[2])
    return PrintedNumber(Decimal(match["number"]), decimals, match["relation"] or "=")


def agreement(printed: str, value: float, rounding: str = "half_up") -> Agreement:
    """Compare a computed value with a printed number at the printed precision.

    Of the rounding rules, the one that the text is taken to follow is tried first.

    Examples
    --------
    >>> agreement("88", 87.5).status
    'agrees'
    >>> agreement("12", 12.5).rounding
    'half_even'
    """
    number = parse(printed)
    computed = round_half_up(value, number.decimals)
    difference = int((Fraction(computed) - Fraction(number.value)) / number.unit)
    if number.relation != "=":
        within = exact(value) in number.interval()
        return Agreement(*(("agrees", "", 0) if within else ("differs", "", difference)), computed)
    for rule in sorted(DECIMAL_ROUNDINGS, key=lambda name: name != rounding):
        if Decimal(round_as(value, number.decimals, rule)) == number.value:
            status = "agrees" if rule == rounding else "agrees by another rounding"
            return Agreement(status, rule, difference, computed)
    return Agreement("differs", "", difference, computed)
