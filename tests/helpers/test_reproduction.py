"""The ledger: each status, what is an error, and what a reader sees of it."""

import csv
import dataclasses
import re

import pandas as pd
import pytest
import synthetic

from imp_common.errors import AnalysisError
from imp_helpers import cleaning, effectiveness, reproduction, scoring
from imp_helpers.results import read_results
from imp_helpers.statistics import change_scores
from imp_intake.settings.study import read_study
from imp_printed.printed_numbers import agreement
from imp_printed.published import read_published

SHRINKS = "feasibility.relevance_profession.slightly.percent"


@pytest.fixture
def published(study):
    return read_published(study.folder / "published" / "statistics.csv")


@pytest.fixture
def results(build):
    return read_results(build)


def changed(table, name, **cells):
    """Return a copy of a table with other cells in the row of one id."""
    table = table.copy()
    for column, value in cells.items():
        table.loc[table["id"] == name, column] = value
    return table


def row_of(published, results, study, name, rounding="half_up"):
    table = reproduction.ledger(published, results, study, rounding)
    return table.set_index("id").loc[name]


def test_there_is_a_row_for_each_row_of_the_table(published, results, study):
    table = reproduction.ledger(published, results, study)
    assert table["id"].tolist() == published["id"].tolist()
    assert set(table["status"]) <= set(reproduction.STATUSES)


@pytest.mark.parametrize(
    ("printed", "value", "rounding", "status", "rounded", "difference"),
    [
        ("13", "12.5", "half_up", "agrees", "13", 0),
        ("12", "12.5", "half_up", "agrees by another rounding", "13", 1),
        ("12", "12.5", "half_even", "agrees", "13", 1),
        ("12", "12.5", "either", "agrees", "13", 1),
        ("12", "12.9", "half_up", "agrees by another rounding", "13", 1),
        ("12", "12.9", "either", "agrees by another rounding", "13", 1),
        ("12.50", "12.5", "half_up", "agrees", "12.50", 0),
        ("12.5", "12.7", "half_up", "differs", "12.7", 2),
        ("12.5", "12.44", "half_up", "differs", "12.4", -1),
    ],
)
def test_a_number_is_compared_at_its_printed_precision(
    published, results, study, printed, value, rounding, status, rounded, difference
):
    row = row_of(
        changed(published, SHRINKS, printed=printed),
        changed(results, SHRINKS, value=value),
        study,
        SHRINKS,
        rounding,
    )
    assert (row["status"], row["rounded"], row["difference"]) == (status, rounded, difference)
    assert row["computed"] == value


def test_a_difference_is_told_in_units_of_the_last_digit(published, results, study):
    row = row_of(published, changed(results, SHRINKS, value="15.0"), study, SHRINKS)
    assert row["detail"] == "2 units of the last printed digit higher."


def test_a_derived_number_agrees_anywhere_in_what_it_is_derived_from(published, results, study):
    # F(1, 45) = 45 x / (1 - x): from .1185 it is 6.049, from .1195 it is 6.107.
    name = "effectiveness.scs_total.F"
    for value, status in (("6.05", "agrees"), ("6.10", "agrees"), ("6.04", "differs")):
        row = row_of(published, changed(results, name, value=value), study, name)
        assert row["status"] == status
    row = row_of(published, changed(results, name, value="6.05"), study, name)
    assert "follows from the printed numbers" in row["detail"]


def test_a_claim_agrees_or_differs(published, results, study):
    name = "effectiveness.pss_total.significance"
    assert row_of(published, results, study, name)["status"] == "agrees"
    row = row_of(published, changed(results, name, value="significant"), study, name)
    assert (row["status"], row["rounded"]) == ("differs", "significant")


def test_a_blank_cell_shows_our_value_and_that_it_is_synthetic(published, results, study):
    name = "effectiveness.pss_total.mean.training.baseline"
    row = row_of(published, results, study, name)
    assert (row["status"], row["detail"]) == ("not printed", "")
    assert row["rounded"] == f"{float(row['computed']):.2f}"


