"""Whether a run folder still holds what its study would give today, told in a second, without running it.

A study as committed leaves two fingerprints in its manifest: the hash of its setting, and the measures of a
few of its draws, played anew. A comment touches neither; another number in a config moves the first, another
formula the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hedging.results.folder import read_manifest
from hedging.results.manifest import fingerprint
from hedging.results.summary import summary_tables
from hedging.runs.batch import plan_of
from hedging.runs.loop import digest, play_here
from hedging.settings.settings import Settings
from hedging.studies.findings import Findings
from hedging.studies.study import Study

DRAWS = 32
"""Draws that are played for a fingerprint: the first ones of the study."""

WORLDS = 2048
"""Points times draws of an arm beyond which fewer draws are played."""

RTOL, ATOL = 1e-6, 1e-9
"""How far apart two numbers may lie and still count as the same, here and wherever results are made again."""

KEPT = (".csv", ".md", ".png", ".yaml")
"""What is kept of a run folder with the code."""


def quick_table(study: Study) -> pd.DataFrame:
    """Play the first few draws of a study: every outcome and what becomes of its claims.

    Returns: measure and value, in a fixed order; those of a plain run are its summary.
    """
    few = _few(study)
    findings = Findings(few, play_here(plan_of(few, keep=0)))
    outcomes = summary_tables(findings) if study.plain else _outcomes(findings)
    return pd.concat([*outcomes, *_claims(findings)], ignore_index=True)


def _few(study: Study) -> Study:
    """A study with few draws, fewer still where it has many points."""
    draws = max(2, min(DRAWS, WORLDS // study.grid.points))

    def shorter(settings: Settings) -> Settings:
        return replace(settings, draws=min(settings.draws, draws), keep=0)

    plays = tuple(replace(play, settings=shorter(play.settings)) for play in study.plays)
    return replace(study, plays=plays, settings=shorter(study.settings))


def _outcomes(findings: Findings) -> Iterator[pd.DataFrame]:
    """Every outcome of every draw that counts, arm by arm."""
    for play in findings.study.plays:
        for formula in findings.study.measures:
            value, weight = findings.values(play.rule, play.arm, formula)
            counted = np.where(weight > 0, value * weight, np.nan).ravel()
            yield pd.DataFrame({"measure": formula.name, "value": counted}).dropna()


def _claims(findings: Findings) -> Iterator[pd.DataFrame]:
    """What becomes of each claim, and by how much."""
    for claim, judgements in findings.judgements:
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
    near = ATOL + RTOL * sizes.where(np.isfinite(sizes), 0.0)
    both = told.keys() & today.keys()
    same = {name for name in both if np.isclose(told[name], today[name], 0.0, near[name], equal_nan=True)}
    return sorted((told.keys() | today.keys()) - same)


def stale(folder: Path, study: Study) -> list[str]:
    """Why a run folder is not what its study would give today, a line each; empty where it is fresh."""
    if not (manifest := read_manifest(folder)):
        return [f"{folder.name} has no manifest.json that can be read"]
    if not {"quick", "outputs"} <= {*manifest}:
        return [f"{folder.name} was not run as committed: its manifest has no quick fingerprint"]
    same = manifest.get("config") == fingerprint(study.settings.tree)
    return why_stale(folder, manifest["outputs"], same, moved_measures(manifest["quick"], quick_table(study)))


def why_stale(
    folder: Path, outputs: Mapping[str, str], same: bool, moved: Sequence[str], kept: Sequence[str] = KEPT
) -> list[str]:
    """What of a folder is not as its run left it, and whether its setting or its numbers have changed; draws
    and trajectories are not kept with the code."""
    reasons = []
    for name, told in outputs.items():
        if (path := folder / name).suffix in kept and not path.is_file():
            reasons.append(f"{name} is gone")
        elif path.suffix in kept and digest(path) != told:
            reasons.append(f"{name} is not as the run left it")
    if not same:
        reasons.append("its setting has changed")
    if moved:
        shown = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
        reasons.append(f"the model now gives other numbers: {shown}")
    return reasons
