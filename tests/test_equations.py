"""The equations of a quarter, written down once more and held against what random worlds recorded.

The reference trajectories leave much at 0: import compression, sanctions, grievance, a push to diversify, a
second patron that coerces or absorbs. Here each equation is looked at by itself: its left side as recorded,
its right side worked out from what was recorded of the terms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given

from hedging.world.arrays import Array
from hedging.world.state import STATES
from hedging.world.world import QUANTITIES
from tests.strategies import Run, World, laws, same, worlds
from tests.test_reference import WITHOUT_REFERENCE

Equations = dict[str, Array]
"""The right side of each equation by the name of the left."""


class Read:
    """A run, read as the model is written down: a flow, a number or a state at the start of the quarter by
    its name, a state at the end with `_` after it. Shapes: (quarter, ..., draw)."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __getattr__(self, name: str) -> Any:
        if name.rstrip("_") in STATES:
            return (self.run.end if name.endswith("_") else self.run.start)(name.rstrip("_"))
        return self.run[name] if name in self.run.arrays else self.run.number(name)

    def each(self, name: str) -> Any:
        """What runs over draws alone, the same for each patron: (quarter, 1, draw)."""
        return getattr(self, name)[:, None]


def total(x: Array) -> Array:
    """SUM over patrons or partners."""
    return np.add.reduce(x, axis=1)


def rivals(weights: Array, x: Array) -> Array:
    """SUM over q != p of weights[p, q] x[q]; a pair without a name weighs 0."""
    return np.einsum("tpqd,tqd->tpd", weights, x)


def sig(x: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))


def clip(x: Array) -> Array:
    return np.clip(x, 0, 1)


def calendar_and_offers(r: Read) -> Equations:
    """Phases 0 to 2 and 4."""
    t = np.arange(len(r.urgency))[:, None]
    base = total(r.subsidy0)
    m = np.clip(t - r.phaseout_start + 1, 0, r.phaseout_quarters)
    ramp = 2 * r.phaseout_total / (r.phaseout_quarters + 1) * m / r.phaseout_quarters
    left = np.divide(r.policy_loss, base, out=np.zeros_like(base), where=base > 0)
    pride = r.theta_sov * (1 + r.zeta * r.national_sentiment)
    wealth = (r.reserves + r.reserve_floor)[:, None]
    bargain = r.outside / (r.outside + r.willing + 1e-9)
    wish = np.minimum(r.willing, r.reservation + bargain * np.maximum(r.willing - r.reservation, 0))
    purse, market = r.budget * r.gate, r.warmth * r.last_bid
    yielding = np.prod(1 - r.deference * r.anger[:, None], axis=2)
    return {
        "urgency": np.where(t <= r.deadline, np.exp(-np.maximum(r.deadline - t, 0) / r.deadline_tau), 0),
        "policy_loss": np.minimum(ramp, base),
        "scheduled": r.subsidy0 * (r.energy_price * (1 - left))[:, None],
        "demand": r.demand0
        * (1 + (r.deadline_demand * r.urgency)[:, None] * r.deadline_holder)
        * (1 - r.concession),
        "anger": clip(r.frustration / r.red_line),
        "gate": yielding * (1 - r.conditionality * r.each("repression")) * (1 - r.squeamishness),
        "carrot": np.minimum(
            purse, r.salience * r.retention * r.gate * (1 - r.anger) * rivals(r.rivalry, r.warmth)
        ),
        "cost": (pride[:, None] * r.sov_weight + r.each("theta_ctl") * r.ctl_weight) * r.demand,
        "phi": r.grant_share + (1 - r.grant_share) * r.each("loan_value"),
        "reservation": wealth / r.phi * (np.exp(np.minimum(r.cost / r.each("theta_money"), 20)) - 1),
        "willing": r.salience
        * r.concession_value
        * r.demand
        * r.gate
        * (r.each("channel0") + (1 - r.each("channel0")) * r.warmth),
        "outside": total(market)[:, None] - market,
        "offer": np.clip(wish, 0, np.maximum(purse - r.carrot, 0)),
        "coerce_probability": r.coercive_capacity * sig((r.frustration - r.red_line) / r.red_line_width),
        "gain": r.each("theta_money") * np.log1p(r.phi * r.offer / wealth) - r.cost,
        "accept_probability": sig(r.each("accept_precision") * r.gain) * (r.offer > 1e-9),
    }


