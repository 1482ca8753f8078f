"""Tables of the reports as CSV and in LaTeX."""

from __future__ import annotations

import csv
from io import StringIO

from imp_helpers.display.report_tables import Heading, ReportTable
from imp_helpers.study.text import harmless


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
