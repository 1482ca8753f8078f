"""Planted mistakes in a trial that is right: each is named, and what is right stays unblamed."""

import re
from functools import partial

import made_trial as trial
import pandas as pd
import pytest

from imp_commands import checking
from imp_common.folders import SHIPPED_KEYS
from imp_helpers import cleaning, scoring
from imp_intake.settings.study import read_study

WIDE, LONG = trial.wide(), trial.long(trial.wide())
SPSS = trial.SETTINGS.replace("export.csv", "export.sav")
EXCEL = trial.SETTINGS.replace("export.csv", "export.xlsx")
PSS, BRS, PHQ = trial.items("PSS"), trial.items("BRS"), trial.items("PHQ")
GROUPS = {"group": {0.0: "Control", 1.0: "Training"}}
ANSWERS = {column: dict(enumerate(trial.NEVER)) for column in PSS}
PSS_KEY = (SHIPPED_KEYS / "pss.toml").read_text(encoding="utf-8")


def table_of(numbers):
    lines = "".join(f'"{word}" = {n}\n' for word, n in zip(trial.NEVER, numbers, strict=True))
    return f"[questionnaires.labels.pss]\n{lines}[scoring]"


def changed(columns, change, base=WIDE):
    """Return the trial with each of some columns changed by a function."""
    return base.assign(**{column: change(base[column]) for column in columns})


def turned(columns, ends=4):
    return changed(columns, lambda answers: (ends - answers.astype(int)).astype(str))


def shifted(columns, by, ends=(0, 9)):
    return changed(columns, lambda answers: (answers.astype(int) + by).clip(*ends).astype(str))


def cell(column, row, value, base=WIDE):
    table = base.copy()
    table.loc[row, column] = value
    return table


def copied_person():
    table = WIDE.copy()
    table.loc[20, PSS + BRS + PHQ] = table.loc[7, PSS + BRS + PHQ]
    return table


def copied_times():
    table = WIDE.copy()
    for name in trial.SCALES:
        before, after = trial.items(name, "T1"), trial.items(name, "T2")
        table.loc[7, after] = table.loc[7, before].tolist()
    return table


def spss(labels, table=WIDE):
    return {"export.sav": partial(trial.write_spss, table=table, labels=labels)}


def excel(change=None, **sheets):
    sheets = sheets or {"Data": WIDE}
    return {"export.xlsx": partial(trial.write_workbook, sheets=sheets, change=change)}


def hide(book):
    for row in (5, 6, 7):
        book["Data"].row_dimensions[row].hidden = True


def mean_row(book):
    book["Data"].append(["Mean", None, 40, None] + [2.3] * (len(WIDE.columns) - 4))


def title_above(book):
    sheet = book["Data"]
    sheet.insert_rows(1)
    sheet["A1"] = "Measurements"
    sheet.merge_cells("A1:J1")


def csv(table):
    return {"export.csv": table}


def with_second_form():
    again = WIDE.iloc[[5]].assign(PSS_1_T1=lambda t: (4 - t["PSS_1_T1"].astype(int)).astype(str))
    again["PSS_2_T1"] = str((int(again["PSS_2_T1"].iloc[0]) + 1) % 5)
    return pd.concat([WIDE, again])


def means_below():
    return pd.concat([WIDE, pd.DataFrame([{c: "Mean" if c == "id" else "2.4" for c in WIDE}])])


# ---------------------------------------------------------------- what must be named
# Files, settings, and what one of the messages must say.

