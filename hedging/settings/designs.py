"""Designs of experiments: how the numbers of a setting are spread over its draws, other than by chance.

A design fills the unit cube, a column for each number that varies; `Number.spread` turns a column into that
number's own distribution. Luck is no part of a design: it is drawn as ever.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import Number, varying
from hedging.world.arrays import Array
from hedging.world.chance import CHUNK, generator

if TYPE_CHECKING:
    from scipy.stats.qmc import Sobol

WHOLE = ("latin_hypercube", "morris", "saltelli")
"""Designs that depend on how many draws they have, so that they are made and held whole."""

GROUPED = {"morris": 1, "saltelli": 2}
"""Designs whose draws come in groups, and the draws that a group has beside one for each number."""

DESIGNS = ("random", "sobol", *WHOLE)
LUCK = ("own", "shared")

NEUTRAL: Mapping[str, object] = {"design": "random", "luck": "own", "sample": None}
"""Keys of `ensemble` that an older setting lacks, and what stands for them there."""

LEVELS = 4
"""Levels of a number in a morris design: the ends of its range and two quantiles between."""

PLACES = 1024
"""Dimensions of the Sobol sequence: as many whatever the setting, so that each keeps its scrambling."""

MOST_HELD = 100_000_000
"""Numbers that a design may hold: 800 MB."""

BELOW_ONE = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True)
class Design:
    """A design as a setting asks for it: its kind, its draws, the numbers that take part by their paths.

    `places` are the dimensions of the numbers in the Sobol sequence. An empty design, as `random` is, leaves
    every number to its own stream.
    """

    kind: str
    size: int
    columns: tuple[str, ...]
    places: tuple[int, ...]
    luck: str

    @property
    def group(self) -> int:
        """How many draws, one after the other, share their luck."""
        return len(self.columns) + GROUPED[self.kind] if self.luck == "shared" else 1

    def uniforms(self, seed: int, first: int, count: int) -> dict[str, Array]:
        """The columns of the numbers that take part, for the draws first .. first + count - 1.

        Returns:
            By path (draw,), from 0 to just below 1: the same whatever the blocks a run is played in.
        Raises:
            HedgingError: the design has fewer draws.
        """
        if not self.columns:
            return {}
        if first + count > self.size:
            raise HedgingError(
                f"ensemble.design={self.kind} has the draws 0 to {self.size - 1}, none beyond; write "
                f"ensemble.draws={first + count}"
            )
        if self.kind in WHOLE:
            rows = _whole(self, seed)[:, first : first + count]
        else:
            rows = _sobol(seed, _dimensions(self.places), first, count)[list(self.places)]
        return dict(zip(self.columns, np.minimum(rows, BELOW_ONE), strict=True))


def read_design(
    node: Mapping[str, Any],
    numbers: Mapping[str, Number],
    vary: Sequence[str],
    taken: Container[str],
    draws: int,
) -> Design:
    """Read the design that `ensemble` asks for.

    Args:
        taken: paths of the numbers that are swept or given by a file, which leave the design.

    Raises:
        HedgingError: no such design or luck, a size it cannot have, or one too large to hold.
    """
    kind, luck = (str(node.get(key, NEUTRAL[key])) for key in ("design", "luck"))
    if kind not in DESIGNS:
        raise unknown("design", kind, DESIGNS, "ensemble")
    if luck not in LUCK:
        raise unknown("luck", luck, LUCK, "ensemble")
    if luck == "shared" and kind not in GROUPED:
        raise HedgingError(
            f"ensemble.luck=shared: the draws of design={kind} come in no groups that could share it; "
            f"write ensemble.luck=own, or ensemble.design={' or '.join(GROUPED)}"
        )
    chosen = [] if kind == "random" else [n.path for n in varying(numbers, vary) if n.path not in taken]
    order = [number.path for number in sorted(numbers.values(), key=_may_change)]
    places = tuple(map({path: place for place, path in enumerate(order)}.__getitem__, chosen))
    design = Design(kind, draws, tuple(chosen), places, luck)
    if chosen:
        _check_size(design)
    return design


def _may_change(number: Number) -> bool:
    """Whether a number is of the client's rule: these come last, so that another rule moves no other."""
    return number.path.startswith("client.rule.")


