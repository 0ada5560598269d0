"""What the measures say of situations worked out by hand, their ranges, and whom they leave out."""

from __future__ import annotations

import csv
import inspect
import sys
from collections.abc import Iterator
from fractions import Fraction
from importlib import invalidate_caches
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import TINY, Command
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hedging.errors import HedgingError
from hedging.measures import aggregate, bargaining, coercion, courtship, lending
from hedging.measures.declare import Measure
from hedging.measures.trajectories import MEASURES, OUTCOMES, Outcome, Trajectories, read_outcome, recorded
from hedging.settings.settings import settings_for
from hedging.world.arrays import Array, dominant_patron
from hedging.world.parameters import UNITS
from hedging.world.phases.settlement import bridged
from hedging.world.world import TERMS_ALONE, World, play_out

GOLDEN = Path(__file__).parent / "golden"
PATRONS = ("russia", "china", "united_states")
RIVALRY = np.array([[0, 0.25, 1], [0.05, 0, 0.3], [0.5, 0.6, 0]])[:, :, None]
seeds = st.integers(0, 2**32 - 1)


def one(*rows: float) -> Array:
    """One draw: a number per row."""
    return np.array(rows, dtype=float)[:, None]


def over(quarters: int, *patrons: float) -> Array:
    """The same for each patron in every quarter, one draw."""
    return np.repeat(one(*patrons)[None], quarters, axis=0)


OF_PATRONS = (
    "effort",
    "hold",
    "coerce",
    "blocked",
    "accept",
    "offer",
    "carrot",
    "demand",
    "subsidy",
    "grant",
    "accept_probability",
    "usual",
    "bridge_cap",
)


def a_run(seed: int, patrons: int, quarters: int = 6, draws: int = 8) -> dict[str, Array]:
    """Trajectories and parameters at random, each in its range; a draw may fall."""
    rng = np.random.default_rng(seed)
    flows = {
        name: rng.random((quarters, patrons, draws)) * (rng.random((quarters, patrons, draws)) < 0.7)
        for name in OF_PATRONS
    }
    flows |= {
        name: rng.random((quarters, patrons, draws))
        for name in ("scheduled", "lost", "progress", "restored", "phi", "cost", TERMS_ALONE)
    }
    flows |= {
        name: rng.random((quarters, patrons, draws)) for name in ("loan_new", "pay", "rolled", "repayment")
    }
    flows |= {name: rng.normal(size=(quarters, draws)) for name in ("utility", "adjust_cost")}
    flows["net"] = rng.normal(size=(quarters, patrons, draws))
    flows["due"] = flows["usual"] + rng.random((quarters, patrons, draws))
    states = {name: rng.random((quarters + 1, patrons, draws)) for name in ("concession", "warmth", "debt")}
    states["frustration"] = 3 * rng.random((quarters + 1, patrons, draws))
    bridges = bridged(
        *(np.moveaxis(flows[name], 1, 0) for name in ("due", "hold", "bridge_cap")),
        np.moveaxis(states["warmth"][:-1], 1, 0),
    )
    flows["credit"] = flows["usual"] * (1 - flows["hold"]) + np.moveaxis(bridges, 0, 1)
    flows["missing"] = (flows["hold"] * flows["due"]).sum(axis=1)
    states["trade_share"] = np.moveaxis(
        rng.dirichlet(np.ones(patrons + 1), (quarters + 1, draws)), -1, 1
    ).copy()
    states |= {name: rng.random((quarters + 1, draws)) for name in ("market_debt", "reserves")}
    states["national_sentiment"] = rng.random((quarters + 1, draws))
    flows |= {name: rng.random((quarters, draws)) for name in ("hazard", "absorb")}
    states["gdp"] = 10 + rng.random((quarters + 1, draws))
    for name in ("survival", "sovereign"):
        states[name] = np.cumprod(rng.random((quarters + 1, draws)) < 0.95, axis=0).astype(float)
    numbers = {name: rng.random((patrons, draws)) for name in ("sov_weight", "coercive_cut", "blockade")}
    numbers |= {"linkage": rng.random((patrons, draws)), "red_line": 0.1 + rng.random((patrons, draws))}
    numbers |= {name: rng.random(draws) for name in ("blockade_impact", "loan_value")}
    numbers["coercive_capacity"] = (rng.random((patrons, draws)) < 0.5).astype(float)
    numbers["rivalry"] = rng.random((patrons, patrons, draws)) * (rng.random((patrons, patrons, 1)) < 0.8)
    return flows | states | numbers


def contradiction_of(pi: Array, rivalry: Array) -> Array:
    """How far the patrons courted so mind each other."""
    return courtship.contradiction(pi, rivalry, courtship.contradiction_scale(rivalry))


def regime_codes(rivalry: Array, **situation: Array) -> NDArray[np.int8]:
    """The regimes of a situation, by what it is courted like."""
    pi = courtship.posture(situation["effort"])
    return courtship.regime(**situation, posture=pi, contradiction=contradiction_of(pi, rivalry))


NUMBERS = (
    "sov_weight",
    "coercive_cut",
    "blockade",
    "linkage",
    "red_line",
    "blockade_impact",
    "coercive_capacity",
)
NUMBERS += ("loan_value", "rivalry")


def all_measures(run: dict[str, Array]) -> dict[str, Array]:
    """Every measure of a run, by name; those held against a null, against the run played backwards."""
    arrays = {name: values for name, values in run.items() if name not in NUMBERS}
    null = {name: values[::-1] for name, values in arrays.items()}
    numbers: Any = SimpleNamespace(**{name: run[name] for name in NUMBERS})
    t = Trajectories(arrays, numbers, {"random": null, "bandwagon": null})
    return {name: t[name] for name in MEASURES}


# ---- windows, rows and sums


def test_a_window_uses_what_there_is_and_then_four_quarters() -> None:
    flow = one(1, 2, 3, 4, 5, 6)
    assert aggregate.window_sum(flow).ravel().tolist() == [1, 3, 6, 10, 14, 18]
    assert aggregate.window_mean(flow).ravel().tolist() == [1, 1.5, 2, 2.5, 3.5, 4.5]


def test_a_flow_that_has_stopped_leaves_nothing_in_the_window() -> None:
    assert aggregate.window_sum(one(0.1, 0.7, 0.3, 0, 0, 0, 0)).ravel()[-1] == 0


def test_a_rise_is_from_the_start_of_the_first_quarter_to_the_end_of_the_last() -> None:
    state = one(0, 1, 3, 6, 10, 15, 21)
    assert aggregate.rise(state).ravel().tolist() == [1, 3, 6, 10, 14, 18]


def test_states_stand_beside_flows_by_the_start_of_the_quarter() -> None:
    state = one(5, 6, 7)
    assert aggregate.opening(state).ravel().tolist() == [5, 6]
    assert aggregate.closing(state).ravel().tolist() == [6, 7]


