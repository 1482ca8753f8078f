"""The tables of the reports, read from their pages as they stand there.

A page's table has its headings, its rounding, its notes and what disclosure control left of it.
Read from there, an exported table cannot differ from the one in the report.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

from imp_helpers.errors import AnalysisError
from imp_helpers.safe_text import harmless

NUMBERS = (3, 4, 5, 6)


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


def read_report_tables(reports: Path) -> list[ReportTable]:
    """Read Tables 3 to 6 from the reports, those that there are.

    Raises
    ------
    AnalysisError
        If there are no reports yet.
    """
    pages = [page.read_text(encoding="utf-8") for page in sorted(reports.glob("[0-9]*.html"))]
    if not pages:
        raise AnalysisError("There are no reports yet. Run make first.")
    found = [_read(page, number) for number in NUMBERS for page in pages]
    return [table for table in found if table is not None]


def _read(page: str, number: int) -> ReportTable | None:
    pattern = rf'<figure class="table" id="table-{number}">.*?</figure>'
    match = re.search(pattern, page, re.DOTALL)
    if not match:
        return None
    figure = ElementTree.fromstring(match[0])
    label = _text(figure.find("figcaption/span"))
    note = figure.find("p[@class='note']")
    body = figure.findall(".//tbody/tr")
    return ReportTable(
        number=label,
        title=_text(figure.find("figcaption")).removeprefix(label).strip(),
        note=_text(note).removeprefix("Note.").strip() if note is not None else "",
        head=tuple(tuple(map(_heading, row)) for row in figure.findall(".//thead/tr")),
        rows=tuple(tuple(map(_text, row)) for row in body),
        numeric=tuple(cell.get("class") == "number" for cell in body[0]) if body else (),
    )


def _heading(cell: ElementTree.Element) -> Heading:
    return Heading(_text(cell), int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


# ---------------------------------------------------------------- CSV and LaTeX


def as_csv(table: ReportTable) -> str:
    """Return a table as CSV: headings on one line, cells as written, no formulas."""
    lines = StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return lines.getvalue()


LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
LATEX |= {"\N{MINUS SIGN}": "$-$", "–": "--", "ω": r"$\omega$", "λ": r"$\lambda$"}
LATEX |= {"α": r"$\alpha$", "η": r"$\eta$", "²": r"$^2$", "≥": r"$\geq$", "<": "$<$", ">": "$>$"}


def latex(text: str) -> str:
    """Return a text with every sign that LaTeX would take for a command written out."""
    text = "".join(LATEX.get(sign, sign) for sign in text)
    return text.replace(r"$\eta$p$^2$", r"$\eta_p^2$")


def as_latex(table: ReportTable) -> str:
    """Return a table in LaTeX; it needs the package booktabs."""
    align = "".join("r" if numeric else "l" for numeric in table.numeric)
    head = []
    for place, row in enumerate(table.head):
        cells, rules = _latex_heading(table, place, row)
        head.append(f"{' & '.join(cells)} \\\\")
        head += [" ".join(rules)] if rules else []
    rows = [f"{' & '.join(latex(cell) for cell in row)} \\\\" for row in table.rows]
    note = [rf"\par\smallskip\footnotesize\emph{{Note.}} {latex(table.note)}"] if table.note else []
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex(table.title)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{align}}}",
        r"\toprule",
        *head,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *note,
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _latex_heading(
    table: ReportTable, place: int, row: tuple[Heading, ...]
) -> tuple[list[str], list[str]]:
    """Return the cells of a row of headings, and the rules below those that span columns."""
    if place == 0 and len(table.head) == 2:
        cells, rules, column = [], [], 1
        for heading in row:
            last = column + heading.columns - 1
            if heading.columns > 1:
                cells.append(rf"\multicolumn{{{heading.columns}}}{{c}}{{{latex(heading.text)}}}")
                rules.append(rf"\cmidrule(lr){{{column}-{last}}}")
            else:
                cells.append("")
            column = last + 1
        return cells, rules
    if place == 0:
        return [latex(heading.text) for heading in row], []
    below = iter(row)
    cells = []
    for heading in table.head[0]:
        if heading.rows == 2:
            cells.append(latex(heading.text))
        else:
            cells += [latex(next(below).text) for _ in range(heading.columns)]
    return cells, []
