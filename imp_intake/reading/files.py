"""Read the raw files of a study as tables of text, whatever their format and layout."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from imp_common.errors import InputError, Problem, raise_if_any, short
from imp_common.folders import path_inside
from imp_intake.reading.corrections import excluded_rows, line_to_exclude
from imp_intake.reading.delimited_text import read_text
from imp_intake.reading.grid import Grid
from imp_intake.reading.headers import (
    FORM_TIME,
    SECTIONS,
    TIME,
    at_time,
    expected_columns,
    is_wide,
    match_columns,
    missing_column,
    not_asked,
    raw_columns,
    stated_columns,
    used_columns,
)
from imp_intake.reading.survey_systems import recognise
from imp_intake.settings.sections import WORKBOOKS
from imp_intake.settings.study import Study, Time

# In ``only``: every row in which something stands in the column.
ANY = "*"
MOST_VALUES, MOST_OTHER_VALUES = 5, 12


@dataclass(frozen=True)
class RawTable:
    """A raw file as it was found, a row a participant or a form.

    ``cells`` holds the columns that study.toml names, every cell as text. Its index is the line of
    the file (the header is line 1); where a line holds several forms side by side
    (``forms_in_line``), see ``line``, and the name of a column that each time has is written with
    "{time}" in it. ``format`` is what the file was found to be, ``surplus`` are columns that
    study.toml does not name, ``others`` those of them that hold few values, ``left_out`` lines that
    were left out while reading, and why.
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
    people_left_out: frozenset[str] = frozenset()
    others: pd.DataFrame = field(default_factory=pd.DataFrame)

    def line(self, row: int) -> int:
        """Return the line of the file that a row of ``cells`` stands in."""
        return int(row) // self.forms_in_line

    @property
    def rows_read(self) -> int:
        """How many rows the file holds."""
        return len(self.cells) // self.forms_in_line + len(self.left_out)

    def names_in_file(self, times: Iterable[Time]) -> dict[str, tuple[str, Time | None]]:
        """Return the name in ``cells`` of each column of the file, and its time if it has one."""
        found: dict[str, tuple[str, Time | None]] = {}
        for column in self.cells.columns.drop(FORM_TIME, errors="ignore"):
            for time in times if TIME in column else (None,):
                name = at_time(column, time.code) if time else column
                found[self.aliases.get(name, name)] = column, time
        return found

    def raw_name(self, row: int, column: str) -> str:
        """Return the name, in the file, of the column that a cell stands in."""
        name = at_time(column, self.cells.at[row, FORM_TIME]) if TIME in column else column
        return self.aliases.get(name, name)


def read_raw_files(study: Study) -> dict[str, RawTable]:
    """Read every raw file that a study has as text, by section.

    InputError names every file that is empty, cannot be decoded, has rows of another length than
    its header, a column twice, or lacks a column that study.toml names.
    """
    tables, problems = readable_files(study)
    raise_if_any(problems)
    return tables


def readable_files(study: Study) -> tuple[dict[str, RawTable], list[Problem]]:
    """Read every raw file that can be read, and say what is wrong with the others."""
    tables, problems = {}, []
    for section in SECTIONS:
        settings = getattr(study.settings, section)
        for place in range(len(settings.sources) if settings else 0):
            try:
                tables[f"{section} {place + 1}" if place else section] = read_raw_file(
                    study, section, place
                )
            except InputError as error:
                problems += error.problems
    return tables, list(dict.fromkeys(problems))


