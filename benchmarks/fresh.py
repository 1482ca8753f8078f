"""Time the way from a fresh clone to the reports, beside plain pip and the usual tools.

``make`` in one clone; in another a virtual environment, ``pip install`` from the same lock, and
papermill and ``jupyter nbconvert`` as bench.py runs them. Both ways have been gone once before, so
that nothing is downloaded while the time is taken.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
WANTED = 3
NAIVE = """
import sys, pathlib
sys.path.insert(0, "benchmarks")
import bench
places = pathlib.Path("notebooks").resolve(), pathlib.Path("data").resolve()
bench.timed(bench.naive, *places, pathlib.Path().resolve())
"""


def with_make(clone: Path) -> None:
    """Do what the README says."""
    run("make", f"PYTHON={sys.executable}", at=clone)


def with_pip(clone: Path) -> None:
    """Do what a Python project without a Makefile asks for."""
    python = clone / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(sys.executable, "-m", "venv", clone / "venv", at=clone)
    install = [python, "-m", "pip", "install", "--quiet"]
    run(*install, "--require-hashes", "-r", "requirements.txt", at=clone)
    run(*install, "--no-deps", "--no-build-isolation", "-e", ".", at=clone)
    run(python, "-c", NAIVE, at=clone)


def run(*command: object, at: Path) -> None:
    """Run a command quietly; what it says is shown if it fails."""
    # Bytecode is compiled or not as each way does it, whatever this shell asks for.
    kept = {name: value for name, value in os.environ.items() if name[:10] != "PYTHONDONT"}
    done = subprocess.run(
        [str(part) for part in command], cwd=at, env=kept,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def timed(way: object) -> float:
    """Return the seconds that one way takes in a fresh clone."""
    folder = Path(tempfile.mkdtemp()).resolve()
    try:
        run("git", "clone", "--quiet", PROJECT, folder / "clone", at=folder)
        start = time.perf_counter()
        way(folder / "clone")
        return time.perf_counter() - start
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Time both ways after a round without a clock, and print how they compare."""
    ways = (with_make, with_pip)
    for way in ways:
        timed(way)
    ours, pips = map(timed, ways)
    print(f"fresh clone to reports: make {ours:.1f} s, pip and papermill {pips:.1f} s: "
          f"{pips / ours:.1f} times as fast (wanted: {WANTED})")  # fmt: skip


if __name__ == "__main__":
    main()
