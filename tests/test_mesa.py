"""The Mesa model: its agents, its clock, its data, and Mesa's own batch_run, on Mesa 3.3 and on 3.5."""

from __future__ import annotations

import inspect
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa import batch_run

import hedging
from hedging import HedgingError, HedgingModel
from hedging.settings.settings import settings_for
from hedging.world import dates
from hedging.world.world import QUANTITIES, TERMS_ALONE, World, play_out

SHORT = {"horizon": 4}
PATRONS = ["russia", "china", "united_states"]


def run(model: HedgingModel) -> pd.DataFrame:
    """Step a model to its end and return what it collected."""
    while model.running:
        model.step()
    table: pd.DataFrame = model.datacollector.get_model_vars_dataframe()
    return table


def test_it_is_a_mesa_model_of_a_client_and_its_patrons() -> None:
    model = HedgingModel(**SHORT)
    assert isinstance(model, mesa.Model)
    assert all(isinstance(agent, mesa.Agent) for agent in model.agents)
    assert [agent.name for agent in model.agents] == ["client", *PATRONS]
    assert list(model.patrons) == PATRONS
    assert model.client.rule is model.cast.client
    assert {type(agent).__name__ for agent in model.agents} == {"Client", "Patron"}
    assert model.patrons["china"].rule is model.cast.seats[0].rule


def test_one_draw_has_central_numbers_and_more_are_sampled() -> None:
    one, many = HedgingModel(**SHORT), HedgingModel(draws=5, **SHORT)
    assert (one.draws, one.sampled, one.settings.chance) == (1, {}, "sampled")
    assert one.parameters.red_line[0] == settings_for().numbers["patrons.russia.red_line"].value
    assert many.parameters.red_line.shape == (3, 5)
    assert len(set(many.parameters.red_line[0])) == 5


def test_a_step_is_a_quarter() -> None:
    model = HedgingModel(**SHORT)
    assert (model.date, model.quarter, model.running) == ("2015Q1", 0, True)
    model.step()
    assert (model.date, model.quarter) == ("2015Q2", 1)
    run(model)
    assert (model.date, model.quarter, model.running) == ("2016Q1", 4, False)


def test_past_its_horizon_it_does_not_step() -> None:
    model = HedgingModel(**SHORT)
    run(model)
    before = model.state
    with pytest.raises(HedgingError, match="the run ended with 2015Q4; give a longer horizon"):
        model.step()
    assert model.state is before
    assert len(model.datacollector.get_model_vars_dataframe()) == 4


def test_agents_tell_what_is_theirs() -> None:
    model = HedgingModel(draws=3, **SHORT)
    np.testing.assert_array_equal(model.patrons["china"].now("debt"), model.state.debt[1])
    np.testing.assert_array_equal(model.client.now("reserves"), model.state.reserves)
    with pytest.raises(HedgingError, match="no quantity 'effort' at 2015Q1; flows are there after a first"):
        model.now("effort")
    model.step()
    assert model.patrons["russia"].now("effort").shape == (3,)
    with pytest.raises(HedgingError, match="no quantity 'efort'"):
        model.now("efort")


def test_data_are_collected_after_each_step_and_only_then() -> None:
    model = HedgingModel(draws=7, **SHORT)
    assert len(model.datacollector.get_model_vars_dataframe()) == 0
    table = run(model)
    assert list(table["quarter"]) == dates.labels(4)
    assert table.iloc[-1]["reserves"] == pytest.approx(model.state.reserves.mean())
    assert table.iloc[-1]["debt.china"] == pytest.approx(model.state.debt[1].mean())
    assert table.iloc[-1]["effort.russia"] == pytest.approx(model.flows["effort"][0].mean())
    assert not table.isna().any().any()


def test_data_hold_the_newcomer_too() -> None:
    table = run(HedgingModel(**{"horizon": 2, "+patron@patrons.european_union": "european_union"}))
    assert {"debt.european_union", "effort.european_union"} <= set(table)


def test_it_plays_the_worlds_that_simulate_plays() -> None:
    model = HedgingModel("baseline", draws=6, rng=11, **SHORT)
    worlds = hedging.simulate("baseline", ["horizon=4"], draws=6, seed=11)
    for quarter in range(4):
        model.step()
        for name, about in QUANTITIES.items():
            if name != TERMS_ALONE:
                row = worlds[name].values[quarter + 1 if about.state else quarter]
                np.testing.assert_array_equal(model.now(name), row, err_msg=f"{name} {quarter}")


