"""Phase 0: what comes from outside: the date, the price of energy, the cut in subsidies, growth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array
from hedging.world.chance import Chance
from hedging.world.parameters import Parameters
from hedging.world.state import quantity


@dataclass(frozen=True, eq=False)
class Calendar:
    """What a quarter brings from outside."""

    urgency: Array = quantity("", "share", "how near the deadline is", 0, 1)
    policy_loss: Array = quantity("", "usd_bn/quarter", "subsidy lost to the planned phase-out", 0)
    scheduled: Array = quantity("patron", "usd_bn/quarter", "subsidy on schedule", 0)
    lost: Array = quantity("patron", "usd_bn/quarter", "subsidy withdrawn by the phase-out", 0)
    growth: Array = quantity("", "share/quarter", "growth of potential output")


def read_calendar(p: Parameters, quarter: int, energy_index: float, chance: Chance) -> Calendar:
    """Look up what the quarter brings from outside, whoever decides what.

    Rule: urgency rises exponentially into the deadline and is 0 after it; the phase-out cuts the subsidy by
    a straight ramp that sums to its total over its quarters, and stays at its depth afterwards.
    Source: the article, paragraphs 12 and 14; hedging/README.md, phase 0.
    """
    ahead = p.deadline - quarter
    urgency = np.exp(-np.maximum(ahead, 0.0) / p.deadline_tau) * (ahead >= 0)
    base = p.usual_subsidy
    elapsed = (quarter - p.phaseout_start + 1).clip(0.0, p.phaseout_quarters)
    ramp = 2 * p.phaseout_total / (p.phaseout_quarters + 1) * elapsed / p.phaseout_quarters
    policy_loss = np.minimum(ramp, base)
    part = policy_loss / np.where(base > 0, base, 1.0)
    rent = p.energy_price * energy_index
    return Calendar(
        urgency=urgency,
        policy_loss=policy_loss,
        scheduled=p.subsidy0 * (rent * (1 - part)),
        lost=p.subsidy0 * (rent * part),
        growth=p.growth0 + p.growth_sd * chance.client_noise("growth"),
    )
