"""The process in which a notebook's cells run, and what they may read there.

Only the standard library is imported at the top, since a process that starts from nothing imports
this module first.
"""

import io
import logging
import multiprocessing
import os
import signal
import sys
import threading
from base64 import b64encode
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from multiprocessing.connection import Connection, wait
from pathlib import Path

from imp_common.errors import AnalysisError

ENGINE = "imp_build"


class CellError(Exception):
    """A cell failed: its position and source, the name and the text of its error."""

    def __init__(self, position: int, source: str, ename: str, evalue: str) -> None:
        super().__init__(position, source, ename, evalue)
        self.position, self.source, self.ename, self.evalue = position, source, ename, evalue


def run_cells(
    connection: Connection,
    content: Mapping,
    parameters: Mapping[str, object],
    folder: Path,
    may_read: Mapping[Path, Iterable[str]],
    profile: str,
) -> None:
    """Run a notebook through papermill: send the position of each cell that starts, then the end.

    The end is the notebook with its outputs, or the CellError of the cell that failed.
    """
    if os.name == "posix":
        os.setsid()
    threading.Thread(target=_end_with_the_driver, daemon=True).start()
    from papermill import execute_notebook
    from papermill.engines import papermill_engines

    # What goes wrong is reported once, in our own words.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    papermill_engines.register(ENGINE, new_engine(connection, profile))
    os.chdir(folder)
    guard_reading(may_read)
    driver = {"engine_name": ENGINE, "kernel_name": "python3", "language": "python"}
    try:
        end = execute_notebook(content, None, parameters, progress_bar=False, **driver)
    except CellError as error:
        end = error
    connection.send(end)


def new_engine(connection: Connection, profile: str) -> type:
    """Return an engine that lets papermill run the cells in this very process."""
    from nbformat import from_dict
    from papermill.engines import Engine, NotebookExecutionManager

    class InThisProcess(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, *_, **__) -> None:
            outputs: list[dict] = []
            shell = new_shell(outputs, profile)
            sys.stdout, sys.stderr = (Stream(name, outputs) for name in ("stdout", "stderr"))
            for position, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                connection.send(position)
                nb_man.cell_start(cell, position)
                outputs.clear()
                result = shell.run_cell(cell.source, store_history=True)
                if error := result.error_before_exec or result.error_in_exec:
                    kind = AnalysisError if isinstance(error, AnalysisError) else type(error)
                    raise CellError(position, cell.source, kind.__name__, str(error))
                cell.outputs = [from_dict(output) for output in outputs]
                nb_man.cell_complete(cell, position)

    return InThisProcess


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
