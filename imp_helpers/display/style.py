"""The style of all figures, and how a figure becomes SVG that scales and has no clock in it."""

import os
import re
from collections.abc import Sequence
from io import BytesIO
from itertools import cycle
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import ScalarFormatter

from imp_helpers.study.study import Study

# Okabe & Ito (2008): blue and vermilion for the two groups, grey for what is beside the point.
GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
# Of lines and points, which are also told apart without colours.
LINE_COLOURS = (*GROUP_COLOURS, "#000000", "#E69F00")
LINE_STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "^", "s", "D", "v", "P")
QUIET = "#767676"
DIVERGING = ("#B35900", "#E8A35C", "#D9D9D9", "#7FB4D6", "#0B5A8F")
FONT = "DejaVu Sans"
_LONG_NUMBER = re.compile(rb"-?\d+\.\d{3,}")


def use_style() -> None:
    """Set the style for all figures drawn after it."""
    plt.style.use(Path(__file__).with_name("figures.mplstyle"))
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")


def group_colours(study: Study) -> dict[str, str]:
    """Return each group's colour."""
    return {g.id: c for g, c in zip(study.groups, cycle(LINE_COLOURS), strict=False)}


def svg_of(figure: Figure, notice: str | None) -> bytes:
    """Return a figure as SVG with the notice above it if there is one, and close it."""
    # Laid out here and once: savefig would draw the figure twice more to find its layout and edges.
    FigureCanvasSVG(figure)
    ConstrainedLayoutEngine().execute(figure)
    box = figure.bbox_inches.padded(0.06)
    if notice:
        style = {"color": "#B00020", "size": 9, "weight": "bold"}
        above = 1 + 0.05 / figure.get_figheight()
        figure.text(0.0, above, "SYNTHETIC DATA", ha="left", va="bottom", **style)
        box.y1 += 0.2
    stream = BytesIO()
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(stream, format="svg", bbox_inches=box, metadata=metadata)
    plt.close(figure)
    return _compact(stream.getvalue())


def anonymous(figure: Figure) -> None:
    """Draw the points and lines of people in the order of their values, not of their numbers.

    The order in a file would tell whose they are, and which point of one panel belongs to which
    of another.
    """
    for axes in figure.axes:
        for points in axes.collections:
            places = np.ma.getdata(points.get_offsets())
            order = np.lexsort(places.T[::-1]) if len(places) else []
            colours = points.get_facecolors()
            points.set_offsets(places[order])
            if len(colours) == len(places):
                points.set_facecolors(colours[order])
        for line in axes.lines:
            x, y = (np.asarray(values, dtype=float) for values in line.get_data())
            # Lines of people are one path with a gap behind each person.
            if len(y) >= 3 and len(y) % 3 == 0 and np.isnan(y[2::3]).all():
                people = y.reshape(-1, 3)
                line.set_data(x, people[np.lexsort(people.T[1::-1])].ravel())


def withheld(figure: Figure) -> Figure:
    """Return a picture that takes the place of one that may not be shown."""
    plt.close(figure)
    instead, axes = plt.subplots(figsize=(6.4, 0.6))
    axes.axis("off")
    axes.text(0.5, 0.5, "Withheld by disclosure control.", ha="center", va="center", color=QUIET)
    return instead


def _compact(svg: bytes) -> bytes:
    """Round coordinates to hundredths of a point and leave out what nobody sees: half the size.

    Coordinates stand in tags; what stands between them is text for readers.
    """
    svg = re.sub(rb"<[^>]+>", lambda tag: _LONG_NUMBER.sub(_rounded, tag[0]), svg)
    svg = re.sub(rb"<metadata>.*?</metadata>", b"", svg, flags=re.DOTALL)
    # Names of groups that nothing refers to, and turns by nothing.
    svg = re.sub(rb'<g id="[^"]*">', b"<g>", svg)
    svg = re.sub(rb' transform="rotate\(-0 [^"]*"', b"", svg)
    svg = re.sub(rb">\s+<", b"><", svg)
    svg = svg.replace(f"'{FONT}'".encode(), f"'{FONT}', Verdana, sans-serif".encode())
    return re.sub(rb"\s*\n\s*", b" ", svg)


def _rounded(number: re.Match[bytes]) -> bytes:
    return b"%g" % round(float(number[0]), 2)


class BoundedTicks(ScalarFormatter):
    """Ticks of what cannot exceed 1, as APA 7 writes it: .05."""

    def __call__(self, value: float, position: int | None = None) -> str:
        """Return what stands at a tick."""
        return super().__call__(value, position).replace("0.", ".", 1)


def bound(*axes: Axis) -> None:
    """Write the ticks of axes of what cannot exceed 1 without a leading zero."""
    for axis in axes:
        axis.set_major_formatter(BoundedTicks())


def rows_figure(
    count: int,
    xlabel: str,
    reference: Sequence[float] = (),
    grid: str = "",
    height: float = 0.27,
    margin: float = 0.9,
) -> tuple[Figure, Axes]:
    """Return a figure with a line for each of some labels, from the top, and dotted references."""
    figure, axes = plt.subplots(figsize=(6.6, height * count + margin))
    for value in reference:
        axes.axvline(value, color=QUIET, linestyle=":", linewidth=0.9)
    axes.invert_yaxis()
    axes.set_xlabel(xlabel)
    if grid:
        axes.grid(axis=grid)
        axes.set_axisbelow(True)
    return figure, axes
