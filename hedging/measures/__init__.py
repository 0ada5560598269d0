"""Measures: what is said about a run, each one small function of plain arrays named as in the trajectories.

(quarter, ..., draw) -> (quarter, draw), (quarter, patron, draw), (patron, draw) or (draw,). Flows have a row
per quarter, states one more; beside flows stand their rows at the start of quarters, `opening(state)`.
`regime` takes states whole.
"""

from hedging.measures.bargaining import (
    coercion_losses,
    coercive_quarters,
    concession_price,
    deals,
    expected_terms,
    hedging_cost,
    hedging_premium,
    leverage,
    loyalty_rent,
    rents,
    stall_index,
    tension,
    total_utility,
)
from hedging.measures.courtship import (
    ambiguity,
    contradiction,
    contradiction_scale,
    excess_hedging,
    hedging_index,
    posture,
)
from hedging.measures.over_draws import both_alive, draws_used, weight, weighted_mean, weighted_quantiles
from hedging.measures.over_time import (
    WINDOW,
    all_patrons,
    closing,
    mean_over_time,
    opening,
    rise,
    running_total,
    total_over_time,
    window_mean,
    window_sum,
    year_end,
)
from hedging.measures.regimes import REGIMES, dominant_patron, regime, regime_share
from hedging.measures.ties import autonomy, dependence, diversification, sovereignty, vulnerability

__all__ = [
    "REGIMES",
    "WINDOW",
    "all_patrons",
    "ambiguity",
    "autonomy",
    "both_alive",
    "closing",
    "coercion_losses",
    "coercive_quarters",
    "concession_price",
    "contradiction",
    "contradiction_scale",
    "deals",
    "dependence",
    "diversification",
    "dominant_patron",
    "draws_used",
    "excess_hedging",
    "expected_terms",
    "hedging_cost",
    "hedging_index",
    "hedging_premium",
    "leverage",
    "loyalty_rent",
    "mean_over_time",
    "opening",
    "posture",
    "regime",
    "regime_share",
    "rents",
    "rise",
    "running_total",
    "sovereignty",
    "stall_index",
    "tension",
    "total_over_time",
    "total_utility",
    "vulnerability",
    "weight",
    "weighted_mean",
    "weighted_quantiles",
    "window_mean",
    "window_sum",
    "year_end",
]
