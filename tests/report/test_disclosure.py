"""What leaves a study of people: nothing that tells something about a single one."""

import dataclasses
import re
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import test_starter
from conftest import PROJECT, build_reports, with_disclosure_control
from matplotlib.collections import LineCollection

from imp_commands.__main__ import main
from imp_commands.export import trace
from imp_common.errors import InputError
from imp_helpers.desk import Desk
from imp_intake.settings.study import read_study
from imp_report import style
from imp_report.privacy.disclosure import Gate, places_left_out
from imp_report.privacy.pseudonyms import make_key, pseudonyms, read_key


@pytest.fixture(scope="session")
def build(starter_build):
    """The pages of any study that has no notebooks of its own."""
    return starter_build


RELEASED = "memories of earlier events came back, also in dreams"
# Tables are saved as they are shown, under their headings.
COUNTS = ("Count", "Men", "Dropped out", "Deteriorated", "Missing forms", "Missing answers")
EXTREMES = ("Min", "Max")


def as_people(folder):
    """Let a copied study be one of people, its assumptions confirmed; return its file."""
    confirmed = [
        f"{key.id} = {[entry['id'] for entry in key.assumptions]}".replace("'", '"')
        for key in read_study(folder).instruments
        if key.assumptions
    ]
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8").replace('kind = "synthetic"', 'kind = "participants"')
    lines = "\n".join(["[confirmed_assumptions]", *confirmed])
    file.write_text(text.replace("[confirmed_assumptions]", lines), encoding="utf-8")
    return file


def with_names(file):
    """Add a column that no study needs, as an older program would save it."""
    head, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    named = [f"{head};naam", *(f"{row};Zoë Geheim" for row in rows)]
    file.write_bytes("\n".join(named).encode("cp1252"))


@pytest.fixture(scope="module")
def people(made_once):
    """Return the folder of one whole build of a study of people, and the study's folder."""

    def fill(place):
        folder = place / "somebodys" / "secret place"
        shutil.copytree(PROJECT / "data", folder)
        file = as_people(folder)
        text = file.read_text(encoding="utf-8").replace('encoding = "utf-8-sig"\n', "")
        file.write_text(text, encoding="utf-8")
        with_names(folder / "raw" / "participants.csv")
        with file.open("a", encoding="utf-8") as settings:
            settings.write(f'\n[privacy]\nreleased_texts = ["{RELEASED}"]\n')
        build_reports(folder, place / "out")

    place = made_once("people", fill)
    return place / "out", place / "somebodys" / "secret place"


def tables_of(out):
    for file in sorted((out / "reports" / "tables").glob("*.csv")):
        yield file.stem, pd.read_csv(file, dtype=str)


def table_of(out, name):
    return dict(tables_of(out))[name]


def texts_of(out):
    for file in sorted((out / "reports").rglob("*")):
        if file.is_file():
            # A document for Word is a zip whose parts are not packed: its words stand in its bytes.
            yield file, file.read_bytes().decode(errors="replace")


# ---------------------------------------------------------------- a whole build


def test_no_table_shows_a_small_count_or_an_extreme(people):
    out, _ = people
    counted = set()
    for name, table in tables_of(out):
        for column in table:
            heading = column.rpartition(", ")[2]
            if heading in COUNTS:
                counted.add(name)
                shown = pd.to_numeric(table[column].str.replace(",", ""), errors="coerce")
                assert not shown.between(1, 4).any(), (name, column)
            if heading in EXTREMES:
                assert set(table[column].dropna()) <= {"–"}, (name, column)
    assert len(counted) > 5


def test_percentages_and_intervals_go_with_their_counts(people):
    out, _ = people
    events = table_of(out, "table6_1")
    assert (events[["Forms", "% of forms", "95% CI"]] == "–").all(axis=None)
    jobs = table_of(out, "table3")
    withheld = jobs["Control, Count"] == "–"
    assert (withheld == (jobs["Control, %"] == "–")).all()
    assert withheld.sum() >= 2


def test_a_criterion_shows_no_percentage_that_is_left_out(people):
    out, _ = people
    criteria = table_of(out, "table4_13").set_index("Unnamed: 0")
    assert criteria.at["Would recommend the training, %", "Value"] == "–"
    assert float(criteria.at["Grade for the training", "Value"]) > 8


