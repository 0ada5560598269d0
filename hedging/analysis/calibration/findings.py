"""What the parts of a calibration say, put together: posterior, targets, numbers, rules, recovery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from hedging.analysis.calibration.match import CUTOFF, on_record
from hedging.analysis.calibration.parts import Found, Part, kept, pool_of
from hedging.analysis.calibration.plan import Job
from hedging.analysis.calibration.targets import Record
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
class Findings:
    """All that is told of a calibration."""

    job: Job
    posterior: Array  # (row, draw): points of the cube, alike in weight, in no order
    targets: pd.DataFrame
    numbers: pd.DataFrame
    rules: pd.DataFrame
    without: pd.DataFrame
    coverage: pd.DataFrame
    recovered: pd.DataFrame
    ranks: Array  # (truth, number)
    mistaken: pd.DataFrame
    proposals: pd.DataFrame
    told: dict[str, float]


def find(job: Job, folder: Path) -> Findings:
    """Put together what the parts in a folder say."""
    plan = job.plan
    annealed = {
        name: list(kept([Part("anneal", name, number) for number in range(_many(job, name))], folder))
        for name in (*plan.rules, *plan.proposals)
    }
    own = annealed[plan.fitted]
    pool = pool_of(job, plan.fitted, folder)
    posterior, values = _pooled(own, plan.rows, np.random.default_rng([plan.seed, 1]))
    left = list(kept([Part("left_out", plan.fitted, n) for n in range(len(job.record.targets))], folder))
    planted = list(kept([Part("planted", plan.fitted, n) for n in range(plan.truths)], folder))
    numbers = numbers_table(job, posterior, own)
    ranks = np.stack([found["rank"] for found in planted])
    moved = numbers["moved"].to_numpy()
    rules = rules_table(job, {name: annealed[name] for name in plan.rules})
    return Findings(
        job,
        posterior,
        targets_table(job.record, pool, values, left),
        numbers,
        rules,
        without_table(job, {name: annealed[name] for name in plan.rules}),
        coverage_table(ranks, moved),
        recovered_table(numbers, planted),
        ranks,
        mistaken_table(job, folder),
        proposals_table(job, annealed, values),
        _told(job, pool, own, folder),
    )


def _many(job: Job, name: str) -> int:
    return job.plan.rules[name].replicates if name in job.plan.rules else 2


def _pooled(own: list[Found], rows: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The particles of all replicates, each replicate by its evidence; rows of them in no order."""
    evidence = np.array([found["evidence"][-1] for found in own])
    weight = np.exp(evidence - logsumexp(evidence))
    sizes = [found["cube"].shape[1] for found in own]
    chance = np.concatenate([np.full(size, w / size) for w, size in zip(weight, sizes, strict=True)])
    marks = (rng.random() + np.arange(rows)) / rows
    places = rng.permutation(np.minimum(np.searchsorted(np.cumsum(chance), marks), len(chance) - 1))
    cube = np.concatenate([found["cube"] for found in own], axis=1)[:, places].astype(np.float64)
    values = np.concatenate([found["values"] for found in own], axis=1)[:, places]
    return np.clip(cube, 0.0, 1 - 1e-7), values  # single precision may round up to 1, which is no point


def targets_table(record: Record, pool: Array, posterior: Array, left: list[Found]) -> pd.DataFrame:
    """A row for each target: how near the prior and the posterior come to it, and what the posterior without
    it says of it."""
    alive = pool[:, np.isfinite(pool).all(axis=0)]
    match = on_record(record)
    rows: list[dict[str, Any]] = []
    odd, odd_after = match.implausibility(alive), match.implausibility(posterior)
    for row, target in enumerate(record.targets):
        before, after, blind = alive[row], posterior[row], left[row]["predicted"]
        blind = blind[np.isfinite(blind)]
        expected = float(np.hypot(blind.std(), target.spread))
        side = record.sides[row]
        miss, blind_miss = float(np.median(after)) - target.value, float(np.median(blind)) - target.value
        if side:
            miss, blind_miss = side * max(side * miss, 0.0), side * max(side * blind_miss, 0.0)
        rows.append(
            {
                **{"target": target.name, "label": target.label, "unit": target.unit, "value": target.value},
                **{"side": target.side, "measurement": target.measurement, "discrepancy": target.discrepancy},
                **{f"prior_{name}": q for name, q in _quantiles(before).items()},
                **{
                    "prior_ruled_out": float((odd[row] > CUTOFF).mean()),
                    "prior_nearest": float(odd[row].min()),
                },
                "prior_implausibility": float(np.median(odd[row])),
                **{f"posterior_{name}": q for name, q in _quantiles(after).items()},
                "posterior_implausibility": float(np.median(odd_after[row])),
                **{"posterior_miss": miss / target.spread, "met": bool(abs(miss) <= FAR * target.spread)},
                **{f"left_out_{name}": q for name, q in _quantiles(blind).items()},
                "left_out_miss": blind_miss / expected,
                **{
                    f"{name}_on_side": _on_side(v, target.value, side)
                    for name, v in (("prior", before), ("posterior", after))
                },
            }
        )
    return pd.DataFrame(rows)


