"""The front page: the answer from the results, the fingerprint, what there is to take along."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from imp_build.front_page import answer_of
from imp_helpers.display.exhibits import read_exhibits


def test_the_answer_has_a_row_a_main_measure_and_counts_them(build, study):
    answer = answer_of(study, build)
    main = [outcome.label for outcome in study.outcomes if outcome.family == "main"]
    assert [row["label"] for row in answer["rows"]] == main
    assert answer["people"] == {"Training": 25, "Control": 22}
    assert answer["changed"] == [row["label"] for row in answer["rows"] if row["p"] < 0.05]
    assert (answer["tested"], answer["basis"]) == (len(main), "derived")
    # Holm's smallest p is that of the six times six, .0175 x 6.
    assert len(answer["holm"]) == 6
    assert min(answer["holm"].values()) == pytest.approx(0.105, abs=0.0005)
    assert answer["kept"] == []
    page = (build / "reports" / "index.html").read_text(encoding="utf-8")
    assert "family of 6 primary outcomes, none remains significant" in page
    assert "the smallest adjusted p is .105ᵈ." in page


def test_each_number_at_a_glance_bears_its_mark(build, study):
    rows = {row["label"]: row for row in answer_of(study, build)["rows"]}
    row = rows["Self-compassion (SCS total)"]
    bases = [cell.basis for cell in (*row["changes"], row["F"], row["p"])]
    assert bases == ["simulated", "simulated", "derived", "derived"]
    assert row["partial_eta_squared"].basis == "published"
    assert rows["Stress (PSS)"]["p"].basis == "simulated"
    page = (build / "reports" / "index.html").read_text(encoding="utf-8")
    assert '<td class="number published">.119ᵖ</td>' in page


def test_the_change_is_that_between_the_two_times_that_are_analysed(build, study):
    times = [*study.times, replace(study.times[-1], id="follow_up")]
    longer = replace(study, times=tuple(times))
    assert longer.analysed_times == study.analysed_times
    assert answer_of(longer, build) == answer_of(study, build)
    assert all(None not in row["changes"] for row in answer_of(longer, build)["rows"])


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
