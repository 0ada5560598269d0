"""Rules as tables: in such a situation, such a move. Three shipped patrons, central numbers, 2015Q1."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from hedging.rules.client import STRENGTHS, Aspiration, Habit, stances
from hedging.rules.lookahead import Lookahead
from hedging.rules.patron import MULTIPLIERS, Strategic, Transactional
from hedging.rules.sight import PatronSight, Sight
from hedging.settings.settings import Settings, read_settings, settings_for
from hedging.world.arrays import Array, over_patrons
from hedging.world.chance import EXPECTED, Luck
from hedging.world.phases import calendar, offers
from hedging.world.quarter import see
from hedging.world.state import State, opening_state
from hedging.world.world import World
from tests.strategies import CLIENT_RULES, RECORDED, patron_rule, pin, play_block, same, shipped_tree

PATRONS = ("russia", "china", "united_states")
CENTRAL: dict[str, Any] = {"ensemble": {"draws": 1, "keep": 1, "vary": []}, "chance": "expected"}


def column(*rows: float, draws: int = 1) -> Array:
    """One number per patron, the same in every draw."""
    return np.repeat(np.array(rows, dtype=float)[:, None], draws, axis=1)


@dataclass
class Situation:
    """A client at its desk: a state, the bids on the table, its rule."""

    model: World
    sight: Sight

    @property
    def effort(self) -> Array:
        """What the client does, the first draw: (patron,)."""
        effort: Array = self.model.cast.client.choose(self.sight)
        return effort[:, 0]


def situation(
    settings: Settings, draws: int = 1, quarter: int = 0, luck: bool = False, **state: Array
) -> Situation:
    """The client's desk in a quarter; states that are given replace those of the start."""
    model = World(settings, draws=draws)
    start = replace(opening_state(model.parameters), **state)
    chance = Luck(1, settings.patrons, 0, draws, quarter + 1).at(quarter) if luck else EXPECTED
    today = calendar.read_calendar(model.parameters, quarter, 1.0, EXPECTED)
    standing = offers.take_stock(start, model.parameters, today)
    bid = model.cast.collect_bids(start, model.parameters, quarter, standing)
    here = copy(model)
    here.state, here.quarter = start, quarter
    sight = see(start, model.parameters, model.cast, quarter, chance, standing, bid, here.foresee)
    return Situation(model, sight)


def under(rule: str, **numbers: float) -> Settings:
    """The shipped setting at central numbers under a client rule; numbers of the rule by name."""
    paths = {f"client.rule.{name}": value for name, value in numbers.items()}
    return pin(shipped_tree(rule, **CENTRAL), paths)


# The client ---------------------------------------------------------------------------------------

AT_THE_LINE = 1 / (1 + np.exp(-(1 - 0.9) / 0.15))  # danger of a patron whose frustration is its red line

HEURISTIC = {
    "in calm and plenty it courts everybody a little": (
        {"squeeze": (0, 0, 0), "reserves": 8},
        (0.2, 0.2, 0.2),
    ),
    "half a unit of squeeze drives it nowhere": ({"squeeze": (0.5, 0, 0), "reserves": 8}, (0.2, 0.2, 0.2)),
    "squeezed by Russia it courts the others, as hard as it is squeezed": (
        {"squeeze": (0.9, 0, 0), "reserves": 8},
        (0.2, 0.6, 0.6),
    ),
    "squeezed by two it courts the third hardest": (
        {"squeeze": (0.6, 0.7, 0), "reserves": 8},
        (0.4, 0.3, 1.0),
    ),
    "squeezed hard it courts with all it has": ({"squeeze": (5, 0, 0), "reserves": 8}, (0.2, 1, 1)),
    "with half its reserves it courts everybody more": ({"squeeze": (0, 0, 0), "reserves": 4}, (0.35,) * 3),
    "with more reserves than it wants it courts no less": (
        {"squeeze": (0, 0, 0), "reserves": 16},
        (0.2,) * 3,
    ),
    "at Russia's red line it mends with Russia and drops the others": (
        {"squeeze": (0, 0, 0), "reserves": 8, "frustration": (1, 0, 0), "feared": 1},
        (0.2 + 0.5 * AT_THE_LINE, 0, 0),
    ),
    "the anger of who cannot coerce is no danger": (
        {"squeeze": (0, 0, 0), "reserves": 8, "frustration": (0, 9, 9)},
        (0.2, 0.2, 0.2),
    ),
}


