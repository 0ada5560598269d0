"""Outcomes along an axis: as lines, stacked, one against another."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import PALETTE, draw_bands, write_point
from hedging.plots.kind import Axis, Centre, Outcome, Panel, Panels, Swept, figure_kind
from hedging.plots.style import DOTTED, INK, QUIET, REGIMES, Actor, Array, statistic, text_colour, wrapped
from hedging.plots.view import View


@figure_kind(reads="measures", shared=True)
def lines(
    view: View,
    panels: Panels,
    x: Axis | None = None,
    by: Axis | None = None,
    optimum: Outcome | None = None,
    centre: Centre = "p50",
) -> Figure:
    """Draw outcomes along an axis: median (or mean), middle half and 5 to 95% of draws, the optimum marked.

    Options: by (arm, rule or a second axis), optimum (an outcome), centre (p50 or mean).
    """
    x = view.x(x)
    by = view.by(by, x, "rule")

    def draw(axes: Axes, panel: Panel) -> None:
        for outcome in panel.outcome:
            variable = view.variable(outcome, x, by)
            at, ticks = view.positions(variable, x)
            for actor, line in view.split(variable, by):
                draw_bands(axes, at, line, actor.colour, outer=by is None)
                values = statistic(line, panel.centre or centre)
                axes.plot(at, values, marker=".", **actor.look)
                if outcome == optimum:
                    mark_optimum(axes, at, line, values, actor)
            if ticks:
                axes.set_xticks(at, ticks)
        if axes.get_ylim()[0] > 0 and axes.dataLim.y0 < 0.5 * axes.dataLim.y1:
            axes.set_ylim(bottom=0.0)

    figure = view.each(panels, draw, view.axis_label(x), sharex=True)
    means = [view.label(panel) for panel in panels if (panel.centre or centre) == "mean"]
    some = f"median (mean: {', '.join(means)})" if means else "median"
    told = "mean" if len(means) == len(panels) else some
    bands = "middle half of draws." if by else "middle half (dark) and 5 to 95% (light) of draws."
    best = " Dot and dotted line: where the mean is greatest." if optimum else ""
    return view.footer(figure, f"Line: {told}; bands: {bands}{best}")


def mark_optimum(axes: Axes, at: Array, line: xr.DataArray, values: Array, actor: Actor) -> None:
    """Mark the point at which the mean is greatest."""
    means = statistic(line, "mean")
    if not np.isfinite(means).any():
        return
    best = int(np.nanargmax(means))
    axes.axvline(at[best], color=actor.colour, linewidth=0.8, linestyle=DOTTED, zorder=1.5)
    axes.plot(at[best], values[best], "o", color=actor.colour, markersize=6.0, zorder=4.0)
    if not actor.label:  # of several lines the dots tell, words would lie on each other
        told = f"best at {at[best]:g}" + (" (an end)" if best in (0, len(at) - 1) else "")
        side = "right" if best > len(at) / 2 else "left"
        write_point(axes, told, (at[best], values[best]), (5.0, 7.0), INK, ha=side)


LETTERS = 60
"""Letters that fit below all columns together."""

HATCHES = ("", "///", "...", "\\\\\\")


@figure_kind(reads="measures", shared=True)
def stacked(view: View, panels: Panels, x: Axis | None = None, by: Axis | None = None) -> Figure:
    """Stack the means of several outcomes, a panel each; patrons and regimes keep their colours.

    Options: x (an axis or arm), panels ({outcome: [several], label}), by (arm or rule: a column each).
    """
    x = view.x(x)
    split = [[view.split(view.variable(name, x, by), by) for name in panel.outcome] for panel in panels]
    rows = [list(zip(*parts, strict=True)) for parts in split]
    columns = len(rows[0])
    figure = view.figure(1.3 + 2.4 * len(panels))
    grid = figure.subplots(len(panels), columns, squeeze=False, sharex=True, sharey="row")
    for row, panel, cells in zip(grid, panels, rows, strict=True):
        looks = looks_of(view, panel.outcome)
        for axes, cell in zip(row, cells, strict=True):
            stack(axes, view, [part for _, part in cell], x, looks)
            view.title(axes, columns, panel.label, cell[0][0].label)
        row[0].set(ylabel=view.unit(panel), ylim=(0.0, None))
        row[-1].legend(reverse=True, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for axes in grid[-1] if x in view.axes else ():
        axes.set_xlabel(wrapped(view.axis_label(x), LETTERS // columns))
    return view.footer(figure, "Stacked: means over draws.")


def looks_of(view: View, outcomes: tuple[str, ...]) -> list[dict[str, Any]]:
    """How each outcome is filled and named: in the colour of its patron or regime, hatched where that has
    several."""
    colours = {patron.name: patron.colour for patron in view.patrons}
    colours |= {name: look[0] for name, look in REGIMES.items()}
    whose = [outcome.partition("@")[0].partition(".")[2] for outcome in outcomes]
    looks = []
    for place, (outcome, member) in enumerate(zip(outcomes, whose, strict=True)):
        colour = colours.get(member, PALETTE[place % len(PALETTE)])
        hatch = HATCHES[whose[:place].count(member) % len(HATCHES)] if member else ""
        label = view.label(Panel((outcome,)))
        looks.append({"facecolor": colour, "hatch": hatch, "edgecolor": "white", "label": label})
    return looks


def stack(axes: Axes, view: View, parts: list[xr.DataArray], x: str, looks: list[dict[str, Any]]) -> None:
    """Stack the outcomes of one panel."""
    base: Array | float = 0.0
    for part, look in zip(parts, looks, strict=True):
        at, ticks = view.positions(part, x)
        values = np.nan_to_num(statistic(part, "mean"))
        if ticks:
            axes.bar(at, values, bottom=base, width=0.7, **look)
            axes.set_xticks(at, ticks)
        else:
            axes.fill_between(at, base, base + values, linewidth=0.0, **look)
            axes.set_xlim(at[0], at[-1])
        base = base + values


NAMED = 6
"""Points of a line that have their value written beside them, about."""


@figure_kind(reads="measures")
def frontier(
    view: View,
    panels: Panels,
    x: Outcome,
    target: float | None = None,
    by: Axis | None = None,
    along: Swept | None = None,
) -> Figure:
    """Draw one outcome against another, a point for each value of an axis, joined in its order.

    Options: x (an outcome), target (a value of it), along (an axis), by (arm, rule or an axis).
    """
    along = along or view.axes[0]
    by = view.by(by, along, "rule")

    def draw(axes: Axes, panel: Panel) -> None:
        across = view.split(view.variable(x, along, by), by)
        upwards = view.split(view.variable(panel.first, along, by), by)
        for (actor, right), (_, up) in zip(across, upwards, strict=True):
            draw_curve(axes, right, up, actor, along)
        axes.grid(True, axis="both")
        if target is not None:
            axes.axvline(target, color=QUIET, linewidth=0.9, linestyle=DOTTED, zorder=1.5)

    foot = f"{view.label(Panel((x,)))} ({view.unit(Panel((x,)))})"
    figure = view.each(panels, draw, foot, len(panels), inches=(4.2, 0.0))
    told = f"Points: medians, with the middle half of draws; beside them {view.axis_label(along)}."
    return view.footer(figure, told + (" Dotted: the target." if target is not None else ""))


def draw_curve(axes: Axes, across: xr.DataArray, upwards: xr.DataArray, actor: Actor, along: str) -> None:
    """Draw one line of medians with the middle half of draws both ways, its points named."""
    x, y = statistic(across, "p50"), statistic(upwards, "p50")
    right, up = (np.abs(statistic(one, ["p25", "p75"]) - statistic(one, "p50")) for one in (across, upwards))
    axes.errorbar(x, y, up, right, fmt="none", ecolor=actor.colour, alpha=0.3, linewidth=0.8)
    axes.plot(x, y, marker="o", **actor.look | {"zorder": 2.0})
    for place, value in enumerate(across[along].values):
        if place % max(1, len(x) // NAMED) == 0 or place == len(x) - 1:
            ink = text_colour(actor.colour)
            write_point(axes, f"{float(value):g}", (x[place], y[place]), (4.0, 4.0), ink)
