"""A contrast has one definition and one family of tests, on every page."""

import numpy as np
import pandas as pd
import pytest
from made_comparisons import design, scores_of, three_groups
from scipy import stats

from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores
from imp_trials import over_time, resampling, sensitivity

TIMES = ("t0", "t1")


@pytest.fixture
def three(study):
    return design(study, ("a", "b", "c"), TIMES), scores_of(three_groups(), TIMES)


def test_a_comparison_is_the_same_in_tables_5_4_and_5_8(three):
    study, scores = three
    contrasts = change_scores.contrasts(scores, study)
    cases = change_scores.compared_cases(change_scores.estimable_cases(scores, study), study)
    drawn = resampling.resample(cases, study)
    effects = sensitivity.effects(contrasts, cases, drawn, study)
    tests = sensitivity.other_tests(contrasts, cases, drawn, study)
    over = over_time.contrasts_over_time(scores, study)
    for name in ("difference", "low", "high"):
        for prefix in ("", "ancova_"):
            ours, theirs = effects[prefix + name], over[prefix + name]
            assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-12)
    # Holm's p of the notes, of Table 5.4, of 5.9 and of the bold effects is one.
    assert contrasts["adjusted_p"].tolist() == pytest.approx(over["adjusted_p"].tolist())
    assert contrasts["adjusted_p"].tolist() == pytest.approx(tests["holm_p"].tolist())


def test_the_variance_is_pooled_over_all_groups(three):
    """By hand: the residual variance of a one-way analysis of the change of all three groups."""
    study, scores = three
    wide = change_scores.complete_cases(scores, "y", study)
    changes = [wide.loc[wide["group"] == group, "change"].to_numpy() for group in "abc"]
    df = len(wide) - 3
    variance = sum(((c - c.mean()) ** 2).sum() for c in changes) / df
    row = change_scores.contrasts(scores, study).iloc[0]
    error = np.sqrt(variance * (1 / len(changes[0]) + 1 / len(changes[2])))
    t = (changes[0].mean() - changes[2].mean()) / error
    assert (row["standard_error"], row["df_error"]) == (pytest.approx(error), df)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(t), df))
    assert row["gain"] == pytest.approx((changes[0].mean() - changes[2].mean()) / variance**0.5)


def test_a_significant_comparison_beside_an_omnibus_test_that_is_not(three):
    study, scores = three
    table = effectiveness.table_5(scores, study).assign(p=0.06)
    contrasts = change_scores.contrasts(scores, study).assign(adjusted_p=[0.04, 0.2])
    said = effectiveness.in_short(table, contrasts, study)
    assert said[0].startswith(
        "The groups changed differently on 0 of 1 primary outcomes (time × group"
    )
    assert "in favour of" in said[1]
    assert len(said) == 2


def test_one_arm_has_one_test_an_outcome(study):
    p = pd.Series([0.01, 0.04, np.nan])
    assert change_scores.adjusted_p(p, [["main"] * 3], design(study)).equals(p)
    arms = design(study, ("a", "b", "c"))
    corrected = change_scores.adjusted_p(p, [["main"] * 3], arms)
    assert corrected.tolist() == pytest.approx([0.02, 0.04, np.nan], nan_ok=True)
