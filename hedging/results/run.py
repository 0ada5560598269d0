"""The run folder: written whole or not at all, and read back."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

from hedging.settings.header import OF_RUNS, read_about
from hedging.world.arrays import Array
from hedging.settings.compose import Tree
from hedging.settings.designs import NEUTRAL
from hedging.runs.loop import Progress, join, play
from hedging.errors import HedgingError
from hedging.runs.executors import work_through
from hedging.settings.sample_file import identified
from hedging.runs.store import (
    Job,
    cut,
    digest,
    drop_strays,
    is_whole,
    play_job,
    prepare,
    read_claims,
    read_kept,
    read_parts,
)
from hedging.studies.findings import as_played
from hedging.world.quantities import to_dataset
from hedging.settings.settings import Settings
from hedging.results.folder import workplace
from hedging.studies.study import is_study, read_study
from hedging.results.study import load_study, save_study, write_claims
from hedging.results.summary import COLUMNS, as_dataset, summary_table

Part = Literal["summary", "draws", "trajectories"]
VERSIONED = ("hedging", "hydra-core", "matplotlib", "mesa", "numpy", "pandas", "pyarrow", "xarray")
NOT_NUMBERS = ("question", "marks", "finding", "figure", "sweep", *OF_RUNS)
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
    return _hash(told)


def _hash(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def save_run(settings: Settings, folder: Path, command: str, progress: Progress = lambda count: None) -> Any:
    """Play a setting and write its run folder: config.yaml, manifest.json, summary.csv, draws.parquet,
    trajectories.nc and the figures. Until all of it is there, an earlier folder stays as it was.

    The draws are played in parts by the executor that the setting names; what an interrupted run has done is
    gone on with where the setting says `resume: true`.

    Returns: the summary, an xarray.Dataset.
    Raises:
        HedgingError: the folder cannot be written, or what is to be resumed was made otherwise.
    """
    study = read_study(settings) if settings.tree.get("claims") else None
    outcomes = study.plays[0].outcomes if study else ()
    with workplace(folder) as place:
        made_by = _made_by(settings)
        place.begin(made_by, settings.tree.get("resume"))
        plan = prepare(settings, outcomes, place.work)
        jobs = cut(settings.draws, place.work, place.out, _hash(made_by))
        _play_parts(jobs, settings, progress)
        table = summary_table(settings, read_parts(jobs), plan.exact)
        table.to_csv(place.out / "summary.csv", index=False, float_format="%.10g", lineterminator="\n")
        summary = as_dataset(read_summary(place.out / "summary.csv"), settings)
        _write_trajectories(settings, jobs, place.out)
        _write_figures(summary, place.out)
        if study:
            names = [*(item.text for item in outcomes), *(f"weight:{item.text}" for item in outcomes)]
            write_claims(as_played(study, read_claims(jobs, names)), place.out, command)
        write_config(settings, place.out)
        write_manifest(settings, place.out, command)
        place.finish()
    return summary


def _play_parts(jobs: Sequence[Job], settings: Settings, progress: Progress) -> None:
    """Play the parts that are not whole, and see at the end that all of them are.

    Raises:
        HedgingError: a part is not what was written though it was played again.
    """
    waiting = [job for job in jobs if not is_whole(job)]
    lost = [job.number for job in waiting if job.mark.exists()]
    progress(sum(job.count for job in jobs) - sum(job.count for job in waiting))
    for _ in range(2):
        if lost:
            print(
                f"played again, not being what was written: parts {', '.join(map(str, lost))}",
                file=sys.stderr,
            )
        for _, _ in work_through(
            waiting, play_job, lambda job: job.count, settings.tree.get("executor"), progress
        ):
            pass
        waiting = [job for job in jobs if not is_whole(job)]
        lost = [job.number for job in waiting]
        if not waiting:
            drop_strays(jobs)
            return
    raise HedgingError(
        f"parts {', '.join(map(str, lost))} of {jobs[0].out.parent} vanish as soon as they are written; see "
        "what deletes them, or choose another folder"
    )


def _made_by(settings: Settings) -> dict[str, str]:
    """What the parts of a run hang on, a text for each: every number of the setting, the program, its
    libraries."""
    told = {key: value for key, value in identified(settings.tree).items() if key not in NOT_NUMBERS}
    found = dict(_flat("", told)) | {name: version(name) for name in ("numpy", "scipy", "SALib", "pyarrow")}
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*")):
        if path.suffix in (".py", ".csv"):
            code.update(path.read_bytes())
    return found | {"the program": f"hedging {version('hedging')}, {code.hexdigest()[:12]}"}


def _flat(path: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping) and node and "value" not in node:
        for key, value in node.items():
            yield from _flat(f"{path}.{key}" if path else str(key), value)
    else:
        yield path, json.dumps(node, default=str)


def _write_trajectories(settings: Settings, jobs: Sequence[Job], stage: Path) -> None:
    """Write trajectories.nc, where any draw is kept whole."""
    if not settings.keep:
        return
    arrays, sampled = read_kept(jobs, settings.keep)
    dataset = to_dataset(settings, arrays, sampled)
    encoding = {name: {"zlib": True, "complevel": 1} for name in dataset.data_vars}
    dataset.to_netcdf(stage / "trajectories.nc", engine="h5netcdf", encoding=encoding)


def write_config(settings: Settings, stage: Path) -> None:
    """Write config.yaml: the setting, resolved, less who played it."""
    told = {key: value for key, value in settings.tree.items() if key not in OF_RUNS}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110)
    (stage / "config.yaml").write_text(text, encoding="utf-8")


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
    from hedging.results.freshness import as_committed, quick_numbers, quick_table

    outputs = sorted(path for path in stage.rglob("*") if path.is_file() and path.name != "manifest.json")
    manifest = {
        "study": settings.study,
        "question": settings.question,
        "command": command,
        "seed": settings.seed,
        "draws": dict(draws) if draws else settings.draws,
        "config": fingerprint(settings.tree),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        "outputs": {path.relative_to(stage).as_posix(): digest(path) for path in outputs},
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
    from hedging.settings.compose import as_overrides
    from hedging.settings.settings import settings_for

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
