"""How well worlds meet the record: implausibility target by target, and the log likelihood of it all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedging.analysis.calibration.targets import Record
from hedging.world.arrays import Array

CUTOFF = 3.0
"""Implausibility beyond which a world is ruled out: by the rule of Pukelsheim (1994) at least 95% of any
distribution with one peak lies within three standard deviations."""


@dataclass(frozen=True)
class Match:
    """The record, and what is measured against it: in a planted history another value for each target."""

    record: Record
    observed: Array  # (target,)

    def misses(self, values: Array) -> Array:
        """How far worlds lie from the record, 0 on the free side of a bound: (target, draw)."""
        gap = values - self.observed[:, None]
        side = self.record.sides[:, None]
        return np.where(side == 0, gap, side * np.maximum(side * gap, 0.0))

    def implausibility(self, values: Array) -> Array:
        """The miss in standard deviations of record and model together: (target, draw).

        Rule: |world - record| / sqrt(measurement^2 + discrepancy^2). Each world is one run, so that its own
        chance is in what is compared and is not added below.
        Source: Craig, Goldstein, Seheult and Smith (1997); Vernon, Goldstein and Bower (2010).
        """
        return np.abs(self.misses(values)) / self.record.spreads[:, None]

    def log_likelihood(self, values: Array) -> Array:
        """How likely the record is where a world is true, up to a constant that is the same for all: (draw,).

        Rule: -1/2 * miss' covariance^-1 miss; minus infinity for a world with a value missing, as where the
        leader has fallen. Taken as the kernel of approximate Bayesian computation, this makes it exact for a
        record that is a world plus measurement error and discrepancy (Wilkinson 2013).
        """
        whole = np.isfinite(values).all(axis=0)
        scaled = self._root @ np.where(whole, self.misses(values), 0.0)
        return np.where(whole, -0.5 * (scaled * scaled).sum(axis=0), -np.inf)

    @cached_property
    def _root(self) -> Array:
        """What turns misses into independent ones of unit size."""
        return np.asarray(np.linalg.inv(np.linalg.cholesky(self.record.covariance)))


def on_record(record: Record) -> Match:
    """The match with history as it is on record."""
    return Match(record, record.values)


def planted(record: Record, truth: Array, rng: np.random.Generator) -> Match:
    """The match with a history that one world has made: its values and a miss drawn by the covariance.

    A bound stays as it is, since truths are chosen with the weight that they have under it.
    Shapes: truth (target,).
    """
    miss = np.linalg.cholesky(record.covariance) @ rng.standard_normal(len(truth))
    return Match(record, np.where(record.bounds, record.values, truth + miss))


def bounds_weight(record: Record, values: Array) -> Array:
    """How much each world counts under the bounds alone: (draw,)."""
    rows = np.flatnonzero(record.bounds)
    whole = np.isfinite(values).all(axis=0)
    odd = on_record(record).implausibility(np.where(whole, values, 0.0))[rows]
    return np.where(whole, np.exp(-0.5 * (odd * odd).sum(axis=0)), 0.0)
