"""Pseudonyms in the place of participant numbers, and the secret that they depend on."""

import hashlib
import hmac
import secrets
from pathlib import Path

import pandas as pd

from imp_common.errors import AnalysisError
from imp_common.folders import KEY_FILE

# The rule of a change that shows how a participant number was typed.
ONE_FORM = "participant number"


def make_key(folder: Path) -> Path:
    """Make the secret that a study's pseudonyms depend on, and return its file.

    If there is one, AnalysisError: with another, everybody would get another pseudonym.
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
    """Read the secret of a study; AnalysisError if there is none."""
    file = folder / KEY_FILE
    if not file.is_file():
        raise AnalysisError(
            f"study.toml asks for pseudonyms, but the study's folder has no {KEY_FILE}. Make it "
            "with: python -m imp_commands pseudonyms --study (the study's folder)"
        )
    return file.read_text(encoding="utf-8").strip().encode()


def pseudonyms(numbers: pd.Series, key: bytes) -> pd.Series:
    """Return a pseudonym for each participant number; a missing one stays missing.

    Nobody without the key can tell or find out whom a pseudonym stands for, although there are few
    possible numbers: it is a keyed hash (HMAC, RFC 2104), not a plain one.
    """

    def pseudonym(number: object) -> str:
        digest = hmac.new(key, str(number).encode(), hashlib.sha256).hexdigest()
        return f"S{digest[:10]}" if str(number) else ""

    return numbers.map(pseudonym, na_action="ignore")


def with_pseudonyms(table: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """Replace participant numbers, also where the log of changes says how one was typed."""
    table = table.assign(participant=pseudonyms(table["participant"], key))
    if {"rule", "before", "after"} <= set(table):
        table.loc[table["rule"] == ONE_FORM, ["before", "after"]] = "a number"
    return table


def run_make_key(study: Path) -> None:
    """Make a study's secret."""
    file = make_key(study)
    print(f"{file.name} is made. Keep a copy in a safe place, and give it to nobody.")
