"""The run folder: written whole or not at all, and read back."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from hedging import measures
from hedging.about import read_about
from hedging.arm import Arm
from hedging.arrays import Array
from hedging.compose import Tree
from hedging.designs import NEUTRAL
from hedging.ensemble import Block, Progress, join, play
from hedging.errors import HedgingError
from hedging.outcomes import TOTALS
from hedging.own_sample import identified
from hedging.played import Gathered
from hedging.record import to_dataset
from hedging.settings import Settings
from hedging.staging import staged
from hedging.study import is_study, read_study
from hedging.study_results import load_study, save_study, write_claims
from hedging.summary import COLUMNS, Bands, as_dataset

Part = Literal["summary", "draws", "trajectories"]
VERSIONED = ("hedging", "hydra-core", "matplotlib", "mesa", "numpy", "pandas", "pyarrow", "xarray")
LAST = (
    *("reserves", "gdp", "market_debt", "legitimacy", "survival", "sovereign", "sovereignty", "autonomy"),
    *("debt", "concession", "warmth", "trade_share", "tension", "rents", "loyalty_rent"),
)
"""Series whose value at the end is kept for each draw."""

YEARS = (2016, 2019, 2024)
"""Years whose last quarter's regime is kept for each draw."""

NOT_NUMBERS = ("question", "marks", "finding", "figure", "sweep")
"""Keys of a setting that change no number."""


def fingerprint(tree: Tree) -> str:
    """A hash of everything in a setting that changes a number; a sample of one's own by what its file holds.

    Rule: a key that an older setting lacks does not count while it asks for what such a setting meant.
    """
    told = {key: value for key, value in identified(tree).items() if key not in NOT_NUMBERS}
    ensemble = {k: v for k, v in told["ensemble"].items() if k not in NEUTRAL or v != NEUTRAL[k]}
    if "sample" in ensemble:
        ensemble["sample"] = ensemble["sample"]["sha256"]  # its path moves nothing
    told["ensemble"] = ensemble
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def save_run(settings: Settings, folder: Path, command: str, progress: Progress = lambda count: None) -> Any:
    """Play a setting and write its run folder: config.yaml, manifest.json, summary.csv, draws.parquet,
    trajectories.nc and the figures. Until all of it is there, an earlier folder stays as it was.

    Returns: the summary, an xarray.Dataset.
    Raises:
        HedgingError: the folder cannot be written.
    """
    gathered = Gathered(read_study(settings)) if settings.tree.get("claims") else None
    with staged(folder) as stage:
        summary = _write_numbers(settings, stage, progress, gathered)
        _write_figures(summary, stage)
        if gathered:
            write_claims(gathered.played, stage, command)
        write_config(settings, stage)
        write_manifest(settings, stage, command)
    return summary


def write_config(settings: Settings, stage: Path) -> None:
    """Write config.yaml: the setting, resolved."""
    text = yaml.safe_dump(settings.tree, sort_keys=False, allow_unicode=True, width=110)
    (stage / "config.yaml").write_text(text, encoding="utf-8")


def _write_numbers(
    settings: Settings, stage: Path, progress: Progress, gathered: Gathered | None = None
) -> Any:
    bands, kept = Bands(settings, stage), []
    writer = DrawsWriter(stage / "draws.parquet")
    try:
        for block in play(settings, progress):
            bands.add(block.arm)
            writer.add(block, settings.patrons)
            if gathered:
                gathered.add(block)
            if block.first < settings.keep:
                kept.append(block)
        table = bands.table()
    finally:
        writer.close()
        bands.close()
    table.to_csv(stage / "summary.csv", index=False, float_format="%.10g", lineterminator="\n")
    if kept:
        arrays = join([block.arrays for block in kept], settings.keep)
        sampled = join([block.sampled for block in kept], settings.keep)
        dataset = to_dataset(settings, arrays, sampled)
        encoding = {name: {"zlib": True, "complevel": 1} for name in dataset.data_vars}
        dataset.to_netcdf(stage / "trajectories.nc", engine="h5netcdf", encoding=encoding)
    return as_dataset(read_summary(stage / "summary.csv"), settings)


def columns(arm: Arm, patrons: tuple[str, ...]) -> dict[str, Any]:
    """One number a draw for draws.parquet: totals, the state at the end, regimes at dates; a patron's as
    `outcome.patron`."""
    found = {name: arm.total(name) for name in TOTALS}
    found |= {name: arm.series(name)[-1] for name in LAST}
    wide: dict[str, Any] = {}
    for name, array in found.items():
        if array.ndim == 1:
            wide[name] = array
        else:
            wide |= {f"{name}.{patron}": array[row] for row, patron in enumerate(patrons)}
    for year in YEARS:
        if (quarter := measures.year_end(year)) < len(arm.regime):
            wide[f"regime_{year}"] = np.asarray(measures.REGIMES)[arm.regime[quarter].astype(int)]
    return wide


