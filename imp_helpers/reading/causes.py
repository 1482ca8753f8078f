"""Problems of many cells that have one cause, told once: how many, examples, and the cure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from imp_helpers.reading.cell_values import NUMBER
from imp_helpers.reading.corrections import line_to_exclude
from imp_helpers.reading.files import RawTable
from imp_helpers.study.errors import Problem, short
from imp_helpers.study.study import Study

# So many alike are told one by one.
FEW = 3
EXAMPLES = 3
# So many wrong cells in one row make it a row of another kind.
MANY_IN_ROW = 5
MOST_WORDS = 12
# A code that so many columns hold, out of range in each, stands for "missing".
SEVERAL_COLUMNS = 3
# Words that programs write for "nothing", signs around them aside.
NO_ANSWER = {"", "-", "na", "n/a", "nan", "null", "none", "missing", "system", "nvt", "n.v.t"}


def by_cause(
    problems: Iterable[Problem], study: Study, tables: dict[str, RawTable]
) -> list[Problem]:
    """Put the problems of one cause into one, in the place of the first of them.

    Those of cells have a ``kind`` and a ``subject``; others stay as they are. ``tables`` are the
    raw files by section.
    """
    groups: dict[object, list[Problem]] = {}
    for place, problem in enumerate(_rows_told_once(list(problems), study, tables)):
        alike = (problem.kind, problem.subject, problem.file, problem.severity)
        groups.setdefault(alike if problem.kind else place, []).append(problem)
    told: list[Problem] = []
    for alike in groups.values():
        told += alike if len(alike) <= FEW else _told_once(alike, study, tables)
    return told


def _rows_told_once(
    problems: list[Problem], study: Study, tables: dict[str, RawTable]
) -> Iterator[Problem]:
    """Put all problems of a row that is no participant into one: a mean, a second heading."""
    rows: dict[tuple, list[Problem]] = {}
    for problem in problems:
        if problem.row is not None and problem.kind not in ("", "second form"):
            rows.setdefault((problem.file, problem.row), []).append(problem)
    first = {table.file: table.line(table.cells.index[0]) for table in tables.values()}
    odd = {
        place: alike for place, alike in rows.items()
        if len(alike) >= MANY_IN_ROW
        and (len({p.word for p in alike}) > 2 or any(p.kind != "answer" for p in alike))
    }  # fmt: skip
    odd = odd if len(odd) <= FEW else {}
    told = set()
    for problem in problems:
        place = (problem.file, problem.row)
        if place not in odd:
            yield problem
        elif place not in told:
            told.add(place)
            alike = odd[place]
            cells = ", ".join(f'"{short(p.word, 30)}" in {p.column}' for p in alike[:EXAMPLES])
            found = f"{len(alike)} cells that cannot be read, such as {cells}"
            leave = line_to_exclude(study, *place[:1], problem.participant or "", place[1])
            cure = f"If the row is not a participant (a row of means, for example),{leave}"
            if place[1] == first.get(place[0]):
                cure = "If it is a second row of headings, write header_rows = 2 beside file."
            yield replace(
                problem, found=found, allowed="a row of one participant", cure=cure, column=None,
                kind="", word="",
            )  # fmt: skip


def _told_once(
    alike: list[Problem], study: Study, tables: dict[str, RawTable]
) -> Iterator[Problem]:
    kind = alike[0].kind
    if kind == "answer":
        yield from _answers(alike)
    elif kind == "code":
        yield _codes(alike, tables)
    elif kind == "participant":
        yield _participants(alike, study, tables)
    else:
        yield _one(alike, alike[0].cure)


def _one(alike: list[Problem], cure: str, allowed: str = "") -> Problem:
    """Return one problem for many: the first, with the number of cells and examples."""
    first = alike[0]
    columns = {problem.column for problem in alike}
    if not any(problem.word for problem in alike):
        people = list(dict.fromkeys(str(problem.participant) for problem in alike))
        who = ", ".join(people[:MOST_WORDS])
        who += f" and {len(people) - MOST_WORDS} more" if len(people) > MOST_WORDS else ""
        found = f"{first.found}, {len(people)} participants"
        column = first.column if len(columns) == 1 else None
        # Who it is stays in the field that disclosure control looks at.
        return replace(first, found=found, cure=cure, row=None, column=column, participant=who)
    examples = ", ".join(f"{p.found} in {p.column}, row {p.row}" for p in alike[:EXAMPLES])
    return replace(
        first,
        found=f"{len(alike)} cells such as {examples}",
        allowed=allowed or first.allowed,
        cure=cure,
        column=first.column if len(columns) == 1 else f"{len(columns)} columns",
        participant=None,
    )


def _answers(alike: list[Problem]) -> Iterator[Problem]:
    """Tell undeclared codes for "missing", labels without a table, and what is left."""
    columns: dict[str, set] = {}
    for problem in alike:
        columns.setdefault(problem.word, set()).add(problem.column)
    codes = [
        word for word, where in columns.items() if len(where) >= SEVERAL_COLUMNS
        and (NUMBER.fullmatch(word) or word.casefold().strip("#!. ") in NO_ANSWER)
    ]  # fmt: skip
    for code in codes:
        cure = f'If it means "no answer", write under [raw]: missing = ["{code}"]'
        yield _one([p for p in alike if p.word == code], cure)
    labels = [p for p in alike if not NUMBER.fullmatch(p.word.replace(",", "."))
              and p.word not in codes]  # fmt: skip
    if len(labels) > FEW:
        words = list(dict.fromkeys(problem.word for problem in labels))
        lines = "; ".join(f'"{short(word, 60)}" = ...' for word in words[:MOST_WORDS])
        more = f" and {len(words) - MOST_WORDS} more" if len(words) > MOST_WORDS else ""
        cure = (
            f"State the number of each answer under [questionnaires.labels.{labels[0].subject}], "
            f"a line each: {lines}{more}"
        )
        yield _one(labels, cure)
    rest = [p for p in alike if p.word not in codes and (p not in labels or len(labels) <= FEW)]
    if rest:
        yield from rest if len(rest) <= FEW else [_one(rest, rest[0].cure)]


def _codes(alike: list[Problem], tables: dict[str, RawTable]) -> Problem:
    """Tell codes of study.toml that are not those of the file."""
    first, counts = alike[0], Counter(problem.word for problem in alike)
    section = next((t for t in tables.values() if t.file == first.file), None)
    rows = len(section.cells) if section is not None else len(alike)
    shown = ", ".join(f'"{short(word, 40)}" ({n} times)' for word, n in counts.most_common(6))
    if len(alike) * 2 < rows:
        return _one(alike, first.cure)
    cure = f"Write the file's own codes into study.toml, {first.subject}: {', '.join(counts)}."
    return replace(first, found=f"{shown} in {first.column}", cure=cure, participant=None, row=None)


def _participants(alike: list[Problem], study: Study, tables: dict[str, RawTable]) -> Problem:
    """Tell numbers that differ from those of the list only in how they are written."""
    listed = tables.get("participants")
    column = study.settings.participants.participant
    known = {_bare(word) for word in listed.cells[column]} if listed is not None else set()
    if sum(_bare(problem.word) in known for problem in alike) * 2 < len(alike):
        return _one(alike, alike[0].cure)
    letters = re.match(r"[^\W\d]*", alike[0].word.strip())[0]
    start = "".join(f"[{c.upper()}{c.lower()}]" for c in letters) + "?" * bool(letters)
    cure = (
        'They differ only in zeros, capitals or ".0". Write under [raw]: '
        f"participant_pattern = '{start}0*([0-9]+)(?:\\.0)?'"
    )
    return _one(alike, cure)


def _bare(number: str) -> str:
    """Return what is left of a participant's number without letters, zeros before it, and ".0"."""
    return re.sub(r"^[^\W\d]*0*|\.0$", "", number.strip().casefold())
