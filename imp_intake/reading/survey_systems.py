"""What survey systems add to their exports: Qualtrics, LimeSurvey and REDCap."""

import itertools
import re
from dataclasses import replace

import pandas as pd

from imp_common.errors import Problem, first_few
from imp_intake.reading.grid import Grid, packed

LIMESURVEY = {"submitdate", "lastpage", "startlanguage"}
IMPORT_ID = '{"ImportId"'
EVENT = "redcap_event_name"
# "baseline_arm_1", or as a label "Baseline (Arm 1: Training)".
ARM = re.compile(r"(.+?)(?:_(arm_[0-9]+)| \(Arm [0-9]+: (.+)\))")
QUALTRICS = ("startdate", "enddate", "recordeddate", "progress", "finished")
# How columns are called where each row is an answer.
ITEM, ANSWER = "item( ?(nr|number|id))?|question|vraag", "value|answer|response|antwoord|waarde"
QUESTIONNAIRE = "scale|instrument|questionnaire|vragenlijst|schaal"
# What stands in these columns below the header rows.
PLAIN = re.compile(r"(?i)[\d\s:/.,-]+([ap]m)?|true|false")


def recognise(grid: Grid, header_rows: int | None = None) -> Grid:
    """Name the system that wrote an export, and take its extra header rows out of the data.

    Qualtrics writes three header rows: names, wordings, and ids in braces; people delete one or two
    of them. LimeSurvey and REDCap write one, and are known by their columns. ``header_rows`` is how
    many stand before the data, where study.toml says so.
    """
    grid = _one_row_per_form(_names_below(_codes_alone(grid), header_rows))
    grid = replace(grid, header=_each_once(grid.header))
    system = _system_of(grid)
    if header_rows is None:
        header_rows = 1 + (_header_rows_below(grid) if system == "Qualtrics" else 0)
    if header_rows > 1:
        wordings = dict(zip(grid.header, next(iter(grid.rows.values()), ()), strict=False))
        cells = grid.cells.iloc[header_rows - 1 :]
        rows = {line: row for line, row in grid.rows.items() if line in cells.index}
        grid = replace(grid, cells=cells, rows=rows, labels=wordings | grid.labels)
    if not system:
        return grid
    grid = _arms_apart(grid) if system == "REDCap" else grid
    warnings = [*grid.warnings, *_unfinished(grid, system)]
    return replace(grid, format=f"{grid.format}, exported by {system}", warnings=warnings)


def _each_once(header: list[str]) -> list[str]:
    """Call a column with the name of an earlier one "name (2)"."""
    named: list[str] = []
    for column in header:
        again = (f"{column} ({count})" for count in itertools.count(2))
        free = (name for name in again if name not in header and name not in named)
        named.append(next(free) if column in named and column else column)
    return named


def _codes_alone(grid: Grid) -> Grid:
    """Name columns by the code alone where LimeSurvey writes "code. text of the question"."""
    parts = [name.split(". ", 1) for name in grid.header]
    codes = [part[0].strip() for part in parts]
    if not {code.lower() for code in codes} >= LIMESURVEY or len(set(codes)) < len(codes):
        return grid
    texts = {part[0].strip(): part[1] for part in parts if len(part) > 1}
    return replace(grid, header=codes, labels=texts | grid.labels)


