"""The manifest of a build, and whether what it tells of still stands there.

Only the standard library is imported here, so that asking whether anything changed takes no time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from imp_build.environment import common_arithmetic
from imp_build.inputs import Inputs, Settings, digest

FILE = "manifest.json"
CRATE = "ro-crate-metadata.json"
# The outputs of a build.
FOLDERS = ("processed", "reports")


def environment() -> dict[str, str]:
    """Return what can change the last digits of a number although all versions are the same."""
    return {"python": ".".join(map(str, sys.version_info[:3])), "platform": platform_name()}


def platform_name() -> str:
    """Return the system, the processor and the C library, "linux x86_64 Haswell glibc 2.36"."""
    library, processor = "", common_arithmetic().get("OPENBLAS_CORETYPE", "")
    with suppress(AttributeError, ValueError, OSError):
        library = os.confstr("CS_GNU_LIBC_VERSION") or ""
    machine = os.uname().machine if hasattr(os, "uname") else ""
    named = (sys.platform, machine, processor, library)
    return " ".join(filter(None, named))


def read_manifest(reports: Path) -> dict:
    """Read the manifest of some reports; empty where there is none that can be read."""
    try:
        content = json.loads((reports / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_up_to_date(settings: Settings) -> bool:
    """Return whether a build would give what is there already.

    What counts is what stands in the files, not when they were written.
    """
    known = read_manifest(settings.reports)
    asked = {"parameters": settings.shown_parameters(), **environment()}
    return (
        {name: known.get(name) for name in asked} == asked
        and known.get("inputs") == Inputs.of(settings).shown_digests
        and known.get("outputs") == outputs_now(settings.out)
    )


def outputs_now(out: Path, folders: Iterable[str] = FOLDERS) -> dict[str, str]:
    """Return the SHA-256 of every output that is there now, except the manifest."""
    return {
        name: sha for folder in folders for name, sha in digests_in(out / folder, folder).items()
    }


def digests_in(folder: Path, name: str) -> dict[str, str]:
    """Return the SHA-256 of the files of a folder, its manifest aside, by places below `name`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    places = {path.relative_to(folder).as_posix(): path for path in paths}
    return {f"{name}/{place}": digest(path) for place, path in places.items() if place != FILE}
