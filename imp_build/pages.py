"""Executed notebooks as pages that are complete in themselves."""

import html
import importlib.metadata
import re
from itertools import chain, count
from pathlib import Path

from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from imp_build.front_page import answers_of, linked, word_file
from imp_build.notebooks import Notebook
from imp_helpers.display.page import Page, Site, fill_template
from imp_helpers.study.results import MARKS, legend
from imp_helpers.study.study import Study

TEMPLATES = Path(__file__).parent / "templates"
SHOWN_PACKAGES = ("imp_helpers", "numpy", "pandas", "scipy", "pingouin", "matplotlib", "seaborn")


def site_of(study: Study, notebooks: list[Notebook]) -> Site:
    """Gather what the pages of a study share."""
    pages = tuple(Page(f"{n.name}.html", n.title, first_paragraph(n)) for n in notebooks)
    notice = study.notice and f"{study.notice} Marks of numbers: {legend(MARKS)}"
    return Site(study.title, study.short_title, study.question, notice, pages)


class PageMarkdown(IPythonRenderer):
    """Markdown of a page: one title, headings with the anchors of JupyterLab, links to pages."""

    def __init__(self, escape: bool = False) -> None:
        super().__init__(
            escape=escape, allow_harmful_protocols=not escape, exclude_anchor_links=True
        )
        self.title = ""
        self.headings: list[tuple[int, str, str]] = []

    def heading(self, text: str, level: int, **_: object) -> str:
        """Render a heading; the first of level 1 becomes the page's title."""
        if level == 1 and not self.title:
            self.title = text
            return ""
        level = max(level, 2)
        anchor = self._unused(html.unescape(re.sub(r"<[^>]*>", "", text)).replace(" ", "-"))
        self.headings.append((level, anchor, text))
        return f'<h{level} id="{html.escape(anchor)}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Render a link; one to a notebook leads to its page."""
        return super().link(text, re.sub(r"^([\w-]+)\.ipynb(?=#|$)", r"\1.html", url), title)

    def _unused(self, anchor: str) -> str:
        taken = {known for _, known, _ in self.headings}
        candidates = chain([anchor], (f"{anchor}-{number}" for number in count(2)))
        return next(candidate for candidate in candidates if candidate not in taken)


def render_notebook(
    executed: NotebookNode, notebook: Notebook, site: Site, fingerprint: str
) -> str:
    """Render an executed notebook as a page that needs nothing else."""
    markdown, form = PageMarkdown(), HtmlFormatter(nowrap=True)
    exporter = TemplateExporter(
        template_name="report",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={
            "page_markdown": MarkdownWithMath(renderer=markdown),
            "data_markdown": MarkdownWithMath(renderer=PageMarkdown(escape=True)),
            "python": lambda source: highlight(source, PythonLexer(), form).rstrip("\n"),
        },
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    body, _ = exporter.from_notebook_node(executed)
    position = [page.file for page in site.pages].index(f"{notebook.name}.html")
    return fill_template(
        "notebook.html.j2",
        TEMPLATES,
        site=site,
        heading=Markup(markdown.title or html.escape(notebook.title)),
        page=site.pages[position],
        position=position + 1,
        headings=[
            (level, anchor, Markup(re.sub(r"</?a\b[^>]*>", "", text)))
            for level, anchor, text in markdown.headings
            if level <= 3
        ],
        body=Markup(body),
        previous=site.pages[position - 1] if position else None,
        following=site.pages[position + 1] if position + 1 < len(site.pages) else None,
        source=f"notebooks/{notebook.path.name}",
        fingerprint=fingerprint,
    )


def render_front_page(
    site: Site, reports: Path, study: Study | None = None, fingerprint: str = ""
) -> str:
    """Render the page that leads to all others.

    It lists the tables and figures under `reports` and says what came out.
    """
    return fill_template(
        "front.html.j2",
        TEMPLATES,
        site=site,
        heading=site.title,
        fingerprint=fingerprint,
        word=[
            (page.title, file.relative_to(reports).as_posix())
            for page in site.pages
            if (file := word_file(reports, Path(page.file).stem)).is_file()
        ],
        versions=[(name, importlib.metadata.version(name)) for name in SHOWN_PACKAGES],
        linked=linked,
        **answers_of(study, reports),
    )


def first_paragraph(notebook: Notebook) -> str:
    """Return the first sentence or two under a notebook's title, as plain text."""
    cells = [cell.source for cell in notebook.content.cells if cell.cell_type == "markdown"]
    paragraphs = re.split(r"\n\s*\n", "\n\n".join(cells).strip())
    texts = [text for text in paragraphs if not text.startswith("#")]
    rendered = MarkdownWithMath(renderer=PageMarkdown()).render(texts[0]) if texts else ""
    return html.unescape(re.sub(r"<[^>]*>", "", rendered)).strip()
