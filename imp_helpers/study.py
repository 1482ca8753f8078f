"""The facts of a study: who, when, which scales, what was asked; as the intake wrote them."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from imp_common.design import Design, Item, Items, Outcome, Scale
from imp_common.errors import AnalysisError

FILE = "processed/study.json"
# Settings that are tables by codes or ids, not sections.
TABLES = (
    "choices", "codes", "instrument_settings", "instruments", "intercurrent_events", "notes",
    "only", "scores", "times", "totals",
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
class Instrument(Items):
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


@dataclass(frozen=True)
class Study(Design):
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
    # Twice the same in a study of one occasion.
    analysed_times: tuple[Time, Time]
    instruments: tuple[Instrument, ...] = field(repr=False)
    outcomes: tuple[Outcome, ...]
    questions: dict[str, SimpleNamespace] = field(repr=False)
    assumptions: list[dict] = field(repr=False)
    settings: SimpleNamespace = field(repr=False)


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
