"""Take the formulas of a quarter apart into terms that add up to what the model did.

Each function gives terms by name, in the order they are told; arrays are (patron, draw), or (draw,) for what
is the client's own. The tests add them up against the model.
"""

from __future__ import annotations

import numpy as np

from hedging.analysis.explain.trace import Moment
from hedging.rules.client import EASY_SQUEEZE, LINE_WIDTH, NEAR_LINE, Heuristic
from hedging.rules.sight import Sight
from hedging.world.arrays import Array, clip01, others, over_patrons, sigmoid
from hedging.world.phases.relations import HARSH, NOTICEABLE
from hedging.world.phases.settlement import TRADE_LOSS

Terms = dict[str, Array]
WITHIN = "kept from 0 to 1"
ABOVE = "kept from falling below 0"


def warmth_terms(now: Moment) -> Terms:
    """What moved the warmth of each tie (phase 8)."""
    p, flows, before = now.parameters, now.flows, now.before
    noticed = flows["offer"] > NOTICEABLE * before.gdp
    terms = {
        "courtship": p.warmth_gain * flows["effort"] * (1 - before.warmth) * flows["reception"],
        "a deal": p.warmth_deal * flows["accept"] * noticed,
        "cooling with time": -p.warmth_decay * before.warmth,
        "its coercion": -p.warmth_coercion * flows["coerce"],
    }
    return _cut(terms, before.warmth, 1.0, WITHIN)


def frustration_terms(now: Moment) -> Terms:
    """What moved the frustration of each patron (phase 8)."""
    p, flows, before = now.parameters, now.flows, now.before
    refused = (
        p.stall_weight * (1 + p.deadline_stall * flows["urgency"]) * before.salience * flows["demand"]
    ) * (1 - flows["accept"])
    terms = {
        "warm ties to its rivals": p.jealousy * flows["encroach"],
        "its demand stalled": refused,
        "repression": p.grievance * np.maximum(now.after.repression - HARSH, 0.0),
        "forgiven with time": -p.patience_decay * before.frustration,
        "concessions sold to it": -p.stall_weight * flows["sold"],
        "let off by coercion": -p.release * flows["coerce"],
    }
    return _cut(terms, before.frustration, np.inf, ABOVE)


def salience_terms(now: Moment) -> Terms:
    """What moved the attention of each patron (phase 8)."""
    p, before, target = now.parameters, now.before, now.flows["target"]
    terms = {
        "back to its usual": p.salience_reversion * (p.salience0 - before.salience),
        "drawn by its rivals' ties": p.salience_reversion * (target - p.salience0),
        "other affairs (chance)": p.salience_sd * now.noise("salience") + 0 * before.salience,
    }
    return _cut(terms, before.salience, 1.0, WITHIN)


def _cut(terms: Terms, before: Array, high: float, name: str) -> Terms:
    """The terms, and what is left out or put on top so that the sum stays in its range."""
    total = before + sum(terms.values(), np.zeros_like(before))
    return terms | {name: np.clip(total, 0.0, high) - total}


def gain_terms(now: Moment) -> Terms:
    """What taking each offer is worth to the client: the money less the cost of the concession (phase 4)."""
    p, flows, before = now.parameters, now.flows, now.before
    received = flows["phi"] * flows["offer"] / (before.reserves + p.reserve_floor)
    return {"money": p.theta_money * np.log1p(received), "concession": -flows["cost"]}


def cost_terms(now: Moment) -> Terms:
    """What each demand costs the client (phase 1): sovereignty, what sentiment adds to it, control."""
    p, demand = now.parameters, now.flows["demand"]
    sovereignty = p.theta_sov * p.sov_weight * demand
    return {
        "sovereignty": sovereignty,
        "national sentiment": sovereignty * p.zeta * now.before.national_sentiment,
        "control": p.theta_ctl * p.ctl_weight * demand,
    }


