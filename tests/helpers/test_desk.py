"""The desk: results are named once; their basis, their look and who may see them follow."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from conftest import with_disclosure_control

from imp_common.errors import AnalysisError
from imp_helpers import desk as desks
from imp_helpers.desk import Desk
from imp_helpers.results import read_results
from imp_report.exhibits import outdated

EFFECTS = pd.DataFrame(
    {"partial_eta_squared": [0.11905, 0.0304], "F": [6.0813, 1.41], "n": [47, 47]},
    index=["scs_total", "pss_total"],
)


@pytest.fixture
def desk(facts, tmp_path):
    study, _ = facts
    return Desk("05_effectiveness", study.folder, tmp_path, study)


def grey(html):
    return re.findall(r'<i class="simulated"><span class="spoken">simulated </span>(.*?)</i>', html)


def test_what_is_printed_or_follows_is_ink_and_the_rest_is_grey(desk):
    html = desk.show("Table 5.1", EFFECTS, "Effects", ids="effectiveness").data
    assert ">.119</td>" in html
    assert ">6.08</td>" in html
    assert grey(html) == [".030", "1.41"]
    assert "Grey italics</i>: simulated." in html
    results = read_results(desk.out).set_index("id")
    assert results["basis"].to_dict() == {
        "effectiveness.scs_total.partial_eta_squared": "published",
        "effectiveness.scs_total.F": "derived",
        "effectiveness.pss_total.partial_eta_squared": "simulated",
        "effectiveness.pss_total.F": "simulated",
    }
    assert results["n"].eq(47).all()
    assert results.loc["effectiveness.scs_total.F", "anchor"] == "table-5-1.scs_total"


def test_a_value_that_contradicts_print_is_of_the_data(desk):
    desk.record(EFFECTS.assign(partial_eta_squared=0.2)[["partial_eta_squared"]], "effectiveness")
    assert not desk.is_from_print("scs_total.partial_eta_squared")


def test_numbers_have_the_papers_digits(desk):
    desk.record_values({"feasibility.grade_training.mean": 8.2083}, n=24)
    desk.record_values({"feasibility.recommend.yes.percent": 87.5}, n=24)
    said = desk.say(
        "{grade_training.mean} and {recommend.yes.percent}%, or {recommend.yes.percent:0}%"
    ).data
    assert "8.2 and 87.5%, or 88%" in said


def test_a_name_must_be_known_and_mean_one_result(desk):
    desk.record(EFFECTS, "effectiveness")
    assert "6.08" in desk.say("{scs_total.F}").data
    with pytest.raises(AnalysisError, match=r"{F} could be effectiveness.scs_total.F or"):
        desk.say("{F}")
    with pytest.raises(AnalysisError, match="no result"):
        desk.say("{scs_total.G}")


def test_p_below_a_thousandth_has_its_own_sign(desk):
    desk.record_values({"effectiveness.pss_total.p": 0.0004, "effectiveness.eq_total.p": 0.0234})
    said = desk.say("*p* {pss_total.p:=} and *p* {eq_total.p:=}").data
    assert "&lt; .001" in said
    assert "= .023" in said


def test_a_sentence_that_is_not_true_any_more_is_kept_for_the_build_to_name(desk):
    desk.say("All is well.", holds=True)
    assert "not true of these data" in desk.say("All is lost.", holds=False).data
    desk.show("Table 5.1", EFFECTS, "Two large effects", holds=False)
    assert outdated(desk.out) == [
        ("05_effectiveness", "All is lost."),
        (
            "05_effectiveness",
            "Two large effects (This sentence is not true of these data any more)",
        ),
    ]


def test_labels_from_a_study_are_text(desk):
    table = pd.DataFrame({"mean": [1.0]}, index=["<script>alert(1)</script>"])
    assert "<script>" not in desk.show("Table 5.1", table, "Means").data


def test_figures_are_matplotlibs_or_seaborns(desk):
    _, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    html = desk.figure("Figure 5.1", axes, "A line", EFFECTS[["F"]]).data
    assert 'alt="Self-compassion (SCS total): F 6.08; Stress (PSS): F 1.41."' in html
    assert html.count("<img") == html.count("<source") == 1
    with pytest.raises(AnalysisError, match="DataFrame is no figure"):
        desk.figure("Figure 5.2", EFFECTS, "No figure")


def test_exploring_leaves_the_reports_alone(facts, tmp_path, monkeypatch):
    study, _ = facts
    Desk("05_effectiveness", study.folder, tmp_path, study).show("Table 5.1", EFFECTS, "Effects")
    report = tmp_path / "reports" / "tables" / "table5_1.csv"
    before = report.read_bytes()
    monkeypatch.setattr(desks, "by_hand", lambda: True)
    explored = Desk("05_effectiveness", study.folder, tmp_path, study)
    explored.show("Table 5.1", EFFECTS.head(1), "Fewer effects")
    assert report.read_bytes() == before
    assert (tmp_path / "lab" / "reports" / "tables" / "table5_1.csv").is_file()


def test_a_small_count_takes_its_sentence_with_it(study, tmp_path):
    people = replace(study, kind="participants", settings=with_disclosure_control(study.settings))
    desk = Desk("06_adverse_events", people.folder, tmp_path, people)
    table = pd.DataFrame({"count": [2, 12], "n": [24, 24]}, index=["dreams", "none"])
    html = desk.show("Table 6.1", table, "Reports", ids="harms").data
    assert ">2</td>" not in html
    assert desk.say("{dreams.count:whole} had dreams.").data.strip() == ""
    saved = (tmp_path / "reports" / "tables" / "table6_1.csv").read_text()
    assert "2" not in saved.splitlines()[1].split(",")[1]
