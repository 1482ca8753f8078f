"""Time the build of 47 to 10^5 participants, and cleaning and scoring up to 10^6; measure memory.

Each size runs in a process of its own, from an export as text to scores: 143 items, two times. The
growth from one size to the next is given as a power of the number of people: 1.00 is linear. Of a
build stand the seconds, the memory of all its processes, and its largest page.
Beside the scoring step stand a plain pandas loop over scales, and ``apply`` by row on a sample.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from imp_helpers import cleaning, scoring
from imp_intake.reading.files import read_raw_files
from imp_intake.reading.headers import item_columns
from imp_intake.settings.study import Study, read_study

PROJECT = Path(__file__).resolve().parent.parent
WANTED_RATIO = 20
SAMPLE = 2_000
SHIPPED = 47
LARGEST_BUILD = 100_000
# What builds, and reading, cleaning and scoring up to 10^6 people, are to keep to: from 10^4
# people on in their growth, at any size in their memory and their pages.
MOST_GROWTH, MOST_GB, MOST_KB = 1.05, 4.0, 400
# What the system counts a process's peak memory in, in bytes.
UNIT = 1 if sys.platform == "darwin" else 1024


def write_export(study: Study, people: int, folder: Path, seed: int = 0) -> None:
    """Write a study's folder with so many participants: answers drawn at random."""
    random = np.random.default_rng((people, seed))
    text = (study.folder / "study.toml").read_text(encoding="utf-8")
    head, tail = text.split("[evaluation]")[0], text[text.index("[[areas]]") :]
    head = head.replace("P{:02d}", "P{:07d}").replace('corrections = "corrections.csv"', "")
    (folder / "study.toml").write_text(head + tail, encoding="utf-8")
    (folder / "raw").mkdir()
    numbers = [f"P{n:07d}" for n in range(1, people + 1)]
    with (folder / "raw" / "participants.csv").open("w", encoding="utf-8") as file:
        file.write("deelnemer;groep;trainingsgroep;geslacht;leeftijd;beroep\n")
        for place, number in enumerate(numbers):
            group = ("IMP;1", "CON;")[place % 2]
            file.write(f"{number};{group};v;{20 + place % 60};anders\n")
    items = item_columns(study)
    header = ["deelnemer", "meting", "datum", "invultijd_min", *(raw for _, raw, _ in items)]
    low = np.array([limits[0] for *_, limits in items])
    high = np.array([limits[1] for *_, limits in items])
    with (folder / "raw" / "questionnaires.csv").open("w", encoding="utf-8") as file:
        file.write(";".join(header) + "\n")
        for start in range(0, people, 10_000):
            some = numbers[start : start + 10_000]
            for code, date in (("voor", "2017-01-10"), ("na", "2017-04-10")):
                answers = random.integers(low, high + 1, (len(some), len(items))).astype("U1")
                for number, row in zip(some, answers, strict=True):
                    file.write(f"{number};{code};{date};18,5;{';'.join(row)}\n")


def measure(folder: Path) -> dict[str, float]:
    """Clean and score one study; return seconds of the processor and peak memory."""
    study = read_study(folder)
    seconds, start = {}, time.process_time()
    raw = read_raw_files(study)
    seconds["read"] = time.process_time() - start
    start = time.process_time()
    cleaned = cleaning.clean(study, raw)
    seconds["clean"] = time.process_time() - start
    del raw
    assert study.settings.evaluation is None is study.settings.sessions
    start = time.process_time()
    points, people = scoring.points_table(cleaned.answers, study), len(cleaned.participants)
    # As in the reports: the notebook that scores does not hold what the one before has made.
    del cleaned
    scores = scoring.score_all(points, study)
    seconds["score"] = time.process_time() - start
    seconds["scores"] = sum(seconds.values())
    assert len(scores) == 2 * people * len(study.scales)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / 1e9
    del scores
    start = time.process_time()
    plain_loop(points, study)
    seconds["pandas loop"] = time.process_time() - start
    sample = points.head(SAMPLE)
    start = time.process_time()
    by_row(sample, study)
    apply_seconds = (time.process_time() - start) * len(points) / len(sample)
    start = time.process_time()
    for key in study.instruments:
        for scale in key.scales:
            scoring.score_scale(points, key, scale, 0.2)
    ratio = apply_seconds / (time.process_time() - start)
    return seconds | {"scores_gb": peak, "apply by row": apply_seconds, "ratio": ratio}


