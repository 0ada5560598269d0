"""What each mechanism of a study adds: a row for each switch, a dot for its worth, a panel an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.errors import HedgingError
from hedging.plots.axes import PALETTE, name_lines
from hedging.plots.kind import Panel, Panels, figure_kind
from hedging.plots.style import INK, RULE, Array, text_colour
from hedging.plots.view import View

ROW = 0.2
"""Inches of height that a mechanism takes."""

WIDE = 0.9
"""Share of the dots that lie within a panel; what lies much further out stands at its edge, in figures."""

ROOM = 1.4
"""How far a panel reaches beyond those dots."""

SPREAD = 0.4
"""Part of a row over which the dots of several rules or sides are spread."""

BESIDE = 0.36
"""How far apart the numbers of several dots beyond an edge stand, over the reach of the panel."""

SMALL = 6.5
"""Points of their letters."""

SIDES = {"all but": "all others at work", "alone": "none else at work"}


@figure_kind(reads="measures")
def worth(view: View, panels: Panels, by: Literal["rule", "side"] = "rule") -> Figure:
    """Draw what each mechanism adds to each outcome, with its 95% interval, sorted by the first outcome.

    Options: by (rule: with all others at work, under each rule; side: with all others and with none else at
    work, under one rule).
    """
    switches = view.summary.attrs["switches"]
    if not switches:
        raise HedgingError("figure (worth): the study has no switches; write switches: {<name>: ...}")
    rules = [str(rule) for rule in view.summary["rule"].values] if "rule" in view.dims else [""]
    one = view.options.rule or rules[0]
    series = [(side, one, told) for side, told in SIDES.items()]
    if by == "rule":
        series = [("all but", rule, view.value_label("rule", rule)) for rule in rules]
    first = added(view, panels[0], *series[0][:2])[0]
    order = np.argsort(-first, kind="stable")
    figure = view.figure(1.7 + ROW * len(order))
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axes, panel in zip(grid, panels, strict=True):
        found = [tuple(row[order] for row in added(view, panel, *which)) for *which, _ in series]
        sizes = np.abs([middle for middle, _ in found])
        edge = ROOM * float(np.nanquantile(sizes, WIDE)) or 1.0
        for place, ((middle, half), (*_, told)) in enumerate(zip(found, series, strict=True)):
            at = np.asarray(range(len(order)), np.float64) + SPREAD * ((place + 0.5) / len(series) - 0.5)
            draw_dots(axes, at, middle, half, edge, place, told)
        axes.axvline(0.0, color=RULE, linewidth=0.8, zorder=1.0)
        axes.set(xlim=(-edge, edge), xlabel=view.unit(panel))
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        view.title(axes, len(panels) + 1, view.label(panel))
        for row in range(0, len(order), 2):
            axes.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", linewidth=0.0, zorder=0.0)
    labels = [one["label"] for one in switches.values()]
    grid[0].set_yticks(range(len(order)), [labels[row] for row in order], color=INK)
    grid[0].set_ylim(len(order) - 0.5, -0.5)
    for axes in grid:
        axes.tick_params(axis="y", length=0.0)
    name_lines(figure)
    dots = "Dot: what the mechanism adds, mean over draws with its 95% interval; hollow where that holds 0."
    return view.footer(figure, f"{dots} Arrow: beyond the edge, by how much is written.")


def added(view: View, panel: Panel, side: str, rule: str) -> tuple[Array, Array]:
    """What each mechanism adds to an outcome, and half of its 95% interval: (switch,) each."""
    variable = view.variable(panel.first, "arm", "rule")
    variable = variable.sel(rule=rule) if "rule" in variable.dims else variable
    return worths(variable, view.summary.attrs["switches"], side)


def worths(variable: xr.DataArray, switches: Mapping[str, Any], side: str) -> tuple[Array, Array]:
    """The same of an outcome over (statistic, arm)."""
    arms, signs = zip(*(one["sides"][side] for one in switches.values()), strict=True)
    told = variable.sel(arm=list(arms), statistic=["difference", "difference_low", "difference_high"])
    middle, low, high = told.transpose("statistic", "arm").values
    return np.array(signs) * middle, (high - low) / 2


def draw_dots(axes: Axes, at: Array, middle: Array, half: Array, edge: float, place: int, label: str) -> None:
    """Draw one dot a row, filled where its interval lies off 0; one beyond the edge is an arrow there with
    its number, further in the later it is drawn."""
    colour, within, sure = PALETTE[place + 1], np.abs(middle) <= edge, np.abs(middle) > half
    axes.hlines(at[within], (middle - half)[within], (middle + half)[within], color=colour, linewidth=1.0)
    for shown, face in ((within & sure, colour), (within & ~sure, "white")):
        look: dict[str, Any] = {"facecolor": face, "edgecolor": colour, "linewidth": 0.8, "zorder": 3.0}
        axes.scatter(middle[shown], at[shown], s=13.0, **look)
    axes.scatter([], [], s=13.0, color=colour, label=label)
    for row in np.flatnonzero(~within & np.isfinite(middle)):
        right = middle[row] > 0
        marker, side, inward = (">", "right", -1.0) if right else ("<", "left", 1.0)
        axes.scatter(-0.97 * inward * edge, at[row], s=13.0, marker=marker, color=colour, zorder=3.0)
        beside = -inward * edge * (0.9 - BESIDE * place)
        ink = text_colour(colour)
        axes.text(beside, at[row], f"{middle[row]:.2g}", ha=side, va="center", color=ink, fontsize=SMALL)
