"""Two axes at once: an outcome, or the best value of a third axis, as a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hedging.plots.axes import settle
from hedging.plots.reading import Array
from hedging.plots.studies.lines import positions
from hedging.plots.studies.view import View
from hedging.plots.style import INK

COLOURS = "cividis"
MOST_WRITTEN = 80
"""Cells up to which each has its number written in it."""


def heat(view: View) -> Figure:
    """Draw a map over two axes; with `best` of the value of that axis at which the outcome is greatest.

    Cells whose best value is an end of its axis are hatched: the true best may lie beyond it.
    Options: x, y, panels (one each), best, facet (arm, rule or an axis), statistic (mean), contours.
    """
    x, y = view.x(), str(view.option("y", next(a for a in view.axes if a != view.x())))
    best, facet = view.option("best"), view.option("facet")
    kept = [name for name in (x, y, best, facet) if name]
    maps: list[tuple[Mapping[str, Any], str, xr.DataArray]] = []
    for panel in view.panels:
        variable = view.variable(str(panel["outcome"]), *kept)
        title = view.outcome_label(panel, str(panel["outcome"]))
        for actor, part in view.split(variable, facet):
            maps.append((panel, ", ".join(filter(None, (title, actor.label))), part))
    columns = min(len(maps), 2)
    rows = -(-len(maps) // columns)
    figure = view.figure(1.4 + (2.6 if columns == 2 else 3.2) * rows + 0.14 * len(view.verdicts()))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(maps):
            axes.remove()
            continue
        panel, title, variable = maps[place]
        draw_map(figure, axes, view, variable.sel(statistic=view.option("statistic", "mean")), (x, y), best)
        view.title(axes, title, columns)
        axes.set_xlabel(view.axis_label(x) if place + columns >= len(maps) else "")
        axes.set_ylabel(view.axis_label(y) if place % columns == 0 else "")
    note = f"Colour: {view.option('statistic', 'mean')} over draws."
    if best:
        greatest = f"Colour: {view.axis_label(best)} at which the mean is greatest."
        note = f"{greatest} Hatched: an end of what was tried."
    view.footer(figure, note)
    return settle(figure)


def draw_map(
    figure: Figure, axes: Axes, view: View, values: xr.DataArray, over: tuple[str, str], best: str | None
) -> None:
    """Draw one map, with its key beside it."""
    x, y = over
    ordered = values.transpose(y, x, *([best] if best else []))
    table = np.asarray(ordered.values, dtype=np.float64)
    ends = np.zeros(table.shape[:2], dtype=bool)
    scale: dict[str, Any] = {}
    if best:
        tried = np.asarray(ordered[best].values, dtype=np.float64)
        place = np.where(np.isnan(table), -np.inf, table).argmax(axis=-1)
        ends = (place == 0) | (place == len(tried) - 1)
        table, scale = tried[place], {"vmin": float(tried.min()), "vmax": float(tried.max())}
    mesh = axes.pcolormesh(table, cmap=COLOURS, **scale)
    key = figure.colorbar(mesh, ax=axes, pad=0.02)
    key.set_label(view.axis_label(best) if best else view.unit(str(values.name)))
    key.outline.set_visible(False)
    for row, column in zip(*np.nonzero(ends), strict=True):
        box = Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="white", linewidth=0.0)
        axes.add_patch(box)
    if view.option("contours") and min(table.shape) > 1:
        centres = [np.arange(size) + 0.5 for size in table.shape[::-1]]
        drawn = axes.contour(*centres, table, colors=INK, linewidths=0.8)
        axes.clabel(drawn, fmt="%g")
    elif table.size <= MOST_WRITTEN:
        write_cells(axes, table, mesh.to_rgba(table))
    for values_of, set_ticks in (
        (positions(values, x), axes.set_xticks),
        (positions(values, y), axes.set_yticks),
    ):
        at, labels = values_of
        told = labels or [f"{value:g}" for value in at]
        every = -(-len(told) // 8)
        set_ticks(np.arange(len(told))[::every] + 0.5, told[::every])
    axes.grid(False)


def write_cells(axes: Axes, table: Array, colours: Any) -> None:
    """Write each number into its cell, dark on light and light on dark."""
    for (row, column), value in np.ndenumerate(table):
        if np.isfinite(value):
            shade = float(np.dot(to_rgb(colours[row, column][:3]), (0.299, 0.587, 0.114)))
            ink = INK if shade > 0.5 else "white"
            axes.text(column + 0.5, row + 0.5, f"{value:.3g}", ha="center", va="center", color=ink)
