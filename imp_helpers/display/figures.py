"""The kinds of figure, each drawn from a table."""

from collections.abc import Sequence
from itertools import cycle

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imp_helpers.display.style import (
    GROUP_COLOURS,
    LINE_COLOURS,
    LINE_STYLES,
    MARKERS,
    QUIET,
    bound,
    group_colours,
    rows_figure,
)
from imp_helpers.study.number_formats import bounded
from imp_helpers.study.study import Outcome, Study


def score_distributions(scores: pd.DataFrame, study: Study, outcomes: Sequence[Outcome]) -> Figure:
    """Draw every score of the given outcomes by group and time."""
    figure, axes = _panels(len(outcomes))
    times = {time.id: place for place, time in enumerate(study.times)}
    beside = np.linspace(-0.2, 0.2, len(study.groups)) if len(study.groups) > 1 else [0.0]
    looks = {
        group.id: {"color": group_colours(study)[group.id], "marker": marker, "alpha": 0.6}
        for group, marker in zip(study.groups, MARKERS, strict=False)
    }
    for panel, outcome in zip(axes, outcomes, strict=True):
        table = scores[scores["scale"] == outcome.id]
        for (group, look), offset in zip(looks.items(), beside, strict=False):
            people = table[table["group"] == group]
            sns.stripplot(
                people.assign(place=people["time"].map(times) + offset), x="place", y="score",
                native_scale=True, jitter=False, size=3.5, ax=panel, **look,
            )  # fmt: skip
        panel.set(title=outcome.label, xlabel="", ylabel="", xlim=(-0.5, len(times) - 0.5))
        panel.set_xticks(range(len(times)), study.time_labels.values())
    if len(axes):
        handles = [axes[0].scatter([], [], s=12, linewidth=0, **look) for look in looks.values()]
        names = [group.label for group in study.groups]
        figure.legend(handles, names, ncols=len(names), loc="outside upper right",
                      borderaxespad=0.1)  # fmt: skip
    return figure


