"""The style of all figures, and how a figure becomes SVG that scales and has no clock in it."""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import cycle
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import ScalarFormatter

# Okabe & Ito (2008): each group has its colour in every figure, and nothing else bears one.
GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Tol (2021): lines that are no groups. They are also told apart without colours.
LINE_COLOURS = ("#332288", "#882255", "#117733", "#AA4499", "#000000", "#999933")
LINE_STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "^", "s", "D", "v", "P")
DARK, QUIET = "#333333", "#808080"
# Better, unchanged and worse: dark, light and middle in grey as well.
CHANGES = ("#1B7837", "#E0E0E0", "#B58BC9")
FONT = "DejaVu Sans"
# The typeface of the pages; letters are measured in the wider one above.
PAGE_FONT = b"system-ui, Segoe UI, Roboto, Helvetica Neue, Noto Sans, sans-serif"
# Inches of a page's text and of a phone's, at 96 pixels an inch: texts of 9 points have 12 there.
WIDE, NARROW = 7.6, 3.7
# Neighbours that differ in their place alone; what a definition looks like stays with it.
_ALIKE = re.compile(
    rb'<(use|path) (?!id=)[^<>]*?((?: clip-path="[^"]*")? style="[^"]*")/>'
    rb"(?:<\1 (?!id=)[^<>]*?\2/>)+"
)
_LONG_NUMBER = re.compile(rb"-?\d+\.\d{2,}")


def use_style() -> None:
    """Set the style for all figures drawn after it."""
    plt.style.use(Path(__file__).with_name("figures.mplstyle"))
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")


def group_colours(study: Any) -> dict[str, str]:
    """Return the colour of each of a study's groups."""
    return {g.id: c for g, c in zip(study.groups, cycle(GROUP_COLOURS), strict=False)}


def svg_of(figure: Figure) -> bytes:
    """Return a figure as SVG, and close it."""
    svg = _drawn(figure)
    plt.close(figure)
    return svg


