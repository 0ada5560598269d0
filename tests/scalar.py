"""The model written down a second time: one world in plain numbers, nothing of the package imported.

`quarter` plays one quarter; `tests/test_equations.py` holds it against every quarter of random worlds.
`trajectory` plays a case of `tests/golden/` in expectation; `tests/test_reference.py` holds it against all of
them. Patrons are rows of lists; partners are the patrons and, last, the rest of the world. Source:
`hedging/README.md`, whose names it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from itertools import product
from math import exp, log, log1p, prod, sqrt
from types import SimpleNamespace as Names
from typing import Any

Choose = Callable[[Names, Names, Names, int], list[float]]
"""A client rule: effort by patron, from state, numbers, flows so far and the quarter."""


def sig(x: float) -> float:
    return 1 / (1 + exp(-clip(x, -50, 50)))


def clip(x: float, low: float = 0, high: float = 1) -> float:
    return min(max(x, low), high)


def logit(values: Sequence[float], precision: float) -> list[float]:
    best = max(values)
    weights = [exp(precision * (value - best)) for value in values]
    return [weight / sum(weights) for weight in weights]


def normalised(values: Sequence[float]) -> list[float]:
    return [value / sum(values) for value in values]


def rivals(weights: Sequence[Sequence[float]], x: Sequence[float]) -> list[float]:
    """SUM over q != p of weights[p][q] x[q]."""
    rows = range(len(x))
    return [sum(weights[p][q] * x[q] for q in rows if q != p) for p in rows]


def opening(n: Names) -> Names:
    """The state at the start of 2015Q1."""
    rows = range(len(n.debt0))
    shares = [*n.trade_share0, 1 - sum(n.trade_share0)]
    return Names(
        **{"potential_gdp": n.gdp0, "gdp": n.gdp0, "reserves": n.reserves0, "market_debt": n.market_debt0},
        **{"debt": n.debt0, "trade_share": shares, "anchor": shares, "concession": n.concession0},
        **{"warmth": n.warmth0, "salience": n.salience0, "credit_line": n.credit_line0},
        frustration=[0.0 for p in rows],
        last_bid=[0.3 * n.salience0[p] * n.budget[p] for p in rows],
        accustomed=[n.familiarity * n.demand0[p] * (1 - n.concession0[p]) for p in rows],
        **{"legitimacy": n.legitimacy0, "national_sentiment": n.sentiment0, "repression": n.repression0},
        **{"survival": 1.0, "sovereign": 1.0, "world_cash": 0.0, "patron_cash": [0.0 for p in rows]},
    )


def quarter(
    s: Names,
    n: Names,
    t: int,
    energy: float,
    bidding: Sequence[str],
    choose: Choose,
    given: Mapping[str, Any] | None = None,
) -> tuple[Names, Names]:
    """One quarter from a state.

    Args:
        energy: the index of the energy price.
        bidding: the rule of each patron.
        given: what chance has brought instead of its expectation: growth, accept, hold, coerce, blocked.

    Returns: the flows of the quarter, and the state at its end.
    """
    f, after, chance = Names(), Names(), given or {}
    exogenous(s, n, t, energy, f, chance)
    offers(s, n, f, bidding)
    coercion(s, n, f, chance)
    f.effort = choose(s, n, f, t)
    deals(s, n, f, chance)
    settlement(s, n, f, after)
    economy(s, n, f, after)
    politics(s, n, f, after)
    relations(s, n, f, after)
    welfare(n, f, after)
    return f, after


def exogenous(s: Names, n: Names, t: int, energy: float, f: Names, chance: Mapping[str, Any]) -> None:
    """Phase 0."""
    f.urgency = exp(-(n.deadline - t) / n.deadline_tau) if t <= n.deadline else 0.0
    base, index = sum(n.subsidy0), n.energy_price * energy
    m = clip(t - n.phaseout_start + 1, 0, n.phaseout_quarters)
    ramp = 2 * n.phaseout_total / (n.phaseout_quarters + 1) * m / n.phaseout_quarters
    f.policy_loss = min(ramp, base)
    part = f.policy_loss / base if base else 0.0
    f.scheduled = [subsidy * index * (1 - part) for subsidy in n.subsidy0]
    f.lost = [subsidy * index * part for subsidy in n.subsidy0]
    f.growth = chance.get("growth", n.growth0)


def offers(s: Names, n: Names, f: Names, bidding: Sequence[str]) -> None:
    """Phase 1."""
    rows = range(len(bidding))
    f.anger = [clip(s.frustration[p] / n.red_line[p]) for p in rows]
    f.gate = [
        prod(1 - n.deference[p][q] * f.anger[q] for q in rows if q != p)
        * (1 - n.conditionality[p] * s.repression)
        * (1 - n.squeamishness[p])
        for p in rows
    ]
    wooed = rivals(n.rivalry, s.warmth)
    kept = [s.salience[p] * n.retention[p] * f.gate[p] * (1 - f.anger[p]) * wooed[p] for p in rows]
    f.carrot = [min(n.budget[p] * f.gate[p], kept[p]) for p in rows]
    f.peril = clip((n.unrest_line - s.legitimacy) / 0.15)
    f.phi = [n.grant_share[p] + (1 - n.grant_share[p]) * n.loan_value for p in rows]
    years = sum(n.beta**h for h in range(20))
    f.restored = [
        n.linkage[p] * f.lost[p] / (1 - n.concession0[p]) * years if n.concession0[p] < 1 else 0.0
        for p in rows
    ]
    f.outside = [sum(s.warmth[q] * s.last_bid[q] for q in rows if q != p) for p in rows]
    bids = [RULES[bidding[p]](s, n, f, p, full_demand(s, n, f, p)) for p in rows]
    for name in ("demand", "cost", "reservation", "willing", "offer"):
        setattr(f, name, [getattr(bid, name) for bid in bids])


def full_demand(s: Names, n: Names, f: Names, p: int) -> float:
    haste = 1 + n.deadline_demand * f.urgency * n.deadline_holder[p]
    return n.demand0[p] * haste * (1 - s.concession[p])


def transactional(s: Names, n: Names, f: Names, p: int, demand: float) -> Names:
    sov = n.theta_sov * (1 - n.fear * f.peril) * n.sov_weight[p] * (1 + n.zeta * s.national_sentiment)
    cost = (sov + n.theta_ctl * (1 + n.fear * f.peril) * n.ctl_weight[p]) * demand
    price = (s.reserves + n.reserve_floor) * (exp(min(cost / n.theta_money, 20)) - 1)
    reservation = max(price - f.restored[p] * demand, 0) / f.phi[p]
    channel = n.channel0 + (1 - n.channel0) * s.warmth[p]
    willing = s.salience[p] * n.concession_value[p] * demand * f.gate[p] * channel
    bargain = f.outside[p] / (f.outside[p] + willing + 1e-9)
    wish = min(willing, reservation + bargain * max(willing - reservation, 0))
    offer = clip(wish, 0, max(n.budget[p] * f.gate[p] - f.carrot[p], 0))
    return Names(demand=demand, cost=cost, reservation=reservation, willing=willing, offer=offer)


def strategic(s: Names, n: Names, f: Names, p: int, demand: float) -> Names:
    bids = [transactional(s, n, f, p, times * demand) for times in (0, 0.5, 1, 1.5, 2)]
    values = []
    for bid in bids:
        _, taken = acceptance(s, n, f, p, bid)
        stalled = 0.15 * n.stall_weight[p] * bid.demand * (1 - taken)
        values.append(taken * (bid.willing - bid.offer) - stalled)
    odds = logit(values, 6)
    return Names(
        **{x: sum(w * getattr(b, x) for w, b in zip(odds, bids, strict=True)) for x in vars(bids[0])}
    )


RULES = {"transactional": transactional, "strategic": strategic}


def acceptance(s: Names, n: Names, f: Names, p: int, bid: Names) -> tuple[float, float]:
    """Gain, and the probability of acceptance."""
    regained = f.restored[p] * bid.demand
    money = (f.phi[p] * bid.offer + regained) / (s.reserves + n.reserve_floor)
    gain = n.theta_money * log1p(money) - bid.cost
    return gain, sig(n.accept_precision * gain) if bid.offer + regained > 1e-9 else 0.0


def coercion(s: Names, n: Names, f: Names, chance: Mapping[str, Any]) -> None:
    """Phase 2."""
    rungs = {"hold": n.hold_multiple, "coerce": [1.0] * len(n.red_line), "block": n.blockade_multiple}
    for name, line in rungs.items():
        past = [(s.frustration[p] - line[p] * n.red_line[p]) / n.red_line_width[p] for p in range(len(line))]
        odds = [able * sig(x) for able, x in zip(n.coercive_capacity, past, strict=True)]
        setattr(f, f"{name}_probability", odds)
    f.hold = chance.get("hold", f.hold_probability)
    f.coerce = chance.get("coerce", f.coerce_probability)
    f.blocked = chance.get("blocked", f.block_probability)


def deals(s: Names, n: Names, f: Names, chance: Mapping[str, Any]) -> None:
    """Phase 4."""
    f.gain, f.accept_probability = [], []
    for p in range(len(f.offer)):
        bid = Names(demand=f.demand[p], offer=f.offer[p], cost=f.cost[p])
        gain, odds = acceptance(s, n, f, p, bid)
        f.gain.append(gain)
        f.accept_probability.append(odds)
    f.accept = chance.get("accept", f.accept_probability)


def settlement(s: Names, n: Names, f: Names, after: Names) -> None:
    """Phase 5."""
    rows = range(len(s.debt))
    f.pay = [f.accept[p] * f.offer[p] + f.carrot[p] * (1 - f.coerce[p]) for p in rows]
    f.loan_new = [(1 - n.grant_share[p]) * f.pay[p] for p in rows]
    f.grant = [n.grant_share[p] * f.pay[p] for p in rows]
    f.repayment = [n.amortisation * s.debt[p] for p in rows]
    f.interest = [n.interest_rate[p] * s.debt[p] for p in rows]
    f.rolled = [n.rollover[p] * f.repayment[p] * (1 - f.hold[p]) for p in rows]
    lend(s, n, f)
    f.progress = [
        clip((s.concession[p] - n.concession0[p]) / (1 - n.concession0[p])) if n.concession0[p] < 1 else 0.0
        for p in rows
    ]
    f.subsidy = [
        (f.scheduled[p] + n.linkage[p] * f.progress[p] * f.lost[p]) * (1 - n.coercive_cut[p] * f.coerce[p])
        for p in rows
    ]
    f.net = [
        f.loan_new[p] + f.credit[p] + f.grant[p] + f.rolled[p] + f.subsidy[p] - f.repayment[p] - f.interest[p]
        for p in rows
    ]
    freed = [f.repayment[p] - f.rolled[p] for p in rows]
    after.credit_line = [min(n.credit_line0[p], s.credit_line[p] - f.credit[p] + freed[p]) for p in rows]
    f.market_repayment = n.amortisation * s.market_debt
    f.market_interest = n.market_rate * s.market_debt
    spared = prod(1 - n.market_sanction[p] * f.coerce[p] for p in rows)
    gap = 0.25 * max(n.reserves_target - s.reserves, 0)
    f.market_loan = n.market_rollover * f.market_repayment + min(n.market_cap * n.market_access * spared, gap)
    trade(s, n, f, after)
    f.austerity = n.austerity_max * s.gdp * clip(1 - s.reserves / n.reserves_target)
    inflow = f.austerity + f.market_loan
    outflow = f.market_repayment + f.market_interest + f.blockade_loss + f.adjust_cost
    f.row_flow = -n.external_gap * s.gdp / n.gdp0 + inflow - outflow
    before = s.reserves + sum(f.net) + f.row_flow
    f.compression = max(-before, 0)
    after.reserves = before + f.compression
    after.debt = [s.debt[p] + f.loan_new[p] + f.credit[p] - freed[p] for p in rows]
    after.market_debt = s.market_debt + f.market_loan - f.market_repayment
    after.patron_cash = [s.patron_cash[p] - f.net[p] for p in rows]
    after.world_cash = s.world_cash - f.row_flow - f.compression


def lend(s: Names, n: Names, f: Names) -> None:
    """Credit lines: what is drawn, what is held up, who bridges it."""
    rows = range(len(s.debt))
    f.door = [(1 - n.conditionality[p] * s.repression) * (1 - n.squeamishness[p]) for p in rows]
    f.appetite = clip(1.5 - s.reserves / n.reserves_target)
    f.usual = [n.draw_rate[p] * s.credit_line[p] * f.door[p] * f.appetite for p in rows]
    f.due = [n.rollover[p] * f.repayment[p] + f.usual[p] for p in rows]
    f.missing = sum(f.hold[p] * f.due[p] for p in rows)
    f.bridge_cap = [
        n.surge[p] * n.draw_rate[p] * s.credit_line[p] * f.door[p] * (1 - f.hold[p]) for p in rows
    ]
    keen = [s.warmth[p] * f.bridge_cap[p] for p in rows]

    def lent(p: int, q: int) -> float:
        helpers = sum(keen[r] for r in rows if r != q)
        return float(f.hold[q] * min(f.bridge_cap[p], f.due[q] * keen[p] / (helpers + 1e-12)))

    f.bridge = [min(f.bridge_cap[p], sum(lent(p, q) for q in rows if q != p)) for p in rows]
    f.credit = [min(f.usual[p] * (1 - f.hold[p]) + f.bridge[p], s.credit_line[p]) for p in rows]


def trade(s: Names, n: Names, f: Names, after: Names) -> None:
    """Where trade goes, and what a blockade and the change of partners cost."""
    rows = range(len(s.debt))
    blocked = [n.blockade[p] * f.blocked[p] for p in rows]
    stopped = sum(blocked[p] * s.trade_share[p] for p in rows)
    f.blockade_loss = 2 * n.blockade_impact * s.gdp * stopped
    drift = [n.trade_response * (s.warmth[p] - n.warmth0[p]) - 0.3 * blocked[p] for p in rows]
    turned, spread = [], []
    for share, anchor, pull in zip(s.trade_share, s.anchor, [*drift, 0.0], strict=True):
        back = n.trade_memory * (log(anchor) - log(share)) if share and anchor else 0.0
        turned.append(share * exp(pull - n.diversification_push * share + back))
        spread.append(anchor * exp(-n.diversification_push * anchor))
    after.trade_share, after.anchor = normalised(turned), normalised(spread)
    moved = sum(abs(new - old) for new, old in zip(after.trade_share, s.trade_share, strict=True))
    f.adjust_cost = n.adjust_unit * 4 * n.openness * s.gdp * 0.5 * moved


def economy(s: Names, n: Names, f: Names, after: Names) -> None:
    """Phase 6."""
    losses = f.blockade_loss + f.adjust_cost
    f.support = sum(f.subsidy) + sum(f.grant) + sum(f.loan_new)
    after.potential_gdp = s.potential_gdp * (1 + f.growth) - n.scar * losses
    lifted = n.support_multiplier * (f.support - sum(n.subsidy0))
    lowered = n.austerity_multiplier * f.austerity + losses + n.compression_multiplier * f.compression
    after.gdp = max(0.2 * after.potential_gdp, after.potential_gdp + lifted - lowered)
    f.growth_rate = after.gdp / s.gdp - 1


def politics(s: Names, n: Names, f: Names, after: Names) -> None:
    """Phase 7."""
    rows = range(len(s.debt))
    f.sold = [f.accept[p] * f.demand[p] for p in rows]
    after.concession = [clip(s.concession[p] * (1 - n.concession_decay[p]) + f.sold[p]) for p in rows]
    f.pressure = sum(
        n.sov_weight[p] * max(f.demand[p] - s.accustomed[p], 0) * s.salience[p] * n.coercive_capacity[p]
        for p in rows
    )
    after.accustomed = [s.accustomed[p] + n.habituation * (f.demand[p] - s.accustomed[p]) for p in rows]
    after.national_sentiment = sentiment = clip(
        s.national_sentiment
        + n.sentiment_reversion * (n.sentiment_base - s.national_sentiment)
        + n.sentiment_demand * f.pressure
        + n.sentiment_coercion * sum(f.coerce)
    )
    want = f.compression / after.gdp
    after.legitimacy = clip(
        s.legitimacy
        + n.legitimacy_reversion * (n.legitimacy_base - s.legitimacy)
        + n.legitimacy_growth * (f.growth_rate - n.growth0)
        - n.legitimacy_concession * sum(n.sov_weight[p] * f.sold[p] for p in rows) * sentiment
        - n.legitimacy_compression * want
    )
    freer = sum(after.concession[p] * n.ctl_weight[p] for p in rows if n.conditionality[p] > 0)
    unrest = n.repression_unrest * max(n.unrest_line - after.legitimacy, 0)
    after.repression = clip(n.repression0 + unrest - n.repression_relief * freer)
    f.hazard = sig(
        n.hazard0
        - n.hazard_legitimacy * (after.legitimacy - 0.5)
        - n.hazard_repression * (after.repression - 0.5)
        + n.hazard_compression * 15 * want
    )
    guard = rivals(n.rivalry, [s.warmth[q] * s.salience[q] for q in rows])
    f.absorb_try = []
    for p in rows:
        past = (s.frustration[p] - n.absorb_multiple[p] * n.red_line[p]) / n.absorb_width
        ease = n.absorb0 + n.absorb_trade * (s.trade_share[p] - 0.3)
        ease += n.absorb_concession * (s.concession[p] - 0.35)
        ease -= n.absorb_sentiment * (sentiment - 0.35) + n.absorb_deterrence * guard[p]
        f.absorb_try.append(n.absorb_capacity[p] * sig(past) * sig(ease))
    f.absorb = 1 - prod(1 - attempt for attempt in f.absorb_try)
    after.survival = s.survival * (1 - f.hazard)
    after.sovereign = s.sovereign * (1 - f.absorb)


def relations(s: Names, n: Names, f: Names, after: Names) -> None:
    """Phase 8."""
    rows = range(len(s.debt))
    f.reception = [sqrt(s.salience[p]) * (1 - 0.7 * n.conditionality[p] * after.repression) for p in rows]
    after.warmth = [
        clip(
            s.warmth[p] * (1 - n.warmth_decay[p])
            + n.warmth_gain[p] * f.effort[p] * (1 - s.warmth[p]) * f.reception[p]
            + (n.warmth_deal[p] * f.accept[p] if f.offer[p] > 0.0007 * s.gdp else 0)
            - n.warmth_coercion[p] * f.coerce[p]
        )
        for p in rows
    ]
    minded = rivals(n.rivalry, after.warmth)
    f.encroach = [max(minded[p] - n.tolerance[p], 0) for p in rows]
    haste = 1 + n.deadline_stall * f.urgency
    after.frustration = [
        max(
            0,
            (1 - n.patience_decay[p]) * s.frustration[p]
            + n.jealousy[p] * f.encroach[p]
            + n.stall_weight[p] * haste * s.salience[p] * f.demand[p] * (1 - f.accept[p])
            + n.grievance[p] * max(after.repression - 0.5, 0)
            - n.stall_weight[p] * f.sold[p]
            - n.release[p] * f.coerce[p],
        )
        for p in rows
    ]
    f.target = [clip(n.salience0[p] * (1 + n.salience_rivalry[p] * minded[p])) for p in rows]
    after.salience = [
        clip(s.salience[p] + n.salience_reversion * (f.target[p] - s.salience[p])) for p in rows
    ]
    after.last_bid = [f.offer[p] + f.carrot[p] for p in rows]


def welfare(n: Names, f: Names, after: Names) -> None:
    """The utility of the quarter."""
    rows = range(len(f.effort))
    f.sovereignty = clip(1 - sum(n.sov_weight[p] * after.concession[p] for p in rows))
    f.control = 1 - sum(n.ctl_weight[p] * after.concession[p] for p in rows)
    wealth = (after.reserves + n.reserve_floor) / (n.reserves_target + n.reserve_floor)
    pride = n.theta_sov * (1 + n.zeta * after.national_sentiment) * f.sovereignty
    lasting = (1 - n.beta) * (pride + n.theta_ctl * f.control)
    danger = n.theta_hazard * f.hazard + n.theta_absorb * f.absorb
    courting = n.effort_cost * sum(effort**2 for effort in f.effort)
    f.utility = n.theta_money * log(wealth) + lasting - danger - courting


# The client's rules


def heuristic(s: Names, n: Names, f: Names, t: int) -> list[float]:
    rows = range(len(f.cost))
    squeeze = [cost / 0.25 for cost in f.cost]
    short = max(1 - s.reserves / n.reserves_target, 0)
    line = [red * exp(n.belief_bias) for red in n.red_line]
    danger = [n.coercive_capacity[p] * sig((s.frustration[p] / line[p] - 0.9) / 0.15) for p in rows]
    return [
        clip(
            0.2
            + max(sum(squeeze) - squeeze[p] - 0.5, 0)
            + 0.3 * short
            - 0.8 * (sum(danger) - danger[p])
            + 0.5 * danger[p]
        )
        for p in rows
    ]


def bandwagon(s: Names, n: Names, f: Names, t: int) -> list[float]:
    able = n.coercive_capacity if any(n.coercive_capacity) else [1] * len(f.cost)
    weight = [able[p] * s.trade_share[p] for p in range(len(able))]
    return [float(p == weight.index(max(weight))) for p in range(len(able))]


def foresighted(
    s: Names, n: Names, f: Names, t: int, horizon: int, bidding: Sequence[str], energy: float
) -> list[float]:
    sets = [m for m in product((0, 1), repeat=len(f.cost)) if any(m)]
    stances = [[0.0] * len(f.cost)]
    stances += [[r * on / sqrt(sum(m)) for on in m] for r in (0.5, 1) for m in sets]
    believed = copy(n)
    believed.red_line = [red * exp(n.belief_bias) for red in n.red_line]
    values = []
    for stance in stances:
        world, value = s, 0.0
        for h in range(horizon):
            flows, world = quarter(world, believed, t + h, energy, bidding, lambda *seen, held=stance: held)
            value += n.beta**h * flows.utility
        values.append(value)
    odds = logit(values, 50)
    return [sum(w * stance[p] for w, stance in zip(odds, stances, strict=True)) for p in range(len(f.cost))]


# A whole world


def trajectory(case: Mapping[str, Any], values: Mapping[str, float], quarters: int) -> list[dict[str, Any]]:
    """Play a case in expectation, in a world where the energy price is steady.

    Args:
        case: its rules and events, as in cases.json.
        values: every number by its dotted path.

    Returns: states and flows by `name`, `name.patron` or `name.partner`, a row for each quarter, and one more
        of states alone.
    """
    patrons, bidding = list(case["patron_rules"]), list(case["patron_rules"].values())
    looking = partial(foresighted, horizon=4, bidding=bidding, energy=1.0)
    choose = {"heuristic": heuristic, "bandwagon": bandwagon, "quantal_response": looking}
    events = list(case.get("events", {}).values())
    state, table = opening(numbers(values, patrons)), []
    for t in range(quarters + 1):
        state = struck(state, [event for event in events if date(event["from"]) == t], patrons)
        lasting = [
            event for event in events if date(event["from"]) <= t <= date(event.get("until", "9999Q4"))
        ]
        now = numbers({path: shocked(path, value, lasting) for path, value in values.items()}, patrons)
        flows, after = quarter(state, now, t, 1.0, bidding, choose[case["client_rule"]])
        table.append(by_column(vars(state) | (vars(flows) if t < quarters else {}), patrons))
        state = after
    return table


def by_column(quantities: Mapping[str, Any], patrons: Sequence[str]) -> dict[str, float]:
    """Quantities by column: `name` or `name.owner`."""
    row: dict[str, float] = {}
    for name, x in quantities.items():
        owners = [*patrons, "rest_of_world"]
        row |= (
            {f"{name}.{o}": y for o, y in zip(owners, x, strict=False)} if isinstance(x, list) else {name: x}
        )
    return row


def numbers(values: Mapping[str, float], patrons: Sequence[str]) -> Names:
    """The numbers by name: one, a list by patron, or lists by patron and rival."""
    n = Names(
        rivalry=[[0.0 for _ in patrons] for _ in patrons], deference=[[0.0 for _ in patrons] for _ in patrons]
    )
    for path, value in values.items():
        owner, *name = path.split(".")
        if "rule" in name:
            continue
        if owner != "patrons":
            setattr(n, name[0], value)
        elif len(name) == 2:
            vars(n).setdefault(name[1], [0.0 for _ in patrons])[patrons.index(name[0])] = value
        else:
            getattr(n, name[1])[patrons.index(name[0])][patrons.index(name[2])] = value
    return n


def date(label: str) -> int:
    return 4 * (int(label[:4]) - 2015) + int(label[-1]) - 1


def moved(value: float, event: Mapping[str, Any]) -> float:
    return float(event.get("set", value * event.get("multiply", 1) + event.get("add", 0)))


def shocked(path: str, value: float, events: Sequence[Mapping[str, Any]]) -> float:
    """A number after the events on it."""
    for event in events:
        value = moved(value, event) if event["path"] == path else value
    return value


def struck(state: Names, events: Sequence[Mapping[str, Any]], patrons: Sequence[str]) -> Names:
    """The client's state after events: reserves come from the world, a market debt is not booked."""
    state = copy(state)
    for event in events:
        owner, name = event["path"].split(".", 1)
        if owner == "client" and name in vars(state):
            before = getattr(state, name)
            setattr(state, name, max(moved(before, event), 0))
            state.world_cash -= (getattr(state, name) - before) if name == "reserves" else 0
    return state
