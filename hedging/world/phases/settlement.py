"""Phase 5: who pays whom. Money is closed: what the client gets, somebody gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, over_patrons
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.offers import Bid, Deals, Strike
from hedging.world.state import State, quantity

REFILL = 0.25
"""Structural: the share of the gap to the reserves target that the market may lend in a quarter."""

BLOCKADE_DRIFT = 0.3
"""Structural: how far a blockade turns trade away from the patron that strikes (1/quarter)."""

TRADE_LOSS = 2.0
"""Structural: trade lost to a blockade hits exports and imports alike."""

QUARTERS_A_YEAR = 4.0
"""Openness is trade over yearly output."""


@dataclass(frozen=True, eq=False)
class Settlement:
    """The quarter's payments, and the trade that goes with them."""

    pay: Array = quantity("patron", "usd_bn/quarter", "money paid for deals and as carrots", 0)
    loan_new: Array = quantity("patron", "usd_bn/quarter", "new loans", 0)
    grant: Array = quantity("patron", "usd_bn/quarter", "grants", 0)
    repayment: Array = quantity("patron", "usd_bn/quarter", "loans repaid", 0)
    interest: Array = quantity("patron", "usd_bn/quarter", "interest paid", 0)
    rolled: Array = quantity("patron", "usd_bn/quarter", "repayments lent again", 0)
    subsidy: Array = quantity("patron", "usd_bn/quarter", "energy subsidy received", 0, reported=True)
    net: Array = quantity("patron", "usd_bn/quarter", "net money from the patron", reported=True)
    market_repayment: Array = quantity("", "usd_bn/quarter", "market loans repaid", 0)
    market_interest: Array = quantity("", "usd_bn/quarter", "interest paid to the market", 0)
    market_loan: Array = quantity("", "usd_bn/quarter", "market loans", 0)
    blockade_loss: Array = quantity("", "usd_bn/quarter", "output lost to blockades", 0)
    adjust_cost: Array = quantity("", "usd_bn/quarter", "cost of moving trade", 0)
    austerity: Array = quantity("", "usd_bn/quarter", "imports saved to rebuild reserves", 0)
    row_flow: Array = quantity("", "usd_bn/quarter", "net money from the rest of the world")
    compression: Array = quantity("", "usd_bn/quarter", "imports cut for want of reserves", 0)


def renewed(repayment: Array, p: Parameters, coerce: Array | float) -> Array:
    """What patrons lend again of what is repaid to them; one that coerces lends nothing."""
    return p.rollover * repayment * (1 - coerce)


def blocked_trade(state: State, p: Parameters, coerce: Array) -> Array:
    """The share of trade that each patron blocks: (patron, draw)."""
    return p.blockade * coerce * state.trade_share[:-1]


def blockade_cost(blocked: Array, gdp: Array, p: Parameters) -> Array:
    """Output lost while a share of trade is blocked."""
    return TRADE_LOSS * p.blockade_impact * gdp * blocked


def trade_income(gdp: Array, p: Parameters) -> Array:
    """What trade and income from abroad bring in a usual quarter: less, the larger output is."""
    return -p.external_gap * gdp / p.gdp0


def turn_trade(state: State, p: Parameters, coerce: Array) -> Array:
    """Let trade follow warmth, turn from a patron that blockades, and spread where the client pushes.

    Rule: trade_share * exp(drift - diversification_push*trade_share), normalised over partners.
    Returns: (partner, draw), summing to 1.
    Source: the article, paragraph 14 (from a half to a third); hedging/README.md, phase 5.
    """
    share = state.trade_share
    pull = -p.diversification_push * share
    pull[:-1] += p.trade_response * (state.warmth - p.warmth0) - BLOCKADE_DRIFT * p.blockade * coerce
    turned = share * np.exp(pull)
    return turned / over_patrons(turned)


def market_lending(state: State, p: Parameters, coerce: Array, repayment: Array) -> Array:
    """Let the market roll over most of what falls due and lend a little more while reserves are short.

    Source: the article, paragraph 14 (wary Western capital); hedging/README.md, phase 5.
    """
    appetite = p.market_cap * p.market_access
    for sanction, struck in zip(p.market_sanction, coerce, strict=True):
        appetite = appetite * (1 - sanction * struck)
    gap = np.maximum(p.reserves_target - state.reserves, 0.0)
    return p.market_rollover * repayment + np.minimum(appetite, REFILL * gap)


def settle(
    state: State, p: Parameters, calendar: Calendar, bid: Bid, deals: Deals, struck: Strike
) -> tuple[Settlement, dict[str, Array]]:
    """Pay what was agreed, service what is owed, and see what is left in the reserves.

    Rule: patrons pay deals, and carrots unless they coerce; coercion withholds the rollover and cuts the
    subsidy; what the reserves cannot carry is taken out of imports, at a cost, never free money.
    Returns: the flows, and the stocks they lead to (reserves, debt, market_debt, trade_share, patron_cash,
    world_cash).
    Source: the article, paragraphs 8, 11, 14; hedging/README.md, phase 5.
    """
    coerce, gdp = struck.coerce, state.gdp
    pay = deals.accept * bid.offer + bid.carrot * (1 - coerce)
    grant = p.grant_share * pay
    loan_new = pay - grant
    repayment = p.amortisation * state.debt
    interest = p.interest_rate * state.debt
    rolled = renewed(repayment, p, coerce)
    subsidy = calendar.scheduled * (1 - p.coercive_cut * coerce)
    net = pay + rolled + subsidy - repayment - interest

    market_repayment = p.amortisation * state.market_debt
    market_interest = p.market_rate * state.market_debt
    market_loan = market_lending(state, p, coerce, market_repayment)
    blockade_loss = blockade_cost(over_patrons(blocked_trade(state, p, coerce)), gdp, p)
    trade_share = turn_trade(state, p, coerce)
    moved = 0.5 * over_patrons(np.abs(trade_share - state.trade_share))
    adjust_cost = p.adjust_unit * QUARTERS_A_YEAR * p.openness * gdp * moved
    austerity = p.austerity_max * gdp * clip01(1 - state.reserves / p.reserves_target)
    row_flow = (
        trade_income(gdp, p)
        + austerity
        + market_loan
        - market_repayment
        - market_interest
        - blockade_loss
        - adjust_cost
    )
    before = state.reserves + over_patrons(net) + row_flow
    compression = np.maximum(-before, 0.0)
    flows = Settlement(
        pay=pay,
        loan_new=loan_new,
        grant=grant,
        repayment=repayment,
        interest=interest,
        rolled=rolled,
        subsidy=subsidy,
        net=net,
        market_repayment=market_repayment,
        market_interest=market_interest,
        market_loan=market_loan,
        blockade_loss=blockade_loss,
        adjust_cost=adjust_cost,
        austerity=austerity,
        row_flow=row_flow,
        compression=compression,
    )
    stocks = {
        "reserves": np.maximum(before, 0.0),
        "debt": state.debt + loan_new + rolled - repayment,
        "market_debt": state.market_debt + market_loan - market_repayment,
        "trade_share": trade_share,
        "patron_cash": state.patron_cash - net,
        "world_cash": state.world_cash - row_flow - compression,
    }
    return flows, stocks
