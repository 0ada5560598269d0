"""Bargaining and ties: what the client gets from patrons, at what price, and how it depends on them."""

from __future__ import annotations

import numpy as np

from hedging.measures.aggregate import added, all_patrons, opening, ratio, running_total, total_over_time
from hedging.measures.declare import measure
from hedging.world.arrays import Array, clip01

WEIGHT_OF_TRADE = 0.5
"""Structural: what trade counts for in dependence."""

WEIGHT_OF_DEBT = 0.25
"""Structural: what debt counts for in dependence."""

WEIGHT_OF_RENT = 0.25
"""Structural: what subsidies and grants count for in dependence."""


@measure("partner", "share", "how much the client depends on the partner", reported=False)
def dependence(trade_share: Array, debt: Array, market_debt: Array, subsidy: Array, grant: Array) -> Array:
    """Say how much the client depends on each partner.

    Rule: 0.5 * share of trade + 0.25 * share of debt + 0.25 * share of rent (subsidy + grant of the quarter).
    Market debt is owed to the rest of the world, which gives no rent. Where nothing is owed or given, trade
    takes the weight.
    Shapes: the stocks whole, taken at the start of the quarter -> (quarter, partner, draw), partners being
    patrons and, last, the rest of the world. Range: [0, 1], adds up to 1 over partners.
    Source: Hirschman (1945) for trade, extended to debt and rent; the article, paragraphs 11 and 14.
    """
    trade, owed = opening(trade_share), np.concatenate([debt, market_debt[..., None, :]], axis=-2)
    rent = subsidy + grant
    rent = np.concatenate([rent, np.zeros_like(rent[..., :1, :])], axis=-2)
    return (
        WEIGHT_OF_TRADE * trade
        + WEIGHT_OF_DEBT * _shares(opening(owed), trade)
        + WEIGHT_OF_RENT * _shares(rent, trade)
    )


@measure(unit="share", meaning="how evenly dependence is spread (D)")
def diversification(dependence: Array) -> Array:
    """Say how evenly dependence is spread over partners (D).

    Rule: (1 - SUM dep^2) / (1 - 1/(P+1)), dep as in `dependence`: one less the concentration, over its
    largest value.
    Shapes: (quarter, partner, draw) -> (quarter, draw). Range: 0 (all on one partner) to 1 (equal on all
    P + 1).
    Source: Hirschman (1945), one less the index of concentration, scaled; the article, paragraphs 6 and 14.
    """
    concentration = added(dependence * dependence, -2)
    return clip01((1.0 - concentration) / (1.0 - 1.0 / dependence.shape[-2]))


@measure(unit="share", meaning="what concessions leave of sovereignty", state=True)
def sovereignty(concession: Array, sov_weight: Array) -> Array:
    """Say what the concessions made leave of sovereignty.

    Rule: clip(1 - SUM_p sov_weight * concession), at the start of a quarter or its end as the concession is.
    Shapes: (..., patron, draw) and (patron, draw) -> (..., draw). Range: [0, 1].
    Source: the article, paragraphs 3 and 12.
    """
    return clip01(1.0 - all_patrons(sov_weight * concession))


@measure(unit="share", meaning="sovereignty that dependence leaves")
def autonomy(sovereignty: Array, dependence: Array) -> Array:
    """Say how free the client is in law and in fact.

    Rule: sovereignty * (1 - max dep), the largest over all partners, the rest of the world included.
    Shapes: sovereignty whole, taken at the start of the quarter, (quarter, partner, draw) -> (quarter, draw).
    Range: [0, 1].
    Source: Keohane and Nye (1977): power is the other side of dependence.
    """
    heaviest: Array = dependence.max(axis=-2)
    return opening(sovereignty) * (1.0 - heaviest)


def _shares(amounts: Array, otherwise: Array) -> Array:
    """Turn amounts into shares over partners; where there is nothing to share, take other shares."""
    total = added(amounts, -2)[..., None, :]
    return np.divide(amounts, total, out=otherwise.copy(), where=total > 0)


