"""What the front page says in a few numbers, and the files it offers."""

from pathlib import Path

from imp_helpers.export.paragraphs import Numbers
from imp_helpers.study.results import FOLDER, Sourced, legend, read_results
from imp_helpers.study.study import Outcome, Study

TESTS = ("F", "p", "partial_eta_squared")


def answer_of(study: Study, out: Path) -> dict[str, object] | None:
    """Gather who took part and how each primary outcome changed; None without results.

    Keys: groups (names), level, people (the size of each group by its name), rows (of each outcome
    label, changes, the mean change of each group, F, p and partial_eta_squared), tested (how many),
    changed (labels) and their basis, holm (p by label, empty where nothing was corrected), kept
    (labels) and legend (which explains the marks).
    """
    if not any((out / FOLDER).glob("*.csv")):
        return None
    results = read_results(out)
    numbers = Numbers(results)
    tested = set(results["id"])
    outcomes = [o for o in study.main_outcomes if f"effectiveness.{o.id}.p" in tested]
    if not outcomes:
        return None
    people = {group.label: numbers.number(f"sample.n.{group.id}") for group in study.groups}
    rows = [_row(outcome, numbers, study) for outcome in outcomes]
    changed = [row for row in rows if row["p"] is not None and row["p"] < study.level]
    holm = {o.label: numbers.number(f"sensitivity.{o.id}.holm_p") for o in outcomes}
    cells = [cell for row in rows for cell in (*row["changes"], *(row[name] for name in TESTS))]
    return {
        "groups": list(study.group_labels.values()),
        "level": study.level,
        "people": {label: n for label, n in people.items() if n is not None},
        "rows": rows,
        "tested": sum(row["p"] is not None for row in rows),
        "changed": [row["label"] for row in changed],
        "basis": max((row["p"].basis for row in changed), default="data"),
        "holm": {label: p for label, p in holm.items() if p is not None},
        "kept": [label for label, p in holm.items() if p is not None and p < study.level],
        "legend": legend({cell.basis for cell in cells if cell is not None}),
    }


def _row(outcome: Outcome, numbers: Numbers, study: Study) -> dict[str, object]:
    name, times = f"effectiveness.{outcome.id}", study.analysed_times
    changes = []
    for group in study.groups:
        means = numbers.several(name, *(f"mean.{group.id}.{time.id}" for time in times))
        changes.append(means and _change(*means))
    tests = {key: numbers.number(f"{name}.{key}") for key in TESTS}
    return {"label": outcome.label, "changes": changes, **tests}


def _change(before: Sourced, after: Sourced) -> Sourced:
    """Return a change, which follows from print if both means do."""
    bases = {before.basis, after.basis}
    derived = bases <= {"published", "derived"}
    return Sourced(after - before, "derived" if derived else min(bases - {"published"}))


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"
