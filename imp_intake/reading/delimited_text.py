"""Read CSV files with any usual encoding, separator and quoting."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from imp_common.errors import InputError, Problem
from imp_intake.reading.grid import Grid, packed, refuse

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE, LONGEST_SAMPLE, MOST_TITLES = 200, 2_000_000, 5
csv.field_size_limit(100_000_000)
WANTED = "CSV, .xlsx or .sav"
SAVE, UNPACK = "Save it as .xlsx or CSV.", "Unpack it, and name the file that is in it."
# How files begin that are no text, whatever their names say.
OTHER_KINDS = {
    b"PK\x03\x04": ("a zip archive", UNPACK),
    b"\x1f\x8b": ("a gzip archive", UNPACK),
    b"7z\xbc\xaf": ("a 7z archive", UNPACK),
    b"Rar!": ("a rar archive", UNPACK),
    b"$FL": ("an SPSS file with another ending", "Rename it to .sav."),
    b"<stata_dta>": ("a Stata file", "Export it from Stata, as CSV: export delimited."),
    b"\xd0\xcf\x11\xe0": ("an old file of Excel or Word", SAVE),
    b"%PDF": ("a PDF", "Export the data as CSV, .xlsx or .sav."),
}
OTHER_KINDS |= dict.fromkeys(
    (b"<!", b"<?xml", b"<html", b"<HTML", b"<table", b"<TABLE"),
    ("a web page or XML", "Open it in Excel, and save it as .xlsx or CSV."),
)
# What archives hold that are documents.
IN_ARCHIVES = {
    b"xl/workbook.bin": ("a binary workbook of Excel", SAVE),
    b"xl/workbook": ("an Excel workbook with another ending", "Rename it to .xlsx."),
    b"opendocument.spreadsheet": ("a spreadsheet of LibreOffice", SAVE),
    b"Index/Document.iwa": ("a document of Numbers", "Export it from Numbers as Excel or CSV."),
    b"word/document": ("a document of Word", SAVE),
}


def read_text(
    path: Path, file: str, encoding: str | None, separator: str | None, expected: Iterable[str]
) -> Grid:
    """Read a CSV file, called ``file`` inside the study's folder.

    Encoding and separator are detected where they are not stated; the ``expected`` columns, which
    study.toml names, tell two possible separators apart. InputError if the bytes are no text of the
    encoding, or the separator is ambiguous.
    """
    content = path.read_bytes()
    _refuse_other_kinds(content, file)
    warnings = []
    if not encoding:
        encoding, warnings = _encoding_of(content, file)
    start = _decoded(content, encoding, file)[:LONGEST_SAMPLE]
    # Decoded again line by line: the text of a large file is several times its bytes.
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    stated = re.match(r'\ufeff?"?sep=(.)"?\r?\n', start)
    if stated:
        # Excel's own first line; rows keep the numbers that it shows.
        text.readline()
        start, separator = start[stated.end() :], separator or stated[1]
    separator = separator or _separator_of(start, file, set(expected))
    reader = csv.reader(text, delimiter=separator, strict=False)
    # Rows are counted as a spreadsheet shows them: a line break in a cell begins no row.
    numbered = enumerate(_closed(reader, content, encoding, file, bool(stated)), 1 + bool(stated))
    rows = ((line, row) for line, row in numbered if any(map(str.strip, row)))
    _, first = next(rows, (0, []))
    header = [column.strip().lstrip("\ufeff") for column in first]
    name = SEPARATORS.get(separator, repr(separator))
    kind = f"CSV, {name} between cells, {encoding}"
    return Grid(kind, header, *packed(rows, len(header)), warnings=warnings, is_text=True)


def _refuse_other_kinds(content: bytes, file: str) -> None:
    """Refuse what is no table of text by what it is."""
    start = content.lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    kind = next((kind for mark, kind in OTHER_KINDS.items() if start.startswith(mark)), None)
    if start.startswith(b"PK"):
        kind = next((known for mark, known in IN_ARCHIVES.items() if mark in content), kind)
    if start[:1] in (b"{", b"[") and _is_json(content):
        kind = "JSON", "Export the data as CSV."
    if kind:
        raise refuse(file, kind[0], WANTED, kind[1])


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _closed(
    reader: object, content: bytes, encoding: str, file: str, is_stated: bool
) -> Iterator[list[str]]:
    """Yield the rows of a file; InputError if the last one is a quotation that is never closed."""
    row, start, count = [], 0, int(is_stated)
    while True:
        end = reader.line_num
        try:
            following = next(reader)
        except StopIteration:
            break
        row, start, count = following, end, count + 1
        yield row
    if reader.line_num - start < 2:
        return
    # Its lines once more, by a reader that does not take the end of the file for a quotation mark.
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    last = islice(text, start + is_stated, None)
    try:
        for _ in csv.reader(last, delimiter=reader.dialect.delimiter, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            found = f"a quotation mark that is never closed: row {count} holds "
            found += f"{reader.line_num - start} lines, to the end of the file"
            cure = f"Look for a stray quotation mark in row {count} and take it out of the export."
            problem = Problem(file, found, "quotation marks in pairs", cure, count)
            raise InputError([problem]) from None


def _encoding_of(content: bytes, file: str) -> tuple[str, list[Problem]]:
    """Find the encoding by its mark, else by what the bytes allow."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return name, []
    start = content[:4000]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 4:
        return "utf-16-le", []
    if len(start) > 3 and start[::2].count(0) > len(start) // 4:
        return "utf-16-be", []
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # The cell itself is not quoted: it may hold a name, in a column that nobody uses.
        found = f"bytes that are not UTF-8, the first in line {line}; read as cp1252"
        cure = 'If accents are right in the data, write encoding = "cp1252" beside file.'
        return "cp1252", [Problem(file, found, "a stated encoding", cure, severity="warning")]
    return "utf-8", []


def _decoded(content: bytes, encoding: str, file: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeError:
        cure = 'Write the encoding of this file beside file in study.toml: encoding = "cp1252"'
        raise refuse(file, "bytes that are no text", encoding, cure) from None
    except LookupError:
        cure = 'Correct raw.encoding in study.toml, for example to "utf-8-sig".'
        raise refuse("study.toml", f'"{encoding}"', "an encoding", cure) from None


def _separator_of(text: str, file: str, expected: set[str]) -> str:
    """Find the separator: it makes rows of one length, and columns that study.toml names."""
    sample = io.StringIO(text, newline="")
    fitting = {}
    for separator in SEPARATORS:
        sample.seek(0)
        rows = list(islice(csv.reader(sample, delimiter=separator), SAMPLE))
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        # A title may stand above the names of the columns.
        head = max(rows[:MOST_TITLES], key=len, default=[])
        if len(head) > 1:
            alike = sum(len(row) == len(head) for row in rows) / len(rows)
            known = len(expected.intersection(cell.strip().lstrip("\ufeff") for cell in head))
            fitting[separator] = (known, alike, len(head))
    if not fitting:
        return ","
    known = {s: fit for s, fit in fitting.items() if fit[0] == max(f[0] for f in fitting.values())}
    if len(known) == 1:
        return next(iter(known))
    alike = {s: fit for s, fit in known.items() if fit[1] == 1}
    if len(alike) == 1:
        return next(iter(alike))
    names = " or ".join(SEPARATORS[s] for s in known)
    cure = "State separator under [raw] in study.toml."
    raise InputError([Problem(file, f"{names} between cells", "one separator", cure)])
