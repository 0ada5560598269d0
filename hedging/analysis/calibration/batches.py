"""What a calibration is made of, as configs/calibration.yaml says, in batches: each is worked out by itself
and kept, so that a run can be taken up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from hedging.analysis.calibration.targets import Record, bounds_weight, planted, read_record, read_yaml
from hedging.analysis.calibration.worlds import Effort, Worlds, anneal, log_mean, worlds_under
from hedging.errors import HedgingError, unknown
from hedging.runs.loop import Store
from hedging.settings.compose import config_dir
from hedging.settings.read import key, read, read_each, read_floats
from hedging.world.arrays import Array

OF_PROPOSALS = 2
"""Annealings of each proposal."""

DRAWS = 8192
"""Prior draws of one batch."""

FEW_DRAWS = 32768
"""Prior draws of a rule by which its evidence for a made history is told."""

Found = dict[str, Array]


@dataclass(frozen=True)
class Rule:
    """One client rule among the competitors, and how many worlds it gets."""

    label: str
    draws: int = key(low=1)
    size: int = key(low=1)
    replicates: int = key(low=1)


@dataclass(frozen=True)
class Proposal:
    """Something changed, and the targets that it is to help with."""

    label: str
    overrides: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Planted(Effort):
    """How many truths are to be recovered, and how hard each is worked."""

    truths: int = key(low=1)


@dataclass(frozen=True, kw_only=True)
class Proposed(Effort):
    """How many prior draws each proposal gets, and how hard it is worked."""

    draws: int = key(low=1)


def _rules(node: Any, where: str) -> dict[str, Rule]:
    if not isinstance(node, Mapping) or len(node) < 2:
        raise HedgingError(f"{where}: name two client rules or more, each with draws, size, replicates")
    return dict(read_each(partial(read, Rule), node, where, ""))


def _tolerances(node: Any, where: str) -> tuple[float, ...]:
    if not isinstance(node, list) or 1 not in node:
        raise HedgingError(f"{where}={node}: write a list with 1 in it, such as [2, 1]")
    return read_floats(node, where)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that a calibration is made of: the record, and all that is to be run."""

    record: Record
    seed: int = key(low=1)
    rules: Mapping[str, Rule] = key(read=_rules)
    fitted: str
    moves: int = key(low=1)
    last_moves: int = key(low=1)
    fitted_moves: int = key(low=1)
    rows: int = key(low=1)
    tolerances: tuple[float, ...] = key(read=_tolerances)
    planted: Planted = key(read=partial(read, Planted))
    left_out: Effort = key(read=partial(read, Effort))
    mistaken: int = key(low=1)
    proposals: Mapping[str, Proposal] = key(
        read=lambda node, where: read_each(partial(read, Proposal), node, where, "write {name: {...}}")
    )
    proposed: Proposed = key(read=partial(read, Proposed))

    @property
    def stops(self) -> tuple[float, ...]:
        """The powers of the likelihood that tolerances above 1 stand for, rising."""
        return tuple(sorted(e**-2 for e in self.tolerances if e > 1))

    def draws(self, name: str) -> int:
        """How many prior draws a rule, or a proposal, gets."""
        return self.proposed.draws if name in self.proposals else self.rules[name].draws

    def replicates(self, name: str) -> int:
        """How often a rule, or a proposal, is annealed."""
        return OF_PROPOSALS if name in self.proposals else self.rules[name].replicates

    def effort(self, name: str) -> Effort:
        """How hard the annealing of a rule, or of a proposal, is worked."""
        if name in self.proposals:
            return self.proposed
        last = self.fitted_moves if name == self.fitted else self.last_moves
        return Effort(self.rules[name].size, self.moves, last)

    def worlds(self, name: str = "") -> Worlds:
        """The worlds of one rule, the fitted one unless said, or of the fitted rule under a proposal."""
        changed = self.proposals.get(name)
        rule, overrides = (self.fitted, changed.overrides) if changed else (name or self.fitted, ())
        return _worlds(rule, self.seed, overrides)


def read_job(quick: bool = False, path: Path | None = None) -> Job:
    """Read how much is to be run, for the record that ships; the file that ships without a path.

    Args:
        quick: next to nothing of everything, as the file says: to see that it runs, not to learn from.

    Raises:
        HedgingError: no such file, or an entry that cannot be.
    """
    path = path or config_dir() / "calibration.yaml"
    tree = read_yaml(path)
    less = tree.pop("quick", {})
    asked = OmegaConf.to_container(OmegaConf.merge(tree, less if quick else {}))
    job = read(Job, asked, path.stem, record=read_record())
    if job.fitted not in job.rules:
        raise unknown("rule", job.fitted, job.rules, f"{path.stem}.fitted")
    return job


@cache
def _worlds(rule: str, seed: int, overrides: tuple[str, ...]) -> Worlds:
    return worlds_under(rule, read_record(), seed, overrides)


