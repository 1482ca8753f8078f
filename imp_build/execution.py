"""Run one notebook in a process of its own, and take out of it what differs between machines."""

import copy
import json
import multiprocessing
import os
import re
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import nbformat
from jinja2 import Template
from nbformat import NotebookNode

from imp_build.inputs import common_arithmetic
from imp_build.notebook_process import CellError, run_cells
from imp_build.notebooks import INJECTED, Notebook, tags
from imp_common.errors import AnalysisError

# What JupyterLab runs a saved notebook with.
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
LONGEST_START_SECONDS = 120
LONGEST_CELL_SECONDS = 900
FAILURE = Path(__file__).parent / "templates" / "failure.txt.j2"
# Imported once, by the process that the notebooks' processes are forked from.
PRELOADED = (
    "IPython.core.interactiveshell",
    "papermill",
    "imp_helpers.desk",
    "scipy.stats",
    "statsmodels.regression.mixed_linear_model",
    "pingouin",
    "imp_helpers.next_trial",
    "imp_helpers.reproduction",
)
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
_server = threading.Event()


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


def execute(
    notebook: Notebook,
    parameters: Mapping[str, object],
    may_read: Mapping[Path, Iterable[str]],
    fork: bool = False,
) -> NotebookNode:
    """Run a notebook from top to bottom in a fresh process, and return it with its outputs.

    Parameters that it does not have are left out. Of the folders that `may_read` names, it may
    read only the files named there. AnalysisError if a cell fails or does not end.
    """
    own = {name: value for name, value in parameters.items() if name in notebook.parameters}
    context = multiprocessing.get_context("forkserver" if fork and _server.is_set() else "spawn")
    with tempfile.TemporaryDirectory(prefix="imp-", ignore_cleanup_errors=True) as profile:
        ours, theirs = context.Pipe()
        inputs = (theirs, notebook.content, own, notebook.path.parent, may_read, profile)
        process = context.Process(target=run_cells, args=inputs, name=PROCESS)
        with _interrupts_blocked():
            process.start()
            if fork:
                # The first process starts from nothing while the server imports for the others.
                forkserver.set_forkserver_preload([*PRELOADED])
                forkserver.ensure_running()
                _server.set()
        # The process holds the only copy now: when it ends, our side of the connection knows.
        theirs.close()
        try:
            end = _end_of(ours)
        except TimeoutError:
            end = f"a cell ran longer than {LONGEST_CELL_SECONDS} seconds."
        except (EOFError, ConnectionError):
            end = "its process was killed. Is there enough free memory?"
        finally:
            kill(process)
            process.join()
            ours.close()
    if isinstance(end, str):
        raise AnalysisError(f"{notebook.path.name}: {end}")
    if isinstance(end, CellError):
        public = describe_failure(notebook, end, quoting=False)
        raise AnalysisError(describe_failure(notebook, end), public)
    return end


def _end_of(connection: Connection) -> NotebookNode | CellError:
    """Return what comes after the last cell's start; TimeoutError if nothing comes in time."""
    end, seconds = 0, LONGEST_START_SECONDS
    while isinstance(end, int):
        if not connection.poll(seconds):
            raise TimeoutError
        end, seconds = connection.recv(), LONGEST_CELL_SECONDS
    return end


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


def describe_failure(notebook: Notebook, error: CellError, quoting: bool = True) -> str:
    """Say which cell of a notebook failed, why, and what to do about it.

    Without quoting, the error's own words are left out: they may repeat what is in the data.
    """
    sources = [cell.source for cell in notebook.content.cells]
    # papermill has put one more cell in, behind the parameters.
    position = error.position
    if position >= len(sources) or sources[position] != error.source:
        position -= 1
    above = [c.source for c in notebook.content.cells[:position] if c.cell_type == "markdown"]
    headings = re.findall(r"^#+ +(.+)$", "\n".join(above), re.MULTILINE)
    failed = notebook.content.cells[position]
    # The number that JupyterLab shows: cells that this study lacks stand in the file all the same.
    code = [c for c in nbformat.read(notebook.path, 4).cells if c.cell_type == "code" and c.source]
    number = next((n for n, c in enumerate(code, 1) if c.get("id") == failed.get("id")), 0)
    full = error.ename == "OSError" and "[Errno 28]" in error.evalue
    return Template(FAILURE.read_text(encoding="utf-8"), trim_blocks=True).render(
        kind="full disk" if full else error.ename,
        file=notebook.path.name,
        number=number,
        heading=headings[-1] if headings else "",
        lines=error.source.strip().splitlines()[:3],
        error=error,
        quoting=quoting,
    )


def without_traces(
    executed: NotebookNode, notebook: Notebook, shown: Mapping[str, object], paths: dict[str, str]
) -> NotebookNode:
    """Take out of an executed notebook what differs between two machines or two runs.

    It gets the parameters as a reader would write them, and in outputs other texts for `paths`.
    """
    executed.metadata = copy.deepcopy(notebook.content.metadata)
    executed.metadata.kernelspec = dict(KERNEL)
    executed.metadata.language_info = {"name": "python"}
    own = {name: value for name, value in shown.items() if name in notebook.parameters}
    if own == {name: notebook.parameters[name] for name in own}:
        executed.cells = [c for c in executed.cells if INJECTED not in tags(c)]
    for count, cell in enumerate((c for c in executed.cells if c.cell_type == "code"), 1):
        cell.execution_count = count
        cell.outputs = _without_paths(cell.outputs, paths)
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    for cell in executed.cells:
        for added in ["papermill", "execution", *([] if tags(cell) else ["tags"])]:
            cell.metadata.pop(added, None)
        if INJECTED in tags(cell):
            cell.id = INJECTED
            lines = [f"{name} = {value!r}" for name, value in own.items()]
            cell.source = "\n".join(["# Parameters", *lines])
    return executed


def _without_paths(outputs: list[NotebookNode], paths: dict[str, str]) -> list[NotebookNode]:
    """Replace absolute paths, the longest first, and addresses in all texts of outputs."""
    text = json.dumps(outputs, ensure_ascii=False)
    for path in sorted(paths, key=len, reverse=True):
        # As JSON writes them: it doubles the backslashes of Windows.
        text = text.replace(json.dumps(path, ensure_ascii=False)[1:-1], paths[path])
    text = re.sub(r"<ipython-input-[\w-]+>", "<cell>", text)
    text = re.sub(r"(<[\w. ]+ at )0x[0-9a-fA-F]+>", r"\1...>", text)
    return nbformat.from_dict(json.loads(text))
