"""The assumptions of the mixed ANOVA, checked outcome by outcome."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy

from imp_common.number_formats import bounded, fixed
from imp_helpers.effectiveness import shapiro_wilk
from imp_helpers.statistics.change_scores import CHANGE, correlation_within, values_by_group
from imp_helpers.study import Study

SPREADS = ["levene_p", "brown_forsythe_p", "baseline_p", "baseline_r", "r"]
EFFECTS = [f"{start}_{name}" for start in ("F", "p") for name in ("time_2", "time_3", "group")]
INFLUENCE = ["F_lowest", "F_highest"]


def overview(
    cases: Mapping[str, pd.DataFrame], resampled: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Check the assumptions of every outcome, by its complete cases.

    Columns: scale, those of ``spreads`` (without the test at baseline in a randomised trial) and
    ``main_effects``, F without each person in turn (F_lowest, F_highest; with one arm, from what
    ``resampling.resample`` returns), and those of ``shapiro_by_cell``.
    """
    influence = resampled.set_index("scale")[INFLUENCE].to_dict("index")
    rows = [
        {"scale": scale} | spreads(table, study) | main_effects(table, study)
        | influence.get(scale, {}) | shapiro_by_cell(table, study)
        for scale, table in cases.items()
    ]  # fmt: skip
    columns = ["scale", *SPREADS, *EFFECTS, *INFLUENCE, *cells(study)]
    absent = ["baseline_p"] if study.is_randomised else []
    absent += INFLUENCE if len(study.groups) != 2 else []
    return pd.DataFrame(rows, columns=columns).drop(columns=absent)


def shapiro_by_cell(cases: pd.DataFrame, study: Study) -> dict[str, float]:
    """Test normality of each group at each time and of its change.

    Keys: "p.training.baseline", "p.training.change" and so on.
    """
    columns = {name: name.split(".")[1:] for name in cells(study)}
    return {
        name: shapiro_wilk(cases.loc[cases["group"] == group, column].to_numpy(float))[1]
        for name, (group, column) in columns.items()
    }


def cells(study: Study) -> list[str]:
    """Return the names of ``shapiro_by_cell``."""
    columns = [*(time.id for time in study.analysed_times), CHANGE]
    return [f"p.{group.id}.{column}" for group in study.groups for column in columns]


def spreads(cases: pd.DataFrame, study: Study) -> dict[str, float]:
    """Check equality of spreads and baselines, and regression to the mean.

    Keys: levene_p and brown_forsythe_p (of the change; centred at mean and at median), baseline_p
    (F test of the groups at the first time), baseline_r (correlation of baseline and change within
    the groups: how strongly high scores fall and low ones rise), r (of before and after).
    """
    before, after, change = (
        values_by_group(cases, column, study.groups)
        for column in (*(time.id for time in study.analysed_times), CHANGE)
    )
    return {
        "levene_p": float(scipy.stats.levene(*change, center="mean").pvalue),
        "brown_forsythe_p": float(scipy.stats.levene(*change, center="median").pvalue),
        "baseline_p": float(scipy.stats.f_oneway(*before).pvalue),
        "baseline_r": correlation_within(before, change),
        "r": correlation_within(before, after),
    }


def doubts(table: pd.DataFrame, level: float) -> list[str]:
    """Say how many checks raise a doubt; ``table`` is what ``overview`` returns."""
    if table.empty:
        return ["No outcome could be analysed, so there is nothing to check."]
    p = table.filter(regex=r"^p\.").to_numpy(float)
    tests, below = int(np.isfinite(p).sum()), f"*p* < {bounded()(level)}"
    unequal = (table["brown_forsythe_p"] < level).sum()
    lowest, highest = (bounded()(end) for end in table["baseline_r"].agg(["min", "max"]))
    said = [
        f"Significant Shapiro-Wilk tests ({below}): {(p < level).sum()} of {tests}; about "
        f"{fixed(0)(level * tests)} would be expected by chance.",
        f"Outcomes with unequal variances by Brown-Forsythe: {unequal} of {len(table)}.",
    ]
    if "baseline_p" in table:
        differ = (table["baseline_p"] < level).sum()
        said.append(f"Outcomes on which the groups differ at baseline: {differ}.")
    said.append(
        f"Change and baseline correlate from {lowest} to {highest} within the groups, largely by "
        "mathematical coupling: the baseline score is part of the change."
    )
    return said


def main_effects(cases: pd.DataFrame, study: Study) -> dict[str, float]:
    """Test the main effects of time and of group, by type II and by type III sums of squares.

    With groups of unequal size the time effect is the change of the average person in type II and
    the average of the groups' changes in type III, which SPSS and R's afex take by default. Group
    and interaction do not depend on the type.

    Keys: F_time_2, F_time_3, F_group, p_time_2, p_time_3, p_group; F(1, n - k) of time and
    F(k - 1, n - k) of the k groups.
    """
    first, second = (time.id for time in study.analysed_times)
    changes = values_by_group(cases, CHANGE, study.groups)
    level = cases.assign(level=(cases[first] + cases[second]) / 2)
    groups, df = len(changes), len(cases) - len(changes)
    within = sum((len(c) - 1) * c.var(ddof=1) for c in changes) / df
    of_means = within / groups**2 * sum(1 / len(c) for c in changes)
    f = {
        "time_2": len(cases) * cases[CHANGE].mean() ** 2 / within,
        "time_3": np.mean([c.mean() for c in changes]) ** 2 / of_means,
        "group": float(scipy.stats.f_oneway(*values_by_group(level, "level", study.groups))[0]),
    }
    effects = {"time_2": 1, "time_3": 1, "group": groups - 1}
    p = {f"p_{name}": float(scipy.stats.f.sf(f[name], effects[name], df)) for name in f}
    return {f"F_{name}": value for name, value in f.items()} | p
