"""Coercion: how near each patron is to it, what it puts at risk, how often it comes, and what it takes."""

from __future__ import annotations

import numpy as np

from hedging.measures.aggregate import opening, ratio, total_over_time
from hedging.measures.declare import measure
from hedging.world.arrays import Array
from hedging.world.phases.settlement import TRADE_LOSS


@measure("patron", "1", "frustration over the red line", state=True)
def tension(frustration: Array, red_line: Array) -> Array:
    """Say how near a patron is to its red line: frustration / red_line.

    Shapes: (quarter, patron, draw) and (patron, draw) -> (quarter, patron, draw), rows as those of the state.
    Range: >= 0; 1 is at the line; missing (NaN) where the line is at 0.
    Source: the article, paragraph 11, pressure that makes balancing hard to keep up.
    """
    return ratio(frustration, np.broadcast_to(red_line, frustration.shape))


@measure("patron", "usd_bn/quarter", "subsidy that an energy cut would take", reported=False)
def energy_at_risk(coercive_cut: Array, scheduled: Array, earned_back: Array) -> Array:
    """Say what a cut in energy would take: coercive_cut * (scheduled + earned_back).

    Shapes: (patron, draw) for coercive_cut, (quarter, patron, draw). Range: >= 0.
    Source: the article, paragraphs 5 and 8.
    """
    return coercive_cut * (scheduled + earned_back)


@measure("patron", "usd_bn/quarter", "output that a blockade would cost", reported=False)
def trade_at_risk(trade_share: Array, gdp: Array, blockade: Array, blockade_impact: Array) -> Array:
    """Say what blocked trade would cost: 2 * blockade_impact * blockade * trade_share * gdp.

    Shapes: the stocks whole, taken at the start of the quarter -> (quarter, patron, draw). Range: >= 0.
    Source: Keohane and Nye (1977), what a tie costs when it is cut; the article, paragraph 14.
    """
    trade = opening(trade_share)[..., : len(blockade), :]
    return TRADE_LOSS * blockade_impact * blockade * trade * opening(gdp)[..., None, :]


@measure("patron", "share", "cost of a quarter of all coercion, over output")
def vulnerability(energy_at_risk: Array, trade_at_risk: Array, due: Array, gdp: Array) -> Array:
    """Say what a quarter of everything that a patron can do would cost, as a share of output.

    Rule: (energy_at_risk + trade_at_risk + due) / gdp: the subsidy cut, the trade blocked and the credit held
    up that the client counts on. Carrots withheld are not in it (`loyalty_rent`), nor what others would
    bridge.
    Shapes: (quarter, patron, draw), gdp whole, taken at the start of the quarter. Range: >= 0.
    Source: Keohane and Nye (1977), what a tie costs when it is cut; the article, paragraphs 8 and 14.
    """
    return (energy_at_risk + trade_at_risk + due) / opening(gdp)[..., None, :]


@measure("patron", "quarters", "quarters in which credit was held up", over="run")
def held_quarters(hold: Array, stands: Array) -> Array:
    """Count the quarters in which a patron held up credit, the lowest rung: SUM_t w_t hold.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: 0 to the number of quarters.
    Source: the article, paragraph 8, a loan held up.
    """
    return total_over_time(hold, stands)


@measure("patron", "quarters", "quarters of coercion", over="run")
def coercive_quarters(coerce: Array, stands: Array) -> Array:
    """Count the quarters in which a patron cut energy, the middle rung: SUM_t w_t coerce.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: 0 to the number of quarters.
    Source: the article, paragraph 11, past pressure outlived.
    """
    return total_over_time(coerce, stands)


@measure("patron", "quarters", "quarters in which trade was blocked", over="run")
def blocked_quarters(blocked: Array, stands: Array) -> Array:
    """Count the quarters in which a patron blocked trade, the highest rung: SUM_t w_t blocked.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: 0 to the number of quarters.
    Source: the article, paragraph 14, trade that could be cut.
    """
    return total_over_time(blocked, stands)


@measure("patron", "usd_bn", "money lost to coercion", over="run")
def coercion_losses(
    coerce: Array,
    energy_at_risk: Array,
    blocked: Array,
    trade_at_risk: Array,
    unbridged: Array,
    stands: Array,
) -> Array:
    """Add up what coercion took: subsidy cut, trade blocked, credit held up that nobody else lent.

    Rule: SUM_t w (coerce*energy_at_risk + blocked*trade_at_risk + unbridged).
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: Keohane and Nye (1977), as `vulnerability`; the article, paragraph 8, a loan held up.
    """
    return total_over_time(coerce * energy_at_risk + blocked * trade_at_risk + unbridged, stands)
