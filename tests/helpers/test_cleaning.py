"""What cleaning changes, what it refuses, and that nobody gets lost."""

import pandas as pd
import pytest

from imp_common.errors import InputError
from imp_helpers import cleaning
from imp_intake.settings.study import read_study


def cleaned_copy(folder):
    study = read_study(folder)
    return cleaning.clean(study, cleaning.read_raw_files(study))


def problems_of(folder):
    with pytest.raises(InputError) as raised:
        cleaned_copy(folder)
    return raised.value.problems


def test_rows_in_are_rows_out_and_rows_set_aside(cleaned):
    rows = cleaned.rows.set_index("file")
    assert (rows["rows_in"] == rows["rows_out"] + rows["rows_set_aside"]).all()
    assert rows.loc["raw/questionnaires.csv"].tolist() == [95, 94, 1]


def test_the_shipped_flaws_are_mended_and_logged(cleaned):
    changes = cleaned.changes.set_index(["participant", "column"])
    assert changes.loc[("P07", "deelnemer"), "before"] == "p7 "
    assert changes.loc[("P22", "EQ_17"), "rule"] == "stray spaces"
    typo = changes.loc[("P12", "PSS_6")]
    assert typo["before"] == "33"
    assert "data manager" in typo["rule"]
    assert len(cleaned.changes) == 6
    assert cleaned.set_aside["participant"].tolist() == ["P19"]


def test_the_log_names_the_very_line(study, cleaned):
    typo = cleaned.changes.set_index("column").loc["PSS_6"]
    lines = (study.folder / typo["file"]).read_text(encoding="utf-8-sig").splitlines()
    cell = lines[typo["row"] - 1].split(";")[lines[0].split(";").index("PSS_6")]
    assert cell == typo["before"]


def test_decimal_commas_and_codes_are_read(cleaned):
    assert set(cleaned.participants["sex"]) == {"woman", "man"}
    assert set(cleaned.sessions["delivered_hours"]) == {2.5}
    assert cleaned.answers["minutes"].between(10, 60).all()


def test_answers_stay_as_given(study, cleaned):
    answers = cleaned.answers.set_index(["participant", "time"])
    assert answers.shape == (94, 2 + 143)
    log = pd.read_csv(study.folder / "corrections.csv", sep=";", encoding="utf-8-sig")
    assert answers.loc[("P12", "post"), "pss_6"] == log["after"].item()


def test_a_sum_of_large_answers_is_right(study_folder, edit):
    edit("study.toml", "highest = 3000", "highest = 30000", 2)
    edit("raw/evaluation.csv", ";3;1;45;50;", ";3;1;20000;25000;")
    made = cleaned_copy(study_folder).evaluation.set_index("participant")
    assert made.loc["P01", "home_practice"] == 45_000


def test_every_wrong_answer_is_told_at_once(study_folder, edit):
    header = "FFMQ_1;"
    questionnaires = study_folder / "raw" / "questionnaires.csv"
    lines = questionnaires.read_text(encoding="utf-8-sig").splitlines()
    columns = lines[0].split(";")
    for row, column, wrong in ((2, "FFMQ_1", "6"), (3, "SCS_2", "2,5"), (4, "EQ_3", "soms")):
        cells = lines[row - 1].split(";")
        cells[columns.index(column)] = wrong
        lines[row - 1] = ";".join(cells)
    questionnaires.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    assert header in lines[0]
    problems = problems_of(study_folder)
    told = {(p.row, p.column, p.found, p.allowed) for p in problems}
    assert told == {
        (2, "FFMQ_1", '"6"', "whole numbers from 1 to 5"),
        (3, "SCS_2", '"2,5"', "whole numbers from 1 to 5"),
        (4, "EQ_3", '"soms"', "whole numbers from 0 to 3"),
    }
    assert all(p.participant and p.cure and p.file == "raw/questionnaires.csv" for p in problems)


