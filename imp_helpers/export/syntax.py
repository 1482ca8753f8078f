"""Syntax for SPSS and PSPP that computes alpha, change and the tests again from the scored data.

It names only the .sav beside it. GLM with repeated measures exists in SPSS alone and stands in a
file of its own; with two times its interaction is the square of the t test of change.
"""

from __future__ import annotations

from imp_helpers.export.scored_data import ScoredData, time_suffixes
from imp_helpers.study.study import Study

WIDTH = 78


def check_syntax(data: ScoredData, study: Study, sav: str) -> str:
    """Return the syntax that SPSS and PSPP both run."""
    commands = [*_head(data, study, sav), *_reliability(study)]
    commands += _change(data, study)
    commands += _comparisons(data, study) if len(study.groups) > 1 else _pairs(data, study)
    commands += _practice(data, study)
    return "\n\n".join(commands) + "\n"


def glm_syntax(data: ScoredData, study: Study, sav: str) -> str:
    """Return the mixed analyses of variance, for SPSS."""
    first, second = _suffixes(study)
    commands = _head(data, study, sav)
    for outcome in _measured(data, study):
        commands.append(
            f"GLM {outcome}_{first} {outcome}_{second} BY group\n"
            "  /WSFACTOR=time 2 Polynomial\n  /METHOD=SSTYPE(3)\n  /PRINT=ETASQ DESCRIPTIVE\n"
            "  /WSDESIGN=time\n  /DESIGN=group."
        )
    return "\n\n".join(commands) + "\n"


def _suffixes(study: Study) -> tuple[str, str]:
    by_time = dict(zip((t.id for t in study.times), time_suffixes(study), strict=True))
    return tuple(by_time[time.id] for time in study.analysed_times)


def _measured(data: ScoredData, study: Study) -> list[str]:
    """Return the outcomes that have scores at both times."""
    names = set(data.table)
    both = _suffixes(study)
    return [o.id for o in study.outcomes if all(f"{o.id}_{time}" in names for time in both)]


def _head(data: ScoredData, study: Study, sav: str) -> list[str]:
    notice = [f"* {line}" for line in _lines(f"{data.notice}".replace("'", "").split())]
    # A comment ends with the point at the end of its line.
    comments = [line if line.endswith(".") else f"{line} ." for line in notice]
    comments.append(f"* It reads {sav}, which must be in the current folder.")
    return ["\n".join(comments), "SET FORMAT=F20.14.", f"GET FILE='{sav}'."]


def _reliability(study: Study) -> list[str]:
    time = time_suffixes(study)[0]
    commands = ["* Cronbach's alpha of every scale at the first time; items are turned already."]
    for key in study.instruments:
        for scale in key.scales:
            items = [f"{name}_{time}" for name in key.item_columns(scale)]
            if len(items) > 1:
                names = "\n  ".join(_lines(items))
                commands.append(
                    f"RELIABILITY\n  /VARIABLES=\n  {names}\n  /SCALE('{scale.id}')=ALL."
                )
    return commands


def _lines(words: list[str]) -> list[str]:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _change(data: ScoredData, study: Study) -> list[str]:
    first, second = _suffixes(study)
    names = _measured(data, study)
    computed = [f"COMPUTE {name}_change = {name}_{second} - {name}_{first}." for name in names]
    formats = [f"FORMATS {name}_change (F20.14)." for name in names]
    return ["\n".join(["* Change.", *computed, *formats, "EXECUTE."])] if names else []


def _comparisons(data: ScoredData, study: Study) -> list[str]:
    commands = [
        "* Student's t test of change: its square is the F of time by group.\n"
        "* Below it the same by ranks."
    ]
    for name in _measured(data, study):
        commands += [
            f"T-TEST /GROUPS=group(1,2) /VARIABLES={name}_change.",
            f"NPAR TESTS /M-W={name}_change BY group(1,2).",
        ]
    return commands


def _pairs(data: ScoredData, study: Study) -> list[str]:
    first, second = _suffixes(study)
    return ["* Without a control group: the paired t test of change."] + [
        f"T-TEST PAIRS={name}_{second} WITH {name}_{first} (PAIRED)."
        for name in _measured(data, study)
    ]


def _practice(data: ScoredData, study: Study) -> list[str]:
    if "practice" not in data.table:
        return []
    main = {outcome.id for outcome in study.main_outcomes}
    commands = [
        "* Home practice and change. The standardised coefficient is r with all its digits."
    ]
    for name in _measured(data, study):
        if name in main:
            commands += [
                f"CORRELATIONS /VARIABLES=practice WITH {name}_change.",
                f"REGRESSION /VARIABLES=practice /DEPENDENT={name}_change /STATISTICS=COEFF.",
            ]
    return commands
