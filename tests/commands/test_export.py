"""Files for others: tables and text that say what the reports say, data that PSPP computes with."""

import csv
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from conftest import with_disclosure_control
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from imp_commands.__main__ import main
from imp_commands.export import files, paragraphs, scored_data
from imp_commands.export.files import export, papers_tables
from imp_common.errors import AnalysisError
from imp_helpers.results import read_results
from imp_report.latex import latex, table_latex
from imp_report.table import Column, Table, table_csv


@pytest.fixture(scope="session")
def build(starter_build):
    """The pages of any study that has no notebooks of its own."""
    return starter_build


DATA_NAME = r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv"


@pytest.fixture(scope="module")
def exported(study, build, tmp_path_factory):
    """Return the files of a build, made in a copy of its folder."""
    out = tmp_path_factory.mktemp("copy") / "out"
    shutil.copytree(build, out)
    return export(study, out)


@pytest.fixture(scope="module")
def tables(build):
    return {Path(table.file).stem: table for table in papers_tables(build)}


# ---------------------------------------------------------------- tables


def test_the_tables_say_what_the_report_says(tables):
    assert list(tables) == ["table3", "table4", "table5", "table6"]
    table = tables["table5"]
    assert table.caption == "The primary analysis of every outcome"
    assert table.columns[6].full_heading == "Training, before, M"
    row = next(row for row in table.rows if row[0] == "Self-compassion (SCS total)")
    assert row[1:6] == (".119", "6.08", "1", "45", ".018")


def test_word_tables_have_apas_layout(exported, tables):
    document = Document(exported / "tables" / "tables.docx")
    assert len(document.tables) == 4
    texts = [p for p in document.paragraphs if p.text]
    number = next(i for i, p in enumerate(texts) if p.text == "Table 5.2")
    assert texts[number].runs[0].bold
    assert texts[number + 1].runs[0].italic
    assert texts[number + 2].runs[0].text == "Note."
    assert texts[number + 2].runs[0].italic
    shown = document.tables[2]
    assert len(shown.rows) == 2 + len(tables["table5"].rows)
    assert [cell.text for cell in shown.rows[2].cells] == list(tables["table5"].rows[0])
    assert document.sections[2].orientation == WD_ORIENT.LANDSCAPE
    assert document.sections[1].orientation == WD_ORIENT.PORTRAIT


def test_word_tables_have_three_rules_and_no_lines_between(exported):
    table = Document(exported / "tables" / "tables.docx").tables[2]
    sides = []
    for row in table.rows:
        borders = row.cells[0]._tc.tcPr.find(qn("w:tcBorders"))
        sides.append([] if borders is None else [b.tag.rpartition("}")[2] for b in borders])
    assert sides[0] == ["top"]
    assert sides[1] == ["bottom"]
    assert sides[-1] == ["bottom"]
    assert not any(sides[2:-1])
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_latex_is_balanced_and_escaped(exported):
    text = (exported / "tables" / "tables.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 4
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 4
    assert latex("50 % & more_than #1 {x} ηp² −2") == (
        r"50 \% \& more\_than \#1 \{x\} $\eta_p^2$ $-$2"
    )
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and "&" in line]
    assert {line.count(" & ") for line in rows if "Self-compassion" in line} == {13}


def test_a_csv_has_no_formula_and_one_line_of_headings():
    numbers = (Column("n", "n", "Group", True), Column("percent", "%", "Group", True))
    rows = (("=HYPERLINK(1)", "1", "2"),)
    table = Table("table-4", "Title", "", (Column("topic", "Topic"), *numbers), rows)
    lines = list(csv.reader(table_csv(table).splitlines()))
    assert lines[0] == ["Topic", "Group, n", "Group, %"]
    assert lines[1][0] == "'=HYPERLINK(1)"
    assert r"\cmidrule(lr){2-3}" in table_latex(table)


# ---------------------------------------------------------------- text


def test_the_paragraphs_have_the_studys_numbers(exported):
    text = (exported / "text" / "methods_and_results.md").read_text(encoding="utf-8")
    assert "47ᵖ people took part (25ᵖ in training, 22ᵖ in control)" in text
    assert "*F*(1, 45) = 6.08ᵈ, *p* = .018ᵈ, ηp² = .119ᵖ" in text
    assert "Stress (PSS) .87ᵖ" in text
    document = Document(exported / "text" / "methods_and_results.docx")
    italic = {run.text for p in document.paragraphs for run in p.runs if run.italic}
    assert italic == {"F", "n", "p", "M", "SD"}
    assert "6.08" in " ".join(p.text for p in document.paragraphs)


