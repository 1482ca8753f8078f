"""Studies that lack parts: their reports say what is missing, and make all the rest."""

import re
import shutil
from dataclasses import replace

import pytest
from conftest import PROJECT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from imp_build import building
from imp_build.inputs import Settings
from imp_build.notebooks import TABLES, Notebook, find_notebooks, fit_to_study
from imp_helpers.contracts import CONTRACTS
from imp_helpers.results import read_results
from imp_intake.settings.missing_parts import missing_parts, special_parts
from imp_intake.settings.study import read_study


def without(text, *sections):
    """Take sections and what belongs to them out of a study.toml."""
    kept, skip = [], False
    for line in text.split("\n"):
        head = re.match(r"\[\[?([\w.]+)", line)
        if head:
            skip = any(head[1] == s or head[1].startswith(f"{s}.") for s in sections)
        kept += [] if skip else [line]
    return "\n".join(kept)


@pytest.fixture(scope="module")
def single_arm(tmp_path_factory):
    """Return a study of one group at three times, with nothing but answers."""
    folder = tmp_path_factory.mktemp("parts") / "study"
    shutil.copytree(PROJECT / "data", folder)
    shutil.rmtree(folder / "published")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = without(
        text, "evaluation", "sessions", "areas", "progression", "harm_dimensions", "tidier",
        "participants", "groups.control",
    )  # fmt: skip
    text = text.replace('minutes = "invultijd_min"', "")
    text = 'analysed_times = ["baseline", "post"]\n' + text.replace(
        "[times.post]", '[times.half]\nlabel = "Half-way"\ncode = "half"\n\n[times.post]'
    )
    text += '\n[participants]\nfile = "raw/participants.csv"\nparticipant = "deelnemer"\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    people = (folder / "raw" / "participants.csv").read_text(encoding="utf-8-sig").splitlines()
    trained = {int(re.search(r"\d+", line)[0]) for line in people if "IMP" in line}
    for name in ("participants", "questionnaires"):
        file = folder / "raw" / f"{name}.csv"
        head, *lines = file.read_text(encoding="utf-8-sig").splitlines()
        kept = [line for line in lines if int(re.search(r"\d+", line)[0]) in trained]
        file.write_text("\n".join([head, *kept]) + "\n", encoding="utf-8-sig")
    return folder


ATTENDED = {
    "sessions_attended": "The list of participants has no column for the sessions attended."
}


def test_the_shipped_study_lacks_attendance_by_person_alone(study):
    assert missing_parts(study) == ATTENDED
    assert special_parts(study) == {
        "alternative-keys", "assumptions", "choices", "not-randomised",
        "printed-power", "simulated-ranges", "subscales",
    }  # fmt: skip


def test_what_is_missing_is_said(single_arm):
    study = read_study(single_arm)
    missing = missing_parts(study)
    assert {"evaluation", "sessions", "control", "published", "age", "profession"} <= set(missing)
    assert {"alternative-keys", "more-cells", "one-group"} <= special_parts(study)
    assert not {"not-randomised", "randomised"} & special_parts(study)
    assert [time.id for time in study.analysed_times] == ["baseline", "post"]


def test_one_occasion_has_no_change(study):
    once = replace(study, times=study.times[:1])
    assert missing_parts(once) == ATTENDED | {
        "change": "Participants were measured once, and there is no change to analyse."
    }


def test_a_cell_gives_way_to_the_reason_and_its_lead_keeps_the_heading(single_arm):
    cells = [
        new_markdown_cell("# Title"),
        new_markdown_cell("## Sessions\n\nLook at the table."),
        new_code_cell("show()", metadata={"tags": ["needs-sessions"]}),
        new_markdown_cell("Look again."),
        new_code_cell("show_more()", metadata={"tags": ["needs-sessions"]}),
        new_code_cell("only()", metadata={"tags": ["only-other-topics"]}),
        new_code_cell("always()"),
    ]
    notebook = Notebook(PROJECT / "01_x.ipynb", new_notebook(cells=cells), "T", (), ("a.csv",))
    made = fit_to_study(notebook, read_study(single_arm))
    assert [cell.source for cell in made.content.cells] == [
        "# Title",
        "## Sessions",
        "*Not shown.* The study has no list of sessions.",
        "always()",
    ]
    assert made.writes == ()


def test_every_notebook_can_say_what_it_needs(study):
    known = {"evaluation", "sessions", "control", "published", "training_group", "sex", "age"}
    known |= {"profession", "areas", "progression", "tidier", "home-practice", "harms"}
    known |= {"table4", "table6", "change", "sessions_attended"}
    for notebook in find_notebooks(PROJECT / "starter"):
        tags = [tag for cell in notebook.content.cells for tag in cell.metadata.get("tags", [])]
        needs = {tag.removeprefix("needs-") for tag in tags if tag.startswith("needs-")}
        assert needs <= known


def test_the_tables_that_may_be_lacking_are_those_of_the_contracts():
    assert {part: CONTRACTS[part].file for part in TABLES} == TABLES


def test_all_reports_of_a_study_of_one_group_at_three_times(single_arm):
    out = single_arm.parent / "out"
    notebooks = PROJECT / "starter"
    building.build(Settings(single_arm, out, notebooks))
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (out / "reports").glob("*.html")}
    assert set(pages) == {"index", *(notebook.name for notebook in find_notebooks(notebooks))}
    assert "The study has no list of sessions." in pages["04_feasibility"]
    assert "nothing to compare it with" in pages["05_effectiveness"]
    assert "The study has no evaluation form." in pages["06_adverse_events"]
    assert "The study has no printed numbers." in pages["07_reproduction"]
    results = read_results(out).set_index("id")
    assert results.loc["effectiveness.pss_total.within.t", "n"] == 25
