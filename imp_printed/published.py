"""The table of published numbers, ``published/statistics.csv``: reading, validation, look-up.

One row stands for one number, or one verbal claim, of the paper. Every cell is a string; what is
printed stays as it is printed.

==========  =======================================================================================
column      what it holds
==========  =======================================================================================
id          unique name of the statistic, words joined by dots
section     the part of the report that computes it; ``programme`` for what no data hold
place       where the paper prints it
quantity    what it is, for people
variable    the measure; rows of one measure are checked together
group       ``total``, the name of a group, or nothing
time        the name of a time, or nothing
statistic   one that has units in the register of statistics
n           how many people it is about; nothing where it is not about people
printed     the string as printed; the claim as a slug; nothing in a blank cell
basis       ``printed``, ``derived`` (follows from printed ones by the formula) or ``blank``
unit        one that the statistic may have; see `WHOLE_NUMBER_UNITS`. ``people`` are counted among
            n, ``count`` is any other; it decides which checks fit
items       how many answers a score is the mean of; 1 for single answers and for sums
minimum     the lowest possible answer or score
maximum     the highest
formula     ``name(id, id)``, see `FORMULAS`: what the number must equal
note        what a reader must know
==========  =======================================================================================
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from imp_common.errors import InputError, Problem, raise_if_any, short
from imp_common.register import statistic_of, statistics
from imp_printed.printed_numbers import Interval, PrintedNumber, parse

COLUMNS = [
    "id", "section", "place", "quantity", "variable", "group", "time", "statistic", "n", "printed",
    "basis", "unit", "items", "minimum", "maximum", "formula", "note",
]  # fmt: skip
BASES = ("printed", "derived", "blank")
# Facts of the programme, such as how much practice it asks for; no data hold them.
PROGRAMME = "programme"
TOTAL = "total"
# Answers in these units are whole numbers, so their means and SDs are granular.
WHOLE_NUMBER_UNITS = ("integer", "years", "minutes")
#: The formulas that can be checked; ``implied`` marks what follows from the wording alone.
FORMULAS = (
    "sum", "difference", "percentage", "number_significant", "F_from_partial_eta_squared",
    "p_from_partial_eta_squared", "implied",
)  # fmt: skip
_NOT_ABOUT_PEOPLE = ("count", "hours")
_INEQUALITIES = ("p", "F")
_ID = re.compile(r"\w+(\.\w+)*")
_CLAIM = re.compile(r"[a-z][a-z0-9_]*")
_FORMULA = re.compile(r"(\w+)(?:\((.+)\))?")
_FILE = "published/statistics.csv"
Row = dict[str, str]


@dataclass(frozen=True)
class Published:
    """A table from `read_published` and the rounding rule that the text is assumed to follow.

    Its numbers can be looked up by what they are about.
    """

    every: list[Row]
    rounding: str = "half_up"

    @classmethod
    def of(cls, frame: pd.DataFrame, rounding: str = "half_up") -> "Published":
        """Return the numbers of a table."""
        return cls(frame.to_dict("records"), rounding)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows with something printed, exact numbers and claims alike."""
        return [row for row in self.every if row["printed"]]

    def where(self, **columns: str | Sequence[str]) -> list[Row]:
        """Return the printed rows in which each column has one of the values named."""
        allowed = {c: (v,) if isinstance(v, str) else tuple(v) for c, v in columns.items()}
        return [r for r in self.rows if all(r[c] in values for c, values in allowed.items())]

    def beside(self, row: Row, statistic: str, **other: str) -> Row | None:
        """Return the row of another statistic of the same measure, group and time."""
        alike = {column: row[column] for column in ("variable", "group", "time")} | other
        return next(iter(self.where(statistic=statistic, **alike)), None)

    def groups(self, row: Row) -> list[Row]:
        """Return the rows of the groups that a row of the total is made up of."""
        alike = {column: row[column] for column in ("variable", "time", "statistic")}
        return [r for r in self.where(**alike) if r["group"] not in ("", TOTAL)]

    def interval(self, row: Row) -> Interval:
        """Return what a printed number can stand for."""
        return parse(row["printed"]).interval(self.rounding)

    def degrees_of_freedom(self, row: Row) -> tuple[int, int]:
        """Return those of the time x group interaction of the study's mixed design."""
        groups = len({row["group"] for row in self.every} - {"", TOTAL})
        times = len({row["time"] for row in self.every} - {""})
        effect = max(groups - 1, 1) * max(times - 1, 1)
        return effect, (int(row["n"]) - max(groups, 2)) * max(times - 1, 1)


def read_published(path: str | Path) -> pd.DataFrame:
    """Read a table of published numbers, all strings: UTF-8, commas, one header line.

    What follows from other columns is filled in (`completed`). InputError names everything that is
    wrong, at once, by row and column.
    """
    frame = _read_strings(Path(path))
    allowed = f"the columns {', '.join(COLUMNS)}"
    raise_if_any(
        Problem(_FILE, "no such column", allowed, "Add the column.", row=1, column=column)
        for column in COLUMNS
        if column not in frame.columns
    )
    frame = completed(frame[COLUMNS].apply(lambda column: column.str.strip()))
    raise_if_any(problems_of(frame))
    return frame