def test_one_draw_is_the_first_of_many_where_no_number_varies() -> None:
    one = run(HedgingModel(rng=3, **SHORT))
    many = HedgingModel(draws=40, rng=3, **{"ensemble.vary": []}, **SHORT)
    for _ in range(4):
        many.step()
    assert many.state.reserves[0] == pytest.approx(one["reserves"].iloc[-1], rel=1e-12)
    assert many.state.reserves.std() > 0


@pytest.mark.parametrize("rng", [5, np.int64(5), np.uint32(5)])
def test_the_seed_is_any_whole_number(rng: Any) -> None:
    model = HedgingModel(rng=rng, **SHORT)
    assert model.settings.seed == 5
    assert type(model.settings.seed) is int
    pd.testing.assert_frame_equal(run(model), run(HedgingModel(seed=5, **SHORT)))


def test_a_generator_or_no_seed_will_do_too() -> None:
    one, other = (HedgingModel(rng=np.random.default_rng(9), **SHORT) for _ in range(2))
    pd.testing.assert_frame_equal(run(one), run(other))
    assert HedgingModel(**SHORT).settings.seed == settings_for().seed
    assert HedgingModel(rng=8, **SHORT).settings.seed == 8


def test_chance_can_be_left_out() -> None:
    one, other = (HedgingModel(chance="expected", rng=rng, **SHORT) for rng in (1, 2))
    pd.testing.assert_frame_equal(run(one), run(other))


def test_overrides_are_those_of_the_command_line() -> None:
    model = HedgingModel("baseline", **{"patrons.russia.red_line": 0.8, "client/rule": "fixed"}, **SHORT)
    assert (model.settings.study, model.parameters.red_line[0, 0]) == ("baseline", 0.8)
    assert type(model.client.rule).__name__ == "Fixed"
    with pytest.raises(HedgingError, match="did you mean 'red_line'"):
        HedgingModel(**{"patrons.russia.redline": 0.8})
    with pytest.raises(HedgingError, match="a whole number from 1"):
        HedgingModel(draws=0)


def collected(period: int, **more: Any) -> pd.DataFrame:
    """Mesa's own batch_run over two red lines, silent, in this process."""
    seeds = {"rng": [3]} if "rng" in inspect.signature(batch_run).parameters else {}
    rows = batch_run(
        HedgingModel,
        {"patrons.russia.red_line": [0.6, 0.8], "horizon": 4, **more},
        number_processes=1,
        data_collection_period=period,
        display_progress=False,
        **seeds,
    )
    return pd.DataFrame(rows)


def test_mesas_batch_run_drives_it_unchanged() -> None:
    table = collected(-1, draws=5)
    assert sorted(table["patrons.russia.red_line"]) == [0.6, 0.8]
    assert list(table["quarter"]) == ["2015Q4", "2015Q4"], "the last quarter is the one collected"
    assert {"reserves", "debt.china", "effort.russia"} <= set(table)
    for row in table.to_dict("records"):
        rng = 3 if "rng" in inspect.signature(batch_run).parameters else None
        alone = HedgingModel(
            draws=5, rng=rng, **{"patrons.russia.red_line": row["patrons.russia.red_line"]}, **SHORT
        )
        assert run(alone)["reserves"].iloc[-1] == row["reserves"]


def test_mesas_batch_run_can_collect_every_quarter() -> None:
    table = collected(1)
    for _, rows in table.groupby("patrons.russia.red_line"):
        assert [quarter for quarter in rows["quarter"] if isinstance(quarter, str)] == dates.labels(4)


def test_mesas_batch_run_takes_any_study() -> None:
    rows = batch_run(
        HedgingModel,
        {"experiment": "baseline", "horizon": 2, "client.zeta": [0.5, 1.0]},
        number_processes=1,
        display_progress=False,
    )
    assert [row["experiment"] for row in rows] == ["baseline", "baseline"]
    assert {row["client.zeta"] for row in rows} == {0.5, 1.0}


def test_the_model_steps_the_very_world_that_it_holds() -> None:
    """Mesa's model is thin: what it steps through is what a bare World does, to the last bit."""
    settings = settings_for("baseline", ["ensemble.draws=5", "horizon=6"])
    names = ("reserves", "concession", "coerce", "utility", "terms_without_rivals")
    model = HedgingModel(world=World(settings))
    through_mesa = play_out(model.world, names, model.step)
    alone = play_out(World(settings), names)
    assert not model.running
    for name in names:
        np.testing.assert_array_equal(through_mesa[name], alone[name])
