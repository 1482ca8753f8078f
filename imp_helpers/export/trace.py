"""From a number back to people: ``make trace ID=effectiveness.scs_total.F``.

The chain leads from the ledger over the report and the recorded result to scores, scored items and
the lines of the raw files. Participants appear under their numbers only.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import nbformat
import pandas as pd

from imp_helpers.reading.files import TIME, read_raw_file
from imp_helpers.study.contracts import CONTRACTS, read_table
from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.instruments import Instrument, Scale
from imp_helpers.study.results import FOLDER
from imp_helpers.study.sections import RawFile
from imp_helpers.study.study import Study, read_study

SHOWN = 5

# The steps that list rows of participants.
ABOUT_PEOPLE = ("Scored rows", "Clean rows", "Raw rows", "Changes and corrections")

# The clean tables, named like their sections of study.toml, and what tells their rows apart.
TABLES = ("participants", "evaluation", "sessions")
KEYS = ("participant", "training_group", "session")


@dataclass(frozen=True)
class Link:
    """One step of the way back.

    Parameters
    ----------
    title : str
        Where the step leads: "Result", "Raw rows".
    lines : tuple of str
        What stands there.
    """

    title: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.lines)])


def trace(name: str, study: Study, out: Path) -> list[Link]:
    """Return the chain from a statistic to the answers that it was computed from.

    Parameters
    ----------
    name : str
        The id of a row of the ledger.
    study : Study
    out : Path
        Where the reports were built.

    Returns
    -------
    list of Link
        Ledger, report, result, scored rows, items, raw rows, corrections; for a number that is
        not about a scale, the clean table in the place of scores and items.

    Raises
    ------
    AnalysisError
        If nothing was built yet, or if the ledger has no such row.
    """
    links = _links(name, study, out)
    if study.settings.disclosure_control or study.settings.privacy.pseudonyms:
        links = [_without_people(link) for link in links]
    return links


def _without_people(link: Link) -> Link:
    """Return a step without the rows of participants that it lists, and without their number."""
    title = link.title.partition(",")[0]
    if not title.startswith(ABOUT_PEOPLE):
        return link
    return Link(title, ("rows about single participants are withheld by study.toml, [privacy]",))


def _links(name: str, study: Study, out: Path) -> list[Link]:
    line, row = _ledger_row(name, out)
    links = [_ledger_link(line, row)]
    if not row["notebook"]:
        return links
    links += [_report_link(row), _result_link(row, out)]
    published = _published_row(name, study)
    scale = study.scales.get(published["variable"])
    if scale is not None and row["n"]:
        return links + list(_scale_links(scale, published, study, out))
    return links + list(_table_links(row, published["variable"], study, out))


# ---------------------------------------------------------------- ledger, report, result


def _ledger_row(name: str, out: Path) -> tuple[int, dict[str, str]]:
    file = out / "reports" / "ledger.csv"
    if not file.is_file():
        raise AnalysisError("There is no reports/ledger.csv yet. Run make first.")
    rows = _read(file)
    for line, row in enumerate(rows, 2):
        if row["id"] == name:
            return line, row
    near = [row["id"] for row in rows if all(part in row["id"] for part in name.split("."))]
    near = near[:SHOWN] or get_close_matches(name, [row["id"] for row in rows], n=SHOWN)
    hint = f" Near to it: {', '.join(near)}." if near else ""
    raise AnalysisError(f'The ledger has no row "{name}".{hint}')


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _published_row(name: str, study: Study) -> dict[str, str]:
    rows = _read(study.folder / "published" / "statistics.csv")
    return next(row for row in rows if row["id"] == name)


def _ledger_link(line: int, row: dict[str, str]) -> Link:
    printed = f"{row['printed']} ({row['basis']})" if row["printed"] else "nothing printed"
    in_full = f", in full {row['computed']}" if row["computed"] != row["rounded"] else ""
    computed = f"{row['rounded']}{in_full}" if row["computed"] else "nothing"
    status = f"{row['status']}{': ' if row['detail'] else ''}{row['detail']}"
    return Link(
        f"Ledger: reports/ledger.csv, line {line}",
        (
            f"{row['quantity']} ({row['place']})",
            f"printed:  {printed}",
            f"computed: {computed}",
            f"status:   {status}",
        ),
    )


def _report_link(row: dict[str, str]) -> Link:
    return Link("Report", (f"reports/{row['notebook']}.html#{row['anchor']}",))


def _result_link(row: dict[str, str], out: Path) -> Link:
    file = f"{FOLDER}/{row['notebook']}.csv"
    for line, result in enumerate(_read(out / file), 2):
        if result["id"] == row["id"]:
            said = f"value {result['value']}, n {result['n'] or 'none'}, {result['label']}"
            return Link(f"Result: {file}, line {line}", (said,))
    raise AnalysisError(f"{file} has no result {row['id']}. Run make again.")


# ---------------------------------------------------------------- scores, items, raw rows


def _scale_links(scale: Scale, row: dict[str, str], study: Study, out: Path) -> Iterator[Link]:
    scores = read_table("scores", out, study)
    used = _rows_of(scores, scale, row, study)
    yield _listed(
        f"Scored rows: {CONTRACTS['scores'].file}",
        [f"line {i + 2}: {r.participant}, {r.time}, score {r.score:g}" for i, r in used.items()],
    )
    instrument = next(key for key in study.instruments if scale in key.scales)
    yield Link(
        f"Items: instruments/{instrument.id}.toml, scale {scale.id}",
        (
            f"{instrument.name}, {len(scale.items)} items, {scale.rule.replace('_', ' ')}; "
            "R is reverse-keyed",
            " ".join(f"{i.number}{'R' if i.reverse_keyed else ''}" for i in scale.items),
        ),
    )
    people = {(r.participant, r.time) for r in used.values()}
    yield from _raw_links(people, scale, instrument, study, out)


def _rows_of(scores: pd.DataFrame, scale: Scale, row: dict[str, str], study: Study) -> dict:
    """Return the rows of the scores that a statistic is about, by their position."""
    chosen = scores["scale"] == scale.id
    if row["group"] in study.group_labels:
        chosen &= scores["group"] == row["group"]
    if row["time"]:
        chosen &= scores["time"] == row["time"]
    return {i: r for i, r in zip(scores.index[chosen], scores[chosen].itertuples(), strict=True)}


def _raw_links(
    people: set[tuple[str, str]], scale: Scale, instrument: Instrument, study: Study, out: Path
) -> Iterator[Link]:
    """Yield the lines of the questionnaires' raw file, and every change that touches them."""
    settings = study.settings.questionnaires
    raw = read_raw_file(study, "questionnaires")
    times = {time.code: time.id for time in study.times}
    participants = [participant_number(typed, study) for typed in raw.cells[settings.participant]]
    when = [times.get(code.strip(), "") for code in raw.cells[settings.time or TIME]]
    left_out = set(read_table("set_aside", out, study).query("file == @raw.file")["row"].dropna())
    lines = [
        (raw.line(row), participant, time)
        for row, participant, time in zip(raw.cells.index, participants, when, strict=True)
        if (participant, time) in people and (raw.forms_in_line > 1 or row not in left_out)
    ]
    pattern = settings.instruments[instrument.id]
    times_shown = dict.fromkeys(time for _, time in people) if "{time}" in pattern else [""]
    codes = {time.id: time.code for time in study.times}
    columns = [
        pattern.format(item=item.number, time=codes.get(time, ""))
        for time in times_shown
        for item in scale.items
    ]
    yield _listed(
        f"Raw rows: {raw.file}",
        [f"line {line}: {participant}, {time}" for line, participant, time in lines],
        f"columns {', '.join(columns)}",
    )
    changes = read_table("changes", out, study)
    touched = changes[
        (changes["file"] == raw.file)
        & changes["row"].isin([line for line, *_ in lines])
        & changes["column"].isin(columns)
    ]
    yield _changes(touched)


