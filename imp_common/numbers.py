"""Numbers that know what they rest on."""

from collections.abc import Collection

# What a number rests on; participants' data bear no mark.
MARKS = {"published": "\u1d56", "derived": "\u1d48", "simulated": "\u02e2"}
MEANINGS = {
    "published": "published",
    "derived": "derived from published numbers",
    "simulated": "simulated (synthetic data)",
}


class Sourced(float):
    """A number that knows what it rests on, and bears its mark in a sentence."""

    basis: str

    def __new__(cls, value: float, basis: str) -> "Sourced":
        """Make a number with a basis."""
        number = super().__new__(cls, value)
        number.basis = basis
        return number


def legend(bases: Collection[str]) -> str:
    """Explain the marks of a table that mixes bases; nothing for participants' data."""
    said = "; ".join(f"{MARKS[b]} {MEANINGS[b]}" for b in MARKS if b in bases)
    return f"{said}." if said else ""
