"""The cleaning of what a study may have beside questionnaires: evaluation form and sessions."""

import re

import numpy as np
import pandas as pd

from imp_intake.reading.cell_values import levels
from imp_intake.reading.cleaner import TableCleaner, whole_numbers
from imp_intake.reading.files import RawTable
from imp_intake.settings.sections import Question

# What stands in the column of a choice that was not made.
NOT_TICKED = ("", "0", "n", "no", "nee", "nein", "false", "unchecked", "not selected", "not quoted")


class OtherFiles(TableCleaner):
    """Cleans the evaluation form and the list of sessions."""

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
            # Answers are held in two bytes, which their sum may exceed.
            return {name: sum(made[part].astype("Int64") for part in question.of)}
        if question.kind == "choice":
            return {name: self.decode(table, column, question.choices, f"the choices of {name}")}
        if question.kind == "several":
            return self.several(table, question)
        return {name: table.cells[column].astype("str").where(table.cells[column] != "")}

    def several(self, table: RawTable, question: Question) -> dict[str, pd.Series]:
        """Return a 0/1 column for each choice of a question that allows several."""
        column, choices = question.column, question.choices
        if question.columns != [column]:
            return self.ticked(table, question)
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

    def ticked(self, table: RawTable, question: Question) -> dict[str, pd.Series]:
        """Return a 0/1 column for each choice that has a column; a form without a word has none."""
        cells = table.cells[question.columns].astype(str)
        answered = (cells != "").any(axis=1)
        made = {}
        for column, choice in zip(question.columns, question.choices.values(), strict=True):
            words = cells[column].str.casefold()
            is_odd = words.str.fullmatch(r"-?[0-9]+") & ~words.isin(["0", "1"])
            for row in words.index[is_odd]:
                self.problem(table, row, column, "1 or 0", "Is it the right column? Recode it.")
            ticked = (~words.isin(NOT_TICKED) & ~is_odd).astype("Int64")
            made[f"{question.id}_{choice}"] = ticked.where(answered)
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
