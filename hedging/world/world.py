"""A world: one setting over some of its draws, stepped a quarter at a time; the one loop over quarters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from hedging.errors import HedgingError
from hedging.settings.events import apply_to_parameters, apply_to_state
from hedging.settings.settings import Settings
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.chance import EXPECTED, Luck
from hedging.world.quantities import TERMS_ALONE, Recorder
from hedging.world.quarter import Flows, play_quarter, terms_without_rivals
from hedging.world.sampling import Table, lanes, sample
from hedging.world.state import State, opening_state


class World:
    """Some draws of a setting from the first one on, at several points side by side where numbers are swept.

    Lane = point * draws + draw: every array has all lanes as its last axis, called draw.

    Args:
        draws: how many; those of the setting without.
        swept: the numbers that differ between points, by path: (point,).

    Raises:
        HedgingError: the design or the sample of the setting has fewer draws.
    """

    def __init__(
        self,
        settings: Settings,
        first: int = 0,
        draws: int | None = None,
        swept: Mapping[str, Array] | None = None,
        points: int = 1,
    ) -> None:
        self.settings, self.first, self.draws = settings, first, settings.draws if draws is None else draws
        self.sampled = lanes(sample(settings, first, self.draws), swept or {}, self.draws, points)
        self.lanes = self.draws * points
        table = Table(settings, self.sampled, self.lanes)
        self.parameters = table.parameters()
        self.cast = table.cast()
        self.state: State = apply_to_state(opening_state(self.parameters), settings.events, 0)
        self.flows: Flows = {}
        self.quarter = 0
        quarters, group = settings.horizon + 1, settings.design.group
        self._luck = Luck(settings.seed, settings.patrons, first, self.draws, quarters, points, group)

    @property
    def date(self) -> str:
        """The quarter about to be stepped through, as in 2019Q4."""
        return dates.label(self.quarter)

    @property
    def finished(self) -> bool:
        """Whether the horizon is reached."""
        return self.quarter >= self.settings.horizon

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

    def terms_without_rivals(self) -> Array:
        """What each patron would promise this quarter were the ties of its rivals cold: (patron, draw)."""
        p = apply_to_parameters(self.parameters, self.settings.events, self.quarter)
        return terms_without_rivals(self.state, p, self.cast, self.quarter)

    def step(self) -> Flows:
        """Play one quarter of every draw, and return its flows.

        Raises:
            HedgingError: the horizon is reached.
        """
        events, quarter = self.settings.events, self.quarter
        if self.finished:
            raise HedgingError(
                f"the run ended with {dates.label(quarter - 1)}; give a longer horizon to go on"
            )
        p = apply_to_parameters(self.parameters, events, quarter)
        chance = self._luck.at(quarter) if self.settings.chance == "sampled" else EXPECTED
        after, self.flows = play_quarter(self.state, p, self.cast, quarter, chance)
        self.quarter += 1
        self.state = apply_to_state(after, events, self.quarter)
        return self.flows


def play_out(
    world: World, names: Iterable[str], step: Callable[[], object] | None = None
) -> dict[str, Array]:
    """Step a world to its horizon and record some quantities by quarter.

    Args:
        names: of the quantities that are recorded; counterfactual terms are worked out only if they are.
        step: steps the world, as a model that holds it does; its own step without.

    Returns: by name, states with a row more than flows: (quarter, ..., draw).
    """
    recorder = Recorder(names, world.settings, world.lanes)
    while not world.finished:
        quarter = world.quarter
        recorder.note_state(quarter, world.state)
        alone = {TERMS_ALONE: world.terms_without_rivals()} if TERMS_ALONE in recorder.arrays else {}
        (step or world.step)()
        recorder.note_flows(quarter, world.flows | alone)
    recorder.note_state(world.quarter, world.state)
    return recorder.arrays