def _on_side(values: Array, bound: float, side: int) -> float:
    """The share of worlds that keep to a bound; nothing for what is no bound."""
    return float((side * (values - bound) <= 0).mean()) if side else float("nan")


def _quantiles(values: Array) -> dict[str, float]:
    return dict(zip(("p05", "p50", "p95"), map(float, np.quantile(values, (0.05, 0.5, 0.95))), strict=True))


def numbers_table(job: Job, posterior: Array, own: list[Found]) -> pd.DataFrame:
    """A row for each number that varies: prior and posterior, and whether the data moved it."""
    rows: list[dict[str, Any]] = []
    for row, number in enumerate(job.fitted.varied):
        prior, after = number.spread(GRID), number.spread(posterior[row])
        wide = float(prior.std())
        means = [
            float(number.spread(found["cube"][row].astype(np.float64) * (1 - 1e-7)).mean()) for found in own
        ]
        ratio, shift = float(after.var()) / wide**2, float(after.mean() - prior.mean()) / wide
        rows.append(
            {
                **{"number": number.path, "unit": number.unit, "low": number.low, "value": number.value},
                **{"high": number.high, "prior_mean": float(prior.mean()), "prior_sd": wide},
                **{"posterior_mean": float(after.mean()), "posterior_sd": float(after.std())},
                **{f"posterior_{name}": q for name, q in _quantiles(after).items()},
                **{"variance_ratio": ratio, "shift": shift},
                "monte_carlo": float(np.std(means, ddof=1) / np.sqrt(len(means)) / wide)
                if len(means) > 1
                else np.nan,
                "moved": bool(ratio < MOVED or abs(shift) > SHIFTED),
            }
        )
    return pd.DataFrame(rows)


def log_evidence(found: Found, power: float) -> float:
    """Log evidence of a rule with the likelihood to a power at which its annealing stopped."""
    powers, evidence = found["powers"], found["evidence"]
    return float(evidence[np.abs(powers - power).argmin()])


def probabilities(evidence: dict[str, Array], rng: np.random.Generator) -> pd.DataFrame:
    """The probability of each rule, all alike beforehand, with an interval for the error of the evidence.

    Rule: proportional to the evidence; each replicate of it taken or not, over and over (bootstrap).
    Shapes: evidence (replicate,) for each rule.
    """
    mean = {rule: logsumexp(each) - np.log(len(each)) for rule, each in evidence.items()}
    logs = np.array([*mean.values()])
    drawn = np.stack(
        [
            logsumexp(each[rng.integers(len(each), size=(RESAMPLES, len(each)))], axis=1) - np.log(len(each))
            for each in evidence.values()
        ]
    )
    spread = np.exp(drawn - logsumexp(drawn, axis=0))
    low, high = np.quantile(spread, (0.05, 0.95), axis=1)
    return pd.DataFrame(
        {
            "rule": [*evidence],
            "log_evidence": logs,
            "log_error": [
                float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else np.nan
                for each in evidence.values()
            ],
            **{"probability": np.exp(logs - logsumexp(logs)), "low": low, "high": high},
        }
    )


def rules_table(job: Job, annealed: dict[str, list[Found]]) -> pd.DataFrame:
    """The probability of each rule under each tolerance."""
    tables = []
    for e in job.plan.tolerances:
        evidence = {r: np.array([log_evidence(f, e**-2) for f in each]) for r, each in annealed.items()}
        table = probabilities(evidence, np.random.default_rng([job.plan.seed, 2]))
        tables.append(table.assign(tolerance=e))
    return pd.concat(tables, ignore_index=True)


def without_table(job: Job, annealed: dict[str, list[Found]]) -> pd.DataFrame:
    """The probability of each rule with one target left out, from the particles that had it.

    Rule: evidence times the mean over particles of likelihood without the target / likelihood with it. Where
    few particles count for it (effective, of the worst rule), it is rough.
    """
    record, rows = job.record, []
    full = on_record(record)
    for target in record.targets:
        rest = record.without(target.name)
        match, places = on_record(rest), record.rows(rest)
        logs, fewest = [], np.inf
        for each in annealed.values():
            parts = []
            for found in each:
                more = match.log_likelihood(found["values"][places]) - full.log_likelihood(found["values"])
                parts.append(found["evidence"][-1] + logsumexp(more) - np.log(more.size))
                fewest = min(fewest, float(np.exp(2 * logsumexp(more) - logsumexp(2 * more))))
            logs.append(logsumexp(parts) - np.log(len(parts)))
        shares = np.exp(np.array(logs) - logsumexp(logs))
        rows.append({"target": target.name, **dict(zip(annealed, shares, strict=True)), "effective": fewest})
    return pd.DataFrame(rows)


