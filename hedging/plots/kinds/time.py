"""Series over quarters by arm, and around a date."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import ALIKE, draw_bands, draw_marks, time_axis
from hedging.plots.kind import Axis, Outcomes, Panel, Panels, Swept, figure_kind
from hedging.plots.style import DOTTED, QUARTER, QUIET, RULE, Array, statistic, years
from hedging.plots.view import View
from hedging.world import dates


@figure_kind(reads="paths")
def paths(
    view: View,
    panels: Panels,
    by: Axis | None = None,
    differences: Outcomes = (),
    start: str = "",
    stop: str = "",
) -> Figure:
    """Draw series over quarters, a panel each, a line for each arm; those named in `differences` as a paired
    difference, with both bands and a line at 0.

    Options: by (arm, rule or an axis), start and stop (quarters).
    """
    by = view.by(by, "rule")

    def draw(axes: Axes, panel: Panel) -> None:
        variable = view.variable(panel.first, by).sel(quarter=slice(start, stop or None))
        variable, difference = variable.dropna("quarter", how="all"), panel.first in differences
        time = years(variable["quarter"].values)
        for actor, line in view.split(variable, by):
            if difference and by == "arm" and actor.name == view.summary.attrs["reference"].get("arm"):
                continue  # it does not differ from itself
            draw_bands(axes, time, line, actor.colour, outer=by is None or difference)
            axes.plot(time, statistic(line, "p50"), **actor.look)
        if difference:
            axes.axhline(0.0, color=RULE, linewidth=0.8, zorder=2.0)
        if difference and max(abs(end) for end in axes.dataLim.intervaly) < ALIKE:
            axes.set(ylim=(-1.0, 1.0), yticks=[0.0])
            axes.text(0.5, 0.62, "no difference in 5 to 95% of draws", transform=axes.transAxes, ha="center")
        time_axis(axes, variable, labels=6)
        draw_marks(axes, view.summary, labelled=False)

    figure = view.each(panels, draw, inches=(1.6, 1.75))
    several = " Where arms share a panel, the middle half alone." if by else ""
    differ = " Differences are draw by draw, on the same luck." if differences else ""
    bands = "middle half (dark), 5 to 95% (light) of draws."
    return view.footer(figure, f"Line: median; bands: {bands}{several}{differ}")


FIRST, LAST = -16, 8  # quarters from the event that are shown


@figure_kind(reads="paths")
def event_time(view: View, panels: Panels, event: Swept) -> Figure:
    """Draw series by quarters to the event, a panel each, a line for each date of it; one that never comes is
    left out.

    Options: event (an axis of quarters).
    """

    def draw(axes: Axes, panel: Panel) -> None:
        centre = panel.centre or "p50"
        for actor, line in view.split(view.variable(panel.first, event), event):
            when = float(line[event])
            if not np.isfinite(when):
                continue
            ahead: Array = np.arange(line.sizes["quarter"], dtype=np.float64) - when
            shown = (ahead >= FIRST) & (ahead <= LAST) & np.isfinite(statistic(line, centre))
            time, part = QUARTER * ahead[shown], line.isel(quarter=np.flatnonzero(shown))
            if centre != "mean":
                draw_bands(axes, time, part, actor.colour, outer=False)
            axes.plot(time, statistic(part, centre), **actor.look | {"label": dates.label(int(when))})
        low, high = axes.dataLim.intervaly
        if low < 0 < high:
            axes.axhline(0.0, color=RULE, linewidth=0.8, zorder=2.0)
        axes.axvline(0.0, color=QUIET, linewidth=0.9, linestyle=DOTTED, zorder=1.5)

    figure = view.each(panels, draw, "years from the event", inches=(1.6, 1.75), sharex=True)
    means = "; of probabilities the mean alone" if any(panel.centre == "mean" for panel in panels) else ""
    return view.footer(figure, f"Line: median, band: middle half of draws{means}. Dotted: the event.")
