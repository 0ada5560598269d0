"""Many points of a grid at once: the draws of several points side by side, on the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hedging.measures.catalogue import NULLS, RECORDED, RECORDED_OF_NULLS
from hedging.measures.outcome import Outcome
from hedging.measures.trajectories import Arm
from hedging.runs.executors import work_through
from hedging.runs.loop import Progress, play_lanes
from hedging.settings.settings import Settings
from hedging.studies.axes import Grid
from hedging.world.arrays import Array
from hedging.world.quantities import TERMS_ALONE

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
    cells = list(_cells(grid.points, settings.draws, lanes))
    play = partial(_play_cell, settings, grid, tuple(outcomes), tuple(paths))
    executor = settings.tree.get("executor")
    for cell, arrays in work_through(cells, play, lambda cell: cell.worlds, executor, progress):
        for name, array in arrays.items():
            found[name][cell.points, ..., cell.draws] = array
    return found


@dataclass(frozen=True)
class Cell:
    """Some points of a grid and some draws, played together."""

    points: slice
    draws: slice

    @property
    def worlds(self) -> int:
        """Points times draws."""
        return (self.points.stop - self.points.start) * (self.draws.stop - self.draws.start)  # type: ignore[no-any-return]


def _cells(points: int, draws: int, lanes: int) -> Iterator[Cell]:
    """Cut a grid into cells of about as many worlds as are stepped together."""
    draws_at_once = min(draws, lanes)
    points_at_once = max(lanes // draws_at_once, 1)
    for point in range(0, points, points_at_once):
        for first in range(0, draws, draws_at_once):
            some = slice(first, min(first + draws_at_once, draws))
            yield Cell(slice(point, min(point + points_at_once, points)), some)


def _play_cell(
    settings: Settings,
    grid: Grid,
    outcomes: Sequence[Outcome],
    paths: Sequence[Outcome],
    cell: Cell,
    progress: Progress = lambda count: None,
) -> dict[str, Array]:
    """Play one cell: outcomes and weights (point, draw), paths (point, row, draw)."""
    points, count = cell.points.stop - cell.points.start, cell.draws.stop - cell.draws.start
    swept = grid.part(cell.points.start, points)
    arm = play_part(settings, swept, cell.draws.start, count, points, (*outcomes, *paths))
    found = {item.text: item.of(arm).reshape(points, count) for item in outcomes}
    found |= {f"weight:{item.text}": item.weight(arm).reshape(points, count) for item in outcomes}
    for item in paths:
        rows: Array = item.path(arm).reshape(-1, points, count)
        found[f"path:{item.text}"] = np.swapaxes(rows, 0, 1)
    progress(cell.worlds)
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
