"""What a result rests on: print, what follows from print, or the data of this study."""

from collections.abc import Iterable

import pandas as pd

from imp_common.register import statistics
from imp_printed.printed_numbers import agreement

PUBLISHED, DERIVED, SIMULATED, DATA = "published", "derived", "simulated", "data"
FROM_PRINT = (PUBLISHED, DERIVED)
# Facts of the design, which no answers change.
GIVEN = ("items", "verdict")


class Provenance:
    """Tell what the results of a study rest on.

    ``published`` is the table of printed numbers; of a study with real answers (``synthetic`` is
    false) every result rests on its data.
    """

    def __init__(self, published: pd.DataFrame, synthetic: bool) -> None:
        self.of_data = SIMULATED if synthetic else DATA
        rows = published[published["printed"] != ""]
        self._basis = dict(zip(rows["id"], rows["basis"], strict=True)) if synthetic else {}
        self.printed = dict(zip(rows["id"], rows["printed"], strict=True))

    def of(self, name: str, value: object, follows: Iterable[str] = ()) -> str:
        """Return what a result rests on; one that contradicts print is of the data.

        ``follows`` are the ids of results from which together it follows.
        """
        if name in self._basis and agrees(self.printed[name], value):
            return PUBLISHED if self._basis[name] == "printed" else DERIVED
        if name.rpartition(".")[2] in GIVEN:
            return DERIVED
        if follows and all(source in self._basis for source in follows):
            return DERIVED
        return DERIVED if any(source in self._basis for source in sources(name)) else self.of_data


def agrees(printed: str, value: object) -> bool:
    """Return whether a value, rounded as printed, is the printed one."""
    if isinstance(value, str) or pd.isna(value):
        return value is not None and str(value) == printed
    return agreement(printed, float(value)).status == "agrees"


def sources(name: str) -> list[str]:
    """Return the ids of results from which alone a result follows ("F" from "partial_eta_squared").

    The register of statistics says which statistic follows from which.
    """
    words = name.split(".")
    return [
        ".".join([*words[:place], source, *words[place + 1 :]])
        for place, word in enumerate(words)
        if word in statistics()
        for source in statistics()[word].follows
    ]
