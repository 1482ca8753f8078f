"""The way back from a number: every step is there, and leads to the very lines."""

import csv
import re

import pytest

from imp_commands.__main__ import main
from imp_commands.export import trace
from imp_commands.export.trace import participant_number
from imp_common.errors import AnalysisError


def links_of(name, study, build):
    return {link.title: link.lines for link in trace.trace(name, study, build)}


def find(links, start):
    (title,) = [title for title in links if title.startswith(start)]
    return title, links[title]


def test_the_chain_of_an_effect_has_every_step(study, build):
    links = links_of("effectiveness.scs_total.partial_eta_squared", study, build)
    assert [title.split(":")[0] for title in links] == [
        "Ledger",
        "Report",
        "Result",
        "Scored rows",
        "Items",
        "Raw rows",
        "Changes and corrections",
    ]
    assert "94 rows" in find(links, "Scored rows")[0]
    assert "94 rows" in find(links, "Raw rows")[0]
    assert links["Report"] == ("reports/05_effectiveness.html#table-5-2.scs_total",)


def test_the_lines_named_are_the_lines_of_the_raw_file(study, build):
    links = links_of("effectiveness.pss_total.mean.control.post", study, build)
    title, lines = find(links, "Raw rows")
    assert "22 rows" in title
    assert lines[0] == "columns " + ", ".join(f"PSS_{item}" for item in range(1, 11))
    raw = (study.folder / "raw" / "questionnaires.csv").read_text(encoding="utf-8-sig").splitlines()
    for line in lines[1:-1]:
        number, participant = re.match(r"line (\d+): (P\d\d), post", line).groups()
        cells = raw[int(number) - 1].split(";")
        assert int(cells[0].strip().lstrip("Pp")) == int(participant[1:])
        assert cells[1].strip() == "na"


def test_scored_rows_are_those_of_the_group_and_time(study, build):
    title, lines = find(
        links_of("effectiveness.pss_total.mean.control.post", study, build), "Scored rows"
    )
    scores = (build / "processed" / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert "22 rows" in title
    for line in lines[:-1]:
        found = scores[int(re.match(r"line (\d+)", line)[1]) - 1].split(",")
        assert (found[1], found[2], found[6]) == ("post", "pss_total", "control")


def test_reverse_keyed_items_are_marked(study, build):
    links = links_of("reliability.pss_total.alpha", study, build)
    assert find(links, "Items")[1][-1] == "1 2 3 4R 5R 6 7R 8R 9 10"


def test_a_correction_that_touches_the_answers_is_shown(study, build):
    with (study.folder / "corrections.csv").open(encoding="utf-8-sig", newline="") as lines:
        (edit,) = csv.DictReader(lines, delimiter=";")
    links = links_of("effectiveness.pss_total.mean.training.post", study, build)
    shown = find(links, "Changes")[1]
    assert any(f"{edit['column']} '{edit['before']}' became '{edit['after']}'" in s for s in shown)
    before = links_of("effectiveness.pss_total.mean.training.baseline", study, build)
    assert find(before, "Changes")[1] == ("none touches these answers",)


def test_a_form_that_was_set_aside_is_no_raw_row(study, build):
    aside = (build / "processed" / "set_aside.csv").read_text(encoding="utf-8").splitlines()[1]
    line, participant = aside.split(",")[1:3]
    lines = [
        line
        for link in trace.trace("reliability.eq_total.alpha", study, build)
        for line in link.lines
    ]
    assert not any(shown.startswith(f"line {line}: {participant}") for shown in lines)


@pytest.mark.parametrize(
    ("name", "file", "column"),
    [
        ("feasibility.practice_minutes.mean", "evaluation.csv", "oefenen_min"),
        ("sample.age.mean.total", "participants.csv", "leeftijd"),
        ("feasibility.session_hours.mean", "sessions.csv", "sessie"),
    ],
)
def test_what_is_about_no_scale_leads_to_its_column(study, build, name, file, column):
    links = links_of(name, study, build)
    assert f"processed/{file}" in find(links, "Clean rows")[0]
    title, lines = find(links, "Raw rows")
    assert title == f"Raw rows: raw/{file}"
    assert column in lines[0]


def test_what_has_no_column_leads_to_what_the_notebook_reads(study, build):
    links = links_of("sample.dropouts.claim", study, build)
    assert "processed/participants.csv" in links["Clean tables that the notebook reads"]


def test_every_row_of_the_ledger_can_be_traced(study, build):
    with (build / "reports" / "ledger.csv").open(encoding="utf-8", newline="") as lines:
        names = [row["id"] for row in csv.DictReader(lines)]
    for name in names[::9]:
        assert len(trace.trace(name, study, build)) >= 4


@pytest.mark.parametrize("typed", ["p7", " P07 ", "7", "P007"])
def test_a_participant_number_has_one_form(study, typed):
    assert participant_number(typed, study) == "P07"


def test_an_unknown_id_is_told_with_those_near_to_it(study, build):
    with pytest.raises(AnalysisError, match=r"effectiveness\.scs_total\.F"):
        trace.trace("scs_total.F", study, build)


def test_before_the_first_build_there_is_nothing_to_trace(study, tmp_path, capsys):
    with pytest.raises(AnalysisError, match="Run make first"):
        trace.trace("sample.n.total", study, tmp_path)
    arguments = ["sample.n.total", "--study", str(study.folder), "--out", str(tmp_path)]
    assert main(["trace", *arguments]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_prints_the_chain(study, build, capsys):
    arguments = ["sample.n.total", "--study", str(study.folder), "--out", str(build)]
    assert main(["trace", *arguments]) == 0
    assert "Ledger: reports/ledger.csv, line 2" in capsys.readouterr().out
