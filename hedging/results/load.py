"""The run folder, read back as labelled datasets; nothing of the user's is imported for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from hedging.errors import HedgingError
from hedging.measures.courtship import REGIMES
from hedging.measures.trajectories import SERIES, TOTALS
from hedging.results.manifest import read_tree
from hedging.results.summary import COLUMNS, END, TOLD, WHOLE_RUN
from hedging.settings.compose import Tree
from hedging.settings.settings import read_header
from hedging.studies.study import PATH, is_study
from hedging.world import dates
from hedging.world.parameters import DECLARATIONS

Labelled = tuple[dict[str, Any], dict[str, Any]]
"""The variables and the coordinates of a dataset."""

Part = Literal["summary", "draws", "trajectories"]
FILES = {"summary": "summary.csv", "draws": "draws.parquet", "trajectories": "trajectories.nc"}
TEXTS = ("rule", "arm", "quarter", "measure", "patron", "statistic", "unit")


def load(folder: str | Path, part: Part = "summary", columns: Sequence[str] | None = None) -> Any:
    """Read a run folder back as a labelled xarray.Dataset; only the part asked for is read.

    Args:
        folder: what a run has written, as results/baseline.
        part: ``summary``, which every folder has: of a plain run a variable per measure over (statistic,
            quarter, patron), of another study a variable per outcome over (statistic, rule, arm, axes...);
            ``draws``: sampled numbers and outcomes over (rule, arm, axes..., draw), a patron's as
            `outcome.patron`, missing where a rule has fewer draws; ``trajectories``: the kept draws, as
            `simulate` returns them.
        columns: of ``draws``, the ones to read, or one by its name; all without.

    Raises:
        HedgingError: the folder, or the file of that part, is not there or cannot be read.
    """
    folder = Path(folder)
    if part not in FILES:
        raise HedgingError(f"no part '{part}' of a run folder; choose one of {', '.join(FILES)}")
    if not (folder / FILES[part]).exists():
        raise HedgingError(f"{folder} has no {FILES[part]}; run the study again to have it written")
    if part == "trajectories":
        import xarray as xr

        try:
            return xr.open_dataset(folder / FILES[part], engine="h5netcdf")
        except (OSError, ValueError) as error:
            raise HedgingError(f"cannot read {folder / FILES[part]}: {error}; run the study again") from None
    return read_folder(folder, read_tree(folder), part, [columns] if isinstance(columns, str) else columns)


def read_folder(
    folder: Path, tree: Tree, part: Part = "summary", columns: Sequence[str] | None = None
) -> Any:
    """Read the summary or the draws of a run folder whose setting is known.

    Raises:
        HedgingError: a table that cannot be read.
    """
    import xarray as xr

    dims = [*(key for key in ("rule", "arm") if tree.get(f"{key}s")), *(tree.get("axes") or {})]
    if part == "draws":
        dataset: Any = _of_draws(folder / FILES[part], dims, columns)
    else:
        table = read_summary(folder / FILES[part], dims)
        dataset = xr.Dataset(*(_of_outcomes(table, dims) if is_study(tree) else _of_run(table, tree)))
    for name, node in (tree.get("axes") or {}).items():
        dataset[name].attrs = {"long_name": str(node.get("label", name)), "unit": _axis_unit(str(name), node)}
    dataset.attrs |= attributes(tree)
    return dataset


def read_summary(path: Path, dims: Sequence[str]) -> pd.DataFrame:
    """Read a summary.csv.

    Args:
        dims: its columns before those that every summary has.

    Raises:
        HedgingError: it is not there, or is none.
    """
    table = read_table(path, dtype={**dict.fromkeys(TEXTS, "string"), "value": "float"})
    if tuple(table.columns) != (*dims, *COLUMNS):
        raise HedgingError(f"{path} is no summary: its columns must be {', '.join((*dims, *COLUMNS))}")
    return table.assign(patron=table["patron"].fillna("").astype(str))


def read_table(path: Path, **how: Any) -> pd.DataFrame:
    """A table of a run folder, as pandas reads it.

    Raises:
        HedgingError: it cannot be read.
    """
    try:
        return pd.read_parquet(path, **how) if path.suffix == ".parquet" else pd.read_csv(path, **how)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None


def _of_draws(path: Path, dims: Sequence[str], columns: Sequence[str] | None) -> Any:
    index = [*dims, "draw"]
    table = read_table(path, columns=None if columns is None else [*index, *columns])
    labels = {dim: table[dim].drop_duplicates().to_numpy() for dim in index}
    return table.set_index(index).to_xarray().reindex(labels)


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
    for name, rows in table.groupby(names, sort=False):
        path = str(name).startswith(PATH)
        index = {"statistic": list(TOLD), **labels} | ({"quarter": quarters} if path else {})
        values = _filled(rows, [*index], [*index.values()])
        variables[str(name)] = ([*index], values, {"unit": rows["unit"].iloc[0]})
    coordinates = {"statistic": list(TOLD), **labels} | ({"quarter": quarters} if quarters else {})
    return variables, coordinates


def _filled(rows: pd.DataFrame, keys: list[str], labels: Sequence[Sequence[Any]]) -> Any:
    """The values of rows as an array over the labels of their keys, missing where there is no row."""
    whole = pd.MultiIndex.from_product(labels) if len(labels) > 1 else pd.Index(labels[0])
    values = rows.set_index(keys)["value"].reindex(whole).to_numpy()
    return values.reshape([len(one) for one in labels])


def attributes(tree: Tree) -> dict[str, Any]:
    """What figures and readers need to know of a run besides its numbers."""
    header = read_header(tree)
    return {
        **{key: getattr(header, key) for key in ("study", "question", "draws", "seed", "chance")},
        "patrons": list(header.patrons),
        "labels": [header.labels[name] for name in header.patrons],
        "colours": [header.colours[name] for name in header.patrons],
        "marks": [list(mark) for mark in header.marks],
        "arms": _labels(tree.get("arms")),
        "rules": _labels(tree.get("rules")),
        "reference": dict(tree.get("reference") or {}),
        "figure": tree.get("figure"),
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
