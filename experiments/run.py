"""Run a study: ``python -m experiments.run experiment=baseline patrons.russia.red_line=0.8``.

A Hydra app. A study as committed writes results/<study>/; anything overridden that moves a number writes
results/scratch/<study>/<what changed>/.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import hydra
import pandas as pd
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.table import Column, Table

from hedging.errors import as_text, fail, one_line
from hedging.measures.courtship import REGIMES
from hedging.results.manifest import folder_for, from_here, replay_command
from hedging.runs.batch import YEARS
from hedging.runs.executors import progress_bar
from hedging.settings.brought import check_brought
from hedging.settings.compose import (
    config_dir,
    plain,
    quoted,
    readable_errors,
    user_config_dirs,
)
from hedging.settings.settings import Settings, read_settings
from hedging.studies.findings import percent

STOPPED = "interrupted: nothing was written, earlier results are as they were"


def task(config: DictConfig) -> None:
    """Run one composed setting and say what was found and where the figures are."""
    with one_line(STOPPED), readable_errors():
        _run(config)


def _run(config: DictConfig) -> None:
    from hedging.results.save import save
    from hedging.results.summary import read_summary
    from hedging.runs.executors import read_executor
    from hedging.runs.loop import describe, read_limits
    from hedging.studies.study import read_study

    hydra_config = HydraConfig.get()
    overrides = list(hydra_config.overrides.task)
    dirs = user_config_dirs()
    settings = read_settings(plain(config), dirs)
    folder = folder_for(settings, hydra_config.runtime.choices.get("experiment"), overrides, dirs)
    command = replay_command("experiments.run", dirs, overrides)
    started, limits = time.monotonic(), read_limits(settings.tree["sweep"])
    read_executor(settings.tree.get("executor"))
    study = read_study(settings, overrides, dirs)
    limits.check(study.grid.points)
    if limits.dry:
        print(describe([study]))
        return
    much = study.told if study.plain else f"{study.worlds:,} worlds"
    with progress_bar(study.worlds, f"{settings.study}: {much}") as advance:
        save(study, folder, command, advance)
    question = f"{settings.study}: {settings.question}"
    print(headline(read_summary(folder, settings.tree)) if study.plain else question)
    print(verdicts(folder), end="")
    seconds, many = time.monotonic() - started, hydra_config.mode == RunMode.MULTIRUN
    tell(settings, folder, seconds, many, study.told)


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


def check_options() -> None:
    """Stop at an option that Hydra does not know, in one line rather than with its whole usage, and at a
    folder of configs that would have Hydra run code of its own.

    Raises:
        HedgingError: such a folder.
    """
    said = StringIO()
    try:
        with redirect_stderr(said):
            asked = get_args_parser().parse_args()
    except SystemExit as stop:
        if stop.code:
            problem = said.getvalue().strip().partition("error: ")[2]
            fail(f"{problem}; options stand before or after all key=value, and --hydra-help lists them")
        raise
    with readable_errors(asked.overrides):
        check_brought(asked.config_dir, asked.config_path, asked.overrides)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compose the setting, run it, and turn every error of a user's making into one line."""
    sys.argv[1:] = quoted(sys.argv[1:] if arguments is None else arguments)
    # Hydra raises rather than prints, so that we can say it shorter.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    app = hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(task)
    with one_line(STOPPED):
        check_options()
        with readable_errors(sys.argv[1:]):
            app()
    with suppress(BrokenPipeError):
        sys.stdout.flush()


if __name__ == "__main__":
    main()
