"""Report problems of many cells with one cause as one: how many, examples, and the cure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from imp_common.errors import Problem, first_few, short
from imp_intake.reading.cell_values import NUMBER
from imp_intake.reading.corrections import AND, MOST_LINES, line_to_exclude, lines_to_exclude
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import FORM_TIME, answer_labels, item_columns
from imp_intake.reading.value_labels import (
    answer_numbers,
    is_no_answer,
    missing_codes,
    recoding,
    shift_of,
)
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study

# So many alike are told one by one.
FEW = 3
EXAMPLES = 3
# What stands before lines to add to a file, in a cure.
LINES = re.compile(r" the lines?: ")
# So many wrong cells in one row make it a row of another kind, if it is one row of many.
MANY_IN_ROW, FEW_ROWS = 5, 0.1
MOST_WORDS, LONGEST_WORD = 12, 200
# A word that so many columns hold, out of range in each, stands for "missing".
SEVERAL_COLUMNS = 3
# What people call a participant differs in what is before the number, zeros, and ".0" after it.
NUMBER_OF = r"[^0-9]*0*([0-9]+)(?:\.0)?"


def by_cause(
    problems: Iterable[Problem], study: Study, tables: dict[str, RawTable]
) -> list[Problem]:
    """Merge the problems that have the same cause, in the place of the first of them.

    Those of cells have a ``kind`` and a ``subject``; others stay as they are. ``tables`` are the
    raw files by section.
    """
    groups: dict[object, list[Problem]] = {}
    for place, problem in enumerate(_rows_told_once(list(problems), study, tables)):
        alike = (problem.kind, problem.subject, problem.file, problem.severity)
        groups.setdefault(alike if problem.kind else place, []).append(problem)
    told: list[Problem] = []
    for alike in groups.values():
        if alike[0].kind == "no number":
            told.append(_without_number(alike, study))
        elif alike[0].kind == "answer":
            told += _answers(alike, study, tables)
        elif len(alike) <= FEW:
            told += alike
        elif alike[0].kind == "code":
            told.append(_codes(alike, tables))
        elif alike[0].kind == "participant":
            told.append(_participants(alike, study, tables))
        else:
            told.append(_one(alike, _cure_of_all(alike)))
    return told


def _cure_of_all(alike: list[Problem]) -> str:
    """Return the one cure of several problems, with every line that they add to a file."""
    parts = [LINES.split(problem.cure) for problem in alike]
    (head, *_), first_lines = parts[0], parts[0][1:]
    if not first_lines or any(len(part) < 2 or part[0] != head for part in parts):
        return ""
    for single, several in (("this one", "these"), ("the row is", "the rows are"), ("it out", "them"
                            " out"), ("no participant,", "no participants,")):  # fmt: skip
        head = head.replace(single, several)
    lines = dict.fromkeys(line for _, text in parts for line in text.split(AND))
    return f"{head} the lines: {first_few(lines, MOST_LINES, AND)}"


def _rows_told_once(
    problems: list[Problem], study: Study, tables: dict[str, RawTable]
) -> Iterator[Problem]:
    """Put all problems of a row that is no participant into one: a mean, a second heading."""
    rows: dict[tuple, list[Problem]] = {}
    for problem in problems:
        if problem.row is not None and problem.kind not in ("", "second form"):
            rows.setdefault((problem.file, problem.row), []).append(problem)
    first = {table.file: _second_heading(table) for table in tables.values()}
    most = max([FEW, *(FEW_ROWS * table.rows_read for table in tables.values())])
    odd = {
        place: alike for place, alike in rows.items()
        if len(alike) >= MANY_IN_ROW
        and (len({p.word for p in alike}) > 2 or any(p.kind != "answer" for p in alike))
    }  # fmt: skip
    odd = odd if len(odd) <= most else {}
    told = set()
    for problem in problems:
        place = (problem.file, problem.row)
        if place not in odd:
            yield problem
        elif place not in told:
            told.add(place)
            alike = odd[place]
            words = {p.column: f'"{short(p.word, 30)}" in {p.column}' for p in alike if p.word}
            cells = ", ".join(list(words.values())[:EXAMPLES])
            leave = line_to_exclude(study, *place[:1], problem.participant or "", place[1])
            cure = f"If the row is not a participant (a row of means, for example),{leave}"
            if place[1] == first.get(place[0]):
                cure = (
                    f"If it is another row of headings, write header_rows = {place[1]} beside file."
                )
            yield replace(
                problem, found=f"{len(alike)} cells that cannot be read, such as {cells}",
                allowed="a row of one participant", cure=cure, column=None, kind="", word="",
            )  # fmt: skip


def _second_heading(table: RawTable) -> int | None:
    """Return the line of the first row of data, if every line above it is one of headings."""
    line = table.line(table.cells.index[0])
    is_first = not table.left_out and (line == 2 or "Qualtrics" in table.format)
    return line if is_first else None


def _one(alike: list[Problem], cure: str = "", allowed: str = "") -> Problem:
    """Return one problem for many: the first, with the number of cells and examples."""
    first = alike[0]
    if len(alike) == 1:
        return replace(first, cure=cure or first.cure, allowed=allowed or first.allowed)
    columns, cure = {problem.column for problem in alike}, cure or first.cure
    if not any(problem.word for problem in alike):
        people = list(dict.fromkeys(p.participant for p in alike if p.participant))
        who = first_few(people, MOST_WORDS)
        count = f"{len(people)} participant" if people else f"{len(alike)} row"
        count += "s" * (len(people or alike) != 1)
        column = first.column if len(columns) == 1 else None
        # Who it is stays in the field that disclosure control looks at.
        return replace(first, found=f"{first.found}, {count}", cure=cure, row=None, column=column,
                       participant=who or None)  # fmt: skip
    examples = ", ".join(
        f"{p.found} in {p.column}" + (f", row {p.row}" if p.row else "") for p in alike[:EXAMPLES]
    )
    return replace(
        first,
        found=f"{len(alike)} cells such as {examples}",
        allowed=allowed or first.allowed,
        cure=cure,
        column=first.column if len(columns) == 1 else f"{len(columns)} columns",
        participant=None,
    )


# ---------------------------------------------------------------- answers


def _answers(alike: list[Problem], study: Study, tables: dict[str, RawTable]) -> Iterator[Problem]:
    """Tell codes for "no answer", answers that are coded otherwise, labels, and what is left."""
    key = next(key for key in study.instruments if key.id == alike[0].subject)
    at_times = _words_by_time(key, alike[0].file, study, tables)
    filled = sum(at_times.values(), Counter())
    columns: dict[str, set] = {}
    for problem in alike:
        columns.setdefault(problem.word, set()).add(problem.column)
    in_several = {w for w, where in columns.items() if len(where) >= SEVERAL_COLUMNS}
    numbers = _whole(columns)
    far = missing_codes(numbers.values(), key.lowest_answer, key.highest_answer)
    labels = [w for w in columns if not NUMBER.fullmatch(w.replace(",", "."))]
    below = min(0, key.lowest_answer - 1)
    missing = [w for w, n in numbers.items()
               if n in far and (w in in_several or filled[w] > FEW or n < below)]  # fmt: skip
    missing += [w for w in labels if is_no_answer(w)]
    others = [w for w in numbers if w not in missing]
    labels = [w for w in labels if w not in missing]
    cures: list[tuple[list[str], str]] = []
    if recoded := _recoded(key, at_times, others, missing, study):
        cures.append((others, recoded))
    elif len(others) > 2 and sum(filled[w] for w in others) * 3 > filled.total():
        cures.append((others, f"If they are answers, {_table_of(others, key, study)}"))
    else:
        missing += [w for w in others if w in in_several]
    if sum(filled[w] for w in labels) * 2 > filled.total() or answer_labels(study, key.id):
        line = _table_of(labels, key, study)
        cures.append((labels, line[0].upper() + line[1:]))
    elif labels := [w for w in labels if w in in_several]:
        or_else = _as_missing(labels, study).replace("If", "if", 1)
        cures.append((labels, f"{alike[0].cure.rstrip('.')}; or, {or_else}"))
    cures.insert(0, (missing, _as_missing(missing, study)))
    for words, cure in cures:
        if chosen := [p for p in alike if p.word in words]:
            yield _one(chosen, cure)
    told = {word for words, _ in cures for word in words}
    rest = [p for p in alike if p.word not in told]
    yield from rest if len(rest) <= FEW else [_one(rest)]


def _words_by_time(
    key: Instrument, file: str, study: Study, tables: dict[str, RawTable]
) -> dict[str, Counter[str]]:
    """Count each word in the columns of an instrument, at each time."""
    names, found = set(key.item_names), {}
    columns = [column for name, column, _ in item_columns(study) if name in names]
    for table in tables.values():
        if table.file == file and table.section == "questionnaires":
            time = study.settings.questionnaires.time or FORM_TIME
            for code, cells in table.cells.groupby(time)[columns]:
                words = Counter()
                for column in columns:
                    for word, count in cells[column].value_counts().items():
                        words[word.strip()] += count
                found[code] = found.get(code, Counter()) + words
                del found[code][""]
    return found


def _whole(words: Iterable[str]) -> dict[str, int]:
    """Return the whole numbers among words."""
    return {word: int(word) for word in words if re.fullmatch(r"[+-]?[0-9]{1,6}", word)}


def _recoded(
    key: Instrument, at_times: dict[str, Counter[str]], wrong: list[str], missing: list[str],
    study: Study,
) -> str:  # fmt: skip
    """Return the lines that recode answers which are all one too high or too low, or have a gap."""
    if key.decimals or answer_labels(study, key.id):
        return ""
    at_each = [
        [number for word, number in _whole(words).items() if word not in missing]
        for words in at_times.values()
    ]
    together = [number for numbers in at_each for number in numbers]
    answers = range(key.lowest_answer, key.highest_answer + 1)
    found = sorted(set(together))
    is_gap = len(found) == len(answers) and found[-1] - found[0] == len(answers)
    if wrong and is_gap and not shift_of(together, key):
        codes = ", ".join(map(str, found))
        lines = ", ".join(f'"{n}" = {answer}' for n, answer in zip(found, answers, strict=True))
        return (
            f"The export has the codes {codes} for the answers {answers[0]} to {answers[-1]}. If "
            f"they are these answers in order, write under [questionnaires.labels.{key.id}]: "
            f"{lines}. {_as_missing(wrong, study)}"
        )
    steps = {shift_of(numbers, key) for numbers in [together, *at_each]} - {0}
    if not wrong or len(steps) != 1:
        return ""
    (step,) = steps
    too = f"The export seems to code the answers one too {'high' if step == 1 else 'low'}"
    if not shift_of(together, key):
        return f"{too} at one time only. Export them with the same codes at every time."
    place = f"write under [questionnaires.labels.{key.id}]"
    return f"{too}. To recode them, {place}: {recoding(key, step)}"


def _as_missing(words: list[str], study: Study) -> str:
    """Return the line that declares words missing, unless another instrument has such answers."""
    shown = ", ".join(map(_quoted, words))
    for other in study.instruments:
        for number in _whole(words).values():
            if other.lowest_answer <= number <= other.highest_answer:
                return (
                    f'If {shown} means "no answer", export it as an empty cell: '
                    f"missing = [...] would blank the same answers of {other.id}."
                )
    every = ", ".join(map(_quoted, dict.fromkeys([*study.settings.raw.missing, *words])))
    return f'If it means "no answer", write under [raw]: missing = [{every}]'


def _quoted(word: str) -> str:
    """Return a word of a file as it is written in TOML."""
    return json.dumps(word, ensure_ascii=False) if len(word) <= LONGEST_WORD else f'"{short(word)}"'


def _table_of(words: list[str], key: Instrument, study: Study) -> str:
    """Return the line that gives each answer its number, as far as it can be told."""
    known = answer_numbers(words, key.lowest_answer, key.highest_answer)
    lines = [f"{_quoted(word)} = {known.get(word, '...')}" for word in known or words]
    own = study.settings.questionnaires.labels.get(key.id)
    place = f"[questionnaires.labels.{key.id}], a line each: {first_few(lines, MOST_WORDS, '; ')}"
    if own is None and len(lines) <= MOST_WORDS:
        place = f"[questionnaires.labels]: {key.id} = {{ {', '.join(lines)} }}"
    return f"state the number of each answer under {place}"


# ---------------------------------------------------------------- codes and people


def _codes(alike: list[Problem], tables: dict[str, RawTable]) -> Problem:
    """Tell codes of study.toml that are not those of the file."""
    first, counts = alike[0], Counter(problem.word for problem in alike)
    section = next((t for t in tables.values() if t.file == first.file), None)
    rows = len(section.cells) if section is not None else len(alike)
    shown = ", ".join(f'"{short(word, 40)}" ({n} times)' for word, n in counts.most_common(6))
    if len(alike) * 2 < rows:
        return _one(alike)
    if len(counts) > MOST_WORDS:
        return _one(alike, f"Is it the right column? It has {len(counts)} different codes.")
    cure = f"Write the file's own codes into study.toml, {first.subject}: {', '.join(counts)}."
    return replace(first, found=f"{shown} in {first.column}", cure=cure, participant=None, row=None)


def _participants(alike: list[Problem], study: Study, tables: dict[str, RawTable]) -> Problem:
    """Tell numbers that differ from those of the list only in how they are written."""
    listed = tables.get("participants")
    column = study.settings.participants.participant
    known = listed.cells[column].tolist() if listed is not None else []
    ways = joining_lines([known, [problem.word for problem in alike]])
    if ways:
        told = {bare_number(word) for word in known}
        every = all(bare_number(problem.word) in told for problem in alike)
        cure = f"{'They' if every else 'Most'} differ only in how the number is written. "
        cure += "Write under [raw]: "
        return _one(alike, cure + " and ".join(ways))
    there = f', such as "{short(known[0], 40)}" there' if known else ""
    return _one(alike, f"Correct the numbers, or add the participants to the list{there}.")


def _without_number(alike: list[Problem], study: Study) -> Problem:
    """Tell rows without a participant's number, with the lines that leave them out."""
    rows = sorted({problem.row for problem in alike})
    leave = lines_to_exclude(study, [(alike[0].file, "", row) for row in rows])
    found = f"nothing in {len(rows)} rows: {first_few(rows)}" if len(rows) > 1 else "nothing"
    cure = (
        f"Fill in the number in the export; or, to leave the row{'s' * (len(rows) > 1)} out,{leave}"
    )
    return replace(alike[0], found=found, cure=cure, row=rows[0], participant=None)


