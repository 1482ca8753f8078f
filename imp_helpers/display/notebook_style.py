"""Notebooks run by hand, in JupyterLab: whether somebody is there, and what they see otherwise."""

import os
import re
from importlib.util import find_spec

from IPython import get_ipython

# The driver sets it for its kernels.
PAGE = "IMP_HELPERS_PAGE"

_PAGE_LINK = re.compile(r'href="(\d\d_\w+)\.html(?:#[^"]*)?"')

# JupyterLab sets every second row of a table on a ground, numbers to the right and captions like
# text; its own colours follow its theme. Each output carries this, because one that is scrolled out
# of sight is taken out of the document. The pages have a style sheet of their own.
STYLE = """<style>
:is(.jp-RenderedHTML, .widget-html-content) {
  figure:is(.table, .plot) { margin: .5rem 0; }
  figcaption { margin: .25rem 0 .5rem; max-width: 70ch; line-height: 1.5; }
  figcaption .number { font-weight: 600; }
  .scroll { overflow: auto; }
  .table .scroll { max-height: 32rem; }
  .table table { margin: 0; table-layout: auto; }
  .table :is(th, td) { text-align: left; vertical-align: top; }
  .table tbody th { font-weight: 400; }
  .table :is(th, td).number { text-align: right; white-space: nowrap; }
  .table small { display: block; color: var(--jp-ui-font-color2); }
  .note { color: var(--jp-ui-font-color2); max-width: 70ch; }
  .take { display: none; }
  .plot img { background: #fff; max-width: 100%; height: auto; }
}
</style>
"""


def by_hand() -> bool:
    """Tell whether somebody runs this notebook, and no page is being made of it."""
    return PAGE not in os.environ and getattr(get_ipython(), "kernel", None) is not None


def can_play() -> bool:
    """Tell whether there is somebody to move controls, and ipywidgets to show them."""
    return by_hand() and find_spec("ipywidgets") is not None


def styled(html: str) -> str:
    """Return the HTML of a table or figure as it is shown here: JupyterLab has no style for it.

    Beside notebooks there are no pages: a link to a page leads to the notebook that it is made of.
    """
    return STYLE + _PAGE_LINK.sub(r'href="\1.ipynb"', html) if by_hand() else html
