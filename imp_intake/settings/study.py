"""A study is a folder; its study.toml says what stands in the folder and what is asked of it."""

from dataclasses import dataclass
from pathlib import Path

from imp_common.errors import Problem, raise_if_any
from imp_intake.settings.instruments import Instrument, Scale
from imp_intake.settings.sections import Question
from imp_intake.settings.settings import Settings, read_settings

SYNTHETIC_NOTICE = (
    "Synthetic data: the participants' answers are not public. Those analysed here were simulated "
    "so that the printed numbers come out. What the paper prints, or what follows from it, is set "
    "in black, what is simulated in grey italics. Agreement verifies the analysis, not the study."
)


SIMULATED_RANGES = "published/simulated_ranges.csv"


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
class Outcome:
    """A scale whose change is analysed.

    ``better`` is the direction of an improvement, "higher" or "lower"; ``family`` is "main" for the
    main measures, "subscale" for the others.
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
class Comparison:
    """An outcome in one arm and in the reference group.

    If a study has several arms, ids and labels name the arm.
    """

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
        """The scale's name, and the arm's after it where there are several."""
        return f"{self.outcome.label}, {self.arm.label}" if self.several else self.outcome.label

    @property
    def groups(self) -> tuple[Group, Group]:
        """The arm and the reference."""
        return self.arm, self.reference


@dataclass(frozen=True)
class Study:
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
    def notice(self) -> str | None:
        """The sentence that heads every page of a synthetic study; None for participants' data."""
        return SYNTHETIC_NOTICE if self.kind == "synthetic" else None

    @property
    def level(self) -> float:
        """The level of significance."""
        return self.settings.study.significance_level

    @property
    def is_randomised(self) -> bool:
        """Whether participants were allocated at random."""
        return self.settings.study.allocation == "randomised"

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
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every outcome in each arm and the reference; with two groups, an outcome each."""
        *arms, reference = self.groups
        return tuple(
            Comparison(outcome, arm, reference, several=len(arms) > 1)
            for outcome in self.outcomes
            for arm in arms
        )

    def comparisons_of(self, scale: str | None) -> list[str]:
        """Return the ids of an outcome's comparisons."""
        return [one.id for one in self.comparisons if one.outcome.id == scale]

    @property
    def analysed_times(self) -> tuple[Time, Time]:
        """The two times whose difference is analysed; without ``analysed_times``, the first two."""
        named = self.settings.analysed_times or [time.id for time in self.times[:2]]
        by_id = {time.id: time for time in self.times}
        return tuple(by_id[name] for name in named)

    def times_of(self, key: Instrument) -> list[Time]:
        """Return the times at which an instrument was given."""
        given = self.settings.questionnaires.times
        return [time for time in self.times if time.id in given.get(key.id, [time.id])]

    @property
    def time_labels(self) -> dict[str, str]:
        """The times' ids and labels."""
        return {time.id: time.label for time in self.times}

    @property
    def intervention_groups(self) -> list[str]:
        """The ids of the groups that were trained."""
        return [group.id for group in self.groups if group.role == "intervention"]

    @property
    def questions(self) -> dict[str, Question]:
        """The evaluation form's questions by their ids; empty without a form."""
        form = self.settings.evaluation
        questions = form.questions if form else []
        return {q.id: q if q.label else q.model_copy(update={"label": q.id}) for q in questions}

    def harm_question(self, kind: str) -> str | None:
        """Return the id of the form's question on harms of one kind, "choice" or "text"."""
        for name, question in self.questions.items():
            if question.area == "harms" and question.kind == kind:
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
