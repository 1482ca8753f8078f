"""Check the printed numbers of any paper without its data: ``make ledger``.

A folder with ``published/statistics.csv`` is all it takes.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from markupsafe import Markup

from imp_helpers.display import figures, style
from imp_helpers.display.html import figure_html, table_html
from imp_helpers.display.page import render_page
from imp_helpers.display.table import table_of
from imp_helpers.printed import findings
from imp_helpers.printed.consistency import check_published
from imp_helpers.printed.lookup import Published
from imp_helpers.printed.published import read_published
from imp_helpers.study.folders import MARK, MARK_TEXT, refuse_foreign_folders
from imp_helpers.study.number_formats import whole

FOLDER = "ledger"


def summary(checks: pd.DataFrame, published: Published) -> str:
    """Return what was found as plain text."""
    counts = findings.verdict_counts(checks).drop(columns="source").set_index("check")
    told = int((published.frame["printed"] != "").sum())
    return "\n".join(
        [
            f"{told} numbers and claims, {len(checks)} checks.",
            "",
            counts.rename_axis(None).to_string() if len(counts) else "No check applies.",
            "",
            *(f"- {sentence}" for sentence in findings.findings(checks, published)),
        ]
    )


def write(checks: pd.DataFrame, published: Published, out: Path) -> Path:
    """Write the checks as CSV and as a page into a folder of their own; return the page.

    Raises
    ------
    AnalysisError
        If there is such a folder that somebody else has made.
    """
    refuse_foreign_folders(out, (FOLDER,))
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    checks.to_csv(folder / "checks.csv", index=False, lineterminator="\n")
    page = folder / "index.html"
    page.write_text(page_of(checks, published), encoding="utf-8", newline="\n")
    return page


def run_ledger(study: Path, out: Path, rounding: str) -> None:
    """Check the printed numbers, write the page, and print what was found."""
    frame = read_published(study / "published" / "statistics.csv")
    published = Published(frame, rounding)
    checks = check_published(frame, rounding)
    page = write(checks, published, out)
    print(f"{summary(checks, published)}\n\nOpen {page} to read every check.")


def page_of(checks: pd.DataFrame, published: Published) -> str:
    """Return the page: findings, verdicts by rule, alphas, effects, samples, every check."""
    style.use_style()
    parts = [_findings(checks, published), _rules(checks)]
    parts += [
        _alphas(published),
        _effects(published),
        _samples(published),
        _checks(checks, published),
    ]
    body = Markup("\n").join(Markup(part) for part in parts)
    return render_page("Do the printed numbers hold together?", body)


def _findings(checks: pd.DataFrame, published: Published) -> str:
    item = Markup("<li>{}</li>")
    items = Markup("").join(item.format(text) for text in findings.findings(checks, published))
    return (
        "<p>No data are needed for this, only the printed strings and the number of people behind "
        "them. <em>Not testable</em> means that the rule could not have found anything.</p>"
        f"<ul>{items}</ul>"
    )


def _rules(checks: pd.DataFrame) -> str:
    return table_html(
        table_of(
            findings.rules_for_readers(findings.verdict_counts(checks)),
            anchor="table-1",
            caption="Verdicts of each rule, and its source",
            formats=dict.fromkeys(findings.VERDICTS, whole),
        )
    )


def _alphas(published: Published) -> str:
    alphas = findings.alpha_forest(published)
    if alphas.empty:
        return ""
    figure = figures.forest(alphas, "Printed alpha with 95 % interval", reference=(0.7,))
    return figure_html(
        style.svg_of(figure, None),
        anchor="figure-1",
        caption="Printed alphas with Feldt's intervals; coloured from .70 upward",
        alt=findings.alphas_in_words(alphas),
    )


def _effects(published: Published) -> str:
    effects = findings.effects(published)
    if effects.empty:
        return ""
    return table_html(
        table_of(
            effects.drop(columns="id"),
            anchor="table-2",
            caption="What follows from the printed effects",
            headings=findings.EFFECT_HEADINGS,
            formats=findings.EFFECT_FORMATS,
            spanners=findings.EFFECT_SPANNERS,
        )
    )


def _samples(published: Published) -> str:
    rating, samples = findings.most_telling_samples(
        published, findings.countable_ratings(published)
    )
    if not samples:
        return ""
    return figure_html(
        style.svg_of(figures.sample_bars(samples, rating), None),
        anchor="figure-2",
        caption="Every sample that fits the printed mean, SD, minimum and maximum",
        alt=findings.samples_in_words(rating, samples),
    )


def _checks(checks: pd.DataFrame, published: Published) -> str:
    return table_html(
        table_of(
            findings.checks_for_readers(checks, published.frame),
            anchor="table-3",
            caption="Every check of the printed numbers",
            filters=checks[["verdict", "check"]],
        )
    )
