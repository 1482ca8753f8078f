"""The assumptions of the mixed ANOVA, checked outcome by outcome."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.statistics.change_scores import CHANGE, Contrast, correlation_within
from imp_helpers.study.study import Study

CHECKS = ["scale", "levene_p", "brown_forsythe_p", "baseline_p", "baseline_r", "r"]


def shapiro_wilk(values: np.ndarray) -> tuple[float, float]:
    """Return W and p of the Shapiro-Wilk test, R's ``shapiro.test``; NaN where nobody differs."""
    if len(values) < 3 or np.ptp(values) == 0:
        return float("nan"), float("nan")
    test = stats.shapiro(values)
    return float(test.statistic), float(test.pvalue)


def shapiro_by_cell(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Test normality of each group at each time and of its change.

    Columns: scale, then a p value a cell: "p_training_baseline", "p_training_change" and so on.
    """
    columns = [*(time.id for time in study.analysed_times), CHANGE]
    rows = []
    for scale, table in cases.items():
        of_group = {g.id: table.loc[table["group"] == g.id, columns] for g in study.groups[:2]}
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
        for group in study.groups[:2]
        for name, label in times.items()
    }


def checks(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Check equality of spreads and baselines, and regression to the mean.

    Columns: scale, levene_p and brown_forsythe_p (of the change; centred at mean and at median),
    baseline_p (t test of the groups at the first time), baseline_r (correlation of baseline and
    change within the groups: how strongly high scores fall and low ones rise), r (of before and
    after).
    """
    rows = []
    for scale, table in cases.items():
        one = Contrast.of(table, study)
        levene, brown_forsythe = (
            float(stats.levene(*one.change, center=center).pvalue) for center in ("mean", "median")
        )
        baseline = float(stats.ttest_ind(*one.before).pvalue)
        regression = correlation_within(one.before, one.change)
        rows.append((scale, levene, brown_forsythe, baseline, regression, one.correlation))
    return pd.DataFrame(rows, columns=CHECKS)


def doubts(cells: pd.DataFrame, checked: pd.DataFrame, level: float) -> dict[str, float]:
    """Count the checks that raise a doubt.

    Keys: outcomes; cells and not_normal of them, expected (how many by chance alone);
    unequal_spread and unequal_baseline (how many outcomes); lowest_r and highest_r (baseline and
    change).

    ``cells`` and ``checked`` are what ``shapiro_by_cell`` and ``checks`` return.
    """
    p = cells.drop(columns="scale").to_numpy(float)
    tests = int(np.isfinite(p).sum())
    return {
        "outcomes": len(checked),
        "cells": tests,
        "not_normal": int((p < level).sum()),
        "expected": level * tests,
        "unequal_spread": int((checked["brown_forsythe_p"] < level).sum()),
        "unequal_baseline": int((checked["baseline_p"] < level).sum()),
        "lowest_r": checked["baseline_r"].min(),
        "highest_r": checked["baseline_r"].max(),
    }


def main_effects(cases: Mapping[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Test the main effects of time and of group, by type II and by type III sums of squares.

    With groups of unequal size the time effect is the change of the average person in type II and
    the average of the groups' changes in type III, which SPSS and R's afex take by default. Group
    and interaction do not depend on the type.

    Columns: scale, F_time_2, F_time_3, F_group, p_time_2, p_time_3, p_group; F(1, n - 2) each.
    """
    rows = []
    for scale, table in cases.items():
        one = Contrast.of(table, study)
        group, reference = one.change
        n, within = sum(one.ns), one.variance
        everyone = np.concatenate(one.change).mean()
        of_means = within / 4 * sum(1 / size for size in one.ns)
        levels = [(b + a) / 2 for b, a in zip(one.before, one.after, strict=True)]
        f = {
            "time_2": float(n * everyone**2 / within),
            "time_3": float(((group.mean() + reference.mean()) / 2) ** 2 / of_means),
            "group": float(stats.ttest_ind(*levels).statistic ** 2),
        }
        p = {f"p_{name}": float(stats.f.sf(value, 1, one.df)) for name, value in f.items()}
        rows.append({"scale": scale} | {f"F_{name}": value for name, value in f.items()} | p)
    return pd.DataFrame(rows)
