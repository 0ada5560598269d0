"""One batch: some points and some draws of one rule and arm, stepped in blocks that fit the cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedging.measures.aggregate import thinned, year_end
from hedging.measures.courtship import REGIMES
from hedging.measures.trajectories import SERIES, TOTALS, Outcome, Trajectories
from hedging.runs.executors import Progress
from hedging.settings.settings import Settings
from hedging.studies.study import Play, Study
from hedging.world.arrays import Array
from hedging.world.chance import CHUNK
from hedging.world.parameters import Parameters
from hedging.world.world import QUANTITIES, World, play_out

BATCH = 4 * CHUNK
"""Worlds of a batch, points times draws; the same whoever plays it, so that the same bytes come out."""

BLOCK = 4 * CHUNK
"""Worlds stepped together: more would leave the cache, fewer wait for Python. Whole chunks of chance."""

EXACT = 100_000
"""Draws from which quantiles are read off thinned distributions: all draws would fill the disk."""

YEARS = (2016, 2019, 2024)
"""Years whose last quarter's regime is kept for each draw."""


@dataclass(frozen=True)
class Cell:
    """Some points of a grid and some draws."""

    point: int
    points: int
    first: int
    draws: int

    @property
    def worlds(self) -> int:
        """Points times draws."""
        return self.points * self.draws

    def within(self, point: int = 0, first: int = 0) -> tuple[slice, slice]:
        """Where it lies in a cell that begins there, or among all points and draws."""
        point, first = self.point - point, self.first - first
        return slice(point, point + self.points), slice(first, first + self.draws)

    def cut(self, size: int) -> Iterator[Cell]:
        """Cut into cells of about as many worlds: draws first, then points."""
        draws = min(self.draws, size)
        points = max(size // draws, 1)
        for point in range(self.point, self.point + self.points, points):
            for first in range(self.first, self.first + self.draws, draws):
                yield Cell(
                    point,
                    min(points, self.point + self.points - point),
                    first,
                    min(draws, self.first + self.draws - first),
                )


@dataclass(frozen=True)
class Batch:
    """A cell of one rule and arm, by the place of these among the plays of a study."""

    number: int
    play: int
    cell: Cell

    @property
    def name(self) -> str:
        """What its files begin with."""
        return f"batch-{self.number:05}"


@dataclass(frozen=True)
class Plan:
    """What every batch of a study needs to know.

    Args:
        table: whether the batches leave the rows of draws.parquet, as those of a plain run do.
        keep: draws that are recorded whole.
    """

    plays: tuple[Play, ...]
    table: bool
    keep: int

    @property
    def exact(self) -> bool:
        """Whether all draws are kept as they are for the summary."""
        return not self.table or self.plays[0].settings.draws < EXACT

    def batches(self) -> list[Batch]:
        """Cut all that is to be played."""
        cells = [
            (place, cell)
            for place, play in enumerate(self.plays)
            for cell in Cell(0, play.grid.points, 0, play.settings.draws).cut(BATCH)
        ]
        return [Batch(number, place, cell) for number, (place, cell) in enumerate(cells)]


def plan_of(study: Study, keep: int | None = None) -> Plan:
    """The plan of a study; `keep` draws of a plain run are recorded whole, without it as many as it says."""
    if not study.plain:
        return Plan(study.plays, table=False, keep=0)
    return Plan(study.plays, table=True, keep=study.settings.keep if keep is None else keep)


@dataclass(frozen=True)
class Output:
    """What a batch leaves, as plain arrays by name.

    `outcomes` are (2, outcome, point, draw), values and how much draws count; `paths` (path, point, row,
    draw) and `path_weights` (weight, point, row, draw), a flow's last row missing; where draws are thinned
    out `thin_outcomes` is (outcome, 3 + point), `thin_paths` (path, row, 3 + point).

    Args:
        rows: columns of draws.parquet: (draw,).
        kept: what was recorded of the draws kept whole as `array:<name>`, their numbers as `number:<path>`.
    """

    arrays: Mapping[str, Array]
    rows: Mapping[str, Any]
    kept: Mapping[str, Array]


def play_batch(plan: Plan, batch: Batch, progress: Progress = lambda count: None) -> Output:
    """Play one batch, block by block.

    Args:
        progress: told of worlds done.
    """
    play, cell = plan.plays[batch.play], batch.cell
    shape, rows = (cell.points, cell.draws), play.settings.horizon + 1
    arrays = {"outcomes": np.empty((2, len(play.outcomes), *shape))}
    if play.paths:
        arrays["paths"] = np.full((len(play.paths), cell.points, rows, cell.draws), np.nan)
        arrays["path_weights"] = np.zeros((2, cell.points, rows, cell.draws))
    tables, kept = [], []
    for block in cell.cut(BLOCK):
        whole = block.first < plan.keep
        worlds, sampled = play_cell(play, block, whole)
        _fill(arrays, play, worlds, block, block.within(cell.point, cell.first))
        if plan.table:
            draws = {"draw": np.arange(block.first, block.first + block.draws)}
            tables.append(draws | sampled | columns(worlds, play.settings.patrons))
        if whole:
            kept.append(
                {f"array:{name}": array for name, array in worlds.arrays.items()}
                | {f"number:{path}": values for path, values in sampled.items()}
            )
        progress(block.worlds)
    if not plan.exact:
        arrays = _thin(arrays, play)
    return Output(arrays, joined(tables), joined(kept))


def _fill(
    arrays: Mapping[str, Array], play: Play, worlds: Trajectories, block: Cell, place: tuple[slice, slice]
) -> None:
    """Put the outcomes and paths of a block where they belong in those of its batch."""
    points, draws = place
    shape = (block.points, block.draws)
    for row, item in enumerate(play.outcomes):
        arrays["outcomes"][0, row][place] = item.of(worlds).reshape(shape)
        arrays["outcomes"][1, row][place] = item.weight(worlds).reshape(shape)
    for row, item in enumerate(play.paths):
        series = item.path(worlds)
        arrays["paths"][row][points, : len(series), draws] = _by_point(series, shape)
    if play.paths:
        arrays["path_weights"][0][points, :, draws] = _by_point(worlds["weight"], shape)
        if any(item.null for item in play.paths):
            arrays["path_weights"][1][points, :, draws] = _by_point(worlds["paired"], shape)


def _by_point(series: Array, shape: tuple[int, int]) -> Array:
    """Rows of lanes by point: (row, lane) -> (point, row, draw)."""
    return np.swapaxes(series.reshape(len(series), *shape), 0, 1)


def _thin(arrays: Mapping[str, Array], play: Play) -> dict[str, Array]:
    """Thin out the paths, and beside the outcomes, whose draws claims look at, the distribution of each."""
    values, weights = arrays["outcomes"][:, :, 0]
    every = np.array([item.counts_all for item in play.outcomes])[:, None]
    paths = [
        thinned(series[0], path_weight(item, arrays["path_weights"])[0])
        for series, item in zip(arrays["paths"], play.paths, strict=True)
    ]
    return {
        "outcomes": arrays["outcomes"],
        "thin_outcomes": thinned(values, np.where(every, 1.0, weights)),
        "thin_paths": np.stack(paths),
    }


def path_weight(item: Outcome, weights: Array) -> Array:
    """How much each draw counts in a series, of the weights of its batch: (point, row, draw)."""
    if item.every_draw:
        return np.ones_like(weights[0])
    chosen: Array = weights[1 if item.null else 0]
    return chosen


def columns(worlds: Trajectories, patrons: tuple[str, ...]) -> dict[str, Any]:
    """One number a draw for draws.parquet: totals, each series at the end, regimes at dates; a patron's as
    `outcome.patron`."""
    found = {name: worlds[name] for name in TOTALS} | {name: worlds[name][-1] for name in SERIES}
    wide: dict[str, Any] = {}
    for name, array in found.items():
        if array.ndim == 1:
            wide[name] = array
        else:
            wide |= {f"{name}.{patron}": array[row] for row, patron in enumerate(patrons)}
    for year in YEARS:
        if (quarter := year_end(year)) < len(worlds["regime"]):
            wide[f"regime_{year}"] = np.asarray(REGIMES)[worlds["regime"][quarter].astype(int)]
    return wide


def joined(blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the arrays of blocks side by side along the draws."""
    return (
        {name: np.concatenate([one[name] for one in blocks], axis=-1) for name in blocks[0]} if blocks else {}
    )


def play_cell(play: Play, cell: Cell, whole: bool = False) -> tuple[Trajectories, dict[str, Array]]:
    """Play some draws at some points side by side, on the same luck, and the nulls where a measure asks for
    them: lane = point * draws + draw.

    Args:
        whole: whether every quantity is recorded, or only what the outcomes need.

    Returns: what was recorded, and the numbers that the draws have.
    """
    swept = play.grid.part(cell.point, cell.points)
    world, arrays = _record(play.settings, cell, swept, QUANTITIES if whole else play.recorded[""])
    others = {path: values for path, values in swept.items() if not path.startswith("client.rule.")}
    nulls = {  # which keep numbers of their own, whatever they are called
        rule: _record(play.settings.under(rule), cell, others, names)[1]
        for rule, names in play.recorded.items()
        if rule
    }
    return Trajectories(arrays, world.parameters, nulls, _reference(play, cell)), world.sampled


def _reference(play: Play, cell: Cell) -> Parameters | None:
    """The parameters of a play's reference at the same points and draws, where it has one."""
    if (other := play.reference) is None:
        return None
    swept = other.grid.part(cell.point, cell.points)
    return World(other.settings, cell.first, cell.draws, swept, cell.points).parameters


def _record(
    settings: Settings, cell: Cell, swept: Mapping[str, Array], names: Iterable[str]
) -> tuple[World, dict[str, Array]]:
    from hedging.world.mesa import HedgingModel  # Mesa takes long to import

    world = World(settings, cell.first, cell.draws, swept, cell.points)
    model = HedgingModel(world=world)
    arrays = play_out(world, names, model.advance)
    model.release()
    return world, arrays
