"""A file as rows of text, whatever it was: CSV, a sheet of Excel, or SPSS."""

from dataclasses import dataclass, field

from imp_helpers.study.errors import InputError, Problem


@dataclass
class Grid:
    """What stood in a file, cell by cell as text.

    ``format`` is what it was found to be ("CSV, separator ;, UTF-8"), ``lines`` where each row
    stands. ``labels`` is what the file says about columns, such as the wording of a question,
    ``value_labels`` the label of each of a column's values. ``blanked`` are values that the file
    itself calls missing: line, column, value, why. ``warnings`` are what was detected but could be
    different. ``is_text`` says that the numbers are texts, whose decimal sign is open.
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
