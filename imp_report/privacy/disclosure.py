"""The gate through which tables, numbers, figures and sentences leave a notebook.

Everything that reports show passes the notebook's desk, and the desk passes it through here; a
notebook cannot forget it. For a study without disclosure control the gate is open. Else it holds
back counts of a few people with those from which they could be worked out and what follows from
them, extremes, rows about single people and free texts that nobody released, and it keeps a record
of what it held back. Files in ``processed`` are not for publication: only results pass the gate.

What it cannot hide: an exact mean, F or p of the complete cases can tell their number, and with it
that a person is missing, to somebody who calculates. Points in figures are people's values, without
a name and in no order. A reader of the reports should look through them before they are published.

Why not the library acro (1.0.2): it checks what its own functions compute from single records, so
that every table would have to be computed by it; it has no secondary suppression, which it leaves
to a human checker; and it asks for pandas 2.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from imp_common.folders import RECORDS
from imp_report.privacy.counted_columns import EXTREMES, FOLLOWS, People, follows_from
from imp_report.privacy.suppression import is_small, suppress
from imp_report.table import number_of

SUPPRESSED = "suppressed"
# One rule for a small count and for those left out beside it: a record that told which is which
# would tell that a count is small.
SMALL = "a count of fewer than {} people, or one from which it could be worked out"
FOLLOWING = "follows from a count that is left out"
EXTREME = "the extreme is the value of a single person"
FEW = "a statistic of fewer than {} people"
PERSON = "rows about single participants"
TEXT = "free texts that are not released"
FIGURE = "shows counts of fewer than {} people, or cannot be checked"

# Results with these words in their ids count something else than people.
NOT_ABOUT_PEOPLE = ("main_measures", "sessions")
RETENTION = ("completers", "drop_outs")
COUNT_WORDS = ("count", "n", "deteriorated", "improved", "unchanged")


class Gate:
    """The gate of one notebook; ``out`` is where ``processed`` and ``reports`` are."""

    def __init__(self, study: Any, notebook: str, out: Path) -> None:
        self.privacy = study.settings.privacy
        # The smallest count of people that may pass.
        self.smallest = self.privacy.smallest_count
        self.is_open = not study.settings.disclosure_control
        self.trained = study.intervention_groups
        # What columns of people end with: "n_control", "n_post", "n_drop_outs".
        self.parts = [*study.group_labels, *study.time_labels, *RETENTION]
        self.notebook, self.out = notebook, out
        # Who reads results gets them as they passed the other gates, and reads no data.
        self.reads_results = False
        self.sessions = study.settings.sessions and study.settings.sessions.file
        forms = (study.settings.questionnaires, study.settings.evaluation)
        self.files = {name for section in forms if section for name, *_ in section.sources}
        # The numbers that were left out: of each table, and of all tables as counts.
        self.hidden: dict[str, set[float]] = {}
        self._record: list[tuple[str, str, str, str]] = []

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many people there are: in each group, in all, and asked for an evaluation."""
        file = self.out / "processed" / "participants.csv"
        if not file.is_file():
            return {}
        groups = pd.read_csv(file, usecols=["group"])["group"]
        in_all = {"total": len(groups), "asked": int(groups.isin(self.trained).sum())}
        return groups.value_counts().to_dict() | in_all

    # ------------------------------------------------------------ tables

    def table(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Return a table without what may not be shown.

        Where a number was, there is none now.
        """
        if self.is_open:
            return table
        table = self._without_people(table, anchor).reset_index(drop=True)
        people = People(table, self.parts, self.sizes, self.smallest)
        left_out = suppress(people.counts, people.sums, self.smallest, people.rests, people.known)
        cells = dict(self._cells(table, people, left_out))
        names = table.iloc[:, 0].astype(str) if len(table.columns) else []
        numbers = {cell: table.at[cell] for cell, rule in cells.items() if rule != EXTREME}
        numbers = {cell: float(number) for cell, number in numbers.items() if pd.notna(number)}
        self.hidden.setdefault(anchor, set()).update(numbers.values())
        for (row, column), rule in cells.items():
            self._note(anchor, names[row], column, rule)
        return _without(table, cells)

    def _cells(
        self, table: pd.DataFrame, people: People, left_out: dict
    ) -> Iterator[tuple[tuple[int, str], str]]:
        """Yield row, column and rule of each cell that is emptied."""
        for column in (name for name in EXTREMES if name in table):
            yield from (((row, column), EXTREME) for row in table.index)
        for row, column in ((r, c) for cell in left_out for r, c in people.places[cell]):
            for follower in follows_from(column, table.columns, self.parts):
                yield (row, follower), FOLLOWING
            yield (row, column), SMALL.format(self.smallest)
        if "file" in table and "rows_in" in table:
            rows = table.index[table["file"].isin(self.files)]
            told = ("rows_in", "rows_out", "rows_set_aside")
            yield from (((r, column), SMALL.format(self.smallest)) for r in rows for column in told)
        if {"area", "count"} <= set(table):
            # Harms have a table of their own; two tables of one question would tell more than one.
            told = [c for c in table if c in ("count", "n") or c in FOLLOWS]
            rows = table.index[table["area"] == "harms"]
            yield from (((r, column), SMALL.format(self.smallest)) for r in rows for column in told)
        for part in ["", *self.parts]:
            suffix = f"_{part}" if part else ""
            if f"n{suffix}" in table:
                few = table.index[
                    table[f"n{suffix}"].map(lambda n: pd.notna(n) and is_small(n, self.smallest))
                ]
                for column in table.select_dtypes("floating"):
                    # Means of those who stayed and of everybody would tell that of the others.
                    if not part or part in RETENTION or column.endswith(suffix):
                        yield from (((row, column), FEW.format(self.smallest)) for row in few)
        if {"value", "go_if"} <= set(table):
            rows = table.index[table["value"].isin(set().union(*self.hidden.values()))]
            yield from (((row, "value"), FOLLOWING) for row in rows)

    def _without_people(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Return a table without rows about one participant, and without unreleased texts."""
        if "participant" in table:
            of_nobody = table["participant"].fillna("") == ""
            if {"file", "row"} <= set(table):
                # A row of a file of people is one person, whether or not the number is known.
                of_nobody &= table["row"].isna() | (table["file"] == self.sessions)
            if not of_nobody.all():
                self._note(anchor, "", "participant", PERSON)
            table = table[of_nobody]
        if "report" in table:
            released = table["report"].fillna("").str.strip().isin(self.privacy.released_texts)
            if not released.all():
                self._note(anchor, "", "report", TEXT)
            table = table[released]
        return table

    # ------------------------------------------------------------ results

    def results(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return results with a word in the place of values that may not be known."""
        if self.is_open or results.empty:
            return results
        kept = results.astype({"value": object})
        for row in results.index:
            if self._is_told(results.loc[row]):
                kept.at[row, "value"] = SUPPRESSED
        known = [
            pd.isna(n) or (self._may_be_known(n) and float(n) not in self._hidden_in(anchor))
            for n, anchor in zip(kept["n"], kept["anchor"], strict=True)
        ]
        return kept.assign(n=kept["n"].where(known))

    def _is_told(self, result: pd.Series) -> bool:
        """Tell whether a result is a number that its table leaves out, or is small itself."""
        value, n, words = result["value"], result["n"], result["id"].split(".")
        if isinstance(value, str) or pd.isna(value):
            return False
        if float(value) in self._hidden_in(result["anchor"]) or {"min", "max"} & set(words):
            return True
        if pd.isna(n) or set(NOT_ABOUT_PEOPLE) & set(words):
            return False
        if is_small(n, self.smallest):
            return True
        if "percent" in words:
            value = round(float(value) * int(n) / 100)
        elif not set(COUNT_WORDS) & set(words):
            return False
        return is_small(value, self.smallest) or is_small(int(n) - value, self.smallest)

    def _hidden_in(self, anchor: str) -> set[float]:
        """Return what was left out of the table of a result ("table-5-1", or a row of it)."""
        return set() if pd.isna(anchor) else self.hidden.get(anchor.partition(".")[0], set())

    def _may_be_known(self, n: int | None) -> bool:
        sizes = set(self.sizes.values())
        if pd.isna(n) or int(n) in sizes:
            return True
        size = min((size for size in sizes if size > n), default=0)
        return not is_small(n, self.smallest) and not is_small(size - int(n), self.smallest)

    # ------------------------------------------------------------ figures

    def shows_few(self, people: list[tuple[float, float]] | None, anchor: str) -> bool:
        """Tell whether a figure of counts may not be shown.

        ``people`` are the count and the whole of each bar; None where the figure does not say.
        """
        if self.is_open:
            return False
        small = people is None or any(
            is_small(count, self.smallest)
            or is_small(whole - count, self.smallest)
            or not self._may_be_known(whole)
            for count, whole in people
        )
        if small:
            self._note(anchor, "", "", FIGURE.format(self.smallest))
        return small

    # ------------------------------------------------------------ the record

    def _note(self, place: str, row: str, column: str, rule: str) -> None:
        entry = (place, row, column, rule)
        if entry in self._record:
            return
        self._record.append(entry)
        file = self.out / "reports" / RECORDS / f"{self.notebook}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        record = pd.DataFrame(self._record, columns=["place", "row", "column", "rule"])
        record.insert(0, "notebook", self.notebook)
        record.to_csv(file, index=False, lineterminator="\n")

    def remark(self, anchor: str) -> str:
        """Return what stands under a table from which something was left out."""
        if not any(place == anchor for place, *_ in self._record):
            return ""
        return "Disclosure control has left out what could tell something about single people."


def _without(table: pd.DataFrame, cells: dict[tuple[int, str], str]) -> pd.DataFrame:
    """Return a table with some of its cells emptied; whole numbers stay whole."""
    table = table.copy()
    for column in dict.fromkeys(column for _, column in cells):
        rows = [row for row, name in cells if name == column]
        if pd.api.types.is_integer_dtype(table[column]):
            table[column] = table[column].astype("Int64")
        table.loc[rows, column] = pd.NA
    return table


def places_left_out(built: Path) -> pd.DataFrame:
    """Return what disclosure control left out of the numbered notebooks: places by rule."""
    files = sorted((built / "reports" / RECORDS).glob("[0-9]*.csv"))
    records = [pd.read_csv(file, dtype=str) for file in files]
    record = pd.concat([pd.DataFrame(columns=["place", "rule"]), *records])
    record["place"] = record["place"].map(number_of)
    places = record.drop_duplicates(["rule", "place"]).groupby("rule", sort=False)["place"]
    return places.agg(", ".join).to_frame("places")
