"""Outcomes along an axis: a panel for each, a line and its bands for each arm."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.panels import DARK, LIGHT, MIDDLE, draw_band
from hedging.plots.reading import Actor, Array
from hedging.plots.studies.view import View, statistic
from hedging.plots.style import INK

INFINITE = "never"
LETTERS = 8
"""Letters of an arm or a rule that stand in one line under its place."""


def lines(view: View) -> Figure:
    """Draw outcomes along an axis: median (or mean), middle half and 5 to 95% of draws, the optimum marked.

    Options: x, panels, by (arm, rule or a second axis), optimum (an outcome), centre (p50 or mean), columns.
    """
    x = view.x()
    by = view.by(x, "rule") if view.option("by") != "rule" else "rule"
    columns = int(view.option("columns", 1 if len(view.panels) == 1 else 2))
    rows = -(-len(view.panels) // columns)
    figure = view.figure(1.5 + 1.75 * rows + 0.14 * len(view.verdicts()))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(view.panels):
            axes.remove()
            continue
        last = place + columns >= len(view.panels)
        panel = view.panels[place]
        outcome_panel(axes, view, panel, x, by)
        view.title(axes, view.outcome_label(panel, str(panel["outcome"])), columns)
        axes.tick_params(labelbottom=last)
        axes.set_xlabel(view.axis_label(x) if last else "")
    view.key(figure)
    means = [p for p in view.panels if p.get("centre", view.option("centre")) == "mean"]
    named = ", ".join(view.outcome_label(p, str(p["outcome"])) for p in means)
    told = "mean" if len(means) == len(view.panels) else f"median (mean: {named})" if means else "median"
    bands = "middle half of draws." if by else "middle half (dark) and 5 to 95% (light) of draws."
    note = f"Line: {told}; bands: {bands}"
    if view.option("optimum"):
        note += " Dot and dotted line: where the mean is greatest."
    view.footer(figure, note)
    return settle(figure)


def outcome_panel(axes: Axes, view: View, panel: Mapping[str, Any], x: str, by: str | None) -> None:
    """Draw one panel: the outcomes that share it, or one outcome line by line."""
    from hedging.plots.studies import outcomes_of

    outcomes = outcomes_of(panel)
    centre = str(panel.get("centre", view.option("centre", "p50")))
    for outcome in outcomes:
        variable = view.variable(outcome, x, *([by] if by else []))
        at, ticks = positions(view, variable, x)
        for actor, line in view.split(variable, by):
            draw_bands(axes, at, line, actor, outer=by is None)
            values = statistic(line, centre)
            look: dict[str, Any] = {"color": actor.colour, "linestyle": actor.dashes, "marker": "."}
            axes.plot(at, values, label=actor.label or "_", zorder=3.0, **look)
            if outcome == view.option("optimum"):
                mark_optimum(axes, at, line, values, actor)
        if ticks:
            axes.set_xticks(at, ticks)
    axes.set_ylabel(view.unit(outcomes[0], panel))
    if axes.get_ylim()[0] > 0 and axes.dataLim.y0 < 0.5 * axes.dataLim.y1:
        axes.set_ylim(bottom=0.0)


def positions(view: View, variable: xr.DataArray, x: str) -> tuple[Array, list[str]]:
    """Where the values of an axis stand; names and infinite values stand in order, with their labels."""
    values = variable[x].values
    if values.dtype.kind in "fiu" and np.isfinite(values).all():
        return np.asarray(values, dtype=np.float64), []
    if x in ("arm", "rule"):
        labels = ["\n".join(textwrap.wrap(view.value_label(x, value), LETTERS)) for value in values]
    else:
        labels = [INFINITE if np.isinf(value) else f"{value:g}" for value in values]
    return np.arange(len(values), dtype=np.float64), labels


def draw_bands(axes: Axes, at: Array, line: xr.DataArray, actor: Actor, outer: bool) -> None:
    """Fill the middle half, and 5 to 95% where a line stands alone."""
    if outer:
        draw_band(axes, at, statistic(line, "p05"), statistic(line, "p95"), actor.colour, LIGHT)
    low, high = statistic(line, "p25"), statistic(line, "p75")
    draw_band(axes, at, low, high, actor.colour, DARK if outer else MIDDLE)


def mark_optimum(axes: Axes, at: Array, line: xr.DataArray, values: Array, actor: Actor) -> None:
    """Mark the point at which the mean is greatest."""
    means = statistic(line, "mean")
    if not np.isfinite(means).any():
        return
    best = int(np.nanargmax(means))
    axes.axvline(at[best], color=actor.colour, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)), zorder=1.5)
    axes.plot(at[best], values[best], "o", color=actor.colour, markersize=6.0, zorder=4.0)
    if actor.label:
        return  # several lines: their dots tell, words would lie on each other
    end = best in (0, len(at) - 1)
    axes.annotate(
        f"best at {at[best]:g}" + (" (an end)" if end else ""),
        (at[best], values[best]),
        xytext=(5.0, 7.0),
        textcoords="offset points",
        color=INK,
        ha="right" if best > len(at) / 2 else "left",
    )
