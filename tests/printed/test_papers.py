"""Three papers' printed numbers: one clean, two with errors that others found and published."""

import pytest
from conftest import PROJECT

from imp_commands.__main__ import main
from imp_printed.findings import by_verdict, check_published
from imp_printed.judgement import VERDICTS
from imp_printed.published import read_published

PAPERS = PROJECT / "tests" / "printed" / "papers"
WRONG = ("impossible", "depends on a convention")
# Cells that no whole-number answers give (van der Zee, Anaya & Brown, 2017, appendix, article 1).
IMPOSSIBLE_CELLS = {
    "men.percent.four_dollars", "men.percent.eight_dollars", "was_hungry.mean.four_dollars",
    "was_hungry.mean.eight_dollars", "is_hungry.mean.four_dollars", "taste_1.mean.eight_dollars",
    "taste_3.mean.eight_dollars", "taste_5.mean.eight_dollars", "taste_6.mean.eight_dollars",
    "taste_7.mean.four_dollars", "taste_7.mean.eight_dollars", "taste_9.mean.four_dollars",
    "taste_9.mean.eight_dollars",
}  # fmt: skip
# F outside what the printed means and SDs allow, by the same authors' program (output.txt).
IMPOSSIBLE_F = {"number_in_group.F", "taste_5.F", "taste_6.F", "taste_7.F"}


def checks_of(paper):
    return check_published(read_published(PAPERS / paper / "published" / "statistics.csv"))


def test_a_clean_paper_is_clean():
    checks = checks_of("student_1908")
    assert set(checks["verdict"]) == {"consistent"}
    assert len(checks) == 6


def test_impossible_cells_are_those_that_others_found():
    checks = checks_of("just_2014")
    granular = checks[checks["check"].isin(["GRIM", "GRIMMER", "percentage"])]
    wrong = granular.loc[granular["verdict"].isin(WRONG), "ids"].str.split("; ").str[0]
    assert set(wrong) == IMPOSSIBLE_CELLS


def test_impossible_f_are_those_that_others_found():
    checks = checks_of("just_2014")
    of_f = checks[checks["check"].eq("test of means") & checks["ids"].str.contains(r"^\w+\.F;")]
    assert len(of_f) == 13
    wrong = of_f.loc[of_f["verdict"].isin(WRONG), "ids"].str.split("; ").str[0]
    assert set(wrong) == IMPOSSIBLE_F


def test_a_lost_decimal_point_is_impossible():
    checks = checks_of("kanngiesser_2012")
    assert set(checks.loc[checks["check"] == "significance", "verdict"]) == {"impossible"}


@pytest.mark.parametrize("paper", ["student_1908", "just_2014", "kanngiesser_2012"])
def test_the_worst_comes_first(paper, tmp_path, capsys):
    order = by_verdict(checks_of(paper))["verdict"].map(VERDICTS.index)
    assert order.is_monotonic_increasing
    assert main(["ledger", "--study", str(PAPERS / paper), "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert ("- Impossible: " in told) == (paper != "student_1908")
