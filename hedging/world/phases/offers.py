"""Phases 1, 2 and 4: what each patron asks and bids, whether it strikes, and what the client takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, having, others, over_rivals, sigmoid
from hedging.world.chance import Chance
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.state import State, quantity

Rows = slice | list[int]
"""Whose rows: of patrons that share a rule."""

ALL = slice(None)

NOTHING = 1e-9
"""Structural: an offer of no more than this is none (usd_bn/quarter); it also guards the bargaining ratio."""

PANIC = 0.15
"""Structural: a leader this far below the line of unrest is in full peril."""

DEAREST = 20.0
"""Structural: cost beyond this many units of money utility no longer raises the reservation price."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Where every patron stands before it bids; no rule decides any of this."""

    anger: Array = quantity("patron", "share", "how near frustration is to the red line", 0, 1)
    door: Array = quantity("patron", "share", "what conditions and squeamishness leave open", 0, 1)
    gate: Array = quantity("patron", "share", "what deference, conditions and squeamishness leave open", 0, 1)
    phi: Array = quantity("patron", "share", "worth of a dollar from the patron to the client", 0, 1)
    outside: Array = quantity("patron", "usd_bn/quarter", "the client's outside option", 0)
    rivals_warmth: Array = quantity("patron", "1", "warmth of the ties the patron minds", 0)
    full_demand: Array = quantity("patron", "share", "demand before the rule of the patron moves it", 0)
    peril: Array = quantity("", "share", "how far the leader's standing is below the line of unrest", 0, 1)
    restored: Array = quantity(
        "patron", "usd_bn/quarter", "discounts that a whole concession earns back, over five years", 0
    )


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
    """Whether patrons coerce, and how far up the ladder: credit, energy, trade."""

    hold_probability: Array = quantity("patron", "share", "probability that credit is held up", 0, 1)
    coerce_probability: Array = quantity("patron", "share", "probability that energy is cut", 0, 1)
    block_probability: Array = quantity("patron", "share", "probability that trade is blocked", 0, 1)
    hold: Array = quantity("patron", "share", "credit held up", 0, 1, reported=True)
    coerce: Array = quantity("patron", "share", "energy cut", 0, 1, reported=True)
    blocked: Array = quantity("patron", "share", "trade blocked", 0, 1, reported=True)


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


def concession_weights(
    p: Parameters, sentiment: Array | float, peril: Array, rows: Rows
) -> tuple[Array, Array]:
    """What a unit of concession costs the client: in sovereignty, dearer with sentiment; in control. A leader
    in peril sells the first more cheaply and the second more dearly.

    Source: David (1991), omnibalancing.
    """
    pride, scare = 1 + p.zeta * sentiment, p.fear * peril
    sovereignty = p.theta_sov * (1 - scare) * pride * p.sov_weight[rows]
    return sovereignty, p.theta_ctl * (1 + scare) * p.ctl_weight[rows]


def reservation_price(
    cost: Array, regained: Array | float, phi: Array, reserves: Array | float, p: Parameters
) -> Array:
    """The money that makes up for a cost, less the discounts regained: the dearer, the more the client has in
    its reserves."""
    wealth = reserves + p.reserve_floor
    return np.maximum(wealth * np.expm1(np.minimum(cost / p.theta_money, DEAREST)) - regained, 0.0) / phi


def bargaining(outside: Array, willing: Array) -> Array:
    """The share that a patron adds of what a concession is worth to it beyond the client's price."""
    return outside / (outside + willing + NOTHING)


def take_stock(state: State, p: Parameters, calendar: Calendar) -> Standing:
    """See where every patron stands: how angry, how free to deal, against what outside option.

    Rule: gate[p] = PROD_q(1 - deference[p,q]*anger[q]) * (1 - conditionality*repression) * (1 -
    squeamishness); the outside option of the client is SUM_q warmth[q]*last_bid[q].
    Source: the article, paragraphs 5, 9, 14, 15; hedging/README.md, phase 1.
    """
    anger = clip01(state.frustration / p.red_line)
    factors = gate_factors(state, p, anger)
    door = next(factors) * next(factors)
    gate = door * next(factors)
    for factor in factors:
        gate *= factor
    return Standing(
        anger=anger,
        door=door,
        gate=gate,
        phi=p.phi,
        outside=others(state.warmth * state.last_bid),
        rivals_warmth=over_rivals(p.rivalry, state.warmth),
        full_demand=p.demand0
        * (1 + p.deadline_demand * calendar.urgency * p.deadline_holder)
        * (1 - state.concession),
        peril=clip01((p.unrest_line - state.legitimacy) / PANIC),
        restored=p.regained * calendar.lost,
    )


