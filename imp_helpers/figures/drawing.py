"""The kinds of figure, each drawn from a table."""

from collections.abc import Iterable, Sequence
from itertools import cycle
from textwrap import fill

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from imp_common.design import Outcome
from imp_common.number_formats import bounded, round_half_up
from imp_helpers.study import Study
from imp_report.style import (
    DARK,
    LINE_COLOURS,
    LINE_STYLES,
    MARKERS,
    QUIET,
    bound,
    group_colours,
    label_ends,
    rows_figure,
)

# More people than that cannot be told apart in a panel, and make pages large.
MOST_PEOPLE, SEED = 200, 20200826


def score_distributions(scores: pd.DataFrame, study: Study, outcomes: Sequence[Outcome]) -> Figure:
    """Draw every score of the given outcomes by group and time."""
    figure, axes = _panels(len(outcomes))
    scores, figure.sampled = _some_people(scores)
    times = {time.id: place for place, time in enumerate(study.times)}
    beside = np.linspace(-0.2, 0.2, len(study.groups)) if len(study.groups) > 1 else [0.0]
    looks = list(zip(study.groups, beside, cycle(MARKERS), strict=False))
    for panel, outcome in zip(axes, outcomes, strict=True):
        table = scores[scores["scale"] == outcome.id]
        for group, offset, marker in looks:
            people = table[table["group"] == group.id]
            panel.scatter(
                people["time"].map(times) + offset, people["score"], s=14, linewidth=0,
                alpha=0.6, marker=marker, color=group_colours(study)[group.id], label=group.label,
                gid="people",
            )  # fmt: skip
        panel.set(title=outcome.label, xlim=(-0.5, len(times) - 0.5))
        panel.set_xticks(range(len(times)), _wrapped(study.time_labels.values()))
    _legend(figure, axes)
    return figure


def paired_change(scores: pd.DataFrame, study: Study, outcomes: Sequence[Outcome]) -> Figure:
    """Draw each participant's line from the first to the second time, and the groups' means."""
    first, second = study.analysed_times
    figure, axes = _panels(len(outcomes), most=1 if len(study.groups) > 3 else 2)
    some, figure.sampled = _some_people(scores)
    colours = group_colours(study)
    places = {group.id: 1.4 * place for place, group in enumerate(study.groups)}
    # Of many groups, the labels of the first stand for all: there is no room for more.
    several = len(study.groups) > 2
    names = [
        "" if several and number else label
        for number, _ in enumerate(study.groups)
        for label in _wrapped([first.label, second.label])
    ]
    for panel, outcome in zip(axes, outcomes, strict=True):
        table = scores[scores["scale"] == outcome.id]
        wide = table.pivot(index=["participant", "group"], columns="time", values="score")
        wide = wide.reindex(columns=[first.id, second.id]).dropna().reset_index()
        drawn = wide[wide["participant"].isin(some["participant"])]
        drawn = drawn.sort_values(["group", first.id, second.id])
        x = drawn["group"].map(places).to_numpy(float)
        lines = np.stack([x, drawn[first.id], x + 0.8, drawn[second.id]], axis=1).reshape(-1, 2, 2)
        panel.add_collection(
            LineCollection(lines, colors=drawn["group"].map(colours), alpha=0.45, linewidth=0.8,
                           gid="people")
        )  # fmt: skip
        for group, place in places.items():
            means = wide.loc[wide["group"] == group, [first.id, second.id]].mean()
            panel.plot([place, place + 0.8], means, color=colours[group], marker="o", linewidth=2.6)
            panel.text(place + 0.4, 1, study.group_labels[group], color=colours[group], ha="center",
                       transform=panel.get_xaxis_transform(), weight="bold")  # fmt: skip
        panel.autoscale_view()
        panel.set_xticks([x for place in places.values() for x in (place, place + 0.8)], names)
        panel.set_title(outcome.label, pad=14)
    return figure


