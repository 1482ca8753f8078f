"""What a file itself says that its codes mean, held against what study.toml says."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from imp_helpers.reading.cell_values import NUMBER, as_label
from imp_helpers.reading.files import RawTable
from imp_helpers.study.errors import Problem, short
from imp_helpers.study.instruments import Instrument

# So much a label must look like a name to be taken for it.
ALIKE = 0.7


def exchanged_codes(
    own: Mapping[str, str], codes: Mapping[str, str], names: Mapping[str, list[str]]
) -> list[tuple[str, str, str, str]]:
    """Find codes whose label in the file is the name of another code in study.toml.

    ``own`` is the file's label of each value, ``codes`` what study.toml takes each code for,
    ``names`` the words by which each of these may be called. Returns code, the file's label, what
    study.toml takes it for, what the label says.
    """
    fits = {
        (code, name): _likeness(own.get(code, code), names.get(name, [name]))
        for code in codes for name in codes.values()
    }  # fmt: skip
    found = []
    for code, stated in codes.items():
        others = [name for name in codes.values() if name != stated]
        meant = max(others, key=lambda name, code=code: fits[code, name], default=stated)
        fit = fits[code, meant]
        # "No training" is no name of the training if another label fits that as well.
        better = [fits[other, meant] for other, name in codes.items() if name == meant]
        if fit >= ALIKE and fit > fits[code, stated] + 0.1 and fit > max(better, default=0):
            found.append((code, own.get(code, code), stated, meant))
    return found


def _likeness(label: str, names: list[str]) -> float:
    """Say how much a label looks like one of several names, from 0 to 1."""
    text = as_label(label)
    likeness = [0.0]
    for name in map(as_label, names):
        is_in = len(name) > 2 and re.search(rf"\b{re.escape(name)}\b", text)
        likeness.append(
            0.98 if is_in and name != text else SequenceMatcher(None, name, text).ratio()
        )
    return max(likeness)


def wrong_answer_labels(
    table: RawTable, columns: list[str], key: Instrument, stated: Mapping[str, int]
) -> Iterator[Problem]:
    """Yield what contradicts an instrument's answers in the labels that its columns carry.

    ``columns`` are called as in the file, ``stated`` is the number of each label in study.toml.
    """
    known = {as_label(label): number for label, number in stated.items()}
    recodes = any(NUMBER.fullmatch(label) for label in known)
    tables = {column: _numbered(table.value_labels[column]) for column in columns
              if table.value_labels.get(column)}  # fmt: skip
    if not tables:
        return
    shared = _most_frequent(tables.values())
    apart = {label: n for label, n in shared.items()
             if not recodes and label in known and known[label] != n}  # fmt: skip
    section = f"[questionnaires.labels.{key.id}]"
    if apart:
        lines = ", ".join(f'"{short(label, 40)}" = {number}' for label, number in apart.items())
        yield Problem(
            table.file, f"{len(apart)} labels of answers that contradict study.toml",
            f"the numbers of the file: {lines}", f"Write them so under {section}, or delete it.",
            column=key.name,
        )  # fmt: skip
    low, high = key.lowest_answer, key.highest_answer
    for step in (1, -1):
        ends = min(shared.values()), max(shared.values())
        if ends == (low + step, high + step) and not recodes:
            recoded = ", ".join(f'"{n + step}" = {n}' for n in range(low, high + 1))
            yield Problem(
                table.file, f"labels of the answers {ends[0]} to {ends[1]}",
                f"answers from {low} to {high}, by the key",
                f"To recode them, write under {section}: {recoded}", column=key.name,
            )  # fmt: skip
    for column, labels in tables.items():
        if sum(shared[label] != number for label, number in labels.items()) > len(labels) // 2:
            first = next(iter(labels))
            yield Problem(
                table.file, f'{labels[first]} = "{short(first, 40)}"; elsewhere {shared[first]}',
                "the same codes for all items", "Check whether the export has reversed this item.",
                column=column, severity="warning",
            )  # fmt: skip


def _most_frequent(tables: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return the number that most columns give to each label."""
    numbers: dict[str, Counter[int]] = {}
    for table in tables:
        for label, number in table.items():
            numbers.setdefault(label, Counter())[number] += 1
    return {label: counts.most_common(1)[0][0] for label, counts in numbers.items()}


def _numbered(labels: Mapping[str, str]) -> dict[str, int]:
    """Turn a column's labels round: the number of each, if it is a whole one."""
    return {as_label(label): int(value) for value, label in labels.items()
            if re.fullmatch(r"[+-]?\d+", value)}  # fmt: skip