def svgs_of(figure: Figure) -> tuple[bytes, bytes]:
    """Return a figure as wide as the text of a page, and one for a phone, and close it.

    The second has the same texts at the same size; several panels share two columns there.
    """
    height = figure.get_figheight()
    figure.set_size_inches(WIDE, height * WIDE / max(figure.get_figwidth(), WIDE))
    wide = _drawn(figure)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    columns = {panel.get_subplotspec().colspan.start for panel in panels}
    if len(columns) > 2:
        rows = -(-len(panels) // 2)
        grid = figure.add_gridspec(rows, 2)
        for place, panel in enumerate(panels):
            panel.set_subplotspec(grid[place // 2, place % 2])
        height *= rows / -(-len(panels) // len(columns))
    for panel in panels:
        panel.set_xlabel(fill(panel.get_xlabel(), 34), loc="right")
    figure.set_size_inches(NARROW, height)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            narrow = _drawn(figure)
        except UserWarning:
            # Its texts leave no room for anything else.
            narrow = wide
    plt.close(figure)
    return wide, narrow


def _drawn(figure: Figure) -> bytes:
    # Laid out here and once: savefig would draw the figure twice more to find its layout and edges.
    FigureCanvasSVG(figure)
    ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06).execute(figure)
    stream = BytesIO()
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(stream, format="svg", metadata=metadata)
    return _compact(stream.getvalue())


def anonymous(figure: Figure) -> None:
    """Draw summaries in the place of people: no point or line of a published figure is one person.

    What shows people bears ``gid="people"``. Lines go, since the means of their groups are drawn
    beside them; points become their quartiles, with a mark at the median.
    """
    for axes in figure.axes:
        for people in [one for one in axes.collections if one.get_gid() == "people"]:
            people.remove()
            if isinstance(people, LineCollection):
                continue
            points = np.ma.getdata(people.get_offsets())
            colours = people.get_facecolors()
            for x in np.unique(points[:, 0]) if len(points) > 1 else ():
                low, middle, high = np.quantile(points[points[:, 0] == x, 1], (0.25, 0.5, 0.75))
                colour = colours[0] if len(colours) else DARK
                axes.plot([x, x], [low, high], color=colour, linewidth=2)
                axes.plot(x, middle, "o", color=colour)


def withheld(figure: Figure, words: str = "Withheld by disclosure control.") -> Figure:
    """Return a picture of words that takes the place of one that cannot be shown."""
    plt.close(figure)
    instead, axes = plt.subplots(figsize=(6.4, 0.6))
    axes.axis("off")
    axes.text(0.5, 0.5, words, ha="center", va="center", color=QUIET)
    return instead


def _compact(svg: bytes) -> bytes:
    """Round coordinates to tenths of a point and drop invisible markup, which halves the size.

    Coordinates stand in tags; what stands between them is text for readers.
    """
    svg = re.sub(rb"<[^>]+>", lambda tag: _LONG_NUMBER.sub(_rounded, tag[0]), svg)
    svg = re.sub(rb"<metadata>.*?</metadata>", b"", svg, flags=re.DOTALL)
    # Names of groups that nothing refers to, and turns by nothing.
    svg = re.sub(rb'<g id="[^"]*">', b"<g>", svg)
    svg = re.sub(rb' transform="rotate\(-0 [^"]*"', b"", svg)
    svg = re.sub(rb">\s+<", b"><", svg)
    svg = re.sub(rb' d="[^"]+"', lambda path: re.sub(rb"\s*([MLHVQCz])\s*", rb"\1", path[0]), svg)
    # What all texts, and all of a row of lines or points, have in common is said once.
    font = f"font-family: '{FONT}'".encode()
    svg = svg.replace(font + b"; ", b"")
    svg = svg.replace(b"<svg ", b'<svg style="font-family: %s" ' % PAGE_FONT, 1)
    svg = _ALIKE.sub(_with_one_look, svg)
    return re.sub(rb"\s*\n\s*", b" ", svg)


def _with_one_look(run: re.Match[bytes]) -> bytes:
    """Return a run of lines as one path, or a run of points as a group."""
    alike = run[0].replace(run[2] + b"/>", b"/>").replace(b'"/><path d="', b"")
    return b"<g%s>%s</g>" % (run[2], alike)


def _rounded(number: re.Match[bytes]) -> bytes:
    return b"%g" % round(float(number[0]), 1)


class BoundedTicks(ScalarFormatter):
    """Ticks of what cannot exceed 1, as APA 7 writes it: .05."""

    def __call__(self, value: float, position: int | None = None) -> str:
        """Return what stands at a tick."""
        return super().__call__(value, position).replace("0.", ".", 1)


def bound(*axes: Axis) -> None:
    """Write the ticks of axes of what cannot exceed 1 without a leading zero."""
    for axis in axes:
        axis.set_major_formatter(BoundedTicks())


def label_ends(
    axes: Axes, ends: Mapping[str, float], colours: Sequence[str], apart: float = 0.065
) -> None:
    """Write each line's label at its end (``ends``: its last y), apart where ends are close."""
    low, high = axes.get_ylim()
    apart *= high - low
    upwards = sorted(zip(ends.values(), ends, colours, strict=True))
    places = []
    for end, *_ in upwards:
        places.append(max([end, *(place + apart for place in places[-1:])]))
    for count, (_, label, colour) in enumerate(reversed(upwards)):
        place = min(places[-1 - count], high - count * apart)
        axes.annotate(label, (1, place), xytext=(6, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", va="center", color=colour)  # fmt: skip


def rows_figure(
    count: int,
    xlabel: str,
    reference: Sequence[float] = (),
    grid: str = "",
    height: float = 0.27,
    margin: float = 0.9,
) -> tuple[Figure, Axes]:
    """Return a figure with one row for each label, from the top, and dotted reference lines."""
    figure, axes = plt.subplots(figsize=(6.2, height * count + margin))
    # It shows estimates unless it says whose counts it shows.
    figure.people = []
    for value in reference:
        axes.axvline(value, color=QUIET, linestyle=":", linewidth=0.9)
    axes.invert_yaxis()
    axes.set_xlabel(xlabel)
    if grid:
        axes.grid(axis=grid)
        axes.set_axisbelow(True)
    return figure, axes
