"""Places to play: choose otherwise, and see what becomes of a conclusion.

A place is a picture of everything that can be chosen, which the page shows too, and under it, where
a notebook is run by hand, controls that look at one choice. Everything is computed in conclusions;
the controls only ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure

from imp_helpers.display.figures import GROUP_COLOURS, MARKERS, QUIET, bound, group_colours
from imp_helpers.display.notebook_style import can_play
from imp_helpers.statistics.change_scores import complete_cases
from imp_helpers.statistics.multiverse import (
    CHANGE,
    TRANSFORMATIONS,
    USUAL_CUT_OFF,
    by_cut_off,
    compare,
    comparison_in_words,
    counts_in_words,
    cut_offs_in_words,
    p_by_transformation,
    stretches,
    tipping_icc,
    tipping_in_words,
    told,
    transformations_in_words,
    transformed,
    why_not,
)
from imp_helpers.statistics.sensitivity import clustering, of_significant
from imp_helpers.study.number_formats import format_apa
from imp_helpers.study.study import Outcome, Study
from imp_helpers.workspace import Workspace

ICCS = np.linspace(0, 0.30, 61)


class Place(Protocol):
    """What can be chosen at a place, and what follows."""

    @property
    def choices(self) -> dict[str, list | tuple]:
        """By the label of each control its options, or (lowest, highest, step, start)."""

    def overview(self) -> tuple[Figure, str]:
        """Return a picture of everything that can be chosen, and what it shows in words."""

    def look(self, *chosen: Any) -> tuple[Figure | None, str]:
        """Return a picture of one choice, if there is one, and what it shows in words."""


def place(workspace: Workspace, there: Place, anchor: str, caption: str) -> HTML | None:
    """Show a place: its picture, and controls under it where somebody can move them.

    Parameters
    ----------
    workspace : Workspace
    there : Place
    anchor, caption : str
        Of the picture; see ``Workspace.figure``.
    """
    figure, words = there.overview()
    picture = workspace.figure(figure, anchor, caption, alt=words)
    if not can_play():
        return picture
    display(picture, controls(workspace, there, anchor))
    return None


def controls(workspace: Workspace, there: Place, anchor: str) -> Any:
    """Return controls for every choice of a place, and under them what follows (ipywidgets)."""
    # Not among what headless builds need, and so not imported where they would import it.
    widgets = import_module("ipywidgets")
    shown = widgets.HTML()
    fields = [_control(widgets, *choice) for choice in there.choices.items()]

    def follow(_: object = None) -> None:
        figure, words = there.look(*(field.value for field in fields))
        shown.value = workspace.sketch(figure, anchor, words)

    for field in fields:
        field.observe(follow, "value")
    follow()
    return widgets.VBox([*fields, shown])


def _control(widgets: Any, label: str, options: list | tuple) -> Any:
    look = {"description": label, "style": {"description_width": "6rem"}}
    look["layout"] = {"width": "28rem", "max_width": "100%"}
    if isinstance(options, list):
        return widgets.Dropdown(options=options, **look)
    low, high, step, start = options
    return widgets.FloatSlider(
        start, min=low, max=high, step=step, readout_format=".3f", continuous_update=False, **look
    )


# ---------------------------------------------------------------- the places


@dataclass(frozen=True)
class AnyOutcome:
    """Any outcome, in one group or both, at one time or changing, transformed or not."""

    scores: pd.DataFrame
    study: Study

    @property
    def choices(self) -> dict[str, list]:
        """Outcomes, groups, quantities and transformations."""
        times = [(time.label, time.id) for time in self.study.analysed_times]
        groups = [(group.label, [group.id]) for group in self.study.groups[:2]]
        both = [group.id for group in self.study.groups[:2]]
        return {
            "Outcome": [(outcome.label, outcome) for outcome in self.study.outcomes],
            "Group": [("Both groups", both), *groups],
            "Time": [("Change", CHANGE), *times],
            "Scores": [(one.label, name) for name, one in TRANSFORMATIONS.items()],
        }

    def overview(self) -> tuple[Figure, str]:
        """Draw p of every outcome under every transformation."""
        table = p_by_transformation(self.scores, self.study)
        level = self.study.settings["study"]["significance_level"]
        return draw_transformations(table, level), transformations_in_words(table, level)

    def look(
        self, outcome: Outcome, groups: list[str], quantity: str, transformation: str
    ) -> tuple[Figure | None, str]:
        """Draw change and distribution of what was chosen, and tell the test."""
        wide = complete_cases(self.scores, outcome.id, self.study)
        wide = wide[wide["group"].isin(groups)]
        reason = why_not(wide, transformation, self.study)
        if reason:
            return None, f"{outcome.label}. {reason}"
        wide = transformed(wide, transformation, self.study)
        test = comparison_in_words(compare(wide, quantity, self.study))
        heading = f"{outcome.label}, {TRANSFORMATIONS[transformation].label}"
        return draw_choice(wide, quantity, self.study), f"{heading}. {test}"


@dataclass(frozen=True)
class Clustering:
    """What the resemblance of people in one training group does to the significant outcomes.

    Parameters
    ----------
    effects, tests, training_groups
        As ``sensitivity.clustering`` takes them.
    level : float
        The level of significance.
    """

    effects: pd.DataFrame
    tests: pd.DataFrame
    training_groups: pd.Series
    level: float

    @property
    def choices(self) -> dict[str, tuple]:
        """An intraclass correlation."""
        return {"ICC": (ICCS[0], ICCS[-1], 0.005, 0.05)}

    @cached_property
    def curve(self) -> pd.DataFrame:
        """The significant outcomes' p over the intraclass correlation."""
        return of_significant(self._at(ICCS), self.level)

    @cached_property
    def tips(self) -> dict[str, float]:
        """The intraclass correlation at which each of them stops being significant, by label."""
        sizes = self.training_groups.value_counts().tolist()
        tested = self.tests[self.tests["scale"].isin(self.curve["scale"])]
        people = self.effects.set_index("scale")["n"]
        return {
            row.label: tipping_icc(row.p, people[row.scale], sizes, self.level)
            for row in tested.itertuples()
        }

    def overview(self) -> tuple[Figure, str]:
        """Draw p over the intraclass correlation, with the tipping points."""
        return draw_clustering(self.curve, self.tips, self.level), tipping_in_words(self.tips)

    def look(self, icc: float) -> tuple[Figure, str]:
        """Mark one intraclass correlation, and say which outcomes stay significant there."""
        rows = self._at([icc])
        rows = rows[rows["scale"].isin(self.curve["scale"])]
        said = [
            f"{row.label} {'holds' if row.p < self.level else 'tips'} (p {told(row.p)})"
            for row in rows.itertuples()
        ]
        effect = f", design effect {rows['design_effect'].iloc[0]:.2f}" if len(rows) else ""
        at = f"ICC {format_apa(icc, 3, bounded=True)}{effect}"
        figure = draw_clustering(self.curve, self.tips, self.level, icc)
        return figure, f"{at}: {', '.join(said) or 'nothing to tip'}."

    def _at(self, iccs: Sequence[float]) -> pd.DataFrame:
        return clustering(self.effects, self.tests, self.training_groups, iccs)


