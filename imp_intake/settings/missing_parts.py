"""What a study lacks and what it has that most have not: cells of notebooks depend on it."""

from imp_common.design import SIMULATED_RANGES
from imp_intake.settings.study import Study

OPTIONAL_COLUMNS = ("training_group", "sex", "age", "profession", "sessions_attended")
OPTIONAL_LISTS = {"areas": "areas of feasibility", "progression": "progression criteria"}
OPTIONAL_LISTS |= {"tidier": "description of the intervention by TIDieR"}


def missing_parts(study: Study) -> dict[str, str]:
    """Return what a study lacks: for each part the sentence that says so."""
    settings = study.settings
    missing = {}
    if settings.evaluation is None:
        missing["evaluation"] = "The study has no evaluation form."
    if settings.sessions is None:
        missing["sessions"] = "The study has no list of sessions."
    if len(study.groups) < 2:
        missing["control"] = "The study has one group, and nothing to compare it with."
    if len(study.times) < 2:
        missing["change"] = "Participants were measured once, and there is no change to analyse."
    if not _published(study):
        missing["published"] = "The study has no printed numbers."
    for column in OPTIONAL_COLUMNS:
        if not getattr(settings.participants, column):
            name = column.replace("_", " ")
            missing[column] = f"The list of participants has no column for the {name}."
    for name, words in OPTIONAL_LISTS.items():
        if not getattr(settings, name):
            missing[name] = f"study.toml states no {words}."
    return missing | _missing_questions(study)


def _missing_questions(study: Study) -> dict[str, str]:
    """Return the parts of the evaluation form that a study lacks."""
    if study.settings.evaluation is None:
        sentence = "The study has no evaluation form."
        return dict.fromkeys(["home-practice", "harms", "table4", "table6"], sentence)
    missing = {}
    if study.settings.evaluation.home_practice not in study.questions:
        missing["home-practice"] = "The evaluation form does not ask for the time of home practice."
    if study.harm_question("choice") is None:
        missing["harms"] = "The evaluation form does not ask about adverse effects."
    for name in ("table4", "table6"):
        if name not in study.questions:
            missing[name] = f'The evaluation form has no question with the id "{name}".'
    return missing


def _published(study: Study) -> str:
    """Return the table of printed numbers as text; empty without one."""
    file = study.folder / "published" / "statistics.csv"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def special_parts(study: Study) -> set[str]:
    """Return what a study has that most have not."""
    several = {name for name, q in study.questions.items() if q.kind == "several"}
    known, how = {"table4", "table6"}, study.settings.study.allocation
    special = {
        "one-group": len(study.groups) < 2,
        "subscales": any(outcome.family != "main" for outcome in study.outcomes),
        "randomised": study.is_randomised,
        "not-randomised": len(study.groups) > 1 and how == "not randomised",
        "allocation-not-stated": len(study.groups) > 1 and how is None,
        "disclosure-control": study.settings.disclosure_control,
        "assumptions": any(not entry["confirmed"] for entry in study.assumptions),
        "several-programmes": len(study.intervention_groups) > 1,
        "more-cells": len(study.groups) > 2 or len(study.times) > 2,
        "choices": any(q.kind == "choice" and q.area != "harms" for q in study.questions.values()),
        "other-topics": bool(several - known),
        "alternative-keys": any(key.alternatives for key in study.instruments),
        "printed-power": "\neffectiveness.power," in _published(study),
        "simulated-ranges": bool(study.notice) and (study.folder / SIMULATED_RANGES).is_file(),
    }
    return {name for name, there in special.items() if there}
