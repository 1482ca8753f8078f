"""Analyse all times: means, comparisons with baseline, and a mixed model."""

import numpy as np
import pandas as pd
import scipy

from imp_helpers.printed.reported_tests import holm
from imp_helpers.statistics.change_scores import (
    arm_contrasts,
    complete_cases,
    group_model,
    omnibus,
    scores_by_time,
    why_not_estimable,
)
from imp_helpers.statistics.repeated_measures import (
    NotEstimableError,
    cell_means_design,
    change_weights,
    fit_repeated_measures,
)
from imp_helpers.study.results import results_of
from imp_helpers.study.study import Study, Time

ESTIMATE = ["difference", "low", "high", "p"]
COMPARED = ["difference", "low", "high", "adjusted_p"]
# The analyses of each later time, and the beginnings of their columns.
ANALYSES = {"interaction": "", "ancova": "ancova_"}
CONTRASTS = [start + name for start in (*ANALYSES.values(), "mixed_") for name in COMPARED]
SPANNERS = dict(
    zip(("Change", "ANCOVA", "Mixed model"), np.reshape(CONTRASTS, (3, -1)).tolist(), strict=True)
)
DESCRIBED = ["n", "mean", "sd"]


def mixed_contrasts(scores: pd.DataFrame, scale: str, study: Study) -> pd.DataFrame:
    """Compare the change of each arm with the reference's, at each later time.

    The model has a mean for each group at each time, and uses all scores.

    Columns: time, group, difference, low, high (95 %), p, adjusted_p (Holm, for arms of a time),
    reason (why there is no estimate).
    """
    times, last = study.times, len(study.groups) - 1
    baseline = times.index(study.analysed_times[0])
    keys = [(times.index(time), g) for time in later_times(study) for g in range(last)]
    table = pd.DataFrame([(times[t].id, study.groups[g].id) for t, g in keys])
    table.columns = ["time", "group"]
    wide = scores_by_time(scores, scale, study, times)
    arms = wide["group"].map({g.id: i for i, g in enumerate(study.groups)}).to_numpy(int)
    values = wide[[time.id for time in times]].to_numpy(float)
    try:
        fit = fit_repeated_measures(values, cell_means_design(arms, len(times)))
    except NotEstimableError as error:
        nothing = table.reindex(columns=["time", "group", *ESTIMATE, "adjusted_p"])
        return nothing.assign(reason=str(error))
    weights = [change_weights(g, last, t, len(times), baseline) for t, g in keys]
    table = table.join(pd.DataFrame(map(fit.contrast, weights))[ESTIMATE])
    return table.assign(adjusted_p=table.groupby("time")["p"].transform(holm), reason="")


def means_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe every outcome at every time: everyone who has a score there.

    Columns: scale, label, group, time, n, mean, sd, low, high (95 % of the mean, t distribution).
    """
    labels, names = {o.id: o.label for o in study.outcomes}, ["scale", "group", "time"]
    parts = [labels, study.group_labels, study.time_labels]
    cells = pd.MultiIndex.from_product(map(list, parts), names=names)
    found = scores.dropna(subset="score").groupby(names)["score"]
    table = found.agg(n="size", mean="mean", sd="std").reindex(cells).reset_index()
    table.insert(1, "label", table["scale"].map(labels))
    table["n"] = table["n"].fillna(0).astype(int)
    error = table["sd"] / np.sqrt(table["n"])
    half = scipy.stats.t.isf(0.025, (table["n"] - 1).clip(lower=1)) * error
    return table.assign(low=table["mean"] - half, high=table["mean"] + half)


def later_times(study: Study) -> list[Time]:
    """Return the times after the baseline, which need not be the first time."""
    return list(study.times[study.times.index(study.analysed_times[0]) + 1 :])


def omnibus_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test at each later time whether the groups changed differently, in complete cases.

    Columns: scale, label, time, n, F, df_effect, df_error, p, partial_eta_squared (of the change);
    ancova_F, ancova_F_p; reason (why there is no test, see ``change_scores.why_not_estimable``).
    """
    rows = []
    for outcome in study.outcomes:
        for time in later_times(study):
            cases = complete_cases(scores, outcome.id, study, time)
            row = {"scale": outcome.id, "label": outcome.label, "time": time.id, "n": len(cases)}
            row["reason"] = why_not_estimable(cases, study)
            if not row["reason"]:
                row |= omnibus(group_model(cases, study, time, "interaction"))
                adjusted = omnibus(group_model(cases, study, time, "ancova"))
                row |= {"ancova_F": adjusted["F"], "ancova_F_p": adjusted["p"]}
            rows.append(row)
    tests = ["F", "df_effect", "df_error", "p", "partial_eta_squared", "ancova_F", "ancova_F_p"]
    table = pd.DataFrame(rows).reindex(columns=["scale", "label", "time", "n", *tests, "reason"])
    return table.astype({"df_effect": "Int64", "df_error": "Int64"})


