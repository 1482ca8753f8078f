"""The summary at the end of a check: a file that lost people reads like one."""

import copy

import made_trial as trial
import pandas as pd
import pytest
from made_exports import Format, people_of

from imp_commands import checking
from imp_helpers.coverage import coverage_lines
from imp_intake.check import plausibility


@pytest.fixture(scope="module")
def eight(cleaned):
    return people_of(cleaned)


def checked(folder, forms, form=Format("csv", False)):  # noqa: B008
    form.write(folder / "s", forms)
    return checking.check_study(folder / "s")


def test_whole_files_say_how_many_are_analysed(eight, tmp_path):
    lines = coverage_lines(checked(tmp_path, eight).coverage)
    assert "Participants: 4 Training, 4 Control" in lines or "4 training, 4 control" in lines
    assert "(8 of 8)" in lines
    assert "every outcome" in lines


def test_lost_forms_are_counted_and_told(eight, tmp_path):
    forms = [form for form in eight if form["time"] == "T1" or form["id"] not in ("P04", "P08")]
    check = checked(tmp_path, forms)
    assert "not at 'Before'" not in coverage_lines(check.coverage)
    assert "Forms at 'Before' but not at 'After': 2 participants (P04, P08)" in coverage_lines(
        check.coverage
    )
    assert "Complete pairs: 3" in coverage_lines(check.coverage)
    told = [p.participant for p in check.warnings if "none at 'After'" in p.found]
    assert told == ["P04", "P08"]
    assert check.errors == []


def test_the_end_of_a_file_that_is_lost_is_told(tmp_path):
    table = trial.wide()
    later = [column for column in table if column.endswith("T2")]
    table.loc[45:, later] = ""
    folder = trial.write(tmp_path / "s", {"export.csv": table})
    lines = coverage_lines(checking.check_study(folder).coverage)
    assert "Forms at 'Before' but not at 'After': 15 participants (P046" in lines
    assert "15 at the end of the file: was it cut off?" in lines


@pytest.mark.parametrize("wide", [False, True])
def test_a_form_without_an_answer_is_no_form(eight, tmp_path, wide):
    forms = copy.deepcopy(eight)
    for form in forms:
        if form["id"] == "P04" and form["time"] == "T2":
            form |= {"pss": [None] * 10, "brs": [None] * 6, "total": None}
    lines = coverage_lines(checked(tmp_path, forms, Format("csv", wide)).coverage)
    assert "Forms at 'Before' but not at 'After': 1 participant (P04)" in lines


def test_an_item_that_nobody_answered_is_named(eight, tmp_path):
    forms = copy.deepcopy(eight)
    for form in forms:
        form["pss"][6], form["total"] = None, None
    lines = coverage_lines(checked(tmp_path, forms).coverage)
    assert "Items without any answer, Before: pss_7" in lines
    assert "16 prorated scores, 0 missing scores" in lines


def test_who_has_no_form_under_any_spelling_is_not_said_to_differ_in_writing(study):
    """The numbers of the later file have lost their zeros, and two people did not come again."""
    before = pd.DataFrame({"participant": [f"P{n:03d}" for n in range(1, 61)], "time": "baseline"})
    stayed = [f"P{n}" for n in range(1, 61) if n not in (31, 47)]
    forms = pd.concat([before, pd.DataFrame({"participant": stayed, "time": "post"})])
    forms = forms.assign(file="export.csv", line=range(2, 2 + len(forms)))
    told = list(plausibility._unpaired(forms, study))
    assert len(told) == 60 + 58
    assert {p.participant for p in told if "differ only" not in p.cure} == {"P031", "P047"}