def bare_number(word: str) -> int | None:
    """Return the number in a participant's number, whatever stands before it."""
    match = re.fullmatch(NUMBER_OF, word.strip())
    return int(match[1]) if match else None


def joining_lines(files: list[list[str]]) -> list[str]:
    """Return settings by which differently written numbers of participants become the same.

    ``files`` are the numbers in each file, the list of participants first. Nothing is returned if
    the files agree already, or if two people of one file would become one.
    """
    files = [{word.strip() for word in words} - {""} for words in files]
    matches = [{word: re.fullmatch(NUMBER_OF, word) for word in words} for words in files]
    bare = [{int(match[1]) for match in found.values() if match} for found in matches]
    if not all(all(found.values()) for found in matches) or len(bare[0]) < len(files[0]):
        return []
    joined = [len(bare[0] & numbers) * 2 >= min(len(bare[0]), len(numbers)) for numbers in bare]
    apart = any(len(files[0] & words) < len(bare[0] & numbers)
                for words, numbers in zip(files, bare, strict=True))  # fmt: skip
    if not (apart and all(joined)):
        return []
    start, digits = re.match(r"([^0-9]*)([0-9]+)", max(files[0], key=len)).groups()
    width = f"0{len(digits)}" if any(re.match(r"[^0-9]*0", word) for word in files[0]) else ""
    start = start.replace("{", "").replace("}", "")
    return [f"participant_pattern = '{NUMBER_OF}'", f'participant_format = "{start}{{:{width}d}}"']
