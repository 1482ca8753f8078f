"""Each package says in a few lines what it is for and what it does not know; its example runs."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
READMES = sorted(PROJECT.glob("imp_*/README.md"))


def test_every_package_has_one():
    packages = {file.parent.name for file in PROJECT.glob("imp_*/__init__.py")}
    assert {readme.parent.name for readme in READMES} == packages


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_it_is_short_and_its_example_runs(readme, monkeypatch):
    text = readme.read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(text.splitlines()) <= 40
    assert "**It does not know**" in text
    monkeypatch.chdir(PROJECT)
    exec(compile(example, str(readme), "exec"), {})