def _one_row_per_form(grid: Grid) -> Grid:
    """Put answers that stand below one another, an item and a value in each row, side by side.

    A form is what has the same words in all other columns, and takes the line of its first answer.
    """
    names = [re.sub(r"[\W_]+", " ", name).strip().casefold() for name in grid.header]
    item, value, scale = (
        next((n for n, name in enumerate(names) if re.fullmatch(form, name)), None)
        for form in (ITEM, ANSWER, QUESTIONNAIRE)
    )
    if item is None or value is None:
        return grid
    cells = grid.cells.astype(str).apply(lambda column: column.str.strip())
    keys = [n for n in range(len(names)) if n not in (item, value, scale)]
    if not keys or cells.duplicated([*keys, item, *([] if scale is None else [scale])]).any():
        return grid
    prefix = "item_" if scale is None else cells[scale] + "_"
    wide = cells[keys].assign(name=prefix + cells[item], answer=cells[value], line=cells.index)
    order = list(dict.fromkeys(sorted(wide["name"], key=_natural)))
    lines = wide.groupby(keys, sort=False)["line"].min()
    answers = wide.pivot(index=keys, columns="name", values="answer")[order].fillna("")
    answers = answers.assign(line=lines).reset_index().sort_values("line")
    header = [*(grid.header[n] for n in keys), *order]
    whole = answers.drop(columns="line").to_numpy(dtype=str)
    cells, rows = packed(zip(answers["line"].tolist(), whole.tolist(), strict=True), len(header))
    told = f"{grid.format}, one row per answer"
    return replace(grid, format=told, header=header, cells=cells, rows=rows)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts item 2 before item 10."""
    return [(int(part or 0), word) for word, part in re.findall(r"(\D*)(\d*)", name)]


def _names_below(grid: Grid, header_rows: int | None) -> Grid:
    """Take the second row for the names, if the first is a merged heading with gaps.

    Every cell of such a row is filled with a word of its own that is no number.
    """
    line, row = next(iter(grid.rows.items()), (0, []))
    words = [cell.strip() for cell in row]
    gaps = sum(not name.strip() for name in grid.header)
    if header_rows is not None or not 0 < gaps * 2 >= len(grid.header) or len(grid.cells) < 2:
        return grid
    if len(set(words)) < len(words) or not all(re.search(r"[^\W\d]", word) for word in words):
        return grid
    rows = {place: cells for place, cells in grid.rows.items() if place != line}
    told = f"{grid.format}, names in row {line}"
    return replace(grid, format=told, header=words, cells=grid.cells.iloc[1:], rows=rows)


def _arms_apart(grid: Grid) -> Grid:
    """Put the arms that REDCap writes into its events into a column, if there are several."""
    if EVENT not in grid.header:
        return grid
    place, width = grid.header.index(EVENT), len(grid.header)
    found = [ARM.fullmatch(word.strip()) for word in grid.cells[place]]
    if not all(found) or len({match.group(2, 3) for match in found}) < 2:
        return grid
    events = pd.Categorical([match[1] for match in found])
    arms = pd.Categorical([match[2] or match[3] for match in found])
    cells = pd.DataFrame(dict(grid.cells.items()) | {place: events, width: arms})
    return replace(grid, header=[*grid.header, "redcap_arm"], cells=cells, rows={})


def _header_rows_below(grid: Grid) -> int:
    """Count the rows below the names that hold wordings or ids: a date is no date there."""
    rows = list(grid.rows.values())
    ids = [any(cell.startswith(IMPORT_ID) for cell in row) for row in rows[:2]]
    if any(ids):
        return ids.index(True) + 1
    first = dict(zip(map(str.lower, grid.header), rows[0] if rows else (), strict=False))
    own = [first[name] for name in QUALTRICS if first.get(name)]
    return int(bool(own) and not any(PLAIN.fullmatch(cell.strip()) for cell in own))


def _system_of(grid: Grid) -> str:
    names = {column.lower() for column in grid.header}
    rows = list(grid.rows.values())[:2]
    ids = any(cell.startswith(IMPORT_ID) for row in rows for cell in row)
    if ids or ("responseid" in names and not names.isdisjoint(QUALTRICS)):
        return "Qualtrics"
    if names >= LIMESURVEY:
        return "LimeSurvey"
    if EVENT in names:
        return "REDCap"
    if "record_id" in names and any(name.endswith("_complete") for name in names):
        return "REDCap"
    return ""


# What the same columns say of all other forms.
FINISHED = {"IP Address", "0", "4", "Imported", "True", "TRUE", "1"}
# Columns that tell previews, tests and forms that were not sent in, with the words for these.
MARKS = {
    "Qualtrics": {
        "Status": {"Survey Preview", "Survey Test", "Spam", "1", "2", "8", "9", "12", "17", "40"},
        "Finished": {"False", "0", "FALSE"},
    },
    "LimeSurvey": {"submitdate": {""}},
    "REDCap": {},
}


def _unfinished(grid: Grid, system: str) -> list[Problem]:
    """Warn of rows that the system marks as a preview or as not sent in."""
    warnings = []
    for column, words in MARKS[system].items():
        if column not in grid.header:
            continue
        cells = grid.cells[grid.header.index(column)].str.strip()
        marked = cells.index[cells.isin(words)].tolist()
        if marked and len(marked) < len(cells):
            others = sorted(set(cells) - words)
            found = f"previews or forms that were not sent in, {len(marked)}: "
            found += f"rows {first_few(marked)}"
            known = [word for word in others if word in FINISHED]
            wanted = "..." if not known else f'"{known[0]}"' if len(known) == 1 else known
            wanted = '"*"' if words == {""} else wanted
            cure = f"To leave them out, write beside file: only = {{ {column} = {wanted} }}"
            warnings.append(
                Problem("", found, "finished forms", cure, marked[0], column, severity="warning")
            )
    return warnings
