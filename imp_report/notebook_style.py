"""Notebooks run by hand in JupyterLab: how to recognise them, and the style of their outputs."""

import os
import re
from importlib.util import find_spec

from IPython import get_ipython
from IPython.display import HTML

from imp_report.page import TEMPLATES

# The driver sets it for its kernels.
PAGE = "IMP_HELPERS_PAGE"
# The mark of outputs that the desk has issued: a notebook may show no others of people's data.
ISSUED = {"issued_by": "desk"}

_PAGE_LINK = re.compile(r'href="(\d\d_\w+)\.html(?:#[^"]*)?"')

# Each output carries it, because one that is scrolled out of sight is taken out of the document.
# The pages have a style sheet of their own.
STYLE = TEMPLATES / "notebook.css.html"


def by_hand() -> bool:
    """Tell whether a person runs this notebook in JupyterLab."""
    return PAGE not in os.environ and getattr(get_ipython(), "kernel", None) is not None


def can_play() -> bool:
    """Tell whether controls can be shown: a person at the notebook, and ipywidgets."""
    return by_hand() and find_spec("ipywidgets") is not None


def issued(html: str) -> HTML:
    """Return an output of the desk, marked as one that disclosure control has seen."""
    return HTML(styled(html), metadata=ISSUED)


def styled(html: str) -> str:
    """Return the HTML of a table or figure as it is shown here: JupyterLab has no style for it.

    Beside notebooks there are no pages: a link to a page leads to the notebook that it is made of.
    """
    if not by_hand():
        return html
    return STYLE.read_text(encoding="utf-8") + _PAGE_LINK.sub(r'href="\1.ipynb"', html)
