"""Results in one shape: statistic id, value, n, label, and where a reader sees it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from imp_common.errors import AnalysisError

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["id", "value", "n", "label", "basis", "notebook", "anchor"]
FOLDER = "processed/results"


def result(name: str, value: float | int | str, n: int | None = None) -> dict:
    """Return one result: a statistic's id, its value (a number, or a claim's word) and its n."""
    return {"id": name, "value": value, "n": n}


def significance_claim(p: float, level: float) -> str:
    """Return the word for a p value: significant or not_significant."""
    return "significant" if p < level else "not_significant"


def results_of(
    table: "DataFrame", name: str, columns: Iterable[str], n: str | int | None = None
) -> list[dict]:
    """Return a result for each of some columns of each row of a table.

    ``name`` is the ids' pattern, with the table's columns and ``{statistic}`` in it:
    "reliability.{scale}.{statistic}"; ``n`` is the column that holds n, or n itself. A missing
    value is kept: the data did not give one.
    """
    return [
        result(
            name.format(statistic=column, **row), row[column], row[n] if isinstance(n, str) else n
        )
        for row in table.to_dict("records")
        for column in columns
    ]


def write_results(results: "DataFrame", out: Path, notebook: str) -> Path:
    """Write the results of one notebook; AnalysisError if an id is there twice."""
    twice = results.loc[results["id"].duplicated(), "id"].unique()
    if len(twice):
        raise AnalysisError(f"{notebook} computes twice: {', '.join(twice)}.")
    file = out / FOLDER / f"{notebook}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    results[COLUMNS].to_csv(file, index=False, lineterminator="\n")
    return file


def read_results(out: Path, before: str = "") -> "DataFrame":
    """Read the results of all notebooks, or of those before one; values as text, unrounded.

    AnalysisError if there are none, or if two notebooks computed the same statistic.
    """
    # Imported here, since what sets pages needs the marks alone.
    from pandas import concat, read_csv

    files = sorted((out / FOLDER).glob("*.csv"))
    files = [file for file in files if not before or file.stem < before]
    if not files:
        raise AnalysisError("There are no results yet. Run make, or the notebooks before this one.")
    tables = [read_csv(file, dtype={"value": "str", "n": "Int64"}) for file in files]
    results = concat(tables, ignore_index=True)
    twice = results[results["id"].duplicated(keep=False)]
    if len(twice):
        named = ", ".join(f"{row.id} ({row.notebook})" for row in twice.itertuples())
        raise AnalysisError(f"Computed by more than one notebook: {named}.")
    return results