def test_an_impossible_answer_needs_an_edit_in_the_corrections(study_folder):
    log = study_folder / "corrections.csv"
    header = log.read_text(encoding="utf-8-sig").splitlines()[0]
    log.write_text(header + "\n", encoding="utf-8-sig")
    (problem,) = problems_of(study_folder)
    assert (problem.participant, problem.column, problem.found) == ("P12", "PSS_6", '"33"')


def test_a_correction_must_fit_exactly_one_cell(study_folder, edit):
    edit("corrections.csv", ";33;", ";34;")
    problems = problems_of(study_folder)
    assert any(p.file == "corrections.csv" and "0 cells" in p.found for p in problems)


def test_an_unknown_participant(study_folder, edit):
    edit("raw/evaluation.csv", "P02;", "P99;")
    (problem,) = problems_of(study_folder)
    assert (problem.file, problem.found) == ("raw/evaluation.csv", '"P99"')


def test_a_participant_number_that_is_none(study_folder, edit):
    edit("raw/participants.csv", "P02;", "Jan;")
    assert any(p.found == '"Jan"' and "P01" in p.allowed for p in problems_of(study_folder))


def test_two_forms_that_contradict_each_other(study_folder):
    file = study_folder / "raw" / "questionnaires.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    again = lines[1][:-1] + ("1" if lines[1][-1] != "1" else "2")
    file.write_text("\n".join([*lines, again]) + "\n", encoding="utf-8-sig")
    (problem,) = problems_of(study_folder)
    assert "differs from row 2" in problem.found
    assert problem.column == "ProQOL_30"


def test_an_unknown_code(study_folder, edit):
    edit("raw/participants.csv", ";v;", ";x;")
    (problem,) = problems_of(study_folder)
    assert (problem.found, problem.allowed) == ('"x"', "v, m")


def test_missing_columns_of_all_files_at_once(study_folder, edit):
    edit("raw/participants.csv", "leeftijd", "lft")
    edit("raw/questionnaires.csv", "FFMQ_39", "FFMQ_x")
    problems = problems_of(study_folder)
    assert {(p.file, p.column) for p in problems} == {
        ("raw/participants.csv", "leeftijd"),
        ("raw/questionnaires.csv", "FFMQ_39"),
    }


@pytest.mark.parametrize(("text", "found"), [("", "empty file"), ("deelnemer;groep\n", "no rows")])
def test_an_empty_file(study_folder, text, found):
    (study_folder / "raw" / "participants.csv").write_text(text)
    assert any(found in p.found for p in problems_of(study_folder))


def test_a_row_of_another_length(study_folder, edit):
    edit("raw/participants.csv", "P02;", "P02;;")
    (problem,) = problems_of(study_folder)
    assert (problem.row, problem.found, problem.allowed) == (3, "7 cells", "6")


def test_a_file_in_another_encoding(study_folder):
    file = study_folder / "raw" / "participants.csv"
    file.write_bytes(file.read_bytes().replace(b"anders", "andér".encode("latin-1")))
    assert any("no text" in p.found for p in problems_of(study_folder))


def test_a_surplus_column_is_set_aside_and_listed(study_folder, edit):
    file = study_folder / "raw" / "sessions.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    lines = [lines[0] + ";opmerking", *(line + ";geen" for line in lines[1:])]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    aside = cleaned_copy(study_folder).set_aside
    assert "opmerking" in aside["column"].tolist()


def test_missing_forms_are_counted(study_folder):
    file = study_folder / "raw" / "questionnaires.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    kept = [line for line in lines if not line.startswith("P30;na")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8-sig")
    study = read_study(study_folder)
    missing = cleaning.missing_forms(study, cleaned_copy(study_folder))
    row = missing[(missing["group"] == "control") & (missing["time"] == "post")].iloc[0]
    assert (row["forms"], row["missing_forms"]) == (21, 1)


def test_an_unanswered_question_stays_missing(cleaned):
    assert cleaned.evaluation["future_plans"].isna().sum() == 2
