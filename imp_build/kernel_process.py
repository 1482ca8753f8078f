"""The processes of kernels: ipykernel without its debugger and without a network port.

``python -m imp_build.kernel_process -f connection.json`` is one kernel. With ``--nursery`` it
imports once what all notebooks use, and then forks a kernel for each order that it is given.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from fnmatch import fnmatchcase

# A build sets no breakpoints; without the debugger each kernel starts a tenth of a second sooner.
sys.modules["debugpy"] = None

from ipykernel import iostream, kernelapp  # noqa: E402

from imp_build.environment import MAY_READ  # noqa: E402
from imp_helpers.study.errors import AnalysisError  # noqa: E402

# What the first notebook needs, and what the later ones need as well.
PRELOADED = ("ipykernel.ipkernel", "matplotlib_inline.backend_inline", "imp_helpers.workspace")
PRELOADED_LATER = ("pingouin", "imp_helpers.statistics.sensitivity", "imp_helpers.next_trial",
                   "imp_helpers.reproduction", "imp_helpers.printed.findings")  # fmt: skip


def run_kernel(arguments: list[str]) -> None:
    """Be a kernel until told to stop."""
    guard_reading(json.loads(os.environ.pop(MAY_READ, "{}")))
    if os.name == "posix":
        iostream.IOPubThread._setup_pipe_in = _without_pipe
    kernelapp.launch_new_instance(argv=arguments)


def guard_reading(may_read: dict[str, list[str]]) -> None:
    """Refuse to open, in each of some folders, any file but those named for reading.

    What a notebook reads without declaring it could change without the notebook running again.
    """
    folders = sorted(may_read, key=len, reverse=True)

    def refuse_undeclared(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], str):
            return
        path, _, flags = arguments
        path = os.path.abspath(path)
        folder = next((f for f in folders if path.startswith(f + os.sep)), None)
        if folder is None or flags & (os.O_WRONLY | os.O_RDWR):
            return
        name = path[len(folder) + 1 :].replace(os.sep, "/")
        if not any(name == known or fnmatchcase(name, known) for known in may_read[folder]):
            raise AnalysisError(
                f"The notebook reads {name}, which its metadata do not declare: name it under "
                "'reads', or under 'study' the part of the study that it belongs to."
            )

    sys.addaudithook(refuse_undeclared)


def run_nursery() -> None:
    """Fork a kernel for each line of orders, and answer with its process id, until there are none.

    An order is a JSON object with the kernel's arguments, its folder and its environment.
    """
    _preload(PRELOADED)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    answers = os.dup(1)
    for line in sys.stdin.buffer:
        process = os.fork()
        if not process:
            os.close(answers)
            _become_kernel(**json.loads(line))
        os.write(answers, f"{process}\n".encode())
        # While the first kernels are at work, there is time for more.
        _preload(PRELOADED_LATER)


def _preload(names: tuple[str, ...]) -> None:
    for name in names:
        # Where an import fails, the notebook that needs it will say so.
        with suppress(Exception):
            importlib.import_module(name)
    # What is imported stays: no kernel need look through it for garbage, or copy it for that.
    gc.collect()
    gc.freeze()


def _become_kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Part from the nursery: a session, a folder, an environment and streams of its own."""
    nursery = os.getppid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    # The kernel ends when the nursery does, and the nursery when the driver closes its orders.
    run_kernel([*arguments, f"--IPKernelApp.parent_handle={nursery}"])
    os._exit(0)


def _without_pipe(thread: iostream.IOPubThread) -> None:
    """Do what ipykernel does where it can open no port for the output of forked processes."""
    thread._pipe_flag = False


if __name__ == "__main__":
    run_nursery() if sys.argv[1:] == ["--nursery"] else run_kernel(sys.argv[1:])
