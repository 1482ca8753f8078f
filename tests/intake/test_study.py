"""Settings that are right, and every way in which they can be wrong."""

import pytest

from imp_common.design import NOTICE
from imp_common.errors import InputError
from imp_intake.settings.study import read_study


def test_the_shipped_study_says_that_its_data_are_synthetic(study):
    assert study.notice == NOTICE


def test_the_intervention_comes_first(study):
    assert [group.role for group in study.groups] == ["intervention", "control"]


def test_the_six_main_measures_are_those_of_the_paper(study):
    assert [outcome.id for outcome in study.main_outcomes] == [
        "ffmq_total",
        "scs_total",
        "eq_total",
        "pss_total",
        "proqol_compassion_satisfaction",
        "proqol_compassion_fatigue",
    ]


def test_a_folder_without_settings(tmp_path):
    with pytest.raises(InputError, match=r"study\.toml.*STUDY="):
        read_study(tmp_path)


def test_all_problems_of_the_settings_are_told_at_once(study_folder, edit):
    edit("study.toml", 'kind = "synthetic"', 'kind = "real"')
    edit("study.toml", 'pss = "PSS_{item}"', 'phq9 = "PSS_{item}"')
    edit("study.toml", 'scale = "scs_isolation"', 'scale = "scs_solitude"')
    edit("study.toml", 'better = "lower"', 'better = "down"')
    edit("study.toml", 'role = "control"', 'role = "placebo"')
    edit("study.toml", 'file = "raw/sessions.csv"', 'file = "../sessions.csv"')
    edit("study.toml", 'kind = "several"', 'kind = "many"')
    (study_folder / "raw" / "evaluation.csv").unlink()
    with pytest.raises(InputError) as raised:
        read_study(study_folder)
    text = str(raised.value)
    for found in ("real", "phq9", "scs_solitude", "placebo", "../sessions.csv", "many"):
        assert f'"{found}"' in text
    assert "raw/evaluation.csv" in text
    assert '"phq_9", or one of brs, eq, ffmq' in text
    assert len(raised.value.problems) >= 8


def test_a_problem_names_the_line_of_the_settings(study_folder, edit):
    edit("study.toml", 'scale = "scs_isolation"', 'scale = "scs_solitude"')
    lines = (study_folder / "study.toml").read_text().splitlines()
    with pytest.raises(InputError) as raised:
        read_study(study_folder)
    assert raised.value.problems[0].row == lines.index('scale = "scs_solitude"') + 1


def test_real_data_wait_for_every_assumption_of_a_key(study_folder, edit):
    edit("study.toml", 'kind = "synthetic"', 'kind = "participants"')
    with pytest.raises(InputError) as raised:
        read_study(study_folder)
    named = {problem.column for problem in raised.value.problems}
    assert named == {"confirmed_assumptions.scs_24", "confirmed_assumptions.eq"}


def test_confirmed_assumptions_let_real_data_through_without_a_notice(study_folder, edit):
    edit("study.toml", 'kind = "synthetic"', 'kind = "participants"')
    edit(
        "study.toml",
        "[confirmed_assumptions]\n",
        '[confirmed_assumptions]\nscs_24 = ["items_left_out"]\n'
        'eq = ["forty_item_numbering", "points_two_one_zero_zero"]\n',
    )
    study = read_study(study_folder)
    assert study.notice is None
    assert all(assumption["confirmed"] for assumption in study.assumptions)


def test_a_study_corrects_a_key_by_its_settings(study_folder, edit):
    edit(
        "study.toml", "[instrument_settings]\n", "[instrument_settings]\nscs_24.left_out = [1, 5]\n"
    )
    scale = read_study(study_folder).scales["scs_self_kindness"]
    assert [item.number for item in scale.items] == [10, 17, 21, 24]


def test_a_studys_own_key_comes_first(study_folder):
    own = study_folder / "instruments" / "pss.toml"
    own.write_text(own.read_text().replace("Stress (PSS)", "Our stress"))
    assert read_study(study_folder).scales["pss_total"].label == "Our stress"


# What was once silent, or stopped the build instead of the check: each names the setting, what is
# allowed, and the nearest known name.
MISTAKES = [
    ("[[outcomes]]", "[[outcome]]", "outcome", '"outcomes"'),
    ("[scoring]", "[scorring]", "scorring", '"scoring"'),
    ("most_missing = 0.20", "most_mising = 0.20", "scoring.most_mising", '"most_missing"'),
    ("smallest_effect = 0.3", "smallest_effect = 0", "planning.smallest_effect", "0.01 to 10"),
    ('outcome = "pss_', 'outcome = "psss_', "planning.primary_outcome", "pss_total"),
    ("most_missing = 0.20", "most_missing = 20", "scoring.most_missing", "below 1"),
    ("most_missing = 0.20", 'most_missing = "0.2"', "scoring.most_missing", "below 1"),
    ("significance_level = 0.05", "significance_level = 5", "study.significance_level", "to 0.5"),
    ("significance_level = 0.05", 'significance_level = "5 %"', "study.significance_level", "0.05"),
    ('family = "main"', 'family = "primary"', "outcomes.family", "main or subscale"),
    ('scale = "scs_total"', 'scale = "ffmq_total"', "outcomes.scale", "once"),
    ('decimal = ","', 'missing = "-1"', "raw.missing", "a list"),
    ('decimal = ","', 'only = { a = "b" }', "raw.only", ""),
    ("highest_age = 100", "highest_age = 10", "participants.lowest_age", "lowest before highest"),
    ('sex = "geslacht"', 'seks = "geslacht"', "participants.seks", '"sex"'),
    ("[instrument_settings]", "[instrument_settings]\npsss.left_out = [1]", "psss", '"pss"'),
    ("[instrument_settings]", "[instrument_settings]\npss.totalrule = 'sum'", "totalrule",
     '"total_rule"'),
    ("[confirmed_assumptions]", "[confirmed_assumptions]\nscs = ['x']", "scs", '"scs_24"'),
    ('role = "control"', 'role = "controls"', "groups.control.role", "control"),
    ('of = ["location", "information"]', 'of = ["locaton", "information"]', "evaluation.questions",
     '"location"'),
    ("[study]", "[study]\nanalysed_times = ['baseline', 'post']", "study.analysed_times", ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "column", "allowed"), MISTAKES, ids=str)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    study_folder, edit, old, new, column, allowed
):
    edit("study.toml", old, new)
    with pytest.raises(InputError) as raised:
        read_study(study_folder)
    assert any(
        column in problem.column and allowed in problem.allowed for problem in raised.value.problems
    ), raised.value
    assert all(problem.row for problem in raised.value.problems), raised.value


def test_no_primary_outcome_is_an_error(study_folder, edit):
    edit("study.toml", 'family = "main"', 'family = "subscale"', count=-1)
    with pytest.raises(InputError, match="no primary outcome"):
        read_study(study_folder)


@pytest.mark.parametrize("pattern", ["PSS_{item:02d}", "PSS_{item:02}", "PSS_{item}"])
def test_the_patterns_of_the_template_are_accepted(study_folder, edit, pattern):
    edit("study.toml", 'pss = "PSS_{item}"', f'pss = "{pattern}"')
    assert read_study(study_folder).settings.questionnaires.instruments["pss"] == pattern
