"""What a plain run draws: every patron and partner over time, regimes, tension, survival; all on one page."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import RED_LINE, bands_note, draw_fan, draw_line, label_end, marks_note
from hedging.plots.kind import Outcomes, Panel, Panels, figure_kind
from hedging.plots.style import (
    CLIENT,
    CLIENT_COLOUR,
    DASHES,
    INK,
    QUARTER,
    REGIMES,
    UNKNOWN_REGIME,
    dominant,
    measure,
    series,
    statistic,
    text_colour,
    years,
)
from hedging.plots.view import View


@figure_kind(reads="series", shared=True)
def fans(view: View, panels: Panels, alone: str | None = None) -> Figure:
    """Draw series over quarters, each named at its end where it is one patron's or partner's.

    Options: alone (the title where there is one patron).
    """
    height = 3.9 if len(panels) == 1 else 2.6 * len(panels)
    draw = [partial(fan_panel, panel=panel) for panel in panels]
    figure = view.column(height, *draw, title=alone or "" if len(view.patrons) == 1 else "")
    names = [name for panel in panels for name in panel.outcome]
    return view.footer(figure, bands_note(view.summary, names))


def fan_panel(axes: Axes, view: View, panel: Panel, outer: bool = True) -> None:
    """Draw the series that share a panel, each that is not the client's own named at its end; without `outer`
    their middle halves alone."""
    for actor, path in view.members(panel):
        draw_fan(axes, path, actor, outer, named=actor.name != CLIENT)
    axes.set(ylim=(0.0, panel.top), ylabel=view.worded(panel))


COLUMNS = 3  # small panels beside each other


@figure_kind(reads="series")
def multiples(view: View, outcome: Outcomes) -> Figure:
    """Draw one small panel per patron, partner or creditor on a common scale, the medians of the others in
    grey behind it.

    Options: outcome (a measure, or several that belong together).
    """
    panel = Panel(outcome)
    paths = view.members(panel)
    medians = [(time, statistic(known, "p50")) for time, known in (series(path) for _, path in paths)]
    top = max(float(np.nanmax(statistic(path, "p95"), initial=0.0)) for _, path in paths)
    columns = min(len(paths), COLUMNS) if len(paths) != 4 else 2
    around = 1.75 if len(paths) <= columns else 1.4
    figure, grid, columns = view.panels(len(paths), columns, (around, 1.65), sharey=True)
    for place, (axes, (actor, path)) in enumerate(zip(grid, paths, strict=True)):
        for time, median in medians[:place] + medians[place + 1 :]:
            axes.plot(time, median, color="#C8C8C8", linewidth=0.9, zorder=2.0, label="_others")
        draw_fan(axes, path, actor)
        axes.set_title(actor.label, color=text_colour(actor.colour))
        axes.set_ylim(0.0, top * 1.05 if top > 0.0 else 1.0)
        view.time(axes, labels=6 if columns < COLUMNS else 4, name=axes in grid[-columns:])
        if place % columns == 0:
            axes.set_ylabel(view.worded(panel))
    grey = " Grey: the other medians." if len(paths) > 1 else ""
    return view.footer(figure, bands_note(view.summary, outcome[:1]) + grey, marks_note(view.summary))


@figure_kind(reads="series")
def regimes(view: View) -> Figure:
    """Draw how many draws are in which regime, quarter by quarter."""
    return view.footer(view.column(3.9, regimes_panel))


def regimes_panel(axes: Axes, view: View) -> None:
    """Stack the share of draws in each regime, quarter by quarter, with a key in the order of the stack."""
    table = measure(view.summary, "regime").dropna("quarter")
    order = sorted(map(str, table["label"].values), key=lambda name: [*REGIMES, name].index(name))
    start = years(table["quarter"].values)
    shares = table.sel(label=order).transpose("label", "quarter").values
    edges = np.append(start, start[-1] + QUARTER) if len(start) else np.array([0.0])
    base = np.zeros(len(start))
    for name, share in zip(order, shares, strict=True):
        colour, hatch = REGIMES.get(name, UNKNOWN_REGIME)
        edge = "white" if hatch else colour  # also the colour of the hatch
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": edge, "hatch": hatch, "linewidth": 0.0}
        if len(start) and float(share.max()) >= 0.0005:  # what never happens needs no place in the key
            axes.stairs(base + share, edges, baseline=base, fill=True, label=name, **look)
        base = base + share
    axes.legend(reverse=True, loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.4)
    axes.set(ylim=(0.0, 1.0), ylabel="regime (share of draws)")
    axes.grid(False)


SHOWN = (("survival", "in office", DASHES[0]), ("sovereign", "sovereign", DASHES[1]))


@figure_kind(reads="series")
def survival(view: View) -> Figure:
    """Draw in how many draws the leader is still in office and the state still sovereign."""
    return view.footer(view.column(3.3, survival_panel))


def survival_panel(axes: Axes, view: View) -> None:
    """Draw the share of draws that still stand, either way."""
    lowest = 1.0
    for name, label, dashes in SHOWN:
        time, path = series(view.variable(name))
        mean = statistic(path, "mean")
        draw_line(axes, time, mean, CLIENT_COLOUR, dashes, label, named=True)
        lowest = min(lowest, float(np.nanmin(mean, initial=1.0)))
    floor = 0.0 if lowest < 0.7 else 0.5 if lowest < 0.9 else 0.8
    axes.set(ylim=(floor, 1.01), ylabel="share of draws (0 to 1)")


@figure_kind(reads="series")
def tension(view: View) -> Figure:
    """Draw tension with the dominant patron against its red line, and how often that patron coerces."""
    note = "Tension: frustration in units of the red line, past which the patron turns to coercion."
    figure = view.column(4.6, tension_panel, coercion_panel, ratios=(3.0, 1.0))
    return view.footer(figure, bands_note(view.summary, ["tension"]), note)


def tension_panel(axes: Axes, view: View) -> None:
    """Draw the tension with the dominant patron, and its red line at 1."""
    patron = dominant(view.summary)
    path = view.variable("tension").sel(patron=patron.name)
    draw_fan(axes, path, patron)
    axes.axhline(RED_LINE, color=INK, linewidth=1.2, linestyle=(0.0, (7.0, 2.0)), label="red line")
    label_end(axes, RED_LINE, "red line", INK)
    highest = float(np.nanmax(statistic(path, "p95"), initial=0.0))
    top = max(1.15 * RED_LINE, 1.05 * highest)
    axes.set(ylim=(0.0, top), ylabel=view.worded(Panel(("tension",))))


def coercion_panel(axes: Axes, view: View) -> None:
    """Draw how often the dominant patron coerces: the mean over draws, quarter by quarter."""
    patron = dominant(view.summary)
    time, path = series(view.variable("coerce").sel(patron=patron.name))
    mean = statistic(path, "mean")
    if len(time):
        edges = np.append(time - QUARTER / 2, time[-1] + QUARTER / 2)
        axes.stairs(mean, edges, fill=True, color=patron.colour, alpha=0.55, label=patron.label)
    top = max(0.1, 1.1 * float(np.nanmax(mean, initial=0.0)))
    axes.set(ylim=(0.0, top), ylabel="coerced\n(share of\ndraws)")


PAGE = (7.6, 10.6)  # inches: an A4 page within its margins


@figure_kind(reads="series", shared=True)
def overview(view: View, panels: Panels) -> Figure:
    """Draw a run on one page: regimes on top, then two panels to a row: tension, the panels asked for, and
    who still stands.

    Where several patrons share a small panel, only the middle half of the draws is shown: full fans would
    hide each other, and the figure of the measure has them.
    """
    alone = len(view.patrons) == 1
    rows = 1 + len(panels) // 2
    figure = view.figure(PAGE[1], PAGE[0])
    grid = figure.add_gridspec(rows + 1, 2, height_ratios=(1.15, *(1.0,) * rows))
    top = figure.add_subplot(grid[0, :])
    regimes_panel(top, view)
    below = [figure.add_subplot(grid[1 + place // 2, place % 2]) for place in range(len(panels) + 2)]
    tension_panel(below[0], view)
    for axes, panel in zip(below[1:-1], panels, strict=True):
        fan_panel(axes, view, panel, outer=alone or len(view.members(panel)) == 1)
    survival_panel(below[-1], view)
    first = f"Tension with {dominant(view.summary).label}"
    titles = (first, *map(view.label, panels), "Still in office, still sovereign")
    view.time(top, name=False, labelled=True)
    for axes, title in zip(below, titles, strict=True):
        axes.set_title(title)
        view.time(axes, labels=6, name=axes in below[-2:])
    note = bands_note(view.summary, ["tension", *(name for panel in panels for name in panel.outcome)])
    shared = "" if alone or "no band" in note else "Where patrons share a panel, the middle half alone."
    return view.footer(figure, f"{note} {shared}")
