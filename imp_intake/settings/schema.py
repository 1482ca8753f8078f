"""How settings are described, and what is said of a wrong value.

A setting's description says what is allowed, its ``cure`` what to do about anything else; both
are shown to the person who wrote it. An unknown setting anywhere is an error. pydantic checks; its
errors are put into the form that a user knows: file, line, setting, what was found, what is
allowed, and the cure, with the nearest known name.
"""

import codecs
import difflib
import re
import tomllib
from collections.abc import Collection, Iterable
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

from imp_common.errors import InputError, Problem, first_few, short

ID = r"^[A-Za-z]\w{0,59}$"
# A longer key has no meaning in a study, and takes minutes to read.
DEEPEST = 20
_WORD = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
DEEP_KEY = re.compile(rf"(?<![\w\"'-]){_WORD}(?:[ \t]*\.[ \t]*{_WORD}){{{DEEPEST},}}")
LONG_NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d[\d_]{999,}|0[xob][\da-fA-F_]{999,})")
NOT_TEXT = ("undefined", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7")
LARGEST = 2_000_000
# So much of a value is shown.
LONGEST = 90
Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """A section of study.toml; it cannot be changed once it was read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


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


def _is_id(name: str) -> str:
    """Check that a name can be part of the names of columns and results."""
    if not re.fullmatch(ID, name):
        allowed = "a letter and at most 59 letters, digits or _ after it"
        raise WrongSettingError(as_in_toml(name), allowed, "Write another id.")
    return name


Id = Annotated[str, AfterValidator(_is_id)]
StudyFile = Annotated[str, checked_by("file")]
InstrumentId = Annotated[str, checked_by("instrument")]
ScaleId = Annotated[str, checked_by("scale")]
Code = Annotated[str, BeforeValidator(_as_text)]
Codes = dict[str, Annotated[str, Field(min_length=1)]]


def _are_columns(value: Any) -> Any:
    """Check that a value is a pattern, a list of columns, or a table with one of these a time."""
    for part in value.values() if isinstance(value, dict) and value else [value]:
        words = part if isinstance(part, list) and part else [part]
        if not all(isinstance(word, str) and word for word in words):
            allowed = "a pattern such as PSS_{item}, or a list of the items' columns in order"
            raise WrongSettingError(as_in_toml(value), allowed, "Name the columns of the items.")
    return value


# A pattern such as "PSS_{item}", or the columns of the items in the key's order; or, by the id of
# a time, one of these.
Columns = Annotated[Any, AfterValidator(_are_columns)]


# ---------------------------------------------------------------- what is wrong with a file


def read_toml(path: Path, file: str) -> tuple[str, dict]:
    """Read a TOML file as text and as what it says; InputError if it is no UTF-8 or no TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        found, allowed, cure = "bytes that are no text", "UTF-8", "Save it as UTF-8."
        raise InputError([Problem(file, found, allowed, cure)]) from None
    problem = _unreadable(text, file)
    if problem is None:
        try:
            content = tomllib.loads(text)
            if not _is_deep(content):
                return text, content
            problem = _too_deep(file)
        except RecursionError:
            problem = _too_deep(file)
        except ValueError as error:
            line = re.search(r"at line (\d+)", str(error))
            cure = "Correct it; text stands in quotation marks, and paths are written with /."
            problem = Problem(file, str(error), "TOML", cure, int(line[1]) if line else None)
    raise InputError([problem])


def _unreadable(text: str, file: str) -> Problem | None:
    """Return what of a text must not be read as TOML: nothing, too much, or without end."""
    if not text.strip():
        cure = "Fill it in; make new-study STUDY=... writes the settings of a new study."
        return Problem(file, "an empty file", "settings", cure)
    if len(text) > LARGEST:
        return Problem(file, f"{len(text):,} signs", f"at most {LARGEST:,}", "Shorten it.")
    if match := DEEP_KEY.search(text):
        return _too_deep(file, text.count("\n", 0, match.start()) + 1)
    if match := LONG_NUMBER.search(text):
        found, row = f"a number of {len(match[0]):,} digits", text.count("\n", 0, match.start()) + 1
        return Problem(file, found, "a shorter number", "Correct the number.", row)
    return None


def _too_deep(file: str, row: int | None = None) -> Problem:
    found, allowed = f"a name or value of more than {DEEPEST} parts within each other", "fewer"
    return Problem(file, found, allowed, "Correct it.", row)


def _is_deep(content: object) -> bool:
    level = [content]
    for _ in range(DEEPEST):
        below = [part.values() if isinstance(part, dict) else part
                 for part in level if isinstance(part, dict | list)]  # fmt: skip
        level = [value for values in below for value in values]
    return bool(level)


Place = tuple[str | int, ...]


def validated(
    model: type[Model], content: dict, file: str, text: str, context: object = None,
    still_open: Collection[Place] = (),
) -> tuple[Model | None, list[Problem]]:  # fmt: skip
    """Check the content of a file; return its model and problems, None if something is wrong.

    ``still_open`` are places of which it is said already that they are to be filled in.
    """
    try:
        return model.model_validate(content, context=context), []
    except ValidationError as error:
        details: dict[Place, dict] = {}
        for detail in error.errors(include_url=False):
            # Of a setting that may be of several types there is an error for each.
            details.setdefault(_place(detail["loc"], content), detail)
    lines, inner = text.splitlines(), {place[:n] for place in details for n in range(len(place))}
    return None, [
        _problem(detail, place, model, file, lines) for place, detail in details.items()
        if place not in still_open and (place not in inner or detail["type"] == "value_error")
    ]  # fmt: skip


def _place(location: Place, content: object) -> Place:
    """Return the place of an error in a file, without what pydantic adds to it."""
    place: list[str | int] = []
    for count, part in enumerate(location, 1):
        there = part in content if isinstance(content, dict) else (
            isinstance(content, list) and isinstance(part, int))  # fmt: skip
        if there:
            content = content[part]
        elif not isinstance(content, dict) or count < len(location) or "[" in str(part):
            continue
        place.append(part)
    return tuple(place)


def _problem(
    detail: dict, place: Place, root: type[BaseModel], file: str, lines: list[str]
) -> Problem:
    """Turn one of pydantic's errors into a problem: what was found, what is allowed, the cure."""
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
        found = f'"{short(names[-1], LONGEST)}", which is no setting'
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
    return Problem(
        file, as_in_toml(found), allowed, cure, line_of(place, str(found), lines), column
    )


def as_in_toml(value: object) -> str:
    """Return a value as it stands in a file of settings, shortened if it is long."""
    if isinstance(value, str):
        return f'"{short(value, LONGEST)}"' if value else "nothing"
    if isinstance(value, dict):
        return f"a section, [{first_few(value, 3)}]" if value else "an empty section"
    if isinstance(value, list):
        return f"[{first_few(map(as_in_toml, value), 8)}]"
    return str(value).lower() if isinstance(value, bool) else short(str(value), LONGEST)


def _field_at(place: Place, root: type[BaseModel]) -> tuple[type[BaseModel], FieldInfo | None]:
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


def line_of(place: Iterable[str | int], found: str, lines: list[str]) -> int:
    """Find the line of a setting: within its section, the one with its value or its name."""
    place, lines = list(place), lines or [""]
    names = [str(part) for part in place if part and not isinstance(part, int)]
    counts = [part for part in place if isinstance(part, int)]
    start = _section_line(names, counts[0] if counts else 0, lines)
    section = [(start + 1, lines[start])]
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if line.startswith("["):
            break
        section.append((number, line.split("#")[0]))
    quoted = re.match(r'"(.*?)"', found)
    word = quoted[1] if quoted else found.replace("nothing", "")
    is_named = [n for n, line in section if names and _is_setting(line, names[-1])]
    has_value = [n for n, line in [*section, *enumerate(lines, 1)] if word and word in line]
    return next(iter([*is_named, *has_value, start + 1]))


def _is_setting(line: str, name: str) -> bool:
    return re.match(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]""", line) is not None


def _section_line(names: list[str], count: int, lines: list[str]) -> int:
    """Return the index of the line where the section of a setting begins, its n-th entry."""
    for length in range(len(names), 0, -1):
        head = re.escape(".".join(names[:length]))
        starts = [n for n, line in enumerate(lines) if re.match(rf"\[+{head}\]+", line)]
        if starts:
            return starts[min(count, len(starts) - 1)]
    return 0


def _is_encoding(name: str) -> str:
    """Check that a name is that of an encoding in which a table can be written."""
    try:
        known = codecs.lookup(name).name.replace("_", "-")
        is_text = known not in NOT_TEXT and "a;1\n".encode(name).decode(name) == "a;1\n"
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        cure = 'Write encoding = "utf-8-sig", or delete the line: it is found by itself.'
        raise WrongSettingError(as_in_toml(name), 'an encoding, such as "utf-8-sig"', cure)
    return name


Encoding = Annotated[str, AfterValidator(_is_encoding)]
