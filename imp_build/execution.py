"""Run one notebook through papermill, and take out of it what differs from machine to machine."""

import copy
import json
import logging
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import nbformat
from jinja2 import Template
from nbformat import NotebookNode
from papermill import PapermillExecutionError, execute_notebook
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from imp_build.notebook_process import kill, start_process
from imp_build.notebooks import INJECTED, Notebook, tags
from imp_common.errors import AnalysisError

ENGINE = "imp_build"
# What JupyterLab runs a saved notebook with.
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
LONGEST_START_SECONDS = 120
LONGEST_CELL_SECONDS = 900

FAILURE = Path(__file__).parent / "templates" / "failure.txt.j2"

# What goes wrong is reported once, in our own words.
logging.getLogger("papermill").setLevel(logging.CRITICAL)


class ProcessEngine(Engine):
    """Let papermill run each notebook in a fresh process of this interpreter."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        folder: Path,
        may_read: Mapping[Path, Iterable[str]],
        fork: bool,
        at_cell: Callable[[int], None],
        **_: object,
    ) -> None:
        """Run the cells one by one until one fails, the process ends, or a cell takes too long."""
        with tempfile.TemporaryDirectory(prefix="imp-", ignore_cleanup_errors=True) as profile:
            process, connection = start_process(fork, folder, may_read, profile)
            with connection:
                try:
                    _answer(connection, LONGEST_START_SECONDS)
                    for index, cell in enumerate(nb_man.nb.cells):
                        at_cell(index)
                        if cell.cell_type != "code" or not cell.source.strip():
                            continue
                        nb_man.cell_start(cell, index)
                        connection.send(cell.source)
                        outputs = _answer(connection, LONGEST_CELL_SECONDS)
                        cell.outputs = [nbformat.from_dict(output) for output in outputs]
                        if any(output.output_type == "error" for output in cell.outputs):
                            nb_man.cell_exception(cell, index)
                            break
                        nb_man.cell_complete(cell, index)
                finally:
                    kill(process)
                    process.join()


papermill_engines.register(ENGINE, ProcessEngine)


def _answer(connection: Connection, seconds: float) -> object:
    """Return what a process answers, or raise TimeoutError."""
    if not connection.poll(seconds):
        raise TimeoutError
    return connection.recv()


def execute(
    notebook: Notebook,
    parameters: Mapping[str, object],
    may_read: Mapping[Path, Iterable[str]],
    fork: bool = False,
    at_cell: Callable[[int, int], None] = lambda cell, cells: None,
) -> NotebookNode:
    """Run a notebook from top to bottom in a fresh process, and return it with its outputs.

    Parameters that it does not have are left out. Of the folders that `may_read` names, it may
    read only the files named there. `at_cell` takes the number of each cell that starts, and how
    many there are.
    """
    own = {name: value for name, value in parameters.items() if name in notebook.parameters}
    count = len(notebook.content.cells)
    try:
        return execute_notebook(
            copy.deepcopy(notebook.content),
            None,
            parameters=own,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            folder=notebook.path.parent,
            may_read=may_read,
            fork=fork,
            at_cell=lambda index: at_cell(min(index + 1, count), count),
        )
    except PapermillExecutionError as error:
        public = describe_failure(notebook, error, quoting=False)
        raise AnalysisError(describe_failure(notebook, error), public) from None
    except TimeoutError:
        why = f"a cell ran longer than {LONGEST_CELL_SECONDS} seconds."
    except (EOFError, ConnectionError):
        why = "its process was killed. Is there enough free memory?"
    raise AnalysisError(f"{notebook.path.name}: {why}")


def describe_failure(notebook: Notebook, error: Exception, quoting: bool = True) -> str:
    """Say which cell of a notebook failed, why, and what to do about it.

    Without quoting, the error's own words are left out: they may repeat what is in the data.
    """
    sources = [cell.source for cell in notebook.content.cells]
    # papermill has put one more cell in, behind the parameters.
    position = error.cell_index
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
