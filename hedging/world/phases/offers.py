"""Phases 1, 2 and 4: what each patron asks and bids, whether it strikes, and what the client takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, others, over_rivals, sigmoid
from hedging.world.chance import Chance
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.state import State, quantity

Rows = slice | list[int]
"""Whose rows: of patrons that share a rule."""

NOTHING = 1e-9
"""Structural: an offer of no more than this is none (usd_bn/quarter); it also guards the bargaining ratio."""

DEAREST = 20.0
"""Structural: cost beyond this many units of money utility no longer raises the reservation price."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Where every patron stands before it bids; no rule decides any of this."""

    anger: Array = quantity("patron", "share", "how near frustration is to the red line", 0, 1)
    gate: Array = quantity("patron", "share", "what deference, conditions and squeamishness leave open", 0, 1)
    phi: Array = quantity("patron", "share", "worth of a dollar from the patron to the client", 0, 1)
    outside: Array = quantity("patron", "usd_bn/quarter", "the client's outside option", 0)
    rivals_warmth: Array = quantity("patron", "1", "warmth of the ties the patron minds", 0)
    full_demand: Array = quantity("patron", "share", "demand before the rule of the patron moves it", 0)


@dataclass(frozen=True, eq=False)
class Bid:
    """What patrons ask and offer, and the client's price: what a patron rule returns."""

    demand: Array = quantity("patron", "share", "concession asked", 0, reported=True)
    offer: Array = quantity("patron", "usd_bn/quarter", "money offered for it", 0, reported=True)
    carrot: Array = quantity(
        "patron", "usd_bn/quarter", "money paid to keep the client from rivals", 0, reported=True
    )
    cost: Array = quantity("patron", "utility", "what the concession costs the client", 0)
    reservation: Array = quantity("patron", "usd_bn/quarter", "least money the client takes for it", 0)
    willing: Array = quantity("patron", "usd_bn/quarter", "most money the patron would pay for it", 0)


@dataclass(frozen=True, eq=False)
class Strike:
    """Whether patrons coerce."""

    coerce_probability: Array = quantity("patron", "share", "probability of coercion", 0, 1)
    coerce: Array = quantity("patron", "share", "coercion", 0, 1, reported=True)


@dataclass(frozen=True, eq=False)
class Deals:
    """What the client takes."""

    gain: Array = quantity("patron", "utility", "what the deal is worth to the client")
    accept_probability: Array = quantity("patron", "share", "probability of acceptance", 0, 1)
    accept: Array = quantity("patron", "share", "acceptance", 0, 1, reported=True)


def gate_factors(state: State, p: Parameters, anger: Array) -> Iterator[Array]:
    """What holds patrons back, as factors of the gate: conditions, squeamishness, deference to each."""
    yield 1 - p.conditionality * state.repression
    yield 1 - p.squeamishness
    for q in range(len(anger)):
        yield 1 - p.deference[:, q] * anger[q]


def concession_weights(p: Parameters, sentiment: Array | float, rows: Rows) -> tuple[Array, Array]:
    """What a unit of concession costs the client: in sovereignty, dearer with sentiment; in control."""
    pride = 1 + p.zeta * sentiment
    return p.theta_sov * pride * p.sov_weight[rows], p.theta_ctl * p.ctl_weight[rows]


def reservation_price(cost: Array, phi: Array, reserves: Array | float, p: Parameters) -> Array:
    """The money that makes up for a cost: the dearer, the more the client has in its reserves."""
    wealth = reserves + p.reserve_floor
    return wealth / phi * np.expm1(np.minimum(cost / p.theta_money, DEAREST))


def bargaining(outside: Array, willing: Array) -> Array:
    """The share that a patron adds of what a concession is worth to it beyond the client's price."""
    return outside / (outside + willing + NOTHING)


