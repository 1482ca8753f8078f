"""Settings that are right one by one and contradict each other, the keys or the files."""

import re
from collections.abc import Collection, Iterable, Iterator
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
    checks = [_raw, _patterns, _groups, _times, _columns, _outcomes, _labels, _own_keys, _missing]
    return [
        Problem(FILE, found, allowed, cure, line_of(place.split("."), found, lines), place,
                severity="warning" if check is _missing else "error")
        for check in checks for place, found, allowed, cure in check(settings, instruments)
    ]  # fmt: skip


# Setting, what was found, what is allowed, and the cure.
Found = Iterator[tuple[str, str, str, str]]
Keys = tuple[Instrument, ...]


def _unknown(
    place: str, names: Iterable[str], known: Collection[str], cure: str, otherwise: str = ""
) -> Found:
    """Yield the names that are not known, with the nearest one that is."""
    for name in names:
        if name not in known:
            yield place, f'"{name}"', nearest(name, known, otherwise), cure


def _twice(values: Iterable[tuple[str, str, str]], allowed: str, cure: str) -> Found:
    """Yield the settings with a value that an earlier one has; each with what it is called."""
    seen: dict[str, str] = {}
    for place, name, value in values:
        if value in seen:
            yield place, f'"{value}", which is {seen[value]} as well', allowed, cure
        seen.setdefault(value, name)


def _raw(settings: object, _: Keys) -> Found:
    """Yield formats that cannot be used."""
    raw = settings.raw
    try:
        pattern, form = raw.participant_pattern, raw.participant_format
        is_right = pattern is None or re.compile(pattern).groups == 1
        is_right = is_right and form.format(1) != form.format(2)
    except (re.error, ValueError, LookupError, AttributeError):
        is_right = False
    if not is_right:
        found = f'"{raw.participant_pattern}" with participant_format "{raw.participant_format}"'
        allowed = "a pattern with the number in brackets, and a format such as P{:02d}"
        yield "raw.participant_pattern", found, allowed, "Correct pattern and format."
    if raw.date_format is not None and not re.search("%[Ymdbejxy]", raw.date_format):
        cure = "Write %d for the day, %m for the month and %Y for the year."
        allowed = 'a format such as "%d-%m-%Y"'
        yield "raw.date_format", f'"{raw.date_format}"', allowed, cure


def _patterns(settings: object, _: Keys) -> Found:
    """Yield patterns without a number, and times that are told in no way or in two."""
    own = settings.questionnaires
    by_other_means = own.time is not None or len(own.sources) > 1
    for name, pattern in own.patterns.items():
        part = "instruments" if name in own.instruments else "scores"
        place, rest = f"questionnaires.{part}.{name}", PLACEHOLDER.sub("", pattern)
        if ("{item" in pattern) == (part == "scores") or "{" in rest or "}" in rest:
            allowed = "a pattern such as PSS_{item}_{time}, PSS_{item:02d} or PSS_{item+20}"
            yield place, f'"{pattern}"', allowed, "Correct the pattern."
        elif by_other_means == ("{time}" in pattern) and len(own.times.get(name, ())) != 1:
            found = "{time} beside a time column" if own.time else "no {time} in it"
            cure = "Name the column of the time, write {time} into the patterns, or list a file "
            cure += "for each time: one of these."
            yield place, found, "one way to tell the time", cure
    for name, times in own.times.items():
        place = f"questionnaires.times.{name}"
        yield from _unknown(place, [name], own.patterns, "Correct the name.")
        yield from _unknown(place, times, settings.times, "Correct the name.")


def _groups(settings: object, _: Keys) -> Found:
    """Yield groups of which none is trained, none or several the reference, or no column tells."""
    roles = {name: group.role for name, group in settings.groups.items()}
    if "intervention" not in roles.values():
        cure = 'Write role = "intervention" for the group that followed the programme.'
        found = f'"{next(iter(roles.values()))}" for every group'
        yield "groups.role", found, "one intervention", cure
    if len(roles) > 1 and not settings.participants.group:
        yield "participants.group", "nothing", "a column", "Name the column of the group."
    named, controls = settings.study.reference, list(roles.values()).count("control")
    cure = 'Write reference = "..." with the group that the others are compared with.'
    if named is None and len(roles) > 1 and controls != 1:
        found = f"{controls} groups with the role control"
        yield "study.reference", found, f"one of {', '.join(roles)}", cure
    yield from _unknown("study.reference", [named] if named is not None else [], roles, cure)
    yield from _codes("groups", settings.groups)


def _codes(section: str, entries: dict) -> Found:
    """Yield codes that two groups or two times share."""
    codes = [(f"{section}.{name}.code", name, e.code or name) for name, e in entries.items()]
    yield from _twice(codes, "a code each", "Give each a code of its own.")


def _times(settings: object, _: Keys) -> Found:
    """Yield times that cannot be compared."""
    times, named = settings.times, settings.analysed_times
    if len(times) < 2:
        cure = "Add the time before and the time after."
        yield "times", ", ".join(times), "at least two times", cure
    if named is not None and (len(set(named)) != 2 or not set(named) <= set(times)):
        cure = "Name the time before and the time after."
        yield "analysed_times", f'"{named}"', f"two of {', '.join(times)}", cure
    elif named is not None and list(times).index(named[0]) > list(times).index(named[1]):
        allowed, cure = "the earlier time first", "Exchange them, or the order of the times."
        yield "analysed_times", f'"{named}"', allowed, cure
    yield from _codes("times", times)


