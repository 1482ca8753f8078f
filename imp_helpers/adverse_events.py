"""Adverse effects: who reported them, of what kind, out of how many, and who deteriorated."""

from collections.abc import Callable

import pandas as pd
from imp_common.numbers import Count

from imp_helpers.statistics.change_scores import CHANGE, complete_cases, values_by_group
from imp_helpers.statistics.effect_sizes import exact_interval
from imp_helpers.study import Study

NONE = "none"
SPANNERS = {
    "Of returned forms": ["forms", "percent_of_forms", "forms_low"],
    "Of participants in the intervention": ["trained", "percent_of_trained", "trained_low"],
}
# The limits of a reliable change by their reliability, as 03_reliability names them.
BY_ALPHA, BY_RETEST = "reliable_change", "retest_change"


def count_events(
    evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count who reported each kind of adverse effect, with exact 95 % intervals.

    Participants who did not return the form were not asked, so two denominators are possible.

    Columns: kind, count, forms, percent_of_forms, forms_low, forms_high (Clopper-Pearson, in per
    cent), trained, percent_of_trained, trained_low, trained_high; the last row is "any".
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
        low, high = exact_interval(table["count"], table[whole])
        table = table.assign(**{f"{whole}_low": 100 * low, f"{whole}_high": 100 * high})
    return table


def events_by_arm(
    evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count who reported any adverse effect in each intervention group, and in all of them.

    Columns: group ("total" in the last row), and those of ``count_events`` but for the kind.
    """
    tables, everyone = [], study.intervention_groups
    for name, arms in [*((arm, [arm]) for arm in everyone), ("total", everyone)]:
        people = participants[participants["group"].isin(arms)]
        forms = evaluation[evaluation["participant"].isin(people["participant"])]
        events = count_events(forms, people, study)
        of_any = events[events["kind"] == "any"].drop(columns="kind")
        of_any.insert(0, "group", name)
        tables.append(of_any)
    return pd.concat(tables, ignore_index=True)


def any_event(table: pd.DataFrame, study: Study) -> dict[str, object]:
    """Return how many participants reported an adverse effect, and what was not asked."""
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
    """List for each aspect of adverse effects (severity, duration, ...) what the form asked.

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
    """Arrange the groups' reliable deteriorations in columns, one row per outcome.

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
        {"label": study.group_labels[group], "deteriorated": Count(worse, n), "measured": Count(n)}
        for group, worse, n in sums.itertuples()
    ]


def reliable_change(
    scores: pd.DataFrame, precision: pd.DataFrame, study: Study, limit: str = ""
) -> pd.DataFrame:
    """Count who reliably improved, showed no reliable change, and deteriorated, by group.

    A change is reliable beyond 1.96 * sqrt(2) * SEM (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12). The SEM follows from the retest reliability of the control group,
    which counts what varies between two times as error, or where there is none from alpha. For
    deterioration as a harm see Baer et al. (2019), 10.1016/j.cpr.2019.01.001.

    Columns: scale, label, group, n, improved, unchanged, deteriorated. Outcomes without a
    reliability are left out (see ``without_reliability``).

    ``precision`` is what 03_reliability writes; ``limit`` is BY_ALPHA or BY_RETEST where one alone
    is wanted.
    """
    by_scale = precision.set_index("scale")
    limits = (by_scale[limit] if limit else _limits(by_scale)).dropna()
    rows = []
    for outcome in (outcome for outcome in study.outcomes if outcome.id in limits):
        cases, limit = complete_cases(scores, outcome.id, study), limits[outcome.id]
        changes = values_by_group(cases, CHANGE, study.groups)
        for group, change in zip(study.groups, changes, strict=True):
            up, down = int((change > limit).sum()), int((change < -limit).sum())
            better, worse = (up, down) if outcome.better == "higher" else (down, up)
            same = len(change) - better - worse
            rows.append((outcome.id, outcome.label, group.id, len(change), better, same, worse))
    columns = ["scale", "label", "group", "n", "improved", "unchanged", "deteriorated"]
    return pd.DataFrame(rows, columns=columns)


def _limits(precision: pd.DataFrame) -> pd.Series:
    return precision[BY_RETEST].fillna(precision[BY_ALPHA])


def changed_controls(scores: pd.DataFrame, precision: pd.DataFrame, study: Study) -> list[dict]:
    """Count the control group's reliable changes by either reliability.

    Keys of each: by ("alpha" or "retest"), changed, measured (a person counts once for each
    outcome). Where nothing but measurement error is at work, 5 % are expected.
    """
    controls = [group.id for group in study.groups if group.role == "control"]
    counts = []
    for by, limit in (("alpha", BY_ALPHA), ("retest", BY_RETEST)):
        change = reliable_change(scores, precision, study, limit)
        rows = change[change["group"].isin(controls)]
        n, same = int(rows["n"].sum()), int(rows["unchanged"].sum())
        if n:
            counts.append({"by": by, "changed": Count(n - same, n), "measured": Count(n)})
    return counts


def without_reliability(precision: pd.DataFrame, study: Study) -> list[str]:
    """Return the labels of the outcomes whose measurement error is not known."""
    known = set(precision.loc[_limits(precision).notna(), "scale"])
    return [outcome.label for outcome in study.outcomes if outcome.id not in known]
