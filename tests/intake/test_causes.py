"""Problems with one cause are one message that leads to the line that mends them."""

import copy
import re

import pytest
from made_exports import Format, people_of

from imp_commands import checking

LONG = Format("csv", False)


@pytest.fixture(scope="module")
def eight(cleaned):
    return people_of(cleaned)


def errors_of(folder):
    return [p for p in checking.check_study(folder).problems if p.severity == "error"]


def edit(folder, old, new):
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def retyped(rows):
    """Type participants' numbers as a program that takes them for decimals does."""
    return [rows[0], *([f"p{row[0][1:].lstrip('0')}.0", *row[1:]] for row in rows[1:])]


def test_labels_without_a_table_are_one_problem_an_instrument(eight, tmp_path):
    form = Format("csv", False, words=True)
    form.write(tmp_path / "s", eight)
    file = tmp_path / "s" / "study.toml"
    table = r"(?s)\[questionnaires.labels.pss\].*?(?=\n\[)"
    file.write_text(re.sub(table, "", file.read_text(encoding="utf-8")), encoding="utf-8")
    (problem,) = errors_of(tmp_path / "s")
    assert re.match(r"\d+ cells such as ", problem.found)
    line = re.search(r"\[questionnaires.labels\]: (pss = .*)", problem.cure)[1]
    text = file.read_text(encoding="utf-8") + f"[questionnaires.labels]\n{line}\n"
    file.write_text(text, encoding="utf-8")
    assert errors_of(tmp_path / "s") == []


def test_numbers_that_differ_only_in_zeros_and_capitals_are_one_problem(eight, tmp_path):
    forms = [form | {"group": form["group"]} for form in copy.deepcopy(eight)]
    LONG.write(
        tmp_path / "s",
        forms,
        retyped,
    )
    edit(tmp_path / "s", "participant_pattern = '[Pp]?0*([0-9]+)'\n", "")
    (problem,) = errors_of(tmp_path / "s")
    pattern = re.search(r"participant_pattern = '(.*)'", problem.cure)[1]
    assert {int(re.fullmatch(pattern, text)[1]) for text in ("P01", "p1", "p1.0")} == {1}


def test_the_proposed_pattern_mends_it(eight, tmp_path):
    LONG.write(
        tmp_path / "s",
        eight,
        retyped,
    )
    edit(tmp_path / "s", "participant_pattern = '[Pp]?0*([0-9]+)'", "")
    (problem,) = errors_of(tmp_path / "s")
    line = re.search(r"participant_pattern = '.*'", problem.cure)[0]
    edit(tmp_path / "s", "[raw]\n", f"[raw]\n{line}\n")
    assert errors_of(tmp_path / "s") == []


def test_codes_that_are_not_the_files_are_a_problem_of_the_settings(eight, tmp_path):
    forms = [form | {"group": {"A": "1", "B": "2"}[form["group"]]} for form in eight]
    LONG.write(tmp_path / "s", forms)
    (problem,) = errors_of(tmp_path / "s")
    assert '"1" (4 times)' in problem.found
    assert '"2" (4 times)' in problem.found
    assert "[groups]" in problem.cure
    assert problem.row is None


def test_an_undeclared_code_in_many_columns_is_one_problem(eight, tmp_path):
    forms = copy.deepcopy(eight)
    for form in [*forms[:2], *forms[-2:]]:
        form["pss"][:3] = [99, 99, 99]
        form["total"] = None
    LONG.write(tmp_path / "s", forms)
    (problem,) = errors_of(tmp_path / "s")
    assert problem.found.startswith("12 cells such as")
    assert 'missing = ["99"]' in problem.cure
    edit(tmp_path / "s", "[raw]\n", '[raw]\nmissing = ["99"]\n')
    assert errors_of(tmp_path / "s") == []


def test_item_numbers_with_a_zero_before_them_are_one_problem(eight, tmp_path):
    def pad(rows):
        head = [re.sub(r"^((PSS|BRS)_)(\d)$", r"\g<1>0\3", name) for name in rows[0]]
        return [head, *rows[1:]]

    LONG.write(tmp_path / "s", eight, pad)
    (problem,) = errors_of(tmp_path / "s")
    assert "{item:02d}" in problem.cure
    edit(tmp_path / "s", "PSS_{item}", "PSS_{item:02d}")
    edit(tmp_path / "s", "BRS_{item}", "BRS_{item:02d}")
    assert errors_of(tmp_path / "s") == []


@pytest.mark.parametrize("only_first", [True, False])
def test_a_long_file_may_say_who_somebody_is_in_each_row_or_the_first(eight, tmp_path, only_first):
    """One file with two roles: rows that agree in a participant's columns are one participant."""
    LONG.write(tmp_path / "s", eight)

    def with_group(rows):
        seen, ages = set(), {form["id"]: (form["group"], form["age"]) for form in eight}
        body = []
        for row in rows[1:]:
            again = only_first and row[0] in seen
            seen.add(row[0])
            body.append([*row, *(("", "") if again else ages[row[0]])])
        return [[*rows[0], "group", "age"], *body]

    (tmp_path / "both").mkdir()
    LONG.write(tmp_path / "both" / "s", eight, with_group)
    edit(tmp_path / "both" / "s", 'file = "raw/people.csv"', 'file = "raw/forms.csv"')
    check = checking.check_study(tmp_path / "both" / "s")
    assert [p for p in check.problems] == []


def test_two_groups_of_one_participant_in_a_long_file_contradict(eight, tmp_path):
    def with_group(rows):
        body = [[*row, "A" if n % 2 else "B", "30"] for n, row in enumerate(rows[1:])]
        return [[*rows[0], "group", "age"], *body]

    LONG.write(tmp_path / "s", eight, with_group)
    edit(tmp_path / "s", 'file = "raw/people.csv"', 'file = "raw/forms.csv"')
    assert any("one group a participant" in p.allowed for p in errors_of(tmp_path / "s"))
