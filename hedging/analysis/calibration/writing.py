"""The folder of a calibration: tables, sample, figures, report and manifest, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from hedging.analysis.calibration.findings import Findings
from hedging.analysis.calibration.plan import Job, first_worlds, mark, told
from hedging.analysis.calibration.worlds import Worlds
from hedging.errors import HedgingError
from hedging.results.folder import staged
from hedging.results.freshness import ATOL, RTOL
from hedging.results.run import VERSIONED
from hedging.world.arrays import Array

TABLES = ("targets", "numbers", "rules", "without", "coverage", "recovered", "mistaken", "proposals")
"""What is found, a file each."""

SAMPLE, CLAIMS, MANIFEST, PAGE = "posterior.parquet", "claims.csv", "manifest.json", "README.md"


def write(found: Findings, folder: Path, command: str, key: str, worlds: Mapping[str, float]) -> None:
    """Write the folder of a calibration. Verdicts of an earlier one stay where the posterior is the same.

    Raises:
        HedgingError: the folder cannot be written.
    """
    from hedging.analysis.calibration.drawing import draw
    from hedging.analysis.calibration.report import report

    with staged(folder) as stage:
        for name in TABLES:
            write_table(getattr(found, name), stage / f"{name}.csv")
        write_sample(found.job.fitted, found.posterior, stage / SAMPLE, found.job.plan.fitted)
        (stage / "config.yaml").write_text(
            yaml.safe_dump(told(found.job), sort_keys=False, allow_unicode=True, width=110), encoding="utf-8"
        )
        same = (folder / SAMPLE).is_file() and (folder / SAMPLE).read_bytes() == (stage / SAMPLE).read_bytes()
        if same and (folder / CLAIMS).is_file():
            shutil.copyfile(folder / CLAIMS, stage / CLAIMS)
        draw(found, stage)
        seen = {
            "command": command,
            "seed": found.job.plan.seed,
            "config": key,
            "told": found.told,
            "quick": dict(worlds),
        }
        write_manifest(stage, seen)
        (stage / PAGE).write_text(report(stage), encoding="utf-8")
        write_manifest(stage, seen)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as results are written."""
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def write_sample(worlds: Worlds, posterior: Array, path: Path, rule: str) -> None:
    """Write the numbers of the posterior sample: a row for each draw, a column for each number.

    Single precision, four figures, to stay small; the ranges that were sampled go with the file, so that a
    setting that gives a number another range can tell.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, ranges = {}, {}
    for row, number in enumerate(worlds.varied):
        values = number.spread(posterior[row])
        columns[number.path] = np.clip(_rounded(values), number.low, number.high).astype(np.float32)
        ranges[number.path] = [number.value, number.low, number.high, number.scale]
    about = {"rule": rule, "setting": json.dumps(list(worlds.record.setting)), "ranges": json.dumps(ranges)}
    table = pa.table(columns).replace_schema_metadata(about)
    pq.write_table(table, path, compression="zstd", compression_level=19, use_dictionary=False)


def _rounded(values: Array) -> Array:
    """Numbers to four significant figures."""
    size = np.floor(np.log10(np.maximum(np.abs(values), 1e-12)))
    step = 10.0 ** (size - 3)
    return np.asarray(np.round(values / step) * step)


def write_manifest(folder: Path, seen: Mapping[str, Any]) -> None:
    """Write manifest.json: what made the folder, and a hash of each file of it."""
    from importlib.metadata import version

    outputs = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    manifest = {
        **seen,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        "outputs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """What made a folder.

    Raises:
        HedgingError: no calibration has been written there.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HedgingError(
            f"{folder} holds no calibration ({error}); run python -m experiments.calibrate"
        ) from None
    return manifest


def add_claims(folder: Path, claims: pd.DataFrame) -> None:
    """Put the verdicts into a folder, and make its report and its manifest anew."""
    from hedging.analysis.calibration.report import report

    seen = {k: v for k, v in read_manifest(folder).items() if k not in ("versions", "outputs")}
    write_table(claims, folder / CLAIMS)
    (folder / PAGE).write_text(report(folder), encoding="utf-8")
    write_manifest(folder, seen)


def stale(folder: Path, job: Job) -> list[str]:
    """Why a folder is not what a calibration would give today, a line each; empty where it is fresh."""
    manifest, reasons = read_manifest(folder), []
    for name, stated in manifest["outputs"].items():
        path = folder / name
        if not path.is_file():
            reasons.append(f"{name} is gone")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != stated:
            reasons.append(f"{name} is not as the run left it")
    worlds, before = first_worlds(job), manifest["quick"]
    if mark(job, before) != manifest["config"]:
        reasons.append("its targets or its plan have changed")
    moved = [
        name
        for name in sorted(set(worlds) | set(before))
        if name not in worlds or name not in before or not np.isclose(worlds[name], before[name], RTOL, ATOL)
    ]
    if moved:
        reasons.append(f"the model now gives other numbers: {', '.join(moved[:5])}")
    return reasons
