"""Settings that are proposed from an export: a person adds title, question, roles, directions."""

import re
import tomllib

import made_trial as trial
import numpy as np
import pandas as pd
import pyreadstat
import pytest

from imp_commands import checking
from imp_commands.__main__ import main
from imp_common.errors import AnalysisError
from imp_helpers import cleaning, scoring
from imp_intake.proposing import new_study
from imp_intake.settings.study import read_study

WIDE = trial.wide()
FIXED = trial.FIXED
LONG = trial.long(WIDE)
PRE = trial.long(WIDE)[lambda t: t["time"] == "T1"].drop(columns="time")
POST = trial.long(WIDE)[lambda t: t["time"] == "T2"].drop(columns=["time", "group", "age", "sex"])
LABELS = {"group": {0.0: "Control", 1.0: "Training"}, "sex": {1.0: "Female", 2.0: "Male"}}
LABELS |= {c: dict(enumerate(trial.NEVER)) for c in trial.items("PSS")}


def renamed(form):
    """Return the wide file with other names of items; {0} the instrument, {1} item, {2} time."""

    def name(column):
        found = re.fullmatch(r"(PSS|BRS|PHQ)_(\d+)_(T\d)", column)
        return form(found[1], int(found[2]), found[3]) if found else column

    return WIDE.rename(columns=name)


def with_ids(table, form):
    """Return a table with its participants' numbers written otherwise."""
    return table.assign(id=[form.format(int(who[1:])) for who in table["id"]])


def in_arms(table):
    """Return a table of REDCap whose events tell of two arms."""
    arms = ["arm_2" if int(who[1:]) % 2 else "arm_1" for who in table["record_id"]]
    events = table["redcap_event_name"].str.removesuffix("arm_1") + arms
    return table.assign(redcap_event_name=events)


def in_answers(table):
    """Return a table with a row for each answer, in no order."""
    form = trial.long(table).melt(["id", "group", "age", "sex", "time", "date"], value_name="value")
    names = form.pop("variable").str.rsplit("_", n=1, expand=True)
    return form.assign(scale=names[0], item=names[1]).sample(frac=1, random_state=3)


def with_copies(table):
    """Return a table that holds the reverse-keyed items of the BRS as reversed copies alone."""
    for time in trial.TIMES:
        for item in (2, 4, 6):
            name = f"BRS_{item}_{time}"
            table = table.assign(**{name: (6 - table[name].astype(int)).astype(str)})
    return trial.long(table).rename(columns={f"BRS_{n}": f"RBRS_{n}" for n in (2, 4, 6)})


def below_a_heading(table):
    """Return rows of a file whose first row is a merged heading, with the names below it."""
    heading = ["Participant", *[""] * (len(table.columns) - 1)]
    return pd.DataFrame([table.columns.tolist(), *table.to_numpy().tolist()], columns=heading)


def responses(table, first):
    """Return a file of Qualtrics' kind, whose responses have numbers of their own."""
    return table.assign(ResponseId=[f"R_{n}" for n in range(first, first + len(table))])


def as_portable(path):
    pyreadstat.write_por(trial.numbers(LONG.drop(columns="sex")), path)


def as_spss(path):
    trial.write_spss(path, WIDE.replace({"sex": {"f": "1", "m": "2"}}), LABELS)


