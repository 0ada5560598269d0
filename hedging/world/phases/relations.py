"""Phase 8: how courtship, deals and coercion move warmth, frustration and attention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, over_rivals
from hedging.world.chance import Chance
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.offers import Bid, Deals, Strike
from hedging.world.phases.politics import Politics
from hedging.world.state import State, quantity

CHILL = 0.7
"""Structural: how far repression cools the reception by a patron that sets conditions."""

NOTICEABLE = 0.0007
"""Structural: a deal warms a tie if it is worth more than this share of quarterly output."""

HARSH = 0.5
"""Structural: repression above this gives grievance."""


@dataclass(frozen=True, eq=False)
class Relations:
    """What the quarter did to the ties."""

    reception: Array = quantity("patron", "share", "how well courtship is received", 0, 1)
    encroach: Array = quantity("patron", "1", "rivals' warmth beyond what the patron tolerates", 0)
    target: Array = quantity("patron", "share", "attention the patron tends to", 0, 1)


def relate(
    state: State,
    p: Parameters,
    calendar: Calendar,
    bid: Bid,
    struck: Strike,
    effort: Array,
    deals: Deals,
    politics: Politics,
    repression: Array,
    chance: Chance,
) -> tuple[Relations, dict[str, Array]]:
    """Let ties warm by courtship and deals, rivals take offence, and attention follow rivalry.

    Rule: effort warms by what is left to warm and by reception; warmth of rivals beyond tolerance, and
    refused demands, frustrate; a sale or an act of coercion lets off steam.
    Returns: the flows, and warmth, frustration, salience and last_bid after the quarter.
    Source: the article, paragraphs 9, 13, 14, 19; hedging/README.md, phase 8.
    """
    accept, coerce = deals.accept, struck.coerce
    reception = np.sqrt(state.salience) * (1 - CHILL * p.conditionality * repression)
    warmth = clip01(
        state.warmth * (1 - p.warmth_decay)
        + p.warmth_gain * effort * (1 - state.warmth) * reception
        + p.warmth_deal * accept * (bid.offer > NOTICEABLE * state.gdp)
        - p.warmth_coercion * coerce
    )
    rivals_warmth = over_rivals(p.rivalry, warmth)
    encroach = np.maximum(rivals_warmth - p.tolerance, 0.0)
    frustration = np.maximum(
        0.0,
        (1 - p.patience_decay) * state.frustration
        + p.jealousy * encroach
        + p.stall_weight
        * (1 + p.deadline_stall * calendar.urgency)
        * state.salience
        * bid.demand
        * (1 - accept)
        + p.grievance * np.maximum(repression - HARSH, 0.0)
        - p.stall_weight * politics.sold
        - p.release * coerce,
    )
    target = clip01(p.salience0 * (1 + p.salience_rivalry * rivals_warmth))
    salience = clip01(
        state.salience
        + p.salience_reversion * (target - state.salience)
        + p.salience_sd * chance.patron_noise("salience")
    )
    after = {
        "warmth": warmth,
        "frustration": frustration,
        "salience": salience,
        "last_bid": bid.offer + bid.carrot,
    }
    return Relations(reception, encroach, target), after
