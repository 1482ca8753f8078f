"""Interactive figures: what a page shows of them, and what follows from each choice."""

import itertools
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import with_disclosure_control

from imp_build.execution import VARIABLES
from imp_common.errors import AnalysisError, InputError, Problem
from imp_helpers.cleaning import write_facts
from imp_helpers.desk import Desk
from imp_helpers.statistics import change_scores
from imp_report import notebook_style
from imp_trials import multiverse, robustness

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def desk(study, tmp_path):
    write_facts(study, tmp_path)
    yield Desk("09_robustness", study.folder, tmp_path)
    plt.close("all")


@pytest.fixture
def peoples(desk, study):
    """Return the desk of a study of people."""
    settings = with_disclosure_control(study.settings)
    people = replace(study, kind="participants", settings=settings)
    desk.study, desk.gate = people, type(desk.gate)(people, desk.notebook, desk.out)
    return desk


@pytest.fixture(scope="module")
def any_outcome(scores, study):
    return robustness.AnyOutcome(scores, study)


@pytest.fixture(scope="module")
def clustering(scores, study, cleaned):
    tests = change_scores.contrasts(scores, study)
    return robustness.Clustering(tests, multiverse.cluster_sizes(cleaned.participants), 0.05)


@pytest.fixture
def explorations(any_outcome, clustering):
    return [any_outcome, clustering]


# ---------------------------------------------------------------- a page or a person


@pytest.mark.parametrize(
    ("page", "kernel", "installed", "plays"),
    [(False, True, True, True), (True, True, True, False), (False, False, True, False),
     (False, True, False, False)],
)  # fmt: skip
def test_who_can_play(monkeypatch, page, kernel, installed, plays):
    shell = type("Shell", (), {"kernel": object()})() if kernel else None
    monkeypatch.setattr(notebook_style, "get_ipython", lambda: shell)
    monkeypatch.setattr(notebook_style, "find_spec", lambda name: object() if installed else None)
    monkeypatch.setenv(notebook_style.PAGE, "1") if page else monkeypatch.delenv(
        notebook_style.PAGE, False
    )
    assert notebook_style.can_play() == plays
    assert (notebook_style.styled("<figure>") == "<figure>") == (page or not kernel)


def test_notebook_processes_know_that_a_page_is_made():
    assert notebook_style.PAGE in VARIABLES


def test_an_error_that_a_user_can_mend_is_shown_without_a_traceback():
    assert AnalysisError("Run this first.")._render_traceback_() == ["Run this first."]
    problems = InputError([Problem("a.csv", "x", "y", "Mend it.")])._render_traceback_()
    assert problems[1:] == ["  1. a.csv: found x; allowed: y. Mend it."]


def test_a_page_shows_the_overview_of_an_exploration(desk, explorations):
    for number, exploration in enumerate(explorations, 1):
        html = robustness.show(desk, exploration, f"Figure 9.{number}", "A caption").data
        assert f'id="figure-9-{number}"' in html
        assert "A caption" in html
        assert 'alt="' in html
        file = desk.out / "reports" / "figures" / f"figure-9-{number}.svg"
        assert file.read_text("utf-8").startswith("<?xml")


# ---------------------------------------------------------------- choices


def options(choice):
    return [value for _, value in choice] if isinstance(choice, list) else [*choice[:2], choice[3]]


def test_every_choice_of_every_exploration_is_answered(explorations):
    for exploration in explorations:
        several = [options(choice) for choice in exploration.choices.values()]
        for chosen in itertools.product(several[0][-3:], *several[1:]):
            view = exploration.choice(*chosen)
            figure, words, _ = view
            assert words.endswith(".")
            assert "nan" not in words
            plt.close(figure)


def test_test_distribution_and_change_follow_the_choice(any_outcome, study):
    stress = next(outcome for outcome in study.outcomes if outcome.id == "pss_total")
    figure, words, _ = any_outcome.choice(stress, ["training", "control"], "change", "none")
    assert words.startswith("Stress (PSS), as scored. Time × group: F(1, 45) = 1.38, p = .246")
    assert len(figure.axes[1].collections[0].get_offsets()) == 25
    figure, words, _ = any_outcome.choice(stress, ["control"], "change", "rank")
    assert words.startswith("Stress (PSS), rank. Time: F(1, 21)")
    assert len(figure.axes[0].collections[0].get_segments()) == 22
    figure, words, _ = any_outcome.choice(stress, ["training", "control"], "change", "log")
    assert figure is None
    assert words == "Stress (PSS). Logarithm cannot be applied here: it requires scores above zero."


def test_conclusions_hold_before_their_tipping_point_and_not_behind_it(clustering):
    for label, icc in clustering.tips.items():
        assert f"{label} remains significant" in clustering.choice(icc - 0.001).words
        assert f"{label} is no longer significant" in clustering.choice(icc + 0.001).words
    assert len(clustering.tips) == 3
    # 14 and 11 people: 1 + .1 * (317 / 25 - 1).
    assert "design effect 2.17" in clustering.choice(0.1).words


def test_the_tipping_points_lie_on_the_curve(clustering):
    for label, icc in clustering.tips.items():
        rows = clustering.curve[clustering.curve["label"] == label]
        assert np.interp(icc, rows["icc"], rows["p"]) == pytest.approx(0.05, abs=1e-4)


def test_without_a_significant_outcome_nothing_tips(clustering):
    tests = clustering.significant.assign(p=0.5)
    none = robustness.Clustering(tests, clustering.sizes, 0.05)
    assert none.in_short() == ["No primary outcome is significant to begin with."]
    assert none.choice(0.1).words == "ICC .100: no primary outcome is significant to begin with."


def test_a_sketch_of_synthetic_data_says_so_and_is_not_saved(desk, any_outcome, study):
    chosen = (study.outcomes[0], ["training", "control"], "change", "none")
    html = robustness.sketch(desk, *any_outcome.choice(*chosen))
    assert "Simulated data." in html
    assert "F(1, 45) = 3.13" in html
    assert "n = 25 and 22." in html
    assert not (desk.out / "reports").exists()


def test_a_sketch_of_people_is_anonymous_and_not_for_publication(peoples, any_outcome, study):
    figure, *about = any_outcome.choice(study.outcomes[0], ["training"], "change", "none")
    html = robustness.sketch(peoples, figure, *about)
    assert "For exploring, not for publication." in html
    order = figure.axes[1].collections[0].get_offsets()[:, 1]
    assert (np.diff(order) >= 0).all()
    assert "n = 2." not in robustness.sketch(peoples, None, "Few.", [(2, 25)])


def test_a_sketch_without_a_figure_is_words(desk):
    html = robustness.sketch(desk, None, "Not for <b>this</b>.")
    assert "<img" not in html
    assert "Not for &lt;b&gt;this&lt;/b&gt;." in html