EXPORTS = {
    "wide": {"e.csv": WIDE},
    "long": {"e.csv": trial.long(WIDE)},
    "csv of a Dutch Excel": {"e.csv": "\ufeff" + WIDE.to_csv(index=False, sep=";")},
    "excel": {"e.xlsx": lambda path: trial.write_workbook(path, {"Data": WIDE})},
    "excel, long": {"e.xlsx": lambda path: trial.write_workbook(path, {"x": trial.long(WIDE)})},
    "spss with labels": {"e.sav": as_spss},
    "portable spss": {"e.por": as_portable},
    "qualtrics, numbers": {"e.csv": trial.qualtrics(WIDE)},
    "qualtrics, words": {"e.csv": trial.qualtrics(trial.in_words(WIDE), status="IP Address")},
    "qualtrics, two header rows": {"e.csv": trial.qualtrics(WIDE, 2)},
    "limesurvey, codes": {"e.csv": trial.limesurvey(WIDE)},
    "limesurvey, words": {"e.csv": trial.limesurvey(trial.in_words(WIDE))},
    "redcap": {"e.csv": trial.redcap(WIDE)},
    "a file a time": {"pre.csv": PRE, "post.csv": POST},
    "a sheet a time": {
        "e.xlsx": lambda path: trial.write_workbook(path, {"pre": PRE, "post": POST})
    },
    "a list and forms": {
        "people.csv": WIDE[trial.FIXED], "forms.csv": WIDE.drop(columns=["group", "age", "sex"]),
    },
    "a list, and forms with other numbers": {
        "people.csv": WIDE[trial.FIXED],
        "forms.csv": with_ids(WIDE.drop(columns=["group", "age", "sex"]), "{}.0"),
    },
    "a file a time, with other numbers": {"pre.csv": PRE, "post.csv": with_ids(POST, "p{}")},
    "answers with .0": {
        "e.csv": WIDE.assign(**{c: WIDE[c] + ".0" for c in trial.items("PSS")})
    },
    "a second row of headings": {
        "e.csv": pd.concat([pd.DataFrame([{c: f"Question {c}" for c in WIDE}]), WIDE])
    },
    "a line break in a heading": {"e.csv": WIDE.rename(columns={"PSS_1_T1": "PSS_1\n_T1"})},
    "redcap, arms": {"e.csv": trial.redcap(WIDE).pipe(in_arms)},
    "limesurvey, answer codes": {
        "e.csv": trial.limesurvey(WIDE.assign(
            **{c: "A" + (WIDE[c].astype(int) + 1).astype(str) for c in trial.items("PSS")}
        ))
    },
    "no suffix before": {
        "e.csv": renamed(lambda n, i, t: f"{n}_{i}" + ("" if t == "T1" else "_post"))
    },
    "time first, zeros": {"e.csv": renamed(lambda n, i, t: f"{t.lower()}{n.lower()}{i:02d}")},
    "items from 21": {"e.csv": renamed(lambda n, i, t: f"{n}_{i + 20}_{t}")},
    "limesurvey, codes and texts": {"e.csv": trial.limesurvey(WIDE).rename(
        columns=lambda c: f"{c}. Text of {c}, with a sign. And more")},
    "names below a merged heading": {"e.csv": below_a_heading(WIDE)},
    "one row per answer": {"e.csv": in_answers(WIDE)},
    "other question numbers at each time": {
        "e.csv": renamed(lambda n, i, t: f"{t}_{n}_Q{20 if t == 'T1' else 96}_{i}")
    },
    "a file a time, with other names": {
        "T1.csv": PRE, "T2.csv": POST.rename(columns=lambda c: c.replace("BRS_", "BRS2_")),
    },
    "a file a time, responses numbered anew": {
        "T1.csv": responses(PRE, 1), "T2.csv": responses(POST, 1000),
    },
    "codes one too high": {
        "e.csv": WIDE.assign(
            **{c: (WIDE[c].astype(int) + 1).astype(str) for c in trial.items("PSS")}
        )
    },
}  # fmt: skip


def proposed(folder, files):
    """Lay down a study from exports."""
    trial.write(folder / "made", files, "")
    new_study.lay_down(folder / "s", [folder / "made" / "raw" / name for name in files])
    return folder / "s" / "study.toml"


def filled_in(text):
    """Write what only a person knows: title, question, roles of the groups, directions."""
    text = re.sub(r'(title|question) = "\.\.\."', r'\1 = "Mine"', text)
    text = text.replace('allocation = "..."', 'allocation = "randomised"')
    for code, role in (("1", "intervention"), ("0", "control")):
        text = re.sub(rf'(code = "{code}".*\nrole = )"\.\.\."', rf'\1"{role}"', text)
    return text.replace('better = "..."', 'better = "lower"')


@pytest.mark.parametrize("files", EXPORTS.values(), ids=EXPORTS)
def test_a_person_adds_title_question_roles_and_directions_alone(files, tmp_path):
    file = proposed(tmp_path, files)
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert [str(p) for p in checking.check_study(file.parent).problems] == []
    study = read_study(file.parent)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    order = {time.id: place for place, time in enumerate(study.times)}
    found = {(r.participant, order[r.time], r.scale): r.score for r in found.itertuples()}
    assert found == pytest.approx(trial.scores(WIDE), abs=1e-9)
    assert [group.role for group in study.groups] == ["intervention", "control"]
    trained = made.participants.set_index("participant")["group"] == study.groups[0].id
    assert trained.to_dict() == (WIDE.set_index("id")["group"] == "1").to_dict()


