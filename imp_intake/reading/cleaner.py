"""The cleaning steps that all tables have in common."""

import difflib
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from imp_common.errors import Problem, has_control, short, without_control
from imp_intake.reading.cell_values import (
    DECIMALS,
    NUMBER,
    as_label,
    date_cure,
    dates_of,
    decimal_of,
    levels,
    numbers_of,
)
from imp_intake.reading.change_log import ChangeLog
from imp_intake.reading.corrections import line_to_correct, line_to_exclude
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import FORM_TIME
from imp_intake.reading.value_labels import wrong_codes

LONGEST_NUMBER = 18
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?( ?[0-9]{2}:[0-9]{2}:[0-9:.]+)?")
# What Excel stores of an answer in a column that it shows as percent.
PERCENT = re.compile(r"0\.0[0-9]")
# For so many unknown participants, the nearest of the list is named.
FEW_UNKNOWN = 20
# The rule by which a participant's number was changed, which may tell how it was typed.
ONE_FORM = "participant number"


class TableCleaner(ChangeLog):
    """Cleans tables of text."""

    def tidy(self, raw: RawTable) -> RawTable:
        """Return a copy without stray spaces and unknown columns, with standardised numbers."""
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
        self._by_row(first)
        if number:
            self.participant_numbers(table, number)
        return table

    def tidy_column(self, table: RawTable, column: str, is_number: bool, is_text: bool) -> None:
        """Remove stray spaces, control characters and stated missing values from one column."""
        places, words = levels(table.cells[column])
        missing = set(self.study.settings.raw.missing)
        rules: dict[tuple[str, str], dict[int, str]] = {}
        for place, word in enumerate(words):
            after = word.strip()
            rule = ("stray spaces", "a space at the beginning or end")
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

    def _by_row(self, first: int) -> None:
        """Put the changes of one table into the order of its rows."""
        if len(self.changes) > first + 1:
            together = pd.concat(self.changes[first:], ignore_index=True)
            self.changes[first:] = [together.sort_values("row", kind="stable", ignore_index=True)]

    def _log_blanked(self, table: RawTable) -> None:
        """Log the values that the file itself declares missing."""
        kept = table.names_in_file(self.study.times)
        blanked = [entry for entry in table.blanked if entry[1] in kept]
        if blanked:
            log = pd.DataFrame(blanked, columns=["row", "column", "before", "why"])
            log = log.assign(file=table.file, participant="", after="", rule="missing value")
            self.changes.append(log)

    def one_form(self, typed: str) -> str | None:
        """Return a participant's number in its one form; None for what is none."""
        raw, word = self.study.settings.raw, typed.strip()
        if not raw.participant_pattern:
            return word or None
        match = re.fullmatch(raw.participant_pattern, word)
        digits = match[1] or "" if match else ""
        if not (digits.isdecimal() and len(digits) <= LONGEST_NUMBER):
            return None
        return raw.participant_format.format(int(digits))

    def participant_numbers(self, table: RawTable, column: str) -> None:
        """Write every participant number in one form."""
        raw = self.study.settings.raw
        pattern, form = raw.participant_pattern, raw.participant_format
        places, typed = levels(table.cells[column])
        read = [self.one_form(word) for word in typed]
        wrong = [place for place, number in enumerate(read) if number is None]
        numbers = [word if number is None else number
                   for word, number in zip(typed, read, strict=True)]  # fmt: skip
        index = table.cells.index
        for row in index[np.isin(places, wrong)]:
            cure = "Correct the number, or participant_pattern under [raw] in study.toml."
            allowed = f"a number such as {form.format(1)}" if pattern else "a participant's number"
            kind = "number" if table.cells.at[row, column] else "no number"
            self.problem(table, row, column, allowed, cure, kind, column)
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
                self.contradiction(table, row, first, key, differing)
                continue
            repeated.append(row)
            whys.append(f"submitted twice: the same answers as row {table.line(first)}")
            who = cells.at[row, key[0]] if key[0] == self.number_column(table) else ""
            warning = Problem(
                table.file, whys[-1], "one form", "Nothing: it is excluded.", table.line(row),
                None, who, "warning", "repeat", table.section,
            )  # fmt: skip
            self.warnings.append(warning)
        return self.leave_out(table, repeated, whys)

    def contradiction(
        self, table: RawTable, row: int, first: int, key: list[str], differing: list[str]
    ) -> None:
        """Note that two rows of one participant contradict each other."""
        cells, participant = table.cells, short(table.cells.at[row, key[0]], 40)
        group = self.study.settings.participants.group
        found = f"a second form that differs from row {table.line(first)}"
        line = table.line(row)
        leave = line_to_exclude(self.study, table.file, participant, line)
        allowed, cure = "one form", f"Decide which one counts; to leave this one out,{leave}"
        if FORM_TIME not in key[1:] and len(key) > 1 and table.section == "questionnaires":
            cure = "If it is of another time, correct the time. If not, decide which one counts; "
            cure += f"to leave this one out,{leave}"
        if table.section == "participants" and group in differing:
            groups = [f'"{short(cells.at[place, group])}"' for place in (row, first)]
            found = f"{groups[0]}, and {groups[1]} in row {table.line(first)}"
            allowed, cure = "one group a participant", "Correct the group or the number."
            differing = [group]
        where = ", ".join(table.raw_name(row, column) for column in differing[:5])
        problem = Problem(table.file, found, allowed, cure, line, where, participant)
        self.problems.append(replace(problem, kind="second form", subject=table.section))

    def known(self, table: RawTable, column: str) -> None:
        """Note every row whose participant is not in the list of participants."""
        if self.people is None:
            return
        unknown = ~table.cells[column].isin(self.people["participant"])
        counts = Counter(table.cells[column]) if unknown.any() else {}
        # Somebody of whom a form is missing.
        most = max(counts.values(), default=0)
        free = [who for who in self.people["participant"] if counts.get(who, 0) < most]
        for row in table.cells.index[unknown]:
            cure, word = "Correct the number, or add the participant to the list.", ""
            if unknown.sum() <= FEW_UNKNOWN:
                word = table.cells.at[row, column][:LONGEST_NUMBER]
            near = difflib.get_close_matches(word, free, 1, 0.7)
            cure += f' Is it "{near[0]}"?' if near else ""
            allowed = "a participant of the participants file"
            self.problem(table, row, column, allowed, cure, "participant", table.section)

    def numbers(
        self, table: RawTable, columns: list[str], lowest: float, highest: float, whole: bool,
        labels: dict[str, int] | None = None, subject: str = "", cure: str = "",
    ) -> pd.DataFrame:  # fmt: skip
        """Read numbers, noting each that is no number, not whole, or out of range.

        ``subject`` is the instrument that they answer, ``cure`` what else a column may need.
        """
        stated = self.study.settings.raw.decimal if table.is_text else None
        allowed = f"{'whole ' if whole else ''}numbers from {lowest:g} to {highest:g}"
        cure = (
            "Look it up on the form and list the edit in the corrections file, or leave it empty."
            f"{' ' * bool(cure)}{cure}"
        )
        if labels:
            allowed += f", or {', '.join(labels)}"
            cure = "Add the label to [questionnaires.labels], or correct the answer."
        says = {
            "bare number": (f"one of {', '.join(labels or ())}",
                            "Look it up; if it means an answer, add the number to the labels."),
            "sign": (f"{allowed}, with one decimal sign", _sign_cure(table, stated)),
            "date": (allowed, "Excel shows a date here: give the column the format General or "
                              "Number in the workbook, and save it."),
            "percent": (allowed, "Excel stores 4% as 0.04: give the column the format General "
                                 "and multiply it by 100 in the workbook, and save it."),
        }  # fmt: skip
        read, wrong = {}, []
        found = {word for c in columns for word in table.cells[c].unique()} if labels else set()
        bare = _bare_numbers(found, labels, lowest, highest) if labels else set()
        for order, column in enumerate(columns):
            places, words = levels(table.cells[column])
            decimal = decimal_of(words, stated)
            values = numbers_of(words, decimal, labels)
            bad = np.isnan(values) & (np.array(words, dtype=object) != "")
            with np.errstate(invalid="ignore"):
                bad |= (values < lowest) | (values > highest)
                bad |= (values % 1 != 0) & ~np.isnan(values) if whole else False
            bad |= [word in bare for word in words]
            values[bad] = np.nan
            read[column] = whole_numbers(values, places) if whole else values[places]
            signs = [form for sign, form in DECIMALS.items() if sign != decimal]
            for position in np.flatnonzero(bad[places]) if bad.any() else ():
                word = words[places[position]]
                kind = "bare number" if word in bare else "answer" if subject else "number"
                kind = "sign" if any(form.fullmatch(word) for form in signs) else kind
                if not table.is_text and whole:
                    kind = "date" if DAY.fullmatch(word) else kind
                    is_share = PERCENT.fullmatch(word) and float(word) * 100 <= highest
                    kind = "percent" if is_share else kind
                wrong.append((position, order, kind, word))
        for position, order, kind, _ in sorted(wrong):
            place = table, table.cells.index[position], columns[order]
            told = says.get(kind, (allowed, cure))
            self.problem(*place, *told, kind, subject or columns[order])
        return pd.DataFrame(read, index=table.cells.index, copy=False)

    def decode(
        self,
        table: RawTable,
        column: str,
        codes: dict[str, str],
        setting: str,
        names: dict[str, list[str]] | None = None,
    ) -> pd.Series:
        """Replace codes by ids, noting each code that is not known; an empty cell stays missing.

        A code is also known by the label that the file itself gives it; a label that says another
        thing than study.toml is a problem. ``names`` are the words for each id.
        """
        text = table.cells[column]
        name = table.aliases.get(column, column)
        own = table.value_labels.get(name, {})
        self.note(wrong_codes(table.file, name, own, codes, setting, names or {}))
        plain = {as_label(code): name for code, name in codes.items()}
        known = {f"{code}.0": name for code, name in codes.items() if code.isdecimal()}
        known |= {value: codes[label] for value, label in own.items() if label in codes} | codes
        known |= {word: plain[as_label(word)] for word in text.unique()
                  if word not in known and as_label(word) in plain}  # fmt: skip
        for row in text.index[~text.isin([*known, ""])]:
            allowed = ", ".join(codes)
            cure = f"Correct the code, or add it to {setting} in study.toml."
            self.problem(table, row, column, allowed, cure, "code", setting)
        return text.map(known).astype("str").where((text != "") | ("" in codes))

    def dates(self, table: RawTable, column: str) -> pd.Series:
        """Read dates; year-month-day, or in the one format that fits them all."""
        places, words = levels(table.cells[column])
        read, form = dates_of(words, self.study.settings.raw.date_format)
        wrong = [p for p, word in enumerate(words) if word and not read[p]]
        of_all = date_cure([w for w in words if w]) if len(wrong) * 2 > len(words) else ""
        for row in table.cells.index[np.isin(places, wrong)]:
            cure = of_all or self._cure_of_date(table, row, column, form or "%Y-%m-%d")
            self.problem(table, row, column, "a date such as 2018-09-25", cure, "date", column)
        if form is None:
            row = table.cells.index[0]
            allowed = "dates that can be read in one way"
            self.problem(table, row, column, allowed, 'State date_format = "%d-%m-%Y" in [raw].')
        values = pd.Series(np.array(read, dtype=object)[places], table.cells.index, dtype="str")
        return values.where(values != "")

    def _cure_of_date(self, table: RawTable, row: int, column: str, form: str) -> str:
        """Say how a cell of a column of dates becomes one, or empty."""
        number, word = self.number_column(table), table.cells.at[row, column]
        if not number:
            return "Correct the date."
        after, how = "", "Correct the date; or, to leave it empty,"
        # So Excel stores the days from 1954 to 2119.
        if re.fullmatch("[2-7][0-9]{4}", word):
            day = pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(word))
            after, how = day.strftime(form), f"{word} is how Excel stores {day:%Y-%m-%d}. If so,"
        time = getattr(getattr(self.study.settings, table.section), "time", None)
        about = table.cells.at[row, number], table.cells.at[row, time] if time else ""
        name = table.raw_name(row, column)
        return how + line_to_correct(self.study, table.file, *about, name, word, after)


