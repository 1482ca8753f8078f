"""Edits by hand: each is a line of the study's corrections file, with who, when and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imp_helpers.reading.delimited_text import read_text
from imp_helpers.reading.files import TIME, RawTable
from imp_helpers.reading.grid import Grid
from imp_helpers.study.errors import InputError, Problem
from imp_helpers.study.folders import path_inside
from imp_helpers.study.sections import Raw
from imp_helpers.study.text import short

COLUMNS = ["file", "participant", "time", "column", "before", "after", "who", "when", "why"]


def apply_corrections(cleaner: object, tables: dict[str, RawTable]) -> None:
    """Apply the edits that the study's corrections file lists, each to exactly one cell.

    Parameters
    ----------
    cleaner : Cleaner
        Takes the changes and the problems.
    tables : dict of RawTable
        By section; they are changed in place.
    """
    name = cleaner.study.settings.raw.corrections
    if not name:
        return
    try:
        edits = _read(cleaner.study.folder, name, cleaner.study.settings.raw)
    except InputError as error:
        cleaner.problems += error.problems
        return
    for line, edit in zip(edits.index, edits.itertuples(index=False), strict=True):
        unsigned = [column for column in ("who", "when", "why") if not getattr(edit, column)]
        if unsigned:
            problem = Problem(
                name, f"no {', '.join(unsigned)}", "an edit with who, when and why",
                "Complete the line.", line, participant=edit.participant,
            )  # fmt: skip
            cleaner.problems.append(problem)
            continue
        _apply(cleaner, tables, name, line, edit)


def _read(folder: object, name: str, raw: Raw) -> pd.DataFrame:
    grid: Grid = read_text(path_inside(folder, name), name, raw.encoding, raw.separator, COLUMNS)
    missing = [column for column in COLUMNS if column not in grid.header]
    if missing:
        allowed = ", ".join(COLUMNS)
        found = f"no column {', '.join(missing)}"
        raise InputError([Problem(name, found, allowed, "Add the columns.", 1)])
    width = len(grid.header)
    wrong = [
        Problem(name, f"{len(row)} cells", f"{width}", "Look for a stray separator.", line)
        for line, row in zip(grid.lines, grid.rows, strict=True)
        if len(row) != width
    ]
    if wrong:
        raise InputError(wrong)
    return pd.DataFrame(grid.rows, index=grid.lines, columns=grid.header, dtype=object)[COLUMNS]


def _apply(
    cleaner: object, tables: dict[str, RawTable], name: str, line: int, edit: object
) -> None:
    settings, found = cleaner.study.settings, None
    for table in tables.values():
        if table.file == edit.file and (found := _column(table, edit.column, cleaner)):
            break
    if found is None:
        files = ", ".join(dict.fromkeys(table.file for table in tables.values()))
        problem = Problem(
            name, f'"{short(edit.file)}", column "{short(edit.column)}"', f"a column of {files}",
            "Correct the file or the column.", line,
        )  # fmt: skip
        cleaner.problems.append(problem)
        return
    column, code = found
    section = getattr(settings, table.section)
    participant, time = getattr(section, "participant", None), getattr(section, "time", None)
    fits = table.cells[column] == edit.before
    if participant:
        fits &= table.cells[participant] == edit.participant
    if code or (time and edit.time):
        fits &= table.cells[time or TIME] == (code or edit.time)
    rows = table.cells.index[fits]
    if len(rows) != 1:
        problem = Problem(
            name, f'{len(rows)} cells with "{short(edit.before)}" in column {short(edit.column)}',
            "exactly one cell", "Correct participant, time, column or before.", line, edit.column,
            edit.participant,
        )  # fmt: skip
        cleaner.problems.append(problem)
        return
    rule = f"correction by {edit.who}, {edit.when}"
    after = np.array([edit.after], dtype=object)
    cleaner.change(table, rows.to_numpy(), column, after, rule, edit.why)


def _column(table: RawTable, name: str, cleaner: object) -> tuple[str, str] | None:
    """Return the column of the table that the file calls so, and the time it belongs to."""
    names = {table.aliases.get(column, column): (column, "") for column in table.cells}
    for column in table.cells:
        if TIME in column and column != TIME:
            for time in cleaner.study.times:
                raw = column.replace(TIME, time.code)
                names[table.aliases.get(raw, raw)] = (column, time.code)
    return names.get(name)
