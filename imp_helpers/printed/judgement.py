"""What a rule for printed numbers comes back with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from imp_helpers.display.sentences import sentence

CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
NOT_TESTABLE = "not testable"
NOTE = "note"
VERDICTS = (CONSISTENT, INCONSISTENT, NOT_TESTABLE, NOTE)


@dataclass(frozen=True)
class Judgement:
    """What one rule says of some printed numbers.

    Parameters
    ----------
    rule : str
    verdict : {"consistent", "inconsistent", "not testable", "note"}
        "consistent" only where the rule could have said otherwise; "not testable" where it could
        not; "note" for what a reader should know although nothing contradicts it.
    source : str
        Where the rule comes from.
    macro : str
        What explains the judgement in ``display/sentences/printed.j2``.
    values : dict
        Its arguments beside the verdict.
    ids : tuple of str
        The statistics concerned.
    telling : bool
        Whether a reader of the paper should know it although it is no contradiction.
    """

    rule: str
    verdict: str
    source: str
    macro: str
    values: dict[str, object] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    telling: bool = False

    @property
    def explanation(self) -> str:
        """What was found, in a sentence or two."""
        return sentence(f"printed.{self.macro}", verdict=self.verdict, **self.values)

    def about(self, *rows: dict[str, str] | None) -> Judgement:
        """Return the judgement with the statistics that it concerns."""
        return replace(self, ids=tuple(row["id"] for row in rows if row is not None))


def verdict_of(consistent: bool) -> str:
    """Name the verdict of a rule that can decide."""
    return CONSISTENT if consistent else INCONSISTENT
