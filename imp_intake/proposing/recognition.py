"""What an export itself tells of a study's settings: columns, times, instruments, codes."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from imp_intake.reading.cell_values import dates_of
from imp_intake.reading.delimited_text import read_text
from imp_intake.reading.grid import Grid
from imp_intake.reading.headers import TIME, at_time
from imp_intake.reading.spreadsheets import read_spss, read_workbook, sheet_names
from imp_intake.reading.survey_systems import recognise
from imp_intake.reading.value_labels import (
    WORDS,
    answers_of,
    is_named,
    is_no_answer,
    missing_codes,
    place_in_time,
    plain_number,
)
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.settings import OPEN

FEWEST_ITEMS, MOST_CODES, MOST_TIMES = 3, 6, 8
# So many rows have a participant's number; the others may be mistakes.
MOST_FILLED, RARE = 0.95, 0.02
MOST_GAPS = 8


@dataclass
class Table:
    """One file or sheet, its columns as text."""

    name: str
    sheet: str | None
    grid: Grid
    cells: pd.DataFrame

    def words(self, column: str) -> list[str]:
        """Return the different words of a column, the most frequent first."""
        return list(self.counts(column))

    def counts(self, column: str) -> Counter[str]:
        """Count the words of a column, the most frequent first."""
        return Counter(dict(Counter(word for word in self.cells[column] if word).most_common()))

    def labels(self, column: str) -> dict[str, str]:
        """Return what each word of a column means: the file's label, or the word itself."""
        own = self.grid.value_labels.get(column, {})
        # A word of a single row may be a mistake.
        often = [w for w, count in self.counts(column).items() if count > RARE * len(self.cells)]
        return own | {word: own.get(word, word) for word in often}

    def take_away_odd_rows(self, blocks: list["Block"]) -> int | None:
        """Drop rows whose items hold something else: means, headings.

        Returns the number of rows of headings, if the first row below the names is one.
        """
        words = {column: block.words for block in blocks for column in block.columns}
        items = self.cells[list(words)]
        odd = items.apply(lambda c: (c != "") & ~c.map(plain_number).isin(words[c.name]))
        is_odd = (odd.sum(axis=1) * 2 > (items != "").sum(axis=1)).to_numpy()
        self.cells = self.cells[~is_odd].reset_index(drop=True)
        return self.grid.cells.index[0] if is_odd[0] else None


@dataclass
class Block:
    """Numbered columns with answers: a pattern such as "PSS_{item}_{time}"."""

    pattern: str
    numbers: list[int]
    columns: list[str]
    words: set[str]
    labels: dict[str, str] = field(default_factory=dict)
    key: Instrument | None = None
    could_be: list[str] = field(default_factory=list)
    # Codes of the times at which it was asked; none for all.
    times: list[str] = field(default_factory=list)

    @property
    def found(self) -> list[int]:
        """The whole numbers among the answers that are no code for "missing"."""
        return [n for n in self._numbers if str(n) not in self.missing]

    @property
    def _numbers(self) -> list[int]:
        return sorted({int(word) for word in self.words if re.fullmatch(r"-?\d{1,4}", word)})

    @property
    def missing(self) -> list[str]:
        """Words and codes that look like "missing": usual ones, apart from the other answers."""
        plain = [n for n in self._numbers if str(n) not in WORDS["codes"]["missing"]]
        codes = missing_codes(self._numbers, min(plain), max(plain)) if plain else []
        return [*map(str, codes), *sorted(word for word in self.words if is_no_answer(word))]


def read_tables(path: Path) -> list[Table]:
    """Read an export; a workbook's sheets with data are tables of their own."""
    ending, tables = path.suffix.lower(), []
    if ending in (".xlsx", ".xlsm"):
        grids = [(name, read_workbook(path, path.name, name, [])) for name in sheet_names(path)]
    elif ending in (".sav", ".zsav"):
        grids = [(None, read_spss(path, path.name))]
    else:
        grids = [(None, read_text(path, path.name, None, None, []))]
    for sheet, grid in grids:
        grid = recognise(grid)
        if len(grid.header) > 1 and len(grid.cells):
            header = [re.sub(r"\s*\n\s*", "", name) for name in grid.header]
            cells = grid.cells.set_axis(header, axis=1).reset_index(drop=True).astype(object)
            cells = cells.loc[:, ~cells.columns.duplicated() & (cells.columns != "")]
            cells = cells.apply(lambda column: column.str.strip())
            tables.append(Table(path.name, sheet if len(grids) > 1 else None, grid, cells))
    return tables


