"""Which cells of a table count people, how they add up, and what follows from them.

The reports' tables name their columns as the register of statistics does, so the names tell. A
column of a group ends with the group's id: "count_control".
"""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from imp_common.register import statistics
from imp_report.privacy.suppression import Cell, Sum, is_small

# Parts that make up a whole; where they do not, the rest are people as well.
SPLITS: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("count",), "n"),
    (("count",), "forms"),
    (("count",), "trained"),
    (("forms",), "trained"),
    (("men",), "n"),
    (("at_floor", "at_ceiling"), "n"),
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


class People:
    """The counts of people in a table by their cells, and the sums by which they add up.

    ``places`` has the row and column of each cell that the table shows; a whole that several rows
    repeat is one cell with several places. ``rests`` are cells that no table shows: those who are
    in the whole and in no part. ``known`` are cells that stand elsewhere too.

    ``sizes`` is how many people there are, which everybody knows: by group, "total", and "asked" to
    fill in the evaluation form. An n that lacks fewer people than ``smallest`` to the next size
    would tell that they are missing. The table's index is 0, 1, 2 and so on.
    """

    def __init__(
        self, table: pd.DataFrame, groups: Iterable[str], sizes: Mapping[str, int], smallest: int
    ) -> None:
        self.counts: dict[Cell, int] = {}
        self.sums: list[Sum] = []
        self.places: dict[Cell, list[tuple[int, str]]] = {}
        self.rests: set[Cell] = set()
        self.known: set[Cell] = set()
        self._table, self._sizes, self._smallest = table, sizes, smallest
        for suffix in ["", *(f"_{group}" for group in groups)]:
            for row in table.index:
                self._add_splits(row, suffix)
                for column in ALONE:
                    self._cell(row, column, suffix)
            bases = {f"{base}{suffix}" for base in BASES}
            for cell in [cell for cell in self.counts if cell[0] in bases]:
                self._add_size(cell)
            self._add_rows(suffix)

    def _cell(self, row: int, column: str, suffix: str) -> Cell:
        """Return the cell of a count and enter it; None where there is no number."""
        name = column + suffix
        if name not in self._table or pd.isna(self._table.at[row, name]):
            return None
        count = int(self._table.at[row, name])
        # Rows that repeat a whole say the same number: it is left out everywhere or nowhere.
        whole = (name, "whole", count, self._whose(row, suffix))
        cell = whole if column in WHOLES else (name, "row", row)
        self.counts[cell] = count
        if (row, name) not in self.places.setdefault(cell, []):
            self.places[cell].append((row, name))
        if column in KNOWN_WHOLES:
            self.known.add(cell)
        return cell

    def _whose(self, row: int, suffix: str) -> str:
        """Return the group that a row or column is about, or "asked"; nothing if none is named."""
        if suffix:
            return suffix.removeprefix("_")
        if "group" in self._table:
            return str(self._table.at[row, "group"])
        return "asked" if {"question", "topic"} & set(self._table) else ""

    def _add_splits(self, row: int, suffix: str) -> None:
        for parts, whole in SPLITS:
            if not all(f"{part}{suffix}" in self._table for part in parts):
                continue
            cells = [self._cell(row, part, suffix) for part in parts]
            if whole is None and None not in cells:
                # Whoever is in no part has not filled in a form.
                filled_in = sum(self.counts[cell] for cell in cells)
                everyone = max(filled_in, self._sizes.get("total", 0))
                self._add_sum(cells, self._constant(everyone))
            elif f"{whole}{suffix}" in self._table:
                cells = [*cells, self._cell(row, whole, suffix)]
                if None not in cells:
                    self._add_sum(cells[:-1], cells[-1])

    def _add_sum(self, parts: list[Cell], whole: Cell) -> None:
        rest = self.counts[whole] - sum(self.counts[part] for part in parts)
        if rest < 0:
            return
        if rest:
            nobodys = ("rest", whole, *parts)
            self.counts[nobodys] = rest
            self.rests.add(nobodys)
            parts = [*parts, nobodys]
        self.sums.append(Sum(tuple(dict.fromkeys(parts)), whole))

    def _constant(self, count: int) -> Cell:
        cell = ("known", "whole", count, "")
        self.counts[cell] = count
        self.known.add(cell)
        return cell

    def _add_size(self, cell: Cell) -> None:
        """Let an n that is one of the sizes be known, and one a little below be part of it."""
        count, of_group = self.counts[cell], self._sizes.get(cell[-1])
        sizes = sorted(self._sizes.values()) if of_group is None else [of_group]
        if count in sizes:
            self.known.add(cell)
            return
        size = next((size for size in sizes if size > count), None)
        if size is not None and is_small(size - count, self._smallest):
            self._add_sum([cell], self._constant(size))

    def _add_rows(self, suffix: str) -> None:
        """Add what adds up from row to row."""
        counted = {part for parts, _ in SPLITS for part in parts} | set(WHOLES)
        for column in sorted(name for name in counted if f"{name}{suffix}" in self._table):
            for rows, total in _summed_rows(self._table, column):
                cells = [self._cell(row, column, suffix) for row in rows]
                if None in cells or len(set(cells)) < len(cells):
                    continue
                parts = sum(self.counts[cell] for cell in cells)
                if isinstance(total, int):
                    whole = self._cell(total, column, suffix)
                elif total:
                    whole = self._cell(rows[0], total, suffix)
                else:
                    whole = self._constant(parts)
                if whole is not None and self.counts[whole] == parts and len(cells) > 1:
                    self.sums.append(Sum(tuple(cells), whole))


def follows_from(column: str, columns: Iterable[str], groups: Iterable[str]) -> list[str]:
    """Return the columns whose numbers follow from the counts in a column of the same row."""
    suffix = next((f"_{group}" for group in groups if column.endswith(f"_{group}")), "")
    return [name for name in columns if name in {f"{follower}{suffix}" for follower in FOLLOWS}]


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
