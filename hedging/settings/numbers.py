"""One number of a setting: its value, the range it is sampled over, its unit and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from math import inf, log
from typing import Any

import numpy as np

from hedging.errors import HedgingError
from hedging.settings.read import key, read, read_float
from hedging.world.arrays import Array
from hedging.world.parameters import REAL, UNITS, Domain

PINNED = "override"
"""What stands for the source of a number that was overridden by its bare name."""


@dataclass(frozen=True)
class Number:
    """A number by its dotted path; low and high drive sampling only, `domain` says what is admissible."""

    path: str
    value: float = key(hint="write it, or the number bare")
    low: float | None = key(None)
    high: float | None = key(None)
    unit: str = key("", choices=UNITS)
    source: str = key("")
    scale: str = key("linear", choices=("linear", "log"))
    domain: Domain = REAL

    @property
    def ranged(self) -> bool:
        """Whether it can be sampled."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the greatest value it can take."""
        low, high = self.low, self.high
        return (self.value, self.value) if low is None or high is None else (low, high)

    def spread(self, u: Array) -> Array:
        """Turn uniform numbers into its distribution.

        Rule: triangular between low and high with the value as mode; log-uniform where scale is log; whole
        numbers uniform over the integers from low to high.
        """
        assert self.low is not None and self.high is not None
        low, high = self.low, self.high
        if self.domain.whole:
            return np.minimum(np.floor(low + u * (high - low + 1)), high)  # which u just below 1 would pass
        if self.scale == "log":
            return np.exp(log(low) + u * (log(high) - log(low)))
        rise = (self.value - low) / (high - low)
        up = low + np.sqrt(u * (high - low) * (self.value - low))
        down = high - np.sqrt((1 - u) * (high - low) * (high - self.value))
        return np.where(u < rise, up, down)


KEYS = tuple(item.name for item in fields(Number) if item.name not in ("path", "domain"))
"""What may stand in the node of a number."""


def varying(numbers: Mapping[str, Number], patterns: Sequence[str]) -> list[Number]:
    """The numbers with a range that one of the patterns names."""
    return [n for path, n in numbers.items() if n.ranged and any(fnmatchcase(path, x) for x in patterns)]


def check_trade(
    numbers: Mapping[str, Number], patrons: Sequence[str], given: Mapping[str, Array], where: str
) -> None:
    """See that the trade shares of all patrons, some of them given over points or draws, leave some trade to
    the rest of the world.

    Raises:
        HedgingError: they do not, somewhere.
    """
    shares = [numbers[f"patrons.{name}.trade_share0"] for name in patrons]
    total = np.atleast_1d(sum(given.get(share.path, share.extremes[1]) for share in shares))
    if total.max() >= 1:
        at = [f"{x.path}={given[x.path][total.argmax()]:g}" for x in shares if x.path in given]
        raise HedgingError(
            f"trade_share0 of all patrons can reach {total.max():g} {' '.join(at)} and would leave nothing "
            "to the rest of the world: lower one of patrons.<name>.trade_share0, or the high end of its "
            f"range, or what {where} gives of it"
        )


def read_number(node: Any, path: str, unit: str | None = None, domain: Domain = REAL) -> Number:
    """Read a number of the composed setting: `{value, low, high, unit, source}`, or a bare value, which is
    pinned.

    Raises:
        HedgingError: a key, a unit or a value that cannot be.
    """
    if isinstance(node, Mapping):
        number = read(Number, node, path, path=path, domain=domain)
    else:
        number = Number(path, read_float(node, path), source=PINNED, domain=domain)
    stated = number.unit or unit or "1"
    if stated != (unit or stated):
        raise HedgingError(
            f"{path}: its unit is '{unit}', not '{stated}'; convert the number and write unit: {unit}"
        )
    _check(number)
    return replace(number, unit=stated)


def _check(number: Number) -> None:
    """See that a number and its range are admissible, and that it can be sampled over the range."""
    path, value, low, high = number.path, number.value, number.low, number.high
    for place, x in ((path, value), (f"{path}.low", low), (f"{path}.high", high)):
        if x is not None and not number.domain.admits(x):
            raise HedgingError(f"{place}={x:g} is out of range: it must be {number.domain}")
    if low is None and high is None:
        return
    if low is None or high is None:
        raise HedgingError(f"{path}: low and high come together; write both, or neither to pin it")
    if not low <= value <= high:
        raise HedgingError(
            f"{path}: value {value:g} lies outside low {low:g} to high {high:g}; mend one of the three"
        )
    if high == inf or (number.scale == "log" and low <= 0):
        raise HedgingError(
            f"{path}: cannot sample from {low:g} to {high:g}{' on a log scale' * (number.scale == 'log')}"
        )
