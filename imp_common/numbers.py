"""Numbers that know what they rest on, or that they are about people."""

from collections.abc import Collection

# What a number rests on. A "fact" (a key, a plan, a criterion) is no result; participants' data
# are "data", and bear no mark.
MARKS = {"published": "\u1d56", "derived": "\u1d48", "simulated": "\u02e2"}
BASES = (*MARKS, "data", "fact")
# The ending of a column that says what the numbers of another rest on.
BASIS = "_basis"
MEANINGS = {
    "published": "published",
    "derived": "derived from published numbers",
    "simulated": "simulated (synthetic data)",
}


class Count(int):
    """A number of people, which disclosure control may have to withhold.

    ``of`` is how many there are altogether: what is left of them must not be a few people either.
    """

    of: int | None

    def __new__(cls, value: int, of: int | None = None) -> "Count":
        """Make a number that knows what it is a part of."""
        count = super().__new__(cls, value)
        count.of = None if of is None else int(of)
        return count


class Sourced(float):
    """A number that knows what it rests on, and bears its mark in a sentence."""

    basis: str

    def __new__(cls, value: float, basis: str) -> "Sourced":
        """Make a number with a basis."""
        number = super().__new__(cls, value)
        number.basis = basis
        return number


class Withheld(str):
    """What stands in a sentence in place of a number that may not be known."""

    __slots__ = ()


WITHHELD = Withheld("[withheld]")


def legend(bases: Collection[str]) -> str:
    """Explain the marks of a table that mixes bases; nothing for participants' data."""
    said = "; ".join(f"{MARKS[b]} {MEANINGS[b]}" for b in MARKS if b in bases)
    return f"{said}." if said else ""
