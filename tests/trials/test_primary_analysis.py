"""The primary analysis by the mixed model, beside R's values for real trials."""

from dataclasses import replace

import made_comparisons
import numpy as np
import pytest
from test_kenward_roger import DESIGNS, OUTCOMES, R
from test_several_arms import trial

from imp_helpers.statistics import change_scores
from imp_trials import primary_analysis

TESTED = ["F", "df_effect", "df_error", "p"]


def by_mixed_model(study):
    head = study.settings.study.model_copy(update={"primary_analysis": "mmrm"})
    return replace(study, settings=study.settings.model_copy(update={"study": head}))


@pytest.fixture(params=OUTCOMES, ids="-".join)
def case(request, study):
    study, scores = trial(study, *request.param)
    return R.loc[request.param], by_mixed_model(study), scores, DESIGNS[request.param[0]][1]


def test_tests_and_contrasts_at_every_time(case):
    """To 1e-4: R's second derivatives are numeric."""
    r, study, scores, times = case
    tests, compared = primary_analysis.model_over_time(scores, study)
    assert list(tests["time"]) == [*times[1:], "all"]
    for row in tests.to_dict("records"):
        expected = [r[f"f_observed.{row['time']}.{name}"] for name in TESTED]
        assert [row[name] for name in TESTED] == pytest.approx(expected, rel=1e-4)
        assert row["n"] == r["mmrm.n"]
    names = {"difference": "difference", "standard_error": "observed_se", "df": "observed_df",
             "p": "observed_p", "satterthwaite_df": "df"}  # fmt: skip
    for row in compared.to_dict("records"):
        expected = [r[f"mmrm.{row['time']}.{row['group']}.{name}"] for name in names.values()]
        assert [row[name] for name in names] == pytest.approx(expected, rel=1e-4)


def test_table_5_and_the_contrasts_are_those_of_the_primary_time(case):
    r, study, scores, times = case
    table = primary_analysis.table_5(scores, study).iloc[0]
    expected = [r[f"f_observed.{times[1]}.{name}"] for name in TESTED]
    assert [table[name] for name in TESTED] == pytest.approx(expected, rel=1e-4)
    for row in primary_analysis.contrasts(scores, study).to_dict("records"):
        start = f"mmrm.{times[1]}.{row['group']}"
        assert row["difference"] == pytest.approx(r[f"{start}.difference"], rel=2e-5)
        assert row["df_error"] == pytest.approx(r[f"{start}.observed_df"], rel=1e-4)
        assert np.sign(row["gain"]) == np.sign(row["difference"])
        assert row["gain_low"] < row["gain"] < row["gain_high"]


def test_with_two_times_it_is_the_analysis_of_covariance(study):
    """Without a score missing, and with one later time, error and df are exact."""
    wide = made_comparisons.three_groups().dropna()
    study = made_comparisons.design(study, ("a", "b", "c"), ("t0", "t2"), "mmrm")
    scores = made_comparisons.scores_of(wide, ("t0", "t2"))
    found = primary_analysis.contrasts(scores, study).set_index("scale")
    expected = change_scores.contrasts(scores, study, "ancova").set_index("scale")
    for name in ("difference", "standard_error", "df_error", "low", "high", "adjusted_p"):
        assert found[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-8)


def test_what_cannot_be_estimated_is_listed_with_its_reason(study):
    times = ("t0", "t1", "t2")
    study = made_comparisons.design(study, ("a", "b", "c"), times, "mmrm")
    wide = made_comparisons.three_groups()
    same = wide.assign(t0=5.0)
    nobody = wide.assign(t1=wide["t1"].where(wide["group"] != "b"))
    constant = wide.assign(t1=3.0, t2=3.0)
    reasons = {"same_baseline": same, "B was not measured": nobody, "do not vary": constant,
               "few_people": wide.drop(range(17, 24))}  # fmt: skip
    for reason, table in reasons.items():
        scores = made_comparisons.scores_of(table, times)
        tests, compared = primary_analysis.model_over_time(scores, study)
        assert tests["reason"].str.contains(reason).any()
        assert compared["reason"].str.contains(reason).any()
        primary_analysis.table_5(scores, study)
        primary_analysis.contrasts(scores, study)
