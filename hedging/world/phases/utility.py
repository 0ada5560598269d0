"""What the quarter was worth to the client: one formula for every rule, and for scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, over_patrons
from hedging.world.parameters import Parameters
from hedging.world.phases.politics import Politics
from hedging.world.state import quantity


@dataclass(frozen=True, eq=False)
class Welfare:
    """What the client makes of the quarter."""

    sovereignty: Array = quantity("", "share", "sovereignty after the quarter", 0, 1)
    control: Array = quantity("", "1", "control over the economy and politics at home")
    utility: Array = quantity("", "utility", "utility of the client")


def weigh(after: dict[str, Array], p: Parameters, politics: Politics, effort: Array) -> Welfare:
    """Weigh money, sovereignty, control and the two dangers; hazard and absorption count as probabilities.

    Source: hedging/README.md, utility.
    """
    sovereignty = clip01(1 - over_patrons(p.sov_weight * after["concession"]))
    control = 1 - over_patrons(p.ctl_weight * after["concession"])
    pride = 1 + p.zeta * after["national_sentiment"]
    purse = np.log((after["reserves"] + p.reserve_floor) / (p.reserves_target + p.reserve_floor))
    utility = (
        p.theta_money * purse
        + (1 - p.beta) * (p.theta_sov * pride * sovereignty + p.theta_ctl * control)
        - p.theta_hazard * politics.hazard
        - p.theta_absorb * politics.absorb
        - p.effort_cost * over_patrons(effort * effort)
    )
    return Welfare(sovereignty, control, utility)
