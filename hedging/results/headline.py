"""The few numbers of a run that are read first."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from hedging.studies.judging import percent
from hedging.measures import REGIMES

RULES_SHOWN = 4
"""Rules whose shares a table of claims has room for."""

YEARS = (2016, 2019, 2024)
MONEY = "USD bn"


def headline(summary: Any) -> str:
    """The regimes and the state of affairs at three dates, as text: median and 5 to 95% of the draws still
    standing.

    A year stands for its last quarter: regimes are of the year that ends with it, the rest at the start of
    it.
    """
    quarters = [f"{year}Q4" for year in YEARS if f"{year}Q4" in summary["quarter"].values[:-1]]
    if not quarters:
        quarters = [str(summary["quarter"].values[-2])]
    title = f"{summary.attrs['study']}: {summary.attrs['question']}"
    table = Table(box=None, pad_edge=False, title_justify="left", title=title)
    table.add_column("", no_wrap=True)
    for quarter in quarters:
        table.add_column(quarter, justify="right", no_wrap=True)
    for label, cells in (*_regime_rows(summary, quarters), *_band_rows(summary, quarters)):
        table.add_row(label, *cells)
    return as_text(table)


def as_text(table: Table) -> str:
    """A table as plain lines."""
    text = StringIO()
    Console(file=text, width=110, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def verdicts(folder: Path) -> str:
    """The claims of a run folder with their verdicts and, rule by rule, the share of draws in which each
    holds; nothing where it claims nothing."""
    if not (folder / "claims.csv").exists():
        return ""
    claims = pd.read_csv(folder / "claims.csv")
    rules = list(claims["rule"].unique())[:RULES_SHOWN]
    table = Table(box=None, pad_edge=False)
    table.add_column("Claim")
    table.add_column("Verdict", no_wrap=True)
    for rule in rules:
        table.add_column(str(rule).replace("_", " "), justify="right")
    for claim, rows in claims.groupby("claim", sort=False):
        shares = rows.set_index("rule")["share"]
        cells = [percent(float(shares[rule])) if rule in shares else "" for rule in rules]
        table.add_row(str(claim), str(rows["overall"].iloc[0]), *cells)
    return as_text(table) + "\n"


def _regime_rows(summary: Any, quarters: list[str]) -> list[tuple[str, list[str]]]:
    rows = [("Regime, share of draws", ["" for _ in quarters])]
    for name in REGIMES:
        shares = [float(summary["regime"].sel(label=name, quarter=quarter)) for quarter in quarters]
        if max(shares) > 0:
            rows.append((f"  {name}", [f"{100 * share:.1f}%" for share in shares]))
    return rows


def _band_rows(summary: Any, quarters: list[str]) -> list[tuple[str, list[str]]]:
    names = dict(zip(summary.attrs["patrons"], summary.attrs["labels"], strict=True))
    share = summary["trade_share"].sel(statistic="mean").isel(quarter=0)
    leader = max(names, key=lambda name: float(share.sel(partner=name)))
    rows: list[tuple[str, Any]] = [(f"Reserves, {MONEY}", summary["reserves"])]
    rows += [(f"Debt to {label}, {MONEY}", summary["debt"].sel(patron=name)) for name, label in names.items()]
    rows += [
        (f"Trade share of {names[leader]}", summary["trade_share"].sel(partner=leader)),
        (f"Integration with {names[leader]}, 0 to 1", summary["concession"].sel(patron=leader)),
        (f"Tension with {names[leader]}, red line at 1", summary["tension"].sel(patron=leader)),
    ]
    titled = [("Median (5 to 95% of draws)", ["" for _ in quarters])]
    return titled + [
        (f"  {label}", [_band(values.sel(quarter=quarter)) for quarter in quarters]) for label, values in rows
    ]


def _band(values: Any) -> str:
    low, middle, high = (float(values.sel(statistic=name)) for name in ("p05", "p50", "p95"))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"
