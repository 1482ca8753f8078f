"""Mistakes as each survey system and program brings them: the message leads to the right line."""

import datetime
import re

import made_trial as trial
import pyreadstat
import pytest
from test_planted import (
    ANSWERS,
    BRS,
    EXCEL,
    FILES,
    LONG,
    POST,
    PRE,
    PSS,
    SPSS,
    WIDE,
    cell,
    changed,
    csv,
    excel,
    shifted,
    spss,
    table_of,
    told,
)

S, L = trial.SETTINGS, trial.LONG_SETTINGS
SPSS_LONG = L.replace("export.csv", "export.sav")
NINTH = WIDE.index % 9 == 0
WORDS = table_of(range(5))
LIST = S.replace('"raw/export.csv"', '"raw/list.csv"', 1)
PEOPLE = WIDE[trial.FIXED]
LIME = re.sub(r'"(PSS|BRS|PHQ)_\{item\}_\{time\}"',
              lambda m: f'"{m[1].lower()}{{time}}[SQ{{item:03d}}]"',
              S.replace('participant = "id"', 'participant = "token"'))  # fmt: skip
REDCAP = re.sub(r'"(PSS|BRS|PHQ)_', lambda m: f'"{m[1].lower()}_', L.replace('"id"', '"record_id"'))
REDCAP = REDCAP.replace('time = "time"', 'time = "redcap_event_name"')


def missing(code, columns=tuple(PSS)):
    """Return the trial with a code for "missing" in every ninth row."""
    return csv(changed(columns, lambda answers: answers.where(~NINTH, code)))


def exchanged(settings, one, other):
    return settings.replace(one, '"@"').replace(other, one).replace('"@"', other)


def coded(column, codes):
    return WIDE.replace({column: codes})


def with_ids(change):
    return {"export.csv": WIDE, "list.csv": PEOPLE.assign(id=change(PEOPLE["id"]))}


def dates(change):
    return csv(changed(["date_T1", "date_T2"], change))


def totals(change):
    """Return the trial with totals of its own, and settings that compare them."""
    scores = trial.scores(WIDE)
    own = {
        f"tot_{time}": [str(change(scores[who, place, "pss_total"])) for who in WIDE["id"]]
        for place, time in enumerate(trial.TIMES)
    }
    line = '[questionnaires.totals]\npss_total = "tot_{time}"\n[scoring]'
    return csv(WIDE.assign(**own)), S.replace("[scoring]", line)


def statistics_below(book):
    for name in ("M", "SD", "min", "max", "n"):
        book["Data"].append([name, None, 40.3, None, None, *[2.3] * (len(WIDE.columns) - 5)])


def note_below(book):
    book["Data"].append(["1 = training, 0 = control"])


def a_date(book):
    book["Data"].cell(4, 8).value = datetime.datetime(2024, 2, 1)


def second_headings(book):
    book["Data"].insert_rows(2)
    for place, name in enumerate(WIDE.columns, 1):
        book["Data"].cell(2, place, f"How often, {name}?")


def no_post(rows):
    later = [column for column in WIDE if column.endswith("T2")]
    return WIDE.assign(**{column: WIDE[column].where(~rows, "") for column in later})


SEXES = {"sex": {1.0: "Man", 2.0: "Vrouw"}}
BY_SEX = SPSS.replace('f = "woman"', '1 = "woman"').replace('m = "man"', '2 = "man"')
GROUPS = exchanged(SPSS, 'code = "1"', 'code = "0"')
TIMES = SPSS_LONG.replace('"T1"', '"1"').replace('"T2"', '"2"')
MEETINGS = LONG.assign(time=LONG["time"].str[1])
AGREE = {column: dict(enumerate(trial.NEVER[::-1])) for column in PSS}
NEVER_NVT = {column: {0.0: "n.v.t.", 1.0: "nooit", 4.0: "vaak"} for column in PSS}
ARMS = trial.redcap(WIDE)
ARMS["redcap_event_name"] = [
    event.replace("arm_1", "arm_2") if int(who[1:]) % 2 else event
    for event, who in zip(ARMS["redcap_event_name"], ARMS["record_id"], strict=True)
]
EQUAL = "participant_pattern = '[^0-9]*0*([0-9]+)"

