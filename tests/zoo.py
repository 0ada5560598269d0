"""Rules with one fault each, planted: what `check_rule` must catch by name."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from hedging import Array, Bid, PatronSight, Sight
from hedging.world.parameters import WHOLE_FROM_1, within


def level(sight: Sight, value: float = 0.5) -> Array:
    """The same effort on everybody."""
    return np.full((len(sight.patrons), sight.state.gdp.size), value)


@dataclass(frozen=True)
class GreatestOfDraws:
    """Takes the largest squeeze over draws for everybody's."""

    def choose(self, sight: Sight) -> Array:
        return np.clip(sight.squeeze / (1.0 + sight.squeeze.max()), 0.0, 1.0)


@dataclass(frozen=True)
class MeanOfField:
    """Mixes its own number over draws."""

    nerve: Array

    def choose(self, sight: Sight) -> Array:
        return np.clip(level(sight, 0.5) * self.nerve.mean(), 0.0, 1.0)


@dataclass(frozen=True)
class CountsDraws:
    """Knows which place a draw has among those played."""

    def choose(self, sight: Sight) -> Array:
        return level(sight) * np.arange(sight.state.gdp.size) / 100.0


@dataclass(frozen=True)
class WritesState:
    """Works in place on what it is shown."""

    def choose(self, sight: Sight) -> Array:
        warmth = sight.state.warmth
        warmth *= 0.5
        return warmth


@dataclass(frozen=True)
class WritesParameters:
    """Unlocks a number of the model and moves it."""

    def choose(self, sight: Sight) -> Array:
        beta = sight._truth.effort_cost
        beta.flags.writeable = True
        beta += 1.0
        return level(sight)


@dataclass(frozen=True)
class LegacyDice:
    """Draws from numpy's global generator."""

    def choose(self, sight: Sight) -> Array:
        return level(sight) * np.random.uniform()  # noqa: NPY002


@dataclass(frozen=True)
class PythonDice:
    """Draws from Python's global generator."""

    def choose(self, sight: Sight) -> Array:
        return level(sight) * random.random()


@dataclass(frozen=True)
class FreshDice:
    """Opens a generator of its own at every call."""

    def choose(self, sight: Sight) -> Array:
        return np.random.default_rng().uniform(size=level(sight).shape)


@dataclass(frozen=True)
class SeededDice:
    """Opens the same generator at every call: each block of draws has the luck of the first."""

    def choose(self, sight: Sight) -> Array:
        draws, patrons = sight.state.gdp.size, len(sight.patrons)
        return np.random.default_rng(7).uniform(size=(draws, patrons)).T


@dataclass(frozen=True)
class DrawsFirst:
    """Has the axes the wrong way round."""

    def choose(self, sight: Sight) -> Array:
        return level(sight).T


@dataclass(frozen=True)
class NotANumberAtZero:
    """Divides by reserves."""

    def choose(self, sight: Sight) -> Array:
        short = np.log(sight.state.reserves) - np.log(sight.state.reserves)
        return level(sight) + short


@dataclass(frozen=True)
class Branches:
    """Asks one question of all draws at once."""

    def choose(self, sight: Sight) -> Array:
        if sight.state.reserves < 3.0:
            return level(sight, 1.0)
        return level(sight, 0.0)


@dataclass(frozen=True)
class TooKeen:
    """Spends more than all it has, near the red line."""

    def choose(self, sight: Sight) -> Array:
        return 0.5 + sight.state.frustration / sight.parameters.red_line


@dataclass(frozen=True)
class ForgetsOne:
    """Leaves the last patron out."""

    def choose(self, sight: Sight) -> Array:
        return level(sight)[:-1]


@dataclass(frozen=True)
class KnowsThree:
    """Was written for three patrons."""

    def choose(self, sight: Sight) -> Array:
        first, second, third = sight.squeeze
        return np.clip(np.stack([second + third, first + third, first + second]), 0.0, 1.0)


@dataclass(frozen=True)
class IndexesThree:
    """Reaches for a third patron where there is one."""

    def choose(self, sight: Sight) -> Array:
        return level(sight) * np.clip(sight.squeeze[2], 0.0, 1.0)


@dataclass
class RemembersOnSelf:
    """Keeps what it did last on itself."""

    last: Any = field(default=None, init=False)

    def choose(self, sight: Sight) -> Array:
        effort = level(sight) if self.last is None else 0.9 * self.last
        self.last = effort
        return effort


@dataclass(frozen=True)
class RemembersOnClass:
    """Keeps what it saw in a list that all its kind share."""

    seen: ClassVar[list[float]] = []

    def choose(self, sight: Sight) -> Array:
        self.seen.append(float(sight.state.gdp[0]))
        return level(sight)


@dataclass(frozen=True)
class FrozenSelf:
    """Tries to set a field of a frozen rule."""

    nerve: Array

    def choose(self, sight: Sight) -> Array:
        self.nerve = level(sight)  # type: ignore[misc]
        return self.nerve


