"""The ledger: every number and claim that the paper prints, beside what the notebooks compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

import pandas as pd

from imp_helpers.display.html import link, with_small_print
from imp_helpers.display.table import number_of
from imp_helpers.printed.inference_checks import derived_interval
from imp_helpers.printed.lookup import TOTAL, Published
from imp_helpers.printed.printed_numbers import agreement
from imp_helpers.privacy.disclosure import SUPPRESSED
from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.number_formats import exact, round_as
from imp_helpers.study.register import in_words, statistic_of
from imp_helpers.study.study import Study

AGREES = "agrees"
ANOTHER_ROUNDING = "agrees by another rounding"
DIFFERS = "differs"
NOT_COMPUTABLE = "cannot be computed from these data"
NOT_PRINTED = "not printed"
STATUSES = (AGREES, ANOTHER_ROUNDING, DIFFERS, NOT_COMPUTABLE, NOT_PRINTED)

COLUMNS = [
    "id",
    "section",
    "place",
    "quantity",
    "n",
    "basis",
    "printed",
    "computed",
    "rounded",
    "difference",
    "status",
    "detail",
    "notebook",
    "anchor",
]

# The raw files that a study may lack, by the sections that need them.
FILES = {
    "feasibility": ("evaluation", "sessions"),
    "effectiveness": ("evaluation",),
    "harms": ("evaluation",),
}
# The columns of the list of participants that a study may lack, by the variables they tell.
PARTICIPANT_COLUMNS = {"age": "age", "men": "sex", "profession": "profession"}
NOT_ABOUT_ONE_OUTCOME = ("n", "count", "power")
ROUNDINGS_IN_WORDS = {
    "half_up": "halves rounded away from zero",
    "half_even": "halves rounded to the even digit",
    "half_down": "halves rounded towards zero",
    "truncation": "further digits cut off",
}


def ledger(
    published: pd.DataFrame, results: pd.DataFrame, study: Study, rounding: str = "half_up"
) -> pd.DataFrame:
    """Lay the computed values beside the printed ones.

    Parameters
    ----------
    published : DataFrame
        As ``published.read_published`` gives it.
    results : DataFrame
        As ``results.read_results`` gives them.
    study : Study
        Says what its data cannot give, and whether they are synthetic.
    rounding : {"half_up", "half_even", "either"}
        The rule by which the paper is taken to round.

    Returns
    -------
    DataFrame
        A row for each row of `published`, in its order; all text but the difference.
        ``computed``: in full precision; ``rounded``: at printed precision; ``difference``: in
        units of the last printed digit; ``status``: one of `STATUSES`; ``detail``: which
        rounding, by how much, or why not; ``notebook`` and ``anchor``: where it was computed.

    Raises
    ------
    AnalysisError
        Naming every number that no notebook computes although the data give it, and every result
        as published that is in no row.
    """
    found = {row["id"]: row for row in results.to_dict("records")}
    _refuse_gaps(published, results, study)
    printed = Published(published, rounding)
    rows = [
        {**row, **_comparison(row, found.get(row["id"]), printed, study)}
        for row in published.to_dict("records")
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"difference": "Int64"})


def _refuse_gaps(published: pd.DataFrame, results: pd.DataFrame, study: Study) -> None:
    computed = set(results["id"])
    missing = [
        row["id"]
        for row in published.to_dict("records")
        if row["id"] not in computed and not why_not_computable(row, study)
    ]
    as_published = results.loc[results["label"] == "as published", "id"]
    homeless = [] if published.empty else as_published[~as_published.isin(published["id"])].tolist()
    said = []
    if missing:
        said.append(
            f"No notebook computes: {', '.join(missing)}. Correct the id in "
            "published/statistics.csv, or record the result in the notebook it belongs to."
        )
    if homeless:
        said.append(
            f"Recorded as published, but without a row: {', '.join(homeless)}. Add the row to "
            "published/statistics.csv, or label the result as exploratory."
        )
    if said:
        raise AnalysisError("\n".join(said))


def why_not_computable(row: Mapping[str, str], study: Study) -> str:
    """Say why a study's data cannot give a statistic; nothing if they can."""
    needed = FILES.get(row["section"], ())
    if row["variable"] == "evaluation_form":
        needed = ("evaluation",)
    lacking = [name for name in needed if name not in study.settings]
    if lacking:
        return f"study.toml names no {' and no '.join(lacking)} file."
    column = PARTICIPANT_COLUMNS.get(row["variable"])
    if column and not getattr(study.settings.participants, column, None):
        return f"study.toml names no column for {column} in the list of participants."
    if row["group"] not in {"", TOTAL, *study.group_labels}:
        return f"study.toml has no group {row['group']}."
    if row["time"] not in {"", *study.time_labels}:
        return f"study.toml has no time {row['time']}."
    if row["section"] == "reliability" and row["variable"] not in study.scales:
        return f"No instrument of study.toml has the scale {row['variable']}."
    about_outcome = (
        row["section"] == "effectiveness" and row["statistic"] not in NOT_ABOUT_ONE_OUTCOME
    )
    if about_outcome and row["variable"] not in {outcome.id for outcome in study.outcomes}:
        return f"study.toml has no outcome {row['variable']}."
    return ""


