"""The front page: the answer from the results, the fingerprint, what there is to take along."""

import re
from dataclasses import replace

import pandas as pd

from imp_build.front_page import answer_of
from imp_helpers.display.exhibits import read_exhibits


def test_the_answer_has_a_row_a_main_measure_and_counts_them(build, study):
    answer = answer_of(study, build)
    main = [outcome for outcome in study.outcomes if outcome.family == "main"]
    assert [row[0] for row in answer.rows] == [outcome.scale.label for outcome in main]
    assert answer.people == [("Training", "25", "published"), ("Control", "22", "published")]
    named = [label for label, cells in answer.rows if float(cells[-2][0].lstrip("< ")) < 0.05]
    assert answer.changed == named
    assert answer.tested == len(main)
    # Holm's smallest p is that of the six times six, .0175 x 6.
    assert answer.holm == {"tests": 6, "kept": [], "smallest": ".105", "basis": "derived"}
    page = (build / "reports" / "index.html").read_text(encoding="utf-8")
    assert "family of 6 primary outcomes, none remains significant" in page


def test_each_number_at_a_glance_bears_its_mark(build, study):
    rows = dict(answer_of(study, build).rows)
    bases = [basis for _, basis in rows["Self-compassion (SCS total)"]]
    assert bases == ["simulated", "simulated", "derived", "derived", "published"]
    assert {basis for _, basis in rows["Stress (PSS)"]} == {"simulated"}
    page = (build / "reports" / "index.html").read_text(encoding="utf-8")
    assert '<td class="number published">.119ᵖ</td>' in page


def test_the_change_is_that_between_the_two_times_that_are_analysed(build, study):
    times = [*study.times, replace(study.times[-1], id="follow_up")]
    longer = replace(study, times=tuple(times))
    assert longer.analysed_times == study.analysed_times
    assert answer_of(longer, build) == answer_of(study, build)
    assert all(
        re.fullmatch(r"−?\d+\.\d\d", cells[0][0]) for _, cells in answer_of(longer, build).rows
    )


def test_the_front_page_says_how_far_the_printed_numbers_hold(build):
    text = (build / "reports" / "index.html").read_text(encoding="utf-8")
    checks = pd.read_csv(build / "reports" / "tables" / "table7_4.csv")
    decided = checks["consistent"].sum() + checks["inconsistent"].sum()
    assert f"{decided} checks could be applied, and none found a contradiction" in text


def test_without_results_there_is_no_answer(study, tmp_path):
    assert answer_of(study, tmp_path) is None


def test_every_saved_table_and_figure_is_offered_with_its_caption(build):
    reports = build / "reports"
    offered = read_exhibits(build)
    files = {
        f"{p.parent.name}/{p.name}"
        for kind in ("tables", "figures")
        for p in (reports / kind).iterdir()
    }
    files |= {"ledger.csv", "beyond_the_paper.csv"}
    assert {exhibit.file for exhibit in offered} == files
    assert all(exhibit.caption and "<" not in exhibit.caption for exhibit in offered)


def test_each_page_links_its_tables_and_figures_to_themselves_and_their_files(build):
    for page in (build / "reports").glob("[0-9]*.html"):
        text = page.read_text(encoding="utf-8")
        ids = re.findall(r'<figure class="[^"]*" id="([^"]+)"', text)
        assert ids == re.findall(r'<p class="take"><a href="#([^"]+)"', text)
        files = re.findall(r'<a href="([^"]+)" download=""', text)
        assert len(files) == len(ids)
        assert all((page.parent / file).is_file() for file in files)
