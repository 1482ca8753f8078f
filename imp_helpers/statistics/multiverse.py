"""What a conclusion hangs on: the form of scores, a cut-off, the likeness of people in a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.statistics.change_scores import complete_cases
from imp_helpers.study.number_formats import format_apa, format_apa_p, round_half_up, without_zero
from imp_helpers.study.study import Outcome, Study

CHANGE = "change"
# Jacobson and Truax's: a change that measurement error alone exceeds in one person of twenty.
USUAL_CUT_OFF = 1.96
CUT_OFFS = np.union1d(np.linspace(0, 3, 61), USUAL_CUT_OFF)


# ---------------------------------------------------------------- transformations of scores


@dataclass(frozen=True)
class Transformation:
    """A way to write scores otherwise.

    Parameters
    ----------
    label : str
        Its name.
    of : callable
        From scores, people x times, the first of them the baseline, to transformed ones.
    allows : callable
        Whether scores can be transformed.
    needs : str
        What scores must be like; ends the sentence "It needs ...".
    """

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
    baseline = scores[:, 0]
    return (scores - baseline.mean()) / baseline.std(ddof=1)


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


def why_not(wide: pd.DataFrame, transformation: str, study: Study) -> str:
    """Say why scores cannot be transformed; empty if they can.

    Parameters
    ----------
    wide : DataFrame
        As ``change_scores.complete_cases`` returns it.
    transformation : str
        A key of ``TRANSFORMATIONS``.
    """
    chosen = TRANSFORMATIONS[transformation]
    if chosen.allows(_scores(wide, study)):
        return ""
    return f"{chosen.label.capitalize()} cannot be applied here: it needs {chosen.needs}."


def transformed(wide: pd.DataFrame, transformation: str, study: Study) -> pd.DataFrame:
    """Transform the scores of complete cases, and take the change of what comes out."""
    first, second = (time.id for time in study.analysed_times)
    scores = TRANSFORMATIONS[transformation].of(_scores(wide, study))
    table = wide.assign(**{first: scores[:, 0], second: scores[:, 1]})
    return table.assign(change=table[second] - table[first])


def _scores(wide: pd.DataFrame, study: Study) -> np.ndarray:
    return wide[[time.id for time in study.analysed_times]].to_numpy(dtype=float)


# ---------------------------------------------------------------- what is tested


def compare(wide: pd.DataFrame, quantity: str, study: Study) -> dict:
    """Test a quantity between two groups, or the change within one.

    With two times, F of time x group in a mixed ANOVA is the squared t of the change between the
    groups, and F of time within one group the squared t of its change from zero. Partial eta
    squared is F / (F + df) with one degree of freedom for the effect.

    Parameters
    ----------
    wide : DataFrame
        Complete cases of one or two groups, transformed or not.
    quantity : str
        "change", or the id of one of the two times.

    Returns
    -------
    dict
        effect (what is tested), ns (people, a number a group), F, df_error, p,
        partial_eta_squared, reason (why there is no test; empty if there is).
    """
    groups = [g for g in study.groups[:2] if g.id in set(wide["group"])]
    arms = [wide.loc[wide["group"] == g.id, quantity].to_numpy(dtype=float) for g in groups]
    found = {"effect": _effect(len(arms), quantity, study), "ns": tuple(map(len, arms))}
    reason = _why_no_test(arms, quantity)
    if reason:
        nothing = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
        return found | nothing | {"df_error": sum(found["ns"]) - len(arms), "reason": reason}
    test = stats.ttest_ind(*arms) if len(arms) == 2 else stats.ttest_1samp(arms[0], 0.0)
    f, df = float(test.statistic) ** 2, int(test.df)
    numbers = {"F": f, "df_error": df, "p": float(test.pvalue), "partial_eta_squared": f / (f + df)}
    return found | numbers | {"reason": ""}


def _effect(groups: int, quantity: str, study: Study) -> str:
    if quantity == CHANGE:
        return "Time x group" if groups == 2 else "Time"
    return f"Group, {study.time_labels[quantity].lower()}"


def _why_no_test(arms: list[np.ndarray], quantity: str) -> str:
    if len(arms) < 2 and quantity != CHANGE:
        return "one group at one time leaves nothing to compare"
    if not arms or min(map(len, arms)) < 2:
        return "there are fewer than two people in a group"
    if all(np.allclose(arm, arm.mean()) for arm in arms):
        return "within the groups nobody differs"
    return ""


def comparison_in_words(test: Mapping) -> str:
    """Return what ``compare`` gives as journals print it: F(1, 45) = 5.50, p = .023, ηp² = .109."""
    people = f"n = {' and '.join(map(str, test['ns']))}"
    if test["reason"]:
        return f"{test['effect']}: not tested, because {test['reason']}; {people}."
    eta = format_apa(test["partial_eta_squared"], 3, bounded=True)
    return (
        f"{test['effect']}: F(1, {test['df_error']}) = {round_half_up(test['F'], 2)}, "
        f"p {told(test['p'])}, ηp² = {eta}, {people}."
    )


def told(p: float) -> str:
    """Return p with its sign: "= .105" or "< .001"."""
    shown = format_apa_p(p)
    return shown if shown.startswith("<") else f"= {shown}"


def p_by_transformation(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test time x group of every outcome under every transformation that its scores allow.

    z by baseline is left out: it is linear, and F stays what it was.

    Returns
    -------
    DataFrame
        scale, label, transformation, p; p is missing where the scores do not allow it.
    """
    rows = []
    for outcome in study.outcomes:
        wide = complete_cases(scores, outcome.id, study)
        for name in (name for name in TRANSFORMATIONS if name != "z"):
            p = float("nan")
            if not why_not(wide, name, study):
                p = compare(transformed(wide, name, study), CHANGE, study)["p"]
            rows.append((outcome.id, outcome.label, name, p))
    return pd.DataFrame(rows, columns=["scale", "label", "transformation", "p"])


