"""From raw exports to clean tables, with a log of every change and of what was set aside."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imp_helpers.errors import InputError, Problem, raise_if_any
from imp_helpers.study import Study

SECTIONS = ("participants", "questionnaires", "evaluation", "sessions")
CHANGE_COLUMNS = ["file", "row", "participant", "column", "before", "after", "rule", "why"]
SET_ASIDE_COLUMNS = ["file", "row", "participant", "column", "why"]
CORRECTION_COLUMNS = ["file", "participant", "time", "column", "before", "after"]
CORRECTION_COLUMNS += ["who", "when", "why"]


@dataclass(frozen=True)
class RawTable:
    """A raw file as it was found.

    Parameters
    ----------
    section : str
        The section of study.toml that describes it.
    file : str
        Its path inside the study's folder.
    cells : DataFrame of str
        Every cell as text; the index is the line of the file (the header is line 1).
    """

    section: str
    file: str
    cells: pd.DataFrame


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
    """

    participants: pd.DataFrame
    answers: pd.DataFrame
    evaluation: pd.DataFrame | None
    sessions: pd.DataFrame | None
    changes: pd.DataFrame
    set_aside: pd.DataFrame
    rows: pd.DataFrame


# ---------------------------------------------------------------- reading


def read_raw_files(study: Study) -> dict[str, RawTable]:
    """Read every raw file of a study as text.

    Returns
    -------
    dict of RawTable
        By section, only those that the study has.

    Raises
    ------
    InputError
        Naming every file that is empty, cannot be decoded, has rows of another length than its
        header, a column twice, or lacks a column that study.toml names.
    """
    tables, problems = {}, []
    for section in SECTIONS:
        if section in study.settings:
            try:
                tables[section] = read_raw_file(study, section)
            except InputError as error:
                problems += error.problems
    raise_if_any(problems)
    return tables


def read_raw_file(study: Study, section: str) -> RawTable:
    """Read one raw file as text and check its columns (see read_raw_files)."""
    raw, name = study.settings["raw"], study.settings[section]["file"]
    encoding = raw.get("encoding", "utf-8-sig")
    try:
        text = (study.folder / name).read_text(encoding=encoding)
    except UnicodeDecodeError:
        cure = "Save it in that encoding, or correct raw.encoding in study.toml."
        raise InputError([Problem(name, "bytes that are no text", encoding, cure)]) from None
    lines = [line for line in csv.reader(text.splitlines(), delimiter=raw.get("separator", ","))]
    if len(lines) < 2:
        found = "an empty file" if not lines else "a header and no rows"
        raise InputError([Problem(name, found, "a header and rows", "Export the file again.")])
    header = [column.strip() for column in lines[0]]
    problems = [
        Problem(name, "the column twice", "each column once", "Rename one.", 1, column)
        for column in sorted({c for c in header if header.count(c) > 1})
    ]
    problems += [
        Problem(
            name, "no such column", "the column", "Export it, or correct study.toml.", 1, column
        )
        for column in expected_columns(study, section)
        if column not in header
    ]
    rows = {row: line for row, line in enumerate(lines[1:], 2) if any(c.strip() for c in line)}
    problems += [
        Problem(name, f"{len(line)} cells", f"{len(header)}", "Look for a stray separator.", row)
        for row, line in rows.items()
        if len(line) != len(header)
    ]
    raise_if_any(problems)
    cells = pd.DataFrame(rows.values(), index=list(rows), columns=header, dtype=object)
    return RawTable(section, name, cells)


def expected_columns(study: Study, section: str) -> list[str]:
    """Return the raw columns that study.toml expects in a file."""
    settings = study.settings[section]
    names = ("participant", "group", "training_group", "sex", "age", "profession", "time", "date")
    names += ("minutes", "session", "planned_hours", "delivered_hours", "attended", "status")
    columns = [settings[name] for name in names if name in settings]
    columns += [raw for _, raw, _ in item_columns(study)] if section == "questionnaires" else []
    columns += [q["column"] for q in settings.get("questions", []) if "column" in q]
    return columns


