"""Scores that were computed elsewhere, in a trial with five times and drop-out (HSAUR2)."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from imp_common.errors import InputError
from imp_helpers import cleaning, reliability, scoring
from imp_intake.settings.study import read_study

SCORES = Path(__file__).parent.parent / "reference" / "several_arms" / "beat_the_blues.csv"
TIMES = ("pre", "m2", "m3", "m5", "m8")
SETTINGS = """
analysed_times = ["pre", "m2"]
[study]
title = "Beat the Blues"
kind = "participants"
allocation = "randomised"
primary_analysis = "ancova"
[groups]
beat_the_blues = { role = "intervention" }
usual_care = { role = "control" }
[times]
pre = {}
m2 = {}
m3 = {}
m5 = {}
m8 = {}
[participants]
file = "scores.csv"
participant = "participant"
group = "group"
[questionnaires]
file = "scores.csv"
participant = "participant"
[questionnaires.scores]
depression = { column = "depression_{time}", lowest = 0, highest = 63 }
[[outcomes]]
scale = "depression"
better = "lower"
"""


def study_with(folder, old="", new=""):
    assert old in SETTINGS
    (folder / "study.toml").write_text(SETTINGS.replace(old, new, 1), encoding="utf-8")
    shutil.copyfile(SCORES, folder / "scores.csv")
    return read_study(folder)


def test_scores_are_taken_as_they_are_and_blank_ones_are_missing(tmp_path):
    study = study_with(tmp_path)
    cleaned = cleaning.clean(study, cleaning.read_raw_files(study))
    points = scoring.points_table(cleaned.answers, study)
    scores = scoring.score_all(points, study).dropna(subset="score")
    raw = pd.read_csv(SCORES).set_index("participant")
    expected = {
        (person, time): raw.at[person, f"depression_{time}"]
        for person in raw.index
        for time in TIMES
    }
    expected = {key: score for key, score in expected.items() if pd.notna(score)}
    assert scores.set_index(["participant", "time"])["score"].to_dict() == expected
    alpha = reliability.alpha_table(points, study, "pre").iloc[0]
    assert (alpha["items"], alpha["verdict"]) == (1, "not_estimable")


def test_the_range_of_a_score_comes_from_a_key_that_knows_it(tmp_path):
    """The sum of ten answers from 0 to 4."""
    line = 'depression = { column = "depression_{time}", lowest = 0, highest = 63 }'
    text = SETTINGS.replace(line, 'pss_total = { column = "depression_{time}" }')
    (tmp_path / "study.toml").write_text(
        text.replace('scale = "depression"', 'scale = "pss_total"'), encoding="utf-8"
    )
    shutil.copyfile(SCORES, tmp_path / "scores.csv")
    scale = read_study(tmp_path).scales["pss_total"]
    assert (scale.lowest, scale.highest, scale.label) == (0, 40, "Stress (PSS)")


def test_a_score_out_of_its_range_is_an_error_with_its_row(tmp_path):
    study = study_with(tmp_path, "highest = 63", "highest = 30")
    with pytest.raises(InputError) as error:
        cleaning.clean(study, cleaning.read_raw_files(study))
    raw = pd.read_csv(SCORES)
    too_high = sum((raw[f"depression_{time}"] > 30).sum() for time in TIMES)
    assert too_high > 10
    assert "from 0 to 30" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (", lowest = 0, highest = 63", "", "no range"),
        ("lowest = 0, highest = 63", "lowest = 63, highest = 0", "63 to 0"),
        ('"depression_{time}"', '"depression_{item}"', "depression_{item}"),
        ('"depression_{time}"', '"depression"', "no {time} in it"),
        ("highest = 63", "highst = 63", "highst"),
        ('scale = "depression"', 'scale = "depresion"', "depresion"),
    ],
)
def test_what_is_wrong_with_a_score_is_said(tmp_path, old, new, what):
    with pytest.raises(InputError) as error:
        study_with(tmp_path, old, new)
    assert what in str(error.value)
