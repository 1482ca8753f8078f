"""The ledger: every number and claim that the paper prints, beside what the notebooks compute."""

from collections.abc import Mapping
from contextlib import suppress
from math import isfinite

import pandas as pd

from imp_common.errors import AnalysisError
from imp_common.number_formats import exact, round_as
from imp_common.register import in_words, statistic_of
from imp_helpers.study import Study
from imp_printed.checks import derived_interval
from imp_printed.printed_numbers import agreement
from imp_printed.published import PROGRAMME, TOTAL, Published, Row
from imp_report.html import link, with_small_print
from imp_report.privacy.disclosure import SUPPRESSED
from imp_report.table import number_of, simulated

AGREES = "agrees"
ANOTHER_ROUNDING = "agrees by another rounding"
DIFFERS = "differs"
NOT_COMPUTABLE = "cannot be computed from these data"
NOT_PRINTED = "not printed"
STATUSES = (AGREES, ANOTHER_ROUNDING, DIFFERS, NOT_COMPUTABLE, NOT_PRINTED)
COLUMNS = [
    "id", "section", "place", "quantity", "n", "basis", "printed", "computed", "rounded",
    "difference", "status", "detail", "notebook", "anchor",
]  # fmt: skip
# The raw files that a study may lack, by the sections that need them.
FILES = {
    "feasibility": ("evaluation", "sessions"),
    "effectiveness": ("evaluation",),
    "harms": ("evaluation",),
}
# The columns of the list of participants that a study may lack, by the variables they hold.
PARTICIPANT_COLUMNS = {"age": "age", "men": "sex", "profession": "profession"}
# What stands beside the status of a row.
DETAILS = {
    "programme": "This is a fact about the programme, which participants' data cannot show.",
    "column": "study.toml names no column for {} in the list of participants.",
    "scale": "No instrument of study.toml has the scale {}.",
    "group": "study.toml has no group {}.",
    "time": "study.toml has no time {}.",
    "outcome": "study.toml has no outcome {}.",
    "no value": "The data give no value.",
    "suppressed": "Left out by disclosure control.",
    "n": "Computed from n = {}.",
    "derived": "In {}, which follows from the printed numbers.",
}
ROUNDINGS = {
    "half_up": "halves rounded away from zero",
    "half_even": "halves rounded to the even digit",
    "half_down": "halves rounded towards zero",
    "truncation": "further digits cut off",
}
NOT_ABOUT_ONE_OUTCOME = ("n", "count", "power")


def ledger(
    published: pd.DataFrame, results: pd.DataFrame, study: Study, rounding: str = "half_up"
) -> pd.DataFrame:
    """Compare computed values with the printed ones, which are assumed to be rounded by a rule.

    A row for each row of `published`, in its order; all text but the difference. Columns:
    ``computed`` in full precision; ``rounded`` at printed precision; ``difference`` in units of the
    last printed digit; ``status``, one of `STATUSES`; ``detail``: which rounding, by how much, or
    why not; ``notebook`` and ``anchor``: where it was computed. AnalysisError names every number
    that no notebook computes although the data give it.
    """
    computed = {row["id"]: row for row in results.to_dict("records")}
    rows = published.to_dict("records")
    without = [row for row in rows if row["id"] not in computed]
    absent = {row["id"]: why_not_computable(row, study) for row in without}
    missing = [name for name, reason in absent.items() if not reason]
    if missing:
        raise AnalysisError(
            f"No notebook computes: {', '.join(missing)}. Correct the id in "
            "published/statistics.csv, or record the result in the notebook it belongs to."
        )
    printed = Published.of(published, rounding)
    entries = [
        {"status": NOT_COMPUTABLE, "detail": absent[row["id"]]}
        if row["id"] in absent
        else _comparison(row, computed[row["id"]], printed, study)
        for row in rows
    ]
    table = pd.DataFrame([row | entry for row, entry in zip(rows, entries, strict=True)])
    return table.reindex(columns=COLUMNS).astype({"difference": "Int64"})


