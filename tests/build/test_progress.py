"""A line for each notebook that starts and that is done; lines of several threads stay apart."""

import re
import threading

from imp_build.progress import Progress
from imp_commands.building import say


def test_each_notebook_has_two_lines():
    lines = []
    progress = Progress(lines.append)
    progress.starts("01_cleaning")
    progress.done("01_cleaning")
    first, second = lines
    assert first == "01_cleaning starts"
    assert re.fullmatch(r"01_cleaning is done after \d+\.\d s", second)
    assert progress.ran == ["01_cleaning"]


def test_lines_of_several_notebooks_do_not_run_together(capsys):
    progress = Progress(say)
    threads = [threading.Thread(target=progress.starts, args=(f"notebook_{n}",)) for n in range(50)]
    for action in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            action(thread)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(f"notebook_{n} starts" for n in range(50))
