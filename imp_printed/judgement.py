"""What a rule for printed numbers comes back with."""

from dataclasses import dataclass, field, replace

from imp_common.sentences import sentence

CONSISTENT = "consistent"
INCONSISTENT = "inconsistent"
NOT_TESTABLE = "not testable"
NOTE = "note"
VERDICTS = (CONSISTENT, INCONSISTENT, NOT_TESTABLE, NOTE)


@dataclass(frozen=True)
class Judgement:
    """What one rule says of the printed numbers with some ids.

    The verdict is "consistent" only where the rule could have said otherwise, "not testable" where
    it could not, and "note" for what a reader should know although nothing contradicts it.
    ``macro`` and ``values`` explain it in ``display/sentences/printed.j2``. ``telling`` is true of
    what a reader of the paper should know although it is no contradiction.
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

    def about(self, *rows: dict[str, str] | None) -> "Judgement":
        """Return the judgement with the statistics that it concerns."""
        return replace(self, ids=tuple(row["id"] for row in rows if row is not None))


def verdict_of(consistent: bool) -> str:
    """Name the verdict of a rule that can decide."""
    return CONSISTENT if consistent else INCONSISTENT