CALLS = {"made": 0}


@dataclass(frozen=True)
class RemembersElsewhere:
    """Counts its calls in its module."""

    def choose(self, sight: Sight) -> Array:
        CALLS["made"] += 1
        return level(sight) / CALLS["made"]


@dataclass(frozen=True)
class ReturnsList:
    """Returns a list."""

    def choose(self, sight: Sight) -> Any:
        return [0.5 for _ in sight.patrons]


@dataclass(frozen=True)
class ReturnsNothing:
    """Forgets to return."""

    def choose(self, sight: Sight) -> Any:
        level(sight)


@dataclass(frozen=True)
class Misspells:
    """Asks for what is not there."""

    def choose(self, sight: Sight) -> Array:
        return sight.state.warmht  # type: ignore[attr-defined, no-any-return]


@dataclass(frozen=True)
class OnlyStarts:
    """Starts a memory that it never updates."""

    def start(self, sight: Sight) -> Any:
        return None

    def choose(self, sight: Sight) -> Array:
        return level(sight)


@dataclass(frozen=True)
class Tally:
    """A memory."""

    count: Any


class Remembering:
    """A rule that remembers as it should; its kind spoil one method each."""

    def start(self, sight: Sight) -> Any:
        return Tally(np.zeros(sight.state.gdp.size))

    def choose(self, sight: Sight) -> Array:
        return level(sight) / (1.0 + sight.memory.count)

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        return replace(memory, count=memory.count + 1.0)


@dataclass(frozen=True)
class MemoryInPlace(Remembering):
    """Updates its memory in place."""

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        memory.count[:] += 1.0
        return memory


@dataclass(frozen=True)
class MemoryGrows(Remembering):
    """Keeps a longer memory every quarter."""

    def start(self, sight: Sight) -> Any:
        return Tally(np.zeros((1, sight.state.gdp.size)))

    def choose(self, sight: Sight) -> Array:
        return level(sight)

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        return Tally(np.concatenate([memory.count, utility[None]]))


@dataclass(frozen=True)
class MemoryOfAll(Remembering):
    """Remembers one mean for all draws."""

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        return Tally(np.full_like(utility, abs(utility.mean())))


@dataclass(frozen=True)
class MemoryOfOne(Remembering):
    """Remembers a bare number."""

    def start(self, sight: Sight) -> Any:
        return Tally(0.0)


@dataclass(frozen=True)
class MemoryAsDict(Remembering):
    """Remembers in a dict."""

    def start(self, sight: Sight) -> Any:
        return {"count": np.zeros(sight.state.gdp.size)}


@dataclass(frozen=True)
class FollowsCredit:
    """Courts by the part of all credit that a patron still promises; there may be none."""

    def choose(self, sight: Sight) -> Array:
        return sight.state.credit_line / sight.state.credit_line.sum(axis=0)


@dataclass(frozen=True)
class NeverInPeril:
    """Takes it that a leader is never in full peril."""

    def choose(self, sight: Sight) -> Array:
        safe = 1.0 - sight.standing.peril
        return level(sight) * safe / safe


@dataclass(frozen=True)
class Nostalgic:
    """Takes it that trade is never far from its anchor."""

    def choose(self, sight: Sight) -> Array:
        return 0.9 * (sight.state.anchor / sight.state.trade_share)[:-1]


CLIENTS: dict[type, str] = {
    FollowsCredit: "not finite",
    NeverInPeril: "not finite",
    Nostalgic: "range",
    GreatestOfDraws: "leaks between draws",
    MeanOfField: "leaks between draws",
    CountsDraws: "leaks between draws",
    WritesState: "wrote to the sight",
    WritesParameters: "wrote to the sight",
    LegacyDice: "global randomness",
    PythonDice: "global randomness",
    FreshDice: "differs on repeat",
    SeededDice: "leaks between draws",
    DrawsFirst: "shape",
    NotANumberAtZero: "not finite",
    Branches: "branches on an array",
    TooKeen: "range",
    ForgetsOne: "shape",
    KnowsThree: "shape",
    IndexesThree: "shape",
    RemembersOnSelf: "memory on the rule",
    RemembersOnClass: "memory on the rule",
    FrozenSelf: "memory on the rule",
    RemembersElsewhere: "differs on repeat",
    ReturnsList: "not an array",
    ReturnsNothing: "not an array",
    Misspells: "raises",
    OnlyStarts: "not a rule",
    MemoryInPlace: "wrote to the memory",
    MemoryGrows: "memory shape",
    MemoryOfAll: "leaks between draws",
    MemoryOfOne: "memory shape",
    MemoryAsDict: "memory shape",
}


MULTIPLES, WEIGHTS = (0.0, 1.0, 2.0), (0.2, 0.3, 0.5)


def mixed(sight: PatronSight) -> Bid:
    """A mean of three bids, as it should be: every field by the same weights."""
    bids = [sight.bid_for(multiple * sight.full_demand) for multiple in MULTIPLES]
    return Bid(
        **{
            name: sum(weight * getattr(bid, name) for bid, weight in zip(bids, WEIGHTS, strict=True))
            for name in vars(bids[0])
        }
    )


