"""What the front page says in a few numbers, and the files it offers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from imp_helpers.study.number_formats import bounded, fixed, p_value, without_zero
from imp_helpers.study.results import FOLDER, legend, read_results
from imp_helpers.study.study import Study


class Answer(NamedTuple):
    """Who took part, and how each primary outcome changed.

    ``people`` holds the name, size and basis of each group, ``basis`` is that of ``changed``. A row
    holds an outcome's name, then pairs of a number and its basis: the mean change of each group, F,
    p and partial eta squared. ``holm`` holds tests, kept (names), smallest (p) and its basis, and
    is empty where nothing was corrected; ``legend`` explains the marks.
    """

    people: list[tuple[str, str, str]]
    groups: list[str]
    rows: list[tuple[str, list[tuple[str, str]]]]
    level: str
    tested: int
    changed: list[str]
    basis: str
    holm: dict[str, object]
    legend: str


def answer_of(study: Study, out: Path) -> Answer | None:
    """Gather the answer from the results under a folder; None where nothing was computed."""
    if not any((out / FOLDER).glob("*.csv")):
        return None
    results = read_results(out).set_index("id")
    results["value"] = pd.to_numeric(results["value"], errors="coerce")
    values = results["value"]
    names = {o.id: o.scale.label for o in study.main_outcomes}
    names = {name: label for name, label in names.items() if f"effectiveness.{name}.p" in values}
    if not names:
        return None
    bases = results["basis"].to_dict()
    sizes = {group.label: f"sample.n.{group.id}" for group in study.groups}
    sizes = {label: name for label, name in sizes.items() if pd.notna(values.get(name))}
    rows = [(label, _row(name, study, results)) for name, label in names.items()]
    p_values = {label: values[f"effectiveness.{name}.p"] for name, label in names.items()}
    changed = [label for label, p in p_values.items() if p < study.level]
    basis = {bases[f"effectiveness.{name}.p"] for name in names if names[name] in changed}
    holm = {f"sensitivity.{name}.holm_p": label for name, label in names.items()}
    holm = {name: label for name, label in holm.items() if pd.notna(values.get(name))}
    return Answer(
        [(label, str(int(values[name])), bases[name]) for label, name in sizes.items()],
        [group.label for group in study.groups],
        rows,
        without_zero(study.level),
        sum(map(pd.notna, p_values.values())),
        changed,
        basis.pop() if len(basis) == 1 else "simulated",
        _corrected(holm, values, bases, study.level),
        legend({basis for _, cells in rows for _, basis in cells}),
    )


def _corrected(
    holm: dict[str, str], values: pd.Series, bases: dict[str, str], level: float
) -> dict[str, object]:
    """Sum up Holm's correction, from the labels of the outcomes by the ids of their p."""
    if not holm:
        return {}
    smallest = values[list(holm)].idxmin()
    return {
        "tests": len(holm),
        "kept": [label for name, label in holm.items() if values[name] < level],
        "smallest": p_value(values[smallest]),
        "basis": bases[smallest],
    }


def _row(name: str, study: Study, results: pd.DataFrame) -> list[tuple[str, str]]:
    known = results.reindex(columns=["value", "basis"]).to_dict("index")
    nothing = {"value": np.nan, "basis": "data"}
    cells = []
    for group in study.groups:
        before, after = (
            known.get(f"effectiveness.{name}.mean.{group.id}.{time.id}", nothing)
            for time in study.analysed_times
        )
        bases = {before["basis"], after["basis"]}
        basis = "derived" if bases <= {"published", "derived"} else min(bases - {"published"})
        cells.append((fixed(2)(after["value"] - before["value"]), basis))
    formats = {"F": fixed(2), "p": p_value, "partial_eta_squared": bounded(3)}
    tests = {key: known.get(f"effectiveness.{name}.{key}", nothing) for key in formats}
    return [
        *cells, *((formats[key](one["value"]), one["basis"]) for key, one in tests.items())
    ]  # fmt: skip


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"
