"""From raw exports to clean tables, with a log of every change and every exclusion."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from imp_common.errors import Problem, raise_if_any, short
from imp_intake.reading.causes import by_cause
from imp_intake.reading.change_log import EXCLUDED_COLUMNS
from imp_intake.reading.corrections import (
    apply_corrections,
    exclude_rows,
    line_to_exclude,
    read_corrections,
)
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import (
    FORM_TIME,
    SECTIONS,
    answer_labels,
    is_wide,
    item_columns,
)
from imp_intake.reading.other_files import OtherFiles
from imp_intake.reading.value_labels import blanked_answers, wrong_answer_labels
from imp_intake.settings.study import Study

# Kinds of problems of which the subject is an instrument.
NO_ANSWER = ("answer", "bare number", "sign", "date")


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
    changes, set_aside : DataFrame
        A row for each changed cell: file, row, participant, column, before, after, rule, why; and
        for each row or column that was left out.
    rows : DataFrame
        A row for each file: rows_in, rows_out, rows_set_aside.
    totals, lines : DataFrame or None
        The totals that the export itself carries: participant, time, file, line, a column a scale;
        and the file and line that each row of ``answers`` comes from.
    warnings, unread : tuple of Problem and dict
        Such as for forms that repeat another; the share of the answers to an instrument that could
        not be read, of each of which some could not.
    others : DataFrame
        What the columns of few values that study.toml does not name hold, a row a form.
    """

    participants: pd.DataFrame
    answers: pd.DataFrame
    evaluation: pd.DataFrame | None
    sessions: pd.DataFrame | None
    changes: pd.DataFrame
    set_aside: pd.DataFrame
    rows: pd.DataFrame
    totals: pd.DataFrame | None = None
    lines: pd.DataFrame | None = None
    warnings: tuple[Problem, ...] = ()
    unread: dict[str, float] = field(default_factory=dict)
    others: pd.DataFrame = field(default_factory=pd.DataFrame)


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


