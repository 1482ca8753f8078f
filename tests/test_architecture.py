"""Layers: nothing imports upward, and neither the analysis nor a notebook knows what runs it."""

import json

import pytest
from conftest import PROJECT
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def test_imports_keep_the_layers_that_pyproject_states(monkeypatch, capsys):
    monkeypatch.chdir(PROJECT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_does_not_know_what_runs_it(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert "imp_helpers" in code
    assert "imp_build" not in code
