"""Kernels of this very interpreter, each with sockets and settings of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import ClassVar
from weakref import WeakSet

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from imp_build.environment import MAY_READ
from imp_build.kernel_pool import SETTINGS, Nursery

# A path of a Unix socket may have some hundred characters; our own part of it takes fewer than 30.
LONGEST_SOCKET_FOLDER = 70
# After so many seconds without sockets, a kernel is asked all the same: it may have died.
LONGEST_SILENCE = 5


class PromptClient(AsyncKernelClient):
    """A client that loses no time with a kernel that starts.

    The inherited one calls before the kernel listens, and then again only after a tenth of a
    second. When it has its answer, it waits a fifth of a second for stray messages, which nbclient
    passes over anyway.
    """

    def start_channels(self, **which: bool) -> None:
        """Open the channels once the kernel has put up its sockets."""
        ports = (self.shell_port, self.iopub_port, self.stdin_port, self.control_port, self.hb_port)
        sockets = [Path(f"{self.ip}-{port}") for port in ports] if self.transport == "ipc" else []
        deadline = time.monotonic() + LONGEST_SILENCE
        while time.monotonic() < deadline and not all(socket.exists() for socket in sockets):
            time.sleep(0.002)
        super().start_channels(**which)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers; raise RuntimeError if it dies or takes too long."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < deadline:
            self.kernel_info()
            try:
                reply = await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=0.2)
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
            else:
                self._handle_kernel_info_reply(reply)
                return
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


class IsolatedKernel(AsyncKernelManager):
    """Start ipykernel under the interpreter that runs this process.

    Neither a kernel of the same name in the user's home nor the user's IPython start-up files and
    Matplotlib settings can change what a notebook computes. Where the system has Unix sockets,
    each kernel gets a folder of its own for them, so that no network port is opened and two
    kernels never meet on one address.
    """

    alive: ClassVar[WeakSet[IsolatedKernel]] = WeakSet()
    nursery: ClassVar[Nursery | None] = None
    may_read: ClassVar[dict[str, list[str]]] = {}

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self.client_factory = PromptClient
        self._folder = tempfile.TemporaryDirectory(
            prefix="imp-", dir=_short_folder(), ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name)
        self.connection_file = str(folder / "connection.json")
        if os.name == "posix":
            self.transport = "ipc"
            self.ip = str(folder / "socket")
        if self.nursery:
            self.provisioner = ForkingProvisioner(kernel_spec=self.kernel_spec, parent=self)
            self.provisioner.nursery = self.nursery
        IsolatedKernel.alive.add(self)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command and the settings of the kernel's process."""
        return KernelSpec(
            argv=[sys.executable, "-m", "imp_build.kernel_process", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            env={
                **SETTINGS,
                MAY_READ: json.dumps(self.may_read),
                "IPYTHONDIR": str(Path(self._folder.name) / "ipython"),
            },
        )

    async def _async_wait(self, pollinterval: float = 0.005) -> None:
        await super()._async_wait(pollinterval)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        self._folder.cleanup()

    cleanup_resources = _async_cleanup_resources


def kernel_that_reads(may_read: Mapping[Path, Iterable[str]]) -> type[IsolatedKernel]:
    """Return a kind of kernel that opens only the named files of some folders; see ``execute``."""
    named = {str(folder): list(files) for folder, files in may_read.items()}
    return type("GuardedKernel", (IsolatedKernel,), {"may_read": named})


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
def kernels_forked_by(nursery: Nursery | None) -> Iterator[None]:
    """Let a nursery, if there is one, fork the kernels that are started meanwhile."""
    IsolatedKernel.nursery = nursery
    try:
        yield
    finally:
        IsolatedKernel.nursery = None


def stop_all_kernels() -> None:
    """Kill every kernel that is still running, together with the processes that it started."""
    for kernel in list(IsolatedKernel.alive):
        process = getattr(kernel.provisioner, "process", None)
        if process is None or process.poll() is not None:
            continue
        try:
            # jupyter_client starts each kernel as the head of a process group.
            os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        except ProcessLookupError:
            continue


def _short_folder() -> str | None:
    """Return a folder for sockets if the usual one has too long a path."""
    usual = tempfile.gettempdir()
    return "/tmp" if os.name == "posix" and len(usual) > LONGEST_SOCKET_FOLDER else None
