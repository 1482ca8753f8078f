"""The figures: each drawn from a table, with groups in their colours."""

from imp_helpers.figures.counts import counted_bars, missingness, sample_bars, shares, stacked_bars
from imp_helpers.figures.drawing import (
    bars,
    curve_with_points,
    estimates_by_analysis,
    forest,
    intervals,
    lines,
    lines_by_label,
    means_over_time,
    paired_change,
    score_distributions,
    strips,
    surface,
)
from imp_helpers.figures.flow import participant_flow

__all__ = [
    "bars", "counted_bars", "curve_with_points", "estimates_by_analysis", "forest", "intervals",
    "lines", "lines_by_label", "means_over_time", "missingness", "paired_change",
    "participant_flow", "sample_bars", "score_distributions", "shares", "stacked_bars", "strips",
    "surface",
]  # fmt: skip
