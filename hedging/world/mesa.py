"""The Mesa model: one client and its patrons as agents, thousands of worlds stepped at once."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from hedging.settings.settings import Settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import World

COLLECTED = ("reserves", "gdp", "legitimacy", "national_sentiment", "survival", "sovereign", "utility")
COLLECTED_BY_PATRON = (
    *("debt", "trade_share", "concession", "warmth", "frustration"),
    *("effort", "offer", "coerce"),
)


class Client(mesa.Agent):
    """The weak state: it chooses whom to court, and takes or refuses what is offered."""

    name = "client"

    @property
    def rule(self) -> Any:
        """How it decides."""
        return self.model.world.cast.client

    def now(self, quantity: str) -> Array:
        """A quantity of its own as it stands, or a flow of the last quarter: (draw,)."""
        array: Array = self.model.world.now(quantity)
        return array


class Patron(mesa.Agent):
    """A great power: it demands, offers, rewards, and past its red line coerces."""

    def __init__(self, model: HedgingModel, name: str) -> None:
        super().__init__(model)
        self.name = name
        self.row = model.world.settings.patrons.index(name)

    @property
    def rule(self) -> Any:
        """How it decides; patrons of the same rule share it."""
        return next(seat.rule for seat in self.model.world.cast.seats if self.name in seat.names)

    def now(self, quantity: str) -> Array:
        """Its row of a quantity as it stands, or of a flow of the last quarter: (draw,)."""
        array: Array = self.model.world.now(quantity)[self.row]
        return array


class HedgingModel(mesa.Model):
    """Belarus between its patrons, or whoever the config names; `step` is one quarter of every draw.

    It holds a `World` and has all that the world has, as `state`, `flows`, `parameters`, `date`, `now`.
    One draw has central parameters, more are sampled over their ranges; chance is `sampled` or `expected`.
    `rng` gives the seed; without it the setting's own seed counts, so that two models alike agree: give
    `rng` several seeds to have several runs. Overrides are the command line's, as in
    ``HedgingModel("baseline", **{"patrons.russia.red_line": 0.8})``.

    Args:
        world: one that is there already; then nothing else is given.

    Raises:
        HedgingError: a study, key or value that cannot be.
    """

    def __init__(
        self,
        experiment: str | None = None,
        *,
        draws: int = 1,
        chance: str = "sampled",
        rng: Any = None,
        world: World | None = None,
        **overrides: Any,
    ) -> None:
        if world is None:
            seed = _seed(rng)
            own = {"ensemble.draws": draws, "chance": chance, **({} if seed is None else {"seed": seed})}
            if draws == 1:
                own["ensemble.vary"] = []
            world = World(settings_for(experiment, own | overrides))
        super().__init__(rng=world.settings.seed)
        self.world = world
        self.client = Client(self)
        self.patrons = {name: Patron(self, name) for name in world.settings.patrons}
        self.datacollector = mesa.DataCollector(model_reporters=_reporters(world.settings))

    def __getattr__(self, name: str) -> Any:
        if name == "world" or name.startswith("__"):  # not there yet, as while it is copied
            raise AttributeError(name)
        return getattr(self.world, name)

    def step(self) -> None:
        """Play one quarter of every draw, and collect.

        Raises:
            HedgingError: the run has reached its horizon.
        """
        self.advance()
        self.datacollector.collect(self)

    def advance(self) -> None:
        """Play one quarter of every draw, and collect nothing."""
        self.world.step()
        self.running = not self.world.finished

    def release(self) -> None:
        """Let go of everything: a Mesa model refers to itself, so its arrays would wait for the collector."""
        self.__dict__.clear()


def _seed(rng: Any) -> int | None:
    if rng is None or isinstance(rng, int | np.integer):
        return None if rng is None else int(rng)
    return int(np.random.default_rng(rng).integers(2**31))


def _mean(name: str, row: int | None = None) -> Any:
    def report(model: HedgingModel) -> float:
        array = model.world.now(name)
        return float(np.mean(array if row is None else array[row]))

    return report


def _reporters(settings: Settings) -> dict[str, Any]:
    reporters = {"quarter": lambda model: dates.label(model.world.quarter - 1)}
    reporters |= {name: _mean(name) for name in COLLECTED}
    for name in COLLECTED_BY_PATRON:
        reporters |= {f"{name}.{patron}": _mean(name, row) for row, patron in enumerate(settings.patrons)}
    return reporters
