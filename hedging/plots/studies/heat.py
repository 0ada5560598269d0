"""Two axes at once: an outcome, or the best value of a third axis, as a map."""

from __future__ import annotations

import textwrap
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
CONTOURS = 7
LETTERS = 88
"""Letters that fit below all maps of a row together."""

MOST_WRITTEN = 80
"""Cells up to which each has its number written in it."""

MOST_BESIDE = 8
"""Cells beside each other that still have room for a number."""


def heat(view: View) -> Figure:
    """Draw a map over two axes; with `best` of the value of that axis at which the outcome is greatest.

    Cells whose best value is an end of its axis are hatched: the true best may lie beyond it.
    Options: x, y, panels (one each), best, facet (arm, rule or an axis), statistic (mean), contours.
    """
    x, y = view.x(), str(view.option("y", next(a for a in view.axes if a != view.x())))
    best, facet = view.option("best"), view.option("facet")
    kept = [name for name in (x, y, best, facet) if name]
    maps: list[tuple[str, xr.DataArray, dict[str, float]]] = []
    for panel in view.panels:
        variable = view.variable(str(panel["outcome"]), *kept).sel(statistic=view.option("statistic", "mean"))
        title = view.outcome_label(panel, str(panel["outcome"]))
        for actor, part in view.split(variable, facet):
            told = actor.label if facet and len(view.panels) == 1 else title
            told += f", {actor.label}" if facet and len(view.panels) > 1 else ""
            maps.append((told, part, scale_of(variable, best)))
    columns = min(len(maps), 3 if facet else 2)
    rows = -(-len(maps) // columns)
    figure = view.figure(1.4 + (2.6 if columns > 1 else 3.2) * rows + 0.14 * len(view.verdicts()))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(maps):
            axes.remove()
            continue
        title, variable, scale = maps[place]
        mesh = draw_map(axes, view, variable, (x, y), best, scale)
        shared = facet and len(view.panels) == 1
        if not shared or place == len(maps) - 1:
            beside = list(grid.flat)[: len(maps)] if shared else axes
            key = figure.colorbar(mesh, ax=beside, pad=0.02, aspect=25)
            key.set_label(view.axis_label(best) if best else view.unit(str(variable.name)))
            key.outline.set_visible(False)
        view.title(axes, title, columns)
        label = "\n".join(textwrap.wrap(view.axis_label(x), LETTERS // columns))
        axes.set_xlabel(label if place + columns >= len(maps) else "")
        axes.tick_params(labelbottom=place + columns >= len(maps))
        axes.set_ylabel(view.axis_label(y) if place % columns == 0 else "")
    note = f"Colour: {view.option('statistic', 'mean')} over draws."
    if best:
        greatest = f"Colour: {view.axis_label(best)} at which the mean is greatest."
        note = f"{greatest} Hatched: an end of what was tried."
    view.footer(figure, note)
    return settle(figure)


def scale_of(variable: xr.DataArray, best: str | None) -> dict[str, float]:
    """The ends of the colours, the same for every facet: of the outcome, or of the axis whose best is
    shown."""
    shown = np.asarray(variable[best].values if best else variable.values, dtype=np.float64)
    return {"vmin": float(np.nanmin(shown)), "vmax": float(np.nanmax(shown))}


def draw_map(
    axes: Axes,
    view: View,
    values: xr.DataArray,
    over: tuple[str, str],
    best: str | None,
    scale: Mapping[str, float],
) -> Any:
    """Draw one map; gives what a key of its colours needs."""
    x, y = over
    ordered = values.transpose(y, x, *([best] if best else []))
    table = np.asarray(ordered.values, dtype=np.float64)
    ends = np.zeros(table.shape[:2], dtype=bool)
    if best:
        tried = np.asarray(ordered[best].values, dtype=np.float64)
        place = np.where(np.isnan(table), -np.inf, table).argmax(axis=-1)
        ends = (place == 0) | (place == len(tried) - 1)
        table = tried[place]
    mesh = axes.pcolormesh(table, cmap=COLOURS, vmin=scale["vmin"], vmax=scale["vmax"])
    for row, column in zip(*np.nonzero(ends), strict=True):
        box = Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="white", linewidth=0.0)
        axes.add_patch(box)
    if view.option("contours") and min(table.shape) > 1:
        centres = [np.arange(size) + 0.5 for size in table.shape[::-1]]
        levels = np.linspace(scale["vmin"], scale["vmax"], CONTOURS + 2)[1:-1]
        drawn = axes.contour(*centres, table, levels=np.round(levels, 2), colors="white", linewidths=0.9)
        axes.clabel(drawn, fmt="%g")
    elif table.size <= MOST_WRITTEN and table.shape[1] <= MOST_BESIDE:
        write_cells(axes, table, mesh.to_rgba(table))
    for values_of, set_ticks in (
        (positions(view, values, x), axes.set_xticks),
        (positions(view, values, y), axes.set_yticks),
    ):
        at, labels = values_of
        told = labels or [f"{value:g}" for value in at]
        every = -(-len(told) // 6)
        set_ticks(np.arange(len(told))[::every] + 0.5, told[::every])
    axes.grid(False)
    return mesh


def write_cells(axes: Axes, table: Array, colours: Any) -> None:
    """Write each number into its cell, dark on light and light on dark."""
    for (row, column), value in np.ndenumerate(table):
        if np.isfinite(value):
            shade = float(np.dot(to_rgb(colours[row, column][:3]), (0.299, 0.587, 0.114)))
            ink = INK if shade > 0.5 else "white"
            axes.text(column + 0.5, row + 0.5, f"{value:.3g}", ha="center", va="center", color=ink)