def paired_change(scores: pd.DataFrame, study: Study, outcomes: Sequence[Outcome]) -> Figure:
    """Draw each participant's line from the first to the second time, and the groups' means."""
    first, second = study.analysed_times
    figure, axes = _panels(len(outcomes), most=max(1, 6 // len(study.groups)))
    colours = group_colours(study)
    width = 0.8
    for panel, outcome in zip(axes, outcomes, strict=True):
        table = scores[scores["scale"] == outcome.id]
        wide = table.pivot(index=["participant", "group"], columns="time", values="score")
        wide = wide.reindex(columns=[first.id, second.id]).reset_index()
        ticks, names = [], []
        for place, group in enumerate(study.groups):
            people = wide[wide["group"] == group.id].dropna(subset=[first.id, second.id])
            where = [1.4 * place, 1.4 * place + width]
            lines = people[[first.id, second.id]].to_numpy()
            # One path with gaps instead of a path a person: a third of the size.
            gap = np.full(len(lines), np.nan)
            x = np.tile([*where, np.nan], len(lines))
            y = np.column_stack([lines, gap]).ravel()
            panel.plot(x, y, color=colours[group.id], alpha=0.25, linewidth=0.8)
            panel.plot(
                where, lines.mean(axis=0), color=colours[group.id], marker="o", linewidth=2.4
            )
            ticks += where
            # Of many groups, the labels of the first stand for all: there is no room for more.
            names += [first.label, second.label] if len(study.groups) < 3 or not place else ["", ""]
            middle = (sum(where) / 2, -0.17)
            panel.text(*middle, group.label, color=colours[group.id], ha="center", va="top",
                       transform=panel.get_xaxis_transform(), weight="bold")  # fmt: skip
        panel.set_xticks(ticks, names, size=8)
        panel.set_title(outcome.label)
    return figure


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
        panel.set_xticks(range(len(study.times)), study.time_labels.values())
        panel.grid(axis="y")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, ncols=min(4, len(names)), loc="outside upper right",
                  borderaxespad=0.1)  # fmt: skip
    return figure


def forest(
    table: pd.DataFrame, xlabel: str, reference: Sequence[float] = (), bounded_axis: bool = False
) -> Figure:
    """Draw estimates with intervals, one below the other, and dotted lines at references.

    Columns: label, estimate, low, high, strong (bool: drawn in colour); basis, where it is known.
    On a ``bounded_axis`` the estimates cannot exceed 1.
    """
    figure, axes = rows_figure(len(table), xlabel, reference, grid="x")
    places = np.arange(len(table))
    strong = table["strong"].to_numpy(dtype=bool)
    for chosen, colour, marker in ((strong, GROUP_COLOURS[0], "o"), (~strong, QUIET, "s")):
        rows, at = table[chosen], places[chosen]
        axes.hlines(at, rows["low"], rows["high"], color=colour, linewidth=1.4, zorder=1)
        for solid, look in _fills(rows, figure):
            axes.plot(rows["estimate"][solid], at[solid], marker, color=colour, ms=5, **look)
    axes.set_yticks(places, table["label"])
    if bounded_axis:
        bound(axes.xaxis)
    return figure


def curve_with_points(
    curve: pd.DataFrame, points: pd.DataFrame, xlabel: str, ylabel: str
) -> Figure:
    """Draw a power curve (columns f, power) and named points on it (and label)."""
    figure, axes = plt.subplots(figsize=(6.2, 3.4))
    axes.plot(curve["f"], curve["power"], color=GROUP_COLOURS[0])
    lines = []
    _fills(points, figure)
    for number, row in enumerate(points.itertuples()):
        axes.plot(row.f, row.power, "o", color=GROUP_COLOURS[1])
        # Points may lie close: their numbers stand above and below in turn.
        beside = (5, -11) if number % 2 else (-10, 4)
        axes.annotate(
            str(number + 1), (row.f, row.power), xytext=beside, textcoords="offset points"
        )
        lines.append(f"{number + 1}  {row.label}")
    axes.text(0.98, 0.06, "\n".join(lines), ha="right", va="bottom", transform=axes.transAxes)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid()
    bound(axes.yaxis)
    return figure


def strips(table: pd.DataFrame, column: str, xlabel: str, reference: float) -> Figure:
    """Draw each row as a point on its label's line (columns label and ``column``)."""
    labels = list(dict.fromkeys(table["label"]))
    figure, axes = rows_figure(len(labels), xlabel, [reference], grid="y")
    places = table["label"].map({label: place for place, label in enumerate(labels)})
    weak = table[column] < reference
    for chosen, colour in ((~weak, GROUP_COLOURS[0]), (weak, GROUP_COLOURS[1])):
        axes.plot(table.loc[chosen, column], places[chosen], "o", color=colour, alpha=0.6, ms=4)
    axes.set_yticks(range(len(labels)), labels)
    bound(axes.xaxis)
    return figure


def lines_by_label(table: pd.DataFrame, x: str, y: str, level: float, names: dict) -> Figure:
    """Draw a line a label, and a dotted one where y is ``level`` (names: axis labels)."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    looks = cycle(zip(LINE_COLOURS, LINE_STYLES, MARKERS, strict=True))
    for (label, rows), look in zip(table.groupby("label", sort=False), looks, strict=False):
        colour, style, marker = look
        axes.plot(rows[x], rows[y], linestyle=style, color=colour, label=label, marker=marker, ms=4)
    axes.axhline(level, color=QUIET, linestyle=":", linewidth=0.9)
    axes.set(xlabel=names[x], ylabel=names[y])
    axes.set_ylim(bottom=0)
    axes.grid()
    axes.legend(fontsize=8, handlelength=4)
    bound(axes.yaxis)
    return figure


def estimates_by_analysis(table: pd.DataFrame, xlabel: str) -> Figure:
    """Draw the estimate and interval of every analysis of each outcome, a panel an outcome.

    Columns: label, analysis, estimate, low, high, primary (bool: drawn as a diamond), basis.
    """
    labels = list(dict.fromkeys(table["label"]))
    lines = -(-len(labels) // 2) or 1
    figure, panels = plt.subplots(
        lines, 2, figsize=(8.8, 2.2 * lines), squeeze=False, sharex=True, sharey=True
    )
    for axes, label in zip(panels.flat, labels, strict=False):
        rows = table[table["label"] == label].reset_index(drop=True)
        axes.axvline(0, color=QUIET, linestyle=":", linewidth=0.9)
        axes.hlines(rows.index, rows["low"], rows["high"], color=GROUP_COLOURS[0], zorder=1)
        for solid, look in _fills(rows, figure):
            for primary, marker in ((True, "D"), (False, "o")):
                shown = rows[solid & (rows["primary"] == primary)]
                axes.plot(shown["estimate"], shown.index, marker, color=GROUP_COLOURS[0], ms=5,
                          **look)  # fmt: skip
        axes.set_title(label)
        axes.set_yticks(rows.index, rows["analysis"], size=7.5)
    panels[0, 0].invert_yaxis()
    for axes in list(panels.flat)[len(labels) :]:
        axes.set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel(xlabel)
    return figure


def _fills(table: pd.DataFrame, figure: Figure) -> list[tuple[pd.Series, dict]]:
    """Part a table's points into filled and hollow ones: what is simulated is hollow beside print.

    The figure remembers the bases of all its points.
    """
    bases = table.get("basis", pd.Series("data", table.index))
    figure.bases = getattr(figure, "bases", set()) | set(bases)
    hollow = bases == "simulated"
    return [(~hollow, {}), (hollow, {"markerfacecolor": "white"})]


def surface(table: pd.DataFrame, xlabel: str, ylabel: str) -> Figure:
    """Draw a power over two quantities as shades with lines (index: y, columns: x)."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    levels = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0]
    x, y = table.columns.to_numpy(float), table.index.to_numpy(float)
    shades = mpl.colormaps["Blues"](np.linspace(0.05, 0.75, len(levels) - 1))
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


def _panels(count: int, most: int = 3) -> tuple[Figure, list[Axes]]:
    """Return a figure with rows of at most three panels, one an outcome, without axis labels."""
    columns = min(3, most, max(1, count))
    rows = -(-count // columns) or 1
    figure, axes = plt.subplots(rows, columns, figsize=(7.2, 2.6 * rows), squeeze=False)
    flat = list(axes.flat)
    for spare in flat[count:]:
        spare.set_visible(False)
    for panel in flat[:count]:
        # A fixed place for the labels that are not there spares the search for one.
        panel.xaxis.set_label_coords(0.5, 0.0)
        panel.yaxis.set_label_coords(0.0, 0.5)
    return figure, flat[:count]
