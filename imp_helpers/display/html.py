"""Tables and figures as HTML that a screen reader can follow."""

import base64
from itertools import repeat

from markupsafe import Markup, escape

from imp_helpers.display.table import Column, Table, row_anchors

# A cell of more signs needs room to be read.
LONG_TEXT = 30


def table_html(table: Table) -> str:
    """Set a table; every text from the data is escaped, except cells that are HTML."""
    anchor, number = escape(table.anchor), escape(table.number)
    attributes = _row_attributes(table)
    body = "\n".join(
        f"<tr{attribute}>{_cells(row, table.columns, bases)}</tr>"
        for attribute, row, bases in zip(
            attributes, table.rows, table.bases or repeat(()), strict=False
        )
    )
    kind = "table" if table.filters is None else "table searchable"
    foot = f'\n<p class="note"><em>Note.</em> {escape(table.note)}</p>' if table.note else ""
    foot += f"\n{download_links(table.anchor, table.number, table.file)}" if table.file else ""
    return (
        f'<figure class="{kind}" id="{anchor}">\n'
        f'<figcaption><span class="number">{number}</span> {escape(table.caption)}</figcaption>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{number}">\n'
        f"<table>\n<thead>\n{_head(table)}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"</div>{foot}\n</figure>"
    )


def _head(table: Table) -> str:
    if not any(column.spanner for column in table.columns):
        return f"<tr>{''.join(map(_heading, table.columns))}</tr>"
    upper, place = [], 0
    for label, width in table.spanners:
        if label:
            upper.append(f'<th scope="colgroup" colspan="{width}">{escape(label)}</th>')
        else:
            upper.append(_heading(table.columns[place], rows=2))
        place += width
    lower = [_heading(column) for column in table.columns if column.spanner]
    return f"<tr>{''.join(upper)}</tr>\n<tr>{''.join(lower)}</tr>"


def _heading(column: Column, rows: int = 1) -> str:
    numeric = ' class="number"' if column.numeric else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th scope="col"{span}{numeric}>{escape(column.heading)}</th>'


def _row_attributes(table: Table) -> list[str]:
    """Return what is in the tag of each row: its anchor, and what it is filtered by."""
    attributes = [""] * len(table.rows)
    anchors = row_anchors(table.ids, table.anchor)
    for place, name in enumerate(table.ids):
        if name in anchors:
            attributes[place] = f' id="{escape(anchors.pop(name))}"'
    if table.filters is not None:
        for place, row in enumerate(table.filters.to_dict("records")):
            chosen = "".join(f' data-{name}="{escape(value)}"' for name, value in row.items())
            attributes[place] += chosen
    return attributes


def _cells(row: tuple[str, ...], columns: tuple[Column, ...], bases: tuple[str, ...]) -> str:
    first, *others = row
    cells = [f'<th scope="row">{escape(first)}</th>']
    for cell, column, basis in zip(others, columns[1:], bases[1:] or repeat(""), strict=False):
        shown = escape(cell)
        long = "long" if len(shown.striptags()) > LONG_TEXT else ""
        names = f"{'number' if column.numeric else long} {basis}".strip()
        attribute = f' class="{names}"' if names else ""
        cells.append(f"<td{attribute}>{shown}</td>")
    return "".join(cells)


def figure_html(svg: bytes, *, anchor: str, caption: str, alt: str, file: str = "") -> str:
    """Set a figure with its number, caption and alternative text.

    Parameters
    ----------
    svg : bytes
        The picture.
    anchor : str
        Where a link leads, "figure-5-1"; it also gives the number before the caption.
    alt : str
        What the picture shows, in words and numbers.
    file : str, optional
        Where the page finds the picture as a file.
    """
    number = anchor.removeprefix("figure-").replace("-", ".")
    foot = f"{download_links(anchor, f'Figure {number}', file)}\n" if file else ""
    return (
        f'<figure class="plot" id="{escape(anchor)}">\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Figure {number}">\n'
        f"{picture_html(svg, alt)}\n</div>\n"
        f'<figcaption><span class="number">Figure {number}</span> {escape(caption)}</figcaption>\n'
        f"{foot}</figure>"
    )


def picture_html(svg: bytes, alt: str) -> str:
    """Return an SVG as HTML that needs no file."""
    source = base64.b64encode(svg).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{source}">'


def download_links(anchor: str, number: str, file: str) -> Markup:
    """Return the links under a table or figure: to itself, and to its file."""
    kind = file.rpartition(".")[2].upper()
    return Markup(
        '<p class="take"><a href="#{0}" aria-label="Link to {1}">Link</a> '
        '<a href="{2}" download="" aria-label="{3} of {1}">{3}</a></p>'
    ).format(anchor, number, file, kind)


def link(target: str, text: str) -> Markup:
    """Return a cell that leads somewhere."""
    return Markup('<a href="{}">{}</a>').format(target, text)


def with_small_print(text: str, small: str) -> Markup:
    """Return a cell with something beside the point below it."""
    below = Markup("<small>{}</small>").format(small) if small else ""
    return Markup("{}{}").format(text, below)
