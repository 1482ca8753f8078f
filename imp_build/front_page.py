"""What the front page says in a few numbers, and what it offers to take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from imp_helpers.study.number_formats import bounded, fixed, p_value, without_zero
from imp_helpers.study.results import FOLDER, read_results
from imp_helpers.study.study import Outcome, Study


class Answer(NamedTuple):
    """Who took part, and how each main measure changed.

    A row is a measure's name, the mean change of each group, F, p and partial eta squared.
    """

    people: list[tuple[str, str]]
    groups: list[str]
    rows: list[list[str]]
    conclusion: str


def answer_of(study: Study, out: Path) -> Answer | None:
    """Gather the answer from the results under a folder; None where nothing was computed."""
    if not any((out / FOLDER).glob("*.csv")):
        return None
    results = read_results(out).set_index("id")["value"]
    values = pd.to_numeric(results, errors="coerce")
    main = [outcome for outcome in study.outcomes if outcome.family == "main"]
    main = [outcome for outcome in main if f"effectiveness.{outcome.id}.p" in values]
    if not main:
        return None
    people = [(group.label, values.get(f"sample.n.{group.id}")) for group in study.groups]
    return Answer(
        [(label, str(int(n))) for label, n in people if pd.notna(n)],
        [group.label for group in study.groups],
        [_row(outcome, study, values) for outcome in main],
        _conclusion(main, study, values),
    )


def _row(outcome: Outcome, study: Study, values: pd.Series) -> list[str]:
    name = f"effectiveness.{outcome.id}"
    before, after = (
        [values.get(f"{name}.mean.{group.id}.{time.id}", np.nan) for group in study.groups]
        for time in study.analysed_times
    )
    changes = [later - earlier for earlier, later in zip(before, after, strict=True)]
    formats = {"F": fixed(2), "p": p_value, "partial_eta_squared": bounded(3)}
    tests = [form(values.get(f"{name}.{key}", np.nan)) for key, form in formats.items()]
    return [outcome.scale.label, *map(fixed(2), changes), *tests]


def _conclusion(main: Sequence[Outcome], study: Study, values: pd.Series) -> str:
    level = study.level
    names = {outcome.id: outcome.scale.label for outcome in main}
    found = {name: values[f"effectiveness.{name}.p"] for name in names}
    below = _named(found, names, level)
    said = (
        f"Of {sum(map(pd.notna, found.values()))} main measures, {len(below)} changed otherwise in "
        f"one group than in the other (group × time, p < {without_zero(level)})"
    )
    corrected = {name: values.get(f"sensitivity.{name}.holm_p", np.nan) for name in names}
    known = [p for p in corrected.values() if pd.notna(p)]
    if not below or not known:
        return f"{said}{': ' if below else ''}{', '.join(below)}."
    kept = ", ".join(_named(corrected, names, level)) or "none of them"
    return (
        f"{said}: {', '.join(below)}. After Holm's correction for {len(known)} tests {kept} is "
        f"left; the smallest p is {p_value(min(known))}."
    )


def _named(p_values: Mapping[str, float], names: Mapping[str, str], level: float) -> list[str]:
    return [names[name] for name, p in p_values.items() if p < level]


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"
