"""What a study varies: axes of numbers, stepped in lockstep with the draws; rules and arms, as overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import Number, check_trade
from hedging.settings.read import key, read, read_each, read_group, read_texts
from hedging.settings.settings import keys_swept
from hedging.world.arrays import Array


@dataclass(frozen=True)
class Axis:
    """Values that one or several numbers take together; with factor they multiply the central values."""

    name: str
    values: tuple[float, ...] = key(hint="write {path}=[0, 0.5, 1]")
    keys: tuple[str, ...] = key()
    label: str = key()
    factor: bool = key(False)
    unit: Any = key("")

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

    def held(self, at: Mapping[str, int]) -> tuple[Axis, ...]:
        """Its axes, those that are named at one of their values throughout, by its number."""
        places = ((axis, at.get(axis.name)) for axis in self.axes)
        return tuple(
            axis if place is None else replace(axis, values=(axis.values[place],) * len(axis.values))
            for axis, place in places
        )

    @property
    def points(self) -> int:
        """How many points there are."""
        return prod(self.shape)

    @property
    def _rows(self) -> Iterator[tuple[Axis, NDArray[np.intp]]]:
        """Each axis, and which of its values each point has: (point,)."""
        return zip(self.axes, np.indices(self.shape).reshape(len(self.axes), self.points), strict=True)

    @cached_property
    def swept(self) -> dict[str, Array]:
        """Every swept number by its path, where it is stated, which may be elsewhere: (point,)."""
        swept = ((self.numbers[path], axis, row) for axis, row in self._rows for path in axis.keys)
        return {number.path: axis.of(number)[row] for number, axis, row in swept}

    @cached_property
    def places(self) -> dict[str, Array]:
        """Where each point lies on each axis: (point,)."""
        return {axis.name: np.array(axis.values)[row] for axis, row in self._rows}

    def part(self, first: int, count: int) -> dict[str, Array]:
        """The swept numbers at some points of the grid: (count,)."""
        return {path: values[first : first + count] for path, values in self.swept.items()}


def read_grid(tree: Any, numbers: Mapping[str, Number], patrons: Sequence[str]) -> Grid:
    """Read the axes of a setting.

    Raises:
        HedgingError: a key that is no number, a value out of its range, two axes over one number.
    """
    say = "write {<name>: {values: [...]}}"
    axes = tuple(read_each(partial(_read, numbers=numbers), tree, "axes", say).values())
    seen: dict[str, str] = {}
    for path, name in ((path, axis.name) for axis in axes for path in axis.keys):
        if path in seen:
            raise HedgingError(f"axes.{name}: {path} is swept by axes.{seen[path]} already; drop one of them")
        seen[path] = name
    grid = Grid(axes, numbers)
    if any(path.endswith(".trade_share0") for path in grid.swept):
        check_trade(numbers, patrons, grid.swept, "axes")
    return grid


def _read(node: Any, where: str, numbers: Mapping[str, Number]) -> Axis:
    name, say = where.removeprefix("axes."), "write {values: [...], keys: [...]}"
    axis = read(Axis, {"keys": [name], "label": name, **read_group(node, where, say)}, where, name=name)
    if not axis.keys:
        raise HedgingError(f"{where}: an axis needs at least one key; write keys: [<number>]")
    if len(set(axis.values)) != len(axis.values):
        raise HedgingError(f"{where}: a value stands there twice; every point of an axis is played once")
    for path in axis.keys:
        if path not in numbers:
            raise unknown("number", path, numbers, where)
        values, domain = axis.of(numbers[path]), numbers[path].domain
        for place in np.flatnonzero(~domain.admits_each(values)):
            point = f"{path}={values[place]:g}" + f" (factor {axis.values[place]:g})" * axis.factor
            raise HedgingError(f"{where}: the point {point} is out of range: it must be {domain}")
    return replace(axis, unit=str(axis.unit or ("1" if axis.factor else numbers[axis.keys[0]].unit)))


@dataclass(frozen=True)
class Variant:
    """A rule or an arm of a study's file: what it overrides, the most draws it is played with, and of an arm
    the one that its differences are taken to; the study's reference without."""

    name: str
    label: str = key("")
    overrides: tuple[str, ...] = key((), read=partial(read_texts, such="[client.zeta=1]"))
    draws: int | None = key(None, low=1)
    beside: str | None = key(None)


def read_variants(raw: Any, where: str) -> tuple[Variant, ...]:
    """Read rules or arms: {name: [overrides]}, {name: {overrides, draws, label}}, or a list of rules by name.

    Raises:
        HedgingError: a name, an override or a number of draws that cannot be.
    """
    if isinstance(raw, list) and where == "rules":
        raw = {str(name): None for name in raw}
    return tuple(read_each(_read_variant, raw or {}, where, "write {<name>: [overrides]}").values())


def _read_variant(node: Any, where: str) -> Variant:
    kind, _, name = where.partition(".")
    if not re.fullmatch(r"\w[\w -]*", name):
        raise HedgingError(f"{where}: a name has letters, digits, - and _")
    stated = {"overrides": node} if isinstance(node, list) else node or {}
    found = read(Variant, stated, where, "write overrides, such as [client.zeta=1]", name=name)
    plain = (f"client/rule={name}",) if kind == "rules" and "overrides" not in stated else found.overrides
    return replace(found, label=found.label or name.replace("_", " "), overrides=plain)


def check_effect(overrides: Sequence[str], rules: Sequence[Variant], axes: Mapping[str, Any] | None) -> None:
    """See that no override is without effect, because an axis or a rule of the study comes after it.

    Raises:
        HedgingError: one is.
    """
    swept = keys_swept(axes)
    chosen = {change.partition("=")[0] for rule in rules for change in rule.overrides}
    for override in overrides:
        key = override.partition("=")[0].lstrip("+~")
        if key in swept:
            axis = f"axes.{swept[key]}"
            why = f"{axis} sweeps {key}, so that this would change nothing; write '{axis}.values=[...]'"
            raise HedgingError(f"{override}: {why}")
        if key in chosen:
            names = ", ".join(rule.name for rule in rules)
            why = f"the study tries rules of its own ({names}) after it, so that this would change nothing"
            raise HedgingError(f"{override}: {why}; drop one with ~rules.<name>")