def take_stock(state: State, p: Parameters, calendar: Calendar) -> Standing:
    """See where every patron stands: how angry, how free to deal, against what outside option.

    Rule: gate[p] = PROD_q(1 - deference[p,q]*anger[q]) * (1 - conditionality*repression) * (1 -
    squeamishness); the outside option of the client is SUM_q warmth[q]*last_bid[q].
    Source: the article, paragraphs 9, 14, 15; hedging/README.md, phase 1.
    """
    anger = clip01(state.frustration / p.red_line)
    factors = gate_factors(state, p, anger)
    gate = next(factors) * next(factors)
    for factor in factors:
        gate *= factor
    return Standing(
        anger=anger,
        gate=gate,
        phi=p.phi,
        outside=others(state.warmth * state.last_bid),
        rivals_warmth=over_rivals(p.rivalry, state.warmth),
        full_demand=p.demand0
        * (1 + p.deadline_demand * calendar.urgency * p.deadline_holder)
        * (1 - state.concession),
    )


def bid_for(demand: Array, state: State, p: Parameters, standing: Standing, rows: Rows) -> Bid:
    """Offer the client what a demand is worth to the patron, given the client's price and its other options.

    Rule: the client's reservation price makes up in money utility for what the concession costs it; the
    patron adds the share bargain = outside/(outside + willing) of what it is willing to pay beyond; the
    carrot comes first out of the same budget. A lone patron faces no outside option and pays the
    reservation price exactly.
    Source: the article, paragraphs 11 and 14; hedging/README.md, phase 1.

    Args:
        demand: (patron, draw), for the patrons in rows.
    """
    gate, salience, warmth = standing.gate[rows], state.salience[rows], state.warmth[rows]
    purse = p.budget[rows] * gate
    carrot = np.minimum(
        purse, salience * p.retention[rows] * gate * (1 - standing.anger[rows]) * standing.rivals_warmth[rows]
    )
    sovereignty, control = concession_weights(p, state.national_sentiment, rows)
    cost = (sovereignty + control) * demand
    reservation = reservation_price(cost, standing.phi[rows], state.reserves, p)
    channel = p.channel0 + (1 - p.channel0) * warmth
    willing = salience * p.concession_value[rows] * demand * gate * channel
    bargain = bargaining(standing.outside[rows], willing)
    wish = np.minimum(willing, reservation + bargain * np.maximum(willing - reservation, 0.0))
    offer = np.clip(wish, 0.0, np.maximum(purse - carrot, 0.0))
    return Bid(demand, offer, carrot, cost, reservation, willing)


def gain_of(bid: Bid, phi: Array, state: State, p: Parameters) -> Array:
    """What taking the offer is worth to the client: utility of the money less the cost of the concession."""
    return p.theta_money * np.log1p(phi * bid.offer / (state.reserves + p.reserve_floor)) - bid.cost


def acceptance(gain: Array, offer: Array, p: Parameters) -> Array:
    """How likely the client takes an offer: a logit in the gain, never where there is no offer.

    Source: hedging/README.md, phase 4; quantal response after McKelvey and Palfrey (1995).
    """
    return sigmoid(p.accept_precision * gain) * (offer > NOTHING)


def strike(state: State, p: Parameters, chance: Chance) -> Strike:
    """Let patrons whose red line is crossed coerce.

    Rule: coercive_capacity * sig((frustration - red_line)/red_line_width).
    Source: the article, paragraphs 5 and 14; hedging/README.md, phase 2.
    """
    probability = p.coercive_capacity * sigmoid((state.frustration - p.red_line) / p.red_line_width)
    return Strike(probability, chance.patron_event("coerce", probability))


def close_deals(bid: Bid, standing: Standing, state: State, p: Parameters, chance: Chance) -> Deals:
    """Let the client take or refuse each offer by its gain; stalling is to court a patron and refuse its
    price.

    Source: hedging/README.md, phase 4.
    """
    gain = gain_of(bid, standing.phi, state, p)
    probability = acceptance(gain, bid.offer, p)
    return Deals(gain, probability, chance.patron_event("accept", probability))
