"""From Python: play a study and have its draws as a labelled dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from hedging.errors import HedgingError
from hedging.results.manifest import attributes, replay_call
from hedging.results.save import save as save_study
from hedging.results.save import to_dataset
from hedging.runs.batch import Plan, plan_of
from hedging.runs.loop import Outputs, play_here
from hedging.settings.compose import as_overrides, written
from hedging.settings.settings import settings_for
from hedging.studies.findings import Findings
from hedging.studies.study import PATH, Study, is_study, read_study
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import QUANTITIES

MOST_BYTES = 8 * 10**9
"""What a dataset may take."""


def simulate(
    experiment: str | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    draws: int | None = None,
    seed: int | None = None,
    save: str | Path | None = None,
    keep: Sequence[str] = (),
    executor: Any = None,
) -> Any:
    """Play a study and return its draws as a labelled xarray.Dataset.

    Args:
        experiment: a study's name, as ``"baseline"``; the bare default setting without.
        overrides: as on the command line, ``["patrons.russia.red_line=0.8"]``, or a mapping.
        draws: how many worlds; the study's own number without.
        seed: the seed of chance; the study's own without.
        save: a folder to write as the command line does: figures, summary, draws.
        keep: of a study with axes, arms or rules, further series to have by quarter, as ``["reserves"]``;
            a plain run has all.
        executor: who plays it, a concurrent.futures.Executor or the name of one that ships, as ``"serial"``;
            as the setting says without.

    Returns:
        Of a plain run every draw's trajectory: quarter (one more than the horizon), patron, partner and draw;
        flows are missing in the last quarter; units as attributes, parameters as coordinates. Of a study with
        axes, arms or rules its measures, and its paths by quarter, over (rule, arm, axes..., draw): missing
        where a rule has fewer draws, `draws(rule)` says how many, or an arm has no such patron.

    Raises:
        HedgingError: a study, override or number that cannot be; a folder that cannot be written; more draws
            than a dataset can hold.
    """
    own = {"ensemble.draws": draws, "seed": seed}
    pairs = [*as_overrides(None, overrides), *(f"{key}={x}" for key, x in own.items() if x is not None)]
    settings = settings_for(experiment, pairs)
    keep = [keep] if isinstance(keep, str) else keep
    if keep and not is_study(settings.tree):
        raise HedgingError(f"keep={list(keep)}: a plain run has every series already; drop keep")
    if keep:
        there = settings.tree["paths"] or []
        more = dict.fromkeys(name for name in keep if name not in there)
        pairs.append(f"paths={written([*there, *more])}")
        settings = settings_for(experiment, pairs)
    study = read_study(settings, as_overrides(experiment, pairs))
    _check(study)

    def look(outputs: Outputs) -> Any:
        return to_dataset(settings, *outputs.kept()) if study.plain else label(Findings(study, outputs))

    if save is not None:
        command = replay_call(experiment, pairs, save, executor)
        everything = settings.draws if study.plain else None
        return save_study(study, Path(save), command, executor=executor, keep=everything, look=look)
    plan = plan_of(study)
    if study.plain:  # no measure, so no null
        bare = tuple(replace(play, outcomes=(), paths=()) for play in study.plays)
        plan = Plan(bare, table=False, keep=settings.draws)
    return look(play_here(plan, settings.tree.get("executor") if executor is None else executor))


def _check(study: Study) -> None:
    """See that a dataset of the draws is not larger than meant."""
    rows = study.settings.horizon + 1
    if study.plain:
        sizes = {"patron": len(study.settings.patrons), "partner": len(study.settings.partners)}
        width = rows * sum(prod(sizes.get(axis, 1) for axis in item.axes) for item in QUANTITIES.values())
    else:
        width = len(study.measures) + len(study.paths) * rows
    size = 8 * width * study.worlds
    if size > MOST_BYTES:
        raise HedgingError(
            f"the dataset would take {size / 1e9:.1f} GB, more than {MOST_BYTES / 1e9:.0f}: take fewer draws "
            "or points, or run it from the command line, which keeps summaries"
        )


def label(findings: Findings) -> Any:
    """The draws of a study labelled: measures over (rule, arm, axes..., draw), series over quarters too."""
    import xarray as xr

    study, names = findings.study, {"rule": findings.study.rules, "arm": findings.study.arms}
    variants = {kind: [one.name for one in names[kind]] for kind, there in study.named.items() if there}
    axes = {axis.name: list(axis.values) for axis in study.grid.axes}
    rows, draws = study.settings.horizon + 1, max(study.draws.values())
    units = {text: item.unit for text, item in study.items.items()}
    variables: dict[str, Any] = {}
    for formula, series in (*((f, False) for f in study.measures), *((f, True) for f in study.paths)):
        own = (rows, draws) if series else (draws,)
        values = [_filled(findings.values(p.rule, p.arm, formula, series)[0], own) for p in study.plays]
        whole = np.stack(values).reshape(*map(len, variants.values()), *study.grid.shape, *own)
        dims = (*variants, *axes, *(("quarter",) if series else ()), "draw")
        name = f"{PATH}{formula.name}" if formula.name in variables else formula.name
        variables[name] = (dims, whole, {"units": formula.unit(units)})
    if "rule" in variants:
        variables["draws"] = ("rule", [study.draws[name] for name in variants["rule"]])
    quarters = {"quarter": dates.labels(rows)} if study.paths else {}
    coordinates = {**variants, **axes, **quarters, "draw": np.arange(draws)}
    return xr.Dataset(variables, coordinates, attributes(study.settings.tree))


def _filled(values: Array, shape: tuple[int, ...]) -> Array:
    """Values with missing ones at the end of the last axes, up to a shape."""
    short = [want - have for want, have in zip(shape, values.shape[-len(shape) :], strict=True)]
    widths = [(0, 0)] * (values.ndim - len(shape)) + [(0, many) for many in short]
    return np.pad(values, widths, constant_values=np.nan)
