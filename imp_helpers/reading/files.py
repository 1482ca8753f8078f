"""The raw files of a study as tables of text, whatever program wrote them and however laid out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from imp_helpers.reading.delimited_text import read_text
from imp_helpers.reading.grid import Grid
from imp_helpers.reading.headers import match_columns, missing_column
from imp_helpers.reading.spreadsheets import read_workbook
from imp_helpers.reading.spss_files import read_spss
from imp_helpers.reading.survey_systems import recognise
from imp_helpers.study.errors import InputError, Problem, raise_if_any
from imp_helpers.study.folders import path_inside
from imp_helpers.study.study import Study

SECTIONS = ("participants", "questionnaires", "evaluation", "sessions")
# Stands in the name of a column whose raw name depends on the time: "FFMQ_1_{time}".
TIME = "{time}"
ROWS_AT_ONCE = 5_000
COLUMN_SETTINGS = (
    "participant",
    "group",
    "training_group",
    "sex",
    "age",
    "profession",
    "drop_out_reason",
    "time",
)
COLUMN_SETTINGS += ("date", "minutes", "session", "planned_hours", "delivered_hours", "attended")
COLUMN_SETTINGS += ("status",)


@dataclass(frozen=True)
class RawTable:
    """A raw file as it was found, a row a participant or a form.

    Parameters
    ----------
    section : str
        The section of study.toml that describes it.
    file : str
        Its path inside the study's folder.
    cells : DataFrame of str
        The columns that study.toml names, every cell as text. The index is the line of the file
        (the header is line 1); where a line holds several forms side by side, see ``line``.
        The name of a column that each time has is written with "{time}" in it.
    forms_in_line : int
        How many forms a line of the file holds: 1, or as many as there are times.
    format : str
        What the file was found to be.
    surplus : tuple of str
        Columns that study.toml does not name.
    left_out : tuple of (int, str)
        Lines that were left out while reading, and why.
    """

    section: str
    file: str
    cells: pd.DataFrame
    forms_in_line: int = 1
    format: str = ""
    surplus: tuple[str, ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    blanked: tuple[tuple[int, str, str, str], ...] = ()
    warnings: tuple[Problem, ...] = ()
    is_text: bool = False

    def line(self, row: int) -> int:
        """Return the line of the file that a row of ``cells`` stands in."""
        return int(row) // self.forms_in_line

    def raw_name(self, row: int, column: str) -> str:
        """Return the name, in the file, of the column that a cell stands in."""
        name = column.replace(TIME, self.cells.at[row, TIME]) if TIME in column else column
        return self.aliases.get(name, name)


def read_raw_files(study: Study) -> dict[str, RawTable]:
    """Read every raw file of a study as text.

    Returns
    -------
    dict of RawTable
        By section, only those that the study has.

    Raises
    ------
    InputError
        Naming every file that is empty, cannot be decoded, has rows of another length than its
        header, a column twice, or lacks a column that study.toml names.
    """
    tables, problems = readable_files(study)
    raise_if_any(problems)
    return tables


def readable_files(study: Study) -> tuple[dict[str, RawTable], list[Problem]]:
    """Read every raw file that can be read, and say what is wrong with the others."""
    tables, problems = {}, []
    for section in SECTIONS:
        if getattr(study.settings, section):
            try:
                tables[section] = read_raw_file(study, section)
            except InputError as error:
                problems += error.problems
    return tables, problems


def read_raw_file(study: Study, section: str) -> RawTable:
    """Read one raw file as text and check its columns (see read_raw_files)."""
    settings = getattr(study.settings, section)
    name = settings.file
    expected = raw_columns(study, section)
    grid = recognise(read_grid(study, section, expected), settings.header_rows)
    found = "an empty file" if not grid.header else "a header and no rows"
    if not grid.rows:
        raise InputError([Problem(name, found, "a header and rows", "Export the file again.")])
    grid = _without_empty_columns(grid)
    aliases, problems = match_columns(name, expected, grid.header)
    problems += _ragged_rows(name, grid)
    raise_if_any(problems)
    cells = _frame_of(grid)
    used = {aliases.get(column, column) for column in _used_columns(study, name)}
    surplus = tuple(sorted(set(grid.header) - used))
    cells, left_out = _only_rows(name, cells, settings.only)
    names = [aliases.get(column, column) for column in expected]
    cells = cells if names == list(cells.columns) else cells[names]
    cells = cells.set_axis(expected, axis=1)
    table = RawTable(
        section, name, cells, 1, grid.format, surplus, tuple(left_out), aliases, grid.labels,
        grid.value_labels, tuple(grid.blanked), tuple(grid.warnings), grid.is_text,
    )  # fmt: skip
    return side_by_side(table, study) if is_wide(study, section) else table


def read_grid(study: Study, section: str, expected: list[str]) -> Grid:
    """Read a raw file by the ending of its name."""
    raw, own = study.settings.raw, getattr(study.settings, section)
    name = own.file
    path = path_inside(study.folder, name)
    ending = path.suffix.lower()
    if ending in (".xlsx", ".xlsm"):
        return read_workbook(path, name, own.sheet, expected)
    if ending in (".sav", ".zsav"):
        return read_spss(path, name)
    if ending in (".xls", ".ods"):
        cure = "Save it as .xlsx or CSV."
        raise InputError([Problem(name, f"a file of kind {ending}", ".xlsx, .sav or CSV", cure)])
    return read_text(
        path, name, own.encoding or raw.encoding, own.separator or raw.separator, expected
    )


# ---------------------------------------------------------------- which columns


def is_wide(study: Study, section: str) -> bool:
    """Tell whether a line of a file holds the forms of all times side by side."""
    return section == "questionnaires" and study.settings.questionnaires.time is None


def expected_columns(study: Study, section: str) -> list[str]:
    """Return the columns that study.toml expects in a file, in the form of ``RawTable.cells``."""
    settings = getattr(study.settings, section)
    columns = [c for name in COLUMN_SETTINGS if (c := getattr(settings, name, None))]
    if section == "questionnaires":
        columns += [raw for _, raw, _ in item_columns(study)]
        columns += list(settings.totals.values())
    return columns + [q.column for q in getattr(settings, "questions", []) if q.column]


def raw_columns(study: Study, section: str) -> list[str]:
    """Return the columns that study.toml expects in a file, as they are called in the file."""
    columns = expected_columns(study, section)
    if not is_wide(study, section):
        return columns
    codes = [time.code for time in study.times]
    return [c.replace(TIME, code) for c in columns for code in (codes if TIME in c else codes[:1])]


def _used_columns(study: Study, file: str) -> set[str]:
    """Return what any section names of a file that several of them may share."""
    named = {name: getattr(study.settings, name) for name in SECTIONS}
    named = {name: section for name, section in named.items() if section and section.file == file}
    columns = {column for section in named for column in raw_columns(study, section)}
    return columns | {column for section in named.values() for column in section.only}


def item_columns(study: Study) -> list[tuple[str, str, tuple[int, int]]]:
    """Return each item as its clean name, its raw column and the answers its key allows."""
    patterns = study.settings.questionnaires.instruments
    return [
        (
            name,
            patterns[key.id].format(item=number, time=TIME),
            (key.lowest_answer, key.highest_answer),
        )
        for key in study.instruments
        for number, name in enumerate(key.item_names, 1)
    ]


def answer_labels(study: Study, instrument_id: str) -> dict[str, int]:
    """Return the labels of answers: those for all instruments, then the instrument's own."""
    labels = study.settings.questionnaires.labels
    own = labels.get(instrument_id, {})
    return {word: number for word, number in labels.items() if not isinstance(number, dict)} | own


