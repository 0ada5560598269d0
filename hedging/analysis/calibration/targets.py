"""What is on record, and how well worlds meet it: value, measurement error, model discrepancy, likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.read import key, read, read_each, read_float, read_group
from hedging.studies.claim import Formula, read_formula
from hedging.world.arrays import Array
from hedging.world.parameters import UNITS

SIDES = {"both": 0, "at_least": -1, "at_most": 1}
"""From which side a value may be missed: below it, above it, or both."""

CUTOFF = 3.0
"""Implausibility beyond which a world is ruled out: by the rule of Pukelsheim (1994) at least 95% of any
distribution with one peak lies within three standard deviations."""

NEAR = 1e-6
"""How far a value may lie from what its facts add up to."""


def _facts(node: Any, where: str) -> dict[str, float]:
    if not isinstance(node, Mapping) or not node:
        raise HedgingError(f"{where} names no source; write facts: {{<key of sources.yaml>: 1}}")
    return dict(read_each(read_float, node, where, ""))


@dataclass(frozen=True, kw_only=True)
class Target:
    """One number on record, the outcome that it is held against, and how exactly it can be met."""

    name: str
    label: str
    of: Formula = key(read=read_formula)
    value: float
    unit: str = key(choices=UNITS)
    window: str
    side: str = key("both", choices=tuple(SIDES))
    facts: Mapping[str, float] = key(read=_facts)
    plus: float = key(0.0)
    judged: str = key("")
    measurement: float
    discrepancy: float
    family: str
    date: float
    why: str
    missing: str = key("")

    @property
    def spread(self) -> float:
        """Standard deviation of the miss that is to be expected: record and model together."""
        return float(np.hypot(self.measurement, self.discrepancy))


@dataclass(frozen=True)
class FitPanel:
    """One outcome over time as the figure of the fit shows it, with the targets drawn into it as facts."""

    outcome: str
    title: str
    facts: Mapping[str, float] = key(read=_facts)  # target, and where it stands as a year
    onto: Mapping[str, str] = key({})  # a target that is a change, and the target or number it is added to
    times: float = key(1.0)


@dataclass(frozen=True)
class Remarks:
    """What the report says of this record and this model beside its numbers."""

    opening: str = key("")
    numbers: str = key("")
    proposals: str = key("")
    belief: str = key("")


def _targets(node: Any, where: str) -> tuple[Target, ...]:
    if not read_group(node, where, say := "see the head of configs/targets.yaml"):
        raise HedgingError(f"{where} has no entry; {say}")
    return tuple(read(Target, one, f"{where}.{name}", name=str(name)) for name, one in node.items())


def _panels(node: Any, where: str) -> tuple[FitPanel, ...]:
    return tuple(read(FitPanel, one, f"{where}.{place}") for place, one in enumerate(node))


@dataclass(frozen=True, kw_only=True)
class Record:
    """Every target, how their discrepancies go together, how worlds meet them, and what is said of them."""

    setting: tuple[str, ...]
    targets: tuple[Target, ...] = key(read=_targets)
    memory: float
    panels: tuple[FitPanel, ...] = key((), read=_panels)
    remarks: Remarks = key(Remarks(), read=partial(read, Remarks))

    @property
    def values(self) -> Array:
        """What is on record: (target,)."""
        return np.array([target.value for target in self.targets])

    @property
    def sides(self) -> Array:
        """0 where a value is hit from both sides, -1 at_least, 1 at_most: (target,)."""
        return np.array([SIDES[target.side] for target in self.targets])

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
        about = [(t.family, t.date, t.discrepancy, t.measurement) for t in self.targets]
        family, date, discrepancy, measurement = map(np.array, zip(*about, strict=True))
        apart = np.abs(date[:, None] - date) / self.memory
        together = discrepancy[:, None] * discrepancy * np.exp(-apart)
        return np.where(family[:, None] == family, together, 0.0) + np.diag(measurement**2)

    def without(self, name: str) -> Record:
        """All but one target."""
        return replace(self, targets=tuple(t for t in self.targets if t.name != name))

    def rows(self, other: Record) -> list[int]:
        """Where the targets of another record stand among these."""
        names = [target.name for target in self.targets]
        return [names.index(target.name) for target in other.targets]

    def misses(self, values: Array) -> Array:
        """How far worlds lie from the record, 0 on the free side of a bound: (target, draw)."""
        gap = values - self.values[:, None]
        side = self.sides[:, None]
        return np.where(side == 0, gap, side * np.maximum(side * gap, 0.0))

    def implausibility(self, values: Array) -> Array:
        """The miss in standard deviations of record and model together: (target, draw).

        Rule: |world - record| / sqrt(measurement^2 + discrepancy^2). Each world is one run, so that its own
        chance is in what is compared and is not added below.
        Source: Craig, Goldstein, Seheult and Smith (1997); Vernon, Goldstein and Bower (2010).
        """
        return np.abs(self.misses(values)) / self.spreads[:, None]

    def log_likelihood(self, values: Array) -> Array:
        """How likely the record is where a world is true, up to a constant that is the same for all: (draw,).

        Rule: -1/2 * miss' covariance^-1 miss; minus infinity for a world with a value missing, as where the
        leader has fallen. Taken as the kernel of approximate Bayesian computation, this makes it exact for a
        record that is a world plus measurement error and discrepancy (Wilkinson 2013).
        """
        whole = np.isfinite(values).all(axis=0)
        root = np.linalg.inv(np.linalg.cholesky(self.covariance))  # makes misses independent, of unit size
        scaled = root @ np.where(whole, self.misses(values), 0.0)
        return np.where(whole, -0.5 * (scaled * scaled).sum(axis=0), -np.inf)


def read_record(path: Path | None = None) -> Record:
    """Read the table of targets; the one that ships without a path.

    Raises:
        HedgingError: no such file, or a target that cannot be.
    """
    path = path or config_dir() / "targets.yaml"
    record, sources = read(Record, read_yaml(path), path.stem), read_yaml(config_dir() / "sources.yaml")
    if record.memory <= 0:
        raise HedgingError(f"{path.stem}.memory={record.memory:g} must be above 0, in years")
    names = {target.name for target in record.targets}
    if strange := {name for panel in record.panels for name in panel.facts} - names:
        raise unknown("target", min(strange), names, f"{path.stem}.panels")
    for target in record.targets:
        _check(target, sources, f"{path.stem}.targets.{target.name}")
    return record


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds keys.

    Raises:
        HedgingError: it cannot be read, or holds something else.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None
    return dict(read_group(tree, path.name, "see the head of the shipped file of that name"))


def _check(target: Target, sources: Mapping[str, Any], where: str) -> None:
    """See that a target can be met, that its sources are there, and that its value is what they add up to."""
    if min(target.measurement, target.discrepancy) < 0 or not target.spread:
        raise HedgingError(f"{where}: measurement and discrepancy must not be below 0, nor both 0")
    if strange := target.facts.keys() - sources:
        raise unknown("source", min(strange), sources, f"{where}.facts")
    if target.judged:
        return
    total = target.plus + sum(times * float(sources[name]["value"]) for name, times in target.facts.items())
    if abs(total - target.value) > NEAR * max(1.0, abs(total)):
        raise HedgingError(
            f"{where}: its facts add up to {total:g}, not to value {target.value:g}; mend one of them, or "
            "say under judged how the value is read out of them"
        )


def planted(record: Record, truth: Array, rng: np.random.Generator) -> Record:
    """The record of a history that one world has made: its values and a miss drawn by the covariance.

    A bound stays as it is, since truths are chosen with the weight that they have under it.
    Shapes: truth (target,).
    """
    miss = np.linalg.cholesky(record.covariance) @ rng.standard_normal(len(truth))
    made = np.where(record.sides, record.values, truth + miss).tolist()
    pairs = zip(record.targets, made, strict=True)
    return replace(record, targets=tuple(replace(target, value=value) for target, value in pairs))


def bounds_weight(record: Record, values: Array) -> Array:
    """How much each world counts under the bounds alone: (draw,)."""
    whole = np.isfinite(values).all(axis=0)
    odd = record.implausibility(np.where(whole, values, 0.0))[record.sides != 0]
    return np.where(whole, np.exp(-0.5 * (odd * odd).sum(axis=0)), 0.0)