def test_a_filled_in_cell_is_compared(published, results, study):
    name = "effectiveness.pss_total.mean.training.baseline"
    filled = changed(published, name, printed="99.9", basis="printed")
    assert row_of(filled, results, study, name)["status"] == "differs"


def test_another_n_is_told(published, results, study):
    row = row_of(published, changed(results, SHRINKS, n=23), study, SHRINKS)
    assert row["detail"] == "Computed from n = 23."


def test_synthetic_data_follow_a_cell_that_is_filled_in(study_folder):
    filled = {
        "mean.training.baseline": "15.3",
        "sd.training.baseline": "5.2",
        "mean.training.post": "13.1",
        "sd.training.post": "4.9",
    }
    file = study_folder / "published" / "statistics.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    for name, printed in filled.items():
        table.loc[table["id"] == f"effectiveness.pss_total.{name}", "printed"] = printed
    table.to_csv(file, index=False)

    synthetic.make_study(study_folder)

    study = read_study(study_folder)
    cleaned = cleaning.clean(study, cleaning.read_raw_files(study))
    points = scoring.points_table(cleaned.answers, study)
    scores = scoring.with_groups(scoring.score_all(points, study), cleaned.participants)
    table, contrasts = effectiveness.table_5(scores, study), change_scores.contrasts(scores, study)
    computed = effectiveness.table_5_results(table, contrasts, study)
    values = {found["id"]: found["value"] for found in computed}
    rows = read_published(file).set_index("id")
    for name, printed in filled.items():
        name = f"effectiveness.pss_total.{name}"
        assert rows.loc[name, "basis"] == "printed"
        assert agreement(printed, values[name]).status == "agrees"
    assert agreement("0.119", values["effectiveness.scs_total.partial_eta_squared"]).status == (
        "agrees"
    )
    assert values["effectiveness.pss_total.significance"] == "not_significant"


# ---------------------------------------------------------------- gaps


def test_numbers_that_nobody_computes_are_all_named(published, results, study):
    gone = ["reliability.pss_total.alpha", "effectiveness.power", "harms.adverse.awareness"]
    gone = [name for name in gone if name in set(published["id"])]
    with pytest.raises(AnalysisError) as caught:
        reproduction.ledger(published, results[~results["id"].isin(gone)], study)
    assert all(name in str(caught.value) for name in gone)


def test_results_without_a_row_are_listed_beyond_the_paper(published, results, study):
    stray = pd.concat([results, results.head(2).assign(id=["a.b", "c.d"], label="as published")])
    table = reproduction.ledger(published, stray, study)
    assert table.equals(reproduction.ledger(published, results, study))
    beyond = reproduction.beyond_the_paper(stray, published)
    assert {"a.b", "c.d"} <= set(beyond["id"])
    assert not set(beyond["id"]) & set(published["id"])


def test_what_the_study_has_no_file_for_cannot_be_computed(published, results, study_folder):
    text = (study_folder / "study.toml").read_text(encoding="utf-8")
    start, end = text.index("[evaluation]"), text.index("[sessions]")
    (study_folder / "study.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    table = reproduction.ledger(
        published, results[results["notebook"] != "06_adverse_events"], read_study(study_folder)
    )
    harms = table[table["section"] == "harms"]
    assert set(harms["status"]) == {"cannot be computed from these data"}
    assert set(harms["detail"]) == {"study.toml names no evaluation file."}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("group", "waiting_list", "no group waiting_list"),
        ("time", "follow_up", "no time follow_up"),
        ("variable", "maas_total", "no outcome maas_total"),
    ],
)
def test_what_the_study_does_not_have_cannot_be_computed(
    published, results, study, column, value, reason
):
    name = "effectiveness.pss_total.mean.training.baseline"
    missing = results[results["id"] != name]
    row = row_of(changed(published, name, **{column: value}), missing, study, name)
    assert row["status"] == "cannot be computed from these data"
    assert reason in row["detail"]


def test_what_the_programme_asks_for_is_in_no_data(published, results, study):
    table = reproduction.ledger(published, results, study)
    facts = table[table["section"] == "programme"]
    assert facts["printed"].tolist() == ["45", "60", "10", "14"]
    assert set(facts["status"]) == {"cannot be computed from these data"}
    assert table["status"].value_counts().to_dict() == {
        "not printed": 216,
        "agrees": 149,
        "cannot be computed from these data": 4,
    }


