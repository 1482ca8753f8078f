"""Keys tried on the whole file: exports that have reversed items already, in all rows or some."""

import made_trial as trial
import numpy as np
import pandas as pd
import pytest

from imp_commands import checking
from imp_common.errors import InputError
from imp_helpers import cleaning, scoring
from imp_intake.check.keying import cronbach_alpha
from imp_intake.settings.study import read_study

LONG = trial.long(trial.wide())
SETTINGS = trial.LONG_SETTINGS
FACETS = {"observing": "1 6 11 15 20 26 31 36", "describing": "2 7 12 16 22 27 32 37",
          "acting_with_awareness": "5 8 13 18 23 28 34 38",
          "nonjudging": "3 10 14 17 25 30 35 39",
          "nonreactivity": "4 9 19 21 24 29 33"}  # fmt: skip
FFMQ_REVERSED = [3, 5, 8, 10, 12, 13, 14, 16, 17, 18, 22, 23, 25, 28, 30, 34, 35, 38, 39]


def turned(table, columns, ends, rows=slice(None)):
    """Return a table in which some rows of some columns hold the reversed answers."""
    table = table.copy()
    for column in columns:
        table.loc[rows, column] = (ends - table.loc[rows, column].astype(int)).astype(str)
    return table


def told(folder, table, settings=SETTINGS):
    trial.write(folder, {"export.csv": table}, settings)
    found = [str(problem) for problem in checking.check_study(folder).problems]
    # Answers of a few people that are alike once items are turned are no matter of the key.
    return [text for text in found if "answers that differ" not in text]


def scores(folder):
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    return scoring.score_all(scoring.points_table(made.answers, study), study)


@pytest.fixture(scope="module")
def ffmq():
    """Return 60 people's answers to the FFMQ, every item keyed towards mindfulness, and settings.

    Facets share a little with each other, as in published samples.
    """
    rng = np.random.default_rng(8)
    general, table = rng.normal(size=120), trial.long(trial.wide())[["id", "group", "time"]].copy()
    for items in FACETS.values():
        facet = 0.6 * general + 0.8 * rng.normal(size=120)
        for item in items.split():
            answer = 3 + 0.7 * facet + 0.8 * rng.normal(size=120)
            table[f"FFMQ_{item}"] = np.clip(np.round(answer), 1, 5).astype(int).astype(str)
    names = [line for line in SETTINGS.splitlines() if not line.startswith(("brs", "phq", "age"))]
    settings = "\n".join(names).replace('pss = "PSS_', 'ffmq = "FFMQ_').replace('date = "date"', "")
    settings = settings.replace('sex = "sex"\n[participants.sex_codes]\nf = "woman"\nm = "man"', "")
    return table, settings[: settings.index("[[outcomes]]")] + (
        '[[outcomes]]\nscale = "ffmq_total"\nbetter = "higher"\n'
    )


def test_scales_of_reversed_items_alone_are_tried_against_the_other_scales(ffmq, tmp_path):
    table, settings = ffmq
    (message,) = told(tmp_path / "s", table, settings)
    assert f"already_reversed = {FFMQ_REVERSED}" in message
    cured = f"{settings}[instrument_settings.ffmq]\nalready_reversed = {FFMQ_REVERSED}\n"
    assert told(tmp_path / "cured", table, cured) == []
    found = scores(tmp_path / "cured").set_index(["participant", "time", "scale"])["score"]
    times = {"T1": "baseline", "T2": "post"}
    for facet, items in FACETS.items():
        for row in table.to_dict("records"):
            by_hand = sum(int(row[f"FFMQ_{item}"]) for item in items.split())
            assert found[row["id"], times[row["time"]], f"ffmq_{facet}"] == by_hand


def test_answers_as_they_were_given_are_not_blamed(ffmq, tmp_path):
    table, settings = ffmq
    assert (
        told(tmp_path / "s", turned(table, [f"FFMQ_{n}" for n in FFMQ_REVERSED], 6), settings) == []
    )


