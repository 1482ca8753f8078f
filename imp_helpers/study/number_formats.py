"""How numbers are written in tables, figures and sentences: APA 7, halves away from zero."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
from markupsafe import Markup

from imp_helpers.study.printed_numbers import format_apa, format_apa_p, round_half_up

Format = Callable[[object], str]
MISSING = "–"


def fixed(decimals: int) -> Format:
    """Return a format with fixed decimals, halves rounded away from zero, and a true minus."""
    return _unless_missing(lambda value: _minus(round_half_up(float(value), decimals)))


def bounded(decimals: int = 2) -> Format:
    """Return APA 7's format of a number that cannot exceed 1: no leading zero."""
    return _unless_missing(lambda value: _minus(format_apa(float(value), decimals, bounded=True)))


def _unless_missing(form: Format) -> Format:
    return lambda value: MISSING if pd.isna(value) else form(value)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


whole: Format = _unless_missing(lambda value: f"{int(value)}")
percent: Format = _unless_missing(lambda value: f"{round_half_up(float(value), 1)} %")
p_value: Format = _unless_missing(lambda value: format_apa_p(float(value)))
# As many decimals as there are, and no leading zero.
without_zero: Format = _unless_missing(lambda value: re.sub(r"^(-?)0\.", r"\1.", str(value)))


def traffic_light(verdict: object) -> str:
    """Return the verdict on a progression criterion as a word in its colour."""
    word = str(verdict)
    shown = word[:1].upper() + word[1:].replace("_", " ")
    if word not in ("go", "amend", "stop"):
        return shown
    return Markup('<span class="light {}">{}</span>').format(word, shown)