NAMED = {
    "qualtrics counts from one": (csv(trial.qualtrics(shifted(PSS, 1, (0, 9)))), S,
        r'labels.pss\]: "1" = 0, "2" = 1, "3" = 2, "4" = 3, "5" = 4'),
    "one too high, and nobody at an end before": (csv(changed(trial.items("PSS", "T1"),
        lambda a: a.replace("5", "4"), shifted(PSS, 1, (0, 9)))), S, '"1" = 0, "2" = 1'),
    "one too high after only": (csv(shifted(trial.items("PSS", "T2"), 1)), S,
        "error: .*one too high at one time only"),
    "seen but unanswered": (missing("-99"), S, r'missing = \["-99"\]'),
    "two codes for missing": (csv(changed(PSS, lambda a: a.where(~NINTH, "999").where(
        WIDE.index % 7 != 0, "888"))), S, r'missing = \["888", "999"\]'),
    "a code for missing in one column": (missing("9", PSS[:1]), S, r'missing = \["9"\]'),
    "a sign for missing": (missing("?"), S, r'missing = \["\?"\]'),
    "missing that is an answer elsewhere": (missing("0", BRS), S,
        "error: .*empty cell: .*same answers of pss"),
    "choice texts with numbers": (csv(WIDE.assign(**{c: WIDE[c].map(
        lambda a: f"{a} - {trial.NEVER[int(a)]}") for c in PSS})), S,
        r'labels\]: pss = \{ "0 - never" = 0, .* "4 - very often" = 4 \}'),
    "a misspelt label": (csv(trial.in_words(WIDE, ["PSS"])), S.replace(
        "[scoring]", WORDS.replace("fairly often", "fairly oftn")),
        r'labels.pss\].*"fairly often" = 3'),
    "a table the other way round": (csv(trial.in_words(WIDE, ["PSS"])),
        S.replace("[scoring]", table_of(range(4, -1, -1))), 'warning: .*from 0 = "very often"'),
    "percentages": (csv(changed(PSS, lambda a: (a.astype(int) * 25).astype(str))), S,
        'error: .*If they are answers.*"75" = ...'),
    "two answers in a cell": (csv(changed(PSS[:5], lambda a: a.where(WIDE.index % 20 != 0, "2/3"))),
        S, r'error: .*corrections file.*missing = \["2/3"\]'),
    "limesurvey's answer codes": (csv(trial.limesurvey(changed(PSS, lambda a: "A" + (
        a.astype(int) + 1).astype(str)))), LIME, r'pss = \{ "A1" = 0, .* "A5" = 4 \}'),
    "limesurvey's zeros": (csv(trial.limesurvey(WIDE)), LIME.replace(":03d", ":02d"),
        r"error: .*SQ001.*\{item:03d\}"),
    "limesurvey without zeros": (csv(trial.limesurvey(WIDE)), LIME.replace(":03d", ""),
        r"error: .*SQ001.*\{item:03d\}"),
    "limesurvey's own numbers in two files": (
        {"pre.csv": trial.limesurvey(PRE), "post.csv": trial.limesurvey(POST)}, FILES,
        'warning: .*participant = "token"'),
    "redcap's events": (csv(trial.redcap(WIDE)), REDCAP,
        r"error: .*\[times\]: baseline_arm_1, post_arm_1"),
    "redcap's arms": (csv(ARMS), REDCAP, r"error: .*\[times\]: baseline, post"),
    "redcap's group in two rows": (csv(trial.redcap(WIDE).assign(group=lambda t: [
        "1" if (who, event[:4]) == ("P004", "post") else group for who, event, group in zip(
            t["record_id"], t["redcap_event_name"], t["group"], strict=True)])),
        REDCAP.replace('"T1"', '"baseline_arm_1"').replace('"T2"', '"post_arm_1"'),
        "error: .*P004.*one group a participant"),
    "statistics below in excel": (excel(statistics_below), EXCEL, "error: .*row 66.*exclude"),
    "a note below in excel": (excel(note_below), EXCEL, 'error: .*row 62.*note.*,"1 = training'),
    "an answer that became a date": (excel(a_date), EXCEL, "error: .*row 4, column PSS_3_T1"),
    "a second row of headings": (excel(second_headings), EXCEL, "error: .*header_rows = 2"),
    "a sheet for each group": (excel(**{n: WIDE[WIDE["group"] == n] for n in "01"}), EXCEL,
        "error: .*column for the group"),
    "groups by their roles": (spss({"group": {0.0: "Wachtlijst", 1.0: "Mindfulness"}}), GROUPS,
        r'error: .*"1", which the file calls "Mindfulness".*\[groups.training\]'),
    "groups of other names": (spss({"group": {0.0: "Blauw", 1.0: "Rood"}}), SPSS,
        r'warning: .*"1" = "Rood".*"1" = "Training".*label = "Rood" under \[groups.training\]'),
    "times by their order": (spss({"time": {1.0: "Voormeting", 2.0: "Nameting"}}, MEETINGS),
        SPSS_LONG.replace('"T1"', '"2"').replace('"T2"', '"1"'),
        'error: .*which the file calls "Nameting"'),
    "times of other names": (spss({"time": {1.0: "lente", 2.0: "herfst"}}, MEETINGS), TIMES,
        r'warning: .*label = "lente" under \[times.baseline\]'),
    "sexes exchanged": (spss(SEXES, coded("sex", {"f": "2", "m": "1"})), BY_SEX,
        'error: .*"1", which the file calls "Man", taken for woman'),
    "labels the other way round": (spss(AGREE), SPSS, 'warning: .*from 0 = "very often"'),
    "a label that is no answer": (spss(NEVER_NVT), SPSS, "warning: .*counted as the answer 0"),
    "labels reversed after": (spss(ANSWERS | {c: AGREE[c] for c in trial.items("PSS", "T2")[:4]}),
        SPSS, "warning: .*PSS_1_T2, PSS_2_T2, PSS_3_T2, PSS_4_T2.*recoded"),
    "an answer declared missing": ({"export.sav": lambda path: pyreadstat.write_sav(
        trial.numbers(WIDE), path, missing_ranges={column: [0] for column in PSS})}, SPSS,
        "warning: .*answer 0 declared missing"),
    "codes of times in the wrong order": (csv(WIDE.drop(columns=["date_T1", "date_T2"])),
        exchanged(S, '"T1"', '"T2"').replace('date = "date_{time}"\n', ""),
        'warning: .*"T2" for Before, "T1" for After'),
    "files in the wrong order": ({name: table.drop(columns="date") for name, table in (
        ("pre.csv", PRE), ("post.csv", POST))}, FILES.replace('date = "date"\n', "").replace(
        '["raw/pre.csv", "raw/post.csv"]', '["raw/post.csv", "raw/pre.csv"]'),
        'warning: .*"post" for Before'),
    "a title above the names": ({"export.csv": "Export of May\n" + WIDE.to_csv(index=False)}, S,
        "error: .*names of the columns in row 2"),
    "a title above the names, semicolons": (
        {"export.csv": "Export of May\n" + WIDE.to_csv(index=False, sep=";")}, S,
        "error: .*names of the columns in row 2"),
    "numbers of other zeros after": (csv(LONG.assign(id=[
        who.replace("P00", "p") if time == "T2" else who for who, time in zip(
            LONG["id"], LONG["time"], strict=True)])), L, "warning: .*" + re.escape(EQUAL)),
    "the column of the date as time": (csv(LONG.assign(time=LONG["date"])), L,
        "error: .*right column.* 36 different"),
    "a column of one answer": (csv(WIDE.assign(BRS_3_T1="3")), S,
        "warning: .*BRS_3_T1.*answer 3 of everyone"),
    "dates of two digits": (dates(lambda d: d.str[8:] + "-" + d.str[5:7] + "-24"), S,
        'error: .*date_format = "%d-%m-%y"'),
    "dates in words": (dates(lambda d: d.str[8:] + " januari 2024"), S, "error: .*2018-09-25 in"),
    "dates as days": (dates(lambda d: "453" + d.str[8:]), S, "error: .*spreadsheet"),
    "dates exchanged": (csv(LONG), exchanged(L, '"T1"', '"T2"'), "error: .*60 cells.*exchanged"),
    "years of birth": (csv(changed(["age"], lambda a: (2024 - a.astype(int)).astype(str))), S,
        "error: .*60 cells.*no years of birth"),
    "ages in words": (csv(changed(["age"], lambda a: a + " jaar")), S, "error: .*ages in years"),
    "a stated decimal sign": (csv(changed(PSS, lambda a: a + ",0")),
        S.replace("[raw]", '[raw]\ndecimal = "."'), 'error: .*decimal = ","'),
    "a value of only": (csv(WIDE.assign(done="yes")), S.replace(
        'date = "date_{time}"', 'date = "date_{time}"\nonly = { done = "Yes" }'),
        'error: .*done is "yes"'),
    "totals that are means": (
        *totals(lambda score: score / 10), "error: .*ours / 10 in all.*delete"),
    "a typing error in a number": (
        {"export.csv": cell("id", 31, "P0016", LONG), "list.csv": PEOPLE},
        L.replace('"raw/export.csv"', '"raw/list.csv"', 1), 'error: .*Is it "P016"'),
    "numbers without letter and zeros": (with_ids(lambda i: i.str[1:].str.lstrip("0")), LIST,
        re.escape(EQUAL)),
    "numbers with a hyphen": (with_ids(lambda i: i.str.replace("P", "P-")), LIST, re.escape(EQUAL)),
    "numbers with .0": (with_ids(lambda i: i.str[1:].str.lstrip("0") + ".0"), LIST,
        re.escape(EQUAL)),
    "numbers of two sites": (with_ids(lambda i: i.str[2] + "-" + i.str[1:]), LIST,
        'error: .*such as "0-001"'),
    "the end of a file is lost": (csv(no_post(WIDE.index > 40)), S,
        "warning: .*row 43: .*19 at the end without a form.*cut off"),
    "the end of a long file is lost": (csv(LONG[:91]), L, "warning: .*row 92: .*cut off"),
    "the end of a post-test file": ({"pre.csv": PRE, "post.csv": POST[:36]}, FILES,
        "warning: .*row 38: .*24 at the end without a form.*cut off"),
    "a time entered twice": (csv(cell("time", 5, "T1", LONG)), L, "error: .*correct the time"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "settings", "message"), NAMED.values(), ids=NAMED)
