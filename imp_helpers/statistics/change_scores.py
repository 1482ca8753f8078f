"""Complete cases, their change, and the contrast of each arm with the reference group.

Tables, sensitivity analyses, assumption checks, exploration and planning all take them from here.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
import pandas as pd
import scipy
from imp_common.formulas import holm

from imp_helpers.statistics.effect_sizes import (
    GroupModel,
    arm_contrasts,
    least_squares,
    within_groups,
)
from imp_helpers.study import Group, Study, Time

CHANGE = "change"
# How a comparison's estimates by several analyses are called in ``contrasts``.
ESTIMATES = {
    "change_": ("interaction", False),
    "ancova_": ("ancova", False),
    "hc3_": ("ancova", True),
}
NO_CONTRASTS = pd.DataFrame(
    columns=["scale", "label", "outcome", "group", "family", "n", "difference", "standard_error",
             "low", "high", "t", "df", "p", "adjusted_p", "F", "df_effect", "gain", "gain_low",
             "gain_high", *(f"{start}{name}" for start in ESTIMATES
                            for name in ("difference", "low", "high", "p")),
             "change_standard_error", "change_df", "sd_change", "sd_before", "correlation"]
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


def why_not_estimable(
    cases: pd.DataFrame, study: Study, analysis: str = "interaction", later: Time | None = None
) -> str:
    """Tell why the groups cannot be compared on one outcome; empty if they can.

    "one_group", "few_people" (fewer than two in a group), "no_variance" (within the groups nobody's
    change differs), and by ANCOVA also "same_baseline" (within the groups nobody's baseline score
    differs) and "no_residual" (group and baseline score leave nothing of the later score to test
    against).
    """
    if len(study.groups) < 2:
        return "one_group"
    first, second = study.analysed_times[0].id, (later or study.analysed_times[1]).id
    changes = values_by_group(cases, CHANGE, study.groups)
    if min(map(len, changes)) < 2:
        return "few_people"
    if not within_groups(changes, cases[[first, second]].abs().max(axis=None)).any():
        return "no_variance"
    if analysis != "ancova":
        return ""
    if not within_groups(values_by_group(cases, first, study.groups)).any():
        return "same_baseline"
    return (
        "no_residual"
        if np.isnan(group_model(cases, study, later, analysis).covariance).any()
        else ""
    )


def estimable_cases(
    scores: pd.DataFrame, study: Study, analysis: str = "interaction"
) -> dict[str, pd.DataFrame]:
    """Return the complete cases of every outcome that can be analysed, by scale."""
    cases = {outcome.id: complete_cases(scores, outcome.id, study) for outcome in study.outcomes}
    return {
        scale: table
        for scale, table in cases.items()
        if not why_not_estimable(table, study, analysis)
    }


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
        size = np.abs(np.concatenate([*before, *after])).max()
        self.variance = np.square(within_groups(self.change, size)).sum() / self.df
        self.standard_error = np.sqrt(self.variance * sum(1 / n for n in self.ns))
        self.sd_before = np.sqrt(np.square(within_groups(before)).sum() / self.df)

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
    """Return the correlation of two variables (arrays by group), pooled within the groups.

    NaN where one of them does not vary.
    """
    first, second = within_groups(one), within_groups(other)
    if not (first.any() and second.any()):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def pair_of(cases: pd.DataFrame, study: Study) -> list[Group]:
    """Return the groups of some cases, the reference last."""
    present = set(cases["group"])
    return [group for group in study.groups if group.id in present]


def group_model(
    cases: pd.DataFrame,
    study: Study,
    later: Time | None = None,
    analysis: str = "",
    robust: bool = False,
) -> GroupModel:
    """Compare the groups by least squares, by the primary analysis where none is named.

    The interaction of time x group in a mixed ANOVA is the one-way analysis of the change; ANCOVA
    explains the later score by group and baseline score. The same numbers as R's ``afex::aov_car``
    and ``lm``, and as SPSS's GLM, whatever the type of sums of squares. ``cases`` are complete
    cases of all groups, at the first analysed time and ``later``; ``robust`` as in
    ``least_squares``.
    """
    first, second = study.analysed_times[0].id, (later or study.analysed_times[1]).id
    before, after, change = (
        values_by_group(cases, column, study.groups) for column in (first, second, CHANGE)
    )
    if (analysis or study.settings.study.primary_analysis) == "ancova":
        return least_squares(after, before, robust=robust)
    return least_squares(change, size=cases[[first, second]].abs().max(axis=None), robust=robust)


def adjusted_p(p: pd.Series, families: Sequence, study: Study) -> pd.Series:
    """Correct p for the comparisons of a family by Holm's method; NaN stays, and is not counted.

    Wherever arms are compared with the reference, a family is all comparisons of the primary
    outcomes, or of the others, at one time by one analysis. With one arm p stays as it is: each
    outcome has one test.
    """
    if len(study.groups) < 3:
        return p
    known = p.dropna()
    by_family = known.groupby([np.asarray(family)[p.notna()] for family in families])
    return by_family.transform(holm).reindex(p.index) if len(known) else p


def contrasts(scores: pd.DataFrame, study: Study, analysis: str = "") -> pd.DataFrame:
    """Compare each arm with the reference on every outcome, by the primary or another analysis.

    The variance is pooled over all groups, on every page; with one arm, F is that of Table 5.

    Columns: scale and label (of the comparison, see ``study.Comparison``), outcome (its scale),
    group (the arm), family, n (both groups), difference (in change, or adjusted for baseline),
    standard_error, low, high (95 %), t, p, adjusted_p (see ``adjusted_p``), F, df_effect, df_error,
    partial_eta_squared (of t squared), gain, gain_low, gain_high (in pooled SDs, positive is
    better), direction ("improved" or "not_improved"); difference, low, high and p by each analysis,
    whichever is primary: of the change after "change_", of ANCOVA after "ancova_", and with HC3
    errors after "hc3_" (NaN where one cannot be estimated); change_standard_error and change_df;
    sd_change, sd_before and correlation (of before and after), pooled over all groups. Without a
    row where it cannot be estimated.
    """
    analysis, rows = analysis or study.settings.study.primary_analysis, [NO_CONTRASTS]
    cases = estimable_cases(scores, study, analysis)
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
        rows.append(table.join(_estimates(cases[outcome.id], study)))
    table = pd.concat(rows, ignore_index=True).rename(columns={"df": "df_error"})
    effect = table["F"] / (table["F"] + table["df_error"])
    direction = np.where(table["gain"] > 0, "improved", "not_improved")
    adjusted = adjusted_p(table["p"], [table["family"]], study)
    return table.assign(adjusted_p=adjusted, partial_eta_squared=effect, direction=direction)


def _estimates(cases: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare the arms of one outcome by every analysis, and describe its spread: a row an arm."""
    tables = []
    for start, (analysis, robust) in ESTIMATES.items():
        model = group_model(cases, study, analysis=analysis, robust=robust)
        names = ["difference", "low", "high", "p"]
        names += ["standard_error", "df"] if start == "change_" else []
        tables.append(arm_contrasts(model)[names].add_prefix(start))
    before, after = (values_by_group(cases, time.id, study.groups) for time in study.analysed_times)
    table = pd.concat(tables, axis=1)
    df = table["change_df"].iloc[0]
    changes = [late - early for early, late in zip(before, after, strict=True)]
    return table.assign(
        sd_change=sqrt(np.square(within_groups(changes)).sum() / df),
        sd_before=sqrt(np.square(within_groups(before)).sum() / df) or np.nan,
        correlation=correlation_within(before, after),
    )