def test_a_year_stands_for_its_last_quarter() -> None:
    assert (aggregate.year_end(2015), aggregate.year_end(2019)) == (3, 19)


def test_weights_of_other_quarters_are_refused() -> None:
    with pytest.raises(HedgingError, match=r"3 quarters of weights beside 2 .*opening"):
        aggregate.total_over_time(np.ones((2, 1, 4)), np.ones((3, 4)))


# ---- dependence


def test_dependence_adds_trade_debt_and_rent() -> None:
    dep = bargaining.dependence(
        over(2, 0.5, 0.1, 0.4), over(2, 6, 2), one(2, 2), one(3, 0)[None], one(0, 1)[None]
    )
    assert dep.ravel() == pytest.approx([0.25 + 0.15 + 0.1875, 0.05 + 0.05 + 0.0625, 0.2 + 0.05])


def test_where_nothing_is_owed_or_given_trade_takes_the_weight() -> None:
    trade, none = over(2, 0.5, 0.1, 0.4), over(2, 0, 0)
    assert bargaining.dependence(trade, none, one(0, 0), none[:1], none[:1]).ravel() == pytest.approx(
        [0.5, 0.1, 0.4]
    )


@pytest.mark.parametrize(("trade", "spread"), [((1, 0, 0), 0.0), ((1 / 3,) * 3, 1.0), ((0.5, 0.5, 0), 0.75)])
def test_diversification_goes_from_one_partner_to_all_alike(trade: tuple[float, ...], spread: float) -> None:
    assert bargaining.diversification(one(*trade)[None]) == pytest.approx(spread)


def test_sovereignty_is_what_concessions_leave() -> None:
    assert bargaining.sovereignty(over(1, 0.4, 0.5), one(1, 0.08)) == pytest.approx(0.56)
    assert bargaining.sovereignty(over(1, 0.9, 0.9), one(1, 1)) == 0


def test_autonomy_looks_at_the_heaviest_partner_even_the_rest_of_the_world() -> None:
    assert bargaining.autonomy(one(0.8, 0.1), over(1, 0.3, 0.2, 0.5)) == pytest.approx(0.4)


def test_vulnerability_is_subsidy_trade_and_credit_over_output() -> None:
    earned = bargaining.earned_back(one(0.5, 0), over(1, 0.2, 0.9), over(1, 2, 3))
    assert earned.ravel() == pytest.approx([0.2, 0])
    energy = coercion.energy_at_risk(one(0.5, 0), over(1, 1, 7), earned)
    assert energy.ravel() == pytest.approx([0.6, 0])
    trade = coercion.trade_at_risk(
        over(2, 0.5, 0.1, 0.4), one(15, 99), blockade=one(0.2, 0), blockade_impact=np.array([0.1])
    )
    assert trade.ravel() == pytest.approx([0.3, 0])
    vulnerable = coercion.vulnerability(energy, trade, over(1, 0.162, 0.03), one(15, 99))
    assert vulnerable.ravel() == pytest.approx([(0.6 + 0.3 + 0.162) / 15, 0.03 / 15])


# ---- courtship


def test_posture_is_the_effort_of_a_year_spread_over_patrons() -> None:
    effort = np.stack([one(1, 0), one(0, 0), one(0, 0.5), one(0, 0.5), one(0, 0)])
    assert courtship.posture(effort)[:, 0, 0] == pytest.approx([1, 1, 2 / 3, 0.5, 0])


def test_no_effort_is_no_posture() -> None:
    pi = courtship.posture(np.zeros((2, 3, 1)))
    assert (pi == 0).all()
    assert (courtship.ambiguity(pi) == 0).all()
    assert (contradiction_of(pi, RIVALRY) == 0).all()


@pytest.mark.parametrize(
    ("pi", "told"), [((1, 0, 0), 0), ((1 / 3,) * 3, 1), ((0.5, 0.5, 0), np.log(2) / np.log(3)), ((1,), 0)]
)
def test_ambiguity_is_the_evenness_of_posture(pi: tuple[float, ...], told: float) -> None:
    assert courtship.ambiguity(over(1, *pi)) == pytest.approx(told)


def test_contradiction_is_full_where_the_worst_rivals_are_courted_alike() -> None:
    rivalry = np.array([[0, 0.2, 1], [0, 0, 0], [0.5, 0, 0]])[:, :, None]
    assert courtship.contradiction_scale(rivalry) == pytest.approx(
        0.375
    )  # G = .75 between the first and the last
    assert contradiction_of(over(1, 0.5, 0, 0.5), rivalry) == pytest.approx(1)
    assert contradiction_of(over(1, 0.5, 0.5, 0), rivalry) == pytest.approx(0.05 / 0.375)
    assert contradiction_of(over(1, 0, 0.5, 0.5), rivalry) == 0


def test_contradiction_is_none_without_rivalry_or_rivals() -> None:
    assert contradiction_of(over(1, 0.5, 0.5), np.zeros((2, 2, 1))) == 0
    assert contradiction_of(over(1, 1), np.ones((1, 1, 1))) == 0


@pytest.mark.parametrize("patrons", [2, 3, 4, 5])
def test_equal_rivals_contradict_most_when_courted_alike(patrons: int) -> None:
    assert courtship.contradiction_scale(np.ones((patrons, patrons, 2))) == pytest.approx(
        1 - 1 / patrons, abs=1e-15
    )


def solved(matrix: list[list[Fraction]]) -> list[Fraction] | None:
    """Solve matrix @ y = 1 in fractions; None where it is singular."""
    rows = [[*row, Fraction(1)] for row in matrix]
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        for r in range(len(rows)):
            if r != c:
                factor = rows[r][c] / rows[c][c]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    return [row[-1] / row[r] for r, row in enumerate(rows)]


def largest_clash(rivalry: Array) -> Fraction:
    """The maximum of x^T G x over the simplex for one draw, in fractions, face by face."""
    size = range(len(rivalry))
    mutual = [
        [(Fraction(rivalry[p, q]) + Fraction(rivalry[q, p])) / 2 * (p != q) for q in size] for p in size
    ]
    best = Fraction(0)
    for count in size:
        for face in combinations(size, count + 1):
            y = solved([[mutual[p][q] for q in face] for p in face])
            if y is not None and sum(y) > 0 and min(y) >= 0:
                best = max(best, 1 / sum(y))
    return best


@settings(max_examples=40, deadline=None)
@given(seed=seeds, patrons=st.integers(1, 5), steps=st.sampled_from([2, 4, 1 << 20]))
def test_the_scale_of_contradiction_is_exact(seed: int, patrons: int, steps: int) -> None:
    rng = np.random.default_rng(seed)
    rivalry = np.round(rng.random((patrons, patrons, 3)) ** 2 * steps) / steps
    exact = [float(largest_clash(rivalry[:, :, draw])) for draw in range(3)]
    assert courtship.contradiction_scale(rivalry) == pytest.approx(exact, rel=1e-13, abs=0)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, patrons=st.integers(2, 5))
