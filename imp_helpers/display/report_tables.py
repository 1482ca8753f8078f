"""The tables of the reports, read from their pages as they stand there.

A page's table has its headings, its rounding, its notes and what disclosure control left of it.
Read from there, an exported table cannot differ from the one in the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

# A table that readers search is left out: on a page of paper it is of no use.
_TABLE = re.compile(r'<figure class="table" id="[^"]+">.*?</figure>', re.DOTALL)
# Signs that HTML bears and XML does not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Heading:
    """A heading of a table: its text, and how many columns and rows it spans."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class ReportTable:
    """A table as a report shows it.

    Parameters
    ----------
    number, title, note : str
        "Table 5", what stands beside it, and what stands below.
    head : tuple of tuple of Heading
        One or two rows of headings.
    rows : tuple of tuple of str
        The cells as they are written; the first names the row.
    numeric : tuple of bool
        Which columns hold numbers.
    """

    number: str
    title: str
    note: str
    head: tuple[tuple[Heading, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]

    @property
    def name(self) -> str:
        """The name of its files: "table5"."""
        return self.number.lower().replace(" ", "")

    @property
    def columns(self) -> list[str]:
        """The heading of each column on one line: "Training, before, M"."""
        if len(self.head) == 1:
            return [heading.text for heading in self.head[0]]
        below, names = iter(self.head[1]), []
        for heading in self.head[0]:
            if heading.rows == 2:
                names.append(heading.text)
            else:
                names += [f"{heading.text}, {next(below).text}" for _ in range(heading.columns)]
        return names


def tables_of(page: str) -> list[ReportTable]:
    """Read the tables of a report's page in their order, without those that readers search."""
    return [_read(match[0]) for match in _TABLE.finditer(_NOT_XML.sub("", page))]


def _read(figure: str) -> ReportTable:
    element = ElementTree.fromstring(figure)
    label = _text(element.find("figcaption/span"))
    note = element.find("p[@class='note']")
    head = tuple(tuple(map(_heading, row)) for row in element.findall(".//thead/tr"))
    body = element.findall(".//tbody/tr")
    return ReportTable(
        number=label,
        title=_text(element.find("figcaption")).removeprefix(label).strip(),
        note=_text(note).removeprefix("Note.").strip() if note is not None else "",
        head=head,
        rows=tuple(tuple(map(_text, row)) for row in body),
        numeric=(
            tuple(cell.get("class") == "number" for cell in body[0])
            if body
            else (False,) * sum(heading.columns for heading in head[0])
        ),
    )


def _heading(cell: ElementTree.Element) -> Heading:
    return Heading(_text(cell), int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
