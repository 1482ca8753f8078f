"""Tables as a journal sets them, in HTML that a screen reader can follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import pandas as pd

from imp_helpers.printed_numbers import format_apa, format_apa_p, round_half_up

Format = Callable[[object], str]
MISSING = "–"


def fixed(decimals: int) -> Format:
    """Return a format with fixed decimals, halves rounded away from zero, and a true minus."""
    return _unless_missing(lambda value: _minus(round_half_up(float(value), decimals)))


def bounded(decimals: int = 2) -> Format:
    """Return APA 7's format of a number that cannot exceed 1: no leading zero."""
    return _unless_missing(lambda value: _minus(format_apa(float(value), decimals, bounded=True)))


def _unless_missing(form: Format) -> Format:
    return lambda value: MISSING if pd.isna(value) else form(value)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


whole: Format = _unless_missing(lambda value: f"{int(value)}")
percent: Format = _unless_missing(lambda value: f"{round_half_up(float(value), 1)} %")
p_value: Format = _unless_missing(lambda value: format_apa_p(float(value)))


# How columns of these names are headed and written wherever they are shown.
COLUMNS: dict[str, tuple[str, Format | None]] = {
    "after": ("After", None),
    "age_max": ("Max", whole),
    "age_mean": ("Mean age", fixed(1)),
    "age_min": ("Min", whole),
    "age_sd": ("SD", fixed(1)),
    "alpha": ("α", bounded()),
    "area": ("Area", None),
    "assumed": ("Assumed", None),
    "attendance": ("Attendance, %", fixed(1)),
    "before": ("Before", None),
    "caption": ("Caption", None),
    "choice": ("Answer", None),
    "column": ("Column", None),
    "complete": ("Complete", whole),
    "completed": ("Completed", whole),
    "count": ("Count", whole),
    "delivered": ("Delivered in full", whole),
    "df": ("df", whole),
    "dropped_out": ("Dropped out", whole),
    "enrolled": ("Enrolled", whole),
    "f": ("f", bounded(3)),
    "F": ("F", fixed(2)),
    "f_df": ("λ = f²df", bounded()),
    "f_n": ("λ = f²N", bounded()),
    "f_rounded_n": ("λ = f²N, f rounded", bounded()),
    "file": ("File", None),
    "finding": ("Finding", None),
    "forms": ("Forms", whole),
    "group": ("Group", None),
    "high": ("95 % CI, high", bounded()),
    "hours": ("Hours a session", fixed(1)),
    "how": ("How to confirm or correct it", None),
    "instrument": ("Instrument", None),
    "items": ("Items", None),
    "kind": ("Kind", None),
    "label": ("Measure", None),
    "low": ("95 % CI, low", bounded()),
    "max": ("Max", whole),
    "maximum": ("Max", fixed(2)),
    "mean": ("M", fixed(2)),
    "men": ("Men", whole),
    "men_percent": ("Men, %", fixed(1)),
    "min": ("Min", whole),
    "minimum": ("Min", fixed(2)),
    "missing_answers": ("Missing answers", whole),
    "missing_forms": ("Missing forms", whole),
    "n": ("n", whole),
    "not_scored": ("Not scored", whole),
    "operationalised_as": ("Operationalised as", None),
    "p": ("p", p_value),
    "partial_eta_squared": ("ηp²", bounded(3)),
    "participant": ("Participant", None),
    "participants": ("Participants", whole),
    "percent": ("%", fixed(1)),
    "percent_of_forms": ("% of forms", fixed(1)),
    "percent_of_trained": ("% of trained", fixed(1)),
    "printed": ("As printed", None),
    "profession": ("Profession", None),
    "prorated": ("Prorated", whole),
    "r": ("r", bounded()),
    "range": ("Range", None),
    "report": ("Report", None),
    "row": ("Row", whole),
    "rows_in": ("In", whole),
    "rows_out": ("Out", whole),
    "rows_set_aside": ("Set aside", whole),
    "rule": ("Rule", None),
    "scale": ("Scale", None),
    "sd": ("SD", fixed(2)),
    "sessions": ("Sessions", whole),
    "t": ("t", fixed(2)),
    "time": ("Time", None),
    "topic": ("Topic", None),
    "trained": ("Trained", whole),
    "training_group": ("Training group", whole),
    "verdict": ("Verdict", None),
    "W": ("W", bounded(3)),
    "what": ("What", None),
    "why": ("Why", None),
}


