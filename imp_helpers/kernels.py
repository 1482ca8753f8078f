"""Kernels of this very interpreter, each with sockets and settings of its own."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from weakref import WeakSet

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from imp_helpers.nursery import ForkingProvisioner, Nursery, nursery

# A path of a Unix socket may have some hundred characters; our own part of it takes fewer than 30.
LONGEST_SOCKET_FOLDER = 70

# The environment variables under which every notebook runs.
SETTINGS = {
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


class IsolatedKernel(AsyncKernelManager):
    """Start ipykernel under the interpreter that runs this process.

    Neither a kernel of the same name in the user's home nor the user's IPython start-up files and
    Matplotlib settings can change what a notebook computes. Where the system has Unix sockets,
    each kernel gets a folder of its own for them, so that no network port is opened and two
    kernels never meet on one address.
    """

    alive: ClassVar[WeakSet[IsolatedKernel]] = WeakSet()
    nursery: ClassVar[Nursery | None] = None

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
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
            argv=[sys.executable, "-m", "imp_helpers.kernel_process", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            env={**SETTINGS, "IPYTHONDIR": str(Path(self._folder.name) / "ipython")},
        )

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        self._folder.cleanup()

    cleanup_resources = _async_cleanup_resources


@contextmanager
def preloaded_kernels() -> Iterator[None]:
    """Fork the kernels that are started meanwhile from a process that has the imports behind it."""
    with nursery(SETTINGS) as IsolatedKernel.nursery:
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
