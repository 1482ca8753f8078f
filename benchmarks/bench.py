"""Time the build beside other ways of doing the same work, on the same machine in one run.

naive     stock papermill, then ``jupyter nbconvert --to html``: a process each, one after the other
naive 2   the same, two notebooks at a time
ours      ``python -m imp_helpers build``
floor     the code cells of all notebooks in one plain Python process, without kernels or pages
before    the floor of an earlier commit, if ``--before`` names one
R         notebooks 03 to 06 as R Markdown in one R process, where R, afex and psych are installed;
          without what R's packages do not have at hand: bootstraps, permutations, multiverse,
          Bayes factors, missing scores, and their figures

The rounds run all ways in turn. Peak memory is measured in runs of their own, since looking costs
time: the sum over all processes of what each alone holds and its part of what it shares (PSS).
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import psutil

from imp_build.notebooks import dependencies, find_notebooks
from imp_helpers.study.study import read_study

HERE = Path(__file__).parent
R_REPORTS = 4
# What ours is to be: times as fast as the naive ways, and at most times the floors.
WANTED = {"naive": 8, "naive 2": 2.5}
MOST_OF = {"floor": 1.2, "before": 0.6}
MOST_MEMORY = 1.5e9
RENDER = """
arguments <- commandArgs(TRUE)
for (file in list.files(arguments[1], "Rmd$", full.names = TRUE)) {
  rmarkdown::render(file, params = list(processed = arguments[2], keys = arguments[3]),
    output_dir = arguments[4], intermediates_dir = arguments[4], quiet = TRUE, envir = new.env())
}
"""


def naive(notebooks: Path, study: Path, out: Path, at_once: int = 1) -> None:
    """Run and convert each notebook in a process of its own."""
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
    command = [sys.executable, "-m", "imp_helpers", "build", "--notebooks", notebooks]
    run([*command, "--study", study, "--out", out])


def floor(notebooks: Path, study: Path, out: Path) -> None:
    """Run all code cells in one process."""
    run([sys.executable, HERE / "floor.py", notebooks, study, out])


class Before:
    """Run the floor of an earlier commit, in a worktree of its own.

    Parameters
    ----------
    commit : str
        What git calls it.
    folder : Path
        Where the worktree is made.
    """

    def __init__(self, commit: str, folder: Path) -> None:
        self.folder = folder / "before"
        run(["git", "worktree", "add", "--detach", "--force", self.folder, commit])

    def __call__(self, notebooks: Path, study: Path, out: Path) -> None:
        """Run its code cells on its study, whatever the others run on."""
        places = [self.folder / "notebooks", self.folder / "data", out]
        command = [sys.executable, self.folder / "benchmarks" / "floor.py", *places]
        run(["env", f"PYTHONPATH={self.folder}", *command])

    def close(self) -> None:
        """Take the worktree away."""
        run(["git", "worktree", "remove", "--force", self.folder])


class RMarkdown:
    """Render the R Markdown reports on what the first notebooks have made.

    Parameters
    ----------
    made : Path
        The outputs of a build.
    study : Path
        The study's folder.
    """

    def __init__(self, made: Path, study: Path) -> None:
        self.processed = made / "processed"
        self.keys = made / "keys.csv"
        instruments = read_study(study).instruments
        rows = [
            f"{scale.id},{column}"
            for key in instruments
            for scale in key.scales
            for column in key.item_columns(scale)
        ]
        self.keys.write_text("\n".join(["scale,item", *rows]) + "\n")

    def __call__(self, notebooks: Path, study: Path, out: Path) -> None:
        """Render all reports in one R process."""
        run(["Rscript", "-e", RENDER, HERE / "rmarkdown", self.processed, self.keys, out])


def r_is_here() -> bool:
    """Return whether R can render the reports."""
    check = "for (p in c('rmarkdown', 'afex', 'psych', 'ggplot2')) loadNamespace(p)"
    with suppress(OSError):
        command = ["Rscript", "-e", check]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def run(command: list[object]) -> None:
    """Run a command quietly; what it says is shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def timed(way: Callable, notebooks: Path, study: Path, out: Path) -> float:
    """Return the seconds that one way takes, from nothing to all its outputs."""
    if way is not ours:
        # The driver makes these folders itself.
        files = [file for notebook in find_notebooks(notebooks) for file in notebook.writes]
        for file in [*files, "reports/notebooks/any"]:
            (out / file).parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    way(notebooks, study, out)
    return time.perf_counter() - start


