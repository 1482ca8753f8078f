"""What a study may lack, and what its reports then say in the place of a table or figure.

A code cell tagged ``needs-sessions`` is left out, with a sentence in its place, for a study without
sessions; one tagged ``only-one-group`` is there for such a study alone.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from nbformat.v4 import new_markdown_cell

from imp_helpers.notebooks import Notebook, tags
from imp_helpers.study import Study

NEEDS, ONLY = "needs-", "only-"
COLUMNS = ("training_group", "sex", "age", "profession")
# The sections of study.toml that a study may lack, and the tables made of their files.
TABLES = {"evaluation": "processed/evaluation.csv", "sessions": "processed/sessions.csv"}
LISTS = {"areas": "areas of feasibility", "progression": "progression criteria"}
LISTS |= {"tidier": "description of the intervention by TIDieR"}


def missing_parts(study: Study) -> dict[str, str]:
    """Return what a study lacks: for each part the sentence that says so."""
    settings = study.settings
    missing = {}
    if "evaluation" not in settings:
        missing["evaluation"] = "The study has no evaluation form."
    if "sessions" not in settings:
        missing["sessions"] = "The study has no list of sessions."
    if len(study.groups) < 2:
        missing["control"] = "The study has one group, and nothing to compare it with."
    if not (study.folder / "published" / "statistics.csv").is_file():
        missing["published"] = "The study has no printed numbers."
    for column in COLUMNS:
        if column not in settings["participants"]:
            name = column.replace("_", " ")
            missing[column] = f"The list of participants has no column for the {name}."
    for name, words in LISTS.items():
        if not settings.get(name):
            missing[name] = f"study.toml states no {words}."
    return missing | _missing_questions(study)


def _missing_questions(study: Study) -> dict[str, str]:
    """Return the parts of the evaluation form that a study lacks."""
    if "evaluation" not in study.settings:
        sentence = "The study has no evaluation form."
        return dict.fromkeys(["home-practice", "harms", "table4", "table6"], sentence)
    missing = {}
    if study.settings["evaluation"].get("home_practice") not in study.questions:
        missing["home-practice"] = "The evaluation form does not ask for the time of home practice."
    if study.harm_question("choice") is None:
        missing["harms"] = "The evaluation form does not ask for unwanted effects."
    for name in ("table4", "table6"):
        if name not in study.questions:
            missing[name] = f'The evaluation form has no question with the id "{name}".'
    return missing


def special_parts(study: Study) -> set[str]:
    """Return what a study has that most have not."""
    several = {name for name, q in study.questions.items() if q["kind"] == "several"}
    known = {"table4", "table6"}
    special = {
        "one-group": len(study.groups) < 2,
        "more-times": len(study.times) > 2,
        "other-topics": bool(several - known),
    }
    return {name for name, there in special.items() if there}


def fitted(notebook: Notebook, study: Study) -> Notebook:
    """Return a notebook as it fits a study.

    Returns
    -------
    Notebook
        Cells that need what is missing are replaced by the reason, and so is the text that leads
        to them, except headings. It need not write every file that it declares.
    """
    lacking_files = {
        file
        for section, file in TABLES.items()
        if file in notebook.writes and section not in study.settings
    }
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
        if own:
            cells += _lead_without_cell(cells)
            continue
        left_out = True
        heading = _lead_without_cell(cells)
        if heading or lacking[0] not in reasons:
            heading.append(_reason(lacking[0], cell))
        reasons.add(lacking[0])
        cells += heading
    content = copy.copy(notebook.content)
    content.cells = cells
    return replace(notebook, content=content, writes=() if left_out else notebook.writes)


def _lead_without_cell(cells: list) -> list:
    """Take the text that leads to a cell off the end, and return its headings."""
    if not cells or cells[-1].cell_type != "markdown" or "reason" in tags(cells[-1]):
        return []
    if len(cells) == 1:
        return []
    lead = cells.pop()
    headings = re.findall(r"^##+ .+$", lead.source, re.MULTILINE)
    if not headings:
        return []
    return [new_markdown_cell("\n\n".join(headings), id=lead.id)]


def _reason(sentence: str, cell: object) -> object:
    return new_markdown_cell(f"*Not shown.* {sentence}", id=cell.id, metadata={"tags": ["reason"]})
