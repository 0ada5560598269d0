"""The figure of one draw: offers against the client's price, courtship, tension, coercion, over time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import draw_marks, label_end, marks_note, settle, time_axis
from hedging.plots.panels import RED_LINE, draw_line, end
from hedging.plots.reading import QUARTER, Actor, Array, patrons, years
from hedging.plots.style import INK, QUIET, new_figure, styled, text_colour, write_footer

COLUMNS = 3  # panels of offers beside each other
SHADE = "#F3E3A8"  # the quarters that are explained
LOST = "#D9D9D9"  # what no result counts: the leader has fallen, or the country is absorbed
PRICE_DASHES = (0.0, (3.0, 1.5))
SIZES = {"o": 3.6, "v": 6.5}
HAPPENED = 0.5  # an event of a sampled draw is 0 or 1


@styled
def draw_story(record: xr.Dataset, first: str, last: str) -> Figure:
    """Draws one draw from beginning to end, with the quarters from first to last shaded.

    `record` has quarter and patron as its axes and holds offer, reservation, accept, effort, tension, coerce,
    survival and sovereign; its attributes are those of a summary, and `draw`.
    """
    actors = patrons(record)
    columns = min(len(actors), COLUMNS)
    rows = -(-len(actors) // columns)
    figure = new_figure(_title(record, first, last), 4.0 + 1.9 * rows)
    page = figure.add_gridspec(3, 1, height_ratios=(1.15 * rows, 1.0, 1.2))
    grid = page[0].subgridspec(rows, columns)
    panels = []
    for place, actor in enumerate(actors):
        axes = figure.add_subplot(grid[place // columns, place % columns])
        offer_panel(axes, record, actor)
        axes.set_ylabel("offer and price\n(USD bn per quarter)" if place % columns == 0 else "")
        panels.append((axes, 4, False))
    effort, tension = figure.add_subplot(page[1]), figure.add_subplot(page[2])
    effort_panel(effort, record)
    tension_panel(tension, record)
    for axes, labels, named in (*panels, (effort, 11, False), (tension, 11, True)):
        time_axis(axes, record, labels=labels, name=named)
        shade(axes, record, first, last)
        draw_marks(axes, record, labelled=False)
    write_footer(figure, record, *notes(record, first, last), marks_note(record))
    return settle(figure)


def _title(record: xr.Dataset, first: str, last: str) -> str:
    when = first if first == last else f"{first} to {last}"
    return f"Draw {record.attrs['draw']}, {when}: offers, courtship and tension"


def notes(record: xr.Dataset, first: str, last: str) -> list[str]:
    """Explains the lines and marks."""
    sampled = record.attrs.get("chance") != "expected"
    when = first if first == last else f"{first} to {last}"
    told = "Solid: the offer; dashed: the price below which the client would not sell, each on its own scale"
    told += "; dots: accepted." if sampled else "."
    marked = " Triangles: coercion." if sampled else ""
    lost = " Grey: the leader has fallen or the country is absorbed." if lost_from(record) is not None else ""
    return [f"{told}{marked} Shaded: {when}.{lost}"]


def path(record: xr.Dataset, name: str, patron: str, mid: bool = True) -> tuple[Array, Array]:
    """Takes the path of one measure of a patron: time in years and values, where there are any."""
    values = record[name].sel(patron=patron).values.astype(np.float64)
    time = years(record["quarter"].values) + (QUARTER / 2 if mid else 0.0)
    known = np.isfinite(values)
    return time[known], values[known]


def offer_panel(axes: Axes, record: xr.Dataset, actor: Actor) -> None:
    """Draws what a patron offers against the client's reservation price, with a dot where it accepts."""
    time, price = path(record, "reservation", actor.name)
    _, offer = path(record, "offer", actor.name)
    axes.plot(time, price, color=QUIET, linestyle=PRICE_DASHES, linewidth=1.1, label="reservation price")
    draw_line(axes, time, offer, actor.colour, (0.0, None), actor.label)
    dot_events(axes, record, "accept", actor, (time, offer), "o")
    axes.set_title(actor.label, color=text_colour(actor.colour), fontweight="bold", pad=3.0)
    axes.set_ylim(bottom=0.0)


def dot_events(
    axes: Axes, record: xr.Dataset, name: str, actor: Actor, line: tuple[Array, Array], marker: str
) -> None:
    """Marks on a line the quarters in which an event happened; none where chance is expected."""
    happened = path(record, name, actor.name)[1] > HAPPENED
    if record.attrs.get("chance") == "expected" or not happened.any():
        return  # a line without marks would stand at the origin of the figure
    time, values = (part[: len(happened)][happened] for part in line)
    (marks,) = axes.plot(time, values, marker, color=actor.colour, label=name, zorder=4.0, clip_on=False)
    marks.set(markersize=SIZES[marker], markeredgecolor=INK, markeredgewidth=0.6)


def effort_panel(axes: Axes, record: xr.Dataset) -> None:
    """Draws the effort spent on courting every patron."""
    for actor in patrons(record):
        time, effort = path(record, "effort", actor.name)
        draw_line(axes, time, effort, actor.colour, actor.dashes, actor.label)
        label_end(axes, end(effort), actor.label, actor.colour)
    axes.set_ylim(0.0, 1.03)
    axes.set_ylabel("effort of courtship\n(share, 0 to 1)")


def tension_panel(axes: Axes, record: xr.Dataset) -> None:
    """Draws every patron's frustration in units of its red line, with a triangle where it coerces."""
    highest = RED_LINE
    for actor in patrons(record):
        time, tension = path(record, "tension", actor.name, mid=False)
        draw_line(axes, time, tension, actor.colour, actor.dashes, actor.label)
        label_end(axes, end(tension), actor.label, actor.colour)
        highest = max(highest, float(tension.max(initial=0.0)))
        dot_events(axes, record, "coerce", actor, (time, tension), "v")
    axes.axhline(RED_LINE, color=INK, linewidth=1.2, linestyle=(0.0, (7.0, 2.0)), label="red line")
    label_end(axes, RED_LINE, "red line", INK)
    axes.set_ylim(0.0, 1.15 * highest)
    axes.set_ylabel("tension\n(frustration over\nred line)")


def shade(axes: Axes, record: xr.Dataset, first: str, last: str) -> None:
    """Shades the quarters that are explained, and the time after a fall or an absorption."""
    start, stop = years([first, last])
    axes.axvspan(float(start), float(stop) + QUARTER, color=SHADE, linewidth=0.0, zorder=0.5)
    lost = lost_from(record)
    if lost is not None:
        axes.axvspan(lost, axes.get_xlim()[1], color=LOST, alpha=0.6, linewidth=0.0, zorder=0.4)


def lost_from(record: xr.Dataset) -> float | None:
    """Finds when a sampled draw lost its leader or its sovereignty, in years; None if neither."""
    if record.attrs.get("chance") == "expected":
        return None
    standing = (record["survival"].values > HAPPENED) & (record["sovereign"].values > HAPPENED)
    return None if standing.all() else float(years(record["quarter"].values)[~standing][0])
