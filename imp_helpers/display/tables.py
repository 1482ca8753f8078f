"""Tables as a journal sets them, in HTML that a screen reader can follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from markupsafe import Markup, escape

from imp_helpers.study.number_formats import MISSING, Format, bounded, fixed, p_value, whole

# A cell of more signs needs room to be read.
LONG_TEXT = 30
# The lower end of an interval: "low", "g_low", "exact_low_control".
_LOW = re.compile(r"(?<![a-z])low(?![a-z])")


def traffic_light(verdict: object) -> str:
    """Return the verdict on a progression criterion as a word in its colour."""
    word = str(verdict)
    if word not in ("go", "amend", "stop"):
        return in_words(word)
    return Markup('<span class="light {}">{}</span>').format(word, in_words(word))


# How columns of these names are headed and written wherever they are shown.
COLUMNS: dict[str, tuple[str, Format | None]] = {
    "after": ("After", None),
    "age_max": ("Max", whole),
    "age_mean": ("Mean age", fixed(1)),
    "age_min": ("Min", whole),
    "age_sd": ("SD", fixed(1)),
    "alpha": ("α", bounded()),
    "alpha_if_dropped": ("α without it", bounded()),
    "amend_if": ("Amend", None),
    "analysis": ("Analysis", None),
    "ancova_p": ("ANCOVA, HC3", p_value),
    "answer": ("As filled in", None),
    "any_power": ("At least one", bounded(3)),
    "area": ("Area", None),
    "as_found": ("As found", whole),
    "assumed": ("Assumed", None),
    "at_lower_end": ("At the lower end", whole),
    "at_safeguard": ("At the safeguard", whole),
    "at_upper_end": ("At the upper end", whole),
    "attendance": ("Attendance, %", fixed(1)),
    "baseline_p": ("Groups before, p", p_value),
    "baseline_r": ("r, baseline and change", bounded()),
    "before": ("Before", None),
    "bf10": ("BF10", fixed(2)),
    "bh_p": ("BH", p_value),
    "boot_high": ("BCa, high", fixed(2)),
    "boot_low": ("95 % BCa, low", fixed(2)),
    "brown_forsythe_p": ("Brown-Forsythe, p", p_value),
    "caption": ("Caption", None),
    "choice": ("Answer", None),
    "column": ("Column", None),
    "complete": ("Complete", whole),
    "completed": ("Completed", whole),
    "computed": ("Computed", None),
    "corrected": ("Corrected", fixed(2)),
    "correlation": ("r", bounded()),
    "count": ("Count", whole),
    "delivered": ("Delivered in full", whole),
    "design": ("Design", None),
    "deteriorated": ("Deteriorated", whole),
    "df": ("df", whole),
    "difference": ("Difference", fixed(2)),
    "dropped_out": ("Dropped out", whole),
    "effect": ("Effect", fixed(2)),
    "enrolled": ("Enrolled", whole),
    "error": ("MC error", bounded(4)),
    "eta_high": ("90 % CI, high", bounded(3)),
    "eta_low": ("90 % CI, low", bounded(3)),
    "exact_high": ("Exact, high", fixed(1)),
    "exact_low": ("95 % exact, low", fixed(1)),
    "f": ("f", bounded(3)),
    "F": ("F", fixed(2)),
    "f_df": ("λ = f²df", bounded()),
    "F_group": ("F group", fixed(2)),
    "F_highest": ("F, highest", fixed(2)),
    "F_lowest": ("F, lowest", fixed(2)),
    "f_n": ("λ = f²N", bounded()),
    "f_rounded_n": ("λ = f²N, f rounded", bounded()),
    "F_time_2": ("F time, type II", fixed(2)),
    "F_time_3": ("F time, type III", fixed(2)),
    "file": ("File", None),
    "finding": ("Finding", None),
    "forms": ("Forms", whole),
    "forms_high": ("Exact, high", fixed(1)),
    "forms_low": ("95 % CI, low", fixed(1)),
    "formula": ("Formula", bounded(3)),
    "g": ("g", fixed(2)),
    "g_high": ("95 % CI, high", fixed(2)),
    "g_low": ("95 % CI, low", fixed(2)),
    "go_if": ("Go", None),
    "group": ("Group", None),
    "high": ("95 % CI, high", bounded()),
    "holm_p": ("Holm", p_value),
    "hours": ("Hours a session", fixed(1)),
    "how": ("How to confirm or correct it", None),
    "icc": ("ICC", bounded()),
    "icc_high": ("95 % CI, high", bounded()),
    "icc_low": ("95 % CI, low", bounded()),
    "improved": ("Improved", whole),
    "instrument": ("Instrument", None),
    "item": ("Item", None),
    "item_rest": ("r with the rest", bounded()),
    "items": ("Items", None),
    "kind": ("Kind", None),
    "label": ("Measure", None),
    "levene_p": ("Levene, p", p_value),
    "light": ("Verdict", traffic_light),
    "low": ("95 % CI, low", bounded()),
    "mann_whitney_p": ("Mann-Whitney", p_value),
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
    "n_80": ("80 % power", whole),
    "n_90": ("90 % power", whole),
    "n_first": ("n trained", whole),
    "n_second": ("n control", whole),
    "not_scored": ("Not scored", whole),
    "omega": ("ω", bounded()),
    "operationalised_as": ("Operationalised as", None),
    "p": ("p", p_value),
    "p_group": ("p group", p_value),
    "p_time_2": ("p time, type II", p_value),
    "p_time_3": ("p time, type III", p_value),
    "partial_eta_squared": ("ηp²", bounded(3)),
    "participant": ("Participant", None),
    "participants": ("Participants", whole),
    "per": ("Per", None),
    "percent": ("%", fixed(1)),
    "percent_of_forms": ("% of forms", fixed(1)),
    "percent_of_trained": ("% of trained", fixed(1)),
    "permutation_p": ("Permutation", p_value),
    "printed": ("As printed", None),
    "profession": ("Profession", None),
    "prorated": ("Prorated", whole),
    "r": ("r", bounded()),
    "range": ("Range", None),
    "rate": ("Rate, %", fixed(1)),
    "reason": ("Remark", None),
    "reliable_change": ("Reliable change", fixed(2)),
    "report": ("Report", None),
    "row": ("Row", whole),
    "rows_in": ("In", whole),
    "rows_out": ("Out", whole),
    "rows_set_aside": ("Set aside", whole),
    "rule": ("Rule", None),
    "safeguard": ("Safeguard", fixed(2)),
    "scale": ("Scale", None),
    "sd": ("SD", fixed(2)),
    "sem": ("SEM", fixed(2)),
    "sessions": ("Sessions", whole),
    "shrunk_to": ("Left, %", fixed(0)),
    "simulated": ("Simulated", bounded(3)),
    "stop_if": ("Stop", None),
    "t": ("t", fixed(2)),
    "time": ("Time", None),
    "topic": ("Topic", None),
    "trained": ("Trained", whole),
    "trained_high": ("Exact, high", fixed(1)),
    "trained_low": ("95 % CI, low", fixed(1)),
    "training_group": ("Training group", whole),
    "unchanged": ("Unchanged", whole),
    "value": ("Value", fixed(1)),
    "verdict": ("Verdict", None),
    "W": ("W", bounded(3)),
    "wanted": ("Wanted", None),
    "welch_p": ("Welch", p_value),
    "what": ("What", None),
    "why": ("Why", None),
    "wilson_high": ("Wilson, high", fixed(1)),
    "wilson_low": ("95 % Wilson, low", fixed(1)),
    "yuen_p": ("Yuen", p_value),
}


def in_words(name: object) -> str:
    """Return an id as a reader would write it: "deep_listening" is "Deep listening"."""
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def as_text(value: object) -> str:
    """Return a cell of text; a missing one as a dash, and one that is HTML already as it is."""
    if isinstance(value, Markup):
        return value
    return MISSING if pd.isna(value) else str(value)


def link(target: str, text: str) -> Markup:
    """Return a cell that leads somewhere."""
    return Markup('<a href="{}">{}</a>').format(target, text)


def with_small_print(text: str, small: str) -> Markup:
    """Return a cell with something beside the point below it."""
    below = Markup("<small>{}</small>").format(small) if small else ""
    return Markup("{}{}").format(text, below)


def number_of(anchor: str) -> str:
    """Return what stands above the table with an anchor: "table-5-1" is "Table 5.1"."""
    return anchor.replace("-", " ", 1).replace("-", ".").capitalize()


def table_file(anchor: str) -> str:
    """Return the name of the file that holds the table with an anchor."""
    return f"{anchor.replace('-', '', 1).replace('-', '_')}.csv"


def take_along(anchor: str, number: str, file: str) -> Markup:
    """Return the links under a table or figure: to itself, and to its file."""
    kind = file.rpartition(".")[2].upper()
    return Markup(
        '<p class="take"><a href="#{0}" aria-label="Link to {1}">Link</a> '
        '<a href="{2}" download="" aria-label="{3} of {1}">{3}</a></p>'
    ).format(anchor, number, file, kind)


def row_anchors(names: pd.Series, anchor: str) -> dict[str, str]:
    """Return where to find the row that each name in a table's first column begins.

    Returns
    -------
    dict
        "table-5.pss_total" for the first row that "pss_total" names; without names that are no ids.
    """
    words = dict.fromkeys(str(name) for name in names)
    return {word: f"{anchor}.{word}" for word in words if re.fullmatch(r"[a-z]\w*", word)}


def with_row_anchors(table: pd.DataFrame, tables_folder: Path) -> pd.DataFrame:
    """Let anchors lead to the very row of a report's table, where the row's name is in the id.

    Parameters
    ----------
    table : DataFrame
        Results: at least the columns id and anchor.
    tables_folder : Path
        Where the reports' tables are saved.
    """
    rows = {}
    for anchor in table["anchor"].dropna().unique():
        file = tables_folder / table_file(anchor)
        names = pd.read_csv(file, usecols=[0], dtype=str).iloc[:, 0] if file.is_file() else []
        rows[anchor] = row_anchors(pd.Series(names, dtype=str), anchor)
    precise = [
        next((rows[anchor][p] for p in name.split(".") if p in rows[anchor]), anchor)
        if pd.notna(anchor)
        else anchor
        for name, anchor in zip(table["id"], table["anchor"], strict=True)
    ]
    return table.assign(anchor=precise)


def journal_table(
    table: pd.DataFrame,
    *,
    anchor: str,
    caption: str,
    headings: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    spanners: Mapping[str, list[str]] | None = None,
    note: str = "",
    names: pd.Series | None = None,
    filters: pd.DataFrame | None = None,
    file: str = "",
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
    names : Series, optional
        Ids of the rows; the first row of each gets an anchor (see ``row_anchors``).
    filters : DataFrame, optional
        A row a row: what readers can choose rows by. The page then also searches and sorts.
    file : str, optional
        Where the page finds the table as a file.

    Returns
    -------
    str
        HTML; every text from the data is escaped, except cells of type ``markupsafe.Markup``.
    """
    columns = list(table.columns)
    known = {column: _known_column(column) for column in columns}
    headings = {column: known[column][0] for column in columns} | dict(headings or {})
    formats = {column: form for column, (_, form) in known.items() if form} | dict(formats or {})
    table = _with_intervals_in_one(table, headings, formats)
    columns = list(table.columns)
    # The first column holds names: nothing in it is set as a number.
    formats.pop(columns[0], None)
    number = number_of(anchor)
    head = _heading_rows(columns, headings, spanners or {}, formats)
    attributes = _row_attributes(len(table), anchor, names, filters)
    body = "\n".join(
        f"<tr{attribute}>{_cells(row, columns, formats)}</tr>"
        for attribute, row in zip(attributes, table.to_dict("records"), strict=True)
    )
    kind = "table" if filters is None else "table searchable"
    foot = f'\n<p class="note"><em>Note.</em> {escape(note)}</p>' if note else ""
    foot += f"\n{take_along(anchor, number, file)}" if file else ""
    return (
        f'<figure class="{kind}" id="{escape(anchor)}">\n'
        f'<figcaption><span class="number">{escape(number)}</span> {escape(caption)}</figcaption>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(number)}">\n'
        f"<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>{foot}\n"
        "</figure>"
    )


