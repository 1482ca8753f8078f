"""What the mixed ANOVA takes for granted, checked outcome by outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.statistics.sensitivity import Arms, arms_of
from imp_helpers.study.number_formats import bounded, without_zero
from imp_helpers.study.study import Study


def shapiro_by_cell(wides: dict[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Test normality of each group at each time and of its change (Shapiro-Wilk).

    Returns
    -------
    DataFrame
        scale, then a p value a cell: "p_training_baseline", "p_training_change" and so on.
    """
    rows = []
    for scale, wide in wides.items():
        row: dict[str, object] = {"scale": scale}
        for group in study.groups[:2]:
            people = wide[wide["group"] == group.id]
            for column in (*(time.id for time in study.analysed_times), "change"):
                row[f"p_{group.id}_{column}"] = _shapiro(people[column].to_numpy(float))
        rows.append(row)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["scale"])


def cell_headings(study: Study) -> dict[str, str]:
    """Return the headings of ``shapiro_by_cell``: "Training, before" and so on."""
    times = {time.id: time.label for time in study.analysed_times} | {"change": "Change"}
    return {
        f"p_{group.id}_{name}": f"{group.label}, {label.lower()}"
        for group in study.groups[:2]
        for name, label in times.items()
    }


def _shapiro(values: np.ndarray) -> float:
    if len(values) < 3 or np.ptp(values) == 0:
        return float("nan")
    return float(stats.shapiro(values).pvalue)


def checks(wides: dict[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Check spreads, baselines and regression to the mean.

    Returns
    -------
    DataFrame
        scale, levene_p and brown_forsythe_p (of the change; centred at mean and at median),
        baseline_p (t test of the groups at the first time), baseline_r (correlation of baseline and
        change within the groups: how strongly high scores fall and low ones rise), r (of before and
        after).
    """
    columns = ["scale", "levene_p", "brown_forsythe_p", "baseline_p", "baseline_r", "r"]
    rows = [{"scale": s} | _checks(arms_of(w, study)) for s, w in wides.items()]
    return pd.DataFrame(rows, columns=columns)


def _checks(arms: Arms) -> dict[str, float]:
    change = arms.change
    centred = [
        np.concatenate([values - values.mean() for values in pair])
        for pair in (arms.before, change)
    ]
    return {
        "levene_p": float(stats.levene(*change, center="mean").pvalue),
        "brown_forsythe_p": float(stats.levene(*change, center="median").pvalue),
        "baseline_p": float(stats.ttest_ind(*arms.before).pvalue),
        "baseline_r": float(np.corrcoef(*centred)[0, 1]),
        "r": arms.correlation,
    }


def in_words(cells: pd.DataFrame, checked: pd.DataFrame, study: Study) -> str:
    """Say how many of the checks raise a doubt, beside how many chance alone would."""
    if checked.empty:
        return "No outcome could be analysed, so there is nothing to check."
    level = study.settings["study"]["significance_level"]
    p = cells.drop(columns="scale").to_numpy(float)
    tests = int(np.isfinite(p).sum())
    spread = int((checked["brown_forsythe_p"] < level).sum())
    baseline = int((checked["baseline_p"] < level).sum())
    return (
        f"Shapiro-Wilk finds p below {without_zero(level)} in {int((p < level).sum())} of {tests} "
        f"cells, where chance alone would in about {level * tests:.0f}; Brown-Forsythe in "
        f"{spread} of {len(checked)} outcomes, the comparison of the groups before in "
        f"{baseline}. Change and baseline correlate from {bounded()(checked['baseline_r'].min())} "
        f"to {bounded()(checked['baseline_r'].max())} within the groups: below zero, high scores "
        "tend to fall and low ones to rise, as regression to the mean has it in both groups alike."
    )


# ---------------------------------------------------------------- types of sums of squares


def main_effects(wide: pd.DataFrame, study: Study) -> dict[str, float]:
    """Return F of time and of group, by type II and by type III sums of squares.

    With groups of unequal size the time effect is the change of the average person in type II and
    the average of the groups' changes in type III, which SPSS and R's afex take by default. Group
    and interaction do not depend on the type.

    Returns
    -------
    dict
        F_time_2, F_time_3, F_group, p_time_2, p_time_3, p_group; F(1, n - 2) each.
    """
    arms = arms_of(wide, study)
    first, second = arms.change
    n = sum(arms.ns)
    df = n - 2
    within = sum((len(c) - 1) * c.var(ddof=1) for c in arms.change) / df
    everyone = np.concatenate(arms.change).mean()
    f_2 = n * everyone**2 / within
    f_3 = ((first.mean() + second.mean()) / 2) ** 2 / (within / 4 * sum(1 / m for m in arms.ns))
    levels = [(b + a) / 2 for b, a in zip(arms.before, arms.after, strict=True)]
    f_group = float(stats.ttest_ind(*levels).statistic ** 2)
    f = {"time_2": float(f_2), "time_3": float(f_3), "group": f_group}
    p = {f"p_{name}": float(stats.f.sf(value, 1, df)) for name, value in f.items()}
    return {f"F_{name}": value for name, value in f.items()} | p


def main_effect_table(wides: dict[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Return the main effects of every outcome, a row each."""
    return pd.DataFrame([{"scale": s} | main_effects(w, study) for s, w in wides.items()])
