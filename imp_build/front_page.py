"""What the front page says: the answers of the notebooks, two of their figures, and the ledger."""

import csv
import re
from pathlib import Path

from imp_common.numbers import MARKS
from markupsafe import Markup, escape

from imp_intake.settings.study import Study
from imp_report.exhibits import read_exhibits, read_statements
from imp_report.html import picture_html

# Where the checks of printed numbers are counted.
CHECKS = "tables/table7_4.csv"
FLOW, FOREST = "Figure 4.1", "Figure 5.4"


def answers_of(study: Study | None, reports: Path) -> dict[str, object]:
    """Gather what the front page says.

    Keys: study, said (the notebooks' statements), flow and forest (pictures, if they were drawn),
    exhibits, ledger, checks and left_out (rows of CSV files), marks.
    """
    exhibits = read_exhibits(reports.parent)
    pictures = {exhibit.number: exhibit for exhibit in exhibits}
    return {
        "study": study,
        "said": read_statements(reports.parent),
        "flow": _picture(reports, pictures.get(FLOW)),
        "forest": _picture(reports, pictures.get(FOREST)),
        "exhibits": [
            (f"{kind}s", form, [exhibit for exhibit in exhibits if exhibit.number.startswith(kind)])
            for kind, form in (("Table", "CSV"), ("Figure", "SVG"))
        ],
        "ledger": _rows(reports / "ledger.csv"),
        "checks": _rows(reports / CHECKS),
        "left_out": _rows(reports / "disclosure.csv"),
        "marks": MARKS,
    }


def _picture(reports: Path, exhibit) -> Markup | None:
    """Return a figure in the page itself, with the words that describe it."""
    if exhibit is None:
        return None
    return Markup(picture_html((reports / exhibit.file).read_bytes(), exhibit.alt))


def linked(text: str) -> Markup:
    """Return a text whose addresses are links."""
    parts = re.split(r"(https?://[^\s]+)", text)
    link = Markup('<a href="{0}">{0}</a>')
    return Markup("").join(link.format(p) if p.startswith("http") else escape(p) for p in parts)


def _rows(file: Path) -> list[dict[str, str]]:
    """Read a CSV file of the reports; empty where it was not made."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"
