"""What one outcome costs in another, point by point along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.reading import Actor, Array
from hedging.plots.studies.view import View, statistic
from hedging.plots.style import QUIET, text_colour


def frontier(view: View) -> Figure:
    """Draw one outcome against another, a point for each value of an axis, joined in its order.

    Options: x (an outcome), target (a value of it), panels (the outcomes upwards), along (an axis), by (arm,
    rule or an axis).
    """
    along = str(view.option("along", view.axes[0]))
    by = view.by(along, "rule") if view.option("by") != "rule" else "rule"
    kept = (along, *([by] if by else []))
    columns = len(view.panels)
    figure = view.figure(4.2 + 0.14 * len(view.verdicts()))
    right = str(view.option("x"))
    for axes, panel in zip(figure.subplots(1, columns, squeeze=False).flat, view.panels, strict=True):
        outcome = str(panel["outcome"])
        pairs = zip(
            view.split(view.variable(right, *kept), by),
            view.split(view.variable(outcome, *kept), by),
            strict=True,
        )
        for (actor, across), (_, upwards) in pairs:
            draw_curve(axes, across, upwards, actor, along)
        axes.set_xlabel(f"{view.outcome_label({}, right)} ({view.unit(right)})")
        axes.set_ylabel(view.unit(outcome, panel))
        view.title(axes, view.outcome_label(panel, outcome), columns)
        axes.grid(True, axis="both")
        if (target := view.option("target")) is not None:
            axes.axvline(float(target), color=QUIET, linewidth=0.9, linestyle=(0.0, (1.0, 2.0)), zorder=1.5)
    view.key(figure)
    told = f"Points: medians, with the middle half of draws; beside them {view.axis_label(along)}."
    view.footer(figure, told, "Dotted: the target." if view.option("target") is not None else "")
    return settle(figure)


def draw_curve(axes: Axes, across: xr.DataArray, upwards: xr.DataArray, actor: Actor, along: str) -> None:
    """Draw one line of medians with the middle half of draws both ways, its points named."""
    x, y = statistic(across, "p50"), statistic(upwards, "p50")
    axes.errorbar(
        *(x, y),
        xerr=reach(across, x),
        yerr=reach(upwards, y),
        fmt="none",
        ecolor=actor.colour,
        alpha=0.3,
        linewidth=0.8,
    )
    look: dict[str, Any] = {"color": actor.colour, "linestyle": actor.dashes, "marker": "o"}
    axes.plot(x, y, label=actor.label or None, **look)
    for place, value in enumerate(across[along].values):
        if place % max(1, len(x) // 6) == 0 or place == len(x) - 1:
            axes.annotate(
                f"{float(value):g}",
                (x[place], y[place]),
                xytext=(4.0, 4.0),
                textcoords="offset points",
                color=text_colour(actor.colour),
            )


def reach(variable: xr.DataArray, middle: Array) -> Array:
    """How far the middle half reaches below and above: (2, point)."""
    low, high = middle - statistic(variable, "p25"), statistic(variable, "p75") - middle
    return np.abs(np.stack([low, high]))
