"""Scoring: what the same course of events is worth to a client whose wishes stay as they were."""

from __future__ import annotations

from hedging.measures.aggregate import total_over_time
from hedging.measures.declare import measure
from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.phases.utility import weigh


@measure(unit="utility", meaning="utility added up, by the weights of the reference", over="run")
def scored_utility(
    parameters: Parameters,
    reference: Parameters,
    utility: Array,
    reserves: Array,
    concession: Array,
    national_sentiment: Array,
    hazard: Array,
    absorb: Array,
    effort: Array,
    stands: Array,
) -> Array:
    """Add up what each quarter would be worth to the client of the study's reference on the same draw.

    Rule: SUM_t w_t (utility_t + what its states are worth by the numbers of the reference - by the run's
    own). An arm that changes what the client wants would otherwise be scored by another yardstick; where the
    weights are the same this is `total_utility`.
    Shapes: states whole, taken at the end of the quarter, as the next quarter's events leave them; flows
    (quarter, ..., draw) -> (draw,). Range: any; not discounted.
    Source: the client's utility of a quarter, hedging.world.phases.utility.
    """
    states = {"reserves": reserves, "concession": concession, "national_sentiment": national_sentiment}
    if reference is parameters:
        return total_over_time(utility, stands)
    scored = utility.copy()
    for t, gained in enumerate(scored):
        after = {name: rows[t + 1] for name, rows in states.items()}
        happened = hazard[t], absorb[t], effort[t]
        gained += weigh(after, reference, *happened).utility - weigh(after, parameters, *happened).utility
    return total_over_time(scored, stands)