def test_no_posture_goes_beyond_the_scale(seed: int, patrons: int) -> None:
    rng = np.random.default_rng(seed)
    rivalry = 10.0 ** rng.uniform(-6, 0, (patrons, patrons, 500))
    rivalry = np.broadcast_to(rivalry[:, :, :1], rivalry.shape)
    x = rng.dirichlet(np.full(patrons, 0.5), 500).T
    off = rivalry * (1 - np.eye(patrons))[:, :, None]
    clash = (off * x[:, None] * x[None]).sum(axis=(0, 1))
    assert (clash <= courtship.contradiction_scale(rivalry) * (1 + 1e-12)).all()


def test_hedging_needs_all_three_parts() -> None:
    assert courtship.hedging_index(one(0.5), one(0.5), one(0.5)) == pytest.approx(0.5)
    assert courtship.hedging_index(one(0.8), one(1), one(0.27)) == pytest.approx(0.6)
    assert courtship.hedging_index(one(1), one(1), one(0)) == 0
    assert courtship.excess_hedging(one(0.6), one(0.7)) == pytest.approx(-0.1)


# ---- bargaining


def test_leverage_is_what_rivals_add_to_the_terms() -> None:
    with_rivals = bargaining.expected_terms(over(1, 0.3), over(1, 0.5), over(1, 0.8))
    alone = bargaining.expected_terms(over(1, 0), over(1, 0.25), over(1, 0.4))
    assert bargaining.leverage(with_rivals, alone) == pytest.approx(0.6)
    assert bargaining.leverage(alone, alone) == 0


def test_rents_run_up_until_the_draw_falls() -> None:
    w = one(1, 1, 0)
    rents = bargaining.rents(over(3, 1), over(3, 0.5), over(3, 2), np.array([0.5]), w)
    assert rents.ravel() == pytest.approx([2.5, 5, 5])
    assert bargaining.loyalty_rent(over(3, 2), over(3, 0.25), over(3, 0.6), w).ravel() == pytest.approx(
        [0.9, 1.8, 1.8]
    )


def test_the_price_is_money_over_concession_in_deals_struck() -> None:
    accept, offer, demand = one(1, 0, 1)[:, None], one(0.2, 9, 0.4)[:, None], one(0.01, 0.5, 0.02)[:, None]
    assert bargaining.concession_price(accept, offer, demand, np.ones((3, 1))) == pytest.approx(20)
    assert bargaining.deals(accept, offer, np.ones((3, 1))) == pytest.approx(0.6)


def test_the_price_in_full_counts_discounts_and_what_a_loan_is_worth() -> None:
    accept, offer, demand = one(1, 0, 1)[:, None], one(0.2, 9, 0)[:, None], one(0.01, 0.5, 0.03)[:, None]
    phi, restored = one(0.5, 1, 1)[:, None], one(10, 99, 20)[:, None]
    price = bargaining.concession_price_in_full(accept, offer, demand, phi, restored, np.ones((3, 1)))
    assert price == pytest.approx((0.1 + 0.1 + 0.6) / 0.04)
    fallen = bargaining.concession_price_in_full(accept, offer, demand, phi, restored, one(1, 1, 0))
    assert fallen == pytest.approx(20)


def test_discounts_earned_back_run_up_less_what_an_energy_cut_takes() -> None:
    coerce, w = one(0, 1, 0, 0)[:, None], one(1, 1, 1, 0)
    rent = bargaining.linkage_rent(over(4, 0.2), one(0.5), coerce, w)
    assert rent.ravel() == pytest.approx([0.2, 0.3, 0.5, 0.5])


def test_no_deal_has_no_price_and_no_demand_no_stalling() -> None:
    none, some, w = over(3, 0), over(3, 0.5), np.ones((3, 1))
    assert np.isnan(bargaining.concession_price(none, some, some, w)).all()
    assert np.isnan(bargaining.concession_price_in_full(none, some, some, some, some, w)).all()
    assert np.isnan(bargaining.stall_index(none, none, some, w)).all()


def test_stalling_is_refusing_whom_one_courts() -> None:
    accept, effort = one(0, 0, 1, 0.5)[:, None], one(0.2, 0, 0.2, 0.2)[:, None]
    assert bargaining.stall_index(accept, over(4, 0.02), effort, np.ones((4, 1))) == pytest.approx(1.5 / 4)


def test_tension_is_one_at_the_red_line() -> None:
    assert coercion.tension(over(2, 0.8, 1.5), one(0.8, 3))[0].ravel() == pytest.approx([1, 0.5])
    assert coercion.tension(over(1, 5), one(np.inf)) == 0
    assert np.isnan(coercion.tension(over(1, 5), one(0))).all()


def test_each_rung_of_coercion_is_counted_while_the_draw_stands() -> None:
    struck, w = one(1, 0, 1, 1)[:, None], one(1, 1, 1, 0)
    for count in (coercion.held_quarters, coercion.coercive_quarters, coercion.blocked_quarters):
        assert count(struck, w) == 2


def test_coercion_costs_what_is_cut_blocked_and_held_up_but_for_what_others_lend() -> None:
    losses = coercion.coercion_losses(
        coerce=one(1, 0, 1, 1)[:, None],
        energy_at_risk=over(4, 0.6),
        blocked=one(0, 0, 1, 1)[:, None],
        trade_at_risk=over(4, 0.3),
        unbridged=one(0.05, 0, 0.02, 9)[:, None],
        stands=one(1, 1, 1, 0),
    )
    assert losses == pytest.approx(0.6 + 0.6 + 0.3 + 0.05 + 0.02)


# ---- lending


def test_net_lending_is_what_is_lent_beyond_what_is_repaid() -> None:
    lent = lending.net_lending(over(3, 0.1), over(3, 0.2), over(3, 0.05), over(3, 0.3))
    assert lent.ravel() == pytest.approx([0.05] * 3)
    assert lending.total_net_lending(lent, one(1, 1, 0)) == pytest.approx(0.1)


def test_a_gross_transfer_is_all_that_comes_from_a_patron() -> None:
    assert lending.gross_transfer(over(1, 1), over(1, 2), over(1, 4), over(1, 8)) == 15
    for total in (lending.gross_transfers, lending.net_transfers, lending.credits, lending.bridge_loans):
        assert total(over(3, 2), one(1, 1, 0)) == 4


def test_who_stands_in_lends_more_than_usual() -> None:
    stands_in = lending.stand_in(over(1, 0.1, 0.5, 0), over(1, 0.2, 0.2, 0.3), over(1, 0.5, 0, 0))
    assert stands_in.ravel() == pytest.approx([0, 0.3, 0])