def in_scratch(way: Callable, notebooks: Path, study: Path) -> float:
    """Time one way in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return timed(way, notebooks, study, Path(folder).resolve())


def peak_memory(notebooks: Path, study: Path, out: Path) -> int:
    """Return the most memory in bytes that all processes of our way hold together."""
    command = [sys.executable, "-m", "imp_helpers", "build", "--notebooks", notebooks]
    command += ["--study", study, "--out", out]
    process = psutil.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(memory_of, [process, *children_of(process)])))
        time.sleep(0.05)
    return peak


def children_of(process: psutil.Process) -> list[psutil.Process]:
    """Return all that a process has started, and they in turn."""
    with suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def memory_of(process: psutil.Process) -> int:
    """Return the memory of a process; what several share is divided among them."""
    with suppress(psutil.Error):
        found = process.memory_full_info()
        return getattr(found, "pss", found.rss)
    return 0


def main() -> int:
    """Time all ways in turn, several times over; print medians, ratios and what was wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument("--study", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", help="an earlier commit, whose floor runs beside the others")
    parser.add_argument("--json", type=Path, help="also write the seconds of every round here")
    options = parser.parse_args()
    places = (options.notebooks.resolve(), options.study.resolve())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds")
    ways: dict[str, Callable] = {
        "naive": naive, "naive 2": naive_two, "ours": ours, "floor": floor,
    }  # fmt: skip
    made = Path(tempfile.mkdtemp()).resolve()
    before = Before(options.before, made) if options.before else None
    try:
        timed(ours, *places, made)
        if before:
            ways["before"] = before
        if r_is_here():
            ways["R"] = RMarkdown(made, options.study)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(options.rounds):
            for name, way in ways.items():
                seconds[name].append(in_scratch(way, *places))
            told = ", ".join(f"{name} {times[-1]:.1f} s" for name, times in seconds.items())
            print(f"round {number + 1}: {told}", flush=True)
    finally:
        if before:
            before.close()
        shutil.rmtree(made)
    if options.json:
        options.json.write_text(json.dumps(seconds))
    report(seconds, len(find_notebooks(options.notebooks)))
    with tempfile.TemporaryDirectory() as folder:
        memory = peak_memory(*places, Path(folder))
    print(f"peak memory of all processes: {memory / 1e9:.2f} GB (wanted: {MOST_MEMORY / 1e9:.1f})")
    return 0


def report(seconds: dict[str, list[float]], notebooks: int) -> None:
    """Print medians, and ratios of the rounds, in which all ways met the same machine."""
    medians = {name: median(times) for name, times in seconds.items()}
    print("median:  " + ", ".join(f"{name} {time:.2f} s" for name, time in medians.items()))
    for name, wanted in WANTED.items():
        faster = ratio(seconds, name, "ours")
        print(f"ours is {faster:.1f} times as fast as {name} (wanted: {wanted})")
    for name in seconds.keys() & MOST_OF.keys():
        share = ratio(seconds, "ours", name)
        label = "the floor" if name == "floor" else "the earlier floor"
        print(f"ours takes {share:.2f} times {label} (wanted: at most {MOST_OF[name]})")
    if "R" in medians:
        print(f"seconds a report: ours {medians['ours'] / notebooks:.2f}, "
              f"R {medians['R'] / R_REPORTS:.2f}")  # fmt: skip


def ratio(seconds: dict[str, list[float]], one: str, other: str) -> float:
    """Return the median over the rounds of one way's time divided by another's."""
    return median(a / b for a, b in zip(seconds[one], seconds[other], strict=True))


if __name__ == "__main__":
    sys.exit(main())
