"""What can be wrong with an input, and how it is told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input file, with its cure.

    Parameters
    ----------
    file : str
        The file, named relative to the study's folder.
    found : str
        What stands there.
    allowed : str
        What may stand there.
    cure : str
        What to do, as an order ("Correct the value in ...").
    row : int, optional
        The line of the file, counted as a text editor counts them (the header is line 1).
    column : str, optional
        The column, or the setting.
    participant : str, optional
        The participant concerned.
    severity : {"error", "warning"}
        An error stops the run, a warning is counted.
    kind, subject, word : str
        What problems of one cause have in common: what is wrong, with what, and the cell's text.
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
