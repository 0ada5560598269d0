"""One quarter of the story, and quarters foreseen: the same function plays both; and who plays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, TypeVar
from typing import cast as as_type

import numpy as np

from hedging.rules.sight import ClientRule, LearningRule, PatronRule, PatronSight, Sight
from hedging.world.arrays import Array, read_only
from hedging.world.chance import EXPECTED, Chance
from hedging.world.parameters import Parameters
from hedging.world.phases import calendar, economy, offers, politics, relations, settlement, utility
from hedging.world.phases.offers import Bid, Standing
from hedging.world.state import State

Flows = dict[str, Array]

LANES = 4096
"""Worlds played side by side: more would leave the cache, fewer wait for Python."""


def play_quarter(
    state: State, p: Parameters, cast: Cast, quarter: int, chance: Chance
) -> tuple[State, Flows]:
    """Play one quarter: phases in order, each sees only what stands above it; patrons move at the same time.

    0 calendar, 1 offers, 2 coercion, 3 stance, 4 deals, 5 settlement, 6 economy, 7 politics, 8 relations, 9
    learning.
    Returns: the state at the start of the next quarter, and the flows of this one by name.
    """
    today = calendar.read_calendar(p, quarter, cast.energy_index(quarter), chance)
    standing = offers.take_stock(state, p, today)
    bid = cast.collect_bids(state, p, quarter, standing)
    struck = offers.strike(state, p, chance)
    sight = see(state, p, cast, quarter, chance, standing, bid)
    effort = cast.client.choose(sight)
    deals = offers.close_deals(bid, standing, state, p, chance)
    paid, stocks = settlement.settle(state, p, today, bid, deals, struck)
    output, levels = economy.grow(state, p, today, paid)
    home, moods = politics.take_effect(state, p, bid, deals, struck, paid, output, levels["gdp"], chance)
    ties, bonds = relations.relate(
        state, p, today, bid, struck, effort, deals, home, moods["repression"], chance
    )
    after = stocks | levels | moods | bonds
    worth = utility.weigh(after, p, home, effort)
    memory = learn(cast, sight, worth.utility)
    flows: Flows = {"effort": effort}
    for record in (today, standing, bid, struck, deals, paid, output, home, ties, worth):
        flows |= vars(record)
    return State(**after, memory=memory), flows


def terms_without_rivals(state: State, p: Parameters, cast: Cast, quarter: int) -> Array:
    """What each patron would offer and expect to pay this quarter were the ties of all its rivals cold.

    Rule: carrot + accept_probability * offer with the warmth of every rival set to 0, its own as it is.
    Returns: (patron, draw).
    """
    today = calendar.read_calendar(p, quarter, cast.energy_index(quarter), EXPECTED)
    terms = np.empty_like(state.warmth)
    for row in range(len(cast.patrons)):
        warmth = np.zeros_like(state.warmth)
        warmth[row] = state.warmth[row]
        alone = replace(state, warmth=warmth)
        standing = offers.take_stock(alone, p, today)
        bid = cast.collect_bids(alone, p, quarter, standing)
        accepted = offers.close_deals(bid, standing, alone, p, EXPECTED).accept_probability
        terms[row] = bid.carrot[row] + accepted[row] * bid.offer[row]
    return terms


def see(
    state: State,
    p: Parameters,
    cast: Cast,
    quarter: int,
    chance: Chance,
    standing: offers.Standing,
    bid: offers.Bid,
) -> Sight:
    """What the client sees when it chooses its stance; a rule with a memory finds it there."""
    for record in (state, standing, bid):
        read_only(vars(record).values())
    sight = Sight(
        quarter=quarter,
        patrons=cast.patrons,
        state=state,
        bid=bid,
        memory=state.memory,
        _standing=standing,
        _truth=p,
        _chance=chance,
        _foresee=partial(foresee, state, cast, quarter),
    )
    if state.memory is None and (rule := learner(cast)):
        return replace(sight, memory=rule.start(sight))
    return sight


def learn(cast: Cast, sight: Sight, worth: Array) -> Any:
    """What the client remembers after the quarter."""
    rule = learner(cast)
    return rule.learn(sight, sight.memory, worth) if rule else None


def learner(cast: Cast) -> LearningRule | None:
    """The client's rule where it has a memory; by its methods, since asking a Protocol is slow."""
    return as_type(LearningRule, cast.client) if hasattr(cast.client, "learn") else None


