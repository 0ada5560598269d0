"""How much is to be run for a calibration: configs/calibration.yaml, read and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hedging.analysis.calibration.targets import Record, read_record, read_yaml
from hedging.analysis.calibration.worlds import Worlds, worlds_under
from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.read import read_float, read_name, read_text, read_whole

PART = 8192
"""Prior draws of one part."""

FEW = 16
"""Worlds of each rule that are played to see whether the model is still the same."""

MOST = 10**8


@dataclass(frozen=True)
class Rule:
    """One client rule among the competitors, and how many worlds it gets."""

    label: str
    draws: int
    size: int
    replicates: int


@dataclass(frozen=True)
class Effort:
    """How hard one kind of annealing is worked."""

    size: int
    moves: int
    last_moves: int


@dataclass(frozen=True)
class Proposal:
    """Something changed, and the targets that it is to help with."""

    label: str
    overrides: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that is to be run."""

    seed: int
    rules: Mapping[str, Rule]
    fitted: str
    moves: int
    last_moves: int
    fitted_moves: int
    rows: int
    tolerances: tuple[float, ...]
    truths: int
    planted: Effort
    left_out: Effort
    mistaken: int
    proposals: Mapping[str, Proposal]
    proposed: Effort
    proposed_draws: int

    @property
    def stops(self) -> tuple[float, ...]:
        """The powers of the likelihood that tolerances above 1 stand for, rising."""
        return tuple(sorted(e**-2 for e in self.tolerances if e > 1))

    @property
    def draws(self) -> int:
        """Prior draws of all rules together."""
        return sum(rule.draws for rule in self.rules.values())

    def effort(self, rule: str) -> Effort:
        """How hard the annealing of one rule is worked."""
        more = self.fitted_moves if rule == self.fitted else self.last_moves
        return Effort(self.rules[rule].size, self.moves, more)

    def small(self) -> Plan:
        """The same with next to nothing of everything: to see that it runs, not to learn from."""

        def few(effort: Effort) -> Effort:
            return Effort(min(effort.size, 48), 2, 2)

        rules = {
            name: replace(
                rule,
                draws=min(rule.draws, 64 if name in SLOW else 512),
                size=min(rule.size, 16 if name in SLOW else 64),
                replicates=min(rule.replicates, 2),
            )
            for name, rule in self.rules.items()
        }
        few_of: dict[str, Any] = {
            "planted": few(self.planted),
            "left_out": few(self.left_out),
            "truths": 4,
            "mistaken": 2,
        }
        few_of |= {"proposed": few(self.proposed), "proposed_draws": 256}
        return replace(self, rules=rules, moves=1, last_moves=1, fitted_moves=2, rows=64, **few_of)


SLOW = ("lookahead", "quantal_response")
"""Rules that play the model on within each quarter: a world takes thirty to a hundred times as long."""


def read_plan(path: Path | None = None) -> Plan:
    """Read how much is to be run; the file that ships without a path.

    Raises:
        HedgingError: no such file, or an entry that cannot be.
    """
    path = path or config_dir() / "calibration.yaml"
    tree, where = read_yaml(path), path.name
    keys = [*Plan.__dataclass_fields__]
    keys = [key for key in keys if key not in ("truths", "proposed_draws")]
    for key in tree:
        if key not in keys:
            raise unknown("key", key, keys, where)
    for key in keys:
        if key not in tree:
            raise HedgingError(f"{where}: {key} is missing; see the shipped configs/calibration.yaml")
    if not isinstance(tree["rules"], Mapping) or len(tree["rules"]) < 2:
        raise HedgingError(
            f"{where}: rules: name two client rules or more, each with draws, size, replicates"
        )
    rules = {
        read_name(name, "rules"): _rule(node, f"{where}: rules.{name}")
        for name, node in tree["rules"].items()
    }
    if tree["fitted"] not in rules:
        raise unknown("rule", tree["fitted"], rules, f"{where}: fitted")
    tolerances = tree["tolerances"]
    if not isinstance(tolerances, list) or 1 not in tolerances:
        raise HedgingError(f"{where}: tolerances={tolerances}: write a list with 1 in it, such as [2, 1]")
    whole = {key: read_whole(tree[key], f"{where}: {key}", 1, MOST) for key in WHOLE}
    planted = dict(tree["planted"])
    truths = read_whole(planted.pop("truths", None), f"{where}: planted.truths", 1, MOST)
    proposed = dict(tree["proposed"])
    draws = read_whole(proposed.pop("draws", None), f"{where}: proposed.draws", 1, MOST)
    return Plan(
        **whole,
        proposals={
            name: _proposal(node, f"{where}: proposals.{name}") for name, node in tree["proposals"].items()
        },
        proposed=_effort(proposed, f"{where}: proposed"),
        proposed_draws=draws,
        rules=rules,
        fitted=tree["fitted"],
        tolerances=tuple(read_float(e, f"{where}: tolerances") for e in tolerances),
        truths=truths,
        planted=_effort(planted, f"{where}: planted"),
        left_out=_effort(tree["left_out"], f"{where}: left_out"),
    )


