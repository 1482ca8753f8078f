"""The whole way, from the shipped raw files to reports: what comes out at the end."""

import re

import nbformat
import pandas as pd
import pytest
from markupsafe import escape

from imp_common.design import NOTICE
from imp_helpers.results import read_results
from imp_printed.printed_numbers import agreement
from imp_printed.published import read_published

REPORTS = [
    "01_cleaning",
    "02_scoring",
    "03_reliability",
    "04_feasibility",
    "05_effectiveness",
    "06_adverse_events",
    "07_reproduction",
    "08_next_trial",
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
def test_each_page_says_that_the_data_are_synthetic_and_leads_to_all_others(build, name):
    page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
    assert str(escape(NOTICE)) in page
    menu = page[page.index("<nav") : page.index("</nav>")]
    assert re.findall(r'href="(\w+)\.html"', menu) == ["index", *REPORTS]


def test_the_answer_stands_below_the_question(build):
    for name in [*REPORTS, "index"]:
        page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
        main = page[page.index("<main") :]
        assert main.index('class="cell answer"') < main.index("<h2"), name


def test_the_anchors_of_the_results_are_on_the_pages(build, results):
    for notebook, rows in results.dropna(subset="anchor").groupby("notebook"):
        page = (build / "reports" / f"{notebook}.html").read_text(encoding="utf-8")
        for anchor in rows["anchor"].unique():
            assert f'id="{anchor}"' in page


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_the_papers_tables_are_there_as_csv(build, number):
    table = pd.read_csv(build / "reports" / "tables" / f"table{number}.csv")
    assert len(table) == {3: 6, 4: 7, 5: 17, 6: 6}[number]


SIMULATED = re.compile(r'<i class="simulated"><span class="spoken">simulated </span>(.*?)</i>')


def test_simulated_numbers_look_and_sound_simulated_wherever_they_stand(build, results):
    """Each cell of a table that shows a result is set by what the result rests on."""
    checked = 0
    for name in REPORTS:
        page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
        of_page = results[(results["notebook"] == name) & results["anchor"].notna()]
        for anchor, rows in of_page.groupby("anchor"):
            line = re.search(rf'<tr id="{re.escape(anchor)}".*?</tr>', page, re.DOTALL)[0]
            cells = re.findall(r"<td.*?</td>", line, re.DOTALL)
            grey = sum(bool(SIMULATED.search(cell)) for cell in cells)
            numbers = rows[pd.to_numeric(rows["value"], errors="coerce").notna()]
            if (numbers["basis"] == "simulated").all():
                assert grey > 0 or numbers.empty, anchor
            if not (numbers["basis"] == "simulated").any():
                assert grey == 0, anchor
            checked += 1
    assert checked > 60


def test_no_number_of_the_paper_is_grey(build, published):
    text = (build / "reports" / "05_effectiveness.html").read_text(encoding="utf-8")
    grey = set(SIMULATED.findall(text))
    printed = published[published["statistic"] == "partial_eta_squared"]["printed"]
    assert {value.lstrip("0") for value in printed if value} & grey == set()


def test_every_figure_describes_what_it_shows(build):
    for name in [*REPORTS, "index"]:
        page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
        for alt in re.findall(r'<img alt="([^"]*)"', page):
            assert len(re.findall(r"\d", alt)) >= 4, (name, alt)


def test_a_mark_is_that_of_the_published_number(build, published, results):
    printed = published[published["printed"] != ""]["basis"].replace("printed", "published")
    assert results.loc[printed.index, "basis"].to_dict() == printed.to_dict()
    others = results[~results.index.isin(printed.index)]
    assert set(others["basis"]) == {"simulated", "derived"}
    derived = set(others.index[others["basis"] == "derived"])
    assert {"effectiveness.scs_total.d", "effectiveness.scs_total.adjusted_p"} <= derived
    assert not {"effectiveness.pss_total.d", "effectiveness.pss_total.F"} & derived


def test_pages_stay_small(build):
    sizes = {page.name: page.stat().st_size for page in (build / "reports").glob("*.html")}
    assert {name: size for name, size in sizes.items() if size > 250_000} == {}


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
