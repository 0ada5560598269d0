"""The kinds of claims that ship: what each compares, in which draws it holds, how large its effect is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from hedging.errors import unknown
from hedging.measures.courtship import REGIMES
from hedging.settings.read import key
from hedging.studies.claim import AlongAxis, Cases, Claim, Known, Side, Units, read_place
from hedging.world.arrays import Array

TOLERANCE = 1e-12
"""Differences that count as none."""

BOTH = "greater needs more: {...} and less: {...}"


@dataclass(frozen=True, kw_only=True)
class Greater(Claim):
    """More is greater than less, times the ratio and by so much; the effect is by how much."""

    more: Mapping[str, Any] = key(read=read_place, hint=BOTH)
    less: Mapping[str, Any] = key(read=read_place, hint=BOTH)
    by: float = key(0.0)
    ratio: float = key(1.0)
    best: str | None = key(None)

    def compared(self, known: Known, where: str) -> tuple[Side, ...]:
        """What is more, and what is less."""
        more = self.side(self.more, known, f"{where}.more")
        return more, self.side(self.less, known, f"{where}.less")

    def holds(self, y: Array, x: Array) -> Cases:
        """Where more exceeds less, times the ratio, by more than was asked."""
        return np.asarray(self.effect(y, x) - self.by > TOLERANCE)

    def effect(self, y: Array, x: Array) -> Array:
        """More less less, times the ratio."""
        return np.asarray(y[0] - self.ratio * y[1])

    def tied(self, y: Array) -> float:
        """The share of cases in which more exceeds less by just what was asked."""
        return float((np.abs(self.effect(y, y) - self.by) <= TOLERANCE).mean())


@dataclass(frozen=True, kw_only=True)
class LargestShare(Claim):
    """More draws are in the regime than in any other; judged by resamples, the effect is its share."""

    judged: str = field(default="mean", init=False)

    def compared(self, known: Known, where: str) -> tuple[Side, ...]:
        """The regime, and every other at the same date."""
        head, at, date = str(self.outcome).partition("@")
        name = head.removeprefix("regime.")
        if not head.startswith("regime.") or name not in REGIMES:
            raise unknown("regime", name, REGIMES, where)
        texts = [f"regime.{one}{at}{date}" for one in sorted(REGIMES, key=lambda one: one != name)]
        return tuple(self.side({"outcome": text}, known, where) for text in texts)

    def holds(self, y: Array, x: Array) -> Cases:
        """Where its share exceeds every other."""
        return np.asarray(y[0] > y[1:].max(axis=0))

    def effect(self, y: Array, x: Array) -> Array:
        """Its share."""
        return np.asarray(y[0])


@dataclass(frozen=True, kw_only=True)
class Monotone(AlongAxis):
    """No step goes the other way, and the last value lies beyond the first; overall: the trend does."""

    least: ClassVar[int] = 1
    direction: str = key("rising", choices=("rising", "falling"))
    overall: bool = key(False)
    best: str | None = key(None)

    def holds(self, y: Array, x: Array) -> Cases:
        """Rising: no step below 0 and their sum above it; overall: the slope of the least-squares line."""
        y = y if self.direction == "rising" else -y
        if self.overall:
            centred = (spaced(x) - spaced(x).mean())[:, None]
            return np.asarray((centred * y).sum(axis=0) / (centred**2).sum() > TOLERANCE)
        steps = np.diff(y, axis=0)
        return np.asarray((steps >= -TOLERANCE).all(axis=0) & (steps.sum(axis=0) > TOLERANCE))

    def effect(self, y: Array, x: Array) -> Array:
        """The last value less the first."""
        return np.asarray(y[-1] - y[0])


@dataclass(frozen=True, kw_only=True)
class InteriorMaximum(AlongAxis):
    """Some value between the ends lies above both; the effect is where the highest is."""

    def holds(self, y: Array, x: Array) -> Cases:
        """Where the highest value between the ends exceeds the higher end."""
        return np.asarray(y[1:-1].max(axis=0) > np.maximum(y[0], y[-1]) + TOLERANCE)

    def effect(self, y: Array, x: Array) -> Array:
        """The value of the axis with the highest outcome."""
        return np.asarray(x[y.argmax(axis=0)])

    def unit(self, units: Units, axis_units: Units) -> str:
        """That of the axis."""
        return axis_units[self.axis]


@dataclass(frozen=True, kw_only=True)
class Convex(AlongAxis):
    """No step is less steep than the one before, and some is steeper; overall: the far half of the axis is
    steeper than the near half."""

    overall: bool = key(False)

    def holds(self, y: Array, x: Array) -> Cases:
        """Where slopes never fall and somewhere rise; overall: where the middle lies below the ends' line."""
        if self.overall:
            return np.asarray(2 * self.effect(y, x) > TOLERANCE)
        bends = np.diff(np.diff(y, axis=0) / np.diff(spaced(x))[:, None], axis=0)
        return np.asarray((bends >= -TOLERANCE).all(axis=0) & (bends > TOLERANCE).any(axis=0))

    def effect(self, y: Array, x: Array) -> Array:
        """How far the middle lies below the straight line between the ends."""
        return np.asarray((y[0] + y[-1]) / 2 - part_way(y, x, 1 / 2))


@dataclass(frozen=True, kw_only=True)
class Saturating(AlongAxis):
    """Values rise over the axis, and on its last third neither fall nor gain a share of that."""

    share: float = key(0.2)

    def holds(self, y: Array, x: Array) -> Cases:
        """Where the last third gains nothing below 0 and less than its share of what the axis gains."""
        whole, last = y[-1] - y[0], y[-1] - part_way(y, x, 2 / 3)
        return np.asarray((whole > TOLERANCE) & (last >= -TOLERANCE) & (last < self.share * whole))

    def effect(self, y: Array, x: Array) -> Array:
        """The share of the gain that the last third adds."""
        whole, last = y[-1] - y[0], y[-1] - part_way(y, x, 2 / 3)
        return np.asarray(last / np.where(whole == 0, np.nan, whole))

    def unit(self, units: Units, axis_units: Units) -> str:
        """A share."""
        return "share"


def spaced(x: Array) -> Array:
    """The values of an axis, their places in order where one is infinite (a date that never comes)."""
    return x if np.isfinite(x).all() else np.arange(len(x), dtype=np.float64)


def part_way(y: Array, x: Array, part: float) -> Array:
    """The values at a part of the way along an axis, on the straight line between neighbours."""
    x = spaced(x)
    place = x[0] + part * (x[-1] - x[0])
    right = int(np.clip(np.searchsorted(x, place), 1, len(x) - 1))
    near = (place - x[right - 1]) / (x[right] - x[right - 1])
    return np.asarray(y[right - 1] * (1 - near) + y[right] * near)
