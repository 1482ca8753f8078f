"""Figures: words stay as they were drawn, lines can be told apart without colours."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from imp_helpers.figures import drawing as figures
from imp_helpers.figures.drawing import lines_by_label, score_distributions, surface
from imp_report import style
from imp_report.style import svg_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _the_style():
    style.use_style()


def texts_of(svg):
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_coordinates_are_rounded_and_words_are_not():
    figure, axes = plt.subplots()
    axes.plot([0, 1 / 3, 1], [0, 2 / 3, 1])
    axes.set_title("tips at 0.0521, -0.1254 < r < 3.14159")
    svg = svg_of(figure)
    assert "tips at 0.0521, -0.1254 < r < 3.14159" in texts_of(svg)
    tags = b"".join(re.findall(rb"<[^>]+>", svg))
    assert re.search(rb' d="M', tags)
    assert not re.search(rb"\d\.\d{3}", tags)


def test_ticks_of_what_cannot_exceed_one_have_no_leading_zero():
    figure, axes = plt.subplots()
    axes.plot([-0.1, 0.3], [0, 10])
    figures.bound(axes.xaxis)
    texts = texts_of(svg_of(figure))
    assert {"−.10", ".00", ".20"} <= set(texts)
    assert {"0", "10"} <= set(texts)


def test_six_lines_differ_without_colours():
    table = pd.DataFrame(
        {"label": list("abcdef") * 2, "x": [0] * 6 + [1] * 6, "y": np.linspace(0, 1, 12)}
    )
    figure = lines_by_label(table, "x", "y", 0.8, {"x": "x", "y": "y"})
    drawn = figure.axes[0].lines[:6]
    assert len({(line.get_marker(), str(line._dash_pattern)) for line in drawn}) == 6
    assert len({line.get_color() for line in drawn}) == 6
    plt.close(figure)


def test_each_line_of_a_surface_is_labelled_within_the_picture():
    x, y = np.linspace(20, 200, 10), np.linspace(0.1, 0.8, 8)
    power = pd.DataFrame(1 - np.exp(-np.outer(y, x) / 20), index=y, columns=x)
    figure = surface(power, "n", "effect")
    axes = figure.axes[0]
    figure.canvas.draw()
    labels = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert set(labels) == {".4", ".6", ".8", ".9"}
    box = axes.get_window_extent()
    for extent in labels.values():
        assert box.x0 < extent.x0
        assert extent.x1 < box.x1
    plt.close(figure)


def test_each_score_has_a_point_beside_those_of_the_other_group(scores, study):
    outcome = study.main_outcomes[0]
    figure = score_distributions(scores, study, [outcome])
    training, control = figure.axes[0].collections
    groups = scores[scores["scale"] == outcome.id].groupby("group")["score"]
    for name, points in (("training", training), ("control", control)):
        assert sorted(points.get_offsets()[:, 1]) == sorted(groups.get_group(name))
    places = [set(points.get_offsets()[:, 0]) for points in (training, control)]
    assert not places[0] & places[1]
    assert len(training.get_paths()[0]) != len(control.get_paths()[0])
    plt.close(figure)


def test_of_many_people_a_random_sample_is_drawn_and_said(scores, study):
    many = pd.concat(
        [scores.assign(participant=scores["participant"] + f"-{n}") for n in range(10)]
    )
    outcomes = study.main_outcomes[:1]
    for draw in (score_distributions, figures.paired_change):
        assert draw(scores, study, outcomes).sampled == ""
        figure = draw(many, study, outcomes)
        assert "200 of the 470 participants" in figure.sampled
        points, lines = (
            sum(len(part.get_offsets()) for part in figure.axes[0].collections),
            sum(len(part.get_paths()) for part in figure.axes[0].collections),
        )
        assert (points if draw is score_distributions else 2 * lines) == 400
