"""Excel workbooks (.xlsx) and SPSS files (.sav), cell by cell as text."""

import datetime
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
from openpyxl.utils import get_column_letter

from imp_common.errors import InputError, Problem, first_few
from imp_intake.reading.grid import Grid, number_text, packed, refuse

# A workbook of a million forms stays below this; a zip bomb does not.
LARGEST_UNPACKED = 2_000_000_000
LARGEST_RATIO = 250
SMALL_UNPACKED = 20_000_000
OLE, ENCRYPTED = b"\xd0\xcf\x11\xe0", 1_000_000
# So many rows or columns away from the others, a cell is no part of the table.
FARTHEST, FIRST_ROWS = 5_000, 20
UNREADABLE_SPSS = "Save it again in SPSS or PSPP, or export it as CSV."
UNREADABLE = "Open it in Excel and save it again as .xlsx, or export it as CSV."


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets."""
    _refuse_bombs(path, path.name)
    return openpyxl.load_workbook(path, read_only=True).sheetnames


def read_workbook(path: Path, file: str, sheet: str | None, expected: Iterable[str]) -> Grid:
    """Read one sheet of a workbook: the one that is named, or that has the expected columns.

    InputError if the file is no workbook, unpacks to an absurd size, has several sheets that could
    be meant, or a formula whose result was never stored.
    """
    _refuse_bombs(path, file)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet, file) for sheet in book.worksheets}
        book.close()
    except InputError:
        raise
    except MemoryError:
        raise refuse(file, "more than the memory holds", "a smaller file", UNREADABLE) from None
    except Exception:  # openpyxl lets through whatever the damage happens to raise
        raise refuse(file, "a file that is no Excel workbook", ".xlsx", UNREADABLE) from None
    name = _sheet_of(sheets, sheet, file, set(expected))
    rows = sheets[name]
    if rows:
        _refuse_empty_formulas(path, file, name)
    width = max((len(cells) for _, cells in rows), default=0)
    rows = [(line, cells + [""] * (width - len(cells))) for line, cells in rows]
    return Grid(
        f'Excel, sheet "{name}"',
        [cell.strip() for _, cells in rows[:1] for cell in cells],
        *packed(rows[1:], width),
        warnings=[*_other_sheets(sheets, name, set(expected), sheet), *_hidden_rows(path, name)],
    )


def _rows(sheet: object, file: str) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, without the empty cells at their ends.

    InputError if a cell stands far from the others: the cells between would fill the memory.
    """
    rows = []
    # What the workbook says of its size would fill each row up to it.
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [cell_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells and rows:
            last, widest = rows[-1][0], max(len(row) for _, row in rows[:FIRST_ROWS])
            if line - last > FARTHEST or len(cells) - widest > FARTHEST:
                place = f"{get_column_letter(len(cells))}{line}"
                found = f'a cell in {place} of sheet "{sheet.title}", far from the table'
                cure = "Delete its row and its column in Excel, and save the workbook."
                raise refuse(file, found, "one table", cure)
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
    with path.open("rb") as content:
        start = content.read(ENCRYPTED)
    # So Excel names the part of a file that it has encrypted.
    if start[:4] == OLE and "EncryptedPackage".encode("utf-16-le") in start:
        cure = "Save it without a password."
        raise refuse(file, "a workbook with a password", "one that can be read", cure)
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
    cure = "State sheet = ... beside file in study.toml. Groups that have a sheet each go into one "
    cure += "sheet, with a column for the group."
    raise refuse(file, f"sheets {names}, each of which could be meant", "one sheet", cure)


def _other_sheets(
    sheets: dict, name: str, expected: set[str], stated: str | None
) -> Iterator[Problem]:
    """Warn of sheets that hold data and are not read, where nobody said which sheet is meant."""
    for other, rows in sheets.items() if stated is None else ():
        if other == name or len(rows) < 2:
            continue
        shared = len(expected.intersection(cell.strip() for cell in rows[0][1]))
        if shared > 2 or len(rows) * 2 > len(sheets[name]):
            found = f'a sheet "{other}" of {len(rows)} rows, which is not read'
            cure = f'If it is not needed, write sheet = "{name}" beside file in study.toml.'
            yield Problem("", found, "one sheet with data", cure, severity="warning")


def _hidden_rows(path: Path, name: str) -> Iterator[Problem]:
    """Warn of rows that Excel hides or has filtered out: they are read like all others."""
    if not _mentioned(path, rb'<row [^>]*hidden="(1|true)"'):
        return
    rows = openpyxl.load_workbook(path)[name].row_dimensions
    hidden = [line for line, row in rows.items() if row.hidden]
    if hidden:
        found = f"{len(hidden)} hidden or filtered rows, which are read like the others: "
        found += first_few(hidden)
        cure = "Show them in Excel; a row that does not belong is left out in the corrections file."
        yield Problem("", found, "rows that can be seen", cure, hidden[0], severity="warning")


def _mentioned(path: Path, pattern: bytes) -> bool:
    """Tell whether any sheet's XML holds a pattern; only then is the slow reading worth it."""
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        return any(re.search(pattern, archive.read(n)) for n in sheets)


def _has_no_result(cell: object) -> bool:
    # A result of "" is stored as an empty text.
    return cell.value is None and cell.data_type != "str"


def _refuse_empty_formulas(path: Path, file: str, name: str) -> None:
    """Refuse formulas without a stored result: they would read as empty cells."""
    if not _mentioned(path, rb"<f[ >/]"):
        return
    shown = openpyxl.load_workbook(path, data_only=True)[name]
    written = openpyxl.load_workbook(path)[name]
    empty = [
        cell.coordinate
        for row in written.iter_rows()
        for cell in row
        if cell.data_type == "f" and _has_no_result(shown[cell.coordinate])
    ]
    if empty:
        found = f"a formula without a result in {', '.join(empty[:5])}"
        cure = "Open the workbook in Excel, which computes it, and save it; or paste the values."
        raise refuse(file, found, "values", cure)


# ---------------------------------------------------------------- SPSS


def read_spss(path: Path, file: str) -> Grid:
    """Read an SPSS file; InputError if it is none."""
    try:
        if path.suffix.lower() == ".por":
            table, meta = pyreadstat.read_por(path)
        else:
            table, meta = pyreadstat.read_sav(path, user_missing=True)
    except Exception:  # pyreadstat raises errors of many kinds over a damaged file
        raise refuse(file, "a file that is no SPSS file", ".sav", UNREADABLE_SPSS) from None
    columns = {name: [_text(value) for value in table[name]] for name in table}
    blanked = _blank_missing(table, columns, meta.missing_ranges)
    value_labels = {
        name: {_text(value): label.strip() for value, label in labels.items()}
        for name, labels in meta.variable_value_labels.items()
    }
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    rows = packed(enumerate(zip(*columns.values(), strict=True), 1), len(columns))
    return Grid("SPSS", list(columns), *rows, labels, value_labels, blanked)


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
