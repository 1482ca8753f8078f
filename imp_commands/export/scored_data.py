"""The scored data, a row a participant: what .sav, Psych-DS and the syntax for SPSS hold.

These are rows of people. They leave out age, sex, profession and comments, and under disclosure
control also the participants' numbers and their order; for participants' data they are for a
colleague's check and not for publication.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyreadstat

from imp_commands.export.documents import LINE_WIDTH, fill
from imp_helpers.contracts import CONTRACTS, read_table
from imp_intake.settings.study import Study
from imp_report.privacy.pseudonyms import pseudonyms, read_key

NOT_FOR_PUBLICATION = "Rows of single people: not for publication."
# A .sav bears the moment of its making, here; the same data give the same bytes without it.
SAV_MOMENT = slice(92, 109)
NO_MOMENT = b"01 Jan 0000:00:00"


class Variable(NamedTuple):
    """A column: its name, what it is, and its level of measurement in SPSS."""

    name: str
    label: str
    measure: str = "scale"


@dataclass(frozen=True)
class ScoredData:
    """The scored data of a study: a row a participant, and what each column is.

    ``groups`` has the label of each code of the column "group"; ``notice`` must be said wherever
    the data are: that they are synthetic, or not for publication.
    """

    table: pd.DataFrame
    variables: list[Variable]
    groups: dict[int, str]
    notice: str


def gather(study: Study, out: Path) -> ScoredData:
    """Combine the points, scores and changes of all participants in one table."""
    scores = read_table("scores", out, study)
    people = scores.drop_duplicates("participant").set_index("participant")["group"]
    codes = {group.id: code for code, group in enumerate(study.groups, 1)}
    columns = {"group": people.map(codes).astype("Int64")}
    variables = [Variable(name, name.capitalize(), "nominal") for name in ("participant", "group")]
    measured = [*_points(study, out), *_scores(scores, study), *_practice(study, out)]
    for variable, values in measured:
        columns[variable.name] = values.reindex(people.index)
        variables.append(variable)
    table = pd.DataFrame(columns, index=people.index).rename_axis("participant").reset_index()
    notice = study.notice or NOT_FOR_PUBLICATION
    groups = {codes[group.id]: group.label for group in study.groups}
    return ScoredData(_without_numbers(table, study), variables, groups, notice)


def time_suffixes(study: Study) -> dict[str, str]:
    """Return what is behind a variable's name for each time."""
    return {time.id: re.sub(r"\W", "_", time.id) for time in study.times}


def _points(study: Study, out: Path) -> Iterator[tuple[Variable, pd.Series]]:
    points = read_table("points", out, study)
    for time, suffix in time_suffixes(study).items():
        rows = points[points["time"] == time].set_index("participant")
        for key in study.instruments:
            for number, name in enumerate(key.item_names, 1):
                turned = ", reversed" if name in key.reverse_keyed else ""
                label = f"{key.name}, item {number}, {study.time_labels[time].lower()}{turned}"
                yield Variable(f"{name}_{suffix}", label, "ordinal"), rows[name]


def _scores(scores: pd.DataFrame, study: Study) -> Iterator[tuple[Variable, pd.Series]]:
    for name, scale in study.scales.items():
        of_scale = scores[scores["scale"] == name]
        wide = of_scale.pivot(index="participant", columns="time", values="score")
        for time, suffix in time_suffixes(study).items():
            if time in wide:
                label = f"{scale.label}, {study.time_labels[time].lower()}"
                yield Variable(f"{name}_{suffix}", label), wide[time]


def _practice(study: Study, out: Path) -> Iterator[tuple[Variable, pd.Series]]:
    amount = study.settings.evaluation and study.settings.evaluation.home_practice
    if not amount or not (out / CONTRACTS["evaluation"].file).is_file():
        return
    forms, question = read_table("evaluation", out, study), study.questions.get(amount)
    if amount in forms:
        label = question.label if question else "Home practice"
        yield Variable("practice", label), forms.set_index("participant")[amount]


def _without_numbers(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Replace participants' numbers as the study's settings ask."""
    privacy = study.settings.privacy
    if privacy.pseudonyms:
        table = table.assign(participant=pseudonyms(table["participant"], read_key(study.folder)))
        return table.sort_values("participant", ignore_index=True)
    if study.settings.disclosure_control:
        # In the order of the answers, which says nothing about the order of the numbers.
        answers = [column for column in table if column not in ("participant", "group")]
        table = table.sort_values(["group", *answers], ignore_index=True)
        return table.assign(participant=[f"{number}" for number in range(1, len(table) + 1)])
    return table


def write_sav(data: ScoredData, file: Path, title: str) -> None:
    """Write the data for SPSS, PSPP, JASP and jamovi, with the labels of variables and values."""
    table = data.table.astype({name: float for name in data.table if name != "participant"})
    label = f"SYNTHETIC DATA. {title}" if data.notice != NOT_FOR_PUBLICATION else title
    pyreadstat.write_sav(
        table,
        str(file),
        file_label=_of_bytes(label, 64),
        note=textwrap.wrap(data.notice, LINE_WIDTH),
        column_labels=[_of_bytes(variable.label, 250) for variable in data.variables],
        variable_value_labels={"group": {float(c): label for c, label in data.groups.items()}},
        variable_measure={variable.name: variable.measure for variable in data.variables},
    )
    content = bytearray(file.read_bytes())
    content[SAV_MOMENT] = NO_MOMENT
    file.write_bytes(bytes(content))


def _of_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def write_psych_ds(data: ScoredData, folder: Path, study: Study) -> None:
    """Write the data as a Psych-DS data set (https://psych-ds.github.io)."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    source = "synthetic" if study.notice else "participants"
    table = data.table.assign(group=data.table["group"].map(data.groups))
    file = folder / "data" / f"source-{source}_content-scores_data.csv"
    table.to_csv(file, index=False, lineterminator="\n")
    measured = [
        {"@type": "PropertyValue", "name": name, "description": label}
        for name, label, _ in data.variables
    ]
    description = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"Scored data: {study.title}",
        "description": f"{data.notice} A row a participant: keyed points of every item, scores of "
        "every scale at each time.",
        "variableMeasured": measured,
    }
    text = json.dumps(description, ensure_ascii=False, indent=2) + "\n"
    (folder / "dataset_description.json").write_text(text, encoding="utf-8")
    readme = fill("psych_ds.md.j2", study=study, notice=data.notice, file=file.name)
    (folder / "README.md").write_text(readme, encoding="utf-8")
