"""What conclusions depend on, against pingouin, SciPy and numbers worked out by hand."""

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from scipy import stats

from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores
from imp_trials import multiverse, robustness

pytestmark = pytest.mark.filterwarnings("ignore")
BY_HAND = {
    "none": lambda score, _: score,
    "log": lambda score, _: np.log(score),
    "square_root": lambda score, _: np.sqrt(score),
    "rank": lambda score, _: score.rank(),
    "z": lambda score, before: (score - before.mean()) / before.std(),
}


def wide_of(before, after, groups):
    wide = pd.DataFrame({"participant": range(len(before)), "group": groups})
    wide = wide.assign(baseline=np.array(before, float), post=np.array(after, float))
    return wide.assign(change=wide["post"] - wide["baseline"])


@pytest.fixture
def seven():
    """Changes 1, 2, 3 and 0, 0, 1, 1: F = 45/7, as tests/test_effectiveness.py works it out."""
    before = [5, 6, 4, 5, 7, 6, 5]
    return wide_of(
        before, np.add(before, [1, 2, 3, 0, 0, 1, 1]), ["training"] * 3 + ["control"] * 4
    )


@pytest.mark.parametrize("transformation", BY_HAND)
@pytest.mark.parametrize("scale", ["eq_total", "scs_total"])
def test_every_transformation_is_tested_as_pingouin_does(scores, study, scale, transformation):
    wide = change_scores.complete_cases(scores, scale, study)
    long = wide.melt(["participant", "group"], ["baseline", "post"], "time", "score")
    long["score"] = BY_HAND[transformation](long["score"], wide["baseline"])
    anova = pg.mixed_anova(long, "score", within="time", subject="participant", between="group")
    expected = anova.set_index("Source").loc["Interaction"]
    changed = multiverse.transformed(wide, transformation, study)
    found = multiverse.compare(changed, "change", study)
    assert found["F"] == pytest.approx(expected["F"])
    assert found["p"] == pytest.approx(expected["p_unc"])
    assert found["partial_eta_squared"] == pytest.approx(expected["np2"])
    assert (found["df_error"], found["ns"]) == (expected["DF2"], {"training": 25, "control": 22})


def test_one_time_compares_the_groups_as_an_analysis_of_variance(scores, study):
    wide = change_scores.complete_cases(scores, "pss_total", study)
    expected = pg.anova(wide, dv="post", between="group").iloc[0]
    found = multiverse.compare(wide, "post", study)
    assert found["F"] == pytest.approx(expected["F"])
    assert found["p"] == pytest.approx(expected["p_unc"])
    assert found["partial_eta_squared"] == pytest.approx(expected["np2"])


def test_one_group_is_tested_for_its_change_as_with_repeated_measures(scores, study):
    wide = change_scores.complete_cases(scores, "pss_total", study)
    wide = wide[wide["group"] == "training"]
    long = wide.melt(["participant"], ["baseline", "post"], "time", "score")
    anova = pg.rm_anova(long, "score", within="time", subject="participant", detailed=True)
    found = multiverse.compare(wide, "change", study)
    assert found["F"] == pytest.approx(anova["F"].iloc[0])
    assert found["p"] == pytest.approx(anova["p_unc"].iloc[0])
    assert found["ns"] == {"training": 25}


def test_interaction_by_hand_in_words(seven, study):
    found = multiverse.compare(seven, "change", study)
    assert found["F"] == pytest.approx(45 / 7)
    words = robustness.comparison(found)
    assert words == "Time × group: F(1, 5) = 6.43, p = .052, ηp² = .563."
    assert found["ns"] == {"training": 3, "control": 4}


@pytest.mark.parametrize(
    ("change", "quantity", "reason"),
    [
        (lambda t: t[t["group"] == "control"], "post", "nothing to compare"),
        (lambda t: t.drop(index=[0, 1]), "change", "fewer than two"),
        (lambda t: t.iloc[:0], "change", "fewer than two"),
        (lambda t: t.assign(change=1.0), "change", "all values are equal"),
    ],
)
def test_what_cannot_be_tested_says_why(seven, study, change, quantity, reason):
    found = multiverse.compare(change(seven), quantity, study)
    assert np.isnan(found["F"])
    assert reason in robustness.comparison(found)


@pytest.mark.parametrize(
    ("before", "cannot"),
    [([1, 2, 3], set()), ([0, 2, 3], {"log"}), ([-1, 2, 3], {"log", "square_root"}),
     ([2, 2, 2], {"z"})],
)  # fmt: skip
def test_a_transformation_that_scores_do_not_allow_says_so(study, before, cannot):
    wide = wide_of(before, [4, 5, 6], ["training"] * 3)
    refused = {name for name in BY_HAND if multiverse.transformed(wide, name, study) is None}
    assert refused == cannot
    assert all(multiverse.TRANSFORMATIONS[name].needs for name in refused)


