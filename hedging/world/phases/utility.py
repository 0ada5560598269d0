"""What the quarter was worth to the client: one formula for every rule, and for scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, Terms, add_up, clip01, over_patrons
from hedging.world.parameters import Parameters
from hedging.world.state import quantity


@dataclass(frozen=True, eq=False)
class Welfare:
    """What the client makes of the quarter."""

    sovereignty: Array = quantity("", "share", "sovereignty after the quarter", 0, 1)
    control: Array = quantity("", "1", "control over the economy and politics at home")
    utility: Array = quantity("", "utility", "utility of the client", reported=True)


def lasting_terms(p: Parameters, sentiment: Array, sovereignty: Array, control: Array) -> Terms:
    """What sovereignty and control are worth for good; a quarter of them is worth 1 - beta of that."""
    yield "sovereignty", 1, p.theta_sov * (1 + p.zeta * sentiment) * sovereignty
    yield "control", 1, p.theta_ctl * control


def utility_terms(
    p: Parameters, reserves: Array, lasting: Array, hazard: Array, absorb: Array, effort: Array
) -> Terms:
    """What a quarter is worth to the client, by what it is made of."""
    purse = np.log((reserves + p.reserve_floor) / (p.reserves_target + p.reserve_floor))
    yield "money", 1, p.theta_money * purse
    yield "lasting", 1, (1 - p.beta) * lasting
    yield "hazard", -1, p.theta_hazard * hazard
    yield "absorption", -1, p.theta_absorb * absorb
    yield "courtship", -1, p.effort_cost * over_patrons(effort * effort)


def weigh(after: Mapping[str, Array], p: Parameters, hazard: Array, absorb: Array, effort: Array) -> Welfare:
    """Weigh money, sovereignty, control and the two dangers; hazard and absorption count as probabilities.

    Source: hedging/README.md, utility.
    """
    sovereignty = clip01(1 - over_patrons(p.sov_weight * after["concession"]))
    control = 1 - over_patrons(p.ctl_weight * after["concession"])
    good = lasting_terms(p, after["national_sentiment"], sovereignty, control)
    worth = utility_terms(p, after["reserves"], add_up(good), hazard, absorb, effort)
    return Welfare(sovereignty, control, add_up(worth))