@dataclass(frozen=True)
class MixesAll:
    """No fault: averages everything by the same weights."""

    def bid(self, sight: PatronSight) -> Bid:
        return mixed(sight)


@dataclass(frozen=True)
class MixesAllButDemand:
    """Averages the offer and its price, and demands in full."""

    def bid(self, sight: PatronSight) -> Bid:
        return replace(mixed(sight), demand=sight.full_demand)


@dataclass(frozen=True)
class MixesDemandAndOffer:
    """Averages demand and offer, and forgets the client's price."""

    def bid(self, sight: PatronSight) -> Bid:
        mean = mixed(sight)
        return replace(sight.bid_for(sight.full_demand), demand=mean.demand, offer=mean.offer)


@dataclass(frozen=True)
class MixesOffer:
    """Averages nothing but the offer, over demands larger than the one it makes."""

    def bid(self, sight: PatronSight) -> Bid:
        return replace(sight.bid_for(0.1 * sight.full_demand), offer=mixed(sight).offer)


@dataclass(frozen=True)
class OldPrice:
    """Demands more at the reservation price of the smaller demand."""

    def bid(self, sight: PatronSight) -> Bid:
        small, large = sight.bid_for(0.5 * sight.full_demand), sight.bid_for(sight.full_demand)
        return replace(large, reservation=small.reservation)


@dataclass(frozen=True)
class Spendthrift:
    """Offers all it is willing to pay, whatever the budget."""

    def bid(self, sight: PatronSight) -> Bid:
        bid = sight.bid_for(sight.full_demand)
        return replace(bid, offer=bid.willing + 10.0, willing=bid.willing + 10.0)


@dataclass(frozen=True)
class Robber:
    """Asks for money with the concession."""

    def bid(self, sight: PatronSight) -> Bid:
        bid = sight.bid_for(sight.full_demand)
        return replace(bid, offer=-bid.offer)


@dataclass(frozen=True)
class Glutton:
    """Demands more than there is."""

    def bid(self, sight: PatronSight) -> Bid:
        return sight.bid_for(sight.full_demand + 1.5)


@dataclass(frozen=True)
class HalfBid:
    """Leaves out what the patron is willing to pay."""

    def bid(self, sight: PatronSight) -> Bid:
        whole = sight.bid_for(sight.full_demand)
        return Bid(whole.demand, whole.offer, whole.carrot, whole.cost, whole.reservation)  # type: ignore[call-arg]


@dataclass(frozen=True)
class LooseBid:
    """Returns something that only looks like a bid."""

    def bid(self, sight: PatronSight) -> Any:
        whole = vars(sight.bid_for(sight.full_demand)).copy()
        del whole["carrot"]
        return SimpleNamespace(**whole)


@dataclass(frozen=True)
class SeesAllPatrons:
    """Takes everybody's warmth for that of those who share its rule."""

    def bid(self, sight: PatronSight) -> Bid:
        return sight.bid_for(sight.full_demand * (1.0 - 0.5 * sight.state.warmth))


@dataclass(frozen=True)
class BidsByCommittee:
    """Lets patrons that share the rule agree on one demand."""

    def bid(self, sight: PatronSight) -> Bid:
        return sight.bid_for(np.broadcast_to(sight.full_demand.mean(axis=0), sight.full_demand.shape))


@dataclass(frozen=True)
class NothingPerDollar:
    """Divides by a budget that may be nothing."""

    def bid(self, sight: PatronSight) -> Bid:
        return sight.bid_for(sight.full_demand * sight.own.budget / sight.own.budget)


@dataclass(frozen=True)
class GreatestDemand:
    """Copies the boldest draw."""

    haste: int = within(WHOLE_FROM_1)

    def bid(self, sight: PatronSight) -> Bid:
        return sight.bid_for(np.full_like(sight.full_demand, sight.full_demand.max() / self.haste))


@dataclass(frozen=True)
class DiscountsTwice:
    """Takes the discounts that a concession earns back off the price once more."""

    def bid(self, sight: PatronSight) -> Bid:
        bid = sight.bid_for(sight.full_demand)
        price = np.maximum(bid.reservation - sight.own.restored * bid.demand, 0.0)
        return replace(bid, reservation=price)


PATRONS: dict[type, str] = {
    DiscountsTwice: "price and demand disagree",
    MixesAllButDemand: "price and demand disagree",
    MixesDemandAndOffer: "price and demand disagree",
    MixesOffer: "offer above willing",
    OldPrice: "price and demand disagree",
    Spendthrift: "over budget",
    Robber: "range",
    Glutton: "range",
    HalfBid: "missing field",
    LooseBid: "missing field",
    SeesAllPatrons: "shape",
    BidsByCommittee: "leaks between patrons",
    NothingPerDollar: "not finite",
    GreatestDemand: "leaks between draws",
}