@pytest.mark.parametrize("case", HEURISTIC)
def test_the_heuristic_client(case: str) -> None:
    facts, effort = HEURISTIC[case]
    feared = {"patrons.russia.coercive_capacity": facts.get("feared", 0)}
    desk = situation(
        pin(shipped_tree("heuristic", **CENTRAL), feared),
        reserves=np.array([facts["reserves"]]),
        frustration=column(*facts.get("frustration", (0, 0, 0))),
    )
    cost = 0.25 * column(*facts["squeeze"])
    desk.sight = replace(desk.sight, bid=replace(desk.sight.bid, cost=cost))
    assert desk.effort == pytest.approx(effort, abs=1e-12)


def test_a_frightened_heuristic_client_courts_moscow_s_rivals_less() -> None:
    """In peril Moscow's price, which is sovereignty, weighs less; Washington's, which is control, more."""
    line, proud = 0.45, {"national_sentiment": np.array([0.4]), "reserves": np.array([8.0])}
    settings = pin(shipped_tree("heuristic", **CENTRAL), {"client.unrest_line": line, "client.fear": 0.5})
    safe, shaken = (
        situation(settings, legitimacy=np.array([line - fall]), quarter=30, **proud) for fall in (0, 0.15)
    )
    squeeze = [desk.sight.squeeze[:, 0] for desk in (safe, shaken)]
    demand = shaken.sight.bid.demand[:, 0]
    pride, control = 5 * (1 + 0.8 * 0.4) * np.array([1, 0.08, 0]), 5 * np.array([0.25, 0, 0.9])
    assert squeeze[0] == pytest.approx((pride + control) * demand / 0.25)
    assert squeeze[1] == pytest.approx((0.5 * pride + 1.5 * control) * demand / 0.25)
    assert squeeze[1][0] < squeeze[0][0]
    assert np.all(shaken.effort[1:] < safe.effort[1:])


BANDWAGON = {  # power to coerce, shares of trade -> effort
    "it courts the largest partner alone": ((0, 0, 0), (0.5, 0.2, 0.1), (1, 0, 0)),
    "it changes sides with trade": ((0, 0, 0), (0.2, 0.3, 0.1), (0, 1, 0)),
    "of equals it courts the first": ((0, 0, 0), (0.1, 0.3, 0.3), (0, 1, 0)),
    "the rest of the world is nobody to court": ((0, 0, 0), (0.1, 0.1, 0.2), (0, 0, 1)),
    "a larger partner that cannot coerce does not count": ((1, 0, 0), (0.2, 0.5, 0.1), (1, 0, 0)),
    "half the power over three times the trade is more": ((1, 0.5, 0), (0.2, 0.6, 0.1), (0, 1, 0)),
    "of equals in both it courts the first": ((1, 0.5, 1), (0.2, 0.4, 0.2), (1, 0, 0)),
}


@pytest.mark.parametrize("case", BANDWAGON)
def test_the_bandwagoning_client(case: str) -> None:
    power, shares, effort = BANDWAGON[case]
    tree = shipped_tree("bandwagon", **CENTRAL)
    able = {f"patrons.{name}.coercive_capacity": x for name, x in zip(PATRONS, power, strict=True)}
    desk = situation(pin(tree, able), trade_share=column(*shares, 1 - sum(shares)))
    assert desk.effort.tolist() == list(effort)


