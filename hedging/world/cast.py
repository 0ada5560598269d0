"""Who plays: the patrons by name, the rules by which they and the client decide."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from hedging.rules.sight import ClientRule, PatronRule, PatronSight
from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.phases.offers import Bid, Standing
from hedging.world.state import State

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
