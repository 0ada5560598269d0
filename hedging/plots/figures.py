"""Draws the figures of a run, from its summary into its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from hedging.measures.trajectories import SERIES
from hedging.plots.axes import settle
from hedging.plots.kind import Asked, read_figures
from hedging.plots.style import styled
from hedging.plots.view import View, axes_of
from hedging.studies.claim import Known
from hedging.studies.study import PATH


@styled
def draw_figures(
    summary: xr.Dataset,
    folder: Path,
    figures: Sequence[Asked] | None = None,
    claims: pd.DataFrame | None = None,
) -> list[Path]:
    """Draw figures into a folder as PNG, each by its name, and say where.

    All are drawn before the first is written: a summary that lacks a measure leaves nothing half done. The
    files carry no date and no version, so that the same summary gives the same bytes.

    Args:
        summary: as `hedging.load` gives it.
        figures: those that the folder's own config.yaml asks for without.
        claims: the folder's claims.csv, which the notes tell of.

    Raises:
        MissingMeasure: the summary lacks what a figure shows.
    """
    asked = asked_of(summary) if figures is None else figures
    drawn = {item.name: draw_figure(item, summary, claims) for item in asked}
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in drawn.items():
        figure.savefig(folder / f"{name}.png", dpi="figure", metadata={"Software": None})
        figure.clear()
    return [folder / f"{name}.png" for name in drawn]


def asked_of(summary: xr.Dataset) -> tuple[Asked, ...]:
    """The figures that a summary's own file asks for."""
    dims = {str(dim): tuple(summary[dim].values.tolist()) for dim in summary.dims}
    axes = {name: dims[name] for name in axes_of(summary)}
    measures: Any = {name: None for name in summary.data_vars if not str(name).startswith(PATH)}
    known = Known(dims.get("rule", ()), dims.get("arm", ()), axes, measures)
    paths = [str(name).removeprefix(PATH) for name in summary.data_vars if name not in measures]
    plain = not (known.rules or known.arms or axes)
    return read_figures(summary.attrs.get("figure"), known, list(SERIES) if plain else paths, plain)


@styled
def draw_figure(asked: Asked, summary: xr.Dataset, claims: pd.DataFrame | None = None) -> Figure:
    """Draw one figure from a summary, and from the claims as judged where it tells of any."""
    view = View(summary, pd.DataFrame() if claims is None else claims, asked.options, asked.kind.reads)
    return settle(asked.kind.draw(view, **{name: getattr(asked.options, name) for name in asked.kind.own}))
