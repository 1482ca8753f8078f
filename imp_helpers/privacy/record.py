"""The record of what disclosure control held back: a file a notebook, then one of a whole build."""

import csv
from collections.abc import Iterable
from pathlib import Path

RECORD = "disclosure.csv"
RECORD_COLUMNS = ("notebook", "place", "row", "column", "rule")


def write_record(held_back: Iterable[tuple[str, ...]], reports: Path, notebook: str) -> None:
    """Write what one notebook held back.

    Parameters
    ----------
    held_back : iterable of tuple of str
        place (an anchor), row, column, rule.
    """
    file = reports / "disclosure" / f"{notebook}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, ((notebook, *one) for one in held_back))


def gather_records(reports: Path) -> Path | None:
    """Put the records of all notebooks into one file, and return it.

    Returns
    -------
    Path or None
        ``disclosure.csv``; None where nothing was held back.
    """
    files = sorted((reports / "disclosure").glob("*.csv"))
    if not files:
        return None
    rows = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            rows += list(csv.reader(stream))[1:]
        file.unlink()
    (reports / "disclosure").rmdir()
    _write(reports / RECORD, rows)
    return reports / RECORD


def _write(file: Path, rows: Iterable[Iterable[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(RECORD_COLUMNS)
        writer.writerows(rows)
