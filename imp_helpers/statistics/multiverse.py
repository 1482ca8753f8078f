"""How much a conclusion depends on the analysis, on clustering, and on the form of the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.statistics.change_scores import CHANGE, Contrast, complete_cases, values_by_group
from imp_helpers.statistics.sensitivity import ancova
from imp_helpers.study.study import Study

ICCS = (0.0, 0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30)
PUBLISHED = "mixed ANOVA (as published)"


def multiverse(
    tests: pd.DataFrame, cases: Mapping[str, pd.DataFrame], clustered: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """List every defensible analysis of each main outcome.

    Columns: scale, label, analysis, p, published (bool); sorted by outcome, then p.

    ``tests`` and ``clustered`` are what ``sensitivity.other_tests`` and ``clustering`` return.
    ``cases`` is what ``change_scores.estimable_cases`` returns.
    """
    names = {
        "p": PUBLISHED,
        "welch_p": "Welch t on change",
        "ancova_p": "ANCOVA, HC3",
        "permutation_p": "permutation",
        "yuen_p": "Yuen, 20 % trimmed",
        "mann_whitney_p": "Mann-Whitney on change",
        "holm_p": "Holm over the main measures",
    }
    clustered = clustered[clustered["icc"] == 0.05].set_index("scale")["p"]
    rows = []
    for row in tests[tests["family"] == "main"].to_dict("records"):
        one = Contrast.of(cases[row["scale"]], study)
        p_values = {name: row[column] for column, name in names.items()}
        p_values["ANCOVA, ordinary errors"] = ancova(one, robust=False)["p"]
        for column, who in (("F_lowest", "helps"), ("F_highest", "hinders")):
            p = float(stats.f.sf(row[column], 1, one.df - 1))
            p_values[f"without the person who {who} most"] = p
        if row["scale"] in clustered:
            p_values["clustered, ICC .05"] = clustered[row["scale"]]
        ordered = sorted(p_values.items(), key=lambda item: (np.isnan(item[1]), item[1]))
        rows += [(row["scale"], row["label"], n, p, n == PUBLISHED) for n, p in ordered]
    return pd.DataFrame(rows, columns=["scale", "label", "analysis", "p", "published"])


def significant_analyses(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Count each outcome's significant analyses: label, analyses, significant, lowest, highest.

    ``table`` is what ``multiverse`` returns.
    """
    by_outcome = table.assign(below=table["p"] < level).groupby("label", sort=False)
    return by_outcome.agg(
        analyses=("p", "size"), significant=("below", "sum"), lowest=("p", "min"),
        highest=("p", "max"),
    ).reset_index()  # fmt: skip


def design_effect(cluster_sizes: Sequence[int], icc: float) -> float:
    """Return 1 + ICC (sum of squared cluster sizes / n - 1): the growth of a mean's variance."""
    return 1 + icc * (sum(size * size for size in cluster_sizes) / sum(cluster_sizes) - 1)


def clustering(
    tests: pd.DataFrame, training_groups: pd.Series, iccs: Sequence[float] = ICCS
) -> pd.DataFrame:
    """Return what clustering within training groups could do to the p values.

    The variance of the training group's mean grows by the design effect; controls were in no group.
    The degrees of freedom are left as they are, which still flatters so few clusters.

    Columns: scale, label, icc, design_effect, p; a row a main outcome and ICC.
    Columns of ``tests``: scale, label, family, n, p. ``training_groups`` holds each participant's
    training group, missing for controls.
    """
    sizes = training_groups.dropna().value_counts().tolist()
    rows = []
    main = tests[(tests["family"] == "main") & tests["p"].notna()]
    for row in main.itertuples() if sizes else ():
        df, trained = row.n - 2, sum(sizes)
        t = stats.t.isf(row.p / 2, df)
        for icc in iccs:
            inflation, others = design_effect(sizes, icc), row.n - trained
            ratio = (inflation / trained + 1 / others) / (1 / trained + 1 / others)
            p = 2 * stats.t.sf(t / np.sqrt(ratio), df)
            rows.append((row.scale, row.label, icc, inflation, p))
    return pd.DataFrame(rows, columns=["scale", "label", "icc", "design_effect", "p"])


def tipping_icc(p: float, n: int, cluster_sizes: Sequence[int], level: float) -> float:
    """Return the intraclass correlation at which a significant difference stops being so.

    ``clustering`` solved for the ICC at which t is the critical one.

    Above 1 where no clustering tips it; NaN if it is not significant to begin with.
    ``p`` is that without clustering, ``n`` the number of people in both groups.
    """
    trained = sum(cluster_sizes)
    others = n - trained
    growth = design_effect(cluster_sizes, 1) - 1
    if p >= level or growth <= 0:
        return float("nan") if p >= level else float("inf")
    allowed = (stats.t.isf(p / 2, n - 2) / stats.t.isf(level / 2, n - 2)) ** 2
    allowed_effect = (allowed * (1 / trained + 1 / others) - 1 / others) * trained
    return float((allowed_effect - 1) / growth)


