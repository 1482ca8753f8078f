"""The participant flow diagram, after CONSORT 2025."""

from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from imp_common.register import in_words
from imp_helpers.study import Study
from imp_report.style import QUIET, group_colours

WIDTH, STEP = 2.3, 0.85
ARROW = {"arrowstyle": "-|>", "color": QUIET, "shrinkA": 16, "shrinkB": 16}


def participant_flow(table: pd.DataFrame, study: Study) -> Figure:
    """Draw how many were assessed and enrolled, and in each group allocated, measured and analysed.

    ``table`` is what ``sample.flow`` returns; a column of boxes a row.
    """
    stages = [_stages(row, study) for row in table.to_dict("records")]
    assessed = study.settings.study.assessed_for_eligibility
    above = int(bool(assessed))
    height = STEP * (len(study.times) + 3 + above)
    figure, axes = plt.subplots(figsize=(max(5.0, WIDTH * len(stages)), height))
    axes.set_xlim(0, WIDTH * len(stages))
    axes.set_ylim(height, 0)
    axes.axis("off")
    middle = WIDTH * len(stages) / 2
    enrolled = f"Enrolled\nn = {table['allocated'].sum():,}"
    if assessed:
        left_out = (
            f"\n{fill(study.settings.study.excluded, 60)}" if study.settings.study.excluded else ""
        )
        _box(axes, middle, STEP / 2, f"Assessed for eligibility\nn = {assessed:,}{left_out}", QUIET)
        axes.annotate("", (middle, STEP * 1.5), (middle, STEP / 2), arrowprops=ARROW)
    _box(axes, middle, STEP * (above + 0.5), enrolled, QUIET)
    for place, (row, texts) in enumerate(zip(table.itertuples(), stages, strict=True)):
        x, colour = WIDTH * (place + 0.5), group_colours(study)[row.group]
        for number, text in enumerate(texts, 1 + above):
            start = (middle if number == 1 + above else x, STEP * (number - 0.5))
            axes.annotate("", (x, STEP * (number + 0.5)), start, arrowprops=ARROW)
            _box(axes, x, STEP * (number + 0.5), text, colour)
    shown = [name for name in table if name.startswith(("measured_", "analysed_"))]
    figure.people = [(row[c], row["allocated"]) for row in table.to_dict("records") for c in shown]
    figure.people += [(n, n) for row in table["reasons"] for n in getattr(row, "values", list)()]
    return figure


def _stages(row: dict, study: Study) -> list[str]:
    """Return the texts of a group's boxes."""
    told = study.settings.study.allocation
    how = ", allocated at random" if study.is_randomised else f", {told}" if told else ""
    texts = [f"{study.group_labels[row['group']]}{how}\nn = {row['allocated']:,}"]
    for time in study.times:
        measured = row[f"measured_{time.id}"]
        missing = row["allocated"] - measured
        lost = f" ({missing:,} missing)" if missing else ""
        texts.append(f"{time.label}\nn = {measured:,}{lost}")
        if time is study.times[-1] and missing and row["reasons"]:
            texts[-1] += f"\n{fill(_in_words(row['reasons']), 34)}"
    low, high = row["analysed_low"], row["analysed_high"]
    return [*texts, f"Analysed\nn = {low:,}" + (f" to {high:,}" if high > low else "")]


def _in_words(reasons: dict[str, int] | str) -> str:
    """Return the reasons for drop-out as study.toml states them, or with their counts."""
    if isinstance(reasons, str):
        return reasons
    return ", ".join(f"{n} {in_words(reason).lower()}" for reason, n in reasons.items())


def _box(axes, x: float, y: float, text: str, colour: str) -> None:
    box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", bbox=box, size=8.5, zorder=4)
