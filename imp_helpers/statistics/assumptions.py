"""The assumptions of the mixed ANOVA, checked outcome by outcome."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy

from imp_helpers.statistics.change_scores import CHANGE, correlation_within, values_by_group
from imp_helpers.study.study import Study

# Royston (1995), 10.2307/2986146, gives p for no larger samples.
MOST_FOR_SHAPIRO = 5_000
CHECKS = ["scale", "levene_p", "brown_forsythe_p", "baseline_p", "baseline_r", "r"]


def shapiro_wilk(values: np.ndarray) -> tuple[float, float]:
    """Return W and p of the Shapiro-Wilk test, R's ``shapiro.test``.

    NaN where nobody differs, and for fewer than 3 or more than 5,000 people.
    """
    if not 3 <= len(values) <= MOST_FOR_SHAPIRO or np.ptp(values) == 0:
        return float("nan"), float("nan")
    test = scipy.stats.shapiro(values)
    return float(test.statistic), float(test.pvalue)


def shapiro_by_cell(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Test normality of each group at each time and of its change.

    Columns: scale, then a p value a cell: "p_training_baseline", "p_training_change" and so on.
    """
    columns = [*(time.id for time in study.analysed_times), CHANGE]
    rows = []
    for scale, table in cases.items():
        of_group = {g.id: table.loc[table["group"] == g.id, columns] for g in study.groups}
        cells = {
            f"p_{group}_{column}": shapiro_wilk(people[column].to_numpy(float))[1]
            for group, people in of_group.items()
            for column in columns
        }
        rows.append({"scale": scale} | cells)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["scale"])


def cell_headings(study: Study) -> dict[str, str]:
    """Return the headings of ``shapiro_by_cell``: "Training, before" and so on."""
    times = {time.id: time.label for time in study.analysed_times} | {CHANGE: "Change"}
    return {
        f"p_{group.id}_{name}": f"{group.label}, {label.lower()}"
        for group in study.groups
        for name, label in times.items()
    }


def checks(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Check equality of spreads and baselines, and regression to the mean.

    Columns: scale, levene_p and brown_forsythe_p (of the change; centred at mean and at median),
    baseline_p (F test of the groups at the first time; not of a randomised trial), baseline_r
    (correlation of baseline and change within the groups: how strongly high scores fall and low
    ones rise), r (of before and after).
    """
    rows = []
    for scale, table in cases.items():
        before, after, change = (
            values_by_group(table, column, study.groups)
            for column in (*(time.id for time in study.analysed_times), CHANGE)
        )
        levene, brown_forsythe = (
            float(scipy.stats.levene(*change, center=center).pvalue)
            for center in ("mean", "median")
        )
        baseline = float(scipy.stats.f_oneway(*before).pvalue)
        regression = correlation_within(before, change)
        numbers = (levene, brown_forsythe, baseline, regression, correlation_within(before, after))
        rows.append((scale, *numbers))
    checked = pd.DataFrame(rows, columns=CHECKS)
    return checked.drop(columns="baseline_p") if study.is_randomised else checked


def overview(cases: Mapping[str, pd.DataFrame], tests: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return ``checks``, influence, ``main_effects`` and ``shapiro_by_cell`` side by side.

    With one arm, F without each person in turn (F_lowest, F_highest) is taken from ``tests``, what
    ``sensitivity.other_tests`` returns.
    """
    table = checks(cases, study).merge(main_effects(cases, study))
    if len(study.groups) == 2:
        table = table.merge(tests[["scale", "F_lowest", "F_highest"]])
    return table.merge(shapiro_by_cell(cases, study))


def spanners(table: pd.DataFrame, study: Study) -> dict[str, list[str]]:
    """Return the headings above the columns of ``overview``."""
    effects = [column for column in table if column.startswith(("F_time", "F_group", "p_time"))]
    return {"Main effects": [*effects, "p_group"], "Shapiro-Wilk, p": list(cell_headings(study))}


def doubts(table: pd.DataFrame, level: float) -> dict[str, float]:
    """Count the checks that raise a doubt.

    Keys: outcomes; cells and not_normal of them, expected (how many by chance alone);
    unequal_spread and unequal_baseline (how many outcomes); lowest_r and highest_r (baseline and
    change).

    ``table`` is what ``overview`` returns.
    """
    p = table.filter(regex="^p_(?!time_|group$)").to_numpy(float)
    tests = int(np.isfinite(p).sum())
    return {
        "outcomes": len(table),
        "cells": tests,
        "not_normal": int((p < level).sum()),
        "expected": level * tests,
        "unequal_spread": int((table["brown_forsythe_p"] < level).sum()),
        "unequal_baseline": int((table["baseline_p"] < level).sum())
        if "baseline_p" in table
        else None,
        "lowest_r": table["baseline_r"].min(),
        "highest_r": table["baseline_r"].max(),
    }


def main_effects(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Test the main effects of time and of group, by type II and by type III sums of squares.

    With groups of unequal size the time effect is the change of the average person in type II and
    the average of the groups' changes in type III, which SPSS and R's afex take by default. Group
    and interaction do not depend on the type.

    Columns: scale, F_time_2, F_time_3, F_group, p_time_2, p_time_3, p_group; F(1, n - k) of time
    and F(k - 1, n - k) of the k groups.
    """
    first, second = (time.id for time in study.analysed_times)
    rows = []
    for scale, table in cases.items():
        changes = values_by_group(table, CHANGE, study.groups)
        levels = values_by_group(
            table.assign(level=(table[first] + table[second]) / 2), "level", study.groups
        )
        groups, df = len(changes), len(table) - len(changes)
        within = sum((len(c) - 1) * c.var(ddof=1) for c in changes) / df
        of_means = within / groups**2 * sum(1 / len(c) for c in changes)
        f = {
            "time_2": len(table) * table[CHANGE].mean() ** 2 / within,
            "time_3": np.mean([c.mean() for c in changes]) ** 2 / of_means,
            "group": float(scipy.stats.f_oneway(*levels).statistic),
        }
        effects = {"time_2": 1, "time_3": 1, "group": groups - 1}
        p = {f"p_{name}": float(scipy.stats.f.sf(f[name], effects[name], df)) for name in f}
        rows.append({"scale": scale} | {f"F_{name}": value for name, value in f.items()} | p)
    columns = [f"{start}_{name}" for start in ("F", "p") for name in ("time_2", "time_3", "group")]
    return pd.DataFrame(rows, columns=["scale", *columns])
