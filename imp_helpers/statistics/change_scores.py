"""Complete cases, their change, and the contrast of each arm with the reference group.

Tables, sensitivity analyses, assumption checks, exploration and planning all take them from here.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from imp_helpers.printed.reported_tests import holm
from imp_helpers.study.study import Group, Study, Time

CHANGE = "change"
NO_CONTRASTS = pd.DataFrame(
    columns=["scale", "label", "outcome", "group", "family", "n", "difference", "standard_error",
             "low", "high", "t", "df", "p", "adjusted_p", "F", "df_effect", "gain", "gain_low",
             "gain_high"]
)  # fmt: skip


def scores_by_time(
    scores: pd.DataFrame, scale: str, study: Study, times: Sequence[Time] = ()
) -> pd.DataFrame:
    """Return one scale's scores, a row a participant: participant, group, a column a time.

    The times are the analysed ones, or those that are given.
    """
    # What DataFrame.pivot does in five times as long: this is called hundreds of times.
    of_scale = np.flatnonzero(scores["scale"].to_numpy() == scale)
    participants, measured, values = (
        scores[column].to_numpy()[of_scale] for column in ("participant", "time", "score")
    )
    _, first, place = np.unique(participants, return_index=True, return_inverse=True)
    wide = {name: scores[name].array[of_scale[first]] for name in ("participant", "group")}
    for time in times or study.analysed_times:
        wide[time.id] = np.full(len(first), np.nan)
        wide[time.id][place[measured == time.id]] = values[measured == time.id]
    return pd.DataFrame(wide)


def complete_cases(
    scores: pd.DataFrame, scale: str, study: Study, later: Time | None = None
) -> pd.DataFrame:
    """Return one scale's scores of those who have one at both analysed times.

    Columns: participant, group, a column of scores for each time, and change (second minus first).
    ``later`` takes the place of the second time.
    """
    times = study.analysed_times[0], later or study.analysed_times[1]
    wide = scores_by_time(scores, scale, study, times).dropna(ignore_index=True)
    wide[CHANGE] = wide[times[1].id] - wide[times[0].id]
    return wide


def values_by_group(cases: pd.DataFrame, column: str, groups: Sequence[Group]) -> list[np.ndarray]:
    """Return a column of complete cases as an array for each group."""
    of_group, values = cases["group"].to_numpy(), cases[column].to_numpy(float)
    return [values[of_group == group.id] for group in groups]


def why_not_estimable(cases: pd.DataFrame, study: Study) -> str:
    """Tell why the interaction of one outcome cannot be estimated; empty if it can.

    "one_group", "few_people" (fewer than two in a group) or "no_variance" (within the groups
    nobody's change differs).
    """
    if len(study.groups) < 2:
        return "one_group"
    changes = values_by_group(cases, CHANGE, study.groups)
    if min(map(len, changes)) < 2:
        return "few_people"
    return "no_variance" if all(np.allclose(c - c.mean(), 0) for c in changes) else ""


def estimable_cases(scores: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Return the complete cases of every outcome whose interaction can be estimated, by scale."""
    cases = {outcome.id: complete_cases(scores, outcome.id, study) for outcome in study.outcomes}
    return {scale: table for scale, table in cases.items() if not why_not_estimable(table, study)}


def compared_cases(cases: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return the arm and the reference of each comparison, by its id; see ``estimable_cases``."""
    compared = {}
    for one in study.comparisons:
        if one.outcome.id in cases:
            table = cases[one.outcome.id]
            in_pair = table["group"].isin([group.id for group in one.groups])
            compared[one.id] = table[in_pair].reset_index(drop=True)
    return compared


class Contrast:
    """The change of one group against that of a reference group, in complete cases.

    With two times, F(1, n - 2) of time x group in a mixed ANOVA is the squared t of this contrast.
    ``before``, ``after``, ``change`` and ``ns`` (sizes) are those of the group and of the
    reference. ``difference`` is the mean change of the group less that of the reference, in points
    of the scale, ``standard_error`` its error, equal variances assumed. Pooled within the groups
    are ``variance`` (of the change, on ``df`` degrees of freedom) and ``sd_before``.
    """

    def __init__(self, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> None:
        self.before, self.after = before, after
        self.change = tuple(late - early for early, late in zip(before, after, strict=True))
        self.ns = tuple(map(len, before))
        self.df = sum(self.ns) - 2
        self.difference = self.change[0].mean() - self.change[1].mean()
        self.variance = sum((len(c) - 1) * c.var(ddof=1) for c in self.change) / self.df
        self.standard_error = np.sqrt(self.variance * sum(1 / n for n in self.ns))
        squares = sum((len(values) - 1) * values.var(ddof=1) for values in before)
        self.sd_before = np.sqrt(squares / self.df)

    @classmethod
    def of(cls, cases: pd.DataFrame, study: Study) -> "Contrast":
        """Take the one arm of some cases, as ``compared_cases`` has them, against the reference."""
        pair = pair_of(cases, study)
        return cls(*(values_by_group(cases, time.id, pair) for time in study.analysed_times))

    @property
    def correlation(self) -> float:
        """The correlation of the scores at the two times, pooled within the groups."""
        return correlation_within(self.before, self.after)

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the difference, equal variances assumed (t distribution)."""
        margin = scipy.stats.t.isf(0.025, self.df) * self.standard_error
        return self.difference - margin, self.difference + margin


def correlation_within(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Return the correlation of two variables (arrays by group), pooled within the groups."""
    centred = [np.concatenate([v - v.mean() for v in values]) for values in (one, other)]
    return float(np.corrcoef(*centred)[0, 1])


def pair_of(cases: pd.DataFrame, study: Study) -> list[Group]:
    """Return the groups of some cases, the reference last."""
    present = set(cases["group"])
    return [group for group in study.groups if group.id in present]


class GroupModel(NamedTuple):
    """A linear model in which groups differ: how each arm differs from the reference.

    ``covariance`` is that of the differences, with the variance pooled over all groups on ``df``
    degrees of freedom.
    """

    differences: np.ndarray
    covariance: np.ndarray
    df: int


def group_model(
    cases: pd.DataFrame, study: Study, later: Time | None = None, analysis: str = ""
) -> GroupModel:
    """Compare the groups by least squares, by the primary analysis where none is named.

    The interaction of time x group in a mixed ANOVA is the one-way analysis of the change; ANCOVA
    explains the later score by group and baseline score. The same numbers as R's ``afex::aov_car``
    and ``lm``, and as SPSS's GLM, whatever the type of sums of squares. ``cases`` are complete
    cases of all groups, at the first analysed time and ``later``.
    """
    first, second = study.analysed_times[0].id, (later or study.analysed_times[1]).id
    arms = [(cases["group"] == group.id).to_numpy(float) for group in study.groups[:-1]]
    explained, columns = cases[CHANGE].to_numpy(float), [*arms, np.ones(len(cases))]
    if (analysis or study.settings.study.primary_analysis) == "ancova":
        explained = cases[second].to_numpy(float)
        columns.append(cases[first].to_numpy(float))
    design = np.column_stack(columns)
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ explained
    df = len(cases) - int(np.linalg.matrix_rank(design))
    residuals = explained - design @ coefficients
    # Where everybody's score follows from group and baseline, there is no error to test against.
    nothing_left = np.allclose(residuals, 0, atol=1e-9 * max(np.ptp(explained), 1e-9)) or df < 1
    variance = np.nan if nothing_left else float(residuals @ residuals) / df
    chosen = slice(len(arms))
    return GroupModel(coefficients[chosen], variance * inverse[chosen, chosen], df)


def omnibus(model: GroupModel) -> dict[str, float]:
    """Test whether any group differs.

    Keys: F, df_effect, df_error, p, partial_eta_squared.
    """
    differences, covariance, df = model
    arms = len(differences)
    f = float(differences @ np.linalg.solve(covariance, differences)) / arms
    return {
        "F": f,
        "df_effect": arms,
        "df_error": df,
        "p": float(scipy.stats.f.sf(f, arms, df)),
        "partial_eta_squared": f * arms / (f * arms + df),
    }


def arm_contrasts(model: GroupModel) -> pd.DataFrame:
    """Compare each arm with the reference.

    Columns: difference, standard_error, low, high (95 %), t, df, p, adjusted_p (corrected for the
    comparisons of this outcome); a row an arm.
    """
    error = np.sqrt(np.diag(model.covariance))
    t, half = model.differences / error, scipy.stats.t.isf(0.025, model.df) * error
    table = pd.DataFrame({"difference": model.differences, "standard_error": error})
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    table["t"], table["df"], table["p"] = t, model.df, 2 * scipy.stats.t.sf(np.abs(t), model.df)
    return table.assign(adjusted_p=holm(table["p"]))


def contrasts(scores: pd.DataFrame, study: Study, analysis: str = "") -> pd.DataFrame:
    """Compare each arm with the reference on every outcome, by the primary or another analysis.

    The variance is pooled over all groups; with one arm, F is that of Table 5.

    Columns: scale and label (of the comparison, see ``study.Comparison``), outcome (its scale),
    group (the arm), family, n (both groups), difference (in change, or adjusted for baseline),
    standard_error, low, high (95 %), t, p, adjusted_p (corrected for the arms of one outcome), F,
    df_effect, df_error, partial_eta_squared (of t squared), gain, gain_low, gain_high (in pooled
    SDs, positive is better), direction ("improved" or "not_improved"). Without a row where it
    cannot be estimated.
    """
    rows = [NO_CONTRASTS]
    cases = estimable_cases(scores, study)
    compared = compared_cases(cases, study)
    for outcome in (outcome for outcome in study.outcomes if outcome.id in cases):
        ours = [one for one in study.comparisons if one.outcome is outcome]
        table = arm_contrasts(group_model(cases[outcome.id], study, analysis=analysis))
        sizes = [compared[one.id]["group"].value_counts() for one in ours]
        table = table.assign(
            scale=[one.id for one in ours], label=[one.label for one in ours],
            outcome=outcome.id, group=[one.arm.id for one in ours], family=outcome.family,
            n=[int(size.sum()) for size in sizes], F=table["t"] ** 2, df_effect=1,
        )  # fmt: skip
        unit = [sqrt((1 / size).sum()) for size in sizes] / table["standard_error"]
        signed = unit * (1 if outcome.better == "higher" else -1)
        ends = table[["low", "high"]].mul(signed, axis=0)
        table["gain"] = table["difference"] * signed
        table["gain_low"], table["gain_high"] = ends.min(axis=1), ends.max(axis=1)
        rows.append(table)
    table = pd.concat(rows, ignore_index=True).rename(columns={"df": "df_error"})
    effect = table["F"] / (table["F"] + table["df_error"])
    direction = np.where(table["gain"] > 0, "improved", "not_improved")
    return table.assign(partial_eta_squared=effect, direction=direction)
