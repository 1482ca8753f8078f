"""Read study.toml, and say everything that is wrong with it at once."""

import copy
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from imp_common.design import Item, Scale
from imp_common.errors import InputError, Problem
from imp_common.folders import SHIPPED_KEYS, available_instruments, path_inside
from imp_intake.settings.agreement import disagreements
from imp_intake.settings.instruments import (
    Instrument,
    find_key_file,
    instrument_family,
    read_instrument,
)
from imp_intake.settings.outcomes import Estimand, Outcome, Planning
from imp_intake.settings.schema import (
    ID,
    Code,
    Id,
    InstrumentId,
    Place,
    Section,
    WrongSettingError,
    nearest,
    read_toml,
    setting,
    validated,
)
from imp_intake.settings.sections import (
    Area,
    ComputedScore,
    Criterion,
    Evaluation,
    HarmDimension,
    InstrumentSettings,
    Participants,
    Privacy,
    Questionnaires,
    Raw,
    Scoring,
    Sessions,
    TidierItem,
)

FILE = "study.toml"
# Stands in a new study's settings for what its team has to fill in.
OPEN = "..."
MOST_FILES = 200


class StudyHead(Section):
    """[study]: what was asked, and of whom."""

    # Word holds no longer title.
    title: str = setting(
        "a title of 1 to 250 characters", cure="Give the study such a title.", min_length=1,
        max_length=250,
    )  # fmt: skip
    short_title: str = setting("a text", "")
    kind: Literal["synthetic", "participants"] = setting(
        "synthetic or participants", cure='Write "participants" if people gave these answers.'
    )
    question: str = setting("a text", "")
    published_as: str = setting("a text", "")
    significance_level: float = setting(
        "a number from 0.0001 to 0.5, such as 0.05", 0.05, ge=0.0001, le=0.5
    )
    reference: str | None = setting("a group", None)
    allocation: Literal["randomised", "not randomised"] | None = setting(
        "randomised or not randomised", None
    )
    # Where the flow of participants begins, and what became of those who did not take part.
    assessed_for_eligibility: int | None = setting("a whole number of people", None, ge=1, le=10**7)
    excluded: str = setting("a text", "")
    primary_analysis: Literal["interaction", "ancova", "mmrm"] = setting(
        "interaction, ancova or mmrm", "interaction"
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
    groups: dict[Id, Group] = setting("groups", min_length=1)
    times: dict[Id, Time] = setting("times", min_length=1)
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
    estimands: list[Estimand] = setting("entries", [])
    planning: Planning = Planning()
    areas: list[Area] = setting("entries", [])
    progression: list[Criterion] = setting("entries", [])
    harm_dimensions: list[HarmDimension] = setting("entries", [])
    tidier: list[TidierItem] = setting("entries", [])
    notes: dict[str, str] = setting("tables with a text each", {})

    @model_validator(mode="after")
    def _estimands_are_of_outcomes(self) -> Self:
        known = {"outcome": [o.scale for o in self.outcomes], "time": list(self.times)}
        for estimand in self.estimands:
            for name, allowed in known.items():
                value = getattr(estimand, name)
                if value is not None and value not in allowed:
                    cure = f"Correct the {name}."
                    found, near = f'"{value}"', nearest(value, allowed, "none")
                    raise WrongSettingError(found, near, cure, f"estimands.{name}")
        first = [estimand for estimand in self.estimands if estimand.role == "primary"]
        if len(first) > 1:
            found, cure = f"{len(first)} primary estimands", "Call the others secondary."
            raise WrongSettingError(found, "at most one", cure, "estimands.role")
        return self

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


class Context:
    """What settings are checked against: the study's folder, and the keys that could be read."""

    def __init__(self, folder: Path, names: list[str], instruments: tuple[Instrument, ...]) -> None:
        self.folder, self.names = folder, names
        self.scales = [scale.id for key in instruments for scale in key.scales]
        self.families = [key.family for key in instruments]
        self.are_complete = len(instruments) == len(names)

    def file(self, name: str) -> None:
        """Check that a file is in the study's folder."""
        try:
            if not path_inside(self.folder, name).is_file():
                there = [p for p in self.folder.rglob("*.*") if p.parent != self.folder]
                near = nearest(Path(name).name, {p.name for p in there[:MOST_FILES]}, "")
                allowed = "a file that exists" + (f", such as {near.split(',')[0]}" if near else "")
                cure = "Put the file there, or correct its name."
                raise WrongSettingError(f'"{name}"', allowed, cure)
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

    Returns the settings (None if something is wrong with them), the instruments whose keys could be
    read, and everything that is wrong, each with the line of the file. What is still open is an
    error, and stands as something, so that the files can be checked already.
    """
    if not (folder / FILE).is_file():
        cure = "Name the folder of a study with STUDY=..., or make one with make new-study."
        return None, (), [Problem(FILE, f"no such file in {folder.name}", "a file", cure)]
    try:
        text, content = read_toml(folder / FILE, FILE)
    except InputError as error:
        return None, (), error.problems
    still_open = dict(_still_open(content, text.splitlines()))
    content = _with_stand_ins(content, still_open)
    instruments, problems = _read_instruments(folder, content)
    measured = _section(content, "questionnaires")
    names = [name for part in ("instruments", "scores") for name in _section(measured, part)]
    context = Context(folder, names, instruments)
    settings, wrong = validated(Settings, content, FILE, text, context, still_open)
    if settings is not None and context.are_complete:
        told = {problem.column for problem in still_open.values()}
        wrong += [p for p in disagreements(settings, instruments, text) if p.column not in told]
    problems = [*problems, *wrong]
    is_wrong = any(problem.severity == "error" for problem in problems)
    return (None if is_wrong else settings), instruments, [*still_open.values(), *problems]


def _still_open(
    content: object, lines: list[str], *place: str | int
) -> Iterator[tuple[Place, Problem]]:
    """Yield the settings that nobody has filled in yet, each with its place."""
    if content == OPEN:
        names = [part for part in place if isinstance(part, str)]
        line = next((n for n, text in enumerate(lines, 1) if _is_open(text, names[-1])), None)
        if line:
            lines[line - 1] = ""
        found, allowed = f'"{OPEN}"', "what only you know"
        yield place, Problem(FILE, found, allowed, "Fill it in.", line, ".".join(names))
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from _still_open(value, lines, *place, name)
    elif isinstance(content, list):
        for count, value in enumerate(content):
            yield from _still_open(value, lines, *place, count)


def _with_stand_ins(content: dict, places: Iterable[Place]) -> dict:
    """Return settings in which most of what is still open stands as something, or is left out.

    An instrument whose answers have no numbers yet is left out with its outcomes.
    """
    content = copy.deepcopy(content)
    for place in places:
        section, name = content, place[-1]
        for part in place[:-1]:
            section = section[part]
        if place[0] == "groups" and name == "role":
            used = {_section(content["groups"], group).get("role") for group in content["groups"]}
            free = (role for role in ("intervention", "control") if role not in used)
            section[name] = next(free, "intervention")
        elif name == "better":
            section[name] = "higher"
        elif "sex_codes" in place:
            section[name] = "other"
        elif name == "allocation":
            del section[name]
    measured = _section(content, "questionnaires")
    unread = {place[2] for place in places if place[:2] == ("questionnaires", "labels")}
    for part in ("instruments", "labels", "times"):
        for name in unread.intersection(_section(measured, part)):
            del measured[part][name]
    families, outcomes = tuple(f"{instrument_family(n)}_" for n in unread), content.get("outcomes")
    if families and isinstance(outcomes, list):
        content["outcomes"] = [
            outcome for outcome in outcomes
            if not (isinstance(outcome, dict) and str(outcome.get("scale")).startswith(families))
        ]  # fmt: skip
    return content


def _is_open(line: str, name: str) -> bool:
    return re.match(rf'\s*"?{re.escape(name)}"?\s*=.*"{re.escape(OPEN)}"', line) is not None


def _section(content: object, name: str) -> dict:
    """Return a section as far as it is one: what is wrong with it is said elsewhere."""
    section = content.get(name) if isinstance(content, dict) else None
    return section if isinstance(section, dict) else {}


def _read_instruments(folder: Path, content: dict) -> tuple[tuple[Instrument, ...], list[Problem]]:
    """Read the key of every instrument that is named and has one."""
    keys: list[Instrument] = []
    problems: list[Problem] = []
    column = "questionnaires.instruments"
    names = list(_section(_section(content, "questionnaires"), "instruments"))
    families = [instrument_family(name) for name in names]
    for name, family in zip(names, families, strict=True):
        # Two instruments of one stem, such as phq_9 and phq_15, are told apart by their ids.
        family = name if families.count(family) > 1 else family
        file = find_key_file(name, folder) if re.fullmatch(ID, name) else None
        if file is None:
            continue
        where = f"instruments/{file.name}"
        if file.parent != SHIPPED_KEYS and not file.resolve().is_relative_to(folder.resolve()):
            cure, allowed = "Put the key itself there.", "a path inside the study's folder"
            problems.append(Problem(FILE, f'"{where}"', allowed, cure, column=column))
            continue
        try:
            keys.append(read_instrument(file, _own_settings(content, name), family))
        except InputError as error:
            problems += error.problems
    for name, score in _section(_section(content, "questionnaires"), "scores").items():
        try:
            keys.append(_computed_scale(name, ComputedScore.model_validate(score), folder))
        except InputError as error:
            problems += error.problems
        except ValidationError:
            pass  # It is said where all settings are validated.
    return tuple(keys), problems


def _computed_scale(name: str, score: ComputedScore, folder: Path) -> Instrument:
    """Return a score as the one item of an instrument, with its range, which a key may know."""
    label, limits = score.label or name, (score.lowest, score.highest)
    if None in limits:
        files = (find_key_file(known, folder) for known in available_instruments(folder))
        scales = [scale for file in files for scale in read_instrument(file).scales]
        for scale in (scale for scale in scales if scale.id == name):
            label, limits = score.label or scale.label, (scale.lowest, scale.highest)
    if None in limits or limits[0] >= limits[1]:
        found = "no range" if None in limits else f"{limits[0]:g} to {limits[1]:g}"
        cure = "Write the lowest and the highest score that are possible."
        place = f"questionnaires.scores.{name}"
        raise InputError([Problem(FILE, found, "lowest and highest", cure, column=place)])
    scale = Scale(name, label, (Item(1, False),), "sum", (), *limits)
    form = "computed elsewhere"
    return Instrument(name, label, form, 1, *limits, (), (scale,), prefix=name, decimals=True)


def _own_settings(content: dict, name: str) -> dict:
    """Return what the study sets differently from a key; nothing if that is wrong itself."""
    try:
        own = InstrumentSettings.model_validate(
            _section(content, "instrument_settings").get(name, {})
        )
    except ValidationError:
        return {}
    return own.model_dump(exclude_none=True)
