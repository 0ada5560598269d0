"""Figures of a study, each a function from the summary to a matplotlib Figure.

`draw_figures(hedging.load(folder), folder)` draws again, from summary.csv alone, what a run has drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from hedging.plots.figures import (
    debt,
    effort,
    integration,
    offers,
    regimes,
    reserves,
    survival,
    tension,
    trade_share,
    warmth,
)
from hedging.plots.overview import overview
from hedging.plots.reading import MissingMeasure
from hedging.plots.style import styled

FIGURES: dict[str, Callable[[xr.Dataset], Figure]] = {
    "overview": overview,
    "regimes": regimes,
    "tension": tension,
    "integration": integration,
    "reserves": reserves,
    "debt": debt,
    "trade_share": trade_share,
    "warmth": warmth,
    "effort": effort,
    "offers": offers,
    "survival": survival,
}


@styled
def draw_figures(summary: xr.Dataset, folder: Path) -> list[Path]:
    """Draws every figure into the folder as PNG, named as in FIGURES, and says where.

    All are drawn before the first is written: a summary that lacks a measure leaves nothing half done. The
    files carry no date and no version, so that the same summary gives the same bytes.
    Raises: MissingMeasure, naming what the summary lacks.
    """
    drawn = {name: draw(summary) for name, draw in FIGURES.items()}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, figure in drawn.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi="figure", metadata={"Software": None})
        figure.clear()
        paths.append(path)
    return paths


__all__ = ["FIGURES", "MissingMeasure", "draw_figures"]