def test_a_figure_of_small_counts_is_withheld(people):
    out, _ = people
    withheld = ("figure-4-3", "figure-6-1")
    for name, shown in [*((name, False) for name in withheld), ("figure-5-1", True)]:
        svg = (out / "reports" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert ("Withheld by disclosure control." not in svg) == shown, name


def test_results_and_ledger_obey(people):
    out, _ = people
    ledger = pd.read_csv(out / "reports" / "ledger.csv", dtype=str).set_index("id")
    row = ledger.loc["sample.men.count.training"]
    assert pd.isna(row["computed"])
    assert row["detail"] == "Left out by disclosure control."
    assert ledger.loc["effectiveness.scs_total.F", "status"] == "agrees"
    results = pd.read_csv(out / "processed" / "results" / "04_feasibility.csv").set_index("id")
    assert results.loc["sample.men.count.training", "value"] == "suppressed"
    assert results.loc["sample.age.min.total", "value"] == "suppressed"


def test_no_participant_and_no_path_is_named_anywhere(people):
    out, folder = people
    numbers = pd.read_csv(out / "processed" / "participants.csv")["participant"]
    named = re.compile("|".join(rf"\b{number}\b" for number in numbers))
    for file, text in texts_of(out):
        text = re.sub(r"data:image[^\"]*", "", text)
        assert not named.search(text), file
        assert str(folder) not in text, file
        assert folder.parent.name not in text, file


def test_a_column_that_is_not_used_appears_nowhere(people):
    """A cell of it makes a warning, and warnings stand on the page, in its CSV and for Word."""
    out, _ = people
    warnings = (out / "reports" / "01_cleaning.html").read_text(encoding="utf-8")
    assert "bytes that are not UTF-8" in warnings
    written = [file for file in (out / "reports").rglob("*") if file.is_file()]
    assert len(written) > 50
    words = (b"Geheim", "Zoë".encode())
    assert not [file for file in written if any(word in file.read_bytes() for word in words)]


@pytest.mark.parametrize("kind", ["participants", "synthetic"])
def test_the_page_of_a_failure_quotes_no_cell_of_people(kind, study_folder, edit, tmp_path, capsys):
    if kind == "participants":
        as_people(study_folder)
    edit("raw/participants.csv", "psychiater", "astronaut of Deventer")
    assert main(["build", "--study", str(study_folder), "--out", str(tmp_path / "out")]) == 1
    assert "astronaut of Deventer" in capsys.readouterr().err
    page = (tmp_path / "out" / "failure.html").read_text(encoding="utf-8")
    assert ("astronaut" in page) == (kind == "synthetic")
    assert "01_cleaning.ipynb" in page


def test_a_row_of_a_file_of_people_is_a_person_even_without_a_number(gate):
    columns = ["file", "row", "participant", "found"]
    rows = [("raw/participants.csv", 3, "", "a"), ("raw/participants.csv", None, "", "b")]
    rows += [("raw/sessions.csv", 3, "", "c")]
    table = pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})
    assert gate.table(table, "table-1")["found"].tolist() == ["b", "c"]


def test_a_free_text_appears_only_if_it_is_released(people):
    out, _ = people
    assert table_of(out, "table6_2")["Report"].tolist() == [RELEASED]
    evaluation = pd.read_csv(out / "processed" / "evaluation.csv")
    others = set(evaluation["adverse_detail"].dropna()) - {RELEASED}
    assert others
    for _, text in texts_of(out):
        assert not any(other in text for other in others)


