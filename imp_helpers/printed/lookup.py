"""Looking up printed numbers by what they are about: measure, group, time and statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from imp_helpers.printed.checks import Check
from imp_helpers.printed.printed_numbers import Interval, parse

TOTAL = "total"
Row = dict[str, str]


@dataclass(frozen=True)
class Published:
    """The filled-in rows of a table of published numbers, ready to be looked up.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `imp_helpers.published.read_published`.
    rounding : str
        The rounding rule that the text is taken to follow.
    """

    frame: pd.DataFrame
    rounding: str = "half_up"

    @cached_property
    def rows(self) -> list[Row]:
        """The rows with something printed, exact numbers and claims alike."""
        return self.frame[self.frame["printed"] != ""].to_dict("records")

    def where(self, **columns: str | Sequence[str]) -> list[Row]:
        """Return the printed rows in which each column has one of the values named."""
        allowed = {c: (v,) if isinstance(v, str) else tuple(v) for c, v in columns.items()}
        return [r for r in self.rows if all(r[c] in values for c, values in allowed.items())]

    def beside(self, row: Row, statistic: str, **other: str) -> Row | None:
        """Return the row of another statistic of the same measure, group and time."""
        place = {column: row[column] for column in ("variable", "group", "time")} | other
        return next(iter(self.where(statistic=statistic, **place)), None)

    def groups(self, row: Row) -> list[Row]:
        """Return the rows of the groups that a row of the total is made up of."""
        alike = {column: row[column] for column in ("variable", "time", "statistic")}
        return [r for r in self.where(**alike) if r["group"] not in ("", TOTAL)]

    def interval(self, row: Row) -> Interval:
        """Return what a printed number can stand for."""
        return parse(row["printed"]).interval(self.rounding)

    def degrees_of_freedom(self, row: Row) -> tuple[int, int]:
        """Return those of the time x group interaction of the study's mixed design."""
        groups = len(set(self.frame["group"]) - {"", TOTAL})
        times = len(set(self.frame["time"]) - {""})
        effect = max(groups - 1, 1) * max(times - 1, 1)
        return effect, (int(row["n"]) - max(groups, 2)) * max(times - 1, 1)


def about(check: Check, *rows: Row | None) -> Check:
    """Name the statistics that a check concerns."""
    return replace(check, ids=tuple(row["id"] for row in rows if row is not None))