def bid_for(demand: Array, state: State, p: Parameters, standing: Standing, rows: Rows) -> Bid:
    """Offer the client what a demand is worth to the patron, given the client's price and its other options.

    Rule: the client's reservation price makes up in money utility for what the concession costs it, as far as
    the discounts that it earns back do not; the patron adds the share bargain = outside/(outside + willing)
    of what it is willing to pay beyond; the carrot comes first out of the same budget. A lone patron faces
    no outside option and pays the reservation price exactly.
    Source: the article, paragraphs 11 and 14; hedging/README.md, phase 1.

    Args:
        demand: (patron, draw), for the patrons in rows.
    """
    gate, salience, warmth = standing.gate[rows], state.salience[rows], state.warmth[rows]
    purse = p.budget[rows] * gate
    carrot = np.minimum(
        purse, salience * p.retention[rows] * gate * (1 - standing.anger[rows]) * standing.rivals_warmth[rows]
    )
    sovereignty, control = concession_weights(p, state.national_sentiment, standing.peril, rows)
    cost = (sovereignty + control) * demand
    regained = standing.restored[rows] * demand
    reservation = reservation_price(cost, regained, standing.phi[rows], state.reserves, p)
    channel = p.channel0 + (1 - p.channel0) * warmth
    willing = salience * p.concession_value[rows] * demand * gate * channel
    bargain = bargaining(standing.outside[rows], willing)
    wish = np.minimum(willing, reservation + bargain * np.maximum(willing - reservation, 0.0))
    offer = wish.clip(0.0, np.maximum(purse - carrot, 0.0))
    return Bid(demand, offer, carrot, cost, reservation, willing)


def gain_of(bid: Bid, standing: Standing, state: State, p: Parameters, rows: Rows) -> Array:
    """What taking the offer is worth to the client: utility of the money, and of discounts that it earns
    back, less the cost of the concession."""
    money = standing.phi[rows] * bid.offer + standing.restored[rows] * bid.demand
    return p.theta_money * np.log1p(money / (state.reserves + p.reserve_floor)) - bid.cost


def acceptance(gain: Array, bid: Bid, standing: Standing, p: Parameters, rows: Rows) -> Array:
    """How likely the client takes an offer: a logit in the gain, never where neither money nor a discount is
    to be had.

    Source: hedging/README.md, phase 4; quantal response after McKelvey and Palfrey (1995).
    """
    something = bid.offer + standing.restored[rows] * bid.demand > NOTHING
    return sigmoid(p.accept_precision * gain) * something


def strike(state: State, p: Parameters, chance: Chance) -> Strike:
    """Let patrons whose lines are crossed hold up credit, cut energy, and block trade.

    Rule: coercive_capacity * sig((frustration - k*red_line)/red_line_width), k being hold_multiple, 1 and
    blockade_multiple; one uniform number decides all three, so that no rung comes without those below it.
    Source: the article, paragraphs 5, 8 and 14; hedging/README.md, phase 2.
    """

    likely = np.zeros((3, *state.frustration.shape))
    for row in having(p.coercive_capacity):
        for rung, multiple in enumerate((p.hold_multiple[row], 1.0, p.blockade_multiple[row])):
            past = (state.frustration[row] - multiple * p.red_line[row]) / p.red_line_width[row]
            likely[rung, row] = p.coercive_capacity[row] * sigmoid(past)
    return Strike(*likely, *chance.patron_event("coerce", likely))


def close_deals(bid: Bid, standing: Standing, state: State, p: Parameters, chance: Chance) -> Deals:
    """Let the client take or refuse each offer by its gain; stalling is to court a patron and refuse its
    price.

    Source: hedging/README.md, phase 4.
    """
    gain = gain_of(bid, standing, state, p, ALL)
    probability = acceptance(gain, bid, standing, p, ALL)
    return Deals(gain, probability, chance.patron_event("accept", probability))
