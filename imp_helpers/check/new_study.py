"""Create the folder of a new study: ``make new-study``."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from imp_helpers.check.proposal import propose
from imp_helpers.reading.corrections import COLUMNS
from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.folders import KEY_FILE

TEMPLATES = Path(__file__).parent / "template"
# Everything that holds answers or was made from them; only settings and keys are left to git.
IGNORED = ("raw/", "processed/", "reports/", "exports/", "check/", "corrections.csv")
IGNORED += ("failure.html", ".build/", KEY_FILE)


def lay_down(folder: Path, exports: Sequence[Path] = ()) -> list[str]:
    """Create the folder of a new study and return the files that were written.

    ``exports`` are copied into it, and its settings are proposed from them. AnalysisError if there
    is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AnalysisError(f"{folder} is not empty. Name a new folder with STUDY=...")
    missing = [str(path) for path in exports if not path.is_file()]
    if missing:
        raise AnalysisError(f"There is no file {', '.join(missing)}. Correct EXPORT=...")
    proposed = propose(list(exports)) if exports else {}
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "instruments").mkdir(exist_ok=True)
    shutil.copyfile(TEMPLATES / "study.toml", folder / "study.toml")
    shutil.copyfile(TEMPLATES / "CHECKLIST.md", folder / "CHECKLIST.md")
    shutil.copyfile(TEMPLATES / "instrument.toml", folder / "instruments" / "empty.toml.txt")
    write(folder / "corrections.csv", ";".join(COLUMNS) + "\n")
    for name, text in proposed.items():
        write(folder / name, text)
    for path in exports:
        shutil.copyfile(path, folder / "raw" / path.name)
    write(folder / ".gitignore", "".join(f"/{name}\n" for name in IGNORED))
    for path in exports:
        keep_out_of_git(path.resolve())
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def keep_out_of_git(export: Path) -> None:
    """Add an export that lies in a git repository to the ``.gitignore`` beside it.

    The study's own ``.gitignore`` covers what lies in the study's folder alone.
    """
    if not any((folder / ".git").exists() for folder in export.parents):
        return
    ignored = export.parent / ".gitignore"
    text = ignored.read_text(encoding="utf-8") if ignored.is_file() else ""
    # In a pattern of git these signs, and spaces at its end, mean something else.
    line = "/" + re.sub(r"([\\*?\[\] ])", r"\\\1", export.name)
    if line not in text.splitlines():
        write(ignored, f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{line}\n")


def write(file: Path, text: str) -> None:
    """Write a text file with the line ends that git expects."""
    file.write_text(text, encoding="utf-8", newline="\n")


def run_new_study(folder: Path, exports: Sequence[Path]) -> None:
    """Create the folder of a new study, and print its files and the next step."""
    made = lay_down(folder, exports)
    print(f"Created in {folder}: {', '.join(made)}.")
    if exports:
        print("The settings in study.toml are proposed from the export: check each line.", end=" ")
        print(f"To list what is still open, run: make check STUDY={folder}")
    print("Next, follow CHECKLIST.md line by line.")
