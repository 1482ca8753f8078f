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
from imp_helpers.display.sentences import sentence
from imp_helpers.display.table import table_of
from imp_helpers.printed import findings
from imp_helpers.printed.judgement import VERDICTS
from imp_helpers.printed.published import Published, read_published
from imp_helpers.study.folders import MARK, MARK_TEXT, refuse_foreign_folders
from imp_helpers.study.number_formats import whole

FOLDER = "ledger"


def run_ledger(study: Path, out: Path, rounding: str) -> None:
    """Check the printed numbers, write checks.csv and the page, and print what was found.

    Raises
    ------
    AnalysisError
        If there is a folder "ledger" that was not made by this command.
    """
    frame = read_published(study / "published" / "statistics.csv")
    published, checks = Published(frame, rounding), findings.check_published(frame, rounding)
    found = sentence("printed.findings", **findings.findings(checks, published))
    refuse_foreign_folders(out, (FOLDER,))
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    saved = checks.drop(columns="telling")
    saved.to_csv(folder / "checks.csv", index=False, lineterminator="\n")
    page = page_of(checks, published, found)
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    counts = findings.verdict_counts(checks).drop(columns="source").set_index("check")
    numbers = {"numbers": len(published.rows), "checks": len(checks)}
    print(sentence("printed.total", **numbers))
    print(f"\n{counts.rename_axis(None).to_string() if len(counts) else 'No check applies.'}\n")
    print(f"{found}\n\nOpen {folder / 'index.html'} to read every check.")


def page_of(checks: pd.DataFrame, published: Published, found: str) -> str:
    """Return the page: findings, verdicts by rule, alphas, effects, samples, every check."""
    style.use_style()
    parts = [
        _findings(found),
        table_html(
            table_of(
                findings.rules_for_readers(findings.verdict_counts(checks)),
                anchor="table-1",
                caption="Verdicts of each rule, and its source",
                formats=dict.fromkeys(VERDICTS, whole),
            )
        ),
        *_alphas(published),
        *_effects(published),
        *_samples(published),
        table_html(
            table_of(
                findings.checks_for_readers(checks, published.frame),
                anchor="table-3",
                caption="Every check of the printed numbers",
                filters=checks[["verdict", "check"]],
            )
        ),
    ]
    body = Markup("\n").join(Markup(part) for part in parts)
    return render_page("Do the printed numbers hold together?", body)


def _findings(found: str) -> Markup:
    item = Markup("<li>{}</li>")
    items = [item.format(line.removeprefix("- ")) for line in found.splitlines()]
    return Markup(sentence("printed.introduction")) + Markup("<ul>{}</ul>").format(
        Markup("").join(items)
    )


def _alphas(published: Published) -> list[str]:
    alphas = findings.alpha_forest(published)
    if alphas.empty:
        return []
    figure = figures.forest(alphas, "Printed alpha with 95 % interval", reference=(0.7,))
    return [
        figure_html(
            style.svg_of(figure, None),
            anchor="figure-1",
            caption="Printed alphas with Feldt's intervals; coloured from .70 upward",
            alt=sentence("printed.alphas", table=alphas),
        )
    ]


def _effects(published: Published) -> list[str]:
    effects = findings.effects(published)
    if effects.empty:
        return []
    layout = {"anchor": "table-2", "caption": "What follows from the printed effects"}
    shown = effects.drop(columns="id")
    return [table_html(table_of(shown, **layout, **findings.EFFECT_LAYOUT))]


def _samples(published: Published) -> list[str]:
    ratings = findings.countable_ratings(published)
    rating, samples = findings.most_telling_samples(published, ratings)
    if not samples:
        return []
    return [
        figure_html(
            style.svg_of(figures.sample_bars(samples, rating), None),
            anchor="figure-2",
            caption="Every sample that fits the printed mean, SD, minimum and maximum",
            alt=sentence("printed.samples", rating=rating, samples=samples),
        )
    ]
