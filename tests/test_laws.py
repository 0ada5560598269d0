"""The identities and laws of the model, each over random admissible worlds.

A law that breaks says where (quarter, patron, draw) and with which values; Hypothesis adds the world, which
can be built again from what it prints.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedging.measures.bargaining import expected_terms, leverage
from hedging.settings.settings import Settings, read_settings
from hedging.world.arrays import Array
from hedging.world.chance import EXPECTED
from hedging.world.parameters import DECLARATIONS, Parameters
from hedging.world.phases import offers
from hedging.world.phases.calendar import read_calendar
from hedging.world.phases.offers import Bid, Standing
from hedging.world.state import State
from hedging.world.world import QUANTITIES, TERMS_ALONE
from hedging.world.world import World as ModelWorld
from tests.strategies import (
    CLIENT_RULES,
    RANGES,
    RECORDED,
    Run,
    World,
    holds,
    laws,
    play,
    play_block,
    same,
    same_runs,
    step_of_many,
    worlds,
)

FORESIGHTED = ("quantal_response", "lookahead")
SIMPLE = ("heuristic", "fixed", "bandwagon", "aspiration")


# 1 ------------------------------------------------------------------------------------------------


@laws(50)
@given(worlds())
def test_law_01_money_is_closed(world: World) -> None:
    run = world.play()
    purses = (run["reserves"] - run.p.reserves0, run["patron_cash"].sum(axis=1), run["world_cash"])
    size = 1 + run["reserves"] + np.abs(run["patron_cash"]).sum(axis=1) + np.abs(run["world_cash"])
    gap = purses[0] + purses[1] + purses[2]
    client, patrons, rest = purses
    holds("money is closed", np.abs(gap) <= 1e-12 * size, client=client, patrons=patrons, rest=rest, gap=gap)


@laws(30)
@given(worlds(events=0))
def test_law_01_loans_granted_are_loans_received(world: World) -> None:
    run = world.play()
    granted = run["loan_new"] + run["rolled"] - run["repayment"]
    received = run.end("debt") - run.start("debt")
    same("debt grows by what is lent", granted, received, 1e-12, 1e-12)
    lent = run["market_loan"] - run["market_repayment"]
    same("market debt too", lent, run.end("market_debt") - run.start("market_debt"), 1e-12, 1e-12)
    paid_out = run.start("patron_cash") - run.end("patron_cash")
    given_back = run["interest"] - run["grant"] - run["subsidy"]
    same("a patron's cash pays for it", paid_out, granted - given_back, 1e-12, 1e-12)
    same("a payment is a loan or a grant", run["pay"], run["loan_new"] + run["grant"], 1e-12)


# 2 and 3 ------------------------------------------------------------------------------------------


@laws(50)
@given(worlds())
def test_law_02_nobody_has_less_than_nothing(world: World) -> None:
    run = world.play()
    for stock in ("debt", "market_debt", "reserves"):
        holds(stock, run[stock] >= 0, value=run[stock])
    before = run.start("reserves") + run["net"].sum(axis=1) + run["row_flow"]
    compression = run["compression"]
    holds("compression where money is short", (compression > 0) <= (before < 1e-12), before=before)
    same("compression is what is short", compression, np.maximum(-before, 0), 1e-12, 1e-11)


@laws(50)
@given(worlds())
def test_law_02_trade_shares_are_a_whole(world: World) -> None:
    shares = world.play()["trade_share"]
    holds("every partner trades", shares > 0, share=shares)
    total = shares.sum(axis=1)
    holds("shares sum to 1", np.abs(total - 1) <= 1e-12, total=total)


@laws(60)
@given(worlds())
def test_law_03_what_is_bounded_stays_in_range(world: World) -> None:
    run = world.play()
    for name, array in run.arrays.items():
        low, high = RANGES[name]
        holds(f"{name} is finite", np.isfinite(array), value=array)
        holds(f"{name} is not below {low:g}", array >= low, value=array)
        holds(f"{name} is not above {high:g}", array <= high, value=array)
    assert np.all(run["gdp"] > 0)
    assert np.all(run["potential_gdp"] > 0)


# 4 ------------------------------------------------------------------------------------------------


@laws(50)
@given(worlds())
def test_law_04_no_patron_pays_more_than_its_open_budget(world: World) -> None:
    run = world.play()
    purse = run.number("budget") * run["gate"]
    holds("pay within budget", run["pay"] <= purse * (1 + 1e-12), pay=run["pay"], purse=purse)


@laws(50)
@given(worlds(pins={"patrons.*.concession_decay": 0.0}))
def test_law_04_what_is_sold_is_what_is_conceded(world: World) -> None:
    run = world.play()
    free = (run["concession"] < 1).all(axis=0)
    assume(free.any())
    rise = np.where(free, run["concession"][-1] - run["concession"][0], 0)
    sold = np.where(free, run["sold"].sum(axis=0), 0)
    same("sold is conceded", sold[None], rise[None], 0, 1e-12)


# 5 and 6 ------------------------------------------------------------------------------------------


def rows_of(run: Run, name: str, order: list[int]) -> Array:
    """A quantity with its patrons in another order; the rest of the world stays last."""
    axes, array = QUANTITIES[name].axes, run[name]
    if axes[0] == "draw":
        return array
    return array[:, [*order, *range(len(order), array.shape[1])]]


@laws(40)
@given(worlds(patrons=(2, 3, 5)), st.randoms(use_true_random=False))
def test_law_05_the_order_of_patrons_permutes_every_output(world: World, shuffle: Any) -> None:
    order = list(range(world.patrons))
    shuffle.shuffle(order)
    tree = deepcopy(world.tree)
    tree["patrons"] = {world.names[row]: tree["patrons"][world.names[row]] for row in order}
    first, second = world.play(), play(read_settings(tree))
    for name in RECORDED:
        same(f"{name} {order}", rows_of(first, name, order), second[name], 1e-8, 1e-8)


@laws(40)
@given(worlds(patrons=(2, 3, 5), chance="expected", spread=False), st.randoms(use_true_random=False))
def test_law_05_the_names_of_patrons_mean_nothing(world: World, shuffle: Any) -> None:
    names = list(world.names)
    shuffle.shuffle(names)
    other = dict(zip(world.names, names, strict=True))
    tree = rename(deepcopy(world.tree), other)
    first, second = world.play(), play(read_settings(tree))
    for name in RECORDED:
        same(f"{name} {other}", first[name], second[name], 1e-8, 1e-8)


def rename(node: Any, other: dict[str, str]) -> Any:
    """A tree with its patrons renamed, wherever they are named."""
    if isinstance(node, dict):
        return {other.get(key, key): rename(value, other) for key, value in node.items()}
    if isinstance(node, str) and node.startswith("patrons."):
        return ".".join(other.get(part, part) for part in node.split("."))
    return node


@laws(40)
@given(
    worlds(
        patrons=(2, 3, 5),
        client=st.sampled_from([rule for rule in CLIENT_RULES if rule != "bandwagon"]),
        bidding=st.sampled_from([("transactional",) * 5, ("strategic",) * 5]),
        chance="expected",
        events=0,
        spread=False,
        twins=True,
    )
)
def test_law_06_twins_have_one_path(world: World) -> None:
    run = world.play()
    for name in RECORDED:
        if QUANTITIES[name].axes[0] == "patron":
            alike = run[name][:, : max(2, world.patrons - 1)]
            same(name, alike, np.broadcast_to(alike[:, :1], alike.shape), 1e-9, 1e-9)


# 7 and 8 ------------------------------------------------------------------------------------------


def pieces(settings: Settings, *cuts: int) -> dict[str, Array]:
    """A run played in blocks that begin at the cuts, put together again."""
    spans = pairwise(cuts)
    parts = [play_block(settings, first, last - first, RECORDED).arrays for first, last in spans]
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in RECORDED}


@laws(30)
@given(worlds(draws=12), st.integers(2, 10), st.sampled_from((0, 1018)))
def test_law_07_a_draw_does_not_feel_its_block(world: World, cut: int, first: int) -> None:
    whole = pieces(world.settings, first, first + 12)
    cuts = (first, first + cut, first + 12)
    apart = pieces(world.settings, *cuts)
    for name in RECORDED:
        same(f"{name} in blocks {cuts}", whole[name], apart[name])


@laws(30)
@given(worlds(draws=12))
def test_law_07_a_draw_does_not_feel_how_many_run(world: World) -> None:
    many, few = world.play(), replace(world, draws=5).play()
    for name in RECORDED:
        same(name, many[name][..., :5], few[name])


@laws(30)
@given(worlds(), st.integers(0, 2**32 - 1))
def test_law_07_a_draw_does_not_feel_its_neighbours(world: World, other: int) -> None:
    mine, yours = world_model(world), world_model(replace(world, seed=other))
    mixed = world_model(world)
    odd = np.arange(world.draws) % 2 == 1

    def mix(first: Any, second: Any) -> Any:
        if isinstance(first, np.ndarray):
            return np.where(odd, first, second)
        if isinstance(first, tuple):
            return tuple(mix(one, two) for one, two in zip(first, second, strict=True))
        if hasattr(first, "__dataclass_fields__"):
            changed = {f.name: mix(getattr(first, f.name), getattr(second, f.name)) for f in fields(first)}
            return replace(first, **changed)
        return first

    for part in ("parameters", "state", "cast"):
        setattr(mixed, part, mix(getattr(mine, part), getattr(yours, part)))
    mine.events = mixed.events = ()  # a shock at the start has struck
    for quarter in range(world.horizon):
        alone, beside = mine.step(), mixed.step()
        for name in alone:
            same(f"{name} in quarter {quarter}", alone[name][..., odd], beside[name][..., odd])


def world_model(world: World) -> ModelWorld:
    """The model of a world, before its first quarter."""
    return ModelWorld(world.settings, draws=world.draws)


@laws(30)
@given(worlds(chance="expected", spread=False), st.integers(0, 2**32 - 1))
def test_law_08_expectation_knows_no_seed(world: World, seed: int) -> None:
    same_runs(world.play(), play(replace(world.settings, seed=seed)))


@laws(30)
@given(
    worlds(
        client=st.sampled_from(("heuristic", "fixed", "bandwagon")),
        spread=False,
        chance="sampled",
        events=0,
        horizon=9,
        pins={
            "client.reserves0": 30.0,  # far from import compression
            "client.adjust_unit": 0.0,  # trade turns exponentially in coercion
            "client.repression_unrest": 0.0,  # unrest is past a max, and cools receptions
            "patrons.*.market_sanction": 0.0,  # market lending is past a min
        },
    ),
    st.integers(0, 8),
)
def test_law_08_sampled_and_expected_agree_in_the_mean_of_a_step(world: World, quarter: int) -> None:
    settings, many = world.settings, 20_000
    model = ModelWorld(replace(settings, chance="expected"), draws=1)
    for _ in range(quarter):
        model.step()
    before = model.state
    expected = model.step() | vars(model.state)
    sampled = step_of_many(settings, before, quarter, many)
    assume(expected["compression"].max() == 0 and sampled["compression"].max() == 0)
    swing = model.parameters.warmth_coercion + model.parameters.warmth_deal
    inside = np.abs(expected["warmth"] - 0.5) + swing < 0.5
    for name in ("pay", "sold", "debt", "reserves", "warmth"):
        mean = sampled[name].mean(axis=-1, keepdims=True)
        room = 6 * sampled[name].std(axis=-1, keepdims=True) / np.sqrt(many) + 20 / many
        near = np.abs(mean - expected[name]) <= room
        near = near | ~inside if name == "warmth" else near
        holds(name, near[None], mean=mean[None], expected=expected[name][None], room=room[None])


# 9 and 10 -----------------------------------------------------------------------------------------


@laws(30)
@given(worlds(patrons=(1,)))
def test_law_09_a_lone_patron_gives_nothing_for_rivals(world: World) -> None:
    run = play(world.settings, (*RECORDED, TERMS_ALONE))
    terms = expected_terms(run["carrot"], run["accept_probability"], run["offer"])
    same("leverage", leverage(terms, run[TERMS_ALONE]), np.zeros_like(terms))
    same("carrot", run["carrot"], np.zeros_like(terms))


@laws(30)
@given(worlds(patrons=(1,), bidding=("transactional",) * 5))
def test_law_09_a_lone_patron_pays_the_reservation_price(world: World) -> None:
    run = world.play()
    purse = run.number("budget") * run["gate"]
    price = np.minimum(np.minimum(run["willing"], run["reservation"]), purse)
    same("offer", run["offer"], price)


@laws(30)
@given(worlds(patrons=(1,), client="fixed"), st.floats(0, 1))
def test_law_09_effort_on_others_moves_no_lone_payment(world: World, effort: float) -> None:
    tree = deepcopy(world.tree)
    tree["client"]["rule"]["effort"] |= {"china": effort, "united_states": 1.0}
    same_runs(world.play(), play(read_settings(tree)))


@laws(30)
@given(worlds(pins={"patrons.*.rivalry.*": 0.0}, patrons=(2, 3, 5), edge=0.05))
def test_law_10_without_rivalry_no_carrot_and_no_offence(world: World) -> None:
    run = world.play()
    for name in ("carrot", "encroach"):
        same(name, run[name], np.zeros_like(run[name]))


@laws(30)
@given(worlds(pins={"patrons.*.coercive_capacity": 0.0}))
def test_law_10_without_the_power_to_coerce_nobody_does(world: World) -> None:
    run = world.play()
    for name in ("coerce", "coerce_probability", "blockade_loss", "pressure"):
        same(name, run[name], np.zeros_like(run[name]))


@laws(30)
@given(
    worlds(
        events=0,
        pins={"patrons.*.jealousy": 0.0, "patrons.*.stall_weight": 0.0, "patrons.*.grievance": 0.0},
    )
)
def test_law_10_who_minds_nothing_is_never_frustrated(world: World) -> None:
    run = world.play()
    same("frustration", run["frustration"], np.zeros_like(run["frustration"]))


# 11 and 12 ----------------------------------------------------------------------------------------

AT_SOME_QUARTER = {"events": 0, "draws": 40, "chance": "sampled", "client": st.sampled_from(SIMPLE)}


def stand(world: World, quarter: int) -> tuple[State, Parameters]:
    """Where a world stands at the start of a quarter."""
    model = world_model(world)
    for _ in range(quarter):
        model.step()
    return model.state, model.parameters


def bids(state: State, p: Parameters, quarter: int) -> tuple[Standing, Bid]:
    """What the patrons bid for their full demand."""
    standing = offers.take_stock(state, p, read_calendar(p, quarter, 1.0, EXPECTED))
    return standing, offers.bid_for(standing.full_demand, state, p, standing, slice(None))


def rises(law: str, low: Array, high: Array, where: Any = True, strictly: Any = False) -> None:
    """Fail where high is below low, or not above it where it must be."""
    room = 1e-12 * (1 + np.abs(low))
    where, strictly = np.broadcast_to(where, low.shape), np.broadcast_to(strictly, low.shape)
    holds(law, ((high >= low - room) | ~where)[None], low=low[None], high=high[None])
    holds(law, ((high > low) | ~(where & strictly))[None], low=low[None], high=high[None])


@laws(30)
@given(worlds(**AT_SOME_QUARTER), st.integers(0, 11), st.floats(1.05, 3))
def test_law_11_offers_rise_with_willingness_and_rivals_warmth(
    world: World, quarter: int, factor: float
) -> None:
    state, p = stand(world, quarter)
    standing, bid = bids(state, p, quarter)
    keen = replace(p, concession_value=p.concession_value * factor)
    _, keener = bids(state, keen, quarter)
    moved = (bid.willing > 1e-6) & (bid.willing < bid.reservation)  # what binds is willingness itself
    room = p.budget * standing.gate - keener.carrot > keener.offer * (1 + 1e-9)
    rises("offer with willing", bid.offer, keener.offer, strictly=moved & room)
    for row in range(world.patrons):
        warmth = state.warmth * (1 - 0.3 * (factor - 1) / 2)
        warmth[row] = state.warmth[row]
        cool, cooler = bids(replace(state, warmth=warmth), p, quarter)
        free = (
            p.budget * standing.gate - bid.carrot > bid.offer,
            p.budget * cool.gate - cooler.carrot > cooler.offer,
        )
        surplus = bid.willing > bid.reservation + 1e-6
        courted = standing.outside > cool.outside + 1e-6
        rises(
            f"offer of {world.names[row]} with its rivals' warmth",
            cooler.offer[row],
            bid.offer[row],
            where=(free[0] & free[1])[row],
            strictly=(surplus & courted)[row],
        )


@laws(30)
@given(worlds(**AT_SOME_QUARTER), st.integers(0, 11), st.floats(1.05, 3))
def test_law_11_the_reservation_price_rises(world: World, quarter: int, factor: float) -> None:
    state, p = stand(world, quarter)
    _, bid = bids(state, p, quarter)
    below = (bid.reservation > 1e-6) & (bid.cost / p.theta_money < 20 / factor)
    richer = replace(state, reserves=(state.reserves + 0.1) * factor)
    rises("with reserves", bid.reservation, bids(richer, p, quarter)[1].reservation, strictly=below)
    prouder = replace(state, national_sentiment=np.minimum(state.national_sentiment + 0.1, 1))
    felt = below & (p.sov_weight * p.theta_sov * p.zeta > 1e-3) & (state.national_sentiment < 0.9)
    rises("with sentiment", bid.reservation, bids(prouder, p, quarter)[1].reservation, strictly=felt)
    greedier = replace(p, demand0=p.demand0 * factor)
    rises("with demand", bid.reservation, bids(state, greedier, quarter)[1].reservation, strictly=below)


@laws(30)
@given(worlds(**AT_SOME_QUARTER), st.integers(0, 11), st.floats(1.05, 3))
def test_law_11_acceptance_rises_with_the_offer_and_falls_with_sentiment(
    world: World, quarter: int, factor: float
) -> None:
    state, p = stand(world, quarter)
    standing, bid = bids(state, p, quarter)

    def taken(bid: Bid, state: State = state) -> Array:
        return offers.close_deals(bid, standing, state, p, EXPECTED).accept_probability

    open_ = (taken(bid) > 1e-9) & (taken(bid) < 1 - 1e-9)
    better = replace(bid, offer=bid.offer * factor)
    rises("with the offer", taken(bid), taken(better), strictly=open_ & (bid.offer > 1e-3))
    prouder = replace(state, national_sentiment=np.minimum(state.national_sentiment + 0.1, 1))
    dearer = replace(bid, cost=bids(prouder, p, quarter)[1].cost)
    felt = (dearer.cost > bid.cost + 1e-6) & open_
    rises("against sentiment", taken(dearer, prouder), taken(bid), strictly=felt)


@laws(30)
@given(worlds(**AT_SOME_QUARTER), st.integers(0, 11), st.floats(0.01, 2))
def test_law_11_coercion_rises_with_frustration(world: World, quarter: int, more: float) -> None:
    state, p = stand(world, quarter)
    angrier = replace(state, frustration=state.frustration + more)
    now, then = (offers.strike(s, p, EXPECTED).coerce_probability for s in (state, angrier))
    able = (p.coercive_capacity > 0) & (now > 1e-12) & (then < p.coercive_capacity * (1 - 1e-9))
    rises("coercion", now, then, strictly=able)


@laws(50)
@given(worlds(**AT_SOME_QUARTER), st.integers(0, 11))
def test_law_12_the_reservation_price_is_taken_every_other_time(world: World, quarter: int) -> None:
    state, p = stand(world, quarter)
    standing, bid = bids(state, p, quarter)
    fair = replace(bid, offer=bid.reservation)
    taken = offers.close_deals(fair, standing, state, p, EXPECTED).accept_probability
    told = (bid.reservation > 1e-9) & (bid.cost / p.theta_money <= 20)
    assume(told.any())
    same("every other time", np.where(told, taken, 0.5)[None], np.full_like(taken, 0.5)[None], 0, 1e-12)


# 13 to 15 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lacking", ["budget", "salience0"])
@laws(20)
@given(world=worlds(edge=0.05))
def test_law_13_no_money_or_no_interest_no_pay(lacking: str, world: World) -> None:
    none = {"salience0": (("patrons.north.salience0", 0.0), ("patrons.north.salience_sd", 0.0))}
    pins = none.get(lacking, (("patrons.north.budget", 0.0),))
    run = replace(world, pins=(*pins, ("patrons.north.subsidy0", 2.0))).play()
    same(f"pay without {lacking}", run["pay"][:, :1], np.zeros_like(run["pay"][:, :1]))
    kept = run["scheduled"] * (1 - run.number("coercive_cut") * run["coerce"])
    same("the subsidy goes on", run["subsidy"], kept, 1e-12)


@laws(30)
@given(worlds(events=3))
def test_law_13_who_looks_away_pays_nothing(world: World) -> None:
    run = world.play()
    away = run.start("salience") == 0
    holds("no attention, no pay", ~away | (run["pay"] == 0), pay=run["pay"])


@laws(30)
@given(worlds(pins={"patrons.north.demand0": 0.0}))
def test_law_13_who_asks_nothing_is_conceded_nothing(world: World) -> None:
    conceded = world.play()["concession"][:, :1]
    holds("no rise", np.diff(conceded, axis=0) <= 0, before=conceded[:-1], after=conceded[1:])


@laws(40)
@given(
    worlds(client="heuristic", events=0, horizon=30, edge=0.0),
    st.integers(0, 10),
    st.integers(1, 18),
    st.floats(0, 1),
)
def test_law_14_the_phase_out_sums_to_its_total(world: World, start: int, long: int, part: float) -> None:
    base = sum(node["subsidy0"]["value"] for node in world.tree["patrons"].values())
    total = part * base * (long + 1) / 2  # at 1 the last step takes all there is
    pins = {
        "world.phaseout_start": start,
        "world.phaseout_quarters": long,
        "world.phaseout_total": total,
        "world.energy_price": 1.25,
    }
    run = replace(world, spread=False, pins=tuple(pins.items())).play()
    loss, during = run["policy_loss"], slice(start, start + long)
    same("it sums to its total", loss[during].sum(axis=0)[None], np.full((1, world.draws), total), 1e-9)
    same("nothing before", loss[:start], np.zeros_like(loss[:start]))
    after = loss[start + long - 1 :]
    same("its depth stays", after, np.broadcast_to(loss[-1], after.shape))
    left = 1.25 * (base - loss)
    same("what is left is paid", run["scheduled"].sum(axis=1), left, 1e-9, 1e-9)


@laws(20)
@given(worlds(events=0, pins={"world.phaseout_total": 0.0}))
def test_law_14_without_a_phase_out_the_subsidy_is_constant(world: World) -> None:
    run = world.play()
    constant = run.p.subsidy0 * run.p.energy_price
    same("subsidy", run["scheduled"], np.broadcast_to(constant, run["scheduled"].shape))


@laws(20)
@given(worlds(chance="expected", client=st.sampled_from(SIMPLE), events=0))
def test_law_15_a_far_deadline_is_none(world: World) -> None:
    def under(deadline: float) -> Run:
        pins = (("world.deadline", deadline), ("world.deadline_tau", 2.0))
        return replace(world, pins=pins).play()

    never = under(inf)

    def apart(run: Run) -> float:
        return max(float(np.abs(run[name] - never[name]).max()) for name in RECORDED)

    near, far, farthest = (apart(under(world.horizon + ahead)) for ahead in (2, 30, 60))
    assert far <= 1e-3 * near + 1e-12
    assert farthest <= 1e-9
    same("no urgency", never["urgency"], np.zeros_like(never["urgency"]))


@laws(30)
@given(worlds(pins={"patrons.north.concession_decay": 0.0}))
def test_law_15_integration_never_falls_where_nothing_decays(world: World) -> None:
    conceded = world.play()["concession"][:, :1]
    holds("no fall", np.diff(conceded, axis=0) >= 0, before=conceded[:-1], after=conceded[1:])


# 16 and 17 ----------------------------------------------------------------------------------------

MONEY = ("usd_bn", "usd_bn/quarter")


@laws(40)
@given(worlds(bidding=("transactional",) * 5, events=0), st.floats(0.1, 10))
def test_law_16_money_has_no_scale(world: World, c: float) -> None:
    tree = deepcopy(world.tree)
    for owner in (tree["world"], tree["client"], *tree["patrons"].values()):
        for name, node in owner.items():
            if name in DECLARATIONS and DECLARATIONS[name].unit in MONEY:
                owner[name] = node | {k: node[k] * c for k in ("value", "low", "high") if k in node}
    run, scaled = world.play(), play(read_settings(tree))
    for name in RECORDED:
        scale = c if QUANTITIES[name].unit in MONEY else 1.0
        same(f"{name} at {c:.3g}", scaled[name] / scale, run[name], 1e-5, 1e-5)


@laws(20)
@given(
    worlds(
        client=st.sampled_from(FORESIGHTED),
        horizon=6,
        pins={
            "patrons.*.warmth_gain": 0.0,
            "client.effort_cost": 0.01,
            "client.rule.precision": 1e9,
        },
    )
)
def test_law_17_where_courtship_warms_nothing_nobody_is_courted(world: World) -> None:
    run = world.play()
    same("effort", run["effort"], np.zeros_like(run["effort"]))
