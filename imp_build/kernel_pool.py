"""The process that forks kernels, itself started from a driver that has imported little yet.

Each kernel is a process of its own, as fresh as an ordinary one: nothing of a notebook ever runs
in the nursery. It only spares each of them the seconds that the imports take.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from imp_build.environment import common_arithmetic

# The environment variables under which every notebook runs.
SETTINGS = common_arithmetic() | {
    "IMP_HELPERS_PAGE": "1",  # nobody moves a control or sees JupyterLab: see hands_on.py
    "MATPLOTLIBRC": str(Path(find_spec("matplotlib").origin).parent / "mpl-data"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
    # The tables are small: more threads per kernel would only fight over the cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Nursery:
    """The process that forks kernels.

    Parameters
    ----------
    environment : mapping of str to str
        Its environment variables, beyond those of this process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._one_at_a_time = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imp_build.kernel_process", "--nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | dict(environment),
            start_new_session=True,
        )

    def fork(self, arguments: list[str], folder: str, environment: Mapping[str, str]) -> int:
        """Fork a kernel and return the id of its process."""
        order = {"arguments": arguments, "folder": folder, "environment": dict(environment)}
        try:
            with self._one_at_a_time:
                self._process.stdin.write(json.dumps(order).encode() + b"\n")
                self._process.stdin.flush()
                return int(self._process.stdout.readline())
        except (OSError, ValueError):
            raise RuntimeError("the process that forks the kernels has ended") from None

    def close(self) -> None:
        """End the nursery, and with it the kernels that still run."""
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()


@contextmanager
def nursery(wanted: bool = True) -> Iterator[Nursery | None]:
    """Give a nursery that is closed afterwards, or None where kernels are not to be forked."""
    if not wanted:
        yield None
        return
    started = Nursery(SETTINGS)
    try:
        yield started
    finally:
        started.close()
