"""Settings that are right one by one and contradict each other, the keys or the files."""

import re
from collections.abc import Iterator
from pathlib import Path

from imp_helpers.study.errors import Problem
from imp_helpers.study.instruments import Instrument
from imp_helpers.study.schema import line_of, nearest
from imp_helpers.study.sections import PLACEHOLDER

FILE = "study.toml"
NAMED_COLUMNS = {
    "participants": ("participant", "group", "training_group", "sex", "age", "profession"),
    "questionnaires": ("participant", "time", "date", "minutes"),
}


def disagreements(
    settings: object, instruments: tuple[Instrument, ...], text: str
) -> list[Problem]:
    """Return what is wrong between settings, each with its line in the file's text."""
    lines = text.splitlines()
    own = (_raw, _patterns, _groups, _times, _columns)
    with_keys = (_outcomes, _labels, _own_keys, _missing)
    checks = [check(settings) for check in own]
    checks += [check(settings, instruments) for check in with_keys]
    return [
        Problem(FILE, found, allowed, cure, line_of(place.split("."), found, lines), place,
                severity=severity)
        for check in checks for place, found, allowed, cure, severity in check
    ]  # fmt: skip


Found = Iterator[tuple[str, str, str, str, str]]


def _raw(settings: object) -> Found:
    """Yield formats that cannot be used."""
    raw = settings.raw
    try:
        pattern, form = raw.participant_pattern, raw.participant_format
        if pattern is not None and re.compile(pattern).groups != 1:
            raise ValueError
        if form.format(1) == form.format(2):
            raise ValueError
    except (re.error, ValueError, LookupError, AttributeError):
        found = f'"{raw.participant_pattern}" with participant_format "{raw.participant_format}"'
        allowed = "a pattern with the number in brackets, and a format such as P{:02d}"
        yield "raw.participant_pattern", found, allowed, "Correct pattern and format.", "error"
    if raw.date_format is not None and not re.search("%[Ymdbejxy]", raw.date_format):
        cure = "Write %d for the day, %m for the month and %Y for the year."
        allowed = 'a format such as "%d-%m-%Y"'
        yield "raw.date_format", f'"{raw.date_format}"', allowed, cure, "error"


def _patterns(settings: object) -> Found:
    """Yield patterns without a number, and times that are told in no way or in two."""
    own = settings.questionnaires
    by_other_means = own.time is not None or len(own.sources) > 1
    for name, pattern in own.patterns.items():
        part = "instruments" if name in own.instruments else "scores"
        place, rest = f"questionnaires.{part}.{name}", PLACEHOLDER.sub("", pattern)
        if ("{item" in pattern) == (part == "scores") or "{" in rest or "}" in rest:
            allowed = "a pattern such as PSS_{item}_{time}, PSS_{item:02d} or PSS_{item+20}"
            yield place, f'"{pattern}"', allowed, "Correct the pattern.", "error"
        elif by_other_means == ("{time}" in pattern) and len(own.times.get(name, ())) != 1:
            found = "{time} beside a time column" if own.time else "no {time} in it"
            cure = "Name the column of the time, write {time} into the patterns, or list a file "
            cure += "for each time: one of these."
            yield place, found, "one way to tell the time", cure, "error"
    for name, times in own.times.items():
        place = f"questionnaires.times.{name}"
        for word, known in [(name, own.patterns), *((time, settings.times) for time in times)]:
            if word not in known:
                yield place, f'"{word}"', nearest(word, known, ""), "Correct the name.", "error"


def _groups(settings: object) -> Found:
    """Yield groups of which none is trained, none or several the reference, or no column tells."""
    roles = {name: group.role for name, group in settings.groups.items()}
    if "intervention" not in roles.values():
        cure = 'Write role = "intervention" for the group that followed the programme.'
        found = f'"{next(iter(roles.values()))}" for every group'
        yield "groups.role", found, "one intervention", cure, "error"
    if len(roles) > 1 and not settings.participants.group:
        yield "participants.group", "nothing", "a column", "Name the column of the group.", "error"
    named, controls = settings.study.reference, list(roles.values()).count("control")
    cure = 'Write reference = "..." with the group that the others are compared with.'
    if named is not None and named not in roles:
        yield "study.reference", f'"{named}"', nearest(named, roles, ""), cure, "error"
    elif named is None and len(roles) > 1 and controls != 1:
        found = f"{controls} groups with the role control"
        yield "study.reference", found, f"one of {', '.join(roles)}", cure, "error"
    yield from _codes("groups", settings.groups)


def _codes(section: str, entries: dict) -> Found:
    """Yield codes that two groups or two times share."""
    codes = [entry.code or name for name, entry in entries.items()]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        cure = "Give each a code of its own."
        yield f"{section}.code", f'"{code}"', "a code each", cure, "error"


def _times(settings: object) -> Found:
    """Yield times that cannot be compared."""
    times, named = settings.times, settings.analysed_times
    if len(times) < 2:
        cure = "Add the time before and the time after."
        yield "times", ", ".join(times), "at least two times", cure, "error"
    if named is not None and (len(set(named)) != 2 or not set(named) <= set(times)):
        cure = "Name the time before and the time after."
        yield "analysed_times", f'"{named}"', f"two of {', '.join(times)}", cure, "error"
    elif named is not None and list(times).index(named[0]) > list(times).index(named[1]):
        allowed, cure = "the earlier time first", "Exchange them, or the order of the times."
        yield "analysed_times", f'"{named}"', allowed, cure, "error"
    yield from _codes("times", times)


def _outcomes(settings: object, instruments: tuple[Instrument, ...]) -> Found:
    """Yield outcomes that are there twice, were not asked twice, or of which none is primary."""
    scales = [outcome.scale for outcome in settings.outcomes]
    for scale in sorted({scale for scale in scales if scales.count(scale) > 1}):
        cure = "Remove one of them."
        yield "outcomes.scale", f'"{scale}" twice', "each scale once", cure, "error"
    main = [outcome.scale for outcome in settings.outcomes if outcome.family == "main"]
    if not main:
        cure = 'Write family = "main" for the primary outcomes.'
        yield "outcomes.family", "no primary outcome", "at least one", cure, "error"
    analysed = settings.analysed_times or list(settings.times)[:2]
    for key in instruments:
        given = settings.questionnaires.times.get(key.id, analysed)
        for scale in {scale.id for scale in key.scales} & set(scales):
            if not set(analysed) <= set(given):
                found, cure = f'"{scale}", not asked at both', "Take it out of the outcomes."
                yield "outcomes.scale", found, f"asked at {' and '.join(analysed)}", cure, "error"
    primary = settings.planning.primary_outcome
    if primary is not None and primary not in main:
        cure = "Name one of the primary outcomes."
        yield "planning.primary_outcome", f'"{primary}"', nearest(primary, main, ""), cure, "error"


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
