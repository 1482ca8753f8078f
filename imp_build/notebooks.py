"""What notebooks declare, and the order that follows from it."""

import ast
import copy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from math import isfinite
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from imp_build.inputs import STUDY_PARTS
from imp_common.errors import AnalysisError
from imp_common.folders import OUTPUTS, RECORDS
from imp_intake.settings.missing_parts import missing_parts, special_parts
from imp_intake.settings.study import Study

PATTERN, INDEX = "[0-9][0-9]_*.ipynb", "index"
DRIVER_PARAMETERS = ("study_folder", "out_folder")
# The sections of study.toml that a study may lack, and the tables made of their files.
TABLES = {"evaluation": "processed/evaluation.csv", "sessions": "processed/sessions.csv"}
NEEDS, ONLY = "needs-", "only-"
NUMBER, WHOLE_NUMBER = "a number with a decimal point", "a whole number"
# The tag, and the id, of the cell with the parameters of a build.
INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Notebook:
    """One notebook and what it declares in its metadata under ``imp_helpers``.

    `reads` and `writes` are the made files that it needs and makes, relative to the folder of the
    outputs; a star stands for any part of a name. `study` is what it reads of the study beside
    settings and keys: "data", "published".
    """

    path: Path
    content: NotebookNode
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    study: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its ending, such as ``02_scoring``."""
        return self.path.stem

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that its cell tagged ``parameters`` names, with their default values."""
        source = next((c.source for c in self.content.cells if "parameters" in tags(c)), "")
        assignments = [line for line in ast.parse(source).body if isinstance(line, ast.Assign)]
        return {line.targets[0].id: ast.literal_eval(line.value) for line in assignments}


def find_notebooks(folder: Path) -> list[Notebook]:
    """Read the numbered notebooks of a folder, and its index; AnalysisError if there is none."""
    paths = sorted(folder.glob(PATTERN))
    overview = folder / f"{INDEX}.ipynb"
    paths += [overview] if paths and overview.is_file() else []
    if not paths:
        raise AnalysisError(f"No notebook called {PATTERN} was found in {folder}.")
    return [read_notebook(path) for path in paths]


def read_notebook(path: Path) -> Notebook:
    """Read one notebook; raise AnalysisError if its declaration is wrong."""
    try:
        content = nbformat.read(path, as_version=4)
        # Outputs that somebody has saved are not part of the notebook.
        for cell in content.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        declared = content.metadata["imp_helpers"]
        lists = (tuple(declared[name]) for name in ("reads", "writes"))
        notebook = Notebook(
            path, content, declared["title"], *lists, study=tuple(declared.get("study", ()))
        )
        missing = [name for name in DRIVER_PARAMETERS if name not in notebook.parameters]
    except (KeyError, TypeError, json.JSONDecodeError, nbformat.reader.NotJSONError):
        raise AnalysisError(
            f"{path.name}: its metadata must hold "
            '"imp_helpers": {"title": ..., "reads": [...], "writes": [...]}.'
        ) from None
    except (SyntaxError, ValueError, AttributeError):
        raise AnalysisError(
            f"{path.name}: each line of its cell tagged 'parameters' must read name = plain value."
        ) from None
    problems = [f"its cell tagged 'parameters' must set {' and '.join(missing)}"] if missing else []
    for file in (*notebook.reads, *notebook.writes):
        parts = PurePosixPath(file).parts
        if parts[:1] not in [(folder,) for folder in OUTPUTS] or ".." in parts:
            problems.append(f"{file} must lie in {' or '.join(OUTPUTS)}")
    unknown = set(notebook.study).difference(STUDY_PARTS)
    problems += [f"{part} must be {' or '.join(STUDY_PARTS)}" for part in sorted(unknown)]
    if problems:
        raise AnalysisError("\n".join(f"{path.name}: {problem}." for problem in problems))
    return notebook


