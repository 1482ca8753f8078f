"""GRIM, GRIMMER, DEBIT and percentages, against examples published for R's scrutiny and rsprite2.

The published verdicts are those of scrutiny's vignettes and tests (its data sets pigs1, pigs2,
pigs3, pigs5 and the vignettes' jpap and flying_pigs) and of rsprite2's tests. Both accept a half
that was rounded up or down, which is ``rounding="either"`` here. They call consistent what cannot
be tested; here that is "cannot be checked", so the comparison is with "inconsistent or not".
"""

import doctest
from fractions import Fraction
from itertools import combinations_with_replacement
from math import sqrt
from statistics import mean as average
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imp_common.number_formats import round_half_up
from imp_printed import granularity
from imp_printed.granularity import (
    debit,
    grim,
    grimmer,
    has_sample,
    percentage,
    possible_counts,
)

PIGS1 = [
    *("7.22", "4.74", "5.23", "2.57", "6.77", "2.68"),
    *("7.01", "7.38", "3.14", "6.89", "5.00", "0.24"),
]
PIGS1_N = [32, 25, 29, 24, 27, 28, 29, 26, 27, 31, 25, 28]


def possible(check):
    return check.verdict != "impossible"


def cases(values, flags):
    return [(value, flag == "t") for value, flag in zip(values, flags, strict=True)]


@pytest.mark.parametrize(
    ("mean", "n", "expected"),
    [(mean, n, flag == "t") for mean, n, flag in zip(PIGS1, PIGS1_N, "tfffftftfftf", strict=True)],
)
def test_grim_gives_scrutinys_verdicts_on_pigs1(mean, n, expected):
    assert possible(grim(mean, n, rounding="either")) is expected


@pytest.mark.parametrize(
    ("n", "rounding", "flags"),
    [
        (40, "either", "tfttttftfftf"),
        (40, "half_up", "fftfftftfftf"),
        (80, "either", "tttttttttttt"),
        (80, "half_up", "fttffttttttt"),
    ],
)
def test_grim_gives_scrutinys_verdicts_where_halves_matter(n, rounding, flags):
    """With 40 or 80 people many means are halves, so that the rounding rule decides."""
    found = [possible(grim(mean, n, rounding=rounding)) for mean in PIGS1]
    assert found == [flag == "t" for flag in flags]


@pytest.mark.parametrize(
    ("first", "places", "n", "items", "flags"),
    [
        (519, 2, 28, 1, "fftffftffftf"),
        (150, 3, 120, 3, "tfftfftftf"),
        (80, 2, 28, 2, "tftftftttt"),
    ],
)
def test_grim_gives_scrutinys_verdicts_on_sequences_of_means(first, places, n, items, flags):
    means = [f"{(first + i) / 10**places:.{places}f}" for i in range(len(flags))]
    assert [possible(grim(mean, n, items, rounding="either")) for mean in means] == [
        flag == "t" for flag in flags
    ]


@pytest.mark.parametrize(
    ("mean", "n", "items", "expected"),
    [
        ("5.27", 43, 1, False),
        *((mean, 28, 1, flag) for mean, flag in cases(
            ["8.97", "2.61", "7.26", "3.64", "9.26", "10.46", "7.39"], "ftftftt"
        )),
        *((mean, 40, 1, flag) for mean, flag in cases(
            ["5.90", "5.71", "3.50", "3.82", "4.61", "5.24"], "tfttff"
        )),
        *((mean, 40, 3, flag) for mean, flag in cases(
            ["5.90", "5.71", "3.50", "3.82", "4.61", "5.24"], "tttttt"
        )),
        ("6.92", 30, 1, False),
        ("3.48", 30, 1, False),
        ("1.59", 30, 2, False),
        ("2.61", 30, 2, False),
        ("4.04", 30, 3, True),
        ("4.50", 30, 3, True),
        # Bauer & Francis 2021, as retold in the vignette: only the split 17 and 23 fits both.
        ("4.71", 20, 1, False),
        ("4.71", 17, 1, True),
        ("5.3", 23, 1, True),
        # rsprite2
        ("5.19", 28, 1, False),
        ("5.18", 14, 2, True),
        ("5.83", 50, 1, False),
        ("-1.3", 3, 1, True),
        ("1.14", 8, 1, False),
    ],
)  # fmt: skip
def test_grim_gives_the_verdicts_published_for_scrutiny_and_rsprite2(mean, n, items, expected):
    assert possible(grim(mean, n, items, rounding="either")) is expected


