"""From a number back to the answers: ``make trace ID=effectiveness.scs_total.F``.

The chain leads from the ledger over the report and the recorded result to scores, scored items and
the lines of the raw files. Participants appear under their numbers only.
"""

import csv
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd

from imp_common.design import Scale
from imp_common.errors import AnalysisError
from imp_common.sentences import plural
from imp_helpers.contracts import CONTRACTS, read_table
from imp_helpers.results import FOLDER
from imp_intake.reading.files import RawTable, read_raw_file
from imp_intake.reading.headers import FORM_TIME, at_time, item_columns
from imp_intake.settings.study import Study, read_study

SHOWN = 5
# The clean tables, named like their sections of study.toml, and what tells their rows apart.
TABLES = ("participants", "evaluation", "sessions")
KEYS = ("participant", "training_group", "session")
WITHHELD = ("rows about single participants are withheld by study.toml, [privacy]",)


class Link(NamedTuple):
    """One step of the way back: where it leads ("Raw rows: raw/evaluation.csv"), and what is there.

    ``about_people`` is true of a step that lists rows of participants.
    """

    title: str
    lines: tuple[str, ...]
    about_people: bool = False

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.lines)])


def trace(name: str, study: Study, out: Path) -> list[Link]:
    """Return the chain from a row of the ledger to the answers that it was computed from.

    Ledger, report, result, scored rows, items, raw rows, corrections; for a number that is not
    about a scale, the clean table in the place of scores and items. Where the study's settings
    protect its participants, steps that list their rows leave them out. AnalysisError if nothing
    was built yet, or if the ledger has no such row.
    """
    protected = study.settings.disclosure_control or study.settings.privacy.pseudonyms
    return [
        Link(link.title.partition(",")[0], WITHHELD) if protected and link.about_people else link
        for link in _links(name, study, out)
    ]


def _links(name: str, study: Study, out: Path) -> Iterator[Link]:
    line, row = _ledger_row(name, out)
    yield _ledger_link(line, row)
    if not row["notebook"]:
        return
    yield Link("Report", (f"reports/{row['notebook']}.html#{row['anchor']}",))
    file = f"{FOLDER}/{row['notebook']}.csv"
    line, result = _row_of(name, out / file)
    text = f"value {result['value']}, n {result['n'] or 'none'}, {result['label']}"
    yield Link(f"Result: {file}, line {line}", (text,))
    _, published = _row_of(name, study.folder / "published" / "statistics.csv")
    scale = study.scales.get(published["variable"])
    if scale is not None and row["n"]:
        yield from _scale_links(scale, published, study, out)
    else:
        yield from _table_links(row, published["variable"], study, out)


def _row_of(name: str, file: Path) -> tuple[int, dict[str, str]]:
    """Return the line and the row with an id; AnalysisError if a file has none."""
    rows = enumerate(_read(file), 2)
    found = next(((line, row) for line, row in rows if row["id"] == name), None)
    if found is None:
        raise AnalysisError(f"{file.name} has no row {name}. Run make again.")
    return found


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _ledger_row(name: str, out: Path) -> tuple[int, dict[str, str]]:
    file = out / "reports" / "ledger.csv"
    if not file.is_file():
        raise AnalysisError("There is no reports/ledger.csv yet. Run make first.")
    ids = [row["id"] for row in _read(file)]
    if name in ids:
        return _row_of(name, file)
    near = [known for known in ids if all(part in known for part in name.split("."))]
    near = near[:SHOWN] or get_close_matches(name, ids, n=SHOWN)
    hint = f" Near to it: {', '.join(near)}." if near else ""
    raise AnalysisError(f'The ledger has no row "{name}".{hint}')


def _ledger_link(line: int, row: dict[str, str]) -> Link:
    printed = f"{row['printed']} ({row['basis']})" if row["printed"] else "nothing printed"
    in_full = f", in full {row['computed']}" if row["computed"] != row["rounded"] else ""
    computed = f"{row['rounded']}{in_full}" if row["computed"] else "nothing"
    status = f"{row['status']}{': ' if row['detail'] else ''}{row['detail']}"
    lines = f"printed:  {printed}", f"computed: {computed}", f"status:   {status}"
    title = f"Ledger: reports/ledger.csv, line {line}"
    return Link(title, (f"{row['quantity']} ({row['place']})", *lines))


def _scale_links(scale: Scale, row: dict[str, str], study: Study, out: Path) -> Iterator[Link]:
    scores = read_table("scores", out, study)
    chosen = scores["scale"] == scale.id
    for column, known in (("group", study.group_labels), ("time", study.time_labels)):
        if row[column] in known:
            chosen &= scores[column] == row[column]
    used = scores[chosen]
    rows = used.itertuples()
    lines = [f"line {r.Index + 2}: {r.participant}, {r.time}, score {r.score:g}" for r in rows]
    yield _listed(f"Scored rows: {CONTRACTS['scores'].file}", lines)
    instrument = next(key for key in study.instruments if scale in key.scales)
    rule = scale.rule.replace("_", " ")
    yield Link(
        f"Items: instruments/{instrument.id}.toml, scale {scale.id}",
        (
            f"{instrument.name}, {len(scale.items)} items, {rule}; R is reverse-keyed",
            " ".join(f"{i.number}{'R' if i.reverse_keyed else ''}" for i in scale.items),
        ),
    )
    people = set(zip(used["participant"], used["time"], strict=True))
    for place, _ in enumerate(study.settings.questionnaires.sources):
        raw = read_raw_file(study, "questionnaires", place)
        yield from _raw_links(raw, people, instrument.item_columns(scale), study, out)


