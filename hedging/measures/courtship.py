"""Courtship: how the client spreads its effort over patrons, and how contradictory that is.

Hedging is more than spreading risk: it is courting, ambiguously, patrons who mind each other. Hence three
parts.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from hedging.measures.over_time import added, all_patrons, window_mean
from hedging.world.arrays import Array, clip01


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


def contradiction(posture: Array, rivalry: Array, scale: Array | None = None) -> Array:
    """Say how far the courted patrons mind each other (X).

    Rule: SUM_{p!=q} G[p,q] pi[p] pi[q] over its largest value for any posture, G = (rivalry + rivalry^T)/2; 0
    where no patron minds another. `scale` is that largest value, contradiction_scale(rivalry), where it is
    known already.
    Shapes: (quarter, patron, draw) and (patron, rival, draw) -> (quarter, draw). Range: [0, 1].
    Source: Kuik (2008, 2021), hedging as mutually counteracting acts; the article, paragraphs 6 and 11.
    """
    largest = contradiction_scale(rivalry) if scale is None else scale
    minded = largest > 0
    clash = _clash(_mutual(rivalry), np.moveaxis(posture, -2, 0))
    return np.where(minded, clip01(clash / np.where(minded, largest, 1.0)), 0.0)


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


def hedging_index(diversification: Array, ambiguity: Array, contradiction: Array) -> Array:
    """Put the three parts of hedging together (H): none of them alone is hedging.

    Rule: (D * A * X)^(1/3). Shapes: (quarter, draw). Range: [0, 1]. Read it beside `excess_hedging`.
    Source: the geometric mean, as in UNDP (2010), so that parts do not make up for each other; Kuik (2008).
    """
    return np.cbrt(diversification * ambiguity * contradiction)


def excess_hedging(index: Array, index_of_random: Array) -> Array:
    """Say how much more the client hedges than one that courts at random, draw by draw.

    Rule: H - H(random) on the same draws. Range: [-1, 1]. A near uniform choice looks like hedging; this
    takes it off.
    Source: Gotelli and Graves (1996), null models.
    """
    return index - index_of_random


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
