"""A Methods and a Results paragraph with the study's own numbers, as APA 7 writes them.

The numbers are the recorded results, as they passed disclosure control: what was left out there has
no sentence here. Statistics are between asterisks, to be set in italics.
"""

import pandas as pd

from imp_common.design import Outcome
from imp_common.numbers import Sourced
from imp_common.sentences import sentence
from imp_intake.settings.study import Group, Study
from imp_report.privacy.disclosure import SUPPRESSED

CONTRAST = ("difference", "low", "high", "adjusted_p")
# The beginnings of a contrast's columns by primary analysis.
PREFIXES = {"ancova": "ancova_", "mmrm": "mixed_"}


class Numbers:
    """The recorded results by their ids; a missing or withheld one is None."""

    def __init__(self, results: pd.DataFrame) -> None:
        known = results[results["value"].notna() & (results["value"] != SUPPRESSED)]
        self._rows = {row.id: row for row in known.itertuples()}

    def word(self, name: str) -> str | None:
        """Return a value as it was recorded."""
        return str(self._rows[name].value) if name in self._rows else None

    def number(self, name: str) -> float | None:
        """Return a value as a number that knows its basis."""
        row = self._rows.get(name)
        return row and Sourced(float(row.value), row.basis)

    def several(self, name: str, *parts: str) -> list[float] | None:
        """Return some numbers whose ids begin with a name; None if one of them is not known."""
        values = [self.number(f"{name}.{part}") for part in parts]
        return None if None in values else values

    def n(self, name: str) -> int | None:
        """Return how many people a value is of."""
        row = self._rows.get(name)
        return int(row.n) if row and pd.notna(row.n) else None


def methods(numbers: Numbers, study: Study) -> str:
    """Say how the study was analysed."""
    alphas = {o: numbers.number(f"reliability.{o.id}.alpha") for o in study.main_outcomes}
    alphas = {outcome.label: alpha for outcome, alpha in alphas.items() if alpha is not None}
    share = 100 * study.settings.scoring.most_missing
    return sentence("export.methods", study=study, alphas=alphas, share=share)


def results(numbers: Numbers, study: Study) -> str:
    """Say who took part, and what changed."""
    sizes = {g: numbers.number(f"sample.n.{g.id}") for g in study.groups}
    outcomes = [
        {
            "label": outcome.label,
            "test": _interaction(numbers, outcome),
            "contrasts": {
                group.label: values
                for group in study.groups[:-1]
                if (values := _contrast(numbers, f"{outcome.id}.{group.id}", study))
            },
            "difference": _difference(numbers, outcome, study),
            "direction": numbers.word(f"effectiveness.{outcome.id}.direction"),
            "moves": [move for g in study.groups if (move := _move(numbers, outcome, g, study))],
        }
        for outcome in study.main_outcomes
    ]
    return sentence(
        "export.results",
        study=study,
        total=numbers.number("sample.n.total"),
        sizes={group.label: n for group, n in sizes.items() if n is not None},
        age=numbers.several("sample.age", "mean.total", "sd.total"),
        outcomes=outcomes,
    )


def _contrast(numbers: Numbers, name: str, study: Study) -> list[float] | None:
    """Return difference, interval and corrected p of one of several arms."""
    start = PREFIXES.get(study.settings.study.primary_analysis, "")
    return numbers.several(f"effectiveness.{name}", *(f"{start}{part}" for part in CONTRAST))


def _difference(numbers: Numbers, outcome: Outcome, study: Study) -> list[float] | None:
    """Return the difference of two groups with its interval, by the primary analysis."""
    if len(study.groups) != 2:
        return None
    analysis = study.settings.study.primary_analysis
    ends = [f"{PREFIXES.get(analysis, '')}{end}" for end in CONTRAST[:3]]
    found = numbers.several(f"effectiveness.{outcome.id}", *ends) if analysis == "mmrm" else None
    if found or analysis == "mmrm":
        return found
    return numbers.several(f"sensitivity.{outcome.id}", *ends)


def _interaction(numbers: Numbers, outcome: Outcome) -> dict[str, float | None] | None:
    """Return F, p, partial eta squared, n and error df (where recorded) of the primary test."""
    parts = ("F", "p", "partial_eta_squared")
    values = numbers.several(f"effectiveness.{outcome.id}", *parts)
    n = numbers.n(f"effectiveness.{outcome.id}.F")
    df = numbers.number(f"effectiveness.{outcome.id}.df_error")
    return values and dict(zip(parts, values, strict=True)) | {"n": n, "df_error": df}


def _move(numbers: Numbers, outcome: Outcome, group: Group, study: Study) -> dict | None:
    """Return mean and SD of a group at each analysed time."""
    cells = [f"{group.id}.{time.id}" for time in study.analysed_times]
    name = f"effectiveness.{outcome.id}"
    points = [numbers.several(name, f"mean.{cell}", f"sd.{cell}") for cell in cells]
    return None if None in points else {"group": group.label, "points": points}
