"""More than 300 made exports: each ends in the right scores, or in an error that names the defect.

The scores are computed beside by a plain loop from the published keys (PSS-10: Cohen & Williamson,
1988; BRS: Smith et al., 2008).
"""

import copy

import pandas as pd
import pytest
from made_exports import (
    BRS_REVERSED,
    CHOSEN,
    FORMATS,
    PSS_REVERSED,
    Format,
    drop,
    hand_score,
    people_of,
)

from imp_commands import checking
from imp_commands.__main__ import main
from imp_helpers import cleaning, scoring
from imp_intake.settings.study import read_study

NAME = "Zoë Geheim"


@pytest.fixture(scope="module")
def eight(cleaned):
    """Return eight people's forms with a column that no study needs: their names."""
    return [form | {"extra": {"naam": NAME}} for form in people_of(cleaned)]


def checked(folder, capsys):
    """Run make check; return its exit code and its problems as they stand in the CSV."""
    code = main(["check", "--study", str(folder), "--out", str(folder / "out")])
    said = capsys.readouterr()
    made = {file.name for file in (folder / "out" / "check").iterdir()}
    assert made == {"MADE.txt", "problems.csv", "columns.csv", "index.html"}
    assert "Traceback" not in said.out + said.err
    assert not list((folder / "out").glob(".check-*"))
    written = [file.read_text(encoding="utf-8") for file in (folder / "out" / "check").iterdir()]
    assert not any(NAME.split()[1] in text or "Zoë" in text for text in [said.out, *written])
    problems = pd.read_csv(folder / "out/check/problems.csv", dtype=str, keep_default_na=False)
    return code, problems


def refuse_wrong_scores(folder, forms):
    """Compare answers with what was planted, and scores with those of a plain loop."""
    study = read_study(folder)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    answers = made.answers.set_index(["participant", "time"])
    scores = scoring.score_all(scoring.points_table(made.answers, study), study)
    scores = scores.set_index(["participant", "time", "scale"])["score"]
    times = {"T1": "before", "T2": "after"}
    planted = {(form["id"], times[form["time"]]): form for form in forms if form["time"] in times}
    assert set(answers.index) == set(planted)
    for place, form in planted.items():
        for name in ("pss", "brs"):
            row = answers.loc[place]
            found = [row[f"{name}_{i}"] for i in range(1, len(form[name]) + 1)]
            assert [None if pd.isna(a) else int(a) for a in found] == form[name]
        if None not in form["pss"]:
            assert scores[(*place, "pss_total")] == hand_score(form["pss"], PSS_REVERSED, 4, False)
        if None not in form["brs"]:
            by_hand = hand_score(form["brs"], BRS_REVERSED, 6, True)
            assert scores[(*place, "brs_total")] == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("form", FORMATS, ids=repr)
def test_an_export_without_a_defect_gives_the_right_scores(form, eight, tmp_path, capsys):
    form.write(tmp_path / "study", eight)
    code, problems = checked(tmp_path / "study", capsys)
    assert code == 0, problems["found"].tolist()
    assert set(problems["severity"]) <= {"warning"}
    refuse_wrong_scores(tmp_path / "study", eight)


# ---------------------------------------------------------------- defects in the forms
# Each changes the forms and returns what a problem must name: severity, participant, words.


def find(forms, who, time):
    return next(form for form in forms if (form["id"], form["time"]) == (who, time))


def outside_range(forms):
    find(forms, "P02", "T2")["pss"][2] = 7
    return "error", "P02", ['"7"', "0 to 4"]


def below_range(forms):
    find(forms, "P03", "T1")["brs"][0] = -1
    return "error", "P03", ['"-1"', "1 to 5"]


def not_whole(forms):
    find(forms, "P05", "T1")["brs"][3] = 2.5
    return "error", "P05", ["2.5", "1 to 5"]


def unknown_label(forms):
    find(forms, "P01", "T1")["pss"][0] = "weet niet"
    return "error", "P01", ['"weet niet"']


def unknown_participant(forms):
    for form in forms:
        if form["id"] == "P04":
            form["id"], form["not_listed"] = "P44", True
    return "error", "P44", ['"P44"', "a participant of"]


