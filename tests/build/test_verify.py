"""A build gives what its study expects, and a build that was found tells what it is."""

import json
import shutil

import pytest
from conftest import PROJECT

from imp_build.manifest import platform_name
from imp_commands import verify
from imp_commands.verify import compare, differing
from imp_common.errors import AnalysisError

LOCK = PROJECT / "requirements.txt"
EXPECTED = PROJECT / "data" / "expected"


def test_the_shipped_study_gives_what_it_expects(build):
    """If not, and the change is meant: ``make expected``, and look at what git says of it."""
    comparison = compare(build, LOCK, EXPECTED)
    assert comparison.differences == []
    assert "files were compared" in comparison.summary[1] or "not compared" in comparison.summary[1]


@pytest.fixture
def changed(build, tmp_path):
    """Return a copy of the build that a test may change."""
    for name in ("processed", "reports"):
        shutil.copytree(build / name, tmp_path / "out" / name)
    return tmp_path / "out"


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


@pytest.fixture
def expected(build, tmp_path):
    verify.renew_expected(build, LOCK, tmp_path / "expected")
    return tmp_path / "expected"


def test_what_is_otherwise_is_named(changed, expected):
    results = changed / "processed" / "results" / "05_effectiveness.csv"
    line = next(row for row in results.read_text().splitlines() if "pss_total.F," in row)
    name, value, *_ = line.split(",")
    edit(results, line, line.replace(value, "7.25"))
    (changed / "reports" / "02_scoring.html").unlink()
    (changed / "reports" / "extra.html").write_text("x")
    differences = compare(changed, LOCK, expected).differences
    assert differences[0] == f"{name}: expected {float(value):.10g}, found 7.25"
    files = [line.split(":")[0] for line in differences[1:]]
    assert files == [
        "processed/results/05_effectiveness.csv", "reports/02_scoring.html", "reports/extra.html",
    ]  # fmt: skip
    assert differences[2].endswith("found nothing")
    assert "expected nothing, found" in differences[3]


def test_on_another_platform_the_numbers_alone_are_compared(changed, expected):
    known = json.loads((expected / "contents.json").read_text())
    (expected / "contents.json").write_text(json.dumps(known | {"platform": "Minix"}))
    (changed / "reports" / "02_scoring.html").unlink()
    comparison = compare(changed, LOCK, expected)
    assert comparison.differences == []
    assert f"that expected is of Minix, this is {platform_name()}," in comparison.summary[1]


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("1.234567891", "1.2345678912", True),
        ("1.234567891", "1.234567895", False),
        ("-3e-17", "2e-16", True),
        ("improved", "improved", True),
        ("improved", "worsened", False),
        ("", "1", False),
        ("nan", "", False),
    ],
)
def test_numbers_are_the_same_to_ten_digits(wanted, found, same):
    assert (list(differing({"a": wanted}, {"a": found})) == []) == same


def test_another_n_is_another_result():
    (line,) = differing({"a": "1", "a, n": "47"}, {"a": "1", "a, n": "46"})
    assert line == "a, n: expected 47, found 46"


def test_a_study_that_expects_nothing_yet_says_how_to(build, tmp_path):
    with pytest.raises(AnalysisError, match="make expected"):
        compare(build, LOCK, tmp_path / "expected")
