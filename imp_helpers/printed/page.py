"""The checks of printed numbers as a page of their own, for papers without data."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from imp_helpers import figures
from imp_helpers.printed import findings
from imp_helpers.printed.lookup import Published
from imp_helpers.render import render_page
from imp_helpers.tables import journal_table, whole


def page_of(checks: pd.DataFrame, published: Published) -> str:
    """Return the page: findings, verdicts by rule, alphas, effects, samples, every check."""
    figures.use_style()
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
    return journal_table(
        findings.rules_for_readers(findings.verdict_counts(checks)),
        anchor="table-1",
        caption="Verdicts of each rule, and its source",
        formats=dict.fromkeys(findings.VERDICTS, whole),
    )


def _alphas(published: Published) -> str:
    alphas = findings.alpha_forest(published)
    if alphas.empty:
        return ""
    figure = figures.forest(alphas, "Printed alpha with 95 % interval", reference=(0.7,))
    return figures.journal_figure(
        figures.svg_of(figure, None),
        anchor="figure-1",
        caption="Printed alphas with Feldt's intervals; coloured from .70 upward",
        alt=findings.alphas_in_words(alphas),
    )


def _effects(published: Published) -> str:
    effects = findings.effects(published)
    if effects.empty:
        return ""
    return journal_table(
        effects.drop(columns="id"),
        anchor="table-2",
        caption="What follows from the printed effects",
        headings=findings.EFFECT_HEADINGS,
        formats=findings.EFFECT_FORMATS,
        spanners=findings.EFFECT_SPANNERS,
    )


def _samples(published: Published) -> str:
    rating, samples = findings.most_telling_samples(
        published, findings.countable_ratings(published)
    )
    if not samples:
        return ""
    return figures.journal_figure(
        figures.svg_of(figures.sample_bars(samples, rating), None),
        anchor="figure-2",
        caption="Every sample that fits the printed mean, SD, minimum and maximum",
        alt=findings.samples_in_words(rating, samples),
    )


def _checks(checks: pd.DataFrame, published: Published) -> str:
    return journal_table(
        findings.checks_for_readers(checks, published.frame),
        anchor="table-3",
        caption="Every check of the printed numbers",
        filters=checks[["verdict", "check"]],
    )