class Cleaner(OtherFiles):
    """Cleans the tables of one study."""

    def __init__(self, study: Study) -> None:
        super().__init__(study)
        # Rows of a long file that say again who a participant is.
        self.folded: Counter[str] = Counter()
        self.totals: pd.DataFrame | None = None
        self.lines: pd.DataFrame | None = None
        self.kept: Counter[str] = Counter()

    def clean(self, raw: dict[str, RawTable]) -> Cleaned:
        """Clean all tables."""
        edits, tables = read_corrections(self), dict(raw)
        edits = exclude_rows(self, tables, edits)
        tables = {name: self.tidy(table) for name, table in tables.items()}
        apply_corrections(self, tables, edits)
        made = dict.fromkeys(SECTIONS)
        forms = [table for table in tables.values() if table.section == "questionnaires"]
        # In the order of SECTIONS: the list of participants comes first.
        for name in SECTIONS:
            if name == "questionnaires" and forms:
                made[name] = self.questionnaires([self.of_listed(table, raw) for table in forms])
            elif name in tables:
                made[name] = getattr(self, name)(self.of_listed(tables[name], raw))
        set_aside = pd.DataFrame(self.set_aside, columns=EXCLUDED_COLUMNS).astype({"row": "Int64"})
        return Cleaned(
            *(made[name] for name in SECTIONS),
            changes=self.all_changes(),
            set_aside=set_aside,
            rows=self._rows(raw, made),
            totals=self.totals,
            lines=self.lines,
            warnings=tuple(self.warnings),
            unread=self._unread(made["questionnaires"]),
            others=self._others(forms),
        )

    def _unread(self, answers: pd.DataFrame | None) -> dict[str, float]:
        """Return the share of the answers to each instrument that are no answers, if there are."""
        counts = Counter(problem.subject for problem in self.problems if problem.kind in NO_ANSWER)
        cells = {key.id: key.number_of_items * len(answers) for key in self.study.instruments
                 if answers is not None}  # fmt: skip
        return {
            name: count / max(1, cells[name]) for name, count in counts.items() if name in cells
        }

    def _others(self, tables: list[RawTable]) -> pd.DataFrame:
        """Return the columns that study.toml does not name, in the rows of ``answers``."""
        if self.lines is None:
            return pd.DataFrame()
        by_place = pd.concat({table.file: table.others for table in tables})
        places = pd.MultiIndex.from_frame(self.lines)
        return by_place.reindex(places).reset_index(drop=True)

    def _rows(self, raw: dict[str, RawTable], made: dict) -> pd.DataFrame:
        """Count the rows of each table: read, kept and excluded."""
        rows = []
        for name, table in raw.items():
            came_in = len(table.cells) + len(table.left_out) - self.folded[name]
            aside = self.rows_aside[table.section, table.file] + len(table.left_out)
            kept = self.kept.get(table.file, 0) if table.section == "questionnaires" else None
            rows.append((table.file, came_in, len(made[name]) if kept is None else kept, aside))
        return pd.DataFrame(rows, columns=["file", "rows_in", "rows_out", "rows_set_aside"])

    def participants(self, table: RawTable) -> pd.DataFrame:
        """Clean the list of participants."""
        settings = self.study.settings.participants
        number, group = settings.participant, settings.group
        table = self.without_repeats(self.one_row_each(table, number), [number], [])
        groups = {group.code: group.id for group in self.study.groups}
        names = {group.id: [group.id, group.label, group.role] for group in self.study.groups}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["group"] = self.study.groups[0].id
        if group:
            made["group"] = self.decode(table, group, groups, "[groups]", names)
            empty = (table.cells.drop(columns=number) == "").all(axis=1)
            for row in table.cells.index[table.cells[group] == ""]:
                cure, who = "Give the participant's group.", table.cells.at[row, number]
                if empty[row]:
                    leave = line_to_exclude(self.study, table.file, who, table.line(row))
                    cure = f"If the row is a note and no participant,{leave}"
                self.problem(table, row, group, ", ".join(groups), cure, "no group", group)
        if settings.training_group:
            column = settings.training_group
            cure = "The training groups of the study need numbers: 1, 2, ..."
            numbers = self.numbers(table, [column], 1, 1000, whole=True, cure=cure)
            made["training_group"] = numbers[column]
        if settings.age:
            lowest, highest = settings.lowest_age, settings.highest_age
            column = settings.age
            cure = "The column needs ages in years: no years of birth, no classes."
            ages = self.numbers(table, [column], lowest, highest, whole=True, cure=cure)
            made["age"] = ages[column]
        if column := settings.sessions_attended:
            most, cure = settings.sessions_planned, "The column needs numbers of sessions."
            attended = self.numbers(table, [column], 0, most, whole=True, cure=cure)
            made["sessions_attended"] = attended[column]
        for name in ("sex", "profession", "drop_out_reason"):
            if column := getattr(settings, name):
                codes = getattr(settings, f"{name}_codes")
                made[name] = self.decode(table, column, codes, f"[participants.{name}_codes]")
        self.people = made.sort_values("participant", ignore_index=True)
        return self.people

    def one_row_each(self, table: RawTable, number: str) -> RawTable:
        """Fold the rows of a long file into one a participant: the first value of each column."""
        files = [name for name, *_ in self.study.settings.questionnaires.sources]
        if table.file not in files or is_wide(self.study, "questionnaires"):
            return table
        cells, group = table.cells.astype(object), self.study.settings.participants.group
        others = [column for column in cells if column != number]
        first = cells.where(cells != "").groupby(cells[number])[others].transform("first")
        differs = (cells[others] != first) & (cells[others] != "")
        # Two groups of one participant contradict each other; an age may have changed.
        folded = pd.Series(True, cells.index)
        if group:
            folded = ~differs[group].groupby(cells[number]).transform("any")
        for column in others:
            for row in cells.index[differs[column] & folded]:
                found = f'"{short(cells.at[row, column])}", and another value in an earlier row'
                cure = "The first is taken. If forms of two people were exchanged, correct their "
                cure += "numbers."
                told = Problem(
                    table.file, found, "one value a participant", cure,
                    table.line(row), table.raw_name(row, column), cells.at[row, number], "warning",
                    "several values", column,
                )  # fmt: skip
                self.warnings.append(told)
        cells.loc[folded, others] = first[folded].fillna("")
        repeats = folded & cells.duplicated(number)
        self.folded[table.section] += int(repeats.sum())
        return replace(table, cells=cells[~repeats])

    def of_listed(self, table: RawTable, raw: dict[str, RawTable]) -> RawTable:
        """Leave out the rows of people whom ``only`` has left out of the list of participants.

        Rows without a number, which stop a run, are nobody's in the rest of the check.
        """
        number = self.number_column(table)
        if number:
            table = replace(table, cells=table.cells[table.cells[number] != ""])
        if self.people is None or not number:
            return table
        out = {self.one_form(word) for word in raw["participants"].people_left_out}
        out -= {None, *self.people["participant"]}
        rows = table.cells.index[table.cells[number].isin(out)].tolist()
        why = "study.toml leaves this participant out of the list"
        return self.leave_out(table, rows, [why] * len(rows))

    def questionnaires(self, tables: list[RawTable]) -> pd.DataFrame:
        """Clean the answers, of one file or of one for each time."""
        forms = [self.forms(table) for table in tables]
        order = {time.id: place for place, time in enumerate(self.study.times)}
        made = pd.concat(forms, ignore_index=True)
        made = made.assign(order=made["time"].map(order)).sort_values(["participant", "order"])
        self.lines = made[["file", "line"]].reset_index(drop=True)
        self.kept = Counter(made["file"])
        return made.drop(columns=["file", "line", "order"]).reset_index(drop=True)

    def forms(self, table: RawTable) -> pd.DataFrame:
        """Clean the answers of one file."""
        settings = self.study.settings.questionnaires
        number, time = settings.participant, settings.time or FORM_TIME
        about_the_form = [column for column in (settings.date, settings.minutes) if column]
        table = self.filled_in(table, time)
        table = self.without_repeats(table, [number, time], about_the_form)
        self.known(table, number)
        codes = {t.code: t.id for t in self.study.times}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        names = {t.id: [t.id, t.label] for t in self.study.times}
        made["time"] = self.decode(table, time, codes, "[times]", names)
        for row in table.cells.index[(table.cells[time] == "") & ("" not in codes)]:
            cure = "Give the time of measurement."
            self.problem(table, row, time, ", ".join(codes), cure, "no time", time)
        if settings.date:
            made["date"] = self.dates(table, settings.date)
        if settings.minutes:
            column = settings.minutes
            cure = "The column needs minutes as numbers, such as 12.5."
            minutes = self.numbers(table, [column], 0, 10_000, whole=False, cure=cure)
            made["minutes"] = minutes[column]
        self.carried_totals(table, made)
        place = {"file": table.file, "line": made.index // table.forms_in_line}
        return pd.concat([made.assign(**place), *self.items(table)], axis=1)

    def items(self, table: RawTable) -> list[pd.DataFrame]:
        """Read the answers to every instrument."""
        parts, columns = [], item_columns(self.study)
        for key in self.study.instruments:
            names = set(key.item_names)
            raw = {column: name for name, column, _ in columns if name in names}
            limits = (key.lowest_answer, key.highest_answer)
            labels = answer_labels(self.study, key.id)
            in_file = table.names_in_file(self.study.times)
            named = [name for name, (column, _) in in_file.items() if column in raw]
            self.note(wrong_answer_labels(table, named, key, labels))
            self.note(blanked_answers(table, named, key))
            block = self.numbers(table, list(raw), *limits, not key.decimals, labels, key.id)
            parts.append(block.rename(columns=raw))
        return parts

    def filled_in(self, table: RawTable, time: str) -> RawTable:
        """Exclude forms without a single answer: a row with a date alone is no form."""
        columns = [column for _, column, _ in item_columns(self.study)]
        empty = np.ones(len(table.cells), dtype=bool)
        for column in columns:
            if empty.any():
                empty &= (table.cells[column] == "").to_numpy()
        rows = table.cells.index[empty].tolist()
        labels = {time.code: time.label for time in self.study.times}
        times = [labels.get(code, code) for code in table.cells.loc[rows, time]]
        return self.leave_out(table, rows, [f"no answer at this time: {when}" for when in times])

    def carried_totals(self, table: RawTable, made: pd.DataFrame) -> None:
        """Read the totals that the export itself carries, with the lines where they stand."""
        columns = self.study.settings.questionnaires.totals
        if not columns:
            return
        read = self.numbers(table, list(columns.values()), -1e6, 1e6, whole=False)
        totals = pd.DataFrame({name: read[column] for name, column in columns.items()})
        totals = totals.assign(file=table.file, line=totals.index // table.forms_in_line)
        self.totals = pd.concat([self.totals, made[["participant", "time"]].join(totals)])
