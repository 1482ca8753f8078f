"""Which columns study.toml expects in a file, and which column of the file each one means."""

import difflib
import json
import re
from collections.abc import Iterable

from imp_common.errors import Problem, first_few
from imp_intake.reading.grid import Grid
from imp_intake.settings.sections import PLACEHOLDER
from imp_intake.settings.study import Study, Time

SECTIONS = ("participants", "questionnaires", "evaluation", "sessions")
# Stands in the name of a column whose raw name depends on the time: "FFMQ_1_{time}".
TIME = "{time}"
# The column of the time in tables of forms that stood side by side; a pattern may be TIME alone.
FORM_TIME = "{time of the form}"
COLUMN_SETTINGS = (
    "participant", "group", "training_group", "sex", "age", "profession", "time",
    "sessions_attended",
)  # fmt: skip
COLUMN_SETTINGS += ("date", "minutes", "session", "planned_hours", "delivered_hours", "attended")
COLUMN_SETTINGS += ("status", "drop_out_reason")


def match_columns(
    file: str, expected: list[str], grid: Grid
) -> tuple[dict[str, str], list[Problem]]:
    """Find each expected column in a header, capitals, spaces and line breaks aside.

    Returns the name in the file of those whose name there is another, and problems: columns that
    are missing, there twice, or that several could be.
    """
    header = grid.header
    problems = [
        Problem(
            file, "the column twice", "each column once",
            "Rename one in the export; or, if the other is another item, list the columns in "
            f'study.toml, and call the second "{again}" there.', 1, column,
        )
        for column in dict.fromkeys(expected)
        if column in header and (again := f"{column} (2)") in header and again not in expected
    ]  # fmt: skip
    named_twice = sorted({c for c in expected if expected.count(c) > 1}) if expected else []
    problems += [
        Problem(
            "study.toml", f'"{column}" for two different things', "each column for one",
            "Correct the patterns or columns.", column=column,
        )
        for column in named_twice
    ]  # fmt: skip
    known, aliases, missing = set(header), {}, []
    alike: dict[str, list[str]] = {}
    for column in header:
        alike.setdefault(_plain(column), []).append(column)
    for column in dict.fromkeys(expected):
        if column in known:
            continue
        candidates = alike.get(_plain(column), [])
        if len(candidates) == 1:
            aliases[column] = candidates[0]
        elif candidates:
            found = " and ".join(f'"{name}"' for name in dict.fromkeys(candidates))
            cure = "Write the name in study.toml as it stands in the file."
            problems.append(
                Problem(file, f"{found}, either could be meant", "one", cure, 1, column)
            )
        else:
            missing.append(column)
    return aliases, problems + _missing_columns(file, missing, expected, grid)


def _plain(column: str) -> str:
    return re.sub(r"\s+", "", column).casefold()


def _missing_columns(
    file: str, missing: list[str], expected: list[str], grid: Grid
) -> list[Problem]:
    """Return a problem for each cause: names elsewhere, one column, other patterns, single ones."""
    header = grid.header
    if not missing:
        return []
    for line, row in list(grid.rows.items())[:5]:
        if len({_plain(cell) for cell in row} & set(map(_plain, missing))) * 2 > len(expected):
            found = f"other cells, and the names of the columns in row {line}"
            cure = "Take away the rows above the names: titles and merged headings."
            return [Problem(file, found, "the names of the columns in row 1", cure, 1)]
    if len(header) == 1:
        cure = "Name the sheet with the data, or export it as CSV."
        if grid.is_text:
            cure = "State separator under [raw] in study.toml, or correct it."
        if grid.is_text and re.search(r"[,;\t|]", header[0]):
            cure = (
                "Each row is one cell in quotation marks, or has another separator than is stated: "
            )
            cure += "export the file again, or take away the marks at both ends of each row."
        return [Problem(file, "one column", "several columns", cure, 1)]
    known = {_unpadded(column): column for column in header}
    padded = {name: known[_unpadded(name)] for name in missing if _unpadded(name) in known}
    problems, shapes = [], {}
    for column in missing:
        shapes.setdefault(None if column in padded else _shape(column), []).append(column)
    for shape, columns in shapes.items():
        if shape is None:
            there = padded[columns[0]]
            both = zip(re.findall(r"\d+", there), re.findall(r"\d+", columns[0]), strict=True)
            digits = next(len(number) for number, ours in both if number != ours)
            item = f"{{item:0{digits}d}}" if re.search(r"0\d", there) else "{item}"
            found = f'columns with other zeros before the number, such as "{there}"'
            cure = f"Write {item} for the item in the patterns of study.toml."
        elif len(columns) == 1:
            problems.append(missing_column(file, columns[0], header))
            continue
        elif any(_shape(name) == shape for name in header):
            # Some of a pattern's columns are there: these were not exported, or have other names.
            found, cure = _not_exported(
                columns, header, [c for c in expected if _shape(c) == shape]
            )
        else:
            found, cure = "no such columns", _nearest_shape(shape, header)
        shown = first_few(columns, 3)
        problems.append(Problem(file, found, f"{len(columns)} columns: {shown}", cure, 1, shown))
    return problems


