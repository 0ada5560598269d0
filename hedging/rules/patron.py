"""How patrons bid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hedging.rules.sight import PatronSight
from hedging.world.arrays import Array, choice_probabilities
from hedging.world.parameters import NOT_NEGATIVE, within
from hedging.world.phases.offers import Bid

MULTIPLIERS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Structural: how hard a strategic patron may press, as multiples of its full demand."""


@dataclass(frozen=True)
class Transactional:
    """Ask for the full demand and offer what it is worth, given the client's price."""

    sees_rivals: ClassVar[bool] = False

    def bid(self, sight: PatronSight) -> Bid:
        """The bid for the full demand."""
        return sight.bid_for(sight.full_demand)


@dataclass(frozen=True)
class Strategic:
    """Weigh how hard to press: a bigger demand is worth more, costs more and is refused more often.

    Rule: V = accept_probability*(willing - offer) - stall_cost*stall_weight*demand*(1 -
    accept_probability), a logit over multiples of the full demand; the bid is the mean by its
    probabilities, demand and price alike.
    """

    sees_rivals: ClassVar[bool] = False
    precision: Array = within(
        NOT_NEGATIVE, "how reliably the better size of demand is chosen"
    )  # (patron, draw)
    stall_cost: Array = within(NOT_NEGATIVE, "what a refusal costs it")  # (patron, draw)

    def bid(self, sight: PatronSight) -> Bid:
        """The mean bid over the multiples, by their logit probabilities."""
        bids = [sight.bid_for(sight.full_demand * multiple) for multiple in MULTIPLIERS]
        worths = np.stack([self._value(bid, sight) for bid in bids])
        probabilities = choice_probabilities(worths, self.precision)

        def mean(name: str) -> Array:
            total = np.zeros_like(sight.full_demand)
            for bid, probability in zip(bids, probabilities, strict=True):
                total += probability * getattr(bid, name)
            return total

        return Bid(
            demand=mean("demand"),
            offer=mean("offer"),
            carrot=bids[0].carrot,
            cost=mean("cost"),
            reservation=mean("reservation"),
            willing=mean("willing"),
        )

    def _value(self, bid: Bid, sight: PatronSight) -> Array:
        taken = sight.accept_probability(bid)
        stalled = self.stall_cost * sight.own.stall_weight * bid.demand * (1 - taken)
        return taken * (bid.willing - bid.offer) - stalled
