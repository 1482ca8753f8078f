"""Make the files for other programs from a build: ``make export``."""

import tempfile
from pathlib import Path

from imp_helpers.display import word
from imp_helpers.display.exhibits import read_tables
from imp_helpers.display.latex import table_latex
from imp_helpers.display.table import Table, table_csv
from imp_helpers.export import paragraphs, scored_data, syntax
from imp_helpers.export.documents import fill
from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.folders import MARK, MARK_TEXT, refuse_foreign_folders
from imp_helpers.study.results import MARKS, legend, read_results
from imp_helpers.study.study import Study, read_study

FOLDER = "exports"
# The paper's tables.
TABLES = [f"Table {number}" for number in (3, 4, 5, 6)]


def export(study: Study, out: Path) -> Path:
    """Make every file for others in ``exports``, in the place of the earlier ones.

    AnalysisError if nothing was built yet, or if the folder there was not made by this command.
    """
    refuse_foreign_folders(out, [FOLDER])
    tables = papers_tables(out)
    with tempfile.TemporaryDirectory(dir=out, prefix=".exports") as aside:
        folder = Path(aside) / FOLDER
        for name in ("tables", "text", "data"):
            (folder / name).mkdir(parents=True)
        _write_tables(tables, folder / "tables", study)
        _write_text(study, out, folder / "text")
        data = scored_data.gather(study, out)
        _write_data(data, folder, study)
        readme = fill("README.txt.j2", study=study, notice=data.notice)
        (folder / "README.txt").write_text(readme, encoding="utf-8")
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
        if (out / FOLDER).exists():
            (out / FOLDER).rename(Path(aside) / "earlier")
        folder.rename(out / FOLDER)
    return out / FOLDER


def papers_tables(out: Path) -> list[Table]:
    """Return Tables 3 to 6 of a build, those that there are; AnalysisError without a build."""
    known = {table.number: table for table in read_tables(out)}
    if not known:
        raise AnalysisError("There are no reports yet. Run make first.")
    return [known[number] for number in TABLES if number in known]


def _write_tables(tables: list[Table], folder: Path, study: Study) -> None:
    document = word.tables_document(f"Tables: {study.title}", tables, bool(study.notice))
    word.save(document, folder / "tables.docx")
    marked = "_synthetic" if study.notice else ""
    for table in tables:
        (folder / f"{table.name}{marked}.csv").write_text(table_csv(table), encoding="utf-8")
    head = f"% {study.notice}\n" if study.notice else ""
    head += "% Needs \\usepackage{booktabs}.\n\n"
    text = head + "\n".join(table_latex(table) for table in tables)
    (folder / "tables.tex").write_text(text, encoding="utf-8")


def _write_text(study: Study, out: Path, folder: Path) -> None:
    numbers = paragraphs.Numbers(read_results(out))
    parts = {
        "Methods": paragraphs.methods(numbers, study),
        "Results": paragraphs.results(numbers, study),
    }
    notice = [f"**{study.notice}**"] if study.notice else []
    parts["Results"] += f"\n\n{legend(MARKS)}" if study.notice else ""
    lines = [*notice, *(f"## {name}\n\n{text}" for name, text in parts.items())]
    (folder / "methods_and_results.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    document = word.new_document(f"Text: {study.title}", word.SYNTHETIC if study.notice else "")
    for name, text in parts.items():
        word.add_text(document, name, text.split("\n\n"))
    word.save(document, folder / "methods_and_results.docx")


def _write_data(data: scored_data.ScoredData, folder: Path, study: Study) -> None:
    sav = "scored_data.sav"
    scored_data.write_sav(data, folder / "data" / sav, study.short_title)
    check = syntax.check_syntax(data, study, sav)
    (folder / "data" / "check.sps").write_text(check, encoding="utf-8")
    if len(study.groups) > 1:
        glm = syntax.glm_syntax(data, study, sav)
        (folder / "data" / "glm.sps").write_text(glm, encoding="utf-8")
    scored_data.write_psych_ds(data, folder / "psych-ds", study)


def run_export(study: Path, out: Path) -> None:
    """Export a study that was built, and say where the files are."""
    folder = export(read_study(study), out)
    print(f"Files for other programs are in {folder}; README.txt there says what is what.")
