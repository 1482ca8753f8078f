"""The door to the intake: raw exports in, clean tables and the facts of the study out."""

import pandas as pd

from imp_intake.check.plausibility import cut_off, implausible, reading_warnings
from imp_intake.check.problems import problem, problem_table
from imp_intake.cleaning import Cleaned, clean, clean_as_far_as_possible
from imp_intake.facts import write_facts
from imp_intake.reading.files import RawTable, read_raw_files
from imp_intake.reading.headers import item_columns
from imp_intake.settings.study import Study, read_study

__all__ = [
    "Cleaned", "RawTable", "clean", "clean_as_far_as_possible", "cut_off", "implausible", "problem",
    "problem_table", "read_raw_files", "read_study", "reading_warnings", "write_facts",
]  # fmt: skip


def missing_forms(study: Study, cleaned: Cleaned) -> pd.DataFrame:
    """Count, for each group and time, the forms that came in and those that are missing.

    Columns: group, time, participants, forms, missing_forms, missing_answers (single items).
    """
    groups = cleaned.participants.set_index("participant")["group"]
    items = [name for name, _, _ in item_columns(study)]
    forms = cleaned.answers.assign(
        group=cleaned.answers["participant"].map(groups),
        missing=cleaned.answers[items].isna().sum(axis=1),
    )
    counts = forms.groupby(["group", "time"])["missing"].agg(forms="size", missing_answers="sum")
    places = pd.MultiIndex.from_product([study.group_labels, study.time_labels])
    table = counts.reindex(places.set_names(["group", "time"]), fill_value=0).reset_index()
    table.insert(2, "participants", table["group"].map(groups.value_counts()).fillna(0).astype(int))
    table.insert(4, "missing_forms", table["participants"] - table["forms"])
    return table


# ---------------------------------------------------------------- what was changed


def changed_cells(changes: pd.DataFrame) -> list[str]:
    """Say how many cells were changed, and where the rows are counted."""
    cells = {0: "No cell was changed.", 1: "One cell was changed (Table 1.1)."}
    said = cells.get(len(changes), f"{len(changes):,} cells were changed (Table 1.1).")
    return [said, "Table 1.3 shows how many rows of each file were kept."]
