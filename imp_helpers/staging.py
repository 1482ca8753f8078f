"""A build is made aside and put in place when it is whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imp_helpers.errors import AnalysisError
from imp_helpers.notebooks import MADE_FOLDERS

# This file says that a folder is ours to replace; one without it is somebody else's.
MARK = "MADE.txt"
MARK_TEXT = "This folder is made anew by each build. Keep nothing of your own in it.\n"


@contextmanager
def stage(out: Path) -> Iterator[Path]:
    """Give a folder, laid out as the outputs are, that is gone afterwards.

    Parameters
    ----------
    out : Path
        Where the outputs will be put in place.

    Yields
    ------
    Path
        A folder on the same disk with empty ``processed`` and ``reports``.
    """
    refuse_foreign_folders(out)
    builds = out / ".build"
    builds.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="", dir=builds))
    try:
        for name in MADE_FOLDERS:
            (folder / name).mkdir()
            (folder / name / MARK).write_text(MARK_TEXT, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            builds.rmdir()


def refuse_foreign_folders(out: Path, names: Iterable[str] = MADE_FOLDERS) -> None:
    """Raise AnalysisError if a folder that a build would replace was not made by a build."""
    for name in names:
        folder = out / name
        if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
            raise AnalysisError(
                f"The folder {folder} was not made by this pipeline, which would replace it. "
                "Move it away, or choose another folder with OUT=..."
            )


def publish(staged: Path, out: Path) -> None:
    """Put the staged folders in the place of the earlier ones: all of them or none.

    Parameters
    ----------
    staged : Path
        A folder given by `stage`.
    out : Path
        Where its folders belong.
    """
    earlier = staged / "earlier"
    earlier.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for name in MADE_FOLDERS:
            if (out / name).exists():
                _move(out / name, earlier / name, moved)
            _move(staged / name, out / name, moved)
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    source.rename(target)
    moved.append((source, target))