@dataclass(frozen=True)
class Task:
    """One piece of work of a job: what kind, under which rule or proposal, and the how-manieth."""

    job: Job
    store: Store
    kind: str  # one of KINDS
    rule: str
    number: int = 0

    @property
    def name(self) -> str:
        """What it is kept as."""
        return f"{self.kind}-{self.rule}-{self.number:04d}"

    @property
    def found(self) -> Found:
        """What it gave."""
        with self.store.get(self.name, "found") as kept:
            return dict(kept)

    def generator(self) -> np.random.Generator:
        """The random numbers of the batch: a stream for each name, as of a file."""
        return np.random.default_rng([self.job.seed, *f"{self.name}.npz".encode()])

    def pool(self, rule: str = "") -> Array:
        """What the prior sample of its own rule gave, or of another: (target, draw)."""
        every = (b for b in cut(self.job, self.store, "prior") if b.rule == (rule or self.rule))
        return np.concatenate([batch.found["values"] for batch in every], axis=1)

    def anneal(self, record: Record, effort: Effort, but: Sequence[int] = ()) -> Found:
        """Anneal from the prior sample to what was observed.

        Args:
            but: places of worlds of the prior sample that must not be used, since one is the truth.
        """
        worlds, pool = replace(self.job.worlds(self.rule), record=record), self.pool()
        pool = pool[self.job.record.rows(record)]
        pool[:, list(but)] = np.nan
        stops = self.job.stops if self.kind == "anneal" else ()
        return anneal(pool, worlds, effort, self.generator(), *stops)


def cut(job: Job, store: Store, kind: str) -> list[Task]:
    """The batches of one kind, the slowest rules first."""
    everyone = sorted([*job.rules, *job.proposals], key=job.draws)
    counts = {
        "prior": {name: -(-job.draws(name) // DRAWS) for name in everyone},
        "anneal": {name: job.replicates(name) for name in everyone},
        "mistaken": dict.fromkeys(job.rules, 1),
        "left_out": {job.fitted: len(job.record.targets)},
        "planted": {job.fitted: job.planted.truths},
    }
    return [Task(job, store, kind, name, n) for name, count in counts[kind].items() for n in range(count)]


def work(batch: Task, progress: Callable[[int], None] = lambda count: None) -> None:
    """Work a batch out and keep it; one that is there already stays."""
    if not batch.store.whole(batch.name):
        batch.store.put(batch.name, {"found": KINDS[batch.kind](batch)})
    progress(1)


def _prior(batch: Task) -> Found:
    worlds, first = batch.job.worlds(batch.rule), batch.number * DRAWS
    count = min(DRAWS, batch.job.draws(batch.rule) - first)
    return {"values": worlds.values(worlds.prior(first, count))}


def _anneal(batch: Task) -> Found:
    found = batch.anneal(batch.job.record, batch.job.effort(batch.rule))
    return found | {"cube": found["cube"].astype(np.float32)}


def _without(batch: Task) -> Found:
    """The posterior without one target, and what it says of it."""
    record = batch.job.record.without(batch.job.record.targets[batch.number].name)
    cube = batch.anneal(record, batch.job.left_out)["cube"]
    return {"predicted": batch.job.worlds(batch.rule).values(cube)[batch.number]}


def _planted(batch: Task) -> Found:
    """Recover one planted truth: where each of its numbers lies among those of the posterior."""
    worlds, values, rng = batch.job.worlds(batch.rule), batch.pool(), replace(batch, kind="truth").generator()
    weight = bounds_weight(batch.job.record, values)
    place = int(rng.choice(values.shape[1], p=weight / weight.sum()))
    made = planted(batch.job.record, values[:, place], rng)
    count = len(worlds.varied)
    found = batch.anneal(made, batch.job.planted, but=[place])["cube"][:count]
    truth = worlds.points(np.array([place]))[:count]
    rank = ((found < truth).sum(axis=1) + rng.random(count)) / (found.shape[1] + 1)
    return {"rank": rank, "truth": truth[:, 0], "mean": found.mean(axis=1)}


def _mistaken(batch: Task) -> Found:
    """Histories made by one rule, and the log evidence of every rule for each: (history, rule).

    By the prior samples alone, without annealing, and by at most FEW_DRAWS draws of each.
    """
    job, rng = batch.job, batch.generator()
    pools = {rule: batch.pool(rule)[:, :FEW_DRAWS] for rule in job.rules}
    own = pools[batch.rule]
    weight = bounds_weight(job.record, own)
    places = rng.choice(own.shape[1], size=job.mistaken, p=weight / weight.sum())
    evidence = np.empty((len(places), len(pools)))
    for history, place in enumerate(places):
        made = planted(job.record, own[:, place], rng)
        for column, values in enumerate(pools.values()):
            log = made.log_likelihood(values)
            log[place : place + 1] = -np.inf  # the truth, and its twins: same numbers and luck, another rule
            evidence[history, column] = log_mean(log)
    return {"evidence": evidence}


KINDS = {"prior": _prior, "anneal": _anneal, "mistaken": _mistaken, "left_out": _without, "planted": _planted}
"""How each kind of batch is worked out; all but the first need the prior sample."""