# ---------------------------------------------------------------- where conclusions tip


def tipping_icc(p: float, n: int, cluster_sizes: Sequence[int], level: float) -> float:
    """Return the intraclass correlation at which a significant difference stops being so.

    The design effect 1 + ICC (sum of squared cluster sizes / n - 1) of the trained group widens the
    standard error as in ``sensitivity.clustering``, which is solved for the ICC at which t is the
    critical one.

    Parameters
    ----------
    p : float
        Without clustering.
    n : int
        People in both groups.
    cluster_sizes : sequence of int
        The sizes of the training groups.
    level : float
        The level of significance.

    Returns
    -------
    float
        Above 1 where no clustering tips it; NaN if it is not significant to begin with.
    """
    trained = sum(cluster_sizes)
    others = n - trained
    growth = sum(size * size for size in cluster_sizes) / trained - 1
    if p >= level or growth <= 0:
        return float("nan") if p >= level else float("inf")
    allowed = (stats.t.isf(p / 2, n - 2) / stats.t.isf(level / 2, n - 2)) ** 2
    design_effect = (allowed * (1 / trained + 1 / others) - 1 / others) * trained
    return float((design_effect - 1) / growth)


def by_cut_off(
    scores: pd.DataFrame,
    precision: pd.DataFrame,
    outcomes: Sequence[Outcome],
    study: Study,
    direction: str = "improved",
    cut_offs: Sequence[float] = CUT_OFFS,
) -> pd.DataFrame:
    """Count in each group whose change is beyond a cut-off, for many cut-offs.

    A cut-off is in standard errors of a difference between two measurements, sqrt(2) * SEM
    (Jacobson & Truax, 1991, 10.1037/0022-006X.59.1.12, who take 1.96). The groups are compared by
    Fisher's exact test, two-sided; the same p as R's ``fisher.test``.

    Parameters
    ----------
    precision : DataFrame
        scale and sem, as 03_reliability writes them.
    direction : {"improved", "deteriorated"}

    Returns
    -------
    DataFrame
        scale, label, cut_off, then count_ and n_ by group, and p.
    """
    errors = np.sqrt(2) * precision.set_index("scale")["sem"]
    rows = []
    for outcome in outcomes:
        wide = complete_cases(scores, outcome.id, study)
        sign = 1 if (outcome.better == "higher") == (direction == "improved") else -1
        arms = [sign * wide.loc[wide["group"] == g.id, CHANGE] for g in study.groups[:2]]
        for cut_off in cut_offs:
            counts = [int((arm > cut_off * errors[outcome.id]).sum()) for arm in arms]
            numbers = [number for arm, count in zip(arms, counts, strict=True)
                       for number in (count, len(arm))]  # fmt: skip
            rows.append((outcome.id, outcome.label, cut_off, *numbers, fisher_p(*numbers)))
    named = [f"{what}_{group.id}" for group in study.groups[:2] for what in ("count", "n")]
    return pd.DataFrame(rows, columns=["scale", "label", "cut_off", *named, "p"])


