"""What is detected in a file, what is refused because it could be read in two ways."""

import pandas as pd
import pyreadstat
import pytest
from made_exports import Format, people_of, workbook

from imp_commands import checking
from imp_helpers import cleaning
from imp_intake.reading.cell_values import dates_of, decimal_of, numbers_of
from imp_intake.settings.study import read_study


@pytest.fixture(scope="module")
def eight(cleaned):
    return people_of(cleaned)


def settings(folder, old, new):
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(folder):
    return checking.check_study(folder).problems


def cleaned_of(folder):
    study = read_study(folder)
    return cleaning.clean(study, cleaning.read_raw_files(study))


@pytest.mark.parametrize(
    ("words", "decimal"),
    [
        (["1,5", "2"], ","),
        (["1.5", "2"], "."),
        (["1,5", "2.5"], None),
        (["1,234", "12,500"], None),
        (["1", "2"], "."),
    ],
)
def test_the_decimal_sign(words, decimal):
    assert decimal_of(words) == decimal


def test_numbers_are_plain_numbers():
    words = ["3", "3,0", "1_0", "nan", "inf", "٣", "0x1", "1.5", ""]
    assert pd.Series(numbers_of(words, ",")).tolist()[:2] == [3.0, 3.0]
    assert pd.isna(numbers_of(words, ",")[2:]).all()


def test_labels_are_numbers_whatever_their_capitals_and_spaces():
    labels = {"totally agree": 5, "Helemaal  oneens": 1}
    words = ["Totally Agree ", "helemaal oneens", "3", "agree"]
    assert numbers_of(words, ".", labels).tolist()[:3] == [5, 1, 3]
    assert pd.isna(numbers_of(words, ".", labels)[3])


def test_a_map_of_numbers_recodes_and_refuses_the_others():
    assert numbers_of(["1", "4"], ".", {"1": 0, "4": 3}).tolist() == [0, 3]
    assert pd.isna(numbers_of(["5"], ".", {"1": 0, "4": 3})).all()


def test_dates_in_one_format_or_in_two():
    assert dates_of(["25-09-2018", "01/10/2018"]) == (["2018-09-25", "2018-10-01"], "%d-%m-%Y")
    assert dates_of(["09/25/2018"]) == (["2018-09-25"], "%m-%d-%Y")
    assert dates_of(["01-02-2018"])[1] is None
    assert dates_of(["2018-09-25 10:31:02"]) == (["2018-09-25"], "%Y-%m-%d")


def test_an_ambiguous_date_is_refused_until_it_is_stated(eight, tmp_path):
    forms = [form | {"date": f"0{1 if form['time'] == 'T1' else 2}-03-2024"} for form in eight]
    Format("csv", False).write(tmp_path / "s", forms)
    assert any("read in one way" in p.allowed for p in problems_of(tmp_path / "s"))
    settings(tmp_path / "s", "[raw]\n", '[raw]\ndate_format = "%d-%m-%Y"\n')
    assert [p for p in problems_of(tmp_path / "s") if p.severity == "error"] == []


def test_letters_that_are_not_utf_8_are_read_and_doubted(eight, tmp_path):
    forms = [form | {"extra": {"naam": "Renée"}} for form in eight]
    Format("csv", False, ";", "cp1252").write(tmp_path / "s", forms)
    doubts = [p for p in problems_of(tmp_path / "s") if "cp1252" in p.found]
    assert [p.severity for p in doubts] == ["warning"]
    assert "in line 2;" in doubts[0].found
    assert "Ren" not in str(doubts[0])


def test_a_separator_that_could_be_either_is_refused(eight, tmp_path):
    Format("csv", False).write(tmp_path / "s", eight)
    (tmp_path / "s" / "raw" / "people.csv").write_text("x;y,z\n1;2,3\n4;5,6\n")
    found = [p for p in problems_of(tmp_path / "s") if p.file == "raw/people.csv"]
    assert "comma or semicolon" in found[0].found


def test_sheets_that_could_each_be_meant(eight, tmp_path):
    Format("xlsx", False).write(tmp_path / "s", eight)
    people = [["id", "group", "age"], ["P01", "A", "31"]]
    workbook(tmp_path / "s" / "raw" / "people.xlsx", {"one": people, "two": people})
    found = [p for p in problems_of(tmp_path / "s") if p.file == "raw/people.xlsx"]
    assert '"one", "two"' in found[0].found


def test_a_name_in_other_capitals_is_found(eight, tmp_path):
    Format("csv", False).write(
        tmp_path / "s", eight, lambda rows: [[c.lower() for c in rows[0]], *rows[1:]]
    )
    assert [p for p in problems_of(tmp_path / "s") if p.severity == "error"] == []


