"""The figures of a calibration: what goes into each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from hedging.analysis.calibration.findings import Findings
from hedging.analysis.calibration.targets import Target
from hedging.analysis.calibration.worlds import LANES, Worlds
from hedging.measures.outcome import read_outcome
from hedging.plots import calibration as plots
from hedging.plots.style import CLIENT_COLOUR, MARKET_COLOUR
from hedging.settings.settings import settings_for
from hedging.world.arrays import Array

HORIZON = 40
"""Quarters of the fans: five years of history and five of what follows from it."""

FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
PAIRS = 5
"""Numbers of the pair plot."""


@dataclass(frozen=True)
class Shown:
    """One panel: an outcome, what it is called, and the facts that are drawn into it."""

    outcome: str
    title: str
    owner: str  # whose colour it has
    facts: tuple[tuple[str, float], ...]  # target, and the date as a year
    times: float = 1.0
    after: str = ""  # a target that is a change: the target that it is added to


PANELS = (
    Shown(
        "reserves",
        "Reserves, USD bn",
        "",
        tuple((f"reserves_{year}", float(year)) for year in range(2016, 2021)),
    ),
    Shown(
        "gdp", "GDP, USD bn a year", "", tuple((f"gdp_{year}", year + 0.625) for year in range(2015, 2020)), 4
    ),
    Shown("debt.russia", "Debt to Russia, USD bn", "russia", (("debt_russia", 2019.0),)),
    Shown("debt.china", "Debt to China, USD bn", "china", (("debt_china", 2019.0),)),
    Shown("market_debt", "Debt to markets and the West, USD bn", "market", (("debt_market", 2019.0),)),
    Shown(
        "trade_share.russia",
        "Russia's share of trade",
        "russia",
        (("trade_russia_2017", 2017.5), ("trade_russia_2019", 2019.5)),
    ),
    Shown(
        "concession.russia",
        "Integration with Russia, 0 to 1",
        "russia",
        (("integration", 2020.0),),
        after="start",
    ),
    Shown(
        "national_sentiment",
        "Not for the union, share",
        "",
        (("sentiment_2019", 2019.0), ("sentiment_rise", 2020.0)),
        after="sentiment_2019",
    ),
)


def draw(found: Findings, folder: Path) -> None:
    """Draw every figure into a folder."""
    plan = found.job.plan
    about = xr.Dataset(attrs={"study": "calibration", "draws": found.posterior.shape[1], "seed": plan.seed})
    names = {name: rule.label for name, rule in plan.rules.items()}
    figures = {
        "fit": plots.fit(_panels(found), about),
        "implausibility": plots.implausibility(found.targets, about),
        "numbers": plots.numbers(found.numbers, about),
        "pairs": plots.pairs(*_pairs(found), about),
        "rules": plots.rules(found.rules, names, about),
        "recovery": plots.recovery(found.ranks, found.numbers["moved"].to_numpy(), about),
    }
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi="figure", metadata={"Software": None})
        figure.clear()


def _pairs(found: Findings) -> tuple[list[str], list[Array]]:
    """The numbers whose variance fell most, and their posterior."""
    order = found.numbers["variance_ratio"].to_numpy().argsort()[:PAIRS]
    varied = found.job.fitted.varied
    return [varied[row].path for row in order], [varied[row].spread(found.posterior[row]) for row in order]


def _panels(found: Findings) -> list[plots.Panel]:
    """Prior and posterior played on to the end, with the facts of each panel."""
    rule, record = found.job.plan.fitted, found.job.record
    words = [word for word in record.setting if not word.startswith("horizon=")]
    settings = settings_for(
        None, (*words, f"horizon={HORIZON}", f"client/rule={rule}", f"seed={found.job.plan.seed}")
    )
    worlds, count = Worlds(settings, record), found.posterior.shape[1]
    prior = worlds.prior(0, count)
    fans = [_fans(worlds, cube) for cube in (prior, _longer(found, worlds, prior))]
    targets = {target.name: target for target in record.targets}
    colours = {"": CLIENT_COLOUR, "market": MARKET_COLOUR, **settings.colours}
    start = {"start": settings.numbers["patrons.russia.concession0"].value}
    return [
        plots.Panel(
            title=shown.title,
            colour=colours[shown.owner],
            time=2015 + np.arange(fans[0][place].shape[1]) / 4,
            prior=fans[0][place],
            posterior=fans[1][place],
            facts=_facts(shown, targets, start),
        )
        for place, shown in enumerate(PANELS)
    ]


def _facts(
    shown: Shown, targets: dict[str, Target], start: dict[str, float]
) -> list[tuple[float, float, float]]:
    """Where the facts lie: year, value, one standard deviation of measurement and discrepancy."""
    found = []
    for name, year in shown.facts:
        target, base = targets[name], 0.0
        if shown.after and name != shown.after:
            base = start.get(shown.after, targets[shown.after].value if shown.after in targets else 0.0)
        found.append((year, base + target.value, target.spread))
    return found


def _longer(found: Findings, worlds: Worlds, prior: Array) -> Array:
    """The posterior with its luck up to the end of the record, and any luck after it."""
    short, cube = found.job.fitted, prior.copy()
    count, quarters = len(short.varied), short.settings.horizon
    cube[:count] = found.posterior[:count]
    for key, row in worlds.streams.items():
        before = short.streams[key]
        cube[row : row + quarters] = found.posterior[before : before + quarters]
    return cube


def _fans(worlds: Worlds, cube: Array) -> list[Array]:
    """Quantiles by quarter of each panel's outcome, over the draws that stand: (quantile, quarter) each."""
    s = worlds.settings
    outcomes = [read_outcome(shown.outcome, s.patrons, s.partners, s.horizon, "fit") for shown in PANELS]
    parts: list[list[Array]] = [[] for _ in PANELS]
    for first in range(0, cube.shape[1], LANES):
        arm = worlds.play(cube[:, first : first + LANES])
        for mine, outcome, shown in zip(parts, outcomes, PANELS, strict=True):
            path = outcome.path(arm)
            mine.append(np.where(arm.weight[: len(path)] > 0, path * shown.times, np.nan))
    return [np.nanquantile(np.concatenate(mine, axis=1), FAN, axis=1) for mine in parts]
