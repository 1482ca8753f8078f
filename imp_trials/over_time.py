"""Analyse all times: means, comparisons with baseline, and a mixed model."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from imp_helpers.results import results_of
from imp_helpers.statistics.change_scores import (
    adjusted_p,
    complete_cases,
    group_model,
    scores_by_time,
    why_not_estimable,
)
from imp_helpers.statistics.effect_sizes import arm_contrasts, deviations, omnibus
from imp_helpers.study import Study, Time
from imp_trials.repeated_measures import (
    NotEstimableError,
    cell_means_design,
    change_weights,
    fit_repeated_measures,
)

ESTIMATE = ["difference", "low", "high", "p"]
COMPARED = ["difference", "low", "high", "adjusted_p"]
# The analyses of each later time, and the beginnings of their columns.
ANALYSES = {"interaction": "", "ancova": "ancova_"}
CONTRASTS = [start + name for start in (*ANALYSES.values(), "mixed_") for name in COMPARED]
DESCRIBED = ["n", "mean", "sd"]


class Measured(NamedTuple):
    """The scores of one outcome at the times that were measured, in units of their own spread.

    ``scores`` (people, times) and ``arms`` (each person's group, counted from 0) are of people with
    a score; ``unit`` gives points of the scale again. ``design`` has a mean for each group at each
    time, and ``cells`` says which of these (groups, times of the study) were measured.
    """

    scores: np.ndarray
    arms: np.ndarray
    unit: float
    design: np.ndarray
    cells: np.ndarray


def measured_scores(wide: pd.DataFrame, study: Study, times: Sequence[Time] = ()) -> Measured:
    """Lay out one outcome's scores at all times, or those given, for a model of cell means.

    NotEstimableError if there are none, or if they do not vary.
    """
    values = wide[[time.id for time in times or study.times]].to_numpy(float)
    some, groups = ~np.isnan(values).all(axis=1), [group.id for group in study.groups]
    values, arms = values[some], wide["group"].map(groups.index).to_numpy(int)[some]
    known = ~np.isnan(values)
    spread = deviations(values[known])
    if not spread.any():
        raise NotEstimableError("scores do not vary")
    cells = np.array([known[arms == g].any(axis=0) for g in range(len(groups))])
    there = cells.any(axis=0)
    design = cell_means_design(arms, values.shape[1], len(groups))
    design = design[:, there][:, :, cells.ravel()]
    unit = float(np.abs(spread).max())
    scaled = (values - values[known].mean()) / unit
    return Measured(scaled[:, there], arms, unit, design, cells)


def mixed_contrasts(scores: pd.DataFrame, scale: str, study: Study) -> pd.DataFrame:
    """Compare the change of each arm with the reference's, at each later time.

    The model has a mean for each group at each time at which it was measured, and uses all scores.

    Columns: time, group, difference, low, high (95 %), p, reason (why there is no estimate).
    """
    times, last = study.times, len(study.groups) - 1
    baseline = times.index(study.analysed_times[0])
    keys = [(times.index(time), g) for time in later_times(study) for g in range(last)]
    try:
        data = measured_scores(scores_by_time(scores, scale, study, times), study)
        fit, reason = fit_repeated_measures(data.scores, data.design), ""
    except NotEstimableError as error:
        fit, reason = None, str(error)
    rows = []
    for t, g in keys:
        row = {"time": times[t].id, "group": study.groups[g].id, "reason": reason}
        if fit:
            weights = change_weights(g, last, t, len(times), baseline)
            lacking = np.argwhere((weights != 0).reshape(data.cells.shape) & ~data.cells)
            if len(lacking):
                where = (f"{study.groups[i].label} at {times[j].label}" for i, j in lacking)
                row["reason"] = f"no score of {', '.join(where)}"
            else:
                found = fit.contrast(weights[data.cells.ravel()])
                row |= {name: found[name] * data.unit for name in ESTIMATE[:-1]}
                row["p"] = found["p"]
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=["time", "group", *ESTIMATE, "reason"])


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
            row["reason"] = why_not_estimable(cases, study, "interaction", time)
            if row["reason"] == "few_people":
                row["reason"] = not_measured(scores, outcome.id, time, study) or "few_people"
            elif not row["reason"]:
                row |= omnibus(group_model(cases, study, time, "interaction"))
                row["reason"] = why_not_estimable(cases, study, "ancova", time)
                if not row["reason"]:
                    adjusted = omnibus(group_model(cases, study, time, "ancova"))
                    row |= {"ancova_F": adjusted["F"], "ancova_F_p": adjusted["p"]}
            rows.append(row)
    tests = ["F", "df_effect", "df_error", "p", "partial_eta_squared", "ancova_F", "ancova_F_p"]
    table = pd.DataFrame(rows).reindex(columns=["scale", "label", "time", "n", *tests, "reason"])
    return table.astype({"df_effect": "Int64", "df_error": "Int64"})


def not_measured(scores: pd.DataFrame, scale: str, time: Time, study: Study) -> str:
    """Tell which groups have no score at a time; empty if all have one."""
    there = scores[(scores["scale"] == scale) & (scores["time"] == time.id)].dropna(subset="score")
    absent = [group.label for group in study.groups if group.id not in set(there["group"])]
    verb = "were" if len(absent) > 1 else "was"
    return f"{' and '.join(absent)} {verb} not measured" if absent else ""


def contrasts_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare each arm with the reference at each later time: change, ANCOVA and mixed model.

    Columns: scale and label (of the comparison), time, n (arm and reference, complete cases), then
    for change scores difference, low, high (95 %), adjusted_p (see ``change_scores.adjusted_p``);
    the same after "ancova_" and "mixed_"; reason (why the mixed model has no estimate).
    """
    rows = []
    for outcome in study.outcomes:
        ours = [one for one in study.comparisons if one.outcome is outcome]
        mixed = mixed_contrasts(scores, outcome.id, study).set_index(["time", "group"])
        for time in later_times(study):
            cases = complete_cases(scores, outcome.id, study, time)
            ns, estimates = cases["group"].value_counts(), {}
            for analysis, prefix in ANALYSES.items():
                if not why_not_estimable(cases, study, analysis, time):
                    model = group_model(cases, study, time, analysis)
                    estimates[prefix] = arm_contrasts(model).to_dict("records")
            for place, one in enumerate(ours):
                found = {prefix: table[place] for prefix, table in estimates.items()}
                found["mixed_"] = mixed.loc[(time.id, one.arm.id)].to_dict()
                row = {"scale": one.id, "label": one.label, "time": time.id}
                row["n"] = int(sum(ns.get(group.id, 0) for group in one.groups))
                row["reason"] = found["mixed_"]["reason"]
                row["family"] = outcome.family
                for prefix, estimate in found.items():
                    row |= {prefix + name: estimate[name] for name in ESTIMATE}
                rows.append(row)
    columns = ["scale", "label", "time", "n", *CONTRASTS, "reason"]
    if not rows:
        return pd.DataFrame(columns=columns)
    table = pd.DataFrame(rows)
    for prefix in (*ANALYSES.values(), "mixed_"):
        p = table.get(f"{prefix}p", pd.Series(np.nan, table.index))
        corrected = adjusted_p(p, [table["family"], table["time"]], study)
        table[f"{prefix}adjusted_p"] = corrected
    return table.reindex(columns=columns)


def wide_means(means: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what ``means_over_time`` returns with a row an outcome and group.

    Columns: scale, group, then n, mean and sd of each time: "n.baseline" and so on.
    """
    wide = means.pivot(index=["scale", "group"], columns="time", values=DESCRIBED)
    wide.columns = [".".join(names) for names in wide.columns]
    cells = [f"{name}.{time.id}" for time in study.times for name in DESCRIBED]
    rows = means.drop_duplicates(["scale", "group"])[["scale", "group"]]
    return rows.merge(wide[cells].reset_index())


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
