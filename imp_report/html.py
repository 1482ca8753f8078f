"""Tables and figures as HTML that a screen reader can follow."""

import re

from markupsafe import Markup, escape

from imp_report.table import Table, number_of, rendered, row_anchors


def table_html(table: Table) -> str:
    """Set a table; every text from the data is escaped, except cells that are HTML."""
    known = row_anchors(table.ids, table.anchor)
    # The first row of an id is the one that links lead to.
    anchors = [known.pop(name, "") for name in table.ids] or [""] * len(table.rows)
    filters = None if table.filters is None else table.filters.to_dict("records")
    return rendered("table.html.j2", table=table, anchors=anchors, filters=filters)


def figure_html(
    svg: bytes, *, anchor: str, caption: str, alt: str, file: str = "", narrow: bytes = b"",
    note: str = "",
) -> str:  # fmt: skip
    """Set a figure with its number, caption and alternative text.

    ``alt`` says what the picture shows, in words and numbers; ``file`` is where the page finds the
    picture as a file, if it does; ``narrow`` is the same drawing for a phone.
    """
    about = {"anchor": anchor, "number": number_of(anchor), "caption": Markup(caption)}
    about |= {"file": file, "note": Markup(note)}
    return rendered("figure.html.j2", picture=Markup(picture_html(svg, alt, narrow)), **about)


def picture_html(svg: bytes, alt: str, narrow: bytes = b"") -> str:
    """Return an SVG as HTML that needs no file; its address is a quarter shorter than base64."""
    image = f'<img alt="{escape(alt)}" src="{_address(svg)}">'
    if not narrow:
        return image
    # In a list of sources white space would end the address.
    source = _address(narrow).replace(" ", "%20").replace(",", "%2C").replace("%2C", ",", 1)
    return f'<picture><source media="(max-width: 36rem)" srcset="{source}">{image}</picture>'


def _address(svg: bytes) -> str:
    text = re.sub("<[^>]+>", lambda tag: tag[0].replace("'", "").replace('"', "'"), svg.decode())
    signs = {"%": "%25", "#": "%23", '"': "%22", "&": "%26", "\n": " "}
    return f"data:image/svg+xml,{text.translate(str.maketrans(signs))}"


def link(target: str, text: str) -> Markup:
    """Return a link as a table cell."""
    return Markup('<a href="{}">{}</a>').format(target, text)


def with_small_print(text: str, small: str) -> Markup:
    """Return a cell with a second line in small print."""
    below = Markup("<small>{}</small>").format(small) if small else ""
    return Markup("{}{}").format(text, below)
