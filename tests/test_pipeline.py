"""The whole way, from the shipped raw files to reports: what comes out at the end."""

import json
import re
import zipfile
from html import escape

import nbformat
import pandas as pd
import pytest

from imp_helpers.display.table import GIVEN
from imp_helpers.printed.printed_numbers import agreement
from imp_helpers.printed.published import read_published
from imp_helpers.study.results import BASES, MARKS, read_results
from imp_helpers.study.study import SYNTHETIC_NOTICE

REPORTS = [
    "01_cleaning",
    "02_scoring",
    "03_reliability",
    "04_feasibility",
    "05_effectiveness",
    "06_adverse_events",
    "07_reproduction",
    "08_next_trial",
    "09_robustness",
]


@pytest.fixture(scope="module")
def published(study):
    rows = read_published(study.folder / "published" / "statistics.csv").set_index("id")
    return rows[rows["section"] != "programme"]


@pytest.fixture(scope="module")
def results(build):
    return read_results(build).set_index("id")


def test_every_printed_number_and_claim_is_computed(published, results):
    printed = published[published["printed"] != ""]
    assert set(printed.index) - set(results.index) == set()
    assert len(printed) >= 140


def test_every_printed_number_comes_out_at_its_printed_precision(published, results):
    differing = {
        name: (row["printed"], results.loc[name, "value"])
        for name, row in published.iterrows()
        if row["printed"]
        and row["statistic"] != "claim"
        and agreement(row["printed"], float(results.loc[name, "value"])).status != "agrees"
    }
    assert differing == {}


def test_every_printed_claim_comes_out(published, results):
    claims = published[published["statistic"] == "claim"]
    differing = {
        name: (row["printed"], results.loc[name, "value"])
        for name, row in claims.iterrows()
        if row["printed"] != results.loc[name, "value"]
    }
    assert len(claims) > 40
    assert differing == {}


def test_every_blank_cell_of_the_tables_is_computed(published, results):
    blank = published[published["printed"] == ""]
    assert set(blank.index) - set(results.index) == set()


def test_every_result_has_the_papers_n(published, results):
    given = published[published["n"] != ""]
    assert {
        name: (row["n"], str(results.loc[name, "n"]))
        for name, row in given.iterrows()
        if row["n"] != str(results.loc[name, "n"])
    } == {}


def test_a_result_as_published_has_its_place_in_the_paper(published, results):
    as_published = results[results["label"] == "as published"]
    assert set(as_published.index) <= set(published.index)


@pytest.mark.parametrize("name", [*REPORTS, "index"])
def test_each_page_says_that_the_data_are_synthetic(build, name):
    page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
    assert SYNTHETIC_NOTICE in page


def test_the_anchors_of_the_results_are_on_the_pages(build, results):
    for notebook, rows in results.groupby("notebook"):
        page = (build / "reports" / f"{notebook}.html").read_text(encoding="utf-8")
        for anchor in rows["anchor"].unique():
            assert f'id="{anchor}"' in page


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_the_papers_tables_are_there_as_csv(build, number):
    table = pd.read_csv(build / "reports" / "tables" / f"table{number}.csv")
    assert len(table) == {3: 6, 4: 7, 5: 17, 6: 6}[number]


def test_every_figure_says_that_the_data_are_synthetic_unless_it_needs_none(build):
    figures = list((build / "reports" / "figures").glob("*.svg"))
    assert len(figures) >= 9
    pages = "".join(p.read_text(encoding="utf-8") for p in (build / "reports").glob("0*.html"))
    without_data = pages.count('alt="From the printed numbers alone.')
    assert without_data == 4
    synthetic = pages.count('alt="Synthetic data.') + pages.count('alt="Partly synthetic data.')
    assert synthetic == len(figures) - without_data
    said = [figure.name for figure in figures if "SYNTHETIC DATA" in figure.read_text("utf-8")]
    assert len(said) == synthetic


