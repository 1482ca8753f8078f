"""List every problem of a study's files before anything is computed: ``make check``."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup, escape

from imp_helpers.check.columns import understood_columns
from imp_helpers.check.coverage import coverage, coverage_lines
from imp_helpers.check.design import FOLLOWS
from imp_helpers.check.plausibility import implausible, reading_warnings
from imp_helpers.cleaning import clean_as_far_as_possible
from imp_helpers.reading.files import RawTable, readable_files
from imp_helpers.study.errors import Problem, write_csv
from imp_helpers.study.folders import MARK, MARK_TEXT, refuse_foreign_folders
from imp_helpers.study.study import inspect_study

FOLDER = "check"
PROBLEM_COLUMNS = ["severity", "file", "row", "participant", "column", "found", "allowed", "cure"]
MOST_IN_TERMINAL = 500
MOST_ON_PAGE = 2000


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

    def problem_table(self) -> pd.DataFrame:
        """Return the problems as a table, one per row."""
        rows = [[getattr(p, column) for column in PROBLEM_COLUMNS] for p in self.problems]
        return pd.DataFrame(rows, columns=PROBLEM_COLUMNS).astype({"row": "Int64"})


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
        problems += [p for p in implausible(study, cleaned) if not (in_cells and p.kind == FOLLOWS)]
        columns, covered = understood_columns(study, tables), coverage(study, cleaned)
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.severity != "error")
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
    if not check.errors:
        lines += ["", f"{check.title}: no error found, the reports can be built."]
    return "\n".join(lines)


def page_of(check: Check) -> str:
    """Return the page with the verdict, the files, the problems and the columns."""
    from imp_helpers.display.html import table_html
    from imp_helpers.display.page import render_page
    from imp_helpers.display.table import table_of

    problems, shown = check.problem_table(), min(len(check.problems), MOST_ON_PAGE)
    verdict = f"Errors, which stop a run: {len(check.errors)}. Warnings: {len(check.warnings)}."
    files = Markup("").join(
        Markup("<li>{}: {}, {} rows</li>").format(t.file, t.format, t.rows_read)
        for t in check.files
    )
    parts = [f"<p>{escape(verdict)}</p>", f"<ul>{files}</ul>"]
    headings = {name: name.capitalize() for name in PROBLEM_COLUMNS} | {"cure": "What to do"}
    if len(problems):
        rest = len(problems) - shown
        parts.append(
            table_html(
                table_of(
                    problems.head(shown).fillna({"participant": "", "column": ""}),
                    anchor="table-1",
                    caption="All problems, and what to do about each",
                    headings=headings,
                    note=f"{rest} more are in problems.csv." if rest else "",
                    filters=problems.head(shown)[["severity", "file"]],
                )
            )
        )
    if len(check.columns):
        parts.append(
            table_html(table_of(
                check.columns,
                anchor="table-2",
                caption="How each column was interpreted",
                headings={
                    "file": "File", "column": "Column", "read_as": "Read as", "found": "Found",
                    "label": "Label in the file",
                },
                filters=check.columns[["file"]],
            ))
        )  # fmt: skip
    title = f"Check of {check.title}" if check.title else "Check"
    return render_page(title, Markup("\n").join(Markup(part) for part in parts))


def write(check: Check, out: Path) -> Path:
    """Write problems and columns as CSV and as a page, all or nothing; return the page.

    AnalysisError if there is such a folder that somebody else has made.
    """
    refuse_foreign_folders(out, (FOLDER,))
    out.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".check-", dir=out))
    try:
        (made / MARK).write_text(MARK_TEXT, encoding="utf-8")
        write_csv(check.problem_table(), made / "problems.csv")
        write_csv(check.columns, made / "columns.csv")
        page = page_of(check).encode("utf-8", errors="replace")
        (made / "index.html").write_bytes(page)
        if (out / FOLDER).exists():
            (out / FOLDER).rename(made / "earlier")
        made.chmod(0o755)
        shutil.rmtree(_swap(made, out / FOLDER), ignore_errors=True)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return out / FOLDER / "index.html"


def _swap(made: Path, target: Path) -> Path:
    """Put the new folder in place; return what it replaces."""
    made.rename(target)
    return target / "earlier"


def run_check(study: Path, out: Path) -> int:
    """Check a study, print what was found, and write the page; return 1 if a run would stop."""
    check = check_study(study)
    print(summary(check))
    page = write(check, out)
    print(f"\nOpen {page} to read every problem and every column.")
    return 1 if check.errors else 0