def test_the_record_says_what_and_why_but_no_number(people):
    out, _ = people
    record = pd.read_csv(out / "reports" / "disclosure.csv", dtype=str).fillna("")
    assert list(record) == ["notebook", "place", "row", "column", "rule"]
    assert {"table-4-5", "table-4-1", "table-6-2", "figure-4-2"} <= set(record["place"])
    assert record["rule"].nunique() >= 6
    front = (out / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Left out to protect participants" in front
    assert "Figure 4.2" in front


def test_sentences_obey(people):
    """A sentence with a number that is withheld is left out whole; the others stay."""
    out, _ = people
    page = (out / "reports" / "04_feasibility.html").read_text(encoding="utf-8")
    said = " ".join(re.findall(r'<div class="said">.*?</div>', page, re.DOTALL))
    assert "Returned the evaluation form" not in said
    assert "The study has 47 participants." in said


def test_what_a_table_leaves_out_no_sentence_and_no_result_tells(study_folder, tmp_path):
    as_people(study_folder)
    people = pd.DataFrame({"group": ["training"] * 25 + ["control"] * 22})
    (tmp_path / "processed").mkdir()
    people.to_csv(tmp_path / "processed" / "participants.csv")
    desk = Desk("06_adverse_events", study_folder, tmp_path, read_study(study_folder))
    index = pd.Index(["dreams", "pain", "any"], name="kind")
    table = pd.DataFrame({"count": [3, 7, 10], "n": 25}, index=index)
    desk.show("Table 6.1", table, "Effects", ids="harms", results=["count"])
    said = desk.say(["{harms.dreams.count:whole} had dreams.", "All were asked."]).data
    assert "All were asked." in said
    assert "dreams" not in said
    saved = pd.read_csv(tmp_path / "processed" / "results" / "06_adverse_events.csv")
    shown = desk.show("Table 6.2", table, "Again").data
    for name, count in table["count"].items():
        recorded = saved.set_index("id").at[f"harms.{name}.count", "value"]
        assert (recorded == "suppressed") == (f">{count}<" not in shown), name


def test_the_scores_of_eight_people_are_nowhere(tmp_path):
    """Not in a page, a table, a figure, a notebook with its outputs or a document for Word."""
    random = np.random.default_rng(8)
    scores = pd.DataFrame({"participant": range(101, 109), "group": ["control", "cbt"] * 4})
    for time in ("before", "after"):
        scores[f"weight_{time}"] = (60 + 60 * random.random(8)).round(5)
    folder = tmp_path / "study"
    (folder / "raw").mkdir(parents=True)
    scores.to_csv(folder / "raw" / "scores.csv", index=False)
    text = test_starter.settings_of("anorexia")
    text = re.sub(r"\[groups.family\].*?(?=\[groups|\[times)", "", text, flags=re.DOTALL)
    text = text.replace("disclosure_control = false", "disclosure_control = true")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    build_reports(folder, tmp_path / "out")
    secret = [
        f"{score:.{d}f}"
        for d in (2, 3, 5)
        for score in scores.filter(like="weight").to_numpy().ravel()
    ]
    told = re.compile("|".join(rf"(?<![\d.]){re.escape(number)}" for number in secret))
    files = list(texts_of(tmp_path / "out"))
    assert len(files) > 30
    for file, text in files:
        assert not told.search(re.sub(r"<svg.*?</svg>|data:image[^\"]*", "", text, flags=re.S)), (
            file
        )


def test_a_trace_lists_nobody(people):
    out, folder = people
    text = "\n".join(map(str, trace.trace("effectiveness.scs_total.F", read_study(folder), out)))
    assert "withheld" in text
    assert not re.search(r"\bP\d\d\b", text)


def test_a_synthetic_study_leaves_nothing_out(build):
    assert not (build / "reports" / "disclosure.csv").exists()
    front = (build / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Left out" not in front


# ---------------------------------------------------------------- the gate


@pytest.fixture
def gate(study_folder, tmp_path):
    as_people(study_folder)
    return Gate(read_study(study_folder), "04_feasibility", tmp_path)


def test_a_statistic_of_few_people_is_left_out(gate):
    table = pd.DataFrame({"group": ["training", "control"], "n": [20, 3], "mean": [1.5, 2.5]})
    shown = gate.table(table, "table-9")
    assert shown["mean"].tolist()[:1] == [1.5]
    assert shown["mean"].isna().tolist() == [False, True]


def test_forms_that_did_not_come_in_are_people_too(gate):
    people = pd.DataFrame({"group": ["training"] * 25 + ["control"] * 22})
    (gate.out / "processed").mkdir()
    people.to_csv(gate.out / "processed" / "participants.csv")
    table = pd.DataFrame({"scale": ["pss", "pss"], "time": ["baseline", "post"]})
    table = table.assign(complete=[47, 44], prorated=0, not_scored=0)
    assert gate.table(table, "table-9")["complete"].isna().tolist() == [False, True]
    table = pd.DataFrame({"group": ["training", "control"], "n": [22, 22], "mean": [1.5, 2.5]})
    assert gate.table(table, "table-9")["n"].isna().tolist() == [True, False]


def test_no_point_or_line_of_a_figure_is_one_person():
    """Lines go, points become quartiles; what shows no people stays."""
    figure, axes = plt.subplots()
    axes.scatter([1] * 5, [1, 2, 3, 4, 50], gid="people")
    lines = [[(0, 3), (1, 4)], [(0, 1), (1, 2)]]
    axes.add_collection(LineCollection(lines, gid="people"))
    interval = axes.hlines([1], [0], [2])
    style.anonymous(figure)
    assert list(axes.collections) == [interval]
    quartiles, median = (line.get_ydata().tolist() for line in axes.lines)
    assert (quartiles, median) == ([2, 4], [3])
    plt.close(figure)


# ---------------------------------------------------------------- settings and pseudonyms


@pytest.mark.parametrize(
    ("kind", "asked", "control"),
    [
        ("participants", "", True),
        ("synthetic", "", False),
        ("participants", "disclosure_control = false", False),
        ("synthetic", "disclosure_control = true", True),
    ],
)
def test_people_are_protected_unless_asked_otherwise(study_folder, kind, asked, control):
    file = as_people(study_folder)
    text = file.read_text(encoding="utf-8").replace('kind = "participants"', f'kind = "{kind}"')
    file.write_text(f"{text}\n[privacy]\n{asked}\nsmallest_count = 10\n", encoding="utf-8")
    settings = read_study(study_folder).settings
    assert settings.disclosure_control == control
    assert settings.privacy.smallest_count == 10


@pytest.mark.parametrize(
    "asked",
    [
        "smallest_count = 1",
        'disclosure_control = "yes"',
        "pseudonym = true",
        'released_texts = "all"',
    ],
)
def test_a_wrong_setting_is_refused(study_folder, asked):
    with (study_folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[privacy]\n{asked}\n")
    with pytest.raises(InputError) as raised:
        read_study(study_folder)
    (problem,) = raised.value.problems
    assert problem.column == f"privacy.{asked.split(' ')[0]}"
    assert f"{problem.row}" == str(len((study_folder / "study.toml").read_text().splitlines()))


def test_a_wrong_setting_stops_the_run(study_folder):
    with (study_folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write("\n[privacy]\nsmallest_count = 0\n")
    with pytest.raises(Exception, match=r"privacy\.smallest_count"):
        read_study(study_folder)


def test_pseudonyms_depend_on_the_key_alone(tmp_path):
    make_key(tmp_path)
    numbers = pd.Series(["P01", "P02", "P01", None])
    first, second, again, missing = pseudonyms(numbers, read_key(tmp_path))
    assert first == again != second
    assert pd.isna(missing)
    assert pseudonyms(numbers, b"another")[0] != first


def test_a_key_is_never_made_twice(tmp_path):
    make_key(tmp_path)
    with pytest.raises(Exception, match="already"):
        make_key(tmp_path)


def test_tables_bear_pseudonyms_on_request(study_folder, tmp_path):
    with (study_folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write("\n[privacy]\npseudonyms = true\n")
    make_key(study_folder)
    desk = Desk("01_cleaning", study_folder, tmp_path, read_study(study_folder))
    log = pd.DataFrame(
        {
            "participant": ["P01", "P02"],
            "before": ["p1", "3 "],
            "after": ["P01", "3"],
            "rule": ["participant number", "stray spaces"],
        }
    )
    html = desk.show("Table 1.1", log, "Changes").data
    saved = (tmp_path / "reports" / "tables" / "table1_1.csv").read_text(encoding="utf-8")
    for made in (html, saved):
        assert not re.search("P0[12]|p1", made)
        assert re.search("S[0-9a-f]{10}", made)


def test_without_a_key_there_are_no_pseudonyms(tmp_path):
    with pytest.raises(Exception, match=r"python -m imp_commands pseudonyms"):
        read_key(tmp_path)


def test_baseline_scores_do_not_tell_that_of_a_single_drop_out(study, tmp_path):
    """Neither its mean nor what follows from that of the others, with everybody's beside it."""
    people = dataclasses.replace(study, settings=with_disclosure_control(study.settings))
    table = pd.DataFrame(
        [("x", 46, 20.0, 5.0, 1, 31.0, float("nan"), -2.2)],
        columns=["scale", "n_completers", "mean_completers", "sd_completers", "n_drop_outs",
                 "mean_drop_outs", "sd_drop_outs", "standardised"],
    )  # fmt: skip
    shown = Gate(people, "09_robustness", tmp_path).table(table, "table-9-2")
    assert shown.drop(columns=["scale", "n_completers"]).isna().all(axis=None)


def test_what_was_left_out_of_a_tenth_notebook_is_listed_as_well(tmp_path):
    folder = tmp_path / "reports" / "disclosure"
    folder.mkdir(parents=True)
    for name, place in (("05_effectiveness", "table-5-1"), ("10_importance", "table-10-1")):
        (folder / f"{name}.csv").write_text(f"place,rule\n{place},small\n")
    (folder / "index.csv").write_text("place,rule\ntable-0-1,small\n")
    assert places_left_out(tmp_path)["places"].tolist() == ["Table 5.1, Table 10.1"]
