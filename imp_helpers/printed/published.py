"""The table of published numbers, ``published/statistics.csv``: reading it and judging its form.

One row stands for one number, or one verbal claim, of the paper. Every cell is a string; what is
printed stays as it is printed.

==========  =======================================================================================
column      what it holds
==========  =======================================================================================
id          unique name of the statistic, words joined by dots
section     the part of the report that computes it
place       where the paper prints it
quantity    what it is, for people
variable    the measure; rows of one measure are checked together
group       ``total``, the name of a group, or nothing
time        the name of a time, or nothing
statistic   see `UNITS`
n           how many people it is about; nothing where it is not about people
printed     the string as printed; the claim as a slug; nothing in a blank cell
basis       ``printed``, ``derived`` (follows from printed ones by the formula) or ``blank``
unit        see `WHOLE_NUMBER_UNITS` and `UNITS`; it decides which checks fit
items       how many answers a score is the mean of; 1 for single answers and for sums
minimum     the lowest possible answer or score
maximum     the highest
formula     ``name(id, id)``, see `FORMULAS`: what the number must equal
note        what a reader must know
==========  =======================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from imp_helpers.printed.printed_numbers import parse
from imp_helpers.study.errors import InputError, Problem, raise_if_any
from imp_helpers.study.register import statistic_of, statistics

COLUMNS = [
    "id",
    "section",
    "place",
    "quantity",
    "variable",
    "group",
    "time",
    "statistic",
    "n",
    "printed",
    "basis",
    "unit",
    "items",
    "minimum",
    "maximum",
    "formula",
    "note",
]

BASES = ("printed", "derived", "blank")

# Answers in these units are whole numbers, so their means and SDs are granular.
WHOLE_NUMBER_UNITS = ("integer", "years", "minutes")

#: The units that each statistic may have. ``people`` are counted among n, ``count`` is any other.
UNITS = {name: statistic.units for name, statistic in statistics().items() if statistic.units}

#: The formulas that can be checked; ``implied`` marks what follows from the wording alone.
FORMULAS = (
    "sum",
    "difference",
    "percentage",
    "number_significant",
    "F_from_partial_eta_squared",
    "p_from_partial_eta_squared",
    "implied",
)

_NOT_ABOUT_PEOPLE = ("count", "hours")
_INEQUALITIES = ("p", "F")
_ID = re.compile(r"\w+(\.\w+)*")
_CLAIM = re.compile(r"[a-z][a-z0-9_]*")
_FORMULA = re.compile(r"(\w+)(?:\((.+)\))?")
_FILE = "published/statistics.csv"


def read_published(path: str | Path) -> pd.DataFrame:
    """Read a table of published numbers.

    Parameters
    ----------
    path : str or Path
        The CSV file: UTF-8, commas, one header line.

    Returns
    -------
    pandas.DataFrame
        The columns above, all strings, in the file's order. A blank cell that somebody has filled
        in gets the basis ``printed``.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once, by row and column.
    """
    path = Path(path)
    raise_if_any(_file_problems(path))
    frame = _read_strings(path)
    raise_if_any(_header_problems(frame))
    frame = frame[COLUMNS].apply(lambda column: column.str.strip())
    filled_in = frame["basis"].eq("blank") & frame["printed"].ne("")
    frame.loc[filled_in, "basis"] = "printed"
    raise_if_any(problems_of(frame))
    return frame


def formula_parts(formula: str) -> tuple[str, list[str]]:
    """Split ``name(id, id)`` into the name and the ids."""
    match = _FORMULA.fullmatch(formula)
    if match is None:
        return formula, []
    return match[1], [part.strip() for part in (match[2] or "").split(",") if part.strip()]


def problems_of(frame: pd.DataFrame) -> Iterator[Problem]:
    """Yield what is wrong with the rows of a table of published numbers."""
    known = set(frame["id"])
    repeated = frame["id"].duplicated(keep="first")
    for position, row in enumerate(frame.to_dict("records")):

        def problem(column: str, allowed: str, cure: str, row=row, line=position + 2) -> Problem:
            found = repr(row[column]) if row[column] else "nothing"
            return Problem(_FILE, found, allowed, cure, row=line, column=column)

        if repeated.iloc[position]:
            yield problem("id", "an id that no other row has", "Rename or remove one of the two.")
        yield from _word_problems(row, problem)
        yield from _printed_problems(row, problem)
        yield from _number_problems(row, problem)
        yield from _formula_problems(row, known, problem)


def _file_problems(path: Path) -> Iterator[Problem]:
    if not path.is_file():
        yield Problem(
            _FILE, "no such file", "a CSV file", "Put the table of published numbers there."
        )
    elif not path.read_bytes().strip():
        yield Problem(_FILE, "an empty file", "a header and rows", "Fill in the published numbers.")


def _read_strings(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        cure = "Save it as CSV with commas, in UTF-8."
        problem = Problem(_FILE, str(error).strip(), "a CSV file in UTF-8", cure)
        raise InputError([problem]) from error


def _header_problems(frame: pd.DataFrame) -> Iterator[Problem]:
    for column in COLUMNS:
        if column not in frame.columns:
            found = "no such column"
            allowed = f"the columns {', '.join(COLUMNS)}"
            yield Problem(_FILE, found, allowed, "Add the column.", row=1, column=column)


def _word_problems(row: dict, problem: Callable[..., Problem]) -> Iterator[Problem]:
    if not _ID.fullmatch(row["id"]):
        yield problem("id", "letters, digits and _, words joined by dots", "Correct the id.")
    for column, allowed in (("basis", BASES), ("statistic", tuple(UNITS))):
        if row[column] not in allowed:
            yield problem(column, ", ".join(allowed), f"Correct the {column}.")
    units = UNITS.get(row["statistic"])
    if units and row["unit"] not in units:
        fits = f"{', '.join(units)}, for a row with statistic {row['statistic']!r}"
        yield problem("unit", fits, "Correct the unit, or the statistic.")


def _printed_problems(row: dict, problem: Callable[..., Problem]) -> Iterator[Problem]:
    if not row["printed"]:
        if row["basis"] in ("printed", "derived"):
            cure = "Copy it from the paper, or give the row the basis blank."
            yield problem("printed", "what the paper prints", cure)
        return
    if row["statistic"] == "claim":
        if not _CLAIM.fullmatch(row["printed"]):
            yield problem(
                "printed", "a claim in lower-case words joined by _", "Correct the claim."
            )
        return
    try:
        number = parse(row["printed"])
    except ValueError:
        allowed = "digits with a decimal point, and no percent sign"
        yield problem("printed", allowed, "Copy the number as the paper prints it.")
        return
    known = statistic_of(row["statistic"])
    lowest, highest = known.lowest, known.highest
    if number.relation != "=" and row["statistic"] not in _INEQUALITIES:
        yield problem("printed", "a number without < or >", "Copy the number as it is printed.")
    if not lowest <= number.value <= highest:
        allowed = f"{lowest} to {highest} for statistic {row['statistic']!r}"
        yield problem("printed", allowed, "Correct the number, or the statistic.")


def _number_problems(row: dict, problem: Callable[..., Problem]) -> Iterator[Problem]:
    needed = row["printed"] and row["statistic"] in UNITS and row["unit"] not in _NOT_ABOUT_PEOPLE
    if not row["n"] and needed and row["statistic"] != "claim":
        yield problem("n", "a whole number of people", "Fill in how many people it is about.")
    for column in ("n", "items"):
        if row[column] and not re.fullmatch(r"[1-9]\d*", row[column]):
            yield problem(column, "a whole number, 1 or more", "Correct the number.")
    bounds = []
    for column in ("minimum", "maximum"):
        try:
            bounds += [parse(row[column]).value] if row[column] else []
        except ValueError:
            yield problem(column, "a number or nothing", "Correct the number.")
    if len(bounds) == 2 and bounds[0] >= bounds[1]:
        yield problem("maximum", f"more than the minimum {bounds[0]}", "Correct one of the two.")


def _formula_problems(
    row: dict, known: set[str], problem: Callable[..., Problem]
) -> Iterator[Problem]:
    if not row["formula"]:
        if row["basis"] == "derived":
            yield problem("formula", "the formula it is derived by", "Fill in the formula.")
        return
    name, ids = formula_parts(row["formula"])
    if name not in FORMULAS:
        yield problem("formula", f"one of {', '.join(FORMULAS)}", "Correct the formula's name.")
    for unknown in sorted(set(ids) - known):
        yield problem("formula", f"ids of this table, not {unknown!r}", "Correct the id.")
