"""How a table of results is laid out: cells, headings and names of rows, all from their ids."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Integral, Real

import pandas as pd
from markupsafe import Markup, escape

from imp_common.number_formats import MISSING, bounded, fixed, p_value, whole
from imp_common.register import in_words as word_of
from imp_common.register import statistic_of
from imp_helpers.study import Study
from imp_report.table import Column, Table, as_text, interval_column, other_end

# Columns whose cells are ids that read as words.
ID_COLUMNS = ("area", "choice", "kind", "profession", "rule", "setting", "topic", "verdict")
# Sizes and degrees of freedom are given by the design: a table that mixes bases does not mark them.
GIVEN = ("n", "n_first", "n_second", "df", "df_error", "items", "forms", "trained", "row")
BY_WORD = {"whole": whole, "p": p_value}
FROM_PRINT = "From the paper"
GREY = '<i class="simulated">Grey italics</i>'


def number_or_text(value: object) -> object:
    """Return a text as the number that it holds, if it does."""
    for kind in (int, float):
        with suppress(TypeError, ValueError):
            return kind(value)
    return value


def written(result: Mapping, printed: Mapping[str, str], form: str = "") -> str:
    """Write a result: with the printed decimals where it is printed, else as its statistic is.

    ``form`` can be a number of decimals, "whole", or "=" for a p that may be below .001.
    """
    value, name = result["value"], result["id"]
    if isinstance(value, str):
        return value.replace("_", " ")
    statistic = next((s for s in map(statistic_of, reversed(name.split("."))) if s.format), None)
    is_bounded = statistic is not None and statistic.kind.startswith(("bounded", "p"))
    if form.isdigit():
        return (bounded if is_bounded else fixed)(int(form))(value)
    if form in BY_WORD:
        return BY_WORD[form](value)
    if name in printed and result["basis"] in ("published", "derived"):
        decimals = len(printed[name].partition(".")[2])
        text = (bounded if is_bounded else fixed)(decimals)(value)
    else:
        text = (statistic.format if statistic else whole_or_fixed)(value)
    return text if form != "=" or text.startswith("<") else f"= {text}"


def whole_or_fixed(value: float) -> str:
    """Write a number of which the register knows nothing: whole, or with two decimals."""
    return whole(value) if isinstance(value, Integral) else fixed(2)(value)


def cells_of(
    table: pd.DataFrame, ids: str, results: Mapping, printed: Mapping[str, str], of_data: str
) -> list[list[tuple[str, str]]]:
    """Return the text of each cell and what it rests on, row by row.

    Cells that are no results are set by their column's statistic; numbers rest on ``of_data``.
    """
    rows = []
    for row, values in table.iterrows():
        row = row[-1] if isinstance(row, tuple) else row
        cells = []
        for column, value in values.items():
            name = f"{ids}.{row}.{column}"
            if pd.api.types.is_scalar(value) and pd.isna(value):
                cells.append((MISSING, ""))
            elif ids and name in results:
                cells.append((written(results[name], printed), results[name]["basis"]))
            else:
                form = statistic_of(column.split(".")[0]).format or as_text
                if column == "light":
                    cells.append((form(value), ""))
                elif isinstance(value, str):
                    cells.append((word_of(value) if column in ID_COLUMNS else value, ""))
                else:
                    cells.append((form(value), "" if column.split(".")[0] in GIVEN else of_data))
        rows.append(cells)
    return rows


def origin_of(cells: list[list[tuple[str, str]]]) -> str:
    """Return the line under a table that says where its numbers come from."""
    bases = {basis for row in cells for _, basis in row}
    if "simulated" not in bases:
        return ""
    mixed = bases & {"published", "derived"}
    return f"{GREY}: simulated." if mixed else "All numbers are simulated."


def lay_out(
    table: pd.DataFrame,
    cells: list[list[tuple[str, str]]],
    anchor: str,
    caption: str,
    note: str,
    *,
    labels: Mapping[str, str],
    headings: Mapping[str, str],
    file: str,
    filters: pd.DataFrame | None,
    origin: str,
) -> Table:
    """Lay out a table whose cells are written; neighbouring ends become one interval."""
    columns = {c: [row[place] for row in cells] for place, c in enumerate(map(str, table))}
    for low in [c for c in columns if other_end(c) != c and other_end(c) in columns]:
        ends = zip(columns[low], columns.pop(other_end(low)), strict=True)
        merged = [
            (MISSING, "") if a == MISSING else (f"[{a}, {b}]", basis) for (a, basis), (b, _) in ends
        ]
        columns = {interval_column(c) if c == low else c: v for c, v in columns.items()}
        columns[interval_column(low)] = merged
    columns = {c: v for c, v in columns.items() if not _is_constant_size(c, v)}
    rows = [row if isinstance(row, tuple) else ("", row) for row in table.index]
    named = [
        row[1] if isinstance(row[1], Markup) else ", ".join(_named(r, labels) for r in row[1:])
        for row in rows
    ]
    numeric = {c for c in columns if _is_numeric(c)}
    header = [Column("", str(headings.get("", "")))]
    header += [_column(c, headings, c in numeric) for c in columns]
    body = [
        (escape(name), *(columns[c][place][0] for c in columns)) for place, name in enumerate(named)
    ]
    bases = [("", *(columns[c][place][1] for c in columns)) for place in range(len(rows))]
    sections = tuple(_named(section, labels) if section != "" else "" for section, *_ in rows)
    return Table(
        anchor, Markup(caption), Markup(" ".join(filter(None, [note, origin]))), tuple(header),
        tuple(body), tuple(str(row[-1]) for row in rows), filters, file, tuple(bases),
        sections=sections if any(sections) else (),
    )  # fmt: skip


def _named(row: object, labels: Mapping[str, str]) -> str:
    """Return what readers call a row: its label, an id in words, any other text as it is."""
    text = str(row)
    return labels.get(text) or (word_of(text) if re.fullmatch(r"[a-z][a-z\d_]*", text) else text)


def _is_constant_size(column: str, cells: list[tuple[str, str]]) -> bool:
    """Return whether a column repeats one number of people, which the text says once."""
    return column.split(".")[0] == "n" and len({text for text, _ in cells}) == 1


def _is_numeric(column: str) -> bool:
    return bool(statistic_of(column.split(".")[0]).format) or "interval" in column


def _column(name: str, headings: Mapping[str, str], numeric: bool) -> Column:
    """Return a column with its heading, and above it what its dotted name says of its cells."""
    first, *rest = name.split(".")
    statistic = statistic_of(first.replace("interval", "low"))
    heading = headings.get(name) or headings.get(first)
    spanner = ", ".join(headings.get(part, word_of(part)) for part in rest)
    if len(rest) > 1:
        spanner = f"{spanner[:1]}{spanner[1:].lower()}"
    given = heading or Markup(statistic.heading.removesuffix(", low"))
    return Column(name, given, spanner, numeric, statistic.italic and heading is None)


def labels_of(study: Study) -> dict[str, str]:
    """Return what readers call the rows of a study's tables: scales, groups, times, questions."""
    scales = {name: scale.label for name, scale in study.scales.items()}
    questions = {name: question.label for name, question in study.questions.items()}
    choices = {
        f"{name}.{choice}": word_of(choice)
        for name, question in study.questions.items()
        for choice in (question.choices or {}).values()
    }
    return scales | questions | choices | headings_of(study)


