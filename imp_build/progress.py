"""How far a build is: one line that is rewritten on a terminal, plain lines elsewhere."""

import shutil
import threading
import time
from collections.abc import Callable
from typing import TextIO


class PlainLines:
    """Reports when each of `count` notebooks starts and when it is done, by a function for lines.

    `ran` names those that have run so far, `unchanged` those that need not run.
    """

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self.tell = tell
        self.count = 0
        self.ran: list[str] = []
        self.unchanged: list[str] = []
        self._starts: dict[str, float] = {}
        # Notebooks run in threads of their own, and each line is one.
        self._lock = threading.Lock()

    def starts(self, name: str) -> None:
        """Note that a notebook starts."""
        self._starts[name] = time.monotonic()
        self._show(name, "starts")

    def at_cell(self, name: str, cell: int, cells: int) -> None:
        """Note at which cell a notebook is; too much for a log."""

    def done(self, name: str) -> None:
        """Note that a notebook has run."""
        self.ran.append(name)
        self._show(name, f"is done after {time.monotonic() - self._starts[name]:.1f} s")

    def as_before(self, name: str) -> None:
        """Note that a notebook need not run: nothing that it depends on has changed."""
        self.unchanged.append(name)
        self._show(name, "is as before")

    def close(self) -> None:
        """Restore the terminal."""

    def _show(self, name: str, what: str) -> None:
        with self._lock:
            self.tell(f"{name} {what}")


class OneLine(PlainLines):
    """Rewrites one line of a terminal: which notebooks run, at which cell, for how long."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self.terminal = terminal
        self._running: dict[str, str] = {}
        self._start = time.monotonic()

    def at_cell(self, name: str, cell: int, cells: int) -> None:
        """Show at which cell a notebook is."""
        self._show(name, f"cell {cell} of {cells}")

    def close(self) -> None:
        """Clear the line."""
        self._write("")

    def _show(self, name: str, what: str) -> None:
        with self._lock:
            finished = {*self.ran, *self.unchanged}
            self._running[name] = what
            running = [
                f" · {n}, {w}" for n, w in sorted(self._running.items()) if n not in finished
            ]
            seconds = time.monotonic() - self._start
            self._write(
                f"{len(finished)} of {self.count} notebooks, {seconds:.0f} s{''.join(running)}"
            )

    def _write(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self.terminal.write(f"\r\x1b[K{line[:width]}")
        self.terminal.flush()