def _not_exported(columns: list[str], header: list[str], alike: list[str]) -> tuple[str, str]:
    """Return what there is in the place of some of a pattern's columns, and the cure.

    ``alike`` are all columns of the pattern.
    """
    forms = [re.compile(re.escape(column) + "[A-Za-z]{1,9}") for column in columns]
    longer = {c: next(filter(form.fullmatch, header), "")
              for c, form in zip(columns, forms, strict=True)}  # fmt: skip
    if all(longer.values()):
        cure = "Rename them in the export as the others are called: a pattern names all alike."
        listed = json.dumps([longer.get(column, column) for column in alike], ensure_ascii=False)
        numbers = zip(*(re.findall(r"\d+", column) for column in alike), strict=True)
        if sum(len(set(place)) > 1 for place in numbers) == 1:
            cure += f" Or write in study.toml, in the place of the pattern, {listed}"
        return f"other names: {first_few(longer.values())}", cure
    cure = "Export them, or correct the pattern or the key's number of items."
    return "no such columns", cure


def _unpadded(column: str) -> str:
    """Return a column's name without zeros before its numbers."""
    return re.sub(r"0+(\d)", r"\1", _plain(column))


def _shape(column: str) -> str:
    """Return a column's name with a sign for each number."""
    return re.sub(r"\d+", "#", _plain(column))


def _nearest_shape(shape: str, header: list[str]) -> str:
    """Say which numbered columns of the file look most like those that are missing."""
    shapes = {_shape(name): name for name in reversed(header) if len(name) < 200}
    near = difflib.get_close_matches(shape, [s for s in shapes if "#" in s], 1, 0.5)
    names = ", ".join(f'"{name}"' for name in list(shapes.values())[::-1][:12])
    there = f'columns such as "{shapes[near[0]]}"' if near else f"the columns {names}"
    return f"The file has {there}: correct the pattern in study.toml."


def missing_column(file: str, column: str, header: Iterable[str]) -> Problem:
    """Return the problem of a column that is not there, with the nearest that is."""
    cure = "Export it, or correct study.toml."
    near = difflib.get_close_matches(column, [name for name in header if len(name) < 200], 1, 0.8)
    cure += f' Is it "{near[0]}"?' if near and not re.search(r"\d", column) else ""
    return Problem(file, "no such column", "the column", cure, 1, column)


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
    return columns + [column for q in getattr(settings, "questions", []) for column in q.columns]


def at_time(column: str, code: str) -> str:
    """Return the column of one time; an empty code takes the sign before it away, too."""
    return column.replace(TIME, code) if code else re.sub(r"[_.\- ]?\{time\}", "", column)


def raw_columns(study: Study, section: str, time: Time | None = None) -> list[str]:
    """Return the columns that study.toml expects in a file, as they are called in the file.

    ``time`` is the one whose forms are in the file, where each time has a file of its own.
    """
    columns = expected_columns(study, section)
    if not is_wide(study, section):
        return columns
    times = [time] if time else study.times
    left_out = {t.id: set(not_asked(study, t)) for t in times}
    return [
        name for column in columns for name in dict.fromkeys(
            at_time(column, t.code) for t in times if column not in left_out[t.id]
        )
    ]  # fmt: skip


def not_asked(study: Study, time: Time) -> list[str]:
    """Return the columns of the instruments that were not given at a time."""
    out = [key.item_names for key in study.instruments if time not in study.times_of(key)]
    names = {name for items in out for name in items}
    return [column for name, column, _ in item_columns(study) if name in names]


def stated_columns(study: Study, time: Time | None = None) -> dict[str, str]:
    """Return what study.toml calls each column to which `raw_columns` gives a name of ours.

    These are columns that it lists, or that have other names at each time.
    """
    own, found = study.settings.questionnaires, {}
    for key in study.instruments:
        stated = own.instruments.get(key.id, "")
        names = own.patterns[key.id]
        for when in () if isinstance(stated, str) else [time] if time else study.times_of(key):
            columns = stated.get(when.id) if isinstance(stated, dict) else stated
            for number in range(1, key.number_of_items + 1) if columns else ():
                raw = _named(columns, number) if isinstance(columns, str) else columns[number - 1]
                found[at_time(_named(names, number), when.code)] = at_time(raw, when.code)
    return found


def _named(pattern: str, number: int) -> str:
    """Return the column of an item, which may still have {time} in it."""
    return PLACEHOLDER.sub(lambda match: _filled(match, number), pattern)


def used_columns(study: Study, file: str) -> set[str]:
    """Return what any section names of a file that several of them may share."""
    columns: set[str] = set()
    for name in SECTIONS:
        settings = getattr(study.settings, name)
        for place, source in enumerate(settings.sources if settings else ()):
            if source[0] == file:
                time = study.times[place] if len(settings.sources) > 1 else None
                stated = stated_columns(study, time) if name == "questionnaires" else {}
                names = [stated.get(c, c) for c in raw_columns(study, name, time)]
                columns |= {*names, *settings.only}
    return columns


def item_columns(study: Study) -> list[tuple[str, str, tuple[int, int]]]:
    """Return each item as its clean name, its raw column and the answers its key allows."""
    patterns = study.settings.questionnaires.patterns
    return [
        (
            name,
            _named(patterns[key.id], number),
            (key.lowest_answer, key.highest_answer),
        )
        for key in study.instruments
        for number, name in enumerate(key.item_names, 1)
    ]


def _filled(placeholder: re.Match, number: int) -> str:
    """Return what stands for a placeholder: "{item+20:02d}" for item 1 is 21."""
    if placeholder[1] == "time":
        return TIME
    return f"{{{(placeholder[3] or '')}}}".format(number + int(placeholder[2] or 0))


def answer_labels(study: Study, instrument_id: str) -> dict[str, int]:
    """Return the labels of answers: those for all instruments, then the instrument's own."""
    labels = study.settings.questionnaires.labels
    own = labels.get(instrument_id, {})
    return {word: number for word, number in labels.items() if not isinstance(number, dict)} | own