def test_the_fixed_client_does_the_same_come_what_may() -> None:
    tree = shipped_tree("fixed", **CENTRAL)
    tree["client"]["rule"]["effort"] = {"united_states": 0.25, "russia": 0.5}
    settings = read_settings(tree)
    angry = situation(settings, frustration=column(5, 5, 5), reserves=np.array([0.0]))
    for desk in (situation(settings), angry):
        assert desk.effort.tolist() == [0.5, 0, 0.25]


def test_the_stances_are_none_or_half_or_all_on_every_set_of_patrons() -> None:
    table = stances(("a", "b"), STRENGTHS)
    half, whole = 0.5 / np.sqrt(2), 1 / np.sqrt(2)
    expected = [[0, 0], [0.5, 0], [0, 0.5], [half, half], [1, 0], [0, 1], [whole, whole]]
    assert table == pytest.approx(np.array(expected))
    assert stances(PATRONS, STRENGTHS).shape == (15, 3)


def test_the_random_client_is_the_mean_of_all_stances_in_expectation() -> None:
    each = 1.5 * (1 + 2 / np.sqrt(2) + 1 / np.sqrt(3)) / 15
    assert situation(under("random")).effort == pytest.approx([each] * 3)


def test_the_random_client_draws_every_stance_as_often() -> None:
    many = 30_000
    desk = situation(under("random"), draws=many, luck=True)
    effort = desk.model.cast.client.choose(desk.sight)
    counts = [
        int((np.abs(effort - stance[:, None]) < 1e-12).all(axis=0).sum())
        for stance in stances(PATRONS, STRENGTHS)
    ]
    assert sum(counts) == many
    assert counts == pytest.approx([many / 15] * 15, abs=4.5 * np.sqrt(many / 15))


@pytest.mark.parametrize("rule", ["lookahead", "quantal_response"])
def test_a_sure_lookahead_picks_the_stance_it_foresees_best(rule: str) -> None:
    for quarter, frustration in ((0, 0.0), (25, 0.95)):
        desk = situation(under(rule, precision=1e12), quarter=quarter, frustration=column(frustration, 0, 0))
        options = stances(PATRONS, STRENGTHS)
        quarters = {"lookahead": 12, "quantal_response": 4}[rule]
        values = desk.sight.foresee(options, quarters)[:, 0]
        assert desk.effort.tolist() == options[values.argmax()].tolist()


def test_a_lookahead_without_precision_courts_at_random() -> None:
    desk, null = (
        situation(under(rule, **numbers))
        for rule, numbers in (("lookahead", {"precision": 0}), ("random", {}))
    )
    assert desk.effort == pytest.approx(null.effort)


def test_a_lookahead_leans_to_better_stances_by_a_logit() -> None:
    desk = situation(under("quantal_response", precision=20))
    options = stances(PATRONS, STRENGTHS)
    weights = np.exp(20 * desk.sight.foresee(options, 4)[:, 0])
    assert desk.effort == pytest.approx(options.T @ (weights / weights.sum()))


def test_a_sampled_lookahead_draws_one_stance_by_its_probability() -> None:
    many = 3_000
    desk = situation(under("quantal_response", precision=20), draws=many, luck=True)
    mean = situation(under("quantal_response", precision=20)).effort
    effort = desk.model.cast.client.choose(desk.sight)
    options = stances(PATRONS, STRENGTHS)
    assert np.all((np.abs(effort[None] - options[:, :, None]) < 1e-12).all(axis=1).any(axis=0))
    assert effort.mean(axis=1) == pytest.approx(mean, abs=4.5 * effort.std() / np.sqrt(many))


