"""Whether a run folder still holds what its study would give today, told in a second, without running it.

A study as committed leaves two fingerprints in its manifest: the hash of its setting, and the measures of a
few of its draws, played anew. A comment touches neither; another number in a config moves the first, another
formula the second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hedging.settings.compose import compose
from hedging.runs.loop import play
from hedging.errors import HedgingError
from hedging.studies.findings import Played, as_played, gather, play_study
from hedging.settings.settings import Settings
from hedging.studies.study import Study, is_study, read_study
from hedging.results.summary import PartBands, summary_table

DRAWS = 32
"""Draws that are played for a fingerprint: the first ones of the study."""

WORLDS = 2048
"""Points times draws of an arm beyond which fewer draws are played."""

RTOL, ATOL = 1e-6, 1e-9
"""How far apart two numbers may lie and still count as the same, here and wherever results are made again."""

KEPT = (".csv", ".md", ".png", ".yaml")
"""What is kept of a run folder with the code."""


def as_committed(settings: Settings) -> bool:
    """Whether a setting is that of the shipped study whose name it bears, every number of it."""
    from hedging.results.run import fingerprint

    try:
        committed = compose((f"experiment={settings.study}",))
    except HedgingError:  # no shipped study has that name
        return False
    return fingerprint(committed) == fingerprint(settings.tree)


def quick_table(settings: Settings) -> pd.DataFrame:
    """Play the first few draws of a committed study: every outcome and what becomes of its claims.

    Returns: measure and value, in a fixed order; a plain run's also say quarter, patron and statistic.
    """
    if settings.tree.get("claims") or is_study(settings.tree):
        study = _few(read_study(settings, (f"experiment={settings.study}",)))
        if is_study(settings.tree):
            played = play_study(study)
            return pd.concat([*_outcomes(played), *_claims(played)], ignore_index=True)
        return _run_table(study.settings, study)
    return _run_table(replace(settings, draws=min(settings.draws, DRAWS), keep=0))


def _few(study: Study) -> Study:
    """A study with few draws, fewer still where it has many points."""
    draws = max(2, min(DRAWS, WORLDS // study.grid.points))

    def shorter(settings: Settings) -> Settings:
        return replace(settings, draws=min(settings.draws, draws), keep=0)

    plays = tuple(replace(play, settings=shorter(play.settings)) for play in study.plays)
    return replace(study, plays=plays, settings=shorter(study.settings))


def _run_table(few: Settings, study: Study | None = None) -> pd.DataFrame:
    """The summary of a plain run, and its claims."""
    (block,) = play(few, lambda count: None, few.draws)
    bands = PartBands(few, few.draws)
    bands.add(block.arm)
    table = summary_table(few, [bands.arrays(exact=True)], exact=True)
    if study is None:
        return table
    found = {name: values[None] for name, values in gather(block.arm, study.plays[0].outcomes).items()}
    return pd.concat([table, *_claims(as_played(study, found))])


def _outcomes(played: Played) -> Iterator[pd.DataFrame]:
    """Every outcome of every draw that counts, arm by arm."""
    for one in played.study.plays:
        for formula in played.study.measures:
            value, weight = played.values(one.rule, one.arm, formula)
            counted = np.where(weight > 0, value * weight, np.nan).ravel()
            yield pd.DataFrame({"measure": formula.name, "value": counted}).dropna()


def _claims(played: Played) -> Iterator[pd.DataFrame]:
    """What becomes of each claim, and by how much."""
    for claim, judgements in played.judgements:
        told = [number for j in judgements for number in (j.share, j.low, j.high, j.draws, j.effect)]
        yield pd.DataFrame({"measure": f"claim: {claim.text}", "value": np.array(told, np.float64)}).dropna()


def quick_numbers(table: pd.DataFrame) -> dict[str, float]:
    """One number a measure, which any change of the measure moves, whatever other columns a summary has.

    Rule: the mean of its values, weighted by their place in the table from 1 to 2, so that neither a shift
    nor an exchange cancels. Numbers, not a hash of them: the last digits differ between processors.
    """
    found = {}
    for name, values in table.groupby("measure", sort=False)["value"]:
        weights = np.linspace(1.0, 2.0, len(values))
        found[str(name)] = float(f"{np.mean(weights * values.to_numpy(np.float64)):.10g}")
    return found


def moved_measures(told: Mapping[str, float], table: pd.DataFrame) -> list[str]:
    """The measures whose number is not the one told; one that came or went counts as moved."""
    today = quick_numbers(table)
    sizes = table.assign(value=table["value"].abs()).groupby("measure")["value"].mean()
    moved = set(told) ^ set(today)
    for name in set(told) & set(today):
        near = bool(abs(told[name] - today[name]) <= ATOL + RTOL * float(sizes[name]))
        same = near or (np.isnan(told[name]) and np.isnan(today[name])) or told[name] == today[name]
        moved |= set() if same else {name}
    return sorted(moved)


def stale(folder: Path, settings: Settings) -> list[str]:
    """Why a run folder is not what its study would give today, a line each; empty where it is fresh."""
    from hedging.results.run import fingerprint

    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        told, outputs = manifest["quick"], manifest["outputs"]
    except (OSError, ValueError):
        return [f"{folder.name} has no manifest.json that can be read"]
    except (KeyError, TypeError):
        return [f"{folder.name} was not run as committed: its manifest has no quick fingerprint"]
    reasons = _edited(folder, outputs)
    if manifest.get("config") != fingerprint(settings.tree):
        reasons.append("its setting has changed")
    if moved := moved_measures(told, quick_table(settings)):
        shown = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        reasons.append(f"the model now gives other numbers: {shown}")
    return reasons


def _edited(folder: Path, outputs: Mapping[str, str]) -> list[str]:
    """What of a folder is not as its run left it; draws and trajectories are not kept with the code."""
    reasons = []
    for name, told in outputs.items():
        path = folder / name
        if path.suffix not in KEPT:
            continue
        if not path.is_file():
            reasons.append(f"{name} is gone")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != told:
            reasons.append(f"{name} is not as the run left it")
    return reasons
