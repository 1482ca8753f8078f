"""Columns that are listed, that have other names at each time, and numbers of several columns."""

import made_trial as trial
import pytest

from imp_commands import checking
from imp_helpers import cleaning, scoring
from imp_intake.settings.study import read_study

WIDE = trial.wide()
LONG = trial.long(WIDE)
BRS = 'brs = "BRS_{item}_{time}"'


def listed(names):
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def scores(folder):
    """Return the scores by person, place of the time and scale, after a check without problems."""
    assert [str(problem) for problem in checking.check_study(folder).problems] == []
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    order = {time.id: place for place, time in enumerate(study.times)}
    return {(r.participant, order[r.time], r.scale): r.score for r in found.itertuples()}


def other_names(time):
    return [f"{'Q20' if time == 'T1' else 'Q96'}_Row{n}" for n in range(1, 7)]


RENAMED = WIDE.rename(
    columns={f"BRS_{n}_{t}": other_names(t)[n - 1] for n in range(1, 7) for t in trial.TIMES}
)
STATED = {
    "patterns": '{ baseline = "Q20_Row{item}", post = "Q96_Row{item}" }',
    "lists": f"{{ baseline = {listed(other_names('T1'))}, post = {listed(other_names('T2'))} }}",
}


@pytest.mark.parametrize("stated", STATED.values(), ids=STATED)
def test_an_instrument_may_have_other_columns_at_each_time(stated, tmp_path):
    settings = trial.SETTINGS.replace(BRS, f"brs = {stated}")
    trial.write(tmp_path / "s", {"export.csv": RENAMED}, settings)
    assert scores(tmp_path / "s") == pytest.approx(trial.scores(WIDE), abs=1e-9)


def test_each_file_may_have_columns_of_its_own(tmp_path):
    pre, post = (LONG[LONG["time"] == t].drop(columns="time") for t in trial.TIMES)
    post = post.rename(columns=lambda name: name.replace("BRS_", "BRS2_"))
    settings = (
        trial.SETTINGS.replace("_{time}", "")
        .replace(
            '[questionnaires]\nfile = "raw/export.csv"',
            '[questionnaires]\nfile = ["raw/pre.csv", "raw/post.csv"]',
        )
        .replace('file = "raw/export.csv"', 'file = "raw/pre.csv"')
    )
    settings = settings.replace(
        'brs = "BRS_{item}"', 'brs = { baseline = "BRS_{item}", post = "BRS2_{item}" }'
    )
    trial.write(tmp_path / "s", {"pre.csv": pre, "post.csv": post}, settings)
    assert scores(tmp_path / "s") == pytest.approx(trial.scores(WIDE), abs=1e-9)


def test_columns_are_listed_in_the_order_of_the_key(tmp_path):
    names = ["c", "a", "f", "b", "e", "d"]
    table = LONG.rename(columns={f"BRS_{n}": name for n, name in enumerate(names, 1)})
    settings = trial.LONG_SETTINGS.replace('brs = "BRS_{item}"', f"brs = {listed(names)}")
    trial.write(tmp_path / "s", {"export.csv": table}, settings)
    assert scores(tmp_path / "s") == pytest.approx(trial.scores(WIDE), abs=1e-9)


def test_messages_name_the_column_of_the_file(tmp_path):
    table = RENAMED.copy()
    table.loc[3, "Q96_Row2"] = "17"
    settings = trial.SETTINGS.replace(BRS, f"brs = {STATED['patterns']}")
    trial.write(tmp_path / "s", {"export.csv": table}, settings)
    (problem,) = checking.check_study(tmp_path / "s").problems
    assert (problem.column, problem.row, problem.participant) == ("Q96_Row2", 5, "P004")


WRONG = {
    "too few": ("[\"a\", \"b\"]", "2 columns; allowed: 6, one for each item"),
    "a number": ("3", "Name the columns of the items"),
    "no such time": ('{ before = "Q20_Row{item}", post = "Q96_Row{item}" }', '"before"'),
    "a time is missing": ('{ post = "Q96_Row{item}" }', "no columns for baseline"),
    "twice": ('["a", "a", "b", "c", "d", "e"]', "each column once"),
    "one list for two times": ('["a", "b", "c", "d", "e", "f"]', "Write a list for each time"),
}  # fmt: skip


@pytest.mark.parametrize(("stated", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_list_is_said(stated, message, tmp_path):
    settings = trial.SETTINGS.replace(BRS, f"brs = {stated}")
    trial.write(tmp_path / "s", {"export.csv": RENAMED}, settings)
    assert any(message in str(problem) for problem in checking.check_study(tmp_path / "s").problems)


def test_a_participant_may_be_site_and_number(tmp_path):
    number = WIDE["id"].str[1:].astype(int) - 1
    table = WIDE.assign(
        site=[["Bern", "Graz"][n // 30] for n in number], id=(number % 30 + 1).astype(str)
    )
    settings = trial.SETTINGS.replace('participant = "id"', 'participant = "{site} {id}"')
    trial.write(tmp_path / "s", {"export.csv": table}, settings)
    whole = {
        who: f"{s} {i}" for who, s, i in zip(WIDE["id"], table["site"], table["id"], strict=True)
    }
    expected = {
        (whole[who], at, scale): value for (who, at, scale), value in trial.scores(WIDE).items()
    }
    assert scores(tmp_path / "s") == pytest.approx(expected, abs=1e-9)


def test_rows_may_number_the_participants(tmp_path):
    settings = trial.SETTINGS.replace('participant = "id"', 'participant = "{row}"')
    trial.write(tmp_path / "s", {"export.csv": WIDE.drop(columns="id")}, settings)
    lines = {who: str(line) for line, who in enumerate(WIDE["id"], 2)}
    expected = {
        (lines[who], at, scale): value for (who, at, scale), value in trial.scores(WIDE).items()
    }
    assert scores(tmp_path / "s") == pytest.approx(expected, abs=1e-9)


def test_a_part_of_a_number_that_is_no_column_is_named(tmp_path):
    settings = trial.SETTINGS.replace('participant = "id"', 'participant = "{sight} {id}"')
    trial.write(tmp_path / "s", {"export.csv": WIDE}, settings)
    assert any("{sight} {id}" in str(p) for p in checking.check_study(tmp_path / "s").problems)