NAMED = {
    "groups exchanged": (spss(GROUPS), SPSS.replace('"1"', '"x"').replace('"0"', '"1"').replace(
        '"x"', '"0"'), r'error: .*"1", which the file calls "Training"'),
    "a group's label alone": (spss({"group": {1.0: "Control group"}}), SPSS, "error: .*Control gr"),
    "answer labels turned": (spss(ANSWERS), SPSS.replace("[scoring]", table_of([4, 3, 2, 1, 0])),
        r'error: .*contradict.*"never" = 0'),
    "labels one too high": (
        spss({c: dict(enumerate(trial.NEVER, 1)) for c in PSS}, shifted(PSS, 1, (0, 4))), SPSS,
        r'error: .*labels of the answers 1 to 5.*"1" = 0, "2" = 1'),
    "one item's labels turned": (
        spss(ANSWERS | {"PSS_3_T1": dict(enumerate(trial.NEVER[::-1]))}), SPSS, "PSS_3_T1"),
    "a number among words": (
        csv(cell("PSS_2_T1", 3, "3", trial.in_words(WIDE, ["PSS"]))),
        trial.SETTINGS.replace("[scoring]", table_of(range(5))), "error: .*PSS_2_T1.*P004"),
    "reversed in the export": (csv(turned([f"PSS_{n}_{t}" for n in (4, 5, 7, 8)
        for t in trial.TIMES])), None,
        r"warning: .*items 4, 5, 7, 8.*at every time.*already_reversed = \[4, 5, 7, 8\]"),
    "reversed after only": (csv(turned(["PSS_7_T2"])), None, "warning: .*item 7:.*After"),
    "reversed without a key's R": (csv(turned(["PHQ_3_T1", "PHQ_3_T2"], 3)), None,
        "warning: .*item 3.*1 2 3R 4"),
    "codes one too high": (csv(shifted(PSS, 0, (1, 4))), None, "warning: .*answers from 1 to 4"),
    "codes one too low": (csv(shifted(BRS, -1, (1, 4))), None, "warning: .*one too low"),
    "a column is empty": (csv(WIDE.assign(PSS_3_T2="")), None,
        "warning: .*PSS_3_T2.*no answer of anybody"),
    "two people alike": (csv(copied_person()), None, "warning: .*P021.*same 25 answers as P008"),
    "one person twice alike": (csv(copied_times()), None, "warning: .*P008.*the same 25 answers"),
    "two columns alike": (csv(WIDE.assign(PSS_3_T1=WIDE["PSS_2_T1"])), None,
        "warning: .*PSS_3_T1.*same answers of everyone as in PSS_2_T1"),
    "one item at both times": (csv(WIDE.assign(PSS_3_T2=WIDE["PSS_3_T1"])), None,
        "warning: .*PSS_3_T2.*PSS_3_T1"),
    "hidden rows": (excel(hide), EXCEL, "warning: .*3 hidden or filtered rows.*5, 6, 7"),
    "a mean row in Excel": (excel(mean_row), EXCEL, "error: .*row 62.*row of means"),
    "a mean row in CSV": (csv(means_below()), None, "error: .*row 62.*;?exclude"),
    "another sheet with data": (excel(Data=WIDE, Later=WIDE.rename(columns={"id": "nr"})), EXCEL,
        'warning: .*"Later" of 61 rows'),
    "previews of Qualtrics": (csv(trial.qualtrics(WIDE).assign(Status=lambda t: [
        *t["Status"].iloc[:2], "1", *["0"] * 59])), None, 'warning: .*row.*Status.*only = .*"0"'),
    "a second form": (csv(with_second_form()), None, "error: .*row 62.*P006.*exclude"),
    "a row shifted by a stray sign": (
        {"export.csv": WIDE.to_csv(index=False).replace("\nP009,", "\nP009,,")}, None,
        "error: .*row 10.*stray separator"),
    "a file cut in a row": ({"export.csv": WIDE.to_csv(index=False)[:-20]}, None, "error: .* 61"),
    "codes of times": (csv(LONG.replace({"time": {"T1": "voor", "T2": "na"}})), trial.LONG_SETTINGS,
        r"error: .*\[times\]: voor, na"),
    "codes of groups": (csv(WIDE.replace({"group": {"1": "T", "0": "C"}})), None,
        r"error: .*\[groups\]"),
    "codes of sex": (csv(WIDE.replace({"sex": {"f": "1", "m": "2"}})), None, "error: .*sex_codes"),
    "words without a table": (csv(trial.in_words(WIDE, ["PSS"])), None,
        r'error: .*\[questionnaires.labels\]: pss = \{ "never" = 0, "almost never" = 1'),
    "99 for missing": (csv(changed(PSS, lambda a: a.where(a.index % 9 != 0, "99"))), None,
        r'error: .*missing = \["99"\]'),
    "nobody after": (csv(LONG[LONG["time"] == "T1"]), trial.LONG_SETTINGS,
        'error: .*no form with answers at "After"'),
    "one person in a group": (csv(WIDE[(WIDE["group"] == "1") | (WIDE["id"] == "P002")]), None,
        "warning: .*1 in Control"),
    "dates of two formats": (csv(changed(["date_T1", "date_T2"],
        lambda days: "03-0" + days.str[6] + "-2024")), None, "error: .*date_format"),
    "items count from 21": (csv(WIDE.rename(columns=lambda name: re.sub(
        r"PSS_(\d+)", lambda m: f"PSS_{int(m[1]) + 20}", name))), None, r"error: .*PSS_1_T1"),
}  # fmt: skip


