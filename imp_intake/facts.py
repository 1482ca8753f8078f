"""What an analysis needs to know of a study, written once its settings have been checked.

``processed/study.json`` holds groups, times, instruments with their keyed items, outcomes and the
settings as they were understood, with the digest of the files that they come from.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from imp_intake.settings.instruments import Instrument, find_key_file, read_instrument
from imp_intake.settings.study import Study

FILE = "processed/study.json"
KEPT = (
    "id", "name", "family", "number_of_items", "lowest_answer", "highest_answer",
    "points_by_answer", "scales", "alternatives", "decimals",
)  # fmt: skip


def write_facts(study: Study, out: Path | str) -> Path:
    """Write the facts of a study below a folder of outputs; return the file."""
    file = Path(out) / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts_of(study), indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
    return file


def facts_of(study: Study) -> dict:
    """Return the facts of a study as plain values."""
    settings = study.settings.model_dump(mode="json")
    settings["disclosure_control"] = study.settings.disclosure_control
    for name in ("participants", "questionnaires", "evaluation", "sessions"):
        if section := getattr(study.settings, name):
            settings[name]["sources"] = [list(source) for source in section.sources]
    return {
        "digest": digest(study.folder),
        **{name: getattr(study, name) for name in ("title", "short_title", "kind", "question")},
        "groups": [_without_code(group) for group in study.groups],
        "times": [_without_code(time) for time in study.times],
        "analysed_times": [time.id for time in study.analysed_times],
        "instruments": [_key(study, key) for key in study.instruments],
        "outcomes": [
            {"scale": o.scale.id, "better": o.better, "family": o.family} for o in study.outcomes
        ],
        "questions": {
            name: question.model_dump(mode="json") for name, question in study.questions.items()
        },
        "assumptions": study.assumptions,
        "settings": settings,
    }


def digest(folder: Path) -> str:
    """Return the digest of a study's settings."""
    return hashlib.sha256((folder / "study.toml").read_bytes()).hexdigest()


def _without_code(part: object) -> dict:
    return {name: value for name, value in asdict(part).items() if name != "code"}


def _key(study: Study, key: Instrument) -> dict:
    """Return an instrument with the other keys that it may have, by the setting that differs."""
    file, own = find_key_file(key.id, study.folder), study.settings.instrument_settings
    settings = own[key.id].model_dump(exclude_none=True) if key.id in own else {}
    others = {
        setting: [
            _plain(read_instrument(file, settings | {setting: value}, key.family))
            for value in values
        ]
        for setting, values in key.alternatives.items()
    }
    return _plain(key) | {"alternatives": others}


def _plain(key: Instrument) -> dict:
    whole = asdict(key) | {"family": key.family, "alternatives": {}}
    return {name: whole[name] for name in KEPT}
