"""Describe how each column of the raw files was interpreted."""

import re

import pandas as pd

from imp_common.errors import first_few, short
from imp_intake.reading.cell_values import decimal_of, levels
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import (
    COLUMN_SETTINGS,
    FORM_TIME,
    TIME,
    answer_labels,
    item_columns,
)
from imp_intake.settings.study import Study

SHOWN = 6
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def understood_columns(study: Study, tables: dict[str, RawTable]) -> pd.DataFrame:
    """Say how each column was interpreted, and what it contains.

    Columns: file, column, read_as, found, label (what the file itself says about the column).
    """
    rows = []
    for table in tables.values():
        section = table.section
        meanings, evaluated = _meanings(study, section), section == "evaluation"
        # Columns whose words tell who somebody is: numbers of participants, and free text.
        private = [getattr(getattr(study.settings, section), "participant", "")]
        private += [q.column for q in study.questions.values() if evaluated and q.kind == "text"]
        for name, (column, time) in table.names_in_file(study.times).items():
            cells = table.cells[column]
            cells = cells[table.cells[FORM_TIME] == time.code] if time else cells
            read_as = meanings.get(column, "") + (f", {time.label}" if time else "")
            own = " ".join(short(table.labels.get(name, ""), 80).split())
            described = _number_of_words if column in private else _found
            rows.append((table.file, name, read_as, described(cells), own))
        for column in table.surplus:
            key_id = looks_like_item(study, column) if section == "questionnaires" else ""
            looks = f", though it looks like an item of {key_id}" if key_id else ""
            own = short(table.labels.get(column, ""), 80)
            rows.append((table.file, short(column, 60), f"not read{looks}", "", own))
    columns = ["file", "column", "read_as", "found", "label"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["file", "column"])


def _meanings(study: Study, section: str) -> dict[str, str]:
    """Return what each column of a section stands for."""
    settings = getattr(study.settings, section)
    named = {name: getattr(settings, name, None) for name in COLUMN_SETTINGS}
    meanings = {column: name.replace("_", " ") for name, column in named.items() if column}
    for question in study.questions.values() if section == "evaluation" else ():
        meanings |= dict.fromkeys(question.columns, f"{question.kind}: {question.label}")
    if section == "questionnaires":
        keys = {name: key for key in study.instruments for name in key.item_names}
        for name, column, (low, high) in item_columns(study):
            key, number = keys[name], name.rpartition("_")[2]
            labels = " or labels" if answer_labels(study, key.id) else ""
            turned = ", reverse-keyed" if name in key.reverse_keyed else ""
            meanings[column] = f"{key.name}, item {number}: {low} to {high}{labels}{turned}"
        for scale, column in settings.totals.items():
            meanings[column] = f"the export's own {study.scales[scale].label}, compared with ours"
    return meanings


def _number_of_words(cells: pd.Series) -> str:
    return f"{cells.str.strip().loc[cells != ''].nunique()} different"


def _found(cells: pd.Series) -> str:
    """Sum up what stands in a column: its numbers' range, or its most frequent words."""
    _, words = levels(cells.str.strip())
    words = [word for word in words if word]
    empty = int((cells.str.strip() == "").sum())
    rest = f"; {empty} empty" if empty else ""
    if not words:
        return "nothing"
    if all(NUMBER.fullmatch(word) for word in words):
        decimal = decimal_of(words) or "."
        numbers = sorted(words, key=lambda word: float(word.replace(",", ".")))
        sign = ", decimal comma" if decimal == "," else ""
        return f"{numbers[0]} to {numbers[-1]}{sign}{rest}"
    return first_few((short(word, 30) for word in words), SHOWN) + rest


def looks_like_item(study: Study, column: str) -> str:
    """Return the instrument whose pattern an unread column fits; nothing if there is none."""
    for key_id, pattern in study.settings.questionnaires.instruments.items():
        if not isinstance(pattern, str):
            continue
        codes = "|".join(re.escape(time.code) for time in study.times)
        parts = [re.escape(part) for part in re.split(r"\{item[^}]*\}", pattern)]
        form = r"\d+".join(parts).replace(re.escape(TIME), f"({codes})")
        if re.fullmatch(form, column, re.IGNORECASE):
            return key_id
    return ""
