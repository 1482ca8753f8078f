"""Read study.toml, and say everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError, model_validator

from imp_helpers.study.errors import InputError, Problem
from imp_helpers.study.folders import SHIPPED_KEYS, path_inside
from imp_helpers.study.instruments import (
    Instrument,
    available_instruments,
    find_key_file,
    read_instrument,
)
from imp_helpers.study.schema import (
    ID,
    Code,
    InstrumentId,
    Section,
    WrongSettingError,
    nearest,
    setting,
)
from imp_helpers.study.sections import (
    Area,
    Criterion,
    Evaluation,
    HarmDimension,
    InstrumentSettings,
    Outcome,
    Participants,
    Planning,
    Privacy,
    Questionnaires,
    Raw,
    Scoring,
    Sessions,
    TidierItem,
)
from imp_helpers.study.validation import read_toml, validated

FILE = "study.toml"


class StudyHead(Section):
    """[study]: what was asked, and of whom."""

    title: str = setting("a title", cure="Give the study a title.", min_length=1)
    short_title: str = setting("a text", "")
    kind: Literal["synthetic", "participants"] = setting(
        "synthetic or participants", cure='Write "participants" if people gave these answers.'
    )
    question: str = setting("a text", "")
    published_as: str = setting("a text", "")
    significance_level: float = setting("a number between 0 and 1, such as 0.05", 0.05, gt=0, lt=1)
    reference: str | None = setting("a group", None)
    allocation: Literal["randomised", "not randomised"] = setting(
        "randomised or not randomised", "not randomised"
    )
    primary_analysis: Literal["interaction", "ancova"] = setting(
        "interaction or ancova", "interaction"
    )


class Time(Section):
    """[times.ID]: one measurement; ``code`` is how the raw files write it."""

    label: str = setting("a text", "")
    code: Code = setting("a text", "")


class Group(Time):
    """[groups.ID]: one arm of the study; ``code`` is how the raw files write it."""

    role: Literal["intervention", "control"] = setting(
        "intervention or control", cure="Correct the role."
    )
    drop_out_reasons: str = setting("a text", "")


class Settings(Section):
    """The whole of a study.toml."""

    study: StudyHead
    analysed_times: list[str] | None = setting("two of the times", None)
    groups: dict[str, Group] = setting("groups", min_length=1)
    times: dict[str, Time] = setting("times")
    raw: Raw = Raw()
    participants: Participants
    questionnaires: Questionnaires
    evaluation: Evaluation | None = None
    sessions: Sessions | None = None
    instrument_settings: dict[InstrumentId, InstrumentSettings] = setting("instruments", {})
    confirmed_assumptions: dict[InstrumentId, list[str]] = setting(
        "instruments with lists of assumptions", {}
    )
    privacy: Privacy = Privacy()
    scoring: Scoring = Scoring()
    outcomes: list[Outcome] = setting("at least one outcome", min_length=1)
    planning: Planning = Planning()
    areas: list[Area] = setting("entries", [])
    progression: list[Criterion] = setting("entries", [])
    harm_dimensions: list[HarmDimension] = setting("entries", [])
    tidier: list[TidierItem] = setting("entries", [])
    notes: dict[str, str] = setting("tables with a text each", {})

    @model_validator(mode="after")
    def _sections_fit(self) -> Settings:
        if len(self.groups) > 1 and not self.participants.group:
            cure = "Name the column of the group."
            raise WrongSettingError("nothing", "a column", cure, "participants.group")
        self._one_group_is_the_reference()
        if len(self.times) < 2:
            cure = "Add the time before and the time after."
            raise WrongSettingError(_names(self.times), "at least two times", cure, "times")
        for section, entries in (("groups", self.groups), ("times", self.times)):
            codes = [entry.code or name for name, entry in entries.items()]
            for code in codes:
                if codes.count(code) > 1:
                    cure = "Give each a code of its own."
                    raise WrongSettingError(f'"{code}"', "a code each", cure, f"{section}.code")
        named = self.analysed_times
        if named is not None and (len(set(named)) != 2 or not set(named) <= set(self.times)):
            allowed = f"two of {_names(self.times)}"
            cure = "Name the time before and the time after."
            raise WrongSettingError(f'"{named}"', allowed, cure, "analysed_times")
        scales = [outcome.scale for outcome in self.outcomes]
        for scale in scales:
            if scales.count(scale) > 1:
                cure = "Remove one of them."
                raise WrongSettingError(
                    f'"{scale}" twice', "each scale once", cure, "outcomes.scale"
                )
        main = [outcome.scale for outcome in self.outcomes if outcome.family == "main"]
        if not main:
            cure = 'Write family = "main" for the primary outcomes.'
            raise WrongSettingError("no primary outcome", "at least one", cure, "outcomes.family")
        primary = self.planning.primary_outcome
        if primary is not None and primary not in main:
            allowed, cure = nearest(primary, main, ""), "Name one of the primary outcomes."
            raise WrongSettingError(f'"{primary}"', allowed, cure, "planning.primary_outcome")
        return self

    def _one_group_is_the_reference(self) -> None:
        named, column = self.study.reference, "study.reference"
        cure = 'Write reference = "..." with the group that the others are compared with.'
        if named is not None and named not in self.groups:
            raise WrongSettingError(f'"{named}"', nearest(named, self.groups, ""), cure, column)
        controls = [name for name, group in self.groups.items() if group.role == "control"]
        if named is None and len(self.groups) > 1 and len(controls) != 1:
            found = f"{len(controls)} groups with the role control"
            allowed = f"one of {_names(self.groups)}"
            raise WrongSettingError(found, allowed, cure, column)

    @property
    def reference(self) -> str | None:
        """The id of the group that the others are compared with; None of a single group."""
        controls = [name for name, group in self.groups.items() if group.role == "control"]
        return self.study.reference or (controls[0] if len(self.groups) > 1 else None)

    @property
    def disclosure_control(self) -> bool:
        """Whether small counts, extremes and free texts are withheld: people's, by default."""
        asked = self.privacy.disclosure_control
        return self.study.kind != "synthetic" if asked is None else asked