def sent_twice(forms):
    forms += [copy.deepcopy(form) | {"copy": 1} for form in forms if form["id"] == "P06"]
    return "warning", "P06", ["submitted twice"]


def contradicting(forms):
    again = [copy.deepcopy(form) | {"copy": 1} for form in forms if form["id"] == "P06"]
    again[0]["pss"][1] = 4 - again[0]["pss"][1] if again[0]["pss"][1] != 2 else 3
    again[0]["total"] = None
    forms += again
    return "error", "P06", ["differs from row"]


def in_two_groups(forms):
    find(forms, "P01", "T2")["group"] = "A"
    return "error", "P01", ['"B"', '"A"', "one group"]


def unknown_group(forms):
    for form in forms:
        form["group"] = "C" if form["id"] == "P02" else form["group"]
    return "error", "P02", ['"C"']


def no_group(forms):
    for form in forms:
        form["group"] = "" if form["id"] == "P02" else form["group"]
    return "error", "P02", ["nothing", "group"]


def post_without_pre(forms):
    forms.remove(find(forms, "P07", "T1"))
    return "warning", "P07", ["a form at 'After', none at 'Before'"]


def dates_out_of_order(forms):
    find(forms, "P08", "T2")["date"] = "2023-12-01"
    return "error", "P08", ["2023-12-01", "earlier than"]


def no_date(forms):
    find(forms, "P08", "T2")["date"] = "2024-13-45"
    return "error", "P08", ["2024-13-45"]


def straight_lining(forms):
    form = find(forms, "P03", "T2")
    form["pss"] = [2] * 10
    form["total"] = 20
    return "warning", "P03", ["the answer 2 to all 10"]


def many_missing(forms):
    form = find(forms, "P04", "T1")
    form["pss"] = [None, None, None, *form["pss"][3:]]
    form["total"] = None
    return "warning", "P04", ["3 of 10 answers missing"]


def wrong_total(forms):
    form = find(forms, "P05", "T2")
    form["total"] += 1
    return "error", "P05", [f"a total of {form['total']}", "by the key"]


def impossible_age(forms):
    for form in forms:
        form["age"] = "7" if form["id"] == "P02" else form["age"]
    return "error", "P02", ['"7"', "18 to 99"]


def malformed_number(forms):
    for form in forms:
        form["id"] = "X-2" if form["id"] == "P02" else form["id"]
    return "error", "X-2", ['"X-2"', "P01"]


def several_at_once(forms):
    outside_range(forms)
    in_two_groups(forms)
    dates_out_of_order(forms)
    wrong_total(forms)
    return "error", "P02", ['"7"']


IN_FORMS = [
    outside_range, below_range, not_whole, unknown_label, unknown_participant, sent_twice,
    contradicting, in_two_groups, unknown_group, no_group, post_without_pre, dates_out_of_order,
    no_date, straight_lining, many_missing, wrong_total, impossible_age, malformed_number,
    several_at_once,
]  # fmt: skip


def is_named(problems, severity, participant, words):
    """Tell whether one problem names the participant and every word."""
    rows = problems[problems["severity"] == severity]
    text = rows["found"] + " | " + rows["allowed"] + " | " + rows["column"]
    hits = rows["participant"].isin([participant, ""])
    for word in words:
        hits &= text.str.contains(word, regex=False)
    return bool(hits.any())


# Each defect in every third format, and each format with every third defect; the rest is slow.
PLANTED = [
    pytest.param(
        form, defect, marks=pytest.mark.slow if (i + j) % 3 else (), id=f"{form}-{defect.__name__}"
    )
    for i, form in enumerate(CHOSEN)
    for j, defect in enumerate(IN_FORMS)
]


@pytest.mark.parametrize(("form", "defect"), PLANTED)
def test_a_defect_is_named_or_harmless(form, defect, eight, tmp_path, capsys):
    if form.kind == "sav" and defect is unknown_label:
        pytest.skip("a numeric variable of SPSS holds no words")
    forms = copy.deepcopy(eight)
    planted = defect(forms)
    form.write(tmp_path / "study", forms)
    code, problems = checked(tmp_path / "study", capsys)
    assert is_named(problems, *planted), problems[["participant", "found"]].to_numpy().tolist()
    assert code == (1 if planted[0] == "error" else 0)
    if planted[0] == "warning":
        refuse_wrong_scores(tmp_path / "study", forms)
    if defect is several_at_once:
        assert len(problems[problems["severity"] == "error"]) >= 4


