"""The process in which a notebook's cells run: how it starts, what it does, how it ends.

Only the standard library is imported at the top, since a process that starts from nothing imports
this module first.
"""

import io
import multiprocessing
import os
import signal
import sys
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from importlib.util import find_spec
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from imp_build.inputs import common_arithmetic
from imp_common.errors import AnalysisError

# The environment variables under which every notebook runs.
PROCESS = "notebook"
VARIABLES = common_arithmetic() | {
    "IMP_HELPERS_PAGE": "1",  # A page is being made: see imp_report/notebook_style.py.
    "MATPLOTLIBRC": str(Path(find_spec("matplotlib").origin).parent / "mpl-data"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    # pandas would fit a bare table to the terminal that make runs in.
    "COLUMNS": "100",
    "LINES": "40",
    "SOURCE_DATE_EPOCH": "0",
    # The tables are small: more threads per notebook would only compete for the cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

_server_runs = threading.Event()


@contextmanager
def notebook_variables() -> Iterator[None]:
    """Set the variables that notebook processes inherit.

    They must be set before Python starts and NumPy is imported, and are taken back afterwards.
    """
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(VARIABLES)
    try:
        if os.name == "posix":
            # It would let interrupts through again, were it started along with the first process.
            resource_tracker.ensure_running()
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def start_server() -> None:
    """Start the process that others are forked from; it imports what notebooks need."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(["imp_build.preload"])
    with _interrupts_blocked():
        forkserver.ensure_running()
    _server_runs.set()


def start_process(
    fork: bool, folder: Path, may_read: Mapping[Path, Iterable[str]], profile: str
) -> tuple[BaseProcess, Connection]:
    """Start a fresh process for a notebook; return it and the connection that takes its cells.

    The first starts from nothing while the server, from which the others are forked, imports.
    """
    context = multiprocessing.get_context(
        "forkserver" if fork and _server_runs.is_set() else "spawn"
    )
    if fork:
        start_server()
    ours, theirs = context.Pipe()
    inputs = (theirs, folder, may_read, profile)
    process = context.Process(target=run_cells, args=inputs, name=PROCESS)
    with _interrupts_blocked():
        process.start()
    # The process holds the only copy now: when it ends, our side of the connection knows.
    theirs.close()
    return process, ours


def kill(process: BaseProcess) -> None:
    """End a notebook process at once, with the processes that it started."""
    # It may not have become the head of its group yet, or not be there any more.
    with suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def kill_all() -> None:
    """End all notebook processes at once."""
    for process in multiprocessing.active_children():
        if process.name == PROCESS:
            kill(process)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Let processes that are started meanwhile ignore Ctrl-C, which the driver handles for all."""
    if os.name != "posix":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_cells(
    connection: Connection, folder: Path, may_read: Mapping[Path, Iterable[str]], profile: str
) -> None:
    """Run each cell that the connection gives, and answer with its outputs, until it is closed."""
    if os.name == "posix":
        os.setsid()
    threading.Thread(target=_end_with_the_driver, daemon=True).start()
    os.chdir(folder)
    guard_reading(may_read)
    outputs: list[dict] = []
    shell = new_shell(outputs, profile)
    sys.stdout, sys.stderr = (Stream(name, outputs) for name in ("stdout", "stderr"))
    with suppress(EOFError):
        connection.send("ready")
        while True:
            source = connection.recv()
            outputs.clear()
            result = shell.run_cell(source, store_history=True)
            if error := result.error_before_exec or result.error_in_exec:
                kind = AnalysisError if isinstance(error, AnalysisError) else type(error)
                told = {"ename": kind.__name__, "evalue": str(error), "traceback": []}
                outputs.append({"output_type": "error", **told})
            connection.send(outputs)


def new_shell(outputs: list[dict], profile: str) -> object:
    """Return an IPython shell that appends outputs to a list and reads no settings of the user."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    def append(kind: str, data: dict, metadata: dict | None, **more: object) -> None:
        data = {
            form: b64encode(content).decode() if isinstance(content, bytes) else content
            for form, content in data.items()
        }
        outputs.append({"output_type": kind, "data": data, "metadata": metadata or {}, **more})

    class Publisher(DisplayPublisher):
        def publish(self, data: dict, metadata: dict | None = None, **_: object) -> None:
            append("display_data", data, metadata)

        def clear_output(self, wait: bool = False) -> None:
            outputs.clear()

    class ResultHook(DisplayHook):
        def start_displayhook(self) -> None:
            """Write no prompt."""

        write_output_prompt = finish_displayhook = start_displayhook

        def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
            append("execute_result", format_dict, md_dict, execution_count=None)

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Need no event loop: figures are shown within their cells."""

    # IPython would put the packages of another environment that is active before ours.
    os.environ.pop("VIRTUAL_ENV", None)
    return Shell.instance(
        config=Config({"HistoryManager": {"enabled": False}}),
        ipython_dir=profile,
        display_pub_class=Publisher,
        displayhook_class=ResultHook,
    )


class Stream(io.TextIOBase):
    """Standard output or error of a notebook: one output for each cell."""

    def __init__(self, name: str, outputs: list[dict]) -> None:
        self.name = name
        self.outputs = outputs

    def write(self, text: str) -> int:
        """Append text to the stream's output."""
        mine = next((output for output in self.outputs if output.get("name") == self.name), None)
        if mine:
            mine["text"] += text
        elif text:
            self.outputs.append({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def guard_reading(may_read: Mapping[Path, Iterable[str]]) -> None:
    """Refuse to open, in each of some folders, any file but those named for reading.

    What a notebook reads without declaring it could change without the notebook running again.
    """
    named = {str(folder): list(files) for folder, files in may_read.items()}
    folders = sorted(named, key=len, reverse=True)

    def refuse_undeclared(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], str):
            return
        path, _, flags = arguments
        path = os.path.abspath(path)
        folder = next((f for f in folders if path.startswith(f + os.sep)), None)
        if folder is None or flags & (os.O_WRONLY | os.O_RDWR):
            return
        name = path[len(folder) + 1 :].replace(os.sep, "/")
        if not any(name == known or fnmatchcase(name, known) for known in named[folder]):
            raise AnalysisError(
                f"The notebook reads {name}, which its metadata do not declare: name it under "
                "'reads', or under 'study' the part of the study that it belongs to."
            )

    sys.addaudithook(refuse_undeclared)


def _end_with_the_driver() -> None:
    """Wait for the end of the driver, however it ends, and end with all that was started here."""
    wait([multiprocessing.parent_process().sentinel])
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
