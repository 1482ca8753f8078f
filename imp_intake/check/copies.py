"""Compare items with the reversed copies of them that the export holds beside them."""

import re
from collections.abc import Iterator

import pandas as pd

from imp_common.errors import Problem
from imp_intake.check.problems import problem
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import FORM_TIME, item_columns
from imp_intake.settings.study import Study

FEWEST_FORMS = 10
# What the name of a reversed copy has before or behind the item's own: "SCS_25_R", "Rbrs2".
MARK = re.compile(r"^(r|rev|rec)_?(?=[a-z])|_?(r|rev|rec|inv|reversed?|recoded?)$", re.IGNORECASE)


def wrong_copies(study: Study, table: RawTable) -> Iterator[Problem]:
    """Yield items that are not mirrored by their reversed copy, among columns that are not read.

    Item and copy add up to lowest + highest answer in every row, or one of them is another column.
    """
    limits = {column: ends for _, column, ends in item_columns(study)}
    items = {name.casefold(): (name, *place) for name, place in
             table.names_in_file(study.times).items() if place[0] in limits}  # fmt: skip
    pairs = [(*items[plain], copy) for copy in table.others
             if (plain := MARK.sub("", copy).casefold()) in items]  # fmt: skip
    for name, column, time, copy in pairs:
        cells = table.cells[column]
        cells = cells[table.cells[FORM_TIME] == time.code] if time else cells
        cells = cells.set_axis(cells.index // table.forms_in_line)
        item, other = (pd.to_numeric(c.astype(str), errors="coerce")
                       for c in (cells, table.others[copy]))  # fmt: skip
        total = sum(limits[column])
        both = (item + other).dropna()
        wrong = int((both != total).sum())
        if len(both) < FEWEST_FORMS or not wrong:
            continue
        same = bool((item == other)[both.index].all())
        about = {"copy": copy, "total": total, "wrong": wrong, "rows": len(both), "item": name}
        about |= {"pairs": len(pairs)}
        yield problem("copy_not_reversed" if same else "not_mirrored", table.file, name, **about)
