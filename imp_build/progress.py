"""How far a build is: a line when a notebook starts and when it is done."""

import time
from collections.abc import Callable


class Progress:
    """Hands a line to ``tell`` for each event; ``ran`` names the notebooks that have run."""

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self.tell = tell
        self.ran: list[str] = []
        self._starts: dict[str, float] = {}

    def starts(self, name: str) -> None:
        """Note that a notebook starts."""
        self._starts[name] = time.monotonic()
        self.tell(f"{name} starts")

    def done(self, name: str) -> None:
        """Note that a notebook has run."""
        self.ran.append(name)
        self.tell(f"{name} is done after {time.monotonic() - self._starts[name]:.1f} s")
