"""Every check that a table of published numbers allows: on the shipped one and on invented ones."""

from statistics import mean as average
from statistics import stdev

import pandas as pd
import pytest
from conftest import PROJECT
from hypothesis import given, settings
from hypothesis import strategies as st

from imp_common.number_formats import round_half_up
from imp_printed.checks import CHECKS, derived_interval
from imp_printed.findings import check_published
from imp_printed.published import COLUMNS, Published, problems_of, read_published

SHIPPED = PROJECT / "data" / "published" / "statistics.csv"


def table(*rows):
    """Make a valid table of published numbers from what differs between its rows."""
    usual = dict.fromkeys(COLUMNS, "") | {
        "section": "s",
        "variable": "v",
        "n": "20",
        "basis": "printed",
        "unit": "none",
    }
    rows = [usual | {"id": f"row{i}"} | row for i, row in enumerate(rows)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    assert list(problems_of(frame)) == []
    return frame


def measured(statistic, printed, **other):
    return {"statistic": statistic, "printed": printed, "unit": "integer", "items": "1"} | other


def verdicts(frame, name, rounding="half_up"):
    found = check_published(frame, rounding)
    return list(found.loc[found["check"] == name, "verdict"])


@pytest.fixture(scope="module")
def shipped():
    return read_published(SHIPPED)


def test_nothing_printed_in_the_paper_contradicts_itself(shipped):
    found = check_published(shipped)
    assert set(found["verdict"]) == {"consistent", "cannot be checked", "implausible", "note"}


def test_halves_in_the_paper_go_up(shipped):
    """13 % of 24 people is 12.5 % rounded up: rounding to even would have printed 12 %."""
    found = check_published(shipped, "half_even")
    wrong = found.loc[found["verdict"] == "depends on a convention"]
    assert set(wrong["check"]) == {"percentage", "complementary percentages"}
    assert wrong["ids"].str.contains("relevance_profession.slightly.percent").all()


def test_every_check_finds_something_in_the_paper_or_waits_for_its_kind(shipped):
    published = Published.of(shipped)
    silent = {find.__name__ for find in CHECKS if not list(find(published))}
    assert silent == {
        "check_proportions", "check_count_tests", "check_effect_of_f", "check_correlations",
        "check_repetitions",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "statistic", "beginning"),
    [
        ("reconstruction", "feasibility.material.mean", "2 samples fit"),
        ("reconstruction", "feasibility.teacher_2.mean", "3 samples fit"),
        ("power", "effectiveness.power", "0.70 follows from 0.119 (f rounded, n)."),
        ("Holm", "effectiveness.scs_total", "In the family of all 17 tested effects"),
        ("complementary percentages", "relevance_profession", "21 + 3 of 24 people"),
    ],
)
def test_what_a_reader_of_the_paper_should_know(shipped, name, statistic, beginning):
    found = check_published(shipped)
    rows = found[(found["check"] == name) & found["ids"].str.contains(statistic, regex=False)]
    assert rows["explanation"].iloc[0].startswith(beginning)


def test_home_practice_in_multiples_of_five_needs_one_person_fewer(shipped):
    found = check_published(shipped)
    (note,) = found.loc[found["check"] == "possible n", "explanation"]
    assert note == (
        "If minutes were reported in multiples of five, "
        "both 92.4 and 28.7 are impossible with n = 24 and possible with n = 23."
    )


@pytest.mark.parametrize(
    ("means", "ending", "telling"),
    [
        # 24 * 20.0 = 480 and 24 * 25.0 = 600 are multiples of five; 2217.6 is far from one.
        (["20.0", "25.0"], "20.0 and 25.0 are possible with n = 24.", False),
        (["92.4", "25.0"], "92.4 is impossible with n = 24 and 92.4 and 25.0 are possible", True),
        (
            ["20.01"],
            "20.01 is impossible with n = 24 and with one to three participants fewer.",
            True,
        ),
    ],
)
def test_multiples_of_five_are_judged_together(shipped, means, ending, telling):
    frame = shipped[shipped["statistic"].eq("mean") & shipped["unit"].eq("minutes")]
    frame = frame.iloc[: len(means)].assign(printed=means)
    found = check_published(frame).set_index("check").loc["possible n"]
    assert ending in found["explanation"]
    assert found["telling"] == telling


def test_the_derived_numbers_follow_from_the_printed_ones(shipped):
    published = Published.of(shipped)
    derived = [row for row in published.where(basis="derived") if row["unit"] == "none"]
    numbers = [row for row in derived if row["statistic"] != "claim"]
    assert len(numbers) == 10
    for row in numbers:
        assert published.interval(row).overlaps(derived_interval(published, row))


def test_an_unknown_rounding_is_refused(shipped):
    with pytest.raises(ValueError, match="allowed"):
        check_published(shipped, "ceiling")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"feasibility.teacher_2.sd": "0.9"}, "SD range"),
        ({"feasibility.material.sd": "1.1"}, "reconstruction"),
        ({"feasibility.recommend.yes.percent": "87.6"}, "percentage"),
        ({"feasibility.relevance_personal.slightly.percent": "21"}, "complementary percentages"),
        ({"sample.age.mean.total": "49.8"}, "pooled mean"),
        ({"sample.age.sd.total": "10.4"}, "pooled SD"),
        ({"sample.age.mean.control": "41.5"}, "test of means"),
        ({"sample.men.percent.total": "10.6"}, "percentage"),
        ({"harms.any.count": "6"}, "sum"),
        ({"effectiveness.main_measures.significant.count": "4"}, "number_significant"),
        ({"effectiveness.scs_isolation.partial_eta_squared": "0.078"}, "significance"),
        ({"reliability.pss_total.alpha": "0.78"}, "alpha label"),
        ({"effectiveness.scs_total.size": "large"}, "effect label"),
        ({"effectiveness.power": "0.80"}, "power"),
    ],
)
def test_a_changed_number_is_found_out(shipped, change, name):
    changed = shipped.copy()
    for statistic, printed in change.items():
        changed.loc[changed["id"] == statistic, "printed"] = printed
    assert {"impossible", "depends on a convention"} & set(verdicts(changed, name))


