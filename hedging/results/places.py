"""Where a run writes: results/<study>/ as committed, results/scratch/<study>/<what changed>/ otherwise."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from hedging.settings.header import OF_RUNS
from hedging.settings.compose import compose, config_dir
from hedging.results.run import fingerprint
from hedging.settings.settings import Settings

LONGEST = 40
"""Characters of what changed that a folder's name spells out."""


def results_dir() -> Path:
    """The results folder: HEDGING_RESULTS where that is set; else the checkout's, wherever a run was
    started, or below the current folder from a wheel."""
    if chosen := os.environ.get("HEDGING_RESULTS"):
        return Path(chosen)
    checkout = config_dir().parent
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "results"


def folder_for(
    settings: Settings, experiment: str | None, overrides: Sequence[str], config_dirs: Sequence[str] = ()
) -> Path:
    """The folder of a run. A study counts as committed while no override moves a number of it."""
    mark = fingerprint(settings.tree)
    if experiment and not config_dirs:
        committed = compose((f"experiment={experiment}",), tuple(config_dirs))
        if fingerprint(committed) == mark:
            return results_dir() / settings.study
    how = ("experiment", "sweep", *OF_RUNS)
    changes = [override for override in overrides if re.split("[.=]", override.lstrip("+~"))[0] not in how]
    words = re.sub(r"[^\w.=+-]+", "-", ",".join(short(change) for change in changes)).strip("-")
    name = f"{words[:LONGEST].rstrip('-.')}-{mark[:8]}" if words else mark[:8]
    return results_dir() / "scratch" / settings.study / name


def short(override: str) -> str:
    """An override by the last part of its key."""
    key, equals, value = override.partition("=")
    return key.split("@")[0].split(".")[-1].lstrip("+~") + equals + value


def tell(settings: Settings, folder: Path, seconds: float, many: bool, played: str) -> None:
    """Say what was played and where the figures are."""
    figures = sorted(path.name for path in folder.glob("*.png"))
    place = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(f"{played} of {settings.horizon} quarters in {seconds:.1f} s; seed {settings.seed}.")
    print(f"Figures and tables: {place}/" + ("" if many else f"  ({', '.join(figures)})"))