def item_columns(study: Study) -> list[tuple[str, str, tuple[int, int]]]:
    """Return each item as its clean name, its raw column and the answers its key allows."""
    patterns = study.settings["questionnaires"]["instruments"]
    return [
        (name, patterns[key.id].format(item=number), (key.lowest_answer, key.highest_answer))
        for key in study.instruments
        for number, name in enumerate(key.item_names, 1)
    ]


# ---------------------------------------------------------------- cleaning


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
    return _Cleaner(study).clean(raw)


class _Cleaner:
    """Carries the logs and the problems of one cleaning."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.problems: list[Problem] = []
        self.changes: list[tuple] = []
        self.set_aside: list[tuple] = []

    def clean(self, raw: dict[str, RawTable]) -> Cleaned:
        tables = {name: self.tidy(table) for name, table in raw.items()}
        self.apply_corrections(tables)
        participants = self.participants(tables["participants"])
        answers = self.answers(tables["questionnaires"], participants)
        evaluation = sessions = None
        if "evaluation" in tables:
            evaluation = self.evaluation(tables["evaluation"], participants)
        if "sessions" in tables:
            sessions = self.sessions(tables["sessions"])
        raise_if_any(self.problems)
        made = dict(zip(SECTIONS, (participants, answers, evaluation, sessions), strict=True))
        set_aside = pd.DataFrame(self.set_aside, columns=SET_ASIDE_COLUMNS)
        set_aside["row"] = set_aside["row"].astype("Int64")
        rows_aside = set_aside.dropna(subset="row")["file"].value_counts()
        rows = [
            (table.file, len(table.cells), len(made[name]), int(rows_aside.get(table.file, 0)))
            for name, table in raw.items()
        ]
        return Cleaned(
            participants,
            answers,
            evaluation,
            sessions,
            changes=pd.DataFrame(self.changes, columns=CHANGE_COLUMNS),
            set_aside=set_aside,
            rows=pd.DataFrame(rows, columns=["file", "rows_in", "rows_out", "rows_set_aside"]),
        )

    def problem(self, table: RawTable, row: int, column: str, allowed: str, cure: str) -> None:
        """Note a problem of one cell."""
        found = table.cells.at[row, column]
        name = self.study.settings[table.section].get("participant")
        participant = table.cells.at[row, name] if name else None
        shown = f'"{found}"' if found != "" else "nothing"
        self.problems.append(Problem(table.file, shown, allowed, cure, row, column, participant))

    def change(self, table: RawTable, row: int, column: str, after: str, rule: str, why: str):
        """Change one cell and log it."""
        name = self.study.settings[table.section].get("participant")
        before = table.cells.at[row, column]
        table.cells.at[row, column] = after
        participant = table.cells.at[row, name] if name else ""
        entry = (table.file, row, participant, column, before, after, rule, why)
        self.changes.append(entry)

    # ------------------------------------------------------------ all tables

    def tidy(self, raw: RawTable) -> RawTable:
        """Return a copy without stray spaces, unknown columns or two forms of one number."""
        expected = expected_columns(self.study, raw.section)
        for column in raw.cells.columns.difference(expected):
            why = "study.toml does not name this column"
            self.set_aside.append((raw.file, None, "", column, why))
        table = RawTable(raw.section, raw.file, raw.cells[expected].copy())
        number = self.study.settings[raw.section].get("participant")
        stripped = table.cells.apply(lambda column: column.str.strip())
        rows, columns = np.nonzero((stripped != table.cells).to_numpy())
        for row, column in zip(rows, columns, strict=True):
            name = expected[column]
            if name != number:
                place = table.cells.index[row]
                after = stripped.iat[row, column]
                self.change(table, place, name, after, "stray spaces", "a space at either end")
        if number:
            self.participant_numbers(table, number)
        return table

    def participant_numbers(self, table: RawTable, column: str) -> None:
        """Write every participant number in one form."""
        raw = self.study.settings["raw"]
        pattern, form = raw.get("participant_pattern"), raw.get("participant_format")
        for row, typed in table.cells[column].items():
            match = re.fullmatch(pattern, typed.strip()) if pattern else None
            if pattern and not match:
                cure = "Correct the number, or raw.participant_pattern in study.toml."
                self.problem(table, row, column, f"a number such as {form.format(1)}", cure)
                continue
            number = form.format(int(match[1])) if match else typed.strip()
            if number != typed:
                why = "one participant, one way of writing the number"
                self.change(table, row, column, number, "participant number", why)

    def apply_corrections(self, tables: dict[str, RawTable]) -> None:
        """Apply the edits that the study's corrections file lists, each to exactly one cell."""
        name = self.study.settings["raw"].get("corrections")
        if not name:
            return
        separator = self.study.settings["raw"].get("separator", ",")
        edits = pd.read_csv(
            self.study.folder / name,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
        missing = [column for column in CORRECTION_COLUMNS if column not in edits]
        if missing:
            allowed = ", ".join(CORRECTION_COLUMNS)
            found = f"no column {', '.join(missing)}"
            self.problems.append(Problem(name, found, allowed, "Add the columns.", 1))
            return
        by_file = {table.file: table for table in tables.values()}
        for line, edit in enumerate(edits.itertuples(index=False), 2):
            table = by_file.get(edit.file)
            if table is None or edit.column not in table.cells:
                found = f'"{edit.file}", column "{edit.column}"'
                cure = "Correct the file or the column."
                allowed = f"a column of {', '.join(by_file)}"
                self.problems.append(Problem(name, found, allowed, cure, line))
                continue
            settings = self.study.settings[table.section]
            fits = table.cells[settings["participant"]] == edit.participant
            if edit.time and "time" in settings:
                fits &= table.cells[settings["time"]] == edit.time
            fits &= table.cells[edit.column] == edit.before
            rows = table.cells.index[fits]
            if len(rows) != 1:
                found = f'{len(rows)} cells with "{edit.before}" in column {edit.column}'
                cure = "Correct participant, time, column or before."
                allowed = "exactly one cell"
                who = edit.participant
                self.problems.append(
                    Problem(name, found, allowed, cure, line, edit.column, participant=who)
                )
                continue
            rule = f"correction by {edit.who}, {edit.when}"
            self.change(table, rows[0], edit.column, edit.after, rule, edit.why)

    def without_repeats(self, table: RawTable, key: list[str], ignored: list[str]) -> RawTable:
        """Set aside rows that repeat an earlier one; two that contradict are a problem."""
        cells = table.cells
        compared = cells.columns.difference([*key, *ignored])
        first_rows = (
            cells.assign(row=cells.index).groupby(key, sort=False)["row"].transform("first")
        )
        repeated = []
        for row in cells.index[cells.duplicated(key)]:
            first, participant = first_rows[row], cells.at[row, key[0]]
            differing = [c for c in compared if cells.at[row, c] != cells.at[first, c]]
            if differing:
                found = f"a second form that differs from row {first}"
                cure = "Decide which one counts and correct or remove the other."
                where = ", ".join(differing[:5])
                self.problems.append(
                    Problem(table.file, found, "one form", cure, row, where, participant)
                )
            else:
                why = f"submitted twice: the same answers as row {first}"
                self.set_aside.append((table.file, row, participant, "", why))
                repeated.append(row)
        return RawTable(table.section, table.file, cells.drop(index=repeated))

    def known(self, table: RawTable, column: str, participants: pd.DataFrame) -> None:
        """Note every row whose participant is not in the list of participants."""
        unknown = ~table.cells[column].isin(participants["participant"])
        for row in table.cells.index[unknown]:
            cure = "Correct the number, or add the participant to the list."
            self.problem(table, row, column, "a participant of the participants file", cure)

    def numbers(
        self, table: RawTable, columns: list[str], lowest: float, highest: float, whole: bool
    ) -> pd.DataFrame:
        """Read numbers, noting each that is no number, not whole, or out of range."""
        text = table.cells[columns]
        decimal = self.study.settings["raw"].get("decimal", ".")
        if decimal != ".":
            text = text.apply(lambda column: column.str.replace(decimal, ".", regex=False))
        values = text.apply(pd.to_numeric, errors="coerce")
        wrong = (values < lowest) | (values > highest) | (values.isna() & (text != ""))
        if whole:
            wrong |= values.notna() & (values % 1 != 0)
        allowed = f"{'whole ' if whole else ''}numbers from {lowest:g} to {highest:g}"
        cure = (
            "Look it up on the form and list the edit in the corrections file, or leave it empty."
        )
        rows, places = np.nonzero(wrong.to_numpy())
        for row, place in zip(rows, places, strict=True):
            self.problem(table, table.cells.index[row], columns[place], allowed, cure)
        if whole:
            return values.where(~wrong).astype("Int64")
        return values.where(~wrong).astype("float64")

    def decode(self, table: RawTable, column: str, codes: dict[str, str]) -> pd.Series:
        """Replace codes by ids, noting each code that is not known; an empty cell stays missing."""
        text = table.cells[column]
        for row in text.index[~text.isin([*codes, ""])]:
            allowed = ", ".join(codes)
            self.problem(table, row, column, allowed, "Correct the code, or add it to study.toml.")
        return text.map(codes).astype("str").where(text != "")

    def dates(self, table: RawTable, column: str) -> pd.Series:
        """Read dates written year-month-day."""
        text = table.cells[column]
        values = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
        for row in text.index[values.isna() & (text != "")]:
            self.problem(table, row, column, "a date such as 2018-09-25", "Correct the date.")
        return values.dt.strftime("%Y-%m-%d")

    # ------------------------------------------------------------ each table

    def participants(self, table: RawTable) -> pd.DataFrame:
        settings = self.study.settings["participants"]
        number = settings["participant"]
        table = self.without_repeats(table, [number], [])
        groups = {group.code: group.id for group in self.study.groups}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["group"] = self.decode(table, settings["group"], groups)
        for row in table.cells.index[table.cells[settings["group"]] == ""]:
            allowed = ", ".join(groups)
            self.problem(table, row, settings["group"], allowed, "Give the participant's group.")
        if "training_group" in settings:
            column = [settings["training_group"]]
            made["training_group"] = self.numbers(table, column, 1, 1000, whole=True)
        if "sex" in settings:
            made["sex"] = self.decode(table, settings["sex"], settings["sex_codes"])
        if "age" in settings:
            lowest, highest = settings.get("lowest_age", 0), settings.get("highest_age", 120)
            made["age"] = self.numbers(table, [settings["age"]], lowest, highest, whole=True)
        if "profession" in settings:
            codes = settings["profession_codes"]
            made["profession"] = self.decode(table, settings["profession"], codes)
        return made.sort_values("participant", ignore_index=True)

    def answers(self, table: RawTable, participants: pd.DataFrame) -> pd.DataFrame:
        settings = self.study.settings["questionnaires"]
        number, time = settings["participant"], settings["time"]
        about_the_form = [settings[name] for name in ("date", "minutes") if name in settings]
        table = self.without_repeats(table, [number, time], about_the_form)
        self.known(table, number, participants)
        codes = {t.code: t.id for t in self.study.times}
        made = pd.DataFrame({"participant": table.cells[number].astype("str")})
        made["time"] = self.decode(table, time, codes)
        for row in table.cells.index[table.cells[time] == ""]:
            self.problem(table, row, time, ", ".join(codes), "Give the time of measurement.")
        if "date" in settings:
            made["date"] = self.dates(table, settings["date"])
        if "minutes" in settings:
            column = [settings["minutes"]]
            made["minutes"] = self.numbers(table, column, 0, 10_000, whole=False)
        items = item_columns(self.study)
        parts = [made]
        for allowed in dict.fromkeys(limits for _, _, limits in items):
            of_key = {raw: name for name, raw, limits in items if limits == allowed}
            block = self.numbers(table, list(of_key), *allowed, whole=True)
            parts.append(block.rename(columns=of_key))
        made = pd.concat(parts, axis=1)
        order = [time.id for time in self.study.times]
        made["time"] = pd.Categorical(made["time"], order)
        made = made.sort_values(["participant", "time"], ignore_index=True)
        names = [name for name, _, _ in items]
        return made[[c for c in made if c not in names] + names].astype({"time": "str"})

    def evaluation(self, table: RawTable, participants: pd.DataFrame) -> pd.DataFrame:
        settings = self.study.settings["evaluation"]
        number = settings["participant"]
        table = self.without_repeats(table, [number], [])
        self.known(table, number, participants)
        made = {"participant": table.cells[number].astype("str")}
        for question in settings["questions"]:
            made |= self.question(table, question, made)
        return pd.DataFrame(made).sort_values("participant", ignore_index=True)

    def question(self, table: RawTable, question: dict, made: dict) -> dict[str, pd.Series]:
        """Return the clean column or columns of one question of the form."""
        name, column = question["id"], question.get("column")
        if question["kind"] == "number":
            limits = (question["lowest"], question["highest"])
            return {name: self.numbers(table, [column], *limits, whole=True)[column]}
        if question["kind"] == "sum":
            return {name: sum(made[part] for part in question["of"])}
        if question["kind"] == "choice":
            return {name: self.decode(table, column, question["choices"])}
        if question["kind"] == "several":
            return self.several(table, question)
        return {name: table.cells[column].astype("str").where(table.cells[column] != "")}

    def several(self, table: RawTable, question: dict) -> dict[str, pd.Series]:
        """Return a 0/1 column for each choice of a question that allows several."""
        column, choices = question["column"], question["choices"]
        ticked = table.cells[column].str.split(r"\s*,\s*", regex=True)
        for row, words in ticked.items():
            if any(word not in choices for word in words if word):
                allowed = f"{', '.join(choices)}, with commas between"
                self.problem(table, row, column, allowed, "Correct the words.")
        answered = table.cells[column] != ""
        return {
            f"{question['id']}_{choice}": ticked.map(lambda words, code=code: int(code in words))
            .astype("Int64")
            .where(answered)
            for code, choice in choices.items()
        }

    def sessions(self, table: RawTable) -> pd.DataFrame:
        settings = self.study.settings["sessions"]
        group, session = settings["training_group"], settings["session"]
        table = self.without_repeats(table, [group, session], [])
        made = pd.DataFrame({"training_group": self.numbers(table, [group], 1, 1000, True)[group]})
        made["session"] = self.numbers(table, [session], 1, 1000, whole=True)
        made["date"] = self.dates(table, settings["date"])
        for name in ("planned_hours", "delivered_hours"):
            made[name] = self.numbers(table, [settings[name]], 0, 24, whole=False)
        made["attended"] = self.numbers(table, [settings["attended"]], 0, 1000, whole=True)
        made["status"] = self.decode(table, settings["status"], settings["status_codes"])
        return made.sort_values(["training_group", "session"], ignore_index=True)


# ---------------------------------------------------------------- what is missing


def answer(cleaned: Cleaned) -> str:
    """Say how many rows came in, went on, were set aside, and how many cells were changed."""
    rows = cleaned.rows[["rows_in", "rows_out", "rows_set_aside"]].sum()
    return (
        f"{rows['rows_in']} rows came in; {rows['rows_out']} are in the clean tables and "
        f"{rows['rows_set_aside']} were set aside for the reasons above. "
        f"{len(cleaned.changes)} cells were changed; what stood in each before is listed."
    )


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


def missing_in_words(missing: pd.DataFrame, study: Study) -> str:
    """Return the counts of forms as a sentence for those who cannot see the bars."""
    parts = [
        f"{study.group_labels[row.group].lower()} {study.time_labels[row.time].lower()} "
        f"{row.forms} of {row.participants}"
        for row in missing.itertuples()
    ]
    return f"Forms that came in: {', '.join(parts)}."