def contrasts_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare each arm with the reference at each later time: change, ANCOVA and mixed model.

    Columns: scale and label (of the comparison), time, n (arm and reference, complete cases), then
    for change scores difference, low, high (95 %), adjusted_p (Holm, for the arms); the same after
    "ancova_" and "mixed_"; reason (why the mixed model has no estimate).
    """
    rows = []
    for outcome in study.outcomes:
        ours = [one for one in study.comparisons if one.outcome is outcome]
        mixed = mixed_contrasts(scores, outcome.id, study).set_index(["time", "group"])
        for time in later_times(study):
            cases = complete_cases(scores, outcome.id, study, time)
            ns, estimates = cases["group"].value_counts(), {}
            if not why_not_estimable(cases, study):
                for analysis, prefix in ANALYSES.items():
                    model = group_model(cases, study, time, analysis)
                    estimates[prefix] = arm_contrasts(model).to_dict("records")
            for place, one in enumerate(ours):
                found = {prefix: table[place] for prefix, table in estimates.items()}
                found["mixed_"] = mixed.loc[(time.id, one.arm.id)].to_dict()
                row = {"scale": one.id, "label": one.label, "time": time.id}
                row["n"] = int(sum(ns.get(group.id, 0) for group in one.groups))
                row["reason"] = found["mixed_"]["reason"]
                for prefix, estimate in found.items():
                    row |= {prefix + name: estimate[name] for name in COMPARED}
                rows.append(row)
    return pd.DataFrame(rows).reindex(columns=["scale", "label", "time", "n", *CONTRASTS, "reason"])


def wide_means(means: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what ``means_over_time`` returns with a row an outcome and group.

    Columns: scale, label, group, then n, mean and sd of each time: "n_baseline" and so on.
    """
    wide = means.pivot(index=["scale", "label", "group"], columns="time", values=DESCRIBED)
    wide.columns = ["_".join(names) for names in wide.columns]
    rows = means.drop_duplicates(["scale", "group"])[["scale", "label", "group"]]
    shown = [column for group in mean_spanners(study).values() for column in group]
    return rows.merge(wide[shown].reset_index())


def mean_spanners(study: Study) -> dict[str, list[str]]:
    """Return the headings above the times of ``wide_means``."""
    return {time.label: [f"{name}_{time.id}" for name in DESCRIBED] for time in study.times}


def results(tests: pd.DataFrame, compared: pd.DataFrame, study: Study) -> list[dict]:
    """Return the tests and contrasts as results; their ids name the time if it is not primary.

    Of the primary time, Table 5 has the test.
    """
    primary = study.analysed_times[1].id
    later = tests[tests["time"] != primary]
    name = "effectiveness.{scale}.{time}.{statistic}"
    results = results_of(later, name, ["F", "p", "partial_eta_squared"], "n")
    for at_primary, rows in compared.groupby(compared["time"] == primary, sort=False):
        name = "effectiveness.{scale}." + ("" if at_primary else "{time}.") + "{statistic}"
        results += results_of(rows, name, CONTRASTS, "n")
    return results
