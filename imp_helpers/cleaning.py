"""From raw exports to clean tables, with a log of every change and of what was set aside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imp_helpers.reading.causes import by_cause
from imp_helpers.reading.cell_values import levels
from imp_helpers.reading.cleaner import EXCLUDED_COLUMNS, TableCleaner, whole_numbers
from imp_helpers.reading.corrections import apply_corrections
from imp_helpers.reading.files import (
    SECTIONS,
    TIME,
    RawTable,
    answer_labels,
    is_wide,
    item_columns,
    read_raw_files,
)
from imp_helpers.study.errors import Problem, raise_if_any
from imp_helpers.study.sections import Question
from imp_helpers.study.study import Study

__all__ = ["Cleaned", "clean", "clean_as_far_as_possible", "read_raw_files"]


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
        None without such a file. A question of kind "several" has a 0/1 column a choice.
    changes : DataFrame
        A row for each changed cell: file, row, participant, column, before, after, rule, why.
    set_aside : DataFrame
        A row for each row or column that was left out: file, row, participant, column, why.
    rows : DataFrame
        A row for each file: rows_in, rows_out, rows_set_aside.
    totals, lines : DataFrame and Series, or None
        The totals that the export itself carries: participant, time, line, a column a scale; and
        the line of the file that each row of ``answers`` comes from.
    repeats, unread : tuple of Problem and frozenset of str
        A warning for each form that repeats another; instruments with answers that are no answers.
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
    repeats: tuple[Problem, ...] = ()
    unread: frozenset[str] = frozenset()


def clean(study: Study, raw: dict[str, RawTable]) -> Cleaned:
    """Clean the raw tables of a study.

    Stray spaces go, participant numbers take one form, corrections by hand are applied, forms
    submitted twice with the same answers are set aside, codes and decimal commas are read.
    InputError names every problem at once: an unknown or repeated participant, an unknown code, an
    answer outside the key's range, two forms that contradict each other, and so on.
    """
    cleaned, problems = clean_as_far_as_possible(study, raw)
    raise_if_any(problems)
    return cleaned


def clean_as_far_as_possible(
    study: Study, raw: dict[str, RawTable]
) -> tuple[Cleaned, list[Problem]]:
    """Clean the tables that there are; a cell that is a problem becomes missing."""
    cleaner = Cleaner(study)
    cleaned = cleaner.clean(raw)
    return cleaned, by_cause(cleaner.problems, study, raw)


class Cleaner(TableCleaner):
    """Cleans the tables of one study."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        # Rows of a long file that say again who a participant is.
        self.folded: Counter[str] = Counter()
        self.totals: pd.DataFrame | None = None
        self.lines: pd.Series | None = None

    def clean(self, raw: dict[str, RawTable]) -> Cleaned:
        """Clean all tables."""
        tables = {name: self.tidy(table) for name, table in raw.items()}
        apply_corrections(self, tables)
        made = dict.fromkeys(SECTIONS)
        # In the order of SECTIONS: the list of participants comes first.
        made |= {name: getattr(self, name)(tables[name]) for name in SECTIONS if name in tables}
        set_aside = pd.DataFrame(self.set_aside, columns=EXCLUDED_COLUMNS).astype({"row": "Int64"})
        return Cleaned(
            *(made[name] for name in SECTIONS),
            changes=self.all_changes(),
            set_aside=set_aside,
            rows=self._rows(raw, made),
            totals=self.totals,
            lines=self.lines,
            repeats=tuple(self.repeats),
            unread=frozenset(p.subject for p in self.problems if p.kind == "answer"),
        )

    def _rows(self, raw: dict[str, RawTable], made: dict) -> pd.DataFrame:
        """Count the rows of each table: in, out and set aside."""
        rows = []
        for name, table in raw.items():
            came_in = len(table.cells) + len(table.left_out) - self.folded[name]
            aside = self.rows_aside[name] + len(table.left_out)
            rows.append((table.file, came_in, len(made[name]), aside))
        return pd.DataFrame(rows, columns=["file", "rows_in", "rows_out", "rows_set_aside"])

    def participants(self, table: RawTable) -> pd.DataFrame:
        """Clean the list of participants."""
        settings = self.study.settings.participants
        number, group = settings.participant, settings.group
        table = self.without_repeats(self.one_row_each(table, number), [number], [])
        groups = {group.code: group.id for group in self.study.groups}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["group"] = self.study.groups[0].id
        if group:
            made["group"] = self.decode(table, group, groups, "the codes of [groups]")
            for row in table.cells.index[table.cells[group] == ""]:
                cure = "Give the participant's group."
                self.problem(table, row, group, ", ".join(groups), cure, "no group", group)
        if settings.training_group:
            column = settings.training_group
            made["training_group"] = self.numbers(table, [column], 1, 1000, whole=True)[column]
        if settings.age:
            lowest, highest = settings.lowest_age, settings.highest_age
            column = settings.age
            made["age"] = self.numbers(table, [column], lowest, highest, whole=True)[column]
        for name in ("sex", "profession", "drop_out_reason"):
            if column := getattr(settings, name):
                codes = getattr(settings, f"{name}_codes")
                made[name] = self.decode(table, column, codes, f"[participants.{name}_codes]")
        self.people = made.sort_values("participant", ignore_index=True)
        return self.people

    def one_row_each(self, table: RawTable, number: str) -> RawTable:
        """Fold the rows of a long file into one a participant if they agree, empty cells aside."""
        is_shared = table.file == self.study.settings.questionnaires.file
        if not is_shared or is_wide(self.study, "questionnaires"):
            return table
        cells = table.cells.copy()
        others = [column for column in cells if column != number]
        first = cells.where(cells != "").groupby(cells[number])[others].transform("first")
        agrees = ((cells[others] == first) | (cells[others] == "")).all(axis=1)
        folded = agrees.groupby(cells[number]).transform("all")
        cells.loc[folded, others] = first[folded].fillna("")
        repeats = folded & cells.duplicated(number)
        self.folded[table.section] += int(repeats.sum())
        return replace(table, cells=cells[~repeats])

    def questionnaires(self, table: RawTable) -> pd.DataFrame:
        """Clean the answers."""
        settings = self.study.settings.questionnaires
        number, time = settings.participant, settings.time or TIME
        about_the_form = [column for column in (settings.date, settings.minutes) if column]
        table = self.filled_in(table, time)
        table = self.without_repeats(table, [number, time], about_the_form)
        self.known(table, number)
        codes = {t.code: t.id for t in self.study.times}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["time"] = self.decode(table, time, codes, "the codes of [times]")
        for row in table.cells.index[table.cells[time] == ""]:
            cure = "Give the time of measurement."
            self.problem(table, row, time, ", ".join(codes), cure, "no time", time)
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
            block = self.numbers(table, list(raw), *limits, True, labels, key.id)
            parts.append(block.rename(columns=raw))
        return parts

    def filled_in(self, table: RawTable, time: str) -> RawTable:
        """Exclude forms without a single answer: a row with a date alone is no form."""
        columns = [column for _, column, _ in item_columns(self.study)]
        empty = np.logical_and.reduce([(table.cells[c] == "").to_numpy() for c in columns])
        rows = table.cells.index[empty].tolist()
        labels = {time.code: time.label for time in self.study.times}
        times = [labels.get(code, code) for code in table.cells.loc[rows, time]]
        return self.leave_out(table, rows, [f"no answer at this time: {when}" for when in times])

    def carried_totals(self, table: RawTable, made: pd.DataFrame) -> pd.DataFrame | None:
        """Read the totals that the export itself carries, with the lines where they stand."""
        columns = self.study.settings.questionnaires.totals
        if not columns:
            return None
        read = self.numbers(table, list(columns.values()), -1e6, 1e6, whole=False)
        totals = pd.DataFrame({name: read[column] for name, column in columns.items()})
        totals.insert(0, "line", totals.index // table.forms_in_line)
        return pd.concat([made[["participant", "time"]], totals], axis=1)

    def evaluation(self, table: RawTable) -> pd.DataFrame:
        """Clean the evaluation forms."""
        settings = self.study.settings.evaluation
        number = settings.participant
        table = self.without_repeats(table, [number], [])
        self.known(table, number)
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
            return {name: self.decode(table, column, question.choices, f"the choices of {name}")}
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
            whole = pd.Series(whole_numbers(values, places), table.cells.index)
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
        made["status"] = self.decode(
            table, settings.status, settings.status_codes, "[sessions.status_codes]"
        )
        return made.sort_values(["training_group", "session"], ignore_index=True)


# ---------------------------------------------------------------- what is missing


def missing_forms(study: Study, cleaned: Cleaned) -> pd.DataFrame:
    """Count, for each group and time, the forms that came in and those that are missing.

    Columns: group, time, participants, forms, missing_forms, missing_answers (single items).
    """
    groups = cleaned.participants.set_index("participant")["group"]
    items = [name for name, _, _ in item_columns(study)]
    forms = cleaned.answers.assign(
        group=cleaned.answers["participant"].map(groups),
        missing=cleaned.answers[items].isna().sum(axis=1),
    )
    counts = forms.groupby(["group", "time"])["missing"].agg(forms="size", missing_answers="sum")
    places = pd.MultiIndex.from_product([study.group_labels, study.time_labels])
    table = counts.reindex(places.set_names(["group", "time"]), fill_value=0).reset_index()
    table.insert(2, "participants", table["group"].map(groups.value_counts()).fillna(0).astype(int))
    table.insert(4, "missing_forms", table["participants"] - table["forms"])
    return table
