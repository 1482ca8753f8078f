"""Kernels forked from a process that has already imported what every notebook imports.

Each kernel is a process of its own, as fresh as an ordinary one: nothing of a notebook ever runs
in the nursery. It only spares each of them the seconds that the imports take.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

# macOS forbids much to forked processes, and Windows has none.
CAN_FORK = sys.platform == "linux"


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
            [sys.executable, "-m", "imp_helpers.kernel_process", "--nursery"],
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


class ForkedProcess:
    """A process that the nursery forked, with as much of ``Popen`` as jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """Return None while the process lives."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def wait(self) -> int:
        """Wait for the end of the process."""
        while self.poll() is None:
            time.sleep(0.01)
        return 1

    def send_signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)


class ForkingProvisioner(LocalProvisioner):
    """Let jupyter_client have its kernels forked by a nursery."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> KernelConnectionInfo:
        """Have a kernel forked; `cmd` is the command of an ordinary one."""
        arguments = cmd[cmd.index("-f") :]
        self.pid = self.nursery.fork(arguments, kwargs["cwd"] or os.getcwd(), kwargs["env"])
        self.pgid = self.pid
        self.process = ForkedProcess(self.pid)
        return self.connection_info


@contextmanager
def nursery(environment: Mapping[str, str]) -> Iterator[Nursery]:
    """Give a nursery that is closed afterwards."""
    started = Nursery(environment)
    try:
        yield started
    finally:
        started.close()
