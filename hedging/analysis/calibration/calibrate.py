"""A calibration from its batches to its folder, written whole or not at all, whether that is fresh, and what
becomes of every claim under its posterior, by what became of it under the prior."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from hedging.analysis.calibration.batches import KINDS, Job, cut, work
from hedging.analysis.calibration.findings import Calibration, find
from hedging.analysis.calibration.report import report
from hedging.errors import HedgingError
from hedging.results.folder import read_manifest, staged
from hedging.results.freshness import ATOL, KEPT, RTOL, why_stale
from hedging.results.manifest import hashed, put_manifest
from hedging.results.save import claims_table
from hedging.runs.batch import Plan
from hedging.runs.executors import progress_bar, work_through
from hedging.runs.loop import Store, play_here
from hedging.settings.settings import settings_for
from hedging.studies.findings import Findings
from hedging.studies.study import read_study
from hedging.world.arrays import Array

SAMPLE = "posterior.parquet"

COLUMNS = (
    *("study", "claim", "rule"),
    *("prior_share", "prior_verdict", "posterior_share", "low", "high", "draws", "posterior_verdict"),
    *("prior_overall", "posterior_overall", "prior_effect", "posterior_effect", "unit", "changed"),
)
JUDGED = ("share", "verdict", "overall", "effect")
"""What is told of a claim under the prior, as a study's own claims.csv has it, and under the posterior."""

FEW = 16
"""Worlds of each rule that are played to see whether the model is still the same."""

UNTOLD = ("name", "of", "missing")
"""Fields of a target that move no number, and the formula, which is told as text."""


def calibrate(job: Job, results: Path, executor: Any, command: str, quick: bool = False) -> Path:
    """Work out all batches that are not there yet, and write the folder.

    Args:
        executor: as a setting names it.

    Returns: the folder.
    Raises:
        HedgingError: it cannot be written.
    """
    worlds = first_worlds(job)
    key = mark(job, worlds)
    store = Store(results / "scratch" / "calibration" / key[:8], key)
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"cannot keep batches in {store.folder}: {error.strerror}; choose another folder"
        raise HedgingError(told) from None
    for name, kinds in (("prior sample", [*KINDS][:1]), ("posterior", [*KINDS][1:])):
        batches = [batch for kind in kinds for batch in cut(job, store, kind)]
        with progress_bar(len(batches), f"calibration: {name}") as advance:
            list(work_through(batches, work, lambda batch: 1, executor, advance))
    found = find(job, store)
    seen = {"command": command, "seed": job.seed, "config": key, "told": found.told, "quick": worlds}
    folder = results / "scratch" / "calibration-quick" if quick else results / "calibration"
    write(found, folder, seen)
    return folder


def write(found: Calibration, folder: Path, seen: Mapping[str, Any]) -> None:
    """Write the folder of a calibration. Verdicts of an earlier one stay where the posterior is the same."""
    from hedging.plots.calibration import draw  # matplotlib takes long to import

    with staged(folder) as stage:
        for name, table in found.tables.items():
            write_table(table, stage / f"{name}.csv")
        write_sample(found.job, found.posterior, stage / SAMPLE)
        text = yaml.safe_dump(asked(found.job), sort_keys=False, allow_unicode=True, width=110)
        (stage / "config.yaml").write_text(text, encoding="utf-8")
        same, *_ = filecmp.cmpfiles(folder, stage, [SAMPLE], shallow=False)
        if same and (folder / "claims.csv").is_file():
            shutil.copy(folder / "claims.csv", stage)
        draw(found, stage)
        write_report(stage, seen)


def write_report(folder: Path, seen: Mapping[str, Any]) -> None:
    """Write the report of a folder, and its manifest."""
    put_manifest(folder, seen)
    (folder / "README.md").write_text(report(folder), encoding="utf-8")
    put_manifest(folder, seen)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as results are written."""
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def write_sample(job: Job, posterior: Array, path: Path) -> None:
    """Write the numbers of the posterior sample: a row for each draw, a column for each number.

    Single precision, four figures, to stay small; the ranges that were sampled go with the file, so that a
    setting that gives a number another range can tell.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, ranges = {}, {}
    for row, number in enumerate(job.worlds().varied):
        values = number.spread(posterior[row])
        step = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-12))) - 3)
        rounded = np.asarray(np.round(values / step) * step)
        columns[number.path] = np.clip(rounded, number.low, number.high).astype(np.float32)
        ranges[number.path] = [number.value, number.low, number.high, number.scale]
    about = {"rule": job.fitted, "setting": json.dumps(job.record.setting), "ranges": json.dumps(ranges)}
    table = pa.table(columns).replace_schema_metadata(about)
    pq.write_table(table, path, compression="zstd", compression_level=19, use_dictionary=False)


