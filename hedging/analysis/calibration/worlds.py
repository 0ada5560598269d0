"""Worlds as points of a cube: each uncertain number and each piece of luck is one uniform number.

A world is a column of the cube: first a row for each number that varies, then a row for each quarter of each
stream of chance. Whatever moves a point about the cube moves a world over the prior, numbers and luck alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from scipy.special import ndtri

from hedging.analysis.calibration.targets import Record
from hedging.errors import HedgingError
from hedging.measures.catalogue import RECORDED
from hedging.measures.outcome import Outcome, read_outcome
from hedging.measures.trajectories import Arm
from hedging.settings.events import apply_to_parameters, apply_to_state
from hedging.settings.numbers import Number
from hedging.settings.settings import Settings, settings_for
from hedging.world.arrays import Array
from hedging.world.chance import Draw, Sampled, normal, stream, uniform
from hedging.world.quantities import Recorder
from hedging.world.quarter import play_quarter
from hedging.world.sampling import Table, sampled_numbers
from hedging.world.state import opening_state

OF_PATRONS = ("accept", "coerce", "salience")
OF_CLIENT = ("fall", "absorb", "growth", "stance", "first stance", "next stance")
"""What a quarter, or a rule that ships, asks chance for; anything else is refused when it is asked for."""

LANES = 2048
"""Worlds that are stepped together."""

EDGE = 1e-12
"""How near to 0 and 1 a piece of luck may come, so that its noise stays finite."""


@dataclass(frozen=True)
class Given:
    """Luck that is given rather than drawn: one uniform number for each quarter, stream and world."""

    patrons: Sequence[str]
    rows: dict[tuple[str, str], int]
    cube: Array  # (row, draw)

    def numbers(self, purpose: str, names: Sequence[str], draw: Draw, quarter: int) -> Array:
        """One quarter of the streams of one purpose, as `Sampled` asks for them: (name, draw)."""
        if (purpose, names[0]) not in self.rows:
            raise HedgingError(f"calibration: no luck is laid in for '{purpose}'; name it in {__name__}")
        u = self.cube[[self.rows[purpose, name] + quarter for name in names]]
        return np.asarray(ndtri(np.clip(u, EDGE, 1 - EDGE))) if draw is normal else u


@dataclass(frozen=True)
class Worlds:
    """Plays points of the cube under one setting and says how each world stands to the targets."""

    settings: Settings
    record: Record

    @cached_property
    def varied(self) -> list[Number]:
        """The numbers that vary, a row each."""
        return sampled_numbers(self.settings)

    @cached_property
    def streams(self) -> dict[tuple[str, str], int]:
        """Where the luck of each stream begins, a row for each quarter."""
        keys = [*product(OF_PATRONS, self.settings.patrons), *((purpose, "") for purpose in OF_CLIENT)]
        return {key: len(self.varied) + place * self.settings.horizon for place, key in enumerate(keys)}

    @property
    def rows(self) -> int:
        """The numbers and the luck of a world."""
        return len(self.varied) + len(self.streams) * self.settings.horizon

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """What the targets look at."""
        s = self.settings
        texts = dict.fromkeys(text for target in self.record.targets for text in target.of.outcomes)
        return {text: read_outcome(text, s.patrons, s.partners, s.horizon, "targets") for text in texts}

    def prior(self, first: int, count: int) -> Array:
        """Points drawn from the prior, the same for the same place in the series: (row, draw).

        The numbers are those of the draws of any run with this seed.
        """
        seed, quarters = self.settings.seed, self.settings.horizon
        parts = [stream(seed, "parameter", number.path, first, count, uniform) for number in self.varied]
        parts += [stream(seed, *key, first, count, uniform, quarters) for key in self.streams]
        return np.concatenate(parts)

    def numbers(self, cube: Array) -> dict[str, Array]:
        """The numbers of worlds by path: (draw,) each."""
        return {number.path: number.spread(cube[row]) for row, number in enumerate(self.varied)}

    def values(self, cube: Array) -> Array:
        """Play worlds and take every target of them, missing where the country or its leader is lost.

        Shapes: (row, draw) -> (target, draw).
        """
        count = cube.shape[1]
        parts = [self._values(cube[:, first : first + LANES]) for first in range(0, count, LANES)]
        return np.concatenate(parts, axis=1)

    def _values(self, cube: Array) -> Array:
        arm = self.play(cube)
        found = {text: outcome.of(arm) for text, outcome in self.outcomes.items()}
        values = np.stack([target.of.of(found.__getitem__) for target in self.record.targets])
        return np.where(arm.weight[-1] > 0, values, np.nan)

    def play(self, cube: Array) -> Arm:
        """Play worlds to the horizon and keep what is reported of them."""
        settings, count = self.settings, cube.shape[1]
        table = Table(settings, self.numbers(cube), count)
        numbers, cast = table.parameters(), table.cast()
        luck = Given(settings.patrons, self.streams, cube)
        recorder = Recorder(RECORDED, settings, count)
        state = apply_to_state(opening_state(numbers), settings.events, 0)
        for quarter in range(settings.horizon):
            recorder.note_state(quarter, state)
            now = apply_to_parameters(numbers, settings.events, quarter)
            chance = Sampled(luck, quarter)  # type: ignore[arg-type]  # which asks luck for its numbers alone
            state, flows = play_quarter(state, now, cast, quarter, chance)
            recorder.note_flows(quarter, flows)
            state = apply_to_state(state, settings.events, quarter + 1)
        recorder.note_state(settings.horizon, state)
        return Arm(recorder.arrays, numbers)


def worlds_under(rule: str, record: Record, seed: int, overrides: Sequence[str] = ()) -> Worlds:
    """The worlds of one client rule, over all numbers that can vary.

    Raises:
        HedgingError: no such rule, or a target that cannot be measured there.
    """
    words = (*record.setting, f"client/rule={rule}", f"seed={seed}", *overrides)
    worlds = Worlds(settings_for(None, words), record)
    _ = worlds.outcomes
    return worlds
