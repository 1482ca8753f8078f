"""A table as it is shown, made once; HTML, Word, LaTeX and CSV are renderings of it."""

import csv
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from imp_common.errors import harmless
from imp_common.number_formats import MISSING, Format, is_missing, traffic_light
from imp_common.register import statistic_of
from imp_common.sentences import templates

if TYPE_CHECKING:
    from pandas import DataFrame

# The lower end of an interval: "low", "g_low", "exact_low_control".
_LOW = re.compile(r"(?<![a-z])low(?![a-z])")
TYPESET = {"ηp²": "η<sub>p</sub>²", "BF10": "BF<sub>10</sub>", "p, Holm": "<i>p</i>, Holm"}
# Signs that HTML bears and XML does not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """A column of a table; ``spanner`` is the heading that it shares with its neighbours, if any.

    ``numeric`` says that its cells are set as numbers, ``italic`` that APA 7 sets its heading so.
    """

    name: str
    heading: str
    spanner: str = ""
    numeric: bool = False
    italic: bool = False

    @property
    def full_heading(self) -> str:
        """Both headings on one line: "Training, before, M"."""
        return f"{self.spanner}, {self.heading}" if self.spanner else self.heading


@dataclass(frozen=True)
class Table:
    """A table as a reader sees it; its first column names the rows.

    ``anchor`` is where a link leads, "table-5-1", and gives the number. A cell that is
    ``markupsafe.Markup`` is HTML. ``ids`` are those of the rows. ``filters`` is, row by row, what
    readers can choose rows by; a page then also searches and sorts. ``file`` is the table as a
    file, below the reports. ``bases`` is what each cell rests on, where a table mixes bases.
    ``sections`` is, row by row, the heading of the group that it belongs to, if rows are grouped.
    """

    anchor: str
    caption: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...] = ()
    filters: "DataFrame | None" = field(default=None, compare=False)
    file: str = ""
    bases: tuple[tuple[str, ...], ...] = ()
    sections: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """Its number: "table-5-1" is "Table 5.1"."""
        return number_of(self.anchor)

    @property
    def name(self) -> str:
        """The name of its files: "table5"."""
        return self.number.lower().replace(" ", "")

    @property
    def spanners(self) -> list[tuple[str, list[int]]]:
        """Each heading above neighbouring columns with their places; one above none is empty."""
        spans: list[tuple[str, list[int]]] = []
        for place, column in enumerate(self.columns):
            if spans and column.spanner and spans[-1][0] == column.spanner:
                spans[-1][1].append(place)
            else:
                spans.append((column.spanner, [place]))
        return spans

    @property
    def is_spanned(self) -> bool:
        """Whether some columns share a heading."""
        return any(column.spanner for column in self.columns)

    @property
    def _plain_columns(self) -> tuple[Column, ...]:
        return tuple(replace(c, heading=_plain(c.heading)) for c in self.columns)

    def without_html(self) -> "Table":
        """Return the table with plain text in every cell, as paper needs it."""
        rows, above = [], ""
        for number, row in enumerate(self.rows):
            section = self.sections[number] if self.sections else ""
            if section != above:
                rows.append((section, *[""] * (len(row) - 1)))
            above = section
            rows.append(tuple(map(_plain, row)))
        return Table(
            self.anchor, _plain(self.caption), _plain(self.note), self._plain_columns, tuple(rows),
            file=self.file,
        )  # fmt: skip


def table_of(
    frame: "DataFrame",
    anchor: str,
    caption: str,
    *,
    headings: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    note: str = "",
    filters: "DataFrame | None" = None,
) -> Table:
    """Lay out a table that no study stands behind.

    Parameters
    ----------
    frame : DataFrame
        The first column names the rows.
    anchor, caption, note, filters
        See ``Table``.
    headings, formats : mapping, optional
        The heading of a column and how its cells are written, where they differ from the register.
    """
    known = {column: statistic_of(column) for column in frame}
    headings = {column: known[column].heading for column in frame} | dict(headings or {})
    italic = {c for c in frame if known[c].italic and headings[c] == known[c].heading}
    formats = {c: known[c].format for c in frame if known[c].format} | dict(formats or {})
    frame = _with_intervals_in_one(frame, headings, formats)
    formats.pop(frame.columns[0], None)  # It holds names: nothing in it is set as a number.
    numeric = {column for column in frame if formats.get(column) not in (None, traffic_light)}
    columns = tuple(
        Column(c, headings.get(c, c), numeric=c in numeric, italic=c in italic) for c in frame
    )
    cells = [frame[c].map(formats.get(c, as_text)) for c in frame]
    rows = tuple(zip(*cells, strict=True)) if len(frame) else ()
    return Table(anchor, caption, note, columns, rows, filters=filters)


def rendered(template: str, **content: object) -> str:
    """Fill a template of the folder ``tables``: what a table is on a page, in Word or in LaTeX."""
    return _ENVIRONMENT.get_template(template).render(**content)


def typeset(heading: str) -> Markup:
    """Return a heading with its signs as journals set them."""
    text = str(escape(heading))
    for plain, html in TYPESET.items():
        text = text.replace(plain, html)
    return Markup(text)


def simulated(text: str) -> Markup:
    """Return a number as the pages set what is simulated; a screen reader says so."""
    return Markup('<i class="simulated"><span class="spoken">simulated </span>{}</i>').format(text)


def _by_basis(cell: str, basis: str) -> str:
    return simulated(cell) if basis == "simulated" and cell not in (MISSING, "") else cell


_ENVIRONMENT = templates(
    Path(__file__).parent / "tables", autoescape=lambda name: not name.endswith(".tex.j2")
)
_ENVIRONMENT.filters |= {"typeset": typeset, "marked": _by_basis}


def table_csv(table: Table) -> str:
    """Return a table as CSV as it is shown: headings on one line, no cell a formula."""
    lines = StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(column.full_heading for column in table.columns)
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return lines.getvalue()


def as_text(value: object) -> str:
    """Return a cell of text; a missing one as a dash, and one that is HTML as it is."""
    if isinstance(value, Markup):
        return value
    return MISSING if is_missing(value) else str(value)


def _plain(text: str) -> str:
    text = text.striptags() if isinstance(text, Markup) else " ".join(text.split())
    return _NOT_XML.sub("", text)


def _with_intervals_in_one(
    frame: "DataFrame", headings: dict[str, str], formats: dict[str, Format]
) -> "DataFrame":
    """Set neighbouring columns "low" and "high" (or "g_low" and "g_high") as one: [0.05, 0.45]."""
    for low in [column for column in frame if _LOW.search(column)]:
        high = other_end(low)
        if high not in frame or low not in formats:
            continue
        ends = zip(frame[low].map(formats[low]), frame[high].map(formats[high]), strict=True)
        merged = [MISSING if MISSING in pair else f"[{', '.join(pair)}]" for pair in ends]
        place, name = frame.columns.get_loc(low), interval_column(low)
        frame = frame.drop(columns=[low, high])
        frame.insert(place, name, merged)
        headings[name], formats[name] = headings[low].removesuffix(", low"), str
    return frame


def interval_column(low: str) -> str:
    """Return the name of the column that shows an interval: of "g_low" it is "g_interval"."""
    return _LOW.sub("interval", low)


def other_end(low: str) -> str:
    """Return the name of an interval's upper end: of "g_low" it is "g_high"."""
    return _LOW.sub("high", low)


def number_of(anchor: str) -> str:
    """Return the number of the table or figure with an anchor: "Table 5.1"."""
    return anchor.replace("-", " ", 1).replace("-", ".").capitalize()


def row_anchors(names: list[str] | tuple[str, ...], anchor: str) -> dict[str, str]:
    """Return where to find the first row of each id: "table-5.pss_total"; names are no ids."""
    return {n: f"{anchor}.{n}" for n in dict.fromkeys(names) if re.fullmatch(r"[a-z][\w.]*", n)}


def as_record(table: Table) -> dict:
    """Return a table as a JSON record for Word and LaTeX; a searchable one without rows."""
    record = asdict(table.without_html())
    del record["bases"]
    is_searched = table.filters is not None
    return record | ({"rows": [], "columns": []} if is_searched else {})


def from_record(record: dict) -> Table:
    """Undo ``as_record``."""
    columns = tuple(Column(**column) for column in record["columns"])
    rows = tuple(tuple(row) for row in record["rows"])
    known = {"columns": columns, "rows": rows, "ids": (), "filters": None, "bases": ()}
    return Table(**{k: v for k, v in record.items() if k not in ("basis", "outdated")} | known)
