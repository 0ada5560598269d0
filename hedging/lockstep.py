"""Many points of a grid at once: the draws of several points side by side, on the same luck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hedging.arm import Arm
from hedging.arrays import Array
from hedging.axes import Grid
from hedging.ensemble import Progress, play_lanes
from hedging.naming import Outcome
from hedging.outcomes import NULLS, RECORDED, RECORDED_OF_NULLS
from hedging.record import TERMS_ALONE
from hedging.settings import Settings

LANES = 2048
"""Worlds that are stepped together: points times draws."""


def play_grid(
    settings: Settings,
    grid: Grid,
    outcomes: Sequence[Outcome],
    paths: Sequence[Outcome] = (),
    progress: Progress = lambda count: None,
    lanes: int = LANES,
) -> dict[str, Array]:
    """Play every point of a grid on the same draws and keep the outcomes asked for.

    A point gives the same numbers, to the last bit, as a run of its own with the swept numbers pinned there.

    Args:
        outcomes: kept as (point, draw), each with its weight beside it as `weight:<outcome>`.
        paths: series kept whole, as (point, rows, draw); memory grows with the points.
        progress: told of worlds (points times draws) done.
        lanes: how many worlds are stepped together.
    """
    shape = (grid.points, settings.draws)
    found = {name: np.empty(shape) for item in outcomes for name in (item.text, f"weight:{item.text}")}
    for item in paths:
        found[f"path:{item.text}"] = np.empty((grid.points, item.rows(settings.horizon), settings.draws))
    draws_at_once = min(settings.draws, lanes)
    points_at_once = max(lanes // draws_at_once, 1)
    for point in range(0, grid.points, points_at_once):
        points = min(points_at_once, grid.points - point)
        for first in range(0, settings.draws, draws_at_once):
            count = min(draws_at_once, settings.draws - first)
            arm = play_part(settings, grid.part(point, points), first, count, points, (*outcomes, *paths))
            here = (slice(point, point + points), slice(first, first + count))
            for item in outcomes:
                found[item.text][here] = item.of(arm).reshape(points, count)
                found[f"weight:{item.text}"][here] = item.weight(arm).reshape(points, count)
            for item in paths:
                rows = item.path(arm).reshape(-1, points, count)
                found[f"path:{item.text}"][here[0], :, here[1]] = np.moveaxis(rows, 1, 0)
            progress(points * count)
    return found


def play_part(
    settings: Settings,
    swept: dict[str, Array],
    first: int,
    count: int,
    points: int,
    outcomes: Sequence[Outcome],
) -> Arm:
    """Play some draws at some points side by side, point after point: lane = point * count + draw."""
    names = (*RECORDED, TERMS_ALONE) if any(item.needs_terms for item in outcomes) else RECORDED
    block = play_lanes(settings, first, count, names, swept, points)
    if any(item.needs_nulls for item in outcomes):
        others = {path: values for path, values in swept.items() if not path.startswith("client.rule.")}
        for name in NULLS:  # which keep numbers of their own, whatever these are called
            null = play_lanes(settings.under(name), first, count, RECORDED_OF_NULLS, others, points)
            block.nulls[name] = null.arrays
    return block.arm


def label_grid(settings: Settings, grid: Grid, found: dict[str, Array], outcomes: Sequence[Outcome]) -> Any:
    """Label the outcomes of a grid: an xarray.Dataset with an axis per swept key and the draws beside."""
    import xarray as xr

    dims = (*(axis.name for axis in grid.axes), "draw")
    variables: dict[str, Any] = {}
    for item in outcomes:
        values = found[item.text].reshape(*grid.shape, settings.draws)
        variables[item.text] = (dims, values, {"unit": item.unit})
    coordinates: dict[str, Any] = {"draw": np.arange(settings.draws)}
    for axis in grid.axes:
        coordinates[axis.name] = (
            axis.name,
            np.array(axis.values),
            {"unit": axis.unit, "long_name": axis.label},
        )
    return xr.Dataset(variables, coordinates)
