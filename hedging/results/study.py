"""The run folder of a study with axes, arms or rules: written whole or not at all, and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.world import dates

from hedging import measures
from hedging.world.arrays import Array
from hedging.settings.compose import Tree
from hedging.runs.loop import Progress
from hedging.errors import HedgingError
from hedging.studies.formula import Formula
from hedging.studies.judging import overall
from hedging.measures.catalogue import EVERY_DRAW, PAIRED, TOTALS
from hedging.world.parameters import DECLARATIONS
from hedging.studies.findings import PATH, Played, play_study
from hedging.studies.study import ALIVE, Play, Study
from hedging.results.summary import QUANTILES, STATISTICS, WHOLE_RUN

END = "end"
"""What stands for the quarter of an outcome at the end of the run."""

LONG = ("quarter", "measure", "patron", "statistic", "value", "unit")
TOLD = (*STATISTICS, "draws")
ROWS_AT_ONCE = 50_000
CLAIM_COLUMNS = (
    *("claim", "rule", "share", "low", "high", "draws", "verdict", "overall"),
    *("kind", "judged", "effect", "unit", "tied", "command"),
)


def save_study(study: Study, folder: Path, command: str, progress: Progress = lambda count: None) -> Played:
    """Play a study and write its run folder: config.yaml, manifest.json, summary.csv, draws.parquet,
    claims.csv and the figures. Until all of it is there, an earlier folder stays as it was.

    Raises:
        HedgingError: the folder cannot be written.
    """
    from hedging.plots.studies import draw_study
    from hedging.results.run import write_config, write_manifest
    from hedging.results.folder import staged

    if study.settings.tree.get("resume"):
        raise HedgingError(
            "resume=true: a study with axes, arms or rules keeps no parts that it could go on with; drop it"
        )
    with staged(folder) as stage:
        played = play_study(study, progress)
        _write_summary(played, stage / "summary.csv")
        _write_draws(played, stage / "draws.parquet")
        claims = write_claims(played, stage, command)
        write_config(study.settings, stage)
        draw_study(load_study(stage, study.settings.tree), claims, study.figures, stage)
        write_manifest(study.settings, stage, command, study.draws)
    return played


def claims_table(played: Played, command: str) -> pd.DataFrame:
    """Every claim under every rule that it was tried under, with its verdict."""
    rows = []
    along = {axis.name: axis.unit for axis in played.study.grid.axes}
    for claim, judgements in played.judgements:
        whole = overall([judgement.verdict for judgement in judgements])
        unit = claim.formulas[0].unit(played.study.units)
        if claim.kind in ("interior_maximum", "saturating"):
            unit = "share" if claim.kind == "saturating" else along[str(claim.axis)]
        if claim.sides[0].best:
            unit = along[claim.sides[0].best]
        for j in judgements:
            judged = (claim.text, j.rule, j.share, j.low, j.high, j.draws, j.verdict, whole)
            rows.append((*judged, claim.kind, claim.judged, j.effect, unit, j.tied, command))
    return pd.DataFrame(rows, columns=pd.Index(CLAIM_COLUMNS))


def write_claims(played: Played, stage: Path, command: str) -> pd.DataFrame:
    """Write claims.csv, where the study claims anything."""
    table = claims_table(played, command)
    if len(table):
        table.to_csv(stage / "claims.csv", index=False, float_format="%.10g", lineterminator="\n")
    return table


def _write_summary(played: Played, path: Path) -> None:
    """Means and quantiles over draws, a row for each point, measure and statistic; paths by quarter."""
    header = True
    for table in _tables(played):
        table.to_csv(path, mode="a", header=header, index=False, float_format="%.10g", lineterminator="\n")
        header = False


def _tables(played: Played) -> Iterator[pd.DataFrame]:
    study = played.study
    for play in study.plays:
        values = {f.name: played.values(play.rule, play.arm, f) for f in study.measures}
        for part in _parts(play.grid.points, max(len(study.measures), 1) * len(TOLD)):
            rows = []
            for formula in study.measures:
                value, weight = (a.reshape(play.grid.points, -1)[part] for a in values[formula.name])
                rows.append(_statistics(value, _reported(formula, weight)))
            if rows:
                names = [_columns(formula, study) for formula in study.measures]
                yield _long(study, play, part, names, np.stack(rows, axis=1))
        for formula in study.paths:
            value, weight = played.path(play.rule, play.arm, formula)
            value, weight = (a.reshape(play.grid.points, *a.shape[-2:]) for a in (value, weight))
            stated = _columns(formula, study, PATH)
            names = [(label, *stated[1:]) for label in dates.labels(value.shape[1])]
            for part in _parts(play.grid.points, len(names) * len(TOLD)):
                yield _long(study, play, part, names, _statistics(value[part], weight[part]))


def _parts(points: int, width: int) -> Iterator[slice]:
    """Some points at a time, so that a table stays small."""
    size = max(ROWS_AT_ONCE // width, 1)
    for first in range(0, points, size):
        yield slice(first, min(first + size, points))


def _reported(formula: Formula, weight: Array) -> Array:
    """How much draws count in a summary: sums over time hold their weights already, as in a plain run."""
    heads = {text.partition("@")[0].partition(".")[0] for text in formula.outcomes}
    whole = heads <= set(TOTALS) - set(PAIRED) or heads <= set(EVERY_DRAW)
    return np.ones_like(weight) if whole else weight


def _statistics(values: Array, weight: Array) -> Array:
    """Mean, quantiles and the draws behind them: (..., draw) -> (..., statistic)."""
    quantiles = measures.weighted_quantiles(values, weight, list(QUANTILES.values()))
    used = measures.draws_used(values, weight)
    return np.stack([measures.weighted_mean(values, weight), *quantiles, used], axis=-1)


def _columns(formula: Formula, study: Study, prefix: str = "") -> tuple[str, str, str, str]:
    """Quarter, measure, patron and unit of an outcome, as in the summary of a plain run."""
    unit = formula.unit(study.units)
    if not formula.single:
        return WHOLE_RUN, prefix + formula.name, "", unit
    head, _, date = formula.name.partition("@")
    measure, _, member = head.partition(".")
    return date or (WHOLE_RUN if measure in TOTALS else END), prefix + measure, member, unit


def _long(
    study: Study, play: Play, part: slice, names: Sequence[tuple[str, str, str, str]], values: Array
) -> pd.DataFrame:
    """Statistics of some points in long form: (point, name, statistic); what is missing is left out."""
    points, each = values.shape[0], len(names) * len(TOLD)
    stated = {"rule": play.rule, "arm": play.arm}
    columns: dict[str, Any] = {key: stated[key] for key, there in study.named.items() if there}
    columns |= {name: np.repeat(place[part], each) for name, place in _places(study).items()}
    for column, place in (("quarter", 0), ("measure", 1), ("patron", 2)):
        columns[column] = np.tile(np.repeat([name[place] for name in names], len(TOLD)), points)
    columns["statistic"] = np.tile(TOLD, points * len(names))
    columns["value"] = values.ravel()
    columns["unit"] = np.tile(np.repeat([name[3] for name in names], len(TOLD)), points)
    return pd.DataFrame(columns).dropna(subset="value")


def _places(study: Study) -> dict[str, Array]:
    """Where each point lies on each axis: (point,)."""
    grid = study.grid
    places = np.indices(grid.shape).reshape(len(grid.axes), grid.points)
    return {axis.name: np.array(axis.values)[place] for axis, place in zip(grid.axes, places, strict=True)}


def _write_draws(played: Played, path: Path) -> None:
    """A row for each rule, arm, point and draw: whether it stands at the end, and every measure; written in
    row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    study, writer = played.study, None
    places = _places(study)
    try:
        for play in study.plays:
            draws = play.settings.draws
            alive = played.raw(play.rule, play.arm, ALIVE[0]) * played.raw(play.rule, play.arm, ALIVE[1])
            values = {"weight": alive.reshape(play.grid.points, -1)}
            for formula in study.measures:
                value = played.values(play.rule, play.arm, formula)[0].reshape(play.grid.points, -1)
                short = draws - value.shape[1]  # the reference may have been played with fewer draws
                values[formula.name] = np.pad(value, ((0, 0), (0, short)), constant_values=np.nan)
            for part in _parts(play.grid.points, draws):
                count = part.stop - part.start
                columns: dict[str, Any] = {
                    key: [name] * (count * draws)
                    for key, name in (("rule", play.rule), ("arm", play.arm))
                    if study.named[key]
                }
                columns |= {name: np.repeat(place[part], draws) for name, place in places.items()}
                columns["draw"] = np.tile(np.arange(draws), count)
                columns |= {name: value[part].ravel() for name, value in values.items()}
                table = pa.table(columns)
                writer = writer or pq.ParquetWriter(path, table.schema)
                writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def load_study(folder: Path, tree: Tree, columns: Sequence[str] | None = None, draws: bool = False) -> Any:
    """Read a study's folder back: a variable per measure, an axis per swept key, rule and arm where it has
    some.

    Of the summary a measure runs over (statistic, rule, arm, axes...), a series (`path:...`) over quarters
    too; of the draws over (rule, arm, axes..., draw), missing where a rule has fewer draws.

    Raises:
        HedgingError: a table that cannot be read.
    """
    dims = [*(key for key in ("rule", "arm") if tree.get(f"{key}s")), *(tree.get("axes") or {})]
    name = "draws.parquet" if draws else "summary.csv"
    try:
        if draws:
            wanted = None if columns is None else [*dims, "draw", *columns]
            table = pd.read_parquet(folder / name, columns=wanted)
        else:
            text = dict.fromkeys(("rule", "arm", "quarter", "measure", "patron", "unit"), "string")
            table = pd.read_csv(folder / name, dtype=text, keep_default_na=True)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {folder / name}: {error}") from None
    dataset = _of_draws(table, [*dims, "draw"]) if draws else _of_summary(table, dims)
    for name, node in (tree.get("axes") or {}).items():
        dataset[name].attrs = {"long_name": str(node.get("label", name)), "unit": _axis_unit(str(name), node)}
    dataset.attrs |= _about(tree)
    return dataset


