"""Interpret a column of text as numbers, labels or dates. Each word is read once."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
# One to three digits before each group of three: 1,234 may be a thousand or one and a bit.
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([.,][0-9]{3})+")
DECIMALS = {",": re.compile(r"[+-]?[0-9]+,[0-9]+"), ".": re.compile(r"[+-]?[0-9]+\.[0-9]+")}
DATE_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y")
OTHER_FORMATS = (*DATE_FORMATS, "%d-%m-%y", "%m-%d-%y", "%Y%m%d", "%d%m%Y", "%d-%b-%Y")
OTHER_FORMATS += ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%y")
CLOCK = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9.]+)?( ?[AaPp][Mm])?(Z|[+-][0-9:]+)?$")


def levels(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return, for each cell, the place of its word in the list of different words."""
    cells = pd.Categorical(column.array)
    places, used = pd.factorize(cells.codes)
    return places, cells.categories[used].tolist()


def as_label(word: str) -> str:
    """Return a label in lower case and without extra spaces, for comparison."""
    return " ".join(word.split()).casefold()


def decimal_of(words: Iterable[str], stated: str | None = None) -> str | None:
    """Return the decimal sign of a column; None where both occur or where it could be either."""
    if stated:
        return stated
    found = {sign: [w for w in words if form.fullmatch(w)] for sign, form in DECIMALS.items()}
    used = [sign for sign, with_sign in found.items() if with_sign]
    if not used:
        return "."
    if len(used) > 1 or all(THOUSANDS.fullmatch(word) for word in found[used[0]]):
        return None
    return used[0]


def numbers_of(
    words: list[str], decimal: str | None, labels: Mapping[str, int] | None = None
) -> np.ndarray:
    """Read words as numbers; NaN where a word is none.

    Without a decimal sign only whole numbers are read. ``labels`` are the numbers of labels
    ("totally agree": 5). Where one of the labels is a number itself, the mapping recodes, and
    numbers that it does not name are no answers.
    """
    known = {as_label(label): number for label, number in (labels or {}).items()}
    recodes = any(NUMBER.fullmatch(label) for label in known)
    values = np.full(len(words), np.nan)
    for place, word in enumerate(words):
        if known and (label := as_label(word)) in known:
            values[place] = known[label]
            continue
        if recodes or (decimal == "," and "." in word) or (decimal == "." and "," in word):
            continue
        text = word.replace(",", ".", 1) if decimal == "," else word
        if len(text) < 50 and NUMBER.fullmatch(text) and (decimal or "." not in text):
            values[place] = float(text)
    return values


def dates_of(words: list[str], stated: str | None = None) -> tuple[list[str], str | None]:
    """Read words as dates, and return them as year-month-day with their format.

    A word that is no date is empty. The format is found where it is not stated ("%d-%m-%Y"),
    whatever the sign between the parts; it is None if two formats read all words, and differently.
    """
    days = [CLOCK.sub("", word.strip()) for word in words]
    plain = [re.sub(r"[/.]", "-", day) for day in days]
    if stated:
        form = re.sub(r"[/.]", "-", re.sub(r"[T ]%[HI].*$", "", stated))
        return _parsed(plain, form), stated
    readings = {form: _parsed(plain, form) for form in DATE_FORMATS}
    filled = [place for place, day in enumerate(plain) if day]
    fitting = [f for f, dates in readings.items() if all(dates[place] for place in filled)]
    if not fitting:
        best = max(DATE_FORMATS, key=lambda form: sum(map(bool, readings[form])))
        return readings[best], best
    different = {tuple(readings[form]) for form in fitting}
    return readings[fitting[0]], fitting[0] if len(different) == 1 else None


def date_cure(words: list[str]) -> str:
    """Say how dates that cannot be read are made readable."""
    if all(re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", word) for word in words):
        return "Give the column a date format in the spreadsheet, and export it again."
    for form in OTHER_FORMATS:
        if all(dates_of(words, form)[0]):
            return f'State how the file writes dates, under [raw]: date_format = "{form}"'
    return "Write the dates as 2018-09-25 in the export."


def _parsed(words: list[str], form: str) -> list[str]:
    text = pd.Series(words, dtype=object)
    try:
        dates = pd.to_datetime(text, format=form, errors="coerce")
    except (ValueError, TypeError):
        return [""] * len(words)
    return dates.dt.strftime("%Y-%m-%d").fillna("").tolist()
