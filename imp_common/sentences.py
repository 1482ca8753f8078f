"""Sentences as templates over named results: numbers first, words last.

``sentences/NAME.j2`` holds the sentences of one page or document, each a Jinja macro whose
arguments are results. Nothing is decided in words: a template formats values and chooses between
phrasings.
"""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from imp_common import number_formats as formats
from imp_common.numbers import MARKS

FOLDER = Path(__file__).parent / "sentences"


def templates(folder: Path | list[Path], **settings: object) -> Environment:
    """Return the templates of a folder, in which a name without a value is an error by default."""
    given = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined} | settings
    return Environment(loader=FileSystemLoader(folder), **given)


def sentence(name: str, **values: object) -> str:
    """Fill the template of a sentence, named by file and macro, "effectiveness.answer".

    Values are numbers, texts, or tables whose rows it goes through. Paragraphs stay apart, and so
    do the entries of a list; other line ends become spaces.
    """
    file, _, macro = name.partition(".")
    text = str(getattr(_macros(file), macro)(**values))
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*- )", text.strip())
    joined = [" ".join(paragraph.split()) for paragraph in paragraphs]
    return "\n\n".join(joined).replace("\n\n- ", "\n- ")


@cache
def _macros(file: str) -> object:
    """Return the macros of a template, to be called by their names."""
    return _ENVIRONMENT.get_template(f"{file}.j2").module


def listed(parts: list[object]) -> str:
    """Join phrases as a sentence does: "a, b and c"."""
    *first, end = [str(part) for part in parts] or [""]
    return f"{', '.join(first)} and {end}" if first else end


def plural(number: int, noun: str, none: str = "") -> str:
    """Return a number with its noun: "1 form", "3 forms", of 0 "no form" with ``none``."""
    if isinstance(number, str):
        return f"{number} {noun}s"
    if none and not number:
        return f"{none} {noun}"
    return f"{_written(formats.whole)(number)} {noun if number == 1 else noun + 's'}"


def _written(form: formats.Format) -> formats.Format:
    """Let a format leave withheld numbers, and put behind others the mark of their basis."""

    def write(value: object) -> str:
        # A table of pandas makes plain text of what is withheld.
        if isinstance(value, str):
            return value
        text, mark = form(value), MARKS.get(getattr(value, "basis", ""), "")
        return text if text == formats.MISSING else text + mark

    return write


FILTERS = {
    "fixed": lambda value, decimals=2: _written(formats.fixed(decimals))(value),
    "bounded": lambda value, decimals=2: _written(formats.bounded(decimals))(value),
    "p_value": _written(formats.p_value),
    "whole": _written(formats.whole),
    "without_zero": _written(formats.without_zero),
    "listed": listed,
    "plural": plural,
    "rows": lambda table: table.to_dict("records"),
    "lower_first": lambda text: text[:1].lower() + text[1:],
}
_ENVIRONMENT = templates(FOLDER)
_ENVIRONMENT.filters |= FILTERS
