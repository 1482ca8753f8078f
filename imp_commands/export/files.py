"""Make the files for other programs from a build: ``make export``."""

from pathlib import Path

from imp_common.numbers import MARKS, legend

from imp_commands.export import paragraphs, scored_data
from imp_commands.export.documents import fill
from imp_common.errors import AnalysisError
from imp_common.folders import made_anew
from imp_helpers.results import read_results
from imp_intake.settings.study import Study, read_study
from imp_report import word
from imp_report.exhibits import read_tables
from imp_report.latex import table_latex
from imp_report.table import Table, table_csv

FOLDER = "exports"
# The paper's tables.
TABLES = ("table3", "table4", "table5", "table6")


def export(study: Study, out: Path) -> Path:
    """Make every file for others in ``exports``, in the place of the earlier ones.

    AnalysisError if nothing was built yet, or if the folder there was not made by this command.
    """
    tables = papers_tables(out)
    with made_anew(out, FOLDER) as folder:
        for name in ("tables", "text", "data"):
            (folder / name).mkdir()
        _write_tables(tables, folder / "tables", study)
        _write_text(study, out, folder / "text")
        data, sav = scored_data.gather(study, out), "scored_data.sav"
        scored_data.write_sav(data, folder / "data" / sav, study.short_title)
        scored_data.write_psych_ds(data, folder / "psych-ds", study)
        for name in ["check.sps", *(["glm.sps"] if len(study.groups) > 1 else [])]:
            (folder / "data" / name).write_text(syntax(name, data, study, sav), encoding="utf-8")
        readme = fill("README.txt.j2", study=study, notice=data.notice)
        (folder / "README.txt").write_text(readme, encoding="utf-8")
    return out / FOLDER


def papers_tables(out: Path) -> list[Table]:
    """Return the tables of a build that a paper has, by their files; AnalysisError without one."""
    known = {Path(table.file).stem: table for table in read_tables(out)}
    if not known:
        raise AnalysisError("There are no reports yet. Run make first.")
    return [known[name] for name in TABLES if name in known]


def _write_tables(tables: list[Table], folder: Path, study: Study) -> None:
    document = word.tables_document(f"Tables: {study.title}", tables, bool(study.notice))
    word.save(document, folder / "tables.docx")
    marked = "_synthetic" if study.notice else ""
    for table in tables:
        (folder / f"{Path(table.file).stem}{marked}.csv").write_text(
            table_csv(table), encoding="utf-8"
        )
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


def syntax(name: str, data: scored_data.ScoredData, study: Study, sav: str) -> str:
    """Return syntax that computes alpha, change and the tests again from the .sav beside it.

    "check.sps" is for SPSS and PSPP. GLM with repeated measures exists in SPSS alone and is in
    "glm.sps"; with two times its interaction is the square of the t test of change.
    """
    suffixes = scored_data.time_suffixes(study)
    first, second = (suffixes[time.id] for time in study.analysed_times)
    scales = {
        scale.id: [f"{item}_{next(iter(suffixes.values()))}" for item in key.item_columns(scale)]
        for key in study.instruments
        for scale in key.scales
        if len(scale.items) > 1
    }
    there = set(data.table)
    outcomes = [o for o in study.outcomes if {f"{o.id}_{first}", f"{o.id}_{second}"} <= there]
    return fill(
        f"{name}.j2", study=study, first=first, second=second, outcomes=outcomes, scales=scales,
        practice="practice" in there, notice=data.notice, sav=sav,
    )  # fmt: skip


def run_export(study: Path, out: Path) -> None:
    """Export a study that was built, and say where the files are."""
    folder = export(read_study(study), out)
    print(f"Files for other programs are in {folder}; README.txt there says what is what.")
