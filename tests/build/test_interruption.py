"""Builds that are interrupted, killed, run twice at once or run out of something.

Whatever happens, the reports are the earlier ones or the new ones, whole, and the next build gives
what an undisturbed one gives.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from toy_build import STUDY, TOYS

from imp_build import building, execution
from imp_build import outputs as output_folders
from imp_build.building import build
from imp_build.inputs import Settings
from imp_build.outputs import clear_away_remains, lock
from imp_commands.__main__ import main
from imp_common.errors import AnalysisError

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of Unix")


@pytest.fixture(autouse=True)
def _study(monkeypatch):
    monkeypatch.setattr(building.studies, "read_study", lambda folder: STUDY)


def settings_of(out, limit, notebooks=TOYS):
    parameters = {"limit": limit} if limit else {}
    return Settings(out / "data", out, notebooks, parameters, fork=False)


def outputs(out, *folders):
    paths = (path for name in folders for path in (out / name).rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """Return the outputs of two undisturbed builds, with the limits 1 and 2."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building.studies, "read_study", lambda folder: STUDY)
        for limit in (1, 2):
            made[limit] = tmp_path_factory.mktemp(f"limit{limit}")
            build(settings_of(made[limit], limit))
    return made


@pytest.fixture
def earlier(builds, tmp_path):
    """Return a folder with the build of limit 1, without what it has kept for itself."""
    for name in ("processed", "reports"):
        shutil.copytree(builds[1] / name, tmp_path / "out" / name)
    return tmp_path / "out"


def start(out, *arguments, fork=False, **more):
    command = [sys.executable, HERE / "toy_build.py", "--study", out / "data", "--out", out]
    command += ["--notebooks", TOYS, *arguments, *([] if fork else ["--no-fork"])]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [str(part) for part in command]
    return subprocess.Popen(command, start_new_session=True, **pipes, **more)


def kill_with_its_group(process):
    """Kill a build at once, and return the processes that it had started."""
    try:
        descendants = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError):
        descendants = []
    process.communicate()
    return descendants


def check_the_remains(out, builds, descendants):
    """Assert that nothing is mixed, nobody is left, and the next build is like any other."""
    clear_away_remains(out)
    reports = outputs(out, "reports")
    assert reports in [outputs(builds[limit], "reports") for limit in (1, 2)]
    build(settings_of(out, 2))
    folders = ("processed", "reports")
    assert without_circumstances(outputs(out, *folders)) == without_circumstances(
        outputs(builds[2], *folders)
    )
    assert not list((out / ".build").glob("stage-*"))
    _, alive = psutil.wait_procs(descendants, timeout=5)
    assert alive == []


def without_circumstances(files):
    """Leave out what tells whether the project had changes when the build was made."""
    return {name: content for name, content in files.items() if "manifest" not in name}


def kill_somewhere(out, builds, instant, fork):
    process = start(out, "-p", "limit", "2", fork=fork)
    time.sleep(instant)
    check_the_remains(out, builds, kill_with_its_group(process))


@pytest.mark.parametrize("number", range(10))
def test_a_build_that_is_killed_leaves_no_mixture(earlier, builds, number):
    instant = random.Random(number).uniform(0, 3.5)
    kill_somewhere(earlier, builds, instant, fork=number % 3 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10, 110))
def test_a_build_that_is_killed_leaves_no_mixture_in_a_hundred_times(earlier, builds, number):
    instant = random.Random(number).uniform(0, 5)
    kill_somewhere(earlier, builds, instant, fork=number % 2 == 0)


@pytest.mark.parametrize(("moves", "limit"), [(1, 1), (2, 1), (3, 1), (4, 2)])
def test_a_build_that_is_killed_while_it_puts_reports_in_place(earlier, builds, moves, limit):
    environment = os.environ | {"DIE_AFTER_MOVES": str(moves)}
    process = start(earlier, "-p", "limit", "2", env=environment)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    clear_away_remains(earlier)
    assert outputs(earlier, "reports") == outputs(builds[limit], "reports")
    check_the_remains(earlier, builds, [])


def test_two_builds_at_once_take_turns(earlier, builds):
    with lock(earlier, print):
        second = start(earlier, "-p", "limit", "2")
        line = second.stdout.readline()
        assert f"Another build is at work here (process {os.getpid()})." in line
        assert second.poll() is None
        assert outputs(earlier, "reports") == outputs(builds[1], "reports")
    second.communicate(timeout=60)
    assert second.returncode == 0
    check_the_remains(earlier, builds, [])