def test_what_was_left_out_has_no_sentence(study, build):
    results = read_results(build)
    results.loc[results["id"].str.contains("eq_total"), "value"] = "suppressed"
    results.loc[results["id"] == "sample.age.mean.total", "value"] = "suppressed"
    text = paragraphs.results(paragraphs.Numbers(results), study)
    assert "Empathy" not in text
    assert "mean age" not in text
    assert "Self-compassion" in text


def test_the_results_begin_at_eligibility_where_it_is_known(study, build):
    about = {"assessed_for_eligibility": 120, "excluded": "73 declined"}
    section = study.settings.study.model_copy(update=about)
    own = replace(study, settings=study.settings.model_copy(update={"study": section}))
    text = paragraphs.results(paragraphs.Numbers(read_results(build)), own)
    assert text.startswith("Of 120 people assessed for eligibility, 47")
    assert "Of the others, 73 declined." in text


def test_a_study_of_one_group_has_means_and_paired_tests(study, build):
    alone = replace(study, groups=study.groups[:1])
    text = paragraphs.results(paragraphs.Numbers(read_results(build)), alone)
    assert "Stress (PSS): training from *M* = 13.40ˢ, *SD* = 5.61ˢ to *M* = 11.48ˢ" in text
    assert "*F*" not in text
    data = scored_data.gather(study, build)
    commands = files.syntax("check.sps", data, alone, "scored_data.sav")
    assert "T-TEST PAIRS=pss_total_post WITH pss_total_baseline (PAIRED)." in commands
    assert "/GROUPS" not in commands


# ---------------------------------------------------------------- data


def test_the_sav_has_labels_and_the_scores(exported, build):
    table, meta = pyreadstat.read_sav(exported / "data" / "scored_data.sav")
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    assert labels["pss_total_baseline"] == "Stress (PSS), before"
    assert labels["pss_4_post"] == "Perceived Stress Scale, item 4, after, reversed"
    assert meta.variable_value_labels["group"] == {1.0: "Training", 2.0: "Control"}
    scores = pd.read_csv(build / "processed" / "scores.csv")
    ours = scores.query("scale == 'pss_total' and time == 'post'").set_index("participant")["score"]
    assert table.set_index("participant")["pss_total_post"].to_dict() == ours.to_dict()


def test_the_psych_ds_follows_the_rules(exported):
    """See psychds-docs.readthedocs.io, Rules and Conventions: fields, names, columns."""
    folder = exported / "psych-ds"
    description = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    assert {"name", "description", "variableMeasured"} <= set(description)
    assert description["@type"] == "Dataset"
    assert description["@context"] == "https://schema.org"
    files = list((folder / "data").iterdir())
    assert len(files) == 1
    assert re.fullmatch(DATA_NAME, files[0].name)
    columns = pd.read_csv(files[0], nrows=0).columns.tolist()
    assert [entry["name"] for entry in description["variableMeasured"]] == columns


def test_every_file_says_that_the_data_are_synthetic(exported):
    for file in exported.rglob("*"):
        if file.is_dir() or file.name == "MADE.txt":
            continue
        if file.suffix == ".docx":
            document = Document(file)
            assert document.sections[0].header.paragraphs[0].text == "SYNTHETIC DATA"
        elif file.suffix == ".sav":
            _, meta = pyreadstat.read_sav(file, metadataonly=True)
            assert meta.file_label.startswith("SYNTHETIC DATA")
        elif file.suffix == ".csv":
            assert "synthetic" in file.name
        else:
            assert "Synthetic data" in file.read_text(encoding="utf-8"), file


def test_the_same_build_gives_the_same_bytes(study, exported):
    before = {f: f.read_bytes() for f in exported.rglob("*") if f.is_file()}
    assert export(study, exported.parent) == exported
    assert {f: f.read_bytes() for f in exported.rglob("*") if f.is_file()} == before
    with zipfile.ZipFile(exported / "tables" / "tables.docx") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_folder_of_somebody_else_is_left_alone(study, exported, tmp_path):
    shutil.copytree(exported.parent / "reports", tmp_path / "reports")
    own = tmp_path / "exports" / "mine.txt"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(AnalysisError, match="not made by this pipeline"):
        export(study, tmp_path)
    assert own.read_text(encoding="utf-8") == "mine"