def coverage_table(ranks: Array, moved: NDArray[np.bool_]) -> pd.DataFrame:
    """How often intervals of the posterior hold the planted truth: of all numbers, and of those that move.

    The error counts truths as independent, and not the numbers of one truth.
    """
    rows = []
    for name, some in (("all", np.ones(len(moved), bool)), ("moved", moved), ("not moved", ~moved)):
        for level in LEVELS:
            if some.any():
                inside = (np.abs(ranks[:, some] - 0.5) <= level / 2).mean(axis=1)
                error = inside.std(ddof=1) / np.sqrt(len(inside)) if len(inside) > 1 else np.nan
                told = {"numbers": name, "size": int(some.sum()), "truths": len(ranks), "interval": level}
                rows.append({**told, "coverage": float(inside.mean()), "error": float(error)})
    return pd.DataFrame(rows)


def recovered_table(numbers: pd.DataFrame, planted: list[Found]) -> pd.DataFrame:
    """How well each number is found again: correlation of truth and posterior mean over planted truths."""
    truth, mean = np.stack([f["truth"] for f in planted]), np.stack([f["mean"] for f in planted])
    rows = [
        {"number": name, "correlation": float(np.corrcoef(truth[:, row], mean[:, row])[0, 1])}
        for row, name in enumerate(numbers["number"])
    ]
    return pd.DataFrame(rows)


def mistaken_table(job: Job, folder: Path) -> pd.DataFrame:
    """The mean probability of each rule (column) for histories that a rule made (row)."""
    rows = []
    for rule, found in zip(
        job.plan.rules, kept([Part("mistaken", r, 0) for r in job.plan.rules], folder), strict=True
    ):
        evidence = found["evidence"]
        shares = np.exp(evidence - logsumexp(evidence, axis=1, keepdims=True))
        first = (shares.argmax(axis=1) == [*job.plan.rules].index(rule)).mean()
        rows.append(
            {"made_by": rule, **dict(zip(job.plan.rules, shares.mean(axis=0), strict=True)), "found": first}
        )
    return pd.DataFrame(rows)


def proposals_table(job: Job, annealed: dict[str, list[Found]], posterior: Array) -> pd.DataFrame:
    """What each proposal gains in log evidence, and how far its targets are missed before and after."""
    names = [target.name for target in job.record.targets]
    base = logsumexp([f["evidence"][-1] for f in annealed[job.plan.fitted]]) - np.log(
        len(annealed[job.plan.fitted])
    )
    rows = []
    for name, proposal in job.plan.proposals.items():
        each = np.array([found["evidence"][-1] for found in annealed[name]])
        values = np.concatenate([found["values"] for found in annealed[name]], axis=1)
        gain, error = float(logsumexp(each) - np.log(len(each)) - base), float(np.std(each, ddof=1))
        for target in proposal.targets:
            row = names.index(target)
            spread, value = job.record.spreads[row], job.record.values[row]
            told: dict[str, Any] = {"proposal": name, "target": target, "gain": gain, "error": error}
            for word, some in (("before", posterior[row]), ("after", values[row])):
                told[word] = (float(np.median(some)) - value) / spread
                told[f"{word}_on_side"] = _on_side(some, value, job.record.sides[row])
            rows.append(told)
    return pd.DataFrame(rows)


def _told(job: Job, pool: Array, own: list[Found], folder: Path) -> dict[str, float]:
    """Single numbers of the report."""
    alive = np.isfinite(pool).all(axis=0)
    odd = np.sort(on_record(job.record).implausibility(pool[:, alive]), axis=0)
    everywhere = sum(pool_of(job, rule, folder).shape[1] for rule in job.plan.rules)
    found = {
        "draws": float(everywhere),
        "fitted_draws": float(pool.shape[1]),
        "standing": float(alive.mean()),
    }
    for rank, word in enumerate(("all", "all_but_one", "all_but_two", "all_but_three"), start=1):
        found[f"not_ruled_out_{word}"] = float((odd[-rank] <= CUTOFF).mean() * alive.mean())
    found["pool_effective"] = float(np.mean([f["pool_size"] for f in own]))
    log = on_record(job.record).log_likelihood(pool)
    found["pool_evidence"] = float(logsumexp(log) - np.log(log.size))
    each = np.array([f["evidence"][-1] for f in own])
    found["evidence"] = float(logsumexp(each) - np.log(len(each)))
    found["accepted"] = float(np.mean([f["accepted"][-1] for f in own]))
    found["steps"] = float(np.mean([len(f["powers"]) - 1 for f in own]))
    found["distinct"] = float(np.mean([len(np.unique(f["cube"][0])) / f["cube"].shape[1] for f in own]))
    return found
