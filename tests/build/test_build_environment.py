"""What every notebook finds around it."""

import json
import os
import subprocess
import sys

import pytest

from imp_build.execution import VARIABLES
from imp_build.inputs import common_arithmetic

LOOK = """
import json, numpy, scipy.linalg, threadpoolctl
from numpy._core import _multiarray_umath as numpy_core
features = numpy_core.__cpu_features__
chosen = [name for name in numpy_core.__cpu_dispatch__ if features[name]]
blas = [library["architecture"] for library in threadpoolctl.threadpool_info()]
print(json.dumps([chosen, blas]))
"""


@pytest.mark.skipif("OPENBLAS_CORETYPE" not in VARIABLES, reason="no x86-64 with AVX2 under Linux")
def test_numpy_and_blas_compute_as_on_any_processor_with_avx2():
    environment = {**os.environ, **VARIABLES, "OPENBLAS_CORETYPE": "Haswell"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    chosen, blas = json.loads(done.stdout)
    assert chosen == ["X86_V3"]
    assert set(blas) == {"Haswell"}


def test_somebodys_own_choice_of_blas_stands(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    assert common_arithmetic().get("OPENBLAS_CORETYPE", "Nehalem") == "Nehalem"