def test_the_message_leads_to_the_line(files, settings, message, tmp_path):
    _, messages = told(trial.write(tmp_path / "s", files, settings))
    assert any(re.search(message, text) for text in messages), messages[:5]
    errors = [text for text in messages if text.startswith("error")]
    assert len(errors) <= 5
    assert ("error" in message) <= bool(errors)


RIGHT = {
    "capitals of codes": (csv(coded("sex", {"f": "F", "m": "M"})), S),
    "no label but signs": (csv(trial.limesurvey(WIDE)), LIME),
    "capitals of columns": (csv(trial.limesurvey(WIDE).rename(columns=str.upper)), LIME),
    "a line break in a heading": (csv(WIDE.rename(columns={"PSS_1_T1": "PSS_1\n_T1"})), S),
    "labels in the order of times": (
        spss({"time": {1.0: "Voormeting", 2.0: "Nameting"}}, MEETINGS), TIMES),
    "people who dropped out anywhere": (csv(no_post(WIDE["id"].isin(["P007", "P031"]))), S),
    "arms as groups": (csv(ARMS.drop(columns="group")), REDCAP.replace(
        'group = "group"', 'group = "redcap_arm"').replace('code = "1"', 'code = "arm_2"').replace(
        'code = "0"', 'code = "arm_1"').replace('"T1"', '"baseline"').replace('"T2"', '"post"')),
}  # fmt: skip


@pytest.mark.parametrize(("files", "settings"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_not_blamed(files, settings, tmp_path):
    _, messages = told(trial.write(tmp_path / "s", files, settings))
    assert [text for text in messages if "none at 'After'" not in text] == []


def test_the_proposed_lines_join_the_numbers(tmp_path):
    folder = trial.write(tmp_path / "s", with_ids(lambda ids: ids.str[1:].str.lstrip("0")), LIST)
    (error,) = told(folder)[0].errors
    lines = re.search(r"(participant_pattern = '.*') and (participant_format = .*)", error.cure)
    text = LIST.replace("[raw]", f"[raw]\n{lines[1]}\n{lines[2]}")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert told(folder)[1] == []
