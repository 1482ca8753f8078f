"""The sections of study.toml: each with its settings, their types and limits."""

import re
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from imp_intake.settings.schema import (
    Code,
    Codes,
    Columns,
    Encoding,
    Id,
    ScaleId,
    Section,
    StudyFile,
    WrongSettingError,
    checked_by,
    nearest,
    setting,
)

# The smallest count of people that is shown. Handbooks of disclosure control ask for 3 (Hundepool
# et al., 2012, 10.1002/9781118348239) to 10 (Griffiths et al., 2019, Handbook on Statistical
# Disclosure Control for Outputs). Health statistics commonly take 5. With groups of two dozen a
# threshold of 10 would leave hardly a table; a secure setting may ask for it.
SMALLEST_COUNT = 5
# The endings of files with sheets.
WORKBOOKS = (".xlsx", ".xlsm")
# What a pattern of columns may hold between braces.
PLACEHOLDER = re.compile(r"\{(item([+-]\d{1,6})?(:0?\d{1,2}d?)?|time)\}")
# Stands in the column of a question for the code of each choice.
CHOICE = "{choice}"
# The areas of feasibility of Bowen et al. (2009), and what 06_adverse_events is about.
HARMS = "harms"
AREAS = ("acceptability", "demand", "implementation", "practicality", "adaptation", "integration",
         "expansion", "limited_efficacy", HARMS)  # fmt: skip
# Questions whose topics are tables of their own.
TOPICS = ("table4", "table6")
# The answer to the question on harms, and the state of a session, that are counted by their ids.
NO_HARM, DELIVERED = "none", "delivered"


def _encoding() -> Any:
    return setting('an encoding, such as "utf-8-sig"', None)


def _separator() -> Any:
    return setting('one sign, such as ";"', None, pattern=r'^[^"\r\n\x00]$')


class Raw(Section):
    """[raw]: how the files are written."""

    separator: str | None = _separator()
    encoding: Encoding | None = _encoding()
    decimal: Literal[".", ","] | None = setting('"." or ","', None)
    date_format: str | None = setting('a format such as "%d-%m-%Y"', None)
    missing: list[Code] = setting('a list such as ["-99", "NA"]', [], "Write a list, in brackets.")
    participant_pattern: str | None = setting("a pattern with the number in brackets", None)
    participant_format: str = setting("a format such as P{:02d}", "{}")
    corrections: StudyFile | None = setting("a file", None, min_length=1)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class RawFile(Section):
    """What every section of a raw file can say about it."""

    file: StudyFile = setting("a file", cure="Name the file.", min_length=1)
    encoding: Encoding | None = _encoding()
    separator: str | None = _separator()
    sheet: str | None = setting("the name of a sheet", None)
    header_rows: int | None = setting("a whole number from 1 to 100", None, ge=1, le=100)
    only: dict[str, Code | list[Code]] = setting(
        'texts, such as { Finished = "True" }', {},
        "Write the value in quotation marks, as it stands in the file.",
    )  # fmt: skip

    @property
    def sources(self) -> list[tuple[str, str, str | None]]:
        """What is read: how messages call it, the file, and its sheet."""
        files, sheets = _as_list(self.file), _as_list(self.sheet) or [None]
        pairs = product(files, sheets) if 1 in (len(files), len(sheets)) else []
        return [(f"{file} [{sheet}]" if sheet else file, file, sheet) for file, sheet in pairs]


Column = Annotated[str, Field(min_length=1)]


def _column() -> Any:
    return setting("a column", cure="Name the column.", min_length=1)


def _maybe_column() -> Any:
    return setting("a column", None, "Name the column.", min_length=1)


