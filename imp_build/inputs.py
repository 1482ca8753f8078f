"""What a build is made from: what was asked for, the files that go in, and who needs which of them.

Only the standard library is imported here, so that asking whether anything changed takes no time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from imp_build.environment import CAN_FORK
from imp_helpers.study.folders import KEY_FILE, PACKAGE, SHIPPED_KEYS

LOCK = "requirements.txt"
# How much of a SHA-256 people are shown.
SHOWN_DIGITS = 16
# What a notebook can declare to read of a study, beside the settings and keys that all read.
STUDY_PARTS = ("data", "published")
# These modules, and what they import, have a say in what every notebook gives.
RUNNERS = ("imp_build/execution.py", "imp_build/kernel_process.py", "imp_build/notebooks.py")
PACKAGES = ("imp_helpers", "imp_build")
_NAMES = r"\([^)]*\)|[^\n]*"
_IMPORT = re.compile(
    rf"^\s*(?:from +(imp_(?:helpers|build)[\w.]*) +import +({_NAMES})|import +(imp_helpers[\w.]*))",
    re.MULTILINE,
)
_SEED = re.compile(r"^(\w*SEED) = ([\d_]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """What to build from, where to, and how.

    Parameters
    ----------
    study : Path
        The folder with the study's files.
    out : Path
        Where ``processed`` and ``reports`` go.
    notebooks : Path
        The folder with the notebooks.
    parameters : mapping of str to object
        Values for the notebooks' parameters.
    jobs : int
        How many notebooks may run side by side.
    fork : bool
        Whether kernels are forked from one that has imported what all use.
    """

    study: Path
    out: Path
    notebooks: Path
    parameters: Mapping[str, object] = field(default_factory=dict)
    jobs: int = min(os.cpu_count() or 1, 2) + 1
    fork: bool = CAN_FORK

    @property
    def reports(self) -> Path:
        """Where the pages are put in place."""
        return self.out / "reports"

    def shown_parameters(self) -> dict[str, object]:
        """Return all parameters as a reader of the reports would write them."""
        project = self.notebooks.parent
        study = self.study.name
        if self.study.is_relative_to(project):
            study = Path(os.path.relpath(self.study, self.notebooks)).as_posix()
        return {"study_folder": study, "out_folder": "..", **self.parameters}

    def real_parameters(self, staged: Path) -> dict[str, object]:
        """Return all parameters as the notebooks need them while they run."""
        return {"study_folder": str(self.study), "out_folder": str(staged), **self.parameters}

    def shown_paths(self, staged: Path) -> dict[str, str]:
        """Return what stands in outputs in place of the paths of this machine."""
        return {
            str(staged): "..",
            str(self.study): str(self.shown_parameters()["study_folder"]),
            str(self.notebooks.parent): "..",
            str(PACKAGE): "imp_helpers",
            sys.prefix: "environment",
            str(Path.home()): "home",
        }


@dataclass(frozen=True)
class Inputs:
    """The files that go into a build, by names that are the same on every machine.

    Parameters
    ----------
    settings, data, published : dict of str to Path
        What the study brings in: its settings and keys; the exports and corrections that the
        settings name; the printed numbers.
    notebooks, package, environment : dict of str to Path
        The notebooks, this package, and the lock of all versions.
    """

    settings: dict[str, Path]
    data: dict[str, Path]
    published: dict[str, Path]
    notebooks: dict[str, Path]
    package: dict[str, Path]
    environment: dict[str, Path]

    @classmethod
    def of(cls, settings: Settings) -> Inputs:
        """List the files of a build."""
        study = settings.study
        keys = {
            **_files(SHIPPED_KEYS, "instruments", "*.toml"),
            **_files(study / "instruments", "study/instruments", "*.toml"),
        }
        if (study / "instruments").resolve() == SHIPPED_KEYS.resolve():
            keys = _files(SHIPPED_KEYS, "study/instruments", "*.toml")
        single = {f"study/{name}": study / name for name in ("study.toml", KEY_FILE)}
        package = {
            file: path
            for name in PACKAGES
            for file, path in _files(PACKAGE.parent / name, name, "**/*").items()
        }
        lock = settings.notebooks.parent / LOCK
        return cls(
            settings={name: path for name, path in single.items() if path.is_file()} | keys,
            data={f"study/{name}": study / name for name in sorted(named_files(study))},
            published=_files(study / "published", "study/published", "**/*"),
            notebooks=_files(settings.notebooks, "notebooks", "*.ipynb"),
            package={n: path for n, path in package.items() if "__pycache__" not in path.parts},
            environment={LOCK: lock} if lock.is_file() else {},
        )

    @cached_property
    def files(self) -> dict[str, Path]:
        """All of them."""
        parts = (getattr(self, name) for name in self.__dataclass_fields__)
        return {name: path for part in parts for name, path in part.items()}

    @cached_property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file, by its name."""
        return {name: digest(path) for name, path in sorted(self.files.items())}

    @property
    def shown_digests(self) -> dict[str, str]:
        """The same without what nobody is told of."""
        return {name: sha for name, sha in self.digests.items() if not name.endswith(KEY_FILE)}

    @property
    def of_study(self) -> str:
        """The fingerprint of everything that the study's folder brings in."""
        brought = {n: sha for n, sha in self.shown_digests.items() if n.startswith("study/")}
        return digest_of(brought)[:SHOWN_DIGITS]

    def needed_by(self, notebook: str, sources: Iterable[str], parts: Iterable[str]) -> list[str]:
        """Return the names of the files that a notebook's outputs depend on.

        Parameters
        ----------
        notebook : str
            The name of its file.
        sources : iterable of str
            Its code cells.
        parts : iterable of str
            The parts of the study that it declares to read.
        """
        modules = {name for source in sources for name in imported_modules(source, self.package)}
        modules |= set(RUNNERS)
        names = {f"notebooks/{notebook}", *self.settings, *self.environment}
        names |= {name for part in parts for name in getattr(self, part)}
        return sorted(names | self._with_imports(modules))

    def _with_imports(self, modules: set[str]) -> set[str]:
        """Return modules together with all of this package that they import, however indirectly."""
        found, waiting = set(), modules & set(self.package)
        while waiting:
            module = waiting.pop()
            found.add(module)
            waiting |= self._imports[module] - found
        return found

    @cached_property
    def _imports(self) -> dict[str, set[str]]:
        return {
            name: set(imported_modules(source, self.package))
            for name, source in self._modules.items()
        }

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The source of each module of this package."""
        modules = {name: path for name, path in self.package.items() if path.suffix == ".py"}
        return {name: path.read_text(encoding="utf-8") for name, path in modules.items()}

    def seeds(self) -> dict[str, int]:
        """Return the seeds of all random numbers, by the constant that holds each."""
        return {
            f"{name}: {constant}": int(value)
            for name, source in self._modules.items()
            for constant, value in _SEED.findall(source)
        }


def named_files(study: Path) -> set[str]:
    """Return the files that study.toml names, as it names them."""
    try:
        settings = tomllib.loads((study / "study.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        # What is wrong with the settings is said when they are checked.
        return set()
    return {text for text in _texts(settings) if _is_file_below(study, text)}


def _texts(node: object) -> Iterator[str]:
    """Yield every text in what TOML can hold."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _texts(part)


def _is_file_below(folder: Path, name: str) -> bool:
    try:
        return ".." not in Path(name).parts and (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _files(folder: Path, name: str, pattern: str) -> dict[str, Path]:
    """Return the visible files of a folder by names that begin with `name`."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.glob(pattern) if p.is_file()}
    return {f"{name}/{rest}": path for rest, path in found.items() if not _is_hidden(rest)}


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def imported_modules(source: str, package: Iterable[str]) -> Iterator[str]:
    """Yield the files of this package that a piece of code names in its imports.

    Parameters
    ----------
    source : str
        Python code.
    package : iterable of str
        The names of the package's files, "imp_helpers/study.py".
    """
    files = set(package)
    for module, names, alone in _IMPORT.findall(source):
        modules = [alone or module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))]
        for place in (name.replace(".", "/") for name in modules):
            # Whoever imports a module of a subpackage runs the subpackage's own code as well.
            inits = [f"{above}/__init__.py" for above in _above(place)]
            yield from files.intersection([f"{place}.py", f"{place}/__init__.py", *inits])


def _above(place: str) -> list[str]:
    parts = place.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(content: object) -> str:
    """Return the SHA-256 of what JSON can hold."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
