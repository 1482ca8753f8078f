"""Tables in LaTeX; pandas' Styler sets no rules below headings that span columns."""

from imp_common.numbers import MARKS

from imp_report.table import Table, rendered

LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
LATEX |= {"\N{MINUS SIGN}": "$-$", "–": "--", "ω": r"$\omega$", "λ": r"$\lambda$"}
LATEX |= {mark: rf"\textsuperscript{{{name[0]}}}" for name, mark in MARKS.items()}
LATEX |= {"α": r"$\alpha$", "η": r"$\eta$", "²": r"$^2$", "≥": r"$\geq$", "<": "$<$", ">": "$>$"}


def latex(text: str) -> str:
    """Return a text with LaTeX's special characters escaped."""
    text = "".join(LATEX.get(sign, sign) for sign in text)
    return text.replace(r"$\eta$p$^2$", r"$\eta_p^2$")


def table_latex(table: Table) -> str:
    """Return a table in LaTeX; it needs the package booktabs."""
    return rendered("table.tex.j2", table=table, latex=latex)
