"""What a study asks for under [privacy], and pseudonyms in the place of participant numbers.

Where nothing is asked for, data of participants are treated with care and synthetic ones are shown
as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imp_helpers.errors import AnalysisError, Problem

# The smallest count of people that is shown. Handbooks of disclosure control ask for 3 (Hundepool
# et al., 2012, 10.1002/9781118348239) to 10 (Griffiths et al., 2019, Handbook on Statistical
# Disclosure Control for Outputs). Health statistics commonly take 5. With groups of two dozen a
# threshold of 10 would leave hardly a table; whoever publishes from a secure setting sets it.
SMALLEST_COUNT = 5
KEY_FILE = "pseudonym_key.txt"
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


# ---------------------------------------------------------------- pseudonyms


def make_key(folder: Path) -> Path:
    """Make the secret that a study's pseudonyms depend on, and return its file.

    Raises
    ------
    AnalysisError
        If there is one: with another, everybody would get another pseudonym.
    """
    file = folder / KEY_FILE
    try:
        with file.open("x", encoding="utf-8") as new:
            file.chmod(0o600)
            new.write(secrets.token_hex(32) + "\n")
    except FileExistsError:
        raise AnalysisError(f"The study has a {KEY_FILE} already; it stays as it is.") from None
    return file


def read_key(folder: Path) -> bytes:
    """Read the secret of a study.

    Raises
    ------
    AnalysisError
        If there is none.
    """
    file = folder / KEY_FILE
    if not file.is_file():
        raise AnalysisError(
            f"study.toml asks for pseudonyms, but the study's folder has no {KEY_FILE}. Make it "
            "with: python -m imp_helpers.privacy --study (the study's folder)"
        )
    return file.read_text(encoding="utf-8").strip().encode()


def pseudonyms(numbers: pd.Series, key: bytes) -> pd.Series:
    """Return a pseudonym for each participant number; a missing one stays missing.

    Nobody without the key can tell or find out whom a pseudonym stands for, although there are few
    possible numbers: it is a keyed hash (HMAC, RFC 2104), not a plain one.
    """
    return numbers.map(lambda number: _pseudonym(str(number), key), na_action="ignore")


def _pseudonym(number: str, key: bytes) -> str:
    return "S" + hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:10] if number else ""


def main(arguments: list[str] | None = None) -> int:
    """Make a study's secret; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m imp_helpers.privacy", description="Make the secret of a study's pseudonyms."
    )
    parser.add_argument("--study", type=Path, required=True, help="the study's folder")
    try:
        file = make_key(parser.parse_args(arguments).study)
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{file.name} is made. Keep a copy in a safe place, and give it to nobody.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