def read_raw_file(study: Study, section: str, place: int = 0) -> RawTable:
    """Read one raw file as text and check its columns (see read_raw_files).

    ``place`` is which of the section's files or sheets, where each time has one.
    """
    settings = getattr(study.settings, section)
    name = settings.sources[place][0]
    time = study.times[place] if len(settings.sources) > 1 else None
    expected = raw_columns(study, section, time)
    stated = stated_columns(study, time) if section == "questionnaires" else {}
    names = [stated.get(column, column) for column in expected]
    raw = read_grid(study, section, names, place)
    number = getattr(settings, "participant", None)
    grid = with_joined_column(recognise(raw, settings.header_rows), number)
    found = "an empty file" if not grid.header else "a header and no rows"
    if not len(grid.cells):
        raise InputError([Problem(name, found, "a header and rows", "Export the file again.")])
    aliases, problems = match_columns(name, names, grid)
    aliases |= {column: aliases.get(raw_name, raw_name) for column, raw_name in stated.items()}
    used = {aliases.get(column, column) for column in used_columns(study, name)}
    number = aliases.get(number, number)
    out = excluded_rows(study, name)
    problems += _ragged_rows(study, name, grid, used, number, out)
    raise_if_any(problems)
    cells = grid.cells.set_axis(grid.header, axis=1)
    for column in sorted(used.intersection(grid.header)):
        if (first := column.removesuffix(" (2)")) != column and first in grid.header:
            found = f'two columns called "{first}": the second is read as "{column}"'
            cure = "Check which item it is; better, rename it in the export and in study.toml."
            allowed = "each column once"
            grid.warnings.append(Problem(name, found, allowed, cure, 1, column, severity="warning"))
    if settings.header_rows:
        grid.warnings.extend(_data_above(name, raw, grid, used))
    surplus = tuple(sorted(set(grid.header) - used - {"", *JOINED.findall(number or "")}))
    all_cells = cells
    cells, left_out = _only_rows(name, cells, _wanted(study, section, name))
    gone = all_cells[number].drop(index=cells.index) if number and left_out else ()
    names = [aliases.get(column, column) for column in expected]
    cells = cells if names == list(cells.columns) else cells[names]
    cells = cells.set_axis(expected, axis=1)
    table = RawTable(
        section, name, cells, 1, grid.format, surplus, tuple(left_out), aliases, grid.labels,
        grid.value_labels, tuple(grid.blanked),
        # What ``only`` looks at was decided.
        tuple(w for w in grid.warnings if w.column not in settings.only), grid.is_text,
        frozenset(gone), _of_few_values(all_cells.loc[cells.index], surplus),
    )  # fmt: skip
    return side_by_side(table, study, time) if is_wide(study, section) else table


def read_grid(study: Study, section: str, expected: list[str], place: int = 0) -> Grid:
    """Read a raw file of a study by the ending of its name."""
    raw, own = study.settings.raw, getattr(study.settings, section)
    name, file, sheet = own.sources[place]
    written = own.encoding or raw.encoding, own.separator or raw.separator
    return read_file(path_inside(study.folder, file), name, sheet, expected, *written)


def read_file(
    path: Path, name: str, sheet: str | None = None, expected: Iterable[str] = (),
    encoding: str | None = None, separator: str | None = None,
) -> Grid:  # fmt: skip
    """Read a file, called ``name`` in messages, by its ending; what has no known one is text."""
    ending = path.suffix.lower()
    # Imported where there is such a file: their libraries take a sixth of a second.
    if ending in WORKBOOKS:
        from imp_intake.reading.spreadsheets import read_workbook

        return read_workbook(path, name, sheet, expected)
    if ending in (".sav", ".zsav", ".por"):
        from imp_intake.reading.spreadsheets import read_spss

        return read_spss(path, name)
    return read_text(path, name, encoding, separator, expected)


# A participant's number of several columns, or of the row: "{site} {id}", "{row}".
JOINED = re.compile(r"\{([^{}]+)\}")
ROW = "row"
DURATION = re.compile(r"(?i)duration|interviewtime|.*[ _](seconds|minutes)$")


def with_joined_column(grid: Grid, column: str | None) -> Grid:
    """Add a column that is joined from others, such as "{site} {id}", or numbers the rows."""
    parts = JOINED.findall(column or "")
    if not parts or column in grid.header or not set(parts) - {ROW} <= set(grid.header):
        return grid

    def joined(line: int, row: Sequence[str]) -> str:
        words = {name: word.strip() for name, word in zip(grid.header, row, strict=False)}
        words.setdefault(ROW, str(line))
        known = all(words.get(part) for part in parts)
        return JOINED.sub(lambda match: words[match[1]], column) if known else ""

    width = len(grid.header)
    rows = {line: [*row, joined(line, row)] if len(row) == width else row
            for line, row in grid.rows.items()}  # fmt: skip
    whole = zip(grid.cells.index, grid.cells.itertuples(index=False, name=None), strict=True)
    words = pd.Categorical([joined(line, row) for line, row in whole])
    cells = grid.cells.assign(**{"joined": words}).set_axis(range(width + 1), axis=1)
    return replace(grid, header=[*grid.header, column], cells=cells, rows=rows)


# ---------------------------------------------------------------- which rows


def _data_above(file: str, raw: Grid, grid: Grid, used: set[str]) -> Iterator[Problem]:
    """Warn of rows that header_rows takes for headings, and that hold words of the data."""
    columns = [place for place, column in enumerate(grid.header) if column in used]
    for line in raw.cells.index.difference(grid.cells.index):
        above = raw.cells.loc[line, columns]
        filled = [place for place in columns if above[place].strip()]
        alike = [place for place in filled if (grid.cells[place] == above[place]).any()]
        if len(alike) * 2 > len(filled):
            count = raw.cells.index.get_loc(line) + 1
            words = ", ".join(f'"{short(above[place], 30)}"' for place in filled[:3])
            found = f"{words}, ..., which looks like data and is left out as a heading"
            cure = f"If it is data, write header_rows = {count} beside file in study.toml."
            yield Problem(file, found, "headings", cure, int(line), severity="warning")