def _of_draws(table: pd.DataFrame, dims: Sequence[str]) -> Any:
    labels = {dim: table[dim].drop_duplicates().to_numpy() for dim in dims}
    return table.set_index(list(dims)).to_xarray().reindex(labels)


def _of_summary(table: pd.DataFrame, dims: Sequence[str]) -> Any:
    import xarray as xr

    table = table.assign(patron=table["patron"].fillna(""))
    labels = {dim: table[dim].drop_duplicates().tolist() for dim in dims}
    variables: dict[str, Any] = {}
    is_path = table["measure"].str.startswith(PATH)
    groups = [*table[~is_path].groupby(["measure", "patron", "quarter"], sort=False)]
    groups += [*table[is_path].groupby(["measure", "patron"], sort=False)]
    quarters = dates.labels(table.loc[is_path, "quarter"].nunique())
    for key, rows in groups:
        measure, patron, *date = key
        name = measure + (f".{patron}" if patron else "")
        name += f"@{date[0]}" if date and date[0] not in (WHOLE_RUN, END) else ""
        index = {"statistic": list(TOLD), **labels} | ({} if date else {"quarter": quarters})
        whole = [*index] if len(index) > 1 else "statistic"
        wanted = pd.MultiIndex.from_product([*index.values()]) if len(index) > 1 else pd.Index(TOLD)
        values = rows.set_index(whole)["value"].reindex(wanted).to_numpy()
        shape = [len(values) for values in index.values()]
        variables[name] = ([*index], values.reshape(shape), {"unit": rows["unit"].iloc[0]})
    coordinates = {"statistic": list(TOLD), **labels} | ({"quarter": quarters} if quarters else {})
    return xr.Dataset(variables, coordinates)


