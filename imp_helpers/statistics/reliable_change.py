"""Reliable change: whose score changed by more than measurement error makes likely."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.statistics.change_scores import CHANGE, complete_cases, values_by_group
from imp_helpers.study.study import Outcome, Study

# Jacobson and Truax's: a change that measurement error alone exceeds in one person of twenty.
USUAL_CUT_OFF = 1.96
CUT_OFFS = np.union1d(np.linspace(0, 3, 61), USUAL_CUT_OFF)


def _gains(scores: pd.DataFrame, outcome: Outcome, study: Study, groups) -> list[np.ndarray]:
    """Return the changes of each group's complete cases, turned so that positive is better."""
    sign = 1 if outcome.better == "higher" else -1
    cases = complete_cases(scores, outcome.id, study)
    return [sign * change for change in values_by_group(cases, CHANGE, groups)]


def reliable_change(scores: pd.DataFrame, precision: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who reliably improved, stayed, and deteriorated on each outcome, by group.

    A change is reliable beyond 1.96 * sqrt(2) * SEM (Jacobson & Truax, 1991,
    10.1037/0022-006X.59.1.12). For deterioration as a harm see Baer et al. (2019),
    10.1016/j.cpr.2019.01.001.

    Columns: scale, label, group, n, improved, unchanged, deteriorated. Outcomes without a
    reliability are left out (see ``without_reliability``).

    ``precision``: scale and reliable_change, as 03_reliability writes them.
    """
    limits = precision.set_index("scale")["reliable_change"].dropna()
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


def without_reliability(precision: pd.DataFrame, study: Study) -> list[str]:
    """Return the labels of the outcomes whose measurement error is not known."""
    known = set(precision.dropna(subset="reliable_change")["scale"])
    return [outcome.label for outcome in study.outcomes if outcome.id not in known]


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

    Columns: scale, label, cut_off, then count_ and n_ by group, and p. Outcomes without a standard
    error of measurement are left out.

    ``precision``: scale and sem, as 03_reliability writes them.
    """
    errors = np.sqrt(2) * precision.set_index("scale")["sem"].dropna()
    rows = []
    for outcome in (outcome for outcome in outcomes if outcome.id in errors):
        sign = 1 if direction == "improved" else -1
        arms = _gains(scores, outcome, study, study.groups[:2])
        for cut_off in cut_offs:
            beyond = cut_off * errors[outcome.id]
            counts = [(int((sign * arm > beyond).sum()), len(arm)) for arm in arms]
            numbers = [number for pair in counts for number in pair]
            rows.append((outcome.id, outcome.label, cut_off, *numbers, fisher_p(*numbers)))
    named = [f"{what}_{group.id}" for group in study.groups[:2] for what in ("count", "n")]
    return pd.DataFrame(rows, columns=["scale", "label", "cut_off", *named, "p"])


def usual_cut_off(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the rows of ``by_cut_off`` at the usual cut-off.

    Columns: The table's columns, and ranges: the first and last cut-off of each run of cut-offs at
    which the groups differ.
    """
    rows = table[table["cut_off"] == USUAL_CUT_OFF]
    of_scale = dict(tuple(table.groupby("scale")))
    ranges = [runs(of["cut_off"], of["p"] < level) for of in map(of_scale.get, rows["scale"])]
    return rows.assign(ranges=ranges)


@cache
def fisher_p(count: int, n: int, other_count: int, other_n: int) -> float:
    """Return p of Fisher's exact test of two shares, two-sided."""
    table = [[count, n - count], [other_count, other_n - other_count]]
    return float(stats.fisher_exact(table).pvalue)


def runs(positions: Sequence[float], holds: Sequence[bool]) -> list[tuple[float, float]]:
    """Return the first and last position of each unbroken run in which something holds."""
    by_run = groupby(zip(positions, holds, strict=True), key=itemgetter(1))
    of_run = [list(pairs) for held, pairs in by_run if held]
    return [(pairs[0][0], pairs[-1][0]) for pairs in of_run]
