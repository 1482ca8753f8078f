"""The guard that keeps participants' data out of git, in a repository of its own."""

import shutil
import subprocess
import sys

import pytest

from imp_helpers.privacy import git_guard

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository whose commits pass the guard, with a function that commits files."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    git("init", "-q")
    git("config", "user.name", "Somebody")
    git("config", "user.email", "somebody@example.org")
    assert git_guard.run_guard(install=True) == 0
    return tmp_path


def git(*words):
    return subprocess.run(["git", *words], capture_output=True, text=True)


def commit(folder, files):
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        git("add", "--force", name)
    return git("commit", "-q", "-m", "Add files")


def study(kind):
    return (
        f'[study]\nkind = "{kind}"\n[participants]\nfile = "people.csv"\n'
        '[questionnaires]\nfile = ["before.csv", "later/after.csv"]\n'
    )


def test_raw_files_of_participants_are_refused(repository):
    done = commit(repository, {"a/study.toml": study("participants"), "a/raw/x.csv": "1"})
    assert done.returncode == 1
    assert "a/raw/x.csv: raw data of participants" in done.stderr
    assert git("log").returncode != 0


def test_settings_and_synthetic_data_may_be_committed(repository):
    files = {"a/study.toml": study("participants"), "a/instruments/pss.toml": ""}
    files |= {"data/study.toml": study("synthetic"), "data/raw/x.csv": "1"}
    assert commit(repository, files).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        "a/people.csv",
        "a/before.csv",
        "a/later/after.csv",
        "a/raw/deep/down.xlsx",
        "a/pseudonym_key.txt",
        "a/out/processed/scores.csv",
        "results/processed/answers.csv",
        "results/exports/data/scores.sav",
    ],
)
def test_every_file_of_people_is_refused(repository, name):
    assert commit(repository, {"a/study.toml": study("participants")}).returncode == 0
    assert commit(repository, {name: "1"}).returncode == 1


def test_a_study_whose_settings_are_not_in_git_is_seen(repository):
    (repository / "a").mkdir()
    (repository / "a" / "study.toml").write_text(study("participants"), encoding="utf-8")
    assert commit(repository, {"a/raw/x.csv": "1"}).returncode == 1


def test_settings_that_cannot_be_read_may_be_about_people(repository):
    assert commit(repository, {"study.toml": "[[[", "raw/x.csv": "1"}).returncode == 1


def test_a_file_that_goes_away_may_go(repository):
    git("config", "core.hooksPath", "none")
    commit(repository, {"a/study.toml": study("participants"), "a/raw/x.csv": "1"})
    git("config", "--unset", "core.hooksPath")
    git("rm", "-q", "--cached", "a/raw/x.csv")
    assert git("commit", "-q", "-m", "Take it out").returncode == 0


def test_a_hook_of_somebody_else_is_left_alone(repository):
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="Add this line"):
        git_guard.run_guard(install=True)
    assert hook.read_text(encoding="utf-8") == "#!/bin/sh\n"


def test_the_guard_needs_no_package():
    code = f"import runpy; runpy.run_path({str(git_guard.__file__)!r})"
    assert subprocess.run([sys.executable, "-I", "-S", "-c", code]).returncode == 0