def test_ranks_share_ties_over_both_times():
    found = multiverse.ranks(np.array([[10.0, 30.0], [20.0, 20.0]]))
    assert found.tolist() == [[1.0, 4.0], [2.5, 2.5]]


def test_what_is_not_allowed_has_no_p_and_what_is_scored_has_that_of_table_5(scores, study):
    table = multiverse.p_by_transformation(scores, study)
    missing = table[table["p"].isna()]
    assert missing[["scale", "transformation"]].to_numpy().tolist() == [["pss_total", "logarithm"]]
    published = effectiveness.table_5(scores, study)["p"].to_numpy()
    assert table.loc[table["transformation"] == "as scored", "p"].to_numpy() == pytest.approx(
        published
    )


def test_transformations_in_words():
    rows = [("A", "as scored", 0.01), ("A", "logarithm", 0.02), ("B", "as scored", 0.04),
            ("B", "logarithm", 0.06), ("C", "as scored", 0.5),
            ("C", "logarithm", np.nan)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["label", "transformation", "p"])
    always, never, some = multiverse.agreement_of_transformations(table, 0.05)
    assert always == "*p* is below .05 under all of the transformations: A."
    assert never.endswith("under none of the transformations: C.")
    assert some.endswith("under some of the transformations: B.")


def test_the_tipping_correlation_by_hand():
    """Two groups of 10 against 20: equal ns, so t shrinks by the root of (design effect + 1) / 2.

    The design effect is 1 + ICC (200 / 20 - 1) = 1 + 9 ICC. With t twice the critical one it may be
    7, so ICC = 6 / 9.
    """
    t = 2 * stats.t.isf(0.025, 38)
    found = multiverse.tipping_icc(2 * stats.t.sf(t, 38), 40, 38, [10, 10], 0.05)
    assert found == pytest.approx(6 / 9)


def test_at_the_tipping_correlation_p_is_the_level(scores, study, cleaned):
    table = change_scores.contrasts(scores, study)
    sizes = multiverse.cluster_sizes(cleaned.participants)
    assert sizes == {"training": [14, 11]}
    main = table[(table["family"] == "main") & (table["p"] < 0.05)]
    for row in main.itertuples():
        icc = multiverse.tipping_icc(row.p, row.n, row.df_error, [14, 11], 0.05)
        of_one = table[table["scale"] == row.scale]
        found = multiverse.clustering(of_one, sizes, [icc])
        assert found["p"].iloc[0] == pytest.approx(0.05)


def test_what_cannot_tip():
    assert np.isnan(multiverse.tipping_icc(0.06, 40, 38, [10, 10], 0.05))
    assert multiverse.tipping_icc(0.01, 40, 38, [1] * 20, 0.05) == np.inf


def test_every_analysis_has_an_estimate_and_its_interval(scores, study, cleaned):
    table = change_scores.contrasts(scores, study)
    cases = change_scores.estimable_cases(scores, study)
    ends = pd.DataFrame({"scale": list(cases), "boot_low": 0.0, "boot_high": 1.0})
    sizes = multiverse.cluster_sizes(cleaned.participants)
    found = multiverse.multiverse(table, cases, ends, sizes, study)
    assert found.groupby("scale").size().to_dict() == dict.fromkeys(
        (outcome.id for outcome in study.main_outcomes), 7
    )
    of_one = found[found["scale"] == "scs_total"].set_index("analysis")
    paper = of_one.loc[multiverse.ANOVA]
    forest = effectiveness.effect_forest(table, study).set_index("label")
    expected = forest.loc[paper["label"], ["estimate", "low", "high"]].tolist()
    assert paper[["estimate", "low", "high"]].tolist() == pytest.approx(expected)
    changes = [c for _, c in cases["scs_total"].groupby("group", sort=False)["change"]]
    trimmed = [stats.trim_mean(change, 0.2) for change in changes]
    sd = change_scores.Contrast.of(cases["scs_total"], study).variance ** 0.5
    assert abs(of_one.at["trimmed means (Yuen)", "estimate"]) == pytest.approx(
        abs(trimmed[0] - trimmed[1]) / sd
    )
    clustered = of_one.loc["clustered, ICC 0.05"]
    assert clustered["high"] - clustered["low"] > paper["high"] - paper["low"]
    assert (found["low"] <= found["high"]).all()