def _bare_numbers(
    found: set[str], labels: dict[str, int], lowest: float, highest: float
) -> set[str]:
    """Return the numbers among answers that are otherwise labels: who knows what they count.

    A table of labels for the ends of a scale alone goes with numbers between them.
    """
    known = {as_label(label) for label in labels}
    covers = set(labels.values()) >= set(range(int(lowest), int(highest) + 1))
    recodes = any(NUMBER.fullmatch(label) for label in known)
    if recodes or not covers or not any(as_label(word) in known for word in found):
        return set()
    return found & {str(number) for number in range(int(lowest), int(highest) + 1)}


def _sign_cure(table: RawTable, stated: str | None) -> str:
    """Say how a column gets one decimal sign."""
    if not table.is_text:
        return "Write them as numbers in the workbook, not as text."
    if stated:
        other = "," if stated == "." else "."
        return f'If all columns have this sign, write decimal = "{other}" under [raw].'
    return 'State decimal = "," or decimal = "." under [raw].'


def whole_numbers(values: np.ndarray, places: np.ndarray) -> pd.arrays.IntegerArray:
    """Return whole numbers, missing where there is none."""
    missing = np.isnan(values)
    numbers = np.where(missing, 0, values).astype("int64")
    # A quarter of the memory for the answers of a large study.
    small = numbers.astype("int16")
    numbers = small if (small == numbers).all() else numbers
    return pd.arrays.IntegerArray(numbers[places], missing[places])
