"""Settings that are right one by one and contradict each other, the keys or the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imp_helpers.study.errors import Problem
from imp_helpers.study.instruments import Instrument
from imp_helpers.study.schema import line_of, nearest

FILE = "study.toml"
NAMED_COLUMNS = {
    "participants": ("participant", "group", "training_group", "sex", "age", "profession"),
    "questionnaires": ("participant", "time", "date", "minutes"),
}


def disagreements(
    settings: object, instruments: tuple[Instrument, ...], text: str
) -> list[Problem]:
    """Return what is wrong between settings, each with its line.

    Parameters
    ----------
    settings : Settings
    instruments : tuple of Instrument
    text : str
        The file's text, to name lines.
    """
    lines = text.splitlines()
    checks = (_roles(settings), _columns(settings), _labels(settings, instruments),
              _own_keys(settings, instruments), _missing(settings, instruments))  # fmt: skip
    return [
        Problem(FILE, found, allowed, cure, line_of(place.split("."), found, lines), place,
                severity=severity)
        for check in checks for place, found, allowed, cure, severity in check
    ]  # fmt: skip


Found = Iterator[tuple[str, str, str, str, str]]


def _roles(settings: object) -> Found:
    """Yield groups of which none is trained."""
    roles = {name: group.role for name, group in settings.groups.items()}
    if "intervention" not in roles.values():
        cure = 'Write role = "intervention" for the group that followed the programme.'
        yield (
            "groups.role",
            f'"{next(iter(roles.values()))}" for every group',
            "one intervention",
            cure,
            "error",
        )


def _columns(settings: object) -> Found:
    """Yield columns that are named for two things, and sheets of files that have none."""
    for section, names in NAMED_COLUMNS.items():
        own, seen = getattr(settings, section), {}
        for name in names:
            column = getattr(own, name, None)
            if column in seen:
                found = f'"{column}", which is {seen[column]} as well'
                yield f"{section}.{name}", found, "a column of its own", "Name another.", "error"
            elif column:
                seen[column] = name
        for _, file, sheet in own.sources:
            if sheet and Path(file).suffix.lower() not in (".xlsx", ".xlsm"):
                found, cure = f'"{sheet}" for {file}', "Delete the line."
                yield f"{section}.sheet", found, "a sheet of an Excel file", cure, "error"
    count, times = len(settings.questionnaires.sources), len(settings.times)
    if count not in (1, times):
        found, allowed = f"{count} files or sheets", f"one, or {times}: one for each time in order"
        yield "questionnaires.file", found, allowed, "Correct the lists of file and sheet.", "error"
    seen = {}
    for name, pattern in settings.questionnaires.instruments.items():
        if pattern in seen:
            found = f'"{pattern}", which is {seen[pattern]} as well'
            cure = "Correct one of the patterns."
            yield f"questionnaires.instruments.{name}", found, "columns of its own", cure, "error"
        seen[pattern] = name


def _labels(settings: object, instruments: tuple[Instrument, ...]) -> Found:
    """Yield tables of labels for no instrument, with a label twice, or with wrong numbers."""
    labels, keys = settings.questionnaires.labels, {key.id: key for key in instruments}
    tables = {name: table for name, table in labels.items() if isinstance(table, dict)}
    tables[""] = {name: number for name, number in labels.items() if name not in tables}
    for name, table in tables.items():
        place = f"questionnaires.labels{'.' * bool(name)}{name}"
        if name and name not in keys:
            allowed = nearest(name, keys, "an instrument of the study")
            yield place, f'"{name}"', allowed, "Name an instrument of the study.", "error"
            continue
        seen = {}
        concerned = [keys[name]] if name else list(keys.values())
        low = min((key.lowest_answer for key in concerned), default=0)
        high = max((key.highest_answer for key in concerned), default=0)
        for label, number in table.items():
            plain = " ".join(label.split()).casefold()
            if seen.setdefault(plain, number) != number:
                found = f'"{label}" = {number} beside {seen[plain]}'
                yield f"{place}.{label}", found, "one number a label", "Delete one.", "error"
            if not low <= number <= high:
                found, allowed = f'"{label}" = {number}', f"answers from {low} to {high}"
                cure = "Correct the number, or the range of the key."
                yield f"{place}.{label}", found, allowed, cure, "error"


def _own_keys(settings: object, instruments: tuple[Instrument, ...]) -> Found:
    """Yield confirmations of what no key assumes, and rules for totals that a key does not have."""
    for key in instruments:
        known = [assumption["id"] for assumption in key.assumptions if "id" in assumption]
        for name in settings.confirmed_assumptions.get(key.id, []):
            if name not in known:
                allowed = nearest(name, known, f"nothing: the key of {key.id} assumes nothing")
                place = f"confirmed_assumptions.{key.id}"
                yield place, f'"{name}"', allowed, "Correct the name, or delete it.", "error"
        own = settings.instrument_settings.get(key.id)
        has_total = any(scale.parts for scale in key.scales)
        if own and own.total_rule and not has_total:
            place, allowed = (
                f"instrument_settings.{key.id}.total_rule",
                "no rule: it is no composite",
            )
            cure = "Delete the line; the rule of its scales is scale_rule in its key."
            yield place, f'"{own.total_rule}"', allowed, cure, "error"


def _missing(settings: object, instruments: tuple[Instrument, ...]) -> Found:
    """Yield words for "no answer" that are possible answers."""
    for word in settings.raw.missing:
        number = int(word) if word.lstrip("-").isdecimal() and len(word) < 9 else None
        for key in instruments:
            if number is not None and key.lowest_answer <= number <= key.highest_answer:
                found, allowed = f'"{word}", an answer of {key.id}', "words that are no answers"
                cure = "Every such answer becomes missing: take it out, or recode it."
                yield "raw.missing", found, allowed, cure, "warning"
                break
