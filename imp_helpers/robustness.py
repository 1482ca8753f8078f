"""Interactive figures: change an analytic choice and see whether the conclusion changes.

A page shows a figure of everything that can be chosen. Where a notebook is run by hand, controls
under it show one choice at a time. The computations are those of ``statistics``.
"""

from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imp_common.numbers import Count
from IPython.display import HTML, display
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from imp_common.number_formats import bounded
from imp_helpers.statistics import multiverse
from imp_helpers.statistics.change_scores import CHANGE, complete_cases, pair_of
from imp_helpers.statistics.multiverse import TRANSFORMATIONS
from imp_helpers.study import Outcome, Study
from imp_helpers.workspace import Workspace
from imp_report.notebook_style import can_play
from imp_report.style import (
    LINE_COLOURS,
    LINE_STYLES,
    MARKERS,
    QUIET,
    bound,
    group_colours,
    label_ends,
)

ICCS = np.linspace(0, 0.30, 61)

# A figure, if there is one, and the sentence that describes it: a template and its values.
View = tuple[Figure | None, str, dict[str, Any]]


def show(workspace: Workspace, exploration: Any, anchor: str, caption: str) -> HTML | None:
    """Show the overview of an exploration, with controls where the notebook is run by hand.

    An exploration has ``choices`` (by the label of each control its options, or its lowest and
    highest value, step and start), an ``overview`` of all of them, and a view of one ``choice``.
    """
    figure, sentence, values = exploration.overview()
    figure.bases = getattr(exploration, "bases", None)
    alt = workspace.words(sentence, **values)
    overview = workspace.figure(figure, anchor, caption, alt=alt)
    if not can_play():
        return overview
    # Not among what headless builds need, and so not imported where they would import it.
    widgets = import_module("ipywidgets")
    shown = widgets.HTML()
    fields = [_control(widgets, *choice) for choice in exploration.choices.items()]

    def follow(_: object = None) -> None:
        figure, sentence, values = exploration.choice(*(field.value for field in fields))
        shown.value = workspace.sketch(figure, anchor, workspace.words(sentence, **values))

    for field in fields:
        field.observe(follow, "value")
    follow()
    display(overview, widgets.VBox([*fields, shown]))
    return None


def _control(widgets: Any, label: str, options: list | tuple) -> Any:
    look = {"description": label, "style": {"description_width": "6rem"}}
    look["layout"] = {"width": "28rem", "max_width": "100%"}
    if isinstance(options, list):
        return widgets.Dropdown(options=options, **look)
    low, high, step, start = options
    look |= {"readout_format": ".3f", "continuous_update": False}
    return widgets.FloatSlider(start, min=low, max=high, step=step, **look)


@dataclass(frozen=True)
class AnyOutcome:
    """Any outcome, in one group or both, at one time or changing, transformed or not."""

    scores: pd.DataFrame
    study: Study

    @property
    def choices(self) -> dict[str, list]:
        """Outcomes, groups, quantities and transformations."""
        *arms, reference = self.study.groups
        times = self.study.analysed_times
        pairs = [(f"{g.label} and {reference.label}", [g.id, reference.id]) for g in arms]
        return {
            "Outcome": [(outcome.label, outcome) for outcome in self.study.outcomes],
            "Groups": [*pairs, *((group.label, [group.id]) for group in self.study.groups)],
            "Time": [("Change", CHANGE), *((time.label, time.id) for time in times)],
            "Scores": [(one.label, name) for name, one in TRANSFORMATIONS.items()],
        }

    def overview(self) -> View:
        """Draw p of every outcome under every transformation."""
        table = multiverse.p_by_transformation(self.scores, self.study)
        outcomes = multiverse.agreement_of_transformations(table, self.study.level)
        values = {"outcomes": outcomes, "level": self.study.level}
        return draw_transformations(table, self.study.level), "transformations", values

    def choice(
        self, outcome: Outcome, groups: list[str], quantity: str, transformation: str
    ) -> View:
        """Draw change and distribution of what was chosen, and test it."""
        names = {"outcome": outcome.label, "transformation": TRANSFORMATIONS[transformation].label}
        scores = self.scores[self.scores["group"].isin(groups)]
        cases = complete_cases(scores, outcome.id, self.study)
        cases = multiverse.transformed(cases, transformation, self.study)
        if cases is None:
            return None, "not_transformed", names | {"needs": TRANSFORMATIONS[transformation].needs}
        test = multiverse.compare(cases, quantity, self.study)
        enrolled = self.scores.drop_duplicates("participant")["group"].value_counts()
        ns = [Count(n, enrolled.get(g)) for g, n in test.pop("ns").items()]
        time = self.study.time_labels.get(quantity, "")
        values = names | {"test": test, "ns": ns, "time": time}
        return draw_choice(cases, quantity, self.study), "comparison", values


