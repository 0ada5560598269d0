"""Phase 6: output. Support moves its level; blockades and turned trade leave scars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, over_patrons
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.settlement import Settlement
from hedging.world.state import State, quantity

WORST_OUTPUT = 0.2
"""Structural: output never falls below this share of potential."""


@dataclass(frozen=True, eq=False)
class Economy:
    """What the quarter did to output."""

    support: Array = quantity("", "usd_bn/quarter", "subsidies, grants and new loans", 0)
    growth_rate: Array = quantity("", "share/quarter", "growth of output", reported=True)


def grow(
    state: State, p: Parameters, calendar: Calendar, paid: Settlement
) -> tuple[Economy, dict[str, Array]]:
    """Let output follow its potential, lifted by support above the usual, lowered by austerity, blockade
    and want.

    Returns: the flows, and potential_gdp and gdp after the quarter.
    Source: hedging/README.md, phase 6.
    """
    shock = paid.blockade_loss + paid.adjust_cost
    support = over_patrons(paid.subsidy + paid.grant + paid.loan_new)
    potential_gdp = state.potential_gdp * (1 + calendar.growth) - p.scar * shock
    level = (
        potential_gdp
        + p.support_multiplier * (support - p.usual_subsidy)
        - p.austerity_multiplier * paid.austerity
        - shock
        - p.compression_multiplier * paid.compression
    )
    gdp = np.maximum(WORST_OUTPUT * potential_gdp, level)
    return Economy(support, gdp / state.gdp - 1), {"potential_gdp": potential_gdp, "gdp": gdp}
