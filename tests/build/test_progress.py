"""One calm line on a terminal, plain lines elsewhere."""

import io
import threading

from imp_build.progress import OneLine, PlainLines
from imp_build.run import say


def test_plain_lines_say_when_a_notebook_starts_and_ends():
    lines = []
    progress = PlainLines(lines.append)
    progress.starts("01_cleaning")
    progress.at_cell("01_cleaning", 1, 9)
    progress.done("01_cleaning")
    assert lines == ["01_cleaning starts", "01_cleaning is done after 0.0 s"]


def test_lines_of_several_notebooks_do_not_run_together(capsys):
    progress = PlainLines(say)
    threads = [
        threading.Thread(target=progress.as_before, args=(f"notebook_{n}",)) for n in range(50)
    ]
    for action in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            action(thread)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(f"notebook_{n} is as before" for n in range(50))


def test_one_line_names_notebook_and_cell_and_is_cleared():
    stream = io.StringIO()
    progress = OneLine(stream)
    progress.count = 8
    progress.starts("01_cleaning")
    progress.at_cell("01_cleaning", 3, 9)
    assert stream.getvalue().endswith("0 of 8 notebooks, 0 s · 01_cleaning, cell 3 of 9")
    progress.done("01_cleaning")
    assert stream.getvalue().endswith("1 of 8 notebooks, 0 s")
    progress.close()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert "\n" not in stream.getvalue()


def test_the_line_fits_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    stream = io.StringIO()
    OneLine(stream).at_cell("05_effectiveness", 3, 9)
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) < 30


def test_a_notebook_that_need_not_run_counts_as_done():
    lines, stream = [], io.StringIO()
    for progress in (PlainLines(lines.append), OneLine(stream)):
        progress.count = 2
        progress.as_before("01_cleaning")
        assert (progress.ran, progress.unchanged) == ([], ["01_cleaning"])
    assert lines == ["01_cleaning is as before"]
    assert stream.getvalue().endswith("1 of 2 notebooks, 0 s")