def test_substitution_is_what_others_lend_of_the_money_held_up() -> None:
    lent = np.stack([one(0, 0.2), one(0.1, 0.2), one(9, 9)])
    assert lending.substitution(lent, one(0.5, 0.5, 9), one(1, 1, 0)) == pytest.approx(0.5)
    assert np.isnan(lending.substitution(lent, one(0, 0, 9), one(1, 1, 0))).all()
    held = lending.held_credit(over(3, 0.5, 0), over(3, 2, 2), one(1, 1, 0))
    assert held.ravel().tolist() == [2, 0]


def test_what_one_patron_holds_up_is_short_of_what_others_lend() -> None:
    short = lending.unbridged(
        stand_in=over(1, 0, 0.3, 0.1),
        hold=over(1, 1, 0, 0),
        due=over(1, 0.5, 0.2, 0.2),
        bridge_cap=over(1, 0, 0.3, 0.3),
        warmth=over(2, 0.5, 0.6, 0.2),
    )
    assert short.ravel() == pytest.approx([0.1, 0, 0])


def test_what_two_hold_up_is_lent_to_each_by_its_part_of_the_bridge() -> None:
    short = lending.unbridged(
        stand_in=over(1, 0, 0, 0.6),  # asked for .4 and .8, capped
        hold=over(1, 1, 1, 0),
        due=over(1, 0.4, 0.8, 9),
        bridge_cap=over(1, 0, 0, 0.9),
        warmth=over(2, 0.5, 0.5, 0.5),
    )
    assert short.ravel() == pytest.approx([0.4 - 0.2, 0.8 - 0.4, 0])


def test_nobody_bridges_what_it_holds_up_itself() -> None:
    alone = (over(1, 0), over(1, 1), over(1, 0.4), over(1, 0.5), over(2, 0.5))
    assert lending.unbridged(*alone) == pytest.approx(0.4)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, patrons=st.integers(1, 5))
def test_what_is_held_up_is_lent_by_others_or_lost(seed: int, patrons: int) -> None:
    run = a_run(seed, patrons)
    found = all_measures(run)
    lent, short = found["stand_in"].sum(axis=1), found["unbridged"].sum(axis=1)
    np.testing.assert_allclose(lent + short, run["missing"], rtol=1e-9, atol=1e-12)
    assert (found["unbridged"] >= -1e-15).all()
    assert (found["unbridged"] <= run["hold"] * run["due"]).all()


def test_hedging_costs_coercion_adjustment_and_deals_lost() -> None:
    cost = bargaining.hedging_cost(
        one(2, 1), np.array([0.5]), one(3, 1), one(0.5, 0), np.array([0.1]), one(5, 0)
    )
    assert cost == pytest.approx(2.5 + 0.4 + 1)
    assert bargaining.hedging_premium(np.array([4.0]), np.array([5.0])) == -1


def test_utility_adds_up_while_the_draw_stands() -> None:
    assert bargaining.total_utility(one(1, 2, 4), one(1, 1, 0)) == 3


# ---- regimes


def regime_of(**changes: Array) -> str:
    """The regime after four quarters in which three rivals are courted alike, but for the changes."""
    situation = {
        "effort": over(4, 0.3, 0.3, 0.3),
        "coerce": over(4, 0, 0, 0),
        "trade_share": over(5, 0.5, 0.1, 0.05, 0.35),
        "warmth": over(5, 0.6, 0.4, 0.3),
        "concession": over(5, 0.35, 0.05, 0.05),
        "survival": np.ones((5, 1)),
        "sovereign": np.ones((5, 1)),
        "rivalry": RIVALRY,
        "coercive_capacity": one(1, 0, 0),
    }
    assert changes.keys() <= situation.keys()
    return courtship.REGIMES[regime_codes(**(situation | changes))[-1, 0]]


def last(rows: Array, *values: float) -> Array:
    """The same but in the last row."""
    changed = rows.copy()
    changed[-1] = one(*values) if rows.ndim == 3 else np.array(values)
    return changed


STRUCK = np.stack([one(*row) for row in ([0, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0])])
STRUCK_BY_OTHERS = np.stack([one(0, 1, 1)] * 4)
GIVEN = np.stack([one(0.35 + 0.016 * quarter, 0.05, 0.05) for quarter in range(5)])
LOST = np.array([[1.0], [1], [1], [1], [0]])


@pytest.mark.parametrize(
    ("regime", "changes"),
    [
        pytest.param("hedging", {}, id="courts all, who mind each other"),
        pytest.param("bandwagon", {"effort": over(4, 0.7, 0.1, 0.1)}, id="courts Moscow above all"),
        pytest.param("bandwagon", {"concession": GIVEN}, id="gives in to Moscow by .064 in a year"),
        pytest.param(
            "balancing",
            {"effort": over(4, 0.1, 0.4, 0.4), "warmth": over(5, 0.3, 0.4, 0.2)},
            id="turns from Moscow to warmer Beijing",
        ),
        pytest.param("hedging", {"effort": over(4, 0.1, 0.4, 0.4)}, id="turns away, but Moscow is warmest"),
        pytest.param("passive", {"effort": over(4, 0.03, 0.03, 0.03)}, id="hardly courts anybody"),
        pytest.param("passive", {"effort": over(4, 0, 0, 0)}, id="courts nobody"),
        pytest.param("passive", {"rivalry": np.zeros((3, 3, 1))}, id="courts all, none minds"),
        pytest.param("rupture", {"coerce": STRUCK}, id="Moscow strikes twice in a year"),
        pytest.param("hedging", {"coerce": STRUCK_BY_OTHERS}, id="only others strike"),
        pytest.param("absorption", {"sovereign": LOST, "coerce": STRUCK}, id="absorbed in the last quarter"),
        pytest.param("collapse", {"survival": LOST, "sovereign": LOST}, id="the leader falls too"),
        pytest.param("collapse", {"survival": np.full((5, 1), 0.49)}, id="more likely fallen than not"),
        pytest.param("hedging", {"survival": np.full((5, 1), 0.5)}, id="as likely standing as fallen"),
    ],
)
def test_a_situation_has_its_regime(regime: str, changes: dict[str, Array]) -> None:
    assert regime_of(**changes) == regime


FAR_RIVALS = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=float)[:, :, None]


def given_in(rise: float) -> Array:
    """Concession to Moscow that rises by so much over the year."""
    return np.stack([one(0.35 + rise * quarter / 4, 0.05, 0.05) for quarter in range(5)])


