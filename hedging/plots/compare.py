"""Two runs side by side: what changes from one to the other, in units that can be read together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.style import CLIENT_COLOUR, INK, QUIET, new_figure, styled, text_colour, write_footer

WIDTH = 7.6  # inches: a wide page within its margins
ROW = 0.2  # inches: the height of a row
AROUND = 1.75  # inches: title, axis and notes
MOST = 32
"""Rows that a figure holds."""


@dataclass(frozen=True)
class Row:
    """One outcome: its name and what it is in either run as text, and how far apart they are."""

    label: str
    told: str
    centre: float
    low: float
    high: float
    colour: str = CLIENT_COLOUR


@styled
def side_by_side(
    rows: Sequence[Row], title: str, scale: str, about: xr.Dataset, notes: Sequence[str]
) -> Figure:
    """Draws a dot and its interval for each outcome, what rises most on top, what falls most at the bottom.

    A full dot has an interval that leaves out zero, a hollow one does not, or has none. Beyond MOST rows the
    smallest differences are left out, and counted in a note.

    Args:
        scale: what the horizontal axis shows, with its unit.
        about: the attributes that the footer tells.
    """
    largest = sorted(rows, key=lambda row: -abs(row.centre))[:MOST]
    shown = sorted(largest, key=lambda row: row.centre)
    figure = new_figure(title, AROUND + ROW * max(len(shown), 3), WIDTH)
    axes = figure.add_subplot()
    for place, row in enumerate(shown):
        _draw_row(axes, place, row)
    axes.axvline(0.0, color=INK, linewidth=0.8, zorder=1.5)
    axes.set_yticks(range(len(shown)), [row.label for row in shown])
    for tick, row in zip(axes.get_yticklabels(), shown, strict=True):
        tick.set_color(text_colour(row.colour))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, max(len(shown), 1) - 0.3)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel(scale)
    if not shown:
        axes.text(0.5, 0.5, "no outcome differs", transform=axes.transAxes, ha="center", color=QUIET)
        axes.set_xlim(-1.0, 1.0)
    left = len(rows) - len(shown)
    more = f"{left} smaller differences are in the table alone." if left else ""
    write_footer(figure, about, *notes, more)
    return figure


def _draw_row(axes: Axes, place: int, row: Row) -> None:
    """Draws one outcome, and says at the right what it is in either run."""
    certain = bool(row.low > 0.0 or row.high < 0.0)
    if np.isfinite(row.low) and np.isfinite(row.high):
        axes.hlines(place, row.low, row.high, color=row.colour, linewidth=1.6, zorder=2.5)
    axes.plot(
        row.centre,
        place,
        marker="o",
        markersize=4.5,
        color=row.colour,
        markerfacecolor=row.colour if certain else "white",
        linestyle="none",
        label=row.label,
        zorder=3.0,
    )
    axes.annotate(
        row.told,
        (1.0, place),
        xycoords=axes.get_yaxis_transform(),
        xytext=(6.0, 0.0),
        textcoords="offset points",
        va="center",
        color=QUIET,
        annotation_clip=False,
    )
