"""The panels that figures are put together from: each draws one question into one pair of axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from hedging.plots.axes import label_end
from hedging.plots.reading import (
    QUARTER,
    Actor,
    Array,
    Series,
    axis_label,
    dominant,
    market,
    measure,
    patrons,
    series,
    years,
)
from hedging.plots.style import CLIENT_COLOUR, DASHES, INK, REGIMES, UNKNOWN_REGIME, Dashes

LIGHT, DARK = 0.16, 0.32  # opacity of the 5-95% and of the 25-75% band
MIDDLE = 0.22  # opacity of the 25-75% band where it stands alone, because many fans share a panel
RED_LINE = 1.0  # tension is frustration in units of the red line


def draw_line(axes: Axes, time: Array, values: Array, colour: str, dashes: Dashes, label: str) -> None:
    """Draws a line; a lone quarter, which has no line, gets a dot."""
    dot = "o" if len(time) == 1 else None
    (line,) = axes.plot(time, values, color=colour, linestyle=dashes, marker=dot, label=label, zorder=3.0)
    line.set_clip_on(False)  # a line along zero is seen whole


def draw_band(axes: Axes, time: Array, low: Array, high: Array, colour: str, opacity: float) -> None:
    """Fills between two quantiles; nothing where they coincide, an upright bar for a lone quarter."""
    if len(time) == 0 or not np.nanmax(high - low) > 1e-9:
        return
    if len(time) == 1:
        axes.vlines(time, low, high, color=colour, alpha=opacity, linewidth=8.0)
    else:
        axes.fill_between(time, low, high, color=colour, alpha=opacity, linewidth=0.0)


def draw_fan(axes: Axes, path: Series, actor: Actor, outer: bool = True) -> None:
    """Draws a fan: 5-95% light, 25-75% darker, the median as a line; without `outer` a pale 25-75% alone."""
    if outer:
        draw_band(axes, path.time, path.p05, path.p95, actor.colour, LIGHT)
    draw_band(axes, path.time, path.p25, path.p75, actor.colour, DARK if outer else MIDDLE)
    draw_line(axes, path.time, path.p50, actor.colour, actor.dashes, actor.label)


def end(values: Array) -> float:
    """Gives the last value of a line, where its label goes."""
    return float(values[-1]) if len(values) else float("nan")


def fans(axes: Axes, paths: Iterable[tuple[Actor, Series]], outer: bool = True) -> None:
    """Draws several fans into one panel, each named at its end."""
    for actor, path in paths:
        draw_fan(axes, path, actor, outer)
        label_end(axes, end(path.p50), actor.label, actor.colour)


def of_patrons(summary: xr.Dataset, name: str) -> list[tuple[Actor, Series]]:
    """Takes one measure of every patron."""
    return [(patron, series(summary, name, patron=patron.name)) for patron in patrons(summary)]


def of_creditors(summary: xr.Dataset) -> list[tuple[Actor, Series]]:
    """Takes the debt owed to every patron, then to the market."""
    return [*of_patrons(summary, "debt"), (market("market"), series(summary, "market_debt"))]


def of_partners(summary: xr.Dataset) -> list[tuple[Actor, Series]]:
    """Takes the share of trade of every patron, the dominant one first, then of the rest of the world."""
    first = dominant(summary)
    others = [patron for patron in patrons(summary) if patron != first]
    partners = [first, *others, market("rest of world")]
    return [(partner, series(summary, "trade_share", partner=partner.name)) for partner in partners]


def reserves_panel(axes: Axes, summary: xr.Dataset) -> None:
    """Draws the reserves as a fan."""
    client = Actor("client", "reserves", CLIENT_COLOUR, DASHES[0])
    draw_fan(axes, series(summary, "reserves"), client)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(axis_label(summary, "reserves", "reserves"))


def debt_panel(axes: Axes, summary: xr.Dataset, outer: bool = True) -> None:
    """Draws the debt to every creditor."""
    fans(axes, of_creditors(summary), outer)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(axis_label(summary, "debt", "debt"))


def trade_panel(axes: Axes, summary: xr.Dataset, outer: bool = True) -> None:
    """Draws every partner's share of trade."""
    fans(axes, of_partners(summary), outer)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(axis_label(summary, "trade_share", "trade"))


def warmth_panel(axes: Axes, summary: xr.Dataset, outer: bool = True) -> None:
    """Draws the warmth of every tie."""
    fans(axes, of_patrons(summary, "warmth"), outer)
    axes.set_ylim(0.0, 1.03)
    axes.set_ylabel(axis_label(summary, "warmth", "warmth"))


