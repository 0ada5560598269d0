"""Designs of experiments: how the numbers of a setting are spread over its draws, other than by chance.

A design fills the unit cube, a column for each number that varies; `Number.spread` turns a column into that
number's own distribution. Luck is no part of a design: it is drawn as ever.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import PINNED, Number, varying
from hedging.settings.read import key, read_texts
from hedging.world.arrays import Array
from hedging.world.chance import generator

Whole = TypeVar("Whole", bound="Callable[[Design, int], Array]")

WHOLE: dict[str, Callable[[Design, int], Array]] = {}
"""Designs that depend on how many draws they have, so that they are made and held whole."""

GROUPED: dict[str, int] = {}
"""Designs whose draws come in groups, and the draws that a group has beside one for each number."""

LUCK = ("own", "shared")

MAX_DRAWS, MAX_KEPT = 10**9, 10**6


LEVELS = 4
"""Levels of a number in a morris design: the ends of its range and two quantiles between."""

PLACES = 1024
"""Dimensions of the Sobol sequence: as many whatever the setting, so that each keeps its scrambling; twice,
four times as many in a very large one."""

MOST_HELD = 100_000_000
"""Numbers that a design may hold: 800 MB."""

BELOW_ONE = float(np.nextafter(1.0, 0.0))


def held_whole(group: int | None = None) -> Callable[[Whole], Whole]:
    """Declare a design by the name of the function that fills it: (number, draw), from 0 to 1.

    Args:
        group: where its draws come in groups, the draws that one has beside one for each number.
    """

    def declare(fill: Whole) -> Whole:
        WHOLE[fill.__name__] = fill
        if group is not None:
            GROUPED[fill.__name__] = group
        return fill

    return declare


@held_whole()
def latin_hypercube(design: Design, seed: int) -> Array:
    """Each number once in each of as many even parts of its range as there are draws."""
    from scipy.stats.qmc import LatinHypercube

    cubes = [LatinHypercube(d=1, rng=generator(seed, "latin_hypercube", path, 0)) for path in design.columns]
    return np.stack([cube.random(design.size)[:, 0] for cube in cubes])  # each by a stream of its own


@held_whole(group=1)
def morris(design: Design, seed: int) -> Array:
    """Paths on which one number after the other moves. Source: Morris (1991)."""
    from SALib.sample import morris as salib

    points = _by_salib(partial(salib.sample, num_levels=LEVELS), design, seed)
    return np.asarray(np.rint(points * (LEVELS - 1)) / (LEVELS - 1))  # one number a level, to the last bit


@held_whole(group=2)
def saltelli(design: Design, seed: int) -> Array:
    """Two samples, and the first with each number in turn as in the second. Source: Saltelli (2010)."""
    from SALib.sample import sobol as salib

    return _by_salib(partial(salib.sample, calc_second_order=False), design, seed)


def _by_salib(sample: Callable[..., Any], design: Design, seed: int) -> Array:
    many = len(design.columns)
    problem = {"num_vars": many, "names": list(design.columns), "bounds": [[0.0, 1.0]] * many}
    with warnings.catch_warnings():  # of how SALib calls scipy
        warnings.simplefilter("ignore")
        rng = generator(seed, "design", design.kind, 0)
        return np.asarray(sample(problem, design.size // (many + GROUPED[design.kind]), seed=rng).T)


DESIGNS = ("random", "sobol", *WHOLE)


@dataclass(frozen=True)
class Ensemble:
    """What may stand in `ensemble`."""

    draws: int = key(low=1, high=MAX_DRAWS)
    keep: int = key(high=MAX_KEPT)
    vary: tuple[str, ...] = key(read=partial(read_texts, such="['client.*'] or []"))
    chance: Any = key(None)
    design: str = key("random", choices=DESIGNS)
    luck: str = key("own", choices=LUCK)
    sample: Any = key(None)


NEUTRAL = {item.name: item.default for item in fields(Ensemble) if item.name in ("design", "luck", "sample")}
"""Keys of `ensemble` that an older setting lacks, and what stands for them there."""


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
        last = first + count
        if last > self.size:
            raise HedgingError(
                f"ensemble.design={self.kind} has the draws 0 to {self.size - 1}, none beyond; write "
                f"ensemble.draws={last}"
            )
        whole = self.kind in WHOLE
        rows = _whole(self, seed)[:, first:last] if whole else _sobol(seed, self.places, first, count)
        return dict(zip(self.columns, np.minimum(rows, BELOW_ONE), strict=True))


def read_design(ensemble: Ensemble, numbers: Mapping[str, Number], taken: Container[str]) -> Design:
    """Read the design that `ensemble` asks for.

    Args:
        taken: paths of the numbers that are swept or given by a file, which leave the design.

    Raises:
        HedgingError: a design or a luck that cannot be so, or a size that it cannot have or hold.
    """
    kind, luck = ensemble.design, ensemble.luck
    if luck == "shared" and kind not in GROUPED:
        raise HedgingError(
            f"ensemble.luck=shared: the draws of design={kind} come in no groups that could share it; "
            f"write ensemble.luck=own, or ensemble.design={' or '.join(GROUPED)}"
        )
    free = () if kind == "random" else varying(numbers, ensemble.vary)
    chosen = tuple(number.path for number in free if number.path not in taken)
    # the numbers of the client's rule come last, so that another rule moves no other
    order = sorted((n.path for n in numbers.values()), key=lambda path: path.startswith("client.rule."))
    design = Design(kind, ensemble.draws, chosen, tuple(map(order.index, chosen)), luck)
    if chosen:
        _check_size(design)
    return design


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
    group = numbers + GROUPED[kind] if kind in GROUPED else 1
    times = draws // group
    if kind != "saltelli":
        return times * group, (times + 1) * group
    times = 1 << times.bit_length() >> 1  # the power of two below
    return times * group, max(2 * times, 1) * group


@lru_cache(maxsize=1)
def _whole(design: Design, seed: int) -> Array:
    """Every draw of a design that depends on its size: (number, draw).

    Only the last one is kept: a run asks for the same one block after block.
    """
    found = np.ascontiguousarray(WHOLE[design.kind](design, seed))
    found.flags.writeable = False
    return found


_TURN = Lock()


@lru_cache(maxsize=4)
def _sobol(seed: int, places: tuple[int, ...], first: int, count: int) -> Array:
    """Some draws of a scrambled Sobol sequence, in some of its dimensions: (dimension, draw).

    The sequence stands where it was left, and is only begun again for draws before that.
    """
    with _TURN, warnings.catch_warnings():  # of balance, where there are not as many as a power of two
        warnings.simplefilter("ignore")
        sequence = _sequence(seed, max(PLACES, 1 << max(places).bit_length()))
        if sequence.num_generated > first:
            sequence.reset()
        if sequence.num_generated < first:
            sequence.fast_forward(first - sequence.num_generated)
        points: Array = np.ascontiguousarray(sequence.random(count)[:, places].T)
    points.flags.writeable = False
    return points


@lru_cache(maxsize=1)
def _sequence(seed: int, dimensions: int) -> Any:
    from scipy.stats.qmc import Sobol

    return Sobol(d=dimensions, scramble=True, rng=generator(seed, "design", "sobol", 0))


def check_vary(patterns: Sequence[str], numbers: Mapping[str, Number]) -> None:
    """See that every pattern of `ensemble.vary` names a number that can vary."""
    for pattern in patterns:
        named = [number for path, number in numbers.items() if fnmatchcase(path, pattern)]
        if not named:
            raise unknown("number", pattern, numbers, "ensemble.vary")
        if not any(number.ranged or number.source == PINNED for number in named):
            raise HedgingError(
                f"ensemble.vary: {pattern} has no range to vary over; give it one with "
                f"+{named[0].path}.low=<number> +{named[0].path}.high=<number>"
            )
