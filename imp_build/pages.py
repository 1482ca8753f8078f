"""Executed notebooks as pages that are complete in themselves."""

import copy
import html
import re
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path

from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from imp_build.notebooks import INDEX, Notebook, tags
from imp_intake.settings.study import Study
from imp_report.page import Page, Site, fill_template

TEMPLATES = Path(__file__).parent / "templates"
# Cells with these tags come first on a page, or are folded there.
ANSWER, MORE = "answer", "more"


def site_of(study: Study, notebooks: list[Notebook]) -> Site:
    """Gather what the pages of a study share."""
    numbered = (n for n in notebooks if n.name != INDEX)
    pages = tuple(Page(f"{n.name}.html", n.title, first_paragraph(n)) for n in numbered)
    return Site(study.title, study.short_title, study.question, study.notice, pages)


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
    executed: NotebookNode,
    notebook: Notebook,
    site: Site,
    fingerprint: str,
    answers: Mapping[str, str] | None = None,
) -> str:
    """Render an executed notebook as a page that needs nothing else.

    ``answers`` are those of the reports, by the file of their page, for the overview.
    """
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
    body, _ = exporter.from_notebook_node(for_readers(executed))
    files = [page.file for page in site.pages]
    file = f"{notebook.name}.html"
    position = files.index(file) if file in files else -1
    return fill_template(
        "notebook.html.j2",
        TEMPLATES,
        site=site,
        heading=Markup(markdown.title or html.escape(notebook.title)),
        page=site.pages[position] if file in files else Page(file, notebook.title, ""),
        answers={name: Markup(text) for name, text in (answers or {}).items()},
        headings=[
            (level, anchor, Markup(re.sub(r"</?a\b[^>]*>", "", text)))
            for level, anchor, text in markdown.headings
        ],
        body=Markup(body),
        previous=site.pages[position - 1] if position > 0 else None,
        following=site.pages[position + 1] if 0 <= position < len(site.pages) - 1 else None,
        source=f"notebooks/{notebook.path.name}",
        word=f"word/{notebook.name}.docx" if '<figure class="table' in body else "",
        fingerprint=fingerprint,
    )


def for_readers(executed: NotebookNode) -> NotebookNode:
    """Put the answer below the question, and mark where folded parts begin and end."""
    shown = copy.deepcopy(executed)
    answers = [cell for cell in shown.cells if ANSWER in tags(cell)]
    others = [cell for cell in shown.cells if ANSWER not in tags(cell)]
    for cell in answers:
        cell.metadata["answers"] = True
    shown.cells = [*others[:1], *answers, *others[1:]]
    quiet = []
    for place, cell in enumerate(shown.cells, 1):
        after = shown.cells[place] if place < len(shown.cells) else None
        # What shows nothing itself is read with the next output.
        if cell.cell_type == "code" and "parameters" not in tags(cell):
            # A sentence needs no code beside it.
            cell.metadata["plain"] = not quiet and cell.source.startswith("desk.say(")
            quiet.append(cell.source)
            if cell.outputs:
                cell.source, quiet = "\n\n".join(quiet), []
        if MORE not in tags(cell):
            continue
        heading = re.match(r"#+ +(.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            cell.metadata["opens"] = heading[1]
        starts_another = after is not None and after.source.startswith("#")
        if after is None or MORE not in tags(after) or starts_another:
            cell.metadata["closes"] = True
    return shown


def answer_of(executed: NotebookNode) -> str:
    """Return the first paragraph of a notebook's answer as HTML; empty without one."""
    cells = [cell for cell in executed.cells if ANSWER in tags(cell)]
    texts = [o["data"].get("text/html", "") for c in cells for o in c.outputs if "data" in o]
    paragraph = re.search(r"<p>.*?</p>", "".join(texts), re.DOTALL)
    return paragraph[0] if paragraph else ""


def first_paragraph(notebook: Notebook) -> str:
    """Return the first sentence or two under a notebook's title, as plain text."""
    cells = [cell.source for cell in notebook.content.cells if cell.cell_type == "markdown"]
    paragraphs = re.split(r"\n\s*\n", "\n\n".join(cells).strip())
    texts = [text for text in paragraphs if not text.startswith("#")]
    rendered = MarkdownWithMath(renderer=PageMarkdown()).render(texts[0]) if texts else ""
    return html.unescape(re.sub(r"<[^>]*>", "", rendered)).strip()
