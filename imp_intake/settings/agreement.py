"""Settings that are right one by one and contradict each other, the keys or the files."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from imp_common.errors import Problem
from imp_common.register import statistics
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.schema import as_in_toml, line_of, nearest
from imp_intake.settings.sections import AREAS, PLACEHOLDER, WORKBOOKS

FILE = "study.toml"
# A number of at most two digits: a width of ten would fill the memory.
NUMBER_FORMAT = re.compile(r"[^{}]*\{0?(:0?[0-9]{0,2}d?)?\}[^{}]*")
# What columns and results are called beside groups and times.
RESERVED = ("total", "group", "time", "scale", "label", "participant")
MOST_PRORATED = 0.5
NAMED_COLUMNS = {
    "participants": ("participant", "group", "training_group", "sex", "age", "profession"),
    "questionnaires": ("participant", "time", "date", "minutes"),
}


def disagreements(
    settings: object, instruments: tuple[Instrument, ...], text: str
) -> list[Problem]:
    """Return what is wrong between settings, each with its line in the file's text."""
    lines = text.splitlines()
    checks = [_raw, _patterns, _listed, _groups, _times, _columns, _outcomes, _labels, _own_keys,
              _scales, _form]  # fmt: skip
    warnings = [_missing, _prorating, _answers_alike, _allocation]
    return [
        Problem(FILE, found, allowed, cure, line_of(place.split("."), found, lines), place,
                severity="warning" if check in warnings else "error")
        for check in [*checks, *warnings]
        for place, found, allowed, cure in check(settings, instruments)
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
        plain = " ".join(value.split()).casefold() if place.endswith("label") else value
        if plain in seen:
            yield place, f'"{value}", which is {seen[plain]} as well', allowed, cure
        seen.setdefault(plain, name)


def _raw(settings: object, _: Keys) -> Found:
    """Yield formats that cannot be used."""
    raw = settings.raw
    try:
        pattern, form = raw.participant_pattern, raw.participant_format
        is_right = pattern is None or re.compile(pattern).groups == 1
    except (re.error, ValueError, OverflowError, RecursionError):
        is_right = False
    if not (is_right and NUMBER_FORMAT.fullmatch(form)):
        found = f'"{raw.participant_pattern}" with participant_format "{raw.participant_format}"'
        allowed = "a pattern with the number in brackets, and a format such as P{:02d}"
        yield "raw.participant_pattern", found, allowed, "Correct pattern and format."
    if raw.date_format is not None and not _names_a_day(raw.date_format):
        cure = "Write %d for the day, %m for the month and %Y for the year, each once."
        allowed = 'a format such as "%d-%m-%Y"'
        yield "raw.date_format", f'"{raw.date_format}"', allowed, cure


def _names_a_day(form: str) -> bool:
    """Tell whether a date is the same after it was written and read in a format."""
    day = datetime(2018, 9, 25)
    try:
        return datetime.strptime(day.strftime(form), form).date() == day.date()
    except (ValueError, LookupError, re.error):
        return False


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
        elif (
            len(settings.times) > 1
            and by_other_means == ("{time}" in pattern)
            and (len(own.times.get(name, ())) != 1)
        ):
            found = f'"{pattern}", no {{time}} in it, no time column, and one file'
            cure = "Name the column of the time, write {time} into the patterns, or list a file "
            cure += "for each time: one of these."
            if by_other_means:
                other = "a time column" if own.time else "a file or sheet for each time"
                found, plain = f"{{time}} beside {other}", re.sub(r"[_.\- ]?\{time\}", "", pattern)
                cure = (
                    f'Write {name} = "{plain}".'
                    if part == "instruments" and plain
                    else ("Write the column as it is called in every row or file, without {time}.")
                )
            yield place, found, "one way to tell the time", cure
    for name, times in own.times.items():
        place = f"questionnaires.times.{name}"
        yield from _unknown(place, [name], own.patterns, "Correct the name.")
        yield from _unknown(place, times, settings.times, "Correct the name.")


def _listed(settings: object, instruments: Keys) -> Found:
    """Yield lists of columns that are no list of a key's items, and tables that lack a time."""
    own = settings.questionnaires
    for key in instruments:
        stated = own.instruments.get(key.id, "")
        place = f"questionnaires.instruments.{key.id}"
        if isinstance(stated, dict):
            yield from _unknown(place, stated, settings.times, "Correct the name of the time.")
            for time in own.times.get(key.id, settings.times):
                if time not in stated:
                    cure = f"Add {time}, or name the other times under [questionnaires.times]."
                    yield place, f"no columns for {time}", "columns for each time", cure
        for columns in stated.values() if isinstance(stated, dict) else [stated]:
            count = len(columns) if isinstance(columns, list) else key.number_of_items
            if count != key.number_of_items:
                found, allowed = f"{count} columns", f"{key.number_of_items}, one for each item"
                yield place, found, allowed, "Correct the list, or number_of_items in the key."
            elif isinstance(columns, list):
                named = [(place, column, column) for column in columns]
                yield from _twice(named, "each column once", "Correct the list.")
            elif isinstance(stated, dict) and "{item" not in columns:
                allowed = "a pattern such as PSS_{item}"
                yield place, f'"{columns}"', allowed, "Correct the pattern."
        times = [] if own.time or len(own.sources) > 1 else own.times.get(key.id, settings.times)
        is_plain = isinstance(stated, list) and not all("{time}" in column for column in stated)
        if is_plain and len(times) > 1:
            each = ", ".join(f"{time} = [...]" for time in times)
            cure = f"Write a list for each time: {key.id} = {{ {each} }}"
            found = "columns without {time}, no time column, and one file"
            yield place, found, "columns for each time", cure


def _groups(settings: object, _: Keys) -> Found:
    """Yield groups of which none is trained, none or several the reference, or no column tells."""
    yield from _named("groups", settings.groups)
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


def _named(section: str, entries: dict) -> Found:
    """Yield groups or times of one label, and ids that mean something else in tables."""
    reserved = {*RESERVED, *(name for name, known in statistics().items() if known.kind)}
    for name in entries:
        # "n_first" is a statistic, so that the number of a group "first" could not be told from it.
        is_end = section == "groups" and any(s.endswith(f"_{name}") for s in statistics())
        if name in reserved or is_end:
            found, cure = f'"{name}", as a column of a table is called', f"Write {name}_group."
            cure = cure if section == "groups" else f"Write at_{name}."
            yield f"{section}.{name}", found, "an id of its own", cure
    labels = [(f"{section}.{name}.label", name, e.label or name) for name, e in entries.items()]
    yield from _twice(labels, "a label each", "Give each a label of its own.")


def _times(settings: object, _: Keys) -> Found:
    """Yield times that cannot be compared."""
    times, named = settings.times, settings.analysed_times
    yield from _named("times", times)
    names = [f"{group}_{time}" for group in settings.groups for time in times]
    both = [("times", "the end of a column", name) for name in names]
    yield from _twice(both, "ids that are unlike when joined", "Rename a group or a time.")
    shown = as_in_toml(named)
    if named is not None and not (len(named) == len(set(named) & set(times)) == 2):
        cure = "Name the time before and the time after."
        yield "analysed_times", shown, f"two of {', '.join(times)}", cure
    elif named is not None and list(times).index(named[0]) > list(times).index(named[1]):
        allowed, cure = "the earlier time first", "Exchange them, or the order of the times."
        yield "analysed_times", shown, allowed, cure
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
            if sheet and Path(file).suffix.lower() not in WORKBOOKS:
                found, cure = f'"{sheet}" for {file}', "Delete the line."
                yield f"{section}.sheet", found, "a sheet of an Excel file", cure
    count, times = len(settings.questionnaires.sources), len(settings.times)
    if count not in (1, times):
        found, allowed = f"{count} files or sheets", f"one, or {times}: one for each time in order"
        yield "questionnaires.file", found, allowed, "Correct the lists of file and sheet."
    patterns = settings.questionnaires.patterns.items()
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
        if not name:
            for label in [label for label in table if label in settings.questionnaires.patterns]:
                found = f'"{label}" = {table[label]}, a number for an instrument'
                allowed = f"a table of labels under [questionnaires.labels.{label}]"
                cure = "Write a line there for each answer, or give the label another name."
                yield f"{place}.{label}", found, allowed, cure
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


def _scales(settings: object, instruments: Keys) -> Found:
    """Yield scales of two keys with one id, and outcomes with one label."""
    scales = {scale.id: scale for key in instruments for scale in key.scales}
    ids = [
        ("questionnaires", f"a scale of {key.id}", s.id) for key in instruments for s in key.scales
    ]
    yield from _twice(ids, "an id for each scale", "Rename a scale, or the score.")
    items = [
        ("questionnaires", f"an item of {key.id}", i) for key in instruments for i in key.item_names
    ]
    yield from _twice(items, "an id for each item", "Rename the instrument.")
    labels = [("outcomes.scale", o.scale, scales[o.scale].label) for o in settings.outcomes]
    yield from _twice(labels, "a label each", "Write a label for each under [labels] of the keys.")


def _form(settings: object, _: Keys) -> Found:
    """Yield what names an area or a question that there is not."""
    areas = {area.id for area in settings.areas}
    questions = {q.id: q for q in (settings.evaluation.questions if settings.evaluation else ())}
    for question in questions.values():
        named = [question.area] if question.area else []
        known = [*areas, *(area for area in AREAS if area not in areas)]
        yield from _unknown("evaluation.questions.area", named, known, "Correct the area.")
    named = [criterion.area for criterion in settings.progression]
    yield from _unknown("progression.area", named, areas, "Name an area of [[areas]].", "an area")
    counted = [name for name, q in questions.items() if q.kind in ("number", "choice", "sum")]
    named = [dimension.question for dimension in settings.harm_dimensions if dimension.question]
    cure = "Name a question with a number or one choice, or delete the line."
    yield from _unknown("harm_dimensions.question", named, counted, cure, "no question")


# ---------------------------------------------------------------- what is doubted, and runs


def _prorating(settings: object, instruments: Keys) -> Found:
    """Yield a rule for missing answers that scores forms of which most is missing."""
    most = settings.scoring.most_missing
    scales = [scale for key in instruments for scale in key.scales if len(scale.items) > 1]
    if most > MOST_PRORATED and scales:
        longest = max(scales, key=lambda scale: len(scale.items))
        items = len(longest.items)
        fewest = max(1, items - int(most * items + 1e-9))
        found = f"{most:g}: {longest.label} is scored from {fewest} of {items} answers"
        cure = "Write most_missing = 0.2, unless the key's authors allow more."
        yield "scoring.most_missing", found, f"a share of at most {MOST_PRORATED:g}", cure


def _answers_alike(settings: object, instruments: Keys) -> Found:
    """Yield two answers that become one number, although another number has no answer."""
    labels, keys = settings.questionnaires.labels, {key.id: key for key in instruments}
    for name, table in labels.items():
        if not isinstance(table, dict) or name not in keys:
            continue
        key, counts = keys[name], Counter(table.values())
        free = set(range(key.lowest_answer, key.highest_answer + 1)) - set(counts)
        for number, count in counts.items() if free else ():
            words = [f'"{word}"' for word, other in table.items() if other == number]
            if count > 1:
                found = f"{' and '.join(words)} = {number}, and no answer = {min(free)}"
                cure = "Correct the number of one of them, unless they mean the same."
                yield f"questionnaires.labels.{name}", found, "a number for each answer", cure


def _allocation(settings: object, _: Keys) -> Found:
    """Yield that nobody said how participants came into their groups."""
    if len(settings.groups) > 1 and settings.study.allocation is None:
        cure = 'Write allocation = "randomised" or allocation = "not randomised" under [study]: '
        cure += "until then the pages say nothing about it, and baseline differences are tested."
        yield "study.allocation", "nothing", "randomised or not randomised", cure
