"""Complete cases, their change, and the contrast of a group with a reference group.

Tables, sensitivity analyses, assumption checks, exploration and planning all take them from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats

from imp_helpers.study.study import Group, Study

CHANGE = "change"


def scores_by_time(scores: pd.DataFrame, scale: str, study: Study) -> pd.DataFrame:
    """Return one scale's scores, a row a participant: participant, group, a column a time."""
    of_scale = scores[scores["scale"] == scale]
    wide = of_scale.pivot(index=["participant", "group"], columns="time", values="score")
    wide = wide.reindex(columns=[time.id for time in study.analysed_times]).reset_index()
    return wide.rename_axis(columns=None)


def complete_cases(scores: pd.DataFrame, scale: str, study: Study) -> pd.DataFrame:
    """Return one scale's scores of those who have one at both analysed times.

    Columns: participant, group, a column of scores for each time, and change (second minus first).
    """
    first, second = (time.id for time in study.analysed_times)
    wide = scores_by_time(scores, scale, study).dropna(ignore_index=True)
    return wide.assign(change=wide[second] - wide[first])


def values_by_group(cases: pd.DataFrame, column: str, groups: Sequence[Group]) -> list[np.ndarray]:
    """Return a column of complete cases as an array for each group."""
    return [cases.loc[cases["group"] == group.id, column].to_numpy(float) for group in groups]


def why_not_estimable(cases: pd.DataFrame, study: Study) -> str:
    """Tell why the interaction of one outcome cannot be estimated; empty if it can.

    "one_group", "few_people" (fewer than two in a group) or "no_variance" (within the groups
    nobody's change differs).
    """
    if len(study.groups) < 2:
        return "one_group"
    changes = values_by_group(cases, CHANGE, study.groups[:2])
    if min(map(len, changes)) < 2:
        return "few_people"
    return "no_variance" if all(np.allclose(c - c.mean(), 0) for c in changes) else ""


def estimable_cases(scores: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Return the complete cases of every outcome whose interaction can be estimated, by scale."""
    cases = {outcome.id: complete_cases(scores, outcome.id, study) for outcome in study.outcomes}
    return {scale: table for scale, table in cases.items() if not why_not_estimable(table, study)}


@dataclass(frozen=True)
class Contrast:
    """The change of one group against that of a reference group, in complete cases.

    With two times, F(1, n - 2) of time x group in a mixed ANOVA is the squared t of this contrast.

    Parameters
    ----------
    before, after : tuple of ndarray
        The scores of the group and of the reference at the two times.
    """

    before: tuple[np.ndarray, np.ndarray]
    after: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, cases: pd.DataFrame, study: Study) -> Contrast:
        """Take the first group against the second, from ``complete_cases``."""
        by_time = (
            tuple(values_by_group(cases, time.id, study.groups[:2]))
            for time in study.analysed_times
        )
        return cls(*by_time)

    @property
    def change(self) -> tuple[np.ndarray, np.ndarray]:
        """Each group's change."""
        return self.after[0] - self.before[0], self.after[1] - self.before[1]

    @property
    def ns(self) -> tuple[int, int]:
        """The groups' sizes."""
        return len(self.before[0]), len(self.before[1])

    @property
    def df(self) -> int:
        """The degrees of freedom within the groups."""
        return sum(self.ns) - 2

    @property
    def difference(self) -> float:
        """Mean change of the group less that of the reference, in points of the scale."""
        group, reference = self.change
        return group.mean() - reference.mean()

    @property
    def variance(self) -> float:
        """The variance of the change, pooled within the groups."""
        return sum((len(c) - 1) * c.var(ddof=1) for c in self.change) / self.df

    @property
    def standard_error(self) -> float:
        """The standard error of the difference, equal variances assumed."""
        return np.sqrt(self.variance) * np.sqrt(sum(1 / n for n in self.ns))

    @property
    def sd_before(self) -> float:
        """The SD of the scores at the first time, pooled within the groups."""
        sds = [values.std(ddof=1) for values in self.before]
        return np.sqrt(sum((n - 1) * s * s for n, s in zip(self.ns, sds, strict=True)) / self.df)

    @property
    def correlation(self) -> float:
        """The correlation of the scores at the two times, pooled within the groups."""
        return correlation_within(self.before, self.after)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the interval of the difference, equal variances assumed (t distribution)."""
        margin = stats.t.isf((1 - confidence) / 2, self.df) * sqrt(
            self.variance * sum(1 / n for n in self.ns)
        )
        return self.difference - margin, self.difference + margin


def correlation_within(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """Return the correlation of two variables (arrays by group), pooled within the groups."""
    centred = [np.concatenate([v - v.mean() for v in values]) for values in (one, other)]
    return float(np.corrcoef(*centred)[0, 1])


def interaction(cases: pd.DataFrame, study: Study) -> dict[str, float]:
    """Test time x group of complete cases in a mixed ANOVA.

    pingouin computes it; the same numbers as R's ``afex::aov_car`` and SPSS's GLM, whatever the
    type of sums of squares.

    Keys: F, df_effect, df_error, p, partial_eta_squared.
    """
    times = [time.id for time in study.analysed_times]
    long = cases.melt(["participant", "group"], times, var_name="time", value_name="score")
    anova = pg.mixed_anova(long, "score", within="time", subject="participant", between="group")
    row = anova[anova["Source"] == "Interaction"].iloc[0]
    return {
        "F": float(row["F"]),
        "df_effect": int(row["DF1"]),
        "df_error": int(row["DF2"]),
        "p": float(row["p_unc"]),
        "partial_eta_squared": float(row["np2"]),
    }