def _names(entries: Iterable[str]) -> str:
    return ", ".join(entries)


class Context:
    """What the values of settings are checked against: the study's folder, its keys and scales.

    Parameters
    ----------
    folder : Path
    instruments : tuple of Instrument
        Those whose keys could be read.
    """

    def __init__(self, folder: Path, names: list[str], instruments: tuple[Instrument, ...]) -> None:
        self.folder, self.names = folder, names
        self.scales = [scale.id for key in instruments for scale in key.scales]
        self.families = [key.family for key in instruments]
        self.are_complete = len(instruments) == len(names)

    def file(self, name: str) -> None:
        """Check that a file is in the study's folder."""
        try:
            if name and not path_inside(self.folder, name).is_file():
                raise WrongSettingError(f'"{name}"', "a file that exists", "Put the file there.")
        except (InputError, OSError, ValueError) as error:
            if isinstance(error, WrongSettingError):
                raise
            allowed = "a path inside the study's folder"
            raise WrongSettingError(f'"{name}"', allowed, "Move the file there.") from None

    def scale(self, name: str) -> None:
        """Check that a scale is one of a key, if that key could be read."""
        is_of_known_key = any(name.startswith(f"{family}_") for family in self.families)
        if name not in self.scales and (self.are_complete or is_of_known_key):
            allowed = nearest(name, self.scales, "a scale of a key")
            raise WrongSettingError(f'"{name}"', allowed, "Name a scale of a key.")

    def instrument(self, name: str) -> None:
        """Check that the study uses an instrument."""
        if name not in self.names:
            allowed = nearest(name, self.names, "an instrument of the study")
            raise WrongSettingError(f'"{name}"', allowed, "Name an instrument of the study.")

    def instruments(self, patterns: dict[str, str]) -> None:
        """Check that each instrument has a key."""
        for name in patterns:
            if not re.fullmatch(ID, name) or find_key_file(name, self.folder) is None:
                allowed = nearest(name, available_instruments(self.folder), "a key")
                cure = f"Correct the name, or add instruments/{name}.toml."
                raise WrongSettingError(f'"{name}"', allowed, cure)


def read_settings(
    folder: Path,
) -> tuple[Settings | None, tuple[Instrument, ...], list[Problem]]:
    """Read the settings of a study with the keys that they name.

    Returns
    -------
    Settings or None
        None if something is wrong with them.
    tuple of Instrument
        The instruments whose keys could be read.
    list of Problem
        Everything that is wrong, each with the line of the file.
    """
    if not (folder / FILE).is_file():
        cure = "Name the folder of a study with STUDY=..., or make one with make new-study."
        return None, (), [Problem(FILE, f"no such file in {folder.name}", "a file", cure)]
    try:
        text, content = read_toml(folder / FILE, FILE)
    except InputError as error:
        return None, (), error.problems
    instruments, problems = _read_instruments(folder, content)
    names = list(_section(_section(content, "questionnaires"), "instruments"))
    context = Context(folder, names, instruments)
    settings, wrong = validated(Settings, content, FILE, text, context)
    return (None if problems else settings), instruments, [*problems, *wrong]


def _section(content: object, name: str) -> dict:
    """Return a section as far as it is one: what is wrong with it is said elsewhere."""
    section = content.get(name) if isinstance(content, dict) else None
    return section if isinstance(section, dict) else {}


def _read_instruments(folder: Path, content: dict) -> tuple[tuple[Instrument, ...], list[Problem]]:
    """Read the key of every instrument that is named and has one."""
    keys: list[Instrument] = []
    problems: list[Problem] = []
    column = "questionnaires.instruments"
    for name in _section(_section(content, "questionnaires"), "instruments"):
        file = find_key_file(name, folder) if re.fullmatch(ID, name) else None
        if file is None:
            continue
        where = f"instruments/{file.name}"
        if file.parent != SHIPPED_KEYS and not file.resolve().is_relative_to(folder.resolve()):
            cure, allowed = "Put the key itself there.", "a path inside the study's folder"
            problems.append(Problem(FILE, f'"{where}"', allowed, cure, column=column))
            continue
        try:
            keys.append(read_instrument(file, _own_settings(content, name)))
        except InputError as error:
            problems += error.problems
    families = [key.family for key in keys]
    for key in keys:
        if families.count(key.family) > 1:
            cure = "Use one form of an instrument in a study."
            problems.append(Problem(FILE, f'"{key.id}"', "one form of each", cure, column=column))
    return tuple(keys), problems


def _own_settings(content: dict, name: str) -> dict:
    """Return what the study sets differently from a key; nothing if that is wrong itself."""
    try:
        own = InstrumentSettings.model_validate(
            _section(content, "instrument_settings").get(name, {})
        )
    except ValidationError:
        return {}
    return own.model_dump(exclude_none=True)
