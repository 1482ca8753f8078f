"""A Methods and a Results paragraph with the study's own numbers, as APA 7 writes them.

The numbers are the recorded results, as they passed disclosure control: what was left out there has
no sentence here. Statistics stand between asterisks, to be set in italics.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from imp_helpers.privacy.disclosure import SUPPRESSED
from imp_helpers.study.number_formats import format_apa, format_apa_p, round_half_up
from imp_helpers.study.results import read_results
from imp_helpers.study.study import Outcome, Study

MINUS = "\N{MINUS SIGN}"


class Numbers:
    """The recorded results by their ids; a missing or withheld one is None."""

    def __init__(self, results: pd.DataFrame) -> None:
        self._rows = results.drop_duplicates("id").set_index("id")

    @classmethod
    def of(cls, out: object) -> Numbers:
        """Read the results of a build."""
        return cls(read_results(out))

    def word(self, name: str) -> str | None:
        """Return a value as it was recorded."""
        if name not in self._rows.index:
            return None
        value = self._rows.at[name, "value"]
        return None if pd.isna(value) or value == SUPPRESSED else str(value)

    def number(self, name: str) -> float | None:
        """Return a value as a number."""
        word = self.word(name)
        return None if word is None else float(word)

    def n(self, name: str) -> int | None:
        """Return how many people a value is of."""
        n = self._rows.at[name, "n"] if name in self._rows.index else None
        return None if n is None or pd.isna(n) else int(n)


def methods(numbers: Numbers, study: Study) -> str:
    """Say how the study was analysed."""
    level = format_apa(study.level, 2, bounded=True)
    first, second = (time.label.lower() for time in study.analysed_times)
    measured = "; ".join(f"{key.name} ({key.number_of_items} items)" for key in study.instruments)
    said = [f"Participants filled in {len(study.instruments)} questionnaires: {measured}."]
    alphas = [
        f"{outcome.label} {_bounded(alpha, 2)}"
        for outcome in study.main_outcomes
        if (alpha := numbers.number(f"reliability.{outcome.id}.alpha")) is not None
    ]
    if alphas:
        said.append(f"Cronbach's alpha at the first measurement was: {', '.join(alphas)}.")
    share = study.settings.scoring.most_missing
    said.append(
        f"A scale with at most {100 * share:g} % of its answers missing was scored from the "
        "person's mean, otherwise not at all."
    )
    if len(study.groups) > 1:
        groups = " and ".join(group.label.lower() for group in study.groups[:2])
        said.append(
            f"Change was compared between the groups ({groups}) with a 2 (time: {first}, {second}) "
            "× 2 (group) mixed analysis of variance for each measure, of those with a score at "
            f"both times. Tests were two-sided at a significance level of {level}; they were not "
            "corrected for their number. The effect size is partial eta squared."
        )
    return " ".join(said)


def results(numbers: Numbers, study: Study) -> str:
    """Say who took part, and what changed."""
    said = [*_sample(numbers, study)]
    level = study.level
    if len(study.groups) == 1:
        moves = {o: _move(numbers, o.id, study.groups[0], study) for o in study.main_outcomes}
        return " ".join([*said, *(f"{o.label}: {move}." for o, move in moves.items() if move)])
    told = {outcome: _interaction(numbers, outcome) for outcome in study.main_outcomes}
    known = {outcome: text for outcome, text in told.items() if text}
    changed = [o for o in known if numbers.number(f"effectiveness.{o.id}.p") < level]
    unchanged = [o for o in known if o not in changed]
    for outcome in changed:
        said.append(_change(numbers, outcome, study, known[outcome]))
    if unchanged:
        listed = "; ".join(f"{outcome.label}, {known[outcome]}" for outcome in unchanged)
        said.append(f"The groups did not change significantly differently on: {listed}.")
    return " ".join(said)


def _sample(numbers: Numbers, study: Study) -> list[str]:
    sizes = {group: numbers.number(f"sample.n.{group.id}") for group in study.groups}
    parts = [f"{int(n)} in {group.label.lower()}" for group, n in sizes.items() if n is not None]
    total = numbers.number("sample.n.total")
    if total is None:
        return []
    by_group = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    said = [f"In all, {int(total)} people took part{by_group}."]
    mean, sd = (numbers.number(f"sample.age.{name}.total") for name in ("mean", "sd"))
    if mean is not None and sd is not None:
        said.append(
            f"Their mean age was {round_half_up(mean, 1)} years (*SD* = {round_half_up(sd, 1)})."
        )
    return said


def _interaction(numbers: Numbers, outcome: Outcome) -> str | None:
    """Return the test of time by group: "*F*(1, 45) = 6.08, *p* = .018, ηp² = .119"."""
    name = f"effectiveness.{outcome.id}"
    values = [numbers.number(f"{name}.{part}") for part in ("F", "p", "partial_eta_squared")]
    n = numbers.n(f"{name}.F")
    if None in values:
        return None
    f, p, eta = values
    shown = f"(1, {n - 2})" if n is not None else ""
    probability = format_apa_p(p)
    sign = "" if probability.startswith("<") else "= "
    return (
        f"*F*{shown} = {round_half_up(f, 2)}, *p* {sign}{probability.replace('<', '< ')}, "
        f"ηp² = {_bounded(eta, 3)}"
    ).replace("<  ", "< ")


def _change(numbers: Numbers, outcome: Outcome, study: Study, test: str) -> str:
    """Return a sentence about an outcome on which the groups changed differently."""
    moves = [
        move for group in study.groups[:2] if (move := _move(numbers, outcome.id, group, study))
    ]
    word = {"improved": "in favour of", "not_improved": "to the disadvantage of"}
    direction = word.get(numbers.word(f"effectiveness.{outcome.id}.direction") or "", "")
    side = f", {direction} {study.groups[0].label.lower()}" if direction else ""
    means = f" ({'; '.join(moves)})" if moves else ""
    return f"{outcome.label} changed differently in the two groups{side}: {test}{means}."


def _move(numbers: Numbers, scale: str, group: object, study: Study) -> str | None:
    values: Mapping[str, list[float | None]] = {
        time.id: [
            numbers.number(f"effectiveness.{scale}.{part}.{group.id}.{time.id}")
            for part in ("mean", "sd")
        ]
        for time in study.analysed_times
    }
    if any(None in pair for pair in values.values()):
        return None
    shown = [
        f"*M* = {round_half_up(mean, 2)}, *SD* = {round_half_up(sd, 2)}"
        for mean, sd in values.values()
    ]
    return f"{group.label.lower()} from {' to '.join(shown)}"


def _bounded(value: float, decimals: int) -> str:
    return format_apa(value, decimals, bounded=True).replace("-", MINUS)
