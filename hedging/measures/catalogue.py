"""What is reported of draws: series over quarters, numbers over the whole run, and how one is named."""

from __future__ import annotations

from hedging.world.quantities import QUANTITIES, Quantity

STATE_SERIES = (
    *("gdp", "reserves", "market_debt", "legitimacy", "national_sentiment", "repression"),
    *("survival", "sovereign", "trade_share", "debt", "concession", "warmth", "salience"),
)
FLOW_SERIES = (
    *("growth_rate", "utility"),
    *("effort", "demand", "offer", "carrot", "accept", "coerce", "subsidy", "net"),
)
EVERY_DRAW = ("survival", "sovereign")
"""Curves over all draws, unweighted, as the regime shares are."""


def _measure(name: str, axes: str, unit: str, meaning: str, at_start: bool = False) -> Quantity:
    return Quantity(name, (*axes.split(), "draw"), unit, meaning, at_start)


MEASURES = {
    item.name: item
    for item in (
        _measure("tension", "patron", "1", "frustration over the red line", at_start=True),
        _measure("sovereignty", "", "share", "what concessions leave of sovereignty", at_start=True),
        _measure("diversification", "", "share", "how evenly dependence is spread (D)"),
        _measure("ambiguity", "", "share", "how little the posture tells (A)"),
        _measure("contradiction", "", "share", "how far the courted patrons mind each other (X)"),
        _measure("hedging_index", "", "share", "the hedging index (H)"),
        _measure("excess_hedging", "", "share", "H less that of a client that courts at random, same draws"),
        _measure("autonomy", "", "share", "sovereignty that dependence leaves"),
        _measure("leverage", "patron", "usd_bn/quarter", "terms that the patron gives for its rivals' sake"),
        _measure("vulnerability", "patron", "share", "cost of a quarter of coercion, over output"),
        _measure("rents", "patron", "usd_bn", "rents so far"),
        _measure("loyalty_rent", "patron", "usd_bn", "worth of carrots so far"),
    )
}
"""Series that are computed rather than recorded."""

SERIES = {name: QUANTITIES[name] for name in (*STATE_SERIES, *FLOW_SERIES)} | MEASURES
"""Every series of summary.csv but the regime shares, in its order."""

RECORDED = (
    *(*STATE_SERIES, *FLOW_SERIES),
    *("frustration", "grant", "loan_new", "scheduled", "phi", "adjust_cost", "accept_probability"),
)
"""What must be recorded of every draw, besides the terms without rivals that leverage needs."""

NULLS = ("random", "bandwagon")
"""Client rules that every run is held against on the same draws: hedging is told in excess of the first, its
cost and premium against the second."""

RECORDED_OF_NULLS = (
    *("survival", "sovereign", "trade_share", "debt", "market_debt", "gdp", "scheduled", "subsidy", "grant"),
    *("effort", "coerce", "accept", "offer", "adjust_cost", "utility"),
)
"""What must be recorded of the nulls."""

TOTALS = {
    item.name: item
    for item in (
        _measure("total_utility", "", "utility", "utility added up"),
        _measure("mean_effort", "patron", "share", "effort over time"),
        _measure("mean_hedging_index", "", "share", "the hedging index over time"),
        _measure("mean_excess_hedging", "", "share", "H over time less that of courting at random"),
        _measure("hedging_cost", "", "usd_bn", "coercion, adjustment and lost deals beyond bandwagoning"),
        _measure("hedging_premium", "", "utility", "utility beyond bandwagoning"),
        _measure("total_adjust_cost", "", "usd_bn", "cost of moving trade, added up"),
        _measure("coercive_quarters", "patron", "quarters", "quarters of coercion"),
        _measure("coercion_losses", "patron", "usd_bn", "money lost to coercion"),
        _measure("deals", "patron", "usd_bn", "money paid for concessions"),
        _measure("carrots", "patron", "usd_bn", "carrots paid"),
        _measure("subsidies", "patron", "usd_bn", "energy subsidy received"),
        _measure("concession_price", "patron", "usd_bn", "price of a whole concession"),
        _measure("stall_index", "patron", "share", "part of what was asked that was put off while courting"),
    )
}
"""One number a draw over the whole run."""

NEEDS_NULLS = ("excess_hedging", "mean_excess_hedging", "hedging_cost", "hedging_premium")
"""Measures for which the null rules must be played too."""

NEEDS_TERMS = ("leverage",)
"""Measures for which the terms without rivals must be recorded."""

PAIRED = ("excess_hedging", "mean_excess_hedging", "hedging_cost", "hedging_premium")
"""Differences to a null: a draw counts where it stands in both."""