@dataclass(frozen=True)
class CutOff:
    """How large a change must be to count as one.

    Parameters
    ----------
    scores, precision
        As ``conclusions.by_cut_off`` takes them.
    """

    scores: pd.DataFrame
    precision: pd.DataFrame
    study: Study

    @property
    def choices(self) -> dict[str, list | tuple]:
        """A cut-off, and the direction of change that is counted."""
        directions = [(word.capitalize(), word) for word in ("improved", "deteriorated")]
        return {"Cut-off": (0.0, 3.0, 0.05, USUAL_CUT_OFF), "Counted": directions}

    def overview(self) -> tuple[Figure, str]:
        """Draw the share of improved people over the cut-off, and where the groups differ."""
        table = self._over("improved")
        level = self.study.settings["study"]["significance_level"]
        return draw_cut_offs(table, self.study, level), cut_offs_in_words(table, self.study, level)

    def look(self, cut_off: float, direction: str) -> tuple[Figure, str]:
        """Mark one cut-off, and tell the counts beyond it."""
        level = self.study.settings["study"]["significance_level"]
        figure = draw_cut_offs(self._over(direction), self.study, level, cut_off)
        rows = self._over(direction, [cut_off]).to_dict("records")
        said = "; ".join(counts_in_words(row, self.study) for row in rows)
        return figure, f"{direction.capitalize()} beyond {cut_off:.2f}. {said}."

    def _over(self, direction: str, *cut_offs: Sequence[float]) -> pd.DataFrame:
        outcomes = self.study.main_outcomes
        return by_cut_off(self.scores, self.precision, outcomes, self.study, direction, *cut_offs)


# ---------------------------------------------------------------- their pictures


def draw_transformations(table: pd.DataFrame, level: float) -> Figure:
    """Draw p of each outcome under each transformation (see ``p_by_transformation``)."""
    labels = list(dict.fromkeys(table["label"]))
    places = table["label"].map({label: place for place, label in enumerate(labels)})
    figure, axes = plt.subplots(figsize=(6.6, 0.27 * len(labels) + 1.0))
    colours = ("#222222", *GROUP_COLOURS)
    names = dict.fromkeys(table["transformation"])
    for name, marker, colour in zip(names, MARKERS, colours, strict=False):
        rows = table["transformation"] == name
        axes.plot(table.loc[rows, "p"], places[rows], marker, color=colour, ms=4.5, alpha=0.7,
                  label=TRANSFORMATIONS[name].label)  # fmt: skip
    axes.axvline(level, color=QUIET, linestyle=":", linewidth=0.9)
    axes.set_xscale("log")
    axes.set_xticks([0.005, 0.01, 0.05, 0.2, 1], [".005", ".01", ".05", ".2", "1"])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlabel("p of time x group")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.legend(ncols=len(names), loc="lower center", bbox_to_anchor=(0.4, 1.0))
    return figure


