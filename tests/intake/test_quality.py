"""How carefully forms were filled in: counted and named, and nothing is left out by itself."""

import re

import made_trial as trial
import numpy as np
import pytest

from imp_commands import checking

LONG = trial.long(trial.wide())


def told(folder, table, settings=trial.LONG_SETTINGS):
    trial.write(folder, {"export.csv": table}, settings)
    check = checking.check_study(folder)
    # A few made people give one answer to all items.
    texts = [str(problem) for problem in check.problems]
    return [text for text in texts if "answers that differ" not in text]


def test_a_failed_attention_check_is_counted_and_its_cure_works(tmp_path):
    failed = LONG["id"].isin(["P003", "P020"])
    table = LONG.assign(PSS_ATT=np.where(failed, "1", "3"))
    (message,) = told(tmp_path / "s", table)
    assert '"3" is the usual answer, 4 of 120 differ' in message
    line = 'only = { PSS_ATT = "3" }'
    assert line in message
    cured = trial.LONG_SETTINGS.replace("[questionnaires]\n", f"[questionnaires]\n{line}\n")
    assert told(tmp_path / "cured", table, cured) == []
    forms = checking.check_study(tmp_path / "cured").coverage.set_index("topic")["detail"]
    assert "(58 of 58)" in forms["Forms, Before"]
    assert told(tmp_path / "passed", LONG.assign(PSS_ATT="3")) == []


def test_forms_that_were_filled_in_too_fast_are_counted_by_the_unit_of_the_column(tmp_path):
    # 25 items need 50 seconds.
    seconds = np.where(LONG.index == 6, 49, 50 + np.arange(len(LONG)))
    (message,) = told(tmp_path / "s", LONG.assign(**{"Duration (in seconds)": seconds.astype(str)}))
    assert "1 of 120 forms that took less than 2 seconds an item, rows 8" in message
    minutes = np.where(LONG.index == 6, 0.8, 1 + np.arange(len(LONG)))
    (message,) = told(tmp_path / "m", LONG.assign(**{"Duration (minutes)": minutes.astype(str)}))
    assert "1 of 120 forms" in message
    assert told(tmp_path / "no_unit", LONG.assign(duration=seconds.astype(str))) == []


def own_scale(folder, answers, highest):
    """Lay down a study of one scale with a key of its own."""
    items = {f"MY_{n}": answers[:, n].astype(str) for n in range(6)}
    settings = trial.LONG_SETTINGS.replace('pss = "PSS_{item}"', 'my = "MY_{item-1}"')
    settings = "\n".join(n for n in settings.splitlines() if not n.startswith(("brs", "phq")))
    settings = settings[: settings.index("[[outcomes]]")] + (
        '[[outcomes]]\nscale = "my_total"\nbetter = "higher"\n'
    )
    (folder / "instruments").mkdir(parents=True)
    (folder / "instruments" / "my.toml").write_text(
        'id = "my"\nname = "My"\nnumber_of_items = 6\nlowest_answer = 1\n'
        f"highest_answer = {highest}\n"
        '[scales]\ntotal = "1 2 3 4 5 6"\n[scoring]\nscale_rule = "sum"\n'
    )
    columns = ["id", "group", "age", "sex", "time", "date"]
    return told(folder, LONG[columns].assign(**items), settings)


def test_a_rare_highest_code_that_goes_with_nothing_is_asked_about(tmp_path):
    rng = np.random.default_rng(5)
    level = rng.normal(size=(len(LONG), 1))
    answers = np.clip(np.round(3 + level + 0.7 * rng.normal(size=(len(LONG), 6))), 1, 5).astype(int)
    coded = np.where(rng.random(answers.shape) < 0.06, 6, answers)
    (message,) = own_scale(tmp_path / "coded", coded, 6)
    assert f"{(coded == 6).sum()} answers 6" in message
    assert 'highest_answer = 5 in instruments/my.toml, and missing = ["6"]' in message
    # With half of the items the other way round, the key is asked about by the answers proper.
    turned = answers.copy()
    turned[:, ::2] = 6 - turned[:, ::2]
    about_code, halves = own_scale(tmp_path / "halves", np.where(coded == 6, 6, turned), 6)
    assert "answers 6" in about_code
    assert "two halves that go against each other, at every time" in halves
    # A rare answer that is one goes with high answers to the other items.
    wide = np.clip(np.round(3 + level + 0.7 * rng.normal(size=(len(LONG), 6))), 1, 6).astype(int)
    assert 5 <= (wide == 6).sum() <= 0.1 * wide.size
    assert own_scale(tmp_path / "answers", wide, 6) == []


