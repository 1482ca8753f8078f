"""A build is made aside and put in place when it is whole; one build at a time."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imp_helpers.study.folders import MARK, MARK_TEXT, OUTPUTS, refuse_foreign_folders

BUILDS = ".build"
STAGE = "stage-"
EARLIER = "earlier"
# renameat2 of Linux: paths are taken from the current folder, and the two names change places.
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def lock(out: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other builds away from the same outputs, waiting for one that is under way.

    The system lets go of the lock when the process that holds it ends, however it ends.

    Parameters
    ----------
    out : Path
        Where the outputs go.
    tell : callable
        Is told who holds the lock, if somebody does.
    """
    builds = out / BUILDS
    builds.mkdir(parents=True, exist_ok=True)
    holder, held = builds / "holder", FileLock(builds / "lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        tell(f"Another build is at work here ({_who(holder)}). Waiting for its end.")
        held.acquire()
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        clear_away_remains(out)
        yield
    finally:
        holder.unlink(missing_ok=True)
        held.release()


def _who(holder: Path) -> str:
    with suppress(OSError):
        return holder.read_text(encoding="utf-8") or "just starting"
    return "just starting"


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
    (out / BUILDS).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=STAGE, dir=out / BUILDS))
    try:
        for name in OUTPUTS:
            (folder / name).mkdir()
            (folder / name / MARK).write_text(MARK_TEXT, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, out: Path) -> None:
    """Put the staged folders in the place of the earlier ones: all of them or none.

    Whoever looks at a folder meanwhile sees the earlier one or the new one, whole.

    Parameters
    ----------
    staged : Path
        A folder given by `stage`.
    out : Path
        Where its folders belong.
    """
    done: list[str] = []
    try:
        for name in OUTPUTS:
            _exchange(staged / name, out / name)
            done.append(name)
    except BaseException:
        for name in reversed(done):
            _exchange(staged / name, out / name)
        raise


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change places, in one step where the system can; one may be missing."""
    if not other.exists():
        one.rename(other)
    elif not one.exists():
        other.rename(one)
    elif not _exchanged_at_once(one, other):
        aside = one.parent / EARLIER / one.name
        aside.parent.mkdir(exist_ok=True)
        other.rename(aside)
        one.rename(other)
        aside.rename(one)


def _exchanged_at_once(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where the system has no such step."""
    call = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    names = (AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other))
    return call is not None and call(*names, RENAME_EXCHANGE) == 0


def clear_away_remains(out: Path) -> None:
    """Clear away what builds that were killed have left, first saving what they had set aside."""
    for remains in (out / BUILDS).glob(f"{STAGE}*"):
        for name in OUTPUTS:
            aside = remains / EARLIER / name
            if aside.is_dir() and not (out / name).exists():
                aside.rename(out / name)
        shutil.rmtree(remains, ignore_errors=True)
