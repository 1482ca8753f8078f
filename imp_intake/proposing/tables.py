"""The tables of an export, and the blocks of numbered columns that are found in them."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from imp_intake.reading.cell_values import decimal_of, numbers_of
from imp_intake.reading.files import read_file
from imp_intake.reading.grid import Grid
from imp_intake.reading.spreadsheets import sheet_names
from imp_intake.reading.survey_systems import recognise
from imp_intake.reading.value_labels import WORDS, is_no_answer, missing_codes, plain_number
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.sections import WORKBOOKS

# A word of so few rows may be a mistake.
RARE = 0.02


@dataclass
class Table:
    """One file or sheet, its columns as text."""

    name: str
    sheet: str | None
    grid: Grid
    cells: pd.DataFrame
    import_ids: dict[str, int] = field(default_factory=dict)

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
    # What study.toml lists in place of a pattern: columns, or by the code of a time one of both.
    listed: object = None
    note: str = ""
    # Numbers of items that are there as reversed copies.
    exported: list[int] = field(default_factory=list)
    # A column of scores that were computed elsewhere, and no items.
    is_score: bool = False

    @property
    def found(self) -> list[int]:
        """The whole numbers among the answers that are no code for "missing"."""
        return [n for n in self._numbers if str(n) not in self.missing]

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest number among the answers."""
        words = [word for word in self.words if word not in self.missing]
        numbers = numbers_of(words, decimal_of(words))
        numbers = numbers[~np.isnan(numbers)]
        return (numbers.min(), numbers.max()) if len(numbers) else (0, 1)

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
    sheets, tables = sheet_names(path) if path.suffix.lower() in WORKBOOKS else [None], []
    for sheet in sheets:
        grid = read_file(path, path.name, sheet)
        ids = _import_ids(grid)
        grid = recognise(grid)
        if len(grid.header) > 1 and len(grid.cells):
            header = [re.sub(r"\s*\n\s*", "", name) for name in grid.header]
            cells = grid.cells.set_axis(header, axis=1).reset_index(drop=True).astype(object)
            cells = cells.loc[:, ~cells.columns.duplicated() & (cells.columns != "")]
            cells = cells.apply(lambda column: column.str.strip())
            tables.append(Table(path.name, sheet if len(sheets) > 1 else None, grid, cells, ids))
    return tables


def _import_ids(grid: Grid) -> dict[str, int]:
    """Return the last number in Qualtrics' id of each column, which tells the order of items."""
    rows = [row for row in list(grid.rows.values())[:2] if any('"ImportId"' in w for w in row)]
    pairs = zip(grid.header, rows[0] if rows else (), strict=False)
    ids = ((name, re.search(r'"ImportId":\s*"[^"]*_(\d+)"', word)) for name, word in pairs)
    return {name: int(found[1]) for name, found in ids if found}
