"""The partially nested model beside lme4's, and the interval of the ICC beside psych's."""

from pathlib import Path

import made_comparisons
import numpy as np
import pandas as pd
import pytest

from imp_trials.partial_nesting import icc_interval, partially_nested

REFERENCE = Path(__file__).parent.parent / "reference"
KEYS = ["measure", "statistic"]
R = pd.read_csv(REFERENCE / "partial_nesting.csv").set_index(KEYS)["value"].sort_index()
DATA = pd.read_csv(REFERENCE / "partial_nesting_data.csv", dtype={"training_group": "str"})


@pytest.mark.parametrize("analysis", ["interaction", "ancova"])
def test_the_model_is_that_of_lme4(study, analysis):
    study = made_comparisons.design(study, analysis=analysis)
    scores = made_comparisons.scores_of(DATA.drop(columns="training_group"))
    row = partially_nested(scores, DATA, study).iloc[0]
    assert row["clusters"] == 6
    assert row["df"] == 5
    for name in ("icc", "difference", "low", "high", "p"):
        assert row[name] == pytest.approx(R[(analysis, name)], rel=1e-5)
    assert row["icc_low"] <= row["icc"] <= row["icc_high"]


def test_training_groups_may_be_numbered(study):
    study = made_comparisons.design(study)
    scores = made_comparisons.scores_of(DATA.drop(columns="training_group"))
    numbered = DATA.assign(training_group=DATA["training_group"].str[1:].astype("Int64"))
    found, expected = (partially_nested(scores, data, study) for data in (numbered, DATA))
    pd.testing.assert_frame_equal(found, expected)


def test_where_training_groups_do_not_differ_the_icc_is_zero(study):
    study = made_comparisons.design(study)
    alike = np.resize(["G1", "G2", "G3"], 48).tolist()
    data = DATA.assign(training_group=alike + [None] * 40)
    data["post"] = data["pre"] + np.resize([1.0, 1.0, 1.0, 5.0, 5.0, 5.0], 88)
    scores = made_comparisons.scores_of(data.drop(columns="training_group"))
    row = partially_nested(scores, data, study).iloc[0]
    assert row["icc"] == 0
    assert row["icc_low"] == 0
    assert np.isfinite(row["p"])


def test_the_interval_is_exact_for_clusters_of_one_size():
    inside = DATA.dropna(subset="training_group")
    alike = inside.groupby("training_group").head(6)
    change = (alike["post"] - alike["pre"]).to_numpy(float)
    low, high = icc_interval(change, alike["training_group"].to_numpy())
    assert low == max(R[("one_size", "low")], 0)
    assert high == pytest.approx(R[("one_size", "high")], rel=1e-6)


@pytest.mark.parametrize("groups", [["G1"] * 48, [None] * 48, [f"G{n}" for n in range(48)]])
def test_what_cannot_be_estimated_has_a_reason(study, groups):
    study = made_comparisons.design(study)
    data = DATA.assign(training_group=groups + [None] * 40)
    scores = made_comparisons.scores_of(data.drop(columns="training_group"))
    row = partially_nested(scores, data, study).iloc[0]
    assert "training groups" in row["reason"]
    same = data.assign(training_group=np.repeat(["G1", "G2", None], [24, 24, 40]), post=data["pre"])
    constant = made_comparisons.scores_of(same.drop(columns="training_group"))
    assert "do not vary" in partially_nested(constant, same, study).iloc[0]["reason"]
