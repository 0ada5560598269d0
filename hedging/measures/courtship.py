"""Courtship: how the client spreads its effort over patrons, and how contradictory that is.

Hedging is more than spreading risk: it is courting, ambiguously, patrons who mind each other. Hence three
parts.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hedging.measures.aggregate import (
    added,
    all_patrons,
    closing,
    mean_over_time,
    rise,
    total_over_time,
    window_mean,
    window_sum,
)
from hedging.measures.declare import measure
from hedging.world.arrays import Array, clip01, dominant_patron


@measure("patron", "share", "how effort is spread over patrons (pi)", reported=False)
def posture(effort: Array) -> Array:
    """Say how the effort of the last year is spread over patrons (pi).

    Rule: the mean effort of 4 quarters, this one included, normalised over patrons; 0 for all where there was
    none.
    Shapes: (quarter, patron, draw). Range: [0, 1], adds up to 1 or 0 over patrons.
    Source: Kuik (2008), hedging as a mix of opposite policies.
    """
    mean = window_mean(effort)
    total = all_patrons(mean)[:, None, :]
    courted = total > 0
    return np.where(courted, mean / np.where(courted, total, 1.0), 0.0)


@measure(unit="share", meaning="how little the posture tells (A)")
def ambiguity(posture: Array) -> Array:
    """Say how little the posture tells of whose side the client is on (A).

    Rule: -SUM pi ln pi / ln P, with 0 ln 0 = 0; 0 with one patron or no effort.
    Shapes: (quarter, patron, draw) -> (quarter, draw). Range: 0 (one patron is courted) to 1 (all alike).
    Source: Pielou (1966), evenness; Lim and Cooper (2015), hedging as an ambiguous signal of alignment.
    """
    patrons = posture.shape[-2]
    if patrons == 1:
        return np.zeros_like(posture[..., 0, :])
    log = np.log(np.where(posture > 0, posture, 1.0))
    return clip01(0.0 - all_patrons(posture * log) / np.log(patrons))  # 0 - x: never a minus zero


@measure(unit="share", meaning="how far the courted patrons mind each other (X)")
def contradiction(posture: Array, rivalry: Array, contradiction_scale: Array) -> Array:
    """Say how far the courted patrons mind each other (X).

    Rule: SUM_{p!=q} G[p,q] pi[p] pi[q] over its largest value for any posture, `contradiction_scale`, G =
    (rivalry + rivalry^T)/2; 0 where no patron minds another.
    Shapes: (quarter, patron, draw), (patron, rival, draw) and (draw,) -> (quarter, draw). Range: [0, 1].
    Source: Kuik (2008, 2021), hedging as mutually counteracting acts; the article, paragraphs 6 and 11.
    """
    minded = contradiction_scale > 0
    clash = _clash(_mutual(rivalry), np.moveaxis(posture, -2, 0))
    return np.where(minded, clip01(clash / np.where(minded, contradiction_scale, 1.0)), 0.0)


@measure(over="run", unit="1", meaning="the largest contradiction of any posture", reported=False)
def contradiction_scale(rivalry: Array) -> Array:
    """Find the largest contradiction that any posture could have, exactly.

    Rule: max x^T G x over the simplex, by looking at every set of patrons that could be courted: inside its
    face only the point where G x is the same for all of the set can be the best, and it is where G^-1 1
    points. Every point looked at is a posture, so none can overshoot; where G is singular on a set, a smaller
    set does as well. The sets double with each patron: meant for a handful.
    Shapes: (patron, rival, draw) -> (draw,). Range: 0 (no rivalry) to (1 - 1/P) * the largest entry of G,
    which equal rivalries reach.
    Source: Motzkin and Straus (1965); Bomze (1998), standard quadratic optimisation.
    """
    mutual = _mutual(rivalry)
    largest = np.zeros(rivalry.shape[-1])
    for size in range(2, len(mutual) + 1):
        for courted in combinations(range(len(mutual)), size):
            face = mutual[np.ix_(courted, courted)]
            largest = np.maximum(largest, _clash(face, _level_point(face)))
    return largest


@measure(unit="share", meaning="the hedging index (H)")
def hedging_index(diversification: Array, ambiguity: Array, contradiction: Array) -> Array:
    """Put the three parts of hedging together (H): none of them alone is hedging.

    Rule: (D * A * X)^(1/3). Shapes: (quarter, draw). Range: [0, 1]. Read it beside `excess_hedging`.
    Source: the geometric mean, as in UNDP (2010), so that parts do not make up for each other; Kuik (2008).
    """
    return np.cbrt(diversification * ambiguity * contradiction)


@measure(unit="share", meaning="H less that of a client that courts at random, same draws", null="random")
def excess_hedging(hedging_index: Array, null_hedging_index: Array) -> Array:
    """Say how much more the client hedges than one that courts at random, draw by draw.

    Rule: H - H(random) on the same draws. Range: [-1, 1]. A near uniform choice looks like hedging; this
    takes it off.
    Source: Gotelli and Graves (1996), null models.
    """
    return hedging_index - null_hedging_index


@measure("patron", "share", "effort over time", over="run")
def mean_effort(effort: Array, stands: Array) -> Array:
    """Average the effort on each patron over the quarters the client stands: SUM_t w_t e_t / SUM_t w_t.

    Shapes: (quarter, patron, draw) and (quarter, draw) -> (patron, draw). Range: [0, 1].
    Source: Kuik (2008), hedging as a mix of opposite policies.
    """
    return mean_over_time(effort, stands)


@measure(unit="share", meaning="the hedging index over time", over="run")
def mean_hedging_index(hedging_index: Array, stands: Array) -> Array:
    """Average the hedging index over the quarters the client stands: SUM_t w_t H_t / SUM_t w_t.

    Shapes: (quarter, draw) -> (draw,). Range: [0, 1].
    Source: as `hedging_index`.
    """
    return mean_over_time(hedging_index, stands)


@measure(unit="share", meaning="H over time less that of courting at random", over="run", null="random")
def mean_excess_hedging(mean_hedging_index: Array, null_mean_hedging_index: Array) -> Array:
    """Say how much more the client hedges over time than one that courts at random, draw by draw.

    Shapes: (draw,). Range: [-1, 1].
    Source: as `excess_hedging`.
    """
    return mean_hedging_index - null_mean_hedging_index


def _mutual(rivalry: Array) -> Array:
    """Average how much two patrons mind each other: G = (rivalry + rivalry^T)/2, none toward oneself."""
    mutual = 0.5 * (rivalry + np.swapaxes(rivalry, 0, 1))
    themselves = np.arange(len(mutual))
    mutual[themselves, themselves] = 0.0
    return mutual


def _clash(mutual: Array, posture: Array) -> Array:
    """Add up 2 * G[p,q] pi[p] pi[q] over pairs; the patron comes first, the draw last."""
    total = np.zeros(posture.shape[1:])
    for p, q in combinations(range(len(posture)), 2):
        total += 2.0 * mutual[p, q] * posture[p] * posture[q]
    return total


def _level_point(face: Array) -> Array:
    """Find the posture for which G x is the same for all courted patrons: (..., draw) -> (patron, draw).

    Rule: x in proportion to adj(G) 1, cut to the simplex; the adjugate by a recursion that never divides by a
    determinant. Nothing (0) where it points nowhere.
    Source: Householder (1964), on the method of Faddeev and LeVerrier.
    """
    entries = face.max(axis=(0, 1))
    matrix = face / np.where(entries > 0, entries, 1.0)  # keeps small rivalries from underflow
    eye = np.eye(len(face))[:, :, None]
    adjugate = np.broadcast_to(eye, face.shape)
    for step in range(1, len(face)):
        product = added(matrix[:, :, None] * adjugate[None], 1)
        trace = added(np.stack([product[p, p] for p in range(len(face))]), 0)
        adjugate = product - trace / step * eye
    direction = added(adjugate, 1)
    direction = np.maximum(direction * np.sign(added(direction, 0)), 0.0)
    length = added(direction, 0)
    return direction / np.where(length > 0, length, 1.0)


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


@measure(unit="share", meaning="share of draws in each regime", labels=REGIMES, every_draw=True)
def regime(
    effort: Array,
    coerce: Array,
    trade_share: Array,
    warmth: Array,
    concession: Array,
    survival: Array,
    sovereign: Array,
    posture: Array,
    contradiction: Array,
    coercive_capacity: Array,
) -> NDArray[np.int8]:
    """Name what the client is doing: the first that holds.

    Rule: collapse: the leader fell; absorption: sovereignty is lost; rupture: the dominant patron coerced in
    2 quarters (energy cut; credit held up is none); passive: total effort < .1; bandwagon: its share of
    effort >= .65, or concession to it rose by .06; balancing: share <= .15 and some rival is warmer; hedging:
    contradiction >= .05; else passive.
    Shapes: effort, coerce, posture (quarter, patron, draw); states with their last row more; contradiction
    (quarter, draw) -> codes into REGIMES (quarter, draw).
    Source: Walt (1987), balancing and bandwagoning; Kuik (2008), hedging between them.
    """
    dominant = dominant_patron(closing(trade_share), coercive_capacity)
    on_dominant = _of(posture, dominant)
    warm = closing(warmth)
    yielding = _of(rise(concession), dominant) >= YIELDING_RISE
    tests = {
        "collapse": closing(survival) < FALLEN,
        "absorption": closing(sovereign) < FALLEN,
        "rupture": _of(window_sum(coerce), dominant) >= RUPTURE_QUARTERS,
        "passive": all_patrons(window_mean(effort)) < IDLE_EFFORT,
        "bandwagon": (on_dominant >= DEVOTED_SHARE) | yielding,
        "balancing": (on_dominant <= DEFIANT_SHARE) & (warm.max(axis=1) > _of(warm, dominant)),
        "hedging": contradiction >= HEDGING_CONTRADICTION,
    }
    codes = [np.int8(REGIMES.index(name)) for name in tests]
    return np.select(list(tests.values()), codes, default=np.int8(REGIMES.index("passive")))


STILL = 1e-9
"""Structural: changes that spread less than this, in effort or utility, are none."""


@measure(
    unit="1", meaning="how far courtship of the others follows the dominant patron's squeeze", over="run"
)
def responsiveness(
    effort: Array, cost: Array, trade_share: Array, coercive_capacity: Array, stands: Array
) -> Array:
    """Say how far the client courts the others more when the dominant patron squeezes it more.

    Rule: the correlation over quarters, by weight, of the change of mean effort on all but the dominant
    patron with the change of its squeeze (the cost of its demand; their ratio is fixed); 0 where either never
    changes. The dominant patron is that of the last window in which the draw stands.
    Shapes: (quarter, patron, draw), the trade share whole -> (draw,). Range: [-1, 1]; a rule that responds by
    its formula is near 1.
    Source: Kuik (2008), hedging as an answer to pressure; the article, paragraphs 4 and 7.
    """
    last = len(stands) - 1 - (stands[::-1] > 0).argmax(axis=0)
    trade = np.take_along_axis(closing(trade_share), last[None, None], axis=0)[0]
    dominant = np.broadcast_to(dominant_patron(trade, coercive_capacity), stands.shape)
    on_others = (all_patrons(effort) - _of(effort, dominant)) / max(effort.shape[1] - 1, 1)
    mass = np.concatenate([np.zeros_like(stands[:1]), stands[1:]])  # the first quarter changes nothing
    changes = [np.diff(x, axis=0, prepend=x[:1]) for x in (on_others, _of(cost, dominant))]
    moves, squeezes = (change - mean_over_time(change, mass) for change in changes)
    spreads = total_over_time(moves * moves, mass), total_over_time(squeezes * squeezes, mass)
    changing = np.minimum(*spreads) > STILL**2
    scale = np.where(changing, np.sqrt(spreads[0] * spreads[1]), 1.0)
    together = total_over_time(moves * squeezes, mass) / scale
    return np.where(changing, np.clip(together, -1.0, 1.0), 0.0)


def _of(values: Array, patron: NDArray[np.intp]) -> Array:
    """Pick one patron's values in every quarter and draw: (quarter, patron, draw) -> (quarter, draw)."""
    return np.take_along_axis(values, patron[:, None, :], axis=1)[:, 0]
