"""A study is a folder; its study.toml says what stands in the folder and what is asked of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from imp_helpers.study.errors import InputError, Problem, raise_if_any
from imp_helpers.study.instruments import Instrument, Scale
from imp_helpers.study.settings import SettingsChecker

SYNTHETIC_NOTICE = (
    "Synthetic data. No answer here was given by a person: the data were made so that the printed "
    "numbers come out. A match shows that the pipeline computes the statistic; "
    "it is no evidence about the study."
)


@dataclass(frozen=True)
class Group:
    """One arm of the study; ``code`` is how the raw files write it."""

    id: str
    label: str
    code: str
    role: str


@dataclass(frozen=True)
class Time:
    """One measurement; ``code`` is how the raw files write it."""

    id: str
    label: str
    code: str


@dataclass(frozen=True)
class Outcome:
    """A scale whose change is analysed.

    Parameters
    ----------
    scale : Scale
        What is measured.
    better : {"higher", "lower"}
        The direction of an improvement.
    family : str
        "main" for the main measures, "subscale" for the others.
    """

    scale: Scale
    better: str
    family: str

    @property
    def id(self) -> str:
        """The scale's id."""
        return self.scale.id

    @property
    def label(self) -> str:
        """The scale's name in tables and figures."""
        return self.scale.label


@dataclass(frozen=True)
class Study:
    """The settings of a study, read and checked.

    Parameters
    ----------
    folder : Path
        Where study.toml stands; every path in it is relative to this folder.
    kind : {"synthetic", "participants"}
        Whether the answers were made or given.
    groups, times : tuple
        In the order of study.toml: the intervention and the first time come first.
    instruments : tuple of Instrument
        The questionnaires that the participants filled in.
    outcomes : tuple of Outcome
        In the order of the tables.
    settings : dict
        The whole of study.toml.
    """

    folder: Path
    title: str
    short_title: str
    kind: str
    question: str
    groups: tuple[Group, ...]
    times: tuple[Time, ...]
    instruments: tuple[Instrument, ...]
    outcomes: tuple[Outcome, ...]
    settings: dict

    @property
    def notice(self) -> str | None:
        """The sentence that heads every page of a synthetic study; None for participants' data."""
        return SYNTHETIC_NOTICE if self.kind == "synthetic" else None

    @property
    def scales(self) -> dict[str, Scale]:
        """Every scale of every instrument by its id."""
        return {scale.id: scale for key in self.instruments for scale in key.scales}

    @property
    def main_outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes of the family "main"."""
        return tuple(outcome for outcome in self.outcomes if outcome.family == "main")

    @property
    def group_labels(self) -> dict[str, str]:
        """The groups' ids and labels."""
        return {group.id: group.label for group in self.groups}

    @property
    def analysed_times(self) -> tuple[Time, Time]:
        """The two times whose difference is analysed; without ``analysed_times``, the first two."""
        named = self.settings.get("analysed_times") or [time.id for time in self.times[:2]]
        by_id = {time.id: time for time in self.times}
        return tuple(by_id[name] for name in named)

    @property
    def time_labels(self) -> dict[str, str]:
        """The times' ids and labels."""
        return {time.id: time.label for time in self.times}

    @property
    def intervention_groups(self) -> list[str]:
        """The ids of the groups that were trained."""
        return [group.id for group in self.groups if group.role == "intervention"]

    @property
    def questions(self) -> dict[str, dict]:
        """The evaluation form's questions by their ids; empty without a form."""
        return {q["id"]: q for q in self.settings.get("evaluation", {}).get("questions", [])}

    def harm_question(self, kind: str) -> str | None:
        """Return the id of the form's question on harms of one kind, "choice" or "text"."""
        for name, question in self.questions.items():
            if question["area"] == "harms" and question["kind"] == kind:
                return name
        return None

    @property
    def assumptions(self) -> list[dict]:
        """What the keys assume: instrument, id, what, assumed, why, how, confirmed."""
        return [
            {"instrument": key.id, **assumption, "confirmed": _is_confirmed(self, key, assumption)}
            for key in self.instruments
            for assumption in key.assumptions
        ]


