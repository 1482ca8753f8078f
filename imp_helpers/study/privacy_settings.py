"""What a study asks for under [privacy] of its study.toml.

Where nothing is asked for, data of participants are treated with care and synthetic ones are shown
as they are.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from imp_helpers.study.errors import Problem

# The smallest count of people that is shown. Handbooks of disclosure control ask for 3 (Hundepool
# et al., 2012, 10.1002/9781118348239) to 10 (Griffiths et al., 2019, Handbook on Statistical
# Disclosure Control for Outputs). Health statistics commonly take 5. With groups of two dozen a
# threshold of 10 would leave hardly a table; whoever publishes from a secure setting sets it.
SMALLEST_COUNT = 5
SETTINGS = ("disclosure_control", "smallest_count", "pseudonyms", "released_texts")


@dataclass(frozen=True)
class Privacy:
    """How a study's participants are protected in what is made of their data.

    Parameters
    ----------
    disclosure_control : bool
        Whether small counts, extremes and free texts are withheld.
    smallest_count : int
        The smallest count of people that is shown, apart from none at all.
    pseudonyms : bool
        Whether pseudonyms take the place of participant numbers.
    released_texts : frozenset of str
        The free texts that somebody has read and released, each as it stands in the file.
    """

    disclosure_control: bool
    smallest_count: int = SMALLEST_COUNT
    pseudonyms: bool = False
    released_texts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: dict) -> Privacy:
        """Read [privacy] of a study.toml that has been checked."""
        asked = settings.get("privacy", {})
        is_about_people = settings.get("study", {}).get("kind") != "synthetic"
        return cls(
            asked.get("disclosure_control", is_about_people),
            asked.get("smallest_count", SMALLEST_COUNT),
            asked.get("pseudonyms", False),
            frozenset(text.strip() for text in asked.get("released_texts", [])),
        )


def quotes_data(study: Path) -> bool:
    """Tell whether pages about the study in a folder may quote its data; not if in doubt."""
    try:
        settings = tomllib.loads((study / "study.toml").read_text(encoding="utf-8-sig"))
        return not Privacy.of(settings).disclosure_control
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return False


def privacy_problems(settings: dict) -> list[Problem]:
    """Say what is wrong with [privacy] of a study.toml."""
    asked = settings.get("privacy", {})
    if not isinstance(asked, dict):
        return [_problem("privacy", asked, "a section", "Write [privacy] on a line of its own.")]
    allowed = ", ".join(SETTINGS)
    problems = [
        _problem(f"privacy.{name}", name, allowed, "Correct the name.")
        for name in asked
        if name not in SETTINGS
    ]
    for name in ("disclosure_control", "pseudonyms"):
        if not isinstance(asked.get(name, True), bool):
            cure = "Write it without quotation marks."
            problems.append(_problem(f"privacy.{name}", asked[name], "true or false", cure))
    count = asked.get("smallest_count", SMALLEST_COUNT)
    if not isinstance(count, int) or isinstance(count, bool) or count < 2:
        cure = "Choose how few people may be counted."
        problems.append(_problem("privacy.smallest_count", count, "a number from 2", cure))
    texts = asked.get("released_texts", [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        cure = "Copy each text that may be shown, in quotation marks, into the list."
        problems.append(_problem("privacy.released_texts", texts, "a list of texts", cure))
    return problems


def _problem(column: str, found: object, allowed: str, cure: str) -> Problem:
    return Problem("study.toml", f'"{found}"', allowed, cure, column=column)
