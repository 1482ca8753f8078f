"""What can be wrong with an input, how it is told, and how text from data stays text."""

import errno
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

SHORT = 120
# A spreadsheet takes a cell that begins like this for a formula, unless it is a plain number.
FORMULA = re.compile(r"(?s)'*(?![-+]?\d+([.,]\d+)?(e[-+]?\d+)?$)[=+\-@\t\r]")
CONTROL = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"}
CONTROL |= {0x7F: "\N{SYMBOL FOR DELETE}"}
# Marks that turn the direction of reading are named where a line is shown in a terminal.
DIRECTION = {code: f"<U+{code:04X}>" for code in [0x200E, 0x200F, 0x061C]}
DIRECTION |= {code: f"<U+{code:04X}>" for code in [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input file, with its cure.

    ``file`` is relative to the study's folder, ``found`` what stands there, ``allowed`` what may
    stand there, ``cure`` what to do, as an order ("Correct the value in ..."). ``row`` is the line
    of the file, counted as a text editor counts them (the header is line 1); ``column`` may be a
    setting. An error stops the run, a warning is counted. ``kind``, ``subject`` and ``word`` are
    what problems of one cause have in common: what is wrong, with what, and the cell's text.
    """

    file: str
    found: str
    allowed: str
    cure: str
    row: int | None = None
    column: str | None = None
    participant: str | None = None
    severity: str = "error"
    kind: str = ""
    subject: str = ""
    word: str = ""

    @property
    def is_about_settings(self) -> bool:
        """Whether it is about study.toml or a scoring key, in which there are no answers."""
        return self.file == "study.toml" or self.file.startswith("instruments/")

    def __str__(self) -> str:
        place = [self.file]
        place += [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column else []
        place += [f"participant {self.participant}"] if self.participant else []
        text = f"{', '.join(place)}: found {self.found}; allowed: {self.allowed}. {self.cure}"
        # A cell's text must not reach the terminal as a command to it.
        return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


class AnalysisError(Exception):
    """An error that a user can mend: the driver and JupyterLab show its message alone.

    ``public`` is the same without anything that is in the data, for a page that others may read.
    """

    def __init__(self, message: str = "", public: str | None = None) -> None:
        super().__init__(message)
        self.public = message if public is None else public

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show in the place of a traceback."""
        return str(self).splitlines()


def system_failure(error: OSError) -> str:
    """Describe what the operating system refused, with the file if it names one."""
    if error.errno == errno.ENOSPC:
        return "The disk is full. Free some space, and run the command again."
    told = error.strerror or str(error) or type(error).__name__
    return f"{told}: {error.filename}" if error.filename else told


class InputError(AnalysisError):
    """Every problem that was found in a study's files, all at once, in the order they are told."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        about_data = [problem for problem in self.problems if not problem.is_about_settings]
        counts = Counter(problem.file for problem in about_data)
        public = [str(problem) for problem in self.problems if problem.is_about_settings]
        public += [f"{file}: {n} problem{'s' if n != 1 else ''}" for file, n in counts.items()]
        public += ["They are listed in the terminal, and by 'make check'."] if about_data else []
        super().__init__(str(self), "\n".join(public))

    def __str__(self) -> str:
        count = len(self.problems)
        heading = f"{count} problem{'s' if count != 1 else ''} in the study's files:"
        return "\n".join([heading, *(f"  {i}. {p}" for i, p in enumerate(self.problems, 1))])


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise InputError with all problems of severity "error", if there is one."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InputError(errors)


# ---------------------------------------------------------------- text from data


def without_control(text: str) -> str:
    """Return a text with its control characters as the signs that stand for them."""
    return text.translate(CONTROL)


def has_control(text: str) -> bool:
    """Tell whether a text holds a control character other than a tab or the end of a line."""
    return not text.isprintable() and text.translate(CONTROL) != text


def short(text: str, length: int = SHORT) -> str:
    """Return a text as one line of a terminal can show it: one line, nothing hidden, not long."""
    shown = str(text)[: length + 1].translate(CONTROL | DIRECTION)
    shown = re.sub(r"[\t\r\n\u0085\u2028\u2029]+", " ", shown)
    return shown if len(text) <= length else f"{shown[:length]}... ({len(text):,} characters)"


def first_few(names: Iterable[object], most: int = 8, sign: str = ", ") -> str:
    """Return names one after another, and how many more there are."""
    names = list(map(str, names))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return sign.join(names[:most]) + more


def harmless(text: object) -> object:
    """Return a text with an apostrophe before it if a spreadsheet would take it for a formula.

    ``as_written`` takes the apostrophe away again; plain numbers stay as they are.
    """
    if not isinstance(text, str) or not text:
        return text
    return f"'{text}" if FORMULA.match(text) else text


def as_written(text: object) -> object:
    """Undo ``harmless``."""
    if isinstance(text, str) and text.startswith("'") and FORMULA.match(text):
        return text[1:]
    return text


def write_csv(table: "DataFrame", file: Path) -> None:
    """Write a table as CSV in which no cell is a formula."""
    texts = {
        column: table[column].map(harmless) for column in table.select_dtypes(exclude="number")
    }
    names = [harmless(column) for column in table]
    table.assign(**texts).to_csv(file, index=False, header=names, lineterminator="\n")
