"""What a rule sees of the world, and what it must be able to do. Everything here is read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from hedging.world.arrays import Array, clip01
from hedging.world.chance import EXPECTED, Chance
from hedging.world.parameters import Parameters
from hedging.world.phases import offers
from hedging.world.phases.offers import Bid, Standing
from hedging.world.state import State

SQUEEZED = 0.25
"""Structural: the cost of a demand, in utility, that counts as one unit of squeeze."""

Foresee = Callable[[Parameters, Array, int], Array]


@dataclass(frozen=True, eq=False)
class Sight:
    """What the client sees when it chooses its stance: the world now, the bids on the table, its own beliefs.

    It does not see a patron's red line, only what it believes of it, nor the luck of the quarter to come.
    Among what it sees: ``state`` has the credit lines left (``credit_line``), where trade tends to
    (``anchor``) and the demands that the public is used to (``accustomed``); ``standing`` the leader's
    ``peril`` and what a whole concession earns back of withdrawn discounts (``restored``).
    """

    quarter: int
    patrons: tuple[str, ...]
    state: State
    bid: Bid
    memory: Any
    _standing: Standing = field(repr=False)
    _truth: Parameters = field(repr=False)
    _chance: Chance = field(repr=False)
    _foresee: Foresee = field(repr=False)
    _purpose: str = "stance"

    @property
    def squeeze(self) -> Array:
        """How hard each patron's demand presses, cost / 0.25: (patron, draw), at least 0."""
        return self.bid.cost / SQUEEZED

    @property
    def believed_red_line(self) -> Array:
        """Where the client believes each red line to be: (patron, draw)."""
        return self.parameters.red_line

    @cached_property
    def standing(self) -> Standing:
        """Where each patron stands; its anger as the client believes it."""
        anger = clip01(self.state.frustration / self.believed_red_line)
        return replace(self._standing, anger=anger)

    @cached_property
    def coerce_probability(self) -> Array:
        """How likely each patron coerces this quarter, as the client believes: (patron, draw)."""
        return offers.strike(self.state, self.parameters, EXPECTED).coerce_probability

    @property
    def parameters(self) -> Parameters:
        """The numbers of the model as the client believes them: the truth, but for the red lines."""
        return self._truth.believed

    def foresee(self, stances: Array, quarters: int) -> Array:
        """Value stances by playing each on, frozen, for some quarters in expectation.

        Rule: SUM_h beta^h * utility over h = 0 .. quarters - 1, patrons following their own rules.
        Shapes: (stance, patron) -> (stance, draw).
        """
        return self._foresee(self.parameters, np.asarray(stances, dtype=np.float64), quarters)

    def pick(self, options: Array, probabilities: Array) -> Array:
        """Draw one option when chance is sampled, average them when it is expected.

        Shapes: options (option, item), probabilities (option, draw) -> (item, draw).
        """
        return self._chance.pick(self._purpose, options, probabilities)

    def for_purpose(self, purpose: str) -> Sight:
        """The same sight, with a stream of chance of its own."""
        return replace(self, _purpose=purpose)


@dataclass(frozen=True, eq=False)
class Own:
    """A patron's own rows of whatever runs over patrons: state, parameters, standing; what does not, as it
    is."""

    _rows: slice | list[int]
    _sources: tuple[Any, ...]

    def __getattr__(self, name: str) -> Array:
        for source in self._sources:
            if hasattr(source, name):
                array: Array = getattr(source, name)
                return array[self._rows] if array.ndim > 1 else array
        raise AttributeError(f"a patron has no '{name}': see State, Parameters and Standing for what it has")


@dataclass(frozen=True, eq=False)
class PatronSight:
    """What patrons that share a rule see when they bid; arrays are (patron, draw) over those patrons alone.

    ``own`` gives their rows of any quantity or number, ``state`` and ``parameters`` the whole world:
    patrons know the client's price, and with ``standing`` what it turns on: the ``peril`` of the leader,
    discounts ``restored``. Credit lines, the anchor of trade and accustomed demands are in ``state``.
    """

    quarter: int
    patrons: tuple[str, ...]
    state: State
    parameters: Parameters
    standing: Standing
    rows: slice | list[int] = field(repr=False)

    @property
    def own(self) -> Own:
        """Their own rows of any quantity or number by its name, as in ``sight.own.budget``: (patron,
        draw)."""
        return Own(self.rows, (self.state, self.parameters, self.standing))

    @property
    def full_demand(self) -> Array:
        """What they would demand in full: (patron, draw), a share of the whole concession."""
        return self.standing.full_demand[self.rows]

    def bid_for(self, demand: Array) -> Bid:
        """The transactional bid for a demand: what it is worth to them against the client's price."""
        return offers.bid_for(demand, self.state, self.parameters, self.standing, self.rows)

    def accept_probability(self, bid: Bid) -> Array:
        """How likely the client takes a bid of theirs: (patron, draw)."""
        gain = offers.gain_of(bid, self.standing, self.state, self.parameters, self.rows)
        return offers.acceptance(gain, bid, self.standing, self.parameters, self.rows)


class ClientRule(Protocol):
    """How the client chooses whom to court. Fields are parameters over draws.

    Where a draw is explained, a rule tells more of itself if it has `weigh(sight)`, the stances it chooses
    among (stance, patron) with values and odds (stance, draw), or `reasons(sight)`, the terms its effort adds
    up from.
    """

    def choose(self, sight: Sight) -> Array:
        """The effort spent on each patron: (patron, draw) in [0, 1]."""


class LearningRule(ClientRule, Protocol):
    """A client rule with a memory, which lives in the state and never in the rule."""

    def start(self, sight: Sight) -> Any:
        """The memory before the first quarter: a dataclass of arrays, the draw last."""

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        """The memory after a quarter that was worth so much: utility (draw,)."""


class PatronRule(Protocol):
    """How patrons bid. Fields are parameters over patrons and draws.

    A class may say `sees_rivals = False` where the bid of each patron looks at the ties of its rivals only as
    its own standing and `bid_for` do: what it would bid without rivals is then found for all at once.
    """

    def bid(self, sight: PatronSight) -> Bid:
        """What they ask and offer: each array (patron, draw)."""