def draw_choice(wide: pd.DataFrame, quantity: str, study: Study) -> Figure:
    """Draw each person's change, and the distribution of a quantity with means and SDs."""
    first, second = study.analysed_times
    figure, (paired, spread) = plt.subplots(1, 2, figsize=(7.2, 3.0))
    groups = [group for group in study.groups[:2] if group.id in set(wide["group"])]
    for position, group in enumerate(groups):
        people = wide[wide["group"] == group.id]
        look = {"color": group_colours(study)[group.id]}
        lines = people[[first.id, second.id]].to_numpy(float)
        # One path with gaps, as in figures.paired_change.
        y = np.column_stack([lines, np.full(len(lines), np.nan)]).ravel()
        paired.plot(np.tile([0, 1, np.nan], len(lines)), y, alpha=0.25, linewidth=0.8, **look)
        paired.plot([0, 1], lines.mean(axis=0), marker="o", linewidth=2.4, **look)
        values = people[quantity].to_numpy(float)
        spread.scatter(np.full(len(values), position), values, s=14, alpha=0.5, **look)
        spread.errorbar(position + 0.2, values.mean(), values.std(ddof=1) if len(values) > 1 else 0,
                        fmt="D", capsize=3, **look)  # fmt: skip
    names = study.time_labels | {CHANGE: "Change"}
    paired.set_xticks([0, 1], [first.label, second.label])
    paired.set(title="Person by person, and means", xlim=(-0.2, 1.2))
    spread.set_xticks(range(len(groups)), [group.label for group in groups])
    spread.set(title=f"{names[quantity]}, with mean and SD", xlim=(-0.5, len(groups) - 0.3))
    return figure


def draw_clustering(
    curve: pd.DataFrame, tips: dict[str, float], level: float, icc: float | None = None
) -> Figure:
    """Draw p over the intraclass correlation, where it crosses the level, and a chosen one."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    looks = zip(GROUP_COLOURS * 9, ("-", "--", "-.", ":") * 9, strict=True)
    for (label, rows), (colour, style) in zip(
        curve.groupby("label", sort=False), looks, strict=False
    ):
        crosses = tips[label] <= ICCS[-1]
        where = f", tips at {format_apa(tips[label], 3, bounded=True)}" if crosses else ""
        axes.plot(rows["icc"], rows["p"], style, color=colour, label=label + where)
        if crosses:
            axes.plot(tips[label], level, "o", color=colour)
    axes.axhline(level, color=QUIET, linestyle=":", linewidth=0.9)
    if icc is not None:
        axes.axvline(icc, color=QUIET)
    axes.set(xlabel="Intraclass correlation", ylabel="p of time x group")
    axes.set_ylim(bottom=0)
    bound(axes.xaxis, axes.yaxis)
    axes.grid()
    if len(curve):
        axes.legend(fontsize=8)
    return figure


def draw_cut_offs(
    table: pd.DataFrame, study: Study, level: float, cut_off: float = USUAL_CUT_OFF
) -> Figure:
    """Draw shares of people beyond each cut-off; shaded where the groups differ."""
    labels = list(dict.fromkeys(table["label"]))
    rows_of_panels = -(-len(labels) // 3) or 1
    figure, panels = plt.subplots(rows_of_panels, 3, figsize=(7.2, 2.2 * rows_of_panels + 0.5),
                                  squeeze=False, sharex=True, sharey=True)  # fmt: skip
    for axes, label in zip(panels.flat, labels, strict=False):
        rows = table[table["label"] == label]
        for low, high in stretches(rows["cut_off"], rows["p"] < level):
            axes.axvspan(low, high, color="#E4E4E4", linewidth=1.5)
        for group, style in zip(study.groups[:2], ("-", "--"), strict=False):
            # A step needs a point where it changes, and one at its end: a tenth of all of them.
            count = rows[f"count_{group.id}"]
            ends = (count != count.shift()) | (count.index == count.index[-1])
            share = 100 * count[ends] / rows.loc[ends, f"n_{group.id}"]
            axes.step(rows.loc[ends, "cut_off"], share, where="post", linestyle=style,
                      color=group_colours(study)[group.id], label=group.label)  # fmt: skip
        axes.axvline(cut_off, color=QUIET, linestyle=":", linewidth=0.9)
        axes.set_title(label)
    for axes in list(panels.flat)[len(labels) :]:
        axes.set_visible(False)
    figure.supxlabel("Cut-off, in standard errors of a difference", size=9)
    figure.supylabel("Per cent of people beyond the cut-off", size=9)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), ncols=2, loc="outside upper right",
                  borderaxespad=0.1)  # fmt: skip
    figure.people = [
        pair
        for group in study.groups[:2]
        for pair in zip(table[f"count_{group.id}"], table[f"n_{group.id}"], strict=True)
    ]
    return figure
