"""The look of every figure, and what it reads out of a summary: colours, sizes, actors, series."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import rc_params_from_file
from matplotlib import style as mpl_style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hedging.errors import HedgingError
from hedging.measures.aggregate import STATISTICS
from hedging.world import dates

Dashes = tuple[float, tuple[float, ...] | None]

SHEET = Path(__file__).with_name("hedging.mplstyle")
FONT = float(rc_params_from_file(SHEET, use_default_template=False)["font.size"])
"""Points at final size, the smallest used."""

WIDTH = 6.3  # inches: the text width of an A4 page, so half a page is about 6.3 x 4.6
LETTERS = 105
"""Letters that fit beside each other across a figure."""

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


Array = NDArray[np.float64]

CLIENT = "client"
QUARTER = 0.25  # of a year: time runs in years on every axis
UNIT_WORDS = {
    "usd_bn": "USD bn",
    "usd_bn/quarter": "USD bn per quarter",
    "share": "share, 0 to 1",
    "share/quarter": "share per quarter",
    "1": "index",
    "1/quarter": "index per quarter",
    "quarter": "quarters",
    "utility/quarter": "utility per quarter",
}

OF_MEASURES = ("statistic", "quarter", "patron", "partner", "label")
"""Dimensions that a measure has by itself, not from what a study varies."""


class MissingMeasure(HedgingError):
    """Says that the summary lacks what a figure is drawn from, as an older run may."""


@dataclass(frozen=True)
class Actor:
    """Holds how one country or creditor is named and drawn, the same in every figure."""

    name: str
    label: str
    colour: str
    dashes: Dashes

    @property
    def look(self) -> dict[str, Any]:
        """How its line is drawn; without a label it has no place in a key."""
        return {"label": self.label or "_", "color": self.colour, "linestyle": self.dashes, "zorder": 3.0}


MARKET = Actor("market", "market", MARKET_COLOUR, MARKET_DASHES)
REST_OF_WORLD = Actor("rest_of_world", "rest of world", MARKET_COLOUR, MARKET_DASHES)


def axes_of(summary: xr.Dataset) -> list[str]:
    """Lists the axes of a study, in its order."""
    return [str(dim) for dim in summary.dims if dim not in (*OF_MEASURES, "rule", "arm")]


def measure(summary: xr.Dataset, name: str) -> xr.DataArray:
    """Gives one measure of the summary.

    Raises: MissingMeasure, naming the measure or the statistic that is not there.
    """
    if name not in summary.data_vars:
        held = ", ".join(sorted(str(variable) for variable in summary.data_vars)) or "nothing"
        raise MissingMeasure(f"this summary has no measure '{name}', which this figure shows; it has {held}")
    variable = summary[name]
    if "statistic" in variable.dims:
        lacking = sorted(set(STATISTICS) - {str(label) for label in variable["statistic"].values})
        if lacking:
            raise MissingMeasure(f"measure '{name}' has no statistic {', '.join(lacking)} in this summary")
    return variable


def attribute(summary: xr.Dataset, name: str) -> Any:
    """Gives one attribute of the summary.

    Raises: MissingMeasure, naming the attribute that is not there.
    """
    if name not in summary.attrs:
        raise MissingMeasure(f"this summary has no attribute '{name}', which every figure needs")
    return summary.attrs[name]


def statistic(variable: xr.DataArray, name: str | list[str]) -> Array:
    """Takes one statistic of a measure, or several, which come first."""
    return np.asarray(variable.sel(statistic=name).values, dtype=np.float64)


def patrons(summary: xr.Dataset) -> list[Actor]:
    """Lists the patrons with their label, colour and line, in the order of the summary."""
    names, labels, colours = (attribute(summary, key) for key in ("patrons", "labels", "colours"))
    return [
        Actor(str(name), str(label), str(colour), DASHES[place % len(DASHES)])
        for place, (name, label, colour) in enumerate(zip(names, labels, colours, strict=True))
    ]


def dominant(summary: xr.Dataset) -> Actor:
    """Finds the patron that starts with the largest share of trade, the first of equals."""
    share = measure(summary, "trade_share").sel(statistic="mean").isel(quarter=0)
    return max(patrons(summary), key=lambda patron: float(share.sel(partner=patron.name)))


def members(summary: xr.Dataset, name: str) -> list[tuple[Actor, xr.DataArray]]:
    """Splits a measure by whom it is of: every patron in turn, of trade the dominant one first and the rest
    of the world last; the client where it is of no other."""
    variable, actors = measure(summary, name), patrons(summary)
    if "partner" in variable.dims:
        first = dominant(summary)
        actors = [first, *(patron for patron in actors if patron != first), REST_OF_WORLD]
    for dim in ("partner", "patron"):
        if dim in variable.dims:
            return [(actor, variable.sel({dim: actor.name})) for actor in actors]
    client = Actor(CLIENT, name.replace("_", " "), CLIENT_COLOUR, DASHES[0])
    return [(MARKET if name == "market_debt" else client, variable)]


def years(quarters: Iterable[Any]) -> Array:
    """Turns quarter labels ("2015Q3") into years at the start of the quarter (2015.5)."""
    places = [dates.index(label, "a figure") for label in quarters]
    return np.float64(dates.FIRST_YEAR) + QUARTER * np.array(places, dtype=np.float64)


def series(variable: xr.DataArray) -> tuple[Array, xr.DataArray]:
    """Takes a series where it has values, and when: a state stands at the start of its quarter, a flow in
    its middle."""
    known = np.isfinite(statistic(variable, "p50")) | np.isfinite(statistic(variable, "mean"))
    time = years(variable["quarter"].values) + (0.0 if variable.attrs.get("state", True) else QUARTER / 2)
    return time[known], variable.isel(quarter=np.flatnonzero(known))


def unit_words(unit: str) -> str:
    """Tells a unit as a reader knows it."""
    return UNIT_WORDS.get(unit, unit)
