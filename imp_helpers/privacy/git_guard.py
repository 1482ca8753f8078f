"""Refuse to commit data of participants: ``make guard``.

Git runs it before each commit once ``make guard`` has installed it. It looks at what is about to be
committed, not at the disk: a file that was added with force is found as well. Data are the raw
files of a study whose kind is "participants", what a run makes of them, and the secret of
pseudonyms.
It needs nothing but Python's standard library and git.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

KEY_FILE = "pseudonym_key.txt"
SETTINGS = "study.toml"
SECTIONS = ("participants", "questionnaires", "evaluation", "sessions")
PRIVATE_FOLDERS = ("raw",)
MADE_FOLDERS = ("processed", "exports")
# What says that a folder of this name was made by a run, and holds rows of people.
MADE_OF_PEOPLE = ("participants.csv", "answers.csv", "scores.csv", "points.csv", "evaluation.csv")
HOOK = """#!/bin/sh
# Refuses to commit data of participants; see imp_helpers/privacy/git_guard.py.
exec "{python}" "{guard}"
"""


def refused(staged: Iterable[str], settings: dict[str, str]) -> dict[str, str]:
    """Return why files must not be committed, by file.

    ``staged`` are the files about to be committed, ``settings`` the text of every study.toml of the
    repository by its path.
    """
    people, synthetic = {}, []
    for name, text in settings.items():
        folder, study = PurePosixPath(name).parent, _read(text)
        if study.get("study", {}).get("kind") == "synthetic":
            synthetic.append(folder)
        else:
            sections = [study.get(section) for section in (*SECTIONS, "raw")]
            sections = [section for section in sections if isinstance(section, dict)]
            named = [section.get(key) for section in sections for key in ("file", "corrections")]
            files = [f for one in named for f in (one if isinstance(one, list) else [one])]
            people[folder] = {str(PurePosixPath(f)) for f in files if isinstance(f, str)}
    reasons = {name: _reason(PurePosixPath(name), people, synthetic) for name in staged}
    return {name: reason for name, reason in reasons.items() if reason}


def _read(text: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # What cannot be read may be about people.
        return {}


def _reason(
    file: PurePosixPath, people: dict[PurePosixPath, set[str]], synthetic: list[PurePosixPath]
) -> str:
    """Say why a file must not be committed; nothing if it may."""
    if file.name == KEY_FILE:
        return "the secret of pseudonyms"
    for folder, named in people.items():
        if not file.is_relative_to(folder):
            continue
        inside = file.relative_to(folder)
        if inside.parts[0] in PRIVATE_FOLDERS or str(inside) in named:
            return "raw data of participants"
    made = [part for part in file.parts[:-1] if part in MADE_FOLDERS]
    is_of_people = file.name in MADE_OF_PEOPLE or "exports" in made
    if made and is_of_people and not any(file.is_relative_to(folder) for folder in synthetic):
        return "rows of single participants that a run has made"
    return ""


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def staged_files() -> list[str]:
    """Return the files that the next commit adds or changes, relative to the repository."""
    names = _git("diff", "--cached", "--name-only", "--diff-filter=d", "-z")
    return [name for name in names.split("\0") if name]


def all_settings() -> dict[str, str]:
    """Return every study.toml of the repository: as it is about to be committed, or on the disk."""
    root = Path(_git("rev-parse", "--show-toplevel").rstrip("\n"))
    tracked = [n for n in _git("-C", str(root), "ls-files", "-z").split("\0") if n]
    texts = {n: _git("show", f":{n}") for n in tracked if PurePosixPath(n).name == SETTINGS}
    # The settings themselves may be left out of git: a study beside staged files counts as well.
    for name in staged_files():
        for folder in PurePosixPath(name).parents:
            beside = str(folder / SETTINGS)
            if beside not in texts and (root / beside).is_file():
                texts[beside] = (root / beside).read_text(encoding="utf-8-sig", errors="replace")
    return texts


def install_hook() -> Path:
    """Let git run the guard before each commit, and return the hook's file."""
    hook = Path(_git("rev-parse", "--git-path", "hooks/pre-commit").rstrip("\n"))
    guard = Path(__file__).resolve()
    text = HOOK.format(python=Path(sys.executable).as_posix(), guard=guard.as_posix())
    if hook.exists() and "git_guard" not in hook.read_text(encoding="utf-8"):
        sys.exit(f"There is a hook {hook} already. Add this line to it:\n{text.splitlines()[-1]}")
    hook.parent.mkdir(parents=True, exist_ok=True)
    hook.write_text(text, encoding="utf-8")
    hook.chmod(0o755)
    return hook


def run_guard(install: bool = False) -> int:
    """Check what is about to be committed; return 1 if it must not be."""
    if install:
        print(f"Git asks the guard before each commit now: {install_hook()}")
        return 0
    found = refused(staged_files(), all_settings())
    if found:
        lines = ["Not committed, because data of participants do not belong into git:"]
        lines += [f"  {name}: {reason}" for name, reason in found.items()]
        lines += ["Take them out with: git restore --staged (the files)"]
        print("\n".join(lines), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run_guard())
