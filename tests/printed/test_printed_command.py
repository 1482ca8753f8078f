"""``make ledger``: any paper's printed numbers, checked without its data."""

import csv
import re

import pytest

from imp_commands.__main__ import main
from imp_printed.published import COLUMNS, read_published


def row(name, statistic, printed, n="24", unit="integer", **others):
    cells = dict.fromkeys(COLUMNS, "") | {"id": name, "statistic": statistic, "printed": printed}
    cells |= {"section": "results", "place": "Results", "quantity": f"{statistic}, grade"}
    cells |= {"variable": "grade", "n": n, "unit": unit, "basis": "printed", "items": "1"}
    return cells | others


@pytest.fixture
def paper(tmp_path):
    """Return a function that makes a folder with nothing but a table of published numbers."""

    def make(*rows):
        file = tmp_path / "paper" / "published" / "statistics.csv"
        file.parent.mkdir(parents=True)
        with file.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return ["--study", str(tmp_path / "paper"), "--out", str(tmp_path)]

    return make


def test_an_impossible_mean_is_found_without_data(paper, tmp_path, capsys):
    # Brown & Heathers (2017): 28 whole numbers cannot have the mean 5.19.
    assert main(["ledger", *paper(row("grade.mean", "mean", "5.19", n="28"))]) == 0
    told = capsys.readouterr().out
    assert "Of the 1 check that can decide, 1 found a contradiction." in told
    with (tmp_path / "ledger" / "checks.csv").open(encoding="utf-8", newline="") as lines:
        (check,) = [found for found in csv.DictReader(lines) if found["check"] == "GRIM"]
    assert check["verdict"] == "impossible"
    page = (tmp_path / "ledger" / "index.html").read_text(encoding="utf-8")
    assert "grade.mean" in page
    assert "http-equiv" in page


def test_the_rounding_rule_is_a_choice(paper, tmp_path, capsys):
    # 12.5 % of 24 people are 3; 12 is what remains when halves go to the even digit.
    arguments = paper(row("share", "percent", "12", unit="percent", items=""))
    for rounding, verdict in (
        ("half_up", "depends on a convention"),
        ("half_even", "consistent"),
    ):
        assert main(["ledger", *arguments, "--rounding", rounding]) == 0
        assert f",{verdict}," in (tmp_path / "ledger" / "checks.csv").read_text(encoding="utf-8")


def test_every_problem_is_named_at_once(paper, capsys):
    rows = [
        row("grade.mean", "mean", "five"),
        row("grade.mean", "sd", "1.2"),
        row("grade.max", "max", "10", n=""),
        row("grade.min", "min", "1", unit="percent"),
    ]
    assert main(["ledger", *paper(*rows)]) == 1
    told = capsys.readouterr().err
    assert "4 problems" in told
    for place in (
        "row 2, column printed",
        "row 3, column id",
        "row 4, column n",
        "row 5, column unit",
    ):
        assert place in told
    assert "Traceback" not in told


def test_a_folder_without_published_numbers_is_told(tmp_path, capsys):
    assert main(["ledger", "--study", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "published/statistics.csv" in capsys.readouterr().err


def test_somebody_elses_folder_is_left_alone(paper, tmp_path, capsys):
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "accounts.txt").write_text("mine")
    assert main(["ledger", *paper(row("grade.mean", "mean", "5.18", n="28"))]) == 1
    assert "was not made by this pipeline" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "ledger").iterdir()] == ["accounts.txt"]


def test_a_table_without_anything_to_check(paper, capsys):
    assert main(["ledger", *paper(row("grade.mean", "mean", "", basis="blank"))]) == 0
    assert "No check applies." in capsys.readouterr().out


def test_a_new_ledger_is_empty_and_what_its_guide_shows_can_be_read(tmp_path, capsys):
    folder = tmp_path / "paper"
    assert main(["new-ledger", str(folder)]) == 0
    file = folder / "published" / "statistics.csv"
    assert read_published(file).empty
    guide = (folder / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```\n(.*?)```", guide, re.DOTALL)
    given = list(csv.DictReader(example.splitlines()))
    with file.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, COLUMNS, restval="").writerows(given)
    filled = read_published(file)
    assert filled["basis"].eq("printed").all()
    assert filled["id"].tolist()[2:] == ["p.stress.post", "count.men.control"]
    assert main(["ledger", "--study", str(folder), "--out", str(tmp_path)]) == 0
    assert main(["new-ledger", str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
