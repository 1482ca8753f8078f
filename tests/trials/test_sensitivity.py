"""Other analyses: what must agree where nothing is missing, and what cannot be estimated."""

import re

import numpy as np
import pytest

from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores
from imp_trials import assumptions, multiverse, over_time, resampling, sensitivity
from imp_trials.missing_data import (
    missing_scores,
    multiple_imputation,
    random_intercept,
)

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cases(scores, study):
    return change_scores.estimable_cases(scores, study)


@pytest.fixture(scope="module")
def table5(scores, study):
    return effectiveness.table_5(scores, study)


@pytest.fixture(scope="module")
def resampled(cases, study):
    return resampling.resample(cases, study)


@pytest.fixture(scope="module")
def contrasts(scores, study):
    return change_scores.contrasts(scores, study)


@pytest.fixture(scope="module")
def effects(contrasts, cases, resampled, study):
    return sensitivity.effects(contrasts, cases, resampled, study)


@pytest.fixture(scope="module")
def tests_(contrasts, cases, resampled, study):
    return sensitivity.other_tests(contrasts, cases, resampled, study)


def test_the_interval_of_the_difference_agrees_with_the_published_test(effects, table5):
    significant = table5["p"] < 0.05
    misses_zero = (effects["low"] > 0) | (effects["high"] < 0)
    assert misses_zero.tolist() == significant.tolist()


def test_the_eta_interval_agrees_with_the_published_test(effects, table5):
    assert (effects["eta_low"] > 0).tolist() == (table5["p"] < 0.05).tolist()


def test_permutation_p_is_close_to_the_published_one(tests_):
    assert np.abs(tests_["permutation_p"] - tests_["p"]).max() < 0.03


def test_no_main_measure_survives_holm(tests_, study):
    """From the printed effects alone the smallest Holm p is about .105."""
    assert tests_["holm_p"].min() == pytest.approx(0.105, abs=0.002)
    holm, _ = sensitivity.surviving(tests_, study)
    assert holm.endswith("all 6 tests of primary outcomes: none (smallest adjusted *p* = .105).")


def test_a_bayes_factor_just_above_three_depends_on_the_prior(tests_, cases, study):
    inconclusive, largest = sensitivity.bayes_factors(tests_, cases, study)
    assert inconclusive.endswith("inconclusive: 5 of 6.")
    assert re.search(r"The largest is 3\.\d .* lies between [12]\.\d and 3\.[0-3]", largest)


def test_without_missing_scores_all_ways_estimate_the_same(scores, contrasts, study):
    """So the table is empty, and the note says why."""
    assert missing_scores(scores, study).empty
    one, known = study.comparisons[0], contrasts.iloc[0]
    wide = change_scores.scores_by_time(scores, one.id, study)
    mixed = over_time.mixed_contrasts(scores, one.id, study).iloc[0]
    others = (random_intercept(wide, one, study), multiple_imputation(wide, one, study), mixed)
    for other in others:
        assert other["difference"] == pytest.approx(known["difference"], rel=1e-9)
        assert other["p"] == pytest.approx(known["p"], rel=1e-4)


def test_with_missing_scores_everyone_counts_in_the_mixed_model(scores, contrasts, study):
    gone = scores[~(scores["participant"].isin(["P01", "P02", "P30"]) & (scores["time"] == "post"))]
    found = missing_scores(gone, study)
    outcome = study.main_outcomes[0]
    found = found[found["scale"] == outcome.id].set_index("analysis")
    assert found["n"].to_dict() == {
        "complete cases": 44,
        "mixed model, free covariances": 47,
        "mixed model, random intercept": 47,
        "multiple imputation": 47,
    }
    full = contrasts.set_index("scale").loc[outcome.id]
    near = abs(found["difference"] - full["difference"])
    assert (near < full["high"] - full["difference"]).all()


