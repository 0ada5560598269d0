"""What the batches of a calibration say, put together: posterior, targets, numbers, rules, recovery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedging.analysis.calibration.batches import Found, Job, Task, cut
from hedging.analysis.calibration.targets import CUTOFF, Record
from hedging.analysis.calibration.worlds import effective, evenly, log_mean, shares
from hedging.runs.loop import Store
from hedging.world.arrays import Array

MOVED, SHIFTED = 0.8, 0.5
"""A number counts as moved by the data where its variance fell below this part, or its mean moved more than
this many standard deviations of the prior."""

LEVELS = (0.5, 0.9)
"""Intervals whose coverage is looked at."""

RESAMPLES = 4000
GRID = (np.arange(4000) + 0.5) / 4000
FAR = 2.0
"""Standard deviations by which the posterior may miss a target and still meet it."""


@dataclass(frozen=True)
class Calibration:
    """All that is told of a calibration."""

    job: Job
    posterior: Array  # (row, draw): points of the cube, alike in weight, in no order
    ranks: Array  # (truth, number)
    tables: Mapping[str, pd.DataFrame]  # each is a file
    told: Mapping[str, float]  # single numbers of the report


def find(job: Job, store: Store) -> Calibration:
    """Put together what the batches in a store say."""
    annealed = defaultdict[str, list[Found]](list)
    for batch in cut(job, store, "anneal"):
        annealed[batch.rule].append(batch.found)
    left, planted = ([batch.found for batch in cut(job, store, kind)] for kind in ("left_out", "planted"))
    own, pool = annealed[job.fitted], Task(job, store, "prior", job.fitted).pool()
    posterior, values = _pooled(own, job.rows, np.random.default_rng([job.seed, 1]))
    ranks, truth, mean = (np.stack([found[name] for found in planted]) for name in ("rank", "truth", "mean"))
    numbers = numbers_table(job, posterior, own)
    again = [float(np.corrcoef(*pair)[0, 1]) for pair in zip(truth.T, mean.T, strict=True)]
    tables = {
        "targets": targets_table(job.record, pool, values, np.stack([found["predicted"] for found in left])),
        "numbers": numbers,
        "rules": rules_table(job, annealed),
        "without": without_table(job, annealed),
        "coverage": coverage_table(ranks, numbers["moved"].to_numpy()),
        "recovered": pd.DataFrame({"number": numbers["number"], "correlation": again}),
        "mistaken": mistaken_table(cut(job, store, "mistaken")),
        "proposals": proposals_table(job, annealed, values),
    }
    return Calibration(job, posterior, ranks, tables, _told(job, pool, own))


def _evidence(own: Sequence[Found], power: float = 1.0) -> Array:
    """Log evidence of each annealing, where the likelihood has so much power: (replicate,)."""
    return np.array([found["evidence"][np.abs(found["powers"] - power).argmin()] for found in own])


def _pooled(own: Sequence[Found], rows: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The particles of all replicates, each replicate by its evidence; rows of them in no order."""
    sizes = [found["cube"].shape[1] for found in own]
    chance = np.repeat(shares(_evidence(own)) / sizes, sizes)
    places = rng.permutation(evenly(chance, rows, rng))
    cube, values = (np.concatenate([found[name] for found in own], axis=1) for name in ("cube", "values"))
    # single precision may round up to 1, which is no point
    return np.clip(cube[:, places].astype(np.float64), 0.0, 1 - 1e-7), values[:, places]


def targets_table(record: Record, pool: Array, posterior: Array, left: Array) -> pd.DataFrame:
    """A row for each target: how near the prior and the posterior come to it, and what the posterior without
    it says of it."""
    alive = pool[:, np.isfinite(pool).all(axis=0)]
    odd, odd_after = record.implausibility(alive), record.implausibility(posterior)
    miss, blind_miss = (record.misses(_medians(values)[:, None])[:, 0] for values in (posterior, left))
    told = pd.DataFrame(map(vars, record.targets))[TOLD_OF_TARGET].rename(columns={"name": "target"})
    return told.assign(
        **_quantiles("prior", alive),
        prior_ruled_out=(odd > CUTOFF).mean(axis=1),
        prior_nearest=odd.min(axis=1),
        prior_implausibility=_medians(odd),
        **_quantiles("posterior", posterior),
        posterior_implausibility=_medians(odd_after),
        posterior_miss=miss / record.spreads,
        met=np.abs(miss) <= FAR * record.spreads,
        **_quantiles("left_out", left),
        left_out_miss=blind_miss / np.hypot(np.nanstd(left, axis=1), record.spreads),
        prior_on_side=_on_side(record, alive),
        posterior_on_side=_on_side(record, posterior),
    )


