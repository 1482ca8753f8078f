"""Which column of a file is meant by the name that study.toml gives it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from itertools import product

from imp_helpers.study.errors import Problem


def match_columns(
    file: str, expected: list[str], header: list[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Find each expected column in a header, capitals and spaces aside.

    Returns
    -------
    dict of str to str
        The name in the file of those columns whose name there is another.
    list of Problem
        Columns that are missing, there twice, or that several could be.
    """
    problems = [
        Problem(file, "the column twice", "each column once", "Rename one.", 1, column)
        for column in sorted({c for c in header if c and header.count(c) > 1})
    ]
    if "" in header:
        cure = "Name the column, or remove it."
        allowed = "a name above each column"
        problems.append(Problem(file, "cells below no column's name", allowed, cure, 1))
    named_twice = sorted({c for c in expected if expected.count(c) > 1}) if expected else []
    problems += [
        Problem(
            "study.toml", f'"{column}" for two different things', "each column for one",
            "Correct the patterns or columns.", column=column,
        )
        for column in named_twice
    ]  # fmt: skip
    known, aliases, missing = set(header), {}, []
    alike: dict[str, list[str]] = {}
    for column in header:
        alike.setdefault(_plain(column), []).append(column)
    for column in dict.fromkeys(expected):
        if column in known:
            continue
        candidates = alike.get(_plain(column), [])
        if len(candidates) == 1:
            aliases[column] = candidates[0]
        elif candidates:
            found = " and ".join(f'"{name}"' for name in dict.fromkeys(candidates))
            cure = "Write the name in study.toml as it stands in the file."
            problems.append(
                Problem(file, f"{found}, either could be meant", "one", cure, 1, column)
            )
        else:
            missing.append(column)
    problems += _missing_columns(file, missing, header)
    return aliases, problems


def _plain(column: str) -> str:
    return re.sub(r"\s+", " ", column).strip().casefold()


def _missing_columns(file: str, missing: list[str], header: Iterable[str]) -> list[Problem]:
    """Return a problem for each column that is not there, or one if their numbers have zeros."""
    known = {_plain(column): column for column in header}
    padded: dict[str, tuple[str, int]] = {}
    for column, digits in product(missing, (2, 3)):
        longer = _plain(
            "".join(w.zfill(digits) if w.isdigit() else w for w in re.split(r"(\d+)", column))
        )
        if longer in known:
            padded.setdefault(column, (known[longer], digits))
    problems = [missing_column(file, c, header) for c in missing if c not in padded]
    for column, (there, digits) in list(padded.items())[:1]:
        found = f'{len(padded)} columns with zeros before the number, such as "{there}"'
        cure = f"Write {{item:0{digits}d}} for {{item}} in the patterns of study.toml."
        problems.append(Problem(file, found, f'columns such as "{column}"', cure, 1, column))
    return problems


def missing_column(file: str, column: str, header: Iterable[str]) -> Problem:
    """Return the problem of a column that is not there, with the nearest that is."""
    cure = "Export it, or correct study.toml."
    near = difflib.get_close_matches(column, [name for name in header if len(name) < 200], 1, 0.8)
    cure += f' Is it "{near[0]}"?' if near and not re.search(r"\d", column) else ""
    return Problem(file, "no such column", "the column", cure, 1, column)
