"""What the checks of printed numbers found, as tables, figures and sentences for readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import pandas as pd
from markupsafe import Markup

from imp_helpers.display.html import with_small_print
from imp_helpers.printed.checks import CONSISTENT, INCONSISTENT, NOT_TESTABLE, NOTE
from imp_helpers.printed.inference_checks import p_interval
from imp_helpers.printed.lookup import Published, Row
from imp_helpers.printed.printed_numbers import parse
from imp_helpers.printed.published import WHOLE_NUMBER_UNITS
from imp_helpers.printed.reconstruction import count_samples, every_sample
from imp_helpers.printed.reported_tests import alpha_interval, holm, post_hoc_power
from imp_helpers.printed.sample_checks import summary_of
from imp_helpers.study.number_formats import bounded, p_value, without_zero
from imp_helpers.study.register import in_words

VERDICTS = (CONSISTENT, INCONSISTENT, NOT_TESTABLE, NOTE)
CONVENTIONS = {
    "f rounded, n": "f rounded to two decimals and λ = f²N",
    "f, n": "f in full and λ = f²N",
    "f, error df": "f in full and λ = f² times the error's degrees of freedom",
}
EFFECT_HEADINGS = {
    "label": "Effect",
    "printed": "ηp²",
    "p_low": "p, low",
    "p_high": "p, high",
    "holm_printed": "Printed effects",
    "holm_all": "All effects",
    "f rounded, n": "λ = f²N, f rounded",
    "f, n": "λ = f²N",
    "f, error df": "λ = f²df",
}
EFFECT_FORMATS = dict.fromkeys(("p_low", "p_high", "holm_printed", "holm_all"), p_value)
EFFECT_FORMATS |= dict.fromkeys(CONVENTIONS, bounded())
EFFECT_FORMATS["printed"] = without_zero
EFFECT_SPANNERS = {
    "p after Holm": ["holm_printed", "holm_all"],
    "Power": list(CONVENTIONS),
}
# As many samples as one figure can show.
SHOWN_SAMPLES = 24


def verdict_counts(checks: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts of each rule.

    Returns
    -------
    DataFrame
        check, then a column a verdict, then source.
    """
    counted = pd.crosstab(checks["check"], checks["verdict"])
    counted = counted.reindex(index=checks["check"].unique(), columns=VERDICTS, fill_value=0)
    counted.columns.name = None
    sources = checks.groupby("check")["source"].first()
    return counted.assign(source=sources).rename_axis("check").reset_index()


