"""Find the items of instruments among the columns of an export, and join those of several times."""

import re
from collections import Counter
from dataclasses import replace

from imp_intake.proposing.tables import Block, Table
from imp_intake.reading.cell_values import dates_of
from imp_intake.reading.headers import TIME, at_time
from imp_intake.reading.value_labels import MOST_CELLS, WORDS, answers_of, is_named, place_in_time
from imp_intake.settings.settings import OPEN

FEWEST_ITEMS, FEWEST_WORDS, MOST_GAPS, FEWEST_SCORES = 3, 4, 8, 7
MOST_DATES = 0.9
CHECK_BOXES = WORDS["columns"]["check_boxes"]["names"]


def blocks_of(table: Table) -> list[Block]:
    """Find the numbered columns that hold answers, those of each time as a block of its own."""
    groups: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
    for column in table.cells:
        known = is_named(column, WORDS["columns"]["not_read"]["names"])
        known = known or any(re.fullmatch(form, column) for form in CHECK_BOXES)
        if known or not answers_of(table.counts(column)):
            continue
        for number in re.finditer(r"\d+", column):
            place = column[: number.start()], column[number.end() :]
            groups.setdefault(place, {})[int(number[0])] = (number[0], column)
    taken: set[str] = set()
    blocks = []
    for (before, after), members in sorted(groups.items(), key=lambda g: -len(g[1])):
        free = {n: pair for n, pair in sorted(members.items()) if pair[1] not in taken}
        numbers, columns = list(free), [column for _, column in free.values()]
        if len(free) < FEWEST_ITEMS or numbers[-1] - numbers[0] >= len(free):
            continue
        words = answers_of(sum((table.counts(column) for column in columns), Counter()))
        if not words:
            continue
        taken |= set(columns)
        labels = {value: label for column in columns
                  for value, label in table.grid.value_labels.get(column, {}).items()}  # fmt: skip
        shift = f"{numbers[0] - 1:+d}" if numbers[0] != 1 else ""
        first = free[numbers[0]][0]
        width = f":0{len(first)}d" if first.startswith("0") and len(first) > 1 else ""
        pattern = f"{before}{{item{shift}{width}}}{after}"
        blocks.append(Block(pattern, numbers, columns, words, labels))
    for find in (_with_doubled, _with_copies, _texts):
        blocks += find(table, taken)
        taken |= {column for block in blocks for column in block.columns}
    blocks = [_in_order_of_ids(block, table.import_ids) for block in blocks]
    order = {column: place for place, column in enumerate(table.cells)}
    return sorted(blocks, key=lambda block: order[block.columns[0]])


def scores_of(table: Table) -> list[Block]:
    """Find the columns of many numbers, which may be scores that were computed elsewhere."""
    known = ("participant", "age", "date", "time", "not_read", "duration")
    blocks = []
    for column in table.cells:
        forms = (WORDS["columns"][what] for what in known)
        if any(is_named(column, f["names"] if isinstance(f, dict) else f) for f in forms):
            continue
        counts = table.counts(column)
        words = {w for w in counts if re.fullmatch(r"-?\d{1,6}([.,]\d+)?", w)}
        filled = counts.total()
        # Whole numbers of which none recurs number the rows.
        is_number = len(words) == filled and all(map(str.isdecimal, words))
        enough = sum(counts[word] for word in words) >= MOST_CELLS * filled
        if len(words) >= FEWEST_SCORES and enough and not is_number:
            blocks.append(Block(column, [1], [column], words, is_score=True))
    return blocks


def _listed_block(table: Table, name: str, columns: list[str], note: str) -> list[Block]:
    """Return a block of columns that no pattern names; none if they hold no answers."""
    words = answers_of(sum((table.counts(column) for column in columns), Counter()))
    labels = {value: label for column in columns
              for value, label in table.grid.value_labels.get(column, {}).items()}  # fmt: skip
    numbers = list(range(1, len(columns) + 1))
    block = Block(name, numbers, columns, words, labels, listed=columns, note=note)
    return [block] if words and len(columns) >= FEWEST_ITEMS else []


def _with_doubled(table: Table, taken: set[str]) -> list[Block]:
    """Find numbered columns of which one has the name of another, in the place of a number."""
    groups: dict[str, list[str]] = {}
    for column in (c for c in table.cells if c not in taken and answers_of(table.counts(c))):
        if found := re.fullmatch(r"(.*?)\d+( \(2\))?", column):
            groups.setdefault(found[1], []).append(column)
    blocks = []
    for stem, columns in groups.items():
        twice = [column for column in columns if column.endswith(" (2)")]
        numbers = [int(column.removesuffix(" (2)").removeprefix(stem)) for column in columns]
        if twice and numbers == sorted(numbers) and numbers[-1] - numbers[0] + 1 == len(columns):
            note = f"{twice[0]} is the second column of that name: is it the item in this place?"
            blocks += _listed_block(table, stem, columns, note)
    return blocks


