"""Chance: one named random stream per purpose, so that draw i is the same whatever runs beside it.

A stream is known by its purpose, its patron's name and a chunk of 1,024 draws. Each chunk is drawn whole,
quarter after quarter, and then sliced: neither the number of draws, nor the blocks they are computed in,
nor the horizon, nor the order of patrons moves a single number. Every rule and every point of a sweep meets
the same luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

import numpy as np

from hedging.world.arrays import Array

CHUNK = 1024
"""Draws that share a generator."""

CLIENT = ("",)
"""Whose luck it is where it is no patron's."""

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


@lru_cache(maxsize=4096)
def _word(text: str) -> int:
    """A stable number for a name."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(seed: int, purpose: str, name: str, chunk: int) -> np.random.Generator:
    """Open the stream of one purpose, one name and one chunk of draws."""
    entropy = [seed, _word(purpose), _word(name), chunk]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))


def stream(seed: int, purpose: str, name: str, first: int, count: int, draw: Draw, rows: int = 1) -> Array:
    """Draw numbers for the draws first .. first + count - 1 of one stream.

    Returns:
        (rows, draw): row r of draw i depends on seed, purpose, name, r and i alone.
    """
    pieces = []
    for chunk in range(first // CHUNK, (first + count - 1) // CHUNK + 1):
        whole = draw(generator(seed, purpose, name, chunk), (rows, CHUNK))
        start, stop = max(first - chunk * CHUNK, 0), min(first + count - chunk * CHUNK, CHUNK)
        pieces.append(whole[:, start:stop])
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)


def uniform(generator: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Uniform numbers on [0, 1)."""
    return generator.random(size)


def normal(generator: np.random.Generator, size: tuple[int, ...]) -> Array:
    """Standard normal numbers."""
    return generator.standard_normal(size)


class Chance(Protocol):
    """What a quarter asks of chance."""

    def patron_event(self, purpose: str, probability: Array) -> Array:
        """Whether it happens, patron by patron: (patron, draw)."""

    def client_event(self, purpose: str, probability: Array) -> Array:
        """Whether it happens to the client: (draw,)."""

    def patron_noise(self, purpose: str) -> Array | float:
        """Standard normal noise for each patron: (patron, draw), or 0."""

    def client_noise(self, purpose: str) -> Array | float:
        """Standard normal noise for the client: (draw,), or 0."""

    def pick(self, purpose: str, options: Array, probabilities: Array) -> Array:
        """Choose one of the options (option, patron), each draw by its own probabilities (option, draw)."""


class Expected:
    """Put every probability in the place of its event; no noise."""

    def patron_event(self, purpose: str, probability: Array) -> Array:
        """The probability itself."""
        return probability

    def client_event(self, purpose: str, probability: Array) -> Array:
        """The probability itself."""
        return probability

    def patron_noise(self, purpose: str) -> float:
        """No noise."""
        return 0.0

    def client_noise(self, purpose: str) -> float:
        """No noise."""
        return 0.0

    def pick(self, purpose: str, options: Array, probabilities: Array) -> Array:
        """The mean of the options by their probabilities: (patron, draw)."""
        total: Array = options[0][:, None] * probabilities[0]
        for option, probability in zip(options[1:], probabilities[1:], strict=True):
            total += option[:, None] * probability
        return total


EXPECTED = Expected()


@dataclass
class Luck:
    """All the sampled luck of a block of draws; `at` hands out one quarter of it."""

    seed: int
    patrons: tuple[str, ...]
    first: int
    count: int
    quarters: int
    points: int = 1  # lanes of the same luck, one after the other
    group: int = 1  # draws of the same luck, one after the other
    _drawn: dict[tuple[str, tuple[str, ...]], Array] = field(default_factory=dict, repr=False)

    def numbers(self, purpose: str, names: tuple[str, ...], draw: Draw, quarter: int) -> Array:
        """One quarter of the streams of one purpose, a row for each name: (name, draw)."""
        key = (purpose, names)
        if key not in self._drawn:
            if type(names) is not tuple:  # a text's letters would pass for names
                raise TypeError(f"names={names!r} is no tuple of names: write ({names!r},)")
            rows = np.stack([self._draw(purpose, name, draw) for name in names], axis=1)
            self._drawn[key] = np.tile(rows, self.points) if self.points > 1 else rows
        numbers: Array = self._drawn[key][quarter]
        return numbers

    def _draw(self, purpose: str, name: str, draw: Draw) -> Array:
        """Every quarter of one stream: (quarter, draw)."""
        start, stop = self.first // self.group, (self.first + self.count - 1) // self.group + 1
        drawn = stream(self.seed, purpose, name, start, stop - start, draw, self.quarters)
        if self.group == 1:
            return drawn
        skipped = self.first - start * self.group
        return np.repeat(drawn, self.group, axis=1)[:, skipped : skipped + self.count]

    def at(self, quarter: int) -> Sampled:
        """The luck of one quarter."""
        return Sampled(self, quarter)


@dataclass(frozen=True)
class Sampled:
    """Draw events as 0 or 1: an event happens where its uniform number is below its probability."""

    luck: Luck
    quarter: int

    def patron_event(self, purpose: str, probability: Array) -> Array:
        """0 or 1 for each patron: (patron, draw)."""
        u = self.luck.numbers(purpose, self.luck.patrons, uniform, self.quarter)
        happened: Array = (u < probability).astype(np.float64)
        return happened

    def client_event(self, purpose: str, probability: Array) -> Array:
        """0 or 1 for the client: (draw,)."""
        u = self.luck.numbers(purpose, CLIENT, uniform, self.quarter)[0]
        happened: Array = (u < probability).astype(np.float64)
        return happened

    def patron_noise(self, purpose: str) -> Array:
        """Standard normal noise for each patron: (patron, draw)."""
        return self.luck.numbers(purpose, self.luck.patrons, normal, self.quarter)

    def client_noise(self, purpose: str) -> Array:
        """Standard normal noise for the client: (draw,)."""
        noise: Array = self.luck.numbers(purpose, CLIENT, normal, self.quarter)[0]
        return noise

    def pick(self, purpose: str, options: Array, probabilities: Array) -> Array:
        """One option per draw: the first whose cumulative probability passes the draw's uniform number."""
        u = self.luck.numbers(purpose, CLIENT, uniform, self.quarter)[0]
        passed = np.cumsum(probabilities, axis=0)
        chosen = np.minimum((u >= passed).sum(axis=0), len(options) - 1)
        picked: Array = np.ascontiguousarray(options[chosen].T)
        return picked