def read_study(folder: Path | str) -> Study:
    """Read and check a study's settings and keys.

    Parameters
    ----------
    folder : path
        The folder that holds study.toml.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        Naming every problem of study.toml and of the keys it uses: a missing file or entry, an
        unknown instrument, outcome, role or kind, a path that leaves the folder, and, for a study
        of real participants, every assumption that has not been confirmed.
    """
    study, problems = inspect_study(folder)
    raise_if_any(problems)
    return study


def inspect_study(folder: Path | str) -> tuple[Study | None, list[Problem]]:
    """Read a study's settings as far as they go; see ``read_study``.

    Returns
    -------
    Study or None
        None if the settings are too broken to go on.
    list of Problem
        Everything that is wrong with them.
    """
    folder = Path(folder)
    try:
        text, settings = _read_settings(folder)
        checker = SettingsChecker(folder, text, settings)
        checker.check_shape()
        raise_if_any(checker.problems)
    except InputError as error:
        return None, error.problems
    instruments = checker.instruments()
    scales = {scale.id: scale for key in instruments for scale in key.scales}
    checker.check_all(scales)
    usable = not checker.problems
    if not usable:
        return None, checker.problems
    head = settings["study"]
    study = Study(
        folder=folder,
        title=str(head.get("title", "")),
        short_title=str(head.get("short_title", head.get("title", ""))),
        kind=str(head.get("kind", "")),
        question=str(head.get("question", "")),
        groups=_groups(settings),
        times=tuple(
            Time(name, str(time.get("label", name)), str(time.get("code", name)))
            for name, time in settings["times"].items()
        ),
        instruments=instruments,
        outcomes=tuple(
            Outcome(scales[entry["scale"]], entry["better"], entry.get("family", "main"))
            for entry in settings["outcomes"]
        ),
        settings=settings,
    )
    return study, unconfirmed_assumptions(study)


def _groups(settings: dict) -> tuple[Group, ...]:
    """Return the groups, the intervention first."""
    groups = [
        Group(name, str(group.get("label", name)), str(group.get("code", name)), group["role"])
        for name, group in settings["groups"].items()
    ]
    return tuple(sorted(groups, key=lambda group: group.role != "intervention"))


def _read_settings(folder: Path) -> tuple[str, dict]:
    file = folder / "study.toml"
    if not file.is_file():
        cure = "Name the folder of a study with STUDY=..., or make one with make new-study."
        raise InputError([Problem("study.toml", f"no such file in {folder.name}", "a file", cure)])
    try:
        text = file.read_text(encoding="utf-8-sig")
        settings = tomllib.loads(text)
    except UnicodeDecodeError:
        cure = "Save it as UTF-8."
        raise InputError([Problem("study.toml", "bytes that are no text", "UTF-8", cure)]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError([Problem("study.toml", str(error), "TOML", "Correct it.")]) from None
    settings.setdefault("raw", {})
    return text, settings


def _is_confirmed(study: Study, key: Instrument, assumption: dict) -> bool:
    confirmed = study.settings.get("confirmed_assumptions", {})
    return assumption["id"] in confirmed.get(key.id, [])


def unconfirmed_assumptions(study: Study) -> list[Problem]:
    """Refuse participants' data while an assumption of a key is unconfirmed."""
    if study.kind != "participants":
        return []
    return [
        Problem(
            "study.toml",
            f'an unconfirmed assumption "{assumption["id"]}": {assumption["assumed"]}',
            "an assumption that has been confirmed or corrected",
            f"{assumption['how']}.",
            column=f"confirmed_assumptions.{assumption['instrument']}",
        )
        for assumption in study.assumptions
        if not assumption["confirmed"]
    ]
