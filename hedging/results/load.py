"""A run folder read back as labelled datasets; nothing of the user's is imported for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from hedging.errors import HedgingError
from hedging.results.manifest import read_tree
from hedging.results.summary import SUMMARY, columns_before, labelled, read_summary, read_table
from hedging.settings.compose import Tree

Part = Literal["summary", "draws", "trajectories"]
FILES = {"summary": SUMMARY, "draws": "draws.parquet", "trajectories": "trajectories.nc"}


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
    tree = read_tree(folder)
    if part == "summary":
        return read_summary(folder, tree)
    return _draws(folder, tree, [columns] if isinstance(columns, str) else columns)


def _draws(folder: Path, tree: Tree, columns: Sequence[str] | None) -> Any:
    """Read the draws of a run folder, some of their columns or all."""
    index = [*columns_before(tree), "draw"]
    table = read_table(folder / FILES["draws"], columns=None if columns is None else [*index, *columns])
    labels = {dim: table[dim].drop_duplicates().to_numpy() for dim in index}
    return labelled(table.set_index(index).to_xarray().reindex(labels), tree)
