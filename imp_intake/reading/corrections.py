"""Apply the corrections log: edits by hand, each with who, when and why."""

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from imp_common.errors import InputError, Problem, first_few, short
from imp_common.folders import path_inside
from imp_intake.reading.delimited_text import read_text
from imp_intake.reading.grid import Grid
from imp_intake.reading.headers import FORM_TIME
from imp_intake.settings.study import Study

if TYPE_CHECKING:
    from imp_intake.reading.files import RawTable

COLUMNS = ["file", "participant", "time", "column", "before", "after", "who", "when", "why"]


# A line with this in the place of the new value leaves a row out; "before" holds its number.
EXCLUDE = "exclude"
MOST_LINES, AND = 10, " and "


def line_to_exclude(study: Study, file: str, participant: str, row: int) -> str:
    """Return the line of the corrections file that leaves out a row of a raw file."""
    return lines_to_exclude(study, [(file, participant, row)])


def lines_to_exclude(study: Study, rows: list[tuple[str, str, int]]) -> str:
    """Return the lines that leave out rows, each with its file, participant and number."""
    return _lines_to_add(study, [
        [file, participant, "", "", str(row), EXCLUDE, "WHO", "WHEN", "WHY"]
        for file, participant, row in rows
    ])  # fmt: skip


def _lines_to_add(study: Study, edits: list[list[str]]) -> str:
    """Return what to add to the corrections file, in the columns and with the separator it has."""
    name = study.settings.raw.corrections
    path = study.folder / (name or "corrections.csv")
    header = path.read_bytes()[:500].split(b"\n")[0] if path.is_file() else b";"
    sign = max(";,\t", key=lambda sign: header.count(sign.encode()))
    text, edits = io.StringIO(), [*([] if path.is_file() else [COLUMNS]), *edits]
    csv.writer(text, delimiter=sign, lineterminator="\n").writerows(edits)
    lines = first_few(text.getvalue().splitlines(), MOST_LINES, AND)
    first = "" if name else ' write corrections = "corrections.csv" under [raw], and'
    return f"{first} add to {name or 'corrections.csv'} the line{'s' * (len(edits) > 1)}: {lines}"


def line_to_correct(
    study: Study, file: str, participant: str, time: str, column: str, before: str, after: str
) -> str:  # fmt: skip
    """Return the line of the corrections file that gives a cell another word."""
    edit = [file, participant, time, column, before, after, "WHO", "WHEN", "WHY"]
    return _lines_to_add(study, [edit])


def lines_to_edit(study: Study, rows: pd.DataFrame, number: str) -> str:
    """Return the lines of the corrections file that give forms another participant's number.

    ``rows`` has participant, file and time of each form.
    """
    settings, column = study.settings, study.settings.questionnaires.participant
    codes = {time.id: time.code for time in study.times}
    edits = [
        [row.file, row.participant, codes[row.time] if settings.questionnaires.time else "", column,
         row.participant, number, "WHO", "WHEN", "WHY"]
        for row in rows.drop_duplicates(["file", "line"]).itertuples()
    ]  # fmt: skip
    return _lines_to_add(study, edits)


def excluded_rows(study: Study, file: str) -> set[int]:
    """Return the rows of a file that the corrections file leaves out, as far as it can be read."""
    try:
        name = study.settings.raw.corrections
        edits = _read(study.folder, name) if name else pd.DataFrame(columns=COLUMNS, dtype=str)
    except InputError:
        return set()  # What is wrong with it is said where it is applied.
    edits = edits[(edits["file"] == file) & (edits["after"].str.strip() == EXCLUDE)]
    return {int(row) for row in edits["before"].str.strip() if re.fullmatch("[0-9]{1,9}", row)}


def read_corrections(cleaner: object) -> pd.DataFrame:
    """Return the edits of the study's corrections file, each with who, when and why."""
    name = cleaner.study.settings.raw.corrections
    edits = pd.DataFrame(columns=COLUMNS)
    if name:
        try:
            edits = _read(cleaner.study.folder, name)
        except InputError as error:
            cleaner.problems += error.problems
    unsigned = (edits[["who", "when", "why"]] == "").any(axis=1)
    for line, edit in edits[unsigned].iterrows():
        missing = ", ".join(column for column in ("who", "when", "why") if not edit[column])
        _refuse(cleaner, line, edit, f"no {missing}", "an edit with who, when and why",
                "Complete the line.")  # fmt: skip
    return edits[~unsigned]


