"""What the front page says in a few numbers, and what it offers to take along."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imp_helpers.results import FOLDER, read_results
from imp_helpers.study import Study
from imp_helpers.tables import bounded, fixed, p_value, table_file

INPUTS = ("study.toml", "corrections.csv", "raw", "published", "instruments")
_EXHIBIT = re.compile(
    r'<figure class="(?P<kind>table|plot)[^"]*" id="(?P<anchor>[^"]+)">.*?'
    r'<figcaption><span class="number">(?P<number>.*?)</span> (?P<caption>.*?)</figcaption>',
    re.DOTALL,
)


@dataclass(frozen=True)
class Answer:
    """The study's answer: who took part, and how each main measure changed.

    Parameters
    ----------
    people : list of (str, str)
        Each group with its number of people.
    groups : list of str
        The groups whose changes the rows give.
    rows : list of list of str
        A main measure each: name, mean change of each group, F, p, partial eta squared.
    conclusion : str
        How many of them changed otherwise in one group than in the other.
    """

    people: list[tuple[str, str]]
    groups: list[str]
    rows: list[list[str]]
    conclusion: str


@dataclass(frozen=True)
class Exhibit:
    """A table or figure of a report: what it is called, where it stands, and its file."""

    number: str
    caption: str
    place: str
    file: str


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
    p_values = [values[f"effectiveness.{outcome.id}.p"] for outcome in main]
    return Answer(
        [(label, str(int(n))) for label, n in people if pd.notna(n)],
        [group.label for group in study.groups],
        [_row(outcome, study, values) for outcome in main],
        _conclusion(p_values, study),
    )


def _row(outcome: object, study: Study, values: pd.Series) -> list[str]:
    name = f"effectiveness.{outcome.id}"
    first, last = study.times[0].id, study.times[-1].id
    missing = float("nan")
    changes = [
        values.get(f"{name}.mean.{group.id}.{last}", missing)
        - values.get(f"{name}.mean.{group.id}.{first}", missing)
        for group in study.groups
    ]
    formats = {"F": fixed(2), "p": p_value, "partial_eta_squared": bounded(3)}
    tests = [form(values.get(f"{name}.{key}", missing)) for key, form in formats.items()]
    return [outcome.scale.label, *map(fixed(2), changes), *tests]


def _conclusion(p_values: list[float], study: Study) -> str:
    level = study.settings["study"]["significance_level"]
    known = [p for p in p_values if pd.notna(p)]
    below = sum(p < level for p in known)
    return (
        f"Of {len(known)} main measures, {below} changed otherwise in one group than in the "
        f"other (group × time, p < {bounded(2)(level)})."
    )


def fingerprint(study: Study) -> str:
    """Return the first signs of the SHA-256 of everything that the study's folder brings in."""
    digest = hashlib.sha256()
    roots = [study.folder / name for name in INPUTS]
    files = [root for root in roots if root.is_file()]
    files += [path for root in roots for path in root.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: path.relative_to(study.folder).as_posix()):
        name = path.relative_to(study.folder).as_posix()
        if not any(part.startswith(".") for part in Path(name).parts):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"


def exhibits(reports: Path, kind: str) -> list[Exhibit]:
    """List the tables or the figures (``"table"`` or ``"plot"``) of all reports, in their order."""
    found = []
    for page in sorted(reports.glob("[0-9]*.html")):
        for match in _EXHIBIT.finditer(page.read_text(encoding="utf-8")):
            anchor = match["anchor"]
            file = f"tables/{table_file(anchor)}" if kind == "table" else f"figures/{anchor}.svg"
            if match["kind"] == kind and (reports / file).is_file():
                texts = (html.unescape(match[part]) for part in ("number", "caption"))
                found.append(Exhibit(*texts, f"{page.name}#{anchor}", file))
    return found
