"""The overview: every panel of the study on one page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots import panels
from hedging.plots.axes import draw_marks, settle, time_axis
from hedging.plots.reading import dominant, patrons, spread
from hedging.plots.style import band_note, new_figure, styled, write_footer

PAGE = (7.6, 10.6)  # inches: an A4 page within its margins
BANDED = ("reserves", "debt", "trade_share", "warmth", "concession", "tension", "effort", "offer", "carrot")


def page(summary: xr.Dataset) -> list[tuple[str, Callable[[Axes, xr.Dataset], None]]]:
    """Lists the panels below the regimes, two to a row, with their titles.

    Where several patrons share a small panel, only the middle half of the draws is shown: full fans would
    hide each other, and the figure of the measure has them.
    """
    outer = len(patrons(summary)) == 1
    return [
        (f"Tension with {dominant(summary).label}", panels.tension_panel),
        ("Integration, concessions", partial(panels.concession_panel, outer=outer)),
        ("Reserves", panels.reserves_panel),
        ("Debt by creditor", partial(panels.debt_panel, outer=outer)),
        ("Warmth of each tie", partial(panels.warmth_panel, outer=outer)),
        ("Effort of courtship", partial(panels.effort_panel, outer=outer)),
        ("Offers for concessions", partial(panels.money_panel, name="offer", words="offer", outer=outer)),
        ("Carrots", partial(panels.money_panel, name="carrot", words="carrot", outer=outer)),
        ("Trade by partner", partial(panels.trade_panel, outer=outer)),
        ("Still in office, still sovereign", panels.standing_panel),
    ]


@styled
def overview(summary: xr.Dataset) -> Figure:
    """Draws the whole study on one page: regimes on top, then two panels to a row."""
    below = page(summary)
    rows = -(-len(below) // 2)
    figure = new_figure("The study on one page", PAGE[1], PAGE[0])
    grid = figure.add_gridspec(rows + 1, 2, height_ratios=(1.15, *(1.0,) * rows))
    top = figure.add_subplot(grid[0, :])
    panels.regimes_panel(top, summary)
    time_axis(top, summary, name=False)
    draw_marks(top, summary, labelled=True)
    for place, (title, panel) in enumerate(below):
        axes = figure.add_subplot(grid[1 + place // 2, place % 2])
        panel(axes, summary)
        axes.set_title(title, fontweight="bold", pad=3.0)
        time_axis(axes, summary, labels=6, name=place >= len(below) - 2)
        draw_marks(axes, summary, labelled=False)
    banded = spread(summary, BANDED)
    alone = (
        "Where patrons share a panel, the middle half alone." if banded and len(patrons(summary)) > 1 else ""
    )
    write_footer(figure, summary, f"{band_note(summary, banded)} {alone}")
    return settle(figure)
