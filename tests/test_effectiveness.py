"""The mixed ANOVA against hand computation, and what is claimed from it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores


def test_interaction_is_the_squared_t_of_change_by_hand(study):
    """Changes 1, 2, 3 against 0, 0, 1, 1: means 2 and .5, pooled variance (2 + 1) / 5 = .6.

    t = 1.5 / sqrt(.6 * (1/3 + 1/4)) = 2.535; F = 6.429 = 45/7; eta = F / (F + 5) = .5625.
    """
    wide = pd.DataFrame(
        {
            "participant": list("abcdefg"),
            "group": ["training"] * 3 + ["control"] * 4,
            "baseline": [5.0, 6, 4, 5, 7, 6, 5],
            "change": [1.0, 2, 3, 0, 0, 1, 1],
        }
    )
    wide["post"] = wide["baseline"] + wide["change"]
    found = effectiveness.interaction(wide, study.outcomes[0], study)
    assert found["F"] == pytest.approx(45 / 7)
    assert found["partial_eta_squared"] == pytest.approx(0.5625)
    assert found["p"] == pytest.approx(stats.f.sf(45 / 7, 1, 5))
    assert found["direction"] == "improved"


def test_less_stress_is_an_improvement(study, scores):
    table = effectiveness.table_5(scores, study).set_index("scale")
    stress = table.loc["pss_total"]
    trained = stress["mean_training_post"] - stress["mean_training_baseline"]
    control = stress["mean_control_post"] - stress["mean_control_baseline"]
    assert trained < control
    assert stress["direction"] == "improved"


def test_who_misses_a_time_is_left_out(study, scores):
    gone = scores[~((scores["participant"] == "P01") & (scores["time"] == "post"))]
    wide = change_scores.complete_cases(gone, "pss_total", study)
    assert "P01" not in set(wide["participant"])
    assert len(wide) == 46


def test_change_is_post_minus_baseline(study, scores):
    wide = change_scores.complete_cases(scores, "eq_total", study)
    assert np.allclose(wide["change"], wide["post"] - wide["baseline"])


@pytest.mark.parametrize(
    ("effect", "words"),
    [(0.119, "between_medium_and_large"), (0.088, "between_medium_and_large"), (0.2, "large"),
     (0.02, "between_small_and_medium"), (0.005, "between_negligible_and_small")],
)  # fmt: skip
def test_effect_sizes_are_called_as_the_paper_does(effect, words):
    assert effectiveness.effect_size_words(effect) == words


def test_the_interval_misses_zero_exactly_where_p_is_below_05(study, scores):
    table = effectiveness.table_5(scores, study)
    forest = effectiveness.effect_forest(table, study)
    misses_zero = (forest["low"] > 0) | (forest["high"] < 0)
    assert misses_zero.tolist() == (table["p"] < 0.05).tolist()


def test_power_of_the_printed_effect_by_convention(study):
    """N = 47 and f = .37: lambda = 6.434; G*Power gives .70. In full it is .69, with df .67."""
    row = {"scale": "x", "label": "x", "family": "main", "n": 47, "df_effect": 1, "df_error": 45}
    table = pd.DataFrame([row | {"p": 0.018, "partial_eta_squared": 0.119}])
    power = effectiveness.power_table(table, study).iloc[0]
    assert round(power["f_rounded_n"], 2) == 0.70
    assert round(power["f_n"], 2) == 0.69
    assert round(power["f_df"], 2) == 0.67


def test_home_practice_uses_the_forms_and_fisher(study, scores, cleaned):
    """|r| of .404 is what n = 24 can just call significant; every interval crosses zero here."""
    table = effectiveness.home_practice(scores, cleaned.evaluation, study)
    assert table["n"].tolist() == [24] * 6
    z = np.arctanh(table["r"])
    assert np.allclose(np.tanh(z - 1.959964 / np.sqrt(21)), table["low"], atol=1e-6)


def test_shapiro_wilk_at_both_times(study, scores):
    table = effectiveness.normality(scores, study)
    assert len(table) == 12
    assert (table["p"] > 0.05).all()