def test_what_is_open_is_listed_with_its_line(tmp_path):
    file = proposed(tmp_path, {"e.csv": WIDE})
    problems = checking.check_study(file.parent).problems
    places = {(p.column, p.row) for p in problems}
    lines = file.read_text(encoding="utf-8").splitlines()
    assert {line for line, text in enumerate(lines, 1) if '= "..."' in text} == {
        row for _, row in places
    }
    assert {"study.title", "study.question", "outcomes.better"} <= {column for column, _ in places}


def test_dates_that_fit_two_formats_are_left_open_with_both(tmp_path):
    dates = {f"date_{t}": f"03-0{n}-2024" for n, t in enumerate(trial.TIMES, 4)}
    text = proposed(tmp_path, {"e.csv": WIDE.assign(**dates)}).read_text(encoding="utf-8")
    assert re.search(r'date_format = "..."  # .*"%d-%m-%Y".*"%m-%d-%Y"', text)


def test_of_three_times_the_analysed_ones_are_stated_and_told(tmp_path):
    third = {c.replace("T2", "T3"): WIDE[c].to_numpy()[::-1] for c in WIDE if c.endswith("T2")}
    file = proposed(tmp_path, {"e.csv": WIDE.assign(**third)})
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert 'analysed_times = ["t1", "t2"]' in file.read_text(encoding="utf-8")
    covered = checking.check_study(file.parent).coverage
    assert "Complete pairs, 'T1' and 'T2'" in set(covered["topic"])


def test_codes_far_from_the_answers_are_proposed_as_missing(tmp_path):
    answers = {c: WIDE[c].where(WIDE.index % 9 != 0, "99") for c in trial.items("PSS")}
    file = proposed(tmp_path, {"e.csv": WIDE.assign(**answers)})
    assert tomllib.loads(file.read_text(encoding="utf-8"))["raw"]["missing"] == ["99"]


def test_an_unknown_block_becomes_a_key_with_its_items_and_range(tmp_path):
    names = renamed(lambda n, i, t: f"Q7_{i}_{t}" if n == "BRS" else f"{n}_{i}_{t}")
    file = proposed(tmp_path, {"e.csv": names})
    settings = tomllib.loads(file.read_text(encoding="utf-8"))
    (name,) = set(settings["questionnaires"]["instruments"]) - {"pss", "phq_9"}
    key = tomllib.loads((file.parent / "instruments" / f"{name}.toml").read_text(encoding="utf-8"))
    assert (key["number_of_items"], key["lowest_answer"], key["highest_answer"]) == (6, 1, 5)
    assert "the shipped brs?" in file.read_text(encoding="utf-8")


def test_totals_that_the_export_carries_are_proposed(tmp_path):
    by_hand = trial.scores(WIDE)
    totals = {
        f"PSS_total_{time}": [str(by_hand[who, place, "pss_total"]) for who in WIDE["id"]]
        for place, time in enumerate(trial.TIMES)
    }
    file = proposed(tmp_path, {"e.csv": WIDE.assign(**totals)})
    settings = tomllib.loads(file.read_text(encoding="utf-8"))
    assert settings["questionnaires"]["totals"] == {"pss_total": "PSS_total_{time}"}


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", bytes(range(256)) * 9])
def test_a_file_that_tells_nothing_is_refused_and_nothing_is_made(content, tmp_path, capsys):
    (tmp_path / "e.csv").write_bytes(content)
    assert main(["new-study", str(tmp_path / "s"), str(tmp_path / "e.csv")]) == 1
    assert capsys.readouterr().err
    assert not (tmp_path / "s").exists()


OTHERS = {
    "a sheet a group": {"e.xlsx": lambda path: trial.write_workbook(
        path, {name: WIDE[WIDE["group"] == name] for name in ("0", "1")})},
    "a file a group": {f"{name}.csv": WIDE[WIDE["group"] == name] for name in ("0", "1")},
    "a file a group, long": {
        f"{name}.csv": trial.long(WIDE[WIDE["group"] == name]) for name in ("0", "1")
    },
}  # fmt: skip


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_files_of_other_people_are_refused(files, tmp_path):
    with pytest.raises(AnalysisError, match=r"different participants.*column of the group"):
        proposed(tmp_path, files)


ODD = {
    "means below": pd.DataFrame([{c: "Mean" if c == "id" else "2.3" for c in WIDE}]),
    "names again": pd.DataFrame([{c: c for c in WIDE}]),
    "a shifted row": WIDE.iloc[[5]].set_axis([WIDE.columns[-1], *WIDE.columns[:-1]], axis=1),
}