@pytest.mark.parametrize("bias", [0.0, -0.5])
@pytest.mark.parametrize("quarter", [0, 18])
def test_what_is_foreseen_is_what_a_frozen_stance_brings(quarter: int, bias: float) -> None:
    """Step the model by hand with the stance fixed and the red line where the client believes it."""
    stance, quarters = (0.1, 0.6, 0.3), 6
    tree = shipped_tree("fixed", **CENTRAL)
    tree["client"]["rule"]["effort"] = dict(zip(PATRONS, stance, strict=True))
    settings = pin(tree, {"client.belief_bias": bias})
    frustration = column(0.6, 0.1, 0.2)
    seen = situation(settings, quarter=quarter, frustration=frustration)
    model = seen.model
    line = model.parameters.red_line * np.exp(bias)
    model.parameters = replace(model.parameters, red_line=line)
    model.state, model.quarter = seen.sight.state, quarter
    value = sum(0.95**ahead * model.step()["utility"][0] for ahead in range(quarters))
    foreseen = seen.sight.foresee(np.array([[0, 0, 0], stance]), quarters)
    assert foreseen[1, 0] == pytest.approx(value, rel=1e-12)
    assert foreseen[0, 0] != pytest.approx(value, rel=1e-3)


# The client that learns ---------------------------------------------------------------------------


def lone_aspiration(luck: bool = False) -> tuple[Aspiration, Sight]:
    """A client with one patron: two stances, none and reach on it."""
    tree = shipped_tree("aspiration", **CENTRAL)
    tree["patrons"] = {"russia": tree["patrons"]["russia"]}
    desk = situation(read_settings(tree), luck=luck)
    return desk.model.cast.client, desk.sight


def habit(weights: tuple[float, float], quarters: int) -> Habit:
    """Propensities .1 and -.2, aspiration .5, a utility of 1.2 gathered so far."""
    return Habit(
        propensity=column(0.1, -0.2),
        aspiration=np.array([0.5]),
        weights=column(*weights),
        gathered=np.array([1.2]),
        quarters=np.array([float(quarters)]),
    )


def test_a_new_client_has_no_habit_and_no_aspiration() -> None:
    rule, sight = lone_aspiration()
    memory = rule.start(sight)
    assert memory.propensity.tolist() == [[0], [0]]
    assert memory.aspiration.tolist() == [0]
    assert memory.weights.tolist() == [[0.5], [0.5]]
    assert rule.choose(replace(sight, memory=memory)) == pytest.approx(np.array([[0.35]]))


def test_within_the_year_it_only_gathers() -> None:
    rule, sight = lone_aspiration()
    after = rule.learn(sight, habit((0.25, 0.75), quarters=2), np.array([1.6]))
    assert after.gathered.tolist() == [1.2 + 1.6]
    assert after.quarters.tolist() == [3]
    assert after.propensity.tolist() == [[0.1], [-0.2]]
    assert after.aspiration.tolist() == [0.5]
    assert after.weights.tolist() == [[0.25], [0.75]]


def test_at_the_year_s_end_every_stance_learns_by_its_weight_in_expectation() -> None:
    rule, sight = lone_aspiration()
    after = rule.learn(sight, habit((0.25, 0.75), quarters=3), np.array([1.6]))
    surprise = (1.2 + 1.6) / 4 - 0.5  # .2
    first = 0.1 + 0.3 * 0.25 * (surprise - 0.1)  # .1075
    second = -0.2 + 0.3 * 0.75 * (surprise + 0.2)  # -.11
    assert after.propensity[:, 0] == pytest.approx([first, second])
    assert after.aspiration == pytest.approx([0.56])
    better = 1 / (1 + np.exp(-15 * (first - second)))
    assert after.weights[:, 0] == pytest.approx([better, 1 - better])
    assert (after.gathered.tolist(), after.quarters.tolist()) == ([0], [0])


def test_at_the_year_s_end_the_stance_held_alone_learns_when_sampled() -> None:
    rule, sight = lone_aspiration(luck=True)
    after = rule.learn(sight, habit((0, 1), quarters=3), np.array([1.6]))
    assert after.propensity[:, 0] == pytest.approx([0.1, -0.2 + 0.3 * (0.2 + 0.2)])
    assert after.aspiration == pytest.approx([0.56])
    assert sorted(after.weights[:, 0]) == [0, 1]