@measure(unit="utility", meaning="utility added up", over="run")
def total_utility(utility: Array, stands: Array) -> Array:
    """Add up the client's utility over the quarters it stands.

    Rule: SUM_t w_t utility_t. Shapes: (quarter, draw) -> (draw,). Range: any; not discounted.
    Source: the client's utility of a quarter, hedging.world.phases.utility.
    """
    return total_over_time(utility, stands)


@measure("patron", "usd_bn/quarter", "money that the posture of the patron promises", reported=False)
def expected_terms(carrot: Array, accept_probability: Array, offer: Array) -> Array:
    """Say what money a patron's posture promises the client this quarter.

    Rule: carrot + accept_probability * offer. Shapes: (quarter, patron, draw). Range: >= 0, USD bn per
    quarter.
    Source: the article, paragraph 11, outreach as a way to better terms.
    """
    return carrot + accept_probability * offer


@measure("patron", "usd_bn/quarter", "terms that the patron gives for its rivals' sake")
def leverage(expected_terms: Array, terms_without_rivals: Array) -> Array:
    """Say how much better a patron's terms are because it has rivals.

    Rule: expected_terms as they are less expected_terms with the warmth of every rival set to 0.
    Shapes: (quarter, patron, draw). Range: any, USD bn per quarter; exactly 0 with one patron.
    Source: Nash (1950), terms follow the outside option; the article, paragraph 11.
    """
    return expected_terms - terms_without_rivals


@measure("patron", "usd_bn", "rents so far")
def rents(subsidy: Array, grant: Array, loan_new: Array, loan_value: Array, stands: Array) -> Array:
    """Add up what each patron has given so far, a loan at what it is worth.

    Rule: running sum of w * (subsidy + grant + loan_value * loan_new). Shapes: (quarter, patron, draw) and
    (draw,) for loan_value -> (quarter, patron, draw); all_patrons() gives the client's. Credit is no rent: it
    is at commercial terms. Range: >= 0, never falls.
    Source: the article, paragraphs 11 and 14.
    """
    return running_total(subsidy + grant + loan_value * loan_new, stands)


@measure("patron", "usd_bn", "worth of carrots so far")
def loyalty_rent(carrot: Array, coerce: Array, phi: Array, stands: Array) -> Array:
    """Add up the part of the rents that is paid for staying, not for a concession.

    Rule: running sum of w * phi * carrot * (1 - coerce), phi being the worth of a dollar paid (grant, and
    loan at loan_value): what of `rents` comes from carrots. Shapes: (quarter, patron, draw). Range: 0 to
    `rents`.
    Source: the article, paragraph 11, favours from Moscow for gestures to the West.
    """
    return running_total(phi * carrot * (1.0 - coerce), stands)


@measure(
    "patron", "usd_bn/quarter", "discounts earned back by integration, were energy not cut", reported=False
)
def earned_back(linkage: Array, progress: Array, lost: Array) -> Array:
    """Say what integration has earned back of the discount that a patron withdraws.

    Rule: linkage * progress * lost. Shapes: (patron, draw) for linkage, (quarter, patron, draw). Range: 0 to
    `lost`.
    Source: the article, paragraph 5, further discounts tied to integration.
    """
    return linkage * progress * lost


@measure("patron", "usd_bn", "discounts earned back by integration so far")
def linkage_rent(earned_back: Array, coercive_cut: Array, coerce: Array, stands: Array) -> Array:
    """Add up the discounts that integration has earned back: the part of the rents that it is paid with.

    Rule: running sum of w * earned_back * (1 - coercive_cut * coerce). Shapes: (quarter, patron, draw) and
    (patron, draw) for coercive_cut. Range: 0 to `rents`.
    Source: the article, paragraph 5, further discounts tied to integration.
    """
    return running_total(earned_back * (1.0 - coercive_cut * coerce), stands)


@measure("patron", "usd_bn", "money paid for concessions", over="run")
def deals(accept: Array, offer: Array, stands: Array) -> Array:
    """Add up the money paid for concessions: SUM_t w_t accept * offer.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 5, money made to depend on concessions.
    """
    return total_over_time(accept * offer, stands)


@measure("patron", "usd_bn", "carrots paid", over="run")
def carrots(carrot: Array, coerce: Array, stands: Array) -> Array:
    """Add up the money paid to keep the client from rivals: SUM_t w_t carrot * (1 - coerce).

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 11, favours from Moscow for gestures to the West.
    """
    return total_over_time(carrot * (1 - coerce), stands)


