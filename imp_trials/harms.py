"""Harms after CONSORT Harms 2022: groups compared, withdrawals, deterioration of persons."""

import numpy as np
import pandas as pd

from imp_helpers.adverse_events import BY_ALPHA, BY_RETEST, NONE
from imp_helpers.statistics.change_scores import CHANGE, complete_cases
from imp_helpers.statistics.effect_sizes import reliable_change_threshold
from imp_helpers.study import Study

# What a reason for drop-out, or a row of any serious harm, is called.
HARM, SERIOUS, ANY = "harms", "serious", "any"


def asked(evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who answered the question on adverse effects, in each group.

    Who did not answer is not known to be without harm. Columns: group, participants, forms (with an
    answer), missing_forms.
    """
    question = study.harm_question("choice")
    answered = evaluation.loc[evaluation[question].notna(), "participant"]
    rows = []
    for group in study.groups:
        people = participants.loc[participants["group"] == group.id, "participant"]
        forms = int(people.isin(answered).sum())
        rows.append((group.id, len(people), forms, len(people) - forms))
    return pd.DataFrame(rows, columns=["group", "participants", "forms", "missing_forms"])


def counts_by_group(
    evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count each kind of adverse effect in each group, of those who answered the question.

    Columns: kind ("serious" for all that the settings call serious, "any" at the end), group,
    count, n. Empty where the reference group was not asked, because then nothing is compared.
    """
    question, reference = study.harm_question("choice"), study.groups[-1].id
    groups = participants.set_index("participant")["group"]
    answers = evaluation.set_index("participant")[question].dropna()
    of_group = answers.index.map(groups)
    kinds = {k: [k] for k in study.questions[question].choices.values() if k != NONE}
    if serious := study.settings.evaluation.serious_harms:
        kinds[SERIOUS] = serious
    kinds[ANY] = [kind for kind in set(answers) if kind != NONE]
    asked_groups = [group.id for group in study.groups if group.id in set(of_group)]
    rows = [
        (kind, group, int((answers[of_group == group]).isin(members).sum()),
         int((of_group == group).sum()))
        for kind, members in kinds.items()
        for group in asked_groups
        if reference in asked_groups
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "group", "count", "n"])


def not_compared(counts: pd.DataFrame, study: Study) -> list[str]:
    """Say that the groups cannot be compared, and whether seriousness is known."""
    said = []
    if counts.empty:
        said.append(
            f"{study.groups[-1].label} was not asked about adverse effects, so the rates cannot be "
            "compared."
        )
    if not study.settings.evaluation.serious_harms:
        said.append("Which adverse effects were serious is not stated.")
    return said


def withdrawals(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who withdrew because of harm, of all participants of each group.

    By the reason for drop-out with the id "harms". Columns: group, count (missing where the
    settings name no such reason), n.
    """
    codes = study.settings.participants.drop_out_reason_codes or {}
    rows = []
    for group in study.groups:
        people = participants[participants["group"] == group.id]
        stated = HARM in codes.values()
        count = int((people["drop_out_reason"] == HARM).sum()) if stated else pd.NA
        rows.append((group.id, count, len(people)))
    return pd.DataFrame(rows, columns=["group", "count", "n"]).astype({"count": "Int64"})


def limits(precision: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the limit of reliable change of each primary outcome with its interval.

    By the retest ICC of the control group; its 95 % interval gives that of the limit, the SD taken
    as known. Columns: scale, label, n, retest_change, limit_low, limit_high, reliable_change (by
    alpha).
    """
    main = [outcome.id for outcome in study.main_outcomes]
    table = precision[precision["scale"].isin(main)].reset_index(drop=True)
    for end, icc in (("limit_low", "icc_high"), ("limit_high", "icc_low")):
        table[end] = [
            reliable_change_threshold(sd, min(max(r, 0.0), 1.0)) if np.isfinite(r) else np.nan
            for sd, r in zip(table["sd"], table[icc], strict=True)
        ]
    columns = ["scale", "label", "n", BY_RETEST, "limit_low", "limit_high", BY_ALPHA]
    return table[columns]


def deterioration_by_person(
    scores: pd.DataFrame, precision: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count who deteriorated reliably on at least one primary outcome.

    A person counts once, and subscales do not count. Columns: change, group, count, n (participants
    whose change is known on at least one primary outcome).
    """
    by_scale = precision.set_index("scale")
    known = by_scale[BY_RETEST].fillna(by_scale[BY_ALPHA]).dropna()
    changes = []
    for outcome in (outcome for outcome in study.main_outcomes if outcome.id in known.index):
        cases = complete_cases(scores, outcome.id, study)
        loss = -cases[CHANGE] if outcome.better == "higher" else cases[CHANGE]
        changes.append(cases[["participant", "group"]].assign(worse=loss > known[outcome.id]))
    columns = ["change", "group", "count", "n"]
    if not changes:
        return pd.DataFrame(columns=columns)
    people = pd.concat(changes).groupby("participant").agg({"group": "first", "worse": "any"})
    found = people.groupby("group")["worse"].agg(["sum", "size"])
    about = "deteriorated on a primary outcome"
    rows = [
        (about, group.id, int(found.at[group.id, "sum"]), int(found.at[group.id, "size"]))
        for group in study.groups
        if group.id in found.index
    ]
    return pd.DataFrame(rows, columns=columns)


def changed_controls(scores: pd.DataFrame, precision: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the reliable changes of the control group on each primary outcome.

    Columns: label, reliability ("Alpha" or "Retest ICC"), count, n, percent.
    """
    rows, by_scale = [], precision.set_index("scale")
    controls = [group.id for group in study.groups if group.role == "control"]
    for outcome in (outcome for outcome in study.main_outcomes if outcome.id in by_scale.index):
        cases = complete_cases(scores, outcome.id, study)
        change = cases.loc[cases["group"].isin(controls), CHANGE].abs()
        for name, limit in (("Alpha", BY_ALPHA), ("Retest ICC", BY_RETEST)):
            value = by_scale.at[outcome.id, limit]
            if len(change) and np.isfinite(value):
                count = int((change > value).sum())
                rows.append((outcome.label, name, count, len(change), 100 * count / len(change)))
    return pd.DataFrame(rows, columns=["label", "reliability", "count", "n", "percent"])