def test_a_stance_is_held_for_a_year_and_then_changed_by_some() -> None:
    tree = shipped_tree("aspiration")
    settings = read_settings(tree | {"horizon": 12})
    effort = play_block(settings, 0, 40, RECORDED).arrays["effort"]
    options = 0.7 * stances(PATRONS, (1.0,))
    assert np.all((np.abs(effort[0][None] - options[:, :, None]) < 1e-12).all(axis=1).any(axis=0))
    changed = (effort[1:] != effort[:-1]).any(axis=1).mean(axis=1)  # share of draws, by quarter
    assert np.all((changed > 0.3) == (np.arange(1, 12) % 4 == 0))
    assert np.all((changed == 0) == (np.arange(1, 12) % 4 != 0))


def test_a_good_year_makes_a_stance_likelier() -> None:
    rule, sight = lone_aspiration()
    good, bad = (rule.learn(sight, habit((0, 1), quarters=3), np.array([u])) for u in (9.0, -9.0))
    assert good.weights[1, 0] > 0.99
    assert bad.weights[1, 0] < 0.01


@pytest.mark.parametrize("cut", [1, 2, 7])
def test_a_rule_with_memory_gives_the_same_run_whatever_the_blocks(cut: int) -> None:
    settings = read_settings(shipped_tree("aspiration"))
    whole = play_block(settings, 0, 12, RECORDED).arrays
    parts = [
        play_block(settings, first, count, RECORDED).arrays for first, count in ((0, cut), (cut, 12 - cut))
    ]
    for name in RECORDED:
        same(name, np.concatenate([part[name] for part in parts], axis=-1), whole[name])


# The patrons --------------------------------------------------------------------------------------


def patron_sight(rule: str = "transactional", quarter: int = 0, **state: Array) -> tuple[World, PatronSight]:
    """What the shipped patrons see in a quarter, all by one rule."""
    tree = shipped_tree(**CENTRAL)
    for node in tree["patrons"].values():
        node["rule"] = patron_rule(rule)
    desk = situation(read_settings(tree), quarter=quarter, **state)
    (seat,) = desk.model.cast.seats
    sight, numbers = desk.sight, desk.model.parameters
    return desk.model, PatronSight(quarter, PATRONS, sight.state, numbers, sight.standing, seat.rows)


def test_a_patron_that_nobody_rivals_pays_the_reservation_price() -> None:
    model, sight = patron_sight(last_bid=column(0, 0, 0))
    bid = Transactional().bid(sight)
    affordable = np.minimum(bid.reservation, model.parameters.budget * sight.standing.gate - bid.carrot)
    assert bid.offer == pytest.approx(np.minimum(bid.willing, affordable))


def test_a_credible_rival_makes_a_patron_pay_more_than_the_reservation_price() -> None:
    poor = np.array([1.0])
    _, alone = patron_sight(last_bid=column(0, 0, 0), reserves=poor)
    _, courted = patron_sight(last_bid=column(0, 0.5, 0), reserves=poor)
    before, after = (Transactional().bid(sight) for sight in (alone, courted))
    assert after.willing[0, 0] > after.reservation[0, 0]
    outside = 0.3 * 0.5  # China's warmth at the start, times its bid
    share = outside / (outside + after.willing[0, 0] + 1e-9)
    surplus = after.willing[0, 0] - after.reservation[0, 0]
    assert after.offer[0, 0] == pytest.approx(after.reservation[0, 0] + share * surplus)
    assert after.offer[0, 0] > before.offer[0, 0]
    assert after.offer[1, 0] == before.offer[1, 0]


def test_a_patron_that_would_pay_less_than_the_price_bids_what_it_would_pay() -> None:
    _, sight = patron_sight(national_sentiment=np.array([1.0]), reserves=np.array([30.0]))
    bid = Transactional().bid(sight)
    assert bid.willing[0, 0] < bid.reservation[0, 0]
    assert bid.offer[0, 0] == bid.willing[0, 0]