@pytest.mark.parametrize(
    ("below", "above", "change", "values"),
    [
        ("passive", "hedging", "effort", (over(4, 0.033, 0.033, 0.033), over(4, 0.034, 0.034, 0.034))),
        ("hedging", "bandwagon", "effort", (over(4, 0.64, 0.18, 0.18), over(4, 0.66, 0.17, 0.17))),
        ("hedging", "bandwagon", "concession", (given_in(0.059), given_in(0.061))),
        ("hedging", "rupture", "coerce", (over(4, 0.49, 0, 0), over(4, 0.51, 0, 0))),
    ],
)
def test_a_regime_begins_at_its_threshold(
    below: str, above: str, change: str, values: tuple[Array, Array]
) -> None:
    assert (regime_of(**{change: values[0]}), regime_of(**{change: values[1]})) == (below, above)


def test_balancing_and_hedging_begin_at_their_thresholds() -> None:
    warmth = over(5, 0.3, 0.4, 0.2)
    assert regime_of(effort=over(4, 0.14, 0.43, 0.43), warmth=warmth) == "balancing"
    assert regime_of(effort=over(4, 0.16, 0.42, 0.42), warmth=warmth) == "hedging"
    assert regime_of(effort=over(4, 0.6, 0.3665, 0.0335), rivalry=FAR_RIVALS) == "passive"
    assert regime_of(effort=over(4, 0.6, 0.365, 0.035), rivalry=FAR_RIVALS) == "hedging"


def test_the_dominant_patron_is_that_of_the_end_of_the_window() -> None:
    effort, able = over(4, 0.1, 0.7, 0.1), one(1, 1, 0)
    assert regime_of(effort=effort, coercive_capacity=able) == "hedging"
    trade = last(over(5, 0.5, 0.1, 0.05, 0.35), 0.2, 0.3, 0.05, 0.45)
    assert regime_of(effort=effort, coercive_capacity=able, trade_share=trade) == "bandwagon"
    assert regime_of(effort=effort, trade_share=trade) == "hedging"  # who cannot coerce does not dominate


@pytest.mark.parametrize(
    ("trade", "able", "leader"),
    [
        pytest.param((0.2, 0.3, 0.5), (1, 0), 0, id="who can coerce"),
        pytest.param((0.2, 0.3, 0.5), (1, 0.5), 0, id="who can coerce most, by its trade"),
        pytest.param((0.2, 0.3, 0.5), (0.5, 0.5), 1, id="who trades most of those that can"),
        pytest.param((0.1, 0.2, 0.7), (0, 0), 1, id="who trades most where nobody can"),
        pytest.param((0.2, 0.2, 0.6), (0, 0), 0, id="the first of equals, never the rest of the world"),
    ],
)
def test_who_dominates(trade: tuple[float, ...], able: tuple[float, ...], leader: int) -> None:
    assert dominant_patron(over(2, *trade), one(*able)).ravel().tolist() == [leader, leader]


def responds(on_others: Array, cost: Array, stands: Array | None = None) -> float:
    """The responsiveness to the first of two patrons, which alone can coerce."""
    effort = np.stack([np.full_like(on_others, 0.3), on_others], axis=1)
    weight = np.ones_like(on_others) if stands is None else stands
    trade = over(len(on_others) + 1, 0.2, 0.3, 0.5)
    squeeze = np.stack([cost, np.arange(len(cost))[:, None] ** 2.0], axis=1)
    return float(courtship.responsiveness(effort, squeeze, trade, one(1, 0), weight)[0])


def test_responsiveness_is_how_courtship_of_the_others_follows_the_squeeze() -> None:
    cost = one(1, 2, 1, 1, 3)
    assert responds(0.1 * cost, cost) == pytest.approx(1)
    assert responds(0.9 - 0.1 * cost, cost) == pytest.approx(-1)
    moves, squeezes = np.diff([0.1, 0.4, 0.2, 0.3, 0.5]), np.diff(cost.ravel())
    told = responds(one(0.1, 0.4, 0.2, 0.3, 0.5), cost)
    assert told == pytest.approx(np.corrcoef(moves, squeezes)[0, 1])


def test_who_never_moves_or_is_never_squeezed_anew_does_not_respond() -> None:
    cost = one(1, 2, 1, 1, 3)
    assert responds(np.full((5, 1), 0.4), cost) == 0
    assert responds(0.1 * np.arange(5.0)[:, None], cost) == 0  # always by as much: up to rounding
    assert responds(0.1 * cost, np.full((5, 1), 2.0)) == 0
    assert responds(one(0.1), one(1)) == 0
    assert responds(0.1 * cost, cost, one(1, 0, 0, 0, 0)) == 0
    lone = courtship.responsiveness(cost[:, None], cost[:, None], over(6, 0.5, 0.5), one(1), np.ones((5, 1)))
    assert lone == 0


def test_what_a_fallen_draw_does_is_no_response() -> None:
    cost, w = one(1, 2, 1, 1, 3), one(1, 1, 1, 1, 0)
    assert responds(last(0.1 * cost, 0.0), cost, w) == pytest.approx(1)
    assert responds(last(0.1 * cost, 0.0), cost) < 1
    trade = np.stack([one(0.3, 0.2, 0.5)] * 4 + [one(0.2, 0.3, 0.5)] * 2)
    effort = np.stack([np.full_like(cost, 0.3), 0.1 * cost], axis=1)
    flat = np.stack([cost, np.ones_like(cost)], axis=1)
    until = one(1, 1, 1, 0, 0)  # then its largest partner is still the first
    assert courtship.responsiveness(effort, flat, trade, one(0, 0), until) == pytest.approx(1)
    assert courtship.responsiveness(effort, flat, trade, one(0, 0), np.ones((5, 1))) == 0


def test_old_blows_leave_the_window() -> None:
    coerce = np.stack([one(1, 0, 0)] * 2 + [one(0, 0, 0)] * 4)
    codes = regime_codes(
        RIVALRY,
        effort=np.full((6, 3, 1), 0.3),
        coerce=coerce,
        trade_share=over(7, 0.5, 0.1, 0.05, 0.35),
        warmth=over(7, 0.6, 0.4, 0.3),
        concession=over(7, 0.35, 0.05, 0.05),
        survival=np.ones((7, 1)),
        sovereign=np.ones((7, 1)),
        coercive_capacity=one(1, 0, 0),
    )
    named = [courtship.REGIMES[code] for code in codes[:, 0]]
    assert named == ["hedging", "rupture", "rupture", "rupture", "hedging", "hedging"]


# ---- draws that count


def test_a_fallen_draw_leaves_means_and_quantiles() -> None:
    values, w = np.array([[1.0, 2, 3, 1e9]]), np.array([[1.0, 1, 1, 0]])
    assert aggregate.weighted_mean(values, w) == 2
    assert aggregate.weighted_quantiles(values, w, [0.05, 0.5, 0.95]).ravel().tolist() == [1, 2, 3]
    assert aggregate.draws_used(values, w).tolist() == [3]


