"""The Mesa model: one client and its patrons as agents, thousands of worlds stepped at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np

from hedging.errors import HedgingError
from hedging.settings.events import apply_to_parameters, apply_to_state
from hedging.settings.settings import Settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.chance import EXPECTED, Luck
from hedging.world.quarter import Flows, play_quarter, terms_without_rivals
from hedging.world.sampling import Table, lanes, sample
from hedging.world.state import State, opening_state

COLLECTED = ("reserves", "gdp", "legitimacy", "national_sentiment", "survival", "sovereign", "utility")
COLLECTED_BY_PATRON = (
    "debt",
    "trade_share",
    "concession",
    "warmth",
    "frustration",
    "effort",
    "offer",
    "coerce",
)


class Client(mesa.Agent):
    """The weak state: it chooses whom to court, and takes or refuses what is offered."""

    name = "client"

    @property
    def rule(self) -> Any:
        """How it decides."""
        return self.model.cast.client

    def now(self, quantity: str) -> Array:
        """A quantity of its own as it stands, or a flow of the last quarter: (draw,)."""
        array: Array = self.model.now(quantity)
        return array


class Patron(mesa.Agent):
    """A great power: it demands, offers, rewards, and past its red line coerces."""

    def __init__(self, model: HedgingModel, name: str) -> None:
        super().__init__(model)
        self.name = name
        self.row = model.settings.patrons.index(name)

    @property
    def rule(self) -> Any:
        """How it decides; patrons of the same rule share it."""
        return next(seat.rule for seat in self.model.cast.seats if self.name in seat.names)

    def now(self, quantity: str) -> Array:
        """Its row of a quantity as it stands, or of a flow of the last quarter: (draw,)."""
        array: Array = self.model.now(quantity)[self.row]
        return array


class HedgingModel(mesa.Model):
    """Belarus between its patrons, or whoever the config names; `step` is one quarter of every draw.

    One draw has central parameters, more are sampled over their ranges; chance is `sampled` or `expected`.
    `rng` gives the seed; without it the setting's own seed counts, so that two models alike agree: give
    `rng` several seeds to have several runs. Overrides are the command line's, as in
    ``HedgingModel("baseline", **{"patrons.russia.red_line": 0.8})``.

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
        settings: Settings | None = None,
        first: int = 0,
        swept: Mapping[str, Array] | None = None,
        points: int = 1,
        **overrides: Any,
    ) -> None:
        seed = _seed(rng)
        if settings is None:
            own = {"ensemble.draws": draws, "chance": chance, **({} if seed is None else {"seed": seed})}
            if draws == 1:
                own["ensemble.vary"] = []
            settings = settings_for(experiment, own | overrides)
            draws = settings.draws
        super().__init__(rng=settings.seed)
        self.settings, self.first, self.draws = settings, first, draws
        self.sampled = lanes(sample(settings, first, draws), swept or {}, draws, points)
        table = Table(settings, self.sampled, draws * points)
        self.parameters = table.parameters()
        self.cast = table.cast()
        self.state: State = apply_to_state(opening_state(self.parameters), settings.events, 0)
        self.flows: Flows = {}
        self.quarter = 0
        quarters, group = settings.horizon + 1, settings.design.group
        self._luck = Luck(settings.seed, settings.patrons, first, draws, quarters, points, group)
        self.client = Client(self)
        self.patrons = {name: Patron(self, name) for name in settings.patrons}
        self.datacollector = mesa.DataCollector(model_reporters=_reporters(settings))

    @property
    def date(self) -> str:
        """The quarter about to be played, as in 2019Q4."""
        return dates.label(self.quarter)

    def now(self, quantity: str) -> Array:
        """A quantity of the state as it stands, or a flow of the last quarter, by its name.

        Raises:
            HedgingError: no such quantity, or a flow before the first quarter.
        """
        if quantity in self.flows:
            return self.flows[quantity]
        array = getattr(self.state, quantity, None)
        if not isinstance(array, np.ndarray):
            raise HedgingError(
                f"no quantity '{quantity}' at {self.date}; flows are there after the first step"
            )
        return array

    def step(self) -> None:
        """Play one quarter of every draw.

        Raises:
            HedgingError: the run has reached its horizon.
        """
        self.advance()
        self.datacollector.collect(self)

    def terms_without_rivals(self) -> Array:
        """What each patron would promise this quarter were the ties of its rivals cold: (patron, draw)."""
        p = apply_to_parameters(self.parameters, self.settings.events, self.quarter)
        return terms_without_rivals(self.state, p, self.cast, self.quarter)

    def advance(self) -> Flows:
        """Play one quarter and return its flows, without collecting anything."""
        settings, quarter = self.settings, self.quarter
        if quarter >= settings.horizon:
            raise HedgingError(
                f"the run ended with {dates.label(quarter - 1)}; give a longer horizon to go on"
            )
        p = apply_to_parameters(self.parameters, settings.events, quarter)
        chance = self._luck.at(quarter) if settings.chance == "sampled" else EXPECTED
        after, self.flows = play_quarter(self.state, p, self.cast, quarter, chance)
        self.quarter += 1
        self.state = apply_to_state(after, settings.events, self.quarter)
        self.running = self.quarter < settings.horizon
        return self.flows

    def release(self) -> None:
        """Let go of everything: a Mesa model refers to itself, so its arrays would wait for the collector."""
        self.__dict__.clear()


def _seed(rng: Any) -> int | None:
    if rng is None or isinstance(rng, int | np.integer):
        return None if rng is None else int(rng)
    return int(np.random.default_rng(rng).integers(2**31))


def _mean(name: str, row: int | None = None) -> Any:
    def report(model: HedgingModel) -> float:
        array = model.now(name)
        return float(np.mean(array if row is None else array[row]))

    return report


def _reporters(settings: Settings) -> dict[str, Any]:
    reporters = {"quarter": lambda model: dates.label(model.quarter - 1)}
    reporters |= {name: _mean(name) for name in COLLECTED}
    for name in COLLECTED_BY_PATRON:
        reporters |= {f"{name}.{patron}": _mean(name, row) for row, patron in enumerate(settings.patrons)}
    return reporters