class Participants(RawFile):
    """[participants]: the list of participants."""

    participant: str = _column()
    group: str | None = _maybe_column()
    training_group: str | None = _maybe_column()
    sex: str | None = _maybe_column()
    # 04_feasibility counts the men.
    sex_codes: dict[str, Literal["woman", "man", "other"]] | None = setting(
        "woman, man or other", None, 'Write what each code means, such as "1" = "woman".'
    )
    age: str | None = _maybe_column()
    lowest_age: int = setting("a whole number from 0 to 150", 0, ge=0, le=150)
    highest_age: int = setting("a whole number from 0 to 150", 120, ge=0, le=150)
    profession: str | None = _maybe_column()
    profession_codes: Codes | None = setting("codes and their ids", None)
    # How many sessions a participant attended, of how many, and how many complete the programme.
    sessions_attended: str | None = _maybe_column()
    sessions_planned: int | None = setting("a whole number of sessions", None, ge=1, le=1000)
    completed_from: int | None = setting("a whole number of sessions", None, ge=1, le=1000)
    drop_out_reason: str | None = _maybe_column()
    drop_out_reason_codes: Codes | None = setting("codes and their ids", None)

    @model_validator(mode="after")
    def _coded_columns_have_codes(self) -> Self:
        for name in ("sex", "profession", "drop_out_reason"):
            if getattr(self, name) and not getattr(self, f"{name}_codes"):
                cure = f"Add [participants.{name}_codes]."
                raise WrongSettingError("nothing", "codes and their ids", cure, f"{name}_codes")
        if self.sessions_attended and not self.sessions_planned:
            cure = "Write how many sessions a participant could attend: sessions_planned = 8"
            raise WrongSettingError("nothing", "a number", cure, "sessions_planned")
        found = f"{self.lowest_age} to {self.highest_age}"
        if self.lowest_age > self.highest_age:
            raise WrongSettingError(found, "lowest before highest", "Exchange them.", "lowest_age")
        return self


class ComputedScore(Section):
    """[questionnaires.scores.ID]: a scale whose score was computed elsewhere."""

    column: str = setting("a column, such as BDI_{time}", cure="Name the column.", min_length=1)
    label: str = setting("a text", "")
    lowest: float | None = setting("a number of at most 15 digits", None, gt=-1e15, lt=1e15)
    highest: float | None = setting("a number of at most 15 digits", None, gt=-1e15, lt=1e15)


class Questionnaires(RawFile):
    """[questionnaires]: the answers to the instruments; a file or a sheet for each time, or one."""

    file: Annotated[list[StudyFile], BeforeValidator(_as_list)] = setting(
        "a file, or a list with a file for each time", cure="Name the file.", min_length=1
    )
    sheet: Annotated[list[str] | None, BeforeValidator(_as_list)] = setting(
        "the name of a sheet, or a list with a sheet for each time", None
    )
    participant: str = _column()
    time: str | None = _maybe_column()
    date: str | None = _maybe_column()
    minutes: str | None = _maybe_column()
    instruments: Annotated[dict[str, Columns], checked_by("instruments")] = setting(
        "instruments with the pattern of their columns, or a list of them", {}
    )
    scores: dict[Id, ComputedScore] = setting("scales with a column each", {})
    times: dict[str, list[str]] = setting("instruments with a list of times", {})
    totals: dict[ScaleId, Column] = setting("scales with a column each", {})
    labels: dict[str, int | dict[str, int]] = setting("labels of answers with their numbers", {})

    @property
    def patterns(self) -> dict[str, str]:
        """The columns of each instrument and score; those that are listed have names of ours."""
        ours = "_{item}" if self.time or len(self.sources) > 1 else "_{item}_{time}"
        stated = {
            name: columns if isinstance(columns, str) else f"{name}{ours}"
            for name, columns in self.instruments.items()
        }
        return stated | {name: score.column for name, score in self.scores.items()}

    @model_validator(mode="after")
    def _something_is_measured(self) -> Self:
        if not self.patterns:
            cure = "Name each instrument with the pattern of its columns."
            raise WrongSettingError("nothing", "instruments or scores", cure, "instruments")
        return self


