"""A study is a folder; its study.toml says what stands in the folder and what is asked of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from imp_helpers.errors import InputError, Problem, raise_if_any
from imp_helpers.instruments import (
    Instrument,
    Scale,
    available_instruments,
    find_key_file,
    read_instrument,
)

KINDS = ("synthetic", "participants")
ROLES = ("intervention", "control")
QUESTION_KINDS = ("number", "choice", "several", "sum", "text")
REQUIRED = ("study", "groups", "times", "raw", "participants", "questionnaires", "outcomes")
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
    folder = Path(folder)
    file = folder / "study.toml"
    if not file.is_file():
        cure = "Name the folder of a study with STUDY=..., or copy the shipped one."
        raise InputError([Problem("study.toml", f"no such file in {folder.name}", "a file", cure)])
    text = file.read_text(encoding="utf-8-sig")
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem("study.toml", str(error), "TOML", "Correct it.")]) from None
    raise_if_any(
        Problem("study.toml", "no such section", "a section", f"Add [{name}].", column=name)
        for name in REQUIRED
        if name not in settings
    )
    checker = _Checker(folder, text, settings)
    instruments = checker.instruments()
    scales = {scale.id: scale for key in instruments for scale in key.scales}
    head = settings["study"]
    checker.check_head(head)
    checker.check_files()
    checker.check_questions()
    outcomes = checker.outcomes(scales)
    study = Study(
        folder=folder,
        title=str(head.get("title", "")),
        short_title=str(head.get("short_title", head.get("title", ""))),
        kind=str(head.get("kind", "")),
        question=str(head.get("question", "")),
        groups=checker.groups(),
        times=tuple(Time(i, t["label"], str(t["code"])) for i, t in settings["times"].items()),
        instruments=instruments,
        outcomes=outcomes,
        settings=settings,
    )
    checker.check_assumptions(study)
    raise_if_any(checker.problems)
    return study


def _is_confirmed(study: Study, key: Instrument, assumption: dict) -> bool:
    confirmed = study.settings.get("confirmed_assumptions", {})
    return assumption["id"] in confirmed.get(key.id, [])


class _Checker:
    """Collects the problems of one study.toml while its parts are read."""

    def __init__(self, folder: Path, text: str, settings: dict) -> None:
        self.folder, self.lines, self.settings = folder, text.splitlines(), settings
        self.problems: list[Problem] = []

    def add(self, column: str, found: object, allowed: str, cure: str) -> None:
        """Note a problem, with the line where the value stands if it can be found."""
        rows = [i for i, line in enumerate(self.lines, 1) if str(found) in line.split("#")[0]]
        row = rows[0] if found not in ("", None) and rows else None
        shown = f'"{found}"' if found not in ("", None) else "nothing"
        self.problems.append(Problem("study.toml", shown, allowed, cure, row=row, column=column))

    def check_head(self, head: dict) -> None:
        """Check [study]."""
        if not head.get("title"):
            self.add("study.title", "", "a title", "Give the study a title.")
        if head.get("kind") not in KINDS:
            cure = 'Write "participants" if people gave these answers.'
            self.add("study.kind", head.get("kind"), " or ".join(KINDS), cure)

    def groups(self) -> tuple[Group, ...]:
        """Read [groups]."""
        groups = []
        for name, group in self.settings["groups"].items():
            if group.get("role") not in ROLES:
                allowed = " or ".join(ROLES)
                self.add(f"groups.{name}.role", group.get("role"), allowed, "Correct the role.")
            groups.append(
                Group(name, group.get("label", name), str(group.get("code", name)), group["role"])
                if "role" in group
                else Group(name, name, name, "")
            )
        return tuple(sorted(groups, key=lambda group: group.role != "intervention"))

    def instruments(self) -> tuple[Instrument, ...]:
        """Read the key of every instrument that [questionnaires.instruments] names."""
        keys = []
        own = self.settings.get("instrument_settings", {})
        for name in self.settings["questionnaires"].get("instruments", {}):
            key_file = find_key_file(name, self.folder)
            if key_file is None:
                allowed = ", ".join(available_instruments(self.folder))
                cure = f"Correct the name, or add instruments/{name}.toml."
                self.add("questionnaires.instruments", name, allowed, cure)
                continue
            try:
                keys.append(read_instrument(key_file, own.get(name)))
            except InputError as error:
                self.problems += error.problems
        return tuple(keys)

    def outcomes(self, scales: dict[str, Scale]) -> tuple[Outcome, ...]:
        """Read [[outcomes]]."""
        outcomes = []
        for entry in self.settings["outcomes"]:
            name, better = entry.get("scale", ""), entry.get("better")
            if name not in scales:
                self.add("outcomes.scale", name, ", ".join(scales), "Name a scale of a key.")
                continue
            if better not in ("higher", "lower"):
                cure = f"Say which direction of {name} is an improvement."
                self.add("outcomes.better", better, "higher or lower", cure)
            outcomes.append(Outcome(scales[name], better, entry.get("family", "main")))
        return tuple(outcomes)

    def check_files(self) -> None:
        """Check that every raw file that is named exists inside the study's folder."""
        names = {
            f"{section}.file": self.settings[section].get("file")
            for section in ("participants", "questionnaires", "evaluation", "sessions")
            if section in self.settings
        }
        if "corrections" in self.settings["raw"]:
            names["raw.corrections"] = self.settings["raw"]["corrections"]
        for setting, name in names.items():
            if not name:
                self.add(setting, "", "a file", "Name the file.")
                continue
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()):
                self.add(setting, name, "a path inside the study's folder", "Move the file there.")
            elif not path.is_file():
                self.add(setting, name, "a file that exists", "Put the file there.")

    def check_questions(self) -> None:
        """Check the evaluation form's questions."""
        questions = self.settings.get("evaluation", {}).get("questions", [])
        known = {question.get("id") for question in questions}
        for question in questions:
            name, kind = question.get("id", "?"), question.get("kind")
            if kind not in QUESTION_KINDS:
                self.add(f"question {name}", kind, ", ".join(QUESTION_KINDS), "Correct the kind.")
            if kind in ("choice", "several") and not question.get("choices"):
                self.add(f"question {name}", "", "choices", "List the answers under choices.")
            for part in question.get("of", []):
                if part not in known:
                    self.add(f"question {name}", part, "a question's id", "Correct the sum.")

    def check_assumptions(self, study: Study) -> None:
        """Refuse participants' data while an assumption of a key is unconfirmed."""
        if study.kind != "participants":
            return
        for assumption in study.assumptions:
            if not assumption["confirmed"]:
                self.problems.append(
                    Problem(
                        "study.toml",
                        f'an unconfirmed assumption "{assumption["id"]}": {assumption["assumed"]}',
                        "an assumption that has been confirmed or corrected",
                        f"{assumption['how']}.",
                        column=f"confirmed_assumptions.{assumption['instrument']}",
                    )
                )
