"""Outputs change places as a whole, one build at a time."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from imp_build.outputs import MARK, OUTPUTS, clear_away_remains, lock, publish, stage
from imp_common.errors import AnalysisError


def write_outputs(folder, text):
    for name in OUTPUTS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "file").write_text(text)
        (folder / name / MARK).write_text("made")


def outputs(out):
    return {name: (out / name / "file").read_text() for name in OUTPUTS}


@pytest.mark.parametrize("times", [1, 3])
def test_the_new_outputs_take_the_place_of_the_earlier_ones(tmp_path, times):
    for time_ in range(times):
        with stage(tmp_path) as staged:
            write_outputs(staged, f"build {time_}")
            publish(staged, tmp_path)
        assert outputs(tmp_path) == dict.fromkeys(OUTPUTS, f"build {time_}")
        assert not list((tmp_path / ".build").glob("stage-*"))


@pytest.mark.parametrize("earlier", [True, False])
def test_what_fails_half_way_is_undone(tmp_path, monkeypatch, earlier):
    if earlier:
        write_outputs(tmp_path, "earlier")
    rename = Path.rename
    with stage(tmp_path) as staged:
        write_outputs(staged, "new")

        def fail_for_new_reports(path, target):
            if path == staged / "reports":
                raise OSError(28, "No space left on device", str(path))
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", fail_for_new_reports)
        with pytest.raises(OSError, match="No space left"):
            publish(staged, tmp_path)
    if earlier:
        assert outputs(tmp_path) == dict.fromkeys(OUTPUTS, "earlier")
    else:
        assert not (tmp_path / "processed").exists()


def test_what_a_killed_build_had_set_aside_comes_back(tmp_path):
    write_outputs(tmp_path, "earlier")
    aside = tmp_path / ".build" / "stage-killed" / "earlier"
    aside.mkdir(parents=True)
    (tmp_path / "reports").rename(aside / "reports")
    clear_away_remains(tmp_path)
    assert outputs(tmp_path) == dict.fromkeys(OUTPUTS, "earlier")
    assert not aside.exists()


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "thesis.txt").write_text("years of work")
    with pytest.raises(AnalysisError, match="was not made by this pipeline"), stage(tmp_path):
        pass
    assert (tmp_path / "reports" / "thesis.txt").read_text() == "years of work"


HOLD = """
import sys, time
from pathlib import Path
from imp_build.outputs import lock
out = Path(sys.argv[1])
with lock(out, print):
    (out / "held").touch()
    time.sleep(float(sys.argv[2]))
"""


def hold(out, seconds):
    """Start a process that holds the lock, and return it once it does."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(out), str(seconds)])
    while not (out / "held").exists():
        time.sleep(0.01)
    return process


def test_the_second_build_says_who_is_at_work_and_waits(tmp_path):
    other, told = hold(tmp_path, 0.5), []
    with lock(tmp_path, told.append):
        assert other.wait(timeout=5) == 0
    (line,) = told
    assert f"process {other.pid}" in line
    assert "Waiting" in line


def test_the_lock_of_a_killed_build_is_free(tmp_path):
    other, told = hold(tmp_path, 60), []
    other.kill()
    other.wait()
    (tmp_path / ".build" / "stage-killed").mkdir()
    with lock(tmp_path, told.append):
        assert not (tmp_path / ".build" / "stage-killed").exists()
    assert told == []
