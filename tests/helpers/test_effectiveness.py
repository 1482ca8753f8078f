"""Table 5, and what is claimed from it."""

import numpy as np
import pandas as pd
import pytest

from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores


def test_less_stress_is_an_improvement(study, scores):
    table = effectiveness.table_5(scores, study).set_index("scale")
    stress = table.loc["pss_total"]
    trained = stress["mean.training.post"] - stress["mean.training.baseline"]
    control = stress["mean.control.post"] - stress["mean.control.baseline"]
    assert trained < control
    contrasts = change_scores.contrasts(scores, study).set_index("scale")
    assert contrasts.loc["pss_total", "direction"] == "improved"


@pytest.mark.parametrize(
    ("effect", "words"),
    [(0.119, "between_medium_and_large"), (0.088, "between_medium_and_large"), (0.2, "large"),
     (0.02, "between_small_and_medium"), (0.005, "between_negligible_and_small")],
)  # fmt: skip
def test_effect_sizes_are_called_as_the_paper_does(effect, words):
    assert effectiveness.effect_size_words(effect) == words


def test_the_interval_misses_zero_exactly_where_p_is_below_05(study, scores):
    table = effectiveness.table_5(scores, study)
    forest = effectiveness.effect_forest(change_scores.contrasts(scores, study), study)
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


def test_one_of_fifteen_combinations_gives_the_printed_power(scores, study):
    table = effectiveness.power_table(effectiveness.table_5(scores, study), study)
    said, _ = effectiveness.matching_powers(table, "0.70")
    assert said.endswith(": 1 of 15 (Self-compassion (SCS total)).")
    assert effectiveness.matching_powers(table, "") == []


def test_normality_is_tested_within_groups_too(scores, study):
    """Groups far apart are not normal together, and may be so each."""
    moved = scores.assign(score=scores["score"] + 500 * (scores["group"] == "training"))
    tests = effectiveness.normality(moved, study)
    assert (tests["p"] < 0.001).all()
    assert (tests["residual_p"] > 0.05).all()
