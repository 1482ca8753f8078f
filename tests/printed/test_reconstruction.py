"""The range of an SD, and the samples behind printed numbers.

Checked against the counts that R's unsum publishes for CLOSURE (its README and articles), the
limits that R's rsprite2 publishes, and complete enumeration of small samples.
"""

from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement
from statistics import mean as average
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imp_common.number_formats import round_as, round_half_up
from imp_printed import reconstruction
from imp_printed.granularity import Summary, sd_limits, sd_range
from imp_printed.reconstruction import count_samples, find_sample, reconstruct


def printed_as(sample, mean, sd):
    """Print a sample's mean and SD with the decimals of two printed numbers."""
    places = (len(text.partition(".")[2]) for text in (mean, sd))
    return tuple(round_half_up(f(sample), p) for f, p in zip((average, stdev), places, strict=True))


@pytest.mark.parametrize(
    ("mean", "sd", "n", "samples"),
    [
        ("3.5", "1.8", 80, 2_215),
        ("2.7", "1.9", 130, 5_359),
        ("3.8", "1.5", 120, 31_672),
        ("3.0", "1.0", 150, 111_341),
        ("3.0", "1.5", 150, 168_523),
        ("3.0", "1.7", 180, 173_532),
        ("3.0", "1.7", 190, 203_899),
        ("3.0", "1.7", 200, 261_155),
        ("3.0", "1.2", 200, 661_948),
    ],
)
def test_as_many_samples_as_closure_lists(mean, sd, n, samples):
    """Published for unsum, on a scale from 1 to 5 whose ends need not occur."""
    assert count_samples(Summary(mean, sd, n, 1, 5, attained=False, rounding="either")) == samples


@pytest.mark.parametrize("attained", [True, False])
@pytest.mark.parametrize("items", [1, 2])
@pytest.mark.parametrize(("n", "top"), [(2, 4), (3, 4), (4, 3), (5, 5), (6, 2), (3, 1)])
def test_as_many_samples_as_complete_enumeration_finds(n, top, items, attained):
    found = Counter()
    for steps in combinations_with_replacement(range(top * items + 1), n):
        sample = [1 + Fraction(step, items) for step in steps]
        if attained and (min(sample), max(sample)) != (1, 1 + top):
            continue
        found[printed_as(sample, "0.0", "0.00")] += 1
    for (mean, sd), samples in found.items():
        summary = Summary(mean, sd, n, 1, 1 + top, attained, items)
        assert count_samples(summary) == samples
        example = find_sample(summary)
        assert printed_as(example, mean, sd) == (mean, sd)
        assert len(example) == n


@pytest.mark.parametrize(
    ("mean", "sd", "n", "low", "high"),
    [
        ("3.0", "1.0", 4, 3, 5),  # nobody may be below the mean, and somebody is at 5
        ("4.9", "0.1", 24, 1, 5),  # a 1 among 24 people costs more than 0.1
        ("2.0", "0.50", 4, 1, 3),  # 1, 2, 2, 3 has 0.82, and nothing is closer
        ("3.00", "1.50", 5, 1, 5),  # the sum of squares would be 54: not with a 1 and a 5
    ],
)
def test_where_no_sample_exists_that_is_proven(mean, sd, n, low, high):
    summary = Summary(mean, sd, n, low, high)
    every = combinations_with_replacement(range(low, high + 1), n) if n < 10 else []
    inside = [s for s in every if (s[0], s[-1]) == (low, high)]
    assert not any(printed_as(s, mean, sd) == (mean, sd) for s in inside)
    assert reconstruct(summary).verdict == "impossible"
    assert count_samples(summary) == 0
    assert find_sample(summary) is None


def test_a_single_sample_is_shown_as_the_only_one():
    check = reconstruct(Summary("2.0", "1.00", 3, 1, 3))
    assert check.explanation == "One sample fits, 1, 2, 3."


@pytest.mark.parametrize(
    ("mean", "sd", "n", "low", "high", "granularity"),
    [
        ("49.6", "10.7", 47, 22, 68, 1),
        ("92.4", "81.3", 24, 5, 300, 1),
        ("28.7", "14.7", 24, 10, 75, 1),
        ("92.4", "81.3", 23, 5, 300, 5),
        ("28.71", "14.73", 24, 10, 75, 1),
        ("110.00", "20.00", 30, 60, 160, 1),
    ],
)
def test_a_sample_is_found_where_the_range_is_too_wide_to_count(
    mean, sd, n, low, high, granularity
):
    summary = Summary(mean, sd, n, low, high, granularity=granularity)
    sample = find_sample(summary)
    assert count_samples(summary) is None
    assert printed_as(sample, mean, sd) == (mean, sd)
    assert (min(sample), max(sample), len(sample)) == (low, high, n)
    assert all(value % granularity == 0 for value in sample)


