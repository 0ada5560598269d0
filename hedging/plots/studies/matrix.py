"""Arms against rules, or one axis against another: a table with a number in each cell, an outcome a panel."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.studies.heat import COLOURS, write_cells
from hedging.plots.studies.view import View


def matrix(view: View) -> Figure:
    """Draw each outcome as a table: rows and columns are arms, rules or values of an axis.

    Options: x, y (arm and rule unless said), panels, statistic (mean).
    """
    dims = [name for name in ("rule", "arm", *view.axes) if name in view.summary.dims]
    x, y = str(view.option("x", dims[0])), str(view.option("y", dims[-1]))
    chosen = str(view.option("statistic", "mean"))
    numeric = {name for name in (x, y) if name not in ("rule", "arm")}
    columns = 1 if len(view.panels) == 1 else 2
    rows = -(-len(view.panels) // columns)
    height = 0.7 + 0.24 * int(view.summary.sizes[y])
    figure = view.figure(1.2 + height * rows + 0.14 * len(view.verdicts()))
    for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False, sharey=True).flat):
        if place >= len(view.panels):
            axes.remove()
            continue
        panel = view.panels[place]
        outcome = str(panel["outcome"])
        variable: xr.DataArray = view.variable(outcome, x, y).sel(statistic=chosen)
        table = np.asarray(
            variable.transpose(y, x).values if x != y else variable.values[None], dtype=np.float64
        )
        mesh = axes.pcolormesh(table, cmap=COLOURS, edgecolors="white", linewidth=1.5)
        write_cells(axes, table, mesh.to_rgba(table))
        axes.set_xticks(np.arange(table.shape[1]) + 0.5, labels_of(view, variable, x))
        names = labels_of(view, variable, y) if x != y else [""]
        axes.set_yticks(np.arange(table.shape[0]) + 0.5, names)
        axes.tick_params(length=0.0)
        if x in numeric:
            axes.set_xlabel(view.axis_label(x))
        elif table.shape[1] > 3:
            axes.tick_params(axis="x", rotation=30.0)
        if place == 0:
            axes.invert_yaxis()  # the panels share it
        if y in numeric:
            axes.set_ylabel(view.axis_label(y))
        axes.grid(False)
        unit = view.unit(outcome, panel)
        view.title(axes, view.outcome_label(panel, outcome) + (f" ({unit})" if unit else ""), columns + 1)
    view.footer(figure, f"Numbers: {chosen} over draws.")
    return settle(figure)


def labels_of(view: View, variable: xr.DataArray, axis: str) -> list[str]:
    """What stands beside the rows or below the columns."""
    if axis in ("rule", "arm"):
        return [view.value_label(axis, value) for value in variable[axis].values]
    return [f"{float(value):g}" for value in variable[axis].values]