@pytest.mark.parametrize("row", ODD.values(), ids=ODD)
def test_a_row_that_is_no_participant_does_not_spoil_the_proposal(row, tmp_path):
    file = proposed(tmp_path, {"e.csv": pd.concat([WIDE, row])})
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert {problem.row for problem in checking.check_study(file.parent).problems} == {62}


@pytest.mark.parametrize("suffix", ["_T2", ""])
def test_an_instrument_that_was_asked_once_is_proposed_with_its_time(suffix, tmp_path):
    once = WIDE.drop(columns=trial.items("PHQ", "T1"))
    once = once.rename(columns=lambda c: c.removesuffix("_T2") + suffix if "PHQ" in c else c)
    file = proposed(tmp_path, {"e.csv": once})
    text = filled_in(file.read_text(encoding="utf-8"))
    assert ('phq_9 = ["t2"]' in text) == bool(suffix)
    file.write_text(text.replace('["..."]', '["t2"]'), encoding="utf-8")
    assert checking.check_study(file.parent).problems == ()
    study = read_study(file.parent)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    found = found[(found["scale"] == "phq_total") & (found["time"] == "t2")]
    by_hand = {who: s for (who, at, scale), s in trial.scores(WIDE).items()
               if (at, scale) == (1, "phq_total")}  # fmt: skip
    assert found.set_index("participant")["score"].to_dict() == by_hand


def test_a_title_alone_that_is_open_stops_a_run(tmp_path):
    file = proposed(tmp_path, {"e.csv": WIDE})
    text = filled_in(file.read_text(encoding="utf-8")).replace('title = "Mine"', 'title = "..."')
    file.write_text(text, encoding="utf-8")
    assert [p.column for p in checking.check_study(file.parent).errors] == ["study.title"]


def test_reversed_copies_alone_are_not_reversed_again(tmp_path):
    file = proposed(tmp_path, {"e.csv": with_copies(WIDE)})
    settings = tomllib.loads(file.read_text(encoding="utf-8"))
    columns = ["BRS_1", "RBRS_2", "BRS_3", "RBRS_4", "BRS_5", "RBRS_6"]
    assert settings["questionnaires"]["instruments"]["brs"] == columns
    assert settings["instrument_settings"]["brs"]["already_reversed"] == [2, 4, 6]
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    study = read_study(file.parent)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    by_hand = trial.scores(WIDE)
    for row in found[found["scale"] == "brs_total"].itertuples():
        assert row.score == by_hand[row.participant, int(row.time == "t2"), "brs_total"]


def test_of_two_numbers_the_one_that_recurs_in_the_other_file_is_the_participant(tmp_path):
    files = EXPORTS["a file a time, responses numbered anew"]
    assert 'participant = "id"' in proposed(tmp_path, files).read_text(encoding="utf-8")