def test_without_reports_there_is_one_line(tmp_path, study, capsys):
    assert main(["export", "--study", str(study.folder), "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "There are no reports yet. Run make first.\n"


def test_rows_of_people_have_neither_numbers_nor_their_order(study, build):
    settings = with_disclosure_control(study.settings)
    data = scored_data.gather(replace(study, kind="participants", settings=settings), build)
    assert data.notice == scored_data.NOT_FOR_PUBLICATION
    assert data.table["participant"].tolist() == [str(i) for i in range(1, 48)]
    open_data = scored_data.gather(study, build).table
    assert data.table["pss_total_post"].tolist() != open_data["pss_total_post"].tolist()
    assert sorted(data.table["pss_total_post"]) == sorted(open_data["pss_total_post"])
    assert not {"age", "sex", "profession"} & set(data.table)


# ---------------------------------------------------------------- PSPP computes the same


@pytest.fixture(scope="module")
def computed(exported):
    """Return what PSPP prints for the exported syntax: titles and rows of its tables."""
    if shutil.which("pspp") is None:
        pytest.skip("PSPP is not installed, so the exported syntax is not run")
    output = exported.parent / "output.csv"
    done = subprocess.run(
        ["pspp", "-o", str(output), "check.sps"],
        cwd=exported / "data", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    text = output.read_text(encoding="utf-8")
    assert not re.search("error:|warning:", text)
    found = []
    for line in csv.reader(text.splitlines()):
        if line and line[0].startswith(("Table: ", "Scale: ")):
            found.append((line[0].partition(": ")[2], []))
        elif line and found:
            found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def ours(build):
    rows = read_results(build)
    return dict(zip(rows["id"], rows["value"], strict=True))


def rows_of(computed, title):
    return [rows for name, rows in computed if name == title]


def test_pspp_finds_the_same_alphas(study, computed, ours):
    scale, found = "", {}
    for title, rows in computed:
        if title in study.scales:
            scale = title
        elif title == "Reliability Statistics":
            found[scale] = float(rows[1][0])
    assert set(found) == set(study.scales)
    for name, alpha in found.items():
        assert alpha == pytest.approx(float(ours[f"reliability.{name}.alpha"]), abs=1e-10)


def test_pspp_finds_the_same_tests_of_change(study, computed, ours):
    found = {}
    for rows in rows_of(computed, "Independent Samples Test"):
        row = next(row for row in rows if row[1] == "Equal variances assumed")
        found[row[0].removesuffix("_change")] = (float(row[4]), float(row[5]), float(row[7]))
    assert set(found) == {outcome.id for outcome in study.outcomes}
    for name, (t, df, difference) in found.items():
        assert t**2 == pytest.approx(float(ours[f"effectiveness.{name}.F"]), rel=1e-9)
        assert df == 45
        sensitivity = ours.get(f"sensitivity.{name}.difference")
        assert sensitivity is None or difference == pytest.approx(float(sensitivity), rel=1e-9)


def test_pspp_finds_the_same_ranks(study, computed, ours):
    found = {}
    for rows in rows_of(computed, "Test Statistics"):
        found[rows[1][0].removesuffix("_change")] = float(rows[1][-1])
    assert set(found) == {outcome.id for outcome in study.outcomes}
    for outcome in study.main_outcomes:
        # PSPP corrects for ties but not for continuity.
        p = float(ours[f"sensitivity.{outcome.id}.mann_whitney_p"])
        assert found[outcome.id] == pytest.approx(p, abs=0.01)


def test_pspp_finds_the_same_correlations(study, computed, build):
    table = pd.read_csv(build / "reports" / "tables" / "table5_7.csv").set_index("scale")
    found = {}
    for title, rows in computed:
        dependent = re.fullmatch(r"Coefficients \((\w+)_change\)", title)
        if dependent:
            found[dependent[1]] = float(rows[3][3])
    assert set(found) == {outcome.id for outcome in study.main_outcomes}
    for name, r in found.items():
        assert r == pytest.approx(table.at[name, "r"], abs=1e-10)
