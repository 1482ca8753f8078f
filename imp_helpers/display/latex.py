"""Tables in LaTeX; pandas' Styler sets no rules below headings that span columns."""

from imp_helpers.display.table import Table
from imp_helpers.study.results import MARKS

LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
LATEX |= {"\N{MINUS SIGN}": "$-$", "–": "--", "ω": r"$\omega$", "λ": r"$\lambda$"}
LATEX |= {mark: rf"\textsuperscript{{{name[0]}}}" for name, mark in MARKS.items()}
LATEX |= {"α": r"$\alpha$", "η": r"$\eta$", "²": r"$^2$", "≥": r"$\geq$", "<": "$<$", ">": "$>$"}


def latex(text: str) -> str:
    """Return a text with every sign that LaTeX would take for a command written out."""
    text = "".join(LATEX.get(sign, sign) for sign in text)
    return text.replace(r"$\eta$p$^2$", r"$\eta_p^2$")


def table_latex(table: Table) -> str:
    """Return a table in LaTeX; it needs the package booktabs."""
    align = "".join("r" if column.numeric else "l" for column in table.columns)
    rows = [[latex(cell) for cell in row] for row in table.rows]
    note = [rf"\par\smallskip\footnotesize\emph{{Note.}} {latex(table.note)}"] if table.note else []
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{align}}}",
        r"\toprule",
        *_spanners(table),
        _line([latex(column.heading) for column in table.columns]),
        r"\midrule",
        *map(_line, rows),
        r"\bottomrule",
        r"\end{tabular}",
        *note,
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _spanners(table: Table) -> list[str]:
    """Return the line of the headings above several columns, and the rules below them."""
    if not any(column.spanner for column in table.columns):
        return []
    cells, rules, first = [], [], 1
    for label, width in table.spanners:
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{latex(label)}}}" if label else "")
        if label:
            rules.append(rf"\cmidrule(lr){{{first}-{first + width - 1}}}")
        first += width
    return [_line(cells), " ".join(rules)]