@cache
def fisher_p(count: int, n: int, other_count: int, other_n: int) -> float:
    """Return p of Fisher's exact test of two shares, two-sided."""
    table = [[count, n - count], [other_count, other_n - other_count]]
    return float(stats.fisher_exact(table).pvalue)


def stretches(positions: Sequence[float], holds: Sequence[bool]) -> list[tuple[float, float]]:
    """Return the first and last position of each unbroken run in which something holds."""
    found: list[tuple[float, float]] = []
    before = False
    for position, now in zip(positions, holds, strict=True):
        if now:
            found = [*found[:-1], (found[-1][0], position)] if before else [*found, (position,) * 2]
        before = now
    return found


# ---------------------------------------------------------------- in words


def transformations_in_words(table: pd.DataFrame, level: float) -> str:
    """Say which outcomes are significant whatever the transformation, and which under some only.

    Parameters
    ----------
    table : DataFrame
        As ``p_by_transformation`` returns it.
    """
    always, never, said = [], [], []
    for label, rows in table.groupby("label", sort=False):
        rows = rows.dropna(subset="p")
        below = rows["p"] < level
        if below.all() or not below.any():
            (always if below.any() else never).append(label)
            continue
        parts = [
            f"{TRANSFORMATIONS[row.transformation].label} p {told(row.p)}"
            for row in rows.itertuples()
        ]
        said.append(f"{label}: {', '.join(parts)}.")
    lists = [
        f"Below {without_zero(level)} under every transformation that the scores allow: "
        f"{_listed(always)}.",
        f"Under some: {'see below' if said else 'none'}.",
        f"Under none: {_listed(never)}.",
    ]
    return " ".join([*lists, *said])


def tipping_in_words(tips: Mapping[str, float]) -> str:
    """Say at which intraclass correlation each significant outcome stops being so.

    Parameters
    ----------
    tips : mapping
        As ``tipping_icc`` gives it, by the outcome's label.
    """
    said = [
        f"{label} loses significance at an ICC of {format_apa(icc, 3, bounded=True)}"
        if icc <= 1
        else f"{label} keeps its significance at any ICC"
        for label, icc in tips.items()
        if not np.isnan(icc)
    ]
    return f"{'; '.join(said)}." if said else "No main measure is significant to begin with."


def cut_offs_in_words(table: pd.DataFrame, study: Study, level: float) -> str:
    """Say for each outcome how many are beyond the usual cut-off, and where groups differ.

    Parameters
    ----------
    table : DataFrame
        As ``by_cut_off`` returns it.
    """
    parts = []
    for _, rows in table.groupby("label", sort=False):
        at = rows[rows["cut_off"] == USUAL_CUT_OFF].iloc[0]
        where = [
            f"{low:g} to {high:g}" for low, high in stretches(rows["cut_off"], rows["p"] < level)
        ]
        differ = (
            f"p below {without_zero(level)} at {', '.join(where)}"
            if where
            else "p nowhere below it"
        )
        parts.append(f"{counts_in_words(at, study)}; {differ}")
    return f"{'. '.join(parts)}."


def counts_in_words(row: Mapping, study: Study) -> str:
    """Return a row of ``by_cut_off`` as words."""
    counts = [
        f"{group.label.lower()} {row[f'count_{group.id}']} of {row[f'n_{group.id}']}"
        for group in study.groups[:2]
    ]
    return f"{row['label']}: {', '.join(counts)}, p {told(row['p'])}"


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "none"
