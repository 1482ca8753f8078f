"""The process of one kernel: ipykernel without its debugger and without a network port."""

from __future__ import annotations

import os
import sys

# A build sets no breakpoints; without the debugger each kernel starts a tenth of a second sooner.
sys.modules["debugpy"] = None

from ipykernel import iostream, kernelapp  # noqa: E402


def _without_pipe(thread: iostream.IOPubThread) -> None:
    """Do what ipykernel does where it can open no port for the output of forked processes."""
    thread._pipe_flag = False


if __name__ == "__main__":
    if os.name == "posix":
        iostream.IOPubThread._setup_pipe_in = _without_pipe
    kernelapp.launch_new_instance()