def rules_for_readers(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts of each rule with its source as a link."""
    rules = counts["check"].str.replace("_", " ")
    return counts.assign(check=rules, source=counts["source"].map(linked_source))


def checks_for_readers(checks: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return every check with the statistics it concerns in words.

    Returns
    -------
    DataFrame
        About, Rule, Verdict, Found.
    """
    quantities = dict(zip(published["id"], published["quantity"], strict=True))
    shown = []
    for row in checks.to_dict("records"):
        first, *others = row["ids"].split("; ")
        shown.append(
            {
                "About": with_small_print(quantities[first], "; ".join([first, *others])),
                "Rule": row["check"].replace("_", " "),
                "Verdict": in_words(row["verdict"]),
                "Found": row["explanation"],
            }
        )
    return pd.DataFrame(shown, columns=["About", "Rule", "Verdict", "Found"])


def linked_source(source: str) -> Markup:
    """Return a source with its DOI as a link."""
    escaped = str(Markup.escape(source))
    doi = r"doi:(10\.\S+?)(?=[,;]|$)"
    return Markup(re.sub(doi, r'<a href="https://doi.org/\1">doi:\1</a>', escaped))


def short_name(row: Row) -> str:
    """Return what a quantity is about: "FFMQ total" of "Cronbach's alpha, FFMQ total"."""
    name = row["quantity"].rpartition(", ")[2]
    return name[:1].upper() + name[1:]


def alpha_forest(published: Published) -> pd.DataFrame:
    """Return each printed alpha with its 95 % interval after Feldt.

    Returns
    -------
    DataFrame
        label, estimate, low, high, strong (at least .70).
    """
    rows = []
    for row in published.where(statistic="alpha"):
        if row["items"] and int(row["items"]) > 1:
            alpha = float(parse(row["printed"]).value)
            low, high = alpha_interval(alpha, int(row["n"]), int(row["items"]))
            rows.append((short_name(row), alpha, low, high, alpha >= 0.7))
    return pd.DataFrame(rows, columns=["label", "estimate", "low", "high", "strong"])


def alphas_in_words(table: pd.DataFrame) -> str:
    """Return the alphas and intervals as a sentence for those who cannot see the figure."""
    parts = [
        f"{r.label} {r.estimate:.2f} ({r.low:.2f} to {r.high:.2f})" for r in table.itertuples()
    ]
    return f"Alpha with its interval: {'; '.join(parts) or 'none is printed'}."


def effects(published: Published) -> pd.DataFrame:
    """Return what follows from each printed partial eta squared.

    Returns
    -------
    DataFrame
        id, label, printed; p_low, p_high (what the rounding leaves open); holm_printed and
        holm_all (adjusted p in the family of the printed effects and of all that have a row); a
        column for the power by each convention.
    """
    rows = published.where(statistic="partial_eta_squared", basis="printed")
    every = int((published.frame["statistic"] == "partial_eta_squared").sum())
    table = []
    for row in rows:
        p, effect = p_interval(published, row), float(parse(row["printed"]).value)
        dfs = published.degrees_of_freedom(row)
        table.append(
            {
                "id": row["id"],
                "label": short_name(row),
                "printed": row["printed"],
                "p_low": float(p.lower),
                "p_high": float(p.upper),
                **post_hoc_power(effect, int(row["n"]), *dfs),
            }
        )
    columns = ["id", "label", "printed", "p_low", "p_high", *CONVENTIONS]
    frame = pd.DataFrame(table, columns=columns)
    low = frame["p_low"].astype(float).tolist()
    frame.insert(5, "holm_printed", holm(low) if low else [])
    frame.insert(6, "holm_all", holm(low, every) if low else [])
    return frame


def countable_ratings(published: Published) -> pd.DataFrame:
    """Count the samples of whole-number answers behind each printed mean and SD.

    Returns
    -------
    DataFrame
        id, label, printed (mean and SD), n, samples; only where all samples can be counted.
    """
    rows = []
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        summary = summary_of(published, row) if row["items"] else None
        count = count_samples(summary) if summary else None
        if count is not None:
            printed = f"{summary.mean} ({summary.sd})"
            rows.append((row["id"], short_name(row), printed, int(row["n"]), count))
    return pd.DataFrame(rows, columns=["id", "label", "printed", "n", "samples"])


def most_telling_samples(
    published: Published, ratings: pd.DataFrame
) -> tuple[str, list[list[Fraction]]]:
    """Return the name and all samples of the rating that fills one figure best."""
    shown = ratings[ratings["samples"].between(1, SHOWN_SAMPLES)]
    if shown.empty:
        return "", []
    best = shown.loc[shown["samples"].idxmax()]
    (mean,) = published.where(id=best["id"])
    return best["label"], list(every_sample(summary_of(published, mean)))


def samples_in_words(label: str, samples: list[list[Fraction]]) -> str:
    """Return what the figure of samples shows for those who cannot see it."""
    if not samples:
        return "No samples to show."
    values = sorted({value for sample in samples for value in sample})
    spans = []
    for value in values:
        counts = [sample.count(value) for sample in samples]
        spans.append(f"{float(value):g}: {min(counts)} to {max(counts)} people")
    return f"{label}, {len(samples)} possible samples. {'; '.join(spans)}."


# ---------------------------------------------------------------- in sentences


def findings(checks: pd.DataFrame, published: Published) -> list[str]:
    """Say in plain words what a reader should know, contradictions first."""
    quantities = dict(zip(published.frame["id"], published.frame["quantity"], strict=True))
    said = [*_contradictions(checks, quantities), *_untestable(checks), *_powers(published)]
    for name in ("Holm", "multiples of five"):
        said += _explained(checks[checks["check"] == name], quantities, named=name != "Holm")
    not_100 = checks["explanation"].str.contains("Rounding alone explains")
    said += _explained(checks[not_100], quantities)
    return said


def as_list(sentences: list[str]) -> str:
    """Return sentences as a list in Markdown."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _contradictions(checks: pd.DataFrame, quantities: dict[str, str]) -> Iterator[str]:
    counts = checks["verdict"].value_counts()
    tested = counts.get(CONSISTENT, 0) + counts.get(INCONSISTENT, 0)
    contradictions = checks[checks["verdict"] == INCONSISTENT]
    if tested:
        found = f"{len(contradictions)}" if len(contradictions) else "None"
        yield f"{found} of the {tested} checks that can decide found a contradiction."
    yield from _explained(contradictions, quantities)


def _untestable(checks: pd.DataFrame) -> Iterator[str]:
    for rule, of_rule in checks.groupby("check", sort=False):
        untestable = int((of_rule["verdict"] == NOT_TESTABLE).sum())
        if untestable:
            reason = of_rule.loc[of_rule["verdict"] == NOT_TESTABLE, "explanation"].iloc[0]
            yield (
                f"{rule} cannot decide on {untestable} of {len(of_rule)} numbers, and what cannot "
                f"be tested has not passed. The first of them: {reason}"
            )


def _powers(published: Published) -> Iterator[str]:
    table = effects(published)
    for row in published.where(statistic="power"):
        fits = parse(row["printed"]).interval("either")
        for convention, words in CONVENTIONS.items():
            match = table[[Fraction(power) in fits for power in table[convention]]]
            if match.empty:
                continue
            others = table.drop(match.index)[convention].map(bounded())
            sizes = ", ".join(match["printed"].map(without_zero))
            yield (
                f"The printed power of {without_zero(row['printed'])} is that of "
                f"{' and '.join(match['label'])} (partial eta squared {sizes}), with {words}; the "
                f"same way the other printed effects have {', '.join(others) or 'no power'}."
            )


def _explained(checks: pd.DataFrame, quantities: dict[str, str], named: bool = True) -> list[str]:
    return [
        f"{quantities[row['ids'].split('; ')[0]]}: {row['explanation']}"
        if named
        else row["explanation"]
        for row in checks.to_dict("records")
    ]
