"""The tables of the reports for Word: what Word reads is what the pages say, in the same bytes."""

import csv
import zipfile
from xml.etree import ElementTree

import pandas as pd
import pytest
from docx import Document

from imp_report.exhibits import read_tables
from imp_report.table import Column, Table, table_of
from imp_report.word import add_table, new_document, save, tables_document


@pytest.fixture(scope="session")
def build(starter_build):
    """The pages of any study that has no notebooks of its own."""
    return starter_build


NUMBERS = (Column("mean", "M", "Group", True), Column("percent", "%", "Group", True))
COLUMNS = (Column("topic", "Topic"), *NUMBERS)
TABLE = Table("table-4", "<Title>", "", COLUMNS, (("a & b", "1", "2"),))


@pytest.fixture(scope="module")
def documents(build):
    return {file.stem: file for file in (build / "reports" / "word").iterdir()}


def test_each_report_with_tables_has_a_document(build, documents):
    pages = {
        page.stem: page.read_text(encoding="utf-8") for page in build.glob("reports/[0-9]*.html")
    }
    assert set(documents) == {name for name, page in pages.items() if 'class="table"' in page}
    assert all(f'href="word/{name}.docx"' in pages[name] for name in documents)


def test_word_reads_the_numbers_of_the_csv(build, documents):
    """The CSV is written before the page is made: neither was made from the other."""
    document = Document(documents["05_effectiveness"])
    table = next(table for table in document.tables if len(table.columns) == 14)
    with (build / "reports" / "tables" / "table5.csv").open(encoding="utf-8") as lines:
        wanted = {row["label"]: row for row in csv.DictReader(lines)}
    read = {row.cells[0].text: [cell.text for cell in row.cells] for row in table.rows[2:]}
    assert set(read) == set(wanted)
    for label, cells in read.items():
        assert float(cells[2]) == pytest.approx(float(wanted[label]["F"]), abs=0.005)
        eta = float(wanted[label]["partial_eta_squared"])
        assert float(cells[1]) == pytest.approx(eta, abs=0.0005)


def test_word_reads_captions_and_notes_and_who_did_not_answer(build, documents):
    for name, file in documents.items():
        document, tables = Document(file), read_tables(build, name)
        texts = [paragraph.text for paragraph in document.paragraphs]
        for table in tables:
            assert texts[texts.index(table.number) + 1] == table.caption
            assert not table.note or f"Note. {table.note}" in texts
        cells = [[cell.text for cell in table.rows[-1].cells] for table in document.tables]
        assert cells == [list(table.rows[-1]) for table in tables]
        assert document.sections[-1].header.paragraphs[0].text == "SYNTHETIC DATA"


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        save(tables_document("T", [TABLE, TABLE], synthetic=False), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        # Two versions of zlib pack the same part in different bytes.
        assert {part.compress_type for part in parts.infolist()} == {zipfile.ZIP_STORED}
        core = ElementTree.fromstring(parts.read("docProps/core.xml"))
    dates = [e.text for e in core if e.tag.endswith(("created", "modified"))]
    assert dates == ["2000-01-01T00:00:00Z"] * 2


def test_participants_data_have_no_notice_of_synthetic_ones():
    header = tables_document("T", [TABLE], synthetic=False).sections[0].header
    assert "".join(paragraph.text for paragraph in header.paragraphs) == ""


def test_a_table_without_rows_has_its_head():
    frame = pd.DataFrame({"what": [], "n": []})
    document = new_document("T")
    add_table(document, table_of(frame, "table-1", "None").without_html())
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Assumption", "n"]


def test_what_readers_typed_stays_text():
    """A form may hold signs of XML, and some that XML does not allow at all."""
    frame = pd.DataFrame({"comment": ["<w:br/>\x0b & more"]})
    document = new_document("T")
    add_table(document, table_of(frame, "table-1", "T").without_html())
    assert document.tables[0].rows[1].cells[0].text == "<w:br/> & more"


def test_a_heading_above_columns_spans_them():
    document = new_document("T")
    add_table(document, TABLE)
    table = document.tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["", "Group", "Group"]
    assert [cell.text for cell in table.rows[1].cells] == ["Topic", "M", "%"]
    assert [cell.text for cell in table.rows[2].cells] == ["a & b", "1", "2"]