def _check_size(design: Design) -> None:
    """See that a design has a size it can have, and fits into memory."""
    many, draws = len(design.columns), design.size
    sizes = [size for size in nearest_sizes(design.kind, many, draws) if size]
    if draws not in sizes:
        group = many + GROUPED[design.kind]
        times = "a power of two" if design.kind == "saltelli" else "a whole number"
        raise HedgingError(
            f"ensemble.draws={draws}: ensemble.design={design.kind} over {many} numbers takes {times} times "
            f"{group} draws; write {' or '.join(f'ensemble.draws={size}' for size in sizes)}"
        )
    if design.kind in WHOLE and many * draws > MOST_HELD:
        raise HedgingError(
            f"ensemble.draws={draws}: ensemble.design={design.kind} is held whole, which for {many} numbers "
            f"would take {many * draws * 8 / 1e9:.1f} GB; write ensemble.draws={MOST_HELD // many} or fewer, "
            "name fewer numbers in ensemble.vary, or write ensemble.design=sobol"
        )


def nearest_sizes(kind: str, numbers: int, draws: int) -> tuple[int, int]:
    """The largest size not above some draws that a design can have, 0 if none, and the next larger one."""
    if kind not in GROUPED:
        return draws, draws + 1
    group = numbers + GROUPED[kind]
    times = draws // group
    if kind == "saltelli" and times:
        times = 1 << (times.bit_length() - 1)
        return times * group, 2 * times * group
    return times * group, (times + 1) * group


@lru_cache(maxsize=1)
def _whole(design: Design, seed: int) -> Array:
    """Every draw of a design that depends on its size: (number, draw).

    Only the last one is kept: a run asks for the same one block after block.
    """
    if design.kind == "latin_hypercube":
        from scipy.stats.qmc import LatinHypercube

        found = np.empty((len(design.columns), design.size))
        for row, path in zip(found, design.columns, strict=True):  # each by a stream of its own
            cube = LatinHypercube(d=1, rng=generator(seed, "latin_hypercube", path, 0))
            row[:] = cube.random(design.size)[:, 0]
    else:
        found = np.ascontiguousarray(_by_salib(design, generator(seed, "design", design.kind, 0)).T)
    found.flags.writeable = False
    return found


def _by_salib(design: Design, rng: np.random.Generator) -> Array:
    """A design of SALib's: (draw, number)."""
    many = len(design.columns)
    times = design.size // (many + GROUPED[design.kind])
    problem = {"num_vars": many, "names": list(design.columns), "bounds": [[0.0, 1.0]] * many}
    with warnings.catch_warnings():  # of how SALib calls scipy
        warnings.simplefilter("ignore")
        if design.kind == "morris":
            from SALib.sample import morris

            points: Array = morris.sample(problem, times, num_levels=LEVELS, seed=rng)
            points = np.rint(points * (LEVELS - 1)) / (LEVELS - 1)  # one number a level, to the last bit
        else:
            from SALib.sample import sobol

            points = sobol.sample(problem, times, calc_second_order=False, seed=rng)
    return points


def _dimensions(places: Sequence[int]) -> int:
    """The dimensions that hold all places: PLACES, or twice, four times as many in a very large setting."""
    dimensions = PLACES
    while dimensions <= max(places):
        dimensions *= 2
    return dimensions


def _sobol(seed: int, dimensions: int, first: int, count: int) -> Array:
    """Some draws of a scrambled Sobol sequence: (dimension, draw)."""
    chunks = range(first // CHUNK, (first + count - 1) // CHUNK + 1)
    whole = [_sobol_chunk(seed, dimensions, chunk) for chunk in chunks]
    start = first - chunks[0] * CHUNK
    return (whole[0] if len(whole) == 1 else np.concatenate(whole, axis=1))[:, start : start + count]


_TURN = Lock()


@lru_cache(maxsize=4)
def _sobol_chunk(seed: int, dimensions: int, chunk: int) -> Array:
    """A chunk of the sequence: (dimension, draw). The sequence stands where the last chunk ended, and is
    only begun again for a chunk before that."""
    with _TURN:
        sequence = _sequence(seed, dimensions)
        start = chunk * CHUNK
        if sequence.num_generated > start:
            sequence.reset()
        if sequence.num_generated < start:
            sequence.fast_forward(start - sequence.num_generated)
        points: Array = np.ascontiguousarray(sequence.random(CHUNK).T)
    points.flags.writeable = False
    return points


@lru_cache(maxsize=1)
def _sequence(seed: int, dimensions: int) -> Sobol:
    from scipy.stats.qmc import Sobol

    return Sobol(d=dimensions, scramble=True, rng=generator(seed, "design", "sobol", 0))