def settlement(r: Read) -> Equations:
    """Phase 5."""
    spared = np.prod(1 - r.market_sanction * r.coerce, axis=1)
    gap = 0.25 * np.maximum(r.reserves_target - r.reserves, 0)
    drift = r.each("trade_response") * (r.warmth - r.warmth0) - 0.3 * r.blockade * r.coerce
    drift = np.concatenate([drift, np.zeros_like(drift[:, :1])], axis=1)
    turned = r.trade_share * np.exp(drift - r.each("diversification_push") * r.trade_share)
    moved = 0.5 * total(np.abs(r.trade_share_ - r.trade_share))
    before = r.reserves + total(r.net) + r.row_flow
    return {
        "pay": r.accept * r.offer + r.carrot * (1 - r.coerce),
        "loan_new": (1 - r.grant_share) * r.pay,
        "grant": r.grant_share * r.pay,
        "repayment": r.each("amortisation") * r.debt,
        "interest": r.interest_rate * r.debt,
        "rolled": r.rollover * r.repayment * (1 - r.coerce),
        "subsidy": r.scheduled * (1 - r.coercive_cut * r.coerce),
        "net": r.loan_new + r.grant + r.rolled + r.subsidy - r.repayment - r.interest,
        "market_repayment": r.amortisation * r.market_debt,
        "market_interest": r.market_rate * r.market_debt,
        "market_loan": r.market_rollover * r.market_repayment
        + np.minimum(r.market_cap * r.market_access * spared, gap),
        "blockade_loss": 2 * r.blockade_impact * r.gdp * total(r.blockade * r.coerce * r.trade_share[:, :-1]),
        "trade_share_": turned / total(turned)[:, None],
        "adjust_cost": r.adjust_unit * 4 * r.openness * r.gdp * moved,
        "austerity": r.austerity_max * r.gdp * clip(1 - r.reserves / r.reserves_target),
        "row_flow": -r.external_gap * r.gdp / r.gdp0
        + (r.austerity + r.market_loan)
        - (r.market_repayment + r.market_interest + r.blockade_loss + r.adjust_cost),
        "compression": np.maximum(-before, 0),
        "reserves_": before + r.compression,
        "debt_": r.debt + r.loan_new + r.rolled - r.repayment,
        "market_debt_": r.market_debt + r.market_loan - r.market_repayment,
        "patron_cash_": r.patron_cash - r.net,
        "world_cash_": r.world_cash - r.row_flow - r.compression,
    }


def economy_and_politics(r: Read) -> Equations:
    """Phases 6 and 7."""
    losses = r.blockade_loss + r.adjust_cost
    want = r.compression / r.gdp_
    line = r.absorb_multiple * r.red_line
    ease = (
        r.each("absorb0")
        + r.each("absorb_trade") * (r.trade_share[:, :-1] - 0.3)
        + r.each("absorb_concession") * (r.concession - 0.35)
        - r.each("absorb_sentiment") * (r.each("national_sentiment_") - 0.35)
        - r.each("absorb_deterrence") * rivals(r.rivalry, r.warmth * r.salience)
    )
    return {
        "support": total(r.subsidy + r.grant + r.loan_new),
        "potential_gdp_": r.potential_gdp * (1 + r.growth) - r.scar * losses,
        "gdp_": np.maximum(
            0.2 * r.potential_gdp_,
            r.potential_gdp_
            + r.support_multiplier * (r.support - total(r.subsidy0))
            - (r.austerity_multiplier * r.austerity + losses + r.compression_multiplier * r.compression),
        ),
        "growth_rate": r.gdp_ / r.gdp - 1,
        "sold": r.accept * r.demand,
        "concession_": clip(r.concession * (1 - r.concession_decay) + r.sold),
        "pressure": total(r.sov_weight * r.demand * r.salience * r.coercive_capacity),
        "national_sentiment_": clip(
            r.national_sentiment
            + r.sentiment_reversion * (r.sentiment_base - r.national_sentiment)
            + r.sentiment_demand * r.pressure
            + r.sentiment_coercion * total(r.coerce)
        ),
        "legitimacy_": clip(
            r.legitimacy
            + r.legitimacy_reversion * (r.legitimacy_base - r.legitimacy)
            + r.legitimacy_growth * (r.growth_rate - r.growth0)
            - r.legitimacy_concession * total(r.sov_weight * r.sold) * r.national_sentiment_
            - r.legitimacy_compression * want
        ),
        "repression_": clip(
            r.repression0
            + r.repression_unrest * np.maximum(r.unrest_line - r.legitimacy_, 0)
            - r.repression_relief * total(r.concession_ * r.ctl_weight * (r.conditionality > 0))
        ),
        "hazard": sig(
            r.hazard0
            - r.hazard_legitimacy * (r.legitimacy_ - 0.5)
            - r.hazard_repression * (r.repression_ - 0.5)
            + r.hazard_compression * 15 * want
        ),
        "absorb_try": r.absorb_capacity * sig((r.frustration - line) / r.each("absorb_width")) * sig(ease),
        "absorb": 1 - np.prod(1 - r.absorb_try, axis=1),
    }


