"""From raw exports to clean tables, with a log of every change and of what was set aside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imp_helpers.reading.cell_values import dates_of, decimal_of, levels, numbers_of
from imp_helpers.reading.corrections import apply_corrections
from imp_helpers.reading.files import (
    SECTIONS,
    TIME,
    RawTable,
    item_columns,
    read_raw_files,
)
from imp_helpers.study.errors import Problem, raise_if_any
from imp_helpers.study.schema import Question
from imp_helpers.study.study import Study
from imp_helpers.study.text import has_control, short, without_control

__all__ = ["Cleaned", "clean", "clean_as_far_as_possible", "read_raw_files"]

CHANGE_COLUMNS = ["file", "row", "participant", "column", "before", "after", "rule", "why"]
SET_ASIDE_COLUMNS = ["file", "row", "participant", "column", "why"]
LONGEST_NUMBER = 18


@dataclass(frozen=True)
class Cleaned:
    """The clean tables of a study and the two logs.

    Parameters
    ----------
    participants : DataFrame
        participant, group, training_group, sex, age (years), profession.
    answers : DataFrame
        participant, time, date, minutes, and a whole-number column an item ("pss_1"), as answered.
    evaluation, sessions : DataFrame or None
        None where the study has no such file. The evaluation has a column a question; a question
        of kind "several" has a 0/1 column a choice.
    changes : DataFrame
        A row for each changed cell: file, row, participant, column, before, after, rule, why.
    set_aside : DataFrame
        A row for each row or column that was left out: file, row, participant, column, why.
    rows : DataFrame
        A row for each file: rows_in, rows_out, rows_set_aside.
    totals : DataFrame or None
        The totals that the export itself carries: participant, time, line, a column a scale.
    lines : Series or None
        The line of the file that each row of ``answers`` comes from.
    """

    participants: pd.DataFrame
    answers: pd.DataFrame
    evaluation: pd.DataFrame | None
    sessions: pd.DataFrame | None
    changes: pd.DataFrame
    set_aside: pd.DataFrame
    rows: pd.DataFrame
    totals: pd.DataFrame | None = None
    lines: pd.Series | None = None


def clean(study: Study, raw: dict[str, RawTable]) -> Cleaned:
    """Clean the raw tables of a study.

    Stray spaces go, participant numbers take one form, corrections by hand are applied, forms
    submitted twice with the same answers are set aside, codes and decimal commas are read.

    Raises
    ------
    InputError
        Naming every problem at once: an unknown or repeated participant, an unknown code, an
        answer outside the key's range or no whole number, two forms that contradict each other, a
        correction that does not fit.
    """
    cleaned, problems = clean_as_far_as_possible(study, raw)
    raise_if_any(problems)
    return cleaned


def clean_as_far_as_possible(
    study: Study, raw: dict[str, RawTable]
) -> tuple[Cleaned, list[Problem]]:
    """Clean the tables that there are; a cell that is a problem becomes missing."""
    cleaner = Cleaner(study)
    return cleaner.clean(raw), cleaner.problems


class Cleaner:
    """Carries the logs and the problems of one cleaning."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.problems: list[Problem] = []
        self.changes: list[pd.DataFrame] = []
        self.set_aside: list[tuple] = []
        self.rows_aside: Counter[str] = Counter()
        self.totals: pd.DataFrame | None = None
        self.lines: pd.Series | None = None

    def clean(self, raw: dict[str, RawTable]) -> Cleaned:
        """Clean all tables."""
        tables = {name: self.tidy(table) for name, table in raw.items()}
        apply_corrections(self, tables)
        made = dict.fromkeys(SECTIONS)
        known = None
        if "participants" in tables:
            known = made["participants"] = self.participants(tables["participants"])
        for name in ("questionnaires", "evaluation"):
            if name in tables:
                made[name] = getattr(self, name)(tables[name], known)
        if "sessions" in tables:
            made["sessions"] = self.sessions(tables["sessions"])
        set_aside = pd.DataFrame(self.set_aside, columns=SET_ASIDE_COLUMNS)
        set_aside["row"] = set_aside["row"].astype("Int64")
        return Cleaned(
            made["participants"],
            made["questionnaires"],
            made["evaluation"],
            made["sessions"],
            changes=self._all_changes(),
            set_aside=set_aside,
            rows=self._rows(raw, made),
            totals=self.totals,
            lines=self.lines,
        )

    def _all_changes(self) -> pd.DataFrame:
        none = pd.DataFrame(columns=CHANGE_COLUMNS)
        changes = pd.concat(self.changes, ignore_index=True) if self.changes else none
        return changes[CHANGE_COLUMNS]

    def _rows(self, raw: dict[str, RawTable], made: dict) -> pd.DataFrame:
        """Count the rows of each table: in, out and set aside."""
        rows = []
        for name, table in raw.items():
            came_in = len(table.cells) + len(table.left_out)
            aside = self.rows_aside[name] + len(table.left_out)
            rows.append((table.file, came_in, len(made[name]), aside))
        return pd.DataFrame(rows, columns=["file", "rows_in", "rows_out", "rows_set_aside"])

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
        self, table: RawTable, row: int, column: str, allowed: str, cure: str, found: str = ""
    ) -> None:
        """Note a problem of one cell."""
        cell = table.cells.at[row, column]
        number = self.number_column(table)
        participant = short(table.cells.at[row, number], 40) if number else None
        shown = found or (f'"{short(cell)}"' if cell != "" else "nothing")
        name = table.raw_name(row, column)
        line = table.line(row)
        self.problems.append(Problem(table.file, shown, allowed, cure, line, name, participant))

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
        why = "one participant, one way of writing the number"
        self.change(table, index[chosen].to_numpy(), column, after, "participant number", why)

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
            else:
                same = f"the same answers as row {table.line(first)}"
                repeated.append(row)
                whys.append(f"submitted twice: {same}")
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

    def known(self, table: RawTable, column: str, participants: pd.DataFrame | None) -> None:
        """Note every row whose participant is not in the list of participants."""
        if participants is None:
            return
        unknown = ~table.cells[column].isin(participants["participant"])
        for row in table.cells.index[unknown]:
            cure = "Correct the number, or add the participant to the list."
            self.problem(table, row, column, "a participant of the participants file", cure)

    def numbers(
        self,
        table: RawTable,
        columns: list[str],
        lowest: float,
        highest: float,
        whole: bool,
        labels: dict[str, int] | None = None,
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
            read[column] = _whole(values, places) if whole else values[places]
            for position in np.flatnonzero(bad[places]) if bad.any() else ():
                unclear = decimal is None and ("," in (w := words[places[position]]) or "." in w)
                wrong.append((position, order, unclear))
        for position, order, unclear in sorted(wrong):
            place = (table, table.cells.index[position], columns[order])
            if unclear:
                self.problem(*place, f"{allowed}, with one decimal sign", "State decimal in [raw].")
            else:
                self.problem(*place, allowed, cure)
        return pd.DataFrame(read, index=table.cells.index)

    def decode(self, table: RawTable, column: str, codes: dict[str, str]) -> pd.Series:
        """Replace codes by ids, noting each code that is not known; an empty cell stays missing.

        A code is also known by the label that the file itself gives it.
        """
        text = table.cells[column]
        own = table.value_labels.get(table.aliases.get(column, column), {})
        known = {value: codes[label] for value, label in own.items() if label in codes} | codes
        for row in text.index[~text.isin([*known, ""])]:
            allowed = ", ".join(codes)
            self.problem(table, row, column, allowed, "Correct the code, or add it to study.toml.")
        return text.map(known).astype("str").where(text != "")

    def dates(self, table: RawTable, column: str) -> pd.Series:
        """Read dates; year-month-day, or in the one format that fits them all."""
        places, words = levels(table.cells[column])
        read, form = dates_of(words, self.study.settings.raw.date_format)
        wrong = [p for p, word in enumerate(words) if word and not read[p]]
        for row in table.cells.index[np.isin(places, wrong)]:
            self.problem(table, row, column, "a date such as 2018-09-25", "Correct the date.")
        if form is None:
            row = table.cells.index[0]
            allowed = "dates that can be read in one way"
            self.problem(table, row, column, allowed, 'State date_format = "%d-%m-%Y" in [raw].')
        values = pd.Series(np.array(read, dtype=object)[places], table.cells.index, dtype="str")
        return values.where(values != "")

    # ------------------------------------------------------------ each table

    def participants(self, table: RawTable) -> pd.DataFrame:
        """Clean the list of participants."""
        settings = self.study.settings.participants
        number, group = settings.participant, settings.group
        table = self.without_repeats(table, [number], [])
        groups = {group.code: group.id for group in self.study.groups}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["group"] = self.study.groups[0].id
        if group:
            made["group"] = self.decode(table, group, groups)
            for row in table.cells.index[table.cells[group] == ""]:
                allowed = ", ".join(groups)
                self.problem(table, row, group, allowed, "Give the participant's group.")
        if settings.training_group:
            column = settings.training_group
            made["training_group"] = self.numbers(table, [column], 1, 1000, whole=True)[column]
        if settings.sex:
            made["sex"] = self.decode(table, settings.sex, settings.sex_codes)
        if settings.age:
            lowest, highest = settings.lowest_age, settings.highest_age
            column = settings.age
            made["age"] = self.numbers(table, [column], lowest, highest, whole=True)[column]
        if settings.profession:
            codes = settings.profession_codes
            made["profession"] = self.decode(table, settings.profession, codes)
        return made.sort_values("participant", ignore_index=True)

    def questionnaires(self, table: RawTable, participants: pd.DataFrame | None) -> pd.DataFrame:
        """Clean the answers."""
        settings = self.study.settings.questionnaires
        number, time = settings.participant, settings.time or TIME
        about_the_form = [column for column in (settings.date, settings.minutes) if column]
        table = self.filled_in(table) if time == TIME else table
        table = self.without_repeats(table, [number, time], about_the_form)
        self.known(table, number, participants)
        codes = {t.code: t.id for t in self.study.times}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["time"] = self.decode(table, time, codes)
        for row in table.cells.index[table.cells[time] == ""]:
            self.problem(table, row, time, ", ".join(codes), "Give the time of measurement.")
        if settings.date:
            made["date"] = self.dates(table, settings.date)
        if settings.minutes:
            column = settings.minutes
            made["minutes"] = self.numbers(table, [column], 0, 10_000, whole=False)[column]
        parts = [made, *self.items(table)]
        order = [time.id for time in self.study.times]
        self.totals = self.carried_totals(table, made)
        made = pd.concat(parts, axis=1)
        made["time"] = pd.Categorical(made["time"], order)
        made = made.sort_values(["participant", "time"])
        self.lines = pd.Series(made.index // table.forms_in_line)
        made = made.reset_index(drop=True)
        return made.astype({"time": "str"})

    def items(self, table: RawTable) -> list[pd.DataFrame]:
        """Read the answers to every instrument."""
        parts, columns = [], item_columns(self.study)
        for key in self.study.instruments:
            names = set(key.item_names)
            raw = {column: name for name, column, _ in columns if name in names}
            limits = (key.lowest_answer, key.highest_answer)
            labels = answer_labels(self.study, key.id)
            block = self.numbers(table, list(raw), *limits, whole=True, labels=labels)
            parts.append(block.rename(columns=raw))
        return parts

    def filled_in(self, table: RawTable) -> RawTable:
        """Set aside, of forms that stand side by side, those without a single answer."""
        columns = [column for _, column, _ in item_columns(self.study)]
        empty = np.ones(len(table.cells), dtype=bool)
        for column in columns:
            empty &= (table.cells[column] == "").to_numpy()
        rows = table.cells.index[empty].tolist()
        labels = {time.code: time.label for time in self.study.times}
        times = [labels[code] for code in table.cells.loc[rows, TIME]]
        return self.leave_out(table, rows, [f"no answer at this time: {time}" for time in times])

    def carried_totals(self, table: RawTable, made: pd.DataFrame) -> pd.DataFrame | None:
        """Read the totals that the export itself carries, with the lines where they stand."""
        columns = self.study.settings.questionnaires.totals
        if not columns:
            return None
        read = self.numbers(table, list(columns.values()), -1e6, 1e6, whole=False)
        totals = pd.DataFrame({name: read[column] for name, column in columns.items()})
        totals.insert(0, "line", totals.index // table.forms_in_line)
        return pd.concat([made[["participant", "time"]], totals], axis=1)

    def evaluation(self, table: RawTable, participants: pd.DataFrame | None) -> pd.DataFrame:
        """Clean the evaluation forms."""
        settings = self.study.settings.evaluation
        number = settings.participant
        table = self.without_repeats(table, [number], [])
        self.known(table, number, participants)
        made = {"participant": table.cells[number].astype("str")}
        for question in self.study.questions.values():
            made |= self.question(table, question, made)
        return pd.DataFrame(made).sort_values("participant", ignore_index=True)

    def question(self, table: RawTable, question: Question, made: dict) -> dict[str, pd.Series]:
        """Return the clean column or columns of one question of the form."""
        name, column = question.id, question.column
        if question.kind == "number":
            limits = (question.lowest, question.highest)
            return {name: self.numbers(table, [column], *limits, whole=True)[column]}
        if question.kind == "sum":
            return {name: sum(made[part] for part in question.of)}
        if question.kind == "choice":
            return {name: self.decode(table, column, question.choices)}
        if question.kind == "several":
            return self.several(table, question)
        return {name: table.cells[column].astype("str").where(table.cells[column] != "")}

    def several(self, table: RawTable, question: Question) -> dict[str, pd.Series]:
        """Return a 0/1 column for each choice of a question that allows several."""
        column, choices = question.column, question.choices
        places, cells = levels(table.cells[column])
        ticked = [re.split(r"\s*,\s*", cell) for cell in cells]
        wrong = [p for p, words in enumerate(ticked) if any(w not in choices for w in words if w)]
        for row in table.cells.index[np.isin(places, wrong)]:
            allowed = f"{', '.join(choices)}, with commas between"
            self.problem(table, row, column, allowed, "Correct the words.")
        made = {}
        for code, choice in choices.items():
            both = zip(cells, ticked, strict=True)
            values = np.array([float(code in words) if cell else np.nan for cell, words in both])
            whole = pd.Series(_whole(values, places), table.cells.index)
            made[f"{question.id}_{choice}"] = whole
        return made

    def sessions(self, table: RawTable) -> pd.DataFrame:
        """Clean the sessions."""
        settings = self.study.settings.sessions
        group, session = settings.training_group, settings.session
        table = self.without_repeats(table, [group, session], [])
        made = pd.DataFrame({"training_group": self.numbers(table, [group], 1, 1000, True)[group]})
        made["session"] = self.numbers(table, [session], 1, 1000, whole=True)[session]
        made["date"] = self.dates(table, settings.date)
        for name in ("planned_hours", "delivered_hours"):
            column = getattr(settings, name)
            made[name] = self.numbers(table, [column], 0, 24, whole=False)[column]
        attended = settings.attended
        made["attended"] = self.numbers(table, [attended], 0, 1000, whole=True)[attended]
        made["status"] = self.decode(table, settings.status, settings.status_codes)
        return made.sort_values(["training_group", "session"], ignore_index=True)


def answer_labels(study: Study, instrument_id: str) -> dict[str, int]:
    """Return the labels of answers: those for all instruments, then the instrument's own."""
    labels = study.settings.questionnaires.labels
    own = labels.get(instrument_id, {})
    return {word: number for word, number in labels.items() if not isinstance(number, dict)} | own


def _whole(values: np.ndarray, places: np.ndarray) -> pd.arrays.IntegerArray:
    """Return whole numbers, missing where there is none."""
    missing = np.isnan(values)
    numbers = np.where(missing, 0, values).astype("int64")
    return pd.arrays.IntegerArray(numbers[places], missing[places])


# ---------------------------------------------------------------- what is missing


def missing_forms(study: Study, cleaned: Cleaned) -> pd.DataFrame:
    """Count, for each group and time, the forms that came in and those that are missing.

    Returns
    -------
    DataFrame
        group, time, participants, forms, missing_forms, missing_answers (single items).
    """
    groups = cleaned.participants.set_index("participant")["group"]
    answers = cleaned.answers.assign(group=cleaned.answers["participant"].map(groups))
    items = [name for name, _, _ in item_columns(study)]
    rows = []
    for group in study.groups:
        participants = int((groups == group.id).sum())
        for time in study.times:
            forms = answers[(answers["group"] == group.id) & (answers["time"] == time.id)]
            missing = int(forms[items].isna().to_numpy().sum())
            counts = (participants, len(forms), participants - len(forms), missing)
            rows.append((group.id, time.id, *counts))
    columns = ["group", "time", "participants", "forms", "missing_forms", "missing_answers"]
    return pd.DataFrame(rows, columns=columns)
