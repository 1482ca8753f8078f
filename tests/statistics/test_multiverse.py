"""What conclusions hang on, against pingouin, SciPy and numbers worked out by hand."""

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from scipy import stats

from imp_helpers import adverse_events, effectiveness, reliability
from imp_helpers.statistics import change_scores, multiverse, sensitivity

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
    assert (found["df_error"], found["ns"]) == (expected["DF2"], (25, 22))


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
    assert found["ns"] == (25,)


def test_interaction_by_hand_in_words(seven, study):
    found = multiverse.compare(seven, "change", study)
    assert found["F"] == pytest.approx(45 / 7)
    words = multiverse.comparison_in_words(found)
    assert words == "Time x group: F(1, 5) = 6.43, p = .052, ηp² = .563, n = 3 and 4."


@pytest.mark.parametrize(
    ("change", "quantity", "reason"),
    [
        (lambda t: t[t["group"] == "control"], "post", "nothing to compare"),
        (lambda t: t.drop(index=[0, 1]), "change", "fewer than two"),
        (lambda t: t.iloc[:0], "change", "fewer than two"),
        (lambda t: t.assign(change=1.0), "change", "nobody differs"),
    ],
)
def test_what_cannot_be_tested_says_why(seven, study, change, quantity, reason):
    found = multiverse.compare(change(seven), quantity, study)
    assert np.isnan(found["F"])
    assert reason in multiverse.comparison_in_words(found)


@pytest.mark.parametrize(
    ("before", "cannot"),
    [([1, 2, 3], set()), ([0, 2, 3], {"log"}), ([-1, 2, 3], {"log", "square_root"}),
     ([2, 2, 2], {"z"})],
)  # fmt: skip
def test_a_transformation_that_scores_do_not_allow_says_so(study, before, cannot):
    wide = wide_of(before, [4, 5, 6], ["training"] * 3)
    refused = {name for name in BY_HAND if multiverse.why_not(wide, name, study)}
    assert refused == cannot
    assert all("it needs" in multiverse.why_not(wide, name, study) for name in refused)


def test_ranks_share_ties_over_both_times():
    found = multiverse.ranks(np.array([[10.0, 30.0], [20.0, 20.0]]))
    assert found.tolist() == [[1.0, 4.0], [2.5, 2.5]]


def test_what_is_not_allowed_has_no_p_and_what_is_scored_has_that_of_table_5(scores, study):
    table = multiverse.p_by_transformation(scores, study)
    missing = table[table["p"].isna()]
    assert missing[["scale", "transformation"]].to_numpy().tolist() == [["pss_total", "log"]]
    published = effectiveness.table_5(scores, study)["p"].to_numpy()
    assert table.loc[table["transformation"] == "none", "p"].to_numpy() == pytest.approx(published)


def test_transformations_in_words():
    rows = [("A", "none", 0.01), ("A", "log", 0.02), ("B", "none", 0.04), ("B", "log", 0.06),
            ("C", "none", 0.5), ("C", "log", np.nan)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["label", "transformation", "p"])
    words = multiverse.transformations_in_words(table, 0.05)
    assert "under every transformation that the scores allow: A." in words
    assert "Under none: C." in words
    assert words.endswith("B: as scored p = .040, logarithm p = .060.")


def test_the_tipping_correlation_by_hand():
    """Two groups of 10 against 20: equal ns, so t shrinks by the root of (design effect + 1) / 2.

    The design effect is 1 + ICC (200 / 20 - 1) = 1 + 9 ICC. With t twice the critical one it may be
    7, so ICC = 6 / 9.
    """
    t = 2 * stats.t.isf(0.025, 38)
    found = multiverse.tipping_icc(2 * stats.t.sf(t, 38), 40, [10, 10], 0.05)
    assert found == pytest.approx(6 / 9)


def test_at_the_tipping_correlation_p_is_the_level(scores, study, cleaned):
    table = effectiveness.table_5(scores, study)
    groups = cleaned.participants["training_group"]
    main = table[(table["family"] == "main") & (table["p"] < 0.05)]
    for row in main.itertuples():
        icc = multiverse.tipping_icc(row.p, row.n, [14, 11], 0.05)
        of_one = table[table["scale"] == row.scale]
        found = sensitivity.clustering(of_one, of_one, groups, [icc])
        assert found["p"].iloc[0] == pytest.approx(0.05)


def test_what_cannot_tip():
    assert np.isnan(multiverse.tipping_icc(0.06, 40, [10, 10], 0.05))
    assert multiverse.tipping_icc(0.01, 40, [1] * 20, 0.05) == np.inf
    words = multiverse.tipping_in_words({"A": 0.0524, "B": np.inf, "C": np.nan})
    assert words == "A loses significance at an ICC of .052; B keeps its significance at any ICC."


@pytest.fixture(scope="module")
def precision(points, scores, study):
    alphas = reliability.alpha_table(points, study, "baseline")
    return reliability.measurement_error(alphas, scores, study)


@pytest.mark.parametrize("direction", ["improved", "deteriorated"])
def test_at_the_usual_cut_off_as_many_changed_reliably(scores, precision, study, direction):
    found = multiverse.by_cut_off(
        scores, precision, study.outcomes, study, direction, [stats.norm.isf(0.025)]
    )
    reliable = adverse_events.reliable_change(scores, precision, study)
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
    found = multiverse.by_cut_off(
        long.assign(scale=outcome.id), precision, [outcome], study, "improved", [0, 1.5]
    )
    assert found[["count_training", "count_control"]].to_numpy().tolist() == [[3, 2], [2, 0]]
    assert found["p"].iloc[1] == pytest.approx(3 / 21)


def test_cut_offs_in_words(scores, precision, study):
    table = multiverse.by_cut_off(scores, precision, study.main_outcomes, study)
    words = multiverse.cut_offs_in_words(table, study, 0.05)
    assert "Empathy (EQ): training 6 of 25, control 1 of 22, p = .102; p below .05 at" in words
    assert stats.fisher_exact([[6, 19], [1, 21]]).pvalue == pytest.approx(0.102, abs=5e-4)


def test_stretches_are_unbroken_runs():
    holds = [True, True, False, False, True, False, True]
    assert multiverse.stretches(range(7), holds) == [(0, 1), (4, 4), (6, 6)]
    assert multiverse.stretches([], []) == []
