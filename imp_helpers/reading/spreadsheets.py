"""Excel workbooks (.xlsx): the one sheet that is meant, cell by cell as text."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl

from imp_helpers.reading.grid import Grid, number_text, refuse
from imp_helpers.study.errors import InputError

# A workbook of a million forms stays below this; a zip bomb does not.
LARGEST_UNPACKED = 2_000_000_000
LARGEST_RATIO = 250
SMALL_UNPACKED = 20_000_000
UNREADABLE = "Open it in Excel and save it again as .xlsx, or export it as CSV."


def read_workbook(path: Path, file: str, sheet: str | None, expected: Iterable[str]) -> Grid:
    """Read one sheet of a workbook.

    Parameters
    ----------
    sheet : str or None
        The one that is meant, where there are several.
    expected : iterable of str
        The columns that study.toml names; they tell the sheets apart.

    Raises
    ------
    InputError
        If the file is no workbook, unpacks to an absurd size, has several sheets that could be
        meant, or a formula whose result was never stored.
    """
    _refuse_bombs(path, file)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet) for sheet in book.worksheets}
        book.close()
    except InputError:
        raise
    except MemoryError:
        raise refuse(file, "more than the memory holds", "a smaller file", UNREADABLE) from None
    except Exception:  # openpyxl lets through whatever the damage happens to raise
        raise refuse(file, "a file that is no Excel workbook", ".xlsx", UNREADABLE) from None
    name = _sheet_of(sheets, sheet, file, set(expected))
    rows = sheets[name]
    if not rows:
        return Grid(f'Excel, sheet "{name}"', [], [], [])
    _refuse_empty_formulas(path, file, name)
    (_, first), *others = rows
    width = max(len(cells) for _, cells in rows)
    header = [cell.strip() for cell in first] + [""] * (width - len(first))
    return Grid(
        f'Excel, sheet "{name}"',
        header,
        [cells + [""] * (len(header) - len(cells)) for _, cells in others],
        [line for line, _ in others],
    )


def _rows(sheet: object) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, without the empty cells at their ends."""
    rows = []
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [cell_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            rows.append((line, cells))
    return rows


def cell_text(value: object) -> str:
    """Return what a cell shows, numbers and dates in the form that is read everywhere."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        whole_day = value.time() == datetime.time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _refuse_bombs(path: Path, file: str) -> None:
    """Look at the sizes that the archive states before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise refuse(file, "a file that is no Excel workbook", ".xlsx", UNREADABLE) from None
    ratio = unpacked / max(path.stat().st_size, 1)
    if unpacked > LARGEST_UNPACKED or (unpacked > SMALL_UNPACKED and ratio > LARGEST_RATIO):
        found = f"a workbook that unpacks to {unpacked / 1e6:,.0f} MB"
        cure = "Ask whoever sent it, and export it as CSV."
        raise refuse(file, found, f"at most {LARGEST_RATIO} times its size", cure)


def _sheet_of(sheets: dict, stated: str | None, file: str, expected: set[str]) -> str:
    if stated is not None:
        if stated in sheets:
            return stated
        cure = "Correct sheet in study.toml."
        raise refuse(file, f'no sheet "{stated}"', ", ".join(sheets), cure)
    filled = {name: rows for name, rows in sheets.items() if rows}
    if len(filled) == 1:
        return next(iter(filled))
    if not filled:
        return next(iter(sheets))
    known = {
        name: len(expected.intersection(cell.strip() for cell in rows[0][1]))
        for name, rows in filled.items()
    }
    best = [name for name, count in known.items() if count == max(known.values()) and count]
    if len(best) == 1:
        return best[0]
    names = ", ".join(f'"{name}"' for name in best or filled)
    cure = "State sheet = ... beside file in study.toml."
    raise refuse(file, f"sheets {names}, each of which could be meant", "one sheet", cure)


def _refuse_empty_formulas(path: Path, file: str, name: str) -> None:
    """Refuse formulas without a stored result: they would read as empty cells."""
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(re.search(rb"<f[ >/]", archive.read(n)) for n in sheets):
            return
    shown = openpyxl.load_workbook(path, data_only=True)[name]
    written = openpyxl.load_workbook(path)[name]
    empty = [
        cell.coordinate
        for row in written.iter_rows()
        for cell in row
        if cell.data_type == "f" and shown[cell.coordinate].value is None
    ]
    if empty:
        found = f"a formula without a result in {', '.join(empty[:5])}"
        cure = "Open the workbook in Excel, which computes it, and save it; or paste the values."
        raise refuse(file, found, "values", cure)
