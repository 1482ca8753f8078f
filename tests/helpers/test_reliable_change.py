"""Reliable change, by hand."""

import numpy as np
import pandas as pd
import pytest

from imp_helpers import adverse_events as reliable_change
from imp_helpers import reliability
from imp_trials import item_analysis


@pytest.fixture(scope="module")
def precision(points, scores, study):
    alphas = reliability.alpha_table(points, study, "baseline")
    return item_analysis.measurement_error(alphas, scores, study)


def test_reliable_change_counts_everyone_once_and_knows_the_good_direction(study, scores):
    thresholds = pd.DataFrame(
        {"scale": list(study.scales), "reliable_change": 9.0, "retest_change": 5.0}
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
    unknown.loc[unknown["scale"] == "pss_total", ["reliable_change", "retest_change"]] = np.nan
    change = reliable_change.reliable_change(scores, unknown, study)
    assert "pss_total" not in set(change["scale"])
    assert reliable_change.not_assessed(unknown, study)[0].endswith("not known of: Stress (PSS).")
    assert reliable_change.not_assessed(precision, study) == []


def test_the_limit_is_by_the_retest_and_without_one_by_alpha(scores, study):
    thresholds = pd.DataFrame({"scale": list(study.scales), "reliable_change": 5.0})
    thresholds["retest_change"] = np.nan
    by_alpha = reliable_change.reliable_change(scores, thresholds, study)
    both = reliable_change.reliable_change(scores, thresholds.assign(retest_change=5.0), study)
    assert by_alpha.equals(both)
    assert len(reliable_change.changed_controls(scores, thresholds, study)) == 1


def test_by_alpha_more_controls_change_reliably_than_the_expected_one_in_twenty(
    scores, precision, study
):
    """52 of 17 outcomes x 22 participants, 13.9 %; the retest reliability leaves about 5 %."""
    counts = reliable_change.changed_controls(scores, precision, study).set_index("label")
    assert counts.loc["Alpha", ["count", "n"]].tolist() == [52, 374]
    assert counts.loc["Retest ICC", "percent"] < 7
