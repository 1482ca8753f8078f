"""A file as rows of text, whatever it was: CSV, a sheet of Excel, or SPSS."""

from dataclasses import dataclass, field

from imp_helpers.study.errors import InputError, Problem


@dataclass
class Grid:
    """What stood in a file, cell by cell as text.

    Parameters
    ----------
    format : str
        What the file was found to be: "CSV, separator ;, UTF-8".
    header : list of str
        The names of the columns.
    rows : list of list of str
        The cells of each row.
    lines : list of int
        Where each row stands in the file: its line, or its row of the sheet.
    labels : dict of str to str
        What the file says about a column, such as the wording of its question.
    value_labels : dict
        For a column, the label of each of its values.
    blanked : list of (int, str, str, str)
        Values that the file itself calls missing: line, column, value, why.
    warnings : list of Problem
        What was detected but could be different.
    is_text : bool
        Whether the numbers are texts, whose decimal sign is open.
    """

    format: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    blanked: list[tuple[int, str, str, str]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    is_text: bool = False


def refuse(file: str, found: str, allowed: str, cure: str) -> InputError:
    """Return the error of a file that cannot be read at all."""
    return InputError([Problem(file, found, allowed, cure)])


def number_text(value: float) -> str:
    """Return a number of a spreadsheet or of SPSS as a person would type it: 3, not 3.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