def test_a_missing_value_is_left_out_and_counted_out() -> None:
    values, w = np.array([1.0, np.nan, 5, 6]), np.array([1.0, 1, 1, 0])
    assert aggregate.weighted_mean(values, w) == 3
    assert aggregate.weighted_quantiles(values, w, [0.5, 0.51]).tolist() == [1, 5]
    assert aggregate.draws_used(values, w) == 2


@pytest.mark.parametrize("w", [0.0, 1.0, 0.3])
def test_where_no_draw_is_left_nothing_is_said(w: float) -> None:
    values = np.full((2, 3), np.nan)
    weights = np.array([[w, w, w], [w, w, 0.3]])
    assert np.isnan(aggregate.weighted_mean(values, weights)).all()
    assert np.isnan(aggregate.weighted_quantiles(values, weights, [0.05, 0.95])).all()
    assert (aggregate.draws_used(values, weights) == 0).all()


def test_expected_draws_weigh_by_their_probability() -> None:
    w = aggregate.weight(np.array([[1.0, 0.5]]), np.array([[0.5, 0.2]]))
    assert aggregate.weighted_mean(np.array([[1.0, 7]]), w) == pytest.approx((0.5 + 0.7) / 0.6)
    assert aggregate.weighted_quantiles(np.array([[7.0, 1]]), w, [0.1, 0.5]).ravel().tolist() == [1, 7]


def test_a_pair_counts_where_both_stand() -> None:
    assert aggregate.paired(np.array([1.0, 1, 0, 0.9]), np.array([1.0, 0, 1, 0.7])).tolist() == [
        1,
        0,
        0,
        0.7,
    ]


def test_all_patrons_of_a_draw_weigh_alike() -> None:
    values = np.array([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]])
    w = np.array([[1.0, 1], [0, 1]])
    assert aggregate.weighted_mean(values, w).tolist() == [[1.5, 3.5], [6, 8]]
    assert aggregate.weighted_quantiles(values, w, [1.0])[0].tolist() == [[2, 4], [6, 8]]
    assert aggregate.weighted_mean(values[1], w[1]).tolist() == [6, 8]


@settings(max_examples=50, deadline=None)
@given(
    seed=seeds, draws=st.integers(1, 300), probability=st.sampled_from([0, 0.05, 0.07, 0.29, 0.5, 0.95, 1])
)
def test_quantiles_of_equal_draws_are_those_of_weighted_ones(
    seed: int, draws: int, probability: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, draws))
    values[:, 1:] = np.where(rng.random((3, draws - 1)) < 0.1, np.nan, values[:, 1:])
    w = (rng.random((3, draws)) < 0.9).astype(float)
    w[:, 0] = 1
    fast = aggregate.weighted_quantiles(values, w, [probability])
    assert (fast == aggregate.weighted_quantiles(values, 0.5 * w, [probability])).all()


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_what_a_draw_does_after_its_fall_changes_no_sum(seed: int) -> None:
    run = a_run(seed, 3)
    fallen = aggregate.opening(aggregate.weight(run["survival"], run["sovereign"])) == 0
    other = dict(run)
    for name in ("utility", "adjust_cost"):
        other[name] = np.where(fallen, 1e6, run[name])
    of_each = ("accept", "offer", "demand", "carrot", "hold", "coerce", "blocked", "subsidy", "grant")
    for name in (*of_each, "loan_new", "credit", "repayment", "pay", "net", "restored", "cost", "effort"):
        other[name] = np.where(fallen[:, None], 1e6, run[name])
    other["missing"] = np.where(fallen, 1e6, run["missing"])
    before, after = all_measures(run), all_measures(other)
    for name in ("rents", "loyalty_rent", "linkage_rent"):
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    for name in [name for name, item in MEASURES.items() if item.whole_run and not item.null]:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


# ---- laws of all measures


SHARES = ("dependence", "diversification", "posture", "ambiguity", "contradiction", "hedging_index")


@settings(max_examples=40, deadline=None)
@given(seed=seeds, patrons=st.integers(1, 5))
def test_every_measure_stays_in_its_range(seed: int, patrons: int) -> None:
    found = all_measures(a_run(seed, patrons))
    for name in (*SHARES, "sovereignty", "autonomy", "stall_index", "substitution"):
        seen = found[name][~np.isnan(found[name])]
        assert ((seen >= 0) & (seen <= 1 + 1e-15)).all(), name
    for name in ("vulnerability", "rents", "loyalty_rent", "linkage_rent", "tension", "coercive_quarters"):
        assert (found[name] >= 0).all(), name
    for name in ("coercion_losses", "gross_transfers", "bridge_loans", "held_credit"):
        assert (found[name] >= 0).all(), name
    assert (np.abs(found["responsiveness"]) <= 1).all()
    assert found["dependence"].sum(axis=1) == pytest.approx(1)
    assert (np.isclose(found["posture"].sum(axis=1), 1) | (found["posture"].sum(axis=1) == 0)).all()
    assert ((found["regime"] >= 0) & (found["regime"] < len(courtship.REGIMES))).all()
    assert (np.diff(found["rents"], axis=0) >= 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=seeds, patrons=st.integers(1, 5))
def test_a_draw_does_not_feel_its_neighbours(seed: int, patrons: int) -> None:
    run = a_run(seed, patrons, quarters=20, draws=37)
    many = all_measures(run)
    for two in (slice(0, 2), slice(35, 37)):
        few = all_measures({name: np.ascontiguousarray(values[..., two]) for name, values in run.items()})
        for name, values in few.items():
            np.testing.assert_array_equal(values, many[name][..., two], err_msg=name)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, order=st.permutations(range(4)))
def test_relabelling_patrons_relabels_measures(seed: int, order: list[int]) -> None:
    run = a_run(seed, 4)
    other = {}
    for name, values in run.items():
        if name == "rivalry":
            values = values[np.ix_(order, order)]
        elif name == "trade_share":
            values = values[:, [*order, 4]]
        elif values.ndim > 1 and values.shape[-2] == 4:
            values = values[..., order, :]
        other[name] = values
    before, after = all_measures(run), all_measures(other)
    for name, values in before.items():
        if name == "dependence":
            values = values[:, [*order, 4]]
        elif values.ndim > 1 and values.shape[-2] == 4:
            values = values[..., order, :]
        np.testing.assert_allclose(after[name], values, rtol=1e-12, atol=1e-14, err_msg=name)


def test_measures_leave_what_they_are_given_as_it_was() -> None:
    run = a_run(7, 3)
    for values in run.values():
        values.flags.writeable = False
    all_measures(run)


@pytest.mark.parametrize("item", MEASURES.values(), ids=lambda item: item.name)
def test_every_measure_tells_its_range_and_source(item: Measure) -> None:
    told = inspect.getdoc(item.function) or ""
    assert item.labels or "Range:" in told
    assert "Source:" in told or item.name in ("weight", "stands", "paired")
    assert item.unit in UNITS
    assert item.meaning


