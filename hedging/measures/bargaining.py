"""Bargaining: what the client gets from its patrons, at what price, and what hedging costs it.

Sums over time take `weight` at the start of each quarter, so a draw adds nothing once it has fallen. Money is
USD bn.
"""

from __future__ import annotations

import numpy as np

from hedging.measures.over_time import all_patrons, ratio, running_total, total_over_time
from hedging.world.arrays import Array


def total_utility(utility: Array, weight: Array) -> Array:
    """Add up the client's utility over the quarters it stands.

    Rule: SUM_t w_t utility_t. Shapes: (quarter, draw) -> (draw,). Range: any; not discounted.
    Source: the client's utility of a quarter, hedging.world.phases.utility.
    """
    return total_over_time(utility, weight)


def expected_terms(carrot: Array, accept_probability: Array, offer: Array) -> Array:
    """Say what money a patron's posture promises the client this quarter.

    Rule: carrot + accept_probability * offer. Shapes: (quarter, patron, draw). Range: >= 0, USD bn per
    quarter.
    Source: the article, paragraph 11, outreach as a way to better terms.
    """
    return carrot + accept_probability * offer


def leverage(with_rivals: Array, without_rivals: Array) -> Array:
    """Say how much better a patron's terms are because it has rivals.

    Rule: expected_terms as they are less expected_terms with the warmth of every rival set to 0.
    Shapes: (quarter, patron, draw). Range: any, USD bn per quarter; exactly 0 with one patron.
    Source: Nash (1950), terms follow the outside option; the article, paragraph 11.
    """
    return with_rivals - without_rivals


def rents(subsidy: Array, grant: Array, loan_new: Array, loan_value: Array, weight: Array) -> Array:
    """Add up what each patron has given so far, a loan at what it is worth.

    Rule: running sum of w * (subsidy + grant + loan_value * loan_new). Shapes: (quarter, patron, draw) and
    (draw,) for loan_value -> (quarter, patron, draw); all_patrons() gives the client's. Range: >= 0, never
    falls.
    Source: the article, paragraphs 11 and 14.
    """
    return running_total(subsidy + grant + loan_value * loan_new, weight)


def loyalty_rent(carrot: Array, coerce: Array, phi: Array, weight: Array) -> Array:
    """Add up the part of the rents that is paid for staying, not for a concession.

    Rule: running sum of w * phi * carrot * (1 - coerce), phi being the worth of a dollar paid (grant, and
    loan at loan_value): what of `rents` comes from carrots. Shapes: (quarter, patron, draw). Range: 0 to
    `rents`.
    Source: the article, paragraph 11, favours from Moscow for gestures to the West.
    """
    return running_total(phi * carrot * (1.0 - coerce), weight)


def deals(accept: Array, offer: Array, weight: Array) -> Array:
    """Add up the money paid for concessions: SUM_t w_t accept * offer.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 5, money made to depend on concessions.
    """
    return total_over_time(accept * offer, weight)


def concession_price(accept: Array, offer: Array, demand: Array, weight: Array) -> Array:
    """Say what a patron paid for a whole concession, over all deals struck.

    Rule: SUM_t w accept*offer / SUM_t w accept*demand; missing (NaN) where nothing was sold.
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0, USD bn for a concession from 0 to 1.
    Source: Schelling (1956), bound hands raise the price.
    """
    return ratio(deals(accept, offer, weight), total_over_time(accept * demand, weight))


def stall_index(accept: Array, demand: Array, effort: Array, weight: Array) -> Array:
    """Say how much of what a patron asked was left open while it was being courted.

    Rule: SUM_t w (1 - accept)*demand*1[effort > 0] / SUM_t w demand; missing (NaN) where nothing was asked.
    Shapes: (quarter, patron, draw) -> (patron, draw). Range: [0, 1].
    Source: the article, paragraph 20, delay as a tactic.
    """
    put_off = np.where(effort > 0, (1.0 - accept) * demand, 0.0)
    return ratio(total_over_time(put_off, weight), total_over_time(demand, weight))


def tension(frustration: Array, red_line: Array) -> Array:
    """Say how near a patron is to its red line: frustration / red_line.

    Shapes: (quarter, patron, draw) and (patron, draw) -> (quarter, patron, draw), rows as those of the state.
    Range: >= 0; 1 is at the line; missing (NaN) where the line is at 0.
    Source: the article, paragraph 11, pressure that makes balancing hard to keep up.
    """
    return ratio(frustration, np.broadcast_to(red_line, frustration.shape))


def coercive_quarters(coerce: Array, weight: Array) -> Array:
    """Count the quarters in which a patron coerced: SUM_t w_t coerce.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: 0 to the number of quarters.
    Source: the article, paragraph 11, past pressure outlived.
    """
    return total_over_time(coerce, weight)


def coercion_losses(coerce: Array, vulnerability: Array, gdp: Array, weight: Array) -> Array:
    """Add up what coercion took: subsidy cut, trade blocked, loans not rolled over.

    Rule: SUM_t w coerce * vulnerability * gdp: what was at risk, where it was struck.
    Shapes: (quarter, patron, draw), gdp (quarter, draw) at the start of the quarter -> (patron, draw). Range:
    >= 0.
    Source: Keohane and Nye (1977), as `vulnerability`; the article, paragraph 8, a loan held up.
    """
    return total_over_time(coerce * vulnerability * gdp[..., None, :], weight)


def hedging_cost(
    coercion_losses: Array,
    adjust_cost: Array,
    deals: Array,
    bandwagon_coercion_losses: Array,
    bandwagon_adjust_cost: Array,
    bandwagon_deals: Array,
) -> Array:
    """Say what money hedging costs against siding with the strongest, draw by draw.

    Rule: more coercion losses + more adjustment cost + deals lost, each a paired difference to `bandwagon`.
    Shapes: totals over time, losses and deals (patron, draw), cost (draw,) -> (draw,). Range: any; below 0
    hedging pays.
    Source: Schweller (1994), bandwagoning for profit as the thing forgone.
    """
    coercion = all_patrons(coercion_losses) - all_patrons(bandwagon_coercion_losses)
    adjustment = adjust_cost - bandwagon_adjust_cost
    return coercion + adjustment + (all_patrons(bandwagon_deals) - all_patrons(deals))


def hedging_premium(utility: Array, bandwagon_utility: Array) -> Array:
    """Say how much better off the client is for hedging, in utility, than siding with the strongest.

    Rule: total_utility less that of `bandwagon` on the same draws. Shapes: (draw,). Range: any.
    Source: Kuik (2008), hedging as insurance that also seeks returns.
    """
    return utility - bandwagon_utility
