"""Unwanted effects: who reported them, of what kind, out of how many."""

from __future__ import annotations

import pandas as pd

from imp_helpers.printed_numbers import round_half_up
from imp_helpers.results import result
from imp_helpers.study import Study

NONE = "none"


def harm_question(study: Study, kind: str) -> str | None:
    """Return the id of the form's question on harms of one kind, "choice" or "text"."""
    for name, question in study.questions.items():
        if question["area"] == "harms" and question["kind"] == kind:
            return name
    return None


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
    question = harm_question(study, "choice")
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


def listed_events(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """List what was reported, in the words of the file, without the participants' numbers.

    Returns
    -------
    DataFrame
        kind, report.
    """
    question, detail = harm_question(study, "choice"), harm_question(study, "text")
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
