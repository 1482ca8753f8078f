"""What numbers rest on: print, what follows from print, simulated data, or participants' data."""

from collections.abc import Callable, Iterable
from functools import cached_property

import pandas as pd
from imp_common.numbers import BASES, BASIS, MARKS

from imp_common.errors import AnalysisError
from imp_printed.printed_numbers import agreement
from imp_report.table import GIVEN, other_end

# What F, p, f, d, power and the Bayes factor of an outcome follow from.
EFFECT = "effectiveness.{scale}.partial_eta_squared"
ORIGINS = {
    "simulated": "All numbers are simulated.",
    "derived": "From the printed numbers alone.",
    "published": "As printed in the paper.",
}
MIXED = "Partly synthetic data."
FILLED = "Filled: published or derived from published numbers; hollow: simulated (synthetic data)."


class Bases:
    """The bases of one notebook's numbers.

    ``published`` returns the printed numbers once they are needed; ``synthetic`` says that the
    study's data are simulated, so that only print is known of participants.
    """

    def __init__(self, published: Callable[[], pd.DataFrame], synthetic: bool) -> None:
        self.of_data = "simulated" if synthetic else "data"
        # The mark of each basis, for sentences; participants' data have none.
        self.marks = MARKS | {"data": MARKS["simulated"]} if synthetic else {}
        self._published = published
        self._cells: dict[tuple, str] = {}

    @cached_property
    def _printed(self) -> dict[str, tuple[str, str]]:
        if self.of_data == "data":
            return {}
        rows = self._published()[["id", "printed", "basis"]].itertuples(index=False)
        return {name: (printed, basis) for name, printed, basis in rows if printed}

    def of(self, name: str, value: object = None) -> str:
        """Tell what a result rests on; a value must agree with the printed one to count as such."""
        printed, basis = self._printed.get(name, ("", ""))
        if not printed:
            return self.of_data
        if isinstance(value, str):
            agrees = value == printed
        else:
            agrees = value is None or agreement(printed, value).status == "agrees"
        return {"printed": "published"}.get(basis, basis) if agrees else self.of_data

    def of_results(self, results: list[dict], anchor: str) -> list[str]:
        """Return the basis of each result, and remember it of the cells that show them."""
        bases = [r.get("basis") or self.of(r["id"], r["value"]) for r in results]
        for result, basis in zip(results, bases, strict=True):
            if "cell" in result:
                self._cells[anchor, *result["cell"]] = basis
        return bases

    def named(self, table: pd.DataFrame, column: str, name: str = EFFECT) -> pd.DataFrame:
        """Say what a column rests on whose rows are results; ``name`` is the ids' pattern."""
        rows = zip(table.to_dict("records"), table[column], strict=True)
        bases = [self.of(name.format(**row), value) for row, value in rows]
        return table if self.of_data == "data" else table.assign(**{column + BASIS: bases})

    def follows(self, *sources: str) -> str:
        """Tell what rests on several results at once: derived if all of them are printed."""
        return self.of_data if self.of_data in map(self.of, sources) else "derived"

    def derived(self, table: pd.DataFrame, columns: Iterable[str], *sources: str) -> pd.DataFrame:
        """Say what columns rest on that follow from printed numbers, their ids patterns.

        What is known to rest on print stays so. An interval is named by its lower end.
        """
        if self.of_data == "data":
            return table
        rows = table.to_dict("records")
        follows = [self.follows(*(s.format(**row) for s in sources or [EFFECT])) for row in rows]
        both = dict.fromkeys(c for name in columns for c in (name, other_end(name)))
        for column in [c for c in both if c in table]:
            known = table.get(column + BASIS, [self.of_data] * len(table))
            bases = [
                new if old == self.of_data else old for old, new in zip(known, follows, strict=True)
            ]
            table = table.assign(**{column + BASIS: bases})
        return table

    def counted(self, table: pd.DataFrame, *names: str) -> pd.DataFrame:
        """Say what counts, percentages and their intervals rest on; one of them gives the others.

        ``names`` are patterns of ids with "{statistic}" in them.
        """
        columns = ("count", "percent")
        ids = {c: [name.replace("{statistic}", c) for name in names] for c in columns}
        for column, (name, *_) in ids.items():
            table = self.named(table, column, name)
        for name in (*ids["count"], *ids["percent"]):
            table = self.derived(table, (*columns, "exact_low"), name)
        return table

    def of_cells(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Add "<column>_basis" to the columns of a table that show results from print.

        Where such a column says "data", the data are those of this study.
        """
        known = {c: table[c].replace("data", self.of_data) for c in table if c.endswith(BASIS)}
        table = table.assign(**known)
        for column in [c for c in table if c + BASIS not in table and c not in GIVEN]:
            bases = [self._cells.get((anchor, index, column)) for index in table.index]
            if {"published", "derived"} & set(bases):
                table = table.assign(**{column + BASIS: [b or self.of_data for b in bases]})
        return table

    def of_all(self, basis: str) -> str:
        """Return the basis of a whole table or figure."""
        if basis not in BASES:
            raise AnalysisError(f'"{basis}" is no basis of numbers; known: {", ".join(BASES)}.')
        return self.of_data if basis == "data" else basis


def origin(basis: str, table: pd.DataFrame) -> str:
    """Say what the numbers of a table rest on, if any is simulated."""
    mixed = {b for c in table if c.endswith(BASIS) for b in table[c].dropna()} - {"data"}
    if "simulated" not in mixed | {basis}:
        return ORIGINS.get(basis, "") if not mixed else ""
    return "Grey italics: simulated." if mixed else ORIGINS[basis]
