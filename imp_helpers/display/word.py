"""Word documents with tables as APA 7 lays them out: the number bold, the title in italics, rules.

The tables are Word's own, to be edited. The same content gives the same bytes: no clock, no name of
a computer and no library's way of packing gets into a file.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import accumulate
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
from markupsafe import escape

from imp_helpers.display.table import Column, Table

FONT, SIZE, SMALL = "Times New Roman", Pt(12), Pt(10)
LONG_AGO = datetime(2000, 1, 1)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
SYNTHETIC = "SYNTHETIC DATA"
# More columns than this need a page on its side.
UPRIGHT_COLUMNS = 7
# The styles of cells, by what stands in them.
TEXT, NUMBER, SPANNER = "TableText", "TableNumber", "TableSpanner"
ALIGNED = {
    TEXT: WD_ALIGN_PARAGRAPH.LEFT,
    NUMBER: WD_ALIGN_PARAGRAPH.RIGHT,
    SPANNER: WD_ALIGN_PARAGRAPH.CENTER,
}
RULE = '<w:{side} w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
# Parts of the library's empty document that, with its styles of tables, are nine tenths of it.
UNUSED = ("stylesWithEffects", "thumbnail")


@dataclass(frozen=True)
class Cell:
    """A cell of a table in Word: its text, its style, and the columns it spans."""

    text: str
    style: str
    columns: int = 1
    italic: bool = False


def tables_document(title: str, tables: Sequence[Table], synthetic: bool) -> Word:
    """Return a document with tables; each page of it says if the data are synthetic."""
    document = new_document(title, SYNTHETIC if synthetic else "")
    add_tables(document, tables)
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
    made = parse_xml(_table_xml(table, _widths(table, width)))
    document.element.body.insert_element_before(made, "w:sectPr")
    if table.note:
        note = _paragraph(document, "", before=6)
        note.add_run("Note.").italic = True
        note.add_run(f" {table.note}")
        for run in note.runs:
            run.font.size = SMALL


def add_tables(document: Word, tables: Sequence[Table]) -> None:
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
    """Write a document; its parts bear no time, and are not packed: libraries pack otherwise."""
    stream = BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as parts, zipfile.ZipFile(file, "w") as fixed:
        for part in sorted(parts.infolist(), key=lambda part: part.filename):
            entry = zipfile.ZipInfo(part.filename, ZIP_TIME)
            entry.external_attr = 0o600 << 16
            # The system that made a file is written into it; this one says nothing.
            entry.create_system = 3
            fixed.writestr(entry, parts.read(part))


# ---------------------------------------------------------------- the parts of a table


def _widths(table: Table, page: int) -> list[int]:
    """Share the width of the page among the columns by the length of what stands in them."""
    headings = [column.heading.rpartition(", ")[2] for column in table.columns]
    longest = [
        min(max(len(heading), 3, *(len(row[i]) for row in table.rows)), 34) + 3
        for i, heading in enumerate(headings)
    ]
    # A narrow table is not stretched over the page.
    unit = min(page / sum(longest), Pt(5.5))
    return [int(length * unit) for length in longest]


def _table_xml(table: Table, widths: Sequence[int]) -> str:
    """Return a table with rules above and below its head and at its foot."""
    twips = [width // Pt(0.05) for width in widths]
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    head = [_row_xml(cells, twips, rules, head=True) for cells, rules in _head(table)]
    styles = [_style(column) for column in table.columns]
    last = len(table.rows) - 1
    rows = [
        _row_xml(map(Cell, row, styles), twips, ["bottom" if place == last else ""] * len(row))
        for place, row in enumerate(table.rows)
    ]
    return (
        f"<w:tbl {nsdecls('w')}>"
        '<w:tblPr><w:tblW w:type="auto" w:w="0"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{''.join(head + rows)}</w:tbl>"
    )


def _head(table: Table) -> Iterator[tuple[list[Cell], list[str]]]:
    """Return each row of the head, with the sides where its cells have a rule."""
    cells = [Cell(c.heading, _style(c), italic=c.italic) for c in table.columns]
    if not any(column.spanner for column in table.columns):
        yield cells, ["top bottom"] * len(cells)
        return
    upper = [Cell(label, SPANNER if label else TEXT, width) for label, width in table.spanners]
    yield upper, ["top bottom" if cell.text else "top" for cell in upper]
    yield cells, ["bottom"] * len(cells)


def _style(column: Column) -> str:
    return NUMBER if column.numeric else TEXT


def _row_xml(
    cells: Iterable[Cell], widths: Sequence[int], rules: Sequence[str], head: bool = False
) -> str:
    """Return a row that no page cuts; a row of the head stands on each page."""
    cells = list(cells)
    ends = list(accumulate((cell.columns for cell in cells), initial=0))
    made = "".join(
        _cell_xml(cell, sum(widths[start : start + cell.columns]), sides)
        for cell, start, sides in zip(cells, ends, rules, strict=False)
    )
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{made}</w:tr>"


def _cell_xml(cell: Cell, width: int, sides: str) -> str:
    span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
    rules = "".join(RULE.format(side=side) for side in sides.split())
    borders = f"<w:tcBorders>{rules}</w:tcBorders>" if rules else ""
    italic = "<w:rPr><w:i/></w:rPr>" if cell.italic else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{span}{borders}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{cell.style}"/></w:pPr>'
        f'<w:r>{italic}<w:t xml:space="preserve">{escape(cell.text)}</w:t></w:r></w:p></w:tc>'
    )


def _paragraph(
    document: Word, text: str, before: int = 0, after: int = 0, keep: bool = False
) -> Paragraph:
    paragraph = document.add_paragraph(text)
    form = paragraph.paragraph_format
    form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), keep
    return paragraph
