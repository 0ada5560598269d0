"""Phase 8: how courtship, deals and coercion move warmth, frustration and attention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, Terms, add_up, clip01, over_rivals
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


def warmth_terms(
    state: State, p: Parameters, bid: Bid, struck: Strike, effort: Array, deals: Deals, reception: Array
) -> Terms:
    """What is left of the warmth of each tie, and what warms and chills it."""
    yield "cooling", 1, state.warmth * (1 - p.warmth_decay)
    yield "courtship", 1, p.warmth_gain * effort * (1 - state.warmth) * reception
    yield "deal", 1, p.warmth_deal * deals.accept * (bid.offer > NOTICEABLE * state.gdp)
    yield "chill", -1, p.warmth_coercion * struck.coerce


def frustration_terms(
    state: State,
    p: Parameters,
    calendar: Calendar,
    bid: Bid,
    struck: Strike,
    deals: Deals,
    politics: Politics,
    repression: Array,
    encroach: Array,
) -> Terms:
    """What is left of each patron's frustration, what it takes offence at and what lets off steam."""
    yield "forgiving", 1, (1 - p.patience_decay) * state.frustration
    yield "jealousy", 1, p.jealousy * encroach
    pressing = p.stall_weight * (1 + p.deadline_stall * calendar.urgency)
    yield "stalling", 1, pressing * state.salience * bid.demand * (1 - deals.accept)
    yield "grievance", 1, p.grievance * np.maximum(repression - HARSH, 0.0)
    yield "sales", -1, p.stall_weight * politics.sold
    yield "release", -1, p.release * struck.coerce


def salience_terms(state: State, p: Parameters, target: Array, chance: Chance) -> Terms:
    """Each patron's attention, how far it is drawn to a target, and what other affairs do to it."""
    yield "start", 1, state.salience
    yield "rivalry", 1, p.salience_reversion * (target - state.salience)
    yield "affairs", 1, p.salience_sd * chance.patron_noise("salience")


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
    reception = np.sqrt(state.salience) * (1 - CHILL * p.conditionality * repression)
    warmth = clip01(add_up(warmth_terms(state, p, bid, struck, effort, deals, reception)))
    rivals_warmth = over_rivals(p.rivalry, warmth)
    encroach = np.maximum(rivals_warmth - p.tolerance, 0.0)
    irked = frustration_terms(state, p, calendar, bid, struck, deals, politics, repression, encroach)
    frustration = np.maximum(0.0, add_up(irked))
    target = clip01(p.salience0 * (1 + p.salience_rivalry * rivals_warmth))
    salience = clip01(add_up(salience_terms(state, p, target, chance)))
    after = {
        "warmth": warmth,
        "frustration": frustration,
        "salience": salience,
        "last_bid": bid.offer + bid.carrot,
    }
    return Relations(reception, encroach, target), after
