"""Notebooks of a study's own: those cells of the starter that fit it, as plain notebooks."""

from pathlib import Path

import nbformat

from imp_build.inputs import PROJECT
from imp_build.notebooks import NEEDS, ONLY, find_notebooks, fit_to_study, matches, tags
from imp_common.errors import AnalysisError
from imp_intake.facts import FILE as FACTS
from imp_intake.settings.study import read_study


def run_notebooks(study: Path) -> None:
    """Write the notebooks of a study into its folder, where every later build finds them.

    A folder that is not empty is an AnalysisError: what a team has written stays.
    """
    folder = study / "notebooks"
    if study.resolve() == PROJECT / "data":
        raise AnalysisError("The shipped study has notebooks of its own, in notebooks/.")
    if folder.is_dir() and any(folder.iterdir()):
        raise AnalysisError(
            f"{folder} is not empty. To have the starter's notebooks again, move it away first:\n"
            f'    mv "{folder}" "{folder}-before"'
        )
    settings = read_study(study)
    folder.mkdir(exist_ok=True)
    starter = find_notebooks(PROJECT / "starter")
    contents = [fit_to_study(notebook, settings).content for notebook in starter]
    pairs = list(zip(starter, contents, strict=True))
    writes = [[f for f in notebook.writes if _makes(content, f)] for notebook, content in pairs]
    every = [file for files in writes for file in files]
    for (notebook, content), written in zip(pairs, writes, strict=True):
        reads = [
            file
            for file in notebook.reads
            if file.startswith("reports/") or any(matches(file, other) for other in every)
        ]
        file = folder / notebook.path.name
        text = plain(content, {"reads": reads, "writes": written})
        file.write_text(text, encoding="utf-8", newline="\n")
        print(file)


def _makes(content: nbformat.NotebookNode, file: str) -> bool:
    """Return whether a notebook still makes a file, now that some of its cells are left out."""
    source = "\n".join(cell.source for cell in content.cells if cell.cell_type == "code")
    name = Path(file).stem
    if file == FACTS:
        return "write_facts(" in source
    if file.startswith("processed/results/"):
        return "record_" in source or "ids=" in source
    if "figures/" in file:
        return "desk.figure(" in source or "robustness.show(" in source
    if "*" in name:
        # A table that is saved under a name of its own is not among the numbered ones.
        return source.count("desk.show(") > source.count('file="')
    return f'{name}"' in source


def plain(content: nbformat.NotebookNode, declared: dict[str, list[str]]) -> str:
    """Return a notebook without the tags that tell for which studies a cell is."""
    for cell in content.cells:
        kept = [tag for tag in tags(cell) if not tag.startswith((NEEDS, ONLY, "reason"))]
        cell.metadata.pop("tags", None)
        if kept:
            cell.metadata["tags"] = kept
    content.metadata["imp_helpers"] |= declared
    return nbformat.writes(content) + "\n"