class Question(Section):
    """[[evaluation.questions]]: a question of the evaluation form."""

    id: Id = setting("an id of letters and digits", cure="Give it an id.")
    kind: Literal["number", "choice", "several", "sum", "text"] = setting(
        "number, choice, several, sum, text", cure="Correct the kind."
    )
    label: str = setting("a text", "")
    area: str = setting("the id of an area", "")
    column: str | None = _maybe_column()
    # Beyond these, a number would not be held exactly.
    lowest: int | None = setting("a whole number of at most 15 digits", None, gt=-(10**15))
    highest: int | None = setting("a whole number of at most 15 digits", None, lt=10**15)
    of: list[str] = setting("a list of questions", [])
    choices: Codes | None = setting("answers with their ids", None)

    @property
    def columns(self) -> list[str]:
        """Its columns in the file: of several choices, each may have one, "drugs___{choice}"."""
        if self.kind == "several" and CHOICE in self.column:
            return [self.column.replace(CHOICE, code) for code in self.choices]
        return [self.column] if self.column else []

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        name = f"question {self.id}"
        if self.kind in ("choice", "several") and not self.choices:
            raise WrongSettingError("nothing", "choices", "List the answers under choices.", name)
        if self.kind == "number" and (self.lowest is None or self.highest is None):
            cure = "Give the lowest and the highest answer."
            raise WrongSettingError("nothing", "lowest and highest", cure, name)
        if None not in (self.lowest, self.highest) and self.lowest > self.highest:
            found = f"{self.lowest} to {self.highest}"
            raise WrongSettingError(found, "lowest before highest", "Exchange them.", name)
        if self.kind == "sum" and not self.of:
            raise WrongSettingError("nothing", "questions", "List them under of.", name)
        if self.kind != "sum" and not self.column:
            raise WrongSettingError("nothing", "a column", "Name its column.", name)
        if self.id in TOPICS and self.kind != "several":
            cure = 'Write kind = "several", or give the question another id.'
            raise WrongSettingError(f'kind = "{self.kind}"', "several, for this id", cure, name)
        ids = list((self.choices or {}).values())
        if self.kind == "several" and (twice := {c for c in ids if ids.count(c) > 1}):
            found, cure = f'"{min(twice)}" for two answers', "Give each answer an id of its own."
            raise WrongSettingError(found, "an id each", cure, name)
        return self


class Evaluation(RawFile):
    """[evaluation]: the evaluation form."""

    participant: str = _column()
    asked: Literal["intervention", "control"] = setting("intervention or control", "intervention")
    home_practice: str | None = setting("the id of a question", None)
    # The answers to the question on harms that were serious (CONSORT Harms 2022).
    serious_harms: list[str] = setting("a list of ids of answers", [])
    questions: list[Question] = setting("entries", [])

    @model_validator(mode="after")
    def _ids_are_known(self) -> Self:
        numbers: list[str] = []
        for question in self.questions:
            self._known(question.of, numbers, "a question above that asks for a number")
            numbers += [question.id] if question.kind in ("number", "sum") else []
        practice = [self.home_practice] if self.home_practice else []
        self._known(practice, numbers, "a question that asks for a number")
        columns, labels = ["participant"], []
        for question in self.questions:
            choices = (question.choices or {}).values() if question.kind == "several" else ()
            columns += [question.id, *(f"{question.id}_{choice}" for choice in choices)]
            labels.append(question.label or question.id)
        for names, allowed in ((columns, "an id each, and none participant"),
                               (labels, "a label each")):  # fmt: skip
            if twice := [name for name in names if names.count(name) > 1]:
                raise WrongSettingError(f'"{twice[0]}" twice', allowed, "Rename one.", "questions")
        return self

    @staticmethod
    def _known(names: list[str], known: list[str], otherwise: str) -> None:
        for name in names:
            if name not in known:
                allowed = nearest(name, known, otherwise)
                raise WrongSettingError(f'"{name}"', allowed, f"Name {otherwise}.", "questions")

    @model_validator(mode="after")
    def _answers_on_harms_have_one_for_none(self) -> Self:
        asked = [q for q in self.questions if q.area == HARMS and q.kind == "choice"]
        for question in asked[:1]:
            if NO_HARM not in question.choices.values():
                found = f"{', '.join(question.choices.values())}"
                cure = (
                    f'Write choices = {{ ..., "No" = "{NO_HARM}" }} with the answer that reports '
                )
                cure += "nothing: every other answer counts as an adverse effect."
                place = f"question {question.id}"
                raise WrongSettingError(found, f"one answer with the id {NO_HARM}", cure, place)
        known = {c for q in asked[:1] for c in q.choices.values()} - {NO_HARM}
        if unknown := [name for name in self.serious_harms if name not in known]:
            allowed = nearest(unknown[0], known, "an answer to the question on harms")
            raise WrongSettingError(f'"{unknown[0]}"', allowed, "Correct it.", "serious_harms")
        return self


