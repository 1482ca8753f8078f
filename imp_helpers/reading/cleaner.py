"""The steps that the cleaning of every table shares, with a log of each change and each problem."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from imp_helpers.reading.cell_values import dates_of, decimal_of, levels, numbers_of
from imp_helpers.reading.files import TIME, RawTable
from imp_helpers.study.errors import Problem
from imp_helpers.study.study import Study
from imp_helpers.study.text import has_control, short, without_control

CHANGE_COLUMNS = ["file", "row", "participant", "column", "before", "after", "rule", "why"]
EXCLUDED_COLUMNS = ["file", "row", "participant", "column", "why"]
LONGEST_NUMBER = 18
# The rule by which a participant's number was changed, which may tell how it was typed.
ONE_FORM = "participant number"


class TableCleaner:
    """Cleans tables of text, and carries the logs and the problems."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.problems: list[Problem] = []
        self.repeats: list[Problem] = []
        # The list of participants, once it is clean.
        self.people: pd.DataFrame | None = None
        self.changes: list[pd.DataFrame] = []
        self.set_aside: list[tuple] = []
        self.rows_aside: Counter[str] = Counter()

    def all_changes(self) -> pd.DataFrame:
        """Return the log of changes."""
        none = pd.DataFrame(columns=CHANGE_COLUMNS)
        changes = pd.concat(self.changes, ignore_index=True) if self.changes else none
        return changes[CHANGE_COLUMNS]

    # ------------------------------------------------------------ the logs

    def leave_out(self, table: RawTable, rows: list[int], whys: list[str]) -> RawTable:
        """Set rows aside, with the reason for each."""
        number = self.number_column(table)
        for row, why in zip(rows, whys, strict=True):
            who = table.cells.at[row, number] if number else ""
            self.set_aside.append((table.file, table.line(row), who, "", why))
        self.rows_aside[table.section] += len(rows)
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

    def change(
        self, table: RawTable, rows: np.ndarray, column: str, after: np.ndarray, rule: str, why: str
    ) -> None:
        """Change cells of one column and log each."""
        if not len(rows):
            return
        number = self.number_column(table)
        before = table.cells.loc[rows, column].to_numpy()
        table.cells.loc[rows, column] = after
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

    # ------------------------------------------------------------ all tables

    def tidy(self, raw: RawTable) -> RawTable:
        """Return a copy without stray spaces, unknown columns or two forms of one number."""
        for column in raw.surplus:
            why = "study.toml does not name this column"
            self.set_aside.append((raw.file, None, "", column, why))
        self.set_aside += [(raw.file, line, "", "", why) for line, why in raw.left_out]
        table = replace(raw, cells=raw.cells.copy(deep=False))
        self._log_blanked(raw)
        first = len(self.changes)
        number = self.number_column(table)
        questions = self.study.questions.values() if raw.section == "evaluation" else ()
        texts = {question.column for question in questions if question.kind == "text"}
        for column in table.cells:
            self.tidy_column(table, column, column == number, column in texts)
        self._by_row(first, list(table.cells))
        if number:
            self.participant_numbers(table, number)
        return table

    def tidy_column(self, table: RawTable, column: str, is_number: bool, is_text: bool) -> None:
        """Take stray spaces, control characters and stated missing values out of one column."""
        places, words = levels(table.cells[column])
        missing = set(self.study.settings.raw.missing)
        rules: dict[tuple[str, str], dict[int, str]] = {}
        for place, word in enumerate(words):
            after = word.strip()
            rule = ("stray spaces", "a space at either end")
            if has_control(after):
                after = without_control(after)
                rule = ("control characters", "signs that no one can see are shown as ␀ and such")
            if after in missing and not is_text and not is_number:
                after, rule = "", ("missing value", "study.toml says that it means no answer")
            # A space around a participant's number goes with the number's one form.
            if after != word and not (is_number and rule[0] == "stray spaces"):
                rules.setdefault(rule, {})[place] = after
        for (rule, why), afters in rules.items():
            chosen = np.isin(places, list(afters))
            after = np.array([afters[p] for p in places[chosen]], dtype=object)
            self.change(table, table.cells.index[chosen].to_numpy(), column, after, rule, why)

    def _by_row(self, first: int, order: list[str]) -> None:
        """Put the changes of one table into the order of its rows."""
        if len(self.changes) > first + 1:
            together = pd.concat(self.changes[first:], ignore_index=True)
            self.changes[first:] = [together.sort_values("row", kind="stable", ignore_index=True)]

    def _log_blanked(self, table: RawTable) -> None:
        """Log the values that the file itself declares missing."""
        kept = set(table.cells.columns) | set(table.aliases.values())
        codes = [time.code for time in self.study.times]
        kept |= {c.replace(TIME, code) for c in table.cells for code in codes}
        blanked = [entry for entry in table.blanked if entry[1] in kept]
        if blanked:
            log = pd.DataFrame(blanked, columns=["row", "column", "before", "why"])
            log = log.assign(file=table.file, participant="", after="", rule="missing value")
            self.changes.append(log)

    def participant_numbers(self, table: RawTable, column: str) -> None:
        """Write every participant number in one form."""
        raw = self.study.settings.raw
        pattern, form = raw.participant_pattern, raw.participant_format
        places, typed = levels(table.cells[column])
        numbers, wrong = [], []
        for place, word in enumerate(typed):
            match = re.fullmatch(pattern, word.strip()) if pattern else None
            digits = match[1] if match else ""
            if (pattern and not (digits.isdecimal() and len(digits) <= LONGEST_NUMBER)) or (
                not word.strip()
            ):
                wrong.append(place)
                numbers.append(word)
            else:
                numbers.append(form.format(int(digits)) if pattern else word.strip())
        index = table.cells.index
        for row in index[np.isin(places, wrong)]:
            cure = "Correct the number, or raw.participant_pattern in study.toml."
            allowed = f"a number such as {form.format(1)}" if pattern else "a participant's number"
            self.problem(table, row, column, allowed, cure)
        differing = [p for p, (a, b) in enumerate(zip(typed, numbers, strict=True)) if a != b]
        chosen = np.isin(places, differing)
        after = np.array(numbers, dtype=object)[places[chosen]]
        why = "participant numbers are standardised"
        self.change(table, index[chosen].to_numpy(), column, after, ONE_FORM, why)

    def without_repeats(self, table: RawTable, key: list[str], ignored: list[str]) -> RawTable:
        """Set aside rows that repeat an earlier one; two that contradict are a problem."""
        cells = table.cells
        repeats = cells.index[cells.duplicated(key)]
        if not len(repeats):
            return table
        compared = cells.columns.difference([*key, *ignored])
        first_rows = (
            cells[key].assign(row=cells.index).groupby(key, sort=False)["row"].transform("first")
        )
        repeated, whys = [], []
        for row in repeats:
            first = first_rows[row]
            differing = [c for c in compared if cells.at[row, c] != cells.at[first, c]]
            if differing:
                self.contradiction(table, row, first, key[0], differing)
                continue
            repeated.append(row)
            whys.append(f"submitted twice: the same answers as row {table.line(first)}")
            who = cells.at[row, key[0]] if key[0] == self.number_column(table) else ""
            warning = Problem(
                table.file, whys[-1], "one form", "Nothing: it is set aside.", table.line(row),
                None, who, "warning",
            )  # fmt: skip
            self.repeats.append(warning)
        return self.leave_out(table, repeated, whys)

    def contradiction(
        self, table: RawTable, row: int, first: int, number: str, differing: list[str]
    ) -> None:
        """Note that two rows of one participant contradict each other."""
        cells, participant = table.cells, short(table.cells.at[row, number], 40)
        group = self.study.settings.participants.group
        found = f"a second form that differs from row {table.line(first)}"
        allowed, cure = "one form", "Decide which one counts and correct or remove the other."
        if table.section == "participants" and group in differing:
            groups = [f'"{short(cells.at[place, group])}"' for place in (row, first)]
            found = f"{groups[0]}, and {groups[1]} in row {table.line(first)}"
            allowed, cure = "one group a participant", "Correct the group or the number."
            differing = [group]
        where = ", ".join(table.raw_name(row, column) for column in differing[:5])
        line = table.line(row)
        self.problems.append(Problem(table.file, found, allowed, cure, line, where, participant))

    def known(self, table: RawTable, column: str) -> None:
        """Note every row whose participant is not in the list of participants."""
        if self.people is None:
            return
        unknown = ~table.cells[column].isin(self.people["participant"])
        for row in table.cells.index[unknown]:
            cure = "Correct the number, or add the participant to the list."
            allowed = "a participant of the participants file"
            self.problem(table, row, column, allowed, cure, "participant", table.section)

    def numbers(
        self,
        table: RawTable,
        columns: list[str],
        lowest: float,
        highest: float,
        whole: bool,
        labels: dict[str, int] | None = None,
        subject: str = "",
    ) -> pd.DataFrame:
        """Read numbers, noting each that is no number, not whole, or out of range."""
        stated = self.study.settings.raw.decimal if table.is_text else None
        allowed = f"{'whole ' if whole else ''}numbers from {lowest:g} to {highest:g}"
        cure = (
            "Look it up on the form and list the edit in the corrections file, or leave it empty."
        )
        if labels:
            allowed += f", or {', '.join(labels)}"
            cure = "Add the label to [questionnaires.labels], or correct the answer."
        read, wrong = {}, []
        for order, column in enumerate(columns):
            places, words = levels(table.cells[column])
            decimal = decimal_of(words, stated)
            values = numbers_of(words, decimal, labels)
            bad = np.isnan(values) & (np.array(words, dtype=object) != "")
            with np.errstate(invalid="ignore"):
                bad |= (values < lowest) | (values > highest)
                bad |= (values % 1 != 0) & ~np.isnan(values) if whole else False
            values[bad] = np.nan
            read[column] = whole_numbers(values, places) if whole else values[places]
            for position in np.flatnonzero(bad[places]) if bad.any() else ():
                unclear = decimal is None and ("," in (w := words[places[position]]) or "." in w)
                wrong.append((position, order, unclear))
        for position, order, unclear in sorted(wrong):
            place = (table, table.cells.index[position], columns[order])
            if unclear:
                self.problem(*place, f"{allowed}, with one decimal sign", "State decimal in [raw].")
            else:
                self.problem(*place, allowed, cure, "answer", subject)
        return pd.DataFrame(read, index=table.cells.index)

    def decode(
        self, table: RawTable, column: str, codes: dict[str, str], setting: str
    ) -> pd.Series:
        """Replace codes by ids, noting each code that is not known; an empty cell stays missing.

        A code is also known by the label that the file itself gives it.
        """
        text = table.cells[column]
        own = table.value_labels.get(table.aliases.get(column, column), {})
        known = {value: codes[label] for value, label in own.items() if label in codes} | codes
        for row in text.index[~text.isin([*known, ""])]:
            allowed = ", ".join(codes)
            cure = f"Correct the code, or add it to {setting} in study.toml."
            self.problem(table, row, column, allowed, cure, "code", setting)
        return text.map(known).astype("str").where(text != "")

    def dates(self, table: RawTable, column: str) -> pd.Series:
        """Read dates; year-month-day, or in the one format that fits them all."""
        places, words = levels(table.cells[column])
        read, form = dates_of(words, self.study.settings.raw.date_format)
        wrong = [p for p, word in enumerate(words) if word and not read[p]]
        for row in table.cells.index[np.isin(places, wrong)]:
            cure = "Correct the date, or state date_format in [raw]."
            self.problem(table, row, column, "a date such as 2018-09-25", cure, "date", column)
        if form is None:
            row = table.cells.index[0]
            allowed = "dates that can be read in one way"
            self.problem(table, row, column, allowed, 'State date_format = "%d-%m-%Y" in [raw].')
        values = pd.Series(np.array(read, dtype=object)[places], table.cells.index, dtype="str")
        return values.where(values != "")


def whole_numbers(values: np.ndarray, places: np.ndarray) -> pd.arrays.IntegerArray:
    """Return whole numbers, missing where there is none."""
    missing = np.isnan(values)
    numbers = np.where(missing, 0, values).astype("int64")
    return pd.arrays.IntegerArray(numbers[places], missing[places])
