"""Test statistics, alphas and power from printed numbers, against independent computations."""

from math import sqrt
from statistics import mean as average
from statistics import stdev

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imp_common.formulas import alpha_interval, holm, post_hoc_power
from imp_common.number_formats import round_half_up
from imp_printed.printed_numbers import Interval, parse
from imp_printed.reported_tests import (
    ALPHA_LABELS,
    EFFECT_LABELS,
    f_from_partial_eta_squared,
    judge_holm,
    judge_label,
    judge_power,
    p_from_f,
    pooled_mean,
    pooled_sd,
)

groups = st.lists(st.integers(0, 50), min_size=2, max_size=30)


def printed(sample, places=1):
    return round_half_up(average(sample), places), round_half_up(stdev(sample), places)


def ranges(strings):
    return [parse(text).interval() for text in strings]


@given(groups, groups)
def test_pooling_contains_what_the_pooled_people_have(first, second):
    means, sds = zip(printed(first), printed(second), strict=True)
    ns = [len(first), len(second)]
    everyone = first + second
    assert average(everyone) == pytest.approx(
        np.clip(average(everyone), *_ends(pooled_mean(ranges(means), ns)))
    )
    assert stdev(everyone) == pytest.approx(
        np.clip(stdev(everyone), *_ends(pooled_sd(ranges(means), ranges(sds), ns)))
    )


def _ends(interval):
    return float(interval.lower), float(interval.upper)


def test_pooling_by_hand():
    """10 people with mean 2 and 30 with mean 4 have the mean 3.5."""
    interval = pooled_mean(ranges(["2.0", "4.0"]), [10, 30])
    assert _ends(interval) == pytest.approx((3.45, 3.55))
    # 1, 3 and 5, 7: the sum of squares about 4 is 20, so the SD is sqrt(20 / 3).
    assert pytest.approx(sqrt(20 / 3), abs=1e-4) == 2.5819
    assert 2.5819 in pooled_sd(ranges(["2.00", "6.00"]), ranges(["1.41", "1.41"]), [2, 2])


def test_f_from_partial_eta_squared_by_hand():
    """45 x .119 / .881 = 6.078; the rounding of .119 leaves 6.049 to 6.107."""
    f = f_from_partial_eta_squared(parse("0.119").interval(), 1, 45)
    assert _ends(f) == pytest.approx((45 * 0.1185 / 0.8815, 45 * 0.1195 / 0.8805))
    assert 6.078 in f
    assert f_from_partial_eta_squared(parse("1.000").interval(), 1, 45).upper == float("inf")
    assert f_from_partial_eta_squared(parse("0.00").interval(), 1, 45).lower == 0


def test_f_and_partial_eta_squared_of_real_data_belong_together():
    data = pingouin.read_dataset("mixed_anova")
    table = pingouin.mixed_anova(data, "Scores", "Time", "Subject", "Group").set_index("Source")
    row = table.loc["Interaction"]
    f = f_from_partial_eta_squared(
        parse(round_half_up(row["np2"], 3)).interval(), row["DF1"], row["DF2"]
    )
    assert row["F"] in f
    assert row["p_unc"] in p_from_f(f, row["DF1"], row["DF2"])


@pytest.mark.parametrize(
    ("claim", "value", "labels", "verdict"),
    [
        ("excellent", "0.90", ALPHA_LABELS, "consistent"),
        ("good", "0.90", ALPHA_LABELS, "impossible"),
        ("poor", "0.57", ALPHA_LABELS, "consistent"),
        ("below_acceptable", "0.69", ALPHA_LABELS, "consistent"),
        ("below_acceptable", "0.70", ALPHA_LABELS, "impossible"),
        ("excellent", "1.00", ALPHA_LABELS, "consistent"),
        ("splendid", "0.95", ALPHA_LABELS, "cannot be checked"),
        ("between_medium_and_large", "0.088", EFFECT_LABELS, "consistent"),
        ("large", "0.119", EFFECT_LABELS, "impossible"),
    ],
)
def test_labels(claim, value, labels, verdict):
    assert judge_label("label", claim, value, labels, "").verdict == verdict


@pytest.mark.parametrize("items", [4, 10])
def test_alpha_interval_is_the_one_of_pingouin(items):
    generator = np.random.default_rng(1)
    people = generator.normal(size=(40, 1)) + generator.normal(size=(40, items))
    alpha, interval = pingouin.cronbach_alpha(pd.DataFrame(people))
    assert alpha_interval(alpha, 40, items) == pytest.approx(tuple(interval), abs=5e-4)


def test_holm_by_hand_and_as_pingouin():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.02, 0.5, 0.9]) == pytest.approx([0.06, 1.0, 1.0])
    p = [0.001, 0.2, 0.013, 0.04, 0.7]
    assert holm(p) == pytest.approx(pingouin.multicomp(p, method="holm")[1])


def test_holm_with_a_larger_family_counts_the_tests_that_are_not_shown():
    """R: p.adjust(c(.017, .023), "holm", n = 6) is .102, .115."""
    assert holm([0.017, 0.023], 6) == pytest.approx([0.102, 0.115])


def test_holm_note_says_what_is_kept():
    effects = {"a": Interval(0.001, 0.002), "b": Interval(0.04, 0.05)}
    note = judge_holm(effects, 3)
    assert note.verdict == "note"
    assert "of which 2 are printed, Holm's correction leaves a significant" in note.explanation


def test_power_is_the_one_of_the_gpower_manual():
    """One-way ANOVA with f = .25, ten groups, N = 390: lambda 24.375, power .952363."""
    effect = 0.25**2 / (1 + 0.25**2)
    values = post_hoc_power(effect, 390, 9, 380)
    assert values["f_n"] == pytest.approx(0.952363, abs=1e-6)
    assert values["f_rounded_n"] == pytest.approx(0.952363, abs=1e-6)


def test_observed_power_is_computed_from_the_observed_f():
    """SPSS takes the observed F times the effect's df as noncentrality."""
    f = 45 * 0.119 / 0.881
    expected = stats.ncf.sf(stats.f.isf(0.05, 1, 45), 1, 45, f)
    assert post_hoc_power(0.119, 47, 1, 45)["f_df"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "verdict"), [("0.70", "consistent"), ("0.65", "consistent"), ("0.80", "impossible")]
)
def test_power_names_the_effects_and_conventions_that_fit(text, verdict):
    check = judge_power(text, {"a": "0.119", "b": "0.109"}, 47, 1, 45)
    assert check.verdict == verdict
    if text == "0.70":
        assert check.explanation.startswith("0.70 follows from 0.119 (f rounded, n).")