TOLD_OF_TARGET = ["name", "label", "unit", "value", "side", "measurement", "discrepancy"]


def _on_side(record: Record, values: Array) -> Array:
    """The share of worlds that keep to each bound; nothing for what is no bound."""
    kept = record.sides[:, None] * (values - record.values[:, None]) <= 0
    return np.where(record.sides, kept.mean(axis=1), np.nan)


_medians = partial(np.nanmedian, axis=1)
"""The median of each row."""


def _quantiles(name: str, rows: Array) -> dict[str, Array]:
    """Quantiles of each row, by what their columns are called."""
    return {f"{name}_p{p:02}": np.nanquantile(rows, p / 100, axis=1) for p in (5, 50, 95)}


def _error(values: Sequence[float] | Array) -> float:
    """The standard error of a mean; nothing of one value."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def numbers_table(job: Job, posterior: Array, own: Sequence[Found]) -> pd.DataFrame:
    """A row for each number that varies: prior and posterior, and whether the data moved it."""
    varied = job.worlds().varied
    prior = np.stack([number.spread(GRID) for number in varied])
    after = np.stack([number.spread(row) for number, row in zip(varied, posterior, strict=False)])
    cubes = [found["cube"].astype(np.float64) * (1 - 1e-7) for found in own]
    means = [[number.spread(cube[row]).mean() for cube in cubes] for row, number in enumerate(varied)]
    mean, wide = prior.mean(axis=1), prior.std(axis=1)
    ratio, shift = after.var(axis=1) / wide**2, (after.mean(axis=1) - mean) / wide
    told = pd.DataFrame(map(vars, varied))[TOLD_OF_NUMBER].rename(columns={"path": "number"})
    return told.assign(
        prior_mean=mean,
        prior_sd=wide,
        posterior_mean=after.mean(axis=1),
        posterior_sd=after.std(axis=1),
        **_quantiles("posterior", after),
        variance_ratio=ratio,
        shift=shift,
        monte_carlo=np.array([_error(each) for each in means]) / wide,
        moved=(ratio < MOVED) | (np.abs(shift) > SHIFTED),
    )


TOLD_OF_NUMBER = ["path", "unit", "low", "value", "high"]


def probabilities(evidence: Mapping[str, Array], rng: np.random.Generator) -> pd.DataFrame:
    """The probability of each rule, all alike beforehand, with an interval for the error of the evidence.

    Rule: proportional to the evidence; each replicate of it taken or not, over and over (bootstrap).
    Shapes: evidence (replicate,) for each rule.
    """
    each = evidence.values()
    logs = np.array([log_mean(one) for one in each])
    drawn = [log_mean(one[rng.integers(len(one), size=(RESAMPLES, len(one)))]) for one in each]
    low, high = np.quantile(shares(np.stack(drawn)), (0.05, 0.95), axis=1)
    told = {"log_evidence": logs, "log_error": [_error(one) for one in each]}
    return pd.DataFrame({"rule": [*evidence], **told, "probability": shares(logs), "low": low, "high": high})


def rules_table(job: Job, annealed: Mapping[str, Sequence[Found]]) -> pd.DataFrame:
    """The probability of each rule under each tolerance, at whose power its annealing stopped."""
    tables = []
    for e in job.tolerances:
        evidence = {rule: _evidence(annealed[rule], e**-2) for rule in job.rules}
        table = probabilities(evidence, np.random.default_rng([job.seed, 2]))
        tables.append(table.assign(tolerance=e))
    return pd.concat(tables, ignore_index=True)


def without_table(job: Job, annealed: Mapping[str, Sequence[Found]]) -> pd.DataFrame:
    """The probability of each rule with one target left out, from the particles that had it.

    Rule: evidence times the mean over particles of likelihood without the target / likelihood with it. Where
    few particles count for it (effective, of the worst rule), it is rough.
    """
    record, rows = job.record, []
    for target in record.targets:
        rest = record.without(target.name)
        places, logs, sizes = record.rows(rest), [], []
        for rule in job.rules:
            each = [found["values"] for found in annealed[rule]]
            more = [rest.log_likelihood(values[places]) - record.log_likelihood(values) for values in each]
            logs.append(log_mean(_evidence(annealed[rule]) + [log_mean(one) for one in more]))
            sizes += [effective(one) for one in more]
        rows.append([target.name, *shares(np.array(logs)), min(sizes)])
    return pd.DataFrame(rows, columns=["target", *job.rules, "effective"])


def coverage_table(ranks: Array, moved: NDArray[np.bool_]) -> pd.DataFrame:
    """How often intervals of the posterior hold the planted truth: of all numbers, and of those that move.

    The error counts truths as independent, and not the numbers of one truth.
    """
    rows = []
    for name, some in (("all", np.ones(len(moved), bool)), ("moved", moved), ("not moved", ~moved)):
        for level in LEVELS if some.any() else ():
            inside = (np.abs(ranks[:, some] - 0.5) <= level / 2).mean(axis=1)
            told = {"numbers": name, "size": int(some.sum()), "truths": len(ranks), "interval": level}
            rows.append({**told, "coverage": float(inside.mean()), "error": _error(inside)})
    return pd.DataFrame(rows)


def mistaken_table(batches: Sequence[Task]) -> pd.DataFrame:
    """The mean probability of each rule (column) for histories that a rule made (row)."""
    found = {batch.rule: shares(batch.found["evidence"].T) for batch in batches}
    table = pd.DataFrame([each.mean(axis=1) for each in found.values()], columns=[*found])
    table.insert(0, "made_by", [*found])
    first = [(each.argmax(axis=0) == place).mean() for place, each in enumerate(found.values())]
    return table.assign(found=first)


def proposals_table(job: Job, annealed: Mapping[str, Sequence[Found]], posterior: Array) -> pd.DataFrame:
    """What each proposal gains in log evidence, and how far its targets are missed before and after."""
    record, base, tables = job.record, log_mean(_evidence(annealed[job.fitted])), []
    for name, proposal in job.proposals.items():
        each = _evidence(annealed[name])
        values = np.concatenate([found["values"] for found in annealed[name]], axis=1)
        told: dict[str, Any] = {"proposal": name, "target": [target.name for target in record.targets]}
        told |= {"gain": log_mean(each) - base, "error": float(np.std(each, ddof=1))}
        for word, some in (("before", posterior), ("after", values)):
            told[word] = (_medians(some) - record.values) / record.spreads
            told[f"{word}_on_side"] = _on_side(record, some)
        tables.append(pd.DataFrame(told).set_index("target", drop=False).loc[[*proposal.targets]])
    return pd.concat(tables)


def _told(job: Job, pool: Array, own: Sequence[Found]) -> dict[str, float]:
    alive, record = np.isfinite(pool).all(axis=0), job.record
    odd = np.sort(record.implausibility(pool[:, alive]), axis=0)
    ranks = enumerate(("all", "all_but_one", "all_but_two", "all_but_three"), start=1)
    return {
        "draws": float(sum(map(job.draws, job.rules))),
        "fitted_draws": float(pool.shape[1]),
        "standing": float(alive.mean()),
        **{f"not_ruled_out_{word}": float((odd[-n] <= CUTOFF).mean() * alive.mean()) for n, word in ranks},
        "pool_effective": float(np.mean([f["pool_size"] for f in own])),
        "pool_evidence": log_mean(record.log_likelihood(pool)),
        "evidence": log_mean(_evidence(own)),
        "accepted": float(np.mean([f["accepted"][-1] for f in own])),
        "steps": float(np.mean([len(f["powers"]) - 1 for f in own])),
        "distinct": float(np.mean([len(np.unique(f["cube"][0])) / f["cube"].shape[1] for f in own])),
    }
