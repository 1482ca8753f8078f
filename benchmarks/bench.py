"""Time the build beside stock papermill and nbconvert, on the same machine in one run.

naive     papermill, then ``jupyter nbconvert --to html``: a process each, one after the other
naive 2   the same, two notebooks at a time
ours      ``python -m imp_commands build``

The rounds run all ways in turn, so that all meet the same machine.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

from imp_build.notebooks import dependencies, find_notebooks
from imp_report.notebook_style import PAGE

# How many times as fast as the naive way ours is to be.
WANTED = 8


def naive(notebooks: Path, study: Path, out: Path, at_once: int = 1) -> None:
    """Run and convert each notebook in a process of its own."""
    (out / "processed" / "results").mkdir(parents=True)
    (out / "reports" / "notebooks").mkdir(parents=True)
    found = {notebook.name: notebook for notebook in find_notebooks(notebooks)}
    sorter = TopologicalSorter(dependencies(found.values()))
    sorter.prepare()
    running = {}
    with ThreadPoolExecutor(at_once) as pool:
        while sorter.is_active():
            for name in sorted(sorter.get_ready()):
                path = found[name].path
                running[pool.submit(run_and_convert, path, notebooks, study, out)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                future.result()
                sorter.done(running.pop(future))


def run_and_convert(path: Path, notebooks: Path, study: Path, out: Path) -> None:
    """Do with one notebook what its user would type."""
    executed = out / "reports" / "notebooks" / path.name
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--cwd", notebooks]
    run([*command, path, executed, "-p", "study_folder", study, "-p", "out_folder", out])
    run([sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR",
         "--output-dir", out / "reports", executed])  # fmt: skip


def naive_two(notebooks: Path, study: Path, out: Path) -> None:
    """Do the same two at a time."""
    naive(notebooks, study, out, at_once=2)


def ours(notebooks: Path, study: Path, out: Path) -> None:
    """Run the driver."""
    command = [sys.executable, "-m", "imp_commands", "build", "--notebooks", notebooks]
    run([*command, "--study", study, "--out", out])


def run(command: list) -> None:
    """Run a command quietly; raise an error if it fails."""
    # A notebook run by hand would write to the lab's folder.
    page = os.environ | {PAGE: "1"}
    command = [str(part) for part in command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=page)


WAYS = {"naive": naive, "naive 2": naive_two, "ours": ours}


def timed(way: str, notebooks: Path, study: Path) -> float:
    """Return the seconds that one way takes from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder).resolve()
        start = time.perf_counter()
        WAYS[way](notebooks, study, out)
        return time.perf_counter() - start


def main() -> int:
    """Time all ways in turn, several times over; print medians and the ratio that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument("--study", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    places = options.notebooks.resolve(), options.study.resolve()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds")
    rounds = []
    for number in range(options.rounds):
        rounds.append({way: timed(way, *places) for way in WAYS})
        seconds = ", ".join(f"{way} {time:.1f} s" for way, time in rounds[-1].items())
        print(f"round {number + 1}: {seconds}", flush=True)
    faster = median(one["naive"] / one["ours"] for one in rounds)
    print(f"ours is {faster:.1f} times as fast as papermill and nbconvert (wanted: {WANTED})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