def exclude_rows(
    cleaner: object, tables: dict[str, "RawTable"], edits: pd.DataFrame
) -> pd.DataFrame:
    """Leave out the rows that the corrections exclude; return the other edits.

    It comes before anything else: the row may be a mean, without a participant's number.
    """
    excluding = (edits["after"].str.strip() == EXCLUDE) & (edits["column"].str.strip() == "")
    for line, edit in edits[excluding].iterrows():
        found = False
        for section, table in tables.items():
            if table.file != edit["file"]:
                continue
            number = cleaner.number_column(table)
            rows = table.cells.index[
                [str(table.line(row)) == edit["before"].strip() for row in table.cells.index]
            ]
            who = table.cells.loc[rows, number].tolist() if number else []
            # A note below the table has a cell alone, and nobody's number.
            is_note = not edit["participant"] and (table.cells.loc[rows] != "").sum(axis=None) < 2
            if not is_note and any(
                cleaner.one_form(word) != cleaner.one_form(edit["participant"]) for word in who
            ):
                continue
            found |= bool(len(rows))
            why = f"correction by {edit['who']}, {edit['when']}: {edit['why']}"
            tables[section] = cleaner.leave_out(table, rows.tolist(), [why] * len(rows))
        if not found:
            told = f"no row {short(edit['before'])} of this participant"
            allowed = f"a row of {short(edit['file'])}"
            _refuse(cleaner, line, edit, told, allowed, "Correct participant, file or row.")
    return edits[~excluding]


def apply_corrections(cleaner: object, tables: dict[str, "RawTable"], edits: pd.DataFrame) -> None:
    """Apply the edits, each to exactly one cell of a file, whatever sections read the file."""
    for line, edit in edits.iterrows():
        _apply(cleaner, tables, line, edit)


def _refuse(
    cleaner: object, line: int, edit: pd.Series, found: str, allowed: str, cure: str
) -> None:
    name = cleaner.study.settings.raw.corrections
    column = edit["column"] or None
    cleaner.problems.append(
        Problem(name, found, allowed, cure, line, column, participant=edit["participant"])
    )


def _read(folder: Path, name: str) -> pd.DataFrame:
    grid: Grid = read_text(path_inside(folder, name), name, None, None, COLUMNS)
    missing = [column for column in COLUMNS if column not in grid.header]
    if missing:
        allowed = ", ".join(COLUMNS)
        found = f"no column {', '.join(missing)}"
        raise InputError([Problem(name, found, allowed, "Add the columns.", 1)])
    width = len(grid.header)
    wrong = [
        Problem(name, f"{len(row)} cells", f"{width}", "Look for a stray separator.", line)
        for line, row in grid.rows.items()
        if len(row) != width
    ]
    if wrong:
        raise InputError(wrong)
    return grid.cells.set_axis(grid.header, axis=1)[COLUMNS].astype(object)


def _apply(cleaner: object, tables: dict[str, "RawTable"], line: int, edit: pd.Series) -> None:
    of_file = [table for table in tables.values() if table.file == edit["file"]]
    names = [(table, table.names_in_file(cleaner.study.times)) for table in of_file]
    places = [(t, found[edit["column"]]) for t, found in names if edit["column"] in found]
    if not places:
        files = ", ".join(dict.fromkeys(table.file for table in tables.values()))
        found = f'"{short(edit["file"])}", column "{short(edit["column"])}"'
        _refuse(cleaner, line, edit, found, f"a column of {files}",
                "Correct the file or the column.")  # fmt: skip
        return
    # What one section does not read of the file, such as the time, another may.
    lines = set.intersection(*(_lines(table, edit, cleaner) for table in of_file))
    chosen = []
    for table, (column, time) in places:
        fits = table.cells[column] == edit["before"]
        if time or (FORM_TIME in table.cells and edit["time"]):
            fits &= table.cells[FORM_TIME] == (time.code if time else edit["time"])
        rows = [row for row in table.cells.index[fits] if table.line(row) in lines]
        chosen.append((table, column, np.array(rows, dtype=int)))
    counts = {len({table.line(row) for row in rows}) for table, _, rows in chosen}
    if counts != {1}:
        count = max(counts - {1})
        found = f'{count} cells with "{short(edit["before"])}" in column {short(edit["column"])}'
        cure = "Correct participant, time, column or before."
        _refuse(cleaner, line, edit, found, "exactly one cell", cure)
        return
    rule = f"correction by {edit['who']}, {edit['when']}"
    place = len(cleaner.changes)
    for table, column, rows in chosen:
        after = np.full(len(rows), edit["after"], dtype=object)
        cleaner.change(table, rows, column, after, rule, edit["why"])
    # It is one edit of one cell, though several forms or sections read it.
    cleaner.changes[place:] = [cleaner.changes[place].head(1)]


def _lines(table: "RawTable", edit: pd.Series, cleaner: object) -> set[int]:
    """Return the lines of a table that an edit can be about."""
    section = getattr(cleaner.study.settings, table.section)
    participant, time = getattr(section, "participant", None), getattr(section, "time", None)
    fits = pd.Series(True, table.cells.index)
    if participant:
        fits &= table.cells[participant] == edit["participant"]
    if time and edit["time"]:
        fits &= table.cells[time] == edit["time"]
    return {table.line(row) for row in table.cells.index[fits]}
