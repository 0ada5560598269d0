"""From a prior sample to the posterior: annealed particles, by sequential Monte Carlo.

Approximate Bayesian computation with a Gaussian kernel whose tolerances shrink until they are those that the
record states. A kernel with all tolerances times e is the likelihood to the power 1/e^2, so that shrinking
tolerances and annealing are one and the same. Between two steps the particles are resampled by weight and
moved by Metropolis steps that keep the distribution they have reached.

Sources: Del Moral, Doucet and Jasra (2006; 2012); Toni et al. (2009); Wilkinson (2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from hedging.world.arrays import Array

LIVELY = 0.5
"""Part of the particles that must still count, by effective sample size, after a step."""

FEWEST, MOST = 0.01, 0.6
"""Least and greatest part of its coordinates that a move touches; drawn evenly on a log scale."""

NUDGE = 0.15
"""Standard deviation of a nudge, on the unit interval."""

Play = Callable[[Array], Array]
"""Points of the cube to what the targets take: (row, draw) -> (target, draw)."""

Likely = Callable[[Array], Array]
"""What the targets take to a log likelihood: (target, draw) -> (draw,)."""


@dataclass(frozen=True)
class Pool:
    """A prior sample: what its worlds gave, and how to have some of them back."""

    values: Array  # (target, draw)
    points: Callable[[Array], Array]  # places in the pool -> (row, draw)


@dataclass(frozen=True)
class Annealed:
    """Particles of the posterior, alike in weight; the log evidence on the way; how the moves went."""

    cube: Array  # (row, particle)
    values: Array  # (target, particle)
    powers: Array  # (step,), from 0 to the last
    evidence: Array  # (step,): log of the mean likelihood to that power, over the prior
    accepted: Array  # (move,): part of the proposals that were accepted
    pool_size: float  # effective size of the pool under the whole likelihood


def effective(log_weight: Array) -> float:
    """The effective size of a weighted sample: (SUM w)^2 / SUM w^2. Source: Kish (1965)."""
    return float(np.exp(2 * logsumexp(log_weight) - logsumexp(2 * log_weight)))


def anneal(
    pool: Pool,
    play: Play,
    likely: Likely,
    size: int,
    moves: int,
    last_moves: int,
    rng: np.random.Generator,
    stops: Sequence[float] = (),
) -> Annealed:
    """Anneal particles from the prior to the posterior.

    Args:
        size: how many particles.
        moves: Metropolis moves after each step, and `last_moves` more at the end.
        stops: powers below 1 that must be steps of their own, since the evidence there is wanted.
    """
    of_pool = likely(pool.values)
    alive = np.flatnonzero(np.isfinite(of_pool))
    power = _next_power(of_pool[alive], 0.0, min([*stops, 1.0]), float(min(size, max(len(alive) // 2, 1))))
    powers, evidence = [0.0, power], [0.0, float(logsumexp(power * of_pool[alive]) - np.log(len(of_pool)))]
    chosen = np.sort(alive[_resample(power * of_pool[alive], size, rng)])
    cube, values = pool.points(chosen).copy(), pool.values[:, chosen].copy()
    log, accepted = of_pool[chosen].copy(), []
    while True:
        for _ in range(moves if power < 1 else moves + last_moves):
            accepted.append(_move(cube, values, log, power, play, likely, rng))
        if power >= 1:
            break
        ahead = min([stop for stop in (*stops, 1.0) if stop > power + 1e-9])
        after = _next_power(log, power, ahead, LIVELY * size)
        evidence.append(evidence[-1] + float(logsumexp((after - power) * log) - np.log(size)))
        kept = _resample((after - power) * log, size, rng)
        cube, values, log, power = cube[:, kept], values[:, kept], log[kept], after
        powers.append(power)
    return Annealed(
        *(cube, values, np.array(powers), np.array(evidence), np.array(accepted)),
        pool_size=effective(of_pool[alive]),
    )


def _next_power(log: Array, power: float, ahead: float, wanted: float) -> float:
    """The largest step that leaves enough particles that count, at most to the stop ahead."""

    def short(after: float) -> float:
        return effective((after - power) * log) - wanted

    if short(ahead) >= 0:
        return ahead
    least = power + 1e-6 * (ahead - power)
    if short(least) <= 0:
        return least
    return float(brentq(short, least, ahead, xtol=1e-6))


def _resample(log_weight: Array, size: int, rng: np.random.Generator) -> Array:
    """Places drawn by weight, evenly spread: systematic resampling. Source: Kitagawa (1996)."""
    weight = np.exp(log_weight - logsumexp(log_weight))
    marks = (rng.random() + np.arange(size)) / size
    return np.minimum(np.searchsorted(np.cumsum(weight), marks), len(weight) - 1)


def _move(
    cube: Array, values: Array, log: Array, power: float, play: Play, likely: Likely, rng: np.random.Generator
) -> float:
    """Propose to move every particle, and accept by Metropolis, in place.

    Rule: of each particle a random part of the coordinates is either drawn anew or nudged, turned back at 0
    and 1. Either way is as likely back as forth, and the prior is even over the cube, so that a proposal is
    accepted with min(1, (likelihood ratio)^power).
    Returns: the part accepted.
    """
    rows, count = cube.shape
    part = np.exp(rng.uniform(np.log(FEWEST), np.log(MOST), count))
    touched = rng.random((rows, count)) < part
    touched[rng.integers(rows, size=count), np.arange(count)] = True
    anew = rng.random((rows, count))
    nudged = np.abs(cube + NUDGE * rng.standard_normal((rows, count)))
    nudged = 1 - np.abs(1 - nudged % 2)
    proposal = np.where(touched, np.where(rng.random(count) < 0.5, anew, nudged), cube)
    found = play(proposal)
    new = likely(found)
    better = np.log(rng.random(count)) < power * (new - log)
    cube[:, better], values[:, better], log[better] = proposal[:, better], found[:, better], new[better]
    return float(better.mean())
