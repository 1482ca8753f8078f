"""Numbers that are searched for must come out, whatever was asked."""

from random import Random
from statistics import mean, stdev, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic.answers import settle_item_variance, spread_over_items
from synthetic.calibration import (
    ScoreSearch,
    ScoreTargets,
    Target,
    whole_numbers,
)

from imp_common.number_formats import round_half_up


@pytest.mark.parametrize(
    ("n", "m", "sd", "lowest", "highest"),
    [(24, "8.3", "0.8", 7, 10), (24, "92.4", "81.3", 5, 300), (25, "51.4", "10.8", 28, 68)],
)
def test_printed_mean_and_sd_come_out(n, m, sd, lowest, highest):
    values = whole_numbers(Random(1), n, Target(m), Target(sd), lowest, highest)
    assert (len(values), min(values), max(values)) == (n, lowest, highest)
    assert round_half_up(mean(values), 1) == m
    assert round_half_up(stdev(values), 1) == sd


def test_numbers_that_cannot_exist_are_refused():
    """With 24 answers from 3 to 5 and both ends taken, the SD cannot be 0.1."""
    with pytest.raises(ValueError, match="no whole numbers found"):
        whole_numbers(Random(1), 24, Target("3.9"), Target("0.1"), 3, 5)


@given(total=st.integers(10, 50), seed=st.integers(0, 999))
def test_items_add_up_and_stay_in_range(total, seed):
    items = spread_over_items(Random(seed), total, 10, 1, 5, [0.1 * i for i in range(10)])
    assert sum(items) == total
    assert all(1 <= item <= 5 for item in items)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), wanted=st.floats(0.5, 0.9))
def test_item_variances_settle_without_changing_a_person(seed, wanted):
    random = Random(seed)
    sums = [20 + random.randrange(15) for _ in range(47)]
    rows = [spread_over_items(random, s, 10, 1, 5, [0.0] * 10) for s in sums]
    settle_item_variance(random, rows, 10 * wanted, 1, 5)
    reached = sum(variance(row[i] for row in rows) for i in range(10))
    assert reached == pytest.approx(10 * wanted, abs=0.01)
    assert [sum(row) for row in rows] == sums


def test_a_search_meets_mean_sd_and_effect():
    """Two groups of twelve on one scale: the effect is checked by its formula from the scores."""
    random = Random(3)
    groups = [0] * 12 + [1] * 12
    scores = [[[random.randrange(10, 20)], [random.randrange(10, 20)]] for _ in groups]
    targets = ScoreTargets(
        parts=(0,),
        divisor=1,
        means=[Target("14.5"), Target("16.8"), Target("14.3"), Target("14.4")],
        sds=[Target("2.9"), Target("2.8"), Target("3.0"), Target("2.9")],
        effects=[("partial_eta_squared", Target("0.119"))],
    )
    search = ScoreSearch(random, scores, groups, [(0, 40)], [targets])
    search.run(400_000)
    assert search.unmet() == []
    change = [row[1][0] - row[0][0] for row in scores]
    first, second = change[:12], change[12:]
    between = 6 * (mean(first) - mean(second)) ** 2
    within = 11 * (variance(first) + variance(second))
    assert round_half_up(between / (between + within), 3) == "0.119"
    assert round_half_up(mean(row[1][0] for row in scores[:12]), 1) == "16.8"
    assert round_half_up(stdev(row[0][0] for row in scores[12:]), 1) == "3.0"


def test_what_cannot_be_met_is_named():
    """Everyone has the same score, so the SD is 0 and stays 0: there is no room to move."""
    scores = [[[10], [10]] for _ in range(6)]
    targets = ScoreTargets((0,), 1, [None] * 4, [Target("2.0"), None, None, None])
    search = ScoreSearch(Random(1), scores, [0, 0, 0, 1, 1, 1], [(10, 10)], [targets])
    search.run(1000)
    assert search.unmet() == ["0: SD, cell 0 should be 2.0, is 0.0000"]
