"""Tests of groups from printed numbers: against SciPy, R and the data that numbers came from."""

from statistics import mean, stdev

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from test_consistency import table, verdicts

from imp_common.number_formats import round_half_up
from imp_printed.findings import check_published
from imp_printed.group_tests import (
    USUAL,
    correlation_from_change,
    count_tests,
    group_tests,
    implied_correlation,
    judge_correlation,
)
from imp_printed.printed_numbers import Interval, parse

groups = st.lists(st.integers(1, 9), min_size=3, max_size=12)
# Student (1908), R's data set sleep: hours gained with two drugs by the same ten people.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def ranges(texts):
    return [parse(text).interval() for text in texts]


def exactly(*values):
    return [parse(f"{value:.10f}").interval() for value in values]


def printed(*samples, decimals=2):
    """Return means, SDs and numbers of people of samples, as a paper prints them."""
    means = [round_half_up(mean(map(float, s)), decimals) for s in samples]
    sds = [round_half_up(stdev(map(float, s)), decimals) for s in samples]
    return ranges(map(str, means)), ranges(map(str, sds)), [len(s) for s in samples]


@given(groups, groups)
def test_intervals_hold_the_test_of_the_people(first, second):
    assume(stdev(first) + stdev(second) > 1)
    found = group_tests(*printed(first, second))
    for name, equal in ((USUAL, True), ("Welch's test", False)):
        expected = stats.ttest_ind(first, second, equal_var=equal)
        assert found[name]["F"].lower - 1e-9 <= expected.statistic**2
        assert expected.statistic**2 <= found[name]["F"].upper + 1e-9
        assert found[name]["p"].lower - 1e-9 <= expected.pvalue <= found[name]["p"].upper + 1e-9


@given(groups, groups, groups)
def test_intervals_hold_the_analysis_of_variance_of_three_groups(one, two, three):
    samples = one, two, three
    assume(sum(map(stdev, samples)) > 1)
    found = group_tests(*printed(*samples))[USUAL]
    expected = stats.f_oneway(*samples)
    assert found["F"].lower - 1e-9 <= expected.statistic <= found["F"].upper + 1e-9


def test_student_and_welch_as_r_prints_them():
    """R 4.2.2: t.test(extra ~ group, sleep) with and without var.equal."""
    means, sds, ns = (
        exactly(np.mean(FIRST), np.mean(SECOND)),
        exactly(np.std(FIRST, ddof=1), np.std(SECOND, ddof=1)),
        [10, 10],
    )
    found = group_tests(means, sds, ns)
    assert pytest.approx(float(found[USUAL]["p"].lower), abs=1e-7) == 0.0791867142
    assert pytest.approx(float(found["Welch's test"]["p"].lower), abs=1e-7) == 0.0793941402
    assert pytest.approx(float(found[USUAL]["F"].lower), abs=1e-6) == 3.4626267608
    assert found[f"{USUAL}, one-sided"]["p"].upper == pytest.approx(0.0791867142 / 2, abs=1e-7)


def test_pearson_yates_and_fisher_as_r_prints_them():
    """R 4.2.2: chisq.test(matrix(c(3, 17, 10, 10), 2)) and fisher.test."""
    found = {name: p.lower for name, p in count_tests([3, 10], [20, 20]).items()}
    assert found == pytest.approx(
        {
            "Pearson's chi-square": 0.0181248072,
            "Yates's correction": 0.0428182300,
            "Fisher's exact test": 0.0407423950,
        }
    )
    assert next(iter(found)) == "Pearson's chi-square"
    assert list(count_tests([0, 0], [20, 20])) == ["Fisher's exact test"]


def test_the_correlation_that_a_change_implies():
    """R: cor of the two columns of sleep is .7951702058, F of the paired test 16.5008813161."""
    sds = exactly(np.std(FIRST, ddof=1), np.std(SECOND, ddof=1))
    (change,) = exactly(np.std(np.subtract(SECOND, FIRST), ddof=1))
    assert correlation_from_change(*sds, change).lower == pytest.approx(0.7951702058, abs=1e-6)
    means, (f,) = exactly(np.mean(FIRST), np.mean(SECOND)), exactly(16.5008813161)
    found = implied_correlation([means], [sds], [10], f)
    assert found.lower == pytest.approx(0.7951702058, abs=1e-6)


