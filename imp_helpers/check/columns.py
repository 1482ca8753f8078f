"""Describe how each column of the raw files was interpreted."""

import re

import pandas as pd

from imp_helpers.reading.cell_values import decimal_of, levels
from imp_helpers.reading.files import RawTable
from imp_helpers.reading.headers import COLUMN_SETTINGS, TIME, answer_labels, item_columns
from imp_helpers.study.errors import first_few, short
from imp_helpers.study.instruments import Instrument
from imp_helpers.study.study import Study

SHOWN = 6
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def understood_columns(study: Study, tables: dict[str, RawTable]) -> pd.DataFrame:
    """Say how each column was interpreted, and what it contains.

    Columns: file, column, read_as, found, label (what the file itself says about the column).
    """
    rows = []
    for table in tables.values():
        section = table.section
        meanings = _meanings(study, section)
        for name, (column, time) in table.names_in_file(study.times).items():
            cells = table.cells[column]
            cells = cells[table.cells[TIME] == time.code] if time else cells
            read_as = meanings.get(column, "") + (f", {time.label}" if time else "")
            own = " ".join(short(table.labels.get(name, ""), 80).split())
            # Words that tell who somebody is are counted only.
            private = column in _private(study, section)
            found = f"{cells.str.strip().loc[cells != ''].nunique()} different" if private else ""
            rows.append((table.file, name, read_as, found or _found(cells), own))
        for column in table.surplus:
            read_as = _surplus(study, section, column)
            own = short(table.labels.get(column, ""), 80)
            rows.append((table.file, short(column, 60), read_as, "", own))
    columns = ["file", "column", "read_as", "found", "label"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["file", "column"])


def _private(study: Study, section: str) -> set[str]:
    """Return the columns whose words tell who somebody is: numbers of participants, free text."""
    questions = study.questions.values() if section == "evaluation" else ()
    texts = {question.column for question in questions if question.kind == "text"}
    return texts | {getattr(getattr(study.settings, section), "participant", "")}


def _meanings(study: Study, section: str) -> dict[str, str]:
    """Return what each column of a section stands for."""
    settings = getattr(study.settings, section)
    named = {name: getattr(settings, name, None) for name in COLUMN_SETTINGS}
    meanings = {column: name.replace("_", " ") for name, column in named.items() if column}
    for question in study.questions.values() if section == "evaluation" else ():
        if question.column:
            meanings[question.column] = f"{question.kind}: {question.label}"
    if section == "questionnaires":
        keys = {name: key for key in study.instruments for name in key.item_names}
        for name, column, limits in item_columns(study):
            meanings[column] = _item(keys[name], name, limits, study)
        for scale, column in settings.totals.items():
            meanings[column] = f"the export's own {study.scales[scale].label}, compared with ours"
    return meanings


def _item(key: Instrument, name: str, limits: tuple[int, int], study: Study) -> str:
    turned = ", reverse-keyed" if name in key.reverse_keyed else ""
    labels = " or labels" if answer_labels(study, key.id) else ""
    number = name.rpartition("_")[2]
    return f"{key.name}, item {number}: {limits[0]} to {limits[1]}{labels}{turned}"


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


def _surplus(study: Study, section: str, column: str) -> str:
    """Say that a column is not read, and whether it looks as if it should be."""
    key_id = looks_like_item(study, column) if section == "questionnaires" else ""
    return f"not read, though it looks like an item of {key_id}" if key_id else "not read"


def looks_like_item(study: Study, column: str) -> str:
    """Return the instrument whose pattern an unread column fits; nothing if there is none."""
    for key_id, pattern in study.settings.questionnaires.instruments.items():
        codes = "|".join(re.escape(time.code) for time in study.times)
        parts = [re.escape(part) for part in re.split(r"\{item[^}]*\}", pattern)]
        form = r"\d+".join(parts).replace(re.escape(TIME), f"({codes})")
        if re.fullmatch(form, column, re.IGNORECASE):
            return key_id
    return ""