CARROTS = {  # warmth of the US, frustration of Russia -> Russia's carrot
    "a rival embraced is paid against": ((1.0, 0.0), 0.8 * 1.2 * (0.08 * 0.3 + 1.0)),
    "a rival kept cold earns nothing for itself": ((0.0, 0.0), 0.8 * 1.2 * 0.08 * 0.3),
    "anger takes its part of the carrot": ((1.0, 0.5), 0.5 * 0.8 * 1.2 * (0.08 * 0.3 + 1.0)),
    "past the red line there is none": ((1.0, 1.0), 0.0),
}


@pytest.mark.parametrize("case", CARROTS)
def test_the_carrot(case: str) -> None:
    (american, anger), carrot = CARROTS[case]
    _, sight = patron_sight(warmth=column(0.7, 0.3, american), frustration=column(anger, 0, 0))
    assert Transactional().bid(sight).carrot[0, 0] == pytest.approx(carrot, abs=1e-12)


def test_china_gives_way_as_russia_grows_angry() -> None:
    gates = [patron_sight(frustration=column(anger, 0, 0))[1].standing.gate[:, 0] for anger in (0, 0.5, 1, 9)]
    assert [gate[1] for gate in gates] == pytest.approx([1, 0.7, 0.4, 0.4])
    assert [gate[0] for gate in gates] == [1, 1, 1, 1]


def test_conditions_close_the_gate_with_repression() -> None:
    for repression, gate in ((0.0, 0.5), (0.5, 0.5 * 0.55), (1.0, 0.5 * 0.1)):
        _, sight = patron_sight(repression=np.array([repression]))
        assert sight.standing.gate[:, 0] == pytest.approx([1, 1, gate])


def test_a_discount_to_be_earned_back_lowers_the_price_of_a_concession() -> None:
    """When the phase-out has run its course, .6 of all that it took can come back."""
    _, sight = patron_sight(quarter=39)
    bid = Transactional().bid(sight)
    lost = 2 * 12 / 21
    restored = 0.6 * lost / 0.65 * (1 - 0.95**20) / 0.05
    assert sight.standing.restored[:, 0] == pytest.approx([restored, 0, 0])
    dear = 6.5 * (np.exp(bid.cost[0, 0]) - 1)
    assert bid.reservation[0, 0] == pytest.approx((dear - restored * bid.demand[0, 0]) / (0.5 + 0.5 * 0.55))


STRATEGIC_STATES: dict[str, dict[str, Any]] = {
    "at the start": {},
    "short of money": {"reserves": np.array([0.5])},
    "rich and proud": {"reserves": np.array([25.0]), "national_sentiment": np.array([0.9])},
    "angry": {"frustration": column(0.8, 0.2, 0.1)},
    "as discounts are withdrawn": {"quarter": 35, "reserves": np.array([8.0])},
    "as they are, for little": {"quarter": 35, "reserves": np.array([1.5])},
}


@pytest.mark.parametrize("case", STRATEGIC_STATES)
def test_the_strategic_bid_is_the_mean_of_five_by_a_logit(case: str) -> None:
    _, sight = patron_sight("strategic", **STRATEGIC_STATES[case])
    tried = [sight.bid_for(sight.full_demand * times) for times in (0, 0.5, 1, 1.5, 2)]
    stall_weight, standing = column(2, 0, 0), sight.standing
    values = []
    for bid in tried:
        money = standing.phi * bid.offer + standing.restored * bid.demand
        gain = np.log1p(money / (sight.state.reserves + 1.5)) - bid.cost
        taken = (money > 0) / (1 + np.exp(-300 * gain))
        values.append(taken * (bid.willing - bid.offer) - 0.15 * stall_weight * bid.demand * (1 - taken))
    weights = np.exp(6 * np.array(values))
    weights /= weights.sum(axis=0)
    bid = Strategic(precision=column(6, 6, 6), stall_cost=column(0.15, 0.15, 0.15)).bid(sight)
    for name in ("demand", "offer", "cost", "reservation", "willing"):
        mean = sum(weight * getattr(one, name) for weight, one in zip(weights, tried, strict=True))
        assert getattr(bid, name) == pytest.approx(mean), name
    assert bid.carrot.tolist() == tried[2].carrot.tolist()
    assert bid.cost == pytest.approx(tried[2].cost / tried[2].demand * bid.demand)