# ---- declared above its function, and nowhere else


@pytest.fixture(scope="module")
def played() -> Trajectories:
    """Six quarters of four draws, with the nulls."""
    setting = settings_for(None, ["horizon=6", "ensemble.draws=4"])
    world = World(setting)
    needs = recorded(OUTCOMES.values())
    arrays = play_out(world, needs[""])
    nulls = {name: play_out(World(setting.under(name)), needs[name]) for name in needs if name}
    return Trajectories(arrays, world.parameters, nulls)


@pytest.mark.parametrize("item", MEASURES.values(), ids=lambda item: item.name)
def test_every_measure_has_the_rows_and_the_range_that_it_declares(
    item: Measure, played: Trajectories
) -> None:
    array = played[item.name]
    sizes = {"patron": 3, "partner": 4, "draw": 4}
    rows = () if item.whole_run else (6 + item.state,)
    assert array.shape == (*rows, *(sizes[axis] for axis in item.axes))
    seen = array[~np.isnan(array)]
    if item.labels:
        assert set(seen.ravel()) <= set(range(len(item.labels)))
    elif item.unit == "share":
        assert (seen >= (-1 if item.null else 0)).all()
        assert (seen <= 1).all()


def test_what_must_be_recorded_follows_from_the_arguments() -> None:
    assert recorded([MEASURES["tension"]]) == {"": ["frustration", "sovereign", "survival"]}
    own = recorded([MEASURES["excess_hedging"]])
    index = ["debt", "effort", "grant", "market_debt", "sovereign", "subsidy", "survival", "trade_share"]
    assert own == {"": index, "random": index}
    assert recorded([MEASURES["hedging_premium"]])["bandwagon"] == ["sovereign", "survival", "utility"]
    assert [name for name, item in MEASURES.items() if TERMS_ALONE in recorded([item])[""]] == ["leverage"]


OWN = """
from hedging.measures.declare import measure

@measure("patron", "usd_bn", "debt beyond the usual", state=True)
def exposure(debt, usual):
    return debt - usual[..., None, :]

@measure(unit="usd_bn", meaning="a step on the way", state=True)
def usual(market_debt, loan_value):
    return loan_value * market_debt

@measure(unit="usd_bn", meaning="debt beyond that of courting at random", over="run", null="random")
def beyond(debt, null_debt):
    return (debt - null_debt)[-1, 0]

def plain(debt):
    return debt
"""


def own_outcome(text: str) -> Outcome:
    """An outcome of the baseline's cast in a run of six quarters."""
    return read_outcome(text, PATRONS, (*PATRONS, "rest_of_world"), 6, "measures")


@pytest.fixture
def own(here: Path) -> Iterator[Path]:
    """A module of the user's in the current folder."""
    (here / "my_measures.py").write_text(OWN)
    invalidate_caches()
    yield here / "my_measures.py"
    sys.modules.pop("my_measures", None)


def test_a_measure_of_ones_own_is_found_by_its_dotted_name(own: Path, played: Trajectories) -> None:
    outcome = own_outcome("my_measures.exposure.china@2015Q3")
    assert (outcome.measure, outcome.member, outcome.quarter) == ("my_measures.exposure", 1, 2)
    assert (outcome.unit, outcome.dated, outcome.rows(6)) == ("usd_bn", True, 7)
    assert outcome.recorded[""] == ["debt", "market_debt", "sovereign", "survival"]
    expected = played["debt"][:, 1] - played.parameters.loan_value * played["market_debt"]
    np.testing.assert_array_equal(outcome.of(played), expected[2])
    np.testing.assert_array_equal(outcome.path(played), expected)
    beyond = own_outcome("my_measures.beyond")
    assert (beyond.dated, beyond.null, [*beyond.recorded]) == (False, "random", ["", "random"])
    np.testing.assert_array_equal(beyond.weight(played), played["paired"][-1])
    assert np.abs(beyond.of(played)).max() > 0


def test_a_study_reports_a_measure_of_ones_own(own: Path, study: Command) -> None:
    words = ("measures=[my_measures.exposure.*,my_measures.beyond]", "paths=[my_measures.exposure.china]")
    ran = study("experiment=us_salience", *words, "rules=null", "claims=[]", "figure=null", *TINY)
    with (ran.folder / "summary.csv").open(newline="") as file:
        told = {(row["quarter"], row["measure"], row["patron"], row["unit"]) for row in csv.DictReader(file)}
    assert {("end", "my_measures.exposure", patron, "usd_bn") for patron in PATRONS} <= told
    assert ("all", "my_measures.beyond", "", "usd_bn") in told
    assert ("2015Q1", "path:my_measures.exposure", "china", "usd_bn") in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("my_measures.expsure.china", r"^measures: my_measures.expsure is no measure; .* valid: exposure, "),
        ("my_measures.plain.china", r"^measures: my_measures.plain is no measure; write @measure"),
        ("my_measures.exposure.chna", r"^no patron 'chna' in measures: my_measures.exposure.<name>: did you"),
        ("my_measure.exposure.china", r"^no measure 'my_measure' in measures: "),
        ("carots.russia", r"^no measure 'carots' in measures: did you mean 'carrots'"),
        ("my_measures.beyond@2015Q3", r"^measures: my_measures.beyond is over the whole run; drop @2015Q3"),
        ("posture.russia", r"^no measure 'posture' in measures: "),
    ],
)
def test_an_outcome_that_is_none_is_told_in_one_line(own: Path, text: str, told: str) -> None:
    with pytest.raises(HedgingError, match=told):
        own_outcome(text)


HELD_AGAINST = "@measure(null='random')\ndef fault(gdp, null_excess_hedging):\n    ..."
IN_A_CIRCLE = "@measure()\ndef fault(other):\n    ...\n\n@measure()\ndef other(fault):\n    ..."


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("@measure()\ndef fault(rezerves):\n    ...", "'rezerves' is nothing known: did you mean 'reserves'"),
        ("@measure(null='random')\ndef fault(gdp):\n    ...", "null='random' and the arguments gdp do not"),
        ("@measure()\ndef fault(null_gdp):\n    ...", "null='' and the arguments null_gdp do not agree"),
        ("@measure('patrons')\ndef fault(gdp):\n    ...", "fault: axes='patrons' are none of a measure"),
        ("@measure()\ndef fault(gdp):\n    return gdp", r"gives \(7, 4\), .* \(quarter, draw\) = \(6, 4\)"),
        ("@measure('patron')\ndef fault(utility):\n    return utility", r"gives \(6, 4\), and is declared"),
        ("@measure(over='run')\ndef fault(gdp):\n    return 1.0", "gives float, and is declared over"),
        (IN_A_CIRCLE, "my_measures.fault needs my_measures.other needs my_measures.fault: let one"),
        (HELD_AGAINST, "null_excess_hedging is of a null itself"),
        ("1 / 0", "cannot import my_measures: ZeroDivisionError"),
        ("import nowhere_to_be_found", "cannot import my_measures: ModuleNotFoundError"),
    ],
)
def test_a_fault_in_a_declaration_is_told_in_one_line(
    own: Path, played: Trajectories, declared: str, told: str
) -> None:
    own.write_text(f"from hedging.measures.declare import measure\n\n{declared}\n")
    with pytest.raises(HedgingError, match=told):
        own_outcome("my_measures.fault" + ".china" * ("'patron'" in declared)).of(played)