def _of_few_values(cells: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the columns that hold few values, such as countries or copies, and durations."""
    once = cells.loc[:, ~cells.columns.duplicated()]
    few = [c for c in columns if c in once
           and (1 < once[c].nunique() <= MOST_OTHER_VALUES or DURATION.match(c))]  # fmt: skip
    return once[few]


def _wanted(study: Study, section: str, file: str) -> dict[str, object]:
    """Return which rows a section takes; what the forms of the same file say goes for all."""
    own, forms = getattr(study.settings, section), study.settings.questionnaires
    is_shared = file in [source[0] for source in forms.sources]
    return own.only or (forms.only if is_shared else {})


def _ragged_rows(
    study: Study, file: str, grid: Grid, used: set[str], number: str | None, out: set[int]
) -> list[Problem]:
    """Say which rows of another length than the header cannot be read: cells may be shifted.

    Cells after the last column that is used may be missing, or too many if no other unused column
    stands before them. ``out`` are lines that the corrections file leaves out.
    """
    width, problems = len(grid.header), []
    places = [place for place, column in enumerate(grid.header) if column in used]
    last = max(places, default=-1)
    only_at_end = len(places) == last + 1 < width
    for line, row in grid.rows.items():
        if len(row) == width or line in out:
            continue
        is_cut = line == grid.cells.index[-1] and len(row) <= last + 1
        fits = (
            (len(row) > last and not is_cut)
            if len(row) < width
            else (only_at_end or not any(cell.strip() for cell in row[width:]))
        )
        if not fits:
            place = grid.header.index(number) if number in grid.header else width
            who = row[place].strip() if place < len(row) else ""
            leave = line_to_exclude(study, file, who, int(line))
            cure = (
                "Look for a stray separator, or a file that was cut off. If it is no row of data,"
            )
            cure += leave
            problem = Problem(file, f"{len(row)} cells", f"{width}", cure, line, kind="cells")
            problems.append(problem)
    return problems


def _only_rows(
    file: str, cells: pd.DataFrame, only: dict[str, object]
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Keep the rows that study.toml wants: ``only = { Status = "IP Address" }``."""
    left_out: list[tuple[int, str]] = []
    held: dict[str, list[str]] = {}
    for column, wanted in only.items():
        if column not in cells:
            raise InputError([missing_column(file, column, cells)])
        words = wanted if isinstance(wanted, list) else [wanted]
        text = cells[column].str.strip()
        kept = text != "" if words == [ANY] else text.isin(words)
        why = f"study.toml takes only rows with {column} = {' or '.join(words)}"
        held[column] = [f'"{short(word, 30)}"' for word in text.unique()[:MOST_VALUES]]
        left_out += [(int(line), why) for line in cells.index[~kept]]
        cells = cells[kept]
    if not len(cells):
        there = [f"{column} is {', '.join(words)}" for column, words in held.items()]
        cure = f"Correct only in study.toml: in the file, {'; '.join(there)}."
        raise InputError([Problem(file, "no row with the values of only", "rows", cure)])
    return cells, left_out


def side_by_side(table: RawTable, study: Study, time: Time | None = None) -> RawTable:
    """Put forms that stand side by side in a line below one another, a row a form."""
    columns = expected_columns(study, table.section)
    times = [time] if time else study.times
    count, parts = len(times), []
    for place, one in enumerate(times):
        out = not_asked(study, one)
        asked = [column for column in columns if column not in out]
        form = table.cells[[at_time(column, one.code) for column in asked]].set_axis(asked, axis=1)
        same = {FORM_TIME: one.code} | dict.fromkeys(out, "")
        codes = np.zeros(len(form), dtype="int8")
        form = form.assign(**{
            column: pd.Categorical.from_codes(codes, pd.Index([word], dtype=object))
            for column, word in same.items()
        })[[FORM_TIME, *columns]]  # fmt: skip
        form.index = table.cells.index * count + place
        parts.append(form)
    cells = {c: union_categoricals([form[c] for form in parts]) for c in parts[0]}
    index = np.concatenate([form.index for form in parts])
    return replace(table, cells=pd.DataFrame(cells, index).sort_index(), forms_in_line=count)