def _with_intervals_in_one(
    table: pd.DataFrame, headings: dict[str, str], formats: dict[str, Format]
) -> pd.DataFrame:
    """Set neighbouring columns "low" and "high" (or "g_low" and "g_high") as one: [0.05, 0.45]."""
    for low in [column for column in table if _LOW.search(column)]:
        high = _LOW.sub("high", low)
        if high not in table or low not in formats:
            continue
        ends = zip(table[low].map(formats[low]), table[high].map(formats[high]), strict=True)
        merged = [MISSING if MISSING in pair else f"[{', '.join(pair)}]" for pair in ends]
        place, name = table.columns.get_loc(low), interval_column(low)
        table = table.drop(columns=[low, high])
        table.insert(place, name, merged)
        headings[name], formats[name] = headings[low].removesuffix(", low"), str
    return table


def interval_column(low: str) -> str:
    """Return the name of the column that shows an interval: of "g_low" it is "g_interval"."""
    return _LOW.sub("interval", low)


def _known_column(name: str) -> tuple[str, Format | None]:
    """Return heading and format of a column; "mean_control_post" is one of "mean"."""
    words = name.split("_")
    beginnings = ("_".join(words[:length]) for length in range(len(words), 0, -1))
    return next((COLUMNS[b] for b in beginnings if b in COLUMNS), (in_words(name), None))


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
    numeric = ' class="number"' if _holds_numbers(column, formats) else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th scope="col"{span}{numeric}>{escape(headings.get(column, column))}</th>'


