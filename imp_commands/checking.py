"""List every problem of a study's files before anything is computed: ``make check``."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup, escape

from imp_common.errors import Problem, write_csv
from imp_common.folders import made_anew
from imp_helpers.cleaning import clean_as_far_as_possible
from imp_helpers.coverage import coverage, coverage_lines, problems_of, scales_as_keyed
from imp_intake.check.columns import understood_columns
from imp_intake.check.plausibility import reading_warnings
from imp_intake.check.problems import COLUMNS, FOLLOWS, problem_table
from imp_intake.reading.files import RawTable, readable_files
from imp_intake.settings.study import inspect_study

FOLDER = "check"
MOST_IN_TERMINAL = 500
MOST_ON_PAGE = 2000
HEADINGS = {"cure": "What to do", "read_as": "Read as", "label": "Label in the file"}


@dataclass(frozen=True)
class Check:
    """What a check of a study's files found.

    ``title`` is empty where the settings cannot be read; ``files`` could be read; ``columns`` is
    what was understood of each column (file, column, read_as, found, label), ``coverage`` what will
    be analysed (topic, detail). Of the problems errors come first.
    """

    title: str
    files: tuple[RawTable, ...]
    columns: pd.DataFrame
    problems: tuple[Problem, ...]
    coverage: pd.DataFrame

    @property
    def errors(self) -> list[Problem]:
        """What stops a run."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """The problems that do not stop a run."""
        return [problem for problem in self.problems if problem.severity != "error"]


def check_study(folder: Path | str) -> Check:
    """Check the settings, keys and files of the study in a folder.

    Every problem of every file is found; only settings that cannot be understood hide those of the
    files that they describe.
    """
    study, problems = inspect_study(folder)
    tables: dict[str, RawTable] = {}
    covered = pd.DataFrame(columns=["topic", "detail"])
    columns = pd.DataFrame(columns=["file", "column", "read_as", "found", "label"])
    if study is not None:
        tables, unreadable = readable_files(study)
        cleaned, in_cells = clean_as_far_as_possible(study, tables)
        problems = [*problems, *unreadable, *in_cells, *reading_warnings(study, tables)]
        # What follows from cells that could not be read says nothing new.
        problems += [p for p in problems_of(study, cleaned) if not (in_cells and p.kind == FOLLOWS)]
        columns = understood_columns(study, tables)
        covered = pd.concat([coverage(study, cleaned), scales_as_keyed(study, cleaned)])
    # Two sections of one file may find the same.
    different = {str(problem): problem for problem in problems}.values()
    ordered = sorted(different, key=lambda problem: problem.severity != "error")
    title = study.title if study else ""
    files = tuple({table.file: table for table in tables.values()}.values())
    return Check(title, files, columns, tuple(ordered), covered)


def summary(check: Check) -> str:
    """Return what was found as lines for a terminal."""
    lines = [f"{table.file}: {table.format}, {table.rows_read} rows" for table in check.files]
    lines += [f"  columns understood: {len(check.columns)}"] if len(check.columns) else []
    for name, problems in (("error", check.errors), ("warning", check.warnings)):
        if problems:
            lines += ["", f"{len(problems)} {name}{'s' if len(problems) != 1 else ''}:"]
            shown = problems[:MOST_IN_TERMINAL]
            lines += [f"  {i}. {problem}" for i, problem in enumerate(shown, 1)]
            if len(problems) > len(shown):
                lines.append(f"  ... and {len(problems) - len(shown)} more in problems.csv")
    lines += ["", coverage_lines(check.coverage)] if len(check.coverage) else []
    if not check.errors and check.title:
        lines += ["", f"{check.title}: no error found, the reports can be built."]
    return "\n".join(lines)


def page_of(check: Check) -> str:
    """Return the page with the verdict, the files, the problems and the columns."""
    from imp_report.html import table_html
    from imp_report.page import render_page
    from imp_report.table import table_of

    verdict = f"Errors, which stop a run: {len(check.errors)}. Warnings: {len(check.warnings)}."
    files = Markup("").join(
        Markup("<li>{}: {}, {} rows</li>").format(t.file, t.format, t.rows_read)
        for t in check.files
    )
    parts = [f"<p>{escape(verdict)}</p>", f"<ul>{files}</ul>"]
    problems = problem_table(check.problems[:MOST_ON_PAGE])
    rest = len(check.problems) - len(problems)
    tables = [
        (problems.fillna({"participant": "", "column": ""}), "table-1",
         "All problems, and what to do about each", ["severity", "file"]),
        (check.columns, "table-2", "How each column was interpreted", ["file"]),
    ]  # fmt: skip
    headings = {name: name.capitalize() for name in COLUMNS} | HEADINGS
    for frame, anchor, caption, filters in tables:
        note = f"{rest} more are in problems.csv." if rest and frame is not check.columns else ""
        about = {"headings": headings, "note": note, "filters": frame[filters]}
        parts += [table_html(table_of(frame, anchor, caption, **about))] if len(frame) else []
    title = f"Check of {check.title}" if check.title else "Check"
    return render_page(title, Markup("\n").join(map(Markup, parts)))


def write(check: Check, out: Path) -> Path:
    """Write problems and columns as CSV and as a page, all or nothing; return the page.

    AnalysisError if there is such a folder that somebody else has made.
    """
    with made_anew(out, FOLDER) as folder:
        write_csv(problem_table(check.problems), folder / "problems.csv")
        write_csv(check.columns, folder / "columns.csv")
        page = page_of(check).encode("utf-8", errors="replace")
        (folder / "index.html").write_bytes(page)
    return out / FOLDER / "index.html"


def run_check(study: Path, out: Path) -> int:
    """Check a study, print what was found, and write the page; return 1 if a run would stop."""
    check = check_study(study)
    print(summary(check))
    page = write(check, out)
    print(f"\nOpen {page} to read every problem and every column.")
    return 1 if check.errors or not check.title else 0