@pytest.mark.parametrize("form", [f for f in CHOSEN if not f.wide], ids=repr)
def test_an_unknown_time_is_named(form, eight, tmp_path, capsys):
    """Of a first measurement it once ended in a traceback."""
    forms = copy.deepcopy(eight)
    find(forms, "P03", "T1")["time"] = "voormeting"
    form.write(tmp_path / "study", forms)
    code, problems = checked(tmp_path / "study", capsys)
    assert code == 1
    assert is_named(problems, "error", "P03", ['"voormeting"'])


# ---------------------------------------------------------------- defects in the files


def item(form, number, time="T1"):
    return f"PSS_{number}_{time}" if form.wide else f"PSS_{number}"


@pytest.mark.parametrize("form", CHOSEN, ids=repr)
def test_a_missing_column(form, eight, tmp_path, capsys):
    form.write(tmp_path / "study", eight, lambda rows: drop(rows, item(form, 3)))
    code, problems = checked(tmp_path / "study", capsys)
    assert code == 1
    assert (problems["found"] + problems["column"]).tolist() == ["no such column" + item(form, 3)]


@pytest.mark.parametrize("form", CHOSEN, ids=repr)
def test_a_surplus_column_is_told_and_not_read(form, eight, tmp_path, capsys):
    def add(rows):
        return [[*row, "PSS_11" if place == 0 else "1"] for place, row in enumerate(rows)]

    if form.system == "qualtrics":
        pytest.skip("its header rows are longer")
    form.write(tmp_path / "study", eight, add)
    code, _ = checked(tmp_path / "study", capsys)
    columns = pd.read_csv(tmp_path / "study/out/check/columns.csv").set_index("column")
    assert code == 0
    assert columns.loc["PSS_11", "read_as"].startswith("not read")
    refuse_wrong_scores(tmp_path / "study", eight)


@pytest.mark.parametrize("form", [f for f in CHOSEN if f.kind != "sav"], ids=repr)
def test_two_columns_that_could_be_meant(form, eight, tmp_path, capsys):
    def split(rows):
        place = rows[0].index(item(form, 3))
        rows[0][place] = item(form, 3).lower()
        for number, row in enumerate(rows):
            row.append(item(form, 3).title() if number == 0 else row[place])
        return rows

    form.write(tmp_path / "study", eight, split)
    code, problems = checked(tmp_path / "study", capsys)
    assert code == 1
    assert is_named(problems, "error", "", ["either could be meant", item(form, 3)])


@pytest.mark.parametrize("form", CHOSEN, ids=repr)
def test_a_file_cut_short_or_replaced_by_noise(form, eight, tmp_path, capsys):
    form.write(tmp_path / "study", eight)
    file = tmp_path / "study" / "raw" / f"forms{form.ending}"
    content = file.read_bytes()
    for broken in (b"", bytes(range(256)) * 8, content[: len(content) // 3]):
        file.write_bytes(broken)
        code, problems = checked(tmp_path / "study", capsys)
        errors = problems[problems["severity"] == "error"]
        cut_between_rows = problems["found"].eq("no form at any time").any()
        assert errors["file"].str.contains("forms").any() or (code == 0 and cut_between_rows)


def test_the_corpus_has_more_than_three_hundred_exports():
    planted = len(CHOSEN) * (len(IN_FORMS) + 3 + 3)
    assert len(FORMATS) + planted > 300


def test_formats_are_told(eight, tmp_path, capsys):
    told = {
        Format("csv", True, system="qualtrics"): "exported by Qualtrics",
        Format("csv", False, system="limesurvey"): "exported by LimeSurvey",
        Format("csv", False, system="redcap"): "exported by REDCap",
        Format("csv", False, ";", "cp1252"): "semicolon between cells",
        Format("sheets", False): 'Excel, sheet "forms"',
        Format("sav", True): "SPSS",
    }
    for number, (form, words) in enumerate(told.items()):
        form.write(tmp_path / str(number), eight)
        assert words in checking.summary(checking.check_study(tmp_path / str(number)))
