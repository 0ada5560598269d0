"""The run folder: played and written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.results.folder import workplace
from hedging.results.freshness import quick_numbers, quick_table
from hedging.results.manifest import as_committed, hashed, made_by, write_config, write_manifest
from hedging.results.summary import SUMMARY, read_summary, some_points, write_summary
from hedging.runs.batch import plan_of
from hedging.runs.executors import Progress
from hedging.runs.loop import Outputs, Store, play_into
from hedging.settings.settings import Settings
from hedging.studies.claim import Formula
from hedging.studies.findings import Findings, overall
from hedging.studies.study import Play, Study
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import QUANTITIES

CLAIM_COLUMNS = (
    *("claim", "rule", "share", "low", "high", "draws", "verdict", "overall"),
    *("kind", "judged", "effect", "unit", "tied", "command"),
)


def save(
    study: Study,
    folder: Path,
    command: str,
    progress: Progress = lambda count: None,
    executor: Any = None,
    keep: int | None = None,
    look: Callable[[Outputs], Any] = lambda outputs: None,
) -> Any:
    """Play a study and write its run folder: config.yaml, manifest.json, summary.csv, draws.parquet, the
    figures, claims.csv where it claims anything, trajectories.nc of a plain run. Until all is there, an
    earlier folder stays as it was.

    It is played in batches; what an interrupted run has done is gone on with where the setting says
    `resume: true`.

    Args:
        progress: told of worlds done.
        executor: who plays it; as the setting says without.
        keep: draws of a plain run that are recorded whole; as the setting says without.
        look: looks at what was played while all of it is there.

    Returns: what `look` does.
    Raises:
        HedgingError: the folder cannot be written or is no run's; what is to be resumed was made otherwise.
    """
    tree = study.settings.tree
    with workplace(folder) as place:
        made = made_by(study)
        place.begin(made, tree.get("resume"))
        store, out = Store(place.work, hashed(made)), place.out
        who = tree.get("executor") if executor is None else executor
        outputs = play_into(store, out, plan_of(study, keep), who, progress)
        _write(Findings(study, outputs), out, command)
        seen = look(outputs)
        place.finish()
    return seen


def _write(findings: Findings, out: Path, command: str) -> None:
    """Write all that a run folder holds."""
    from hedging.plots.view import draw_figures  # which takes long to import

    study = findings.study
    write_summary(findings, out / SUMMARY)
    if study.plain:
        write_trajectories(study.settings, findings.outputs, out)
    else:
        write_draws(findings, out / "draws.parquet")
    claims = write_claims(findings, out, command)
    write_config(study.settings, out)
    draw_figures(read_summary(out, study.settings.tree), out, study.figures, claims)
    quick = quick_numbers(quick_table(study)) if as_committed(study.settings) else None
    write_manifest(study, out, command, quick)


def claims_table(findings: Findings, command: str) -> pd.DataFrame:
    """Every claim under every rule that it was tried under, with its verdict."""
    rows = []
    units = {text: item.unit for text, item in findings.study.items.items()}
    along = {axis.name: axis.unit for axis in findings.study.grid.axes}
    for claim, judgements in findings.judgements:
        whole, unit = overall([judgement.verdict for judgement in judgements]), claim.unit(units, along)
        for j in judgements:
            judged = (claim.text, j.rule, j.share, j.low, j.high, j.draws, j.verdict, whole)
            rows.append((*judged, claim.kind, claim.judged, j.effect, unit, j.tied, command))
    return pd.DataFrame(rows, columns=pd.Index(CLAIM_COLUMNS))


def write_claims(findings: Findings, folder: Path, command: str) -> pd.DataFrame:
    """Write claims.csv, where the study claims anything."""
    table = claims_table(findings, command)
    if len(table):
        table.to_csv(folder / "claims.csv", index=False, float_format="%.10g", lineterminator="\n")
    return table


def write_draws(findings: Findings, path: Path) -> None:
    """Write draws.parquet of a study with axes, arms or rules, in row groups: a row for each rule, arm, point
    and draw, whether it stands at the end, and every measure."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    try:
        for columns in _rows(findings):
            table = pa.table(columns)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _rows(findings: Findings) -> Iterator[dict[str, Any]]:
    study = findings.study
    for play in study.plays:
        points, draws = play.grid.points, play.settings.draws
        values = {"weight": findings.standing(play.rule, play.arm).reshape(points, -1)}
        values |= {f.name: _measured(findings, play, f) for f in study.measures}
        for part in some_points(points, draws):
            count = part.stop - part.start
            names = {"rule": play.rule, "arm": play.arm}
            columns: dict[str, Any] = {
                key: [names[key]] * (count * draws) for key, there in study.named.items() if there
            }
            columns |= {name: np.repeat(place[part], draws) for name, place in study.grid.places.items()}
            columns["draw"] = np.tile(np.arange(draws), count)
            yield columns | {name: value[part].ravel() for name, value in values.items()}


def _measured(findings: Findings, play: Play, formula: Formula) -> Array:
    """A measure of an arm under a rule, missing where the reference has fewer draws: (point, draw)."""
    value = findings.values(play.rule, play.arm, formula)[0].reshape(play.grid.points, -1)
    return np.pad(value, ((0, 0), (0, play.settings.draws - value.shape[1])), constant_values=np.nan)


def to_dataset(settings: Settings, arrays: Mapping[str, Array], sampled: Mapping[str, Array]) -> Any:
    """Label trajectories as an xarray Dataset: names and axes of the model, parameters as coordinates.

    Quarters run to one past the last, where states stand at the end and flows are missing.
    """
    import xarray as xr  # takes longer to import than everything else here

    some = next(iter(arrays.values()))
    variables = {}
    for name, array in arrays.items():
        about = QUANTITIES[name]
        if not about.state:
            array = np.concatenate([array, np.full((1, *array.shape[1:]), np.nan)])
        variables[name] = (("quarter", *about.axes), array, {"units": about.unit, "long_name": about.meaning})
    names = {"patron": list(settings.patrons), "partner": list(settings.partners)}
    quarters, draws = dates.labels(settings.horizon + 1), np.arange(some.shape[-1])
    coordinates: dict[str, Any] = {"quarter": quarters, **names, "draw": draws}
    for path, number in settings.numbers.items():
        unit = {"units": number.unit}
        coordinates[path] = ("draw", sampled[path], unit) if path in sampled else ((), number.value, unit)
    return xr.Dataset(variables, coordinates)


def write_trajectories(settings: Settings, outputs: Outputs, folder: Path) -> None:
    """Write trajectories.nc of as many draws as the setting keeps, where it keeps any."""
    if not settings.keep:
        return
    arrays, numbers = ({name: a[..., : settings.keep] for name, a in part.items()} for part in outputs.kept())
    dataset = to_dataset(settings, arrays, numbers)
    encoding = {name: {"zlib": True, "complevel": 1} for name in dataset.data_vars}
    dataset.to_netcdf(folder / "trajectories.nc", engine="h5netcdf", encoding=encoding)