def test_a_count_that_needs_too_much_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(reconstruction, "STATES", 5)
    summary = Summary("3.6", "2.1", 24, 1, 8)
    assert count_samples(summary) is None
    assert reconstruct(summary).explanation.startswith("At least one sample fits")


@pytest.mark.parametrize(
    ("mean", "n", "low", "high", "items", "expected"),
    [
        # rsprite2, limits printed with two decimals, the lower rounded down and the upper up
        ("4.2", 5, 1, 7, 1, ("0.45", "3.03")),
        ("4.2", 5, 1, 7, 2, ("0.27", "3.03")),
        ("1.00", 100, 1, 7, 1, ("0.00", "0.00")),
        ("7.00", 100, 1, 7, 1, ("0.00", "0.00")),
    ],
)
def test_sd_limits_are_those_of_rsprite2(mean, n, low, high, items, expected):
    limits = sd_limits(Summary(mean, "0", n, low, high, False, items, rounding="either"))
    assert tuple(round_half_up(limit, 2) for limit in limits) == expected


@pytest.mark.parametrize(
    ("mean", "sd", "n", "low", "high", "verdict"),
    [
        # rsprite2
        ("4", "1.5", 20, 1, 7, "consistent"),
        ("4", "5", 20, 1, 7, "impossible"),
        ("8", "1.5", 20, 1, 7, "impossible"),
        ("5.19", "1.5", 28, 1, 7, "impossible"),
        ("1.5", ".71", 2, 1, 2, "consistent"),
        ("4.0", "3.1", 10, 1, 7, "consistent"),
        ("2", "5", 10, 1, 3, "impossible"),
        # by hand: with mean 4.90 at most 1 of 40 people stands at 1, so the SD is at most 0.63
        ("4.90", "0.63", 40, 1, 5, "consistent"),
        ("4.90", "0.64", 40, 1, 5, "impossible"),
    ],
)
def test_sd_range(mean, sd, n, low, high, verdict):
    summary = Summary(mean, sd, n, low, high, attained=False, rounding="either")
    assert sd_range(summary).verdict == verdict


@pytest.mark.parametrize("attained", [True, False])
@pytest.mark.parametrize("n", [2, 3, 5])
def test_sd_limits_are_the_extremes_of_complete_enumeration(n, attained):
    every = combinations_with_replacement(range(1, 6), n)
    samples = [s for s in every if not attained or (s[0], s[-1]) == (1, 5)]
    for mean in {round_half_up(average(s), 1) for s in samples}:
        sds = [stdev(s) for s in samples if round_half_up(average(s), 1) == mean]
        limits = sd_limits(Summary(mean, "0", n, 1, 5, attained))
        assert limits == pytest.approx((min(sds), max(sds)))


samples = st.lists(st.integers(1, 9), min_size=2, max_size=30)


@settings(deadline=None)
@given(samples, st.integers(0, 2), st.integers(0, 2), st.sampled_from(["half_up", "half_even"]))
def test_every_real_sample_can_be_reconstructed(sample, mean_decimals, sd_decimals, rounding):
    summary = Summary(
        round_as(average(sample), mean_decimals, rounding),
        round_as(stdev(sample), sd_decimals, rounding),
        len(sample),
        min(sample),
        max(sample),
        rounding=rounding,
    )
    assert sd_range(summary).verdict == "consistent"
    assert reconstruct(summary).verdict == "consistent"
    assert count_samples(summary) >= 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 300), min_size=5, max_size=40))
def test_no_real_sample_of_a_wide_range_is_called_impossible(sample):
    mean, sd = round_half_up(average(sample), 1), round_half_up(stdev(sample), 1)
    summary = Summary(mean, sd, len(sample), min(sample), max(sample))
    assert sd_range(summary).verdict == "consistent"
    assert reconstruct(summary).verdict != "impossible"


def test_the_ends_of_a_mean_of_items_may_be_printed_rounded():
    """1.33, 2, 2 and 3.33 stand for 4, 6, 6 and 10 thirds."""
    sample = [Fraction(answer, 3) for answer in (4, 6, 6, 10)]
    mean, sd = round_half_up(average(sample), 2), round_half_up(stdev(sample), 2)
    ends = Fraction("1.33"), Fraction("3.33")
    assert find_sample(Summary(mean, sd, 4, *ends, items=3)) == sample


def test_samples_are_described_by_value_and_times():
    check = reconstruct(Summary("2.00", "0.87", 3, 1, Fraction("2.5"), items=2))
    assert check.explanation == "One sample fits, 1, 2.5 (x2)."