def test_items_that_are_reversed_in_one_country_alone_are_named_with_it(tmp_path):
    country = np.where(LONG["id"].str[1:].astype(int) % 2, "AU", "NZ")
    table = turned(LONG.assign(country=country), ["BRS_2", "BRS_4", "BRS_6"], 6, country == "AU")
    (message,) = told(tmp_path / "s", table)
    assert "items 2, 4, 6" in message
    assert 'only where country is "AU"' in message
    assert told(tmp_path / "plain", LONG.assign(country=country)) == []


def test_all_but_one_of_the_reversed_items_are_named_without_it(tmp_path):
    table = turned(LONG, ["PSS_4", "PSS_5", "PSS_7"], 4)
    (message,) = told(tmp_path / "s", table)
    assert "already_reversed = [4, 5, 7]" in message


def test_only_reverse_keyed_items_can_be_reversed_already(tmp_path):
    settings = f"{SETTINGS}[instrument_settings.brs]\nalready_reversed = [3]\n"
    trial.write(tmp_path / "s", {"export.csv": LONG}, settings)
    with pytest.raises(InputError, match=r"item 3.*reverse-keyed items: 2, 4, 6"):
        read_study(tmp_path / "s")


def test_a_negative_alpha_is_called_a_coding_error_and_the_item_is_named(tmp_path):
    rng = np.random.default_rng(4)
    level = rng.normal(size=len(LONG))
    table = LONG[["id", "group", "time"]].copy()
    for item, sign in ((1, 1), (2, 1), (3, -1)):
        answer = 3 + sign * level + 0.4 * rng.normal(size=len(LONG))
        table[f"C_{item}"] = np.clip(np.round(answer), 1, 5).astype(int).astype(str)
    settings = SETTINGS[: SETTINGS.index("[[outcomes]]")].replace('pss = "PSS_', 'calm = "C_')
    settings = settings.replace('date = "date"', "").replace('age = "age"\nsex = "sex"\n', "")
    settings = settings.replace('[participants.sex_codes]\nf = "woman"\nm = "man"\n', "")
    settings = "\n".join(n for n in settings.splitlines() if not n.startswith(("brs", "phq")))
    settings += '\n[[outcomes]]\nscale = "calm_total"\nbetter = "higher"\n'
    (tmp_path / "s" / "instruments").mkdir(parents=True)
    (tmp_path / "s" / "instruments" / "calm.toml").write_text(
        'id = "calm"\nname = "Calm"\nnumber_of_items = 3\nlowest_answer = 1\nhighest_answer = 5\n'
        '[scales]\ntotal = "1 2 3"\n[scoring]\nscale_rule = "sum"\n'
    )
    (message,) = told(tmp_path / "s", table, settings)
    numbers = table[["C_1", "C_2", "C_3"]].astype(int)
    before, after = cronbach_alpha(numbers), cronbach_alpha(numbers.assign(C_3=-numbers["C_3"]))
    assert before < 0 < after
    assert "item 3: found answers that go against" in message
    assert f"alpha {before:.2f} with the key, {after:.2f} with the change" in message
    assert "a negative alpha is a coding error" in message
    assert 'total = "1 2 3R"' in message


def test_alpha_is_that_of_the_formula():
    answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 2, 4, 5], "c": [1, 3, 3, 5]})
    covariances = np.cov(answers.to_numpy().T)
    expected = 1.5 * (1 - np.trace(covariances) / covariances.sum())
    assert cronbach_alpha(answers) == pytest.approx(expected, abs=1e-12)


def test_a_reversed_copy_that_mirrors_another_column_is_named(tmp_path):
    copies = {f"BRS_{n}_R": (6 - LONG[f"BRS_{n}"].astype(int)).astype(str) for n in (2, 4, 6)}
    assert told(tmp_path / "right", LONG.assign(**copies)) == []
    wrong = copies | {"BRS_4_R": (6 - LONG["BRS_1"].astype(int)).astype(str)}
    count = (LONG["BRS_4"] != LONG["BRS_1"]).sum()
    (message,) = told(tmp_path / "wrong", LONG.assign(**wrong))
    assert f"BRS_4 + BRS_4_R is not 6 in {count} of {len(LONG)} rows" in message
    same = copies | {"BRS_4_R": LONG["BRS_4"]}
    assert any(
        "the same answers as in BRS_4_R" in text
        for text in told(tmp_path / "c", LONG.assign(**same))
    )
