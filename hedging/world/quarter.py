"""One quarter of the story, and who plays it, by which rules and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from typing import cast as as_type

import numpy as np

from hedging.rules.sight import ClientRule, Foresee, LearningRule, PatronRule, PatronSight, Sight
from hedging.settings.events import Event
from hedging.settings.numbers import Number, RuleChoice
from hedging.settings.settings import Settings
from hedging.world.arrays import Array, read_only
from hedging.world.chance import EXPECTED, Chance
from hedging.world.parameters import DECLARATIONS, Parameters
from hedging.world.phases import calendar, economy, offers, politics, relations, settlement, utility
from hedging.world.phases.offers import Bid, Standing
from hedging.world.state import State

Flows = dict[str, Array]


def play_quarter(
    state: State, p: Parameters, cast: Cast, quarter: int, chance: Chance, foresee: Foresee
) -> tuple[State, Flows]:
    """Play one quarter: phases in order, each sees only what stands above it; patrons move at the same time.

    0 calendar, 1 offers, 2 coercion, 3 stance, 4 deals, 5 settlement, 6 economy, 7 politics, 8 relations, 9
    learning.

    Args:
        foresee: values stances for a client that looks ahead, as `World.foresee` does.

    Returns: the state at the start of the next quarter, and the flows of this one by name.
    """
    today = calendar.read_calendar(p, quarter, cast.energy_index(quarter), chance)
    standing = offers.take_stock(state, p, today)
    bid = cast.collect_bids(state, p, quarter, standing)
    struck = offers.strike(state, p, chance)
    sight = see(state, p, cast, quarter, chance, standing, bid, foresee)
    effort = cast.client.choose(sight)
    deals = offers.close_deals(bid, standing, state, p, chance)
    paid, stocks = settlement.settle(state, p, today, standing, bid, deals, struck)
    output, levels = economy.grow(state, p, today, paid)
    home, moods = politics.take_effect(state, p, bid, deals, struck, paid, output, levels["gdp"], chance)
    ties, bonds = relations.relate(
        state, p, today, bid, struck, effort, deals, home, moods["repression"], chance
    )
    after = stocks | levels | moods | bonds
    worth = utility.weigh(after, p, home.hazard, home.absorb, effort)
    memory = learn(cast, sight, worth.utility)
    flows: Flows = {"effort": effort}
    for record in (today, standing, bid, struck, deals, paid, output, home, ties, worth):
        flows |= vars(record)
    return State(**after, memory=memory), flows


def terms_without_rivals(state: State, p: Parameters, cast: Cast, quarter: int) -> Array:
    """What each patron would offer and expect to pay this quarter were the ties of all its rivals cold.

    Rule: carrot + accept_probability * offer with the warmth of every rival set to 0, its own as it is; all
    patrons at once where no rule sees the ties of rivals itself, else one after the other.
    Returns: (patron, draw).
    """
    today = calendar.read_calendar(p, quarter, cast.energy_index(quarter), EXPECTED)
    terms = np.empty_like(state.warmth)
    seeing = any(getattr(seat.rule, "sees_rivals", True) for seat in cast.seats)
    for rows in [[row] for row in range(len(terms))] if seeing else [offers.ALL]:
        warmth = np.zeros(state.warmth.shape)
        warmth[rows] = state.warmth[rows]
        alone = replace(state, warmth=warmth)
        standing = offers.take_stock(alone, p, today)
        standing.outside[rows] = standing.rivals_warmth[rows] = 0.0
        bid = cast.collect_bids(alone, p, quarter, standing)
        accepted = offers.close_deals(bid, standing, alone, p, EXPECTED).accept_probability
        terms[rows] = bid.carrot[rows] + accepted[rows] * bid.offer[rows]
    return terms


def see(
    state: State,
    p: Parameters,
    cast: Cast,
    quarter: int,
    chance: Chance,
    standing: offers.Standing,
    bid: offers.Bid,
    foresee: Foresee,
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
        _foresee=foresee,
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


class Lookup:
    """Every number over draws, looked up by path; a pinned number takes no memory."""

    def __init__(self, settings: Settings, sampled: Mapping[str, Array], count: int) -> None:
        self.settings, self.sampled, self.count = settings, sampled, count

    def draws(self, number: Number) -> Array:
        """One number over draws: (draw,)."""
        if number.path in self.sampled:
            return self.sampled[number.path]
        return np.broadcast_to(np.float64(number.value), (self.count,))

    def stack(self, numbers: Sequence[Any]) -> Array:
        """A Number of each patron one above the other, 0 where it is None: (patron, draw)."""
        if not any(number is not None and number.path in self.sampled for number in numbers):
            values = np.array([0.0 if number is None else number.value for number in numbers])
            return np.broadcast_to(values[:, None], (len(numbers), self.count))
        zero = np.zeros(self.count)
        return np.stack([zero if number is None else self.draws(number) for number in numbers])

    def parameters(self) -> Parameters:
        """The numbers as the equations see them."""
        numbers, patrons = self.settings.numbers, self.settings.patrons
        arrays: dict[str, Array] = {}
        for name, item in DECLARATIONS.items():
            if item.pair:
                rows = ([numbers.get(f"patrons.{p}.{name}.{q}") for q in patrons] for p in patrons)
                arrays[name] = np.stack([self.stack(row) for row in rows])
            elif item.owner == "patrons":
                arrays[name] = self.stack([numbers[f"patrons.{p}.{name}"] for p in patrons])
            else:
                arrays[name] = self.draws(numbers[f"{item.owner}.{name}"])
        return Parameters(**arrays)

    def events(self) -> tuple[Event, ...]:
        """The events of the setting, their amounts over draws."""
        numbers = self.settings.numbers
        return tuple(replace(x, amount=self.draws(numbers[x.number.path])) for x in self.settings.events)

    def cast(self) -> Cast:
        """The players with their rules; patrons that follow the same rule share a seat."""
        patrons, choices = self.settings.patrons, self.settings.patron_rules
        groups: dict[tuple[object, ...], list[str]] = {}
        for name, choice in choices.items():
            whole = (value for value in choice.values.values() if isinstance(value, int))
            groups.setdefault((choice.cls, *whole), []).append(name)
        seats = []
        for names in groups.values():
            rows = slice(None) if len(names) == len(patrons) else [patrons.index(name) for name in names]
            rule = self._patron_rule([choices[name] for name in names])
            seats.append(Seat(rule, rows, tuple(names)))
        return Cast(patrons, self._client_rule(), tuple(seats), self.settings.energy)

    def _client_rule(self) -> Any:
        rule, patrons = self.settings.client_rule, self.settings.patrons
        values = rule.values.items()
        several = {n: self.stack([x[p] for p in patrons]) for n, x in values if isinstance(x, Mapping)}
        single = {n: self.draws(x) for n, x in values if isinstance(x, Number)}
        return rule.cls(**{**rule.values, **several, **single})

    def _patron_rule(self, rules: Sequence[RuleChoice]) -> Any:
        numbers = [name for name, value in rules[0].values.items() if not isinstance(value, int)]
        stacks = {name: self.stack([rule.values[name] for rule in rules]) for name in numbers}
        return rules[0].cls(**{**rules[0].values, **stacks})
