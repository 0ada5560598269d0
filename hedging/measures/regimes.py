"""Regimes: one word for how the client behaves in each quarter, by what it does and not by what it has.

The window is the 4 quarters that end with the quarter. Effort, coercion and the rise of concession are over
the window; trade, warmth, survival and sovereignty are at its end, the state after the quarter, so a year's
last quarter tells the year whole. Labels by warmth, a stock, would call a client that never looked away from
its patron a hedger.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedging.measures.courtship import contradiction, posture
from hedging.measures.over_time import all_patrons, closing, rise, window_mean, window_sum
from hedging.world.arrays import Array

REGIMES = ("hedging", "bandwagon", "balancing", "passive", "rupture", "absorption", "collapse")
"""Names of the regimes; their place is their code."""

FALLEN = 0.5
"""Structural: survival or sovereignty below this is a fall, where they are probabilities."""

RUPTURE_QUARTERS = 2.0
"""Structural: coercive quarters in a window that break the tie with the dominant patron."""

IDLE_EFFORT = 0.1
"""Structural: below this mean effort, all patrons together, the client is passive."""

DEVOTED_SHARE = 0.65
"""Structural: from this share of effort on, the client is on the dominant patron's side."""

YIELDING_RISE = 0.06
"""Structural: from this rise of concession in a window on, too."""

DEFIANT_SHARE = 0.15
"""Structural: up to this share of effort the dominant patron is balanced against."""

HEDGING_CONTRADICTION = 0.05
"""Structural: from this contradiction on, courting several is hedging."""


def dominant_patron(trade_share: Array, patrons: int) -> NDArray[np.intp]:
    """Find the patron with the largest share of trade, the first of equals; the rest of the world is none.

    Shapes: (quarter, partner, draw), patrons first -> (quarter, draw). Range: 0 to patrons - 1.
    """
    return np.asarray(trade_share[..., :patrons, :].argmax(axis=-2))


def regime(
    effort: Array,
    coerce: Array,
    trade_share: Array,
    warmth: Array,
    concession: Array,
    survival: Array,
    sovereign: Array,
    rivalry: Array,
    scale: Array | None = None,
) -> NDArray[np.int8]:
    """Name what the client is doing: the first that holds.

    Rule: collapse: the leader fell; absorption: sovereignty is lost; rupture: the dominant patron coerced in
    2 quarters; passive: total effort < .1; bandwagon: its share of effort >= .65, or concession to it rose by
    .06; balancing: share <= .15 and some rival is warmer; hedging: contradiction >= .05; else passive.
    Shapes: effort, coerce (quarter, patron, draw); states with their last row more; rivalry (patron, rival,
    draw); scale: contradiction_scale(rivalry) -> codes into REGIMES (quarter, draw).
    Source: Walt (1987), balancing and bandwagoning; Kuik (2008), hedging between them.
    """
    share = posture(effort)
    dominant = dominant_patron(closing(trade_share), effort.shape[1])
    on_dominant = _of(share, dominant)
    warm = closing(warmth)
    yielding = _of(rise(concession), dominant) >= YIELDING_RISE
    tests = {
        "collapse": closing(survival) < FALLEN,
        "absorption": closing(sovereign) < FALLEN,
        "rupture": _of(window_sum(coerce), dominant) >= RUPTURE_QUARTERS,
        "passive": all_patrons(window_mean(effort)) < IDLE_EFFORT,
        "bandwagon": (on_dominant >= DEVOTED_SHARE) | yielding,
        "balancing": (on_dominant <= DEFIANT_SHARE) & (warm.max(axis=1) > _of(warm, dominant)),
        "hedging": contradiction(share, rivalry, scale) >= HEDGING_CONTRADICTION,
    }
    codes = [np.int8(REGIMES.index(name)) for name in tests]
    return np.select(list(tests.values()), codes, default=np.int8(REGIMES.index("passive")))


def regime_share(codes: NDArray[np.int8]) -> Array:
    """Say in what share of all draws each regime holds, fallen ones included.

    Shapes: (quarter, draw) -> (regime, quarter). Range: [0, 1], adds up to 1 over regimes.
    """
    return np.stack([(codes == code).mean(axis=-1) for code in range(len(REGIMES))])


def _of(values: Array, patron: NDArray[np.intp]) -> Array:
    """Pick one patron's values in every quarter and draw: (quarter, patron, draw) -> (quarter, draw)."""
    return np.take_along_axis(values, patron[:, None, :], axis=1)[:, 0]
