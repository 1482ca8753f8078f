"""Figures of counts and shares: bars."""

from collections import Counter
from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from imp_common.number_formats import round_half_up
from imp_common.register import in_words, statistic_of
from imp_helpers.study import Study
from imp_report.style import CHANGES, DARK, QUIET, group_colours, rows_figure


def missingness(table: pd.DataFrame, study: Study) -> Figure:
    """Draw the forms that came in and those that are missing, a bar for each group and time."""
    labels = [
        f"{study.group_labels[row.group]}, {study.time_labels[row.time].lower()}"
        for row in table.itertuples()
    ]
    colours = group_colours(study)
    figure, axes = rows_figure(len(table), "Forms (hatched: missing)", height=0.42)
    axes.barh(labels, table["forms"], color=[colours[g] for g in table["group"]], height=0.6)
    missing = axes.barh(labels, table["missing_forms"], left=table["forms"], color="white",
                        hatch="///", edgecolor=QUIET, height=0.6)  # fmt: skip
    counts = [f"{row.forms} of {row.participants}" for row in table.itertuples()]
    axes.bar_label(missing, counts, padding=4)
    axes.set_xlim(0, table["participants"].max() * 1.15)
    figure.people = _pairs(table, ["forms"], "participants")
    return figure


def stacked_bars(table: pd.DataFrame) -> Figure:
    """Draw ratings as bars from 0 to 100 %, the best answer first and darkest.

    The index names the questions; a column an answer, the worst first, in per cent.
    """
    figure, axes = rows_figure(len(table), "Per cent of the answers", height=0.5, margin=1.1)
    answers = list(table.columns)[::-1]
    shades = mpl.colormaps["Greys"](np.linspace(0.75, 0.1, len(answers)))
    left = np.zeros(len(table))
    for answer, shade in zip(answers, shades, strict=True):
        widths = table[answer].to_numpy(dtype=float)
        bars = axes.barh(table.index, widths, left=left, color=shade, height=0.62, label=answer,
                         edgecolor=DARK, linewidth=0.6)  # fmt: skip
        # A bar too small for its number is left without.
        sizes = [round_half_up(size, 0) if size >= 4 else "" for size in widths]
        white = "white" if shade[0] < 0.5 else "black"
        axes.bar_label(bars, sizes, label_type="center", color=white)
        left = left + widths
    axes.set_xlim(0, 100)
    # Shares alone do not say how few people are behind them.
    figure.people = None
    axes.legend(ncols=len(answers), loc="lower center", bbox_to_anchor=(0.5, 1.0), handlelength=1)
    return figure


def counted_bars(table: pd.DataFrame, xlabel: str) -> Figure:
    """Draw how many people out of all chose each topic (columns topic, count, n)."""
    figure, axes = rows_figure(len(table), xlabel, height=0.32)
    bars = axes.barh(table["topic"].map(in_words), table["count"], color=QUIET, height=0.62)
    axes.bar_label(bars, table["count"], padding=4)
    axes.set_xlim(0, table["n"].max())
    figure.people = _pairs(table, ["count"], "n")
    return figure


def sample_bars(samples: Sequence[Sequence[float]], xlabel: str) -> Figure:
    """Draw each sample of whole-number answers as a few bars, six samples to a line."""
    counts = [Counter(map(float, sample)) for sample in samples]
    values = np.array(sorted(set().union(*counts)) or [0.0])
    lines = [counts[start : start + 6] for start in range(0, len(counts), 6)] or [[]]
    figure, axes = plt.subplots(
        len(lines), figsize=(7.2, 1.05 * len(lines) + 0.4), sharex=True, sharey=True, squeeze=False
    )
    figure.people = []
    for panel, line in zip(axes.flat, lines, strict=True):
        # An axes a line of samples, each moved to the right of the one before, is drawn at once.
        starts = np.arange(len(line)) * (np.ptp(values) + 2)
        places = np.add.outer(starts, values).ravel()
        heights = [count[value] for count in line for value in values]
        panel.bar(places, heights, color=QUIET, width=0.8, clip_on=False)
        ends = (starts + values[0] - 0.6, starts + values[-1] + 0.6)
        panel.hlines(
            0 * starts, *ends, color=plt.rcParams["axes.edgecolor"], linewidth=0.8, clip_on=False
        )
        panel.spines[["left", "bottom"]].set_visible(False)
        panel.tick_params(labelsize=8, length=0)
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
    for axes, group in zip(panels.flat, study.groups, strict=True):
        rows = table[table["group"] == group.id]
        left = np.zeros(len(rows))
        for part, colour in zip(parts, CHANGES, strict=True):
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
