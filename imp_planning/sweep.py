"""Many trials to simulate, one independent job each: on all cores, or on a Dask cluster.

``make next-trial`` streams finished cells to a file, resumes where it stopped, and gives the same
bytes on one core, on two, and on a cluster.
"""

import csv
import hashlib
import json
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import product
from pathlib import Path

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from imp_common.errors import AnalysisError
from imp_planning.trial_design import Trial, power, problems_of
from imp_planning.trial_simulation import simulate

DEFAULT_GRID = {
    "n_trained": [25, 50, 75, 100, 150],
    "effect": [0.2, 0.3, 0.4, 0.5],
    "analysis": ["change", "ancova", "mixed_model"],
    "correlation": [0.5, 0.7],
    "dropout": [0.0, 0.2],
}
COLUMNS = ["key", *Trial.__dataclass_fields__, "trials", "seed"]
COLUMNS += ["formula", "simulated", "error", "any_power", "all_power", "problem"]
ATTEMPTS = 5
Row = dict[str, object]


def cells_of(grid: dict[str, list]) -> list[Trial]:
    """Return a trial for each combination of a grid's values, by the settings of ``Trial``.

    Without ``n_control`` the arms are alike. An unknown setting is an AnalysisError.
    """
    unknown = [name for name in grid if name not in Trial.__dataclass_fields__]
    if unknown:
        known = ", ".join(Trial.__dataclass_fields__)
        raise AnalysisError(f"A trial has no setting {', '.join(unknown)}. There is: {known}.")
    cells = []
    for values in product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        n = settings.get("n_trained", settings.get("n_control", 25))
        cells.append(Trial(**{"n_trained": n, "n_control": n, "effect": 0.5} | settings))
    return cells


def key_of(trial: Trial, trials: int, seed: int) -> str:
    """Return what names a cell: a hash of its settings, the number of trials and the seed."""
    text = json.dumps(asdict(trial) | {"trials": trials, "seed": seed}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compute_cell(trial: Trial, trials: int, seed: int) -> Row:
    """Compute one cell; an impossible one says why instead of stopping the sweep.

    The cell's own random numbers follow from the seed and its key, so neither the order nor the
    place of the computation matters.
    """
    key = key_of(trial, trials, seed)
    row: Row = {"key": key} | asdict(trial) | {"trials": trials, "seed": seed}
    if wrong := problems_of(trial):
        return row | {"problem": "; ".join(wrong)}
    one = simulate(trial, trials, (seed, int(key, 16)))
    numbers = {"formula": power(trial), "simulated": one.power, "error": one.error}
    return row | numbers | {"any_power": one.any_power, "all_power": one.all_power}


def run_sweep(
    cells: Iterable[Trial],
    file: Path,
    trials: int = 10_000,
    seed: int = 1,
    jobs: int = -1,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Path:
    """Compute every cell that a CSV file does not hold yet, and return the file.

    While the sweep runs, ``file`` with ``.part`` behind it grows by a line a finished cell; at the
    end the lines are put in the order of the cells under the file's own name. ``scheduler`` is the
    address of a Dask scheduler, "tcp://...", on whose workers the jobs then run; otherwise they run
    in that many processes on this machine (-1: on all cores). If the workers die again and again,
    AnalysisError; what is finished is kept.
    """
    wanted = {key_of(cell, trials, seed): cell for cell in cells}
    part, new = (file.with_name(file.name + ending) for ending in (".part", ".new"))
    file.parent.mkdir(parents=True, exist_ok=True)
    done = _finished(part, wanted) | _finished(file, wanted)
    tell(f"{len(done)} of {len(wanted)} cells are there already.")
    start = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        missing = [cell for key, cell in wanted.items() if key not in done]
        try:
            for row in _computed(missing, trials, seed, jobs, scheduler) if missing else ():
                _append(part, row)
                done[str(row["key"])] = row
                seconds = time.monotonic() - start
                tell(f"{len(done)} of {len(wanted)} cells after {seconds:.0f} s")
            break
        except (BrokenProcessPool, OSError) as error:
            tell(f"A worker died ({type(error).__name__}); going on without it.")
            if attempt == ATTEMPTS:
                raise AnalysisError(
                    f"The workers died {ATTEMPTS} times. {len(done)} of {len(wanted)} cells are "
                    f"kept in {part.name}; the same command goes on from there."
                ) from error
    _write(new, "w", [done[key] for key in wanted], head=True)
    new.replace(file)
    part.unlink(missing_ok=True)
    return file


def _computed(
    cells: list[Trial], trials: int, seed: int, jobs: int, scheduler: str | None
) -> Iterator[Row]:
    """Yield finished cells as they come, whatever their order."""
    with _backend(scheduler):
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
        yield from parallel(delayed(compute_cell)(cell, trials, seed) for cell in cells)


@contextmanager
def _backend(scheduler: str | None) -> Iterator[None]:
    """Use joblib's own processes, or the workers of a Dask cluster."""
    if scheduler is None:
        yield
        return
    from distributed import Client

    try:
        client = Client(scheduler, timeout="20s", set_as_default=True)
    except OSError as error:
        raise AnalysisError(f"No Dask scheduler answers at {scheduler}: {error}") from None
    with client, parallel_config(backend="dask", client=client, wait_for_workers_timeout=60):
        yield


def _write(file: Path, mode: str, rows: Iterable[Row], head: bool) -> None:
    """Write rows in full precision, and have them on the disk."""
    with file.open(mode, encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        if head:
            writer.writeheader()
        writer.writerows(rows)
        lines.flush()
        os.fsync(lines.fileno())


def _append(part: Path, row: Row) -> None:
    """Add a finished cell; a line that an interruption cut off is never taken for one."""
    size = part.stat().st_size if part.exists() else 0
    if size:
        with part.open("rb+") as end:
            end.seek(-1, os.SEEK_END)
            if end.read() != b"\n":
                end.write(b"\n")
    _write(part, "a", [row], head=not size)


def _finished(file: Path, wanted: dict[str, Trial]) -> dict[str, Row]:
    """Read the cells that a file holds whole."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if None not in r and None not in r.values()]
    whole = [row for row in rows if row["problem"] or row["all_power"]]
    return {row["key"]: row for row in whole if row["key"] in wanted}


def run_command(
    grid: Path | None, out: Path, trials: int, seed: int, jobs: int, scheduler: str | None
) -> int:
    """Run a sweep from the command line."""
    try:
        settings = tomllib.loads(grid.read_text(encoding="utf-8")) if grid else DEFAULT_GRID
    except tomllib.TOMLDecodeError as error:
        raise AnalysisError(f"{grid}: {error}") from None
    try:
        run_sweep(
            cells_of(settings), out, trials, seed, jobs, scheduler or None,
            tell=lambda line: print(line, flush=True),
        )  # fmt: skip
    except KeyboardInterrupt:
        print("Stopped. What is finished is kept; the same command goes on.", file=sys.stderr)
        return 130
    print(f"The sweep is in {out}")
    return 0
