"""Propose the settings of a new study from its exports, each with the reason."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from imp_common.errors import AnalysisError, short
from imp_common.folders import SHIPPED_KEYS
from imp_common.sentences import templates
from imp_intake.proposing import items as items_in
from imp_intake.proposing import recognition as found_in
from imp_intake.proposing.tables import Block, Table, read_tables
from imp_intake.reading.causes import joining_lines
from imp_intake.reading.cell_values import dates_of
from imp_intake.reading.headers import TIME, at_time
from imp_intake.reading.value_labels import WORDS, answer_numbers, is_named, shift_of
from imp_intake.settings.instruments import instrument_family, read_instrument
from imp_intake.settings.settings import OPEN

_TEMPLATES = templates(Path(__file__).parent / "template", keep_trailing_newline=True)
_TEMPLATES.filters["line"] = short


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_TEMPLATES.filters["toml"] = _toml
# A table of fewer rows or columns tells nothing; of so many columns the names are told.
FEWEST, MOST_NAMED = 3, 60
BY_HAND = "Otherwise run make new-study without EXPORT, and fill study.toml in by hand."


def propose(exports: list[Path]) -> dict[str, str]:
    """Write the settings of a study as far as they can be inferred from its exports.

    Returns the text of study.toml, and of a key file for each instrument that is not known.
    What was not found is left open. AnalysisError if no export holds a table with several columns.
    """
    tables = [table for path in exports for table in read_tables(path)]
    found = {id(table): items_in.blocks_of(table) for table in tables}
    if not any(found.values()):
        found = {id(table): items_in.scores_of(table) for table in tables}
    forms = [table for table in tables if found[id(table)]]
    if not forms:
        forms = [t for t in tables if len(t.cells) >= FEWEST and len(t.cells.columns) >= FEWEST][:1]
        if not forms:
            raise AnalysisError(_no_items(tables))
    heads = [table.take_away_odd_rows(found[id(table)]) for table in forms]
    blocks, codes, sources = _sources(forms, found)
    items = {column for table in forms for block in found[id(table)] for column in block.columns}
    form, lists = sources[0], [table for table in tables if table not in forms]
    who, why = _participant(sources, items, bool(codes))
    people = next((t for t in [*lists, *forms] if found_in.coded_column(t, "group", items)), form)
    listed = who if people in sources else found_in.participant_column(people, items) or who
    _refuse_other_people(forms, found, who[0])
    time = None if len(sources) > 1 or codes else found_in.time_column(form, who[0], items)
    files = [table for table in sources if who[0] in table.cells]
    numbers = [t.cells[c] for t, c in ((people, listed[0]), *((t, who[0]) for t in files))
               if c in t.cells]  # fmt: skip
    recognise_instruments(blocks)
    for block in blocks if time else ():
        block.times = items_in.asked_at(block, form, time)
    once = bool(blocks) and who[0] != OPEN and not form.cells[who[0]].duplicated().any()
    times = _times(sources, codes, time, form, once)
    context = {
        "forms": _source(sources), "list": _source([people]), "participant": who, "time": time,
        "why": why,
        "columns": list(form.cells)[:MOST_NAMED],
        "formats": dict.fromkeys(table.grid.format for table in tables),
        "listed": listed, "joining": joining_lines([list(column) for column in numbers]),
        "header_rows": next((rows for rows in heads if rows), None), "shared": people in sources,
        "unused": [name for table in sources
                   for name in items_in.unused_columns(table, {*items, *who[:1], time or ""})],
        "times": times, "blocks": list(_instruments(blocks, times)),
        "missing": _missing(blocks),
        "several": found_in.several_choices(form, items),
        "not_used": [t.name for t in tables if t not in sources and t is not people],
    }  # fmt: skip
    context |= _about_people(people, items | {who[0], time or ""}) | _dates(form, codes, items)
    context["totals"] = list(_totals(form, codes, items, context["blocks"]))
    texts = {"study.toml": _TEMPLATES.get_template("proposed.toml.j2").render(context)}
    for entry in context["blocks"]:
        if entry["is_new"]:
            key = _TEMPLATES.get_template("proposed_key.toml.j2").render(entry)
            texts[f"instruments/{entry['id']}.toml"] = key
    return texts


def _sources(
    forms: list[Table], found: dict[int, list[Block]]
) -> tuple[list[Block], list[str], list[Table]]:
    """Return the blocks, the codes of times in columns, and the files, one or one a time."""
    blocks, codes = items_in.merge_times(found[id(forms[0])], list(forms[0].cells))
    stems = {_stem(block) for block in blocks}
    alike = [t for t in forms if not codes and stems & {_stem(b) for b in found[id(t)]}]
    if len(alike) < 2:
        return blocks, codes, forms[:1]
    names = items_in.in_order([_name(table) for table in alike])
    together: dict[str, list[tuple[str, Block]]] = {}
    for table in sorted(alike, key=lambda table: names.index(_name(table))):
        for block in found[id(table)]:
            together.setdefault(_stem(block), []).append((_name(table), block))
    joined = []
    for named in together.values():
        block = named[0][1]
        columns = {name: other.listed or other.pattern for name, other in named}
        if len({str(value) for value in columns.values()}) > 1:
            block.listed, block.note = (
                columns,
                "other names in each file: are these the same items?",
            )
        block.words = set().union(*(other.words for _, other in named))
        block.times = [name for name, _ in named] if len(named) < len(alike) else []
        joined.append(block)
    return joined, [], sorted(alike, key=lambda t: names.index(_name(t)))


def _stem(block: Block) -> tuple[str, int]:
    """Return what the blocks of an instrument in several files have in common."""
    return re.sub(r"(\{[^}]*\})|\d+", r"\1", block.pattern).casefold(), len(block.numbers)


def _participant(sources: list[Table], items: set[str], wide: bool) -> tuple[list[str], str]:
    """Return the columns that can number the participants, the best first, and the reason.

    What is no column of the file, such as "{site} {id}" or "{row}", becomes one of the tables.
    """
    form, others = sources[0], sources[1:]
    who = found_in.participant_column(form, items, others)
    why = "a number for each participant"
    if not who:
        # Rows that stand for forms of one person tell nobody's number.
        named = found_in.named_columns(form, "participant", items)
        alone = not others and not named and (
            wide or not found_in.named_columns(form, "time", items)
        )  # fmt: skip
        who = ["{row}" if alone else OPEN]
        why = "no column is one: each row is a person, who is called by its row" if alone else (
            _no_participants(form, items)
        )  # fmt: skip
        for table in sources:
            table.cells = table.cells.assign(**{who[0]: [str(n) for n in range(len(table.cells))]})
    elif joined := found_in.joined_number(form, who[0], items):
        site = joined.partition("}")[0][1:]
        for table in sources:
            both = table.cells[site] + " " + table.cells[who[0]]
            table.cells = table.cells.assign(**{joined: both})
        why = f"{who[0]} stands for another person at each {site}"
        who = [joined, *who]
    return who, why


def _no_items(tables: list[Table]) -> str:
    """Say that no instrument was found, and which columns nearly are one."""
    near = [f"{name}: {why}." for table in tables
            for name, why in items_in.unused_columns(table, set())]  # fmt: skip
    told = ["No numbered columns with answers were found that count without gaps.", *near]
    return " ".join([*told, BY_HAND])


def _no_participants(form: Table, items: set[str]) -> str:
    """Say that no column numbers the participants, and which nearly does."""
    told = [f"No column of {form.name} numbers the participants."]
    for near in found_in.named_columns(form, "participant", items)[:1]:
        cells, count = form.cells[near], len(form.cells)
        empty = int((cells == "").sum())
        different = cells[cells != ""].nunique()
        told.append(f"{near} is empty in {empty} of {count} rows: fill them." if empty else
                    f"{near} has {different} different words in {count} rows.")  # fmt: skip
    if len(told) == 1:
        told.append(
            "None is named as one, such as id, and none has another value in each row. If each row "
            "is a participant, add a column id with 1, 2, 3 and so on; run make new-study again."
        )
    return " ".join([*told, BY_HAND])


def _refuse_other_people(forms: list[Table], found: dict[int, list[Block]], who: str) -> None:
    """Refuse files or sheets of the same columns and other people: one for each group."""
    patterns = {block.pattern for block in found[id(forms[0])]}
    known = set(forms[0].cells[who])
    for table in forms[1:]:
        alike = patterns & {block.pattern for block in found[id(table)]}
        others = set(table.cells[who]) if alike and who in table.cells else known
        if not joining_lines([list(known), list(others)]) and known.isdisjoint(others):
            raise AnalysisError(
                f"{_name(forms[0])} and {_name(table)} have the same columns and different "
                "participants. Put them below each other into one file, with a column of the group."
            )


def _missing(blocks: list[Block]) -> list[str]:
    """Return what looks like "missing" in some block, and is an answer in none."""
    answers = {str(number) for block in blocks for number in block.found}
    codes = dict.fromkeys(code for block in blocks for code in block.missing)
    return [code for code in codes if code not in answers]


def _name(table: Table) -> str:
    return table.sheet or Path(table.name).stem


def _slug(text: str, otherwise: str, used: Collection[str] = ()) -> str:
    """Return an id for a text, which no other thing has."""
    slug = re.sub(r"\W+", "_", text.casefold(), flags=re.ASCII).strip("_")[:40]
    slug = slug if re.match("[a-z]", slug) else f"{otherwise}_{slug}".rstrip("_")
    return _slug(f"{slug}_b", otherwise, used) if slug in used else slug


def _source(tables: list[Table]) -> dict[str, object]:
    """Return the settings file and sheet; lists where each time has one."""
    files, sheets = [f"raw/{t.name}" for t in tables], [t.sheet for t in tables if t.sheet]
    one_file = len(set(files)) == 1
    return {
        "file": files[0] if one_file else files,
        "sheet": (sheets if len(sheets) > 1 else sheets[0]) if sheets and one_file else None,
    }


def recognise_instruments(blocks: list[Block]) -> None:
    """Say which shipped key a block belongs to, or which it could."""
    keys = [read_instrument(file) for file in sorted(SHIPPED_KEYS.glob("*.toml"))]
    for block in blocks:
        letters = re.sub(r"\{[^}]*\}|[\W_\d]", " ", block.pattern).casefold().split()
        fitting = [key for key in keys if key.number_of_items == len(block.numbers)]
        named = [key for key in fitting if instrument_family(key.id) in letters]
        block.key = named[0] if len(named) == 1 else None
        if block.key is None:
            block.could_be = [
                key.id for key in fitting
                if all(key.lowest_answer <= answer <= key.highest_answer for answer in block.found)
            ]  # fmt: skip


def answer_table(block: Block) -> tuple[dict[str, object], str]:
    """Return the number of each answer label, and the reason; "..." where only a person knows."""
    key = block.key
    words = [word for word in sorted(block.words - set(block.missing))
             if not re.fullmatch(r"-?\d+([.,]\d+)?", word)]  # fmt: skip
    if words:
        low = key.lowest_answer if key else min(block.found, default=None)
        table = answer_numbers(words, low, key.highest_answer if key else None)
        if table:
            return table, "check their order: from the lowest answer to the highest"
        return dict.fromkeys(words, OPEN), "their order is yours to say"
    if key and (step := shift_of(block.found, key)):
        numbers = range(key.lowest_answer, key.highest_answer + 1)
        told = f"the export codes {block.found[0]} to {block.found[-1]}"
        why = f"{told}, the key {numbers[0]} to {numbers[-1]}"
        return {str(number + step): number for number in numbers}, why
    return {}, ""


def _times(
    sources: list[Table], codes: list[str], column: str | None, form: Table, once: bool
) -> list[dict[str, str]]:
    """Return the times in their order, with their codes; one where each person has one form."""
    if len(sources) > 1:
        codes = [_name(table) for table in sources]
    labels = form.labels(column) if column else {}
    codes = items_in.in_order(form.words(column)) if column else codes
    if len(codes) < 2 and column is None and len(sources) == 1 and once:
        return [{"id": "once", "label": "The one time", "code": "1"}]
    if len(codes) < 2:
        return [{"id": name, "label": label, "code": OPEN}
                for name, label in (("before", "Before"), ("after", "After"))]  # fmt: skip
    told = {code: labels.get(code, code) for code in codes}
    times: list[dict[str, str]] = []
    for code in codes:
        used = [time["id"] for time in times]
        name = _slug(told[code] or "before", "time", used)
        times.append({"id": name, "label": told[code] or "Before", "code": code})
    return times


def _about_people(table: Table, used: set[str]) -> dict[str, object]:
    """Return group, sex and age, with the codes of the first two."""
    groups = found_in.coded_column(table, "group", used)
    found: dict[str, object] = {"group": groups, "groups": [], "sex": None, "age": None}
    labels = table.labels(groups[0]) if groups else {}
    for code in sorted(labels):
        role = next((role for role in ("control", "intervention")
                     if is_named(labels[code], WORDS["codes"][role])), OPEN)  # fmt: skip
        label = labels[code] if re.search("[^\\W\\d]{2}", labels[code]) else f"Group {code}"
        name = _slug(labels[code], "group", [group["id"] for group in found["groups"]])
        found["groups"].append({"id": name, "label": label, "code": code, "role": role})
    sex = [c for c in found_in.coded_column(table, "sex", used) if c not in groups]
    if sex:
        labels = table.labels(sex[0])
        found["sex"] = sex[0]
        found["sex_codes"] = {code: _sex(label) for code, label in labels.items()}
    for column in found_in.named_columns(table, "age", used):
        if all(re.fullmatch(r"\d{1,3}", word) for word in table.words(column)):
            found["age"] = column
    return found


def _sex(label: str) -> str:
    """Return the id that a label of a sex means, by which people are counted; "..." if unclear."""
    kinds = ("woman", "man", "other")
    return next((kind for kind in kinds if is_named(label, WORDS["codes"][kind])), OPEN)


def _dates(table: Table, codes: list[str], items: set[str]) -> dict[str, object]:
    """Return the column of the date, and whether its format could be two."""
    named = found_in.dated_columns(table, codes, items)
    named = [c for c in named if (TIME in c) == bool(codes)]
    if not named:
        return {"date": None, "ambiguous": False}
    columns = [at_time(named[0], code) for code in codes] if codes else named[:1]
    columns = [c for c in columns if c in table.cells]
    words = [word for column in columns for word in table.words(column)]
    return {"date": named[0], "ambiguous": dates_of(words)[1] is None}


def _instruments(blocks: list[Block], times: list[dict[str, str]]) -> Iterator[dict[str, object]]:
    """Yield what the settings say of each block: key or new key, labels, scales."""
    ids = {time["code"]: time["id"] for time in times}
    stems = Counter(instrument_family(b.key.id) for b in blocks if b.key)
    used: set[str] = set()
    for block in blocks:
        labels, why = answer_table(block)
        name = re.sub(r"\{[^}]*\}", "", block.pattern)
        otherwise = "score" if block.is_score else "scale"
        name = block.key.id if block.key else _slug(name, otherwise, used)
        name = name if name not in used else _slug(name, otherwise, used)
        used.add(name)
        numbers = [n for n in labels.values() if n != OPEN] or block.ends
        family = instrument_family(name)
        family = name if stems[family] > 1 else family
        scales, own = [("total", ())], block.key and f"{block.key.family}_"
        if own:
            scales = [(s.id.removeprefix(own), s.parts) for s in block.key.scales]
        main = [s for s, parts in scales if s == "total" or parts] or [s for s, _ in scales]
        outcomes = [(f"{family}_{s}", "main" if s in main else "subscale") for s, _ in scales]
        yield {
            "id": name, "columns": _columns(block, ids), "note": block.note,
            "exported": block.exported if block.key else [], "labels": labels,
            "is_score": block.is_score, "is_new": block.key is None and not block.is_score,
            "why": why, "count": len(block.numbers), "could_be": block.could_be,
            "first": block.columns[0], "last": block.columns[-1],
            "lowest": f"{min(numbers):g}", "highest": f"{max(max(numbers), min(numbers) + 1):g}",
            "name": block.key.name if block.key else name, "family": family,
            "scales": [(name, "main")] if block.is_score else outcomes,
            "times": [ids.get(code, OPEN) for code in block.times],
        }  # fmt: skip


def _columns(block: Block, ids: dict[str, str]) -> str:
    """Return the columns of a block as TOML: a pattern, a list, or one of both for each time."""
    if isinstance(block.listed, dict):
        each = (f"{ids.get(code, OPEN)} = {_toml(value)}" for code, value in block.listed.items())
        return f"{{ {', '.join(each)} }}"
    return _toml(block.listed or block.pattern)


def _totals(
    table: Table, codes: list[str], items: set[str], instruments: list[dict]
) -> Iterator[tuple[str, str]]:
    """Yield the columns that look like an instrument's total, to compare it with ours."""
    free = [c for c in table.cells if c not in items]
    for entry in instruments:
        form = rf"{entry['family']} ?{WORDS['codes']['total']}"
        scale = f"{entry['family']}_total"
        for name in found_in.with_time(free, codes) if codes else free:
            plain = name.replace(TIME, "")
            if is_named(plain, [form]) and scale in dict(entry["scales"]):
                yield scale, name
                break