def test_home_practice_is_compared_with_what_the_programme_asks_for(published, results, study):
    # 92.4 minutes of exercises and 28.7 of studying a week are 17.3 a day, 38 % of 45.
    asked, reported = reproduction.home_practice(published, results, study)
    assert "45 to 60 minutes" in asked
    assert "{feasibility.home_practice.mean:1} minutes a week, 38% of" in reported
    withheld = changed(results, "feasibility.home_practice.mean", value="suppressed")
    for rows in (withheld, results.head(0)):
        assert reproduction.home_practice(published, rows, study) == []


def test_a_result_without_a_value_cannot_be_computed(published, results, study):
    row = row_of(published, changed(results, SHRINKS, value=None), study, SHRINKS)
    assert row["status"] == "cannot be computed from these data"
    assert row["detail"] == "The data give no value."


def test_a_word_where_a_number_belongs_is_named(published, results, study):
    with pytest.raises(AnalysisError, match=SHRINKS):
        reproduction.ledger(published, changed(results, SHRINKS, value="many"), study)


def test_without_published_numbers_there_is_an_empty_ledger(published, results, study):
    table = reproduction.ledger(published.head(0), results, study)
    assert table.empty
    assert reproduction.totals(table)["all"].sum() == 0


# ---------------------------------------------------------------- what a reader sees


def test_totals_add_up(published, results, study):
    counts = reproduction.totals(reproduction.ledger(published, results, study))
    assert counts.iloc[-1]["all"] == len(published)
    assert counts.iloc[:-1]["all"].sum() == len(published)


def test_the_answer_names_each_deviation(published, results, study):
    table = reproduction.ledger(published, changed(results, SHRINKS, value="15.0"), study)
    text = " ".join(reproduction.in_short(table, study))
    assert "Differs: 1" in text
    assert "printed 13, computed 15" in text
    assert "verifies the code, not the study" in text


def test_the_saved_ledger_holds_what_was_promised(build, published):
    with (build / "reports" / "ledger.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {"id", "place", "quantity", "printed", "computed", "status"} <= set(rows[0])
    assert [row["id"] for row in rows] == published["id"].tolist()
    assert [row["printed"] for row in rows] == published["printed"].tolist()


def test_every_link_of_the_ledger_leads_to_a_row_or_a_table(build):
    page = (build / "reports" / "07_reproduction.html").read_text(encoding="utf-8")
    targets = set(re.findall(r'href="(\d\d_\w+\.html)#([^"]+)"', page))
    assert len(targets) > 40
    assert ("05_effectiveness.html", "table-5-2.scs_total") in targets
    for file, anchor in targets:
        assert f'id="{anchor}"' in (build / "reports" / file).read_text(encoding="utf-8"), anchor


def test_the_front_page_shows_the_totals(build):
    page = (build / "reports" / "index.html").read_text(encoding="utf-8")
    answer = page[page.index("7 Reproduction</a></h3>") :]
    assert "149 of 153, the other four being features of the programme" in " ".join(answer.split())


def test_a_study_without_a_form_cannot_say_how_many_came_back(study):
    settings = study.settings.model_copy(update={"evaluation": None})
    without = dataclasses.replace(study, settings=settings)
    row = {"section": "sample", "variable": "evaluation_form", "statistic": "count"}
    row |= {"group": "training", "time": "post"}
    assert "no evaluation file" in reproduction.why_not_computable(row, without)
    assert reproduction.why_not_computable(row, study) == ""


def test_a_list_without_ages_has_no_mean_age(study):
    participants = study.settings.participants.model_copy(update={"age": None})
    without = dataclasses.replace(
        study, settings=study.settings.model_copy(update={"participants": participants})
    )
    row = {
        "section": "sample",
        "variable": "age",
        "statistic": "mean",
        "group": "total",
        "time": "",
    }
    assert "no column for age" in reproduction.why_not_computable(row, without)
