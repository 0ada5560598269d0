"""Two runs side by side: what changes from one to the other, in units that can be read together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hedging.plots.axes import write_point
from hedging.plots.style import INK, QUIET, new_figure, styled, text_colour, write_footer

WIDTH = 7.6  # inches: a wide page within its margins
ROW = 0.2  # inches: the height of a row
AROUND = 1.75  # inches: title, axis and notes
MOST = 32
"""Rows that a figure holds."""


@styled
def side_by_side(
    rows: pd.DataFrame, title: str, scale: str, about: xr.Dataset, notes: Sequence[str]
) -> Figure:
    """Draws a dot and its interval for each outcome, what rises most on top, what falls most at the bottom.

    A full dot has an interval that leaves out zero, a hollow one does not, or has none. Beyond MOST rows the
    smallest differences are left out, and counted in a note.

    Args:
        rows: the label of an outcome, its means in either run as text, its colour, how far apart they are
            (standard) and the ends of the interval (standard_low, standard_high); the largest first.
        scale: what the horizontal axis shows, with its unit.
        about: the attributes that the footer tells.
    """
    shown = rows.head(MOST).sort_values("standard", kind="stable", ignore_index=True)
    figure = new_figure(title, AROUND + ROW * max(len(shown), 3), WIDTH)
    axes = figure.add_subplot()
    bars = shown.dropna(subset=["standard_low", "standard_high"])
    low, high, colours = (bars[key].tolist() for key in ("standard_low", "standard_high", "colour"))
    axes.hlines(bars.index.tolist(), low, high, colours, linewidth=1.6, zorder=2.5)
    dot: dict[str, Any] = {"marker": "o", "markersize": 4.5, "linestyle": "none", "zorder": 3.0}
    right: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "va": "center"}
    for place, row in enumerate(shown.to_dict("records")):
        colour, certain = row["colour"], row["standard_low"] > 0.0 or row["standard_high"] < 0.0
        fill = colour if certain else "white"
        axes.plot(row["standard"], place, color=colour, markerfacecolor=fill, label=row["label"], **dot)
        write_point(axes, row["means"], (1.0, place), (6.0, 0.0), QUIET, annotation_clip=False, **right)
    axes.axvline(0.0, color=INK, linewidth=0.8, zorder=1.5)
    axes.set_yticks(shown.index, shown["label"])
    for tick, colour in zip(axes.get_yticklabels(), shown["colour"], strict=True):
        tick.set_color(text_colour(colour))
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(-0.7, max(len(shown), 1) - 0.3), xlabel=scale)
    axes.grid(visible=True, axis="x")
    if shown.empty:
        axes.text(0.5, 0.5, "no outcome differs", transform=axes.transAxes, ha="center", color=QUIET)
        axes.set_xlim(-1.0, 1.0)
    left = len(rows) - len(shown)
    more = f"{left} smaller differences are in the table alone." if left else ""
    write_footer(figure, about, *notes, more)
    return figure
