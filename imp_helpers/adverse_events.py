"""Adverse effects: who reported them, of what kind, out of how many, and who deteriorated."""

import pandas as pd

from imp_helpers.statistics.change_scores import CHANGE, complete_cases, values_by_group
from imp_helpers.statistics.effect_sizes import exact_interval
from imp_helpers.study import Study

NONE = "none"
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


def in_short(study: Study) -> list[str]:
    """Say how many participants reported an adverse effect, and what was not asked."""
    said = [
        "Participants who reported an adverse effect: {harms.any.count:whole}.",
        "Table 6.1 gives the rates.",
    ]
    unasked = [d.label.lower() for d in study.settings.harm_dimensions if not d.question]
    if unasked:
        said.append(f"No question of the form is known to be about: {', '.join(unasked)}.")
    return said


def dimensions(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """List for each aspect of adverse effects (severity, duration, ...) what the form asked.

    Columns: question (the aspect), choice ("not_asked", or each answer), count, n.
    """
    rows = []
    for dimension in study.settings.harm_dimensions:
        if not dimension.question:
            rows.append((dimension.label, "not_asked", pd.NA, pd.NA))
            continue
        answers = evaluation[dimension.question].dropna()
        counts = answers.value_counts().items()
        rows += [(dimension.label, answer, count, len(answers)) for answer, count in counts]
    table = pd.DataFrame(rows, columns=["question", "choice", "count", "n"])
    return table.astype({"count": "Int64", "n": "Int64"})


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

    Columns: scale, label, then deteriorated. and n. by group.

    ``change`` is what ``reliable_change`` returns.
    """
    table = change[["scale", "label"]].drop_duplicates().reset_index(drop=True)
    for group in study.groups:
        rows = change[change["group"] == group.id].set_index("scale")
        for column in ("deteriorated", "n"):
            table[f"{column}.{group.id}"] = table["scale"].map(rows[column])
    return table


def reliable_change(
    scores: pd.DataFrame, precision: pd.DataFrame, study: Study, limit: str = ""
) -> pd.DataFrame:
    """Count who reliably improved, showed no reliable change, and deteriorated, by group.

    A change is reliable beyond 1.96 * sqrt(2) * SEM (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12). The SEM follows from the retest reliability of the control group,
    which counts what varies between two times as error, or where there is none from alpha. For
    deterioration as a harm see Baer et al. (2019), 10.1016/j.cpr.2019.01.001.

    Columns: scale, label, group, n, improved, unchanged, deteriorated. Outcomes without a
    reliability are left out (see ``not_assessed``).

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


def changed_controls(scores: pd.DataFrame, precision: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the control group's reliable changes by either reliability.

    A person counts once for each outcome. Where nothing but measurement error is at work, 5 % are
    expected.

    Columns: label (the reliability), count, n, percent.
    """
    controls = [group.id for group in study.groups if group.role == "control"]
    rows = []
    for label, limit in (("Alpha", BY_ALPHA), ("Retest ICC", BY_RETEST)):
        change = reliable_change(scores, precision, study, limit)
        of_controls = change[change["group"].isin(controls)]
        n, same = int(of_controls["n"].sum()), int(of_controls["unchanged"].sum())
        if n:
            rows.append((label, n - same, n, 100 * (n - same) / n))
    return pd.DataFrame(rows, columns=["label", "count", "n", "percent"])


def not_assessed(precision: pd.DataFrame, study: Study) -> list[str]:
    """Say of which outcomes the measurement error is not known; nothing if it is of all."""
    known = set(precision.loc[_limits(precision).notna(), "scale"])
    labels = [outcome.label for outcome in study.outcomes if outcome.id not in known]
    return [f"Measurement error is not known of: {', '.join(labels)}."] if labels else []
