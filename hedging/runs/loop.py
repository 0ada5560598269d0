"""Many draws in blocks that fit the cache; what is kept of them does not grow unless it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedging.measures.catalogue import NULLS, RECORDED, RECORDED_OF_NULLS
from hedging.measures.trajectories import Arm
from hedging.settings.settings import Settings
from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.quantities import QUANTITIES, TERMS_ALONE
from hedging.world.world import World, play_out

BLOCK = 2048
"""Draws stepped together: more would leave the cache, fewer wait for Python. Whole chunks of chance."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Block:
    """Some draws, played: what was recorded of them, and the numbers they had."""

    first: int
    count: int
    arrays: dict[str, Array]
    nulls: dict[str, dict[str, Array]]
    parameters: Parameters
    sampled: dict[str, Array]

    @cached_property
    def arm(self) -> Arm:
        """The block with every measure of it."""
        return Arm(self.arrays, self.parameters, self.nulls)


def blocks(draws: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Cut the draws into blocks: first draw and count of each."""
    for first in range(0, draws, size):
        yield first, min(size, draws - first)


def play_block(settings: Settings, first: int, count: int, names: Iterable[str]) -> Block:
    """Play the draws first .. first + count - 1 to the horizon and record the quantities named."""
    return play_lanes(settings, first, count, names, {}, 1)


def play_lanes(
    settings: Settings, first: int, count: int, names: Iterable[str], swept: Mapping[str, Array], points: int
) -> Block:
    """Play some draws at several points side by side, on the same luck: lane = point * count + draw.

    Args:
        swept: the numbers that differ between points, by path: (point,).
    """
    from hedging.world.mesa import HedgingModel  # Mesa takes long to import

    world = World(settings, first, count, swept, points)
    model = HedgingModel(world=world)
    arrays = play_out(world, names, model.advance)
    model.release()
    return Block(first, count, arrays, {}, world.parameters, world.sampled)


def play_some(settings: Settings, nulls: Mapping[str, Settings], first: int, count: int) -> Block:
    """Play some draws of a setting, and the nulls on the same draws.

    Where there are draws to be kept among them every quantity is recorded, else what is reported.
    """
    names = QUANTITIES if first < settings.keep else (*RECORDED, TERMS_ALONE)
    block = play_block(settings, first, count, names)
    for name, null in nulls.items():
        block.nulls[name] = play_block(null, first, count, RECORDED_OF_NULLS).arrays
    return block


def play(settings: Settings, progress: Progress, size: int = BLOCK) -> Iterator[Block]:
    """Play every draw of a setting, and the nulls on the same draws, block by block."""
    nulls = {name: settings.under(name) for name in NULLS}
    for first, count in blocks(settings.draws, size):
        yield play_some(settings, nulls, first, count)
        progress(count)


def join(parts: Sequence[dict[str, Array]], draws: int) -> dict[str, Array]:
    """Put the arrays of blocks side by side, up to some number of draws."""
    return {name: np.concatenate([part[name] for part in parts], axis=-1)[..., :draws] for name in parts[0]}
