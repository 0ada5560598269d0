"""Outcomes over two axes: as a map, as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hedging.errors import HedgingError
from hedging.plots.axes import draw_cells
from hedging.plots.kind import Axis, Panel, Panels, Swept, figure_kind
from hedging.plots.style import Actor, wrapped
from hedging.plots.view import Size, View

CONTOURS = 7
TICKS = 6
"""Values that are written beside an axis at most."""

LETTERS = 88
"""Letters that fit below all maps of a row together."""

MOST_WRITTEN = 80
"""Cells up to which each has its number written in it."""

MOST_BESIDE = 8
"""Cells beside each other that still have room for a number."""

Map = tuple[Panel, Actor, xr.DataArray, Size]
"""What it shows, of which facet, its values, and the ends of its colours."""


@figure_kind(reads="measures")
def heat(
    view: View,
    panels: Panels,
    x: Axis | None = None,
    y: Axis | None = None,
    best: Swept | None = None,
    facet: Axis | None = None,
    contours: bool = False,
) -> Figure:
    """Draw a map over two axes; with `best` of the value of that axis at which the outcome is greatest.

    Cells whose best value is an end of its axis are hatched: the true best may lie beyond it.
    Options: best, facet (arm, rule or an axis: a map each), contours.
    """
    x, y = view.x(x), view.x(y, view.x(x))
    maps = list_maps(view, panels, [y, x, best, facet])
    shared = facet is not None and len(panels) == 1
    columns = min(len(maps), 3 if facet else 2)
    inches = (1.4, 2.6 if columns > 1 else 3.2)
    figure, grid, columns = view.panels(len(maps), columns, inches, sharex=True, sharey=True)
    for place, (axes, (panel, actor, values, ends)) in enumerate(zip(grid, maps, strict=True)):
        mesh = draw_map(axes, values, best, ends, contours)
        if not shared or axes is grid[-1]:
            told = view.axis_label(best) if best else view.unit(panel)
            key = figure.colorbar(mesh, ax=grid if shared else axes, pad=0.02, aspect=25, label=told)
            key.outline.set_visible(False)
        view.title(axes, columns, "" if shared else view.label(panel), actor.label)
        for axis, set_ticks in zip((x, y), (axes.set_xticks, axes.set_yticks), strict=True):
            names = view.names(values, axis, letters=8)
            every = -(-len(names) // TICKS)
            set_ticks(np.arange(len(names))[::every] + 0.5, names[::every])
        if axes in grid[-columns:]:
            axes.set_xlabel(wrapped(view.axis_label(x), LETTERS // columns))
        if place % columns == 0:
            axes.set_ylabel(view.axis_label(y))
    note = "mean over draws."
    if best:
        note = f"{view.axis_label(best)} at which the mean is greatest. Hatched: an end of what was tried."
    return view.footer(figure, f"Colour: {note}")


def list_maps(view: View, panels: Panels, kept: list[str | None]) -> list[Map]:
    """List a map for each panel and facet; the ends of the colours, of the outcome or of the axis whose best
    is shown, are the same for every facet."""
    best, facet = kept[2:]
    if len(set(kept) - {None}) < len(kept) - kept.count(None):
        raise HedgingError(f"figure (heat): {', '.join(filter(None, kept))}: each axis must be another")
    maps: list[Map] = []
    for panel in panels:
        variable = view.variable(panel.first, *kept).sel(statistic="mean").transpose(*filter(None, kept))
        shown = variable[best] if best else variable
        ends = float(shown.min()), float(shown.max())
        maps += [(panel, actor, part, ends) for actor, part in view.split(variable, facet)]
    return maps


def draw_map(axes: Axes, values: xr.DataArray, best: str | None, ends: Size, contours: bool) -> Any:
    """Draw one map of numbers, or of where along the axis `best` each is greatest; gives what a key of its
    colours needs."""
    table, hatched, (low, high) = values.values, np.empty((0, 2), dtype=np.intp), ends
    if best:
        place = values.fillna(-np.inf).values.argmax(axis=-1)
        table, hatched = values[best].values[place], np.argwhere(np.isin(place, (0, values.sizes[best] - 1)))
    lined = contours and min(table.shape) > 1
    written = not lined and table.size <= MOST_WRITTEN and table.shape[1] <= MOST_BESIDE
    mesh = draw_cells(axes, table, written, vmin=low, vmax=high)
    for row, column in hatched:
        box = Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="white", linewidth=0.0)
        axes.add_patch(box)
    if lined:
        centres = [np.arange(size) + 0.5 for size in table.shape[::-1]]
        levels = np.round(np.linspace(low, high, CONTOURS + 2)[1:-1], 2)
        drawn = axes.contour(*centres, table, levels=levels, colors="white", linewidths=0.9)
        axes.clabel(drawn, fmt="%g")
    return mesh


@figure_kind(reads="measures")
def matrix(view: View, panels: Panels, x: Axis, y: Axis) -> Figure:
    """Draw each outcome as a table: rows and columns are arms, rules or values of an axis."""
    each = 0.7 + 0.24 * int(view.summary.sizes[y])
    figure, grid, columns = view.panels(len(panels), 0, (1.2, each), sharey=True)
    for axes, panel in zip(grid, panels, strict=True):
        draw_table(axes, view, view.variable(panel.first, x, y).sel(statistic="mean"), x, y)
        unit = f" ({view.unit(panel)})" if view.unit(panel) else ""
        view.title(axes, columns + 1, view.label(panel) + unit)
    grid[0].invert_yaxis()  # the panels share it
    return view.footer(figure, "Numbers: mean over draws.")


def draw_table(axes: Axes, view: View, variable: xr.DataArray, x: str, y: str) -> None:
    """Draw one outcome, a cell for each value of x and y."""
    table = variable.transpose(y, x).values if x != y else variable.values[None]
    draw_cells(axes, table, edgecolors="white", linewidth=1.5)
    axes.set_xticks(np.arange(table.shape[1]) + 0.5, view.names(variable, x))
    axes.set_yticks(np.arange(table.shape[0]) + 0.5, view.names(variable, y) if x != y else [""])
    axes.tick_params(length=0.0)
    if x in view.axes:
        axes.set_xlabel(view.axis_label(x))
    elif table.shape[1] > 3:
        axes.tick_params(axis="x", rotation=30.0)
    if y in view.axes:
        axes.set_ylabel(view.axis_label(y))