@given(st.integers(0, 10_000))
def test_the_correlation_that_an_interaction_implies_is_the_one_of_the_people(seed):
    """F by pingouin; within the groups, the sum of products over the product of SDs is r."""
    rng, ns = np.random.default_rng(seed), (11, 8)
    people = [rng.multivariate_normal([0, g], [[1, 0.6], [0.6, 1.4]], n) for g, n in enumerate(ns)]
    long = pd.DataFrame(
        [(f"{g}.{i}", g, t, row[t]) for g, rows in enumerate(people)
         for i, row in enumerate(rows) for t in (0, 1)],
        columns=["id", "group", "time", "score"],
    )  # fmt: skip
    anova = pg.mixed_anova(long, "score", "time", "id", "group").set_index("Source")
    means = [exactly(*rows.mean(axis=0)) for rows in people]
    sds = [exactly(*rows.std(axis=0, ddof=1)) for rows in people]
    (f,) = exactly(anova.loc["Interaction", "F"])
    spread = [(n - 1) * np.cov(rows.T) for n, rows in zip(ns, people, strict=True)]
    products = [
        (n - 1) * rows.std(axis=0, ddof=1).prod() for n, rows in zip(ns, people, strict=True)
    ]
    expected = sum(s[0, 1] for s in spread) / sum(products)
    found = implied_correlation(means, sds, ns, f)
    assert found.lower - 1e-5 <= expected <= found.upper + 1e-5


@pytest.mark.parametrize(
    ("r", "verdict"),
    [((-1.4, -1.1), "impossible"), ((1.01, 1.2), "impossible"), ((-0.2, 0.2), "implausible"),
     ((0.91, 0.99), "implausible"), ((0.2, 0.3), "consistent"), ((0.85, 1.3), "consistent")],
)  # fmt: skip
def test_what_correlations_are_called(r, verdict):
    assert judge_correlation(Interval(*r)).verdict == verdict


def cell(statistic, printed, group="", time="", n="10", **others):
    about = {"group": group, "time": time, "n": n, "unit": "none"}
    if statistic in ("mean", "sd"):
        about["unit"] = "continuous"
    return about | {"statistic": statistic, "printed": printed} | others


TWO_GROUPS = [
    cell("mean", "0.75", "one"), cell("sd", "1.79", "one"),
    cell("mean", "2.33", "two"), cell("sd", "2.00", "two"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (cell("F", "3.46", n="20"), "consistent"),
        # With standard errors of 1.79 and 2.00, F is 0.35.
        (cell("F", "0.35", n="20"), "depends on a convention"),
        (cell("F", "9.99", n="20"), "impossible"),
        (cell("t", "-1.86", n="20"), "consistent"),
        (cell("t", "-2.86", n="20"), "impossible"),
        (cell("p", "0.079", n="20"), "consistent"),
        (cell("p", "0.040", n="20"), "depends on a convention"),
        (cell("p", "0.200", n="20"), "impossible"),
        (cell("claim", "not_significant", n="20"), "consistent"),
        (cell("claim", "significant", n="20"), "depends on a convention"),
    ],
)
def test_a_test_of_two_groups(row, verdict):
    assert verdicts(table(*TWO_GROUPS, row), "test of means") == [verdict]


def test_a_result_that_no_convention_gives_says_so():
    found = check_published(table(*TWO_GROUPS, cell("p", "0.200", n="20")))
    (why,) = found.loc[found["check"] == "test of means", "explanation"]
    assert why.endswith("No other convention gives it either.")


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [("0.018", "consistent"), ("0.043", "depends on a convention"), ("0.300", "impossible")],
)
def test_a_test_of_two_counts(printed, verdict):
    counts = [cell("count", c, g, n="20", unit="people") for c, g in (("3", "one"), ("10", "two"))]
    assert verdicts(table(*counts, cell("p", printed, n="40")), "test of counts") == [verdict]