def test_people_with_the_same_numbers_at_two_sites_are_told_apart(tmp_path):
    number = LONG["id"].str[1:].astype(int) - 1
    table = LONG.assign(
        id=(number % 30).astype(str), site=(number // 30).map(["Bern", "Graz"].__getitem__)
    )
    file = proposed(tmp_path, {"e.csv": table})
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert [str(p) for p in checking.check_study(file.parent).problems] == []
    study = read_study(file.parent)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    assert sorted(made.participants["participant"]) == sorted(
        set(table["site"] + " " + table["id"])
    )


def test_rows_number_the_participants_where_no_column_does(tmp_path):
    file = proposed(tmp_path, {"e.csv": WIDE.drop(columns="id")})
    text = file.read_text(encoding="utf-8")
    assert 'participant = "{row}"  # no column is one: each row is a person' in text
    file.write_text(filled_in(text), encoding="utf-8")
    assert [str(p) for p in checking.check_study(file.parent).problems] == []


def test_the_order_of_qualtrics_ids_decides_on_the_order_of_items(tmp_path):
    order = [3, 1, 6, 2, 5, 4]
    names = {f"BRS_{item}": f"BRS_{place}" for place, item in enumerate(order, 1)}
    table = LONG.rename(columns=names)
    ids = {f"BRS_{place}": f"QID20_{item}" for place, item in enumerate(order, 1)}
    above = [{c: c for c in table}, {c: f'{{"ImportId":"{ids.get(c, c)}"}}' for c in table}]
    file = proposed(tmp_path, {"e.csv": pd.concat([pd.DataFrame(above), table])})
    stated = tomllib.loads(file.read_text(encoding="utf-8"))["questionnaires"]["instruments"]["brs"]
    assert stated == [names[f"BRS_{item}"] for item in range(1, 7)]


def test_columns_called_by_the_texts_of_items_are_listed(tmp_path):
    texts = {
        f"BRS_{n}": f"{n}) How people get over things, part {'abcdef'[n - 1]}" for n in range(1, 7)
    }
    file = proposed(tmp_path, {"e.csv": LONG.rename(columns=texts)})
    stated = tomllib.loads(file.read_text(encoding="utf-8"))["questionnaires"]["instruments"]
    assert list(texts.values()) in stated.values()


def test_one_form_of_each_person_is_a_study_of_one_occasion(tmp_path):
    file = proposed(tmp_path, {"e.csv": PRE})
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    check = checking.check_study(file.parent)
    assert check.problems == ()
    detail = check.coverage.set_index("topic").loc["Participants with a score", "detail"]
    assert detail.startswith("30 Group 1, 30 Group 0")


CHOSEN = [[str(n) for n in range(1, 5) if (k // n) % (n + 1) == 0] for k in range(1, 61)]
IN_ONE = {"Practices": [",".join(chosen) for chosen in CHOSEN]}
SPLIT = {f"practices___{n}": [str(int(str(n) in chosen)) for chosen in CHOSEN] for n in range(1, 5)}


@pytest.mark.parametrize("columns", [IN_ONE, SPLIT], ids=["in one column", "a column each"])
def test_choices_of_a_question_with_several_are_counted(columns, tmp_path):
    file = proposed(tmp_path, {"e.csv": WIDE.assign(**columns)})
    text = filled_in(file.read_text(encoding="utf-8"))
    before, _, form = text.partition("# [evaluation]")
    form = re.sub("(?m)^# ", "", f"# [evaluation]{form}")
    file.write_text(before + form, encoding="utf-8")
    assert checking.check_study(file.parent).errors == []
    study = read_study(file.parent)
    made = cleaning.clean(study, cleaning.read_raw_files(study)).evaluation
    assert [made[f"several_1_choice_{n}"].sum() for n in range(1, 5)] == [
        sum(str(n) in chosen for chosen in CHOSEN) for n in range(1, 5)
    ]
    assert all(f"{n} ({sum(str(n) in c for c in CHOSEN)} times)" in form for n in range(1, 5))


def test_what_a_key_makes_of_the_data_is_shown_beside_norms(tmp_path):
    file = proposed(tmp_path, {"e.csv": WIDE})
    details = checking.check_study(file.parent).coverage.set_index("topic")["detail"]
    scores = [
        s for (_, at, scale), s in trial.scores(WIDE).items() if (at, scale) == (0, "pss_total")
    ]
    (found,) = (details[topic] for topic in details.index if topic == "Stress (PSS), T1")
    assert found.startswith(f"mean {np.mean(scores):.2f} (SD {np.std(scores, ddof=1):.2f})")
    lowest = np.mean([score == 0 for score in scores])
    assert f"lowest possible score {lowest:.0%}" in found
    assert "items 1 2 3 4R 5R 6 7R 8R 9 10; published: men 12.1 (SD 5.9)" in found


@pytest.mark.parametrize("words", [False, True])
def test_the_data_are_checked_while_settings_are_open(tmp_path, words):
    """An instrument whose labels have no numbers yet is not, the others are."""
    shifted = WIDE.assign(BRS_1_T1=["17", *WIDE["BRS_1_T1"][1:]])
    if words:
        levels = {str(n): word for n, word in enumerate(("mint", "lime", "rose", "teal", "plum"))}
        shifted[trial.items("PSS")] = shifted[trial.items("PSS")].replace(levels)
    file = proposed(tmp_path, {"e.csv": shifted})
    check = checking.check_study(file.parent)
    in_settings = [p.found for p in check.errors if p.file == "study.toml"]
    assert len(in_settings) > 5
    assert set(in_settings) == {'"..."'}
    in_data = [p for p in check.errors if p.file != "study.toml"]
    assert [(p.row, p.column) for p in in_data] == [(2, "BRS_1_T1")]
    assert any("Resilience" in topic for topic in check.coverage["topic"])
    assert any("Stress" in topic for topic in check.coverage["topic"]) != words


def test_labels_in_two_languages_get_the_numbers_of_both(tmp_path):
    german = ("nie", "fast nie", "manchmal", "ziemlich oft", "sehr oft")
    table, items = LONG.copy(), [column for column in LONG if column.startswith("PSS")]
    first = np.arange(len(LONG)) < len(LONG) / 2
    for rows, words in ((first, german), (~first, trial.NEVER)):
        table.loc[rows, items] = table.loc[rows, items].replace(
            dict(zip("01234", words, strict=True))
        )
    settings = tomllib.loads(proposed(tmp_path, {"e.csv": table}).read_text(encoding="utf-8"))
    expected = {word: n for words in (german, trial.NEVER) for n, word in enumerate(words)}
    assert settings["questionnaires"]["labels"]["pss"] == expected


def test_a_doubled_heading_is_the_item_in_its_place_and_asked_about(tmp_path):
    table = LONG.rename(columns={"BRS_5": "BRS_4"})
    file = proposed(tmp_path, {"e.csv": table})
    text = filled_in(file.read_text(encoding="utf-8"))
    assert "BRS_4 (2) is the second column of that name: is it the item in this place?" in text
    file.write_text(text, encoding="utf-8")
    (problem,) = checking.check_study(file.parent).problems
    assert (problem.severity, problem.column) == ("warning", "BRS_4 (2)")
    made = scored_by_us(file.parent)
    by_hand = trial.scores(WIDE)
    brs = {key: score for key, score in made.items() if key[2] == "brs_total"}
    assert brs == pytest.approx({key: by_hand[key] for key in brs})
    # A pattern cannot tell which of the two is meant, and the cure says how to.
    listed = re.search(r"(?m)^brs = .*$", text)[0]
    file.write_text(text.replace(listed, 'brs = "BRS_{item}"'), encoding="utf-8")
    cures = [p.cure for p in checking.check_study(file.parent).errors if p.column == "BRS_4"]
    assert len(cures) == 1
    assert 'call the second "BRS_4 (2)"' in cures[0]


def scored_by_us(folder):
    """Return each score by participant, place of the time and scale."""
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    places = {time.id: place for place, time in enumerate(study.times)}
    rows = found.dropna(subset="score").itertuples()
    return {(row.participant, places[row.time], row.scale): row.score for row in rows}


def scored(form):
    """Return the totals of the made trial, a row a person or a form, without any item."""
    table = WIDE[FIXED].copy()
    for (who, time, scale), score in trial.scores(WIDE).items():
        if name := form(scale.removesuffix("_total"), f"T{time + 1}"):
            table.loc[table["id"] == who, name] = f"{score:g}"
    return table


def below_each_other(table):
    times = [table[[*FIXED, f"pss {t}", f"phq {t}"]].assign(time=t) for t in trial.TIMES]
    return pd.concat([t.rename(columns=lambda c: c.split(" ")[0]) for t in times])


NAMED_TIMES = {"T1": "Before course", "T2": "Course completed"}
SCORED = {
    "wide": scored(lambda scale, time: f"{scale} {time}" if scale != "brs" else ""),
    "named by the time": scored(lambda scale, time: NAMED_TIMES[time] if scale == "pss" else ""),
}
SCORED["long"] = below_each_other(SCORED["wide"])


@pytest.mark.parametrize("name", SCORED)
def test_scores_in_place_of_items_are_proposed_with_their_range(name, tmp_path):
    file = proposed(tmp_path, {"e.csv": SCORED[name]})
    file.write_text(filled_in(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert checking.check_study(file.parent).errors == []
    study = read_study(file.parent)
    own = study.settings.questionnaires.scores
    assert list(own) == (["score"] if name == "named by the time" else ["pss", "phq"])
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    found = scoring.score_all(scoring.points_table(made.answers, study), study)
    by_hand = {key: s for key, s in trial.scores(WIDE).items() if key[2] == "pss_total"}
    pss = found[found["scale"] == next(iter(own))].set_index(["participant", "time"])["score"]
    times = [time.id for time in study.times]
    assert {(who, times.index(at)): s for (who, at), s in pss.items()} == {
        key[:2]: s for key, s in by_hand.items()
    }
    assert own[next(iter(own))].lowest == pss.min()
    assert own[next(iter(own))].highest == pss.max()


def test_an_export_without_items_still_gives_settings_with_its_columns(tmp_path):
    table = WIDE[["id", "group", "age"]].assign(**{"Before Course": WIDE["PSS_1_T1"]})
    file = proposed(tmp_path, {"e.csv": table})
    text = file.read_text(encoding="utf-8")
    assert "id, group, age, Before Course" in text
    places = {problem.column for problem in checking.check_study(file.parent).problems}
    assert {"questionnaires.instruments.instrument", "outcomes.scale"} <= places