# ---------------------------------------------------------------- items


def blocks_of(table: Table) -> list[Block]:
    """Find the numbered columns that hold answers, those of each time as a block of its own."""
    groups: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
    for column in table.cells:
        known = is_named(column, WORDS["columns"]["not_read"]["names"])
        if known or not answers_of(table.counts(column)):
            continue
        for number in re.finditer(r"\d+", column):
            place = column[: number.start()], column[number.end() :]
            groups.setdefault(place, {})[int(number[0])] = (number[0], column)
    taken: set[str] = set()
    blocks = []
    for (before, after), members in sorted(groups.items(), key=lambda g: -len(g[1])):
        free = {n: pair for n, pair in sorted(members.items()) if pair[1] not in taken}
        numbers, columns = list(free), [column for _, column in free.values()]
        if len(free) < FEWEST_ITEMS or numbers[-1] - numbers[0] >= len(free):
            continue
        words = answers_of(sum((table.counts(column) for column in columns), Counter()))
        if not words:
            continue
        taken |= set(columns)
        labels = {value: label for column in columns
                  for value, label in table.grid.value_labels.get(column, {}).items()}  # fmt: skip
        shift = f"{numbers[0] - 1:+d}" if numbers[0] != 1 else ""
        first = free[numbers[0]][0]
        width = f":0{len(first)}d" if first.startswith("0") and len(first) > 1 else ""
        pattern = f"{before}{{item{shift}{width}}}{after}"
        blocks.append(Block(pattern, numbers, columns, words, labels))
    order = {column: place for place, column in enumerate(table.cells)}
    return sorted(blocks, key=lambda block: order[block.columns[0]])


def unused_columns(table: Table, used: set[str]) -> list[tuple[str, str]]:
    """Return the first and the last of numbered columns that are not read, and why they are not."""
    alike: dict[str, list[str]] = {}
    for column in table.cells:
        if column not in used and re.search(r"\d", column) and not _is_date(table, column):
            alike.setdefault(re.sub(r"\d+", "#", column), []).append(column)
    return [(f"{c[0]} to {c[-1]}", _why_unused(table, c))
            for c in alike.values() if len(c) >= FEWEST_ITEMS]  # fmt: skip


def _why_unused(table: Table, columns: list[str]) -> str:
    """Say why numbered columns of one shape are not an instrument."""
    header = [name.strip() for name in table.grid.header]
    twice = [column for column in columns if header.count(column) > 1]
    numbers = [set(map(int, re.findall(r"\d+", column))) for column in columns]
    varying = set().union(*numbers) - set.intersection(*numbers)
    gaps = sorted(set(range(min(varying), max(varying))) - varying)[:MOST_GAPS]
    if not all(answers_of(table.counts(column)) for column in columns):
        return "numbered columns without such answers as an instrument has"
    if twice:
        return f"{twice[0]} stands in the header twice: rename one of the two"
    if gaps:
        left_out = ", ".join(map(str, gaps))
        return f"their numbers leave out {left_out}: if these have other names, rename them alike"
    return "numbered columns that could not be put into one pattern"


def merge_times(blocks: list[Block], columns: list[str]) -> tuple[list[Block], list[str]]:
    """Join the blocks of one instrument at several times; return them and the codes of times."""
    templates: dict[str, dict[str, Block]] = {}
    for block in blocks:
        for start, end in _time_places(block.pattern):
            template = block.pattern[:start] + TIME + block.pattern[end:]
            templates.setdefault(template, {})[block.pattern[start:end]] = block
    for template, by_code in templates.items():
        plain = next((b for b in blocks if b.pattern == at_time(template, "")), None)
        if plain is not None:
            by_code[""] = plain
    codes: list[str] = []
    merged, joined = [], set()
    for template, by_code in sorted(templates.items(), key=lambda t: -len(t[1])):
        own = {code: block for code, block in by_code.items() if id(block) not in joined}
        if len(own) < 2 or len({len(block.numbers) for block in own.values()}) > 1:
            continue
        joined |= {id(block) for block in own.values()}
        codes += [code for code in own if code not in codes]
        first = next(iter(own.values()))
        words = set().union(*(block.words for block in own.values()))
        labels = {v: label for block in own.values() for v, label in block.labels.items()}
        both = [column for block in own.values() for column in block.columns]
        merged.append(replace(first, pattern=template, columns=both, words=words, labels=labels))
    rest = [_of_one_time(b, codes) for b in blocks if id(b) not in joined]
    place = {column: n for n, column in enumerate(columns)}
    return sorted([*merged, *rest], key=lambda b: place[b.columns[0]]), in_order(codes)


