"""Which cells of a table count people, how they add up, and what follows from them.

The reports' tables name their columns as the register of statistics does, so the names tell. A
column of a group ends with the group's id: "count_control".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from imp_helpers.privacy.suppression import Cell, Sum, is_small
from imp_helpers.study.register import statistics

# Parts that make up a whole; where they do not, the rest are people as well.
SPLITS: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("count",), "n"),
    (("count",), "forms"),
    (("count",), "trained"),
    (("forms",), "trained"),
    (("men",), "n"),
    (("completed", "dropped_out"), "enrolled"),
    (("forms", "missing_forms"), "participants"),
    (("improved", "unchanged", "deteriorated"), "n"),
    (("deteriorated",), "n"),
    (("complete", "prorated", "not_scored"), None),
)
BASES = ("n", "n_first", "n_second", "forms")
ALONE = ("missing_answers", *BASES)
# These are said in many places; nothing is hidden by leaving them out in one.
KNOWN_WHOLES = ("trained", "enrolled", "participants")
WHOLES = (*BASES, *KNOWN_WHOLES)
# A row of this name adds up the others.
TOTAL_ROWS = {"group": "total", "kind": "any"}

FOLLOWS = tuple(n for n, known in statistics().items() if known.disclosure == "follows")
EXTREMES = tuple(n for n, known in statistics().items() if known.disclosure == "extreme")


@dataclass
class People:
    """The counts of people in a table by their cells, and the sums by which they add up.

    ``places`` has the row and column of each cell that the table shows; a whole that several rows
    repeat is one cell with several places. ``rests`` are cells that no table shows: those who are
    in the whole and in no part. ``known`` are cells that stand elsewhere too.
    """

    counts: dict[Cell, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    places: dict[Cell, list[tuple[int, str]]] = field(default_factory=dict)
    rests: set[Cell] = field(default_factory=set)
    known: set[Cell] = field(default_factory=set)


def people_in(
    table: pd.DataFrame, groups: Iterable[str], sizes: Mapping[str, int], smallest: int
) -> People:
    """Find the counts of people in a table, whose index is 0, 1, 2 and so on.

    ``sizes`` is how many people there are, which everybody knows: by group, "total", and "asked" to
    fill in the evaluation form. An n that lacks fewer people than ``smallest`` to the next size
    would tell that they are missing.
    """
    people = People()
    suffixes = ["", *(f"_{group}" for group in groups)]
    for suffix in suffixes:
        for row in table.index:
            _add_splits(people, table, row, suffix, sizes)
            for column in ALONE:
                _cell(people, table, row, column, suffix)
        bases = {f"{base}{suffix}" for base in BASES}
        for cell in [cell for cell in people.counts if cell[0] in bases]:
            of_group = sizes.get(cell[-1])
            known = sorted(sizes.values()) if of_group is None else [of_group]
            _add_size(people, cell, known, smallest)
        _add_rows(people, table, suffix)
    return people


def follows_from(column: str, columns: Iterable[str], groups: Iterable[str]) -> list[str]:
    """Return the columns whose numbers follow from the counts in a column of the same row."""
    suffix = next((f"_{group}" for group in groups if column.endswith(f"_{group}")), "")
    return [name for name in columns if name in {f"{follower}{suffix}" for follower in FOLLOWS}]


def _cell(people: People, table: pd.DataFrame, row: int, column: str, suffix: str) -> Cell:
    """Return the cell of a count and enter it; None where there is no number."""
    name = column + suffix
    if name not in table or pd.isna(table.at[row, name]):
        return None
    count = int(table.at[row, name])
    # Rows that repeat a whole say the same number: it is left out everywhere or nowhere.
    whole = (name, "whole", count, _whose(table, row, suffix))
    cell = whole if column in WHOLES else (name, "row", row)
    people.counts[cell] = count
    if (row, name) not in people.places.setdefault(cell, []):
        people.places[cell].append((row, name))
    if column in KNOWN_WHOLES:
        people.known.add(cell)
    return cell


def _whose(table: pd.DataFrame, row: int, suffix: str) -> str:
    """Return the group that a row or column is about, or "asked"; nothing where none is named."""
    if suffix:
        return suffix.removeprefix("_")
    if "group" in table:
        return str(table.at[row, "group"])
    return "asked" if {"question", "topic"} & set(table) else ""


def _add_splits(
    people: People, table: pd.DataFrame, row: int, suffix: str, sizes: Mapping[str, int]
) -> None:
    for parts, whole in SPLITS:
        if not all(f"{part}{suffix}" in table for part in parts):
            continue
        cells = [_cell(people, table, row, part, suffix) for part in parts]
        if whole is None and None not in cells:
            # Whoever is in no part has not filled in a form.
            filled_in = sum(people.counts[cell] for cell in cells)
            _add_sum(people, cells, _constant(people, max(filled_in, sizes.get("total", 0))))
        elif f"{whole}{suffix}" in table:
            cells = [*cells, _cell(people, table, row, whole, suffix)]
            if None not in cells:
                _add_sum(people, cells[:-1], cells[-1])


def _add_sum(people: People, parts: list[Cell], whole: Cell) -> None:
    rest = people.counts[whole] - sum(people.counts[part] for part in parts)
    if rest < 0:
        return
    if rest:
        nobodys = ("rest", whole, *parts)
        people.counts[nobodys] = rest
        people.rests.add(nobodys)
        parts = [*parts, nobodys]
    people.sums.append(Sum(tuple(dict.fromkeys(parts)), whole))


def _constant(people: People, count: int) -> Cell:
    cell = ("known", "whole", count, "")
    people.counts[cell] = count
    people.known.add(cell)
    return cell


def _add_size(people: People, cell: Cell, sizes: list[int], smallest: int) -> None:
    """Let an n that is one of the sizes be known, and one a little below be part of it."""
    count = people.counts[cell]
    if count in sizes:
        people.known.add(cell)
        return
    size = next((size for size in sizes if size > count), None)
    if size is not None and is_small(size - count, smallest):
        _add_sum(people, [cell], _constant(people, size))


def _add_rows(people: People, table: pd.DataFrame, suffix: str) -> None:
    """Add what adds up from row to row."""
    counted = {part for parts, _ in SPLITS for part in parts} | set(WHOLES)
    for column in sorted(name for name in counted if f"{name}{suffix}" in table):
        for rows, total in _summed_rows(table, column):
            cells = [_cell(people, table, row, column, suffix) for row in rows]
            if None in cells or len(set(cells)) < len(cells):
                continue
            parts = sum(people.counts[cell] for cell in cells)
            if isinstance(total, int):
                whole = _cell(people, table, total, column, suffix)
            elif total:
                whole = _cell(people, table, rows[0], total, suffix)
            else:
                whole = _constant(people, parts)
            if whole is not None and people.counts[whole] == parts and len(cells) > 1:
                people.sums.append(Sum(tuple(cells), whole))


def _summed_rows(table: pd.DataFrame, column: str) -> Iterator[tuple[list[int], int | str | None]]:
    """Yield rows that add up: to another row, to a whole's column, or to what is known."""
    for name, word in TOTAL_ROWS.items():
        if name in table and (table[name] == word).sum() == 1:
            total = int(table.index[table[name] == word][0])
            yield [row for row in table.index if row != total], total
    if column != "count":
        return
    if "profession" in table:
        yield list(table.index), None
    if {"question", "choice", "n"} <= set(table):
        for _, rows in table.groupby("question", sort=False):
            yield list(rows.index), "n"
