"""How numbers are written in tables, figures and sentences: APA 7, halves away from zero."""

import re
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import isfinite

from markupsafe import Markup

Format = Callable[[object], str]
MISSING, MINUS = "–", "\N{MINUS SIGN}"
NOT_THERE = ("nan", "NaT", "<NA>")
SIGNIFICANT_DIGITS = 12
# The roundings that a computed value is tried with, in this order.
DECIMAL_ROUNDINGS = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "half_down": ROUND_HALF_DOWN,
    "truncation": ROUND_DOWN,
}


def exact(value: float | Decimal | Fraction) -> Fraction:
    """Return a finite value as a fraction; a float through its first twelve significant digits."""
    return value if isinstance(value, Fraction) else Fraction(_decimal(value))


def _decimal(value: float | Decimal | Fraction) -> Decimal:
    if not isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return Decimal(f"{float(value):.{SIGNIFICANT_DIGITS}g}")


def round_as(value: float, decimals: int, rounding: str) -> str:
    """Round a value to decimals by half_up, half_even, half_down or truncation."""
    last_digit = Decimal(1).scaleb(-decimals)
    rounded = _decimal(value).quantize(last_digit, rounding=DECIMAL_ROUNDINGS[rounding])
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def round_half_up(value: float, decimals: int) -> str:
    """Round as SPSS prints: halves away from zero, trailing zeros, and no sign on zero.

    Examples
    --------
    >>> round_half_up(100 * 21 / 24, 0), round_half_up(100 * 3 / 24, 0), round_half_up(-0.04, 1)
    ('88', '13', '0.0')
    """
    return round_as(value, decimals, "half_up")


def fixed(decimals: int) -> Format:
    """Return a format with fixed decimals, halves rounded away from zero, and a true minus."""

    def write(value: object) -> str:
        return f"{Decimal(round_half_up(float(value), decimals)):,f}".replace("-", MINUS)

    return _unless_missing(write)


def bounded(decimals: int = 2) -> Format:
    """Return APA 7's format of a number that cannot exceed 1: no leading zero."""
    return lambda value: without_zero(fixed(decimals)(value))


def p_value(p: object) -> str:
    """Write a p value as APA 7 asks: three decimals, ``< .001`` below that."""
    return "< .001" if not is_missing(p) and float(p) < 0.001 else bounded(3)(p)


def is_missing(value: object) -> bool:
    """Tell of one value what pandas.isna tells; what sets pages need not import pandas."""
    return value is None or (not isinstance(value, str) and str(value) in NOT_THERE)


def _unless_missing(form: Format) -> Format:
    return lambda value: MISSING if is_missing(value) else form(value)


whole: Format = _unless_missing(lambda value: f"{int(value):,}")
# Degrees of freedom are whole, or those of a mixed model.
degrees: Format = _unless_missing(lambda v: (whole if float(v).is_integer() else fixed(1))(v))
# As many decimals as there are, and no leading zero.
without_zero: Format = _unless_missing(
    lambda value: re.sub(rf"^([-{MINUS}]?)0\.", r"\1.", str(value))
)


def traffic_light(verdict: object) -> str:
    """Return the verdict on a progression criterion as a word in its colour."""
    word = str(verdict)
    shown = word[:1].upper() + word[1:].replace("_", " ")
    if word not in ("go", "amend", "stop"):
        return shown
    return Markup('<span class="light {}">{}</span>').format(word, shown)
