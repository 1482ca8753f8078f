"""Do the printed numbers hold together? Every check that a table of published numbers allows.

No data are needed, only the strings: `check_published` finds from the columns of
``published/statistics.csv`` what each rule can be applied to, in any study. The rules themselves
stand in `granularity`, `sd_range`, `reconstruction` and `reported_tests`, and take strings and
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from imp_helpers.printed.checks import Check
from imp_helpers.printed.inference_checks import (
    check_formulas,
    check_group_differences,
    check_labels,
    check_pooling,
    check_power,
    check_significance,
    note_alpha_intervals,
    note_holm,
)
from imp_helpers.printed.lookup import Published
from imp_helpers.printed.printed_numbers import check_rounding
from imp_helpers.printed.sample_checks import (
    check_means,
    check_percentages,
    check_proportions,
    check_sds,
    note_multiples_of_five,
)

#: The checks in the order of their results; each finds what it can be applied to.
CHECKS: tuple[Callable[[Published], Iterator[Check]], ...] = (
    check_means,
    check_sds,
    check_proportions,
    check_percentages,
    check_pooling,
    check_group_differences,
    check_formulas,
    check_significance,
    check_labels,
    note_alpha_intervals,
    note_holm,
    check_power,
    note_multiples_of_five,
)


def check_published(frame: pd.DataFrame, rounding: str = "half_up") -> pd.DataFrame:
    """Apply every check to everything it fits.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `imp_helpers.published.read_published`; any study's.
    rounding : {"half_up", "half_even", "either"}
        The rounding rule that the text is taken to follow.

    Returns
    -------
    pandas.DataFrame
        ``check``: the name of the rule; ``ids``: the statistics concerned, joined by "; ";
        ``verdict``: consistent, inconsistent, not testable or note (see `Check`);
        ``explanation``; ``source``. One row an application, in the order of `CHECKS`.

    Raises
    ------
    ValueError
        If the rounding rule is unknown.
    """
    check_rounding(rounding)
    published = Published(frame, rounding)
    checks = [check for find in CHECKS for check in find(published)]
    columns = ("check", "ids", "verdict", "explanation", "source")
    records = [[c.check, "; ".join(c.ids), c.verdict, c.explanation, c.source] for c in checks]
    return pd.DataFrame(records, columns=list(columns))
