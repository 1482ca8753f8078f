"""Responders, numbers needed to treat, ends of scales and effect sizes, beside R's values."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import made_comparisons
import numpy as np
import pandas as pd
import pytest

from imp_helpers.statistics import change_scores
from imp_trials import clinical_importance

REFERENCE = Path(__file__).parent.parent / "reference"
KEYS = ["dataset", "measure", "statistic"]
R = pd.read_csv(REFERENCE / "proportions.csv").set_index(KEYS)["value"].sort_index()
COUNTS = sorted({measure for dataset, measure, _ in R.index if dataset == "counts"})
OUTCOMES = sorted({key[:2] for key in R.index if key[0] != "counts"})


@pytest.fixture
def trial(study):
    return made_comparisons.design(study)


@pytest.mark.parametrize("table", COUNTS)
def test_the_risk_difference_has_newcombes_interval(trial, table):
    a, n, b, m = map(int, table.split("_"))
    counts = pd.DataFrame({"label": "Y", "group": ["a", "c"], "count": [a, b], "n": [n, m]})
    row = clinical_importance.risk_differences(counts, trial).iloc[0]
    names = {"risk_difference": "difference", "risk_low": "low", "risk_high": "high",
             "number_needed": "number"}  # fmt: skip
    for ours, theirs in names.items():
        assert row[ours] == pytest.approx(R[("counts", table, theirs)], rel=1e-10)
    assert ("∞" in row["number_range"]) == (row["risk_low"] < 0 < row["risk_high"])


@pytest.mark.parametrize("outcome", OUTCOMES, ids="-".join)
def test_omega_squared_and_d_are_those_of_r(trial, outcome):
    wide = pd.read_csv(REFERENCE / "datasets" / f"{outcome[0]}_scores.csv")
    wide = wide.rename(columns={f"{outcome[1]}_baseline": "pre", f"{outcome[1]}_post": "post"})
    wide["group"] = wide["group"].map({"training": "a", "control": "c"})
    scores = made_comparisons.scores_of(wide[["participant", "group", "pre", "post"]])
    contrasts = change_scores.contrasts(scores, trial)
    cases = change_scores.compared_cases(change_scores.estimable_cases(scores, trial), trial)
    row = clinical_importance.standardised_effects(contrasts, cases, trial).iloc[0]
    r = R.loc[outcome]
    assert row["omega_squared"] == pytest.approx(r["omega_squared"], rel=1e-8, abs=1e-12)
    # The sign in R depends on the order of the groups; psych's interval stops at four digits.
    sign = np.sign(row["d"] * r["d"])
    ends = sorted([sign * r["d_low"], sign * r["d_high"]])
    assert row["d"] == pytest.approx(sign * r["d"], rel=1e-8)
    assert [row["d_low"], row["d_high"]] == pytest.approx(ends, abs=2e-3)


def test_responders_are_counted_in_the_better_direction(trial):
    wide = pd.DataFrame({"participant": list("abcdef"), "group": list("aaaccc"),
                         "pre": [10.0] * 6, "post": [15, 14.9, np.nan, 10, 16, 4]})  # fmt: skip
    scores = made_comparisons.scores_of(wide)
    outcome = SimpleNamespace(scale="y", important_difference=5)
    settings = trial.settings.model_copy(update={"outcomes": [outcome]})
    for better, counts in (("higher", [1, 1]), ("lower", [0, 1])):
        turned = replace(trial.outcomes[0], better=better)
        own = replace(trial, settings=settings, outcomes=(turned,))
        table = clinical_importance.responders(scores, own)
        assert table["count"].tolist() == counts
        assert table["n"].tolist() == [2, 3]
    own = replace(own, settings=settings.model_copy(update={"outcomes": []}))
    assert clinical_importance.responders(scores, own).empty
    empty = clinical_importance.responders(scores, own).drop(columns="scale")
    assert clinical_importance.risk_differences(empty, own).empty


def test_the_ends_of_a_scale_are_counted(trial):
    scale = replace(trial.outcomes[0].scale, lowest=0, highest=10)
    own = replace(trial, outcomes=(replace(trial.outcomes[0], scale=scale),))
    wide = pd.DataFrame({"participant": list("abcd"), "group": list("aacc"),
                         "pre": [0, 0, 3, 10], "post": [1, 2, 3, 4]})  # fmt: skip
    ends = clinical_importance.ends_of_scales(made_comparisons.scores_of(wide), own)
    assert ends["count"].tolist() == [2, 1, 0, 0]
    said = clinical_importance.in_short(ends, own)[0]
    assert "pre (lowest)" in said
    assert "pre (highest)" in said
