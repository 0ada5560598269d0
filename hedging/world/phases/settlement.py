"""Phase 5: who pays whom. Money is closed: what the client gets, somebody gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, having, over_patrons
from hedging.world.parameters import Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.offers import Bid, Deals, Standing, Strike
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
    appetite: Array = quantity("", "share", "how far the client wants credit", 0, 1)
    usual: Array = quantity("patron", "usd_bn/quarter", "credit drawn where there is no quarrel", 0)
    due: Array = quantity("patron", "usd_bn/quarter", "credit that the client counts on", 0)
    missing: Array = quantity("", "usd_bn/quarter", "credit held up by all patrons", 0, reported=True)
    bridge_cap: Array = quantity("patron", "usd_bn/quarter", "most that the patron lends to bridge", 0)
    bridge: Array = quantity(
        "patron", "usd_bn/quarter", "lent to bridge what others hold up", 0, reported=True
    )
    credit: Array = quantity("patron", "usd_bn/quarter", "credit drawn", 0, reported=True)
    progress: Array = quantity(
        "patron", "share", "part of the way to a whole concession since the start", 0, 1
    )
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


NOBODY = 1e-12
"""Structural: it guards the shares in which patrons bridge (usd_bn/quarter)."""

CALM = 1.5
"""Structural: reserves of so many times their target leave no appetite for credit."""


def bridge_parts(due: Array, hold: Array, cap: Array, warmth: Array) -> Iterator[tuple[int, int, Array]]:
    """What each patron would lend in place of each other's credit, before its cap: lender, holder, (draw,).

    Rule: each share of what is missing goes to the patrons by warmth * cap, and no patron bridges its own.
    """
    weight = {p: warmth[p] * cap[p] for p in having(cap)}
    rest = {q: sum(w for p, w in weight.items() if p != q) + NOBODY for q in having(hold)}
    for p, own in weight.items():
        for q in rest:
            if q != p:
                yield p, q, hold[q] * np.minimum(cap[p], due[q] * own / rest[q])


def bridged(due: Array, hold: Array, cap: Array, warmth: Array) -> Array:
    """What each patron lends in place of credit that others hold up: (patron, draw), at most its cap."""
    bridge = np.zeros(cap.shape)
    for p, _, part in bridge_parts(due, hold, cap, warmth):
        bridge[p] += part
    return np.minimum(cap, bridge)


def progress_made(concession: Array, p: Parameters) -> Array:
    """How far concessions have gone from where they began to whole ones; not at all where they began so."""
    return clip01((concession - p.concession0) / p.way)


def blocked_trade(state: State, p: Parameters, blocked: Array) -> Array:
    """The share of trade that each patron blocks: (patron, draw)."""
    return p.blockade * blocked * state.trade_share[:-1]


def blockade_cost(blocked: Array, gdp: Array, p: Parameters) -> Array:
    """Output lost while a share of trade is blocked."""
    return TRADE_LOSS * p.blockade_impact * gdp * blocked


def trade_income(gdp: Array, p: Parameters) -> Array:
    """What trade and income from abroad bring in a usual quarter: less, the larger output is."""
    return -p.external_gap * gdp / p.gdp0


def turn_trade(state: State, p: Parameters, blocked: Array) -> Array:
    """Let trade follow warmth, turn from a patron that blockades, spread where the client pushes, and come
    back to its anchor.

    Rule: trade_share * exp(drift - diversification_push*trade_share + trade_memory*ln(anchor/trade_share)),
    normalised over partners; the memory is 0 where either is 0.
    Returns: (partner, draw), summing to 1.
    Source: the article, paragraph 14 (from a half to a third); hedging/README.md, phase 5.
    """
    share = state.trade_share
    known = (share > 0) & (state.anchor > 0)
    ratio = np.divide(state.anchor, share, out=np.ones_like(share), where=known)
    pull = p.trade_memory * np.log(ratio, out=ratio) - p.diversification_push * share
    pull[:-1] += p.trade_response * (state.warmth - p.warmth0) - BLOCKADE_DRIFT * p.blockade * blocked
    turned = np.exp(pull, out=pull) * share
    return turned / over_patrons(turned)


def spread_anchor(anchor: Array, p: Parameters) -> Array:
    """Move what trade tends to where the client pushes: (partner, draw), summing to 1."""
    spread = anchor * np.exp(-p.diversification_push * anchor)
    return spread / over_patrons(spread)


def market_lending(state: State, p: Parameters, coerce: Array, repayment: Array) -> Array:
    """Let the market roll over most of what falls due and lend a little more while reserves are short.

    Source: the article, paragraph 14 (wary Western capital); hedging/README.md, phase 5.
    """
    open_market = p.market_cap * p.market_access
    for sanction, struck in zip(p.market_sanction, coerce, strict=True):
        open_market = open_market * (1 - sanction * struck)
    gap = np.maximum(p.reserves_target - state.reserves, 0.0)
    return p.market_rollover * repayment + np.minimum(open_market, REFILL * gap)


def settle(
    state: State,
    p: Parameters,
    calendar: Calendar,
    standing: Standing,
    bid: Bid,
    deals: Deals,
    struck: Strike,
) -> tuple[Settlement, dict[str, Array]]:
    """Pay what was agreed, service what is owed, and see what is left in the reserves.

    Rule: patrons pay deals, and carrots unless they coerce; one that holds up credit renews no loan and lends
    nothing of its line, and others may bridge that; coercion cuts the subsidy; what the reserves cannot
    carry is taken out of imports, at a cost, never free money.
    Returns: the flows, and the stocks they lead to (reserves, debt, market_debt, credit_line, trade_share,
    anchor, patron_cash, world_cash).
    Source: the article, paragraphs 5, 8, 11, 14; hedging/README.md, phase 5.
    """
    coerce, hold, gdp = struck.coerce, struck.hold, state.gdp
    free, spared = 1 - hold, 1 - coerce
    pay = deals.accept * bid.offer + bid.carrot * spared
    grant = p.grant_share * pay
    loan_new = pay - grant
    repayment = p.amortisation * state.debt
    interest = p.interest_rate * state.debt
    renewed = p.rollover * repayment
    rolled = renewed * free
    appetite = clip01(CALM - state.reserves / p.reserves_target)
    drawn = p.draw_rate * state.credit_line * standing.door
    usual = drawn * appetite
    due = renewed + usual
    bridge_cap = p.surge * drawn * free
    bridge = bridged(due, hold, bridge_cap, state.warmth)
    credit = np.minimum(usual * free + bridge, state.credit_line)
    lent = credit + rolled - repayment
    progress = progress_made(state.concession, p)
    subsidy = (calendar.scheduled + p.linkage * progress * calendar.lost) * (1 - p.coercive_cut * coerce)
    net = pay + lent + subsidy - interest

    market_repayment = p.amortisation * state.market_debt
    market_interest = p.market_rate * state.market_debt
    market_loan = market_lending(state, p, coerce, market_repayment)
    blockade_loss = blockade_cost(over_patrons(blocked_trade(state, p, struck.blocked)), gdp, p)
    trade_share = turn_trade(state, p, struck.blocked)
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
        appetite=appetite,
        usual=usual,
        due=due,
        missing=over_patrons(hold * due),
        bridge_cap=bridge_cap,
        bridge=bridge,
        credit=credit,
        progress=progress,
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
        "debt": state.debt + loan_new + lent,
        "market_debt": state.market_debt + market_loan - market_repayment,
        "credit_line": np.minimum(p.credit_line0, state.credit_line - lent),
        "trade_share": trade_share,
        "anchor": spread_anchor(state.anchor, p),
        "patron_cash": state.patron_cash - net,
        "world_cash": state.world_cash - row_flow - compression,
    }
    return flows, stocks
