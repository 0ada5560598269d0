"""Where a run writes, how it is found again, and the few numbers of it that are read first."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console, RenderableType
from rich.table import Column, Table

from hedging.errors import HedgingError, unknown
from hedging.measures.courtship import REGIMES
from hedging.results.manifest import as_committed, fingerprint
from hedging.runs.batch import YEARS
from hedging.settings.compose import config_dir
from hedging.settings.header import OF_RUNS
from hedging.settings.settings import Settings
from hedging.studies.judging import percent

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
    if experiment and not config_dirs and as_committed(settings):
        return results_dir() / settings.study
    mark = fingerprint(settings.tree)
    how = ("experiment", "sweep", *OF_RUNS)
    changes = [override for override in overrides if re.split("[.=]", override.lstrip("+~"))[0] not in how]
    words = re.sub(r"[^\w.=+-]+", "-", ",".join(short(change) for change in changes)).strip("-")
    name = f"{words[:LONGEST].rstrip('-.')}-{mark[:8]}" if words else mark[:8]
    return results_dir() / "scratch" / settings.study / name


def short(override: str) -> str:
    """An override by the last part of its key."""
    key, equals, value = override.partition("=")
    return key.split("@")[0].split(".")[-1].lstrip("+~") + equals + value


def find_run(name: str) -> Path:
    """The run folder that goes by a study's name, or lies at a path.

    Raises:
        HedgingError: there is none.
    """
    here = results_dir()
    for folder in (Path(name), here / name, here / "scratch" / name):
        if (folder / "summary.csv").is_file():
            return folder
    if Path(name).is_dir():
        raise HedgingError(f"{name} is no run folder: it has no summary.csv")
    known = [path.parent.name for path in here.glob("*/summary.csv")]
    raise unknown("run", name, known, f"{here} (a path of a run folder will do too)")


def from_here(folder: Path) -> Path:
    """A folder as one would type it in the current one."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def tell(settings: Settings, folder: Path, seconds: float, many: bool, played: str) -> None:
    """Say what was played and where the figures are."""
    figures = sorted(path.name for path in folder.glob("*.png"))
    print(f"{played} of {settings.horizon} quarters in {seconds:.1f} s; seed {settings.seed}.")
    print(f"Figures and tables: {from_here(folder)}/" + ("" if many else f"  ({', '.join(figures)})"))


RULES_SHOWN = 4
"""Rules whose shares a table of claims has room for."""


def headline(summary: Any) -> str:
    """The regimes and the state of affairs at three dates, as text: median and 5 to 95% of the draws still
    standing.

    A year stands for its last quarter: regimes are of the year that ends with it, the rest at the start of
    it.
    """
    played = [str(quarter) for quarter in summary["quarter"].values[:-1]]
    quarters = [f"{year}Q4" for year in YEARS if f"{year}Q4" in played] or played[-1:]
    title = f"{summary.attrs['study']}: {summary.attrs['question']}"
    columns = [Column(no_wrap=True), *(Column(date, justify="right", no_wrap=True) for date in quarters)]
    table = Table(*columns, box=None, pad_edge=False, title_justify="left", title=title)
    table.add_row("Regime, share of draws")
    for name in REGIMES:
        shares = [float(summary["regime"].sel(label=name, quarter=quarter)) for quarter in quarters]
        if max(shares) > 0:
            table.add_row(f"  {name}", *(f"{100 * share:.1f}%" for share in shares))
    table.add_row("Median (5 to 95% of draws)")
    for label, values in _told(summary).items():
        table.add_row(f"  {label}", *(_band(values.sel(quarter=quarter)) for quarter in quarters))
    return as_text(table)


def _told(summary: Any) -> dict[str, Any]:
    """The series that are read first, by what they are called: money, then ties to the first partner."""
    names = dict(zip(summary.attrs["patrons"], summary.attrs["labels"], strict=True))
    share = summary["trade_share"].sel(statistic="mean").isel(quarter=0)
    leader = max(names, key=lambda name: float(share.sel(partner=name)))
    debts = {f"Debt to {label}, USD bn": summary["debt"].sel(patron=name) for name, label in names.items()}
    return {
        "Reserves, USD bn": summary["reserves"],
        **debts,
        f"Trade share of {names[leader]}": summary["trade_share"].sel(partner=leader),
        f"Integration with {names[leader]}, 0 to 1": summary["concession"].sel(patron=leader),
        f"Tension with {names[leader]}, red line at 1": summary["tension"].sel(patron=leader),
    }


def _band(values: Any) -> str:
    low, middle, high = (float(values.sel(statistic=name)) for name in ("p05", "p50", "p95"))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def as_text(shown: RenderableType, width: int = 110) -> str:
    """What is laid out, such as a table, as plain lines."""
    text = StringIO()
    Console(file=text, width=width, color_system=None).print(shown)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def verdicts(folder: Path) -> str:
    """The claims of a run folder with their verdicts and, rule by rule, the share of draws in which each
    holds; nothing where it claims nothing."""
    if not (folder / "claims.csv").exists():
        return ""
    claims = pd.read_csv(folder / "claims.csv")
    rules = list(claims["rule"].unique())[:RULES_SHOWN]
    shown = [Column(str(rule).replace("_", " "), justify="right") for rule in rules]
    table = Table("Claim", Column("Verdict", no_wrap=True), *shown, box=None, pad_edge=False)
    for claim, rows in claims.groupby("claim", sort=False):
        shares = rows.set_index("rule")["share"]
        cells = [percent(float(shares[rule])) if rule in shares else "" for rule in rules]
        table.add_row(str(claim), str(rows["overall"].iloc[0]), *cells)
    return as_text(table) + "\n"