@pytest.mark.parametrize(
    ("mean", "n", "items"), [("3.9", 24, 1), ("8.2", 10, 1), ("2.5", 200, 1), ("3.21", 25, 4)]
)
def test_grim_never_passes_what_it_cannot_decide(mean, n, items):
    assert grim(mean, n, items).verdict == "cannot be checked"


def test_grim_needs_the_trailing_zero():
    assert grim("0.9", 7, rounding="half_up").verdict == "consistent"
    assert grim("0.90", 7, rounding="half_up").verdict == "impossible"


@pytest.mark.parametrize(("n", "verdict"), [(24, "impossible"), (23, "consistent")])
@pytest.mark.parametrize("mean", ["92.4", "28.7"])
def test_grim_with_answers_in_multiples_of_five(mean, n, verdict):
    """By hand: 2125 / 23 = 92.39 and 660 / 23 = 28.70; 24 people need 2217-2218 and 688-689."""
    assert grim(mean, n, granularity=5).verdict == verdict


@pytest.mark.parametrize(
    ("mean", "sd", "n", "expected"),
    [
        # scrutiny, pigs5
        ("7.22", "5.30", 38, False),
        ("4.74", "6.55", 31, True),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("2.68", "2.59", 34, True),
        ("7.01", "6.68", 35, False),
        ("7.38", "3.65", 32, True),
        ("3.14", "5.32", 33, False),
        ("6.89", "4.18", 37, True),
        ("5.00", "2.18", 31, True),
        ("0.24", "6.43", 34, True),
        # scrutiny, GRIMMER vignette and help page
        ("7.3", "2.51", 12, False),
        ("2.6", "2.05", 25, False),
        ("7.2", "2.89", 25, True),
        ("3.6", "3.11", 25, True),
        ("9.2", "7.13", 25, True),
        ("10.4", "2.53", 25, True),
        ("7.3", "3.14", 25, True),
        ("5.23", "2.55", 31, True),
        # rsprite2
        ("5.21", "1.6", 28, True),
        ("3.44", "2.47", 18, False),
        ("5.19", "1.5", 28, False),
        ("3.33", "1.234", 250, True),
        ("1.1", "0", 10, True),
        ("1.5", "0.00", 8, False),
        ("-1.5", "0.00", 8, False),
        ("2.5", "0", 10, False),
        ("1.44", ".17", 9, False),
        ("-1.44", ".17", 9, False),
    ],
)
def test_grimmer_gives_the_verdicts_published_for_scrutiny_and_rsprite2(mean, sd, n, expected):
    assert possible(grimmer(mean, sd, n, rounding="either")) is expected


@pytest.mark.parametrize(
    ("mean", "sd", "n", "items"),
    [("1.33", "0.00", 3, 3), ("1.83", ".2", 9, 2), ("1.5", "0.00", 8, 2), ("2.74", "0.96", 63, 2)],
)
def test_grimmer_with_several_items_accepts_what_rsprite2_accepts(mean, sd, n, items):
    assert possible(grimmer(mean, sd, n, items, rounding="either"))


