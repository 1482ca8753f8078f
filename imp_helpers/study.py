"""The facts of a study: who, when, which scales, what was asked; as the intake wrote them."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from imp_common.errors import AnalysisError

FILE = "processed/study.json"
NOTICE = (
    "Synthetic data: the participants' answers are not public. Those analysed here were simulated "
    "so that the printed numbers come out. What the paper prints, or what follows from it, is set "
    "in black, what is simulated in grey italics. Agreement verifies the analysis, not the study."
)
SIMULATED_RANGES = "published/simulated_ranges.csv"
# Settings that are tables by codes or ids, not sections.
TABLES = (
    "choices", "codes", "instrument_settings", "instruments", "notes", "only", "scores", "times",
    "totals",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """One arm of the study; ``role`` is "intervention" or "control"."""

    id: str
    label: str
    role: str
    drop_out_reasons: str = ""


@dataclass(frozen=True)
class Time:
    """One measurement."""

    id: str
    label: str


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


@dataclass(frozen=True)
class Instrument:
    """A questionnaire with its scales, and the points of each answer from lowest to highest.

    ``alternatives`` are the keys that it may have instead, by the setting that differs.
    """

    id: str
    name: str
    family: str
    number_of_items: int
    lowest_answer: int
    highest_answer: int
    points_by_answer: tuple[int, ...]
    scales: tuple[Scale, ...]
    alternatives: dict[str, tuple["Instrument", ...]] = field(default_factory=dict, repr=False)
    decimals: bool = False

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
    arm: Group
    reference: Group
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
    def groups(self) -> tuple[Group, Group]:
        """The arm and the reference."""
        return self.arm, self.reference


@dataclass(frozen=True)
class Study:
    """The facts of a study; groups in their order, the reference last.

    ``settings`` are those of study.toml as the intake understood them: settings.planning and so on.
    """

    folder: Path
    title: str
    short_title: str
    kind: str
    question: str
    groups: tuple[Group, ...]
    times: tuple[Time, ...]
    analysed_times: tuple[Time, Time]
    instruments: tuple[Instrument, ...] = field(repr=False)
    outcomes: tuple[Outcome, ...]
    questions: dict[str, SimpleNamespace] = field(repr=False)
    assumptions: list[dict] = field(repr=False)
    settings: SimpleNamespace = field(repr=False)

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

    def times_of(self, key: Instrument) -> list[Time]:
        """Return the times at which an instrument was given."""
        given = self.settings.questionnaires.times
        return [time for time in self.times if time.id in given.get(key.id, [time.id])]

    def harm_question(self, kind: str) -> str | None:
        """Return the id of the form's question on harms of one kind, "choice" or "text"."""
        of_kind = (n for n, q in self.questions.items() if q.area == "harms" and q.kind == kind)
        return next(of_kind, None)


def read_facts(study_folder: Path | str, out: Path | str) -> Study:
    """Read what 01_cleaning wrote; AnalysisError if it did not, or from other settings."""
    folder, file = Path(study_folder), Path(out) / FILE
    again = "Run 01_cleaning.ipynb first, or make, which runs all notebooks in order."
    if not file.is_file():
        raise AnalysisError(f"{FILE} is not there yet. {again}")
    plain = json.loads(file.read_text(encoding="utf-8"))
    if plain["digest"] != hashlib.sha256((folder / "study.toml").read_bytes()).hexdigest():
        raise AnalysisError(f"{FILE} was made from another study.toml than this one. {again}")
    keys = tuple(_instrument(key) for key in plain["instruments"])
    scales = {scale.id: scale for key in keys for scale in key.scales}
    times = {time["id"]: Time(**time) for time in plain["times"]}
    return Study(
        folder=folder,
        **{n: plain[n] for n in ("title", "short_title", "kind", "question", "assumptions")},
        groups=tuple(Group(**group) for group in plain["groups"]),
        times=tuple(times.values()),
        analysed_times=tuple(times[name] for name in plain["analysed_times"]),
        instruments=keys,
        outcomes=tuple(
            Outcome(scales[o["scale"]], o["better"], o["family"]) for o in plain["outcomes"]
        ),
        questions={name: _opened(question) for name, question in plain["questions"].items()},
        settings=_opened(plain["settings"]),
    )


def _instrument(plain: dict) -> Instrument:
    scales = tuple(
        Scale(
            **scale
            | {"items": tuple(Item(**item) for item in scale["items"])}
            | {"parts": tuple(scale["parts"])}
        )
        for scale in plain["scales"]
    )
    others = {s: tuple(map(_instrument, keys)) for s, keys in plain["alternatives"].items()}
    points = tuple(plain["points_by_answer"])
    return Instrument(
        **plain | {"scales": scales, "alternatives": others, "points_by_answer": points}
    )


def _opened(value: object) -> object:
    """Return sections as objects; tables of codes stay tables."""
    if isinstance(value, dict):
        return SimpleNamespace(
            **{
                name: part if name.endswith(TABLES) and isinstance(part, dict) else _opened(part)
                for name, part in value.items()
            }
        )
    return [_opened(part) for part in value] if isinstance(value, list) else value