def _about(tree: Tree) -> dict[str, Any]:
    """What figures and readers need to know of a study besides its numbers."""
    from hedging.settings.header import read_about

    about = read_about(tree)
    return {
        "study": about.study,
        "question": about.question,
        "seed": about.seed,
        "draws": about.draws,
        "chance": about.chance,
        "patrons": list(about.patrons),
        "labels": [about.labels[name] for name in about.patrons],
        "colours": [about.colours[name] for name in about.patrons],
        "marks": [list(mark) for mark in about.marks],
        "arms": _labels(tree.get("arms")),
        "rules": _labels(tree.get("rules")),
        "reference": dict(tree.get("reference") or {}),
    }


def _axis_unit(name: str, node: Mapping[str, Any]) -> str:
    """The unit of an axis: as stated, else that of its first number."""
    if "unit" in node or node.get("factor"):
        return str(node.get("unit", "1"))
    words = str(next(iter(node.get("keys", [name])))).split(".")
    return next((DECLARATIONS[word].unit for word in reversed(words) if word in DECLARATIONS), "1")


def _labels(node: Any) -> dict[str, str]:
    """What arms or rules are called on figures, by their names."""
    stated = node if isinstance(node, dict) else dict.fromkeys(node or ())
    return {
        str(name): str(own["label"] if isinstance(own, dict) and own.get("label") else name).replace("_", " ")
        for name, own in stated.items()
    }