class Clustering:
    """What clustering (see ``multiverse.clustering``) does to the significant main outcomes.

    ``tests`` is what ``change_scores.contrasts`` returns, ``sizes`` what
    ``multiverse.cluster_sizes`` does; ``curve`` is p over the intraclass correlation, ``tips`` has,
    by label, the correlation at which an outcome stops being significant.
    """

    def __init__(self, tests: pd.DataFrame, sizes: dict[str, list[int]], level: float) -> None:
        self.sizes, self.level = sizes, level
        self.choices = {"ICC": (ICCS[0], ICCS[-1], 0.005, 0.05)}
        self.significant = tests[(tests["family"] == "main") & (tests["p"] < level)]
        self.bases = set(self.significant.get("p_basis", ()))
        self.curve = multiverse.clustering(self.significant, sizes, ICCS)
        rows = [row for row in self.significant.itertuples() if row.group in sizes]
        about = {row.label: (row.p, row.n, row.df_error, sizes[row.group]) for row in rows}
        self.tips = {name: multiverse.tipping_icc(*one, level) for name, one in about.items()}

    def overview(self) -> View:
        """Draw p over the intraclass correlation, with the tipping points."""
        tips = [{"label": label, "icc": icc} for label, icc in self.tips.items()]
        values = {"tips": tips, "groups": sum(map(len, self.sizes.values()))}
        return draw_clustering(self.curve, self.tips, self.level), "tipping", values

    def choice(self, icc: float) -> View:
        """Mark one intraclass correlation, and say which outcomes stay significant there."""
        outcomes = multiverse.clustering(self.significant, self.sizes, [icc])
        values = {"icc": icc, "outcomes": outcomes.to_dict("records"), "level": self.level}
        return draw_clustering(self.curve, self.tips, self.level, icc), "at_icc", values


def draw_transformations(table: pd.DataFrame, level: float) -> Figure:
    """Draw p of each outcome under each transformation (see ``p_by_transformation``)."""
    labels = list(dict.fromkeys(table["label"]))
    positions = table["label"].map({label: i for i, label in enumerate(labels)})
    figure, axes = plt.subplots(figsize=(6.6, 0.27 * len(labels) + 1.0))
    names = dict.fromkeys(table["transformation"])
    for name, marker, colour in zip(names, MARKERS, LINE_COLOURS, strict=False):
        rows = table["transformation"] == name
        p = table.loc[rows, "p"].clip(lower=0.0001)
        axes.plot(p, positions[rows], marker, color=colour, ms=4.5, alpha=0.7, label=name)
    axes.axvline(level, color=QUIET, linestyle=":", linewidth=0.9)
    axes.set_xscale("log")
    marks = {0.0001: "≤ .0001", 0.001: ".001", 0.01: ".01", 0.05: ".05", 0.2: ".2", 1: "1"}
    shown = [place for place in marks if place >= table["p"].min() / 2] if len(table) else []
    axes.set_xticks(shown, [marks[place] for place in shown])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlabel("p of time × group (logarithmic scale)")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.legend(ncols=len(names), loc="lower center", bbox_to_anchor=(0.4, 1.0))
    return figure


def draw_choice(wide: pd.DataFrame, quantity: str, study: Study) -> Figure:
    """Draw each person's change, and the distribution of a quantity with means and SDs."""
    first, second = study.analysed_times
    figure, (paired, spread) = plt.subplots(1, 2, figsize=(7.2, 3.0))
    groups = pair_of(wide, study)
    for position, group in enumerate(groups):
        people = wide[wide["group"] == group.id]
        look = {"color": group_colours(study)[group.id]}
        ends = people[[first.id, second.id]].to_numpy(float)
        lines = np.stack([np.zeros(len(ends)), ends[:, 0], np.ones(len(ends)), ends[:, 1]], axis=1)
        paired.add_collection(
            LineCollection(lines.reshape(-1, 2, 2), alpha=0.45, linewidth=0.8, **look)
        )
        paired.plot([0, 1], ends.mean(axis=0), marker="o", linewidth=2.4, **look)
        values = people[quantity].to_numpy(float)
        spread.scatter(np.full(len(values), position), values, s=14, alpha=0.5, **look)
        spread.errorbar(position + 0.2, values.mean(), values.std(ddof=1) if len(values) > 1 else 0,
                        fmt="D", capsize=3, **look)  # fmt: skip
    names = study.time_labels | {CHANGE: "Change"}
    paired.autoscale_view()
    paired.set_xticks([0, 1], [first.label, second.label])
    paired.set(title="Person by person, and means", xlim=(-0.2, 1.2))
    spread.set_xticks(range(len(groups)), [group.label for group in groups])
    spread.set(title=f"{names[quantity]}, with mean and SD", xlim=(-0.5, len(groups) - 0.3))
    return figure


def draw_clustering(
    curve: pd.DataFrame, tips: dict[str, float], level: float, icc: float | None = None
) -> Figure:
    """Draw p over the intraclass correlation, where it crosses the level, and a chosen one."""
    figure, axes = plt.subplots(figsize=(6.6, 3.4))
    looks = zip(curve.groupby("label", sort=False), cycle(LINE_COLOURS), cycle(LINE_STYLES))
    ends, colours = {}, []
    for (label, rows), colour, style in looks:
        crosses = tips[label] <= ICCS[-1]
        where = f"\nsignificant up to {bounded(3)(tips[label])}" if crosses else ""
        axes.plot(rows["icc"], rows["p"], linestyle=style, color=colour)
        ends[label + where] = rows["p"].iloc[-1]
        colours.append(colour)
        if crosses:
            axes.plot(tips[label], level, "o", color=colour)
    axes.axhline(level, color=QUIET, linestyle=":", linewidth=0.9)
    if icc is not None:
        axes.axvline(icc, color=QUIET)
    axes.set(xlabel="Intraclass correlation", ylabel="p of time × group")
    axes.set_ylim(bottom=0)
    bound(axes.xaxis, axes.yaxis)
    axes.grid()
    label_ends(axes, ends, colours, 0.15)
    return figure