def test_user_missing_values_of_spss_are_missing_and_logged(eight, tmp_path):
    Format("sav", False).write(tmp_path / "s", eight)
    file = tmp_path / "s" / "raw" / "forms.sav"
    table, _ = pyreadstat.read_sav(file)
    table.loc[0, "PSS_1"] = 9
    table.loc[0, "tot"] = None
    pyreadstat.write_sav(table, file, missing_ranges={"PSS_1": [9]})
    made = cleaned_of(tmp_path / "s")
    assert made.answers.loc[0, "pss_1"] is pd.NA
    change = made.changes.set_index("column").loc["PSS_1"]
    assert (change["before"], change["after"], change["rule"]) == ("9", "", "missing value")


def test_value_labels_of_spss_stand_for_codes(eight, tmp_path):
    Format("sav", False).write(tmp_path / "s", eight)
    file = tmp_path / "s" / "raw" / "people.sav"
    table, _ = pyreadstat.read_sav(file)
    table["group"] = table["group"].map({"A": 1.0, "B": 2.0})
    pyreadstat.write_sav(table, file, variable_value_labels={"group": {1.0: "A", 2.0: "B"}})
    assert set(cleaned_of(tmp_path / "s").participants["group"]) == {"training", "control"}


def test_stated_missing_words_are_logged(eight, tmp_path):
    forms = [dict(form) for form in eight]
    forms[0]["pss"] = ["-99", *forms[0]["pss"][1:]]
    forms[0]["total"] = None
    Format("csv", False).write(tmp_path / "s", forms)
    settings(tmp_path / "s", "[raw]\n", '[raw]\nmissing = ["-99"]\n')
    made = cleaned_of(tmp_path / "s")
    assert made.answers.loc[0, "pss_1"] is pd.NA
    assert made.changes["before"].tolist() == ["-99"]


def test_rows_that_are_not_wanted_are_set_aside(eight, tmp_path):
    forms = [form | {"extra": {"Status": "IP Address"}} for form in eight]
    forms.append(
        forms[0] | {"extra": {"Status": "Survey Preview"}, "id": "P98", "not_listed": True}
    )
    Format("csv", False).write(tmp_path / "s", forms)
    settings(tmp_path / "s", 'date = "date"', 'date = "date"\nonly = { Status = "IP Address" }')
    made = cleaned_of(tmp_path / "s")
    rows = made.rows.set_index("file").loc["raw/forms.csv"]
    assert rows.tolist() == [17, 16, 1]
    assert "only rows with Status" in made.set_aside["why"].iloc[-1]


def test_forms_side_by_side_without_an_answer_are_set_aside(eight, tmp_path):
    forms = [dict(form) for form in eight]
    forms[1] |= {"pss": [None] * 10, "brs": [None] * 6, "total": None, "date": ""}
    Format("csv", True).write(tmp_path / "s", forms)
    made = cleaned_of(tmp_path / "s")
    assert len(made.answers) == 15
    assert "no answer at this time: After" in made.set_aside["why"].tolist()


def test_a_correction_reaches_a_form_that_stands_beside_another(eight, tmp_path):
    forms = [dict(form) for form in eight]
    wrong = forms[1]["pss"][0]
    forms[1]["pss"] = [33, *forms[1]["pss"][1:]]
    Format("csv", True).write(tmp_path / "s", forms)
    settings(tmp_path / "s", "[raw]\n", '[raw]\ncorrections = "corrections.csv"\n')
    (tmp_path / "s" / "corrections.csv").write_text(
        "file,participant,time,column,before,after,who,when,why\n"
        f"raw/forms.csv,P01,T2,PSS_1_T2,33,{wrong},data manager,2024-05-01,typed twice\n"
    )
    made = cleaned_of(tmp_path / "s")
    assert made.answers.loc[1, "pss_1"] == wrong
    assert made.changes[["row", "column", "before"]].to_numpy().tolist() == [[2, "PSS_1_T2", "33"]]


def test_a_correction_without_a_name_or_a_reason_is_refused(study_folder, edit):
    edit("corrections.csv", "data manager", "")
    assert any(p.found == "no who" for p in problems_of(study_folder))


def test_a_line_end_in_a_cell_does_not_move_the_lines(eight, tmp_path):
    forms = [
        form | {"extra": {"note": "one\ntwo" if n == 0 else ""}} for n, form in enumerate(eight)
    ]
    forms[3] = forms[3] | {"pss": [9, *forms[3]["pss"][1:]]}
    Format("csv", False).write(tmp_path / "s", forms)
    problem = next(p for p in problems_of(tmp_path / "s") if p.found == '"9"')
    lines = (tmp_path / "s" / "raw" / "forms.csv").read_bytes().decode().splitlines()
    assert lines[problem.row - 1].startswith(forms[3]["id"])
