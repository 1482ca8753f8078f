"""The log of cleaning: every changed cell, every excluded row, every problem."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from imp_common.errors import Problem, short
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import TIME
from imp_intake.settings.study import Study

CHANGE_COLUMNS = ["file", "row", "participant", "column", "before", "after", "rule", "why"]
EXCLUDED_COLUMNS = ["file", "row", "participant", "column", "why"]


class ChangeLog:
    """What cleaning has changed, left out and found wrong."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        # The list of participants, once it is clean.
        self.people: pd.DataFrame | None = None
        self.changes: list[pd.DataFrame] = []
        self.set_aside: list[tuple] = []
        self.rows_aside: Counter[tuple[str, str]] = Counter()

    def all_changes(self) -> pd.DataFrame:
        """Return the log of changes."""
        none = pd.DataFrame(columns=CHANGE_COLUMNS)
        changes = pd.concat(self.changes, ignore_index=True) if self.changes else none
        return changes[CHANGE_COLUMNS]

    # ------------------------------------------------------------ the logs

    def leave_out(self, table: RawTable, rows: list[int], whys: list[str]) -> RawTable:
        """Exclude rows, with the reason for each."""
        number = self.number_column(table)
        for row, why in zip(rows, whys, strict=True):
            who = table.cells.at[row, number] if number else ""
            self.set_aside.append((table.file, table.line(row), who, "", why))
        self.rows_aside[table.section, table.file] += len(rows)
        return replace(table, cells=table.cells.drop(index=rows)) if rows else table

    def number_column(self, table: RawTable) -> str | None:
        """Return the column of the participant's number; None for a table without one."""
        return getattr(getattr(self.study.settings, table.section), "participant", None)

    def problem(
        self,
        table: RawTable,
        row: int,
        column: str,
        allowed: str,
        cure: str,
        kind: str = "",
        subject: str = "",
    ) -> None:
        """Note a problem of one cell; those of one kind and subject may have one cause."""
        cell = table.cells.at[row, column]
        number = self.number_column(table)
        participant = short(table.cells.at[row, number], 40) if number else None
        shown = f'"{short(cell)}"' if cell != "" else "nothing"
        name = table.raw_name(row, column)
        problem = Problem(table.file, shown, allowed, cure, table.line(row), name, participant)
        self.problems.append(replace(problem, kind=kind, subject=subject, word=cell))

    def note(self, problems: Iterable[Problem]) -> None:
        """Note problems of whole columns, errors and warnings."""
        for problem in problems:
            (self.problems if problem.severity == "error" else self.warnings).append(problem)

    def change(
        self, table: RawTable, rows: np.ndarray, column: str, after: np.ndarray, rule: str, why: str
    ) -> None:
        """Change cells of one column and log each."""
        if not len(rows):
            return
        number = self.number_column(table)
        cells = table.cells[column].astype(object)
        before = cells.loc[rows].to_numpy()
        cells.loc[rows] = after
        table.cells[column] = cells.astype("category")
        who = table.cells.loc[rows, number].to_numpy() if number else ""
        names = [table.raw_name(row, column) for row in rows] if TIME in column else None
        log = pd.DataFrame({"row": np.asarray(rows) // table.forms_in_line, "participant": who})
        log = log.assign(
            file=table.file,
            column=names or table.aliases.get(column, column),
            before=before,
            after=after,
            rule=rule,
            why=why,
        )
        self.changes.append(log.astype({"participant": object, "before": object, "after": object}))
