"""Kenward and Roger's test of the mixed model, beside pbkrtest's, SAS's and a plain loop in R."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imp_trials.repeated_measures import cell_means_design, fit_repeated_measures

REFERENCE = Path(__file__).parent.parent / "reference"
KEYS = ["dataset", "measure", "statistic"]
R = pd.read_csv(REFERENCE / "mixed_model.csv").set_index(KEYS)["value"].sort_index()
OUTCOMES = list(dict.fromkeys(key[:2] for key in R.index))
# Of each data set the arms, the reference last, and the times, the baseline first.
DESIGNS = {
    "film_mood": (["sad", "fear", "comedy", "neutral"], ["before", "after", "later"]),
    "weight_loss_dropout": (
        ["diet", "diet_exercise", "control"],
        ["month_1", "month_2", "month_3"],
    ),
    "beat_the_blues": (["beat_the_blues", "usual_care"], ["pre", "m2", "m3", "m5", "m8"]),
}


def adjusted(outcome, structure=(), count=None):
    """Fit the later scores with the baseline as covariate by time."""
    dataset, measure = outcome
    arms, times = DESIGNS[dataset]
    table = pd.read_csv(REFERENCE / "several_arms" / f"{dataset}.csv")
    table = table.dropna(subset=f"{measure}_{times[0]}")
    later = times[1 : (count or len(times)) + 1]
    values = table[[f"{measure}_{time}" for time in later]].to_numpy(float)
    codes = table["group"].map(arms.index).to_numpy(int)
    before = table[f"{measure}_{times[0]}"].to_numpy(float)
    covariate = (before - before.mean())[:, None, None] * np.eye(len(later))
    design = np.concatenate([cell_means_design(codes, len(later)), covariate], axis=2)
    fit = fit_repeated_measures(values, design, structure)
    contrasts = np.zeros((len(arms) - 1, len(later), design.shape[2]))
    for arm in range(len(arms) - 1):
        for time in range(len(later)):
            contrasts[arm, time, arm * len(later) + time] = 1
            contrasts[arm, time, (len(arms) - 1) * len(later) + time] = -1
    return fit, arms[:-1], later, contrasts


def by_expected_information(fit):
    """Return a fit whose tests rest on the expected information, as pbkrtest's do."""
    return replace(fit, observed=fit.expected)


@pytest.mark.parametrize("outcome", OUTCOMES, ids="-".join)
def test_each_arm_at_each_time(outcome):
    fit, arms, later, contrasts = adjusted(outcome)
    r = R.loc[outcome]
    assert fit.log_likelihood == pytest.approx(r["mmrm.log_likelihood"], abs=1e-7)
    expected = by_expected_information(fit)
    for a, arm in enumerate(arms):
        for t, time in enumerate(later):
            plain = fit.contrast(contrasts[a, t])
            kr = expected.contrast(contrasts[a, t], "kenward_roger")
            ours = [plain[name] for name in ("difference", "se", "df")]
            ours += [kr[name] for name in ("se", "df", "p")]
            names = ("difference", "se", "df", "kr_se", "kr_df", "kr_p")
            assert ours == pytest.approx([r[f"mmrm.{time}.{arm}.{n}"] for n in names], rel=2e-5)


@pytest.mark.parametrize("outcome", OUTCOMES, ids="-".join)
def test_all_arms_at_once(outcome):
    fit, _, later, contrasts = adjusted(outcome)
    tests = {time: contrasts[:, t] for t, time in enumerate(later)}
    tests["all"] = contrasts.reshape(-1, contrasts.shape[2])
    for name, weights in tests.items():
        found = by_expected_information(fit).test(weights)
        expected = {key: R.loc[(*outcome, f"f.{name}.{key}")] for key in found}
        assert found == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("model", ["two_times", "random_intercept"])
@pytest.mark.parametrize("outcome", OUTCOMES, ids="-".join)
def test_pbkrtest_agrees_where_lme4_fits_the_model(outcome, model):
    r = R.loc[outcome]
    if f"{model}.F" not in r:
        pytest.skip("lme4 cannot fit the model")
    count = 2 if model == "two_times" else len(DESIGNS[outcome[0]][1]) - 1
    structure = () if model == "two_times" else (np.eye(count), np.ones((count, count)))
    fit, arms, later, contrasts = adjusted(outcome, structure, count)
    assert fit.log_likelihood == pytest.approx(r[f"{model}.log_likelihood"], abs=1e-6)
    fit = by_expected_information(fit)
    found = fit.test(contrasts.reshape(-1, contrasts.shape[2]))
    expected = {key: r[f"{model}.{key}"] for key in found}
    assert found == pytest.approx(expected, rel=1e-4)
    for a, arm in enumerate(arms):
        for t, time in enumerate(later):
            ours = fit.contrast(contrasts[a, t], "kenward_roger")["se"]
            assert ours == pytest.approx(r[f"{model}.kr_se.{time}.{arm}"], rel=1e-4)


def test_sas_agrees():
    """PROC MIXED, FEV1 = ARMCD, TYPE=UN, DDFM=KR(LINEAR); it stops after four digits.

    The mean is wrong on purpose, so that the two kinds of information differ. Data and output are
    those that the R package mmrm publishes (fev_data; design/ddfm_covtype/kr1_us.csv, Apache 2.0).
    """
    table = pd.read_csv(REFERENCE / "sas_fev.csv")
    values = table[["vis1", "vis2", "vis3", "vis4"]].to_numpy(float)
    treated = (table["arm"] == "TRT").to_numpy(float)
    design = np.stack([np.ones_like(values), np.repeat(treated[:, None], 4, axis=1)], axis=2)
    found = fit_repeated_measures(values, design).contrast(np.array([0, 1]), "kenward_roger")
    expected = {"difference": 3.81972492174648, "se": 0.66124382270307, "df": 160.733266403768,
                "low": 2.51387886026607, "high": 5.12557098322688, "p": 3.84180515e-08}  # fmt: skip
    p, expected_p = found.pop("p"), expected.pop("p")
    assert found == pytest.approx(expected, rel=4e-4)
    assert p == pytest.approx(expected_p, rel=4e-3)
