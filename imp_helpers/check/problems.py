"""Problems of data by their names; ``problems.toml`` says each in words."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from imp_common.errors import Problem

# The kind of a problem that may follow from another one.
FOLLOWS = "follows"
COLUMNS = ["severity", "file", "row", "participant", "column", "found", "allowed", "cure"]
_TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def problem(
    name: str, file: str, column: str | None = None, row: int | None = None,
    participant: str | None = None, *, subject: str = "", word: str = "", severity: str = "",
    **values: object,
) -> Problem:  # fmt: skip
    """Return a problem by its name; its words are filled with the values."""
    known = _TEXTS[name]
    words = [known[part].format(**values) for part in ("found", "allowed", "cure")]
    severity = severity or known.get("severity", "warning")
    kind = known.get("kind", "")
    return Problem(file, *words, row, column, participant, severity, kind, subject, word)


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as a table with the columns of `COLUMNS`, one per row."""
    return pd.DataFrame(list(problems), columns=COLUMNS).astype({"row": "Int64"})
