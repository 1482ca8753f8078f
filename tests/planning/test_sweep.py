"""Sweeps: the same bytes everywhere, nothing done twice, nothing lost when a worker dies."""

import csv
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import distributed
import psutil
import pytest

from imp_common.errors import AnalysisError
from imp_planning import sweep

GRID = {"n_trained": [20, 30], "effect": [0.3, 0.6], "analysis": ["change", "ancova"]}


def rows_of(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_one_process_and_two_give_the_same_bytes(tmp_path):
    cells = sweep.cells_of(GRID)
    one = sweep.run_sweep(cells, tmp_path / "one.csv", trials=500, jobs=1)
    two = sweep.run_sweep(cells, tmp_path / "two.csv", trials=500, jobs=2)
    assert one.read_bytes() == two.read_bytes()
    assert len(rows_of(one)) == 8
    assert not list(tmp_path.glob("*.part"))


def test_the_order_of_the_cells_does_not_matter(tmp_path):
    cells = sweep.cells_of(GRID)
    there = rows_of(sweep.run_sweep(cells, tmp_path / "a.csv", trials=300, jobs=1))
    back = rows_of(sweep.run_sweep(cells[::-1], tmp_path / "b.csv", trials=300, jobs=1))
    assert there == back[::-1]


def test_an_interrupted_sweep_goes_on_without_doing_a_cell_twice(tmp_path, monkeypatch):
    cells, file = sweep.cells_of(GRID), tmp_path / "sweep.csv"
    whole = sweep.run_sweep(cells, tmp_path / "whole.csv", trials=300, jobs=1).read_bytes()
    computed = []
    compute = sweep.compute_cell

    def interrupted(trial, trials, seed):
        if len(computed) == 3:
            raise KeyboardInterrupt
        computed.append(sweep.key_of(trial, trials, seed))
        return compute(trial, trials, seed)

    monkeypatch.setattr(sweep, "compute_cell", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.run_sweep(cells, file, trials=300, jobs=1)
    part = file.with_name("sweep.csv.part")
    assert len(rows_of(part)) == 3
    with part.open("a") as lines:
        lines.write("0123,a line that was cut o")

    def counted(trial, trials, seed):
        computed.append(sweep.key_of(trial, trials, seed))
        return compute(trial, trials, seed)

    monkeypatch.setattr(sweep, "compute_cell", counted)
    sweep.run_sweep(cells, file, trials=300, jobs=1)
    assert file.read_bytes() == whole
    assert len(computed) == len(set(computed)) == 8
    sweep.run_sweep(cells, file, trials=300, jobs=1)
    assert len(computed) == 8


def test_an_impossible_cell_says_why_and_the_others_are_computed(tmp_path):
    grid = {"n_trained": [20, 2], "correlation": [0.5, 1.5], "icc": [0.0, -0.1]}
    rows = rows_of(sweep.run_sweep(sweep.cells_of(grid), tmp_path / "a.csv", trials=200, jobs=1))
    assert len(rows) == 8
    good = [row for row in rows if not row["problem"]]
    assert len(good) == 1
    assert good[0]["simulated"]
    told = " ".join(row["problem"] for row in rows)
    for reason in ("correlation 1.5", "icc -0.1", "fewer than 3"):
        assert reason in told


def test_an_unknown_setting_is_named():
    with pytest.raises(AnalysisError, match="no setting n_treated"):
        sweep.cells_of({"n_treated": [20]})


def test_no_scheduler_there(tmp_path, monkeypatch):
    real = distributed.Client
    monkeypatch.setattr(
        distributed,
        "Client",
        lambda address, **options: real(address, **(options | {"timeout": "1s"})),
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(AnalysisError, match="No Dask scheduler answers"):
        sweep.run_sweep(sweep.cells_of(GRID), tmp_path / "a.csv", trials=100, scheduler=address)


@contextmanager
def cluster(folder):
    """Start a Dask scheduler and two worker processes on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10"}
    start = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    port = address.rsplit(":", 1)[1]
    scheduler = [*start, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"]
    worker = [*start, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    worker += ["--local-directory", str(folder)]
    processes = [subprocess.Popen(scheduler, **quiet)]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    try:
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tmp_path):
    grid = {"n_trained": [20, 25, 30, 35], "effect": [0.2, 0.4, 0.6], "analysis": ["ancova"]}
    cells = sweep.cells_of(grid)
    local = sweep.run_sweep(cells, tmp_path / "local.csv", trials=40_000, jobs=1)
    finished = []
    with cluster(tmp_path / "workers") as (address, workers):

        def tell(line):
            finished.append(line)
            if len(finished) == 4:
                workers[0].send_signal(signal.SIGKILL)

        spread = sweep.run_sweep(
            cells, tmp_path / "cluster.csv", trials=40_000, scheduler=address, tell=tell
        )
        assert workers[0].wait(5) == -signal.SIGKILL
        assert workers[1].poll() is None
    assert spread.read_bytes() == local.read_bytes()


def test_a_local_worker_that_is_killed_does_not_stop_the_sweep(tmp_path):
    cells = sweep.cells_of(GRID)
    expected = sweep.run_sweep(cells, tmp_path / "expected.csv", trials=60_000, jobs=1)
    told = []

    def tell(line):
        told.append(line)
        if len(told) == 3:
            threading.Thread(target=kill_a_worker).start()

    def kill_a_worker():
        for child in psutil.Process().children(recursive=True):
            if "loky" in " ".join(child.cmdline()) and "resource" not in " ".join(child.cmdline()):
                child.kill()
                return
        time.sleep(0.01)

    file = sweep.run_sweep(cells, tmp_path / "a.csv", trials=60_000, jobs=2, tell=tell)
    assert any("A worker died" in line for line in told)
    assert file.read_bytes() == expected.read_bytes()