def _some_people(scores: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the scores of at most 200 people, drawn at random, and the sentence that says so."""
    people = scores["participant"].unique()
    if len(people) <= MOST_PEOPLE:
        return scores, ""
    drawn = np.random.default_rng(SEED).choice(people, MOST_PEOPLE, replace=False)
    said = f"A random sample of {MOST_PEOPLE} of the {len(people):,} participants is drawn"
    return scores[scores["participant"].isin(drawn)], said


def means_over_time(table: pd.DataFrame, study: Study) -> Figure:
    """Draw each group's means of the primary outcomes over time (see ``means_over_time``)."""
    figure, axes = _panels(len(study.main_outcomes), most=2)
    beside = np.linspace(-0.12, 0.12, len(study.groups)) if len(study.groups) > 1 else [0.0]
    looks = list(zip(study.groups, beside, cycle(MARKERS), cycle(LINE_STYLES), strict=False))
    for panel, outcome in zip(axes, study.main_outcomes, strict=True):
        for group, offset, marker, style in looks:
            rows = table[(table["scale"] == outcome.id) & (table["group"] == group.id)]
            margin = rows["high"] - rows["mean"]
            panel.errorbar(
                np.arange(len(rows)) + offset, rows["mean"], margin, linestyle=style, capsize=2,
                marker=marker, ms=5, color=group_colours(study)[group.id], label=group.label,
            )  # fmt: skip
        panel.set(title=outcome.label, xlim=(-0.3, len(study.times) - 0.7))
        panel.set_xticks(range(len(study.times)), _wrapped(study.time_labels.values()))
        panel.grid(axis="y")
    _legend(figure, axes)
    return figure


def forest(
    table: pd.DataFrame, xlabel: str, reference: Sequence[float] = (), bounded_axis: bool = False
) -> Figure:
    """Draw estimates with intervals, one below the other, and dotted lines at references.

    Columns: label, estimate, low, high, strong (bool: drawn bold).
    On a ``bounded_axis`` the estimates cannot exceed 1.
    """
    figure, axes = rows_figure(len(table), xlabel, reference, grid="x")
    places = np.arange(len(table))
    strong = table["strong"].to_numpy(dtype=bool)
    looks = ((strong, DARK, "o", 2.4), (~strong, QUIET, "s", 1.2))
    for chosen, colour, marker, width in looks:
        rows, at = table[chosen], places[chosen]
        axes.hlines(at, rows["low"], rows["high"], color=colour, linewidth=width, zorder=1)
        axes.plot(rows["estimate"], at, marker, color=colour, ms=5)
    axes.set_yticks(places, table["label"])
    if bounded_axis:
        bound(axes.xaxis)
    return figure


def intervals(
    table: pd.DataFrame, xlabel: str, filled: Sequence[bool], reference: float = 0
) -> Figure:
    """Draw estimates with intervals, a row each: filled points rest on print, open ones do not.

    Columns: estimate, low, high; the index holds the names of the rows.
    """
    figure, axes = rows_figure(len(table), xlabel, [reference], grid="x", height=0.36)
    places, filled = np.arange(len(table)), np.asarray(filled, dtype=bool)
    for chosen, look in ((filled, {"mfc": DARK}), (~filled, {"mfc": "white"})):
        rows, at = table[chosen], places[chosen]
        colour = DARK if look["mfc"] == DARK else QUIET
        axes.hlines(at, rows["low"], rows["high"], color=colour, linewidth=1.6, zorder=1)
        axes.plot(rows["estimate"], at, "o", color=colour, ms=6.5, mew=1.6, **look)
    axes.set_yticks(places, table.index)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def bars(values: pd.Series, xlabel: str, highest: float) -> Axes:
    """Draw a bar for each value, with its number at the end; the index names the rows."""
    figure, axes = rows_figure(len(values), xlabel, height=0.42)
    # Shares alone do not say how few people are behind them.
    figure.people = None
    drawn = axes.barh(values.index, values, color=DARK, height=0.55)
    axes.bar_label(drawn, [round_half_up(value, 0) for value in values], padding=4)
    axes.set_xlim(0, highest)
    axes.tick_params(axis="y", length=0)
    return axes


def lines(table: pd.DataFrame, xlabel: str, ylabel: str, apart: float = 0.08) -> Axes:
    """Draw each column over the index, with its name at the end of its line."""
    figure, axes = plt.subplots(figsize=(6.6, 3.4))
    figure.people = []
    for name, colour, style in zip(table, cycle(LINE_COLOURS), cycle(LINE_STYLES), strict=False):
        axes.plot(table.index, table[name], linestyle=style, color=colour)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_xlim(table.index.min(), table.index.max())
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    label_ends(axes, dict(table.iloc[-1]), LINE_COLOURS[: len(table.columns)], apart)
    return axes


def curve_with_points(
    curve: pd.DataFrame, points: pd.DataFrame, xlabel: str, ylabel: str
) -> Figure:
    """Draw a power curve (columns f, power) and named points on it (and label)."""
    figure, axes = plt.subplots(figsize=(6.2, 3.4))
    figure.people = []
    axes.plot(curve["f"], curve["power"], color=DARK)
    lines = []
    for number, row in enumerate(points.itertuples()):
        axes.plot(row.f, row.power, "o", color=DARK)
        # Points may lie close: their numbers stand above and below in turn.
        beside = (5, -11) if number % 2 else (-10, 4)
        axes.annotate(
            str(number + 1), (row.f, row.power), xytext=beside, textcoords="offset points"
        )
        lines.append(f"{number + 1}: {row.label}")
    axes.text(
        0.98, 0.06, "\n".join(lines), ha="right", va="bottom", ma="left", transform=axes.transAxes
    )
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid()
    bound(axes.yaxis)
    return figure


def strips(table: pd.DataFrame, column: str, xlabel: str, reference: float) -> Figure:
    """Draw each row as a point on its label's line (columns label and ``column``).

    Those below the reference are crosses.
    """
    import seaborn as sns

    labels = list(dict.fromkeys(table["label"]))
    figure, axes = rows_figure(len(labels), xlabel, [reference], grid="y")
    weak = table[column] < reference
    for chosen, marker in ((~weak, "o"), (weak, "x")):
        sns.stripplot(
            table[chosen], x=column, y="label", order=labels, jitter=False, marker=marker,
            color=DARK, alpha=0.7, size=4.5, linewidth=1.0, ax=axes,
        )  # fmt: skip
    axes.set(xlabel=xlabel, ylabel="")
    bound(axes.xaxis)
    return figure


def lines_by_label(table: pd.DataFrame, x: str, y: str, level: float, names: dict) -> Figure:
    """Draw one line for each label, and a dotted one where y is ``level`` (names: axis labels)."""
    figure, axes = plt.subplots(figsize=(6.6, 3.6))
    figure.people = []
    looks = zip(cycle(LINE_COLOURS), cycle(LINE_STYLES[:-1]), cycle(MARKERS), strict=False)
    ends, colours = {}, []
    for (label, rows), look in zip(table.groupby("label", sort=False), looks, strict=False):
        colour, style, marker = look
        axes.plot(rows[x], rows[y], linestyle=style, color=colour, marker=marker, ms=4)
        ends[label] = rows[y].iloc[-1]
        colours.append(colour)
    axes.axhline(level, color=QUIET, linestyle=":", linewidth=0.9)
    axes.set(xlabel=names[x], ylabel=names[y])
    axes.set_ylim(bottom=0)
    axes.grid()
    label_ends(axes, ends, colours)
    bound(axes.yaxis)
    return figure


def estimates_by_analysis(table: pd.DataFrame, xlabel: str) -> Figure:
    """Draw the estimate and interval of every analysis, in one panel for each outcome.

    Columns: label, analysis, estimate, low, high, primary (bool: drawn as a diamond).
    """
    labels = list(dict.fromkeys(table["label"]))
    lines = -(-len(labels) // 2) or 1
    figure, panels = plt.subplots(
        lines, 2, figsize=(7.2, 2.3 * lines), squeeze=False, sharex=True, sharey=True
    )
    figure.people = []
    for axes, label in zip(panels.flat, labels, strict=False):
        rows = table[table["label"] == label].reset_index(drop=True)
        axes.axvline(0, color=QUIET, linestyle=":", linewidth=0.9)
        axes.hlines(rows.index, rows["low"], rows["high"], color=DARK, zorder=1)
        for primary, marker in ((True, "D"), (False, "o")):
            shown = rows[rows["primary"] == primary]
            axes.plot(shown["estimate"], shown.index, marker, color=DARK, ms=5)
        axes.set_title(label)
        axes.set_yticks(rows.index, rows["analysis"], size=8)
    panels[0, 0].invert_yaxis()
    for axes in list(panels.flat)[len(labels) :]:
        axes.set_visible(False)
    figure.supxlabel(xlabel, size=9)
    return figure


def surface(table: pd.DataFrame, xlabel: str, ylabel: str) -> Figure:
    """Draw the power over two quantities as a contour plot (index: y, columns: x)."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    figure.people = []
    levels = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0]
    x, y = table.columns.to_numpy(float), table.index.to_numpy(float)
    shades = mpl.colormaps["Greys"](np.linspace(0.03, 0.5, len(levels) - 1))
    axes.contourf(x, y, table.to_numpy(), levels=levels, colors=shades)
    lines = axes.contour(
        x, y, table.to_numpy(), levels=levels[1:-1], colors="#333333", linewidths=0.8
    )
    # Along one upright, so that no label lies at an edge.
    upright = table.iloc[:, len(x) // 4].to_numpy()
    crossed = [level for level in lines.levels if upright.min() < level < upright.max()]
    places = [(x[len(x) // 4], np.interp(level, upright, y)) for level in crossed]
    axes.clabel(lines, crossed, fmt=bounded(1), fontsize=8, manual=places)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    return figure


def _panels(count: int, most: int = 2) -> tuple[Figure, list[Axes]]:
    """Return a figure with rows of at most two panels, one for each outcome."""
    columns = min(most, max(1, count))
    rows = -(-count // columns) or 1
    figure, axes = plt.subplots(rows, columns, figsize=(6.2, 2.3 * rows), squeeze=False)
    flat = list(axes.flat)
    for spare in flat[count:]:
        spare.set_visible(False)
    for panel in flat[:count]:
        # A fixed place for the labels that are not there spares the search for one.
        panel.xaxis.set_label_coords(0.5, 0.0)
        panel.yaxis.set_label_coords(0.0, 0.5)
    figure.supylabel("Score, in points of the scale", size=9)
    figure.people = []
    return figure, flat[:count]


def _wrapped(labels: Iterable[str]) -> list[str]:
    """Break long labels of ticks, which would run into each other."""
    return [fill(label, 11) for label in labels]


def _legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """Name the groups once above all panels."""
    for handles, names in [axes[0].get_legend_handles_labels()] if len(axes) else []:
        figure.legend(handles, names, ncols=min(4, len(names)), loc="outside upper right",
                      borderaxespad=0.1)  # fmt: skip
