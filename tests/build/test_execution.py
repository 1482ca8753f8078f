"""Each notebook runs in a fresh process: its outputs, what it may read, and how it can end."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from imp_build import execution
from imp_build.execution import (
    VARIABLES,
    execute,
    kill_all,
    notebook_variables,
    without_traces,
)
from imp_build.inputs import CAN_FORK
from imp_build.notebooks import read_notebook
from imp_common.errors import AnalysisError

pytestmark = pytest.mark.parametrize(
    "fork",
    [False, pytest.param(True, marks=pytest.mark.skipif(not CAN_FORK, reason="no fork here"))],
    ids=["spawned", "forked"],
)


@pytest.fixture
def run(tmp_path, fork):
    """Return a function that runs cells and returns the notebook with its outputs."""

    def run_cells(*sources, may_read=None):
        content = nbformat.v4.new_notebook()
        content.metadata.imp_helpers = {"title": "T", "reads": [], "writes": []}
        parameters = 'study_folder = "../data"\nout_folder = ".."\nlimit = 1'
        content.cells = [nbformat.v4.new_code_cell(text) for text in (parameters, *sources)]
        content.cells[0].metadata.tags = ["parameters"]
        nbformat.write(content, tmp_path / "01_toy.ipynb")
        notebook = read_notebook(tmp_path / "01_toy.ipynb")
        with notebook_variables():
            made = execute(notebook, {"limit": 7}, may_read or {}, fork)
        return without_traces(made, notebook, {"limit": 7}, {})

    return run_cells


@pytest.fixture
def outputs_of(run):
    return lambda *sources, **more: run(*sources, **more).cells[-1].outputs


def test_every_kind_of_output_is_kept_in_order(outputs_of):
    outputs = outputs_of(
        "import sys\n"
        "from IPython.display import Markdown, display\n"
        "print('one')\n"
        "display(Markdown('*two*'), metadata={'alt': 'x'})\n"
        "print('three')\n"
        "print('four', file=sys.stderr)\n"
        "limit"
    )
    assert outputs == [
        {"output_type": "stream", "name": "stdout", "text": "one\nthree\n"},
        {
            "output_type": "display_data",
            "data": {
                "text/markdown": "*two*",
                "text/plain": "<IPython.core.display.Markdown object>",
            },
            "metadata": {"alt": "x"},
        },
        {"output_type": "stream", "name": "stderr", "text": "four\n"},
        {
            "output_type": "execute_result", "data": {"text/plain": "7"}, "metadata": {},
            "execution_count": 3,
        },
    ]  # fmt: skip


def test_a_result_is_silenced_by_a_semicolon_and_found_under_its_name(outputs_of):
    assert outputs_of("6;") == []
    assert outputs_of("6 * 7", "_ + 1")[0].data == {"text/plain": "43"}


def test_a_figure_is_shown_after_its_cell(outputs_of):
    (output,) = outputs_of("import matplotlib.pyplot as plt", "plt.plot([1, 2]);")
    assert output.output_type == "display_data"
    assert output.data["image/png"].startswith("iVBOR")


def test_bytes_of_a_picture_become_text(outputs_of):
    (output,) = outputs_of(
        "class Picture:\n    def _repr_png_(self):\n        return b'\\x89PNG'\nPicture()"
    )
    assert output.data["image/png"] == "iVBORw=="


def test_a_warning_names_no_place_of_this_run(outputs_of):
    (output,) = outputs_of("import warnings\nwarnings.warn('beware')")
    assert output.text.startswith("<cell>:2: UserWarning: beware")


def test_the_variables_are_there_before_anything_is_imported(outputs_of, monkeypatch):
    monkeypatch.delenv("IMP_HELPERS_PAGE", raising=False)
    (output,) = outputs_of(
        "import os, threadpoolctl, numpy, numpy.linalg\n"
        f"print([name for name, value in {VARIABLES!r}.items() if os.environ[name] != value],\n"
        "      {library['num_threads'] for library in threadpoolctl.threadpool_info()},\n"
        "      hash('a') == hash('a'))"
    )
    assert output.text == "[] {1} True\n"
    assert "IMP_HELPERS_PAGE" not in os.environ


def test_each_notebook_has_a_process_of_its_own(outputs_of):
    texts = [outputs_of("import os\nprint(os.getpid())", may_read={})[0].text for _ in range(2)]
    assert len({*texts, f"{os.getpid()}\n"}) == 3


def test_what_is_not_declared_cannot_be_read(outputs_of, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    for name in ("declared", "secret"):
        (study / f"{name}.csv").write_text(name)
    read = f"from pathlib import Path\nprint(Path({str(study)!r}, '%s.csv').read_text())"
    may_read = {study: ["decl*.csv"]}
    assert outputs_of(read % "declared", may_read=may_read)[0].text == "declared\n"
    with pytest.raises(AnalysisError, match=r"reads secret\.csv, which its metadata do not decl"):
        outputs_of(read % "secret", may_read=may_read)


def test_an_error_names_notebook_cell_cause_and_cure(run):
    with pytest.raises(AnalysisError) as caught:
        run("1 / 0", "never")
    told = str(caught.value)
    assert told.startswith("01_toy.ipynb failed in its cell [2], at the top:\n    1 / 0\n")
    assert "cause: ZeroDivisionError: division by zero\ncure: open the notebook" in told


def test_the_number_of_a_failing_cell_is_the_one_that_jupyterlab_shows(run, tmp_path, fork):
    """Text has no number, and a cell that a study lacks keeps its own."""
    content = nbformat.v4.new_notebook()
    content.metadata.imp_helpers = {"title": "T", "reads": [], "writes": []}
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    content.cells = [
        text("# T"),
        code('study_folder = ""\nout_folder = ""', metadata={"tags": ["parameters"]}),
        text("Text."),
        code("left_out", metadata={"tags": ["only-something"]}),
        text("## The end"),
        code("1 / 0"),
    ]
    nbformat.write(content, tmp_path / "02_toy.ipynb")
    notebook = read_notebook(tmp_path / "02_toy.ipynb")
    del notebook.content.cells[3]
    with notebook_variables(), pytest.raises(AnalysisError) as caught:
        execute(notebook, {}, {}, fork)
    assert "failed in its cell [3], under the heading 'The end'" in str(caught.value)


def test_code_that_is_no_python_is_an_error_like_others(run):
    with pytest.raises(AnalysisError, match="cause: SyntaxError"):
        run("1 +")


def test_a_cell_that_takes_too_long_is_ended_with_what_it_started(run, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "LONGEST_CELL_SECONDS", 1)
    mark = tmp_path / "mark"
    source = (
        "import subprocess, time\nfrom pathlib import Path\n"
        f"started = subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(60)'])\n"
        f"Path({str(mark)!r}).write_text(str(started.pid))\ntime.sleep(60)"
    )
    with pytest.raises(AnalysisError, match=r"01_toy.ipynb: a cell ran longer than 1 seconds\."):
        run(source)
    _, alive = psutil.wait_procs(_processes(mark.read_text()), timeout=5)
    assert alive == []


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_a_process_that_is_killed_is_told(run):
    with pytest.raises(AnalysisError, match=r"01_toy.ipynb: its process was killed\. Is there"):
        run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")


def test_all_processes_can_be_ended_from_another_thread(run, tmp_path):
    mark = tmp_path / "mark"

    def end():
        while not mark.exists():
            time.sleep(0.01)
        kill_all()

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(AnalysisError, match="its process was killed"):
        run(f"open({str(mark)!r}, 'w').close()\nimport time\ntime.sleep(60)")
    ending.join()


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_an_interrupt_at_the_keyboard_reaches_the_driver_alone(tmp_path, fork):
    """A terminal sends Ctrl-C to all processes of a group; only the driver answers it."""
    command = [sys.executable, Path(__file__).with_name("toy_build.py"), "--study", tmp_path]
    command += ["--out", tmp_path, "--notebooks", Path(__file__).parent / "notebooks" / "right"]
    process = subprocess.Popen(
        [*map(str, command), *([] if fork else ["--no-fork"])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    process.stdout.readline()
    time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert told == "Interrupted. No reports were made.\n"
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def _processes(*ids):
    return [psutil.Process(int(one)) for one in ids if psutil.pid_exists(int(one))]
