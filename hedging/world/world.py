"""A world: one setting over some of its draws, stepped a quarter at a time, in earnest or as foreseen; and
what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

import numpy as np

from hedging.errors import HedgingError
from hedging.rules.sight import Sight
from hedging.settings.events import apply_to_parameters, apply_to_state
from hedging.settings.settings import Settings
from hedging.world import dates, phases
from hedging.world.arrays import Array, repeated
from hedging.world.chance import EXPECTED, Chance, Luck
from hedging.world.parameters import Parameters
from hedging.world.quarter import Flows, Lookup, play_quarter, terms_without_rivals
from hedging.world.state import STATES, State, described, opening_state, quantity

TERMS_ALONE = "terms_without_rivals"
"""A counterfactual beside the flows: worked out only where it is recorded."""


@dataclass(frozen=True)
class Quantity:
    """What is declared of something that is recorded or worked out of what was.

    A state has a row more than a flow. `reported`: whether it is an outcome. `every_draw`: whether that is
    over all draws, those that have fallen too. The rest is of measures: over the whole run, held against a
    null rule, a code for one of some labels.
    """

    name: str
    axes: tuple[str, ...]
    unit: str
    meaning: str
    state: bool = False
    reported: bool = False
    every_draw: bool = False
    whole_run: bool = False
    null: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Stance:
    """What no phase returns: the client's stance, and what patrons would bid if it had no other."""

    effort: Array = quantity("patron", "share", "effort spent on courting the patron", reported=True)
    terms_without_rivals: Array = quantity(
        "patron", "usd_bn/quarter", "carrot and expected payment were the ties of all rivals cold"
    )


def modules_in(package: ModuleType, but: Iterable[str] = ()) -> Iterator[ModuleType]:
    """Import every module that lies in a package, but some."""
    for found in iter_modules(package.__path__):
        if found.name not in but:
            yield import_module(f"{package.__name__}.{found.name}")


def _quantities() -> dict[str, Quantity]:
    """Every state, and what the records of the phases declare, wherever in their folder."""
    found = [item for module in modules_in(phases) for item in vars(module).values()]
    records = [item for item in found if isinstance(item, type) and is_dataclass(item)]
    keys = ("axes", "unit", "meaning", "reported", "every_draw")
    return {
        name: Quantity(name, state=cls is State, **{key: item.metadata[key] for key in keys})
        for cls in (State, Stance, *records)
        for name, item in described(cls).items()
    }


QUANTITIES = _quantities()
"""Every state and flow by its name."""


class Recorder:
    """Keeps chosen quantities of a block: states at the start of each quarter and the end of the last,
    flows between."""

    def __init__(self, names: Iterable[str], quarters: int, patrons: int, draws: int) -> None:
        sizes = {"patron": patrons, "partner": patrons + 1, "draw": draws}
        self.arrays: dict[str, Array] = {}
        for name in names:
            about = QUANTITIES[name]
            rows = quarters + about.state
            self.arrays[name] = np.empty((rows, *(sizes[axis] for axis in about.axes)))
        self.states = [name for name in self.arrays if name in STATES]
        self.flows = [name for name in self.arrays if name not in STATES]

    def note_state(self, quarter: int, state: State) -> None:
        """Write down the state at the start of a quarter."""
        for name in self.states:
            self.arrays[name][quarter] = getattr(state, name)

    def note_flows(self, quarter: int, flows: Mapping[str, Array]) -> None:
        """Write down the flows of a quarter."""
        for name in self.flows:
            self.arrays[name][quarter] = flows[name]


LANES = 8192
"""Worlds played side by side: more would leave the cache, fewer wait for Python."""


@dataclass(frozen=True)
class Frozen:
    """Hold one stance whatever happens: the client of a world foreseen."""

    effort: Array  # (patron, draw)

    def choose(self, sight: Sight) -> Array:
        """The stance held."""
        return self.effort


Fields = TypeVar("Fields")


def tile(record: Fields, times: int) -> Fields:
    """Repeat a record of arrays along the draws: all draws, then all again; once is the record itself."""
    if times == 1:
        return record
    arrays = {
        item.name: repeated(value, times)
        for item in fields(record)  # type: ignore[arg-type]
        if isinstance(value := getattr(record, item.name), np.ndarray)
    }
    return replace(record, **arrays)  # type: ignore[type-var]


def lanes(
    sampled: Mapping[str, Array], swept: Mapping[str, Array], draws: int, points: int
) -> dict[str, Array]:
    """Lay the draws of several points side by side: sampled numbers again at each point, swept ones by point.

    Shapes: sampled (draw,), swept (point,) -> (point * draw,).
    """
    again = {path: np.tile(array, points) for path, array in sampled.items()}
    return again | {path: np.repeat(array, draws) for path, array in swept.items()}


