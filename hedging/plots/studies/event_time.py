"""Series counted from an event whose date is an axis: the same moment under each other, whenever it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.panels import MIDDLE, draw_band
from hedging.plots.reading import QUARTER, Array
from hedging.plots.studies.paths import PATH
from hedging.plots.studies.view import View, statistic
from hedging.plots.style import QUIET
from hedging.world import dates

START, STOP = -16, 8
"""Quarters before and after the event that are shown unless said."""


def event_time(view: View) -> Figure:
    """Draw series by quarters to the event, a panel each, a line for each date of it; one that never comes is
    left out.

    Options: event (an axis of quarters), panels (of paths; centre: mean or p50), start and stop (quarters
    from the event), columns.
    """
    event = str(view.option("event"))
    columns = int(view.option("columns", 1 if len(view.panels) == 1 else 2))
    rows = -(-len(view.panels) // columns)
    figure = view.figure(1.6 + 1.75 * rows + 0.14 * len(view.verdicts()))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(view.panels):
            axes.remove()
            continue
        panel = view.panels[place]
        event_panel(axes, view, panel, event)
        view.title(axes, view.outcome_label(panel, str(panel["outcome"])), columns)
        axes.set_ylabel(view.unit(PATH + str(panel["outcome"]), panel))
        if place + columns >= len(view.panels):
            axes.set_xlabel("years from the event")
    view.key(figure)
    means = any(panel.get("centre") == "mean" for panel in view.panels)
    told = "Line: median, band: middle half of draws"
    view.footer(figure, told + ("; of probabilities the mean alone." if means else "."), "Dotted: the event.")
    return settle(figure)


def event_panel(axes: Axes, view: View, panel: Mapping[str, Any], event: str) -> None:
    """Draw one series, a line for each date of the event."""
    variable = view.variable(PATH + str(panel["outcome"]), event)
    first, last = int(view.option("start", START)), int(view.option("stop", STOP))
    centre = str(panel.get("centre", "p50"))
    for actor, line in view.split(variable, event):
        when = float(line[event])
        if not np.isfinite(when):
            continue
        ahead: Array = np.arange(line.sizes["quarter"], dtype=np.float64) - when
        shown = (ahead >= first) & (ahead <= last) & np.isfinite(statistic(line, centre))
        time: Array = QUARTER * ahead[shown]
        part = line.isel(quarter=np.flatnonzero(shown))
        if centre != "mean":
            draw_band(axes, time, statistic(part, "p25"), statistic(part, "p75"), actor.colour, MIDDLE)
        look: dict[str, Any] = {"color": actor.colour, "linestyle": actor.dashes}
        axes.plot(time, statistic(part, centre), label=dates.label(int(when)), zorder=3.0, **look)
    low, high = axes.dataLim.intervaly
    if low < 0 < high:
        axes.axhline(0.0, color="#888888", linewidth=0.8, zorder=2.0)
    axes.axvline(0.0, color=QUIET, linewidth=0.9, linestyle=(0.0, (1.0, 2.0)), zorder=1.5)