def _comparison(
    row: Mapping[str, str], found: Mapping | None, printed: Published, study: Study
) -> dict:
    """Return what the ledger adds to one row of the published numbers."""
    if found is None or pd.isna(found["value"]):
        reason = why_not_computable(row, study) if found is None else "The data give no value."
        return {"status": NOT_COMPUTABLE, "detail": reason}
    if found["value"] == SUPPRESSED:
        return {"status": NOT_COMPUTABLE, "detail": "Left out by disclosure control."}
    entry = {key: found[key] for key in ("notebook", "anchor")} | {"computed": str(found["value"])}
    compare = _compare_claim if row["statistic"] == "claim" else _compare_number
    entry |= compare(row, entry["computed"], printed)
    if entry["status"] == NOT_PRINTED and study.notice:
        entry["detail"] = "A synthetic value."
    if row["n"] and pd.notna(found["n"]) and int(found["n"]) != int(row["n"]):
        entry["detail"] = f"{entry['detail']} Computed from n = {found['n']}.".strip()
    return entry


def _compare_claim(row: Mapping[str, str], word: str, printed: Published) -> dict:
    if not row["printed"]:
        return {"status": NOT_PRINTED, "detail": "", "rounded": word}
    status = AGREES if word == row["printed"] else DIFFERS
    return {"status": status, "detail": "", "rounded": word}


def _compare_number(row: Mapping[str, str], text: str, printed: Published) -> dict:
    value = _number(row["id"], text)
    if not row["printed"]:
        rounded = round_as(value, statistic_of(row["statistic"]).decimals, "half_up")
        return {"status": NOT_PRINTED, "detail": "", "rounded": rounded}
    found = agreement(row["printed"], value, printed.rounding)
    entry = {"rounded": found.computed, "difference": found.difference}
    derived = derived_interval(printed, row) if row["basis"] == "derived" else None
    if exact(value) in (derived or printed.interval(row)):
        outside = derived and found.difference
        detail = f"In {derived}, which follows from the printed numbers." if outside else ""
        return entry | {"status": AGREES, "detail": detail}
    if found.status == ANOTHER_ROUNDING:
        detail = f"By {ROUNDINGS_IN_WORDS[found.rounding]}."
        return entry | {"status": ANOTHER_ROUNDING, "detail": detail}
    return entry | {"status": DIFFERS, "detail": _distance(found.difference)}


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise AnalysisError(f"{name} is a number in published/statistics.csv, computed is: {text}.")
    return value


def _distance(difference: int) -> str:
    units = "unit" if abs(difference) == 1 else "units"
    direction = "more" if difference > 0 else "less"
    return f"{abs(difference)} {units} of the last printed digit {direction}."


# ---------------------------------------------------------------- for readers


