"""Import what notebooks need, once, in the process that notebook processes are forked from."""

import gc
import importlib
from contextlib import suppress

# The imports are never freed: it takes a tenth of their time to search them for garbage.
gc.disable()
for _name in (
    "IPython.core.interactiveshell",
    "imp_helpers.desk",
    "scipy.stats",
    "statsmodels.regression.mixed_linear_model",
    "pingouin",
    "imp_helpers.next_trial",
    "imp_helpers.reproduction",
    "imp_trials.sensitivity",
):
    # Where an import fails, the notebook that needs it will report the error.
    with suppress(Exception):
        importlib.import_module(_name)
# Nor does a forked process search, and thereby copy, them.
gc.freeze()
gc.enable()