def why_not_computable(row: Row, study: Study) -> str:
    """Say why a study's data cannot give a statistic; nothing if they can."""
    section, variable = row["section"], row["variable"]
    needed = ("evaluation",) if variable == "evaluation_form" else FILES.get(section, ())
    column = PARTICIPANT_COLUMNS.get(variable)
    about_outcome = section == "effectiveness" and row["statistic"] not in NOT_ABOUT_ONE_OUTCOME
    outcomes = {outcome.id for outcome in study.outcomes}
    files = [name for name in needed if getattr(study.settings, name) is None]
    reasons = {
        "programme": (section == PROGRAMME, None),
        "files": (files, files),
        "column": (column and not getattr(study.settings.participants, column, None), column),
        "group": (row["group"] not in {"", TOTAL, *study.group_labels}, row["group"]),
        "time": (row["time"] not in {"", *study.time_labels}, row["time"]),
        "scale": (section == "reliability" and variable not in study.scales, variable),
        "outcome": (about_outcome and variable not in outcomes, variable),
    }
    return next((_detail(kind, name) for kind, (lacks, name) in reasons.items() if lacks), "")


def _detail(kind: str, value: object = None) -> str:
    """Return what stands beside the status of a row."""
    if kind == "difference":
        units = "1 unit" if abs(value) == 1 else f"{abs(value):,} units"
        return f"{units} of the last printed digit {'higher' if value > 0 else 'lower'}."
    if kind == "rounding":
        return f"With {ROUNDINGS[value]}."
    if kind == "files":
        return f"study.toml names no {' and no '.join(value)} file."
    return DETAILS[kind].format(value)


def _comparison(row: Row, result: Mapping, printed: Published, study: Study) -> dict:
    """Return what the ledger adds to one row of the published numbers that has a result."""
    value = result["value"]
    if pd.isna(value) or value == SUPPRESSED:
        reason = "no value" if pd.isna(value) else "suppressed"
        return {"status": NOT_COMPUTABLE, "detail": _detail(reason)}
    entry = {key: result[key] for key in ("notebook", "anchor")} | {"computed": str(value)}
    if row["statistic"] == "claim":
        status = AGREES if str(value) == row["printed"] else DIFFERS
        status = status if row["printed"] else NOT_PRINTED
        entry |= {"status": status, "detail": "", "rounded": str(value)}
    else:
        entry |= _compare_number(row, str(value), printed)
    if study.settings.disclosure_control:
        # All its digits could tell how many people a number is about.
        entry["computed"] = entry["rounded"]
    if row["n"] and pd.notna(result["n"]) and int(result["n"]) != int(row["n"]):
        entry["detail"] = f"{entry['detail']} {_detail('n', result['n'])}".strip()
    return entry


def _compare_number(row: Row, text: str, printed: Published) -> dict:
    value = _number(row["id"], text)
    if not row["printed"]:
        rounded = round_as(value, statistic_of(row["statistic"]).decimals, "half_up")
        return {"status": NOT_PRINTED, "detail": "", "rounded": rounded}
    compared = agreement(row["printed"], value, printed.rounding)
    entry = {"rounded": compared.computed, "difference": compared.difference}
    derived = derived_interval(printed, row) if row["basis"] == "derived" else None
    if exact(value) in (derived or printed.interval(row)):
        outside = derived and compared.difference
        return entry | {"status": AGREES, "detail": _detail("derived", derived) if outside else ""}
    if compared.status == ANOTHER_ROUNDING:
        detail = _detail("rounding", compared.rounding)
        return entry | {"status": ANOTHER_ROUNDING, "detail": detail}
    return entry | {"status": DIFFERS, "detail": _detail("difference", compared.difference)}


def _number(name: str, text: str) -> float:
    with suppress(ValueError):
        if isfinite(float(text)):
            return float(text)
    raise AnalysisError(f"{name} is a number in published/statistics.csv, computed is: {text}.")


# ---------------------------------------------------------------- for readers


