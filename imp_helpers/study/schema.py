"""How settings are described: what a section is, and what is said of a wrong value.

A setting's description says what is allowed, its ``cure`` what to do about anything else; both
are shown to the person who wrote it. An unknown setting anywhere is an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)

ID = r"^[A-Za-z]\w*$"


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

    Parameters
    ----------
    found, allowed, cure : str
    setting : str
        The setting below the one that was looked at, if it is a section.
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
