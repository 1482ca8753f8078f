"""Files of several lines as templates beside this module; their line ends stay as they are."""

import textwrap
from pathlib import Path

from imp_common.sentences import templates

LINE_WIDTH = 78


def fill(template: str, **values: object) -> str:
    """Fill the template of a file, "README.txt.j2"."""
    return _ENVIRONMENT.get_template(template).render(**values)


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)


_ENVIRONMENT = templates(Path(__file__).parent, keep_trailing_newline=True)
_ENVIRONMENT.filters["lines"] = _lines
