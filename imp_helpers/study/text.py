"""Text from data stays text: in a terminal, on a page, and in a CSV that a spreadsheet opens."""

import re
from pathlib import Path

import pandas as pd

SHORT = 120
# A spreadsheet takes a cell that begins like this for a formula, unless it is a plain number.
FORMULA = re.compile(r"(?s)'*(?![-+]?\d+([.,]\d+)?(e[-+]?\d+)?$)[=+\-@\t\r]")
CONTROL = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"}
CONTROL |= {0x7F: "\N{SYMBOL FOR DELETE}"}
# Marks that turn the direction of reading are named where a line is shown in a terminal.
DIRECTION = {code: f"<U+{code:04X}>" for code in [0x200E, 0x200F, 0x061C]}
DIRECTION |= {code: f"<U+{code:04X}>" for code in [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]}


def without_control(text: str) -> str:
    """Return a text with its control characters as the signs that stand for them."""
    return text.translate(CONTROL)


def has_control(text: str) -> bool:
    """Tell whether a text holds a control character other than a tab or the end of a line."""
    return not text.isprintable() and text.translate(CONTROL) != text


def short(text: str, length: int = SHORT) -> str:
    """Return a text as one line of a terminal can show it: one line, nothing hidden, not long."""
    shown = str(text)[: length + 1].translate(CONTROL | DIRECTION)
    shown = re.sub(r"[\t\r\n\u0085\u2028\u2029]+", " ", shown)
    return shown if len(text) <= length else f"{shown[:length]}... ({len(text):,} characters)"


def harmless(text: object) -> object:
    """Return a text with an apostrophe before it if a spreadsheet would take it for a formula.

    ``as_written`` takes the apostrophe away again; plain numbers stay as they are.
    """
    if not isinstance(text, str) or not text:
        return text
    return f"'{text}" if FORMULA.match(text) else text


def as_written(text: object) -> object:
    """Undo ``harmless``."""
    if isinstance(text, str) and text.startswith("'") and FORMULA.match(text):
        return text[1:]
    return text


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """Write a table as CSV in which no cell is a formula."""
    texts = {
        column: table[column].map(harmless)
        for column in table
        if not pd.api.types.is_numeric_dtype(table[column].dtype)
    }
    names = [harmless(column) for column in table]
    table.assign(**texts).to_csv(file, index=False, header=names, lineterminator="\n")