def test_grimmer_goes_through_all_sums_that_print_as_the_mean():
    """Scrutiny rejects 8.9 (2.81) of 25 people, because it looks at the sum 222 and not at 223.

    Here are 25 people whose sum is 223: they show that the pair is possible.
    """
    people = [2, 6, 6, 6, 7, 7, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 11, 11, 11, 11, 13, 13, 13, 14]
    assert (len(people), sum(people)) == (25, 223)
    assert (round_half_up(average(people), 1), round_half_up(stdev(people), 2)) == ("8.9", "2.81")
    assert possible(grimmer("8.9", "2.81", 25))


def test_grimmer_cannot_judge_an_sd_with_few_digits_or_of_one_person():
    assert grimmer("3.9", "0.5", 24).verdict == "cannot be checked"
    assert grimmer("3", "0.0", 1).verdict == "cannot be checked"


@pytest.mark.parametrize("items", [1, 2])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_grimmer_accepts_every_sample_and_rejects_most_others(n, items):
    """All samples of n answers from 0 to 4: none of their summaries may be rejected."""
    samples = combinations_with_replacement(range(4 * items + 1), n)
    values = [[Fraction(answer, items) for answer in sample] for sample in samples]
    real = {(round_half_up(average(v), 2), round_half_up(stdev(v), 2)) for v in values}
    assert all(possible(grimmer(mean, sd, n, items)) for mean, sd in real)
    invented = {(mean, f"{float(sd) + 0.03:.2f}") for mean, sd in real} - real
    rejected = [pair for pair in invented if not possible(grimmer(*pair, n, items))]
    assert len(rejected) > 0.8 * len(invented)


@pytest.mark.parametrize(
    ("mean", "sd", "n", "expected"),
    [
        # scrutiny, pigs3 (from Heathers & Brown 2019)
        ("0.53", "0.50", 1683, True),
        ("0.44", "0.50", 1683, True),
        ("0.77", "0.42", 1683, True),
        ("0.19", "0.35", 1683, False),
        ("0.34", "0.47", 1683, True),
        ("0.93", "0.25", 1683, True),
        ("0.12", "0.33", 1683, True),
        # scrutiny, DEBIT vignette and help page
        ("0.35", "0.18", 20, False),
        ("0.36", "0.11", 20, False),
        ("0.26", "0.14", 1000, False),
        ("0.87", "0.15", 1000, False),
        ("0.68", "0.09", 1000, False),
        ("0.33", "0.22", 1000, False),
        ("0.21", "0.23", 1000, False),
        # by hand: 7 of 20 has the variance 7 x 13 / (20 x 19) = 0.2395
        ("0.35", "0.49", 20, True),
        ("0.35", "0.48", 20, False),
        ("0.00", "0.00", 12, True),
        ("1.00", "0.01", 12, False),
        ("1.05", "0.00", 20, False),
    ],
)
def test_debit_gives_the_verdicts_published_for_scrutiny(mean, sd, n, expected):
    assert possible(debit(mean, sd, n, rounding="either")) is expected


@pytest.mark.parametrize(
    ("percent", "n", "expected"),
    [
        # scrutiny, pigs2 and the vignette's jpap_3
        ("67.4", 150, False),
        ("54.2", 150, False),
        ("54.0", 150, True),
        ("69.8", 150, False),
        ("68.1", 150, False),
        ("55.4", 150, False),
        ("32.5", 438, False),
        ("35.6", 455, True),
        ("21.7", 501, False),
        ("39.3", 516, True),
        *((str(percent), 50, percent % 2 == 0) for percent in range(6, 17)),
        # by hand
        ("88", 24, True),
        ("13", 24, True),
        ("87.5", 24, True),
        ("87.50", 24, True),
        ("87.6", 24, False),
        ("85", 24, False),
        ("8.5", 47, True),
        ("8.6", 47, False),
        ("100", 24, True),
        ("0", 24, True),
    ],
)
def test_percentages_of_whole_people(percent, n, expected):
    assert possible(percentage(percent, n, rounding="either")) is expected