def test_clustering_leaves_p_alone_at_zero_and_raises_it_after(contrasts, tests_, cleaned):
    found = multiverse.clustering(contrasts, multiverse.cluster_sizes(cleaned.participants))
    at_zero = found[found["icc"] == 0].set_index("scale")["p"]
    published = tests_[tests_["family"] == "main"].set_index("scale")["p"]
    assert at_zero.to_numpy() == pytest.approx(published[at_zero.index].to_numpy())
    for _, rows in found.groupby("scale"):
        assert rows["p"].is_monotonic_increasing
    # 14 and 11 people: sum of squares 317 / 25 - 1 = 11.68 others, so 1 + .1 * 11.68 = 2.168.
    assert found.loc[found["icc"] == 0.1, "design_effect"].iloc[0] == pytest.approx(2.168)


def test_type_two_and_three_differ_in_time_only(cases, study, table5):
    """Type III of the time effect on unequal groups is the squared t of the unweighted mean."""
    for table in cases.values():
        found = assumptions.main_effects(table, study)
        assert abs(found["F_time_2"] - found["F_time_3"]) > 1e-6


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("fewer than two participants in a group", lambda t: t[t["group"] != "control"]),
        ("fewer than two participants in a group", lambda t: t[t["time"] == "baseline"]),
        ("all participants in a group changed by the same amount", lambda t: t.assign(score=3.0)),
        (
            "fewer than two participants in a group",
            lambda t: t[(t["group"] != "control") | (t.participant == "P30")],
        ),
    ],
)
def test_what_cannot_be_estimated_says_why(scores, study, what, change):
    changed = change(scores.copy())
    table, contrasts = (
        effectiveness.table_5(changed, study),
        change_scores.contrasts(changed, study),
    )
    assert contrasts.empty
    assert table["F"].isna().all()
    assert (table["reason"] == ("no_variance" if "amount" in what else "few_people")).all()
    assert all(what in said for said in effectiveness.reasons(table))
    results = {r["id"]: r["value"] for r in effectiveness.table_5_results(table, contrasts, study)}
    assert np.isnan(results["effectiveness.pss_total.F"])
    assert results["effectiveness.pss_total.significance"] == "not_estimable"


def test_one_constant_outcome_leaves_the_others_as_they_are(scores, study, table5):
    constant = scores.copy()
    constant.loc[constant["scale"] == "pss_total", "score"] = 12.0
    table = effectiveness.table_5(constant, study).set_index("scale")
    assert table.loc["pss_total", "reason"] == "no_variance"
    others = table.index != "pss_total"
    assert table.loc[others, "F"].tolist() == table5.set_index("scale").loc[others, "F"].tolist()
    cases = change_scores.estimable_cases(constant, study)
    resampled = resampling.resample(cases, study)
    contrasts = change_scores.contrasts(constant, study)
    found = sensitivity.other_tests(contrasts, cases, resampled, study)
    assert len(found) == 16
    # Holm counts the tests that could be made.
    assert found["holm_p"].notna().sum() == 5


def test_nothing_estimable_gives_empty_tables(scores, study):
    nobody = scores[scores["group"] != "control"]
    table, cases = (
        change_scores.contrasts(nobody, study),
        change_scores.estimable_cases(nobody, study),
    )
    resampled = resampling.resample(cases, study)
    assert len(sensitivity.effects(table, cases, resampled, study)) == 0
    tests = sensitivity.other_tests(table, cases, resampled, study)
    assert len(tests) == 0
    assert sensitivity.surviving(tests, study) == ["No primary outcome could be tested."]
    assert sensitivity.bayes_factors(tests, cases, study) == []
    checked = assumptions.overview(cases, resampled, study)
    assert checked.empty
    assert "nothing to check" in assumptions.doubts(checked, 0.05)[0]


def test_benjamini_hochberg_by_hand():
    adjusted = sensitivity.adjusted([0.01, 0.04, 0.03])["bh"].tolist()
    assert adjusted == pytest.approx([0.03, 0.04, 0.04])
