"""What a trial estimates of each outcome, and where: one table after ICH E9(R1)."""

from types import SimpleNamespace

import pandas as pd

from imp_common.design import Outcome
from imp_helpers.study import Study
from imp_report.html import link
from imp_trials.primary_analysis import uses_mixed_model

NOT_STATED = "not stated"
# Where each analysis stands, and what it is called.
PLACES = {
    "primary": ("05_effectiveness.html#table-5-2", "Table 5.2"),
    "later": ("05_effectiveness.html#table-5-5", "Table 5.5"),
    "imputation": ("09_robustness.html#table-9-4", "Table 9.4, multiple imputation"),
    "delta": ("09_robustness.html#table-9-5", "Table 9.5, delta adjustment"),
    "jump to reference": ("09_robustness.html#table-9-5", "Table 9.5, jump to reference"),
    "responders": ("10_clinical_importance.html#table-10-1", "Table 10.1"),
}


def estimands(study: Study) -> pd.DataFrame:
    """List what is estimated, a row for each stated estimand, and for each outcome without one.

    What the design shows (groups, times, the analysis) is filled in; what study.toml alone could
    say, such as the population and the strategy for an intercurrent event, is "not stated".

    Columns: label, role, population, treatments, at_time, events (with their strategies), summary,
    estimated_in (a link to the table).
    """
    outcomes = {outcome.id: outcome for outcome in study.outcomes}
    stated = [(outcomes[e.outcome], e) for e in study.settings.estimands]
    known = {outcome.id for outcome, _ in stated}
    nothing = SimpleNamespace(
        role=None, time=None, population="", treatments="", intercurrent_events={}, summary="",
        analysis="primary",
    )  # fmt: skip
    stated += [(outcome, nothing) for outcome in study.outcomes if outcome.id not in known]
    return pd.DataFrame([_row(outcome, estimand, study) for outcome, estimand in stated])


def _row(outcome: Outcome, estimand: SimpleNamespace, study: Study) -> dict:
    *arms, reference = study.groups
    compared = f"{', '.join(arm.label for arm in arms)} against {reference.label}"
    primary_time = study.analysed_times[1].id
    time = estimand.time or primary_time
    events = (f"{event}: {way}" for event, way in estimand.intercurrent_events.items())
    analysis = estimand.analysis
    is_later = analysis == "primary" and time != primary_time
    return {
        "label": outcome.label,
        "role": (estimand.role or _family(outcome, study)).capitalize(),
        "population": estimand.population or NOT_STATED,
        "treatments": estimand.treatments or compared,
        "at_time": study.time_labels[time],
        "events": "; ".join(events) or NOT_STATED,
        "summary": estimand.summary or _summary(study),
        "estimated_in": link(*PLACES["later" if is_later else analysis]),
    }


def _family(outcome: Outcome, study: Study) -> str:
    """Return the family of tests that an outcome belongs to, as no role is stated."""
    if outcome.family != "main":
        return "not primary"
    count = len(study.main_outcomes)
    return f"one of {count} primary outcomes" if count > 1 else "primary"


def _summary(study: Study) -> str:
    if uses_mixed_model(study) or study.settings.study.primary_analysis == "ancova":
        return "difference in means, adjusted for baseline"
    return "difference in mean change"


def in_short(study: Study) -> list[str]:
    """Say what the tests are corrected for, and that nothing is known of intercurrent events."""
    said = []
    if len(study.groups) > 2:
        said.append(
            "*p* is corrected by Holm's method for all comparisons of the primary outcomes at one "
            "time, which are one family."
        )
    elif len(study.main_outcomes) > 1:
        said.append(
            f"The {len(study.main_outcomes)} primary outcomes are one family of tests; Table 5.10 "
            "gives *p* as computed and corrected by Holm's method."
        )
    if not any(estimand.intercurrent_events for estimand in study.settings.estimands):
        said.append("How intercurrent events are dealt with is not stated.")
    return said