def gate_factors(now: Moment, row: int) -> dict[str, float]:
    """What closes a patron's gate: factors by cause, their product is the gate (phase 1)."""
    anger = now.flows["anger"]
    factors = {
        "conditions": 1 - now.number("conditionality", row) * now.at_start("repression"),
        "squeamishness": 1 - now.number("squeamishness", row),
    }
    for rival, name in enumerate(now.sight.patrons):
        factors[name] = 1 - now.number("deference", row, rival) * float(anger[rival, 0])
    return factors


def price_of(now: Moment, reserves: Array | None = None, sentiment: Array | None = None) -> Array:
    """The client's price for each demand, were its reserves or its national sentiment others (phase 1).

    Rule: for a demand that is a mean of several, the price at the mean.
    """
    p, before = now.parameters, now.before
    reserves = before.reserves if reserves is None else reserves
    sentiment = before.national_sentiment if sentiment is None else sentiment
    pride = 1 + p.zeta * sentiment
    weight = p.theta_sov * pride * p.sov_weight + p.theta_ctl * p.ctl_weight
    lift = np.expm1(weight * now.flows["demand"] / p.theta_money)
    return (reserves + p.reserve_floor) / now.flows["phi"] * lift


def utility_terms(now: Moment) -> Terms:
    """What the quarter was worth to the client (end of phase 8)."""
    p, flows, after = now.parameters, now.flows, now.after
    purse = np.log((after.reserves + p.reserve_floor) / (p.reserves_target + p.reserve_floor))
    pride = 1 + p.zeta * after.national_sentiment
    effort = flows["effort"]
    return {
        "money": p.theta_money * purse,
        "sovereignty": (1 - p.beta) * p.theta_sov * pride * flows["sovereignty"],
        "control": (1 - p.beta) * p.theta_ctl * flows["control"],
        "danger of losing office": -p.theta_hazard * flows["hazard"],
        "danger of absorption": -p.theta_absorb * flows["absorb"],
        "courtship": -p.effort_cost * over_patrons(effort * effort),
    }


def blockades(now: Moment) -> Array:
    """What each patron's coercion costs in output (phase 5); they add up to the quarter's loss."""
    p, before = now.parameters, now.before
    blocked = p.blockade * now.flows["coerce"] * before.trade_share[:-1]
    return TRADE_LOSS * p.blockade_impact * before.gdp * blocked


def reserves_terms(now: Moment) -> Terms:
    """What moved the reserves (phase 5), USD bn."""
    p, flows = now.parameters, now.flows
    return {
        "energy subsidies": over_patrons(flows["subsidy"]),
        "deals and carrots": over_patrons(flows["pay"]),
        "debt to patrons": over_patrons(flows["rolled"] - flows["repayment"] - flows["interest"]),
        "debt to the market": flows["market_loan"] - flows["market_repayment"] - flows["market_interest"],
        "trade and income": -p.external_gap * now.before.gdp / p.gdp0,
        "austerity": flows["austerity"],
        "blockades": -flows["blockade_loss"],
        "moving trade": -flows["adjust_cost"],
        "imports cut for want of money": flows["compression"],
    }


def heuristic_terms(rule: Heuristic, sight: Sight) -> Terms:
    """What a heuristic client's effort on each patron is made of."""
    state, p = sight.state, sight.parameters
    shortage = np.maximum(1 - state.reserves / p.reserves_target, 0.0)
    danger = p.coercive_capacity * sigmoid((state.frustration / p.red_line - NEAR_LINE) / LINE_WIDTH)
    nothing = np.zeros_like(sight.squeeze)
    terms = {
        "habit": rule.base + nothing,
        "the others squeeze": rule.court * np.maximum(others(sight.squeeze) - EASY_SQUEEZE, 0.0),
        "money is short": rule.scarce * shortage + nothing,
        "another is near its red line": -rule.retreat * others(danger),
        "it is near its own red line": rule.mend * danger,
    }
    total = sum(terms.values(), nothing)
    return terms | {WITHIN: clip01(total) - total}


def minded_ties(now: Moment, row: int) -> dict[str, float]:
    """How much each rival's tie, as it ends the quarter, irks a patron: rivalry times warmth."""
    return {
        name: now.number("rivalry", row, rival) * float(now.after.warmth[rival, 0])
        for rival, name in enumerate(now.sight.patrons)
        if rival != row
    }