class DrawsWriter:
    """Writes draws.parquet block by block: a row per draw, its sampled numbers and its outcomes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: Any = None

    def add(self, block: Block, patrons: tuple[str, ...]) -> None:
        """Append the draws of a block."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        draws = np.arange(block.first, block.first + block.count)
        table = pa.table({"draw": draws, **block.sampled, **columns(block.arm, patrons)})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _write_figures(summary: Any, stage: Path) -> None:
    from hedging.plots import draw_figures

    draw_figures(summary, stage)


def write_manifest(
    settings: Settings, stage: Path, command: str, draws: Mapping[str, int] | None = None
) -> None:
    """Write manifest.json: what made the folder, a hash of each file of it, and of a study as committed a
    fingerprint that tells later whether the folder is still fresh.

    Args:
        draws: those of each rule, where a study plays several.
    """
    from hedging.freshness import as_committed, quick_numbers, quick_table

    outputs = sorted(path for path in stage.iterdir() if path.name != "manifest.json")
    manifest = {
        "study": settings.study,
        "question": settings.question,
        "command": command,
        "seed": settings.seed,
        "draws": dict(draws) if draws else settings.draws,
        "config": fingerprint(settings.tree),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        "outputs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs},
    }
    if as_committed(settings):
        manifest["quick"] = quick_numbers(quick_table(settings))
    (stage / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_summary(path: Path) -> pd.DataFrame:
    """Read a summary.csv.

    Raises:
        HedgingError: it is not there, or is none.
    """
    try:
        table = pd.read_csv(path, dtype={"patron": "string"}, keep_default_na=True)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None
    if tuple(table.columns) != COLUMNS:
        raise HedgingError(f"{path} is no summary: its columns must be {', '.join(COLUMNS)}")
    return table.assign(patron=table["patron"].fillna("").astype(str))


def load(folder: str | Path, part: Part = "summary", columns: Sequence[str] | None = None) -> Any:
    """Read a run folder back as a labelled xarray.Dataset; only the part asked for is read.

    Args:
        folder: what a run has written, as results/baseline.
        part: ``summary``, which every folder has: (statistic, quarter, patron); ``draws``: sampled numbers
            and outcomes over (draw,), a patron's as `outcome.patron`; ``trajectories``: the kept draws, as
            `simulate` returns them.
        columns: of ``draws``, the ones to read; all without.

    Raises:
        HedgingError: the folder, or the file of that part, is not there.
    """
    import xarray as xr

    folder = Path(folder)
    files = {"summary": "summary.csv", "draws": "draws.parquet", "trajectories": "trajectories.nc"}
    if part not in files:
        raise HedgingError(f"no part '{part}' of a run folder; choose one of {', '.join(files)}")
    if not (folder / files[part]).exists():
        raise HedgingError(f"{folder} has no {files[part]}; run the study again to have it written")
    if part == "trajectories":
        dataset: xr.Dataset = xr.open_dataset(folder / files[part], engine="h5netcdf")
        return dataset
    tree = _read_tree(folder)
    if is_study(tree):
        return load_study(folder, tree, columns, draws=part == "draws")
    if part == "draws":
        wanted = None if columns is None else ["draw", *columns]
        table = pd.read_parquet(folder / files[part], columns=wanted).set_index("draw")
        return table.to_xarray()
    return as_dataset(read_summary(folder / files[part]), read_about(tree))


def _read_tree(folder: Path) -> Tree:
    try:
        tree: Tree = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise HedgingError(f"{folder} has no config.yaml that can be read: {error}") from None
    return tree


def simulate(
    experiment: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    draws: int | None = None,
    seed: int | None = None,
    save: str | Path | None = None,
) -> Any:
    """Play a study and return every draw's trajectory as a labelled xarray.Dataset.

    Args:
        experiment: a study's name, as ``"baseline"``; the bare default setting without.
        overrides: as on the command line, ``["patrons.russia.red_line=0.8"]``, or a mapping.
        draws: how many worlds; the study's own number without.
        seed: the seed of chance; the study's own without.
        save: a folder to write as the command line does: figures, summary, draws.

    Returns:
        Dataset over quarter (one more than the horizon), patron, partner and draw; flows are missing in the
        last quarter; units as attributes, parameters as coordinates.

    Raises:
        HedgingError: a study, override or number that cannot be; a folder that cannot be written.
    """
    from hedging.compose import as_overrides
    from hedging.settings import settings_for

    pairs = list(as_overrides(None, overrides))
    pairs += [] if draws is None else [f"ensemble.draws={draws}"]
    pairs += [] if seed is None else [f"seed={seed}"]
    settings = settings_for(experiment, pairs)
    if save is not None:
        command = f"hedging.simulate({experiment!r}, {pairs!r})"
        if is_study(settings.tree):
            study = read_study(settings, as_overrides(experiment, pairs))
            save_study(study, Path(save), command)
        else:
            save_run(settings, Path(save), command)
    return trajectories(settings)


def trajectories(settings: Settings) -> Any:
    """Play every draw of a setting and label all of it."""
    from dataclasses import replace

    parts = list(play(replace(settings, keep=settings.draws), lambda count: None))
    arrays: dict[str, Array] = join([block.arrays for block in parts], settings.draws)
    return to_dataset(settings, arrays, join([block.sampled for block in parts], settings.draws))