def relations_and_utility(r: Read) -> Equations:
    """Phase 8, and what the quarter was worth."""
    noticed = r.offer > 0.0007 * r.each("gdp")
    minded = rivals(r.rivalry, r.warmth_)
    haste = 1 + r.deadline_stall * r.urgency
    purse = np.log((r.reserves_ + r.reserve_floor) / (r.reserves_target + r.reserve_floor))
    pride = r.theta_sov * (1 + r.zeta * r.national_sentiment_)
    return {
        "reception": np.sqrt(r.salience) * (1 - 0.7 * r.conditionality * r.each("repression_")),
        "warmth_": clip(
            r.warmth * (1 - r.warmth_decay)
            + r.warmth_gain * r.effort * (1 - r.warmth) * r.reception
            + r.warmth_deal * r.accept * noticed
            - r.warmth_coercion * r.coerce
        ),
        "encroach": np.maximum(minded - r.tolerance, 0),
        "frustration_": np.maximum(
            0,
            (1 - r.patience_decay) * r.frustration
            + r.jealousy * r.encroach
            + r.stall_weight * haste[:, None] * r.salience * r.demand * (1 - r.accept)
            + r.grievance * np.maximum(r.each("repression_") - 0.5, 0)
            - r.stall_weight * r.sold
            - r.release * r.coerce,
        ),
        "target": clip(r.salience0 * (1 + r.salience_rivalry * minded)),
        "last_bid_": r.offer + r.carrot,
        "sovereignty": clip(1 - total(r.sov_weight * r.concession_)),
        "control": 1 - total(r.ctl_weight * r.concession_),
        "utility": r.theta_money * purse
        + (1 - r.beta) * (pride * r.sovereignty + r.theta_ctl * r.control)
        - (r.theta_hazard * r.hazard + r.theta_absorb * r.absorb)
        - r.effort_cost * total(r.effort**2),
    }


def expectations(r: Read) -> Equations:
    """What stands in the place of events and of noise in expected mode."""
    return {
        "accept": r.accept_probability,
        "coerce": r.coerce_probability,
        "growth": r.growth0,
        "salience_": clip(r.salience + r.each("salience_reversion") * (r.target - r.salience)),
        "survival_": r.survival * (1 - r.hazard),
        "sovereign_": r.sovereign * (1 - r.absorb),
    }


PHASES = (calendar_and_offers, settlement, economy_and_politics, relations_and_utility)


@laws(40)
@given(worlds(events=0, bidding=("transactional",) * 5))
def test_every_equation_holds_in_random_worlds(world: World) -> None:
    read = Read(world.play())
    for phase in (*PHASES, *[expectations] * (world.chance == "expected")):
        for name, right in phase(read).items():
            left = getattr(read, name)
            same(f"{phase.__name__}: {name}", left, np.broadcast_to(right, left.shape), 1e-9, 1e-9)


def test_no_equation_is_left_out() -> None:
    read = Read(World(chance="expected").play())
    written = {name.rstrip("_") for phase in (*PHASES, expectations) for name in phase(read)}
    assert written == set(QUANTITIES) - WITHOUT_REFERENCE - {"effort"}