def _holds_numbers(column: str, formats: Mapping[str, Format]) -> bool:
    return formats.get(column) not in (None, traffic_light)


def _row_attributes(
    count: int, anchor: str, names: pd.Series | None, filters: pd.DataFrame | None
) -> list[str]:
    """Return what stands in the tag of each row: its anchor, and what it is filtered by."""
    attributes = [""] * count
    if names is not None:
        anchors = row_anchors(names, anchor)
        for place, name in enumerate(names.astype(str)):
            if name in anchors:
                attributes[place] = f' id="{escape(anchors.pop(name))}"'
    if filters is not None:
        for place, row in enumerate(filters.to_dict("records")):
            chosen = "".join(f' data-{name}="{escape(value)}"' for name, value in row.items())
            attributes[place] += chosen
    return attributes


def _cells(row: dict, columns: list[str], formats: Mapping[str, Format]) -> str:
    first, *others = columns
    cells = [f'<th scope="row">{escape(as_text(row[first]))}</th>']
    for column in others:
        form = formats.get(column)
        shown = escape(form(row[column]) if form else as_text(row[column]))
        long = ' class="long"' if len(shown.striptags()) > LONG_TEXT else ""
        numeric = ' class="number"' if _holds_numbers(column, formats) else long
        cells.append(f"<td{numeric}>{shown}</td>")
    return "".join(cells)
