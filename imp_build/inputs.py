"""What a build is made from: what was asked for, and the files that go in.

Only the standard library is imported here, so that asking whether anything changed takes no time.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from imp_common.folders import KEY_FILE, PROJECT, SHIPPED_KEYS

# macOS forbids much to forked processes, and Windows has none.
CAN_FORK = sys.platform == "linux"
LOCK = "requirements.txt"
# What a notebook can declare to read of a study, beside the settings and keys that all read.
STUDY_PARTS = ("data", "published")
PACKAGES = tuple(sorted(path.parent.name for path in PROJECT.glob("imp_*/__init__.py")))
_SEED = re.compile(r"^(\w*SEED) = ([\d_]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """What to build from, where to, and how.

    `jobs` notebooks may run side by side; with `fork`, their processes are forked from one that
    has imported what all use.
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
        study = self.study.name
        near = self.notebooks.parent, PROJECT if self.notebooks.is_relative_to(PROJECT) else None
        if any(folder and self.study.is_relative_to(folder) for folder in near):
            study = Path(os.path.relpath(self.study, self.notebooks)).as_posix()
        return {"study_folder": study, "out_folder": "..", **self.parameters}

    def shown_paths(self, staged: Path) -> dict[str, str]:
        """Map the absolute paths of this machine to what outputs show instead."""
        return {
            str(staged): "..",
            str(self.study): str(self.shown_parameters()["study_folder"]),
            str(PROJECT): "..",
            str(PROJECT / "imp_helpers"): "imp_helpers",
            sys.prefix: "environment",
            # Where a home is the root of all, every path would be taken for one below it.
            str(Path.home()).rstrip("/") or "no home": "home",
        }


@dataclass(frozen=True)
class Inputs:
    """The files that go into a build, by names that are the same on every machine.

    `data` holds the names of those that the study's settings name: its exports and corrections.
    """

    files: dict[str, Path]
    data: frozenset[str] = frozenset()
    secret: bytes = b""

    @classmethod
    def of(cls, settings: Settings) -> "Inputs":
        """List the files of a build."""
        study, own_keys = settings.study, settings.study / "instruments"
        data = {f"study/{name}": study / name for name in sorted(named_files(study))}
        single = {f"study/{name}": study / name for name in ("study.toml", KEY_FILE)}
        single[LOCK] = PROJECT / LOCK
        files = {name: path for name, path in single.items() if path.is_file()} | data
        if own_keys.resolve() != SHIPPED_KEYS.resolve():
            files |= _files(SHIPPED_KEYS, "instruments", "*.toml")
        files |= _files(own_keys, "study/instruments", "*.toml")
        files |= _files(study / "published", "study/published", "**/*")
        files |= _files(settings.notebooks, "notebooks", "*.ipynb")
        for name in PACKAGES:
            files |= _files(PROJECT / name, name, "**/*")
        secret = secret_of(settings.out) if is_about_people(study) else b""
        return cls(files, frozenset(data), secret)

    @cached_property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file, by its name; of people's data it is keyed by a secret.

        With a plain digest, whoever guesses one person's answers could confirm the guess.
        """
        return {name: self.digest_now(name) for name in sorted(self.files)}

    def digest_now(self, name: str) -> str:
        """Return the digest of a file as it is at this moment."""
        found = digest(self.files[name])
        if self.secret and name in self.data:
            return hmac.new(self.secret, found.encode(), "sha256").hexdigest()
        return found

    @property
    def shown_digests(self) -> dict[str, str]:
        """The same without the secret of pseudonyms."""
        return {name: sha for name, sha in self.digests.items() if not name.endswith(KEY_FILE)}

    def read_by(self, parts: Iterable[str]) -> dict[str, str]:
        """Return the digests of the study's files that a notebook may read, by its declared parts.

        Settings and keys concern every notebook.
        """
        return {
            name: sha
            for name, sha in self.digests.items()
            if name.startswith(("study/", "instruments/"))
            and (name not in self.data or "data" in parts)
            and (not name.startswith("study/published/") or "published" in parts)
        }

    @cached_property
    def code(self) -> str:
        """One digest of the packages and the lock."""
        return digest_of({n: s for n, s in self.digests.items() if n.startswith((*PACKAGES, LOCK))})

    def fingerprint(self) -> str:
        """Shorten a digest of the study's own files for readers."""
        own = {n: sha for n, sha in self.shown_digests.items() if n.startswith("study/")}
        return digest_of(own)[:16]

    def seeds(self) -> dict[str, int]:
        """Return the seeds of all random numbers, by the constant that holds each."""
        return {
            f"{name}: {constant}": int(value)
            for name, path in sorted(self.files.items())
            if name.endswith(".py")
            for constant, value in _SEED.findall(path.read_text(encoding="utf-8"))
        }


def notebooks_of(study: Path) -> Path:
    """Return the folder of a study's notebooks: its own, or else the starter's.

    Those of the study that comes with this repository stand at the top.
    """
    own = study / "notebooks"
    if study.resolve() == PROJECT / "data":
        own = PROJECT / "notebooks"
    return own if own.is_dir() else PROJECT / "starter"


def is_about_people(study: Path) -> bool:
    """Return whether a study is under disclosure control, by its settings; yes if in doubt."""
    try:
        settings = tomllib.loads((study / "study.toml").read_text(encoding="utf-8-sig"))
        by_kind = settings["study"]["kind"] != "synthetic"
        return bool(settings.get("privacy", {}).get("disclosure_control", by_kind))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return True


def secret_of(out: Path) -> bytes:
    """Return the secret of a folder of outputs, which is made once and never published."""
    file = out / ".build" / "secret"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(secrets.token_bytes(32))
    return file.read_bytes()


def named_files(study: Path) -> set[str]:
    """Return the files that study.toml names, as it names them."""
    try:
        settings = tomllib.loads((study / "study.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        # What is wrong with the settings is reported when they are checked.
        return set()
    return set(_named_below(study, settings))


def _named_below(study: Path, node: object) -> Iterator[str]:
    """Yield every text in a TOML value that names a file of the study."""
    if isinstance(node, str):
        with suppress(OSError, ValueError):
            if ".." not in Path(node).parts and (study / node).is_file():
                yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _named_below(study, part)


def _files(folder: Path, name: str, pattern: str) -> dict[str, Path]:
    """Return the visible files of a folder by names that begin with `name`."""
    paths = ((p.relative_to(folder), p) for p in folder.glob(pattern) if p.is_file())
    return {
        f"{name}/{place.as_posix()}": path
        for place, path in paths
        if not any(part.startswith(".") or part == "__pycache__" for part in place.parts)
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(content: object) -> str:
    """Return the SHA-256 of a value, written as JSON."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def common_arithmetic() -> dict[str, str]:
    """Return the variables by which all processors of a kind compute the same last digits.

    NumPy and OpenBLAS choose their code by the processor, and each choice rounds differently. All
    x86-64 processors since about 2015 have AVX2; anything newer is not used. A choice that the
    user has made is kept.
    """
    with suppress(OSError):
        if "avx2" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split():
            return {
                "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "Haswell"),
                "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
            }
    return {}
