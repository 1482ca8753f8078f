"""SPSS files (.sav): values as text, with labels; user-missing values become missing."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pyreadstat

from imp_helpers.reading.grid import Grid, number_text, refuse

UNREADABLE = "Save it again in SPSS or PSPP, or export it as CSV."


def read_spss(path: Path, file: str) -> Grid:
    """Read an SPSS file.

    Raises
    ------
    InputError
        If it is no SPSS file.
    """
    try:
        table, meta = pyreadstat.read_sav(path, user_missing=True, apply_value_formats=False)
    except Exception:  # pyreadstat raises errors of many kinds over a damaged file
        raise refuse(file, "a file that is no SPSS file", ".sav", UNREADABLE) from None
    columns = {name: [_text(value) for value in table[name]] for name in table}
    blanked = _blank_missing(table, columns, meta.missing_ranges)
    value_labels = {
        name: {_text(value): label.strip() for value, label in labels.items()}
        for name, labels in meta.variable_value_labels.items()
    }
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    lines = list(range(1, len(rows) + 1))
    return Grid("SPSS", list(columns), rows, lines, labels, value_labels, blanked)


def _text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return number_text(float(value)) if hasattr(value, "__float__") else str(value)


def _blank_missing(table: pd.DataFrame, columns: dict, ranges: dict) -> list[tuple]:
    """Empty the cells whose values the file declares missing, and say which."""
    blanked = []
    for name, declared in ranges.items():
        values = table[name]
        for limits in declared:
            low, high = limits["lo"], limits["hi"]
            if isinstance(low, str):
                missing = values.eq(low)
            else:
                missing = pd.to_numeric(values, errors="coerce").between(low, high)
            for place in missing.to_numpy().nonzero()[0]:
                why = "SPSS declares this value missing"
                blanked.append((int(place) + 1, name, columns[name][place], why))
                columns[name][place] = ""
    return blanked