def dependencies(notebooks: Iterable[Notebook]) -> dict[str, set[str]]:
    """Return for each notebook's name the names of those that must run before it.

    If a file has no writer or two, or notebooks wait for each other, AnalysisError is raised.
    """
    notebooks = list(notebooks)
    problems = [
        f"{mine} is written by more than one notebook: {one.name} and {other.name}."
        for one, other in combinations(notebooks, 2)
        for mine in one.writes
        for theirs in other.writes
        if matches(mine, theirs) and "*" not in mine + theirs
    ]
    graph: dict[str, set[str]] = {notebook.name: set() for notebook in notebooks}
    for name, file in ((notebook.name, file) for notebook in notebooks for file in notebook.reads):
        if file.startswith(f"reports/{RECORDS}/"):
            # Every notebook keeps a record of what disclosure control held back.
            graph[name] |= {other for other in graph if other < name}
            continue
        writers = {n.name for n in notebooks if any(matches(file, w) for w in n.writes)}
        # A notebook that reads all of a kind may have made one of them.
        graph[name] |= writers - {name} if "*" in file else writers
        if not writers:
            problems.append(f"{name} reads {file}, which no notebook writes.")
    if problems:
        raise AnalysisError("\n".join(problems))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise AnalysisError(f"These notebooks wait for each other: {circle}.") from None
    return graph


def matches(file: str, other: str) -> bool:
    """Return whether two declared files, with or without stars, can be the same."""
    return fnmatchcase(file, other) or fnmatchcase(other, file)


def check_parameters(given: Mapping[str, object], notebooks: Iterable[Notebook]) -> None:
    """Refuse parameters that no notebook has, and values that are of another kind than theirs."""
    defaults = {name: value for n in notebooks for name, value in n.parameters.items()}
    known = set(defaults).difference(DRIVER_PARAMETERS)
    if unknown := sorted(set(given) - known):
        raise AnalysisError(
            f"No notebook has a parameter called {', '.join(unknown)}. "
            f"There {'are' if len(known) != 1 else 'is'}: {', '.join(sorted(known)) or 'none'}."
        )
    problems = [
        f"The parameter {name} must be {_kind_of(defaults[name])}, but is {value!r}. "
        f"Write it like its default: -p {name} {defaults[name]}"
        for name, value in given.items()
        if _kind_of(value) != _kind_of(defaults[name])
        and not (_kind_of(defaults[name]) == NUMBER and _kind_of(value) == WHOLE_NUMBER)
    ]
    if problems:
        raise AnalysisError("\n".join(problems))


def _kind_of(value: object) -> str:
    """Name what kind of value a parameter has."""
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, int):
        return WHOLE_NUMBER
    if isinstance(value, float):
        return NUMBER if isfinite(value) else "infinite"
    return "a list" if isinstance(value, list) else "a text"


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def fit_to_study(notebook: Notebook, study: Study) -> Notebook:
    """Replace the cells that need what a study lacks, and the text before them, by the reason.

    Headings stay, and the notebook need not write every file that it declares.
    """
    tables = {name: file for name, file in TABLES.items() if file in notebook.writes}
    lacking_files = {f for name, f in tables.items() if getattr(study.settings, name) is None}
    writes = tuple(file for file in notebook.writes if file not in lacking_files)
    notebook = replace(notebook, writes=writes)
    if not any(tag.startswith((NEEDS, ONLY)) for c in notebook.content.cells for tag in tags(c)):
        return notebook
    missing, special = missing_parts(study), special_parts(study)
    cells, reasons, left_out = [], set(), False
    for cell in notebook.content.cells:
        own = [tag.removeprefix(ONLY) for tag in tags(cell) if tag.startswith(ONLY)]
        lacking = [
            missing[part]
            for tag in tags(cell)
            if tag.startswith(NEEDS) and (part := tag.removeprefix(NEEDS)) in missing
        ]
        if not lacking and (not own or special.intersection(own)):
            reasons = reasons if cell.cell_type == "markdown" else set()
            cells.append(cell)
            continue
        # Without a text of a special case, the text before it still leads to the next cell.
        headings = _lead_without_cell(cells) if cell.cell_type == "code" else []
        cells += headings
        if own:
            continue
        left_out = True
        if headings or lacking[0] not in reasons:
            reason = f"*Not shown.* {lacking[0]}"
            cells.append(new_markdown_cell(reason, id=cell.id, metadata={"tags": ["reason"]}))
        reasons.add(lacking[0])
    content = copy.copy(notebook.content)
    content.cells = cells
    return replace(notebook, content=content, writes=() if left_out else notebook.writes)


def _lead_without_cell(cells: list) -> list:
    """Take the text that leads to a cell off the end, and return its headings."""
    if len(cells) < 2 or cells[-1].cell_type != "markdown" or "reason" in tags(cells[-1]):
        return []
    lead = cells.pop()
    headings = re.findall(r"^##+ .+$", lead.source, re.MULTILINE)
    return [new_markdown_cell("\n\n".join(headings), id=lead.id)] if headings else []
