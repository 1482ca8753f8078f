"""Layers: nothing imports upward, and neither the analysis nor a notebook knows what runs it."""

import ast
import json
import subprocess
import sys
from collections import Counter

import grimp
import pytest
from conftest import PROJECT
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
NUMBERED = [n for n in NOTEBOOKS if n.stem != "index"]


def test_imports_keep_the_layers_that_pyproject_states(monkeypatch, capsys):
    monkeypatch.chdir(PROJECT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_does_not_know_what_runs_it(notebook):
    assert "imp_helpers" in code_of(notebook)
    assert "imp_build" not in code_of(notebook)


def code_of(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


@pytest.mark.parametrize(
    ("modules", "kept_out"),
    [
        (["imp_build.building"], {"numpy", "pandas"}),
        ([f"imp_helpers.{n.stem.partition('_')[2]}" for n in NUMBERED], {"scipy.stats"}),
    ],
    ids=["a page whose text was edited", "the first cell of a notebook"],
)
def test_who_waits_imports_nothing_that_takes_long(modules, kept_out):
    code = f"import sys, {', '.join(modules)}; print({kept_out} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


# ---------------------------------------------------------------- rooms stay small

ROOMS = [*PROJECT.glob("imp_*/"), PROJECT / "data" / "synthetic"]
MODULES = sorted(module for room in ROOMS for module in room.rglob("*.py"))


def test_no_folder_module_or_function_outgrows_its_bounds():
    folders = Counter(m.parent for m in MODULES if m.name != "__init__.py")
    long = {m.name: count for m in MODULES if (count := len(m.read_text().splitlines())) > 390}
    functions = {
        f"{module.name}:{node.name}": node.end_lineno - node.body[0].end_lineno
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert max(folders.values()) <= 16, folders
    assert not long
    # From the end of the docstring on: what is said of a function does not make it long.
    assert {name: lines for name, lines in functions.items() if lines > 50} == {}


def lines_of(modules):
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in modules)


def test_the_helpers_stay_small():
    """What a reader of notebooks 02 to 06 can reach of them is smaller still."""
    package = PROJECT / "imp_helpers"
    assert lines_of([*package.rglob("*.py"), *package.rglob("*.toml")]) <= 5_000
    graph = grimp.build_graph("imp_helpers")
    code = "\n".join(code_of(n) for n in NUMBERED if "02" <= n.stem[:2] <= "06")
    reached = {m for m in graph.modules if m.rpartition(".")[2] in imported(code)}
    reached |= {m for start in list(reached) for m in graph.find_upstream_modules(start)}
    assert "imp_helpers.desk" in reached
    files = [PROJECT / f"{m.replace('.', '/')}.py" for m in reached]
    assert lines_of(file for file in files if file.is_file()) <= 4_000


def imported(code):
    """Return the last names of what a notebook imports: modules, or what is in them."""
    imports = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.ImportFrom)]
    names = {a.name for n in imports for a in n.names}
    return names | {n.module.rpartition(".")[2] for n in imports}


def test_notebooks_have_few_cells():
    counts = {n.stem: len(json.loads(n.read_text())["cells"]) for n in NOTEBOOKS}
    assert max(counts.values()) <= 45, counts