def told(folder):
    check = checking.check_study(folder)
    checking.summary(check)
    return check, [f"{problem.severity}: {problem}" for problem in check.problems]


@pytest.mark.parametrize(("files", "settings", "message"), NAMED.values(), ids=NAMED)
def test_a_planted_mistake_is_named_once(files, settings, message, tmp_path):
    _, messages = told(trial.write(tmp_path / "s", files, settings or trial.SETTINGS))
    assert any(re.search(message, text) for text in messages), messages[:5]
    assert len([text for text in messages if text.startswith("error")]) <= 3


# ---------------------------------------------------------------- settings
# What is replaced, by what, and what the message about study.toml must say.

WRONG_SETTINGS = {
    "most missing as a percentage": ("most_missing = 0.2", "most_missing = 20", "most_missing"),
    "missing as a text": ("[raw]", '[raw]\nmissing = "-1"', "missing"),
    "a word for missing that is an answer": ("[raw]", '[raw]\nmissing = ["-9", "0"]',
        '"0", an answer of pss'),
    "a misspelt setting": ("most_missing", "most_mising", '"most_missing"'),
    "a misspelt section": ("[scoring]", "[scorring]", '"scoring"'),
    "a misspelt list": ("[[outcomes]]", "[[outcome]]", '"outcomes"'),
    "a misspelt instrument": ("\npss =", "\npps =", '"pss"'),
    "a setting in another section": ('question = "', 'analysed_times = ["post"]\nquestion = "',
        "analysed_times"),
    "no primary outcome": (trial.SETTINGS[trial.SETTINGS.index("scale ="):].rsplit("scale =", 1)[0],
        "", "primary"),
    "a rule for a total that is none": ("[scoring]",
        '[instrument_settings.pss]\ntotal_rule = "sum"\n[scoring]', "composite"),
    "an assumption that is none": ("[scoring]",
        '[confirmed_assumptions]\npss = ["x"]\n[scoring]', "assumes nothing"),
    "a label out of range": ("[scoring]", "[questionnaires.labels.pss]\nnever = 7\n[scoring]",
        "0 to 4"),
    "a label with two numbers": ("[scoring]",
        '[questionnaires.labels.pss]\nnever = 0\n"Never " = 1\n[scoring]', "one number a label"),
    "one column for two things": ('sex = "sex"', 'sex = "group"', "group as well"),
    "one pattern for two": ("BRS_{item}", "PSS_{item}", "pss as well"),
    "a format of numbers without a number": ("[raw]",
        "[raw]\nparticipant_pattern = 'P([0-9]+)'\nparticipant_format = 'P'", "participant_format"),
    "a format of dates": ("[raw]", '[raw]\ndate_format = "dd-mm-yyyy"', "%d"),
    "a sheet of a CSV": ("[questionnaires]\n", '[questionnaires]\nsheet = "x"\n', "Excel"),
    "a file of another name": ("raw/export.csv", "raw/exprot.csv", "such as .*export.csv"),
    "one file of two times": ('_{time}"', '"', "list a file for each time"),
    "an outcome that was asked once": ("[questionnaires.instruments]",
        '[questionnaires.times]\npss = ["post"]\n[questionnaires.instruments]', "not asked"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_a_wrong_setting_is_named_with_its_line(old, new, message, tmp_path):
    settings = trial.SETTINGS.replace(old, new)
    assert settings != trial.SETTINGS
    check, messages = told(trial.write(tmp_path / "s", csv(WIDE), settings))
    of_settings = [
        text for text in messages if re.match(r"(error|warning): study.toml, row ", text)
    ]
    assert any(re.search(message, text) for text in of_settings), messages[:5]
    assert check.errors or "answer of" in message


KEYS = {
    "a rule that is none": ('"sum"', '"average"', "sum or mean"),
    "an id that is not the file's": ('id = "pss"', 'id = "NAME"', 'id = "pss"'),
    "ends exchanged": ("highest_answer = 4", "highest_answer = -4", "lowest before highest"),
    "a rule of the total": ("[scales]", 'total_rule = "mea"\n[scales]', "mean_of_items"),
    "an item left out that is none": ("[scales]", "left_out = [11]\n[scales]", "item 11"),
}


@pytest.mark.parametrize(("old", "new", "message"), KEYS.values(), ids=KEYS)
def test_a_wrong_key_is_named_with_its_line(old, new, message, tmp_path):
    folder = trial.write(tmp_path / "s", csv(WIDE))
    (folder / "instruments").mkdir()
    (folder / "instruments" / "pss.toml").write_text(PSS_KEY.replace(old, new), encoding="utf-8")
    _, messages = told(folder)
    assert any(re.search(rf"error: instruments/pss.toml, row \d+.*{message}", m) for m in messages)


# ---------------------------------------------------------------- what is right

EXCLUDED = "raw/export.csv,{},,,62,exclude,AB,2024-05-01,entered twice\n"
ID_EDIT = "raw/export.csv,P8x,{},id,P8x,P008,AB,2024-05-01,typing error\n"
PRE = LONG[LONG["time"] == "T1"].drop(columns="time")
POST = LONG[LONG["time"] == "T2"].drop(columns=["time", *trial.FIXED[1:]])
LISTS = trial.LONG_SETTINGS.replace('\ntime = "time"', "").replace(
    "raw/export.csv", "raw/pre.csv", 1
)
FILES = LISTS.replace('"raw/export.csv"', '["raw/pre.csv", "raw/post.csv"]')
SHEETS = LISTS.replace('"raw/pre.csv"', '"raw/export.xlsx"\nsheet = "pre"').replace(
    '"raw/export.csv"', '"raw/export.xlsx"\nsheet = ["pre", "post"]')  # fmt: skip
UNFINISHED = pd.concat([WIDE.assign(done="1"), WIDE.iloc[[3]].assign(id="P099", done="0")])
ONLY = 'date = "date_{time}"\nonly = { done = "1" }'

RIGHT = {
    "merged headings above the names": (excel(title_above), EXCEL, ""),
    "wide": (csv(WIDE), None, ""),
    "long": (csv(LONG), trial.LONG_SETTINGS, ""),
    "spss with other names of groups": (
        spss({"group": {0.0: "Wachtlijst", 1.0: "Mindfulness"}}), SPSS, ""),
    "spss, a label that negates": (
        spss({"group": {0.0: "No training", 1.0: "Training"}}), SPSS, ""),
    "spss with labels of answers": (
        spss(ANSWERS), SPSS.replace("[scoring]", table_of(range(5))), ""),
    "excel": (excel(), EXCEL, ""),
    "a row excluded": (csv(with_second_form()), None, EXCLUDED.format("P006")),
    "a mean row excluded": (csv(means_below()), None, EXCLUDED.format("Mean")),
    "a number corrected in both roles": (csv(cell("id", 7, "P8x")), None, ID_EDIT.format("")),
    "a number corrected in a long file": (
        csv(cell("id", 14, "P8x", LONG)), trial.LONG_SETTINGS, ID_EDIT.format("T1")),
    "a file a time": ({"pre.csv": PRE, "post.csv": POST}, FILES, ""),
    "a sheet a time": (excel(pre=PRE, post=POST), SHEETS, ""),
    "no suffix before": (
        csv(WIDE.rename(columns=lambda c: c.removesuffix("_T1").replace("_T2", "_post"))),
        trial.SETTINGS.replace('"T1"', '""').replace('"T2"', '"post"'), ""),
    "items from 0": (
        csv(WIDE.rename(columns=lambda c: re.sub(r"_(\d+)_", lambda m: f"_{int(m[1]) - 1}_", c))),
        trial.SETTINGS.replace("{item}", "{item-1}"), ""),
    "items of two digits": (
        csv(WIDE.rename(columns=lambda c: re.sub(r"_(\d)_", r"_0\1_", c))),
        trial.SETTINGS.replace("{item}", "{item:02d}"), ""),
    "demographics in the first row": (
        csv(changed(trial.FIXED[1:], lambda c: c.where(LONG["time"] == "T1", ""), LONG)),
        trial.LONG_SETTINGS, ""),
    "unused columns of one name": (
        {"export.csv": WIDE.assign(a="x", b="y").to_csv(index=False).replace("a,b\n", "a,a\n", 1)},
        None, ""),
    "an unused column without a name": (csv(WIDE.assign(**{"": "x"})), None, ""),
    "a stray comma in an unused column": (
        {"export.csv": WIDE.assign(n="x").to_csv(index=False).replace(",x\n", ",x,y\n", 1)},
        None, ""),
    "people left out everywhere": (
        csv(UNFINISHED), trial.SETTINGS.replace('date = "date_{time}"', ONLY), ""),
    "people left out of the list": (
        {"export.csv": UNFINISHED, "list.csv": UNFINISHED[[*trial.FIXED, "done"]]},
        trial.SETTINGS.replace('"raw/export.csv"', '"raw/list.csv"\nonly = { done = "1" }', 1), ""),
    "slashes in dates of a stated format": (
        csv(changed(["date_T1", "date_T2"], lambda d: "03/0" + d.str[6] + "/2024")),
        trial.SETTINGS.replace("[raw]", '[raw]\ndate_format = "%d-%m-%Y"'), ""),
    "an encoding of one file": (
        {"export.csv": WIDE.assign(n="Zoë"), "list.csv": lambda path: WIDE[trial.FIXED].assign(
            n="Zoë").to_csv(path, index=False, encoding="cp1252")},
        trial.SETTINGS.replace('"raw/export.csv"', '"raw/list.csv"\nencoding = "cp1252"', 1), ""),
    "a small r in a key": (csv(WIDE), None, ""),
}  # fmt: skip


@pytest.mark.parametrize(("files", "settings", "corrections"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_passes_with_the_right_scores(files, settings, corrections, tmp_path):
    folder = trial.write(tmp_path / "s", files, settings or trial.SETTINGS, corrections)
    (folder / "instruments").mkdir()
    key = PSS_KEY.replace("4R 5R", "4r 5r")
    (folder / "instruments" / "pss.toml").write_text(key, encoding="utf-8")
    assert told(folder)[1] == []
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    order = {time.id: place for place, time in enumerate(study.times)}
    found = {(r.participant, order[r.time], r.scale): r.score for r in found.itertuples()}
    assert found == pytest.approx(trial.scores(WIDE), abs=1e-9)
    assert (made.rows["rows_in"] == made.rows["rows_out"] + made.rows["rows_set_aside"]).all()


def test_the_row_is_the_one_that_a_spreadsheet_shows(tmp_path):
    table = cell("PSS_1_T1", 10, "8", WIDE.assign(note=["one\ntwo", *[""] * 59]))
    check, _ = told(trial.write(tmp_path / "s", csv(table)))
    assert [problem.row for problem in check.errors] == [12]


def test_two_instruments_of_one_stem_are_two(tmp_path):
    table = WIDE.assign(**{f"Q_{n}_{t}": WIDE[f"PHQ_{n}_{t}"] for n in (1, 2) for t in trial.TIMES})
    settings = trial.SETTINGS.replace("phq_total", "phq_9_total").replace(
        "\nphq_9 =", '\nphq_2 = "Q_{item}_{time}"\nphq_9 ='
    )
    folder = trial.write(tmp_path / "s", csv(table), settings)
    key = (SHIPPED_KEYS / "phq_9.toml").read_text(encoding="utf-8").replace("phq_9", "phq_2")
    key = key.replace("number_of_items = 9", "number_of_items = 2").replace(" 3 4 5 6 7 8 9", "")
    (folder / "instruments").mkdir()
    (folder / "instruments" / "phq_2.toml").write_text(key, encoding="utf-8")
    assert told(folder)[0].errors == []
    study = read_study(folder)
    assert {"phq_9_total", "phq_2_total"} <= set(study.scales)


def test_an_instrument_that_was_asked_once(tmp_path):
    table = WIDE.drop(columns=trial.items("PHQ", "T2"))
    settings = trial.SETTINGS.replace(
        "[questionnaires.instruments]",
        '[questionnaires.times]\nphq_9 = ["baseline"]\n[questionnaires.instruments]',
    )
    settings = settings[: settings.rindex("[[outcomes]]")]
    assert told(trial.write(tmp_path / "s", csv(table), settings))[1] == []


def test_sliders_may_have_decimals_where_the_key_allows_them(tmp_path):
    table = cell("PSS_1_T1", 3, "2.5", cell("PSS_4_T1", 3, "0.5"))
    folder = trial.write(tmp_path / "s", csv(table))
    assert {problem.column for problem in told(folder)[0].errors} == {"PSS_1_T1", "PSS_4_T1"}
    (folder / "instruments").mkdir()
    key = PSS_KEY.replace("[scales]", "decimals = true\n[scales]")
    (folder / "instruments" / "pss.toml").write_text(key, encoding="utf-8")
    assert told(folder)[1] == []
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    found = found.set_index(["participant", "time", "scale"])["score"]
    whole = trial.scores(cell("PSS_1_T1", 3, "0", cell("PSS_4_T1", 3, "0")))["P004", 0, "pss_total"]
    assert found["P004", "baseline", "pss_total"] == whole + 2.5 - 0.5
