"""Syntax for SPSS and PSPP that computes alpha, change and the tests again from the scored data.

It names only the .sav beside it. GLM with repeated measures exists in SPSS alone and is in a file
of its own; with two times its interaction is the square of the t test of change.
"""

from imp_helpers.export.documents import fill
from imp_helpers.export.scored_data import ScoredData, time_suffixes
from imp_helpers.study.study import Study


def check_syntax(data: ScoredData, study: Study, sav: str) -> str:
    """Return the syntax that SPSS and PSPP both run."""
    first = next(iter(time_suffixes(study).values()))
    scales = {
        scale.id: [f"{name}_{first}" for name in key.item_columns(scale)]
        for key in study.instruments
        for scale in key.scales
        if len(scale.items) > 1
    }
    values = _values(data, study, sav) | {"scales": scales, "practice": "practice" in data.table}
    return fill("check.sps.j2", study=study, **values)


def glm_syntax(data: ScoredData, study: Study, sav: str) -> str:
    """Return the mixed analyses of variance, for SPSS."""
    return fill("glm.sps.j2", **_values(data, study, sav))


def _values(data: ScoredData, study: Study, sav: str) -> dict[str, object]:
    suffixes = time_suffixes(study)
    times = [suffixes[time.id] for time in study.analysed_times]
    scored = [o for o in study.outcomes if {f"{o.id}_{time}" for time in times} <= set(data.table)]
    both = dict(zip(("first", "second"), times, strict=True))
    return both | {"outcomes": scored, "notice": data.notice, "sav": sav}
