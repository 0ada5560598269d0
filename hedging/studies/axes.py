"""Axes of a sweep: numbers that take several values in one run, stepped in lockstep with the draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import Number
from hedging.settings.read import read_float
from hedging.world.arrays import Array

KEYS = ("values", "keys", "factor", "unit", "label")


@dataclass(frozen=True)
class Axis:
    """Values that one or several numbers take together; with factor they multiply the central values."""

    name: str
    keys: tuple[str, ...]
    values: tuple[float, ...]
    factor: bool
    unit: str
    label: str

    def of(self, number: Number) -> Array:
        """The values of one of its numbers: (point of the axis,)."""
        values = np.array(self.values)
        return values * number.value if self.factor else values


@dataclass(frozen=True)
class Grid:
    """Every combination of the values of some axes, the last axis fastest; without axes one point."""

    axes: tuple[Axis, ...]
    numbers: Mapping[str, Number]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def points(self) -> int:
        """How many points there are."""
        return prod(self.shape)

    @cached_property
    def swept(self) -> dict[str, Array]:
        """Every swept number by its path: (point,)."""
        places = np.indices(self.shape).reshape(len(self.axes), self.points)
        found: dict[str, Array] = {}
        for axis, place in zip(self.axes, places, strict=True):
            for key in axis.keys:
                number = self.numbers[key]
                found[number.path] = axis.of(number)[place]  # where it is stated, which may be elsewhere
        return found

    def part(self, first: int, count: int) -> dict[str, Array]:
        """The swept numbers at some points of the grid: (count,)."""
        return {key: values[first : first + count] for key, values in self.swept.items()}


def swept_paths(tree: Mapping[str, Any], numbers: Mapping[str, Number]) -> frozenset[str]:
    """The paths of the numbers that the axes of a setting give; what cannot be one is told by `read_grid`."""
    axes = tree.get("axes")
    nodes = axes.items() if isinstance(axes, Mapping) else ()
    keys = [
        key
        for name, node in nodes
        if isinstance(node, Mapping) and isinstance(own := node.get("keys", [name]), list)
        for key in map(str, own)
    ]
    return frozenset(numbers[key].path for key in keys if key in numbers)


def read_grid(tree: Mapping[str, Any], numbers: Mapping[str, Number], patrons: Sequence[str]) -> Grid:
    """Read the axes of a setting.

    Raises:
        HedgingError: a key that is no number, a value out of its range, two axes over one number.
    """
    axes = tuple(_read(str(name), node, numbers) for name, node in tree.items())
    seen: dict[str, str] = {}
    for axis in axes:
        for key in axis.keys:
            if key in seen:
                raise HedgingError(
                    f"axes.{axis.name}: {key} is swept by axes.{seen[key]} already; drop one of them"
                )
            seen[key] = axis.name
    grid = Grid(axes, numbers)
    _check_trade(grid, patrons)
    return grid


def _read(name: str, node: Any, numbers: Mapping[str, Number]) -> Axis:
    where = f"axes.{name}"
    if not isinstance(node, Mapping) or "values" not in node:
        raise HedgingError(f"{where}: write {{values: [...], keys: [...]}}; it has no values")
    for key in node:
        if key not in KEYS:
            raise unknown("key", key, KEYS, where)
    keys = tuple(str(key) for key in node.get("keys", [name]))
    for key in keys:
        if key not in numbers:
            raise unknown("number", key, numbers, where)
    raw = node["values"]
    if not isinstance(raw, list) or not raw or not keys:
        raise HedgingError(
            f"{where}: an axis needs at least one value and one key; write values: [0, 0.5, 1]"
        )
    values = tuple(read_float(value, f"{where}.values") for value in raw)
    if len(set(values)) != len(values):
        raise HedgingError(f"{where}: a value stands there twice; every point of an axis is played once")
    label, unit = (
        str(node.get("label", name)),
        str(node.get("unit", "1" if node.get("factor") else numbers[keys[0]].unit)),
    )
    axis = Axis(name, keys, values, bool(node.get("factor", False)), unit, label)
    for key in keys:
        for value, number in zip(values, axis.of(numbers[key]), strict=True):
            if not numbers[key].domain.admits(float(number)):
                point = f"{key}={number:g}" + (f" (factor {value:g})" if axis.factor else "")
                raise HedgingError(
                    f"{where}: the point {point} is out of range: it must be {numbers[key].domain}"
                )
    return axis


def _check_trade(grid: Grid, patrons: Sequence[str]) -> None:
    """See that no point leaves nothing of trade to the rest of the world."""
    swept = [axis for axis in grid.axes if any(key.endswith(".trade_share0") for key in axis.keys)]
    if not swept:
        return
    for values in product(*(range(len(axis.values)) for axis in swept)):
        total = 0.0
        for patron in patrons:
            path = f"patrons.{patron}.trade_share0"
            most = grid.numbers[path].extremes[1]
            for axis, place in zip(swept, values, strict=True):
                if path in axis.keys:
                    most = float(axis.of(grid.numbers[path])[place])
            total += most
        if total >= 1:
            point = ", ".join(f"{a.name}={a.values[v]:g}" for a, v in zip(swept, values, strict=True))
            raise HedgingError(
                f"axes: at the point {point} trade_share0 adds up to {total:g}, leaving the rest nothing"
            )
