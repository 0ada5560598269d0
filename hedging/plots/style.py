"""The look of every figure: sizes, colours, fonts, title and footer.

Countries bring their colour with the summary; here are those of the market, the client and the regimes.
All stay apart under the common kinds of colour blindness, and regimes keep to hues (green, purple) that no
shipped country has. Lightness, dashes, hatches and labels say the same to whoever sees or prints grey.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import xarray as xr
from matplotlib import rc_params_from_file
from matplotlib import style as mpl_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

Dashes = tuple[float, tuple[float, ...] | None]

SHEET = Path(__file__).with_name("hedging.mplstyle")
FONT = float(rc_params_from_file(SHEET, use_default_template=False)["font.size"])
"""Points at final size, the smallest used."""

WIDTH = 6.3  # inches: the text width of an A4 page, so half a page is about 6.3 x 4.6
RESOLUTION = 150.0  # dots per inch
INK = "#222222"
QUIET = "#666666"
RULE = "#888888"
"""The colour of a line at zero."""

MARKET_COLOUR = "#7A7A7A"
CLIENT_COLOUR = "#222222"
PATTERNS = (None, (6.0, 1.5), (5.0, 1.5, 1.0, 1.5), (3.0, 1.2), (5.0, 1.2, 1.0, 1.2, 1.0, 1.2))
DASHES: tuple[Dashes, ...] = tuple((0.0, pattern) for pattern in PATTERNS)
DOTTED: Dashes = (0.0, (1.0, 2.0))
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


styled = mpl_style.context(["default", SHEET])
"""Lets a function draw in this style, whatever the user's own settings, and leaves those untouched."""


def new_figure(title: str, height: float, width: float = WIDTH) -> Figure:
    """Opens a figure with its title, outside pyplot, so that nothing is left open behind it."""
    figure = Figure(figsize=(width, height), dpi=RESOLUTION, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.012, ha="left")
    return figure


def footer(summary: xr.Dataset, draws: str = "") -> str:
    """Writes the line that goes under every figure: which run this is, and what it is not."""
    count = int(summary.attrs["draws"])
    told = draws or f"{count:,} draw{'' if count == 1 else 's'}"
    run = f"{summary.attrs['study']} · {told} · seed {summary.attrs['seed']}"
    return f"{run} · a conditional mechanism, not a forecast"


def wrapped(text: str, letters: int) -> str:
    """Breaks a text into lines of so many letters."""
    return "\n".join(textwrap.wrap(text, letters))


def write_footer(figure: Figure, summary: xr.Dataset, *notes: str) -> None:
    """Puts the notes and the footer under the figure."""
    write_notes(figure, *notes, footer(summary))


def write_notes(figure: Figure, *notes: str) -> None:
    """Puts notes under the figure, each on lines of its own, wrapped to its width."""
    letters = int(figure.get_figwidth() * 72.0 / (0.56 * FONT))
    told = "\n".join(wrapped(note, letters) for note in notes if note)
    figure.supxlabel(told, x=0.012, ha="left", fontsize=FONT, color=QUIET)


def text_colour(colour: str, contrast: float = 4.5) -> str:
    """Darkens a colour, keeping its hue, until text in it can be read on white: 4.5 to 1, as WCAG 2 asks."""
    red, green, blue = to_rgb(colour)
    for step in range(100):
        rgb = tuple(part * (1.0 - step / 100.0) for part in (red, green, blue))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
        if 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= contrast:
            return "#" + "".join(f"{round(part * 255):02X}" for part in rgb)
    return INK