def test_a_strategic_patron_without_precision_asks_the_full_demand_in_the_mean() -> None:
    _, sight = patron_sight("strategic")
    bid = Strategic(precision=column(0, 0, 0), stall_cost=column(0.15, 0.15, 0.15)).bid(sight)
    assert bid.demand == pytest.approx(sight.full_demand)


def test_a_sure_strategic_patron_asks_what_is_worth_most() -> None:
    """Russia, which would be refused and minds it, asks nothing; a warm China asks for as much as it can."""
    short, proud = np.array([3.0]), np.array([0.5])
    _, sight = patron_sight(
        "strategic", reserves=short, national_sentiment=proud, warmth=column(0.7, 1, 0.08)
    )
    bid = Strategic(precision=column(1e9, 1e9, 1e9), stall_cost=column(0.15, 0.15, 0.15)).bid(sight)

    def worth(times: float) -> Array:
        one = sight.bid_for(sight.full_demand * times)
        taken = sight.accept_probability(one)
        stalled = 0.15 * column(2, 0, 0) * one.demand * (1 - taken)
        return (taken * (one.willing - one.offer) - stalled)[:2, 0]

    best = np.argmax([worth(times) for times in MULTIPLIERS], axis=0)
    assert best.tolist() == [0, 4]
    assert bid.demand[:2, 0] == pytest.approx([0, 2 * sight.full_demand[1, 0]])


def test_a_stalled_strategic_patron_asks_for_less() -> None:
    _, sight = patron_sight("strategic", reserves=np.array([25.0]), national_sentiment=np.array([0.9]))
    calm, hurt = (
        Strategic(precision=column(6, 6, 6), stall_cost=column(cost, cost, cost)).bid(sight)
        for cost in (0, 50)
    )
    assert hurt.demand[0, 0] < 0.2 * calm.demand[0, 0]
    assert hurt.demand[1, 0] == calm.demand[1, 0]  # nobody stalls China


def test_deals_and_settlement_work_on_the_mean_bid() -> None:
    tree = shipped_tree(**CENTRAL)
    tree["patrons"]["russia"]["rule"] = patron_rule("strategic")
    flows = World(read_settings(tree), draws=1).step()
    wealth = 5 + 1.5
    gain = np.log1p(flows["phi"] * flows["offer"] / wealth) - flows["cost"]
    accept = 1 / (1 + np.exp(-300 * gain))
    assert flows["accept"] == pytest.approx(accept)
    assert flows["sold"] == pytest.approx(accept * flows["demand"])
    assert flows["demand"][0, 0] != pytest.approx(0.025 * 0.65, rel=1e-3)


# Variants -----------------------------------------------------------------------------------------

