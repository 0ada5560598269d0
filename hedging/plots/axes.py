"""What panels are put together from: the time axis and dated marks; lines, bands and fans with labels at
their ends that never overlap; cells of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, Transform

from hedging.plots.style import (
    DOTTED,
    FONT,
    INK,
    LETTERS,
    QUARTER,
    QUIET,
    Actor,
    Array,
    Dashes,
    measure,
    series,
    statistic,
    text_colour,
    years,
)
from hedging.world import dates

END_LABEL = "end label"
MARK_LABEL = "mark label"
LINE_GAP = FONT * 1.2  # points between two lines of text
TITLE = 10.0
"""Points of the title's letters."""

PLACES = 6  # decimals of a place on the figure, in shares of its width and height
BANDS = ((["p05", "p95"], 0.16), (["p25", "p75"], 0.32))  # and their opacity
PALE = ((["p25", "p75"], 0.22),)  # where it stands alone, because many fans share a panel
ALIKE = 1e-9
"""Differences below this are none."""

PALETTE = ("#222222", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C6D1F", "#56B4E9", "#7F7F7F")
"""Colours of arms and values, apart from each other under the common kinds of colour blindness."""

COLOURS = "cividis"  # of maps and tables
RED_LINE = 1.0  # tension is frustration in units of the red line


def time_axis(axes: Axes, shown: xr.Dataset | xr.DataArray, labels: int = 11, name: bool = True) -> None:
    """Labels the time axis by years, or by quarters if it spans less than two; `labels` of them at most.

    It runs over the quarters of what is shown; below four years each of them has a tick.
    """
    start = years(shown["quarter"].values)
    last = max(float(start[-1]), float(axes.dataLim.x1) if np.isfinite(axes.dataLim.x1) else 0.0)
    if len(start) == 1:
        last = float(start[0]) + QUARTER
    axes.set_xlim(float(start[0]), last)
    step = QUARTER if last - start[0] < 2.0 else 1.0
    ticks = step * np.arange(np.ceil(start[0] / step), np.floor(last / step + 1e-9) + 1)
    room = labels if step == 1.0 else max(2, labels * 3 // 5)  # "2015Q1" is wider than "2015"
    every = -(-len(ticks) // room)
    told, word = ticks[::every], "start of quarter"
    if step == 1.0:  # keep to even years, fifths and tens, where not all can be told
        every = next((nice for nice in (1, 2, 5, 10, 20, 50, 100) if nice >= every), every)
        told, word = ticks[ticks % every == 0], "start of year"
    dated = (dates.label(round((tick - dates.FIRST_YEAR) / QUARTER)) for tick in told)
    axes.set_xticks(told, [text if step == QUARTER else text[:-2] for text in dated])
    each = np.arange(start[0], last + QUARTER / 2, QUARTER)
    axes.set_xticks(each if last - start[0] < 4.0 else ticks, minor=True)
    if name:
        axes.set_xlabel(word)


def marks(summary: xr.Dataset, first: float, last: float) -> list[tuple[float, str, str]]:
    """Lists the dated marks of the summary between two years as (year, quarter, short label), by date."""
    dated = sorted((str(quarter), str(label)) for quarter, label in summary.attrs.get("marks") or [])
    placed = [(float(years([quarter])[0]), quarter, label) for quarter, label in dated]
    return [mark for mark in placed if first <= mark[0] <= last]


def draw_marks(axes: Axes, summary: xr.Dataset, labelled: bool) -> None:
    """Draws a thin dotted line at each mark inside the time axis, labelled above the panel where asked."""
    for at, _, label in marks(summary, *axes.get_xlim()):
        axes.axvline(at, color="#8A8A8A", linewidth=0.8, linestyle=DOTTED, zorder=1.5)
        if labelled:
            above = axes.get_xaxis_transform()
            write_beside(axes, label, (at, 1.0), above, MARK_LABEL, QUIET, color="#AAAAAA")


def marks_note(summary: xr.Dataset) -> str:
    """Writes the marks as one line, for figures whose panels are too narrow for labels."""
    first, *_, last = years(summary["quarter"].values)
    inside = [f"{date} {label}" for _, date, label in marks(summary, first, last)]
    return f"Dotted: {'; '.join(inside)}." if inside else ""


def bands_note(summary: xr.Dataset, outcomes: Sequence[str]) -> str:
    """Writes how to read line and bands of series, or why there is a line without bands."""
    taken = [measure(summary, name) for name in outcomes]
    if any(bool((m.sel(statistic="p95") - m.sel(statistic="p05") > ALIKE).any()) for m in taken):
        return "Line: median; bands: middle half (dark) and 5 to 95% (light) of draws."
    expected = ", chance at its expected value" if summary.attrs.get("chance") == "expected" else ""
    if int(summary.attrs["draws"]) == 1:
        return f"One draw{expected}: a line, no band."
    return f"Every draw alike{expected or ' here'}: a line, no band."


def label_end(axes: Axes, height: float, label: str, colour: str) -> None:
    """Names a line at its right-hand end, in its own colour; `settle` keeps such labels apart."""
    ink, right = text_colour(colour), axes.get_yaxis_transform()
    arrow = {"color": colour, "linewidth": 0.7, "shrinkA": 0.5, "shrinkB": 1.0, "relpos": (0.0, 0.5)}
    if np.isfinite(height):
        write_beside(axes, label, (1.0, height), right, END_LABEL, ink, **arrow)


def write_beside(
    axes: Axes, label: str, at: tuple[float, float], within: Transform, gid: str, ink: str, **arrow: Any
) -> None:
    """Writes a label outside a panel, with a thin line to what it names; `settle` says how far outside."""
    line = {"arrowstyle": "-", "linewidth": 0.6, "shrinkA": 0.0, "shrinkB": 0.0, "relpos": (0.0, 0.0)} | arrow
    look: dict[str, Any] = {"va": "center" if gid == END_LABEL else "baseline", "color": ink, "gid": gid}
    look |= {"textcoords": "offset points", "annotation_clip": False, "arrowprops": line}
    axes.annotate(label, at, (0.0, 0.0), within, **look)


def apart(heights: Sequence[float] | Array, gap: float, floor: float = -np.inf) -> Array:
    """Moves rising heights as little as possible until they are `gap` apart and none is below the floor.

    Least squares: pools neighbours that stand too close, as isotonic regression does, then lifts them.
    """
    pools: list[list[float]] = []
    for place, height in enumerate(heights):
        pools.append([height - place * gap])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = np.array([np.mean(pool) for pool in pools for _ in pool], dtype=np.float64)
    return np.maximum(level, floor) + gap * np.arange(len(level), dtype=np.float64)


def name_lines(figure: Figure) -> None:
    """Names the lines once for all panels, above them, where there are several."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    if len(found) < 2:
        return
    columns = max(1, min(len(found), int(LETTERS / (6 + max(map(len, found))))))
    title = figure.get_suptitle()
    top = 1.0 - 1.5 * TITLE * (title.count("\n") + 1) / 72.0 / figure.get_figheight()
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, top), "ncols": columns}
    figure.legend(found.values(), found.keys(), **place).set_in_layout(False)
    figure.suptitle(title + "\n" * -(-len(found) // columns) + " ", x=0.012, ha="left")


def settle(figure: Figure) -> Figure:
    """Lays the figure out, moves its labels apart, and fixes where everything stands.

    Twice, since labels change the layout a little. The layout's solver differs in the last bit from run to
    run, and a pixel could show it: places are rounded, so that the same summary gives the same file.
    """
    engine = figure.get_layout_engine()
    assert engine is not None  # new_figure sees to it
    for _ in range(2):
        engine.execute(figure)
        arrange_labels(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(Bbox(np.round(axes.get_position().get_points(), PLACES)))
    for text in figure.texts:
        text.set_position((round(text.get_position()[0], PLACES), round(text.get_position()[1], PLACES)))
    arrange_labels(figure)
    return figure


def arrange_labels(figure: Figure) -> None:
    """Moves the labels of every panel apart, as the panels now stand."""
    for axes in figure.axes:
        notes = [text for text in axes.texts if isinstance(text, Annotation)]
        spread_ends(axes, [note for note in notes if note.get_gid() == END_LABEL])
        stack_marks(axes, [note for note in notes if note.get_gid() == MARK_LABEL])


def spread_ends(axes: Axes, labels: list[Annotation]) -> None:
    """Spreads the labels at the ends of lines so that each has a line of text to itself."""
    points = 72.0 / axes.figure.dpi
    heights = np.array([axes.transData.transform((0.0, label.xy[1]))[1] * points for label in labels])
    rising = np.argsort(heights, kind="stable")
    floor = float(axes.bbox.y0) * points  # below it stand the labels of the time axis
    moved = apart(heights[rising], LINE_GAP, floor) - heights[rising]
    for place, height in zip(rising, moved, strict=True):
        labels[place].xyann = (7.0, float(height))


def stack_marks(axes: Axes, labels: list[Annotation]) -> None:
    """Stacks the labels of marks into rows above the panel so that neither texts nor their lines cross.

    From the last to the first: a label goes above every later one that it would run into.
    """
    rows: list[tuple[float, int]] = []  # start in pixels, row
    for label in sorted(labels, key=lambda label: -float(label.xy[0])):
        start = float(axes.transData.transform((label.xy[0], 0.0))[0])
        end = start + label.get_window_extent().width + FONT
        row = max((row + 1 for other, row in rows if other < end), default=0)
        label.xyann = (0.0, 2.0 + row * LINE_GAP)
        rows.append((start, row))


def draw_line(
    axes: Axes, time: Array, values: Array, colour: str, dashes: Dashes, label: str, named: bool = False
) -> None:
    """Draws a line, named at its end where asked; a lone quarter, which has no line, gets a dot."""
    dot, look = "o" if len(time) == 1 else None, Actor("", label, colour, dashes).look
    axes.plot(time, values, marker=dot, clip_on=False, **look)  # a line along zero is seen whole
    if named:
        label_end(axes, end(values), label, colour)


def draw_bands(axes: Axes, at: Array, line: xr.DataArray, colour: str, outer: bool = True) -> None:
    """Fills 5-95% light and 25-75% darker; without `outer` a pale 25-75% alone; nothing where the ends
    coincide, an upright bar for a lone quarter."""
    for ends, opacity in BANDS if outer else PALE:
        low, high = statistic(line, ends)
        if len(at) == 1 and high - low > ALIKE:
            axes.vlines(at, low, high, color=colour, alpha=opacity, linewidth=8.0)
        elif len(at) > 1 and (high - low > ALIKE).any():
            axes.fill_between(at, low, high, color=colour, alpha=opacity, linewidth=0.0)


def draw_fan(axes: Axes, path: xr.DataArray, actor: Actor, outer: bool = True, named: bool = False) -> None:
    """Draws a series as a fan: its bands, the median as a line, named at its end where asked."""
    time, known = series(path)
    draw_bands(axes, time, known, actor.colour, outer)
    draw_line(axes, time, statistic(known, "p50"), actor.colour, actor.dashes, actor.label, named)


def end(values: Array) -> float:
    """Gives the last value of a line, where its label goes."""
    return float(values[-1]) if len(values) else float("nan")


def draw_cells(axes: Axes, table: Array, written: bool = True, **look: Any) -> Any:
    """Draw a table in colours, each number written into its cell where asked, dark on light and light on
    dark; gives what a key of the colours needs."""
    mesh = axes.pcolormesh(table, cmap=COLOURS, **look)
    shades = mesh.to_rgba(table)[..., :3] @ (0.299, 0.587, 0.114)
    for row, column in np.argwhere(np.isfinite(table) & written):
        look = {"ha": "center", "va": "center", "color": INK if shades[row, column] > 0.5 else "white"}
        axes.text(column + 0.5, row + 0.5, f"{table[row, column]:.3g}", **look)
    axes.grid(False)
    return mesh


def write_point(
    axes: Axes, text: str, at: tuple[float, float], beside: tuple[float, float], ink: str, **look: Any
) -> None:
    """Write a text so many points beside a point."""
    axes.annotate(text, at, beside, textcoords="offset points", color=ink, **look)
