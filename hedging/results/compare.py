"""Two runs side by side: which inputs differ, how far every outcome does, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.table import Table

from hedging.errors import HedgingError, as_text
from hedging.plots.compare import side_by_side
from hedging.plots.style import CLIENT_COLOUR, unit_words
from hedging.results.changes import changed_cells
from hedging.results.folder import read_manifest
from hedging.results.manifest import changed_inputs, results_dir
from hedging.results.pairing import Run, at_the_end, paired, unpaired, why_unpaired

TEXTS = ("study", "question", "finding", "marks", "figure")
"""Inputs that only say something, and are not told."""

LONGEST = 80
"""Characters of a run's name that the name of the output folder spells out."""

NOTED = 3
"""Inputs that are told under the figure before the rest is only counted."""

SHOWN = 12
"""Outcomes that are told on screen."""

INTERVAL = ("draws", "low", "high", "higher", "lower")
"""Columns that only draws held against each other have."""

KEY = (
    "At the right: the mean in A and in B, and the share of draws in which it is higher in B. "
    "A full dot has an interval without zero."
)
EACH = "Of each outcome in each arm, the point where it differs most."
KEY_ALONE = "At the right: the mean in A and in B. Hollow dots have no interval."
"""What explains the figure."""


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs.

    `table` has a row for every difference; `shown` the outcomes that are told, on one scale, the largest
    first; `scale` and `how` say what that scale is and how the runs were compared.
    """

    a: Run
    b: Run
    inputs: list[str]
    verdicts: list[str]
    table: pd.DataFrame
    shown: pd.DataFrame
    scale: str
    how: str


def compare(a: Path, b: Path) -> Comparison:
    """Set two run folders side by side; nothing that their settings name is imported.

    Raises:
        HedgingError: they are one folder, cannot be read, or have nothing in common.
    """
    runs = Run(short_name(a), a), Run(short_name(b), b)
    if a.resolve() == b.resolve():
        raise HedgingError(f"{runs[0].name} and {runs[1].name} are the same folder; name two")
    changed = changed_inputs(*(_told_inputs(run) for run in runs))
    table, found, how = differences(*runs)
    shown, scale = standardised(found)
    whole = shown if table is found else table
    verdicts = changed_cells(a, b, "claims.csv", ["claim", "rule", "verdict"])
    return Comparison(*runs, changed, verdicts, whole, shown, scale, how)


def short_name(folder: Path) -> str:
    """What a run goes by: its path below the results, in one word."""
    here, below = folder.resolve(), results_dir().resolve()
    parts = here.relative_to(below).parts if here.is_relative_to(below) else (here.name,)
    name = re.sub(r"[^\w.=+-]+", "-", "-".join(part for part in parts if part != "scratch"))
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9].rstrip('-.')}-{sha256(name.encode()).hexdigest()[:8]}"


def _told_inputs(run: Run) -> dict[str, str]:
    """The inputs of a run, and the versions of what made it."""
    told = {path: text for path, text in run.inputs.items() if path.split(".")[0] not in TEXTS}
    versions = read_manifest(run.folder).get("versions") or {}
    return told | {f"version of {name}": str(number) for name, number in versions.items()}


def differences(a: Run, b: Run) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """What differs between the outcomes: the whole table, what of it to show, and how they were compared."""
    if reason := why_unpaired(a, b):
        table = unpaired(a, b)
        found = at_the_end(table).assign(**dict.fromkeys(INTERVAL, np.nan))
        return table, found, f"Not paired: {reason}. Summary statistics alone, no intervals."
    table = paired(a, b).dropna(subset="difference", ignore_index=True)
    if table.empty:
        raise HedgingError(f"{a.name} and {b.name} have no outcome in common in a draw that stands in both")
    most, fewest = table["draws"].max(), table["draws"].min()
    if most == 1:
        return table, table, "One draw in each: no intervals."
    few = f", of which each outcome has {fewest:,.0f} or more in both" if fewest < most else ""
    how = f"Paired draw by draw over {most:,.0f} draws{few}; 95% intervals of the mean difference."
    return table, table, how


def standardised(found: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Put differences on one scale: that of the spread of draws, or of their own size where none spreads.

    Adds `standard`, `standard_low` and `standard_high`, and sorts by the first; an outcome that does not
    spread, beside others that do, has none. Returns also what the scale is.
    """
    scale = found["spread"].where(found["spread"] > 0)
    words = "in standard deviations over the draws of a run"
    if scale.isna().all():
        scale = found[["a", "b"]].abs().max(axis=1).replace(0.0, np.nan)
        words = "as a share of the larger of the two"
    ends = {f"standard_{end}": found[end] / scale for end in ("low", "high")}
    table = found.assign(standard=found["difference"] / scale, **ends)
    return table.sort_values("standard", key=abs, ascending=False, kind="stable"), f"B less A, {words}"


