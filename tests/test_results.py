"""Results: what a run folder holds is true, and comes back from it as labelled arrays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command_line import TINY, Command, Whole, bytes_of

import hedging
from hedging import HedgingError
from hedging.measures.courtship import REGIMES
from hedging.measures.trajectories import SERIES, TOTALS, Trajectories
from hedging.settings.settings import Settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import QUANTITIES, TERMS_ALONE, World
from tests.strategies import measured, save_run

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
PATRONS = ("russia", "china", "united_states")
PARTNERS = (*PATRONS, "rest_of_world")
EVERY_DRAW = ("survival", "sovereign")
PAIRED = ("excess_hedging", "mean_excess_hedging", "hedging_cost", "hedging_premium")


@pytest.fixture(scope="module")
def settings(whole: Whole) -> Settings:
    """The setting of the run that every test here looks at: 64 draws of 20 quarters."""
    return settings_for(None, whole.command)


@pytest.fixture(scope="module")
def played(settings: Settings) -> Trajectories:
    """The same run in memory."""
    return measured(settings)


@pytest.fixture(scope="module")
def folder(whole: Whole) -> Path:
    return whole.first.folder


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "summary.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def worlds() -> Any:
    """Six draws of five quarters."""
    return hedging.simulate("baseline", ["horizon=5"], draws=6)


# Reading a run folder back


def test_the_summary_comes_back_with_every_measure_labelled(folder: Path, settings: Settings) -> None:
    told = hedging.load(folder)
    assert set(told.data_vars) == {*SERIES, *TOTALS, "regime"}
    assert list(told["quarter"].values) == dates.labels(21)
    assert tuple(told["patron"].values) == PATRONS
    assert tuple(told["partner"].values) == PARTNERS
    assert told["reserves"].dims == ("statistic", "quarter")
    assert told["debt"].dims == ("statistic", "quarter", "patron")
    assert told["trade_share"].dims == ("statistic", "quarter", "partner")
    assert told["deals"].dims == ("statistic", "patron")
    assert told["regime"].dims == ("label", "quarter")
    assert (told["reserves"].attrs["unit"], told["debt"].attrs["long_name"]) == (
        "usd_bn",
        "debt to the patron",
    )
    assert (told.attrs["study"], told.attrs["draws"], told.attrs["seed"]) == ("baseline", 64, 1)
    assert (told.attrs["chance"], told.attrs["patrons"]) == ("sampled", list(PATRONS))
    assert told.attrs["labels"] == ["Russia", "China", "United States"]
    assert all(colour.startswith("#") for colour in told.attrs["colours"])
    assert [tuple(mark) for mark in told.attrs["marks"]] == list(settings.marks)


def test_the_summary_comes_back_number_by_number(folder: Path, table: pd.DataFrame) -> None:
    told = hedging.load(folder)
    seen = 0
    for row in table[table["statistic"] != "share"].sample(300, random_state=1).itertuples():
        where = {"statistic": row.statistic, **({} if row.quarter == "all" else {"quarter": row.quarter})}
        axis = {"patron", "partner"} & set(told[row.measure].dims)
        where |= dict.fromkeys(axis, row.patron)
        assert float(told[row.measure].sel(where)) == row.value
        seen += 1
    assert seen == 300
    shares = table[table["statistic"] == "share"]
    assert float(told["regime"].sum()) == pytest.approx(shares["value"].sum())


def test_a_summary_needs_only_two_files(folder: Path, tmp_path: Path) -> None:
    for name in ("summary.csv", "config.yaml"):
        shutil.copy(folder / name, tmp_path / name)
    xr.testing.assert_identical(hedging.load(tmp_path), hedging.load(folder))
    with pytest.raises(HedgingError, match=r"has no draws\.parquet; run the study again"):
        hedging.load(tmp_path, "draws")
    with pytest.raises(HedgingError, match=r"has no trajectories\.nc; run the study again"):
        hedging.load(tmp_path, "trajectories")


def test_figures_can_be_drawn_again_from_the_summary_alone(folder: Path, tmp_path: Path) -> None:
    from hedging.plots.view import asked_of, draw_figures

    told = hedging.load(folder)
    (regimes,) = [figure for figure in asked_of(told) if figure.name == "regimes"]
    (path,) = draw_figures(told, tmp_path, [regimes])
    assert path.read_bytes() == (folder / "regimes.png").read_bytes()


def test_draws_come_back_by_their_names(folder: Path, settings: Settings, played: Trajectories) -> None:
    told = hedging.load(folder, "draws")
    assert told["reserves"].dims == ("draw",)
    assert list(told["draw"].values) == list(range(64))
    np.testing.assert_array_equal(told["debt.china"], played["debt"][-1, 1])
    np.testing.assert_array_equal(told["patrons.russia.red_line"], played.parameters.red_line[0])
    some = hedging.load(folder, "draws", ["reserves"])
    assert list(some.data_vars) == ["reserves"]
    assert set(settings.sample(0, 1)) < set(told.data_vars)


def test_trajectories_come_back_as_simulate_returns_them(folder: Path, whole: Whole) -> None:
    arguments = [one for one in whole.command if not one.startswith("experiment")]
    with hedging.load(folder, "trajectories") as kept:
        xr.testing.assert_identical(kept.load(), hedging.simulate("baseline", arguments))


def test_what_is_no_run_folder_is_told(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(HedgingError, match=r"has no summary\.csv"):
        hedging.load(tmp_path)
    with pytest.raises(HedgingError, match="no part 'figures' of a run folder; choose one of summary, draws"):
        hedging.load(folder, "figures")  # type: ignore[arg-type]
    shutil.copy(folder / "summary.csv", tmp_path / "summary.csv")
    with pytest.raises(HedgingError, match=r"has no config\.yaml"):
        hedging.load(tmp_path)
    shutil.copy(folder / "config.yaml", tmp_path / "config.yaml")
    (tmp_path / "summary.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(HedgingError, match="is no summary: its columns must be quarter, measure"):
        hedging.load(tmp_path)
    (tmp_path / "trajectories.nc").write_bytes((folder / "trajectories.nc").read_bytes()[:200])
    with pytest.raises(HedgingError, match=r"cannot read .*trajectories\.nc: .*; run the study again"):
        hedging.load(tmp_path, "trajectories")


def test_a_run_by_a_rule_that_is_elsewhere_now_can_be_read(study: Command, here: Path) -> None:
    rule = here / "passing_rule_module.py"
    lines = (
        "from dataclasses import dataclass",
        "@dataclass(frozen=True)",
        "class Rule:",
        "    level: object",
    )
    choose = "    def choose(self, sight): return 0 * sight.squeeze + self.level"
    rule.write_text("\n".join((*lines, choose)), encoding="utf-8")
    own = ("client/rule=custom", "client.rule._target_=passing_rule_module.Rule", "+client.rule.level=0.25")
    written = study(*TINY, *own).folder
    rule.unlink()
    config = written / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("passing_rule", "forgotten_rule"))
    told = hedging.load(written)
    assert float(told["effort"].sel(statistic="mean", quarter="2015Q1", patron="china")) == 0.25


# What is in the files


def test_the_summary_is_sorted_and_written_with_ten_digits(folder: Path, table: pd.DataFrame) -> None:
    assert list(table.columns) == ["quarter", "measure", "patron", "statistic", "value", "unit"]
    keys = ["quarter", "measure", "patron", "statistic"]
    pd.testing.assert_frame_equal(table, table.sort_values(keys, ignore_index=True))
    assert not table.duplicated(keys).any()
    text = (folder / "summary.csv").read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    written = [line.rsplit(b",", 2)[1].decode() for line in text.splitlines()[1:]]
    assert written == [f"{value:.10g}" for value in table["value"]]


def test_units_in_the_summary_are_those_of_the_measures(table: pd.DataFrame) -> None:
    told = table.groupby("measure")["unit"].unique()
    assert set(told.index) == {*SERIES, *TOTALS, "regime"}
    for name, units in told.items():
        expected = "share" if name == "regime" else (SERIES | TOTALS)[str(name)].unit
        assert list(units) == [expected], name


def weighted(values: Array, weight: Array, statistic: str) -> float:
    """A mean or a quantile worked out the long way."""
    used = (weight > 0) & ~np.isnan(values)
    values, weight = values[used], weight[used]
    if statistic == "mean":
        return float(sum(values * weight) / sum(weight))
    at, passed = 0, 0.0
    order = np.argsort(values, kind="stable")
    for at in order:
        passed += weight[at]
        if passed >= QUANTILES[statistic] * sum(weight) - 1e-12:
            break
    return float(values[at])


def every_row(played: Trajectories, settings: Settings) -> Iterator[tuple[str, str, str, Array, Array]]:
    """Quarter, measure, patron, values and weights over draws of everything that is summarised."""
    members = {"patron": settings.patrons, "partner": settings.partners}
    for name, about in (SERIES | TOTALS).items():
        series = played[name] if name in SERIES else played[name][None]
        for row, array in enumerate(series):
            quarter = dates.label(row) if name in SERIES else "all"
            if name in SERIES:
                weight = played["paired" if name in PAIRED else "weight"][row]
            else:
                weight = played["paired"][-1] if name in PAIRED else np.ones(settings.draws)
            for place, values in enumerate(np.atleast_2d(array)):
                axes = about.axes[:-1]
                yield quarter, name, members[axes[0]][place] if axes else "", values, weight


def test_statistics_are_over_the_draws_that_still_stand(
    table: pd.DataFrame, played: Trajectories, settings: Settings
) -> None:
    told = table.set_index(["quarter", "measure", "patron", "statistic"])["value"]
    assert (played["weight"][-1] == 0).any(), "no draw has fallen: the weights would not be tested"
    checked, rng = 0, np.random.default_rng(0)
    for quarter, name, patron, values, weight in every_row(played, settings):
        if name in EVERY_DRAW:
            assert told[quarter, name, patron, "mean"] == pytest.approx(values.mean(), rel=1e-9)
            assert (quarter, name, patron, "p50") not in told.index
        elif rng.random() < 0.12 and ((weight > 0) & ~np.isnan(values)).any():
            for statistic in ("mean", *QUANTILES):
                expected = weighted(values, weight, statistic)
                found = told[quarter, name, patron, statistic]
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), (
                    quarter,
                    name,
                    patron,
                    statistic,
                )
                checked += 1
    assert checked > 500


def test_numbers_over_the_whole_run_say_how_many_draws_they_are_of(
    table: pd.DataFrame, played: Trajectories, settings: Settings
) -> None:
    told = table[table["statistic"] == "draws"].set_index(["measure", "patron"])["value"]
    whole_run = [row for row in every_row(played, settings) if row[0] == "all"]
    assert len(told) == len(whole_run)
    for _, name, patron, values, weight in whole_run:
        assert told[name, patron] == np.count_nonzero((weight > 0) & ~np.isnan(values)), (name, patron)


def test_regime_shares_are_those_of_all_draws(table: pd.DataFrame, played: Trajectories) -> None:
    shares = table[table["measure"] == "regime"]
    assert set(shares["statistic"]) == {"share"}
    sums = shares.groupby("quarter")["value"].sum()
    assert list(sums.index) == dates.labels(20)
    np.testing.assert_allclose(sums, 1.0, atol=1e-9)
    last = shares[shares["quarter"] == "2019Q4"].set_index("patron")["value"]
    for code, name in enumerate(REGIMES):
        assert last[name] == pytest.approx((played["regime"][-1] == code).mean())


def test_a_row_for_each_draw(folder: Path, settings: Settings, played: Trajectories) -> None:
    told = pd.read_parquet(folder / "draws.parquet")
    sampled = settings.sample(0, 64)
    by_patron = {name for name, about in TOTALS.items() if about.axes[0] == "patron"}
    expected = {f"{name}.{patron}" for name in by_patron for patron in PATRONS} | (set(TOTALS) - by_patron)
    assert list(told["draw"]) == list(range(64))
    assert {*sampled, *expected, "regime_2016", "regime_2019", "reserves", "tension.russia"} <= set(
        told.columns
    )
    assert "regime_2024" not in told.columns, "the run ends in 2019"
    assert set(told["regime_2019"]) <= set(REGIMES)
    for name, values in sampled.items():
        np.testing.assert_array_equal(told[name], values)
        assert settings.numbers[name].ranged
    np.testing.assert_allclose(told["total_utility"], played["total_utility"])
    np.testing.assert_allclose(told["coercive_quarters.russia"], played["coercive_quarters"][0])


def test_draws_come_whole_however_many_blocks_they_were_played_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    settings = replace(settings_for(None, ["horizon=4", "ensemble.draws=21"]), keep=9)
    save_run(settings, tmp_path / "one", "a test")
    monkeypatch.setattr("hedging.runs.batch.BLOCK", 8)
    save_run(settings, tmp_path / "blocks", "a test")
    one, blocks = (tmp_path / name for name in ("one", "blocks"))
    assert (one / "summary.csv").read_bytes() == (blocks / "summary.csv").read_bytes()
    pd.testing.assert_frame_equal(*(pd.read_parquet(path / "draws.parquet") for path in (one, blocks)))
    with hedging.load(one, "trajectories") as a, hedging.load(blocks, "trajectories") as b:
        assert a.sizes["draw"] == 9
        xr.testing.assert_identical(a.load(), b.load())


# Simulating


def test_simulate_names_every_quantity_with_its_axes_and_unit(worlds: Any) -> None:
    assert set(worlds.data_vars) == set(QUANTITIES)
    assert list(worlds["quarter"].values) == ["2015Q1", "2015Q2", "2015Q3", "2015Q4", "2016Q1", "2016Q2"]
    assert tuple(worlds["patron"].values) == PATRONS
    assert tuple(worlds["partner"].values) == PARTNERS
    assert list(worlds["draw"].values) == list(range(6))
    for name, about in QUANTITIES.items():
        assert worlds[name].dims == ("quarter", *about.axes), name
        assert worlds[name].attrs["units"] == about.unit, name
        assert worlds[name].attrs["long_name"] == about.meaning, name
    assert {"gdp", "reserves", "debt", "trade_share", "effort", "offer", "utility", TERMS_ALONE} <= set(
        QUANTITIES
    )


def test_flows_are_missing_in_the_last_quarter_and_states_are_not(worlds: Any) -> None:
    for name, about in QUANTITIES.items():
        last = worlds[name].isel(quarter=-1)
        assert np.isnan(last).all() if not about.state else np.isfinite(last).all(), name
        assert np.isfinite(worlds[name].isel(quarter=slice(None, -1))).all(), name


def test_numbers_are_coordinates_over_draws_where_they_are_sampled(worlds: Any) -> None:
    line, scar = worlds["patrons.russia.red_line"], worlds["client.scar"]
    assert (line.dims, line.attrs["units"]) == (("draw",), "1")
    assert np.unique(line).size == 6
    assert (scar.dims, float(scar)) == ((), 0.15)
    assert worlds["client.gdp0"].attrs["units"] == "usd_bn/quarter"
    np.testing.assert_array_equal(worlds["gdp"].isel(quarter=0), worlds["client.gdp0"])


def test_simulate_takes_draws_a_seed_and_overrides(worlds: Any) -> None:
    again = hedging.simulate("baseline", {"horizon": 5}, draws=6)
    xr.testing.assert_identical(again, worlds)
    fewer = hedging.simulate("baseline", ["horizon=5"], draws=2, executor="serial")
    xr.testing.assert_identical(fewer, worlds.isel(draw=slice(2)))
    other = hedging.simulate("baseline", ["horizon=5"], draws=6, seed=2)
    assert not np.array_equal(other["reserves"], worlds["reserves"])
    pinned = hedging.simulate(overrides={"horizon": 2, "client.gdp0": 20}, draws=3)
    assert (pinned["gdp"].isel(quarter=0) == 20).all()


def test_simulate_can_save_what_the_command_line_saves(
    tmp_path: Path, folder: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    arguments = [one for one in whole.command if not one.startswith("experiment")]
    hedging.simulate("baseline", arguments, save=tmp_path / "mine")
    written = {path.name for path in (tmp_path / "mine").iterdir()}
    assert written == {path.name for path in folder.iterdir() if path.suffix != ".png"}
    same = written - {"manifest.json", "claims.csv"}  # these tell the command
    assert {k: v for k, v in bytes_of(tmp_path / "mine").items() if k in same} == {
        k: v for k, v in bytes_of(folder).items() if k in same
    }
    mine, theirs = (pd.read_csv(one / "claims.csv") for one in (tmp_path / "mine", folder))
    pd.testing.assert_frame_equal(mine.drop(columns="command"), theirs.drop(columns="command"))


def test_simulate_says_what_cannot_be() -> None:
    with pytest.raises(HedgingError, match="no experiment 'basline': did you mean 'baseline'"):
        hedging.simulate("basline")
    with pytest.raises(HedgingError, match="write key=value"):
        hedging.simulate("baseline", ["red_line"])
    with pytest.raises(HedgingError, match="override '3': write key=value"):
        hedging.simulate("baseline", [3])  # type: ignore[list-item]
    with pytest.raises(HedgingError, match=r"keep=\['reserves'\]: a plain run has every series"):
        hedging.simulate("baseline", keep="reserves")
    with pytest.raises(HedgingError, match=r"no name 'serially' in executor: did you mean 'serial'"):
        hedging.simulate("baseline", ["horizon=2"], draws=2, executor="serially")


# A run that dies


def dies(*_: object) -> None:
    raise RuntimeError("the power is gone")


@pytest.mark.parametrize(
    "moment",
    [
        "hedging.plots.view.draw_figures",
        "hedging.runs.batch._fill",
        "hedging.results.save.write_summary",
    ],
)
def test_a_run_that_dies_leaves_the_earlier_results_whole(
    study: Command, results: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    study(*TINY, "horizon=2")
    before = bytes_of(results)
    monkeypatch.setattr(moment, dies)
    with pytest.raises(RuntimeError, match="the power is gone"):
        study(*TINY, "horizon=2")
    assert bytes_of(results) == before
    assert not list(results.rglob(".*"))


def test_a_folder_that_cannot_take_its_place_leaves_the_earlier_one(
    study: Command, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = study(*TINY, "horizon=2").folder
    before = bytes_of(results)
    rename, calls = Path.rename, []

    def fails_once(self: Path, target: Path) -> Path:
        if Path(target) == folder and not calls:
            calls.append(target)
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_once)
    ran = study(*TINY, "horizon=2")
    assert (ran.status, calls) == (1, [folder])
    assert "Input/output error; nothing there was changed" in ran.err
    assert bytes_of(results) == before
    assert not list(results.rglob(".*"))


def test_a_second_run_takes_the_place_of_the_first_and_leaves_a_file_of_the_user_s(
    study: Command, results: Path, tmp_path: Path
) -> None:
    folder = study(*TINY, "horizon=2").folder
    before = bytes_of(folder)
    (folder / "notes.txt").write_text("my own", encoding="utf-8")
    (folder / "mine").symlink_to(results.parent, target_is_directory=True)
    (folder / "summary.csv").write_text("harmed", encoding="utf-8")
    (folder / "config.yaml").write_text("my own too", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["outputs"]["config.yaml"]  # so that it is a file of a name that only the next run uses
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    plan = folder.with_name(f".{folder.name}.run") / "plan.txt"
    plan.parent.mkdir()
    plan.write_text("my plan", encoding="utf-8")
    assert study(*TINY, "horizon=2").folder == folder
    assert (folder / "own-config.yaml").read_text(encoding="utf-8") == "my own too"
    (folder / "own-config.yaml").unlink()
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "my own"
    assert (folder / "mine").is_symlink()
    assert plan.read_text(encoding="utf-8") == "my plan"
    for path in (folder / "notes.txt", folder / "mine", plan):
        path.unlink()
    plan.parent.rmdir()
    assert bytes_of(folder) == before
    assert not list(results.rglob(".*"))


def test_a_link_in_place_of_the_folder_stays_and_is_followed(tmp_path: Path) -> None:
    link, disk = tmp_path / "link", tmp_path / "disk"
    link.symlink_to(disk)
    for _ in range(2):
        hedging.simulate(None, ["horizon=2"], draws=2, save=link)
        assert link.readlink() == disk
        assert (disk / "summary.csv").exists()


def test_a_folder_that_holds_anything_else_is_not_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    (mine / "deep").mkdir(parents=True)
    (mine / "deep" / "thesis.txt").write_text("years of work", encoding="utf-8")
    results = tmp_path / "results"
    (results / "one").mkdir(parents=True)
    (results / "one" / "manifest.json").write_text('{"outputs": {}}', encoding="utf-8")
    page = tmp_path / "page"
    page.mkdir()
    (page / "manifest.json").write_text('{"name": "a page", "outputs": {"a": 1}}', encoding="utf-8")
    monkeypatch.chdir(mine)
    before = bytes_of(tmp_path)
    for folder, words in (
        (mine, "is the current folder"),
        (Path("."), "is the current folder"),
        (tmp_path, "is the current folder, or holds it"),
        (Path("/"), "is the current folder, or holds it"),
        (page, r"no results of this program, as manifest\.json"),
        (mine / "deep", r"no results of this program, as thesis\.txt"),
        (results, "holds other results, as one"),
    ):
        with pytest.raises(HedgingError, match=words):
            hedging.simulate(None, ["horizon=2"], draws=2, save=folder)
    assert bytes_of(tmp_path) == before
    assert not list(tmp_path.rglob(".*"))


def test_simulate_plays_no_more_worlds_than_it_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    stepped: list[int] = []
    real = World.step

    def count(world: World) -> Any:
        stepped.append(world.lanes)
        return real(world)

    monkeypatch.setattr(World, "step", count)
    hedging.simulate(None, ["horizon=3"], draws=5)
    assert stepped == [5, 5, 5]


def test_simulate_returns_a_whole_study(tmp_path: Path) -> None:
    asked = [
        *("horizon=4", "ensemble.draws=6", "measures=[reserves, carrots.*]", "figure=null"),
        "+axes={zeta: {values: [0.4, 1.2], keys: [client.zeta]}}",
        "+arms={usual: [], alone: ['~patron@patrons.china'],"
        " four: ['+patron@patrons.european_union=european_union']}",
        "rules={fixed: {}, bandwagon: {draws: 2}}",
    ]
    found = hedging.simulate(None, asked, keep=["debt.china"])
    assert dict(found.sizes) == {"rule": 2, "arm": 3, "zeta": 2, "quarter": 5, "draw": 6}
    assert found["reserves"].dims == ("rule", "arm", "zeta", "draw")
    assert found["debt.china"].dims == ("rule", "arm", "zeta", "quarter", "draw")
    assert found["draws"].sel(rule="bandwagon") == 2
    few = found["reserves"].sel(rule="bandwagon")
    assert few.isel(draw=slice(2)).notnull().all()
    assert few.isel(draw=slice(2, None)).isnull().all()
    assert found["debt.china"].sel(arm="alone").isnull().all()
    assert found["carrots.european_union"].sel(arm="usual").isnull().all()
    assert found["carrots.european_union"].sel(arm="four", rule="fixed").notnull().all()
    pinned = hedging.simulate(None, ["horizon=4", "client/rule=fixed", "client.zeta=1.2", "ensemble.draws=6"])
    xr.testing.assert_equal(
        found["debt.china"].sel(rule="fixed", arm="usual", zeta=1.2, drop=True).drop_vars("draw"),
        pinned["debt"]
        .sel(patron="china", drop=True)
        .drop_vars([*map(str, pinned.coords)], errors="ignore")
        .assign_coords(quarter=pinned["quarter"].values),
    )
    saved = hedging.simulate(None, asked, save=tmp_path / "saved", keep="debt.china")
    xr.testing.assert_identical(saved, found)
    assert (tmp_path / "saved" / "draws.parquet").exists()
    again = hedging.simulate(None, [*asked, "paths=[debt.china]"], keep=["debt.china", "debt.china"])
    xr.testing.assert_equal(again, found)
    with pytest.raises(HedgingError, match=r"the dataset would take .* GB, more than 8"):
        hedging.simulate("baseline", draws=10**7)