@dataclass(frozen=True)
class Frozen:
    """Hold one stance whatever happens: the client of a world foreseen."""

    effort: Array  # (patron, draw)

    def choose(self, sight: Sight) -> Array:
        """The stance held."""
        return self.effort


Record = TypeVar("Record")


def tile(record: Record, times: int) -> Record:
    """Repeat a record of arrays along the draws: all draws, then all again; once is the record itself."""
    if times == 1:
        return record
    arrays = {
        item.name: np.concatenate([value] * times, axis=-1)
        for item in fields(record)  # type: ignore[arg-type]
        if isinstance(value := getattr(record, item.name), np.ndarray)
    }
    return replace(record, **arrays)  # type: ignore[type-var]


def foresee(state: State, cast: Cast, quarter: int, p: Parameters, options: Array, quarters: int) -> Array:
    """Value stances by playing each on, frozen, in expectation; as many side by side as the cache holds.

    Rule: SUM_h beta^h * utility; growth is growth0, and the parameters stay as this quarter finds them.
    Shapes: options (stance, patron) -> (stance, draw).
    """
    at_once = max(LANES // state.gdp.size, 1)
    groups = [options[first : first + at_once] for first in range(0, len(options), at_once)]
    return np.concatenate([_play_on(state, cast, quarter, p, group, quarters) for group in groups])


def _play_on(state: State, cast: Cast, quarter: int, p: Parameters, options: Array, quarters: int) -> Array:
    times, draws = len(options), state.gdp.size
    effort = np.repeat(options.T, draws, axis=1)
    seats = tuple(replace(seat, rule=tile(seat.rule, times)) for seat in cast.seats)
    imagined = replace(cast, client=Frozen(effort), seats=seats)
    numbers, world = tile(p, times), tile(replace(state, memory=None), times)
    value, weight = np.zeros(times * draws), np.ones(times * draws)
    for ahead in range(quarters):
        world, flows = play_quarter(world, numbers, imagined, quarter + ahead, EXPECTED)
        value += weight * flows["utility"]
        weight *= numbers.beta
    return value.reshape(times, draws)


TAIL = 8
"""Structural: beyond its last quarter an index stays at the mean of its last two years."""


@dataclass(frozen=True)
class Seat:
    """Patrons that share a rule, and their rows."""

    rule: PatronRule
    rows: slice | list[int]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Cast:
    """Who plays, and by which rules."""

    patrons: tuple[str, ...]
    client: ClientRule
    seats: tuple[Seat, ...]
    energy: tuple[float, ...]  # index of the energy price by quarter; () is 1 throughout

    def energy_index(self, quarter: int) -> float:
        """The index of the energy price; after the series the mean of its last two years."""
        if quarter < len(self.energy):
            return self.energy[quarter]
        return float(np.mean(self.energy[-TAIL:])) if self.energy else 1.0

    def collect_bids(self, state: State, p: Parameters, quarter: int, standing: Standing) -> Bid:
        """Let every patron bid by its own rule; none sees another's bid.

        Returns: the bids of all patrons, (patron, draw).
        """
        bids = [
            seat.rule.bid(PatronSight(quarter, seat.names, state, p, standing, seat.rows))
            for seat in self.seats
        ]
        if len(bids) == 1:
            return bids[0]
        whole: dict[str, Array] = {}
        for item in fields(Bid):
            array = np.empty_like(standing.gate)
            for seat, bid in zip(self.seats, bids, strict=True):
                array[seat.rows] = getattr(bid, item.name)
            whole[item.name] = array
        return Bid(**whole)