@pytest.mark.parametrize(
    ("f", "p", "verdict"),
    [("4.00", "0.054", "consistent"), ("4.00", "0.027", "depends on a convention"),
     ("4.00", "0.500", "impossible"), ("4.00", "< .001", "impossible")],
)  # fmt: skip
def test_a_p_that_belongs_to_no_f(f, p, verdict):
    """F(1, 32): two groups of 34 people."""
    n = [cell("n", "17", g, n="17", variable="n", unit="people") for g in ("one", "two")]
    frame = table(*n, cell("F", f, n="34"), cell("p", p, n="34"))
    assert verdicts(frame, "significance") == [verdict]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ("1.23", "consistent"),
        ("0.10", "impossible"),
        ("3.60", "implausible"),
        ("4.90", "impossible"),
    ],
)
def test_the_sd_of_change_and_the_sds_of_two_times(change, verdict):
    times = [
        cell("mean", "0.75", "one", "pre"), cell("sd", "1.79", "one", "pre"),
        cell("mean", "2.33", "one", "post"), cell("sd", "2.00", "one", "post"),
    ]  # fmt: skip
    frame = table(*times, cell("sd", change, "one", "change"))
    assert verdicts(frame, "implied correlation") == [verdict]


@pytest.mark.parametrize(
    ("f", "verdict"), [("9.00", "consistent"), ("200", "implausible"), ("1.20", "impossible")]
)
def test_the_f_of_an_interaction_and_its_cells(f, verdict):
    """Changes of 3 and 1 with all SDs 2 and 20 people a group: F = 2^2 / (8 (1 - r) / 10)."""
    cells = [
        one
        for group, before, after in (("a", "10.0", "13.0"), ("b", "10.0", "11.0"))
        for time, value in (("pre", before), ("post", after))
        for one in (cell("mean", value, group, time, "20"), cell("sd", "2.0", group, time, "20"))
    ]
    assert verdicts(table(*cells, cell("F", f, n="40")), "implied correlation") == [verdict]


@pytest.mark.parametrize(("total", "verdict"), [("3.40", "note"), ("4.40", "impossible")])
def test_the_group_that_is_not_printed(total, verdict):
    """Of 30 people with a mean of 3.40, 20 have 3.00: the other ten have 4.20; with 4.40, 7.20."""
    ends = {"minimum": "1", "maximum": "5"}
    frame = table(
        cell("mean", total, "total", n="30", **ends), cell("mean", "3.00", "women", n="20", **ends)
    )
    assert verdicts(frame, "missing group") == [verdict]


def test_counts_of_groups_that_do_not_add_up():
    n = [cell("n", number, group, n=number, unit="people")
         for number, group in (("47", "total"), ("25", "one"), ("22", "two"))]  # fmt: skip
    assert verdicts(table(*n), "groups of the total") == ["consistent"]
    n[2] = cell("n", "21", "two", n="21", unit="people")
    assert verdicts(table(*n), "groups of the total") == ["impossible"]
    assert verdicts(table(cell("count", "26", n="25", unit="people")), "count of n") == [
        "impossible"
    ]


def test_a_number_that_is_printed_in_two_places():
    rows = [
        cell("mean", p, quantity="Mean age", place=w)
        for p, w in (("49.6", "Abstract"), ("49.55", "Text"))
    ]
    assert verdicts(table(*rows), "printed twice") == ["consistent"]
    rows[1]["printed"] = "49.4"
    assert verdicts(table(*rows), "printed twice") == ["impossible"]


def test_a_block_of_means_that_needs_another_n():
    """2.52 of 24 people would be 60.5; of 23 people it is 58, and 3.13 is 72."""
    means = [cell("mean", p, variable=v, n="24", unit="integer", items="1")
             for p, v in (("2.52", "a"), ("3.13", "b"))]  # fmt: skip
    found = check_published(table(*means))
    (why,) = found.loc[found["check"] == "possible n", "explanation"]
    assert why == (
        "With whole-number answers, 2.52 is impossible with n = 24 and 2.52 and 3.13 are possible "
        "with n = 23."
    )
