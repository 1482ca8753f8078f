"""What a build shows: the record that each notebook keeps of its tables and figures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from imp_report.table import Table, from_record, number_of

FOLDER = "reports/exhibits"


class Exhibit(NamedTuple):
    """A table or figure of a report, with its alternative text; see ``Table``."""

    number: str
    caption: str
    place: str
    file: str
    alt: str


def write_exhibits(records: list[dict], out: Path, notebook: str) -> None:
    """Write what one notebook shows."""
    file = out / FOLDER / f"{notebook}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    file.write_text(f"[{lines}]\n", encoding="utf-8", newline="\n")


def _records(out: Path, notebook: str = "*") -> Iterator[tuple[str, dict]]:
    for file in sorted((out / FOLDER).glob(f"{notebook}.json")):
        yield from ((file.stem, record) for record in json.loads(file.read_text("utf-8")))


def read_exhibits(out: Path) -> list[Exhibit]:
    """List the tables and figures of all notebooks in their order."""
    return [
        Exhibit(
            number_of(record["anchor"]), record["caption"],
            f"{notebook}.html#{record['anchor']}", record["file"], record.get("alt", ""),
        )
        for notebook, record in _records(out)
        if record.get("file")
    ]  # fmt: skip


def read_tables(out: Path, notebook: str = "*") -> list[Table]:
    """Return the tables that a notebook, or all of them, can give to paper."""
    records = (record for _, record in _records(out, notebook))
    return [from_record(record) for record in records if record.get("rows")]


def outdated(out: Path) -> list[tuple[str, str]]:
    """Return what is shown although the data do not bear it out: notebook and text."""
    found = [(notebook, record) for notebook, record in _records(out) if record.get("outdated")]
    return [(notebook, record.get("said") or record["caption"]) for notebook, record in found]