WHOLE = ("seed", "moves", "last_moves", "fitted_moves", "rows", "mistaken")


def _whole_keys(node: Any, keys: tuple[str, ...], where: str) -> dict[str, int]:
    if not isinstance(node, Mapping):
        raise HedgingError(f"{where}: '{node}' has none of {', '.join(keys)}; write {{{keys[0]}: 100, ...}}")
    for key in node:
        if key not in (*keys, "label"):
            raise unknown("key", key, keys, where)
    return {key: read_whole(node.get(key), f"{where}.{key}", 1, MOST) for key in keys}


def _rule(node: Any, where: str) -> Rule:
    told = _whole_keys(node, ("draws", "size", "replicates"), where)
    return Rule(read_text(node.get("label"), f"{where}.label"), **told)


def _proposal(node: Any, where: str) -> Proposal:
    if not isinstance(node, Mapping) or set(node) != {"label", "overrides", "targets"}:
        raise HedgingError(f"{where}: write {{label: ..., overrides: [...], targets: [...]}}")
    label = read_text(node["label"], f"{where}.label")
    return Proposal(label, tuple(map(str, node["overrides"])), tuple(map(str, node["targets"])))


def _effort(node: Any, where: str) -> Effort:
    return Effort(**_whole_keys(node, ("size", "moves", "last_moves"), where))


@dataclass(frozen=True)
class Job:
    """A plan and a record together: all that the parts are made of."""

    plan: Plan
    record: Record

    def worlds(self, rule: str) -> Worlds:
        """The worlds of one rule, or of the fitted rule under a proposal."""
        if rule in self.plan.proposals:
            return _worlds(self.plan.fitted, self.plan.seed, self.plan.proposals[rule].overrides)
        return _worlds(rule, self.plan.seed, ())

    def draws(self, rule: str) -> int:
        """How many prior draws a rule, or a proposal, gets."""
        return self.plan.proposed_draws if rule in self.plan.proposals else self.plan.rules[rule].draws

    def effort(self, rule: str) -> Effort:
        """How hard the annealing of a rule, or of a proposal, is worked."""
        return self.plan.proposed if rule in self.plan.proposals else self.plan.effort(rule)

    @property
    def fitted(self) -> Worlds:
        """The worlds of the rule under which the numbers are fitted."""
        return self.worlds(self.plan.fitted)


@cache
def _worlds(rule: str, seed: int, overrides: tuple[str, ...]) -> Worlds:
    return worlds_under(rule, read_record(), seed, overrides)


def read_job(small: bool = False) -> Job:
    """The plan and the record that ship."""
    plan = read_plan()
    return Job(plan.small() if small else plan, read_record())


def first_worlds(job: Job) -> dict[str, float]:
    """A number for each rule and target that any change of the model or of the prior moves: what a few worlds
    give, summed with rising weights."""
    found = {}
    for rule in (*job.plan.rules, *job.plan.proposals):
        worlds = job.worlds(rule)
        values = np.nan_to_num(worlds.values(worlds.prior(0, FEW)))
        for target, row in zip(job.record.targets, values, strict=True):
            found[f"{rule}: {target.name}"] = float(f"{row @ np.linspace(1, 2, FEW):.10g}")
    return found


def told(job: Job) -> dict[str, Any]:
    """All that is asked for, as plain values: plan and targets."""
    targets = {
        t.name: {**{k: v for k, v in vars(t).items() if k not in ("of", "name")}, "of": " ".join(t.of.words)}
        for t in job.record.targets
    }
    record = {"setting": list(job.record.setting), "memory": job.record.memory, "targets": targets}
    plan = asdict(job.plan)
    return json.loads(json.dumps({"plan": plan, "record": record}, default=list))  # type: ignore[no-any-return]


def mark(job: Job, worlds: Mapping[str, float]) -> str:
    """A hash of all that moves a number of the calibration."""
    rounded = {name: f"{value:.7g}" for name, value in worlds.items()}
    text = json.dumps([told(job), rounded], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