@measure("patron", "usd_bn", "energy subsidy received", over="run")
def subsidies(subsidy: Array, stands: Array) -> Array:
    """Add up the energy subsidy received: SUM_t w_t subsidy.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 14.
    """
    return total_over_time(subsidy, stands)


@measure(unit="usd_bn", meaning="cost of moving trade, added up", over="run")
def total_adjust_cost(adjust_cost: Array, stands: Array) -> Array:
    """Add up what moving trade from partner to partner costs: SUM_t w_t adjust_cost.

    Shapes: (quarter, draw) -> (draw,). Range: >= 0.
    Source: the cost of a quarter, hedging.world.phases.settlement.
    """
    return total_over_time(adjust_cost, stands)


@measure("patron", "usd_bn", "price of a whole concession", over="run")
def concession_price(accept: Array, offer: Array, demand: Array, stands: Array) -> Array:
    """Say what money a patron paid for a whole concession, over all deals struck.

    Rule: SUM_t w accept*offer / SUM_t w accept*demand; missing (NaN) where nothing was sold.
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0, USD bn for a concession from 0 to 1.
    Source: Schelling (1956), bound hands raise the price.
    """
    return ratio(deals(accept, offer, stands), total_over_time(accept * demand, stands))


@measure("patron", "usd_bn", "price of a whole concession, discounts earned back counted", over="run")
def concession_price_in_full(
    accept: Array, offer: Array, demand: Array, phi: Array, restored: Array, stands: Array
) -> Array:
    """Say what a whole concession was worth to the client: money, a loan at what it is worth, and discounts.

    Rule: SUM_t w accept*(phi*offer + restored*demand) / SUM_t w accept*demand, `restored` being the discounts
    that a whole concession earns back; missing (NaN) where nothing was sold.
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0, USD bn for a concession from 0 to 1.
    Source: as `concession_price`; the article, paragraph 5, further discounts tied to integration.
    """
    worth = total_over_time(accept * (phi * offer + restored * demand), stands)
    return ratio(worth, total_over_time(accept * demand, stands))


@measure("patron", "share", "part of what was asked that was put off while courting", over="run")
def stall_index(accept: Array, demand: Array, effort: Array, stands: Array) -> Array:
    """Say how much of what a patron asked was left open while it was being courted.

    Rule: SUM_t w (1 - accept)*demand*1[effort > 0] / SUM_t w demand; missing (NaN) where nothing was asked.
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: [0, 1].
    Source: the article, paragraph 20, delay as a tactic.
    """
    put_off = np.where(effort > 0, (1.0 - accept) * demand, 0.0)
    return ratio(total_over_time(put_off, stands), total_over_time(demand, stands))


@measure(
    "", "usd_bn", "coercion, adjustment and lost deals beyond bandwagoning", over="run", null="bandwagon"
)
def hedging_cost(
    coercion_losses: Array,
    total_adjust_cost: Array,
    deals: Array,
    null_coercion_losses: Array,
    null_total_adjust_cost: Array,
    null_deals: Array,
) -> Array:
    """Say what money hedging costs against siding with the strongest, draw by draw.

    Rule: more coercion losses + more adjustment cost + deals lost, each a paired difference to `bandwagon`.
    Shapes: totals over time, losses and deals (patron, draw), cost (draw,) -> (draw,). Range: any; below 0
    hedging pays.
    Source: Schweller (1994), bandwagoning for profit as the thing forgone.
    """
    coercion = all_patrons(coercion_losses) - all_patrons(null_coercion_losses)
    adjustment = total_adjust_cost - null_total_adjust_cost
    return coercion + adjustment + (all_patrons(null_deals) - all_patrons(deals))


@measure(unit="utility", meaning="utility beyond bandwagoning", over="run", null="bandwagon")
def hedging_premium(total_utility: Array, null_total_utility: Array) -> Array:
    """Say how much better off the client is for hedging, in utility, than siding with the strongest.

    Rule: total_utility less that of `bandwagon` on the same draws. Shapes: (draw,). Range: any.
    Source: Kuik (2008), hedging as insurance that also seeks returns.
    """
    return total_utility - null_total_utility
