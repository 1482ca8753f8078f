"""How settings are described, and what is said of a wrong value.

A setting's description says what is allowed, its ``cure`` what to do about anything else; both
are shown to the person who wrote it. An unknown setting anywhere is an error. pydantic checks; its
errors are put into the form that a user knows: file, line, setting, what was found, what is
allowed, and the cure, with the nearest known name.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic.fields import FieldInfo

from imp_helpers.study.errors import InputError, Problem

ID = r"^[A-Za-z]\w*$"
Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """A section of study.toml; it cannot be changed once it was read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def setting(allowed: str, default: Any = ..., cure: str = "", **limits: Any) -> Any:
    """Return the field of a setting: what is allowed, its default, and the cure."""
    return Field(default, description=allowed, json_schema_extra={"cure": cure}, **limits)


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return what is allowed in the place of an unknown name, the nearest known one first."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    rest = ", ".join(other for other in known if other not in near)
    return f'"{near[0]}"' + (f", or one of {rest}" if rest else "") if near else rest or otherwise


def _as_text(value: object) -> object:
    """Take a whole number as the text that it is written as: many codes are numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class WrongSettingError(ValueError):
    """A value of the right type that cannot be right: what was found, what is allowed, the cure.

    ``setting`` is below the one that was looked at, if that is a section.
    """

    def __init__(self, found: str, allowed: str, cure: str, setting: str = "") -> None:
        super().__init__(found)
        self.found, self.allowed, self.cure, self.setting = found, allowed, cure, setting


def checked_by(name: str) -> AfterValidator:
    """Let the validation's context look at a value: it knows folder, keys and scales."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            getattr(info.context, name)(value)
        return value

    return AfterValidator(check)


StudyFile = Annotated[str, checked_by("file")]
InstrumentId = Annotated[str, checked_by("instrument")]
ScaleId = Annotated[str, checked_by("scale")]
Code = Annotated[str, BeforeValidator(_as_text)]
Codes = dict[str, Annotated[str, Field(min_length=1)]]


# ---------------------------------------------------------------- what is wrong with a file


def read_toml(path: Path, file: str) -> tuple[str, dict]:
    """Read a TOML file as text and as what it says; InputError if it is no UTF-8 or no TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError:
        problem = Problem(file, "bytes that are no text", "UTF-8", "Save it as UTF-8.")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        row = int(line[1]) if line else None
        cure = "Correct it; text stands in quotation marks, and paths are written with /."
        problem = Problem(file, str(error), "TOML", cure, row)
    raise InputError([problem]) from None


def validated(
    model: type[Model], content: dict, file: str, text: str, context: object = None
) -> tuple[Model | None, list[Problem]]:
    """Check the content of a file; return its model and problems, None if something is wrong."""
    try:
        return model.model_validate(content, context=context), []
    except ValidationError as error:
        lines = text.splitlines()
        return None, [_problem(d, model, file, lines) for d in error.errors(include_url=False)]


def _problem(detail: dict, root: type[BaseModel], file: str, lines: list[str]) -> Problem:
    """Turn one of pydantic's errors into a problem: what was found, what is allowed, the cure."""
    place = [part for part in detail["loc"] if part not in _UNION_PARTS]
    names = [str(part) for part in place if not isinstance(part, int)]
    column = ".".join(names)
    wrong = detail.get("ctx", {}).get("error")
    if isinstance(wrong, WrongSettingError):
        column = ".".join(filter(None, [column, wrong.setting]))
        line = line_of([*place, *wrong.setting.split(".")], wrong.found, lines)
        return Problem(file, wrong.found, wrong.allowed, wrong.cure, line, column)
    owner, field = _field_at(place, root)
    if detail["type"] == "extra_forbidden":
        known = list(owner.model_fields)
        line = line_of(place, names[-1], lines)
        found = f'"{names[-1]}", which is no setting'
        return Problem(
            file, found, nearest(names[-1], known, ""), "Correct the name.", line, column
        )
    allowed = field.description if field and field.description else "another value"
    extra = (field.json_schema_extra or {}) if field else {}
    if detail["type"] == "missing":
        is_section = field is not None and len(names) == 1 and _model_in(field.annotation)
        allowed = "a section" if is_section else allowed
        cure = f"Add [{names[0]}]." if is_section else extra.get("cure") or f"Add {names[-1]}."
        found = "no such section" if is_section else "nothing"
        return Problem(file, found, allowed, cure, line_of(place[:-1], "", lines), column)
    found = detail["input"]
    if detail["type"] in ("model_type", "dict_type", "list_type"):
        allowed = f"a section, [{column}]" if detail["type"] != "list_type" else allowed
    cure = extra.get("cure") or "Correct the value."
    shown = f'"{found}"' if found not in ("", None) else "nothing"
    shown = shown if len(shown) < 100 else f'{shown[:90]}..."'
    return Problem(file, shown, allowed, cure, line_of(place, str(found), lines), column)


# What pydantic adds to the place of an error where a setting can be of several types.
_UNION_PARTS = ("int", "str", "dict[str,int]", "[key]", "constrained-str")


def _field_at(
    place: list[str | int], root: type[BaseModel]
) -> tuple[type[BaseModel], FieldInfo | None]:
    """Find the model and the field that a place in study.toml belongs to."""
    model, field = root, None
    for part in place:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        field = model.model_fields[part]
        below = _model_in(field.annotation)
        if below is not None:
            owner, model = model, below
            if part == place[-1]:
                return owner, field
    return model, field


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Find the model within a type such as ``list[Question]`` or ``dict[str, Group]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (_model_in(part) for part in get_args(annotation))
    return next((model for model in models if model is not None), None)


def line_of(place: list[str | int], found: str, lines: list[str]) -> int:
    """Find the line of a setting: within its section, the one with its value or its name."""
    names = [str(part) for part in place if part and not isinstance(part, int)]
    counts = [part for part in place if isinstance(part, int)]
    start = _section_line(names, counts[0] if counts else 0, lines)
    section = [(start + 1, lines[start])]
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if line.startswith("["):
            break
        section.append((number, line.split("#")[0]))
    quoted = re.match(r'"(.*?)"', found)
    word = quoted[1] if quoted else found
    is_named = [n for n, line in section if names and re.match(rf'"?{names[-1]}"?\s*[=.]', line)]
    has_value = [n for n, line in [*section, *enumerate(lines, 1)] if word and word in line]
    return next(iter([*is_named, *has_value, start + 1]))


def _section_line(names: list[str], count: int, lines: list[str]) -> int:
    """Return the index of the line where the section of a setting begins, its n-th entry."""
    for length in range(len(names), 0, -1):
        head = re.escape(".".join(names[:length]))
        starts = [n for n, line in enumerate(lines) if re.match(rf"\[+{head}\]+", line)]
        if starts:
            return starts[min(count, len(starts) - 1)]
    return 0
