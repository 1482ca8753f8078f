"""Scores against published vectors and hand-computed values, and the rule for missing answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imp_helpers import scoring
from imp_intake.settings.instruments import find_key_file, read_instrument


def key_of(study, name):
    return read_instrument(find_key_file(name, study.folder))


def score(key, answers, most_missing=0.0):
    """Return the scores of one person by scale; None is a missing answer."""
    table = pd.DataFrame([answers], columns=key.item_names, dtype="Int64")
    points = scoring.keyed_points(table, key)
    return {
        scale.id: scoring.score_scale(points, key, scale, most_missing)["score"].iloc[0]
        for scale in key.scales
    }


# Vectors of a public implementation of the 26-item form: kindness, judgement (reversed), humanity,
# isolation (reversed), mindfulness, over-identification (reversed), mean of items, mean of six.
SCS_VECTORS = {
    "12514111511413414141144233": (3.8, 5.0, 2.75, 4.5, 4.0, 4.5, 4.115385, 4.091667),
    "43423243532435415231355244": (3.8, 3.4, 3.75, 3.25, 5.0, 4.0, 3.846154, 3.866667),
    "33423443442325534333343324": (3.2, 3.2, 4.25, 3.75, 4.25, 2.75, 3.538462, 3.566667),
    "25444434443355534434343333": (3.2, 3.0, 4.0, 2.0, 4.25, 2.0, 3.076923, 3.075),
}


@pytest.mark.parametrize("answers", SCS_VECTORS)
def test_self_compassion_26_items(study, answers):
    *subscales, mean_of_items, mean_of_six = SCS_VECTORS[answers]
    key = key_of(study, "scs_26")
    scores = score(key, list(map(int, answers)))
    assert list(scores.values())[:6] == pytest.approx(subscales)
    assert scores["scs_total"] == pytest.approx(mean_of_items, abs=1e-6)
    file = find_key_file("scs_26", study.folder)
    other_rule = read_instrument(file, {"total_rule": "mean_of_scales"})
    scores = score(other_rule, list(map(int, answers)))
    assert scores["scs_total"] == pytest.approx(mean_of_six, abs=1e-6)


@pytest.mark.parametrize(
    ("answers", "total"), [("2123313321", 13), ("2113313320", 11), ("1023411320", 11)]
)
def test_perceived_stress_vectors(study, answers, total):
    assert score(key_of(study, "pss"), list(map(int, answers)))["pss_total"] == total


@pytest.mark.parametrize(("answer", "total"), [(0, 42), (1, 21), (2, 19), (3, 38)])
def test_empathy_of_uniform_answers(study, answer, total):
    """21 agree-keyed and 19 disagree-keyed items with points 2, 1, 0, 0."""
    assert score(key_of(study, "eq"), [answer] * 40)["eq_total"] == total


@pytest.mark.parametrize(("strength", "total"), [(0, 80), (1, 40), (2, 0), (3, 0)])
def test_empathy_of_answers_in_the_keyed_direction(study, strength, total):
    key = key_of(study, "eq")
    reversed_items = key.reverse_keyed
    answers = [3 - strength if name in reversed_items else strength for name in key.item_names]
    assert score(key, answers)["eq_total"] == total


@pytest.mark.parametrize(
    ("answer", "expected"), [(1, (10, 30, 10, 40)), (3, (30, 30, 30, 60)), (5, (50, 30, 50, 80))]
)
def test_professional_quality_of_life_of_uniform_answers(study, answer, expected):
    assert tuple(score(key_of(study, "proqol"), [answer] * 30).values()) == expected


def test_mindfulness_facets_by_hand(study):
    """All answers 1: an unreversed item gives 1 point, a reversed one 5."""
    scores = score(key_of(study, "ffmq"), [1] * 39)
    assert scores["ffmq_observing"] == 8
    assert scores["ffmq_describing"] == 5 + 3 * 5
    assert scores["ffmq_acting_with_awareness"] == 40
    assert scores["ffmq_nonreactivity"] == 7
    assert scores["ffmq_total"] == 8 + 20 + 40 + 40 + 7


def test_two_of_ten_missing_are_prorated_and_three_are_not(study):
    key = key_of(study, "pss")
    answers = [None, None, 2, 2, 2, 2, 2, 2, 2, 2]
    assert score(key, answers, most_missing=0.2)["pss_total"] == 20
    assert np.isnan(score(key, [None, *answers[:9]], most_missing=0.2)["pss_total"])
    assert np.isnan(score(key, answers)["pss_total"])


def test_a_mean_of_scale_means_needs_every_part(study):
    file = find_key_file("scs_26", study.folder)
    key = read_instrument(file, {"total_rule": "mean_of_scales"})
    answers = [3] * 26
    for item in (3, 7):
        answers[item - 1] = None
    scores = score(key, answers, most_missing=0.2)
    assert np.isnan(scores["scs_common_humanity"])
    assert np.isnan(scores["scs_total"])


@given(data=st.data())
def test_turning_round_twice_changes_nothing(study, data):
    key = key_of(study, "ffmq")
    answers = data.draw(st.lists(st.integers(1, 5), min_size=39, max_size=39))
    table = pd.DataFrame([answers], columns=key.item_names, dtype="Int64")
    once = scoring.keyed_points(table, key)
    twice = scoring.keyed_points(once.astype("Int64"), key)
    assert twice.to_numpy().tolist() == [[float(answer) for answer in answers]]


@given(data=st.data())
def test_scores_stay_in_their_range_and_totals_are_sums_of_parts(study, data):
    for key in study.instruments:
        answer = st.integers(key.lowest_answer, key.highest_answer)
        length = key.number_of_items
        scores = score(key, data.draw(st.lists(answer, min_size=length, max_size=length)))
        for scale in key.scales:
            assert scale.lowest <= scores[scale.id] <= scale.highest
            if scale.parts and scale.rule == "sum":
                assert scores[scale.id] == sum(scores[part] for part in scale.parts)


def test_every_score_of_the_study_is_there(study, scores):
    assert len(scores) == 94 * len(study.scales)
    assert scores["score"].notna().all()
    assert scores["prorated"].sum() == 0


def test_the_key_table_marks_reversed_items(study):
    table = scoring.key_table(study).set_index("label")
    assert table.loc["Stress (PSS)", "items"] == "1 2 3 4R 5R 6 7R 8R 9 10"


def test_alternative_keys_give_what_a_study_with_that_key_would(facts, cleaned):
    """Plain sums of 0 to 3 range over 0-120: an agree-keyed answer a has 3 - a points."""
    study, _ = facts
    table = scoring.alternative_keys(cleaned.answers, cleaned.participants, study)
    assert table["keys"].tolist() == [24, 1, 1]
    sums = table[table["setting"] == "points_by_answer"].iloc[0]
    key = next(key for key in study.instruments if key.id == "eq")
    given = cleaned.answers[key.item_names].astype(float)
    plain = given.apply(lambda item: item if item.name in key.reverse_keyed else 3 - item)
    first = cleaned.answers["time"] == "baseline"
    assert sums["mean_low"] == pytest.approx(40 * plain[first].mean(axis=1).mean())
    assert sums["partial_eta_squared"] == pytest.approx(0.109, abs=0.0005)
    pairs = table[table["setting"] == "left_out"].iloc[0]
    assert pairs["alpha_low"] < pairs["alpha_high"] < pairs["alpha"]


def test_answers_on_a_slider_are_their_own_points(tmp_path):
    """Of 2.5, 7.25 reversed on 0 to 10 (2.75) and 4, the mean is 9.25 / 3."""
    (tmp_path / "slider.toml").write_text(
        'id = "slider"\nname = "Slider"\nnumber_of_items = 3\nlowest_answer = 0\n'
        'highest_answer = 10\ndecimals = true\nscales.total = "1 2R 3"\n'
        'scoring.scale_rule = "mean"\n',
        encoding="utf-8",
    )
    key = read_instrument(tmp_path / "slider.toml")
    given = pd.DataFrame([[2.5, 7.25, 4.0]], columns=key.item_names)
    score = scoring.score_scale(scoring.keyed_points(given, key), key, key.scales[0], 0.0)
    assert score["score"].tolist() == pytest.approx([9.25 / 3])
