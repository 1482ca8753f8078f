"""What the files between the notebooks hold: ``contracts.toml``, checked by writer and reader."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imp_common.errors import AnalysisError, as_written, write_csv
from imp_helpers.study import Study

# The tables of files that a study may lack.
PARTS = ("evaluation", "sessions")
FILE = Path(__file__).with_name("contracts.toml")
TYPES = {"text": "str", "whole": "Int64", "number": "float64"}


@dataclass(frozen=True)
class Contract:
    """One table between notebooks: its file, what one row is, and the notebook that makes it.

    ``columns`` gives type (text, whole or number) and meaning with unit, by column; ``optional``
    are those that a study may lack, ``others`` is the type of those that depend on the study
    (items, questions), None if there are none.
    """

    file: str
    rows: str
    made_by: str
    columns: dict[str, Sequence[str]]
    optional: Sequence[str] = ()
    others: str | None = None


CONTRACTS = {
    name: Contract(**entry)
    for name, entry in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
}


def column_types(contract: Contract, columns: list[str], study: Study) -> dict[str, str]:
    """Return the pandas type of each column of a table."""
    known = {name: kind for name, (kind, _) in contract.columns.items()}
    return {name: TYPES[known.get(name) or _other_type(contract, name, study)] for name in columns}


def _other_type(contract: Contract, column: str, study: Study) -> str:
    if contract.others == "answer":
        sliders = (key for key in study.instruments if key.decimals)
        return "number" if any(column in key.item_names for key in sliders) else "whole"
    if contract.others != "question":
        return contract.others or "text"
    kind = study.questions[column].kind if column in study.questions else "several"
    return "text" if kind in ("choice", "text") else "whole"


def empty_table(name: str, study: Study) -> pd.DataFrame:
    """Return a table of a study without rows, with the columns that it would have."""
    contract = CONTRACTS[name]
    columns = [*contract.columns, *(study.questions if contract.others == "question" else ())]
    types = column_types(contract, columns, study)
    return pd.DataFrame({column: pd.Series(dtype=types[column]) for column in columns})


def problems_of_table(name: str, table: pd.DataFrame) -> list[str]:
    """Say in which columns a table breaks its contract."""
    contract = CONTRACTS[name]
    needed = [column for column in contract.columns if column not in contract.optional]
    problems = [f"column {column} is missing" for column in needed if column not in table]
    if contract.others is None:
        problems += [f"column {c} is not agreed on" for c in table if c not in contract.columns]
    return problems


def write_table(name: str, table: pd.DataFrame, out: Path) -> Path:
    """Write a table; AnalysisError if it breaks its contract."""
    problems = problems_of_table(name, table)
    if problems:
        raise AnalysisError(f"{CONTRACTS[name].file}: {'; '.join(problems)}.")
    file = out / CONTRACTS[name].file
    file.parent.mkdir(parents=True, exist_ok=True)
    write_csv(table, file)
    return file


def read_table(name: str, out: Path, study: Study) -> pd.DataFrame:
    """Read a table that an earlier notebook has written; columns that a study lacks are empty.

    AnalysisError if it breaks its contract or is not there, naming the notebook to run first.
    """
    contract = CONTRACTS[name]
    file = out / contract.file
    if not file.is_file():
        raise AnalysisError(
            f"{contract.file} is not there yet. Run {contract.made_by}.ipynb first, "
            "or make, which runs all notebooks in order."
        )
    header = pd.read_csv(file, nrows=0).columns.tolist()
    types = column_types(contract, header, study)
    # Only an empty cell is missing: "NA" and "null" are words that somebody wrote.
    table = pd.read_csv(file, dtype=types, na_values=[""], keep_default_na=False)
    table = table.assign(**{c: table[c].map(as_written) for c, t in types.items() if t == "str"})
    table = table.astype({column: kind for column, kind in types.items() if kind == "str"})
    problems = problems_of_table(name, table)
    if problems:
        made_again = f"Run {contract.made_by}.ipynb again."
        raise AnalysisError(f"{contract.file}: {'; '.join(problems)}. {made_again}")
    lacking = [column for column in contract.optional if column not in table]
    kinds = {column: TYPES[contract.columns[column][0]] for column in lacking}
    empty = {c: pd.Series(index=table.index, dtype=kind) for c, kind in kinds.items()}
    return table.assign(**empty)
