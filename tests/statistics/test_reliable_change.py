"""Reliable change and its cut-offs, against SciPy and numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imp_helpers import reliability
from imp_helpers.display.sentences import sentence
from imp_helpers.statistics import reliable_change


def wide_of(before, after, groups):
    wide = pd.DataFrame({"participant": range(len(before)), "group": groups})
    wide = wide.assign(baseline=np.array(before, float), post=np.array(after, float))
    return wide.assign(change=wide["post"] - wide["baseline"])


@pytest.fixture
def seven():
    """Changes 1, 2, 3 and 0, 0, 1, 1: F = 45/7, as test_change_scores works it out."""
    before = [5, 6, 4, 5, 7, 6, 5]
    return wide_of(
        before, np.add(before, [1, 2, 3, 0, 0, 1, 1]), ["training"] * 3 + ["control"] * 4
    )


@pytest.fixture(scope="module")
def precision(points, scores, study):
    alphas = reliability.alpha_table(points, study, "baseline")
    return reliability.measurement_error(alphas, scores, study)


@pytest.mark.parametrize("direction", ["improved", "deteriorated"])
def test_at_the_usual_cut_off_as_many_changed_reliably(scores, precision, study, direction):
    found = reliable_change.by_cut_off(
        scores, precision, study.outcomes, study, direction, [stats.norm.isf(0.025)]
    )
    reliable = reliable_change.reliable_change(scores, precision, study)
    for group in ("training", "control"):
        rows = reliable[reliable["group"] == group]
        assert found[f"count_{group}"].tolist() == rows[direction].tolist()
        assert found[f"n_{group}"].tolist() == rows["n"].tolist()


def test_counts_beyond_cut_offs_by_hand(seven, study):
    """Of changes 1, 2, 3 and 0, 0, 1, 1 are beyond 0 three and two, beyond 1.5 two and none.

    The cut-offs are in points, because sqrt(2) * SEM = 1. Of the C(7, 2) = 21 ways to
    choose two of seven, C(3, 2) = 3 take both from the first three, and no other outcome is as
    rare: p = 3 / 21.
    """
    outcome = next(outcome for outcome in study.outcomes if outcome.better == "higher")
    long = seven.melt(["participant", "group"], ["baseline", "post"], "time", "score")
    precision = pd.DataFrame({"scale": [outcome.id], "sem": [1 / np.sqrt(2)]})
    found = reliable_change.by_cut_off(
        long.assign(scale=outcome.id), precision, [outcome], study, "improved", [0, 1.5]
    )
    assert found[["count_training", "count_control"]].to_numpy().tolist() == [[3, 2], [2, 0]]
    assert found["p"].iloc[1] == pytest.approx(3 / 21)


def test_cut_offs_in_words(scores, precision, study):
    table = reliable_change.by_cut_off(scores, precision, study.main_outcomes, study)
    at_usual = reliable_change.usual_cut_off(table, 0.05)
    words = sentence("adverse_events.cut_offs", table=at_usual, study=study, level=0.05)
    assert "Empathy (EQ): training 6 of 25, control 1 of 22, p = .102; p below .05 at" in words
    assert stats.fisher_exact([[6, 19], [1, 21]]).pvalue == pytest.approx(0.102, abs=5e-4)


def test_runs_are_unbroken_runs():
    holds = [True, True, False, False, True, False, True]
    assert reliable_change.runs(range(7), holds) == [(0, 1), (4, 4), (6, 6)]
    assert reliable_change.runs([], []) == []


def test_reliable_change_counts_everyone_once_and_knows_the_good_direction(study, scores):
    thresholds = pd.DataFrame(
        {"scale": list(study.scales), "reliable_change": [5.0] * len(study.scales)}
    )
    table = reliable_change.reliable_change(scores, thresholds, study)
    assert (table[["improved", "unchanged", "deteriorated"]].sum(axis=1) == table["n"]).all()
    stress = scores[scores["scale"] == "pss_total"].pivot(
        index=["participant", "group"], columns="time", values="score"
    )
    fallen = (stress["baseline"] - stress["post"] > 5).groupby("group").sum()
    found = table[table["scale"] == "pss_total"].set_index("group")["improved"]
    assert found.to_dict() == fallen.to_dict()


def test_an_outcome_without_a_reliability_is_left_out_and_named(scores, precision, study):
    unknown = precision.copy()
    unknown.loc[unknown["scale"] == "pss_total", ["sem", "reliable_change"]] = np.nan
    change = reliable_change.reliable_change(scores, unknown, study)
    assert "pss_total" not in set(change["scale"])
    table = reliable_change.by_cut_off(scores, unknown, study.main_outcomes, study)
    assert "pss_total" not in set(table["scale"])
    labels = reliable_change.without_reliability(unknown, study)
    assert labels == ["Stress (PSS)"]
    words = sentence("adverse_events.deterioration", groups=[], not_measured=labels)
    assert words.endswith("is not known: Stress (PSS).")
