"""A file as rows of text, whatever it was: CSV, a sheet of Excel, or SPSS."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pandas as pd

from imp_common.errors import InputError, Problem

# So many rows are lists at once, few enough not to wake the garbage collector again and again; so
# many of the first stay lists.
ROWS_AT_ONCE, FIRST_ROWS = 1_000, 20


@dataclass
class Grid:
    """What stood in a file, cell by cell as text.

    ``format`` is what it was found to be ("CSV, separator ;, UTF-8"). ``cells`` has a categorical
    column for each of ``header``, known by its place, and the lines of the file as its index;
    ``rows`` are the first rows below the header and all of another length, as they were, by line.
    ``labels`` is what the file says about columns, such as the wording of a question,
    ``value_labels`` the label of each of a column's values. ``blanked`` are values that the file
    itself calls missing: line, column, value, why. ``warnings`` are what was detected but could be
    different. ``is_text`` says that the numbers are texts, whose decimal sign is open.
    """

    format: str
    header: list[str]
    cells: pd.DataFrame
    rows: dict[int, list[str]]
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    blanked: list[tuple[int, str, str, str]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    is_text: bool = False


def packed(
    rows: Iterable[tuple[int, list[str]]], width: int
) -> tuple[pd.DataFrame, dict[int, list[str]]]:
    """Return rows, each with its line, as the ``cells`` and ``rows`` of a Grid.

    Every cell takes a byte or a few, whatever its text: each word of a column is held once.
    """
    rows, lines, kept = iter(rows), [], {}
    words: list[defaultdict[str, int]] = [defaultdict() for _ in range(width)]
    for known in words:
        known.default_factory = known.__len__
    codes: list[list[np.ndarray]] = [[] for _ in range(width)]
    while some := list(islice(rows, ROWS_AT_ONCE)):
        kept = kept or dict(some[:FIRST_ROWS])
        kept |= {line: row for line, row in some if len(row) != width}
        block = [[*row, *[""] * (width - len(row))][:width] if line in kept else row
                 for line, row in some]  # fmt: skip
        lines.append(np.array([line for line, _ in some]))
        for known, parts, cells in zip(words, codes, zip(*block, strict=True), strict=True):
            places = np.fromiter(map(known.__getitem__, cells), "int32", len(cells))
            parts.append(places.astype(np.min_scalar_type(-len(known))))
    columns = {
        place: pd.Categorical.from_codes(np.concatenate(parts), pd.Index(known, dtype=object))
        for place, (known, parts) in enumerate(zip(words, codes, strict=True)) if parts
    }  # fmt: skip
    index = np.concatenate(lines) if lines else None
    return pd.DataFrame(columns, index, range(width), copy=False), kept


def refuse(file: str, found: str, allowed: str, cure: str) -> InputError:
    """Return the error of a file that cannot be read at all."""
    return InputError([Problem(file, found, allowed, cure)])


def number_text(value: float) -> str:
    """Return a number of a spreadsheet or of SPSS as a person would type it: 3, not 3.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
