"""The look of every figure: sizes, colours, fonts, title and footer.

Countries bring their colour with the summary; here are those of the market, the client and the regimes.
All stay apart under the common kinds of colour blindness, and regimes keep to hues (green, purple) that no
shipped country has. Lightness, dashes, hatches and labels say the same to whoever sees or prints grey.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import xarray as xr
from matplotlib import style as mpl_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

Dashes = tuple[float, tuple[float, ...] | None]
P = ParamSpec("P")
R = TypeVar("R")

WIDTH = 6.3  # inches: the text width of an A4 page, so half a page is about 6.3 x 4.6
RESOLUTION = 150.0  # dots per inch
FONT = 8.0  # points at final size, the smallest used
INK = "#222222"
QUIET = "#666666"
MARKET_COLOUR = "#7A7A7A"
CLIENT_COLOUR = "#222222"
DASHES: tuple[Dashes, ...] = (
    (0.0, None),
    (0.0, (6.0, 1.5)),
    (0.0, (5.0, 1.5, 1.0, 1.5)),
    (0.0, (3.0, 1.2)),
    (0.0, (5.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
MARKET_DASHES: Dashes = (0.0, (1.2, 1.2))
# Read upwards: from the free hand (green) over idleness (grey) to dependence and loss (purple to black).
REGIMES: dict[str, tuple[str, str]] = {
    "hedging": ("#2E8B57", ""),
    "balancing": ("#A6DBA0", ".."),
    "passive": ("#ECECEC", ""),
    "bandwagon": ("#D4B9E0", "\\\\\\"),
    "rupture": ("#C257A8", "////"),
    "absorption": ("#5E2370", "xxx"),
    "collapse": ("#1A1A1A", ""),
}
UNKNOWN_REGIME = ("#9A8F7A", "++")

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT,
    "ytick.labelsize": FONT,
    "legend.fontsize": FONT,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.titlesize": 10.0,
    "figure.titleweight": "bold",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "lines.linewidth": 1.8,
    "lines.markersize": 4.0,
    "lines.scale_dashes": True,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Lets a function draw in this style, whatever the user's own settings, and leaves those untouched."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl_style.context(["default", STYLE]):
            return draw(*args, **kwargs)

    return drawn


def new_figure(title: str, height: float, width: float = WIDTH) -> Figure:
    """Opens a figure with its title, outside pyplot, so that nothing is left open behind it."""
    figure = Figure(figsize=(width, height), dpi=RESOLUTION, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.012, ha="left")
    return figure


def footer(summary: xr.Dataset) -> str:
    """Writes the line that goes under every figure: which run this is, and what it is not."""
    draws = int(summary.attrs["draws"])
    run = (
        f"{summary.attrs['study']} · {draws:,} draw{'' if draws == 1 else 's'} · seed {summary.attrs['seed']}"
    )
    return f"{run} · a conditional mechanism, not a forecast"


def band_note(summary: xr.Dataset, banded: bool) -> str:
    """Explains line and bands, or why there is a line without bands."""
    if banded:
        return "Line: median; bands: middle half (dark) and 5 to 95% (light) of draws."
    expected = summary.attrs.get("chance") == "expected"
    if int(summary.attrs["draws"]) == 1:
        return f"One draw{', chance at its expected value' if expected else ''}: a line, no band."
    return f"Every draw alike{', chance at its expected value' if expected else ' here'}: a line, no band."


def write_footer(figure: Figure, summary: xr.Dataset, *notes: str) -> None:
    """Puts the notes and the footer under the figure, wrapped to its width."""
    letters = int(figure.get_figwidth() * 72.0 / (0.56 * FONT))
    lines = [line for note in (*notes, footer(summary)) if note for line in textwrap.wrap(note, letters)]
    figure.supxlabel("\n".join(lines), x=0.012, ha="left", fontsize=FONT, color=QUIET)


def text_colour(colour: str, contrast: float = 4.5) -> str:
    """Darkens a colour, keeping its hue, until text in it can be read on white: 4.5 to 1, as WCAG 2 asks."""
    red, green, blue = to_rgb(colour)
    for step in range(100):
        rgb = tuple(part * (1.0 - step / 100.0) for part in (red, green, blue))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
        if 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= contrast:
            return "#" + "".join(f"{round(part * 255):02X}" for part in rgb)
    return INK