def in_words(name: object) -> str:
    """Return an id as a reader would write it: "deep_listening" is "Deep listening"."""
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def as_text(value: object) -> str:
    """Return a cell of text; a missing one as a dash."""
    return MISSING if pd.isna(value) else str(value)


def journal_table(
    table: pd.DataFrame,
    *,
    anchor: str,
    caption: str,
    headings: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    spanners: Mapping[str, list[str]] | None = None,
    note: str = "",
) -> str:
    """Set a table.

    Parameters
    ----------
    table : DataFrame
        The first column names the rows.
    anchor : str
        The id to link to, "table-5"; it also gives the number before the caption.
    headings, formats : mapping, optional
        The heading of a column and how its cells are written, where they differ from ``COLUMNS``.
    spanners : mapping, optional
        A heading above several neighbouring columns, with those columns.
    note : str, optional
        What stands under the table.

    Returns
    -------
    str
        HTML; every text from the data is escaped.
    """
    columns = list(table.columns)
    known = {column: _known_column(column) for column in columns}
    headings = {column: known[column][0] for column in columns} | dict(headings or {})
    formats = {column: form for column, (_, form) in known.items() if form} | dict(formats or {})
    number = anchor.replace("-", " ", 1).replace("-", ".").capitalize()
    head = _heading_rows(columns, headings, spanners or {}, formats)
    body = "\n".join(_row(row, columns, formats) for row in table.to_dict("records"))
    foot = f'\n<p class="note"><em>Note.</em> {escape(note)}</p>' if note else ""
    return (
        f'<figure class="table" id="{escape(anchor)}">\n'
        f'<figcaption><span class="number">{escape(number)}</span> {escape(caption)}</figcaption>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(number)}">\n'
        f"<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>{foot}\n"
        "</figure>"
    )


def _known_column(name: str) -> tuple[str, Format | None]:
    """Return heading and format of a column; "mean_control_post" is one of "mean"."""
    if name in COLUMNS:
        return COLUMNS[name]
    return COLUMNS.get(name.split("_")[0], (in_words(name), None))


def _heading_rows(
    columns: list[str],
    headings: Mapping[str, str],
    spanners: Mapping[str, list[str]],
    formats: Mapping[str, Format],
) -> str:
    spanned = {column: label for label, group in spanners.items() for column in group}
    if not spanned:
        cells = [_heading(column, headings, formats) for column in columns]
        return f"<tr>{''.join(cells)}</tr>"
    upper, lower, done = [], [], set()
    for column in columns:
        label = spanned.get(column)
        if label is None:
            upper.append(_heading(column, headings, formats, rows=2))
            continue
        lower.append(_heading(column, headings, formats))
        if label not in done:
            width = len(spanners[label])
            upper.append(f'<th scope="colgroup" colspan="{width}">{escape(label)}</th>')
            done.add(label)
    return f"<tr>{''.join(upper)}</tr>\n<tr>{''.join(lower)}</tr>"


def _heading(
    column: str, headings: Mapping[str, str], formats: Mapping[str, Format], rows: int = 1
) -> str:
    numeric = ' class="number"' if column in formats else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th scope="col"{span}{numeric}>{escape(headings.get(column, column))}</th>'


def _row(row: dict, columns: list[str], formats: Mapping[str, Format]) -> str:
    first, *others = columns
    cells = [f'<th scope="row">{escape(as_text(row[first]))}</th>']
    for column in others:
        form = formats.get(column)
        shown = escape(form(row[column]) if form else as_text(row[column]))
        cells.append(f'<td class="number">{shown}</td>' if form else f"<td>{shown}</td>")
    return f"<tr>{''.join(cells)}</tr>"
