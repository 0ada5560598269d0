"""The figure of one draw: offers against the client's price, courtship, tension, coercion, over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import RED_LINE, draw_line, draw_marks, end, label_end, marks_note, settle, time_axis
from hedging.plots.style import (
    DASHES,
    INK,
    QUARTER,
    QUIET,
    Actor,
    Array,
    Dashes,
    new_figure,
    patrons,
    styled,
    text_colour,
    write_footer,
    years,
)

COLUMNS = 3  # panels of offers beside each other
SHADE = "#F3E3A8"  # the quarters that are explained
LOST = "#D9D9D9"  # what no result counts: the leader has fallen, or the country is absorbed
PRICE_DASHES = (0.0, (3.0, 1.5))
MARKS = {  # events on a line: name, mark, size, filled; the later covers the earlier
    "offer": (("accept", "o", 3.6, True),),
    "tension": (("hold", "v", 6.5, False), ("coerce", "v", 6.5, True)),
}
LINES = "Solid: the offer; dashed: the price below which the client would not sell, each on its own scale"
GREY = " Grey: the leader has fallen or the country is absorbed."
HAPPENED = 0.5  # an event of a sampled draw is 0 or 1


@styled
def draw_story(record: xr.Dataset, first: str, last: str) -> Figure:
    """Draws one draw from beginning to end, with the quarters from first to last shaded.

    `record` has quarter and patron as its axes and holds offer, reservation, accept, effort, tension, hold,
    coerce, survival and sovereign; its attributes are those of a summary, and `draw`.
    """
    actors, when = patrons(record), first if first == last else f"{first} to {last}"
    columns = min(len(actors), COLUMNS)
    cells = [actor.name for actor in actors] + ["."] * (-len(actors) % columns)
    rows: Any = [cells[place : place + columns] for place in range(0, len(cells), columns)]
    title = f"Draw {record.attrs['draw']}, {when}: offers, courtship and tension"
    figure, heights = new_figure(title, 4.0 + 1.9 * len(rows)), [1.15] * len(rows) + [1.0, 1.2]
    layout = [*rows, ["effort"] * columns, ["tension"] * columns]
    panels = figure.subplot_mosaic(layout, height_ratios=heights)
    for actor in actors:
        offer_panel(panels[actor.name], record, actor)
        for name in ("effort", "tension"):
            values = patron_line(panels[name], record, name, actor, actor.dashes)
            label_end(panels[name], end(values), actor.label, actor.colour)
    for row in rows:
        panels[row[0]].set_ylabel("offer and price\n(USD bn per quarter)")
    panels["effort"].set(ylim=(0.0, 1.03), ylabel="effort of courtship\n(share, 0 to 1)")
    red_line(panels["tension"], record)
    lost = lost_from(record)
    for name, axes in panels.items():
        time_axis(axes, record, labels=11 if name in ("effort", "tension") else 4, name=name == "tension")
        shade(axes, first, last, lost)
        draw_marks(axes, record, labelled=False)
    told = LINES + (
        "; dots: accepted. Triangles: credit held up; filled, energy cut too." if sampled(record) else "."
    )
    told += f" Shaded: {when}." + GREY * (lost is not None)
    write_footer(figure, record, told, marks_note(record))
    return settle(figure)


def sampled(record: xr.Dataset) -> bool:
    """Whether an event happens or not; where chance is expected nothing is marked."""
    return bool(record.attrs.get("chance") != "expected")


def offer_panel(axes: Axes, record: xr.Dataset, actor: Actor) -> None:
    """Draws what a patron offers against the client's reservation price, with a dot where it accepts."""
    time = years(record["quarter"].values) + QUARTER / 2
    price = record["reservation"].sel(patron=actor.name)
    axes.plot(time, price, color=QUIET, linestyle=PRICE_DASHES, linewidth=1.1, label="reservation price")
    patron_line(axes, record, "offer", actor, DASHES[0])
    axes.set_title(actor.label, color=text_colour(actor.colour), fontweight="bold", pad=3.0)
    axes.set_ylim(bottom=0.0)


def patron_line(axes: Axes, record: xr.Dataset, name: str, actor: Actor, dashes: Dashes) -> Array:
    """Draws one measure of a patron, a flow in the middle of its quarter, with a mark where its event
    happened; none where chance is expected. Returns: the values."""
    own = record.sel(patron=actor.name)
    values = own[name].values.astype(np.float64)
    known = np.isfinite(values)
    time = years(record["quarter"].values) + (0.0 if known[-1] else QUARTER / 2)
    draw_line(axes, time[known], values[known], actor.colour, dashes, actor.label)
    for event, mark, size, filled in MARKS.get(name, ()):
        happened = own[event].values > HAPPENED
        if sampled(record) and happened.any():  # without marks it would stand at the figure's origin
            spots = axes.plot(time[happened], values[happened], mark, label=event, zorder=4.0)
            face = actor.colour if filled else "white"
            spots[0].set(clip_on=False, markersize=size, color=face, markeredgecolor=INK, markeredgewidth=0.6)
    return values[known]


def red_line(axes: Axes, record: xr.Dataset) -> None:
    """Draws the line that a patron's frustration is measured by, and leaves room above all."""
    axes.axhline(RED_LINE, color=INK, linewidth=1.2, linestyle=(0.0, (7.0, 2.0)), label="red line")
    label_end(axes, RED_LINE, "red line", INK)
    highest = max(RED_LINE, float(record["tension"].max()))
    axes.set(ylim=(0.0, 1.15 * highest), ylabel="tension\n(frustration over\nred line)")


def shade(axes: Axes, first: str, last: str, lost: float | None) -> None:
    """Shades the quarters that are explained, and the time after a fall or an absorption."""
    start, stop = map(float, years([first, last]))
    axes.axvspan(start, stop + QUARTER, color=SHADE, linewidth=0.0, zorder=0.5)
    if lost is not None:
        axes.axvspan(lost, axes.get_xlim()[1], color=LOST, alpha=0.6, linewidth=0.0, zorder=0.4)


def lost_from(record: xr.Dataset) -> float | None:
    """Finds when a sampled draw lost its leader or its sovereignty, in years; None if neither."""
    lost = (record["survival"].values <= HAPPENED) | (record["sovereign"].values <= HAPPENED)
    found = years(record["quarter"].values)[lost]
    return float(found[0]) if sampled(record) and len(found) else None