def test_sex_that_differs_between_the_forms_of_a_person_may_mean_exchanged_forms(tmp_path):
    table = LONG.copy()
    first, second = (table.index[(table["id"] == who) & (table["time"] == "T2")][0]
                     for who in ("P001", "P060"))  # fmt: skip
    answers = [column for column in table if column not in ("id", "time", "date", "group")]
    table.loc[[first, second], answers] = table.loc[[second, first], answers].to_numpy()
    messages = told(tmp_path / "s", table)
    for who in ("P001", "P060"):
        assert any(f"column sex, participant {who}" in text and "exchanged" in text
                   for text in messages)  # fmt: skip


@pytest.mark.parametrize(("change", "relation"), [
    (lambda total: total / 10, "ours / 10"), (lambda total: total + 10, "ours + 10"),
])  # fmt: skip
def test_totals_that_follow_another_rule_are_said_in_one_message(change, relation, tmp_path):
    by_hand = trial.scores(trial.wide())
    table = LONG.assign(total=[
        str(change(by_hand[row.id, int(row.time == "T2"), "pss_total"]))
        for row in LONG.itertuples()
    ])  # fmt: skip
    line = '[questionnaires.totals]\npss_total = "total"\n[scoring]'
    settings = trial.LONG_SETTINGS.replace("[scoring]", line)
    (message,) = told(tmp_path / "s", table, settings)
    assert f"that are {relation} in all 120 forms" in message
    assert told(tmp_path / "cured", table, settings.replace('pss_total = "total"\n', "")) == []


def test_the_check_shows_what_each_key_claims(tmp_path):
    trial.write(tmp_path / "s", {"export.csv": LONG}, trial.LONG_SETTINGS)
    shown = checking.check_study(tmp_path / "s").coverage.set_index("topic")["detail"]
    by_hand = [value for (_, at, scale), value in trial.scores(trial.wide()).items()
               if (at, scale) == (0, "pss_total")]  # fmt: skip
    mean, sd = np.mean(by_hand), np.std(by_hand, ddof=1)
    keyed = LONG.loc[LONG["time"] == "T1", [f"PSS_{n}" for n in range(1, 11)]].astype(int)
    keyed[["PSS_4", "PSS_5", "PSS_7", "PSS_8"]] = 4 - keyed[["PSS_4", "PSS_5", "PSS_7", "PSS_8"]]
    covariances = np.cov(keyed.to_numpy().T)
    alpha = 10 / 9 * (1 - np.trace(covariances) / covariances.sum())
    (row,) = (text for topic, text in shown.items() if "PSS" in topic and "Before" in topic)
    floor = np.mean(np.array(by_hand) == 0)
    assert row.startswith(f"mean {mean:.2f} (SD {sd:.2f}), possible 0 to 40, alpha {alpha:.2f}")
    assert f"lowest possible score {floor:.0%}" in row


def test_dates_that_cannot_be_are_named_and_their_cures_work(tmp_path):
    dates = LONG["date"].tolist()
    dates[3], dates[8], dates[20] = "1926-04-20", "2962-04-20", "1999-01-01"
    table = LONG.assign(date=dates)
    messages = told(tmp_path / "s", table)
    early = [text for text in messages if "a year or more before the other forms" in text]
    late = [text for text in messages if "a day that is still to come" in text]
    assert sorted(row_of(text) for text in early) == [5, 22]
    assert [row_of(text) for text in late] == [10]
    lines = [text.split("the line: ")[1] for text in [*early, *late]]
    signed = "\n".join(lines).replace("WHO;WHEN;WHY", "AB;2026-01-01;no form of the study")
    sign = "," if "," in trial.CORRECTIONS.splitlines()[0] else ";"
    trial.write(tmp_path / "c", {"export.csv": table}, trial.LONG_SETTINGS,
                signed.replace(";", sign) + "\n")  # fmt: skip
    check = checking.check_study(tmp_path / "c")
    assert not [p for p in check.problems if p.column == "date"]
    assert not check.errors


def row_of(text):
    return int(re.search(r"row (\d+)", text)[1])


def test_recruitment_over_years_is_no_mistake(tmp_path):
    years = [f"{2010 + n // 10}-03-01" for n in range(len(LONG))]
    assert not [
        text for text in told(tmp_path / "s", LONG.assign(date=years)) if "a year or" in text
    ]


def test_one_bad_cell_does_not_hide_a_wrong_key(tmp_path):
    turned = dict(zip("12345", "54321", strict=True))
    turned = {name: LONG[name].replace(turned) for name in ("BRS_2", "BRS_4", "BRS_6")}
    table = LONG.assign(**turned)
    table.loc[table.index[4], "BRS_1"] = "33"
    messages = told(tmp_path / "s", table)
    assert [text for text in messages if '"33"' in text]
    assert [text for text in messages if "already_reversed = [2, 4, 6]" in text]
