"""One number of a setting: its value, the range it is sampled over, its unit and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf, log
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.read import read_float
from hedging.world.arrays import Array
from hedging.world.parameters import REAL, UNITS, Domain

KEYS = ("value", "low", "high", "unit", "source", "scale")
PINNED = "override"
"""What stands for the source of a number that was overridden by its bare name."""


@dataclass(frozen=True)
class Number:
    """A number by its dotted path; low and high drive sampling only, `domain` says what is admissible."""

    path: str
    value: float
    low: float | None
    high: float | None
    unit: str
    source: str
    scale: str
    domain: Domain

    @property
    def ranged(self) -> bool:
        """Whether it can be sampled."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the greatest value it can take."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high

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


def varying(numbers: Mapping[str, Number], patterns: Sequence[str]) -> list[Number]:
    """The numbers with a range that one of the patterns names."""
    return [
        number
        for path, number in numbers.items()
        if number.ranged and any(fnmatchcase(path, pattern) for pattern in patterns)
    ]


def read_number(node: Any, path: str, unit: str | None = None, domain: Domain = REAL) -> Number:
    """Read a number of the composed setting: `{value, low, high, unit, source}`, or a bare value, which is
    pinned.

    Raises:
        HedgingError: a key, a unit or a value that cannot be.
    """
    if not isinstance(node, Mapping):
        value = _admissible(read_float(node, path), path, domain)
        return Number(path, value, None, None, unit or "1", PINNED, "linear", domain)
    for key in node:
        if key not in KEYS:
            raise unknown("key", key, KEYS, path)
    if "value" not in node:
        raise HedgingError(f"{path}: no value; write {path}=<number> or {path}.value=<number>")
    stated = str(node.get("unit", unit or "1"))
    if stated not in UNITS:
        raise unknown("unit", stated, UNITS, path)
    if unit is not None and stated != unit:
        raise HedgingError(
            f"{path}: its unit is '{unit}', not '{stated}'; convert the number and write unit: {unit}"
        )
    scale = str(node.get("scale") or "linear")
    if scale not in ("linear", "log"):
        raise unknown("scale", scale, ("linear", "log"), path)
    value = _admissible(read_float(node["value"], path), path, domain)
    low, high = _range(node, path, value, domain, scale)
    return Number(path, value, low, high, stated, str(node.get("source", "")), scale, domain)


def _admissible(value: float, path: str, domain: Domain) -> float:
    if not domain.admits(value):
        raise HedgingError(f"{path}={value:g} is out of range: it must be {domain}")
    return value


def _range(
    node: Mapping[str, Any], path: str, value: float, domain: Domain, scale: str
) -> tuple[float | None, float | None]:
    raw = node.get("low"), node.get("high")
    if raw == (None, None):
        return None, None
    if None in raw:
        raise HedgingError(f"{path}: low and high come together; write both, or neither to pin it")
    low = _admissible(read_float(raw[0], f"{path}.low"), f"{path}.low", domain)
    high = _admissible(read_float(raw[1], f"{path}.high"), f"{path}.high", domain)
    if not low <= value <= high:
        raise HedgingError(
            f"{path}: value {value:g} lies outside low {low:g} to high {high:g}; mend one of the three"
        )
    if high == inf or (scale == "log" and low <= 0):
        raise HedgingError(
            f"{path}: cannot sample from {low:g} to {high:g}{' on a log scale' * (scale == 'log')}"
        )
    return low, high
