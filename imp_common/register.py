"""The register of statistics: how each is headed, written, limited and protected.

``statistics.csv`` beside this module has a row for each name that a column of a table, or the last
word of a result's id, can have. A column of a group or a time begins with the name:
"mean_control_post" is one of "mean".
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imp_common.number_formats import (
    Format,
    bounded,
    degrees,
    fixed,
    p_value,
    traffic_light,
    whole,
)

FILE = Path(__file__).with_name("statistics.csv")
P_DECIMALS = 3


@dataclass(frozen=True)
class Statistic:
    """What is known of a statistic.

    ``kind`` is how it is written: "whole", "fixed 2", "bounded 3" (it cannot exceed 1), "p", "df"
    (whole, or with one decimal) or "light"; nothing for texts. ``italic`` says that APA 7 sets the
    heading so. ``disclosure`` says that it "follows" from a count of people, or is an "extreme",
    the value of a single person.
    ``units`` are those that it may have where it is printed; lowest and highest are the limits that
    it has at all. ``follows`` names statistics of the same thing from which alone it follows.
    """

    name: str
    heading: str
    kind: str = ""
    italic: bool = False
    disclosure: str = ""
    units: tuple[str, ...] = ()
    lowest: float = float("-inf")
    highest: float = float("inf")
    follows: tuple[str, ...] = ()

    @property
    def format(self) -> Format | None:
        """How its values are written; None for texts."""
        plain = {"whole": whole, "p": p_value, "light": traffic_light, "": None, "df": degrees}
        if self.kind in plain:
            return plain[self.kind]
        name, decimals = self.kind.split()
        return {"fixed": fixed, "bounded": bounded}[name](int(decimals))

    @property
    def decimals(self) -> int:
        """How many decimals it is written with."""
        last = self.kind.rpartition(" ")[2]
        return int(last) if last.isdecimal() else P_DECIMALS if self.kind == "p" else 0


@cache
def statistics() -> dict[str, Statistic]:
    """Return the register by name."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: _statistic(row) for row in csv.DictReader(lines)}


def _statistic(row: dict[str, str]) -> Statistic:
    limits = {end: float(row[end]) for end in ("lowest", "highest") if row[end]}
    return Statistic(
        row["name"], row["heading"], row["format"], row["italic"] == "yes", row["disclosure"],
        tuple(row["units"].split()), follows=tuple(row["follows"].split()), **limits,
    )  # fmt: skip


def statistic_of(column: str) -> Statistic:
    """Return the statistic that a column holds, by the longest known beginning of its name."""
    words = column.split("_")
    beginnings = ("_".join(words[:length]) for length in range(len(words), 0, -1))
    known = next((statistics()[name] for name in beginnings if name in statistics()), None)
    return known or Statistic(column, in_words(column))


def in_words(name: object) -> str:
    """Return an id as a reader would write it: "deep_listening" is "Deep listening"."""
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]
