"""What an export itself tells of a study's people and times: numbers, groups, dates."""

import re
from collections import Counter
from collections.abc import Collection

from imp_intake.proposing.items import is_date, time_places
from imp_intake.proposing.tables import Table
from imp_intake.reading.headers import TIME, at_time
from imp_intake.reading.value_labels import WORDS, is_named
from imp_intake.settings.sections import CHOICE

FEWEST_NUMBERS, MOST_CODES, MOST_TIMES, MOST_CHOICES = 3, 6, 8, 12
# So many rows have a participant's number; the others may be mistakes.
MOST_FILLED = 0.95
# So many of a column's words stand in each other file as well, if they number the participants.
MOST_RECURRING = 0.5


# ---------------------------------------------------------------- who, when, which group


def named_columns(table: Table, what: str, items: set[str]) -> list[str]:
    """Return the columns whose name says that they are for something, the best first."""
    forms = WORDS["columns"][what]
    forms = forms["names"] if isinstance(forms, dict) else forms
    free = [column for column in table.cells if column not in items]
    return [c for form in forms for c in free if is_named(c, [form])]


def participant_column(table: Table, items: set[str], others: Collection[Table] = ()) -> list[str]:
    """Return the columns that can number the participants, the best first.

    Where other files or sheets have the same columns, it is one whose values recur there.
    """
    recurring = [
        (column, sum(_recurs(column, table, other) for other in others))
        for column in table.cells if column not in items and not is_date(table, column)
        if all(column in other.cells for other in others) and others
    ]  # fmt: skip
    best = [column for column, count in recurring if count > MOST_RECURRING * len(others)]
    own = _own_participant_column(table, items)
    return list(dict.fromkeys([*(c for c in own if c in best), *best, *own]))


def _recurs(column: str, table: Table, other: Table) -> float:
    """Return the share of a column's words, each rare, that another file holds as well."""
    counts = table.counts(column)
    if len(counts) * 2 < len(table.cells) or len(counts) < FEWEST_NUMBERS:
        return 0.0
    return len(counts.keys() & other.counts(column).keys()) / len(counts)


def joined_number(table: Table, participant: str, items: set[str]) -> str | None:
    """Return "{site} {id}" where a number stands for a person of each site.

    The forms of a person are at different times, so site, number and time are unlike in each row.
    """
    columns = named_columns(table, "time", items)
    for site in named_columns(table, "part_of_number", items):
        for time in columns[:1]:
            alone = table.cells.duplicated([participant, time]).mean()
            both = table.cells.duplicated([participant, site, time]).any()
            if alone > 1 - MOST_FILLED and not both:
                return f"{{{site}}} {{{participant}}}"
    return None


def _own_participant_column(table: Table, items: set[str]) -> list[str]:
    named = list(dict.fromkeys(named_columns(table, "participant", items)))
    others = [column for column in table.cells if column not in items and column not in named]
    filled = [c for c in named if (table.cells[c] != "").mean() >= MOST_FILLED]
    filled += [c for c in others if (table.cells[c] != "").all()]
    count = len(table.cells)
    # Numbers that only some people have twice or more tell of a row a form.
    often = [c for c in filled if table.cells[c].nunique() * MOST_TIMES >= count]
    many = [column for column in often if not is_date(table, column)]
    if len(many) > 1 and "LimeSurvey" in table.grid.format:
        # LimeSurvey numbers responses by "id", not people.
        many = [c for c in many if c.casefold() != "id"]
    return [c for c in many if c in named] or [c for c in many if table.cells[c].nunique() == count]


def time_column(table: Table, participant: str, items: set[str]) -> str | None:
    """Return the column that tells the time of each form, if people have several rows."""
    if not table.cells[participant].duplicated().any():
        return None
    named = list(dict.fromkeys(named_columns(table, "time", items)))
    others = [c for c in table.cells if c not in items and c not in named and c != participant]
    for column in [*named, *others]:
        twice = table.cells.duplicated([participant, column]).mean()
        most = 1 - MOST_FILLED if column in named else 0
        if 2 <= len(table.words(column)) <= MOST_TIMES and twice <= most:
            return column
    return None


def coded_column(table: Table, what: str, items: set[str]) -> list[str]:
    """Return the columns of few codes whose names or labels say that they are for something."""
    few = [c for c in table.cells if c not in items and 1 < len(table.words(c)) <= MOST_CODES]
    named = [c for c in dict.fromkeys(named_columns(table, what, items)) if c in few]
    forms = WORDS["codes"]["control"] + WORDS["codes"]["intervention"]
    told = [c for c in few if what == "group" and c not in named
            and (labels := table.labels(c).values())
            and all(is_named(label, forms) for label in labels)]  # fmt: skip
    return named + told


def dated_columns(table: Table, codes: list[str], items: set[str]) -> list[str]:
    """Return columns of dates, with {time} in the name where each time has one."""
    dates = [c for c in table.cells if c not in items and is_date(table, c)]
    found = [c for c in dates if is_named(c, WORDS["columns"]["date"])]
    return list(dict.fromkeys([*with_time(dates, codes), *found]))


def with_time(columns: list[str], codes: list[str]) -> list[str]:
    """Return the names, with {time} in them, of the columns that each time has."""
    templates = [
        column[:start] + TIME + column[end:]
        for column in columns for start, end in time_places(column)
    ]  # fmt: skip
    wanted = dict.fromkeys(templates)
    return [t for t in wanted if codes and all(at_time(t, code) in columns for code in codes)]


def several_choices(table: Table, items: set[str]) -> dict[str, Counter[str]]:
    """Count the choices of questions that allow several: in one cell, "1,3,4", or a column each."""
    found: dict[str, Counter[str]] = {}
    for column in (column for column in table.cells if column not in items):
        boxes = re.fullmatch(r"(.*___)(\d+)", column)
        if boxes:
            ticked = int((table.cells[column] == "1").sum())
            found.setdefault(f"{boxes[1]}{CHOICE}", Counter())[boxes[2]] = ticked
            continue
        cells = [re.split(r"\s*[,;]\s*", cell) for cell in table.cells[column] if cell]
        counts = Counter(word for words in cells for word in words)
        # A decimal comma parts a cell in two, and a sentence has many words that occur once.
        if max(map(len, cells), default=0) > 2 and len(counts) <= MOST_CHOICES < len(cells):
            found[column] = Counter(dict(sorted(counts.items())))
    return found