def test_a_cell_that_is_filled_in_is_checked(shipped):
    """An F of Table 5 that does not belong to its partial eta squared."""
    filled = shipped.copy()
    cell = filled["id"] == "effectiveness.scs_total.F"
    filled.loc[cell, ["printed", "basis"]] = ["6.20", "printed"]
    assert "impossible" in verdicts(filled, "F_from_partial_eta_squared")
    filled.loc[cell, "printed"] = "6.10"
    assert "impossible" not in verdicts(filled, "F_from_partial_eta_squared")


def test_filled_in_scores_are_checked_with_their_number_of_items(shipped):
    filled = shipped.copy()
    for statistic, printed in (("mean", "72.04"), ("sd", "9.13")):
        cell = filled["id"] == f"effectiveness.eq_total.{statistic}.training.baseline"
        filled.loc[cell, ["printed", "basis"]] = [printed, "printed"]
    found = check_published(filled)
    rows = found[found["ids"].str.contains("eq_total.mean.training.baseline", regex=False)]
    assert dict(zip(rows["check"], rows["verdict"], strict=True)) == {
        "GRIM": "consistent",
        "GRIMMER": "cannot be checked",
        "SD range": "consistent",
        "reconstruction": "consistent",
    }


def test_a_mean_of_unknown_items_is_not_testable():
    frame = table(measured("mean", "3.27", items=""))
    assert verdicts(frame, "GRIM") == ["cannot be checked"]


def test_an_sd_without_any_range_is_not_testable():
    frame = table(measured("mean", "3.25"), measured("sd", "1.02"))
    assert verdicts(frame, "SD range") == ["cannot be checked"]
    assert verdicts(frame, "reconstruction") == []


def test_the_ends_of_the_scale_need_not_occur():
    ends = {"minimum": "1", "maximum": "5"}
    scale = table(measured("mean", "3.00", **ends), measured("sd", "0.00", **ends))
    assert verdicts(scale, "reconstruction") == ["consistent"]
    occur = table(
        measured("mean", "3.00"), measured("sd", "0.00"), measured("min", "1"), measured("max", "5")
    )
    assert verdicts(occur, "reconstruction") == ["impossible"]


def test_debit_is_applied_to_proportions():
    frame = table(
        {"statistic": "mean", "printed": "0.35", "unit": "proportion"},
        {"statistic": "sd", "printed": "0.44", "unit": "proportion"},
    )
    assert verdicts(frame, "DEBIT") == ["impossible"]


def test_a_formula_that_names_a_blank_cell_is_left_alone():
    frame = table(
        {"statistic": "count", "printed": "5", "unit": "people", "formula": "sum(row1, row2)"},
        {"statistic": "count", "printed": "2", "unit": "people"},
        {"statistic": "count", "unit": "people", "basis": "blank"},
    )
    assert verdicts(frame, "sum") == []


def test_the_difference_of_rounded_numbers_is_an_interval():
    def frame(change):
        return table(
            measured("mean", "3.2", time="before"),
            measured("mean", "3.8", time="after"),
            measured("mean", change, variable="change", formula="difference(row1, row0)"),
        )

    assert verdicts(frame("0.7"), "difference") == ["consistent"]
    assert verdicts(frame("0.8"), "difference") == ["impossible"]


def test_an_inequality_counts_as_a_p():
    frame = table(
        {"statistic": "claim", "printed": "not_significant"},
        {"statistic": "p", "printed": "< .001"},
    )
    assert verdicts(frame, "significance") == ["impossible"]


def test_the_design_is_read_from_the_table():
    """Three groups at two times: F has 2 and n - 3 degrees of freedom."""
    rows = [{"statistic": "n", "printed": "20", "unit": "people", "group": g} for g in "abc"]
    rows += [{"statistic": "n", "printed": "20", "unit": "people", "time": t} for t in ("x", "y")]
    frame = table(*rows, {"statistic": "partial_eta_squared", "printed": ".10", "n": "60"})
    published = Published.of(frame)
    row = published.where(statistic="partial_eta_squared")[0]
    assert published.degrees_of_freedom(row) == (2, 57)


answers = st.lists(st.integers(1, 7), min_size=3, max_size=25)


@settings(deadline=None, max_examples=60)
@given(answers, answers, st.integers(0, 2))
def test_what_real_people_answer_passes_every_check(first, second, places):
    """Two groups and their total, summarised and rounded, with the percentages of each answer."""
    rows = []
    for group, sample in (("a", first), ("b", second), ("total", first + second)):
        about = {"group": group, "n": str(len(sample))}
        for statistic, value in (("mean", average(sample)), ("sd", stdev(sample))):
            rows.append(measured(statistic, round_half_up(value, places), **about))
        rows.append(measured("min", str(min(sample)), **about))
        rows.append(measured("max", str(max(sample)), **about))
        for answer in sorted(set(sample)):
            percent = round_half_up(100 * sample.count(answer) / len(sample), places)
            rows.append(about | {"statistic": "percent", "unit": "percent", "printed": percent})
    found = check_published(table(*rows))
    assert "impossible" not in set(found["verdict"])
    assert {"GRIM", "GRIMMER", "reconstruction", "pooled mean", "pooled SD"} <= set(found["check"])
