"""The manifest of a build, and whether what it tells of still stands there.

Only the standard library is imported here, so that asking whether anything changed takes no time.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

from imp_helpers.inputs import Inputs, Settings, output_digests

FILE = "reports/manifest.json"
CRATE = "ro-crate-metadata.json"
SHOWN_DIGITS = 16
# The outputs of a build.
FOLDERS = ("processed", "reports")


def environment() -> dict[str, str]:
    """Return what can change the last digits of a number although all versions are the same."""
    return {"python": ".".join(map(str, sys.version_info[:3])), "platform": platform_name()}


def platform_name() -> str:
    """Return the system, the processor's kind and the C library, "Linux x86_64 glibc 2.36"."""
    library = ""
    with suppress(AttributeError, ValueError, OSError):
        library = os.confstr("CS_GNU_LIBC_VERSION") or ""
    return f"{platform.system()} {platform.machine()} {library}".strip()


def read_manifest(out: Path) -> dict:
    """Read the manifest of a build; empty where there is none that can be read."""
    try:
        content = json.loads((out / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_up_to_date(settings: Settings) -> bool:
    """Return whether a build would give what is there already.

    What counts is what stands in the files, not when they were written.
    """
    known = read_manifest(settings.out)
    asked = {"parameters": settings.shown_parameters(), **environment()}
    return (
        {name: known.get(name) for name in asked} == asked
        and known.get("inputs") == Inputs.of(settings).shown_digests
        and known.get("outputs") == outputs_now(settings.out)
    )


def outputs_now(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every output that is there now, except the manifest."""
    found = output_digests(out, FOLDERS)
    found.pop(FILE, None)
    return found
