"""Where things stand and what kernels find around them, for those who can import but little."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

# macOS forbids much to forked processes, and Windows has none.
CAN_FORK = sys.platform == "linux"
# The environment variable that tells a kernel which files of which folders its notebook declares.
MAY_READ = "IMP_HELPERS_MAY_READ"


def common_arithmetic() -> dict[str, str]:
    """Return what lets all processors of a kind give the same last digits, newer ones as well.

    NumPy and OpenBLAS choose their code by the processor, and each choice rounds otherwise. All
    x86-64 processors since about 2015 have AVX2; what comes after it is left aside. Somebody's own
    choice stands.
    """
    with suppress(OSError):
        if "avx2" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split():
            return {
                "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "Haswell"),
                "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
            }
    return {}
