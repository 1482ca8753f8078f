"""What a notebook's desk does with tables, figures and results."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from imp_common.errors import AnalysisError
from imp_helpers.results import results_of
from imp_helpers.workspace import Workspace
from imp_report.table import simulated


@pytest.fixture
def workspace(study, tmp_path):
    return Workspace("05_effectiveness", study.folder, tmp_path)


def test_a_table_shows_labels_and_saves_ids(workspace):
    table = pd.DataFrame({"group": ["training"], "scale": ["pss_total"], "mean": [1 / 3]})
    html = workspace.table(table, "table-5-1", "A caption").data
    assert "Training" in html
    assert "Stress (PSS)" in html
    assert "All numbers are simulated" in html
    saved = (workspace.out / "reports" / "tables" / "table5_1.csv").read_text()
    assert saved == "group,scale,mean,basis\ntraining,pss_total,0.3333333333333333,simulated\n"


def test_a_figure_says_in_words_what_it_shows_and_that_it_is_synthetic(workspace):
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    html = workspace.figure(figure, "figure-5-1", "A line", "It rises from 1 to 2.").data
    assert 'alt="All numbers are simulated. It rises from 1 to 2."' in html
    assert (
        (workspace.out / "reports" / "figures" / "figure-5-1.svg").read_bytes().startswith(b"<?xml")
    )


def test_the_same_figure_has_the_same_bytes(workspace):
    def drawn():
        figure, axes = plt.subplots()
        axes.scatter([1, 2], [3, 4])
        return workspace.figure(figure, "figure-5-1", "", "").data

    assert drawn() == drawn()


def test_each_number_of_a_table_says_what_it_rests_on(workspace):
    table = pd.DataFrame({"scale": ["scs_total", "pss_total"], "mean": [3.0, 4.0]})
    table = table.assign(partial_eta_squared=[0.11905, 0.01], p=[0.0175, 0.5])
    table = workspace.bases.derived(table, ["p"])
    results = results_of(table, "effectiveness.{scale}.{statistic}", ["partial_eta_squared", "p"])
    assert workspace.record(results, "table-5")["basis"].tolist() == [
        "published", "derived", "simulated", "simulated"
    ]  # fmt: skip
    html = workspace.table(table, "table-5", "A caption").data
    assert 'data-label="ηp²">.119</td>' in html
    assert 'data-label="p">.018</td>' in html
    assert f'data-label="ηp²">{simulated(".010")}</td>' in html
    assert f'data-label="M">{simulated("3.00")}</td>' in html
    assert "Grey italics: simulated." in html
    saved = pd.read_csv(workspace.out / "reports" / "tables" / "table5.csv")
    assert saved["partial_eta_squared_basis"].tolist() == ["published", "simulated"]


def test_a_value_that_differs_from_print_is_not_published(workspace):
    assert workspace.bases.of("effectiveness.power", 0.6992) == "published"
    assert workspace.bases.of("effectiveness.power", 0.8) == "simulated"
    assert workspace.bases.of("effectiveness.scs_total.significance", "significant") == "published"


def test_facts_bear_no_note_of_synthetic_data_and_an_unknown_basis_is_refused(workspace):
    table = pd.DataFrame({"item": ["1"], "answer": ["Why"]})
    assert "ynthetic" not in workspace.table(table, "table-5-1", "Facts", basis="fact").data
    with pytest.raises(AnalysisError, match="is no basis"):
        workspace.table(table, "table-5-1", "Facts", basis="guess")


def test_an_unknown_label_is_refused(workspace):
    with pytest.raises(AnalysisError, match="exploratory"):
        workspace.record([], "table-5", label="significant")


def test_reading_before_the_earlier_notebook_ran(workspace):
    with pytest.raises(AnalysisError, match=r"Run 02_scoring\.ipynb first"):
        workspace.read("scores")


def test_a_page_may_show_other_columns_than_are_saved(workspace):
    table = pd.DataFrame({"id": ["a.b"], "value": [1.5]})
    shown = pd.DataFrame({"Quantity": ["Mean of a"]})
    html = workspace.table(table, "table-7-1", "A caption", file="ledger.csv", shown=shown).data
    assert "Mean of a" in html
    assert ">a.b<" not in html
    saved = (workspace.out / "reports" / "ledger.csv").read_text()
    assert saved == "id,value,basis\na.b,1.5,simulated\n"


def test_a_study_without_published_numbers_has_none(study_folder, tmp_path):
    (study_folder / "published" / "statistics.csv").unlink()
    desk = Workspace("05_effectiveness", study_folder, tmp_path)
    assert desk.published.empty
    assert desk.printed == {}
