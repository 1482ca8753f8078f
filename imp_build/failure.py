"""The page that a failed build leaves beside the reports, until a good one takes it away."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from imp_helpers.display.page import render_page

FILE = "failure.html"


def write_failure(why: str, reassurance: str, out: Path) -> Path:
    """Write a page that says why a build failed, and where that leaves the reader."""
    body = Markup("<p>{}</p>\n<pre class='result warning'>{}</pre>\n<p>{}</p>").format(
        "The build did not come to its end. This is what stopped it, and what to do:",
        why,
        f"{reassurance} The next build that succeeds takes this page away.",
    )
    out.mkdir(parents=True, exist_ok=True)
    page = out / FILE
    text = render_page("The reports could not be made", body)
    page.write_text(text, encoding="utf-8", newline="\n")
    return page
