"""Check the printed numbers of any paper, without its data: ``python -m imp_helpers.printed``.

A folder with ``published/statistics.csv`` is all it takes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from imp_helpers.errors import AnalysisError
from imp_helpers.printed import findings
from imp_helpers.printed.consistency import check_published
from imp_helpers.printed.lookup import Published
from imp_helpers.printed_numbers import ROUNDINGS
from imp_helpers.published import read_published
from imp_helpers.staging import MARK, MARK_TEXT, refuse_foreign_folders

FOLDER = "ledger"


def summary(checks: pd.DataFrame, published: Published) -> str:
    """Return what was found as plain text."""
    counts = findings.verdict_counts(checks).drop(columns="source").set_index("check")
    told = int((published.frame["printed"] != "").sum())
    return "\n".join(
        [
            f"{told} numbers and claims, {len(checks)} checks.",
            "",
            counts.rename_axis(None).to_string() if len(counts) else "No check applies.",
            "",
            *(f"- {sentence}" for sentence in findings.findings(checks, published)),
        ]
    )


def write(checks: pd.DataFrame, published: Published, out: Path) -> Path:
    """Write the checks as CSV and as a page into a folder of their own; return the page.

    Raises
    ------
    AnalysisError
        If there is such a folder that somebody else has made.
    """
    from imp_helpers.printed.page import page_of

    refuse_foreign_folders(out, (FOLDER,))
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    checks.to_csv(folder / "checks.csv", index=False, lineterminator="\n")
    page = folder / "index.html"
    page.write_text(page_of(checks, published), encoding="utf-8", newline="\n")
    return page


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m imp_helpers.printed", description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("data"), help="the study's folder")
    parser.add_argument("--out", type=Path, default=Path(), help="where the page goes")
    parser.add_argument("--rounding", choices=ROUNDINGS, default="half_up")
    options = parser.parse_args(arguments)
    try:
        frame = read_published(options.study / "published" / "statistics.csv")
        published = Published(frame, options.rounding)
        checks = check_published(frame, options.rounding)
        page = write(checks, published, options.out)
    except (AnalysisError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{summary(checks, published)}\n\nOpen {page} to read every check.")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
