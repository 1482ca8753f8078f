"""Notebooks of a study's own: those cells of the starter that fit it, as plain notebooks."""

from pathlib import Path

import nbformat

from imp_build.inputs import PROJECT
from imp_build.notebooks import NEEDS, ONLY, find_notebooks, fit_to_study, tags
from imp_common.errors import AnalysisError
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
    for notebook in find_notebooks(PROJECT / "starter"):
        fitted = fit_to_study(notebook, settings)
        file = folder / notebook.path.name
        file.write_text(plain(fitted.content, fitted.writes), encoding="utf-8", newline="\n")
        print(file)


def plain(content: nbformat.NotebookNode, writes: tuple[str, ...]) -> str:
    """Return a notebook without the tags that tell for which studies a cell is."""
    for cell in content.cells:
        kept = [tag for tag in tags(cell) if not tag.startswith((NEEDS, ONLY, "reason"))]
        cell.metadata.pop("tags", None)
        if kept:
            cell.metadata["tags"] = kept
    content.metadata["imp_helpers"]["writes"] = list(writes)
    return nbformat.writes(content) + "\n"