def test_every_table_and_figure_says_what_its_numbers_rest_on(build):
    """A field of the exhibit, the note and the CSV; a mark on each cell where they mix."""
    for file in (build / "reports" / "exhibits").glob("*.json"):
        for record in json.loads(file.read_text(encoding="utf-8")):
            if "said" in record:
                continue
            assert record["basis"] in BASES
            if not record["file"].startswith("tables"):
                continue
            saved = pd.read_csv(build / "reports" / record["file"])
            assert saved["basis"].isin(BASES).all()
            mixed = [column for column in saved if column.endswith("_basis")]
            shown = {sign for row in record["rows"] for cell in row for sign in cell[-1:]}
            wanted = {MARKS[b] for c in mixed for b in saved[c].dropna() if b in MARKS}
            assert wanted <= shown | {"–"}, record["anchor"]
            notes = {"simulated": "ynthetic data", "derived": "printed numbers", "fact": ""}
            assert mixed or notes[record["basis"]] in record["note"]
            assert all(mark in record["note"] for mark in wanted)
            stated = {c.removesuffix("_basis") for c in mixed if set(saved[c]) == {"fact"}}
            unmarked = _without_mark(record) - stated if mixed else set()
            assert unmarked <= set(GIVEN), record["anchor"]


def _without_mark(record):
    """Return the numeric columns of a table that have neither marked cells nor a marked heading."""
    signs = tuple(MARKS.values())
    return {
        column["name"]
        for place, column in enumerate(record["columns"])
        if column["numeric"]
        and not column["heading"].endswith(signs)
        and not all(row[place].endswith((*signs, "–")) for row in record["rows"])
    }


def test_every_sentence_with_numbers_bears_a_mark(build):
    """Numbers without a mark of their own rest on what the next mark says."""
    said = []
    for file in (build / "reports" / "notebooks").glob("*.ipynb"):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            texts = [o.get("data", {}).get("text/markdown", "") for o in cell.get("outputs", [])]
            said += [line for text in texts for line in "".join(text).splitlines()]
    # A citation has numbers of its own: (Lord, 1967, 10.1037/h0025105).
    said = [re.sub(r"\([A-Z][^()]*, (19|20)\d\d[^()]*\)", "", line) for line in said]
    numbers = [line for line in said if re.search(r"\d", line)]
    assert len(numbers) > 20
    assert [line for line in numbers if not set(MARKS.values()) & set(line)] == []


def test_word_documents_bear_the_marks_of_the_tables(build):
    for file in (build / "reports" / "exhibits").glob("*.json"):
        cells = {
            cell
            for record in json.loads(file.read_text(encoding="utf-8"))
            for row in record.get("rows", [])
            for cell in row
            if cell.endswith(tuple(MARKS.values()))
        }
        with zipfile.ZipFile(build / "reports" / "word" / f"{file.stem}.docx") as document:
            text = document.read("word/document.xml").decode()
        assert {cell for cell in cells if escape(cell) not in text} == set(), file.stem


def test_a_mark_is_that_of_the_published_number(build, published, results):
    printed = published[published["printed"] != ""]["basis"].replace("printed", "published")
    assert results.loc[printed.index, "basis"].to_dict() == printed.to_dict()
    others = results[~results.index.isin(printed.index)]
    assert set(others["basis"]) == {"simulated", "derived"}
    derived = others.index[others["basis"] == "derived"]
    assert {name.rpartition(".")[2] for name in derived} == {
        "eta_low", "eta_high", "bf10", "holm_p", "percent", "count", "training", "control"
    }  # fmt: skip


def test_pages_stay_small(build):
    sizes = {page.name: page.stat().st_size for page in (build / "reports").glob("*.html")}
    assert {name: size for name, size in sizes.items() if size > 400_000} == {}


def test_every_notebook_runs_from_top_to_bottom_without_the_driver(study, tmp_path, monkeypatch):
    """As a person runs them: every cell, also those that the driver leaves out for this study."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    for path in sorted((study.folder.parent / "notebooks").glob("0*.ipynb")):
        names = {}
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.name}, cell {cell.id}", "exec"), names)
                if "parameters" in cell.metadata.get("tags", []):
                    names |= {"study_folder": study.folder, "out_folder": tmp_path}
                    names |= {"trials": 200} if "trials" in names else {}
    assert (tmp_path / "reports" / "ledger.csv").is_file()
