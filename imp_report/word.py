"""Word documents with tables as APA 7 lays them out: the number bold, the title in italics, rules.

The tables are Word's own, to be edited. The same content gives the same bytes: no clock, no name of
a computer and no library's way of packing gets into a file.
"""

import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches, Pt
from docx.text.paragraph import Paragraph
from markupsafe import Markup

from imp_report.table import Table, rendered

FONT, SIZE, SMALL = "Times New Roman", Pt(12), Pt(10)
LONG_AGO = datetime(2000, 1, 1)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
SYNTHETIC = "SYNTHETIC DATA"
# More columns than this need a page on its side.
UPRIGHT_COLUMNS = 7
# The styles of cells, as ``tables/table.xml.j2`` names them.
ALIGNED = {
    "TableText": WD_ALIGN_PARAGRAPH.LEFT,
    "TableNumber": WD_ALIGN_PARAGRAPH.RIGHT,
    "TableSpanner": WD_ALIGN_PARAGRAPH.CENTER,
}
# Parts of the library's empty document that, with its styles of tables, are nine tenths of it.
UNUSED = ("stylesWithEffects", "thumbnail")


def tables_document(title: str, tables: Sequence[Table], synthetic: bool) -> Word:
    """Return a document with each table on a page of its own, wide ones on a page on its side.

    Each page says if the data are synthetic.
    """
    document = new_document(title, SYNTHETIC if synthetic else "")
    for place, table in enumerate(tables):
        section = document.sections[0] if place == 0 else document.add_section()
        wide = len(table.columns) > UPRIGHT_COLUMNS
        if wide != (section.orientation == WD_ORIENT.LANDSCAPE):
            section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
            section.page_width, section.page_height = section.page_height, section.page_width
        add_table(document, table)
    return document


def new_document(title: str, heading: str = "") -> Word:
    """Return an empty document in APA's type, with a line at the head of each page."""
    document = Document(BytesIO(_empty_document()))
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, SIZE
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(0)
    for name, alignment in ALIGNED.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = normal, SMALL
        style.paragraph_format.alignment = alignment
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


@cache
def _empty_document() -> bytes:
    """Return the library's empty document without what no table needs."""
    document, stream = Document(), BytesIO()
    for owner in (document.part, document.part.package):
        for name, relation in list(owner.rels.items()):
            if relation.reltype.endswith(UNUSED):
                owner.rels.pop(name)
    for style in list(document.styles.element.style_lst):
        if style.type == WD_STYLE_TYPE.TABLE and not style.default:
            style.getparent().remove(style)
    document.save(stream)
    return stream.getvalue()


def add_table(document: Word, table: Table) -> None:
    """Add a table with its number, its title and its note."""
    _paragraph(document, table.number, keep=True).runs[0].bold = True
    _paragraph(document, table.caption, keep=True, after=6).runs[0].italic = True
    width = document.sections[-1].page_width - 2 * Inches(1)
    # Cell by cell, the library takes a hundred times as long.
    widths = [one // Pt(0.05) for one in _widths(table, width)]
    styles = ["TableNumber" if column.numeric else "TableText" for column in table.columns]
    about = {"widths": widths, "styles": styles, "namespaces": Markup(nsdecls("w"))}
    made = parse_xml(rendered("table.xml.j2", table=table, **about))
    document.element.body.insert_element_before(made, "w:sectPr")
    if table.note:
        note = _paragraph(document, "", before=6)
        note.add_run("Note.").italic = True
        note.add_run(f" {table.note}")
        for run in note.runs:
            run.font.size = SMALL


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
    """Write a document that is the same byte for byte on every machine."""
    stream = BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as parts, zipfile.ZipFile(file, "w") as fixed:
        for part in sorted(parts.infolist(), key=lambda part: part.filename):
            entry = zipfile.ZipInfo(part.filename, ZIP_TIME)
            entry.external_attr = 0o600 << 16
            # The system that made a file is written into it; this one says nothing.
            entry.create_system = 3
            fixed.writestr(entry, parts.read(part))


def _widths(table: Table, page: int) -> list[int]:
    """Distribute the width of the page among the columns by the length of their contents."""
    headings = [column.heading.rpartition(", ")[2] for column in table.columns]
    longest = [
        min(max(len(heading), 3, *(len(row[i]) for row in table.rows)), 34) + 3
        for i, heading in enumerate(headings)
    ]
    # A narrow table is not stretched over the page.
    unit = min(page / sum(longest), Pt(5.5))
    return [int(length * unit) for length in longest]


def _paragraph(
    document: Word, text: str, before: int = 0, after: int = 0, keep: bool = False
) -> Paragraph:
    paragraph = document.add_paragraph(text)
    form = paragraph.paragraph_format
    form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), keep
    return paragraph