def _with_copies(table: Table, taken: set[str]) -> list[Block]:
    """Find numbered columns of which some are there as reversed copies alone: "brs1", "Rbrs2"."""
    groups: dict[str, dict[int, str]] = {}
    copies: dict[str, list[str]] = {}
    for column in (c for c in table.cells if c not in taken and answers_of(table.counts(c))):
        plain = re.sub(r"^(R|r_|rev_?|rec_?)(?=[A-Za-z])|_?(R|r|rev|rec|recoded)$", "", column)
        found = re.fullmatch(r"(.*?)(\d+)", plain)
        if found:
            groups.setdefault(found[1].casefold(), {}).setdefault(int(found[2]), column)
            copies.setdefault(found[1].casefold(), []).extend([column] * (plain != column))
    blocks = []
    for stem, members in groups.items():
        columns = [members[number] for number in sorted(members)]
        if copies[stem] and max(members) - min(members) + 1 == len(members):
            numbers = [n for n in sorted(members) if members[n] in copies[stem]]
            told = ", ".join(map(str, numbers))
            note = f"of items {told} there are reversed copies alone, so no item is reversed again"
            for block in _listed_block(table, stem, columns, note):
                blocks.append(replace(block, exported=numbers))
    return blocks


def _texts(table: Table, taken: set[str]) -> list[Block]:
    """Find neighbouring columns that are called by the items' texts, with the same answers."""
    runs: list[list[str]] = [[]]
    for column in table.cells:
        words = answers_of(table.counts(column))
        text = re.sub(r"^\W*(q|item)?\W*\d+\W+", "", column, flags=re.IGNORECASE)
        fits = column not in taken and words and len(re.findall(r"\w+", text)) >= FEWEST_WORDS
        before = answers_of(table.counts(runs[-1][-1])) if runs[-1] else words
        if fits and (words & before or not runs[-1]):
            runs[-1].append(column)
        elif runs[-1]:
            runs.append([column] if fits else [])
    note = "columns called by their texts: is this the order of the key?"
    return [block for run in runs for block in _listed_block(table, "items", run, note)]


def _in_order_of_ids(block: Block, ids: dict[str, int]) -> Block:
    """List columns in the order of Qualtrics' ids, where the names count otherwise."""
    numbers = [ids.get(column) for column in block.columns]
    if None in numbers or len(set(numbers)) < len(numbers) or numbers == sorted(numbers):
        return block
    if sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))):
        return block
    columns = sorted(block.columns, key=ids.get)
    note = "in the order of Qualtrics' ImportId, which is not that of the names: check it"
    return replace(block, listed=columns, note=note)


def unused_columns(table: Table, used: set[str]) -> list[tuple[str, str]]:
    """Return the first and the last of numbered columns that are not read, and why they are not."""
    alike: dict[str, list[str]] = {}
    for column in table.cells:
        if column not in used and re.search(r"\d", column) and not is_date(table, column):
            alike.setdefault(re.sub(r"\d+", "#", column), []).append(column)
    return [(f"{c[0]} to {c[-1]}", _why_unused(table, c))
            for c in alike.values() if len(c) >= FEWEST_ITEMS]  # fmt: skip


def _why_unused(table: Table, columns: list[str]) -> str:
    """Say why numbered columns of one shape are not an instrument."""
    twice = [column for column in columns if f"{column} (2)" in table.cells]
    numbers = [set(map(int, re.findall(r"\d+", column))) for column in columns]
    varying = set().union(*numbers) - set.intersection(*numbers)
    gaps = sorted(set(range(min(varying), max(varying))) - varying)[:MOST_GAPS]
    if not all(answers_of(table.counts(column)) for column in columns):
        return "numbered columns without such answers as an instrument has"
    if twice:
        return f"{twice[0]} stands in the header twice: rename one of the two"
    if gaps:
        left_out = ", ".join(map(str, gaps))
        return f"their numbers leave out {left_out}: if these have other names, rename them alike"
    return "numbered columns that could not be put into one pattern"


