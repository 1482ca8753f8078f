"""Where files lie: the shipped scoring keys, the files of a study, the folders of a build."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imp_common.errors import AnalysisError, InputError, Problem

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED_KEYS = PROJECT / "data" / "instruments"
# The outputs of a build.
OUTPUTS = ("processed", "reports")
# The secret that pseudonyms depend on: an input of every run, and one that nobody is told of.
KEY_FILE = "pseudonym_key.txt"
# Where each notebook records what was held back, until the build has one file of all.
RECORDS = "disclosure"
# This file says that a folder is ours to replace; one without it is somebody else's.
MARK = "MADE.txt"
MARK_TEXT = "This folder is made anew by each build. Keep nothing of your own in it.\n"


def path_inside(folder: Path, name: str) -> Path:
    """Return the path of a file of a study; InputError if it leaves the folder, even by a link."""
    try:
        path = (folder / name).resolve()
        found = "a path that leaves the study's folder"
        if path.is_relative_to(folder.resolve()):
            return path
    except (RuntimeError, OSError, ValueError):
        # Python 3.13 resolves a link to itself; the file is then not there.
        found = "a path that leads nowhere, such as a link to itself"
    raise InputError([Problem(name, found, "a file in it", "Move it there.")])


def refuse_foreign_folders(out: Path, names: Iterable[str] = OUTPUTS) -> None:
    """Raise AnalysisError if a folder that a build would replace was not made by a build."""
    for name in names:
        folder = out / name
        if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
            raise AnalysisError(
                f"The folder {folder} was not made by this pipeline, which would replace it. "
                "Move it away, or choose another folder with OUT=..."
            )


@contextmanager
def made_anew(out: Path, name: str) -> Iterator[Path]:
    """Yield a new folder; once it is filled, it takes the place of the earlier one of that name.

    AnalysisError if somebody else has made the one that is there.
    """
    refuse_foreign_folders(out, (name,))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=f".{name}-") as aside:
        folder = Path(aside) / name
        folder.mkdir()
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
        yield folder
        if (out / name).exists():
            (out / name).rename(folder.with_name("earlier"))
        folder.rename(out / name)


def available_instruments(study_folder: Path) -> list[str]:
    """Return the ids of all instruments that a study can name."""
    folders = (study_folder / "instruments", SHIPPED_KEYS)
    return sorted({file.stem for folder in folders for file in folder.glob("*.toml")})
