"""The sections of study.toml about what is analysed: outcomes, estimands, and the next trial."""

from typing import Literal

from imp_intake.settings.schema import ScaleId, Section, setting


class Outcome(Section):
    """[[outcomes]]: a scale whose change is analysed."""

    scale: ScaleId = setting("a scale of a key", cure="Name a scale of a key.")
    better: Literal["higher", "lower"] = setting(
        "higher or lower", cure="Say which direction is an improvement."
    )
    family: Literal["main", "subscale"] = setting("main or subscale", "main")
    important_difference: float | None = setting(
        "a number above 0, in points of the scale", None,
        "Write the smallest change that matters to a participant, with its source as a comment.",
        gt=0, lt=1e15,
    )  # fmt: skip


# How an estimand deals with an intercurrent event (ICH E9(R1), 2019).
STRATEGIES = ("treatment policy", "hypothetical", "composite", "while on treatment",
              "principal stratum")  # fmt: skip


class Estimand(Section):
    """[[estimands]]: what is estimated of an outcome (ICH E9(R1)); nothing is assumed."""

    outcome: ScaleId = setting("a scale of a key", cure="Name an outcome.")
    role: Literal["primary", "secondary", "exploratory"] | None = setting(
        "primary, secondary or exploratory", None
    )
    time: str | None = setting("a time", None)
    population: str = setting("a text", "")
    treatments: str = setting("a text", "")
    intercurrent_events: dict[str, Literal[STRATEGIES]] = setting(
        f"events with a strategy each: {', '.join(STRATEGIES)}", {}
    )
    summary: str = setting("a text", "")
    analysis: Literal["primary", "imputation", "delta", "jump to reference", "responders"] = (
        setting("primary, imputation, delta, jump to reference or responders", "primary")
    )


class Planning(Section):
    """[planning]: what the next trial is planned on; the pilot's effects are no ground for it."""

    smallest_effect: float | None = setting(
        "a number from 0.01 to 10, in baseline SDs", None, ge=0.01, le=10
    )
    primary_outcome: str | None = setting("an outcome of the family main", None)
