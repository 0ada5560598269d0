"""Figures of studies, chosen by kind in the study's file: each a function from what was found to a Figure.

`figure: {kind: lines, x: outreach, panels: [carrots.russia, total_utility], optimum: total_utility}`; every
kind also takes name (of the file), title, note, rule and at (where the other axes stand).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from hedging.errors import HedgingError, unknown
from hedging.plots.studies.event_time import event_time
from hedging.plots.studies.frontier import frontier
from hedging.plots.studies.heat import heat
from hedging.plots.studies.lines import lines
from hedging.plots.studies.matrix import matrix
from hedging.plots.studies.paths import paths
from hedging.plots.studies.stacked import stacked
from hedging.plots.studies.verdicts import verdicts
from hedging.plots.studies.view import View
from hedging.plots.style import styled
from hedging.settings.read import read_name
from hedging.studies.claims import Known

COMMON = ("kind", "name", "title", "note", "rule", "at", "height", "panels", "claims", "show")
KINDS: dict[str, tuple[Callable[[View], Figure], tuple[str, ...]]] = {
    "lines": (lines, ("x", "by", "optimum", "centre", "columns")),
    "heat": (heat, ("x", "y", "best", "facet", "contours", "statistic")),
    "paths": (paths, ("by", "differences", "start", "stop", "columns")),
    "event_time": (event_time, ("event", "start", "stop", "columns")),
    "frontier": (frontier, ("x", "target", "by", "along")),
    "stacked": (stacked, ("x", "by")),
    "matrix": (matrix, ("x", "y", "statistic")),
    "verdicts": (verdicts, ()),
}
"""Every kind of figure, and its own options."""

OF_SERIES = ("paths", "event_time")
"""Kinds that draw series over quarters."""

AXES = ("x", "y", "by", "best", "facet", "along", "event")
"""Options that name an axis, or arm or rule."""


def check_figure(raw: Any, known: Known, series: Sequence[str], number: int) -> dict[str, Any]:
    """Read what a study's file says of a figure.

    Raises:
        HedgingError: a kind, an option, an outcome, an axis or a rule that is not there.
    """
    where = f"figure[{number}]"
    if not isinstance(raw, Mapping) or raw.get("kind") not in KINDS:
        kind = raw.get("kind") if isinstance(raw, Mapping) else raw
        raise unknown("kind", kind, KINDS, where)
    valid = (*COMMON, *KINDS[raw["kind"]][1])
    for key in raw:
        if key not in valid:
            raise unknown("option", key, valid, f"{where} ({raw['kind']})")
    for key in AXES:
        outcome = raw["kind"] == "frontier" and key == "x"
        if raw.get(key) is not None and not outcome and raw[key] not in (*known.axes, "arm", "rule"):
            raise unknown("axis", raw[key], (*known.axes, "arm", "rule"), f"{where}.{key}")
    if raw.get("rule") is not None and raw["rule"] not in known.rules:
        raise unknown("rule", raw["rule"], known.rules, where)
    if raw["kind"] == "event_time" and raw.get("event") not in known.axes:
        raise unknown("axis", raw.get("event"), known.axes, f"{where}.event")
    there = list(series) if raw["kind"] in OF_SERIES else list(known.measures)
    of_claims = raw["kind"] == "verdicts"
    panels = [] if of_claims else raw.get("panels") or there[:4]
    if not isinstance(panels, list) or not (panels or of_claims):
        raise HedgingError(
            f"{where}.panels={panels}: name at least one outcome of {', '.join(there) or 'none'}"
        )
    stated = [panel if isinstance(panel, Mapping) else {"outcome": panel} for panel in panels]
    named = [outcome for panel in stated for outcome in outcomes_of(panel)]
    named += [raw[key] for key in ("optimum",) if raw.get(key)]
    named += [raw["x"]] if raw["kind"] == "frontier" else []
    for outcome in named:
        if outcome not in there:
            raise unknown(
                "outcome",
                outcome,
                there,
                f"{where} (those under {'paths' if there == list(series) else 'measures'})",
            )
    name = read_name(raw.get("name", raw["kind"]), f"{where}.name")
    return dict(raw) | {"panels": stated, "name": name, "at": known.place(raw.get("at") or {}, f"{where}.at")}


def outcomes_of(panel: Mapping[str, Any]) -> list[str]:
    """The outcomes of a panel: one, or several that share it."""
    raw = panel.get("outcome")
    return [str(text) for text in raw] if isinstance(raw, list) else [str(raw)]


@styled
def draw_study(
    summary: Any, claims: pd.DataFrame, figures: Sequence[Mapping[str, Any]], folder: Path
) -> list[Path]:
    """Draw the figures of a study into its folder as PNG; the same summary gives the same bytes."""
    drawn = {f["name"]: KINDS[f["kind"]][0](View(summary, claims, f)) for f in figures}
    found = []
    for name, figure in drawn.items():
        found.append(folder / f"{name}.png")
        figure.savefig(found[-1], dpi="figure", metadata={"Software": None})
        figure.clear()
    return found


__all__ = ["KINDS", "View", "check_figure", "draw_study", "outcomes_of"]
