"""Reliable change: whose score changed by more than measurement error makes likely."""

import numpy as np
import pandas as pd

from imp_helpers.statistics.change_scores import CHANGE, complete_cases, values_by_group
from imp_helpers.study.results import Count
from imp_helpers.study.study import Outcome, Study

# The limits of a reliable change by their reliability, as 03_reliability names them.
BY_ALPHA, BY_RETEST = "reliable_change", "retest_change"


def _gains(scores: pd.DataFrame, outcome: Outcome, study: Study, groups) -> list[np.ndarray]:
    """Return the changes of each group's complete cases, turned so that positive is better."""
    sign = 1 if outcome.better == "higher" else -1
    cases = complete_cases(scores, outcome.id, study)
    return [sign * change for change in values_by_group(cases, CHANGE, groups)]


def reliable_change(
    scores: pd.DataFrame, precision: pd.DataFrame, study: Study, limit: str = ""
) -> pd.DataFrame:
    """Count who reliably improved, showed no reliable change, and deteriorated, by group.

    A change is reliable beyond 1.96 * sqrt(2) * SEM (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12). The SEM follows from the retest reliability of the control group,
    which counts what varies between two times as error, or where there is none from alpha. For
    deterioration as a harm see Baer et al. (2019), 10.1016/j.cpr.2019.01.001.

    Columns: scale, label, group, n, improved, unchanged, deteriorated. Outcomes without a
    reliability are left out (see ``without_reliability``).

    ``precision`` is what 03_reliability writes; ``limit`` is BY_ALPHA or BY_RETEST where one alone
    is wanted.
    """
    by_scale = precision.set_index("scale")
    limits = (by_scale[limit] if limit else _limits(by_scale)).dropna()
    rows = []
    for outcome in (outcome for outcome in study.outcomes if outcome.id in limits):
        gains = _gains(scores, outcome, study, study.groups)
        for group, gain in zip(study.groups, gains, strict=True):
            better = int((gain > limits[outcome.id]).sum())
            worse = int((gain < -limits[outcome.id]).sum())
            same = len(gain) - better - worse
            rows.append((outcome.id, outcome.label, group.id, len(gain), better, same, worse))
    columns = ["scale", "label", "group", "n", "improved", "unchanged", "deteriorated"]
    return pd.DataFrame(rows, columns=columns)


def _limits(precision: pd.DataFrame) -> pd.Series:
    return precision[BY_RETEST].fillna(precision[BY_ALPHA])


def changed_controls(scores: pd.DataFrame, precision: pd.DataFrame, study: Study) -> list[dict]:
    """Count the control group's reliable changes by either reliability.

    Keys of each: by ("alpha" or "retest"), changed, measured (a person counts once for each
    outcome). Where nothing but measurement error is at work, 5 % are expected.
    """
    controls = [group.id for group in study.groups if group.role == "control"]
    counts = []
    for by, limit in (("alpha", BY_ALPHA), ("retest", BY_RETEST)):
        change = reliable_change(scores, precision, study, limit)
        rows = change[change["group"].isin(controls)]
        n, same = int(rows["n"].sum()), int(rows["unchanged"].sum())
        if n:
            counts.append({"by": by, "changed": Count(n - same, n), "measured": Count(n)})
    return counts


def without_reliability(precision: pd.DataFrame, study: Study) -> list[str]:
    """Return the labels of the outcomes whose measurement error is not known."""
    known = set(precision.loc[_limits(precision).notna(), "scale"])
    return [outcome.label for outcome in study.outcomes if outcome.id not in known]
