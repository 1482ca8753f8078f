"""A study is a folder; its study.toml says what stands in the folder and what is asked of it."""

from dataclasses import dataclass
from pathlib import Path

from imp_common.design import Design, Outcome
from imp_common.errors import Problem, raise_if_any
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.sections import Question
from imp_intake.settings.settings import Settings, read_settings


@dataclass(frozen=True)
class Group:
    """One arm of the study; ``code`` is how the raw files write it."""

    id: str
    label: str
    code: str
    role: str
    drop_out_reasons: str = ""


@dataclass(frozen=True)
class Time:
    """One measurement; ``code`` is how the raw files write it."""

    id: str
    label: str
    code: str


@dataclass(frozen=True)
class Study(Design):
    """The settings of a study, read and checked.

    Every path in study.toml is relative to ``folder``. ``kind`` is "synthetic" or "participants";
    groups and times are in the order of study.toml, the reference group last; outcomes are in the
    order of the tables; ``settings`` is the whole of study.toml.
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
    settings: Settings

    @property
    def analysed_times(self) -> tuple[Time, Time]:
        """The two times whose difference is analysed; without ``analysed_times``, the first two.

        In a study of one occasion both are that one.
        """
        named = self.settings.analysed_times or [self.times[0].id, self.times[:2][-1].id]
        by_id = {time.id: time for time in self.times}
        return tuple(by_id[name] for name in named)

    @property
    def questions(self) -> dict[str, Question]:
        """The evaluation form's questions by their ids; empty without a form."""
        form = self.settings.evaluation
        questions = form.questions if form else []
        return {q.id: q if q.label else q.model_copy(update={"label": q.id}) for q in questions}

    @property
    def assumptions(self) -> list[dict]:
        """What the keys assume: instrument, id, what, assumed, why, how, confirmed."""
        return [
            {"instrument": key.id, **assumption, "confirmed": _is_confirmed(self, key, assumption)}
            for key in self.instruments
            for assumption in key.assumptions
        ]


def read_study(folder: Path | str) -> Study:
    """Read and check the settings and keys of the study in a folder.

    InputError names every problem of study.toml and of the keys it uses: a missing file or entry,
    an unknown instrument, outcome, role or kind, a path that leaves the folder, and, for a study of
    real participants, every assumption that has not been confirmed.
    """
    study, problems = inspect_study(folder)
    raise_if_any(problems)
    return study


def may_quote_data(folder: Path) -> bool:
    """Tell whether pages about the study in a folder may quote its data; not if in doubt."""
    settings, *_ = read_settings(folder)
    return settings is not None and not settings.disclosure_control


def inspect_study(folder: Path | str) -> tuple[Study | None, list[Problem]]:
    """Read a study's settings as far as they go; return it, or None, and all that is wrong."""
    folder = Path(folder)
    settings, instruments, problems = read_settings(folder)
    if settings is None:
        return None, problems
    scales = {scale.id: scale for key in instruments for scale in key.scales}
    groups = [
        Group(name, group.label or name, group.code or name, group.role, group.drop_out_reasons)
        for name, group in settings.groups.items()
    ]
    study = Study(
        folder=folder,
        title=settings.study.title,
        short_title=settings.study.short_title or settings.study.title,
        kind=settings.study.kind,
        question=settings.study.question,
        groups=tuple(
            sorted(groups, key=lambda g: (g.id == settings.reference, g.role != "intervention"))
        ),
        times=tuple(
            # An empty code is one: the columns of that time have no suffix.
            Time(name, time.label or name, time.code if "code" in time.model_fields_set else name)
            for name, time in settings.times.items()
        ),
        instruments=instruments,
        outcomes=tuple(
            Outcome(scales[entry.scale], entry.better, entry.family) for entry in settings.outcomes
        ),
        settings=settings,
    )
    return study, [*problems, *unconfirmed_assumptions(study)]


def _is_confirmed(study: Study, key: Instrument, assumption: dict) -> bool:
    return assumption["id"] in study.settings.confirmed_assumptions.get(key.id, [])


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
