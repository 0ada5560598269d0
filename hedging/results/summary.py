"""The summary of a run, written and read: means and quantiles over draws in long form, of series quarter by
quarter, of outcomes point by point; as a dataset for those who read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.errors import HedgingError
from hedging.measures.aggregate import (
    QUANTILES,
    STATISTICS,
    draws_used,
    of_thinned,
    paired_difference,
    weighted_mean,
    weighted_quantiles,
)
from hedging.measures.courtship import REGIMES
from hedging.measures.trajectories import SERIES, TOTALS
from hedging.results.manifest import attributes
from hedging.settings.compose import Tree
from hedging.settings.settings import read_header
from hedging.studies.claim import Formula
from hedging.studies.findings import Findings
from hedging.studies.study import PATH, Play, Study, is_study
from hedging.studies.switches import arms_of
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS

SUMMARY = "summary.csv"
TOLD = (*STATISTICS, "draws")
PAIRED = ("difference", "difference_low", "difference_high", "differing")
"""What it tells besides where a study has a reference: how much more there is in the mean than there, draw by
draw, the 95% interval of that, and the share of draws that differ at all."""

COLUMNS = ("quarter", "measure", "patron", "statistic", "value", "unit")
TEXTS = ("rule", "arm", "quarter", "measure", "patron", "statistic", "unit")

WHOLE_RUN, END = "all", "end"
"""What stands for the quarter of a number over the whole run, and of one at its end."""

ROWS_AT_ONCE = 50_000

Name = tuple[str, str, str, str]
"""Quarter, measure, patron and unit of a row."""

Labelled = tuple[dict[str, Any], dict[str, Any]]
"""The variables and the coordinates of a dataset."""


def write_summary(findings: Findings, path: Path) -> None:
    """Write summary.csv, a row for each point, measure and statistic, series by quarter."""
    header = True
    for table in summary_tables(findings):
        table.to_csv(path, mode="a", header=header, index=False, float_format="%.10g", lineterminator="\n")
        header = False


def summary_tables(findings: Findings) -> Iterator[pd.DataFrame]:
    """The summary in long form, some rows at a time; that of a plain run whole and sorted.

    Of a plain run series have no count of draws, curves over all draws their mean alone, and regimes that as
    their share.
    """
    tables = _tables(findings)
    if not findings.study.plain:
        yield from tables
        return
    table = pd.concat(tables, ignore_index=True)
    yield table.sort_values(["quarter", "measure", "patron", "statistic"], ignore_index=True)


def _tables(findings: Findings) -> Iterator[pd.DataFrame]:
    study = findings.study
    for play in study.plays:
        measured = _measured(findings, play)
        names = [_name(formula, study) for formula in study.measures]
        for part in some_points(play.grid.points, max(len(names), 1) * len(TOLD)):
            if names:
                yield _long(study, play, part, names, measured[part])
        for row, formula in enumerate(study.paths):
            series = _series(findings, play, row, formula)
            stated = _name(formula, study, "" if study.plain else PATH)
            names_by_quarter = [(label, *stated[1:]) for label in dates.labels(series.shape[1])]
            for part in some_points(play.grid.points, len(names_by_quarter) * len(TOLD)):
                table = _long(study, play, part, names_by_quarter, series[part])
                regime = study.plain and stated[1] == "regime"
                yield table.assign(statistic="share") if regime else table


def _measured(findings: Findings, play: Play) -> Array:
    """Statistics of every measure of the study, paired ones last: (point, measure, statistic)."""
    study, outputs = findings.study, findings.outputs
    if not outputs.plan.exact:
        rows = [[item.text for item in play.outcomes].index(formula.name) for formula in study.measures]
        return of_thinned(outputs.thin("thin_outcomes")[:, rows], [*QUANTILES.values()])[None]
    found = np.full((play.grid.points, len(study.measures), len(TOLD) + len(PAIRED)), np.nan)
    for place, formula in enumerate(study.measures):
        whole = all(study.items[text].counts_all for text in formula.outcomes)
        value, weight = (
            a.reshape(play.grid.points, -1) for a in findings.values(play.rule, play.arm, formula)
        )
        if whole:
            weight = np.ones_like(weight)  # sums over time hold their weights already
        for part in some_points(play.grid.points, value.shape[1]):
            found[part, place, : len(TOLD)] = statistics(value[part], weight[part])
        if pairs := findings.pairs(play.rule, play.arm, formula):
            after, before, weight = (a.reshape(play.grid.points, -1) for a in pairs)
            weight = np.ones_like(weight) if whole else weight
            for point, of_point in enumerate(zip(before, after, weight, strict=True)):
                found[point, place, len(TOLD) :] = _difference(*of_point)
    return found


def _difference(before: Array, after: Array, weight: Array) -> list[float]:
    """The statistics of a paired difference at one point: (draw,) each."""
    told = dict.fromkeys(("difference", "low", "high", "higher", "lower"), np.nan)
    told |= paired_difference(before, after, weight)
    return [*(told[key] for key in ("difference", "low", "high")), told["higher"] + told["lower"]]


def _series(findings: Findings, play: Play, row: int, formula: Formula) -> Array:
    """Statistics of a series: (point, row, statistic)."""
    study, outputs = findings.study, findings.outputs
    if outputs.plan.exact:
        value, weight = findings.values(play.rule, play.arm, formula, series=True)
        found = statistics(*(a.reshape(play.grid.points, *a.shape[-2:]) for a in (value, weight)))
    else:
        rows = study.items[formula.name].rows(play.settings.horizon)
        found = of_thinned(outputs.thin("thin_paths")[:, row, :rows], [*QUANTILES.values()])[None]
    if study.plain:
        found[..., 1 if study.items[formula.name].every_draw else len(STATISTICS) :] = np.nan
    return found


def statistics(values: Array, weight: Array) -> Array:
    """Mean, quantiles and the draws behind them: (..., draw) -> (..., statistic)."""
    quantiles = weighted_quantiles(values, weight, list(QUANTILES.values()))
    return np.stack([weighted_mean(values, weight), *quantiles, draws_used(values, weight)], axis=-1)


def some_points(points: int, width: int) -> Iterator[slice]:
    """Some points at a time, so that a table stays small."""
    size = max(ROWS_AT_ONCE // width, 1)
    for first in range(0, points, size):
        yield slice(first, min(first + size, points))


def _name(formula: Formula, study: Study, prefix: str = "") -> Name:
    """Quarter, measure, patron and unit of an outcome."""
    unit = formula.unit({text: item.unit for text, item in study.items.items()})
    if not formula.single:
        return WHOLE_RUN, prefix + formula.name, "", unit
    head, _, date = formula.name.partition("@")
    item = study.items.get(formula.name)
    measure = item.measure if item else head.partition(".")[0]
    member = head.removeprefix(measure)[1:]
    return date or (END if item is None or item.dated else WHOLE_RUN), prefix + measure, member, unit


def _long(study: Study, play: Play, part: slice, names: Sequence[Name], values: Array) -> pd.DataFrame:
    """Statistics of some points in long form: (point, name, statistic); what is missing is left out."""
    told = (*TOLD, *PAIRED)[: values.shape[-1]]
    points, each = values.shape[0], len(names) * len(told)
    stated = {"rule": play.rule, "arm": play.arm}
    columns: dict[str, Any] = {key: stated[key] for key, there in study.named.items() if there}
    columns |= {name: np.repeat(place[part], each) for name, place in study.grid.places.items()}
    for column, place in (("quarter", 0), ("measure", 1), ("patron", 2)):
        columns[column] = np.tile(np.repeat([name[place] for name in names], len(told)), points)
    columns["statistic"] = np.tile(told, points * len(names))
    columns["value"] = values.ravel()
    columns["unit"] = np.tile(np.repeat([name[3] for name in names], len(told)), points)
    return pd.DataFrame(columns).dropna(subset="value")


def read_summary(folder: Path, tree: Tree) -> Any:
    """Read the summary of a run folder whose setting is known as a labelled dataset.

    Raises:
        HedgingError: it is not there, or is none.
    """
    import xarray as xr  # takes longer to import than everything else here

    path, dims = folder / SUMMARY, columns_before(tree)
    table = read_table(path, dtype={**dict.fromkeys(TEXTS, "string"), "value": "float"})
    if tuple(table.columns) != (*dims, *COLUMNS):
        raise HedgingError(f"{path} is no summary: its columns must be {', '.join((*dims, *COLUMNS))}")
    table = table.assign(patron=table["patron"].fillna("").astype(str))
    told = _of_outcomes(table, dims) if is_study(tree) else _of_run(table, tree)
    return labelled(xr.Dataset(*told), tree)


def columns_before(tree: Tree) -> list[str]:
    """The columns before those that every table of a run has: what its study varies."""
    there = {"rule": tree.get("rules"), "arm": arms_of(tree)}
    return [*(key for key, named in there.items() if named), *(tree.get("axes") or {})]


def read_table(path: Path, **how: Any) -> pd.DataFrame:
    """A table of a run folder, as pandas reads it.

    Raises:
        HedgingError: it cannot be read.
    """
    try:
        return pd.read_parquet(path, **how) if path.suffix == ".parquet" else pd.read_csv(path, **how)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None


def _of_run(table: pd.DataFrame, tree: Tree) -> Labelled:
    """Label the summary of a plain run: a variable per measure.

    Series run over (statistic, quarter), numbers over the whole run over (statistic,), both also over patron
    or partner; `regime` holds shares over (label, quarter).
    """
    header = read_header(tree)
    coordinates: dict[str, Any] = {
        "statistic": list(TOLD),
        "quarter": dates.labels(header.horizon + 1),
        "patron": list(header.patrons),
        "partner": list(header.partners),
        "label": list(REGIMES),
    }
    variables: dict[str, Any] = {}
    for name, rows in table.groupby("measure", sort=False):
        if name == "regime":
            told: dict[str, Any] = {"unit": "share", "long_name": "share of draws in each regime"}
            dims, keys = ["label", "quarter"], ["patron", "quarter"]
        else:
            item = (SERIES | TOTALS)[str(name)]
            told = {"unit": item.unit, "long_name": item.meaning, "state": int(item.state)}
            dims = ["statistic", *(["quarter"] if name in SERIES else []), *item.axes[:-1]]
            keys = [dim if dim in ("statistic", "quarter") else "patron" for dim in dims]
        variables[str(name)] = (dims, _filled(rows, keys, [coordinates[dim] for dim in dims]), told)
    return variables, coordinates


def _of_outcomes(table: pd.DataFrame, dims: Sequence[str]) -> Labelled:
    """Label the summary of a study: a variable per outcome over (statistic, rule, arm, axes...), a series
    over quarters too."""
    labels = {dim: table[dim].drop_duplicates().tolist() for dim in dims}
    variables: dict[str, Any] = {}
    is_path = table["measure"].str.startswith(PATH)
    dated = ("@" + table["quarter"]).mask(is_path | table["quarter"].isin([WHOLE_RUN, END]), "")
    names = (table["measure"] + "." + table["patron"]).str.removesuffix(".") + dated
    quarters = dates.labels(table.loc[is_path, "quarter"].nunique())
    told = [*TOLD, *(one for one in PAIRED if (table["statistic"] == one).any())]
    for name, rows in table.groupby(names, sort=False):
        path = str(name).startswith(PATH)
        index = {"statistic": told, **labels} | ({"quarter": quarters} if path else {})
        values = _filled(rows, [*index], [*index.values()])
        variables[str(name)] = ([*index], values, {"unit": rows["unit"].iloc[0]})
    coordinates = {"statistic": told, **labels} | ({"quarter": quarters} if quarters else {})
    return variables, coordinates


def _filled(rows: pd.DataFrame, keys: list[str], labels: Sequence[Sequence[Any]]) -> Any:
    """The values of rows as an array over the labels of their keys, missing where there is no row."""
    whole = pd.MultiIndex.from_product(labels) if len(labels) > 1 else pd.Index(labels[0])
    values = rows.set_index(keys)["value"].reindex(whole).to_numpy()
    return values.reshape([len(one) for one in labels])


def labelled(dataset: Any, tree: Tree) -> Any:
    """A dataset with what is told of its run and of its axes."""
    for name, node in (tree.get("axes") or {}).items():
        dataset[name].attrs = {"long_name": str(node.get("label", name)), "unit": _axis_unit(str(name), node)}
    dataset.attrs |= attributes(tree)
    return dataset


def _axis_unit(name: str, node: Mapping[str, Any]) -> str:
    """The unit of an axis: as stated, else that of its first number."""
    if "unit" in node or node.get("factor"):
        return str(node.get("unit", "1"))
    words = str(next(iter(node.get("keys", [name])))).split(".")
    return next((DECLARATIONS[word].unit for word in reversed(words) if word in DECLARATIONS), "1")