def _outcomes(settings: object, instruments: Keys) -> Found:
    """Yield outcomes that are there twice, were not asked twice, or of which none is primary."""
    scales = [outcome.scale for outcome in settings.outcomes]
    named = [("outcomes.scale", "an outcome", scale) for scale in scales]
    yield from _twice(named, "each scale once", "Remove one of them.")
    main = [outcome.scale for outcome in settings.outcomes if outcome.family == "main"]
    if not main:
        cure = 'Write family = "main" for the primary outcomes.'
        yield "outcomes.family", "no primary outcome", "at least one", cure
    analysed = settings.analysed_times or list(settings.times)[:2]
    for key in instruments:
        given = settings.questionnaires.times.get(key.id, analysed)
        for scale in (scale.id for scale in key.scales if scale.id in scales):
            if not set(analysed) <= set(given):
                found, cure = f'"{scale}", not asked at both', "Take it out of the outcomes."
                yield "outcomes.scale", found, f"asked at {' and '.join(analysed)}", cure
    primary = settings.planning.primary_outcome
    named = [primary] if primary is not None else []
    cure = "Name one of the primary outcomes."
    yield from _unknown("planning.primary_outcome", named, main, cure)


def _columns(settings: object, _: Keys) -> Found:
    """Yield columns that are named for two things, and sheets of files that have none."""
    for section, names in NAMED_COLUMNS.items():
        own = getattr(settings, section)
        columns = [(f"{section}.{n}", n, c) for n in names if (c := getattr(own, n, None))]
        yield from _twice(columns, "a column of its own", "Name another.")
        for _, file, sheet in own.sources:
            if sheet and Path(file).suffix.lower() not in (".xlsx", ".xlsm"):
                found, cure = f'"{sheet}" for {file}', "Delete the line."
                yield f"{section}.sheet", found, "a sheet of an Excel file", cure
    count, times = len(settings.questionnaires.sources), len(settings.times)
    if count not in (1, times):
        found, allowed = f"{count} files or sheets", f"one, or {times}: one for each time in order"
        yield "questionnaires.file", found, allowed, "Correct the lists of file and sheet."
    patterns = settings.questionnaires.instruments.items()
    named = [(f"questionnaires.instruments.{name}", name, pattern) for name, pattern in patterns]
    yield from _twice(named, "columns of its own", "Correct one of the patterns.")


def _labels(settings: object, instruments: Keys) -> Found:
    """Yield tables of labels for no instrument, with a label twice, or with wrong numbers."""
    labels, keys = settings.questionnaires.labels, {key.id: key for key in instruments}
    tables = {name: table for name, table in labels.items() if isinstance(table, dict)}
    tables[""] = {name: number for name, number in labels.items() if name not in tables}
    for name, table in tables.items():
        place = f"questionnaires.labels{'.' * bool(name)}{name}"
        known = {*keys, ""}
        yield from _unknown(place, [name], known, "Name an instrument of the study.")
        if name not in known:
            continue
        seen = {}
        concerned = [keys[name]] if name else list(keys.values())
        low = min((key.lowest_answer for key in concerned), default=0)
        high = max((key.highest_answer for key in concerned), default=0)
        for label, number in table.items():
            plain = " ".join(label.split()).casefold()
            if seen.setdefault(plain, number) != number:
                found = f'"{label}" = {number} beside {seen[plain]}'
                yield f"{place}.{label}", found, "one number a label", "Delete one."
            if not low <= number <= high:
                found, allowed = f'"{label}" = {number}', f"answers from {low} to {high}"
                cure = "Correct the number, or the range of the key."
                yield f"{place}.{label}", found, allowed, cure


def _own_keys(settings: object, instruments: Keys) -> Found:
    """Yield confirmations of what no key assumes, and rules for totals that a key does not have."""
    for key in instruments:
        known = [assumption["id"] for assumption in key.assumptions if "id" in assumption]
        yield from _unknown(
            f"confirmed_assumptions.{key.id}", settings.confirmed_assumptions.get(key.id, []),
            known, "Correct the name, or delete it.",
            f"nothing: the key of {key.id} assumes nothing",
        )  # fmt: skip
        own = settings.instrument_settings.get(key.id)
        has_total = any(scale.parts for scale in key.scales)
        if own and own.total_rule and not has_total:
            place, allowed = f"instrument_settings.{key.id}.total_rule", "no rule: no composite"
            cure = "Delete the line; the rule of its scales is scale_rule in its key."
            yield place, f'"{own.total_rule}"', allowed, cure


def _missing(settings: object, instruments: Keys) -> Found:
    """Yield words for "no answer" that are possible answers."""
    for word in settings.raw.missing:
        number = int(word) if word.lstrip("-").isdecimal() and len(word) < 9 else None
        for key in instruments:
            if number is not None and key.lowest_answer <= number <= key.highest_answer:
                found, allowed = f'"{word}", an answer of {key.id}', "words that are no answers"
                cure = "Every such answer becomes missing: take it out, or recode it."
                yield "raw.missing", found, allowed, cure
                break
