"""Hold what was written in a TOML file against a model, and say everything that is wrong with it.

pydantic checks; its errors are put into the form that a user knows: file, line, setting, what was
found, what is allowed, and the cure, with the nearest known name.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from imp_helpers.study.errors import InputError, Problem
from imp_helpers.study.schema import WrongSettingError, nearest

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, file: str) -> tuple[str, dict]:
    """Read a TOML file as text and as what it says.

    Raises
    ------
    InputError
        If it is no UTF-8 or no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError:
        problem = Problem(file, "bytes that are no text", "UTF-8", "Save it as UTF-8.")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(file, str(error), "TOML", "Correct it.")
    raise InputError([problem]) from None


def validated(
    model: type[Model], content: dict, file: str, text: str, context: object = None
) -> tuple[Model | None, list[Problem]]:
    """Check the content of a file.

    Returns
    -------
    Model or None
        None if something is wrong.
    list of Problem
        Everything that is wrong.
    """
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
        line = _line_of([*place, *wrong.setting.split(".")], wrong.found, lines)
        return Problem(file, wrong.found, wrong.allowed, wrong.cure, line, column)
    owner, field = _field_at(place, root)
    if detail["type"] == "extra_forbidden":
        known = list(owner.model_fields)
        line = _line_of(place, names[-1], lines)
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
        return Problem(file, found, allowed, cure, _line_of(place[:-1], "", lines), column)
    found = detail["input"]
    if detail["type"] in ("model_type", "dict_type", "list_type"):
        allowed = f"a section, [{column}]" if detail["type"] != "list_type" else allowed
    cure = extra.get("cure") or "Correct the value."
    shown = f'"{found}"' if found not in ("", None) else "nothing"
    shown = shown if len(shown) < 100 else f'{shown[:90]}..."'
    return Problem(file, shown, allowed, cure, _line_of(place, str(found), lines), column)


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


def _line_of(place: list[str | int], found: str, lines: list[str]) -> int | None:
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