class Sessions(RawFile):
    """[sessions]: the sessions of the programme."""

    training_group: str = _column()
    session: str = _column()
    date: str = _column()
    planned_hours: str = _column()
    delivered_hours: str = _column()
    attended: str = _column()
    status: str = _column()
    status_codes: Codes = setting("codes and their ids")

    @model_validator(mode="after")
    def _a_status_says_that_a_session_was_held(self) -> Self:
        ids = self.status_codes.values()
        if DELIVERED not in ids:
            cure = f'Give the code of a session that was held as planned the id "{DELIVERED}".'
            allowed = f"{DELIVERED} among them"
            raise WrongSettingError(", ".join(ids) or "nothing", allowed, cure, "status_codes")
        return self


class InstrumentSettings(Section):
    """[instrument_settings.ID]: what the study sets differently from a key."""

    left_out: list[int] | None = setting("a list of item numbers", None)
    already_reversed: list[int] | None = setting("a list of item numbers", None)
    points_by_answer: list[int] | None = setting("a list of points", None)
    total_rule: Literal["sum", "mean_of_items", "mean_of_scales"] | None = setting(
        "sum, mean_of_items, mean_of_scales", None
    )


class Privacy(Section):
    """[privacy]: how participants are protected in what is made of their data."""

    disclosure_control: bool | None = setting("true or false", None, "Write no quotation marks.")
    smallest_count: int = setting(
        "a number from 2", SMALLEST_COUNT, "Choose how few people may be counted.", ge=2, le=10**6
    )
    pseudonyms: bool = setting("true or false", False, "Write it without quotation marks.")
    released_texts: list[str] = setting(
        "a list of texts", [],
        "Copy each text that may be shown, in quotation marks, into the list.",
    )  # fmt: skip


class Scoring(Section):
    """[scoring]: the rule for missing answers."""

    most_missing: float = setting("a share from 0 to below 1, such as 0.2", 0.0, ge=0, lt=1)


class Area(Section):
    """[[areas]]: an area of feasibility after Bowen et al. (2009)."""

    id: Id = setting("an id of letters and digits")
    label: str = setting("a text")
    operationalised_as: str = setting("a text")
    statement: str = setting("a text", "")


class Criterion(Section):
    """[[progression]]: a criterion for going on to a larger trial."""

    area: str = setting("the id of an area")
    label: str = setting("a text")
    statistic: str = setting("the id of a result")
    go: float = setting("a number")
    amend: float = setting("a number")


class HarmDimension(Section):
    """[[harm_dimensions]]: what could be asked about harms, and the question that asks it."""

    label: str = setting("a text")
    question: str | None = setting("the id of a question", None)


class TidierItem(Section):
    """[[tidier]]: an item of the description of the intervention (Hoffmann et al., 2014)."""

    item: Code = setting("a number")
    label: str = setting("a text")
    answer: str = setting("a text")
