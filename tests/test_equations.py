"""The equations of a quarter as `tests/scalar.py` writes them, held against what random worlds recorded.

The reference trajectories leave much at 0: import compression, sanctions, grievance, a second patron that
absorbs. Here every quarter of random worlds is worked out once more from the state that it started with.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given

from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS
from hedging.world.state import STATES
from hedging.world.world import QUANTITIES
from tests import scalar
from tests.strategies import Run, World, laws, same, worlds
from tests.test_reference import WITHOUT_REFERENCE

BY_CHANCE = ("growth", "accept", "hold", "coerce", "blocked")
"""Flows that chance decides where it is sampled."""

MOVED_BY_CHANCE = {"salience", "survival", "sovereign"}
"""States that chance moves at the end of a quarter where it is sampled."""


def plain(array: Array) -> Any:
    """A number of one draw, or lists of them."""
    return array.tolist()


def worked_out(run: Run, bidding: tuple[str, ...]) -> dict[str, Array]:
    """Every flow, and every state at the end of its quarter, from the state at its start: (quarter, ...,
    draw). The client's effort is taken as it was, and what chance decided where it is sampled."""
    quarters, draws = run["gdp"].shape[0] - 1, run["gdp"].shape[-1]
    found: dict[str, list[list[Any]]] = {}
    for draw in range(draws):
        numbers = SimpleNamespace(**{name: plain(getattr(run.p, name)[..., draw]) for name in DECLARATIONS})
        for quarter in range(quarters):
            at = {name: plain(array[quarter, ..., draw]) for name, array in run.arrays.items()}
            given = {name: at[name] for name in BY_CHANCE if run.settings.chance == "sampled"}
            state = SimpleNamespace(**{name: at[name] for name in STATES})
            flows, after = scalar.quarter(
                state, numbers, quarter, 1.0, bidding, lambda *seen, held=at["effort"]: held, given
            )
            for name, value in (vars(flows) | vars(after)).items():
                found.setdefault(name, [[] for _ in range(quarters)])[quarter].append(value)
    return {name: np.moveaxis(np.array(values), 1, -1) for name, values in found.items()}


@laws(40)
@given(worlds(events=0))
def test_every_equation_holds_in_random_worlds(world: World) -> None:
    run = world.play()
    for name, right in worked_out(run, world.bidding[: world.patrons]).items():
        if world.chance == "expected" or name not in MOVED_BY_CHANCE:
            left = run.end(name) if name in STATES else run[name]
            same(name, left, right, 1e-9, 1e-9)


def test_no_equation_is_left_out() -> None:
    written = worked_out(World(chance="expected").play(), World().bidding[:3])
    assert set(written) == set(QUANTITIES) - WITHOUT_REFERENCE | {"due"}