@pytest.mark.parametrize(
    ("percent", "rounding", "counts"),
    [
        ("88", "half_up", [21]),
        ("13", "half_up", [3]),
        ("88", "half_even", [21]),
        ("13", "half_even", []),
        ("12", "half_even", [3]),
        ("12", "half_up", []),
        ("100", "half_up", [24]),
    ],
)
def test_the_rounding_rule_decides_which_counts_give_a_percentage(percent, rounding, counts):
    """3 of 24 is 12.5 %: printed 13 where halves go up, 12 where they go to the even digit."""
    assert list(possible_counts(percent, 24, rounding)) == counts


def test_a_percentage_of_many_people_is_not_testable():
    assert percentage("37", 150).verdict == "cannot be checked"


def test_nobody_can_be_more_than_all():
    assert possible_counts("100", 10) == range(10, 11)
    assert not possible(percentage("104", 24))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_whole_numbers_with_a_sum_and_a_sum_of_squares_are_those_that_there_are(n):
    ends = range(-6, 7)
    there = {(sum(s), sum(v * v for v in s)) for s in combinations_with_replacement(ends, n)}
    for total in range(-6, 7):
        for squares in range(total % 2, 37, 2):
            assert has_sample(n, total, squares) == ((total, squares) in there), (total, squares)


answers = st.lists(st.integers(-20, 120), min_size=2, max_size=60)
decimals = st.integers(0, 3)


@settings(deadline=None)  # Samples of up to four are enumerated.
@given(answers, st.integers(1, 5), decimals, decimals)
def test_every_real_sample_passes_grim_and_grimmer(sample, items, mean_decimals, sd_decimals):
    values = [Fraction(answer, items) for answer in sample]
    mean = round_half_up(average(values), mean_decimals)
    sd = round_half_up(stdev(values), sd_decimals)
    assert possible(grim(mean, len(values), items))
    assert possible(grimmer(mean, sd, len(values), items))
    assert possible(grimmer(mean, sd, len(values), items, rounding="either"))


@given(st.lists(st.integers(0, 60), min_size=2, max_size=40), decimals)
def test_every_real_sample_of_fives_passes_with_that_granularity(sample, places):
    minutes = [5 * answer for answer in sample]
    mean, sd = (round_half_up(f(minutes), places) for f in (average, stdev))
    assert possible(grim(mean, len(minutes), granularity=5))
    assert possible(grimmer(mean, sd, len(minutes), granularity=5))


@given(st.integers(2, 300), st.data(), decimals)
def test_every_real_count_passes_debit_and_percentage(n, data, places):
    count = data.draw(st.integers(0, n))
    sd = round_half_up(sqrt(count * (n - count) / (n * (n - 1))), places)
    assert possible(debit(round_half_up(count / n, places), sd, n))
    assert possible(percentage(round_half_up(100 * count / n, places), n))


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(granularity).failed == 0


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_grimmer_is_what_trying_all_samples_gives(n):
    """Every SD up to 2.99 of every sum; values further off than 7 would make it larger."""
    of_sums = {total: set() for total in range(n)}
    for sample in combinations_with_replacement(range(-7, 8 + n), n):
        if sum(sample) in of_sums:
            sd = round_half_up(stdev(sample), 2)
            of_sums[sum(sample)].add(sd)
    for total, attained in of_sums.items():
        mean = round_half_up(Fraction(total, n), 2)
        for hundredths in range(300):
            sd = f"{hundredths / 100:.2f}"
            fits = grimmer(mean, sd, n).verdict == "consistent"
            assert fits == (sd in attained), (mean, sd)


def test_two_people_have_no_sample_for_most_pairs_that_the_conditions_allow():
    """Of two answers with a sum of 0, 2a^2 is the sum of squares: 2, 8, 18, 32, 50, 72, 98, 128."""
    assert [s for s in range(2, 130, 2) if granularity.has_sample(2, 0, s)] == [
        2 * a * a for a in range(1, 9)
    ]