def _raw_links(
    raw: RawTable, people: set[tuple[str, str]], items: list[str], study: Study, out: Path
) -> Iterator[Link]:
    """Yield the lines of a questionnaires' file, and every change that touches them."""
    settings = study.settings.questionnaires
    times = {time.code: time.id for time in study.times}
    forms = zip(
        raw.cells.index,
        [participant_number(typed, study) for typed in raw.cells[settings.participant]],
        [times.get(code.strip(), "") for code in raw.cells[settings.time or FORM_TIME]],
        strict=True,
    )
    excluded = set(read_table("set_aside", out, study).query("file == @raw.file")["row"].dropna())
    lines = [
        (raw.line(row), participant, time)
        for row, participant, time in forms
        if (participant, time) in people and (raw.forms_in_line > 1 or row not in excluded)
    ]
    measured = [time for time in study.times if time.id in {time for _, time in people}]
    names = {name: column for name, column, _ in item_columns(study)}
    columns = [at_time(names[item], time.code) for time in measured for item in items]
    columns = list(dict.fromkeys(columns))
    shown = [f"line {line}: {participant}, {time}" for line, participant, time in lines]
    yield _listed(f"Raw rows: {raw.file}", shown, f"columns {', '.join(columns)}")
    yield _changes_link(raw.file, columns, study, out, {line for line, *_ in lines})


def participant_number(typed: str, study: Study) -> str:
    """Return a participant number, as it was typed, in its one form."""
    raw = study.settings.raw
    match = re.fullmatch(raw.participant_pattern or "", typed.strip())
    return raw.participant_format.format(int(match[1])) if match else typed.strip()


def _table_links(row: dict[str, str], variable: str, study: Study, out: Path) -> Iterator[Link]:
    """Yield the clean and raw table with a column of the variable's name, or all that were read."""
    for name in TABLES:
        section = getattr(study.settings, name)
        table = pd.DataFrame() if section is None else read_table(name, out, study)
        # "future_plans" holds "future_plans_answered", and "age" what begins with "age_".
        begins = f"{variable}_"
        columns = [c for c in table if begins.startswith(f"{c}_") or c.startswith(begins)]
        if columns:
            yield _clean_rows(name, table.dropna(subset=columns, how="all"), columns)
            asked = {q.id: q.column for q in getattr(section, "questions", [])}
            raw_columns = [asked.get(c) or getattr(section, c, None) for c in columns]
            raw_columns = [column for column in raw_columns if column]
            lines = (f"columns {', '.join(raw_columns)}",)
            yield Link(f"Raw rows: {section.file}", lines, about_people=True)
            yield _changes_link(section.file, raw_columns, study, out)
            return
    notebook = out / "reports" / "notebooks" / f"{row['notebook']}.ipynb"
    read = nbformat.read(notebook, as_version=4).metadata["imp_helpers"]["reads"]
    yield Link("Clean tables that the notebook reads", tuple(read))


def _clean_rows(name: str, table: pd.DataFrame, columns: list[str]) -> Link:
    keys = [key for key in KEYS if key in table and key not in columns]
    cells = table[[*keys, *columns]].astype(object).fillna("nothing").to_dict("records")
    lines = [
        f"line {index + 2}: {', '.join(f'{key} {value}' for key, value in row.items())}"
        for index, row in zip(table.index, cells, strict=True)
    ]
    return _listed(f"Clean rows: {CONTRACTS[name].file}", lines)


def _changes_link(
    file: str, columns: list[str], study: Study, out: Path, lines: set[int] | None = None
) -> Link:
    """Return the changes of some columns of a raw file, in some of its lines or in all."""
    changes = read_table("changes", out, study)
    chosen = (changes["file"] == file) & changes["column"].isin(columns)
    if lines is not None:
        chosen &= changes["row"].isin(lines)
    shown = [
        f"{r.file}, line {r.row}: {r.column} {r.before!r} became {r.after!r} ({r.rule}: {r.why})"
        for r in changes[chosen].itertuples()
    ]
    title = f"Changes and corrections: {CONTRACTS['changes'].file}"
    return _listed(title, shown) if shown else Link(title, ("none touches these answers",), True)


def _listed(title: str, lines: list[str], *heading: str) -> Link:
    """Return a step with the number of its rows and the first few."""
    shown = [*heading, *lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(f"and {len(lines) - SHOWN} more")
    return Link(f"{title}, {plural(len(lines), 'row')}", tuple(shown), about_people=True)


def run_trace(id: str, study: Path, out: Path) -> None:
    """Print the links of one trace."""
    print("\n\n".join(map(str, trace(id, read_study(study), out))))