def _of_one_time(block: Block, codes: list[str]) -> Block:
    """Write {time} into the pattern of an instrument that was asked once, where it has a place."""
    for start, end in _time_places(block.pattern):
        if block.pattern[start:end] in codes:
            pattern = block.pattern[:start] + TIME + block.pattern[end:]
            return replace(block, pattern=pattern, times=[block.pattern[start:end]])
    return replace(block, times=[OPEN]) if codes else block


def asked_at(block: Block, table: Table, column: str) -> list[str]:
    """Return the times of a long table at which an instrument was answered; none for all."""
    filled = (table.cells[block.columns] != "").any(axis=1)
    times = list(table.cells.loc[filled, column].unique())
    return times if len(times) < len(table.words(column)) else []


def _time_places(pattern: str) -> list[tuple[int, int]]:
    """Return where a pattern has a word for a time, between signs or glued to another word."""
    found = []
    for word in re.finditer(r"\{[^}]*\}|[^\W_]+", pattern):
        if word[0].startswith("{"):
            continue
        glued = re.search(r"(?i)(pre|post|[tmw]\d)$|^(pre|post|[tmw]\d)", word[0])
        if any(re.fullmatch(form, word[0].casefold()) for form in WORDS["codes"]["times"]):
            found.append(word.span())
        elif glued:
            found.append((word.start() + glued.start(), word.start() + glued.end()))
    return found


def in_order(codes: list[str]) -> list[str]:
    """Put codes of times in the order in which a study has them; an empty one comes first."""
    places = {code: place_in_time(code) for code in codes} | {"": -1}
    last = len(WORDS["codes"]["times"])
    return sorted(codes, key=lambda code: last if places[code] is None else places[code])


# ---------------------------------------------------------------- who, when, which group


def named_columns(table: Table, what: str, items: set[str]) -> list[str]:
    """Return the columns whose name says that they are for something, the best first."""
    forms = WORDS["columns"][what]
    free = [column for column in table.cells if column not in items]
    return [c for form in forms for c in free if is_named(c, [form])]


def participant_column(table: Table, items: set[str]) -> list[str]:
    """Return the columns that can number the participants, the best first."""
    named = list(dict.fromkeys(named_columns(table, "participant", items)))
    others = [column for column in table.cells if column not in items and column not in named]
    filled = [c for c in named if (table.cells[c] != "").mean() >= MOST_FILLED]
    filled += [c for c in others if (table.cells[c] != "").all()]
    count = len(table.cells)
    # Numbers that only some people have twice or more tell of a row a form.
    often = [c for c in filled if table.cells[c].nunique() * MOST_TIMES >= count]
    many = [column for column in often if not _is_date(table, column)]
    if len(many) > 1 and "LimeSurvey" in table.grid.format:
        # LimeSurvey numbers responses by "id", not people.
        many = [c for c in many if c.casefold() != "id"]
    return [c for c in many if c in named] or [c for c in many if table.cells[c].nunique() == count]


def _is_date(table: Table, column: str) -> bool:
    words = table.words(column)
    read, _ = dates_of(words[:50])
    return bool(words) and all(read)


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
    dates = [c for c in table.cells if c not in items and _is_date(table, c)]
    found = [c for c in dates if is_named(c, WORDS["columns"]["date"])]
    return list(dict.fromkeys([*with_time(dates, codes), *found]))


def with_time(columns: list[str], codes: list[str]) -> list[str]:
    """Return the names, with {time} in them, of the columns that each time has."""
    templates = [
        column[:start] + TIME + column[end:]
        for column in columns for start, end in _time_places(column)
    ]  # fmt: skip
    wanted = dict.fromkeys(templates)
    return [t for t in wanted if codes and all(at_time(t, code) in columns for code in codes)]
