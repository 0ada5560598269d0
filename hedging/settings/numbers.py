"""The numbers of a setting, each with its value, the range it is sampled over, its unit and its source; and
the rules, which have numbers of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from math import inf, log
from typing import Any

import numpy as np

from hedging.errors import HedgingError
from hedging.settings.read import Key, find_class, key, read, read_each, read_float, read_keys, read_whole
from hedging.world.arrays import Array
from hedging.world.domain import Domain
from hedging.world.parameters import REAL, UNITS

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


@dataclass(frozen=True)
class RuleChoice:
    """A rule as the setting names it: its class, and per field a number, a number per patron, or a whole
    number."""

    target: str
    cls: type
    values: Mapping[str, Number | Mapping[str, Number] | int]

    @property
    def numbers(self) -> list[Number]:
        """Its numbers, one after the other."""
        several = (v.values() if isinstance(v, Mapping) else [v] for v in self.values.values())
        return [number for some in several for number in some if isinstance(number, Number)]


def read_rule(
    node: Any, where: str, method: str, patrons: Sequence[str], names: Collection[str]
) -> RuleChoice:
    """The class a rule names, and its numbers, checked against the class's fields."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        group = where.replace(".", "/")
        raise HedgingError(f"{where}: '{node}' is no rule; choose one with {group}=... and see configs/")
    target = str(node["_target_"])
    cls = find_class(target, f"{where}._target_")
    if not isinstance(cls, type) or not is_dataclass(cls) or not callable(getattr(cls, method, None)):
        raise HedgingError(f"{where}._target_: {target} must be a dataclass with a method {method}(sight)")
    stated = {key: raw for key, raw in node.items() if key != "_target_"}
    return RuleChoice(target, cls, read_fields(cls, stated, where, patrons, names, cls.__name__))


def read_fields(
    cls: type,
    stated: Mapping[str, Any],
    where: str,
    patrons: Sequence[str] = (),
    names: Collection[str] = (),
    of: str = "",
) -> dict[str, Number | Mapping[str, Number] | int]:
    """Read what is stated of a rule's fields: a number each, one by patron, or a whole number.

    Args:
        patrons: who plays, 0 where a field by patron leaves one out; without, those whom it names.
        names: the only patrons that may be named; any without.
        of: whose fields they are, where the place alone does not tell.

    Raises:
        HedgingError: a field that the rule has not, one that is missing, or a number that it cannot have.
    """

    def read_field(raw: Any, where: str, item: Field[Any]) -> Number | Mapping[str, Number] | int:
        domain, plain = item.metadata.get("domain", REAL), isinstance(raw, Mapping) and "value" not in raw
        if item.type in (int, "int"):
            return read_whole(raw["value"] if isinstance(raw, Mapping) and not plain else raw, where, 1, 1000)
        if not plain:
            return read_number(raw, where, domain=domain)
        found = by_patron(raw, where, names, domain=domain)
        return {p: found.get(p) or read_number(0.0, f"{where}.{p}", domain=domain) for p in patrons or found}

    hint = f"{cls.__name__} needs it; write +{{path}}=<number>"
    keys = {f.name: Key(partial(read_field, item=f), hint=hint) for f in fields(cls) if f.init}
    return read_keys(keys, stated, where, "", "number", of)


def by_patron(node: Any, where: str, names: Collection[str], **about: Any) -> dict[str, Number]:
    """A number for each of some patrons, which need not play."""
    say = f"write {where}.<patron>=<number>"
    return dict(read_each(partial(read_number, **about), node, where, say, names, "patron"))