def largest(shown: pd.DataFrame) -> pd.DataFrame:
    """Of a sorted table of differences, for each outcome and each arm the point where it differs most."""
    names = [name for name in ("quarter", "measure", "patron", "rule", "arm") if name in shown]
    return shown.drop_duplicates(names)


def told(found: Comparison) -> str:
    """What is said of two runs: what went in, how they were compared, the outcomes that differ most."""
    rows, count = _rows(found), (found.shown["difference"] != 0).sum()
    said = [f"A: {found.a.folder}", f"B: {found.b.folder}"]
    said += [f"Inputs that differ: {len(found.inputs) or 'none'}", *(f"  {line}" for line in found.inputs)]
    said += [*found.verdicts, found.how, f"{count} of {len(found.shown)} outcomes differ"]
    if rows.empty:
        return "\n".join(said)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "A", "B", "B less A", "95% interval", "higher in", ""):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in rows.head(SHOWN).to_dict("records"):
        interval = "none" if np.isnan(row["low"]) else f"{row['low']:+.3g} to {row['high']:+.3g}"
        means = (f"{row['a']:.3g}", f"{row['b']:.3g}", f"{row['difference']:+.3g}")
        table.add_row(row["label"], *means, interval, row["often"], row["unit"])
    return "\n".join([*said[:-1], f"{said[-1]}; the largest:", as_text(table, width=140)])


def save(found: Comparison, stage: Path) -> None:
    """Write the table, differences.csv, and the figure, differences.png."""
    table = stage / "differences.csv"
    found.table.to_csv(table, index=False, float_format="%.10g", lineterminator="\n")
    rows, shown = _rows(found), found.shown
    drawn = rows.dropna(subset="standard")
    more = [f"and {len(found.inputs) - NOTED} more"] if len(found.inputs) > NOTED else []
    notes = [found.how, f"What differs: {'; '.join([*found.inputs[:NOTED], *more]) or 'no input'}."]
    if unscaled := len(rows) - len(drawn):
        notes.append(f"{unscaled} that differ but do not spread over draws are in the table alone.")
    notes += [EACH] if len(largest(shown)) < len(shown) else []
    notes.append(KEY if shown["low"].notna().any() else KEY_ALONE)
    draws = shown["draws"].fillna(found.a.tree["ensemble"]["draws"]).max()
    seeds = dict.fromkeys(str(run.tree.get("seed")) for run in (found.a, found.b))
    attrs = {"study": "A and B", "draws": int(draws), "seed": " and ".join(seeds)}
    title = f"From A: {found.a.name}\nto B: {found.b.name}"
    figure = side_by_side(drawn, title, found.scale, xr.Dataset(attrs=attrs), notes)
    figure.savefig(stage / "differences.png", dpi="figure", metadata={"Software": None})


def _rows(found: Comparison) -> pd.DataFrame:
    """The outcomes that differ, each where it differs most, with what is written of it."""
    patrons = (found.a.tree.get("patrons") or {}) | (found.b.tree.get("patrons") or {})
    rows = largest(found.shown).query("difference != 0")
    return rows.assign(
        label=[_label(row, patrons) for row in rows.to_dict("records")],
        colour=[patrons.get(name, {}).get("colour", CLIENT_COLOUR) for name in rows["patron"]],
        unit=[unit_words(unit).partition(",")[0] for unit in rows["unit"]],
        often=rows["higher"].map("{:.0%}".format).where(rows["draws"] > 1, ""),
        means=lambda told: [_means(row) for row in told.to_dict("records")],
    )


def _label(row: Mapping[Any, Any], patrons: Mapping[str, Any]) -> str:
    """What an outcome is called: its words, whose it is and when; then its arm and point."""
    member, date = str(row["patron"]), str(row["quarter"])
    words = [str(row["measure"]).replace("_", " ")]
    words += [str(patrons.get(member, {}).get("label", member.replace("_", " ")))] if member else []
    words += [date] if date[:1].isdigit() else []
    point = takewhile(lambda key: key not in ("quarter", "measure"), row)  # which stands first
    named = [f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k in point if str(v := row[k])]
    return "; ".join([", ".join(words), *named])


def _means(row: Mapping[Any, Any]) -> str:
    """What an outcome is in either run, and how often it is higher in B."""
    means = f"{row['a']:.3g} → {row['b']:.3g}".replace("-", "−")
    return f"{means} {row['unit']}".rstrip() + (f"; higher in {row['often']}" if row["often"] else "")