class World:
    """Some draws of a setting from the first one on, at several points side by side where numbers are swept.

    Lane = point * draws + draw: every array has all lanes as its last axis, called draw.

    Args:
        draws: how many; those of the setting without.
        swept: the numbers that differ between points, by path: (point,).
        sampled: the numbers that vary over draws, by path, where they are not those of the setting: (draw,).
        luck: what chance brings where it is sampled, if not the setting's.

    Its `state` stands at the start of the quarter about to be stepped through, with the events of that; as
    `ended` the quarter before left it.

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
        sampled: Mapping[str, Array] | None = None,
        luck: Luck | None = None,
    ) -> None:
        self.settings, self.first, self.draws = settings, first, settings.draws if draws is None else draws
        sampled = settings.sample(first, self.draws) if sampled is None else sampled
        self.sampled = lanes(sampled, swept or {}, self.draws, points)
        self.lanes = self.draws * points
        table = Lookup(settings, self.sampled, self.lanes)
        self.parameters = table.parameters()
        self.cast = table.cast()
        self.events, self.horizon, self.quarter = table.events(), settings.horizon, 0
        self.ended = opening_state(self.parameters)
        self.state = apply_to_state(self.ended, self.parameters, self.events, 0)
        self.flows: Flows = {}
        group = settings.design.group
        own = Luck(settings.seed, settings.patrons, first, self.draws, self.horizon + 1, points, group)
        self._luck = (luck or own) if settings.chance == "sampled" else None

    @property
    def date(self) -> str:
        """The quarter about to be stepped through, as in 2019Q4."""
        return dates.label(self.quarter)

    @property
    def finished(self) -> bool:
        """Whether the horizon is reached."""
        return self.quarter >= self.horizon

    def now(self, quantity: str) -> Array:
        """A quantity of the state as it stands, or a flow of the last quarter, by its name.

        Raises:
            HedgingError: no such quantity, or a flow before the first quarter.
        """
        if quantity in self.flows:
            return self.flows[quantity]
        array = getattr(self.state, quantity, None)
        if not isinstance(array, np.ndarray):
            raise HedgingError(f"no quantity '{quantity}' at {self.date}; flows are there after a first step")
        return array

    @property
    def numbers(self) -> Parameters:
        """The parameters as the events of the quarter about to be stepped through leave them."""
        return apply_to_parameters(self.parameters, self.events, self.quarter)

    @property
    def chance(self) -> Chance:
        """What the quarter about to be stepped through brings by chance."""
        return EXPECTED if self._luck is None else self._luck.at(self.quarter)

    def terms_without_rivals(self) -> Array:
        """What each patron would promise this quarter were the ties of its rivals cold: (patron, draw)."""
        return terms_without_rivals(self.state, self.numbers, self.cast, self.quarter)

    def step(self) -> Flows:
        """Play one quarter of every draw, and return its flows.

        Raises:
            HedgingError: the horizon is reached.
        """
        if self.finished:
            ended = dates.label(self.quarter - 1)
            raise HedgingError(f"the run ended with {ended}; give a longer horizon to go on")
        self.ended, self.flows = play_quarter(
            self.state, self.numbers, self.cast, self.quarter, self.chance, self.foresee
        )
        self.quarter += 1
        self.state = apply_to_state(self.ended, self.parameters, self.events, self.quarter)
        return self.flows

    def foresee(self, parameters: Parameters, stances: Array, quarters: int) -> Array:
        """Value stances by playing each on from here, held whatever happens, as many side by side as the
        cache holds: in expectation, with no event to come, the parameters staying as they are given.

        Rule: SUM_h beta^h * utility over h = 0 .. quarters - 1; growth is growth0.
        Shapes: (stance, patron) -> (stance, draw).
        """
        at_once = max(LANES // self.lanes, 1)
        values = []
        for first in range(0, len(stances), at_once):
            world = self._imagined(parameters, stances[first : first + at_once], quarters)
            value, weight = np.zeros(world.lanes), np.ones(world.lanes)
            while not world.finished:
                value += weight * world.step()["utility"]
                weight *= world.parameters.beta
            values.append(value.reshape(-1, self.lanes))
        return np.concatenate(values)

    def _imagined(self, parameters: Parameters, stances: Array, quarters: int) -> World:
        """The world as it would go on under some stances, all draws under one after all under another."""
        world, times = copy(self), len(stances)
        world.lanes, world.horizon = self.lanes * times, self.quarter + quarters
        world.events, world._luck = (), None
        world.parameters, world.state = tile(parameters, times), tile(replace(self.state, memory=None), times)
        seats = tuple(replace(seat, rule=tile(seat.rule, times)) for seat in self.cast.seats)
        frozen = Frozen(np.repeat(stances.T, self.lanes, axis=1))
        world.cast = replace(self.cast, client=frozen, seats=seats)
        return world


def play_out(
    world: World, names: Iterable[str], step: Callable[[], object] | None = None
) -> dict[str, Array]:
    """Step a world to its horizon and record some quantities by quarter.

    Args:
        names: of the quantities that are recorded; counterfactual terms are worked out only if they are.
        step: steps the world, as a model that holds it does; its own step without.

    Returns: by name, states with a row more than flows: (quarter, ..., draw).
    """
    settings = world.settings
    recorder = Recorder(names, settings.horizon, len(settings.patrons), world.lanes)
    while not world.finished:
        quarter = world.quarter
        recorder.note_state(quarter, world.state)
        alone = {TERMS_ALONE: world.terms_without_rivals()} if TERMS_ALONE in recorder.arrays else {}
        (step or world.step)()
        recorder.note_flows(quarter, world.flows | alone)
    recorder.note_state(world.quarter, world.state)
    return recorder.arrays
