"""Interactive figures: change an analytic choice and see whether the conclusion changes.

A page shows a figure of everything that can be chosen. Where a notebook is run by hand, controls
under it show one choice at a time. The computations are those of ``statistics``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib import import_module
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from imp_common.design import Outcome
from imp_common.number_formats import bounded, fixed, p_value
from imp_helpers.desk import Desk
from imp_helpers.statistics.change_scores import CHANGE, complete_cases, pair_of
from imp_helpers.study import Study
from imp_report.html import picture_html
from imp_report.notebook_style import can_play, styled
from imp_report.style import (
    LINE_COLOURS,
    LINE_STYLES,
    MARKERS,
    QUIET,
    anonymous,
    bound,
    group_colours,
    label_ends,
    svg_of,
)
from imp_trials import multiverse
from imp_trials.multiverse import TRANSFORMATIONS

ICCS = np.linspace(0, 0.30, 61)

WHY_NOT = {
    "one_group": "one group at one time leaves nothing to compare",
    "few_people": "there are fewer than two participants in a group",
    "no_variance": "within the groups all values are equal",
}


class View(NamedTuple):
    """One choice: its figure, if there is one, the words below, and the people it shows.

    ``people`` are the sizes of the groups, each with that of all who were in the group.
    """

    figure: Figure | None
    words: str
    people: list[tuple[int, int]]


def show(desk: Desk, exploration: Any, number: str, title: str) -> HTML | None:
    """Show the overview of an exploration, with controls where the notebook is run by hand.

    An exploration has ``choices`` (by the label of each control its options, or its lowest and
    highest value, step and start), an ``overview`` of all of them (a figure and the table behind
    it), and a view of one ``choice``.
    """
    figure, table = exploration.overview()
    overview = desk.figure(number, figure, title, table)
    if not can_play():
        return overview
    # Not among what headless builds need, and so not imported where they would import it.
    widgets = import_module("ipywidgets")
    shown = widgets.HTML()
    fields = [_control(widgets, *choice) for choice in exploration.choices.items()]

    def follow(_: object = None) -> None:
        shown.value = sketch(desk, *exploration.choice(*(field.value for field in fields)))

    for field in fields:
        field.observe(follow, "value")
    follow()
    display(overview, widgets.VBox([*fields, shown]))
    return None


def sketch(
    desk: Desk, figure: Figure | None, words: str, people: Sequence[tuple[int, int]] = ()
) -> str:
    """Return a figure with words below as HTML for a control to show: saved nowhere.

    ``people`` are the sizes of groups, which are shown unless they are of few. Participants' data
    are marked as not for publication: who moves a control far enough can tell from two figures
    what each keeps.
    """
    picture, few = "", desk.gate.shows_few(list(people), "sketch")
    if figure:
        if not desk.gate.is_open:
            anonymous(figure)
        picture = picture_html(svg_of(figure), "Described in the words below.")
    sizes = "" if few or not people else f"n = {' and '.join(str(n) for n, _ in people)}. "
    about = "Simulated data." if desk.study.notice else "For exploring, not for publication."
    return styled(
        f'<figure class="plot">\n{picture}\n'
        f"<figcaption>{escape(f'{words} {sizes}{about}')}</figcaption>\n</figure>"
    )


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

    @cached_property
    def table(self) -> pd.DataFrame:
        """The p of every outcome under every transformation."""
        return multiverse.p_by_transformation(self.scores, self.study)

    def overview(self) -> tuple[Figure, pd.DataFrame]:
        """Draw p of every outcome under every transformation."""
        labels, names = (self.table[name].drop_duplicates() for name in ("label", "transformation"))
        wide = self.table.pivot(index="label", columns="transformation", values="p")
        wide = wide.reindex(index=labels, columns=names).add_prefix("p.")
        return draw_transformations(self.table, self.study.level), wide

    def choice(
        self, outcome: Outcome, groups: list[str], quantity: str, transformation: str
    ) -> View:
        """Draw change and distribution of what was chosen, and test it."""
        chosen = TRANSFORMATIONS[transformation]
        scores = self.scores[self.scores["group"].isin(groups)]
        cases = complete_cases(scores, outcome.id, self.study)
        cases = multiverse.transformed(cases, transformation, self.study)
        if cases is None:
            needs = (
                f"{chosen.label.capitalize()} cannot be applied here: it requires {chosen.needs}"
            )
            return View(None, f"{outcome.label}. {needs}.", [])
        test = multiverse.compare(cases, quantity, self.study)
        enrolled = self.scores.drop_duplicates("participant")["group"].value_counts()
        people = [(n, int(enrolled.get(group, n))) for group, n in test["ns"].items()]
        time = self.study.time_labels.get(quantity, "")
        words = f"{outcome.label}, {chosen.label}. {comparison(test, time)}"
        return View(draw_choice(cases, quantity, self.study), words, people)


def comparison(test: dict, time: str = "") -> str:
    """Put a test into words; ``time`` where it is not of the change."""
    what = f"Group, {time.lower()}" if time else "Time × group" if len(test["ns"]) == 2 else "Time"
    if test["reason"]:
        return f"{what}: not tested, because {WHY_NOT[test['reason']]}."
    f, eta = fixed(2)(test["F"]), bounded(3)(test["partial_eta_squared"])
    return f"{what}: F(1, {test['df_error']}) = {f}, {p_is(test['p'])}, ηp² = {eta}."


def p_is(p: float) -> str:
    """Write a p in a sentence."""
    written = p_value(p)
    return f"p {written}" if written.startswith("<") else f"p = {written}"


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
        self.curve = multiverse.clustering(self.significant, sizes, ICCS)
        rows = [row for row in self.significant.itertuples() if row.group in sizes]
        about = {row.label: (row.p, row.n, row.df_error, sizes[row.group]) for row in rows}
        self.tips = {name: multiverse.tipping_icc(*one, level) for name, one in about.items()}

    def overview(self) -> tuple[Figure, pd.DataFrame]:
        """Draw p over the intraclass correlation, with the tipping points."""
        tips = pd.DataFrame({"tipping_icc": self.tips}, dtype=float).rename_axis("label")
        figure = draw_clustering(self.curve, self.tips, self.level)
        return figure, tips.replace(np.inf, np.nan).dropna()

    def in_short(self) -> list[str]:
        """Say at which intraclass correlation each outcome loses its significance."""
        said = [
            f"{label} loses significance at an ICC of {bounded(3)(icc)}."
            if icc <= 1
            else f"{label} keeps its significance at any ICC."
            for label, icc in self.tips.items()
        ]
        return said or ["No primary outcome is significant to begin with."]

    def choice(self, icc: float) -> View:
        """Mark one intraclass correlation, and say which outcomes stay significant there."""
        outcomes = multiverse.clustering(self.significant, self.sizes, [icc])
        said = [
            f"{row.label} {'remains' if row.p < self.level else 'is no longer'} significant "
            f"({p_is(row.p)})"
            for row in outcomes.itertuples()
        ]
        about = f"ICC {bounded(3)(icc)}"
        if said:
            about += f", design effect {fixed(2)(outcomes['design_effect'].iloc[0])}"
        words = f"{about}: {', '.join(said) or 'no primary outcome is significant to begin with'}."
        return View(draw_clustering(self.curve, self.tips, self.level, icc), words, [])


def draw_transformations(table: pd.DataFrame, level: float) -> Figure:
    """Draw p of each outcome under each transformation (see ``p_by_transformation``)."""
    labels = list(dict.fromkeys(table["label"]))
    positions = table["label"].map({label: i for i, label in enumerate(labels)})
    figure, axes = plt.subplots(figsize=(6.6, 0.27 * len(labels) + 1.0))
    figure.people = []
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
            LineCollection(lines.reshape(-1, 2, 2), alpha=0.45, linewidth=0.8, gid="people", **look)
        )
        paired.plot([0, 1], ends.mean(axis=0), marker="o", linewidth=2.4, **look)
        values = people[quantity].to_numpy(float)
        spread.scatter(
            np.full(len(values), position), values, s=14, alpha=0.5, gid="people", **look
        )
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
    figure.people = []
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