def stale(folder: Path, job: Job) -> list[str]:
    """Why a folder is not what a calibration would give today, a line each; empty where it is fresh."""
    manifest, worlds = read_manifest(folder), first_worlds(job)
    if not manifest:
        return [f"{folder} holds no calibration; run python -m experiments.calibrate"]
    both = pd.DataFrame({"before": manifest["quick"], "now": worlds}).sort_index()
    moved = both.index[~np.isclose(both["now"], both["before"], RTOL, ATOL)].tolist()
    same = mark(job, manifest["quick"]) == manifest["config"]
    return why_stale(folder, manifest["outputs"], same, moved, (*KEPT, ".parquet"))


def first_worlds(job: Job) -> dict[str, float]:
    """A number for each rule and target that any change of the model or of the prior moves: what a few worlds
    give, summed with rising weights."""
    every = {rule: job.worlds(rule) for rule in (*job.rules, *job.proposals)}
    return {
        f"{rule}: {target.name}": float(f"{np.nan_to_num(row) @ np.linspace(1, 2, FEW):.10g}")
        for rule, worlds in every.items()
        for target, row in zip(job.record.targets, worlds.values(worlds.prior(0, FEW)), strict=True)
    }


def asked(job: Job) -> dict[str, Any]:
    """All that is asked for, as plain values: plan and targets."""
    record, targets = job.record, {}
    for target in record.targets:
        told = {name: value for name, value in vars(target).items() if name not in UNTOLD}
        targets[target.name] = {**told, "of": " ".join(target.of.words)}
    of_record = {"setting": record.setting, "memory": record.memory, "targets": targets}
    plan = {name: value for name, value in asdict(job).items() if name != "record"}
    return {"plan": plan, "record": of_record}


def mark(job: Job, worlds: Mapping[str, float]) -> str:
    """A hash of all that moves a number of the calibration."""
    return hashed([asked(job), {name: f"{value:.7g}" for name, value in worlds.items()}])


def judged(
    study: str, quick: bool = False, progress: Callable[[int], None] = lambda count: None
) -> pd.DataFrame:
    """Every claim of one study under every rule: its share of draws under the posterior, and its verdict."""
    words = ("ensemble=posterior", "ensemble.keep=0", *(["ensemble.draws=48"] if quick else []))
    read = read_study(settings_for(study, words), (f"experiment={study}", *words))
    plays = tuple(replace(play, paths=()) for play in read.plays)
    outputs = play_here(Plan(plays, table=False, keep=0), {"name": "serial"})
    found = claims_table(Findings(replace(read, plays=plays), outputs), "")
    progress(1)
    told = found.rename(columns={name: f"posterior_{name}" for name in JUDGED})
    return told.assign(study=study).drop(columns="unit")


def compared(study: str, after: pd.DataFrame, results: Path) -> pd.DataFrame:
    """The verdicts under the posterior by those that the study's own folder holds.

    Raises:
        HedgingError: the study's claims cannot be read, or are not those of today.
    """
    path, again = results / study / "claims.csv", f"run python -m experiments.reproduce {study}"
    try:
        before = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {path}: {error}; {again}") from None
    before = before[["claim", "rule", *JUDGED, "unit"]].rename(columns={n: f"prior_{n}" for n in JUDGED})
    if len(after) != len(before):
        raise HedgingError(f"{path} holds other claims than the study: {again}")
    both = after.merge(before, on=["claim", "rule"], validate="one_to_one")
    both["changed"] = both["prior_verdict"] != both["posterior_verdict"]
    return both[list(COLUMNS)]


def write_verdicts(studies: Sequence[str], results: Path, executor: Any, quick: bool = False) -> Path:
    """Play studies, and write results/calibration/claims.csv and the report anew.

    Studies that are not named keep the rows that they have.
    Raises:
        HedgingError: no posterior sample, no such study.
    """
    folder, tables = results / "calibration", []
    if not (folder / SAMPLE).is_file():
        raise HedgingError(f"there is no {folder / SAMPLE}; run python -m experiments.calibrate first")
    judge = partial(judged, quick=quick)
    with progress_bar(len(studies), "verdicts under the posterior") as advance:
        for study, after in work_through(studies, judge, lambda study: 1, executor, advance):
            tables += [compared(study, after, results)] if len(after) else []
    if (path := folder / "claims.csv").is_file():
        old = pd.read_csv(path)
        tables.append(old[~old["study"].isin(studies)])
    write_table(pd.concat(tables, ignore_index=True).sort_values("study", kind="stable"), path)
    write_report(folder, read_manifest(folder))
    return folder
