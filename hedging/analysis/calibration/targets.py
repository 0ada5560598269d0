"""What is on record, and how far a world may lie from it: value, measurement error, model discrepancy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.read import read_float, read_text
from hedging.studies.formula import Formula, read_formula
from hedging.world.arrays import Array
from hedging.world.parameters import UNITS

SIDES = {"both": 0, "at_least": -1, "at_most": 1}
"""From which side a value may be missed: below it, above it, or both."""

NEAR = 1e-6
"""How far a value may lie from what its facts add up to."""


@dataclass(frozen=True)
class Target:
    """One number on record, the outcome that it is held against, and how exactly it can be met."""

    name: str
    label: str
    of: Formula
    value: float
    unit: str
    window: str
    side: str
    facts: Mapping[str, float]
    plus: float
    judged: str
    measurement: float
    discrepancy: float
    family: str
    date: float
    why: str

    @property
    def spread(self) -> float:
        """Standard deviation of the miss that is to be expected: record and model together."""
        return float(np.hypot(self.measurement, self.discrepancy))


@dataclass(frozen=True)
class Record:
    """Every target, and how their discrepancies go together."""

    setting: tuple[str, ...]
    targets: tuple[Target, ...]
    memory: float

    @property
    def values(self) -> Array:
        """What is on record: (target,)."""
        return np.array([target.value for target in self.targets])

    @property
    def sides(self) -> Array:
        """0 where a value is hit from both sides, -1 at_least, 1 at_most: (target,)."""
        return np.array([SIDES[target.side] for target in self.targets])

    @property
    def bounds(self) -> NDArray[np.bool_]:
        """The targets that are bounds: (target,)."""
        found: NDArray[np.bool_] = self.sides != 0
        return found

    @property
    def spreads(self) -> Array:
        """The expected miss of each target, one standard deviation: (target,)."""
        return np.array([target.spread for target in self.targets])

    @cached_property
    def covariance(self) -> Array:
        """How misses go together: (target, target).

        Rule: measurement^2 on the diagonal; within a family discrepancy * discrepancy' * exp(-years apart /
        memory). A bound goes with nothing.
        """
        of = self.targets
        found = np.zeros((len(of), len(of)))
        for row, one in enumerate(of):
            for column, other in enumerate(of):
                if one.family == other.family:
                    apart = abs(one.date - other.date) / self.memory
                    found[row, column] = one.discrepancy * other.discrepancy * np.exp(-apart)
            found[row, row] += one.measurement**2
        return found

    def without(self, name: str) -> Record:
        """All but one target."""
        return Record(self.setting, tuple(t for t in self.targets if t.name != name), self.memory)

    def rows(self, other: Record) -> list[int]:
        """Where the targets of another record stand among these."""
        names = [target.name for target in self.targets]
        return [names.index(target.name) for target in other.targets]


def read_record(path: Path | None = None, keys: Sequence[str] | None = None) -> Record:
    """Read the table of targets; the one that ships without a path.

    Args:
        keys: of the sources that a fact may name; those of configs/sources.yaml without.
    Raises:
        HedgingError: no such file, or a target that cannot be.
    """
    path = path or config_dir() / "targets.yaml"
    tree = read_yaml(path)
    sources = keys if keys is not None else read_yaml(config_dir() / "sources.yaml")
    where = path.name
    for key in ("setting", "memory", "targets"):
        if key not in tree:
            raise HedgingError(f"{where}: {key} is missing; see the head of configs/targets.yaml")
    setting, nodes = tree["setting"], tree["targets"]
    if not isinstance(setting, list) or not isinstance(nodes, Mapping) or not nodes:
        raise HedgingError(f"{where}: setting is a list of overrides, and targets has one entry or more")
    memory = read_float(tree["memory"], f"{where}: memory")
    if memory <= 0:
        raise HedgingError(f"{where}: memory={memory:g} must be above 0, in years")
    targets = tuple(_target(str(name), node, sources, f"{where}: {name}") for name, node in nodes.items())
    return Record(tuple(str(word) for word in setting), targets, memory)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds keys.

    Raises:
        HedgingError: it cannot be read, or holds something else.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None
    if not isinstance(tree, dict):
        raise HedgingError(f"{path} holds no keys; see the head of the shipped file of that name")
    return tree


def _target(name: str, node: Any, sources: Mapping[str, Any] | Sequence[str], where: str) -> Target:
    if not isinstance(node, Mapping):
        raise HedgingError(f"{where}: '{node}' is no target; write {{label: ..., of: ..., value: ..., ...}}")
    optional = {"side": "both", "plus": 0, "judged": ""}
    known = [item.name for item in fields(Target) if item.name != "name"]
    for key in node:
        if key not in known:
            raise unknown("key", key, known, where)
    for key in known:
        if key not in node and key not in optional:
            raise HedgingError(f"{where}: {key} is missing; see the head of configs/targets.yaml")
    told = {**optional, **node}
    if told["side"] not in SIDES:
        raise unknown("side", told["side"], SIDES, where)
    if told["unit"] not in UNITS:
        raise unknown("unit", told["unit"], UNITS, where)
    facts = told["facts"]
    if not isinstance(facts, Mapping) or not facts:
        raise HedgingError(f"{where}: facts names no source; write facts: {{<key of sources.yaml>: 1}}")
    for key in facts:
        if key not in sources:
            raise unknown("source", key, sources, f"{where}: facts")
    number: dict[str, Any] = {
        k: read_float(told[k], f"{where}: {k}")
        for k in ("value", "plus", "measurement", "discrepancy", "date")
    }
    if (
        number["measurement"] < 0
        or number["discrepancy"] < 0
        or not number["measurement"] + number["discrepancy"]
    ):
        raise HedgingError(f"{where}: measurement and discrepancy must not be below 0, nor both 0")
    text: dict[str, Any] = {k: str(told[k]) for k in ("window", "side", "family", "judged", "unit")}
    text |= {k: read_text(told[k], f"{where}: {k}") for k in ("label", "why")}
    target = Target(
        name=name,
        of=read_formula({name: told["of"]}, where),
        facts={str(key): read_float(times, f"{where}: facts.{key}") for key, times in facts.items()},
        **text,
        **number,
    )
    if isinstance(sources, Mapping) and not target.judged:
        _check_value(target, sources, where)
    return target


def _check_value(target: Target, sources: Mapping[str, Any], where: str) -> None:
    """See that a value is what its facts add up to."""
    total = target.plus + sum(times * float(sources[key]["value"]) for key, times in target.facts.items())
    if abs(total - target.value) > NEAR * max(1.0, abs(total)):
        raise HedgingError(
            f"{where}: its facts add up to {total:g}, not to value {target.value:g}; mend one of them, or "
            "say under judged how the value is read out of them"
        )
