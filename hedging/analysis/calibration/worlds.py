"""Worlds as points of a cube: each uncertain number and each piece of luck is one uniform number.

A world is a column of the cube: first a row for each number that varies, then a row for each quarter of each
stream of chance. Whatever moves a point about the cube moves a world over the prior, numbers and luck alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq
from scipy.special import logsumexp, ndtri

from hedging.analysis.calibration.targets import Record
from hedging.errors import HedgingError
from hedging.measures.trajectories import Outcome, Trajectories, read_outcome, recorded
from hedging.runs.batch import BLOCK
from hedging.settings.numbers import Number
from hedging.settings.read import key
from hedging.settings.settings import Settings, settings_for
from hedging.world.arrays import Array
from hedging.world.chance import CHUNK, Draw, Luck, normal, stream, uniform
from hedging.world.world import World, play_out

OF_PATRONS = ("accept", "coerce", "salience")
OF_CLIENT = ("fall", "absorb", "growth", "stance", "first stance", "next stance")
"""What a quarter, or a rule that ships, asks chance for; anything else is refused when it is asked for."""

EDGE = 1e-12
"""How near to 0 and 1 a piece of luck may come, so that its noise stays finite."""


class Given(Luck):
    """Luck that is given rather than drawn: one uniform number for each quarter, stream and world.

    Shapes: cube (row, draw), in which the quarters of a stream begin at its row.
    """

    def __init__(self, patrons: tuple[str, ...], rows: dict[tuple[str, str], int], cube: Array) -> None:
        self.patrons, self.rows, self.cube = patrons, rows, cube

    def numbers(self, purpose: str, names: tuple[str, ...], draw: Draw, quarter: int) -> Array:
        """One quarter of the streams of one purpose: (name, draw)."""
        if (purpose, names[0]) not in self.rows:
            raise HedgingError(f"calibration: no luck is laid in for '{purpose}'; name it in {__name__}")
        u = self.cube[[self.rows[purpose, name] + quarter for name in names]]
        return np.asarray(ndtri(np.clip(u, EDGE, 1 - EDGE))) if draw is normal else u


@dataclass(frozen=True)
class Worlds:
    """Plays points of the cube under one setting and says how each world stands to the targets."""

    settings: Settings
    record: Record

    @cached_property
    def varied(self) -> list[Number]:
        """The numbers that vary, a row each."""
        return self.settings.sampled

    @cached_property
    def streams(self) -> dict[tuple[str, str], int]:
        """Where the luck of each stream begins, a row for each quarter."""
        keys = [*product(OF_PATRONS, self.settings.patrons), *((purpose, "") for purpose in OF_CLIENT)]
        return {key: len(self.varied) + place * self.settings.horizon for place, key in enumerate(keys)}

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """What the targets look at."""
        return self.read([text for target in self.record.targets for text in target.of.outcomes])

    def read(self, texts: Sequence[str]) -> dict[str, Outcome]:
        """Outcomes by their names.

        Raises:
            HedgingError: one that cannot be measured in these worlds.
        """
        s = self.settings
        return {text: read_outcome(text, s.patrons, s.partners, s.horizon, "targets") for text in texts}

    def prior(self, first: int, count: int) -> Array:
        """Points drawn from the prior, the same for the same place in the series: (row, draw).

        The numbers are those of the draws of any run with this seed.
        """
        seed, quarters = self.settings.seed, self.settings.horizon
        rows = [stream(seed, "parameter", number.path, first, count, uniform) for number in self.varied]
        rows += [stream(seed, *key, first, count, uniform, quarters) for key in self.streams]
        return np.concatenate(rows)

    def points(self, places: Array) -> Array:
        """Points of the prior by their places, which are rising: (row, place)."""
        firsts = places // CHUNK * CHUNK  # a chunk is drawn whole in any case
        some = [self.prior(first, CHUNK)[:, places[firsts == first] - first] for first in np.unique(firsts)]
        return np.concatenate(some, axis=1)

    def numbers(self, cube: Array) -> dict[str, Array]:
        """The numbers of worlds by path: (draw,) each."""
        return {number.path: number.spread(cube[row]) for row, number in enumerate(self.varied)}

    def values(self, cube: Array) -> Array:
        """Play worlds and take every target of them, missing where the country or its leader is lost.

        Shapes: (row, draw) -> (target, draw).
        """
        values = []
        for t in self.played(cube, self.outcomes.values()):
            found = {text: outcome.of(t) for text, outcome in self.outcomes.items()}
            told = np.stack([target.of.of(found.__getitem__) for target in self.record.targets])
            values.append(np.where(t["weight"][-1] > 0, told, np.nan))
        return np.concatenate(values, axis=1)

    def played(self, cube: Array, outcomes: Iterable[Outcome]) -> Iterator[Trajectories]:
        """Play worlds to the horizon, block by block, and keep what some outcomes look at."""
        names = recorded(outcome.declared for outcome in outcomes)[""]
        for first in range(0, cube.shape[1], BLOCK):
            block = cube[:, first : first + BLOCK]
            luck = Given(self.settings.patrons, self.streams, block)
            world = World(self.settings, draws=block.shape[1], sampled=self.numbers(block), luck=luck)
            yield Trajectories(play_out(world, names), world.parameters)


def worlds_under(rule: str, record: Record, seed: int, overrides: Sequence[str] = ()) -> Worlds:
    """The worlds of one client rule, over all numbers that can vary.

    Raises:
        HedgingError: no such rule.
    """
    words = (*record.setting, f"client/rule={rule}", f"seed={seed}", *overrides)
    return Worlds(settings_for(None, words), record)


LIVELY = 0.5
"""Part of the particles that must still count, by effective sample size, after a step."""

FEWEST, MOST = 0.01, 0.6
"""Least and greatest part of its coordinates that a move touches; drawn evenly on a log scale."""

NUDGE = 0.15
"""Standard deviation of a nudge, on the unit interval."""


@dataclass(frozen=True)
class Effort:
    """How hard an annealing is worked: particles, moves of them after each step, more moves at the end."""

    size: int = key(low=1)
    moves: int = key(low=1)
    last_moves: int = key(low=1)


def effective(log_weight: Array) -> float:
    """The effective size of a weighted sample: (SUM w)^2 / SUM w^2. Source: Kish (1965)."""
    return float(np.exp(2 * logsumexp(log_weight) - logsumexp(2 * log_weight)))


def log_mean(logs: Any) -> Any:
    """The log of the mean, over the last axis, of what is given by its logs."""
    return logsumexp(logs, axis=-1) - np.log(np.shape(logs)[-1])


def shares(logs: Array) -> Array:
    """Weights that add up to 1 over the first axis, given by their logs."""
    return np.exp(logs - logsumexp(logs, axis=0))


def evenly(weight: Array, size: int, rng: Generator) -> Array:
    """Places drawn by weight, evenly spread: systematic resampling. Source: Kitagawa (1996)."""
    marks = (rng.random() + np.arange(size)) / size
    return np.minimum(np.searchsorted(np.cumsum(weight), marks), len(weight) - 1)


def anneal(pool: Array, worlds: Worlds, effort: Effort, rng: Generator, *stops: float) -> dict[str, Array]:
    """Anneal particles from the prior to the posterior.

    Args:
        pool: what a prior sample of these worlds gave: (target, draw).
        stops: powers below 1 that must be steps of their own, since the evidence there is wanted.

    Returns: particles of the posterior, alike in weight: cube (row, particle) and values (target, particle);
        powers (step,), from 0 to the last, and evidence (step,), the log of the mean likelihood to that power
        over the prior; accepted (move,), the part of the proposals that were; pool_size, the effective size
        of the pool under the whole likelihood.
    """
    size, of_pool = effort.size, worlds.record.log_likelihood(pool)
    alive = np.flatnonzero(np.isfinite(of_pool))
    power = _next_power(of_pool[alive], 0.0, min((*stops, 1.0)), min(size, max(len(alive) // 2, 1)))
    powers, evidence = [0.0, power], [0.0, logsumexp(power * of_pool[alive]) - np.log(len(of_pool))]
    chosen = np.sort(alive[evenly(shares(power * of_pool[alive]), size, rng)])
    now, accepted = [worlds.points(chosen), pool[:, chosen], of_pool[chosen]], []
    while True:
        for _ in range(effort.moves if power < 1 else effort.moves + effort.last_moves):
            accepted.append(_move(now, power, worlds, rng))
        if power >= 1:
            break
        ahead, log = min(stop for stop in (*stops, 1.0) if stop > power + 1e-9), now[-1]
        after = _next_power(log, power, ahead, LIVELY * size)
        evidence.append(evidence[-1] + log_mean((after - power) * log))
        kept = evenly(shares((after - power) * log), size, rng)
        now, power = [each[..., kept] for each in now], after
        powers.append(power)
    told = {
        "powers": powers,
        "evidence": evidence,
        "accepted": accepted,
        "pool_size": effective(of_pool[alive]),
    }
    return {"cube": now[0], "values": now[1], **{name: np.array(one) for name, one in told.items()}}


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


def _move(now: list[Array], power: float, worlds: Worlds, rng: Generator) -> float:
    """Propose to move every particle, and accept by Metropolis, in place.

    Rule: of each particle a random part of the coordinates is either drawn anew or nudged, turned back at 0
    and 1. Either way is as likely back as forth, and the prior is even over the cube, so that a proposal is
    accepted with min(1, (likelihood ratio)^power).
    Shapes: now: cube (row, particle), values (target, particle), log likelihood (particle,).
    Returns: the part accepted.
    """
    cube, _, log = now
    rows, count = cube.shape
    part = np.exp(rng.uniform(np.log(FEWEST), np.log(MOST), count))
    touched = rng.random((rows, count)) < part
    touched[rng.integers(rows, size=count), np.arange(count)] = True
    anew = rng.random((rows, count))
    nudged = np.abs(cube + NUDGE * rng.standard_normal((rows, count)))
    nudged = 1 - np.abs(1 - nudged % 2)
    proposal = np.where(touched, np.where(rng.random(count) < 0.5, anew, nudged), cube)
    found = worlds.values(proposal)
    new = worlds.record.log_likelihood(found)
    better = np.log(rng.random(count)) < power * (new - log)
    for each, moved in zip(now, (proposal, found, new), strict=True):
        each[..., better] = moved[..., better]
    return float(better.mean())
