"""Unwanted effects: who reported them, of what kind, out of how many."""

from __future__ import annotations

import pandas as pd

from imp_helpers.statistics.effect_sizes import binomial_intervals, rule_of_three
from imp_helpers.study.number_formats import round_half_up
from imp_helpers.study.register import in_words
from imp_helpers.study.results import result, results_of
from imp_helpers.study.study import Study

NONE = "none"


def count_events(
    evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count who reported each kind of unwanted effect.

    Who did not return the form was not asked, so two denominators are possible.

    Returns
    -------
    DataFrame
        kind, count, forms, percent_of_forms, trained, percent_of_trained; the last row is "any".
    """
    question = study.harm_question("choice")
    answered = evaluation[question].dropna()
    trained = int(participants["group"].isin(study.intervention_groups).sum())
    kinds = [kind for kind in study.questions[question]["choices"].values() if kind != NONE]
    counts = {kind: int((answered == kind).sum()) for kind in kinds}
    counts["any"] = int((answered != NONE).sum())
    rows = [
        (kind, count, len(answered), 100 * count / len(answered), trained, 100 * count / trained)
        for kind, count in counts.items()
    ]
    columns = ["kind", "count", "forms", "percent_of_forms", "trained", "percent_of_trained"]
    return pd.DataFrame(rows, columns=columns)


def rates_with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Add exact 95 % intervals (Clopper-Pearson), in per cent, for both denominators.

    Returns
    -------
    DataFrame
        The table with forms_low, forms_high, trained_low, trained_high.
    """
    found = table.copy()
    for name in ("forms", "trained"):
        ends = [
            binomial_intervals(int(row["count"]), int(row[name]))["exact"]
            for row in table.to_dict("records")
        ]
        found[f"{name}_low"] = [100 * low for low, _ in ends]
        found[f"{name}_high"] = [100 * high for _, high in ends]
    return found


def could_be_missed(table: pd.DataFrame) -> pd.DataFrame:
    """Say what a study of this size could have missed.

    Returns
    -------
    DataFrame
        label, n, rate (per cent): an event of at least that rate would have shown itself at least
        once with 95 % probability, and so zero events leave rates up to it possible (rule of
        three).
    """
    any_ = table.iloc[-1]
    sizes = [("Forms returned", int(any_["forms"])), ("People trained", int(any_["trained"]))]
    rows = [(label, n, 100 * rule_of_three(n)) for label, n in sizes]
    return pd.DataFrame(rows, columns=["label", "n", "rate"])


def dimensions(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Say for valence, severity, causal link and duration what the form asked, if it did.

    Returns
    -------
    DataFrame
        label, finding: counts of the answers, or "not asked".
    """
    rows = []
    for dimension in study.settings.get("harm_dimensions", []):
        question = dimension.get("question")
        finding = "not asked"
        if question:
            counts = evaluation[question].dropna().value_counts()
            finding = ", ".join(f"{in_words(k).lower()} {v}" for k, v in counts.items()) or "none"
        rows.append((dimension["label"], finding))
    return pd.DataFrame(rows, columns=["label", "finding"])


def reliable_change(scores: pd.DataFrame, thresholds: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who reliably improved, stayed, and deteriorated on each outcome, by group.

    A change is reliable beyond 1.96 * sqrt(2) * SEM (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12). For deterioration as a harm see Baer et al. (2019),
    10.1016/j.cpr.2019.01.001.

    Parameters
    ----------
    thresholds : DataFrame
        scale and reliable_change, as 03_reliability writes them.

    Returns
    -------
    DataFrame
        scale, label, group, n, improved, unchanged, deteriorated.
    """
    limits = thresholds.set_index("scale")["reliable_change"]
    first, second = study.analysed_times
    rows = []
    for outcome in study.outcomes:
        of_scale = scores[scores["scale"] == outcome.id]
        wide = of_scale.pivot(index=["participant", "group"], columns="time", values="score")
        wide = wide.reindex(columns=[first.id, second.id]).dropna()
        gain = wide[second.id] - wide[first.id]
        gain = gain if outcome.better == "higher" else -gain
        for group in study.groups:
            gains = gain[wide.index.get_level_values("group") == group.id]
            better = int((gains > limits[outcome.id]).sum())
            worse = int((gains < -limits[outcome.id]).sum())
            same = len(gains) - better - worse
            rows.append((outcome.id, outcome.label, group.id, len(gains), better, same, worse))
    columns = ["scale", "label", "group", "n", "improved", "unchanged", "deteriorated"]
    return pd.DataFrame(rows, columns=columns)


def change_in_words(change: pd.DataFrame, study: Study) -> str:
    """Return the counts of the bars as a sentence for those who cannot see them."""
    parts = [
        f"{row.label}, {study.group_labels[row.group].lower()}: {row.improved} improved, "
        f"{row.unchanged} unchanged, {row.deteriorated} deteriorated"
        for row in change.itertuples()
    ]
    return f"{'; '.join(parts)}."


def deterioration_table(change: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the deteriorations side by side: scale, label, then deteriorated_ and n_ by group."""
    table = change[["scale", "label"]].drop_duplicates().reset_index(drop=True)
    for group in study.groups:
        rows = change[change["group"] == group.id].set_index("scale")
        for column in ("deteriorated", "n"):
            table[f"{column}_{group.id}"] = table["scale"].map(rows[column])
    return table


def deterioration_results(change: pd.DataFrame) -> list[dict]:
    """Return how many reliably deteriorated as results."""
    return results_of(change, "harms.{scale}.{statistic}.{group}", ["deteriorated"], "n")


def deterioration_in_words(change: pd.DataFrame, study: Study) -> str:
    """Say how many reliable deteriorations there were in each group, over all outcomes."""
    parts = []
    for group in study.groups:
        rows = change[change["group"] == group.id]
        worse, looked_at = int(rows["deteriorated"].sum()), int(rows["n"].sum())
        parts.append(f"{worse} of {looked_at} in {group.label.lower()}")
    return f"Reliable deteriorations, over all outcomes: {'; '.join(parts)}."


def listed_events(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """List what was reported, in the words of the file, without the participants' numbers.

    Returns
    -------
    DataFrame
        kind, report.
    """
    question, detail = study.harm_question("choice"), study.harm_question("text")
    reported = evaluation[evaluation[question].notna() & (evaluation[question] != NONE)]
    text = reported[detail] if detail else pd.Series(pd.NA, index=reported.index)
    table = pd.DataFrame({"kind": reported[question], "report": text})
    return table.sort_values(["kind", "report"], ignore_index=True)


def answer(table: pd.DataFrame) -> str:
    """Say how many reported anything, of either denominator."""
    any_ = table[table["kind"] == "any"].iloc[0]
    of_forms = round_half_up(any_["percent_of_forms"], 1)
    of_trained = round_half_up(any_["percent_of_trained"], 1)
    return (
        f"{any_['count']} people reported something unwanted: {of_forms} % of the {any_['forms']} "
        f"forms, {of_trained} % of the {any_['trained']} who were trained."
    )


def event_results(table: pd.DataFrame) -> list[dict]:
    """Return the counts as results; n is the number of people in the training."""
    return [
        result(f"harms.{row['kind']}.count", row["count"], row["trained"])
        for row in table.to_dict("records")
    ]
