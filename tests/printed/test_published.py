"""The table of published numbers: reading it, and what can be wrong with it."""

import csv

import pytest

from imp_common.errors import InputError
from imp_printed.published import COLUMNS, formula_parts, read_published

GOOD = {
    "id": "age.mean",
    "section": "sample",
    "place": "Results",
    "quantity": "Mean age",
    "variable": "age",
    "group": "total",
    "time": "baseline",
    "statistic": "mean",
    "n": "24",
    "printed": "49.60",
    "basis": "printed",
    "unit": "years",
    "items": "1",
}


def write(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, restval="")
        table.writeheader()
        table.writerows(GOOD | row for row in rows)
    return path


def problems(path, *rows):
    with pytest.raises(InputError) as caught:
        read_published(write(path, *rows))
    return [(problem.row, problem.column) for problem in caught.value.problems]


def test_strings_stay_as_they_are_printed(tmp_path):
    frame = read_published(write(tmp_path / "s.csv", {}))
    assert frame.loc[0, "printed"] == "49.60"
    assert list(frame.columns) == COLUMNS
    assert frame.loc[0, "formula"] == ""


def test_a_byte_order_mark_and_stray_spaces_do_no_harm(tmp_path):
    path = write(tmp_path / "s.csv", {"printed": " 49.60 "})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_published(path).loc[0, "printed"] == "49.60"


def test_a_blank_cell_that_is_filled_in_becomes_printed(tmp_path):
    rows = [{"basis": "blank", "printed": "3.2"}, {"id": "b", "basis": "blank", "printed": ""}]
    assert list(read_published(write(tmp_path / "s.csv", *rows))["basis"]) == ["printed", "blank"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"printed": "about fifty"}, "printed"),
        ({"printed": "49,6"}, "printed"),
        ({"printed": ""}, "printed"),
        ({"printed": "< 50"}, "printed"),
        ({"n": ""}, "n"),
        ({"n": "24.5"}, "n"),
        ({"n": "0"}, "n"),
        ({"items": "many"}, "items"),
        ({"basis": "guessed"}, "basis"),
        ({"statistic": "median"}, "statistic"),
        ({"unit": "percent"}, "unit"),
        ({"unit": "furlongs"}, "unit"),
        ({"statistic": "alpha", "printed": ".91"}, "unit"),
        ({"statistic": "percent", "unit": "percent", "printed": "101"}, "printed"),
        ({"statistic": "p", "unit": "none", "printed": "1.2"}, "printed"),
        ({"statistic": "sd", "printed": "-1.0"}, "printed"),
        ({"statistic": "claim", "unit": "none", "printed": "Not significant"}, "printed"),
        ({"id": "two words"}, "id"),
        ({"basis": "derived"}, "formula"),
        ({"formula": "product(age.mean, age.mean)"}, "formula"),
        ({"formula": "sum(age.mean, age.median)"}, "formula"),
        ({"minimum": "5", "maximum": "1"}, "maximum"),
        ({"minimum": "low"}, "minimum"),
    ],
)
def test_each_mistake_is_named_by_row_and_column(tmp_path, row, column):
    assert problems(tmp_path / "s.csv", row) == [(2, column)]


def test_all_mistakes_are_named_at_once(tmp_path):
    found = problems(tmp_path / "s.csv", {}, {"unit": "furlongs"}, {"id": "c", "n": ""})
    assert found == [(3, "id"), (3, "unit"), (4, "n")]


def test_the_message_says_what_is_found_allowed_and_to_do(tmp_path):
    with pytest.raises(
        InputError, match=r"row 2, column unit: found 'none'; allowed: integer, years"
    ):
        read_published(write(tmp_path / "s.csv", {"unit": "none"}))


def test_numbers_that_are_not_about_people_need_no_n(tmp_path):
    rows = [
        {"statistic": "count", "unit": "count", "n": "", "printed": "9"},
        {"id": "b", "statistic": "claim", "unit": "none", "n": "", "printed": "fully_delivered"},
    ]
    assert len(read_published(write(tmp_path / "s.csv", *rows))) == 2


@pytest.mark.parametrize("content", ["", "\n", "id;section\n1;2\n"])
def test_a_file_without_the_table_is_refused(tmp_path, content):
    path = tmp_path / "s.csv"
    path.write_text(content)
    with pytest.raises(InputError):
        read_published(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_published(tmp_path / "none.csv")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = write(tmp_path / "s.csv", {"quantity": "café"})
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_published(path)


def test_a_ragged_file_is_refused(tmp_path):
    path = write(tmp_path / "s.csv", {})
    path.write_text(path.read_text() + "x," * 40 + "\n")
    with pytest.raises(InputError, match="CSV"):
        read_published(path)


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        ("sum(a.n, b.n)", ("sum", ["a.n", "b.n"])),
        ("percentage(a)", ("percentage", ["a"])),
        ("implied", ("implied", [])),
        ("", ("", [])),
    ],
)
def test_formula_parts(formula, parts):
    assert formula_parts(formula) == parts