VARIANTS: dict[str, tuple[str, dict[str, float]]] = {
    "russia_hardliner": ("russia", {"retention": 0, "red_line": 0.7, "stall_weight": 3}),
    "russia_accommodating": ("russia", {"red_line": 1.6, "retention": 1.5}),
    "china_counterweight": ("china", {"deference.russia": 0, "rivalry.russia": 0.4, "retention": 1.2}),
    "united_states_geopolitical": (
        "united_states",
        {"salience0": 0.5, "conditionality": 0.2, "budget": 0.8},
    ),
    "united_states_sanctioner": (
        "united_states",
        {"grievance": 0.5, "market_sanction": 0.5, "coercive_capacity": 1},
    ),
}
SCALED = {
    "russia_hardliner": {"red_line": 0.7, "stall_weight": 1.5},
    "russia_accommodating": {"red_line": 1.6, "retention": 1.25},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_differs_in_the_numbers_it_states_and_in_no_other(variant: str) -> None:
    patron, stated = VARIANTS[variant]
    plain = settings_for().numbers
    varied = settings_for(None, [f"patron@patrons.{patron}={variant}"])
    assert varied.numbers.keys() == plain.keys()
    changed = {
        path.removeprefix(f"patrons.{patron}."): number.value
        for path, number in varied.numbers.items()
        if replace(number, source="") != replace(plain[path], source="")
    }
    assert changed == pytest.approx(stated)
    for name, factor in SCALED.get(variant, {}).items():
        old, new = (numbers[f"patrons.{patron}.{name}"] for numbers in (plain, varied.numbers))
        assert old.low is not None
        assert old.high is not None
        assert (new.low, new.high) == pytest.approx((old.low * factor, old.high * factor))
    assert np.isfinite(play_block(replace(varied, horizon=3), 0, 4, ["utility"]).arrays["utility"]).all()


@pytest.mark.parametrize("rule", CLIENT_RULES)
def test_every_client_rule_answers_with_effort_in_range_at_every_desk(rule: str) -> None:
    """Rich or poor, calm or angry, with one patron or three."""
    desperate = {"reserves": np.array([0.0]), "frustration": column(3, 3, 3)}
    proud = {"reserves": np.array([40.0]), "national_sentiment": np.array([1.0])}
    for state in ({}, desperate, proud):
        effort = situation(under(rule), **state).effort
        assert np.all((effort >= 0) & (effort <= 1))


def test_the_shipped_lookahead_sees_three_years_and_the_quantal_response_one() -> None:
    horizons = {}
    for rule in ("lookahead", "quantal_response"):
        client = World(under(rule), draws=1).cast.client
        assert isinstance(client, Lookahead)
        horizons[rule] = client.horizon
        assert client.precision.tolist() == [50]
    assert horizons == {"lookahead": 12, "quantal_response": 4}


def test_a_rule_cannot_change_the_world_it_sees() -> None:
    sight = situation(under("heuristic")).sight
    assert isinstance(sight.state, State)
    with pytest.raises(ValueError, match="read-only"):
        sight.state.reserves[:] = 100


@dataclass(frozen=True)
class Envious:
    """A patron that asks for more where the ties of the others are warm: it looks at them itself."""

    def bid(self, sight: PatronSight) -> offers.Bid:
        return sight.bid_for(sight.full_demand * (1 - 0.1 * over_patrons(sight.state.warmth)))


@pytest.mark.parametrize("rule", ["transactional", "strategic", Envious])
def test_what_patrons_would_bid_without_rivals_is_what_each_would_were_the_other_ties_cold(rule: Any) -> None:
    chosen = "transactional" if rule is Envious else rule
    rules = [f"patron/rule@patrons.{name}.rule={chosen}" for name in PATRONS]
    world = World(settings_for(None, ["ensemble.draws=50", *rules]))
    if rule is Envious:
        world.cast = replace(
            world.cast, seats=tuple(replace(seat, rule=Envious()) for seat in world.cast.seats)
        )
    for _ in range(8):
        world.step()
    found, state = world.terms_without_rivals(), world.state
    for row in range(len(PATRONS)):
        cold = copy(world)
        cold.state = replace(state, warmth=state.warmth * (np.arange(len(PATRONS)) == row)[:, None])
        today = calendar.read_calendar(cold.numbers, 8, cold.cast.energy_index(8), EXPECTED)
        standing = offers.take_stock(cold.state, cold.numbers, today)
        bid = cold.cast.collect_bids(cold.state, cold.numbers, 8, standing)
        accepted = offers.close_deals(bid, standing, cold.state, cold.numbers, EXPECTED).accept_probability
        np.testing.assert_array_equal(found[row], (bid.carrot + accepted * bid.offer)[row])