@dataclass(frozen=True)
class Transformation:
    """A transformation of scores, people x times: ``allows`` tells which have what it ``needs``."""

    label: str
    of: Callable[[np.ndarray], np.ndarray]
    allows: Callable[[np.ndarray], bool] = lambda scores: True
    needs: str = ""


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return each score's rank among all scores at both times; ties get their mean rank.

    Conover & Iman (1981), 10.1080/00031305.1981.10479327.
    """
    return stats.rankdata(scores).reshape(scores.shape)


def standardised(scores: np.ndarray) -> np.ndarray:
    """Return scores in standard deviations from the mean of the baseline, the first column."""
    return (scores - scores[:, 0].mean()) / scores[:, 0].std(ddof=1)


TRANSFORMATIONS = {
    "none": Transformation("as scored", lambda scores: scores),
    "log": Transformation(
        "logarithm", np.log, lambda scores: bool((scores > 0).all()), "scores above zero"
    ),
    "square_root": Transformation(
        "square root", np.sqrt, lambda scores: bool((scores >= 0).all()), "no score below zero"
    ),
    "rank": Transformation("rank", ranks),
    "z": Transformation(
        "z by baseline",
        standardised,
        lambda scores: len(scores) > 1 and np.ptp(scores[:, 0]) > 0,
        "people who differ at baseline",
    ),
}


def transformed(cases: pd.DataFrame, transformation: str, study: Study) -> pd.DataFrame | None:
    """Transform the scores of complete cases, and take the change of what comes out.

    Returns
    -------
    DataFrame or None
        None where the scores do not allow the transformation (see ``Transformation.needs``).
    """
    first, second = (time.id for time in study.analysed_times)
    chosen, scores = TRANSFORMATIONS[transformation], cases[[first, second]].to_numpy(float)
    if not chosen.allows(scores):
        return None
    new = chosen.of(scores)
    return cases.assign(**{first: new[:, 0], second: new[:, 1], CHANGE: new[:, 1] - new[:, 0]})


def compare(cases: pd.DataFrame, quantity: str, study: Study) -> dict:
    """Test a quantity between two groups, or the change within one.

    F of time x group, or of time within one group, is the squared t of the change; partial eta
    squared is F / (F + df).

    Keys: ns (people, by group), F, df_error, p, partial_eta_squared, reason (why there is no test:
    "one_group", "few_people", "no_variance"; empty if there is one).

    Parameters
    ----------
    cases : DataFrame
        Complete cases of one or two groups, transformed or not.
    quantity : str
        "change", or the id of one of the two times.
    """
    groups = [group for group in study.groups[:2] if group.id in set(cases["group"])]
    arms = values_by_group(cases, quantity, groups)
    reason = ""
    if len(arms) < 2 and quantity != CHANGE:
        reason = "one_group"
    elif not arms or min(map(len, arms)) < 2:
        reason = "few_people"
    elif all(np.allclose(arm, arm.mean()) for arm in arms):
        reason = "no_variance"
    ns = {group.id: len(arm) for group, arm in zip(groups, arms, strict=True)}
    result = {"ns": ns, "reason": reason}
    if reason:
        nothing = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
        return result | nothing | {"df_error": sum(ns.values()) - len(arms)}
    test = stats.ttest_ind(*arms) if len(arms) == 2 else stats.ttest_1samp(arms[0], 0.0)
    f, df, p = float(test.statistic) ** 2, int(test.df), float(test.pvalue)
    return result | {"F": f, "df_error": df, "p": p, "partial_eta_squared": f / (f + df)}


def p_by_transformation(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test time x group of every outcome under every transformation that its scores allow.

    z by baseline is left out: it is linear, and F stays what it was.

    Columns: scale, label, transformation (its label), p; p is missing where the scores do not allow
    it.
    """
    rows = []
    for outcome in study.outcomes:
        cases = complete_cases(scores, outcome.id, study)
        for name in (name for name in TRANSFORMATIONS if name != "z"):
            new = transformed(cases, name, study)
            p = float("nan") if new is None else compare(new, CHANGE, study)["p"]
            rows.append((outcome.id, outcome.label, TRANSFORMATIONS[name].label, p))
    return pd.DataFrame(rows, columns=["scale", "label", "transformation", "p"])


def agreement_of_transformations(table: pd.DataFrame, level: float) -> dict:
    """Sort the outcomes by under how many transformations they are significant.

    Keys: always and never (labels), some (the rows of transformation and p, by label).

    ``table`` is what ``p_by_transformation`` returns.
    """
    sorted_ = {"always": [], "never": [], "some": {}}
    for label, rows in table.dropna(subset="p").groupby("label", sort=False):
        below = rows["p"] < level
        if below.all() or not below.any():
            sorted_["always" if below.any() else "never"].append(label)
        else:
            sorted_["some"][label] = rows[["transformation", "p"]].to_dict("records")
    return sorted_
