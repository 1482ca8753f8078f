"""From the raw exports of a two-group, before-and-after questionnaire study to its reports."""

__version__ = "0.1.0"
