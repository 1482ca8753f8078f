"""Whether anything has changed goes by what stands in the files, not by when they were written."""

import json
import os
import platform
import shutil
from pathlib import Path

import pytest
from conftest import PROJECT

from imp_build import building, inputs
from imp_build.building import build
from imp_build.inputs import Settings, digest
from imp_build.manifest import is_up_to_date, read_manifest
from imp_build.progress import Progress

ALL = [path.stem for path in sorted((PROJECT / "starter").glob("*.ipynb"))]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project, whose notebooks give quickly what stands for their outputs.

    Each file holds the digest of all that the notebook depends on, so that every change goes on to
    whoever reads it.
    """
    for name in ("starter", "data", *inputs.PACKAGES):
        shutil.copytree(
            PROJECT / name,
            tmp_path / name.replace("starter", "notebooks"),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copyfile(PROJECT / "requirements.txt", tmp_path / "requirements.txt")
    monkeypatch.setattr(inputs, "PROJECT", tmp_path)
    monkeypatch.setattr(inputs, "SHIPPED_KEYS", tmp_path / "data" / "instruments")
    monkeypatch.setattr(building, "make_page", lambda *_: None)
    monkeypatch.setattr(building, "front_page", lambda *_: "")

    def stand_in(notebook, study, settings, found, staged, progress):
        progress.starts(notebook.name)
        text = building.key_of(notebook, found, settings, staged)
        for file in notebook.writes:
            path = staged / file.replace("*", "1")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        copy = building.executed_copy(notebook, staged)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text)
        progress.done(notebook.name)

    monkeypatch.setattr(building, "run_notebook", stand_in)
    return Settings(tmp_path / "data", tmp_path / "out", tmp_path / "notebooks", fork=False)


@pytest.fixture
def ran(project, monkeypatch):
    """A function that builds if it must, and returns the notebooks that ran."""

    def build_again():
        if is_up_to_date(project):
            return []
        progress = Progress()
        build(project, progress)
        return sorted(progress.ran)

    assert build_again() == ALL
    return build_again


def after(*numbers):
    return [name for name in ALL if name[:2] in numbers]


def append(file, text):
    """Add a text to a file, which is made in a folder that is there if it is missing."""
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as end:
        end.write(text.encode())


def test_nothing_runs_when_nothing_has_changed(ran, project):
    assert ran() == []
    for path in project.study.parent.rglob("*"):
        os.utime(path)
    assert ran() == []


def test_a_changed_notebook_runs_with_those_that_read_what_it_makes(ran, project):
    path = project.notebooks / "06_adverse_events.ipynb"
    text = path.read_text()
    path.write_text(text.replace("desk.say(", "desk.say( "))
    assert ran() == after("06", "07", "in")
    path.write_text(text)
    assert ran() == after("06", "07", "in")


@pytest.mark.parametrize(
    "file",
    ["imp_helpers/adverse_events.py", "imp_common/words.toml", "imp_build/pages.py",
     "requirements.txt"],
)  # fmt: skip
def test_changed_code_runs_every_notebook(ran, project, file):
    append(project.study.parent / file, "\n")
    assert ran() == ALL


@pytest.mark.parametrize(
    ("file", "notebooks"),
    [
        ("study.toml", ALL),
        ("instruments/pss.toml", ALL),
        ("raw/sessions.csv", ALL),
        ("corrections.csv", ALL),
        ("published/statistics.csv", ALL),
        ("README.md", []),
        ("synthetic/assumed_targets.csv", []),
    ],
)
def test_a_changed_file_of_the_study_runs_who_reads_it(ran, project, file, notebooks):
    append(project.study / file, "\n")
    assert ran() == notebooks


def test_a_change_that_changes_no_output_goes_no_further(ran, project, monkeypatch):
    given = building.run_notebook

    def same_scores(notebook, study, settings, found, staged, progress):
        given(notebook, study, settings, found, staged, progress)
        if notebook.name == "02_scoring":
            for file in ("scores", "points"):
                shutil.copyfile(
                    project.out / f"processed/{file}.csv", staged / f"processed/{file}.csv"
                )

    monkeypatch.setattr(building, "run_notebook", same_scores)
    path = project.notebooks / "02_scoring.ipynb"
    path.write_text(path.read_text().replace("Scoring", "Scores"))
    assert ran() == after("02")


def test_an_edit_that_is_taken_back_before_a_build_runs_nothing(ran, project):
    path = project.study / "study.toml"
    before = path.read_bytes()
    append(path, "\n# A remark.\n")
    path.write_bytes(before)
    assert ran() == []


def test_an_output_that_somebody_changed_is_put_right(ran, project):
    scores = project.out / "processed" / "scores.csv"
    before = scores.read_bytes()
    append(scores, "x")
    (project.out / "reports" / "ledger.csv").unlink()
    assert not is_up_to_date(project)
    assert ran() == after("02", "07")
    assert scores.read_bytes() == before
    assert (project.out / "reports" / "ledger.csv").is_file()
    assert is_up_to_date(project)


@pytest.mark.usefixtures("ran")
def test_another_parameter_runs_who_has_it(project):
    other = Settings(
        project.study, project.out, project.notebooks, {"rounding": "either"}, fork=False
    )
    assert not is_up_to_date(other)
    progress = Progress()
    build(other, progress)
    assert progress.ran == after("07")


# ---------------------------------------------------------------- a real build


def test_a_manifest_names_inputs_outputs_and_circumstances(build):
    manifest = read_manifest(build / "reports")
    for name, path in {
        "study/raw/questionnaires.csv": PROJECT / "data/raw/questionnaires.csv",
        "notebooks/05_effectiveness.ipynb": PROJECT / "notebooks/05_effectiveness.ipynb",
        "imp_helpers/scoring.py": PROJECT / "imp_helpers/scoring.py",
        "requirements.txt": PROJECT / "requirements.txt",
    }.items():
        assert manifest["inputs"][name] == digest(path)
    for name, sha in manifest["outputs"].items():
        assert digest(build / name) == sha
    there = {p.relative_to(build).as_posix() for p in (build / "reports").rglob("*") if p.is_file()}
    assert there - set(manifest["outputs"]) == {"reports/manifest.json"}
    assert manifest["python"] == platform.python_version()
    assert manifest["packages"]["pandas"]
    assert manifest["seeds"]
    own = {path.stem for path in (PROJECT / "notebooks").glob("*.ipynb")}
    assert set(manifest["notebooks"]) == own


def test_each_page_shows_the_fingerprint_of_the_study(build):
    manifest = read_manifest(build / "reports")
    for name in manifest["notebooks"]:
        page = (build / "reports" / f"{name}.html").read_text(encoding="utf-8")
        assert manifest["fingerprint"] in page


def test_nothing_in_a_manifest_tells_where_it_was_made(build):
    text = (build / "reports" / "manifest.json").read_text(encoding="utf-8")
    text += (build / "reports" / "codecheck.yml").read_text(encoding="utf-8")
    for path in {build, PROJECT, Path.home()} - {Path("/")}:
        assert str(path) not in text


def test_what_is_no_manifest_counts_as_none(tmp_path):
    (tmp_path / "reports").mkdir()
    for text in ("", "{", "[]", '"words"'):
        (tmp_path / "reports" / "manifest.json").write_text(text)
        assert read_manifest(tmp_path / "reports") == {}
    assert json.dumps(read_manifest(tmp_path / "nowhere")) == "{}"
