"""Lay down the folder of a new study: ``python -m imp_helpers.new_study path``."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from imp_helpers.corrections import COLUMNS
from imp_helpers.errors import AnalysisError
from imp_helpers.safe_text import short
from imp_helpers.surroundings import KEY_FILE

TEMPLATES = Path(__file__).parent / "templates" / "new_study"
# Everything that holds answers or was made from them; only settings and keys are left to git.
IGNORED = ("raw/", "processed/", "reports/", "exports/", "check/", "corrections.csv")
IGNORED += ("failure.html", ".build/", KEY_FILE)


def lay_down(folder: Path) -> list[str]:
    """Make the folder of a new study.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet, or is empty.

    Returns
    -------
    list of str
        The files that were made.

    Raises
    ------
    AnalysisError
        If there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AnalysisError(f"{folder} is not empty. Name a new folder with STUDY=...")
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "instruments").mkdir(exist_ok=True)
    shutil.copyfile(TEMPLATES / "study.toml", folder / "study.toml")
    shutil.copyfile(TEMPLATES / "CHECKLIST.md", folder / "CHECKLIST.md")
    shutil.copyfile(TEMPLATES / "instrument.toml", folder / "instruments" / "empty.toml.txt")
    write(folder / "corrections.csv", ";".join(COLUMNS) + "\n")
    write(folder / ".gitignore", "".join(f"/{name}\n" for name in IGNORED))
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def write(file: Path, text: str) -> None:
    """Write a text file with the line ends that git expects."""
    file.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m imp_helpers.new_study", description=__doc__)
    parser.add_argument("folder", type=Path, help="the study's folder, new or empty")
    folder = parser.parse_args(arguments).folder
    try:
        made = lay_down(folder)
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror}: {short(str(error.filename))}", file=sys.stderr)
        return 1
    print(f"Made in {folder}: {', '.join(made)}.\nNow follow CHECKLIST.md, one line after another.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