def participant_number(typed: str, study: Study) -> str:
    """Return a participant number, as it was typed, in its one form."""
    raw = study.settings.raw
    match = re.fullmatch(raw.participant_pattern or "", typed.strip())
    return raw.participant_format.format(int(match[1])) if match else typed.strip()


# ---------------------------------------------------------------- what is about no scale


def _table_links(row: dict[str, str], variable: str, study: Study, out: Path) -> Iterator[Link]:
    """Yield the clean and raw table with a column of the variable's name, or all that were read."""
    for name in TABLES:
        section = getattr(study.settings, name)
        if section is None:
            continue
        table = read_table(name, out, study)
        columns = [column for column in table if _is_named(column, variable)]
        if columns:
            yield _clean_rows(name, table.dropna(subset=columns, how="all"), columns)
            found = [raw for column in columns if (raw := _raw_column(column, section))]
            yield Link(f"Raw rows: {section.file}", (f"columns {', '.join(found)}",))
            changes = read_table("changes", out, study)
            yield _changes(
                changes[(changes["file"] == section.file) & changes["column"].isin(found)]
            )
            return
    yield Link("Clean tables that the notebook reads", tuple(_reads(row["notebook"], out)))


def _is_named(column: str, variable: str) -> bool:
    """Tell whether a column holds a variable: "future_plans" holds "future_plans_answered"."""
    return f"{variable}_".startswith(f"{column}_") or column.startswith(f"{variable}_")


def _clean_rows(name: str, table: pd.DataFrame, columns: list[str]) -> Link:
    keys = [key for key in KEYS if key in table and key not in columns]
    cells = table[[*keys, *columns]].astype(object).fillna("nothing").to_dict("records")
    return _listed(
        f"Clean rows: {CONTRACTS[name].file}",
        [
            f"line {position + 2}: {', '.join(f'{key} {value}' for key, value in row.items())}"
            for position, row in zip(table.index, cells, strict=True)
        ],
    )


def _reads(notebook: str, out: Path) -> list[str]:
    """Return the files that a notebook says it reads."""
    executed = nbformat.read(out / "reports" / "notebooks" / f"{notebook}.ipynb", as_version=4)
    return list(executed.metadata["imp_helpers"]["reads"])


def _raw_column(variable: str, section: RawFile) -> str:
    questions = {question.id: question.column for question in getattr(section, "questions", [])}
    return questions.get(variable) or getattr(section, variable, None) or ""


def _changes(changes: pd.DataFrame) -> Link:
    lines = [
        f"{r.file}, line {r.row}: {r.column} {r.before!r} became {r.after!r} ({r.rule}: {r.why})"
        for r in changes.itertuples()
    ]
    title = f"Changes and corrections: {CONTRACTS['changes'].file}"
    return _listed(title, lines) if lines else Link(title, ("none touches these answers",))


def _listed(title: str, lines: list[str], *heading: str) -> Link:
    """Return a step with the number of its rows and the first few."""
    shown = [*heading, *lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(f"and {len(lines) - SHOWN} more")
    return Link(f"{title}, {len(lines)} {'row' if len(lines) == 1 else 'rows'}", tuple(shown))


def run_trace(id: str, study: Path, out: Path) -> None:
    """Print the links of one trace."""
    print("\n\n".join(map(str, trace(id, read_study(study), out))))
