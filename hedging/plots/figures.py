"""The single figures: one function each, from a summary to a Figure that fills half a page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots import panels
from hedging.plots.axes import draw_marks, marks_note, settle, time_axis
from hedging.plots.reading import Actor, Series, axis_label, dominant, patrons, spread
from hedging.plots.style import band_note, new_figure, styled, text_colour, write_footer

Panel = Callable[[Axes, xr.Dataset], None]
COLUMNS = 3  # small multiples beside each other


def single(
    summary: xr.Dataset, title: str, panel: Panel, names: tuple[str, ...] = (), height: float = 3.9
) -> Figure:
    """Draws one panel as a figure; `names` are the measures whose bands the note explains, if any."""
    figure = new_figure(title, height)
    axes = figure.add_subplot()
    panel(axes, summary)
    time_axis(axes, summary)
    draw_marks(axes, summary, labelled=True)
    write_footer(figure, summary, band_note(summary, spread(summary, names)) if names else "")
    return settle(figure)


def multiples(
    summary: xr.Dataset, title: str, words: str, paths: list[tuple[Actor, Series]], name: str
) -> Figure:
    """Draws one small panel per actor on a common scale, the medians of the others in grey behind it."""
    columns = min(len(paths), COLUMNS) if len(paths) != 4 else 2
    rows = -(-len(paths) // columns)
    figure = new_figure(title, (1.75 if rows == 1 else 1.4) + 1.65 * rows)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    top = max((float(np.nanmax(path.p95, initial=0.0)) for _, path in paths), default=0.0)
    for place, axes in enumerate(grid.flat):
        if place >= len(paths):
            axes.remove()
            continue
        for actor, path in paths:
            if actor != paths[place][0]:
                axes.plot(path.time, path.p50, color="#C8C8C8", linewidth=0.9, zorder=2.0, label="_others")
        actor, path = paths[place]
        panels.draw_fan(axes, path, actor)
        axes.set_title(actor.label, color=text_colour(actor.colour), fontweight="bold", pad=3.0)
        axes.set_ylim(0.0, top * 1.05 if top > 0.0 else 1.0)
        time_axis(axes, summary, labels=6 if columns < COLUMNS else 4, name=place + columns >= len(paths))
        draw_marks(axes, summary, labelled=False)
        if place % columns == 0:
            axes.set_ylabel(axis_label(summary, name, words))
    note = band_note(summary, spread(summary, [name])) + (
        " Grey: the other medians." if len(paths) > 1 else ""
    )
    write_footer(figure, summary, note, marks_note(summary))
    return settle(figure)


@styled
def reserves(summary: xr.Dataset) -> Figure:
    """Draws the client's reserves."""
    return single(summary, "Foreign-currency reserves", panels.reserves_panel, ("reserves",))


@styled
def debt(summary: xr.Dataset) -> Figure:
    """Draws what is owed to each patron and to the market."""
    return multiples(summary, "Debt by creditor", "debt", panels.of_creditors(summary), "debt")


@styled
def trade_share(summary: xr.Dataset) -> Figure:
    """Draws each partner's share of the client's trade, the dominant patron first."""
    title = f"Trade: {dominant(summary).label} and the other partners"
    return multiples(summary, title, "trade", panels.of_partners(summary), "trade_share")


@styled
def warmth(summary: xr.Dataset) -> Figure:
    """Draws how warm the tie with each patron is."""
    return multiples(summary, "Warmth of each tie", "warmth", panels.of_patrons(summary, "warmth"), "warmth")


@styled
def effort(summary: xr.Dataset) -> Figure:
    """Draws how hard the client courts each patron."""
    return multiples(summary, "Effort of courtship", "effort", panels.of_patrons(summary, "effort"), "effort")


@styled
def integration(summary: xr.Dataset) -> Figure:
    """Draws how deep integration with the dominant patron has gone, and what was conceded to the others."""
    others = ", and concessions to the others" if len(patrons(summary)) > 1 else ""
    title = f"Integration with {dominant(summary).label}{others}"
    return single(summary, title, panels.concession_panel, ("concession",))


@styled
def tension(summary: xr.Dataset) -> Figure:
    """Draws tension with the dominant patron against its red line, and how often that patron coerces."""
    figure = new_figure(f"Tension with {dominant(summary).label}, and coercion", 4.6)
    upper, lower = figure.subplots(2, 1, height_ratios=(3.0, 1.0))
    panels.tension_panel(upper, summary)
    panels.coercion_panel(lower, summary)
    for axes in (upper, lower):
        time_axis(axes, summary, name=axes is lower)
        draw_marks(axes, summary, labelled=axes is upper)
        axes.tick_params(labelbottom=axes is lower)
    note = "Tension: frustration in units of the red line, past which the patron turns to coercion."
    write_footer(figure, summary, band_note(summary, spread(summary, ["tension"])), note)
    return settle(figure)


@styled
def offers(summary: xr.Dataset) -> Figure:
    """Draws what the patrons offer for concessions, and the carrots they pay to keep the client."""
    figure = new_figure("Offers for concessions, and carrots to keep the client", 5.2)
    upper, lower = figure.subplots(2, 1)
    panels.money_panel(upper, summary, "offer", "offer")
    panels.money_panel(lower, summary, "carrot", "carrot")
    for axes in (upper, lower):
        time_axis(axes, summary, name=axes is lower)
        draw_marks(axes, summary, labelled=axes is upper)
        axes.tick_params(labelbottom=axes is lower)
    write_footer(figure, summary, band_note(summary, spread(summary, ["offer", "carrot"])))
    return settle(figure)


@styled
def regimes(summary: xr.Dataset) -> Figure:
    """Draws how many draws are in which regime, quarter by quarter."""
    return single(summary, "Regimes", panels.regimes_panel)


@styled
def survival(summary: xr.Dataset) -> Figure:
    """Draws in how many draws the leader is still in office and the state still sovereign."""
    return single(summary, "Still in office, still sovereign", panels.standing_panel, height=3.3)
