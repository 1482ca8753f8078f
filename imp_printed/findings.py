"""Are the printed numbers consistent with each other? All checks, and what they found.

No data are needed, only the strings: `check_published` finds from the columns of
``published/statistics.csv`` what each rule can be applied to, in any study. The rules themselves
are in `granularity`, `reconstruction` and `reported_tests`, the checks in `checks`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pandas as pd
from markupsafe import Markup

from imp_common.formulas import CONVENTIONS, holm, post_hoc_power
from imp_common.number_formats import fixed, whole, without_zero
from imp_common.register import in_words, statistic_of
from imp_common.sentences import sentence
from imp_printed import checks as rules
from imp_printed.checks import CHECKS, NOTES
from imp_printed.judgement import (
    CONSISTENT,
    CONVENTION,
    DECIDED,
    IMPLAUSIBLE,
    IMPOSSIBLE,
    UNCHECKED,
    VERDICTS,
    Judgement,
)
from imp_printed.printed_numbers import check_rounding, parse
from imp_printed.published import WHOLE_NUMBER_UNITS, Published, Row
from imp_printed.reconstruction import count_samples, every_sample

# What readers should know although it contradicts nothing, in this order.
TELLING_RULES = ("possible n", "Holm", "complementary percentages")
OTHER_ROUNDINGS = ("either", "cut_off", "up")
#: How the tables of rules and of effects are set; see ``imp_report.table.table_of``.
RULE_LAYOUT = {
    "headings": {"able": "Able to notice", "power": "Errors noticed, %"},
    "formats": dict.fromkeys((*VERDICTS, "able"), whole) | {"power": fixed(0)},
}
EFFECT_LAYOUT = {
    "headings": {"label": "Effect", "printed": "ηp²", "holm_p": "p after Holm"},
    "formats": {"printed": without_zero},
}
# As many samples as one figure can show.
SHOWN_SAMPLES = 24


def check_published(frame: pd.DataFrame, rounding: str = "half_up") -> pd.DataFrame:
    """Apply every check to everything it fits in any study's published numbers.

    Columns: check (the rule's name), ids (the statistics concerned, joined by "; "), verdict,
    explanation, source and telling, as `Judgement` has them; a row an application, in the order of
    `CHECKS`.
    """
    check_rounding(rounding)
    published = Published.of(frame, rounding)
    columns = ["check", "ids", "verdict", "explanation", "source", "telling"]
    rows = [
        [j.rule, "; ".join(j.ids), j.verdict, j.explanation, j.source, j.telling]
        for j in _under_other_roundings(published)
    ]
    return pd.DataFrame(rows, columns=columns).astype({"telling": bool})


def _under_other_roundings(published: Published) -> Iterator[Judgement]:
    """Yield every judgement; what another rounding rule makes possible depends on a convention."""
    judgements = [judgement for check in CHECKS for judgement in check(published)]
    by_rule: dict[tuple, list[str]] = {}
    if any(judgement.verdict == IMPOSSIBLE for judgement in judgements):
        for rule in OTHER_ROUNDINGS:
            again = replace(published, rounding=rule)
            for found in (judgement for check in CHECKS for judgement in check(again)):
                if found.verdict == CONSISTENT:
                    by_rule.setdefault((found.rule, found.ids), []).append(rule)
    for judgement in judgements:
        fits = by_rule.get((judgement.rule, judgement.ids))
        if judgement.verdict == IMPOSSIBLE and fits:
            judgement = replace(judgement, verdict=CONVENTION, roundings=tuple(fits))
        yield judgement


def with_power(checks: pd.DataFrame, published: Published) -> pd.DataFrame:
    """Add to each check how many errors of one unit in the last printed digit it would notice.

    Each number that a check uses is raised and lowered by one unit, one at a time, and the check
    is made again. Columns: errors (tried) and noticed; 0 where the check cannot decide.
    """
    decided = checks["verdict"].isin(DECIDED)
    deciding = [check for check in CHECKS if check not in NOTES]
    tried: dict[str, int] = {}
    noticed: Counter[tuple[str, str]] = Counter()
    for joined in checks.loc[decided, "ids"].unique():
        mistaken = list(_mistaken(published, joined.split("; ")))
        tried[joined] = len(mistaken)
        noticed.update(
            (judgement.rule, joined)
            for wrong in mistaken
            for check in deciding
            for judgement in check(wrong)
            if judgement.verdict == IMPOSSIBLE and "; ".join(judgement.ids) == joined
        )
    errors = checks["ids"].map(tried).where(decided, 0).astype(int)
    found = [noticed[key] for key in zip(checks["check"], checks["ids"], strict=True)]
    return checks.assign(errors=errors, noticed=found)


def _mistaken(published: Published, ids: list[str]) -> Iterator[Published]:
    """Yield the rows of some ids alone, with one unit more or less in one of their numbers."""
    alone = [row if row["id"] in ids else row | {"printed": ""} for row in published.every]
    for row in published.where(id=ids):
        if row["statistic"] == "claim":
            continue
        number, known = parse(row["printed"]), statistic_of(row["statistic"])
        for sign in (-1, 1):
            value = number.value + sign * Decimal(1).scaleb(-number.decimals)
            if known.lowest <= value <= known.highest:
                wrong = row | {"printed": str(value)}
                mistaken = [wrong if one is row else one for one in alone]
                yield Published(mistaken, published.rounding)


def verdict_counts(checks: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts of each rule: check, a column a verdict, able, power, source.

    ``able``: the checks that would notice some error of one unit in the last digit; ``power``: the
    percentage of such errors that the rule notices; see `with_power`.
    """
    counted = pd.crosstab(checks["check"], checks["verdict"])
    counted = counted.reindex(index=checks["check"].unique(), columns=VERDICTS, fill_value=0)
    of_rule = checks.assign(able=checks["noticed"] > 0).groupby("check")
    sums = of_rule[["able", "noticed", "errors"]].sum()
    power = 100 * sums["noticed"] / sums["errors"].where(sums["errors"] > 0)
    counted = counted.assign(able=sums["able"], power=power, source=of_rule["source"].first())
    return counted.rename_axis("check").rename_axis(columns=None).reset_index()


def rules_for_readers(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts of each rule with its source as a link."""
    sources = counts["source"].map(linked_source)
    return counts.assign(check=counts["check"].str.replace("_", " "), source=sources)


def checks_for_readers(checks: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return every check with the statistics in words: About, Rule, Verdict, Found."""
    quantities = dict(zip(published["id"], published["quantity"], strict=True))
    first = checks["ids"].str.split("; ").str[0].map(quantities)
    columns = {
        "About": [
            Markup("{}<small>{}</small>").format(*pair)
            for pair in zip(first, checks["ids"], strict=True)
        ],
        "Rule": checks["check"].str.replace("_", " "),
        "Verdict": [_verdict_in_words(check) for check in checks.to_dict("records")],
        "Found": checks["explanation"],
    }
    return pd.DataFrame(columns)


def _verdict_in_words(check: dict[str, object]) -> str:
    """Return a verdict, with what share of one-digit errors a consistent check would notice."""
    words = in_words(check["verdict"])
    if check["verdict"] != CONSISTENT or not check.get("errors"):
        return words
    return f"{words} (would have noticed {100 * check['noticed'] / check['errors']:.0f}% of errors)"


def by_verdict(checks: pd.DataFrame) -> pd.DataFrame:
    """Sort checks by their verdicts, the worst first."""
    return checks.sort_values("verdict", key=lambda v: v.map(VERDICTS.index), kind="stable")


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
    """Return each printed alpha with Feldt's interval: label, estimate, low, high, strong (.70)."""
    rows = [
        (short_name(row), alpha, low, high, alpha >= 0.7)
        for row, alpha, low, high in rules.alphas_with_intervals(published)
    ]
    return pd.DataFrame(rows, columns=["label", "estimate", "low", "high", "strong"])


def effects(published: Published) -> pd.DataFrame:
    """Return what follows from each printed partial eta squared.

    That is p_low and p_high, which its rounding leaves open; the p that Holm adjusts in the family
    of all effects that have a row, printed or not; and the power by each convention.
    """
    rows, every = rules.printed_effects(published)
    found = []
    for row in rows:
        p, effect = rules.p_interval(published, row), float(parse(row["printed"]).value)
        power = post_hoc_power(effect, int(row["n"]), *published.degrees_of_freedom(row))
        about = {"id": row["id"], "label": short_name(row), "printed": row["printed"]}
        found.append(about | {"p_low": float(p.lower), "p_high": float(p.upper)} | power)
    columns = ["id", "label", "printed", "p_low", "p_high", "holm_p", *CONVENTIONS]
    table = pd.DataFrame(found, columns=columns)
    return table.assign(holm_p=holm(table["p_low"].tolist(), every) if found else [])


def countable_ratings(published: Published) -> pd.DataFrame:
    """Count the samples of whole-number answers behind each printed mean and SD, where possible."""
    rows = []
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        summary = rules.summary_of(published, row) if row["items"] else None
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
    return best["label"], list(every_sample(rules.summary_of(published, mean)))


def findings(checks: pd.DataFrame, published: Published) -> dict[str, object]:
    """Return what a reader should know, for the sentence "printed.findings".

    That is how many checks (`with_power`) could decide and which errors they would notice,
    contradictions and other telling judgements, rules that could not decide on all numbers, and
    printed powers with the effects that they fit.
    """
    quantities = {row["id"]: row["quantity"] for row in published.every}
    about = checks["ids"].str.split("; ").str[0].map(quantities)
    checks = checks.assign(about=about).rename(columns={"check": "rule"})
    telling = checks[checks["telling"] & ~checks["verdict"].isin([IMPOSSIBLE, IMPLAUSIBLE])]
    telling = telling.sort_values(
        "rule", key=lambda rules: rules.map(TELLING_RULES.index), kind="stable"
    )
    undecided = []
    for name, of_rule in checks.groupby("rule", sort=False):
        explanations = of_rule.loc[of_rule["verdict"] == UNCHECKED, "explanation"].tolist()
        if explanations:
            numbers = {"untestable": len(explanations), "all": len(of_rule)}
            undecided.append({"name": name, "first": explanations[0], **numbers})
    return {
        "decided": int(checks["verdict"].isin(DECIDED).sum()),
        "able": int((checks["noticed"] > 0).sum()),
        "errors": int(checks["errors"].sum()),
        "noticed": int(checks["noticed"].sum()),
        "contradictions": checks[checks["verdict"] == IMPOSSIBLE].to_dict("records"),
        "implausible": checks[checks["verdict"] == IMPLAUSIBLE].to_dict("records"),
        "dependent": checks[checks["verdict"] == CONVENTION].to_dict("records"),
        "undecided": undecided,
        "powers": list(_powers(published)),
        "telling": telling.to_dict("records"),
    }


def listed(checks: pd.DataFrame, published: Published) -> str:
    """Return the findings as a list in Markdown; see ``findings``."""
    return sentence("printed.findings", **findings(checks, published))


def samples_in_words(rating: str, samples: list[list[Fraction]]) -> str:
    """Describe the picture of all samples of a rating."""
    return sentence("printed.samples", rating=rating, samples=samples)


def _powers(published: Published) -> Iterator[dict[str, object]]:
    """Yield each printed power with each convention and the effects that it fits by it."""
    table = effects(published)
    for row in published.where(statistic="power"):
        possible = parse(row["printed"]).interval("either")
        for convention in CONVENTIONS:
            fits = table[[Fraction(power) in possible for power in table[convention]]]
            if not fits.empty:
                yield {
                    "printed": row["printed"],
                    "convention": convention,
                    "combinations": len(table) * len(CONVENTIONS),
                    "labels": fits["label"].tolist(),
                    "effects": fits["printed"].tolist(),
                    "others": table.drop(fits.index)[convention].tolist(),
                }
