"""Lending: what each patron lends, what it holds up, and what others lend in place of that."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

import numpy as np

from hedging.measures.aggregate import all_patrons, opening, ratio, total_over_time
from hedging.measures.declare import measure
from hedging.world.arrays import Array
from hedging.world.phases.settlement import bridge_parts


@measure("patron", "usd_bn/quarter", "net lending of the patron")
def net_lending(loan_new: Array, credit: Array, rolled: Array, repayment: Array) -> Array:
    """Say what a patron lends beyond what is repaid to it: loan_new + credit + rolled - repayment.

    What debt rises by, but for events; interest apart. Shapes: (quarter, patron, draw). Range: any; below 0
    debt is paid off.
    Source: net flows on debt, as in World Bank (2019), International Debt Statistics.
    """
    return loan_new + credit + rolled - repayment


@measure("patron", "usd_bn", "net lending of the patron, added up", over="run")
def total_net_lending(net_lending: Array, stands: Array) -> Array:
    """Add up what a patron lends beyond what is repaid to it: SUM_t w_t net_lending.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: any. Source: as `net_lending`.
    """
    return total_over_time(net_lending, stands)


@measure("patron", "usd_bn/quarter", "all that the patron pays, lends and lets off, debt service apart")
def gross_transfer(pay: Array, credit: Array, rolled: Array, subsidy: Array) -> Array:
    """Say what comes from a patron before debt is served: pay + credit + rolled + subsidy.

    Less repayment and interest it is `net`. Shapes: (quarter, patron, draw). Range: >= 0.
    Source: the article, paragraphs 8 and 14, loans and cheap energy as the two sides of support.
    """
    return pay + credit + rolled + subsidy


@measure("patron", "usd_bn", "all that the patron pays, lends and lets off, added up", over="run")
def gross_transfers(gross_transfer: Array, stands: Array) -> Array:
    """Add up what comes from a patron before debt is served: SUM_t w_t gross_transfer.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0. Source: as `gross_transfer`.
    """
    return total_over_time(gross_transfer, stands)


@measure("patron", "usd_bn", "net money from the patron, added up", over="run")
def net_transfers(net: Array, stands: Array) -> Array:
    """Add up what comes from a patron after debt is served: SUM_t w_t net.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: any.
    Source: net transfers, as in World Bank (2019), International Debt Statistics.
    """
    return total_over_time(net, stands)


@measure("patron", "usd_bn", "credit drawn, added up", over="run")
def credits(credit: Array, stands: Array) -> Array:
    """Add up the credit drawn from a patron's line, what bridges others' included: SUM_t w_t credit.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 8, Chinese loans in place of Russian ones.
    """
    return total_over_time(credit, stands)


@measure("patron", "usd_bn/quarter", "lent beyond the usual, others' credit being held up", reported=False)
def stand_in(credit: Array, usual: Array, hold: Array) -> Array:
    """Say what a patron lends beyond its usual credit: max(credit - usual*(1 - hold), 0).

    What of `bridge` the line leaves room for. Shapes: (quarter, patron, draw). Range: 0 to `bridge`.
    Source: the article, paragraph 8, a Chinese loan when a Russian one was held up.
    """
    beyond = credit - usual * (1 - hold)
    return np.maximum(beyond, 0.0, out=beyond)


@measure("patron", "usd_bn", "lent in place of what others held up, added up", over="run")
def bridge_loans(stand_in: Array, stands: Array) -> Array:
    """Add up what a patron lends in place of what others hold up: SUM_t w_t stand_in.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0. Source: as `stand_in`.
    """
    return total_over_time(stand_in, stands)


@measure("patron", "usd_bn", "credit held up, added up", over="run")
def held_credit(hold: Array, due: Array, stands: Array) -> Array:
    """Add up the credit that a patron held up: SUM_t w_t hold * due.

    Shapes: (quarter, patron, draw) -> (patron, draw). Range: >= 0.
    Source: the article, paragraph 8, a loan held up.
    """
    return total_over_time(hold * due, stands)


@measure("patron", "usd_bn/quarter", "credit held up that nobody else lends", reported=False)
def unbridged(stand_in: Array, hold: Array, due: Array, bridge_cap: Array, warmth: Array) -> Array:
    """Say what credit that a patron holds up nobody else lends.

    Rule: hold * due, less what others lend in place of it: what a patron lends so is spread over those that
    hold up credit by the parts that its bridge is made of.
    Shapes: (quarter, patron, draw), warmth whole, taken at the start of the quarter. Range: 0 to hold * due.
    Source: the article, paragraph 8, a Chinese loan when a Russian one was held up.
    """
    gap, flows = hold * due, (due, hold, bridge_cap, opening(warmth))
    parts = bridge_parts(*(np.moveaxis(flow, -2, 0) for flow in flows))
    for lender, group in groupby(parts, key=itemgetter(0)):
        asked = {holder: part for _, holder, part in group}
        total = sum(asked.values())
        filled = np.divide(stand_in[:, lender], total, out=np.zeros_like(total), where=total > 0)
        for holder, part in asked.items():
            gap[:, holder] -= part * filled
    return gap


@measure(unit="share", meaning="part of the credit held up that others lent", over="run")
def substitution(stand_in: Array, missing: Array, stands: Array) -> Array:
    """Say what part of the money that some patrons held up others lent.

    Rule: SUM_t w SUM_p stand_in / SUM_t w missing; missing (NaN) where nothing was held up.
    Shapes: (quarter, patron, draw) and (quarter, draw) -> (draw,). Range: [0, 1].
    Source: the article, paragraph 8, a Chinese loan when a Russian one was held up.
    """
    return ratio(total_over_time(all_patrons(stand_in), stands), total_over_time(missing, stands))
