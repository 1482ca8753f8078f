"""Check the printed numbers of any paper without its data: ``make ledger``.

A folder with ``published/statistics.csv`` is all it takes.
"""

from pathlib import Path

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from imp_common.errors import AnalysisError
from imp_common.folders import made_anew
from imp_common.sentences import sentence
from imp_helpers.figures import counts as bars
from imp_helpers.figures import drawing as figures
from imp_printed import findings
from imp_printed.published import COLUMNS, Published, read_published
from imp_report import style
from imp_report.html import figure_html, table_html
from imp_report.page import render_page
from imp_report.table import table_of

FOLDER = "ledger"
GUIDE = Path(findings.__file__).with_name("new_ledger.md")


def run_ledger(study: Path, out: Path, rounding: str) -> None:
    """Check the printed numbers, write checks.csv and the page, and print what was found.

    A folder "ledger" that was not made by this command is an AnalysisError.
    """
    frame = read_published(study / "published" / "statistics.csv")
    published = Published.of(frame, rounding)
    checks = findings.with_power(findings.check_published(frame, rounding), published)
    findings_list = findings.listed(checks, published)
    with made_anew(out, FOLDER) as folder:
        saved = checks.drop(columns="telling")
        saved.to_csv(folder / "checks.csv", index=False, lineterminator="\n")
        page = page_of(frame, checks, published, findings_list)
        (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    counts = findings.verdict_counts(checks).drop(columns="source").set_index("check")
    numbers = {"numbers": len(published.rows), "checks": len(checks)}
    print(sentence("printed.total", **numbers))
    print(f"\n{counts.rename_axis(None).to_string() if len(counts) else 'No check applies.'}\n")
    print(f"{findings_list}\n\nOpen {out / FOLDER / 'index.html'} to read every check.")


def run_new_ledger(paper: Path) -> None:
    """Write the empty table of a paper's printed numbers, and how to fill it in.

    A table that is there is an AnalysisError.
    """
    file, guide = paper / "published" / "statistics.csv", paper / "README.md"
    if there := [path for path in (file, guide) if path.exists()]:
        raise AnalysisError(f"{there[0]} is there already. Choose another folder as PAPER.")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(",".join(COLUMNS) + "\n", encoding="utf-8", newline="\n")
    guide.write_text(GUIDE.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    print(f"{file} waits for the numbers; {guide} says how to fill it in. Then:")
    print(f'    make ledger STUDY="{paper}"')


def page_of(
    frame: pd.DataFrame, checks: pd.DataFrame, published: Published, findings_list: str
) -> str:
    """Return the page: findings, verdicts by rule, alphas, effects, samples, every check."""
    style.use_style()
    items = [Markup("<li>{}</li>").format(i.removeprefix("- ")) for i in findings_list.splitlines()]
    parts = [Markup(sentence("printed.introduction")), Markup(f"<ul>{''.join(items)}</ul>")]
    rules = findings.rules_for_readers(findings.verdict_counts(checks))
    caption = "Verdicts of each rule, what it would notice, and its source"
    parts.append(_table(rules, "table-1", caption, **findings.RULE_LAYOUT))
    alphas = findings.alpha_forest(published)
    if len(alphas):
        figure = figures.forest(alphas, "Printed alpha with 95 % interval", reference=(0.7,))
        caption = "Published alphas with 95 % intervals (Feldt); blue: .70 or higher"
        parts.append(_figure(figure, "figure-1", caption, "alphas", table=alphas))
    effects = findings.effects(published).drop(columns="id")
    if len(effects):
        caption = "What follows from the printed effects"
        parts.append(_table(effects, "table-2", caption, **findings.EFFECT_LAYOUT))
    ratings = findings.countable_ratings(published)
    rating, samples = findings.most_telling_samples(published, ratings)
    if samples:
        figure, about = bars.sample_bars(samples, rating), {"rating": rating, "samples": samples}
        caption = "Every response set that fits the printed mean, SD, minimum and maximum"
        parts.append(_figure(figure, "figure-2", caption, "samples", **about))
    checks = findings.by_verdict(checks)
    shown, filters = findings.checks_for_readers(checks, frame), checks[["verdict", "check"]]
    parts.append(_table(shown, "table-3", "Every check of the printed numbers", filters=filters))
    title = "Are the printed numbers consistent with each other?"
    return render_page(title, Markup("\n").join(parts))


def _table(*laid_out: object, **layout: object) -> Markup:
    return Markup(table_html(table_of(*laid_out, **layout)))


def _figure(figure: Figure, anchor: str, caption: str, macro: str, **values: object) -> Markup:
    alt = sentence(f"printed.{macro}", **values)
    svg = style.svg_of(figure)
    return Markup(figure_html(svg, anchor=anchor, caption=caption, alt=alt))