def for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger as its page shows it: what is beside the point in small print.

    Returns
    -------
    DataFrame
        Quantity, Printed, Computed, Difference, Status, Place, Report.
    """
    shown = []
    for row in table.fillna({"detail": "", "computed": "", "rounded": ""}).to_dict("records"):
        origin = "derived" if row["basis"] == "derived" else ""
        difference = "" if pd.isna(row["difference"]) else _signed(row["difference"])
        shown.append(
            {
                "Quantity": with_small_print(row["quantity"], row["id"]),
                "Printed": with_small_print(_claim_in_words(row["printed"]), origin),
                "Computed": with_small_print(_claim_in_words(row["rounded"]), _in_full(row)),
                "Difference": difference,
                "Status": with_small_print(in_words(row["status"]), row["detail"]),
                "Place": row["place"],
                "Report": report_link(row["notebook"], row["anchor"]),
            }
        )
    return pd.DataFrame(shown)


def report_link(notebook: str, anchor: str) -> str:
    """Return a link to the place of a report that shows a result; nothing without a result."""
    if pd.isna(notebook):
        return ""
    table = link(f"{notebook}.html#{anchor}", number_of(anchor.partition(".")[0]))
    return with_small_print(table, in_words(notebook.partition("_")[2]))


def _in_full(row: Mapping[str, str]) -> str:
    """Return a computed number with ten digits, unless rounding left it as it is."""
    if "_" in row["rounded"] or not row["rounded"][-1:].isdigit():
        return ""
    value = float(row["computed"])
    return "" if value == float(row["rounded"]) else f"{value:.10g}"


def _claim_in_words(text: str) -> str:
    return text.replace("_", " ")


def _signed(difference: int) -> str:
    return f"{difference:+d}".replace("-", "\N{MINUS SIGN}") if difference else "0"


def totals(table: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of the ledger by status and section.

    Returns
    -------
    DataFrame
        status, a column a section, then all; the last row is everything.
    """
    sections = table["section"].unique()
    counted = pd.crosstab(table["status"], table["section"])
    counted = counted.reindex(index=STATUSES, columns=sections, fill_value=0)
    counted.loc["all"] = counted.sum()
    counted.columns.name = None
    counted = counted.assign(all=counted.sum(axis=1)).rename_axis("status").reset_index()
    return counted.assign(status=counted["status"].map(in_words))


def beyond_the_paper(results: pd.DataFrame) -> pd.DataFrame:
    """Return the results that the paper has no place for.

    Returns
    -------
    DataFrame
        id, value, n, label, notebook, anchor.
    """
    return results[results["label"] != "as published"].dropna(subset="value")


def beyond_for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """Count the results beyond the paper by the report that has them and by their label.

    Returns
    -------
    DataFrame
        Report, then a column a label.
    """
    counted = pd.crosstab(table["notebook"], table["label"])
    reports = [link(f"{name}.html", in_words(name.partition("_")[2])) for name in counted.index]
    counted.columns = [in_words(label) for label in counted.columns]
    counted.insert(0, "Report", reports)
    return counted.reset_index(drop=True)


def answer(table: pd.DataFrame, study: Study) -> str:
    """Say how many of the printed numbers and claims come out, and which do not."""
    if table.empty:
        return "The study has no published numbers to compare with."
    told = table[table["printed"] != ""]
    counts = told["status"].value_counts()
    said = [f"Of {len(told)} numbers and claims that the paper prints or that follow from it:"]
    said += [f"- {in_words(s)}: {counts[s]}" for s in STATUSES if s in counts]
    said += [""]
    said += [f"- {line}" for line in _deviations(told)] + [""]
    blank = int((table["status"] == NOT_PRINTED).sum())
    if blank:
        said.append(
            f"The text gives no value for {blank} cells of the tables. Whoever fills one in under "
            "`printed` in `published/statistics.csv` has it compared by the next build."
        )
    if study.notice:
        said.append(
            "The data were made so that the printed numbers come out: an agreement shows that the "
            "notebooks compute the statistic. It is no evidence about the study."
        )
    return "\n".join(said)


def _deviations(told: pd.DataFrame) -> Iterator[str]:
    for row in told[~told["status"].isin([AGREES, NOT_PRINTED])].to_dict("records"):
        computed = "" if row["status"] == NOT_COMPUTABLE else f", computed {row['rounded']}"
        yield f"{row['quantity']}: printed {row['printed']}{computed}. {row['detail']}"