def for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger as its page shows it: what is beside the point in small print."""
    shown = []
    for row in table.fillna({"detail": "", "computed": "", "rounded": ""}).to_dict("records"):
        printed, computed = (row[column].replace("_", " ") for column in ("printed", "rounded"))
        if computed and row["computed_basis"] == "simulated":
            computed = simulated(computed)
        apart = row["difference"]
        difference = "" if pd.isna(apart) else f"{apart:+d}" if apart else "0"
        shown.append({
            "Quantity": with_small_print(row["quantity"], row["id"]),
            "Printed": printed,
            "Computed": with_small_print(computed, _in_full(row)),
            "Difference": difference.replace("-", "\N{MINUS SIGN}"),
            "Status": with_small_print(in_words(row["status"]), row["detail"]),
            "Place": row["place"],
            "Report": report_link(row["notebook"], row["anchor"]),
        })  # fmt: skip
    return pd.DataFrame(shown).set_index("Quantity")


def report_link(notebook: str, anchor: str) -> str:
    """Return a link to the place of a report that shows a result; nothing without a result."""
    if pd.isna(notebook):
        return ""
    if pd.isna(anchor):
        return link(f"{notebook}.html", in_words(notebook.partition("_")[2]))
    table = link(f"{notebook}.html#{anchor}", number_of(anchor.partition(".")[0]))
    return with_small_print(table, in_words(notebook.partition("_")[2]))


def _in_full(row: Mapping[str, str]) -> str:
    """Return a computed number with ten digits, unless rounding left it as it is."""
    if "_" in row["rounded"] or not row["rounded"][-1:].isdigit():
        return ""
    value = float(row["computed"])
    return "" if value == float(row["rounded"]) else f"{value:.10g}"


def totals(table: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of the ledger by status and section; the last row and column are all."""
    sections = table["section"].unique()
    counted = pd.crosstab(table["status"], table["section"])
    counted = counted.reindex(columns=sections).loc[[s for s in STATUSES if s in counted.index]]
    counted.loc["all"] = counted.sum()
    counted = counted.assign(all=counted.sum(axis=1)).rename_axis("status")
    return counted.rename(index=in_words).rename_axis(columns=None).reset_index()


def beyond_the_paper(results: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return the results that go beyond the paper's analyses or have no row among its numbers."""
    beyond = results["label"] != "as published"
    if len(published):
        beyond |= ~results["id"].isin(published["id"])
    return results[beyond].dropna(subset="value")


def beyond_for_readers(table: pd.DataFrame) -> pd.DataFrame:
    """Count the results beyond the paper by the report that has them and by their label."""
    counted = pd.crosstab(table["notebook"], table["label"])
    reports = [link(f"{name}.html", in_words(name.partition("_")[2])) for name in counted.index]
    counted.columns = [in_words(label) for label in counted.columns]
    counted.insert(0, "Report", reports)
    return counted.reset_index(drop=True)


def in_short(table: pd.DataFrame, study: Study) -> list[str]:
    """List how many printed numbers come out, and each that does not."""
    printed, blank = table[table["printed"] != ""], (table["status"] == NOT_PRINTED).sum()
    counts = printed["status"].value_counts()
    said = [f"- Printed numbers and claims, or that follow from them: {len(printed)}"]
    said += [f"- {in_words(status)}: {counts[status]}" for status in STATUSES if status in counts]
    for row in printed[~printed["status"].isin([AGREES, NOT_PRINTED])].to_dict("records"):
        known = row["status"] != NOT_COMPUTABLE
        computed = f", computed {row['rounded']}" if known else ""
        said.append(f"- {row['quantity']}: printed {row['printed']}{computed}. {row['detail']}")
    if blank:
        said.append(f"- Cells of tables without a printed value: {blank}")
    if study.notice:
        said.append("- The data are simulated: agreement verifies the code, not the study.")
    return said


def home_practice(published: pd.DataFrame, results: pd.DataFrame, study: Study) -> list[str]:
    """Compare the home practice that participants report with what the programme asks for.

    The programme's minutes a day are the printed minimum and maximum of the section ``programme``
    whose variable is the study's amount of home practice, which is reported in minutes a week.
    Nothing is said where one of them is not known.
    """
    amount = study.settings.evaluation and study.settings.evaluation.home_practice
    asked = published[(published["section"] == PROGRAMME) & (published["variable"] == amount)]
    asked = asked.set_index("statistic")["printed"]
    name = f"feasibility.{amount}.mean"
    reported = results.set_index("id")["value"].get(name)
    if not {"min", "max"} <= set(asked.index) or pd.isna(reported) or reported == SUPPRESSED:
        return []
    share = 100 * float(reported) / 7 / int(asked["min"])
    return [
        f"The programme asks for {asked['min']} to {asked['max']} minutes of home practice a day.",
        f"Participants report a mean of {{{name}:1}} minutes a week, {share:.0f}% of the minimum.",
    ]
