"""Figures of counts and shares: bars."""

from collections import Counter
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from imp_helpers.display.style import (
    DIVERGING,
    GROUP_COLOURS,
    QUIET,
    group_colours,
    rows_figure,
)
from imp_helpers.study.register import in_words, statistic_of
from imp_helpers.study.study import Study


def missingness(table: pd.DataFrame, study: Study) -> Figure:
    """Draw the forms that came in and those that are missing, a bar for each group and time."""
    labels = [
        f"{study.group_labels[row.group]}, {study.time_labels[row.time].lower()}"
        for row in table.itertuples()
    ]
    colours = group_colours(study)
    figure, axes = rows_figure(len(table), "Forms (hatched: missing)", height=0.42)
    axes.barh(labels, table["forms"], color=[colours[g] for g in table["group"]], height=0.6)
    axes.barh(labels, table["missing_forms"], left=table["forms"], color="white", hatch="///",
              edgecolor=QUIET, height=0.6)  # fmt: skip
    for place, row in enumerate(table.itertuples()):
        text = f" {row.forms} of {row.participants}"
        axes.text(row.participants, place, text, va="center")
    axes.set_xlim(0, table["participants"].max() * 1.15)
    figure.people = _pairs(table, ["forms"], "participants")
    return figure


def diverging_bars(table: pd.DataFrame, levels: Sequence[str]) -> Figure:
    """Draw ratings as bars that diverge from the middle of the scale.

    The index names the questions; a column a level, with percentages that add up to 100. ``levels``
    go from the worst to the best; an odd number has a neutral one in the middle.
    """
    figure, axes = rows_figure(len(table), "Per cent of the answers", height=0.5, margin=1.1)
    half = len(levels) // 2
    neutral = levels[half] if len(levels) % 2 else None
    below = table[list(levels[:half])].sum(axis=1) + (table[neutral] / 2 if neutral else 0)
    left = -below.to_numpy(dtype=float)
    shades = _shades(len(levels))
    for level, colour in zip(levels, shades, strict=True):
        widths = table[level].to_numpy(dtype=float)
        axes.barh(table.index, widths, left=left, color=colour, height=0.62, label=level,
                  edgecolor="white", linewidth=0.5)  # fmt: skip
        for place, (start, size) in enumerate(zip(left, widths, strict=True)):
            if size >= 8:
                dark = colour in (DIVERGING[0], DIVERGING[-1])
                axes.text(start + size / 2, place, f"{size:.0f}", ha="center", va="center",
                          size=8, color="white" if dark else "black")  # fmt: skip
        left = left + widths
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_xlim(-105, 105)
    axes.set_xticks(range(-100, 101, 50), [f"{abs(x)}" for x in range(-100, 101, 50)])
    # Shares alone do not say how few people are behind them.
    figure.people = None
    axes.legend(ncols=len(levels), loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)
    return figure


def counted_bars(table: pd.DataFrame, xlabel: str) -> Figure:
    """Draw how many people out of all chose each topic (columns topic, count, n)."""
    figure, axes = rows_figure(len(table), xlabel, height=0.32)
    axes.barh(table["topic"].map(in_words), table["count"], color=GROUP_COLOURS[0], height=0.62)
    for place, count in enumerate(table["count"]):
        axes.text(count, place, f" {count}", va="center")
    axes.set_xlim(0, table["n"].max())
    figure.people = _pairs(table, ["count"], "n")
    return figure


def sample_bars(samples: Sequence[Sequence[float]], xlabel: str) -> Figure:
    """Draw each sample of whole-number answers as a few bars, eight samples to a line."""
    counts = [Counter(map(float, sample)) for sample in samples]
    values = np.array(sorted(set().union(*counts)) or [0.0])
    lines = [counts[start : start + 8] for start in range(0, len(counts), 8)] or [[]]
    figure, axes = plt.subplots(
        len(lines), figsize=(7.2, 1.05 * len(lines) + 0.4), sharex=True, sharey=True, squeeze=False
    )
    for panel, line in zip(axes.flat, lines, strict=True):
        # An axes a line of samples, each moved to the right of the one before, is drawn at once.
        starts = np.arange(len(line)) * (np.ptp(values) + 2)
        places = np.add.outer(starts, values).ravel()
        heights = [count[value] for count in line for value in values]
        panel.bar(places, heights, color=GROUP_COLOURS[0], width=0.8, clip_on=False)
        ends = (starts + values[0] - 0.6, starts + values[-1] + 0.6)
        panel.hlines(
            0 * starts, *ends, color=plt.rcParams["axes.edgecolor"], linewidth=0.8, clip_on=False
        )
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.tick_params(labelsize=7, length=0)
        panel.margins(x=0.01)
        panel.set_ylim(bottom=0)
        panel.set_xticks(places, [f"{value:g}" for value in values] * len(line))
    figure.supxlabel(xlabel, size=9)
    figure.supylabel("People", size=9)
    return figure


def shares(table: pd.DataFrame, study: Study, parts: Sequence[str]) -> Figure:
    """Draw for each label and group the shares of its parts as one bar (columns of counts)."""
    labels = list(dict.fromkeys(table["label"]))
    figure, panels = plt.subplots(
        1, len(study.groups), figsize=(7.2, 0.25 * len(labels) + 1.1), sharey=True, squeeze=False
    )
    colours = (DIVERGING[4], DIVERGING[2], DIVERGING[0])
    for axes, group in zip(panels.flat, study.groups, strict=True):
        rows = table[table["group"] == group.id]
        left = np.zeros(len(rows))
        for part, colour in zip(parts, colours, strict=True):
            widths = 100 * rows[part].to_numpy(float) / rows["n"].to_numpy(float)
            name = statistic_of(part).heading
            axes.barh(rows["label"], widths, left=left, color=colour, label=name, height=0.7)
            left += widths
        axes.set(title=group.label, xlabel="Per cent", xlim=(0, 100))
        axes.margins(y=0.01)
    panels[0, 0].invert_yaxis()
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, ncols=len(parts), loc="outside upper right",
                      borderaxespad=0.1)  # fmt: skip
    figure.people = _pairs(table, parts, "n")
    return figure


def _pairs(table: pd.DataFrame, parts: Sequence[str], whole: str) -> list[tuple[float, float]]:
    """Return the counts of people that a figure shows, each with what it is a part of."""
    return [pair for part in parts for pair in zip(table[part], table[whole], strict=True)]


def _shades(count: int) -> list[str]:
    if count == 3:
        return [DIVERGING[0], DIVERGING[2], DIVERGING[4]]
    if count == 2:
        return [DIVERGING[0], DIVERGING[4]]
    return list(DIVERGING[:count])
