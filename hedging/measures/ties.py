"""Ties: how the client depends on its partners, and what that leaves of its own will."""

from __future__ import annotations

import numpy as np

from hedging.measures.over_time import added, all_patrons
from hedging.world.arrays import Array, clip01
from hedging.world.phases.settlement import TRADE_LOSS

WEIGHT_OF_TRADE = 0.5
"""Structural: what trade counts for in dependence."""

WEIGHT_OF_DEBT = 0.25
"""Structural: what debt counts for in dependence."""

WEIGHT_OF_RENT = 0.25
"""Structural: what subsidies and grants count for in dependence."""


def dependence(trade_share: Array, debt: Array, market_debt: Array, subsidy: Array, grant: Array) -> Array:
    """Say how much the client depends on each partner.

    Rule: 0.5 * share of trade + 0.25 * share of debt + 0.25 * share of rent (subsidy + grant of the quarter).
    Market debt is owed to the rest of the world, which gives no rent. Where nothing is owed or given, trade
    takes the weight.
    Shapes: the stocks at the start of the quarter; (quarter, partner, draw), partners being patrons and,
    last, the rest of the world. Range: [0, 1], adds up to 1 over partners.
    Source: Hirschman (1945) for trade, extended to debt and rent; the article, paragraphs 11 and 14.
    """
    owed = np.concatenate([debt, market_debt[..., None, :]], axis=-2)
    rent = subsidy + grant
    rent = np.concatenate([rent, np.zeros_like(rent[..., :1, :])], axis=-2)
    return (
        WEIGHT_OF_TRADE * trade_share
        + WEIGHT_OF_DEBT * _shares(owed, trade_share)
        + WEIGHT_OF_RENT * _shares(rent, trade_share)
    )


def diversification(
    trade_share: Array, debt: Array, market_debt: Array, subsidy: Array, grant: Array
) -> Array:
    """Say how evenly dependence is spread over partners (D).

    Rule: (1 - SUM dep^2) / (1 - 1/(P+1)), dep as in `dependence`: one less the concentration, over its
    largest value.
    Shapes: as in `dependence` -> (quarter, draw). Range: 0 (all on one partner) to 1 (equal on all P + 1).
    Source: Hirschman (1945), one less the index of concentration, scaled; the article, paragraphs 6 and 14.
    """
    dep = dependence(trade_share, debt, market_debt, subsidy, grant)
    concentration = added(dep * dep, -2)
    return clip01((1.0 - concentration) / (1.0 - 1.0 / dep.shape[-2]))


def sovereignty(concession: Array, sov_weight: Array) -> Array:
    """Say what the concessions made leave of sovereignty.

    Rule: clip(1 - SUM_p sov_weight * concession), at the start of a quarter or its end as the concession is.
    Shapes: (..., patron, draw) and (patron, draw) -> (..., draw). Range: [0, 1].
    Source: the article, paragraphs 3 and 12.
    """
    return clip01(1.0 - all_patrons(sov_weight * concession))


def autonomy(sovereignty: Array, dependence: Array) -> Array:
    """Say how free the client is in law and in fact.

    Rule: sovereignty * (1 - max dep), the largest over all partners, the rest of the world included.
    Shapes: (quarter, draw) and (quarter, partner, draw) -> (quarter, draw). Range: [0, 1].
    Source: Keohane and Nye (1977): power is the other side of dependence.
    """
    heaviest: Array = dependence.max(axis=-2)
    return sovereignty * (1.0 - heaviest)


def vulnerability(
    scheduled: Array,
    trade_share: Array,
    debt: Array,
    gdp: Array,
    coercive_cut: Array,
    blockade: Array,
    blockade_impact: Array,
    rollover: Array,
    amortisation: Array,
) -> Array:
    """Say what a quarter of coercion by each patron would cost, as a share of output.

    Rule: (coercive_cut*scheduled + 2*blockade_impact*blockade*trade_share*gdp + rollover*amortisation*debt) /
    gdp: the subsidy cut, the trade blocked and the loan not rolled over. Carrots withheld are not in it
    (`loyalty_rent`).
    Shapes: scheduled, debt (quarter, patron, draw); trade_share with or without the rest of the world; gdp
    (quarter, draw); stocks at the start of the quarter -> (quarter, patron, draw). Range: >= 0.
    Source: Keohane and Nye (1977), what a tie costs when it is cut; the article, paragraphs 8 and 14.
    """
    output = gdp[..., None, :]
    trade = trade_share[..., : scheduled.shape[-2], :]
    blocked = TRADE_LOSS * blockade_impact * blockade * trade * output
    return (coercive_cut * scheduled + blocked + rollover * amortisation * debt) / output


def _shares(amounts: Array, otherwise: Array) -> Array:
    """Turn amounts into shares over partners; where there is nothing to share, take other shares."""
    total = added(amounts, -2)[..., None, :]
    something = total > 0
    return np.where(something, amounts / np.where(something, total, 1.0), otherwise)