def effort_panel(axes: Axes, summary: xr.Dataset, outer: bool = True) -> None:
    """Draws the effort of courting every patron."""
    fans(axes, of_patrons(summary, "effort"), outer)
    axes.set_ylim(0.0, 1.03)
    axes.set_ylabel(axis_label(summary, "effort", "effort"))


def concession_panel(axes: Axes, summary: xr.Dataset, outer: bool = True) -> None:
    """Draws what has been conceded to every patron; to the dominant one it is called integration."""
    fans(axes, of_patrons(summary, "concession"), outer)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(axis_label(summary, "concession", "concession"))


def money_panel(axes: Axes, summary: xr.Dataset, name: str, words: str, outer: bool = True) -> None:
    """Draws what every patron offers, or pays as a carrot, each quarter."""
    fans(axes, of_patrons(summary, name), outer)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(axis_label(summary, name, words))


def tension_panel(axes: Axes, summary: xr.Dataset) -> None:
    """Draws the tension with the dominant patron, and its red line at 1."""
    patron = dominant(summary)
    path = series(summary, "tension", patron=patron.name)
    draw_fan(axes, path, patron)
    axes.axhline(RED_LINE, color=INK, linewidth=1.2, linestyle=(0.0, (7.0, 2.0)), label="red line")
    label_end(axes, RED_LINE, "red line", INK)
    highest = float(np.nanmax(path.p95)) if len(path.p95) else 0.0
    axes.set_ylim(0.0, max(1.15 * RED_LINE, 1.05 * highest))
    axes.set_ylabel(axis_label(summary, "tension", "tension"))


def coercion_panel(axes: Axes, summary: xr.Dataset) -> None:
    """Draws how often the dominant patron coerces: the mean over draws, quarter by quarter."""
    patron = dominant(summary)
    path = series(summary, "coerce", patron=patron.name)
    if len(path.time) == 1:
        draw_line(axes, path.time, path.mean, patron.colour, patron.dashes, patron.label)
    elif len(path.time):
        edges = np.append(path.time - QUARTER / 2, path.time[-1] + QUARTER / 2)
        axes.stairs(path.mean, edges, fill=True, color=patron.colour, alpha=0.55, label=patron.label)
    axes.set_ylim(0.0, max(0.1, 1.1 * float(np.nanmax(path.mean, initial=0.0))))
    axes.set_ylabel("coerced\n(share of\ndraws)")


def standing_panel(axes: Axes, summary: xr.Dataset) -> None:
    """Draws the share of draws in which the leader is still in office, and the state still sovereign."""
    kinds = (("survival", "in office", DASHES[0]), ("sovereign", "sovereign", DASHES[1]))
    lowest = 1.0
    for name, label, dashes in kinds:
        path = series(summary, name)
        draw_line(axes, path.time, path.mean, CLIENT_COLOUR, dashes, label)
        label_end(axes, end(path.mean), label, CLIENT_COLOUR)
        lowest = min(lowest, float(np.nanmin(path.mean, initial=1.0)))
    axes.set_ylim(0.0 if lowest < 0.7 else 0.5 if lowest < 0.9 else 0.8, 1.01)
    axes.set_ylabel("share of draws (0 to 1)")


def regimes_panel(axes: Axes, summary: xr.Dataset) -> None:
    """Stacks the share of draws in each regime, quarter by quarter, with a key in the order of the stack."""
    table = measure(summary, "regime")
    kinds = next(str(dim) for dim in table.dims if dim != "quarter")  # whatever it is called
    names = [str(name) for name in table[kinds].values]
    order = [*(name for name in REGIMES if name in names), *(name for name in names if name not in REGIMES)]
    shares = np.array([table.sel({kinds: name}).values for name in order], dtype=np.float64)
    known = np.isfinite(shares).all(axis=0)
    start, shares = years(table["quarter"].values)[known], shares[:, known]
    edges = np.append(start, start[-1] + QUARTER) if len(start) else np.array([0.0])
    base, keys = np.zeros(len(start)), []
    for name, share in zip(order, shares, strict=True):
        colour, hatch = REGIMES.get(name, UNKNOWN_REGIME)
        edge = "white" if hatch else colour  # also the colour of the hatch
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": edge, "hatch": hatch, "linewidth": 0.0}
        if len(start) and float(share.max()) >= 0.0005:  # what never happens needs no place in the key
            axes.stairs(base + share, edges, baseline=base, fill=True, label=name, **look)
            keys.append(Patch(label=name, **look))
        base = base + share
    axes.legend(handles=keys[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.4)
    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel("regime (share of draws)")
    axes.grid(False)