def merge_times(blocks: list[Block], columns: list[str]) -> tuple[list[Block], list[str]]:
    """Join the blocks of one instrument at several times; return them and the codes of times."""
    templates: dict[str, dict[str, Block]] = {}
    for block in blocks:
        for start, end in time_places(block.pattern):
            template = block.pattern[:start] + TIME + block.pattern[end:]
            templates.setdefault(template, {})[block.pattern[start:end]] = block
    for template, by_code in templates.items():
        plain = next((b for b in blocks if b.pattern == at_time(template, "")), None)
        if plain is not None:
            by_code[""] = plain
    codes: list[str] = []
    merged, joined = [], set()
    for template, by_code in sorted(templates.items(), key=lambda t: -len(t[1])):
        own = {code: block for code, block in by_code.items() if id(block) not in joined}
        if len(own) < 2 or len({len(block.numbers) for block in own.values()}) > 1:
            continue
        joined |= {id(block) for block in own.values()}
        codes += [code for code in own if code not in codes]
        first = next(iter(own.values()))
        words = set().union(*(block.words for block in own.values()))
        labels = {v: label for block in own.values() for v, label in block.labels.items()}
        both = [column for block in own.values() for column in block.columns]
        merged.append(replace(first, pattern=template, columns=both, words=words, labels=labels))
    rest = [b for b in blocks if id(b) not in joined]
    named = [b for b in rest if b.is_score and place_in_time(b.pattern) is not None]
    if not codes and len(rest) > 1 and len(named) * 2 >= len(rest):
        # The names of the columns are the times: "Before Course", "Course Completed".
        codes, joined = [block.pattern for block in rest], [b.columns[0] for b in rest]
        words = set().union(*(block.words for block in rest))
        return [replace(rest[0], pattern=TIME, columns=joined, words=words)], in_order(codes)
    if not codes:
        merged, codes, rest = _alike_at_other_times(rest)
    rest = [_of_one_time(b, codes) for b in rest]
    place = {column: n for n, column in enumerate(columns)}
    return sorted([*merged, *rest], key=lambda b: place[b.columns[0]]), in_order(codes)


def _alike_at_other_times(
    blocks: list[Block],
) -> tuple[list[Block], list[str], list[Block]]:
    """Join blocks with other numbers at each time, such as T1CQ20_Row1 and T2CQ96_Row1.

    They are joined if each time has one block of so many items, in the same range of answers.
    """
    coded = {id(b): b.pattern[s:e] for b in blocks for s, e in time_places(b.pattern)[:1]}
    codes = in_order(list(dict.fromkeys(coded.values())))
    sizes: dict[int, list[Block]] = {}
    for block in (b for b in blocks if id(b) in coded):
        sizes.setdefault(len(block.numbers), []).append(block)
    merged = []
    for found in sizes.values():
        by_code = {coded[id(block)]: block for block in found}
        if len(codes) > 1 and len(found) == len(by_code) == len(codes):
            first = by_code[codes[0]]
            listed = {code: by_code[code].listed or by_code[code].pattern for code in codes}
            both = [column for code in codes for column in by_code[code].columns]
            words = set().union(*(block.words for block in found))
            note = "other numbers at each time: are these the same items?"
            name = first.pattern.replace(codes[0], "", 1)
            merged.append(replace(first, pattern=name, columns=both, words=words, listed=listed,
                                  note=note))  # fmt: skip
    if not merged:
        return [], [], blocks
    used = {column for block in merged for column in block.columns}
    return merged, codes, [block for block in blocks if block.columns[0] not in used]


def _of_one_time(block: Block, codes: list[str]) -> Block:
    """Write {time} into the pattern of an instrument that was asked once, where it has a place."""
    for start, end in time_places(block.pattern):
        if block.pattern[start:end] in codes:
            pattern = block.pattern[:start] + TIME + block.pattern[end:]
            return replace(block, pattern=pattern, times=[block.pattern[start:end]])
    return replace(block, times=[OPEN]) if codes else block


def asked_at(block: Block, table: Table, column: str) -> list[str]:
    """Return the times of a long table at which an instrument was answered; none for all."""
    filled = (table.cells[block.columns] != "").any(axis=1)
    times = list(table.cells.loc[filled, column].unique())
    return times if len(times) < len(table.words(column)) else []


def time_places(pattern: str) -> list[tuple[int, int]]:
    """Return where a pattern has a word for a time, between signs or glued to another word."""
    found = []
    for word in re.finditer(r"\{[^}]*\}|[^\W_]+", pattern):
        if word[0].startswith("{"):
            continue
        glued = re.search(r"(?i)(pre|post|[tmw]\d)$|^(pre|post|[tmw]\d)", word[0])
        if any(re.fullmatch(form, word[0].casefold()) for form in WORDS["codes"]["times"]):
            found.append(word.span())
        elif glued:
            found.append((word.start() + glued.start(), word.start() + glued.end()))
    return found


def in_order(codes: list[str]) -> list[str]:
    """Put codes of times in the order in which a study has them; an empty one comes first."""
    places = {code: place_in_time(code) for code in codes} | {"": -1}
    last = len(WORDS["codes"]["times"])
    return sorted(codes, key=lambda code: last if places[code] is None else places[code])


def is_date(table: Table, column: str) -> bool:
    """Tell whether the cells of a column are dates, a few mistakes aside."""
    read, _ = dates_of(table.words(column)[:50])
    return bool(read) and sum(map(bool, read)) >= MOST_DATES * len(read)
