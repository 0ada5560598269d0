"""Series over quarters by arm, and how they differ draw by draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import draw_marks, settle
from hedging.plots.panels import DARK, LIGHT, MIDDLE, draw_band
from hedging.plots.reading import QUARTER, years
from hedging.plots.studies.view import View, statistic

PATH = "path:"
ALIKE = 1e-9
"""Differences below this are none."""


def paths(view: View) -> Figure:
    """Draw series over quarters, a panel each, a line for each arm; those named in `differences` as a paired
    difference, with both bands and a line at 0.

    Options: panels (of paths), by (arm, rule or an axis), differences, start and stop (quarters), columns.
    """
    by = view.by("rule") if view.option("by") != "rule" else "rule"
    columns = int(view.option("columns", 1 if len(view.panels) == 1 else 2))
    rows = -(-len(view.panels) // columns)
    figure = view.figure(1.6 + 1.75 * rows + 0.14 * len(view.verdicts()))
    grid = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(view.panels):
            axes.remove()
            continue
        panel = view.panels[place]
        outcome = str(panel["outcome"])
        path_panel(axes, view, outcome, by)
        view.title(axes, view.outcome_label(panel, outcome), columns)
        axes.set_ylabel(view.unit(PATH + outcome, panel))
        axes.set_xlabel("start of year" if place + columns >= len(view.panels) else "")
    view.key(figure)
    several = " Where arms share a panel, the middle half alone." if by else ""
    differ = " Differences are draw by draw, on the same luck." if view.option("differences") else ""
    view.footer(
        figure, f"Line: median; bands: middle half (dark), 5 to 95% (light) of draws.{several}{differ}"
    )
    return settle(figure)


def path_panel(axes: Axes, view: View, outcome: str, by: str | None) -> None:
    """Draw one series, line by line."""
    variable = window(view, view.variable(PATH + outcome, *([by] if by else [])))
    time = years(variable["quarter"].values)
    difference = outcome in (view.option("differences") or [])
    for actor, line in view.split(variable, by):
        if difference and by == "arm" and actor.name == view.summary.attrs["reference"].get("arm"):
            continue  # it does not differ from itself
        many = by is not None and not difference
        if not many:
            draw_band(axes, time, statistic(line, "p05"), statistic(line, "p95"), actor.colour, LIGHT)
        low, high = statistic(line, "p25"), statistic(line, "p75")
        draw_band(axes, time, low, high, actor.colour, MIDDLE if many else DARK)
        middle = statistic(line, "p50")
        look: dict[str, Any] = {"color": actor.colour, "linestyle": actor.dashes}
        axes.plot(time, middle, label=actor.label or "_", zorder=3.0, **look)
    if difference:
        axes.axhline(0.0, color="#888888", linewidth=0.8, zorder=2.0)
    if difference and max(abs(end) for end in axes.dataLim.intervaly) < ALIKE:
        axes.set_ylim(-1.0, 1.0)
        axes.set_yticks([0.0])
        axes.text(0.5, 0.62, "no difference in 5 to 95% of draws", transform=axes.transAxes, ha="center")
    axes.set_xlim(float(time[0]), float(time[-1]))
    first, last = int(np.ceil(time[0])), int(np.floor(time[-1] + 1e-9))
    every = max(1, -(-(last - first + 1) // 6))
    axes.set_xticks(np.arange(first, last + 1, every))
    axes.set_xticks(
        np.arange(time[0], time[-1] + QUARTER / 2, QUARTER if last - first < 4 else 1.0), minor=True
    )
    draw_marks(axes, view.summary, labelled=False)


def window(view: View, variable: xr.DataArray) -> xr.DataArray:
    """The quarters that are shown."""
    labels = [str(label) for label in variable["quarter"].values]
    start, stop = str(view.option("start", labels[0])), str(view.option("stop", labels[-1]))
    inside = [place for place, label in enumerate(labels) if start <= label <= stop]
    known = variable.isel(quarter=inside)
    return known.dropna("quarter", how="all")