def plain_loop(points: pd.DataFrame, study: Study) -> None:
    """Score as one would write it in pandas: a loop over scales, each a column-wise mean."""
    for key in study.instruments:
        for scale in key.scales:
            answers = points[key.item_columns(scale)]
            means = answers.mean(axis=1).where(answers.isna().mean(axis=1) <= 0.2)
            (means * len(scale.items) if scale.rule == "sum" else means)


def by_row(points: pd.DataFrame, study: Study) -> None:
    """Score with ``apply``, a row after the other."""
    for key in study.instruments:
        for scale in key.scales:
            answers = points[key.item_columns(scale)]
            count = len(scale.items) if scale.rule == "sum" else 1
            answers.apply(
                lambda row, count=count: row.mean() * count if row.isna().mean() <= 0.2 else None,
                axis=1,
            )


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=1_000_000, help="people; default 1,000,000")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(measure(options.folder)))
        return
    study, earlier, rows = read_study(PROJECT / "data"), None, {}
    columns = ["read", "clean", "score", "pandas loop", "apply by row", "scores_gb"]
    columns += ["build", "build_gb", "page_kb"]
    print(f"{'people':>9} " + " ".join(f"{name:>12}" for name in columns), " ratio  growth")
    powers = [10**power for power in range(3, 10)]
    for people in [SHIPPED, *(power for power in powers if power <= options.largest)]:
        with tempfile.TemporaryDirectory() as folder:
            write_export(study, people, Path(folder))
            row = dict.fromkeys(columns, float("nan")) | json.loads(
                run(__file__, "--folder", folder)
            )
            if people <= LARGEST_BUILD:
                row |= built(Path(folder))
        rows[people], total = row, row["scores"]
        growth = math.log(total / earlier[1], people / earlier[0]) if earlier else float("nan")
        earlier = people, total
        numbers = " ".join(f"{row[name]:>12.2f}" for name in columns)
        print(f"{people:>9,} {numbers} {row['ratio']:>6.0f} {growth:>7.2f}", flush=True)
        if people > SHIPPED and row["ratio"] < WANTED_RATIO:
            sys.exit(f"Scoring is less than {WANTED_RATIO} times as fast as apply by row.")
    for step in ("scores", "build"):
        for people, row in rows.items():
            if row[step] > 0:
                print(verdict(step, people, row, rows.get(people // 10)))


def verdict(step: str, people: int, row: dict, before: dict | None) -> str:
    """Say what a step took beside what it may take; ``before`` is the row of a tenth as many."""
    growth = math.log10(row[step] / before[step]) if before and people > 10_000 else 0
    met = growth <= MOST_GROWTH and row[f"{step}_gb"] <= MOST_GB
    page = ""
    if step == "build":
        met &= row["page_kb"] <= MOST_KB
        page = f", largest page {row['page_kb']:.0f} KB (at most {MOST_KB})"
    return (
        f"{step} of {people:,}: growth {growth:.2f} (at most {MOST_GROWTH} from 10,000 on), "
        f"{row[f'{step}_gb']:.1f} GB (at most {MOST_GB}){page}: {'met' if met else 'not met'}"
    )


def peak_memory(study: Path, out: Path) -> int:
    """Build; return the most memory in bytes that all its processes hold together."""
    command = [sys.executable, "-m", "imp_commands", "build", "--study", study, "--out", out]
    process = psutil.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        with suppress(psutil.Error):
            alive = [process, *process.children(recursive=True)]
            peak = max(peak, sum(each.memory_full_info().pss for each in alive))
        time.sleep(0.05)
    return peak


def built(folder: Path) -> dict[str, float]:
    """Build the reports of a study; return seconds, peak memory and the largest page's size."""
    start = time.perf_counter()
    peak = peak_memory(folder, folder / "made")
    seconds = time.perf_counter() - start
    pages = (folder / "made" / "reports").glob("*.html")
    largest = max(page.stat().st_size for page in pages)
    return {"build": seconds, "build_gb": peak / 1e9, "page_kb": largest / 1e3}


def run(*arguments: str) -> str:
    """Run Python in a process of its own; return what it prints, or end with what went wrong."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
