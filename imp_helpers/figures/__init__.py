"""The figures: each drawn from a table, with groups in their colours."""

from imp_helpers.figures.drawing import bars, intervals, lines

__all__ = ["bars", "intervals", "lines"]
