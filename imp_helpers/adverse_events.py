"""Adverse effects: who reported them, of what kind, out of how many, and who deteriorated."""

from collections.abc import Callable

import pandas as pd

from imp_helpers.statistics.effect_sizes import binomial_intervals
from imp_helpers.study.results import Count
from imp_helpers.study.study import Study

NONE = "none"


def count_events(
    evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count who reported each kind of adverse effect, with exact 95 % intervals.

    Participants who did not return the form were not asked, so two denominators are possible.

    Columns: kind, count, forms, percent_of_forms, trained, percent_of_trained, forms_low,
    forms_high, trained_low, trained_high (Clopper-Pearson, in per cent); the last row is "any".
    """
    question = study.harm_question("choice")
    answered = evaluation[question].dropna()
    trained = int(participants["group"].isin(study.intervention_groups).sum())
    kinds = [kind for kind in study.questions[question].choices.values() if kind != NONE]
    counts = {kind: int((answered == kind).sum()) for kind in kinds}
    counts["any"] = int((answered != NONE).sum())
    table = pd.DataFrame(counts.items(), columns=["kind", "count"])
    for whole, n in (("forms", len(answered)), ("trained", trained)):
        table[whole] = n
        table[f"percent_of_{whole}"] = 100 * table["count"] / n
    return with_exact_intervals(table)


def with_exact_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Add the ends of the exact intervals for both denominators; see ``count_events``."""
    for whole in ("forms", "trained"):
        low, high = binomial_intervals(table["count"], table[whole])["exact"]
        table = table.assign(**{f"{whole}_low": 100 * low, f"{whole}_high": 100 * high})
    return table


def any_event(table: pd.DataFrame, study: Study) -> dict[str, object]:
    """Return how many reported anything, of either denominator, and what was not asked."""
    dimensions = study.settings.harm_dimensions
    row = table[table["kind"] == "any"].iloc[0]
    return {
        "any": Count(row["count"], row["forms"]),
        "forms": Count(row["forms"], row["trained"]),
        "trained": Count(row["trained"]),
        "percent_of_forms": row["percent_of_forms"],
        "percent_of_trained": row["percent_of_trained"],
        "not_asked": [dimension.label for dimension in dimensions if not dimension.question],
    }


def dimensions(evaluation: pd.DataFrame, study: Study, words: Callable[..., str]) -> pd.DataFrame:
    """Say for valence, severity, causal link and duration what the form asked, if it did.

    Columns: label, finding: counts of the answers, put into words by ``words``, or "not asked".
    """
    rows = []
    for dimension in study.settings.harm_dimensions:
        asked = bool(dimension.question)
        answers = evaluation[dimension.question].dropna().value_counts() if asked else {}
        counts = {answer: Count(n, answers.sum()) for answer, n in answers.items()}
        rows.append((dimension.label, words("dimension", asked=asked, counts=counts)))
    return pd.DataFrame(rows, columns=["label", "finding"])


def listed_events(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """List what was reported, in the words of the file, without participant numbers.

    Columns: kind, report.
    """
    question, detail = study.harm_question("choice"), study.harm_question("text")
    reported = evaluation[evaluation[question].notna() & (evaluation[question] != NONE)]
    text = reported[detail] if detail else pd.Series(pd.NA, index=reported.index)
    table = pd.DataFrame({"kind": reported[question], "report": text})
    return table.sort_values(["kind", "report"], ignore_index=True)


def deterioration_table(change: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Put the deteriorations of the groups side by side.

    Columns: scale, label, then deteriorated_ and n_ by group.

    ``change`` is what ``statistics.reliable_change.reliable_change`` returns.
    """
    table = change[["scale", "label"]].drop_duplicates().reset_index(drop=True)
    for group in study.groups:
        rows = change[change["group"] == group.id].set_index("scale")
        for column in ("deteriorated", "n"):
            table[f"{column}_{group.id}"] = table["scale"].map(rows[column])
    return table


def deteriorations(change: pd.DataFrame, study: Study) -> list[dict]:
    """Count the reliable deteriorations of each group over all outcomes.

    Keys of each: label, deteriorated, measured (a person counts once for each outcome).
    """
    sums = change.groupby("group")[["deteriorated", "n"]].sum()
    sums = sums.reindex(list(study.group_labels), fill_value=0)
    return [
        {"label": label, "deteriorated": Count(worse, n), "measured": Count(n)}
        for label, worse, n in zip(
            study.group_labels.values(), sums["deteriorated"], sums["n"], strict=True
        )
    ]
