"""Other analyses: what must agree where nothing is missing, and what cannot be estimated."""

import numpy as np
import pytest

from imp_helpers import effectiveness
from imp_helpers.statistics import assumptions, change_scores, sensitivity

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def wides(scores, study):
    return change_scores.estimable_cases(scores, study)


@pytest.fixture(scope="module")
def table5(scores, study):
    return effectiveness.table_5(scores, study)


@pytest.fixture(scope="module")
def drawn(wides, study):
    return sensitivity.resampled(wides, study)


@pytest.fixture(scope="module")
def effects(table5, wides, drawn, study):
    return sensitivity.effects(table5, wides, drawn, study)


@pytest.fixture(scope="module")
def tests_(table5, wides, drawn, study):
    return sensitivity.other_tests(table5, wides, drawn, study)


def effects_with_p(scores, study):
    table = effectiveness.table_5(scores, study)
    wides = change_scores.estimable_cases(scores, study)
    found = sensitivity.effects(table, wides, sensitivity.resampled(wides, study), study)
    return found.merge(table[["scale", "p"]])


def test_the_interval_of_the_difference_agrees_with_the_published_test(effects, table5):
    significant = table5["p"] < 0.05
    misses_zero = (effects["low"] > 0) | (effects["high"] < 0)
    assert misses_zero.tolist() == significant.tolist()


def test_the_eta_interval_agrees_with_the_published_test(effects, table5):
    assert (effects["eta_low"] > 0).tolist() == (table5["p"] < 0.05).tolist()


def test_permutation_p_is_close_to_the_published_one(tests_):
    assert np.abs(tests_["permutation_p"] - tests_["p"]).max() < 0.03


def test_no_main_measure_survives_holm(tests_):
    """From the printed effects alone the smallest Holm p is about .105."""
    assert tests_["holm_p"].min() == pytest.approx(0.105, abs=0.002)
    said = sensitivity.multiplicity_in_words(tests_, 0.05)
    assert "Holm's correction over the 6 main measures none stays significant" in said


def test_without_missing_scores_all_three_ways_agree(scores, effects, table5, study):
    table = effects.merge(table5[["scale", "p"]])
    found = sensitivity.missing_scores(scores, table, study.main_outcomes, study)
    for _, rows in found.groupby("label"):
        assert rows["difference"].to_numpy() == pytest.approx(rows["difference"].iloc[0], rel=1e-5)
        assert rows["p"].to_numpy() == pytest.approx(rows["p"].iloc[0], rel=1e-5)


def test_with_missing_scores_everyone_counts_in_the_mixed_model(scores, study):
    outcome = study.main_outcomes[0]
    gone = scores[~(scores["participant"].isin(["P01", "P02", "P30"]) & (scores["time"] == "post"))]
    table = effects_with_p(gone, study)
    found = sensitivity.missing_scores(gone, table, (outcome,), study).set_index("analysis")
    assert found["n"].to_dict() == {
        "complete cases": 44,
        "mixed model": 47,
        "multiple imputation": 47,
    }
    full = sensitivity.missing_scores(scores, effects_with_p(scores, study), (outcome,), study)
    full = full.set_index("analysis")
    near = abs(found.loc["multiple imputation", "difference"] - full["difference"].iloc[0])
    assert near < full["high"].iloc[0] - full["difference"].iloc[0]


def test_clustering_leaves_p_alone_at_zero_and_raises_it_after(effects, tests_, cleaned):
    groups = cleaned.participants["training_group"]
    found = sensitivity.clustering(effects, tests_, groups)
    at_zero = found[found["icc"] == 0].set_index("scale")["p"]
    published = tests_[tests_["family"] == "main"].set_index("scale")["p"]
    assert at_zero.to_numpy() == pytest.approx(published[at_zero.index].to_numpy())
    for _, rows in found.groupby("scale"):
        assert rows["p"].is_monotonic_increasing
    # 14 and 11 people: sum of squares 317 / 25 - 1 = 11.68 others, so 1 + .1 * 11.68 = 2.168.
    assert found.loc[found["icc"] == 0.1, "design_effect"].iloc[0] == pytest.approx(2.168)


def test_every_multiverse_has_one_published_analysis(tests_, wides, effects, cleaned, study):
    clustered = sensitivity.clustering(effects, tests_, cleaned.participants["training_group"])
    table = sensitivity.multiverse(tests_, wides, clustered, study)
    assert table.groupby("scale")["published"].sum().tolist() == [1] * 6
    for _, rows in table.groupby("scale"):
        assert rows["p"].is_monotonic_increasing


def test_type_two_and_three_differ_in_time_only(wides, study, table5):
    """Type III of the time effect on unequal groups is the squared t of the unweighted mean."""
    found = assumptions.main_effect_table(wides, study)
    assert (np.abs(found["F_time_2"] - found["F_time_3"]) > 1e-6).all()


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("0 people in control", lambda t: t[t["group"] != "control"]),
        ("0 people in training", lambda t: t[t["time"] == "baseline"]),
        ("nobody's change differs", lambda t: t.assign(score=3.0)),
        ("1 people in control", lambda t: t[(t["group"] != "control") | (t.participant == "P30")]),
    ],
)
def test_what_cannot_be_estimated_says_why(scores, study, what, change):
    table = effectiveness.table_5(change(scores.copy()), study)
    assert table["F"].isna().all()
    assert table["reason"].str.contains(what).all()
    assert what in effectiveness.reasons(table)
    results = {r["id"]: r["value"] for r in effectiveness.table_5_results(table, study)}
    assert np.isnan(results["effectiveness.pss_total.F"])
    assert results["effectiveness.pss_total.significance"] == "not_estimable"


def test_one_constant_outcome_leaves_the_others_as_they_are(scores, study, table5):
    constant = scores.copy()
    constant.loc[constant["scale"] == "pss_total", "score"] = 12.0
    table = effectiveness.table_5(constant, study).set_index("scale")
    assert "nobody's change differs" in table.loc["pss_total", "reason"]
    others = table.index != "pss_total"
    assert table.loc[others, "F"].tolist() == table5.set_index("scale").loc[others, "F"].tolist()
    wides = change_scores.estimable_cases(constant, study)
    drawn = sensitivity.resampled(wides, study)
    found = sensitivity.other_tests(table.reset_index(), wides, drawn, study)
    assert len(found) == 16
    # Holm counts the tests that could be made.
    assert found["holm_p"].notna().sum() == 5


def test_nothing_estimable_gives_empty_tables(scores, study):
    nobody = scores[scores["group"] != "control"]
    table, wides = (
        effectiveness.table_5(nobody, study),
        change_scores.estimable_cases(nobody, study),
    )
    drawn = sensitivity.resampled(wides, study)
    assert len(sensitivity.effects(table, wides, drawn, study)) == 0
    tests = sensitivity.other_tests(table, wides, drawn, study)
    assert len(tests) == 0
    assert "No main measure" in sensitivity.multiplicity_in_words(tests, 0.05)
    assert len(assumptions.checks(wides, study)) == 0
    assert assumptions.in_words(
        assumptions.shapiro_by_cell(wides, study), assumptions.checks(wides, study), study
    )
