"""The calibration in parts: each is worked out by itself and kept, so that a run can be taken up again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.special import logsumexp

from hedging.analysis.calibration.anneal import Annealed, Pool, anneal
from hedging.analysis.calibration.match import Match, bounds_weight, on_record, planted
from hedging.analysis.calibration.plan import PART, Effort, Job
from hedging.analysis.calibration.worlds import Worlds
from hedging.world.arrays import Array

FEW_DRAWS = 32768
"""Prior draws of a rule by which its evidence for a made history is told."""

Found = dict[str, Array]


@dataclass(frozen=True)
class Part:
    """One piece of work: what kind, under which rule, and the how-manieth."""

    kind: str  # one of KINDS
    rule: str
    number: int

    @property
    def name(self) -> str:
        """Its file."""
        return f"{self.kind}-{self.rule}-{self.number:04d}.npz"


def prior_parts(job: Job) -> list[Part]:
    """The parts of the prior sample, the slowest rules first."""
    names = sorted([*job.plan.rules, *job.plan.proposals], key=job.draws)
    return [Part("prior", name, number) for name in names for number in range(-(-job.draws(name) // PART))]


def later_parts(job: Job) -> list[Part]:
    """The parts that need the prior sample: annealings, targets left out, planted truths."""
    rules = sorted(job.plan.rules, key=job.draws)
    found = [
        Part("anneal", rule, number) for rule in rules for number in range(job.plan.rules[rule].replicates)
    ]
    found += [Part("anneal", name, number) for name in job.plan.proposals for number in range(2)]
    found += [Part("mistaken", rule, 0) for rule in rules]
    found += [Part("left_out", job.plan.fitted, number) for number in range(len(job.record.targets))]
    return found + [Part("planted", job.plan.fitted, number) for number in range(job.plan.truths)]


def work(part: Part, job: Job, folder: Path) -> None:
    """Work one part out and keep it; a part that is there already stays."""
    path = folder / part.name
    if read(path) is not None:
        return
    found = KINDS[part.kind](part, job, folder)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez(file, **found)  # type: ignore[arg-type]  # arrays by name
    unfinished.replace(path)


def read(path: Path) -> Found | None:
    """A part as it was kept; nothing where there is none, or a broken one."""
    try:
        with np.load(path) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, BadZipFile, EOFError):
        return None


def work_all(
    parts: Sequence[Part], job: Job, folder: Path, executor: Executor, told: Callable[[int], None]
) -> None:
    """Work parts out on an executor, whatever its kind; the first that fails stops the rest."""
    waiting: list[Future[None]] = [executor.submit(work, part, job, folder) for part in parts]
    try:
        for done in as_completed(waiting):
            done.result()
            told(1)
    finally:
        for future in waiting:
            future.cancel()


def pool_of(job: Job, rule: str, folder: Path) -> Array:
    """What the prior sample of a rule gave: (target, draw)."""
    return _pool_values(folder, rule, job.draws(rule))


@lru_cache(maxsize=8)
def _pool_values(folder: Path, rule: str, draws: int) -> Array:
    values = []
    for number in range(-(-draws // PART)):
        found = read(folder / Part("prior", rule, number).name)
        assert found is not None, "the prior sample comes first"
        values.append(found["values"])
    return np.concatenate(values, axis=1)


def points(worlds: Worlds, places: Array) -> Array:
    """Points of the prior sample by their places, which are rising."""
    return np.concatenate([worlds.prior(int(place), 1) for place in places], axis=1)


def _prior(part: Part, job: Job, folder: Path) -> Found:
    worlds, first = job.worlds(part.rule), part.number * PART
    count = min(PART, job.draws(part.rule) - first)
    return {"values": worlds.values(worlds.prior(first, count))}


def generator(job: Job, part: Part) -> np.random.Generator:
    """The random numbers of one part."""
    return np.random.default_rng([job.plan.seed, *part.name.encode()])


def run(
    job: Job,
    part: Part,
    folder: Path,
    match: Match,
    effort: Effort,
    stops: Sequence[float] = (),
    but: int | None = None,
) -> Annealed:
    """Anneal under one rule, from its prior sample, to one record.

    Args:
        but: the place of a world of the prior sample that must not be used, since it is the truth.
    """
    worlds, values = job.worlds(part.rule), pool_of(job, part.rule, folder)
    rows = job.record.rows(match.record)
    seen = values[rows]
    if but is not None:
        seen = seen.copy()
        seen[:, but] = np.nan
    return anneal(
        Pool(seen, lambda places: points(worlds, places)),
        lambda cube: worlds.values(cube)[rows],
        match.log_likelihood,
        *(effort.size, effort.moves, effort.last_moves),
        generator(job, part),
        stops,
    )


def _anneal(part: Part, job: Job, folder: Path) -> Found:
    done = run(job, part, folder, on_record(job.record), job.effort(part.rule), job.plan.stops)
    return {
        **{"cube": done.cube.astype(np.float32), "values": done.values, "powers": done.powers},
        **{"evidence": done.evidence, "accepted": done.accepted, "pool_size": np.array(done.pool_size)},
    }


def _left_out(part: Part, job: Job, folder: Path) -> Found:
    """The posterior without one target, and what it says of it."""
    record = job.record.without(job.record.targets[part.number].name)
    done = run(job, part, folder, on_record(record), job.plan.left_out)
    return {"predicted": job.worlds(part.rule).values(done.cube)[part.number], "accepted": done.accepted}


def _planted(part: Part, job: Job, folder: Path) -> Found:
    """Recover one planted truth: where each of its numbers lies among those of the posterior."""
    worlds, values = job.worlds(part.rule), pool_of(job, part.rule, folder)
    rng = generator(job, Part("truth", part.rule, part.number))
    weight = bounds_weight(job.record, values)
    place = int(rng.choice(values.shape[1], p=weight / weight.sum()))
    match = planted(job.record, values[:, place], rng)
    done = run(job, part, folder, match, job.plan.planted, but=place)
    count = len(worlds.varied)
    truth, found = points(worlds, np.array([place]))[:count], done.cube[:count]
    rank = ((found < truth).sum(axis=1) + rng.random(count)) / (found.shape[1] + 1)
    return {"rank": rank, "truth": truth[:, 0], "spread": found.std(axis=1), "mean": found.mean(axis=1)}


def _mistaken(part: Part, job: Job, folder: Path) -> Found:
    """Histories made by one rule, and the log evidence of every rule for each: (history, rule).

    By the prior samples alone, without annealing, and by at most FEW_DRAWS draws of each.
    """
    rng = generator(job, part)
    pools = {rule: pool_of(job, rule, folder)[:, :FEW_DRAWS] for rule in job.plan.rules}
    own = pools[part.rule]
    weight = bounds_weight(job.record, own)
    places = rng.choice(own.shape[1], size=job.plan.mistaken, p=weight / weight.sum())
    evidence = np.empty((len(places), len(pools)))
    for row, place in enumerate(places):
        match = planted(job.record, own[:, place], rng)
        for column, values in enumerate(pools.values()):
            log = match.log_likelihood(values)
            log[
                place : place + 1
            ] = -np.inf  # the truth, and its twins: same numbers and luck under other rules
            evidence[row, column] = logsumexp(log) - np.log(log.size)
    return {"evidence": evidence}


KINDS: dict[str, Callable[[Part, Job, Path], Found]] = {
    "prior": _prior,
    "anneal": _anneal,
    "mistaken": _mistaken,
    "left_out": _left_out,
    "planted": _planted,
}


def kept(parts: Sequence[Part], folder: Path) -> Iterator[Found]:
    """What parts gave."""
    for part in parts:
        found = read(folder / part.name)
        assert found is not None, f"{part.name} is not there"
        yield found
