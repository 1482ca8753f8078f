"""What survey systems add to their exports: Qualtrics, LimeSurvey and REDCap."""

from __future__ import annotations

from dataclasses import replace

from imp_helpers.reading.grid import Grid
from imp_helpers.study.errors import Problem

LIMESURVEY = {"submitdate", "lastpage", "startlanguage"}
IMPORT_ID = '{"ImportId"'


def recognise(grid: Grid, header_rows: int | None = None) -> Grid:
    """Name the system that wrote an export, and take its extra header rows out of the data.

    Qualtrics writes three header rows: names, wordings, and ids in braces. LimeSurvey and REDCap
    write one, and are known by their columns.

    Parameters
    ----------
    header_rows : int, optional
        How many rows stand before the data, where study.toml says so.
    """
    if header_rows is None:
        header_rows = 3 if _is_qualtrics(grid) else 1
    system = _system_of(grid)
    if header_rows > 1:
        wordings = dict(zip(grid.header, grid.rows[0], strict=False)) if grid.rows else {}
        above = header_rows - 1
        grid = replace(
            grid, rows=grid.rows[above:], lines=grid.lines[above:], labels=wordings | grid.labels
        )
    if not system:
        return grid
    warnings = [*grid.warnings, *_unfinished(grid, system)]
    return replace(grid, format=f"{grid.format}, exported by {system}", warnings=warnings)


def _is_qualtrics(grid: Grid) -> bool:
    return len(grid.rows) > 1 and any(cell.startswith(IMPORT_ID) for cell in grid.rows[1])


def _system_of(grid: Grid) -> str:
    names = {column.lower() for column in grid.header}
    if _is_qualtrics(grid) or {"responseid", "startdate", "recordeddate"} <= names:
        return "Qualtrics"
    if names >= LIMESURVEY:
        return "LimeSurvey"
    if "redcap_event_name" in names:
        return "REDCap"
    if "record_id" in names and any(name.endswith("_complete") for name in names):
        return "REDCap"
    return ""


def _unfinished(grid: Grid, system: str) -> list[Problem]:
    """Warn of rows that the system marks as a preview or as not sent in."""
    marks = {
        "Qualtrics": (("Status", {"Survey Preview"}), ("Finished", {"False", "0", "FALSE"})),
        "LimeSurvey": (("submitdate", {""}),),
        "REDCap": (),
    }[system]
    warnings = []
    for column, values in marks:
        if column not in grid.header:
            continue
        place = grid.header.index(column)
        for line, row in zip(grid.lines, grid.rows, strict=True):
            if len(row) == len(grid.header) and row[place].strip() in values:
                found = f'"{row[place]}": a preview, or a form that was not sent in'
                cure = f"To leave such rows out, state only = {{ {column} = ... }} in study.toml."
                warnings.append(
                    Problem("", found, "a finished form", cure, line, column, severity="warning")
                )
    return warnings
