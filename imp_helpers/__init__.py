"""The analysis of a two-group, before-and-after questionnaire study, from raw exports to reports."""

__version__ = "0.1.0"
