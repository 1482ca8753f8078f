"""Time the build beside the usual way of running notebooks, and beside plain Python.

Each round does the same work three times, so that all ways meet the same machine:

naive   stock papermill, then ``jupyter nbconvert --to html``: a process each, one after the other
ours    ``python -m imp_helpers.run``
floor   the code cells of all notebooks in one plain Python process, without kernels or pages
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from imp_helpers.notebooks import find_notebooks

WANTED_RATIO = 3


def naive(notebooks: Path, study: Path, out: Path) -> None:
    """Run and convert each notebook in a process of its own."""
    for notebook in find_notebooks(notebooks):
        executed = out / "reports" / "notebooks" / notebook.path.name
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--cwd", notebooks]
        parameters = ["-p", "study_folder", study, "-p", "out_folder", out]
        run([*command, notebook.path, executed, *parameters])
        run([sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR",
             "--output-dir", out / "reports", executed])  # fmt: skip


def ours(notebooks: Path, study: Path, out: Path) -> None:
    """Run the driver."""
    command = [sys.executable, "-m", "imp_helpers.run", "--notebooks", notebooks]
    run([*command, "--study", study, "--out", out])


def floor(notebooks: Path, study: Path, out: Path) -> None:
    """Run all code cells in one process."""
    run([sys.executable, Path(__file__).with_name("floor.py"), notebooks, study, out])


def run(command: list[object]) -> None:
    """Run a command quietly; what it says is shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def timed(way: Callable, notebooks: Path, study: Path) -> float:
    """Return the seconds that one way takes, from nothing to all its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder).resolve()
        if way is not ours:
            # The driver makes these folders itself.
            files = [file for notebook in find_notebooks(notebooks) for file in notebook.writes]
            for file in [*files, "reports/notebooks/any"]:
                (out / file).parent.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        way(notebooks, study, out)
        return time.perf_counter() - start


def main() -> None:
    """Time all ways in turn, several times over, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument("--study", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    places = (options.notebooks.resolve(), options.study.resolve())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds")
    seconds: dict[str, list[float]] = {"naive": [], "ours": [], "floor": []}
    for number in range(options.rounds):
        for way in (naive, ours, floor):
            seconds[way.__name__].append(timed(way, *places))
        told = ", ".join(f"{name} {times[-1]:.1f} s" for name, times in seconds.items())
        print(f"round {number + 1}: {told}", flush=True)
    medians = {name: median(times) for name, times in seconds.items()}
    print("median:  " + ", ".join(f"{name} {time:.2f} s" for name, time in medians.items()))
    print(f"ours is {medians['naive'] / medians['ours']:.1f} times as fast as naive "
          f"(wanted: {WANTED_RATIO}) and takes {medians['ours'] / medians['floor']:.1f} times "
          "the floor")  # fmt: skip


if __name__ == "__main__":
    main()