def completed(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in what follows from the other columns: basis, id, quantity, and a unit without choice.

    A blank cell that has been filled in is printed.
    """
    printed = frame["printed"].ne("") & frame["basis"].isin(["", "blank"])
    words = frame[["statistic", "variable", "group", "time"]].agg(list, axis="columns")
    only = {name: known.units[0] for name, known in statistics().items() if len(known.units) == 1}
    return frame.assign(
        basis=frame["basis"].mask(printed, "printed"),
        id=frame["id"].mask(frame["id"].eq(""), words.map(lambda w: ".".join(filter(None, w)))),
        quantity=frame["quantity"].mask(
            frame["quantity"].eq(""), words.map(lambda w: ", ".join(filter(None, w)))
        ),
        unit=frame["unit"].mask(frame["unit"].eq(""), frame["statistic"].map(only).fillna("")),
    )


def _read_strings(path: Path) -> pd.DataFrame:
    if not path.is_file():
        problem = "no such file", "a CSV file", "Put the table of published numbers there."
    elif not path.read_bytes().strip():
        problem = "an empty file", "a header and rows", "Fill in the published numbers."
    else:
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (pd.errors.ParserError, UnicodeDecodeError) as error:
            cure = "Save it as CSV with commas, in UTF-8."
            problem = str(error).strip(), "a CSV file in UTF-8", cure
    raise InputError([Problem(_FILE, *problem)])


def formula_parts(formula: str) -> tuple[str, list[str]]:
    """Split ``name(id, id)`` into the name and the ids."""
    match = _FORMULA.fullmatch(formula)
    if match is None:
        return formula, []
    return match[1], [part.strip() for part in (match[2] or "").split(",") if part.strip()]


def problems_of(frame: pd.DataFrame) -> Iterator[Problem]:
    """Yield what is wrong with the rows of a table of published numbers."""
    ids = frame["id"].tolist()
    for index, row in enumerate(frame.to_dict("records")):
        mistakes = list(_mistakes(row, set(ids)))
        if row["id"] in ids[:index]:
            unique = "id", "an id that no other row has", "Rename or remove one of the two."
            mistakes.insert(0, unique)
        for column, allowed, cure in mistakes:
            present = repr(short(row[column])) if row[column] else "nothing"
            yield Problem(_FILE, present, allowed, cure, row=index + 2, column=column)


def _mistakes(row: Row, ids: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each column of a row that is wrong, with what is allowed there and the cure."""
    units = {name: statistic.units for name, statistic in statistics().items() if statistic.units}
    kind, printed, known = row["statistic"], row["printed"], statistic_of(row["statistic"])
    number, is_claim = None if kind == "claim" else _number(printed), kind == "claim"
    about_people = row["section"] != PROGRAMME and row["unit"] not in _NOT_ABOUT_PEOPLE
    ends = {column: _number(row[column]) for column in ("minimum", "maximum")}
    low, high = (end.value if end else None for end in ends.values())
    name, arguments = formula_parts(row["formula"])
    whole = {column: re.fullmatch(r"[1-9]\d{0,14}", row[column]) for column in ("n", "items")}
    fitting = f"{', '.join(units.get(kind, ()))}, for a row with statistic {kind!r}"
    limits = f"{known.lowest} to {known.highest} for statistic {kind!r}"
    unprinted = "Copy it from the paper, or give the row the basis blank."
    digits = "at most 15 digits on each side of a decimal point, and no percent sign"
    wrong: list[tuple[object, str, str, str]] = [
        (not _ID.fullmatch(row["id"]), "id", "letters, digits and _, words joined by dots",
         "Correct the id."),
        (row["basis"] not in BASES, "basis", ", ".join(BASES), "Correct the basis."),
        (kind not in units, "statistic", ", ".join(units), "Correct the statistic."),
        (kind in units and row["unit"] not in units[kind], "unit", fitting,
         "Correct the unit, or the statistic."),
        (not printed and row["basis"] in BASES[:2], "printed", "what the paper prints", unprinted),
        (is_claim and printed and not _CLAIM.fullmatch(printed), "printed",
         "a claim in lower-case words joined by _", "Correct the claim."),
        (printed and not is_claim and not number, "printed", digits,
         "Copy the number as the paper prints it."),
        (number and number.relation != "=" and kind not in _INEQUALITIES, "printed",
         "a number without < or >", "Copy the number as it is printed."),
        (number and not known.lowest <= number.value <= known.highest, "printed", limits,
         "Correct the number, or the statistic."),
        (printed and not is_claim and kind in units and about_people and not row["n"], "n",
         "a whole number of people", "Fill in how many people it is about."),
        *((row[column] and not whole[column], column, "a whole number, 1 or more",
           "Correct the number.") for column in whole),
        *((row[column] and not ends[column], column, "a number or nothing",
           "Correct the number.") for column in ends),
        (None not in (low, high) and low >= high, "maximum", f"more than the minimum {low}",
         "Correct one of the two."),
        (row["basis"] == "derived" and not row["formula"], "formula",
         "the formula it is derived by", "Fill in the formula."),
        (row["formula"] and name not in FORMULAS, "formula", f"one of {', '.join(FORMULAS)}",
         "Correct the formula's name."),
        *((True, "formula", f"ids of this table, not {unknown!r}", "Correct the id.")
          for unknown in sorted(set(arguments) - ids)),
    ]  # fmt: skip
    return (mistake[1:] for mistake in wrong if mistake[0])


def _number(text: str) -> PrintedNumber | None:
    try:
        return parse(text)
    except ValueError:
        return None
