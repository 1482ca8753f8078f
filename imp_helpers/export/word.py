"""Word documents with tables as APA 7 lays them out: the number bold, the title in italics, rules.

The tables are Word's own, to be edited. The same content gives the same bytes: no clock and no name
of a computer gets into a file.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from imp_helpers.export.report_tables import Heading, ReportTable

FONT, SIZE, SMALL = "Times New Roman", Pt(12), Pt(10)
LONG_AGO = datetime(2000, 1, 1)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# More columns than this need a page on its side.
UPRIGHT_COLUMNS = 7
STATISTICS = {"M", "SD", "F", "p", "n", "t", "r", "df", "g", "f", "W"}
RULE = {"val": "single", "sz": "8", "space": "0", "color": "000000"}


def new_document(title: str, heading: str = "") -> Word:
    """Return an empty document in APA's type, with a line at the head of each page."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, SIZE
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", heading
    properties.created = properties.modified = LONG_AGO
    properties.last_modified_by = ""
    for section in document.sections:
        section.left_margin = section.right_margin = Inches(1)
    if heading:
        line = document.sections[0].header.paragraphs[0]
        line.add_run(heading).bold = True
    return document


def add_table(document: Word, table: ReportTable) -> None:
    """Add a table with its number, its title and its note."""
    _paragraph(document, table.number, keep=True).runs[0].bold = True
    _paragraph(document, table.title, keep=True, after=6).runs[0].italic = True
    made = document.add_table(len(table.head) + len(table.rows), len(table.columns))
    width = document.sections[-1].page_width - 2 * Inches(1)
    _set_widths(made, table, width)
    _fill_head(made, table)
    for place, row in enumerate(table.rows, len(table.head)):
        for column, text in enumerate(row):
            _write(made.cell(place, column), text, table.numeric[column])
    for place in range(len(table.head)):
        _repeat_on_each_page(made, place)
    _rule(made, 0, "top")
    _rule(made, len(table.head) - 1, "bottom")
    _rule(made, len(made.rows) - 1, "bottom")
    if table.note:
        note = _paragraph(document, "", before=6)
        note.add_run("Note.").italic = True
        note.add_run(f" {table.note}")
        for run in note.runs:
            run.font.size = SMALL


def add_tables(document: Word, tables: Sequence[ReportTable]) -> None:
    """Add tables, each on a page of its own; wide ones on a page on its side."""
    for place, table in enumerate(tables):
        section = document.sections[0] if place == 0 else document.add_section()
        wide = len(table.columns) > UPRIGHT_COLUMNS
        if wide != (section.orientation == WD_ORIENT.LANDSCAPE):
            section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
            section.page_width, section.page_height = section.page_height, section.page_width
        add_table(document, table)


def add_text(document: Word, heading: str, paragraphs: Sequence[str]) -> None:
    """Add a heading and paragraphs; what stands between asterisks is set in italics."""
    title = _paragraph(document, heading, before=12, keep=True)
    title.runs[0].bold = True
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in paragraphs:
        paragraph = _paragraph(document, "")
        paragraph.paragraph_format.first_line_indent = Pt(36)
        paragraph.paragraph_format.line_spacing = 2
        for piece in re.split(r"(\*[^*]+\*)", text):
            run = paragraph.add_run(piece.strip("*") if piece.startswith("*") else piece)
            run.italic = piece.startswith("*") or None


def save(document: Word, file: Path) -> None:
    """Write a document; the parts bear no time of their own."""
    stream = BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as parts, zipfile.ZipFile(file, "w") as fixed:
        for part in sorted(parts.infolist(), key=lambda part: part.filename):
            entry = zipfile.ZipInfo(part.filename, ZIP_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            # The system that made a file is written into it; this one says nothing.
            entry.create_system = 3
            fixed.writestr(entry, parts.read(part))


# ---------------------------------------------------------------- the parts of a table


def _set_widths(made: Table, table: ReportTable, width: int) -> None:
    """Share the width of the page among the columns by the length of what stands in them."""
    made.autofit = False
    headings = [name.rpartition(", ")[2] for name in table.columns]
    longest = [
        min(max(len(heading), 3, *(len(row[i]) for row in table.rows)), 34) + 3
        for i, heading in enumerate(headings)
    ]
    # A narrow table is not stretched over the page.
    unit = min(width / sum(longest), Pt(5.5))
    for column, length in zip(made.columns, longest, strict=True):
        column.width = int(length * unit)
        for cell in column.cells:
            cell.width = int(length * unit)


def _fill_head(made: Table, table: ReportTable) -> None:
    column = 0
    below = iter(table.head[1]) if len(table.head) == 2 else iter(())
    for heading in table.head[0]:
        if len(table.head) == 2 and heading.rows == 2:
            _write_heading(made.cell(1, column), heading, table.numeric[column])
        elif len(table.head) == 2:
            wide = made.cell(0, column).merge(made.cell(0, column + heading.columns - 1))
            _write_heading(wide, heading, False)
            wide.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            _border(wide, "bottom")
            for place in range(column, column + heading.columns):
                _write_heading(made.cell(1, place), next(below), table.numeric[place])
        else:
            _write_heading(made.cell(0, column), heading, table.numeric[column])
        column += heading.columns


def _write_heading(cell: _Cell, heading: Heading, numeric: bool) -> None:
    _write(cell, heading.text, numeric)
    cell.paragraphs[0].runs[0].italic = heading.text in STATISTICS or None


def _write(cell: _Cell, text: str, numeric: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.add_run(text).font.size = SMALL
    if numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _paragraph(
    document: Word, text: str, before: int = 0, after: int = 0, keep: bool = False
) -> Paragraph:
    paragraph = document.add_paragraph(text)
    form = paragraph.paragraph_format
    form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), keep
    return paragraph


def _rule(table: Table, row: int, side: str) -> None:
    """Draw a rule along a row."""
    for cell in table.rows[row].cells:
        _border(cell, side)


def _border(cell: _Cell, side: str) -> None:
    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    if borders.find(qn(f"w:{side}")) is None:
        line = OxmlElement(f"w:{side}")
        for name, value in RULE.items():
            line.set(qn(f"w:{name}"), value)
        # Word wants the sides in this order.
        borders.insert(0 if side == "top" else len(borders), line)


def _repeat_on_each_page(table: Table, row: int) -> None:
    properties = table.rows[row]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))
    whole = OxmlElement("w:cantSplit")
    properties.insert(0, whole)
