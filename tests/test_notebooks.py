"""The notebooks as they are committed: told before shown, short, without outputs or definitions."""

import ast
import itertools
import shutil
from pathlib import Path

import nbformat
import pytest

from imp_common.errors import AnalysisError

PROJECT = Path(__file__).parent.parent
FILM = PROJECT / "examples" / "film_mood"
FOLDERS = (PROJECT / "notebooks", PROJECT / "starter", FILM / "notebooks")
NOTEBOOKS = [path for folder in FOLDERS for path in sorted(folder.glob("*.ipynb"))]
UNLED = ("parameters", "answer")


@pytest.fixture(
    params=NOTEBOOKS, ids=lambda path: f"{path.parent.relative_to(PROJECT)}/{path.stem}"
)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_a_notebook_holds_no_outputs(notebook):
    assert [cell.id for cell in code_cells(notebook) if cell.outputs or cell.execution_count] == []


def test_a_notebook_runs_in_the_kernel_that_everybody_has(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_code_cells_are_short_and_define_nothing(notebook):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= 20, cell.id
        assert not any(isinstance(node, kinds) for node in ast.walk(ast.parse(cell.source)))


def test_the_question_comes_first(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


def test_words_come_before_code(notebook):
    """Cells of parameters, and those that are moved to the top of the page, need no lead.

    A cell that says something in numbers is words itself.
    """
    kinds = [
        "markdown"
        if cell.source.startswith("desk.say(")
        else next((t for t in cell.metadata.get("tags", []) if t in UNLED), cell.cell_type)
        for cell in notebook.cells
    ]
    pairs = list(itertools.pairwise(kinds))
    assert ("code", "code") not in pairs


def test_a_notebook_without_its_inputs_says_what_to_run_first(
    notebook, path, tmp_path, monkeypatch
):
    reads = notebook.metadata.imp_helpers.reads
    source = "\n".join(cell.source for cell in code_cells(notebook))
    folder = tmp_path / path.parent.relative_to(PROJECT)
    if FILM in path.parents:
        shutil.copytree(FILM, folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "data").symlink_to(PROJECT / "data")
    monkeypatch.chdir(folder)
    if reads:
        with pytest.raises(AnalysisError, match=r"Run (0\d_\w+\.ipynb first, or )?make, "):
            exec(source, {})