def headings_of(study: Study) -> dict[str, str]:
    """Return what readers call groups and times."""
    return study.group_labels | study.time_labels | {"total": "All"}


def in_words(table: pd.DataFrame, study: Study) -> str:
    """Return a table as a sentence for an alternative text: "Stress: d 0.31, ..."."""
    labels, parts = labels_of(study), []
    if "label" in table:
        rows = [row[-1] if isinstance(row, tuple) else row for row in table.index]
        labels |= dict(zip(map(str, rows), table["label"], strict=True))
    for row, values in table.drop(columns="label", errors="ignore").iterrows():
        name = ", ".join(_named(r, labels) for r in (row if isinstance(row, tuple) else (row,)))
        cells = []
        for column, value in values.dropna().items():
            # "mean.training.post" is a statistic with what it is of; other names are text.
            first, *rest = str(column).split(".") if " " not in str(column) else [str(column)]
            statistic = statistic_of(first)
            is_number = isinstance(value, Real)
            form = statistic.format or (whole_or_fixed if is_number else as_text)
            shown = form(value)
            heading = statistic.heading if statistic.format else labels.get(first, word_of(first))
            about = [labels.get(part, word_of(part)).lower() for part in rest]
            heading = ", ".join([heading, *about])
            if heading.endswith((", low", ", high")):
                # The ends of an interval are said as one: "95% CI -0.07 to 1.10".
                start = f"{heading.removesuffix(', low')} " if heading.endswith("low") else "to "
                cells.append(start + shown)
            else:
                cells.append(f"{shown}%" if heading == "%" else f"{heading} {shown}")
        parts.append(f"{name}: {', '.join(cells).replace(', to ', ' to ')}")
    return f"{'; '.join(parts)}." if parts else ""


def anchor_of(number: str) -> str:
    """Return where a link to a table or figure leads: "Table 5.1" is "table-5-1"."""
    return number.lower().replace(" ", "-").replace(".", "-")


def row_names(table: pd.DataFrame) -> list:
    """Return the names of rows; the first level of two names groups of rows."""
    return [row[-1] if isinstance(row, tuple) else row for row in table.index]


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the names of its rows as columns; without names of their own, "row"."""
    if any(table.index.names):
        return table.reset_index()
    named = table.assign(row=row_names(table))
    return named[["row", *(column for column in named if column != "row")]]


def cells_as_results(table: pd.DataFrame, ids: str, columns: Sequence[str]) -> list[dict]:
    """Return the cells of some columns as results, those without a value as well."""
    sizes = table.get("n", pd.Series(index=table.index, dtype=object))
    return [
        {"id": f"{ids}.{row}.{column}", "value": value, "n": n}
        for column in columns
        for row, value, n in zip(row_names(table), table[column], sizes, strict=True)
    ]
