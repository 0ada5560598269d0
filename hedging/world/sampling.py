"""From numbers to arrays: one value per draw, sampled or central, and the cast that plays with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hedging.errors import HedgingError
from hedging.settings.numbers import Number, varying
from hedging.settings.settings import RuleChoice, Settings
from hedging.world.arrays import Array
from hedging.world.chance import stream, uniform
from hedging.world.parameters import DECLARATIONS, Parameters
from hedging.world.quarter import Cast, Seat


def sampled_numbers(settings: Settings) -> list[Number]:
    """The numbers that vary over draws: those that `ensemble.sample` gives, and those with a range that
    `ensemble.vary` names."""
    varied = {number.path for number in varying(settings.numbers, settings.vary)}
    return [n for n in settings.numbers.values() if n.path in varied or n.path in settings.own]


def sample(settings: Settings, first: int, count: int) -> dict[str, Array]:
    """Sample the numbers that vary, by path: (draw,) for the draws first .. first + count - 1.

    Rule: a number has the values of `ensemble.sample` if they are given there; else its column of the design
    where it has one; else a stream of its own, so that pinning one moves no other.
    Raises:
        HedgingError: the sample or the design has fewer draws.
    """
    settled = settings.design.uniforms(settings.seed, first, count)
    found: dict[str, Array] = {}
    for number in sampled_numbers(settings):
        path = number.path
        if path in settings.own:
            found[path], held = settings.own[path][first : first + count], len(settings.own[path])
            if first + count > held:
                raise HedgingError(f"ensemble.sample has {held} draws, and no further ones")
        elif path in settled:
            found[path] = number.spread(settled[path])
        else:
            found[path] = number.spread(stream(settings.seed, "parameter", path, first, count, uniform)[0])
    return found


def lanes(
    sampled: Mapping[str, Array], swept: Mapping[str, Array], draws: int, points: int
) -> dict[str, Array]:
    """Lay the draws of several points side by side: sampled numbers again at each point, swept ones by point.

    Shapes: sampled (draw,), swept (point,) -> (point * draw,).
    """
    again = {path: np.tile(array, points) for path, array in sampled.items()}
    return again | {path: np.repeat(array, draws) for path, array in swept.items()}


class Lookup:
    """Every number over draws, looked up by path; a pinned number takes no memory."""

    def __init__(self, settings: Settings, sampled: Mapping[str, Array], count: int) -> None:
        self.settings, self.sampled, self.count = settings, sampled, count

    def draws(self, number: Number) -> Array:
        """One number over draws: (draw,)."""
        if number.path in self.sampled:
            return self.sampled[number.path]
        return np.broadcast_to(np.float64(number.value), (self.count,))

    def stack(self, numbers: Sequence[Any]) -> Array:
        """A Number of each patron one above the other, 0 where it is None: (patron, draw)."""
        if not any(number is not None and number.path in self.sampled for number in numbers):
            values = np.array([0.0 if number is None else number.value for number in numbers])
            return np.broadcast_to(values[:, None], (len(numbers), self.count))
        zero = np.zeros(self.count)
        return np.stack([zero if number is None else self.draws(number) for number in numbers])

    def parameters(self) -> Parameters:
        """The numbers as the equations see them."""
        numbers, patrons = self.settings.numbers, self.settings.patrons
        arrays: dict[str, Array] = {}
        for name, item in DECLARATIONS.items():
            if item.pair:
                rows = ([numbers.get(f"patrons.{p}.{name}.{q}") for q in patrons] for p in patrons)
                arrays[name] = np.stack([self.stack(row) for row in rows])
            elif item.owner == "patrons":
                arrays[name] = self.stack([numbers[f"patrons.{p}.{name}"] for p in patrons])
            else:
                arrays[name] = self.draws(numbers[f"{item.owner}.{name}"])
        return Parameters(**arrays)

    def cast(self) -> Cast:
        """The players with their rules; patrons that follow the same rule share a seat."""
        patrons, choices = self.settings.patrons, self.settings.patron_rules
        groups: dict[tuple[object, ...], list[str]] = {}
        for name, choice in choices.items():
            whole = (value for value in choice.values.values() if isinstance(value, int))
            groups.setdefault((choice.cls, *whole), []).append(name)
        seats = []
        for names in groups.values():
            rows = slice(None) if len(names) == len(patrons) else [patrons.index(name) for name in names]
            rule = self._patron_rule([choices[name] for name in names])
            seats.append(Seat(rule, rows, tuple(names)))
        return Cast(patrons, self._client_rule(), tuple(seats), self.settings.energy)

    def _client_rule(self) -> Any:
        rule, patrons = self.settings.client_rule, self.settings.patrons
        values = rule.values.items()
        several = {n: self.stack([x[p] for p in patrons]) for n, x in values if isinstance(x, Mapping)}
        single = {n: self.draws(x) for n, x in values if isinstance(x, Number)}
        return rule.cls(**{**rule.values, **several, **single})

    def _patron_rule(self, rules: Sequence[RuleChoice]) -> Any:
        numbers = [name for name, value in rules[0].values.items() if not isinstance(value, int)]
        stacks = {name: self.stack([rule.values[name] for rule in rules]) for name in numbers}
        return rules[0].cls(**{**rules[0].values, **stacks})
