"""Read study.toml, and say everything that is wrong with it at once."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from imp_helpers.study.errors import InputError, Problem
from imp_helpers.study.folders import SHIPPED_KEYS, path_inside
from imp_helpers.study.instruments import (
    Instrument,
    available_instruments,
    find_key_file,
    read_instrument,
)
from imp_helpers.study.schema import ID, InstrumentSettings, Settings, WrongSettingError, nearest

FILE = "study.toml"


class Surroundings:
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
    try:
        text, content = _read_toml(folder)
    except InputError as error:
        return None, (), error.problems
    instruments, problems = _read_instruments(folder, content)
    names = list(_section(_section(content, "questionnaires"), "instruments"))
    try:
        context = Surroundings(folder, names, instruments)
        settings = Settings.model_validate(content, context=context)
    except ValidationError as error:
        lines = text.splitlines()
        details = error.errors(include_url=False)
        return None, instruments, [*problems, *(_problem(d, lines) for d in details)]
    return (None if problems else settings), instruments, problems


def _read_toml(folder: Path) -> tuple[str, dict]:
    file = folder / FILE
    if not file.is_file():
        cure = "Name the folder of a study with STUDY=..., or make one with make new-study."
        raise InputError([Problem(FILE, f"no such file in {folder.name}", "a file", cure)])
    try:
        text = file.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError:
        problem = Problem(FILE, "bytes that are no text", "UTF-8", "Save it as UTF-8.")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(FILE, str(error), "TOML", "Correct it.")
    raise InputError([problem]) from None


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


# ---------------------------------------------------------------- pydantic's errors in our form


def _problem(detail: dict, lines: list[str]) -> Problem:
    """Turn one of pydantic's errors into a problem: what was found, what is allowed, the cure."""
    place = [part for part in detail["loc"] if part not in _UNION_PARTS]
    names = [str(part) for part in place if not isinstance(part, int)]
    column = ".".join(names)
    wrong = detail.get("ctx", {}).get("error")
    if isinstance(wrong, WrongSettingError):
        column = ".".join(filter(None, [column, wrong.setting]))
        line = _line_of([*place, *wrong.setting.split(".")], wrong.found, lines)
        return Problem(FILE, wrong.found, wrong.allowed, wrong.cure, line, column)
    owner, field = _field_at(place)
    if detail["type"] == "extra_forbidden":
        known = list(owner.model_fields)
        line = _line_of(place, names[-1], lines)
        found = f'"{names[-1]}", which is no setting'
        return Problem(
            FILE, found, nearest(names[-1], known, ""), "Correct the name.", line, column
        )
    allowed = field.description if field and field.description else "another value"
    extra = (field.json_schema_extra or {}) if field else {}
    if detail["type"] == "missing":
        is_section = len(names) == 1
        allowed = "a section" if is_section else allowed
        cure = f"Add [{names[0]}]." if is_section else extra.get("cure") or f"Add {names[-1]}."
        found = "no such section" if is_section else "nothing"
        return Problem(FILE, found, allowed, cure, _line_of(place[:-1], "", lines), column)
    found = detail["input"]
    if detail["type"] in ("model_type", "dict_type", "list_type"):
        allowed = f"a section, [{column}]" if detail["type"] != "list_type" else allowed
    cure = extra.get("cure") or "Correct the value."
    shown = f'"{found}"' if found not in ("", None) else "nothing"
    shown = shown if len(shown) < 100 else f'{shown[:90]}..."'
    return Problem(FILE, shown, allowed, cure, _line_of(place, str(found), lines), column)


# What pydantic adds to the place of an error where a setting can be of several types.
_UNION_PARTS = ("int", "str", "dict[str,int]", "[key]", "constrained-str")


def _field_at(place: list[str | int]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Find the model and the field that a place in study.toml belongs to."""
    model, field = Settings, None
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
