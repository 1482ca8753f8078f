"""The same study gives the same bytes, whatever the machine, the shell or the Python is like."""

import os
import pty
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import PROJECT

from imp_build.inputs import PACKAGES
from imp_build.manifest import outputs_now

CLONED = ("notebooks", "data", "requirements.txt", *PACKAGES)
ODD = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "nl_NL.UTF-8",
    "LANG": "nl_NL.UTF-8",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "MPLBACKEND": "pdf",
    "COLUMNS": "40",
}


@pytest.fixture
def elsewhere(tmp_path):
    """Return another checkout, in a folder with another name."""
    folder = tmp_path / "another place"
    for name in CLONED:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        folder.mkdir(exist_ok=True)
        copy(source, folder / name)
    return folder


def built(folder, *arguments, python=sys.executable, on_terminal=False, **variables):
    """Build in a checkout by a process of its own; return the digests of what it made."""
    command = [python, "-m", "imp_commands", "build", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder)} | variables
    if on_terminal:
        run_on_terminal(command, folder, environment)
    else:
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return outputs_now(folder)


def run_on_terminal(command, folder, environment):
    """Run a command that believes a person is looking."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = bytearray()
    reader = threading.Thread(target=read_all, args=(ours, said))
    reader.start()
    assert process.wait() == 0, said.decode()
    reader.join()
    assert b"All reports are done" in said


def read_all(terminal, said):
    try:
        while part := os.read(terminal, 4096):
            said += part
    except OSError:
        # Linux says so when the other side is closed.
        os.close(terminal)


def differing(one, other):
    return sorted(name for name in {**one, **other} if one.get(name) != other.get(name))


def test_everything_odd_at_once_changes_no_byte(build, elsewhere):
    made = built(elsewhere, "--no-fork", "--jobs", "1", on_terminal=True, **ODD)
    assert differing(made, outputs_now(build)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ((), {"PYTHONHASHSEED": "1"}),
        ((), {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}),
        *(((), {"LC_ALL": name, "LANG": name}) for name in ("C", "en_US.UTF-8", "nl_NL.UTF-8")),
        ((), {"TZ": "America/St_Johns"}),
        (("--jobs", "1"), {}),
        (("--jobs", "8"), {}),
        (("--no-fork",), {}),
    ],
    ids=str,
)
def test_each_oddity_changes_no_byte(build, elsewhere, arguments, variables):
    assert differing(built(elsewhere, *arguments, **variables), outputs_now(build)) == []


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_each_python_gives_the_same_bytes(build, elsewhere, version):
    """With an environment made from the lock, as the README says."""
    python = os.environ.get(f"PYTHON{version.replace('.', '')}") or shutil.which(f"python{version}")
    if not python:
        pytest.skip(f"there is no Python {version} here")
    for name in ("Makefile", "pyproject.toml", "README.md", "requirements-uv.txt"):
        shutil.copyfile(PROJECT / name, elsewhere / name)
    command = ["make", "-C", str(elsewhere), f"PYTHON={python}"]
    subprocess.run(command, check=True, capture_output=True)
    assert differing(outputs_now(Path(elsewhere)), outputs_now(build)) == []
