"""What a check of printed numbers comes back with."""

from __future__ import annotations

from dataclasses import dataclass

CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
NOT_TESTABLE = "not testable"
NOTE = "note"


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    check : str
        The name of the rule.
    verdict : {"consistent", "inconsistent", "not testable", "note"}
        "consistent" only where the rule could have said otherwise; "not testable" where it could
        not; "note" for what a reader should know although nothing contradicts it.
    explanation : str
        What was found, in a sentence or two.
    source : str
        Where the rule comes from.
    ids : tuple of str
        The statistics concerned.
    """

    check: str
    verdict: str
    explanation: str
    source: str
    ids: tuple[str, ...] = ()


def verdict_of(consistent: bool) -> str:
    """Name the outcome of a rule that can decide."""
    return CONSISTENT if consistent else INCONSISTENT
