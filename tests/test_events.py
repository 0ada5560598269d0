"""Dated shocks: to a state once, to a number for a while; what they move, book and leave alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hedging.analysis.explain.replay import replay
from hedging.analysis.explain.report import Wording
from hedging.errors import HedgingError
from hedging.rules.client import STRENGTHS, stances
from hedging.settings.events import KEPT
from hedging.settings.settings import Settings, read_settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.state import STATES
from hedging.world.world import World, play_out
from tests.strategies import RECORDED, Run, play, same, shipped_tree

RUSSIA, CHINA, UNITED_STATES = 0, 1, 2


def told(client: str = "heuristic", horizon: int = 16, chance: str = "sampled", **events: Any) -> Settings:
    """The shipped setting over a few draws, with events as they are written in a setting."""
    ensemble = {"draws": 8, "keep": 8, "vary": ["*"]}
    return read_settings(
        shipped_tree(client, ensemble=ensemble, horizon=horizon, chance=chance, events=events)
    )


def shock(start: str, path: str | list[str], until: str | None = None, **change: Any) -> dict[str, Any]:
    """An event as it is written."""
    return {"from": start, "path": path, **change} | ({"until": until} if until else {})


def money(run: Run) -> Array:
    """What all purses add up to: 0 when money is closed."""
    return run["reserves"] - run.p.reserves0 + run["patron_cash"].sum(axis=1) + run["world_cash"]


# On states -------------------------------------------------------------------------------------------

STATE_EVENTS: dict[str, tuple[str, dict[str, float], float, float]] = {
    "reserves are spent": ("client.reserves", {"add": -1.5}, 0, np.inf),
    "a loan is paid back to the market": ("client.market_debt", {"add": -1}, 0, np.inf),
    "output falls": ("client.gdp", {"multiply": 0.9}, 1e-9, np.inf),
    "more output falls than there is": ("client.gdp", {"add": -50}, 1e-9, np.inf),
    "a works burns down": ("client.potential_gdp", {"add": -1}, 1e-9, np.inf),
    "more reserves are spent than there are": ("client.reserves", {"add": -50}, 0, np.inf),
    "reserves double": ("client.reserves", {"multiply": 2}, 0, np.inf),
    "protests shake the ruler": ("client.legitimacy", {"add": -0.2}, 0, 1),
    "legitimacy is lost and more": ("client.legitimacy", {"add": -2}, 0, 1),
    "the nation wakes": ("client.national_sentiment", {"set": 0.9}, 0, 1),
    "the nation wakes beyond measure": ("client.national_sentiment", {"add": 3}, 0, 1),
    "a crackdown": ("client.repression", {"add": 0.2}, 0, 1),
    "Russia lends": ("patrons.russia.debt", {"add": 2}, 0, np.inf),
    "Russia forgives more than is owed": ("patrons.russia.debt", {"add": -50}, 0, np.inf),
    "Russia is owed a concession": ("patrons.russia.concession", {"add": 0.1}, 0, 1),
    "Russia's offer is forgotten": ("patrons.russia.last_bid", {"set": 0}, 0, np.inf),
    "half of China's line is drawn": ("patrons.china.credit_line", {"multiply": 0.5}, 0, np.inf),
    "China's line is drawn and more": ("patrons.china.credit_line", {"add": -50}, 0, np.inf),
    "the demand is old": ("patrons.russia.accustomed", {"set": 0.02}, 0, 1),
    "China is visited": ("patrons.china.warmth", {"add": 0.1}, 0, 1),
    "China is embraced beyond measure": ("patrons.china.warmth", {"add": 1}, 0, 1),
    "the US look elsewhere": ("patrons.united_states.salience", {"multiply": 0}, 0, 1),
    "Russia takes offence": ("patrons.russia.frustration", {"add": 0.7}, 0, np.inf),
    "Russia is appeased": ("patrons.russia.frustration", {"add": -5}, 0, np.inf),
}


@pytest.mark.parametrize("when", ["2015Q1", "2016Q3"])
@pytest.mark.parametrize("case", STATE_EVENTS)
def test_a_shock_to_a_state_strikes_once_and_is_cut_to_range(case: str, when: str) -> None:
    path, change, low, high = STATE_EVENTS[case]
    target, at = path.split(".")[-1], dates.index(when, "test")
    calm, struck = play(told()), play(told(it=shock(when, path, **change)))
    for name in RECORDED:
        rows = at + (1 if name in STATES else 0)
        same(f"{name} before", struck[name][:rows][:at], calm[name][:rows][:at])
    before, after = calm[target][at].copy(), struck[target][at]
    row: Any = calm.settings.patrons.index(path.split(".")[1]) if path[:2] == "pa" else slice(None)
    ((operation, amount),) = change.items()
    moved = {"add": before[row] + amount, "multiply": before[row] * amount, "set": amount + 0 * before[row]}
    before[row] = np.clip(moved[operation], low, high)
    same(f"{target} after", after, before)
    for name in set(STATES) - {target, "patron_cash", "world_cash"}:
        same(f"{name} is left alone", struck[name][at], calm[name][at])
    assert np.abs(money(struck)).max() < 1e-12 * 100
    if at:
        assert not np.array_equal(after, calm[target][at])


def test_a_shock_does_not_strike_again_in_the_next_quarter() -> None:
    """`until` means nothing to a state: one that is set moves on by itself."""
    events = {"it": shock("2016Q1", "client.national_sentiment", until="2016Q4", set=0.9)}
    p = {name: node["value"] for name, node in shipped_tree()["client"].items() if "value" in node}
    run = play(replace(told(**events), vary=(), chance="expected"))
    sentiment, decay = run["national_sentiment"], p["sentiment_reversion"]
    moved = p["sentiment_demand"] * run["pressure"] + p["sentiment_coercion"] * run["coerce"].sum(axis=1)
    assert np.all(sentiment[4] == 0.9)
    for quarter in (5, 6, 7):
        last = sentiment[quarter - 1]
        expected = last + decay * (p["sentiment_base"] - last) + moved[quarter - 1]
        assert sentiment[quarter] == pytest.approx(expected)


def test_reserves_that_vanish_are_found_in_the_world() -> None:
    calm, struck = play(told()), play(told(it=shock("2016Q1", "client.reserves", add=-50)))
    assert np.all(struck["reserves"][4] == 0)
    same("the world has them", struck["world_cash"][4], calm["world_cash"][4] + calm["reserves"][4], 1e-12)
    same("no patron has", struck["patron_cash"][4], calm["patron_cash"][4])


def test_a_debt_that_appears_was_paid_by_its_patron() -> None:
    calm, struck = play(told()), play(told(it=shock("2016Q1", "patrons.china.debt", add=2)))
    gone = calm["patron_cash"][4] - struck["patron_cash"][4]
    same("China paid two billion", gone, np.repeat([[0.0], [2.0], [0.0]], 8, axis=1), 1e-12, 1e-12)
    same("the client has no more cash", struck["reserves"][4], calm["reserves"][4])
    same("it went to the world", struck["world_cash"][4], calm["world_cash"][4] + 2, 1e-12)


def path_to(state: str) -> str:
    """The path of a state; a patron's is China's."""
    return f"client.{state}" if STATES[state].metadata["axes"] == ("draw",) else f"patrons.china.{state}"


@pytest.mark.parametrize("state", sorted(set(STATES) - set(KEPT)))
def test_every_state_may_be_struck_and_a_blow_of_nothing_changes_nothing(state: str) -> None:
    calm, struck = play(told()), play(told(it=shock("2016Q1", path_to(state), add=0)))
    for name in RECORDED:
        same(name, struck[name], calm[name], 1e-9, 1e-9)


@pytest.mark.parametrize("state", KEPT)
def test_the_books_and_the_ends_are_struck_by_no_event(state: str) -> None:
    with pytest.raises(HedgingError, match=rf"{path_to(state)} is kept by the model itself"):
        told(it=shock("2016Q1", path_to(state), set=1))


@pytest.mark.parametrize("state", ["trade_share", "anchor"])
@pytest.mark.parametrize("change", [{"add": 0.2}, {"multiply": 0.5}, {"set": 0}, {"set": 1}, {"add": 7}])
def test_what_one_partner_gains_the_others_lose_in_proportion(state: str, change: dict[str, float]) -> None:
    calm, struck = play(told()), play(told(it=shock("2016Q1", path_to(state), **change)))
    before, after = calm[state][4], struck[state][4]
    ((how, amount),) = change.items()
    own = {"add": before[CHINA] + amount, "multiply": before[CHINA] * amount, "set": amount}[how]
    same("its own", after[CHINA], np.clip(own, 0, 1) + 0 * after[CHINA])
    same("all", struck[state].sum(axis=1), np.ones_like(struck[state][:, 0]), 1e-12)
    others = np.delete(before, CHINA, axis=0)
    left = others / others.sum(axis=0) * (1 - after[CHINA])
    same("the others", np.delete(after, CHINA, axis=0), left, 1e-12, 1e-12)


def test_a_partner_that_has_all_trade_keeps_it() -> None:
    events = {"all": shock("2016Q1", path_to("trade_share"), set=1)}
    events["half"] = shock("2016Q1", path_to("trade_share"), set=0.5)
    assert np.all(play(told(**events))["trade_share"][4, CHINA] == 1)


def test_a_line_is_cut_to_its_limit_and_raised_with_it() -> None:
    limit, line = "patrons.russia.credit_line0", "patrons.russia.credit_line"
    calm = play(told())
    refilled = play(told(it=shock("2016Q1", line, add=50)))["credit_line"][4]
    same("full again", refilled[RUSSIA], calm.p.credit_line0[RUSSIA])
    opened = play(told(it=shock("2016Q1", [limit, line], add=2)))
    same("opened", opened["credit_line"][4, RUSSIA], calm["credit_line"][4, RUSSIA] + 2)
    for run in (refilled, opened["credit_line"][4]):
        same("no other's", run[1:], calm["credit_line"][4, 1:])
    assert np.all(opened["credit_line"][4, RUSSIA] > calm["credit_line"][4, RUSSIA])
    lowered = {"cut": shock("2016Q1", limit, multiply=0.1), "drawn": shock("2016Q1", line, add=50)}
    same("lowered", play(told(**lowered))["credit_line"][4, RUSSIA], 0.1 * calm.p.credit_line0[RUSSIA])


def test_a_credit_line_is_never_above_its_limit_of_the_quarter() -> None:
    """Also where an event on the limit alone lowers it, and where one that raised both has ended."""
    limit, line = "patrons.china.credit_line0", "patrons.china.credit_line"
    closed = play(told(it=shock("2016Q1", limit, set=0)))
    assert closed["credit_line"][3, CHINA].min() > 0
    assert closed["credit_line"][4:, CHINA].max() == 0
    assert closed["credit"][4:, CHINA].max() == 0
    both = play(told(it=shock("2016Q1", [limit, line], until="2016Q2", multiply=3)))
    assert both["credit_line"][5, CHINA].min() > both.p.credit_line0[CHINA].max()
    assert (both["credit_line"][6:, CHINA] <= both.p.credit_line0[CHINA]).all()


def test_a_debt_to_the_market_is_booked_by_nobody() -> None:
    calm, struck = play(told()), play(told(it=shock("2016Q1", "client.market_debt", add=-1)))
    for name in ("reserves", "patron_cash", "world_cash"):
        same(name, struck[name][4], calm[name][4])
    assert np.abs(money(struck)).max() < 1e-10


# On numbers ------------------------------------------------------------------------------------------


def test_a_shock_to_a_number_holds_from_its_first_quarter_to_its_last() -> None:
    event = shock("2016Q1", "patrons.russia.subsidy0", until="2016Q3", multiply=0)
    calm, struck = play(told()), play(told(it=event))
    for name in RECORDED:
        same(f"{name} before", struck[name][:4], calm[name][:4])
    paid = struck["subsidy"][:, RUSSIA]
    assert np.all(paid[4:7] == 0)
    assert np.all(np.delete(paid, [4, 5, 6], axis=0) > 0)


@pytest.mark.parametrize(
    ("change", "budget"), [({"add": 0.4}, 1.0), ({"multiply": 2}, 1.2), ({"set": 0.9}, 0.9)]
)
def test_a_number_is_raised_multiplied_or_set(change: dict[str, float], budget: float) -> None:
    settings = replace(told(it=shock("2016Q1", "patrons.china.budget", until="2016Q1", **change)), vary=())
    budgets = play(settings).number("budget")
    assert budgets[4, CHINA] == pytest.approx(np.full(8, budget))
    assert np.all(np.delete(budgets, 4, axis=0)[:, CHINA] == 0.6)
    assert np.all(budgets[:, RUSSIA] == 1.5)


def test_without_an_end_it_holds_to_the_end_of_the_run() -> None:
    paid = play(told(it=shock("2017Q1", "patrons.russia.subsidy0", multiply=0)))["subsidy"][:, RUSSIA]
    assert np.all(paid[:8] > 0)
    assert np.all(paid[8:] == 0)


def test_how_one_patron_minds_another_can_be_shocked() -> None:
    event = shock("2016Q1", "patrons.russia.rivalry.united_states", until="2016Q2", set=0)
    rivalry = play(told(it=event)).number("rivalry")
    assert np.all(rivalry[4:6, RUSSIA, UNITED_STATES] == 0)
    assert np.all(np.delete(rivalry[:, RUSSIA, UNITED_STATES], [4, 5], axis=0) > 0)
    assert np.all(rivalry[:, UNITED_STATES, RUSSIA] > 0)


def test_a_sampled_number_is_shocked_in_every_draw_by_its_own_value() -> None:
    run = play(told(it=shock("2016Q1", "client.zeta", until="2016Q1", multiply=0.5)))
    assert len(set(run.p.zeta)) == 8
    same("half of each", run.number("zeta")[4], run.p.zeta / 2)


def test_rollouts_do_not_foresee_a_later_event() -> None:
    """A client that looks ahead two quarters past the shock plans as if nothing were to come."""
    event = shock("2016Q3", "patrons.russia.budget", multiply=0)
    calm = play(told("quantal_response", horizon=8, chance="expected"))
    struck = play(told("quantal_response", horizon=8, chance="expected", it=event))
    for name in RECORDED:
        same(f"{name} before", struck[name][:6], calm[name][:6])
    assert not np.allclose(struck["effort"][6], calm["effort"][6], atol=1e-6)


def test_rollouts_take_the_event_of_today_to_last() -> None:
    """In the one quarter of a shock, what is foreseen is what a model with the number pinned so brings."""
    stance, quarters = stances(("russia", "china", "united_states"), STRENGTHS)[5], 4
    tree = shipped_tree("fixed", chance="expected", horizon=12)
    tree["ensemble"] = {"draws": 1, "keep": 1, "vary": []}
    tree["client"]["rule"]["effort"] = dict(zip(tree["patrons"], stance.tolist(), strict=True))
    seen: list[Array] = []

    class Watched:
        """Looks ahead in 2016Q1, and holds the stance."""

        def choose(self, sight: Any) -> Array:
            if sight.quarter == 4:
                seen.append(sight.foresee(stance[None], quarters))
            return np.array(stance[:, None])

    short = read_settings(
        tree | {"events": {"it": shock("2016Q1", "client.external_gap", until="2016Q1", add=0.5)}}
    )
    model = World(short, draws=1)
    model.cast = replace(model.cast, client=Watched())
    for _ in range(4):
        model.step()
    before = model.state
    model.step()
    lasting = World(read_settings(tree), draws=1)
    lasting.parameters = replace(lasting.parameters, external_gap=lasting.parameters.external_gap + 0.5)
    lasting.state, lasting.quarter = before, 4
    value = sum(0.95**ahead * lasting.step()["utility"][0] for ahead in range(quarters))
    assert seen[0][0, 0] == pytest.approx(value, rel=1e-12)


# Together --------------------------------------------------------------------------------------------


def test_two_events_combine_where_both_hold() -> None:
    events = {
        "more": shock("2016Q1", "patrons.china.budget", until="2016Q4", add=0.4),
        "doubled": shock("2016Q3", "patrons.china.budget", until="2017Q2", multiply=2),
    }
    budgets = play(replace(told(**events), vary=())).number("budget")[:, CHINA, 0]
    expected = [0.6] * 4 + [1.0] * 2 + [2.0] * 2 + [1.2] * 2 + [0.6] * 6
    assert budgets == pytest.approx(expected)


def test_a_state_and_a_number_may_be_struck_at_once() -> None:
    crisis = {
        "protests": shock("2016Q1", "client.legitimacy", add=-0.2),
        "flight": shock("2016Q1", "client.reserves", add=-2),
        "sanctions": shock("2016Q1", "client.market_access", until="2016Q4", multiply=0),
        "loan": shock("2016Q1", "patrons.russia.debt", add=1),
    }
    calm, struck = play(told()), play(told(**crisis))
    same("legitimacy", struck["legitimacy"][4], calm["legitimacy"][4] - 0.2)
    same("reserves", struck["reserves"][4], np.maximum(calm["reserves"][4] - 2, 0))
    same("debt", struck["debt"][4, RUSSIA], calm["debt"][4, RUSSIA] + 1)
    rolled = struck.p.market_rollover * struck["market_repayment"][4:8]
    same("the market only renews", struck["market_loan"][4:8], rolled, 1e-12)
    assert np.abs(money(struck)).max() < 1e-10


def test_two_shocks_to_one_state_in_one_quarter_both_strike() -> None:
    events = {
        "first": shock("2016Q1", "client.reserves", add=1),
        "second": shock("2016Q1", "client.reserves", add=2),
    }
    calm, struck = play(told()), play(told(**events))
    same("reserves", struck["reserves"][4], calm["reserves"][4] + 1 + 2)
    assert np.abs(money(struck)).max() < 1e-10


def test_a_list_of_paths_is_an_event_for_each() -> None:
    both = shock("2016Q1", ["client.reserves", "client.market_debt"], add=-1)
    each = {f"it{k}": both | {"path": path} for k, path in enumerate(both["path"])}
    one, two = play(told(it=both)), play(told(**each))
    for name in RECORDED:
        same(name, one[name], two[name])


def test_events_on_one_path_act_in_the_order_given() -> None:
    for path in ("client.reserves", "client.external_gap"):
        more, twice = shock("2016Q3", path, add=1), shock("2016Q3", path, multiply=2)
        orders: list[dict[str, Any]] = [{}, {"a": more, "b": twice}, {"b": twice, "a": more}]
        runs = [play(told(**events)) for events in orders]
        calm, first, second = (
            (run["reserves"] if path.endswith("reserves") else run.number("external_gap"))[6] for run in runs
        )
        same("more, then twice", first, (calm + 1) * 2, 1e-12)
        same("twice, then more", second, calm * 2 + 1, 1e-12)


# Of no certain size ----------------------------------------------------------------------------------

AMOUNT = "events.it.multiply"


def ultimatum(amount: Any) -> dict[str, Any]:
    """An ultimatum of some weight."""
    return shock("2016Q1", "patrons.russia.demand0", until="2016Q4", multiply=amount)


RANGED = ultimatum({"value": 2.5, "low": 1.5, "high": 4, "unit": "1", "source": "test"})


def test_an_amount_with_a_range_is_sampled_as_any_number() -> None:
    settings = told(it=RANGED)
    sampled, without = settings.sample(0, 8), told().sample(0, 8)
    assert set(sampled) - set(without) == {AMOUNT}
    for path in without:
        same(path, sampled[path], without[path])
    assert len(set(sampled[AMOUNT])) == 8
    assert np.all((sampled[AMOUNT] > 1.5) & (sampled[AMOUNT] < 4))
    run = play(settings)
    demand = run.number("demand0")[:, RUSSIA] / run.p.demand0[RUSSIA]
    same("each draw by its own", demand[4:8], np.tile(sampled[AMOUNT], (4, 1)), 1e-12)
    assert np.all(np.delete(demand, slice(4, 8), axis=0) == 1)
    later = World(settings, 5, 3)
    same("whatever the block", later.sampled[AMOUNT], sampled[AMOUNT][5:])


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_an_amount_takes_part_in_a_design_and_moves_no_other_number(design: str) -> None:
    chosen = ["ensemble=quick", f"ensemble.design={design}"]
    steady = settings_for(None, chosen).sample(0, 64)
    history = settings_for(None, [*chosen, "world=history"]).sample(0, 64)
    assert set(history) - set(steady) == {"events.ultimatum.multiply"}
    for path in steady:
        same(path, history[path], steady[path])


def test_an_amount_is_pinned_bare_and_left_alone_where_it_does_not_vary() -> None:
    pinned = settings_for(None, ["world=history", "events.ultimatum.multiply=2"])
    assert pinned.numbers["events.ultimatum.multiply"].value == 2
    assert "events.ultimatum.multiply" not in pinned.sample(0, 1)
    run = play(replace(told(it=RANGED), vary=()))
    same("central", run.number("demand0")[4, RUSSIA], 2.5 * run.p.demand0[RUSSIA])


def test_a_swept_amount_is_what_it_would_be_alone() -> None:
    swept = World(told(it=RANGED), swept={AMOUNT: np.array([1.5, 3.0])}, points=2)
    together = play_out(swept, RECORDED)
    for point, amount in enumerate((1.5, 3.0)):
        alone = play(told(it=ultimatum(amount)))
        for name in RECORDED:
            same(name, together[name][..., 8 * point : 8 * (point + 1)], alone[name], 1e-12, 1e-12)


def test_amounts_of_a_whole_number_are_whole() -> None:
    late = shock("2016Q1", "world.deadline", add={"value": 4, "low": 0, "high": 8})
    drawn = told(it=late).sample(0, 8)["events.it.add"]
    assert np.all(drawn == np.floor(drawn))
    with pytest.raises(
        HedgingError, match=r"events\.it\.add=0\.5 is out of range: it must be a whole number"
    ):
        told(it=shock("2016Q1", "world.deadline", add=0.5))


def test_an_explanation_tells_the_amount_of_its_draw() -> None:
    settings = told(it=RANGED, bond=shock("2016Q1", ["client.reserves", "client.market_debt"], add=-1))
    story = replay(settings, 5, 4, 4)
    own = settings.sample(5, 1)[AMOUNT][0]
    assert Wording(story, story.moments[0]).happenings() == (
        f"Event it holds: patrons.russia.demand0, multiply {own:g}. "
        "Event bond strikes: client.reserves and client.market_debt, add -1."
    )


# Shipped ---------------------------------------------------------------------------------------------


def test_a_loan_held_up_is_in_part_lent_by_china() -> None:
    def under(event: str) -> Run:
        return play(settings_for(None, ["ensemble=quick", "horizon=24", f"shock={event}"]))

    held, free = under("loan_held_up"), under("none")
    first, last = dates.index("2019Q3", "test"), dates.index("2019Q4", "test")
    for name in RECORDED:
        same(f"{name} before", held[name][:first], free[name][:first])
    multiple, own = held.number("hold_multiple")[:, RUSSIA], free.p.hold_multiple[RUSSIA]
    assert np.all(multiple[first : last + 1] == 0.01)
    assert np.all(np.delete(multiple, [first, last], axis=0) == own)
    same("the subsidy goes on", held["scheduled"][first], free["scheduled"][first])
    more = held["hold"][first, RUSSIA] > free["hold"][first, RUSSIA]
    assert more.mean() > 0.1
    lent, usual = (run["credit"][first, RUSSIA] + run["rolled"][first, RUSSIA] for run in (held, free))
    assert np.all(lent[more] == 0)
    assert np.all(usual[more] > 0)
    assert np.all(held["bridge"][first, CHINA, more] > free["bridge"][first, CHINA, more])


def test_a_shock_that_would_leave_what_is_admissible_is_refused() -> None:
    with pytest.raises(HedgingError, match="it must be a number from 0 to 1"):
        told(it=shock("2016Q1", "client.market_access", add=0.5))
    with pytest.raises(HedgingError, match="matters at the start only"):
        told(it=shock("2016Q1", "client.reserves0", add=0.5))


def test_history_brings_two_events_beside_those_of_a_shock_and_of_a_study() -> None:
    own = "+events.protests={from: 2019Q4, path: client.legitimacy, add: -0.1}"
    settings = settings_for(None, ["world=history", "shock=loan_paid", own])
    named = [*dict.fromkeys(event.name for event in settings.events)]
    loan = ["chinese_loan_received", "chinese_loan_owed"]
    assert named == ["eurobond_repaid", "ultimatum", *loan, "protests"]
    assert settings.energy
    bond, debt, demand = settings.events[:3]
    assert (bond.path, debt.path, demand.path) == (
        "client.reserves",
        "client.market_debt",
        "patrons.russia.demand0",
    )
    assert demand.number.extremes == (1.5, 4)
    assert [event.name for event in settings_for(None, ["world=history", "~events.ultimatum"]).events] == [
        "eurobond_repaid",
        "eurobond_repaid",
    ]
    assert settings_for(None, ["world=steady"]).events == ()


def test_a_run_that_ends_before_an_event_of_history_goes_without_it() -> None:
    short = settings_for(None, ["world=history", "horizon=8"])
    assert {event.name for event in short.events} == {"eurobond_repaid"}
    assert "events.ultimatum.multiply" not in short.numbers
    assert settings_for(None, ["world=history", "horizon=2"]).events == ()
