"""Text from data stays text, nothing leaves the study, and damage ends in one clear line."""

import errno
import subprocess
import sys
import zipfile

import openpyxl
import pandas as pd
import pytest
from conftest import PROJECT
from made_exports import Format, people_of

from imp_build.execution import describe_failure
from imp_build.notebook_process import CellError
from imp_commands import checking
from imp_commands.__main__ import main
from imp_common.errors import InputError, as_written, harmless, short, write_csv
from imp_helpers import cleaning, contracts
from imp_intake.settings.study import read_study
from imp_report.html import table_html
from imp_report.table import table_of

HOSTILE = [
    "<script>alert(1)</script>",
    "**bold** [link](javascript:alert(1)) | a | b |",
    '=HYPERLINK("http://example.org","click")',
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2+3",
    "\tindented",
    "'=already escaped",
    "right \u202eto left",
    "a\x00b\x07c",
    "x" * 100_000,
    "NA",
    "line\nbreak; and \"quotes\"",
]  # fmt: skip


@pytest.fixture(scope="module")
def eight(cleaned):
    return people_of(cleaned)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_formula_is_made_harmless_and_comes_back(text):
    made = harmless(text)
    assert made[:1] not in tuple("=+-@\t\r") or made == text[:0]
    assert as_written(made) == text