# ---- the reference trajectories of an independent implementation


def reference(case: str) -> dict[str, Array]:
    """A reference trajectory: states with a row more than flows, one draw."""
    with (GOLDEN / f"{case}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    def column(name: str) -> Array:
        cells = [row[name] for row in rows]
        return np.array([float(cell) for cell in (cells if cells[-1] else cells[:-1])])

    found: dict[str, Array] = {}
    for name in {title.split(".")[0] for title in rows[0]} - {"quarter"}:
        if name in rows[0]:
            found[name] = column(name)[:, None]
        else:
            partners = (*PATRONS, "rest_of_world") if name == "trade_share" else PATRONS
            found[name] = np.stack([column(f"{name}.{partner}") for partner in partners], axis=1)[:, :, None]
    return found


@pytest.fixture(
    scope="module", params=["baseline_heuristic", "bandwagon", "quantal_response", "russia_strategic"]
)
def history(request: pytest.FixtureRequest) -> dict[str, Array]:
    return reference(request.param)


def weights_of(history: dict[str, Array]) -> Array:
    return aggregate.opening(aggregate.weight(history["survival"], history["sovereign"]))


def test_sovereignty_agrees_with_the_reference(history: dict[str, Array]) -> None:
    after_the_quarter = bargaining.sovereignty(aggregate.closing(history["concession"]), one(1, 0.08, 0))
    np.testing.assert_allclose(after_the_quarter, history["sovereignty"], rtol=1e-11)


def test_losses_in_the_reference_are_what_was_cut_blocked_and_not_lent(history: dict[str, Array]) -> None:
    h, rollover, ones = history, one(0.9, 0.9, 0), np.ones((40, 1))
    earned = bargaining.earned_back(one(0.6, 0, 0), h["progress"], h["lost"])
    due = rollover * h["repayment"] + h["usual"]
    lent = lending.stand_in(h["credit"], h["usual"], h["hold"])
    short = lending.unbridged(lent, h["hold"], due, h["bridge_cap"], h["warmth"])
    losses = coercion.coercion_losses(
        h["coerce"],
        coercion.energy_at_risk(one(0.5, 0, 0), h["scheduled"], earned),
        h["blocked"],
        coercion.trade_at_risk(h["trade_share"], h["gdp"], one(0.25, 0, 0), np.array([0.1])),
        short,
        ones,
    )
    cut = (h["scheduled"] + earned - h["subsidy"]).sum()
    not_lent = (rollover * h["repayment"] - h["rolled"] + h["usual"] - h["credit"]).sum()
    assert losses.sum() == pytest.approx(cut + not_lent + h["blockade_loss"].sum(), rel=1e-9)
    assert losses[1:].sum() == 0
    substituted = lending.substitution(lent, h["missing"], ones)
    np.testing.assert_allclose(substituted, h["bridge"].sum() / h["missing"].sum(), rtol=1e-9)
    assert 0.1 < substituted < 1


def test_debt_in_the_reference_rises_by_net_lending(history: dict[str, Array]) -> None:
    h = history
    lent = lending.net_lending(h["loan_new"], h["credit"], h["rolled"], h["repayment"])
    np.testing.assert_allclose(lent, np.diff(h["debt"], axis=0), rtol=1e-9, atol=1e-12)
    come = lending.gross_transfer(h["pay"], h["credit"], h["rolled"], h["subsidy"])
    np.testing.assert_allclose(come - h["repayment"] - h["interest"], h["net"], rtol=1e-9, atol=1e-12)


def test_the_price_in_full_of_the_reference_is_what_deals_brought(history: dict[str, Array]) -> None:
    h, w = history, weights_of(history)
    price = bargaining.concession_price_in_full(
        *(h[name] for name in ("accept", "offer", "demand", "phi", "restored")), w
    )
    brought = h["phi"] * (h["pay"] - h["carrot"] * (1 - h["coerce"])) + h["restored"] * h["sold"]
    np.testing.assert_allclose(
        price * aggregate.total_over_time(h["sold"], w),
        aggregate.total_over_time(brought, w),
        rtol=1e-9,
        atol=1e-14,
    )


def test_the_reference_of_the_heuristic_responds_and_that_of_bandwagon_does_not() -> None:
    told = {}
    for case in ("baseline_heuristic", "bandwagon"):
        h = reference(case)
        behaviour = (h[name] for name in ("effort", "cost", "trade_share"))
        told[case] = float(courtship.responsiveness(*behaviour, one(1, 0, 0), weights_of(h))[0])
    assert told["baseline_heuristic"] > 0.5
    assert told["bandwagon"] == 0


def test_rents_in_the_reference_are_subsidies_deals_and_loyalty(history: dict[str, Array]) -> None:
    h, ones = history, np.ones((40, 1))
    rents = bargaining.rents(h["subsidy"], h["grant"], h["loan_new"], np.array([0.55]), ones)
    loyalty = bargaining.loyalty_rent(h["carrot"], h["coerce"], h["phi"], ones)
    deals = aggregate.running_total(h["phi"] * h["accept"] * h["offer"], ones)
    np.testing.assert_allclose(
        rents, aggregate.running_total(h["subsidy"], ones) + deals + loyalty, rtol=1e-10
    )


def test_what_was_sold_in_the_reference_is_at_its_price(history: dict[str, Array]) -> None:
    h, w = history, weights_of(history)
    price = bargaining.concession_price(h["accept"], h["offer"], h["demand"], w)
    sold = aggregate.total_over_time(h["sold"], w)
    np.testing.assert_allclose(price * sold, bargaining.deals(h["accept"], h["offer"], w), rtol=1e-10)


def test_the_reference_of_hedging_is_hedging_and_that_of_bandwagon_is_not() -> None:
    for case, regime in (("baseline_heuristic", "hedging"), ("bandwagon", "bandwagon")):
        h = reference(case)
        behaviour = ("effort", "coerce", "trade_share", "warmth", "concession", "survival", "sovereign")
        codes = regime_codes(RIVALRY, coercive_capacity=one(1, 0, 0), **{name: h[name] for name in behaviour})
        assert courtship.REGIMES[codes[aggregate.year_end(2016), 0]] == regime
        assert courtship.REGIMES[codes[aggregate.year_end(2019), 0]] == regime
