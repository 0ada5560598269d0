"""What two runs differ in, as it is shown: on one scale, in words, on screen and in a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from hedging.results.compare import NO_NAMES, NO_POINT, Run
from hedging.plots.compare import Row, side_by_side
from hedging.plots.style import CLIENT_COLOUR

SHOWN = 12
"""Outcomes that are told on screen."""

UNITS = {
    **{"usd_bn": "USD bn", "usd_bn/quarter": "USD bn/quarter", "1": "(index)", "share": "(share)"},
    **{"1/quarter": "per quarter", "share/quarter": "per quarter"},
}
"""How a unit is written after a number, where not as it is."""

KEY = (
    "At the right: the mean in A and in B, and the share of draws in which it is higher in B. "
    "A full dot has an interval without zero."
)
EACH = "Of each outcome in each arm, the point where it differs most."
KEY_ALONE = "At the right: the mean in A and in B. Hollow dots have no interval."
"""What explains the figure."""


def standardised(found: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Put differences on one scale: that of the spread of draws, or of their own size where none spreads.

    Adds `standard`, `standard_low` and `standard_high`, and sorts by the first; an outcome that does not
    spread, beside others that do, has none. Returns also what the scale is.
    """
    spread = found["spread"].where(found["spread"] > 0)
    if spread.notna().any():
        scale, words = spread, "B less A, in standard deviations over the draws of a run"
    else:
        scale = found[["a", "b"]].abs().max(axis=1).replace(0.0, np.nan)
        words = "B less A, as a share of the larger of the two"
    table = found.assign(standard=found["difference"] / scale)
    for bound in ("low", "high"):
        table[f"standard_{bound}"] = found[bound] / scale if bound in found else np.nan
    order = table["standard"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order], words


def largest(moved: pd.DataFrame) -> pd.DataFrame:
    """Of a sorted table of differences, for each outcome and each arm the point where it differs most."""
    names = [name for name in ("quarter", "measure", "patron", "rule", "arm") if name in moved]
    return moved.drop_duplicates(names)


def label(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What an outcome is called: its words, whose it is and when; then its arm and point."""
    member, date = str(row["patron"]), str(row["quarter"])
    words = str(row["measure"]).replace("_", " ")
    words += f", {names.get(member, member.replace('_', ' '))}" if member else ""
    words += f", {date}" if date[:1].isdigit() else ""
    point = [
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in row.items()
        if key not in (*NO_POINT, *NO_NAMES) and str(value)
    ]
    return "; ".join([words, *point])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def in_unit(unit: str) -> str:
    """How a unit is written after a number."""
    return UNITS.get(unit, unit)


def as_row(row: Mapping[str, Any], names: Mapping[str, str], colours: Mapping[str, str]) -> Row:
    """An outcome as a row of the figure: what it is in either run, and how often it is higher in B."""
    often = f"; higher in {row['higher']:.0%}" if row.get("draws", 1) > 1 else ""
    means = f"{row['a']:.3g} → {row['b']:.3g}".replace("-", "−")
    return Row(
        label(row, names),
        f"{means} {in_unit(row['unit'])}".rstrip() + often,
        row["standard"],
        row["standard_low"],
        row["standard_high"],
        colours.get(row["patron"], CLIENT_COLOUR),
    )


def labels(a: Run, b: Run) -> dict[str, str]:
    """What patrons are called in either run."""
    return {name: str(node.get("label", name)) for name, node in _patrons(a, b).items()}


def _patrons(a: Run, b: Run) -> dict[str, Any]:
    return {**(a.tree.get("patrons") or {}), **(b.tree.get("patrons") or {})}


def draw(a: Run, b: Run, moved: pd.DataFrame, scale: str, notes: Sequence[str]) -> Figure:
    """Draw the outcomes that differ, a patron's in its colour."""
    names, shown = labels(a, b), largest(moved)
    colours = {name: str(node.get("colour", CLIENT_COLOUR)) for name, node in _patrons(a, b).items()}
    differ = shown[shown["difference"] != 0]
    rows = [as_row(row, names, colours) for row in _records(differ.dropna(subset="standard"))]
    if unscaled := len(differ) - len(rows):
        notes = [*notes, f"{unscaled} that differ but do not spread over draws are in the table alone."]
    notes = [*notes, EACH] if len(shown) < len(moved) else notes
    notes = [*notes, KEY if moved["standard_low"].notna().any() else KEY_ALONE]
    seeds = dict.fromkeys(str(run.tree.get("seed")) for run in (a, b))
    draws = moved["draws"].max() if "draws" in moved else a.tree["ensemble"]["draws"]
    about = {"study": "A and B", "draws": int(draws), "seed": " and ".join(seeds)}
    return side_by_side(rows, f"From A: {a.name}\nto B: {b.name}", scale, xr.Dataset(attrs=about), notes)


def tell(moved: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The outcomes that differ most, as text; each where it differs most."""
    table, shown = Table(box=None, pad_edge=False), largest(moved)
    for heading in ("", "A", "B", "B less A", "95% interval", "higher in", ""):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in _records(shown[shown["difference"] != 0].head(SHOWN)):
        certain = not np.isnan(row.get("low", np.nan))
        table.add_row(
            *(label(row, names), f"{row['a']:.3g}", f"{row['b']:.3g}", f"{row['difference']:+.3g}"),
            f"{row['low']:+.3g} to {row['high']:+.3g}" if certain else "none",
            f"{row['higher']:.0%}" if row.get("draws", 1) > 1 else "",
            in_unit(row["unit"]),
        )
    text = StringIO()
    Console(file=text, width=140, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