@pytest.mark.parametrize("number", ["-3", "+1.5", "-0,35", "-1e-05", "3"])
def test_a_plain_number_stays_as_it_is(number):
    assert harmless(number) == number


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_goes_through_cleaning_csv_and_page_as_text(text, study_folder):
    file = study_folder / "raw" / "evaluation.csv"
    table = pd.read_csv(file, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table.loc[0, "bijwerking_toelichting"] = text
    table.to_csv(file, sep=";", index=False, encoding="utf-8-sig")
    study = read_study(study_folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    name = next(q.id for q in study.questions.values() if q.kind == "text")
    kept = made.evaluation.loc[0, name]
    assert kept == text.strip().replace("\x00", "␀").replace("\x07", "␇")
    path = contracts.write_table("evaluation", made.evaluation, study_folder)
    cells = pd.read_csv(path, dtype=str, keep_default_na=False)[name]
    assert not cells.str.match(r"[=+@\t\r]|-\D").any()
    assert contracts.read_table("evaluation", study_folder, study).loc[0, name] == kept
    page = table_html(table_of(made.evaluation[[name]].head(1), anchor="table-1", caption="c"))
    assert "<script>" not in page
    assert "\x00" not in page


def test_headers_and_cells_of_a_csv_for_people_are_no_formulas(tmp_path):
    write_csv(pd.DataFrame({"=A1": ["=1+1", "b"], "n": [-1, 2]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "'=A1,n\n'=1+1,-1\nb,2\n"


def test_a_message_is_one_line_without_commands_to_the_terminal():
    told = short("a\x1b[2Jb\nc\u202ed" + "x" * 1000)
    assert told.isprintable()
    assert len(told) < 160
    assert "1,01" in told


def test_hostile_cells_in_messages_do_not_reach_terminal_or_page(eight, tmp_path, capsys):
    forms = [form | {"extra": {"<img src=x>": "1"}} for form in eight]
    forms[0] = forms[0] | {"pss": ["\x1b[31m<script>", *forms[0]["pss"][1:]]}
    Format("csv", False).write(tmp_path / "study", forms)
    assert main(["check", "--study", str(tmp_path / "study"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    page = (tmp_path / "check" / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ('file = "raw/sessions.csv"', "../outside.csv"),
        ('file = "raw/participants.csv"', "/etc/hostname"),
        ('corrections = "corrections.csv"', "raw/../../outside.csv"),
    ],
)
def test_a_path_cannot_leave_the_study(study_folder, edit, setting, path):
    (study_folder.parent / "outside.csv").write_text("a;b\n1;2\n")
    key = setting.split(" = ")[0]
    edit("study.toml", setting, f'{key} = "{path}"')
    with pytest.raises(InputError, match="inside the study's folder"):
        read_study(study_folder)


def test_a_symbolic_link_cannot_leave_the_study(study_folder):
    outside = study_folder.parent / "outside.csv"
    file = study_folder / "raw" / "sessions.csv"
    file.rename(outside)
    file.symlink_to(outside)
    with pytest.raises(InputError, match="inside the study's folder"):
        read_study(study_folder)


@pytest.mark.parametrize("name", ['"../../keys/pss"', '"/tmp/pss"', '"a b"'])
def test_the_name_of_an_instrument_is_no_path(study_folder, edit, name):
    edit("study.toml", 'pss = "PSS_{item}"', f'{name} = "PSS_{{item}}"')
    with pytest.raises(InputError, match="Correct the name"):
        read_study(study_folder)


def test_a_key_that_is_a_link_out_of_the_study(study_folder):
    key = study_folder / "instruments" / "pss.toml"
    outside = study_folder.parent / "pss.toml"
    key.rename(outside)
    key.symlink_to(outside)
    with pytest.raises(InputError, match="inside the study's folder"):
        read_study(study_folder)


# ---------------------------------------------------------------- damage


def one_problem(folder, capsys):
    assert main(["check", "--study", str(folder), "--out", str(folder.parent / "out")]) == 1
    said = capsys.readouterr().out
    assert "Traceback" not in said
    return next(line for line in said.splitlines() if line.startswith("  1."))


def test_a_zip_bomb(eight, tmp_path, capsys):
    Format("xlsx", False).write(tmp_path / "study", eight)
    bomb = tmp_path / "study" / "raw" / "forms.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    assert "unpacks to 60 MB" in one_problem(tmp_path / "study", capsys)


def test_a_workbook_with_formulas_that_nobody_computed(eight, tmp_path, capsys):
    Format("xlsx", False).write(tmp_path / "study", eight)
    file = tmp_path / "study" / "raw" / "forms.xlsx"
    book = openpyxl.load_workbook(file)
    book["forms"]["D3"] = "=1+1"
    book.save(file)
    assert "a formula without a result in D3" in one_problem(tmp_path / "study", capsys)


@pytest.mark.parametrize("form", [Format("sav", True), Format("xlsx", True)], ids=repr)
def test_an_unreadable_binary_file(form, eight, tmp_path, capsys):
    form.write(tmp_path / "study", eight)
    (tmp_path / "study" / "raw" / f"forms{form.ending}").write_bytes(b"$FL2@(#) SPSS" + b"\0" * 400)
    line = one_problem(tmp_path / "study", capsys)
    assert f"raw/forms{form.ending}: found a file that is no" in line


@pytest.mark.parametrize("old", ["[groups.training]", 'kind = "synthetic"', "[times.post]"])
def test_settings_that_are_nonsense(study_folder, edit, old, capsys):
    edit("study.toml", old, "groups = 3\n")
    assert "study.toml" in one_problem(study_folder, capsys)


def test_a_full_disk_leaves_the_earlier_check_as_it_was(
    study_folder, tmp_path, monkeypatch, capsys
):
    arguments = ["--study", str(study_folder), "--out", str(tmp_path / "out")]
    main(["check", *arguments])
    before = {f.name: f.read_bytes() for f in (tmp_path / "out/check").iterdir()}

    def full(table, file):
        raise OSError(errno.ENOSPC, "No space left on device", str(file))

    monkeypatch.setattr(checking, "write_csv", full)
    capsys.readouterr()
    assert main(["check", *arguments]) == 1
    assert capsys.readouterr().err.startswith("The disk is full.")
    assert {f.name: f.read_bytes() for f in (tmp_path / "out/check").iterdir()} == before
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["check"]


def test_a_full_disk_in_a_notebook_is_told_in_one_line(build):
    from imp_build.notebooks import find_notebooks

    full = CellError(3, "x", "OSError", "[Errno 28] No space left on device: 'scores.csv'")
    notebook = find_notebooks(PROJECT / "notebooks")[0]
    told = describe_failure(notebook, full)
    assert told.splitlines() == ["The disk is full. Free some space, and run 'make' again."]


def test_a_disk_that_fills_up_while_reports_are_made(build, tmp_path, study_folder):
    """A limit on the size of files stands for a full disk: every write beyond it fails."""
    out = tmp_path / "out"
    (out / "reports").mkdir(parents=True)
    (out / "reports" / "MADE.txt").write_text("made")
    (out / "reports" / "index.html").write_text("the earlier reports")
    command = [sys.executable, "-m", "imp_commands", "build", "--study", study_folder, "--out", out]
    limited = (
        "import resource, runpy, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "sys.argv = sys.argv[1:];"
        "runpy.run_module('imp_commands', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, *map(str, command[2:])],
        capture_output=True, text=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert (out / "reports" / "index.html").read_text() == "the earlier reports"
