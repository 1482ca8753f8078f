"""What a study consists of, whoever reads it: scales, outcomes, comparisons and what follows."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

NOTICE = (
    "Synthetic data: the participants' answers are not public. Those analysed here were simulated "
    "so that the printed numbers come out. What the paper prints, or what follows from it, is set "
    "in black, what is simulated in grey italics. Agreement verifies the analysis, not the study."
)
SIMULATED_RANGES = "published/simulated_ranges.csv"


@dataclass(frozen=True)
class Item:
    """An item of a scale: its number on the form, and whether it is reverse-keyed."""

    number: int
    reverse_keyed: bool


@dataclass(frozen=True)
class Scale:
    """A scale: its items, rule (sum, mean_of_items, mean_of_scales), parts and range."""

    id: str
    label: str
    items: tuple[Item, ...]
    rule: str
    parts: tuple[str, ...]
    lowest: float
    highest: float
    # What has been published of its scores in other people.
    norm: str = ""


class Items:
    """The items of an instrument, which has a family, a number of items and scales."""

    @property
    def item_names(self) -> list[str]:
        """The columns of its items: ["pss_1", ..., "pss_10"]."""
        return [f"{self.family}_{number}" for number in range(1, self.number_of_items + 1)]

    def item_columns(self, scale: Scale) -> list[str]:
        """Return the columns of one scale's items, in the key's order."""
        return [f"{self.family}_{item.number}" for item in scale.items]

    @property
    def reverse_keyed(self) -> set[str]:
        """The columns of its reverse-keyed items."""
        items = (item for scale in self.scales for item in scale.items)
        return {f"{self.family}_{item.number}" for item in items if item.reverse_keyed}


@dataclass(frozen=True)
class Outcome:
    """A scale whose change is analysed: ``better`` is higher or lower, ``family`` main or not."""

    scale: Scale = field(repr=False)
    better: str
    family: str

    @property
    def id(self) -> str:
        """The scale's id."""
        return self.scale.id

    @property
    def label(self) -> str:
        """What readers call it."""
        return self.scale.label

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Comparison:
    """An outcome in one arm and in the reference; of several arms, ids and labels name each."""

    outcome: Outcome
    arm: Any
    reference: Any
    several: bool

    @property
    def id(self) -> str:
        """The scale's id, and the arm's after it where there are several."""
        return f"{self.outcome.id}.{self.arm.id}" if self.several else self.outcome.id

    @property
    def label(self) -> str:
        """What readers call it."""
        return f"{self.outcome.label}, {self.arm.label}" if self.several else self.outcome.label

    @property
    def groups(self) -> tuple[Any, Any]:
        """The arm and the reference."""
        return self.arm, self.reference


class Design:
    """What follows from the groups, times, instruments, outcomes and settings of a study."""

    @property
    def notice(self) -> str | None:
        """The sentence that heads every page of a synthetic study."""
        return NOTICE if self.kind == "synthetic" else None

    @property
    def level(self) -> float:
        """The level of significance."""
        return self.settings.study.significance_level

    @property
    def is_randomised(self) -> bool:
        """Whether participants were allocated at random."""
        return self.settings.study.allocation == "randomised"

    @property
    def group_labels(self) -> dict[str, str]:
        """The groups' ids and labels."""
        return {group.id: group.label for group in self.groups}

    @property
    def time_labels(self) -> dict[str, str]:
        """The times' ids and labels."""
        return {time.id: time.label for time in self.times}

    @property
    def main_outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes of the family "main"."""
        return tuple(outcome for outcome in self.outcomes if outcome.family == "main")

    @property
    def intervention_groups(self) -> list[str]:
        """The ids of the groups that were trained."""
        return [group.id for group in self.groups if group.role == "intervention"]

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """Every scale by its id."""
        return {scale.id: scale for key in self.instruments for scale in key.scales}

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every outcome in each arm and the reference."""
        *arms, reference = self.groups
        several = len(arms) > 1
        return tuple(
            Comparison(outcome, arm, reference, several)
            for outcome in self.outcomes
            for arm in arms
        )

    def comparisons_of(self, scale: str | None) -> list[str]:
        """Return the ids of an outcome's comparisons."""
        return [one.id for one in self.comparisons if one.outcome.id == scale]

    def times_of(self, key: Items) -> list:
        """Return the times at which an instrument was given."""
        given = self.settings.questionnaires.times
        return [time for time in self.times if time.id in given.get(key.id, [time.id])]

    def harm_question(self, kind: str) -> str | None:
        """Return the id of the form's question on harms of one kind, "choice" or "text"."""
        of_kind = (n for n, q in self.questions.items() if q.area == "harms" and q.kind == kind)
        return next(of_kind, None)