# ---------------------------------------------------------------- in the middle of a notebook


@pytest.fixture
def notebooks(tmp_path):
    """Return a function that lays down the toy notebooks with one more, which does something."""

    def with_one_more(source):
        folder = shutil.copytree(TOYS, tmp_path / "project" / "notebooks")
        text = (folder / "03_comments.ipynb").read_text()
        last = text.rindex('"source": [')
        end = text.index("]", last)
        lines = ",\n".join(json.dumps(line) for line in source.splitlines(keepends=True))
        (folder / "03_comments.ipynb").write_text(f'{text[:last]}"source": [{lines}{text[end:]}')
        return folder

    return with_one_more


@pytest.fixture
def started(earlier, notebooks, tmp_path):
    """Return a build in the middle of its last notebook, and the id of its process."""
    mark = tmp_path / "mark"
    folder = notebooks(
        "import os, time\nfrom pathlib import Path\n"
        f"Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    process = start(earlier, "--notebooks", folder)
    wait_until(lambda: mark.exists() and mark.read_text())
    yield process, int(mark.read_text())
    kill_with_its_group(process)


@pytest.mark.alone
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_soon_and_says_where_things_stand(started, earlier, builds, ending):
    process, child = started
    begin = time.monotonic()
    process.send_signal(ending)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - begin < 2
    assert process.returncode == 130
    assert told == "Interrupted. The earlier reports are as they were.\n"
    assert outputs(earlier, "processed", "reports") == outputs(builds[1], "processed", "reports")
    assert not psutil.pid_exists(child)


@pytest.mark.alone
def test_no_notebook_outlives_a_driver_that_is_killed(started):
    process, child = started
    process.kill()
    wait_until(lambda: not psutil.pid_exists(child), seconds=5)


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---------------------------------------------------------------- when something runs out


def failure_of(out, folder):
    """Return in what a build fails, after asserting that the earlier reports are as they were."""
    before = outputs(out, "processed", "reports")
    with pytest.raises(AnalysisError) as caught:
        build(settings_of(out, None, folder))
    assert outputs(out, "processed", "reports") == before
    return str(caught.value)


def test_a_cell_that_never_ends_is_ended(earlier, notebooks, monkeypatch):
    monkeypatch.setattr(execution, "LONGEST_CELL_SECONDS", 1)
    told = failure_of(earlier, notebooks("import time\ntime.sleep(60)"))
    assert told == "03_comments.ipynb: a cell ran longer than 1 seconds."


def test_an_input_that_is_edited_meanwhile_is_told(earlier, notebooks):
    folder = notebooks("from pathlib import Path\nPath('03_comments.ipynb').open('a').write(' ')")
    told = failure_of(earlier, folder)
    assert told == (
        "notebooks/03_comments.ipynb changed while the reports were being made. Run 'make' again."
    )


def test_a_process_that_is_killed_is_told(earlier, notebooks):
    told = failure_of(earlier, notebooks("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert "03_comments.ipynb: its process was killed" in told
    assert "memory" in told


def test_too_little_memory_is_told_in_one_line(earlier, notebooks):
    source = (
        "import resource\nlimit = 2 * 10**9\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "bytearray(4 * 10**9)"
    )
    told = failure_of(earlier, notebooks(source))
    assert told == (
        "03_comments.ipynb ran out of memory in its cell [2]. Close other programs, or run 'make' "
        "on a machine with more."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that even root cannot write")
def test_a_folder_that_cannot_be_written_is_told_in_one_line(capsys):
    arguments = ["--out", "/sys/reports", "--notebooks", str(TOYS), "--no-fork"]
    assert main(["build", *arguments]) == 1
    what, reassurance = capsys.readouterr().err.splitlines()
    assert what.endswith(": /sys/reports")
    assert reassurance == "No reports were made."


def test_a_stage_that_cannot_be_written_leaves_the_earlier_reports(earlier, builds, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", str(earlier / ".build"))

    monkeypatch.setattr(output_folders.tempfile, "mkdtemp", refuse)
    with pytest.raises(PermissionError):
        build(settings_of(earlier, 2))
    assert outputs(earlier, "processed", "reports") == outputs(builds[1], "processed", "reports")
