"""Dated shocks: to a state once, to a number for a while; what they move, book and leave alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hedging.errors import HedgingError
from hedging.rules.client import STRENGTHS, stances
from hedging.settings.settings import Settings, read_settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.state import STATES
from hedging.world.world import World
from tests.strategies import RECORDED, Run, play, same, shipped_tree

RUSSIA, CHINA, UNITED_STATES = 0, 1, 2


def told(client: str = "heuristic", horizon: int = 16, chance: str = "sampled", **events: Any) -> Settings:
    """The shipped setting over a few draws, with events as they are written in a setting."""
    ensemble = {"draws": 8, "keep": 8, "vary": ["*"]}
    return read_settings(
        shipped_tree(client, ensemble=ensemble, horizon=horizon, chance=chance, events=events)
    )


def shock(start: str, path: str, until: str | None = None, **change: float) -> dict[str, Any]:
    """An event as it is written."""
    return {"from": start, "path": path, **change} | ({"until": until} if until else {})


def money(run: Run) -> Array:
    """What all purses add up to: 0 when money is closed."""
    return run["reserves"] - run.p.reserves0 + run["patron_cash"].sum(axis=1) + run["world_cash"]


# On states -------------------------------------------------------------------------------------------

STATE_EVENTS: dict[str, tuple[str, dict[str, float], float, float]] = {
    "reserves are spent": ("client.reserves", {"add": -1.5}, 0, np.inf),
    "more reserves are spent than there are": ("client.reserves", {"add": -50}, 0, np.inf),
    "reserves double": ("client.reserves", {"multiply": 2}, 0, np.inf),
    "protests shake the ruler": ("client.legitimacy", {"add": -0.2}, 0, 1),
    "legitimacy is lost and more": ("client.legitimacy", {"add": -2}, 0, 1),
    "the nation wakes": ("client.national_sentiment", {"set": 0.9}, 0, 1),
    "the nation wakes beyond measure": ("client.national_sentiment", {"add": 3}, 0, 1),
    "a crackdown": ("client.repression", {"add": 0.2}, 0, 1),
    "Russia lends": ("patrons.russia.debt", {"add": 2}, 0, np.inf),
    "Russia forgives more than is owed": ("patrons.russia.debt", {"add": -50}, 0, np.inf),
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
    p = shipped_tree()["client"]
    decay = p["sentiment_reversion"]["value"]
    run = play(replace(told(**events), vary=(), chance="expected"))
    sentiment, moved = run["national_sentiment"], run["pressure"] * 0.3 + run["coerce"].sum(axis=1) * 0.03
    assert np.all(sentiment[4] == 0.9)
    for quarter in (5, 6, 7):
        last = sentiment[quarter - 1]
        expected = last + decay * (0.35 - last) + moved[quarter - 1]
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


# Shipped ---------------------------------------------------------------------------------------------


def test_the_loan_held_up_withholds_russian_money_and_makes_room_for_chinese() -> None:
    def under(event: str) -> Run:
        return play(settings_for(None, ["ensemble=quick", "horizon=24", f"shock={event}"]))

    held, free = under("loan_held_up"), under("none")
    first, last = dates.index("2019Q3", "test"), dates.index("2019Q4", "test")
    during, after = slice(first, last + 1), slice(last + 1, None)
    for name in RECORDED:
        same(f"{name} before", held[name][:first], free[name][:first])
    assert np.all(held["pay"][during, RUSSIA] == 0)
    assert free["pay"][during, RUSSIA].sum(axis=0).mean() > 0.3
    assert held["pay"][after, RUSSIA].mean() > 0.1
    for goes_on in ("subsidy", "rolled"):
        same(goes_on, held[goes_on][first, RUSSIA], free[goes_on][first, RUSSIA])
        assert held[goes_on][first, RUSSIA].mean() > 0.1
    room = held.number("budget")[:, CHINA] - held.p.budget[CHINA]
    assert room[last] == pytest.approx(np.full(64, 0.5))
    assert np.all(np.delete(room, last, axis=0) == 0)


def test_a_shock_that_would_leave_what_is_admissible_is_refused() -> None:
    with pytest.raises(HedgingError, match="it must be a number from 0 to 1"):
        told(it=shock("2016Q1", "client.market_access", add=0.5))
    with pytest.raises(HedgingError, match="matters at the start only"):
        told(it=shock("2016Q1", "client.reserves0", add=0.5))
