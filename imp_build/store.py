"""What notebooks have given before, so that none runs again on what it has seen already."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

# How many outputs of each notebook are kept: enough to go back and forth between a few edits.
KEPT = 4


class Store:
    """The outputs of notebooks, each under the digest of everything that they depend on.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for unfinished in folder.glob("new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def restore(self, notebook: str, key: str, staged: Path) -> bool:
        """Put a notebook's outputs in place; return False if they are not here."""
        kept = self.folder / notebook / key
        if not kept.is_dir():
            return False
        shutil.copytree(kept, staged, dirs_exist_ok=True, copy_function=shutil.copyfile)
        os.utime(kept)
        return True

    def keep(self, notebook: str, key: str, staged: Path, files: Iterable[Path]) -> None:
        """Keep copies of the files that a notebook has made; older ones may go for them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        for file in files:
            copy = new / file.relative_to(staged)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        kept = self.folder / notebook
        kept.mkdir(exist_ok=True)
        # It gets its name when it is complete.
        new.rename(kept / key)
        for old in sorted(kept.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
