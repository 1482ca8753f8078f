"""Pages that are complete in themselves: they request nothing and run no script but their own."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Undefined
from markupsafe import Markup

from imp_common.sentences import FILTERS, templates

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Page:
    """A page as the other pages refer to it: its file, its title and its question."""

    file: str
    title: str
    question: str


@dataclass(frozen=True)
class Site:
    """What all pages of a build have in common.

    The title stands in full on the front page and short at the head of each report; ``question`` is
    what the study asked, ``notice`` a sentence at the top of each page.
    """

    title: str
    short_title: str
    question: str
    notice: str | None
    pages: tuple[Page, ...]


def render_page(title: str, body: Markup) -> str:
    """Render a page that stands alone and needs nothing else."""
    site = Site(title, title, "", None, ())
    return fill_template("plain.html.j2", site=site, heading=title, body=body)


def fill_template(template: str, folder: Path = TEMPLATES, **content: object) -> str:
    """Fill a template; the page's policy forbids every request and every script but its own."""
    # A page leaves out what a study does not have.
    environment = templates([folder, TEMPLATES], autoescape=True, undefined=Undefined)
    environment.filters |= FILTERS | {"css_text": _css_text}
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,
        **content,
    )


def _css_text(text: str) -> Markup:
    """Return a text as a style sheet writes it; no sign of it can end the text."""
    signs = (sign if sign.isalnum() or sign == " " else f"\\{ord(sign):x} " for sign in text)
    return Markup('"{}"').format(Markup("".join(signs)))
