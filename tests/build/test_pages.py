"""The pages: complete in themselves, well-formed, and safe with text from data."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from imp_build.notebooks import Notebook
from imp_build.pages import render_notebook, site_of

NOTICE = "These are <synthetic> data."
STUDY = SimpleNamespace(
    title="Minds and bodies in full",
    short_title="Minds & bodies",
    notice=NOTICE,
    question="Is it feasible?",
    settings=SimpleNamespace(study=SimpleNamespace(published_as="")),
)
WITHOUT_END = {"meta", "img", "br", "hr", "input", "link"}


class Read(HTMLParser):
    """Every element of a page with its attributes; fails on a tag that does not match."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in WITHOUT_END:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag):
        return "".join(self.texts.get(tag, []))


def written(*cells, name="02_scores"):
    content = new_notebook(cells=list(cells))
    return Notebook(SimpleNamespace(stem=name, name=f"{name}.ipynb"), content, "Scores", (), ())


def page_of(*cells, study=STUDY):
    notebook = written(*cells)
    others = [written(name="01_cleaning"), notebook, written(name="03_reliability")]
    return render_notebook(notebook.content, notebook, site_of(study, others), "0123abcd")


def output(**data):
    names = {"html": "text/html", "text": "text/plain", "png": "image/png", "md": "text/markdown"}
    data = {names[kind]: value for kind, value in data.items()}
    return new_code_cell("1", outputs=[new_output("display_data", data=data)])


@pytest.fixture(scope="module")
def page():
    return page_of(
        new_markdown_cell("# Scores *now*\n\nWhat do the [answers](01_cleaning.ipynb#Read) say?"),
        new_markdown_cell("## Every score\n\n### Every score\n\n# Another title\n\n#### Deep"),
        new_code_cell("print('<b>')", id="the-cell", outputs=[new_output("stream", text="<b>\n")]),
        output(
            html="<figure class='table' id='table-5'><table><tr><td>4</td></tr></table></figure>"
        ),
        output(png="aGVsbG8=\n", text="<Figure>"),
    )


def test_a_page_has_one_title_a_language_and_landmarks(page):
    read = Read(page)
    assert read.all("html") == [{"lang": "en"}]
    assert len(read.all("h1")) == len(read.all("main")) == len(read.all("footer")) == 1
    assert re.search(r"<h1>Scores <em>now</em></h1>", page)
    assert read.text("title") == "Scores · Minds & bodies"


def test_a_page_asks_the_network_for_nothing(page):
    assert not re.search(r"https?:|(src|href)=[\"']//|@import|url\(", page)
    sources = [attributes["src"] for attributes in Read(page).all("img")]
    assert sources == ["data:image/png;base64,aGVsbG8="]
    policy = [a["content"] for a in Read(page).all("meta") if "http-equiv" in a]
    assert "default-src 'none'" in policy[0]


def test_a_page_is_small(page):
    assert len(page.encode()) < 30_000


def test_headings_get_unique_anchors_and_stand_in_the_contents(page):
    read = Read(page)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a in read.all("a") if a["href"].startswith("#")]
    assert links == ["#content", "#Every-score", "#Another-title"]
    assert set(links) <= {f"#{name}" for name in ids}


def test_each_code_cell_has_the_anchor_of_its_id(page):
    assert {"id": "cell-the-cell", "class": "cell"} in Read(page).all("div")


def test_links_between_notebooks_lead_to_pages(page):
    links = [attributes["href"] for attributes in Read(page).all("a")]
    assert "01_cleaning.html#Read" in links
    source = ["notebooks/02_scores.ipynb", "manifest.json"]
    assert links[-4:] == ["01_cleaning.html", "03_reliability.html", *source]


def test_every_picture_has_an_alternative_text(page):
    assert all(attributes["alt"] for attributes in Read(page).all("img"))


def test_the_notice_stands_on_every_page_or_on_none(page):
    assert "These are &lt;synthetic&gt; data." in page
    participants = SimpleNamespace(title="Minds", short_title="Minds", question="", notice=None)
    assert "notice" not in [a.get("class") for a in Read(page_of(study=participants)).all("aside")]


@pytest.mark.parametrize("kind", ["text", "md"])
def test_text_from_data_is_text(kind):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    read = Read(page_of(output(**{kind: hostile})))
    assert len(read.all("script")) == 1
    assert read.all("img") == []


def test_the_policy_lets_the_pages_own_script_run_and_no_other(page):
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
