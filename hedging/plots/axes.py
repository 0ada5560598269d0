"""What all panels share: the time axis, dated marks, and labels at the ends of lines that never overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from hedging.plots.reading import QUARTER, Array, years
from hedging.plots.style import FONT, QUIET, text_colour

END_LABEL = "end label"
MARK_LABEL = "mark label"
LINE_GAP = FONT * 1.2  # points between two lines of text
PLACES = 6  # decimals of a place on the figure, in shares of its width and height


def time_axis(axes: Axes, summary: xr.Dataset, labels: int = 11, name: bool = True) -> None:
    """Labels the time axis by years, or by quarters if it spans less than two; `labels` of them at most."""
    start = years(summary["quarter"].values)
    last = max(float(start[-1]), float(axes.dataLim.x1) if np.isfinite(axes.dataLim.x1) else 0.0)
    if len(start) == 1:
        last = float(start[0]) + QUARTER
    axes.set_xlim(float(start[0]), last)
    step = QUARTER if last - start[0] < 2.0 else 1.0
    ticks = step * np.arange(np.ceil(start[0] / step), np.floor(last / step + 1e-9) + 1)
    room = labels if step == 1.0 else max(2, labels * 3 // 5)  # "2015Q1" is wider than "2015"
    every = -(-len(ticks) // room)
    if step == 1.0:  # keep to even years, fifths and tens, where not all can be told
        every = next((nice for nice in (1, 2, 5, 10, 20, 50, 100) if nice >= every), every)
        shown = ticks[ticks % every == 0] if every > 1 else ticks
        words = [f"{tick:.0f}" for tick in shown]
    else:
        shown = ticks[::every]
        words = [f"{int(tick)}Q{round((tick % 1) / QUARTER) + 1}" for tick in shown]
    axes.set_xticks(shown, words)
    axes.set_xticks(ticks, minor=True)
    if name:
        axes.set_xlabel("start of year" if step == 1.0 else "start of quarter")


def marks(summary: xr.Dataset) -> list[tuple[str, str]]:
    """Lists the dated marks of the summary as (quarter, short label), by date; none is fine."""
    return sorted((str(quarter), str(label)) for quarter, label in summary.attrs.get("marks") or [])


def draw_marks(axes: Axes, summary: xr.Dataset, labelled: bool) -> None:
    """Draws a thin dotted line at each mark inside the time axis, labelled above the panel where asked."""
    first, last = axes.get_xlim()
    for quarter, label in marks(summary):
        at = float(years([quarter])[0])
        if not first <= at <= last:
            continue
        axes.axvline(at, color="#8A8A8A", linewidth=0.8, linestyle=(0.0, (1.0, 2.0)), zorder=1.5)
        if labelled:
            axes.annotate(
                label,
                (at, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0.0, 2.0),
                textcoords="offset points",
                color=QUIET,
                annotation_clip=False,
                gid=MARK_LABEL,
                arrowprops={
                    "arrowstyle": "-",
                    "color": "#AAAAAA",
                    "linewidth": 0.6,
                    "shrinkA": 0.0,
                    "shrinkB": 0.0,
                    "relpos": (0.0, 0.0),
                },
            )


def marks_note(summary: xr.Dataset) -> str:
    """Writes the marks as one line, for figures whose panels are too narrow for labels."""
    first, last = years(summary["quarter"].values)[[0, -1]]
    inside = [f"{date} {label}" for date, label in marks(summary) if first <= years([date])[0] <= last]
    return f"Dotted: {'; '.join(inside)}." if inside else ""


def label_end(axes: Axes, height: float, label: str, colour: str) -> None:
    """Names a line at its right-hand end, in its own colour; `settle` keeps such labels apart."""
    if not np.isfinite(height):
        return
    axes.annotate(
        label,
        (1.0, height),
        xycoords=axes.get_yaxis_transform(),
        xytext=(7.0, 0.0),
        textcoords="offset points",
        va="center",
        color=text_colour(colour),
        annotation_clip=False,
        gid=END_LABEL,
        arrowprops={
            "arrowstyle": "-",
            "color": colour,
            "linewidth": 0.7,
            "shrinkA": 0.5,
            "shrinkB": 1.0,
            "relpos": (0.0, 0.5),
        },
    )


def apart(heights: Sequence[float], gap: float, floor: float = -np.inf) -> Array:
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
        x, y = text.get_position()
        text.set_position((round(x, PLACES), round(y, PLACES)))
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
    place = {id(label): float(axes.transData.transform((0.0, label.xy[1]))[1]) * points for label in labels}
    rising = sorted(labels, key=lambda label: place[id(label)])
    floor = float(axes.bbox.y0) * points  # below it stand the labels of the time axis
    for label, height in zip(
        rising, apart([place[id(label)] for label in rising], LINE_GAP, floor), strict=True
    ):
        label.xyann = (7.0, float(height) - place[id(label)])


def stack_marks(axes: Axes, labels: list[Annotation]) -> None:
    """Stacks the labels of marks into rows above the panel so that neither texts nor their lines cross.

    From the last to the first: a label goes above every later one that it would run into.
    """
    canvas = axes.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # new_figure sees to it
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    rows: list[tuple[float, int]] = []  # start in pixels, row
    for label in sorted(labels, key=lambda label: -float(label.xy[0])):
        start = float(axes.transData.transform((label.xy[0], 0.0))[0])
        end = start + label.get_window_extent(renderer).width + FONT
        row = max((row + 1 for other, row in rows if other < end), default=0)
        label.xyann = (0.0, 2.0 + row * LINE_GAP)
        rows.append((start, row))
