"""What a rule for printed numbers comes back with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from imp_common.sentences import sentence

IMPOSSIBLE = "impossible"
IMPLAUSIBLE = "implausible"
CONVENTION = "depends on a convention"
CONSISTENT = "consistent"
UNCHECKED = "cannot be checked"
NOTE = "note"
#: In the order in which readers should see them.
VERDICTS = (IMPOSSIBLE, IMPLAUSIBLE, CONVENTION, CONSISTENT, UNCHECKED, NOTE)
DECIDED = (IMPOSSIBLE, CONVENTION, CONSISTENT)


@dataclass(frozen=True)
class Judgement:
    """What one rule says of the printed numbers with some ids.

    "impossible": no data and no defensible convention give the numbers. "implausible": data would
    have to be unusual. "depends on a convention": another one than the usual gives them. The
    verdict is "consistent" only where the rule could have said otherwise, "cannot be checked"
    where it could not, and "note" for what a reader should know although nothing contradicts it.
    ``macro`` and ``values`` explain it in ``sentences/printed.j2``. ``telling`` is true of what a
    reader of the paper should know although it is no contradiction. ``roundings`` are the other
    rounding rules by which the numbers are possible.
    """

    rule: str
    verdict: str
    source: str
    macro: str
    values: dict[str, object] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    telling: bool = False
    roundings: tuple[str, ...] = ()

    @property
    def explanation(self) -> str:
        """What was found, in a sentence or two."""
        found = sentence(f"printed.{self.macro}", verdict=self.verdict, **self.values)
        if not self.roundings:
            return found
        return f"{found} {sentence('printed.other_rounding', roundings=self.roundings)}"

    def about(self, *rows: dict[str, str] | None) -> "Judgement":
        """Return the judgement with the statistics that it concerns."""
        return replace(self, ids=tuple(row["id"] for row in rows if row is not None))


def verdict_of(consistent: bool) -> str:
    """Name the verdict of a rule that can decide."""
    return CONSISTENT if consistent else IMPOSSIBLE


def by_convention(fits: Mapping[str, bool]) -> tuple[str, list[str]]:
    """Return the verdict, and the conventions that fit; the first is the usual one."""
    fitting = [name for name, fit in fits.items() if fit]
    if next(iter(fits)) in fitting:
        return CONSISTENT, fitting
    return (CONVENTION if fitting else IMPOSSIBLE), fitting
