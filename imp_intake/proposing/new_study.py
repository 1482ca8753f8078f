"""Create the folder of a new study: ``make new-study``."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from imp_common.errors import AnalysisError
from imp_common.folders import KEY_FILE
from imp_intake.proposing.proposal import propose
from imp_intake.reading.corrections import COLUMNS

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
    exports = [file for words in exports for file in files_of(str(words))]
    names = [path.name.casefold() for path in exports]
    if twice := [path.name for path in exports if names.count(path.name.casefold()) > 1]:
        raise AnalysisError(f"{len(twice)} exports are called {twice[0]}. Rename one of them.")
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


def files_of(words: str) -> list[Path]:
    """Return the files that a text names, with spaces between them and perhaps in their names.

    AnalysisError if a word is part of no file's name; a longer name goes before a shorter one.
    """
    parts, files = re.split(r"(\s+)", words.strip()), []
    while parts:
        lengths = range(len(parts), 0, -2)
        count = next((n for n in lengths if Path("".join(parts[:n]).strip("'\"")).is_file()), None)
        if count is None:
            raise AnalysisError(f"There is no file {words.strip()}. Correct EXPORT=...")
        files.append(Path("".join(parts[:count]).strip("'\"")))
        parts = parts[count + 1 :]
    return files


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