def _frame_of(grid: Grid) -> pd.DataFrame:
    """Move the rows of a grid into a table whose columns lie in one piece; the grid is empty then.

    Everything after works column by column; cells of one column far apart in memory would make a
    large file slower than its size.
    """
    block = np.empty((len(grid.header), len(grid.rows)), dtype=object)
    for end in range(len(grid.rows), 0, -ROWS_AT_ONCE):
        start = max(end - ROWS_AT_ONCE, 0)
        block[:, start:end] = np.array(grid.rows[start:end], dtype=object).T
        del grid.rows[start:end]
    return pd.DataFrame(block.T, index=grid.lines, columns=grid.header, copy=False)


def _without_empty_columns(grid: Grid) -> Grid:
    """Drop columns without a name and without a cell; a separator too many makes them."""
    if "" not in grid.header:
        return grid
    width = len(grid.header)
    empty = [
        place
        for place, column in enumerate(grid.header)
        if not column and all(len(row) != width or not row[place].strip() for row in grid.rows)
    ]
    kept = [place for place in range(width) if place not in empty]
    rows = [[row[p] for p in kept] if len(row) == width else row for row in grid.rows]
    return replace(grid, header=[grid.header[place] for place in kept], rows=rows)


def _ragged_rows(file: str, grid: Grid) -> list[Problem]:
    width = len(grid.header)
    return [
        Problem(file, f"{len(row)} cells", f"{width}", "Look for a stray separator.", line)
        for line, row in zip(grid.lines, grid.rows, strict=True)
        if len(row) != width
    ]


# ---------------------------------------------------------------- which rows


def _only_rows(
    file: str, cells: pd.DataFrame, only: dict[str, object]
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Keep the rows that study.toml wants: ``only = { Status = "IP Address" }``."""
    left_out: list[tuple[int, str]] = []
    for column, wanted in only.items():
        if column not in cells:
            raise InputError([missing_column(file, column, cells)])
        words = [str(word) for word in (wanted if isinstance(wanted, list) else [wanted])]
        kept = cells[column].str.strip().isin(words)
        why = f"study.toml takes only rows with {column} = {' or '.join(words)}"
        left_out += [(int(line), why) for line in cells.index[~kept]]
        cells = cells[kept]
    if not len(cells):
        found = "no row with the values of only"
        cure = "Correct only in study.toml."
        raise InputError([Problem(file, found, "rows", cure)])
    return cells, left_out


def side_by_side(table: RawTable, study: Study) -> RawTable:
    """Put forms that stand side by side in a line below one another, a row a form."""
    columns = expected_columns(study, table.section)
    count = len(study.times)
    parts = []
    for place, time in enumerate(study.times):
        names = [column.replace(TIME, time.code) for column in columns]
        form = table.cells[names].set_axis(columns, axis=1)
        form.insert(0, TIME, time.code)
        form.index = table.cells.index * count + place
        parts.append(form)
    return replace(table, cells=pd.concat(parts).sort_index(), forms_in_line=count)
