"""The calibration: targets are on record, methods find what is known, parts can be taken up again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from command_line import ROOT

from experiments.calibrate import main
from hedging.analysis.calibration import batches
from hedging.analysis.calibration.batches import Job, read_job
from hedging.analysis.calibration.calibrate import (
    calibrate,
    compared,
    judged,
    mark,
    read_manifest,
    report,
    stale,
)
from hedging.analysis.calibration.findings import probabilities
from hedging.analysis.calibration.report import answer, fill
from hedging.analysis.calibration.targets import (
    CUTOFF,
    Record,
    bounds_weight,
    planted,
    read_record,
)
from hedging.analysis.calibration.worlds import Effort, Given, anneal, effective, worlds_under
from hedging.errors import HedgingError
from hedging.measures.trajectories import recorded
from hedging.runs.batch import plan_of
from hedging.runs.loop import play_here
from hedging.settings.settings import settings_for
from hedging.studies.study import read_study
from hedging.world.arrays import Array
from hedging.world.chance import normal, uniform
from hedging.world.world import World, play_out

COMMITTED = ROOT / "results" / "calibration"
SOURCES = yaml.safe_load((ROOT / "configs" / "sources.yaml").read_text(encoding="utf-8"))
RECORD = read_record()


# The record


@pytest.mark.parametrize("target", RECORD.targets, ids=lambda target: target.name)
def test_every_target_rests_on_facts_that_were_known_by_january_2020(target: Any) -> None:
    for key in target.facts:
        about = SOURCES[key]
        assert about["citation"]
        if key != "energy_rent":
            assert str(about["period"]).split(" to ")[-1] <= "2020-01-31"
    assert target.why
    assert any(target.facts.values()) != bool(target.judged), "a value is added up, or it is judged"
    quarters = [word.partition("@")[2] for word in target.of.outcomes if "@" in word]
    assert all(quarter <= "2020Q1" for quarter in quarters)


def test_nothing_is_played_beyond_2019() -> None:
    assert "horizon=20" in RECORD.setting


def test_the_energy_target_is_the_sum_of_its_series() -> None:
    series = pd.read_csv(ROOT / "configs" / "series" / "energy_rent.csv")["energy_rent_usd_bn"].sum()
    (target,) = (t for t in RECORD.targets if t.name == "energy_rent")
    assert target.value == pytest.approx(series, abs=0.02)


def test_every_pattern_that_is_asked_for_has_a_target() -> None:
    names = {target.name for target in RECORD.targets}
    levels = {"reserves_2016", "reserves_2020", "debt_russia", "debt_china", "trade_russia_2019", "gdp_2017"}
    behaviour = {"lent_china_2017", "pressed_2016_2017", "china_steps_in", "integration", "sentiment_rise"}
    assert levels | behaviour <= names


def test_misses_go_together_within_a_family_alone() -> None:
    covariance, names = RECORD.covariance, [target.name for target in RECORD.targets]
    first, next_, last = (names.index(f"reserves_{year}") for year in (2016, 2017, 2020))
    assert covariance[first, next_] == pytest.approx(np.exp(-0.5))
    assert covariance[first, next_] > covariance[first, last] > 0
    assert covariance[first, names.index("gdp_2016")] == 0
    assert np.linalg.eigvalsh(covariance).min() > 0
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), RECORD.spreads)


GOOD = {
    **{"label": "a stock", "of": "reserves@2016Q1", "value": 4.18, "unit": "usd_bn", "window": "2016"},
    **{
        "facts": {"F0528": 1},
        "measurement": 0.1,
        "discrepancy": 1,
        "family": "r",
        "date": 2016,
        "why": "a test",
    },
}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"value": 5}, "its facts add up to 4.18, not to value 5"),
        ({"facts": {"F9999": 1}}, "no source 'F9999'"),
        ({"side": "near"}, "no side 'near'"),
        ({"unit": "dollars"}, "no unit 'dollars'"),
        ({"measurement": 0, "discrepancy": 0}, "must not be below 0, nor both 0"),
        ({"of": "reserves minus"}, "is no outcome"),
        ({"spread": 1}, "no key 'spread'"),
        ({"value": "much"}, "'much' is not a number"),
        ({"facts": {}}, "facts names no source"),
        ({"why": None}, "is no text"),
    ],
)
def test_a_target_that_cannot_be_is_refused_in_one_line(
    change: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(yaml.safe_dump({"setting": [], "memory": 2, "targets": {"one": {**GOOD, **change}}}))
    with pytest.raises(HedgingError, match=problem) as told:
        read_record(path)
    assert "\n" not in str(told.value)


def test_a_good_target_is_read(tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(yaml.safe_dump({"setting": [], "memory": 2, "targets": {"one": GOOD}}))
    assert read_record(path).targets[0].spread == pytest.approx(np.hypot(0.1, 1))
    path.write_text("targets: [")
    with pytest.raises(HedgingError, match="cannot read"):
        read_record(path)


# How well a world meets it


def small_record(sides: tuple[str, ...] = ("both", "both")) -> Record:
    some = [replace(t, side=side) for t, side in zip(RECORD.targets[:2], sides, strict=True)]
    return Record(setting=(), targets=tuple(some), memory=2.0)


def test_implausibility_counts_standard_deviations_and_leaves_bounds_their_free_side() -> None:
    record = small_record(("at_most", "both"))
    values = record.values[:, None] + record.spreads[:, None] * np.array([[-4.0, 0.0, 4.0]])
    np.testing.assert_allclose(record.implausibility(values), [[0, 0, 4], [4, 0, 4]])
    assert CUTOFF == 3


def test_the_likelihood_is_the_normal_one_and_a_lost_country_has_none() -> None:
    from scipy.stats import multivariate_normal

    record = small_record()
    values = record.values[:, None] + np.array([[0.0, 1.0, np.nan], [0.0, -0.5, 0.0]])
    log = record.log_likelihood(values)
    exact = multivariate_normal(record.values, record.covariance).logpdf(values[:, :2].T)
    assert log[1] - log[0] == pytest.approx(exact[1] - exact[0])
    assert log[2] == -np.inf


def test_a_planted_history_lies_about_its_truth_and_keeps_the_bounds() -> None:
    record, rng = small_record(("both", "at_least")), np.random.default_rng(1)
    truth = record.values + 5
    made = np.stack([planted(record, truth, rng).values for _ in range(2000)])
    assert made[:, 0].mean() == pytest.approx(truth[0], abs=0.1)
    assert made[:, 0].std() == pytest.approx(record.spreads[0], rel=0.1)
    assert (made[:, 1] == record.values[1]).all()
    weight = bounds_weight(record, np.stack([truth, record.values - record.spreads]).T)
    np.testing.assert_allclose(weight, [1, np.exp(-0.5)])


# From prior to posterior


def line(
    size: int = 2000, seed: int = 1, sd: float = 0.1, observed: float = 0.7
) -> tuple[Any, float, float, float]:
    """Anneal to a posterior that is known: a number even on 0 to 1, seen with a normal error."""
    from scipy.stats import norm, truncnorm

    record = replace(
        small_record(), targets=(replace(RECORD.targets[0], value=observed, measurement=sd, discrepancy=0.0),)
    )
    rng = np.random.default_rng(seed)
    cube = rng.random((5, 4000))

    def play(points: Array) -> Array:
        return points[:1]

    worlds = SimpleNamespace(points=lambda at: cube[:, at], values=play, record=record)
    done = anneal(play(cube), worlds, Effort(size, 4, 8), rng, 0.25)
    low, high = (-observed / sd, (1 - observed) / sd)
    exact = truncnorm(low, high, loc=observed, scale=sd)
    evidence = np.log((norm.cdf(high) - norm.cdf(low)) * sd * np.sqrt(2 * np.pi))
    return done, float(exact.mean()), float(exact.std()), float(evidence)


@pytest.mark.parametrize(("sd", "observed"), [(0.1, 0.7), (0.02, 0.99)])
def test_annealing_finds_a_posterior_and_an_evidence_that_are_known(sd: float, observed: float) -> None:
    done, mean, spread, evidence = line(sd=sd, observed=observed)
    assert done["cube"][0].mean() == pytest.approx(mean, abs=0.1 * spread)
    assert done["cube"][0].std() == pytest.approx(spread, rel=0.08)
    assert done["evidence"][-1] == pytest.approx(evidence, abs=0.12)
    assert done["cube"][1:].mean() == pytest.approx(0.5, abs=0.02), (
        "what the data do not touch stays as it was"
    )
    assert (np.diff(done["powers"]) > 0).all()
    assert done["powers"][-1] == 1
    assert 0.25 in done["powers"]


def test_annealing_recovers_planted_truths_as_often_as_it_says() -> None:
    rng, inside = np.random.default_rng(3), []
    for number in range(60):
        truth = rng.random()
        done, *_ = line(size=200, seed=number, observed=truth + 0.1 * rng.standard_normal())
        low, high = np.quantile(done["cube"][0], (0.25, 0.75))
        inside.append(low <= truth <= high)
    assert 0.33 < np.mean(inside) < 0.67


def test_an_effective_size_is_that_of_the_draws_that_count() -> None:
    assert effective(np.zeros(7)) == pytest.approx(7)
    assert effective(np.array([0.0, -np.inf, 0.0])) == pytest.approx(2)


def test_rules_are_weighed_by_their_evidence() -> None:
    table = probabilities({"one": np.log([3.0, 3.0]), "other": np.log([1.0, 1.0])}, np.random.default_rng(1))
    np.testing.assert_allclose(table["probability"], [0.75, 0.25])
    np.testing.assert_allclose(table["low"], [0.75, 0.25])


@pytest.mark.parametrize(
    ("shares", "said"),
    [((0.97, 0.03), "**Heuristic**"), ((0.8, 0.2), "favoured"), ((0.6, 0.4), "Cannot tell")],
)
def test_the_answer_is_no_surer_than_the_numbers(shares: tuple[float, float], said: str) -> None:
    rules = pd.DataFrame(
        {"rule": ["a", "b"], "probability": shares, "low": shares, "high": shares, "tolerance": 1.0}
    )
    assert said in fill("{answer:answer}", answer(rules, {"a": "heuristic", "b": "random"}))


# Worlds as points of a cube


def test_a_world_of_the_cube_is_the_draw_of_a_run() -> None:
    quiet = [
        *("world=history", "horizon=20", "client.growth_sd=0", "seed=5"),
        *(f"patrons.{name}.salience_sd=0" for name in ("russia", "china", "united_states")),
    ]
    worlds = worlds_under("heuristic", replace(RECORD, setting=tuple(quiet)), 5)
    cube = worlds.prior(1020, 9)
    names = recorded(outcome.declared for outcome in worlds.outcomes.values())[""]
    arrays = play_out(World(settings_for(None, quiet), 1020, 9), names)
    numbers = worlds.numbers(cube)
    for path, values in settings_for(None, quiet).sample(1020, 9).items():
        np.testing.assert_array_equal(numbers[path], values)
    (t,) = worlds.played(cube, worlds.outcomes.values())
    for name in names:
        np.testing.assert_array_equal(t[name], arrays[name], err_msg=name)
    np.testing.assert_array_equal(worlds.values(cube)[:, 3:5], worlds.values(cube[:, 3:5]))


def test_luck_that_is_not_laid_in_is_refused() -> None:
    luck = Given(("russia",), {("fall", ""): 0}, np.full((2, 3), 0.5))
    assert luck.numbers("fall", ("",), uniform, 1).tolist() == [[0.5, 0.5, 0.5]]
    assert luck.numbers("fall", ("",), normal, 1).tolist() == [[0, 0, 0]]
    with pytest.raises(HedgingError, match="no luck is laid in for 'quake'"):
        luck.numbers("quake", ("",), uniform, 0)


# The whole of it, in batches


def tiny() -> Job:
    job = read_job(quick=True)
    few = {"size": 24, "moves": 1, "last_moves": 1}
    rules = {name: replace(job.rules[name], draws=192, size=32) for name in ("heuristic", "random")}
    sizes = {
        "planted": replace(job.planted, truths=3, **few),
        "left_out": Effort(**few),
        "proposed": replace(job.proposed, draws=64, **few),
    }
    return replace(job, rules=rules, proposals={"slump": job.proposals["slump"]}, rows=40, **sizes)


HERE = {"name": "serial"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A calibration of next to nothing: the results folder and that of the calibration."""
    results = tmp_path_factory.mktemp("calibrated")
    return results, calibrate(tiny(), results, HERE, "a test")


def test_a_calibration_writes_its_folder(ran: tuple[Path, Path]) -> None:
    _, folder = ran
    names = {path.name for path in folder.iterdir()}
    assert {"README.md", "posterior.parquet", "manifest.json", "config.yaml", "fit.png", "rules.png"} <= names
    sample = pd.read_parquet(folder / "posterior.parquet")
    assert len(sample) == 40
    ranges = {n.path: n.extremes for n in tiny().worlds().varied}
    assert set(sample.columns) == set(ranges)
    for path, (low, high) in ranges.items():
        assert sample[path].between(low - 1e-6 * abs(low), high + 1e-6 * abs(high)).all(), path
    rules = pd.read_csv(folder / "rules.csv")
    np.testing.assert_allclose(rules.groupby("tolerance")["probability"].sum(), 1, atol=1e-4)
    assert (folder / "README.md").read_text(encoding="utf-8") == report(folder)
    assert stale(folder, tiny()) == []


def test_a_calibration_is_taken_up_where_it_stopped(
    ran: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "again"
    shutil.copytree(ran[0], results)
    folder = results / "calibration"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (place,) = (results / "scratch" / "calibration").iterdir()
    kept = sorted(place.iterdir())
    (lost,) = place.glob("anneal-heuristic-0000*.npz")
    lost.unlink()
    (harmed,) = place.glob("planted-heuristic-0001*.npz")
    harmed.write_bytes(b"cut off")
    worked: list[str] = []

    def counted(kind: Callable[..., Any]) -> Callable[..., Any]:
        return lambda batch: (worked.append(batch.name), kind(batch))[1]

    monkeypatch.setattr(batches, "KINDS", {name: counted(kind) for name, kind in batches.KINDS.items()})
    calibrate(tiny(), results, HERE, "a test")
    assert sorted(worked) == ["anneal-heuristic-0000", "planted-heuristic-0001"]
    assert sorted(place.iterdir()) == kept
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_verdicts_are_taken_over_only_with_the_posterior_that_they_are_of(
    ran: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedging.plots.calibration.draw", lambda found, folder: None)
    results = tmp_path / "again"
    shutil.copytree(ran[0], results)
    told = pd.DataFrame({"study": ["a"], "claim": ["b"], "rule": ["c"], "changed": [False]})
    for name in ("prior_share", "posterior_share", "prior_overall", "posterior_overall"):
        told[name] = 0.5
    told.to_csv(results / "calibration" / "claims.csv", index=False)
    calibrate(tiny(), results, HERE, "a test")
    assert (results / "calibration" / "claims.csv").exists()
    assert "None changes." in (results / "calibration" / "README.md").read_text(encoding="utf-8")
    (results / "calibration" / "posterior.parquet").write_bytes(b"another")
    calibrate(tiny(), results, HERE, "a test")
    assert not (results / "calibration" / "claims.csv").exists()


def test_what_fails_stops_the_run_and_keeps_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: Any) -> Any:
        raise HedgingError("no more")

    monkeypatch.setitem(batches.KINDS, "anneal", fails)
    with pytest.raises(HedgingError, match="no more"):
        calibrate(tiny(), tmp_path, HERE, "a test")
    assert list(tmp_path.rglob("prior-*.npz"))
    assert not (tmp_path / "calibration").exists()


def test_another_number_makes_another_calibration() -> None:
    job, worlds = tiny(), {"heuristic: reserves_2016": 1.0}
    assert mark(job, worlds) == mark(tiny(), worlds)
    assert mark(job, worlds) != mark(job, {"heuristic: reserves_2016": 1.001})
    assert mark(job, worlds) != mark(replace(job, moves=9), worlds)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--fast"], "no option '--fast'"),
        (["--workers=0"], "--workers=0: write a whole number"),
        (["verdict"], "did you mean 'verdicts'"),
        (["verdicts", "--quick"], "run python -m experiments.calibrate first"),
        (["verdicts", "basline"], "no study 'basline'"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    arguments: list[str], problem: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert problem in refused(arguments, capsys)
    assert not results.exists()


def test_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    assert "experiments.calibrate verdicts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"moves": 0}, "moves=0: it must be a whole number"),
        ({"fitted": "prophet"}, "no rule 'prophet'"),
        ({"tolerances": [2]}, "write a list with 1 in it"),
        ({"rules": {}}, "name two client rules or more"),
        ({"left_out": {"size": 1}}, "left_out.moves is missing"),
        ({"speed": 1}, "no key 'speed'"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    tree = yaml.safe_load((ROOT / "configs" / "calibration.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "calibration.yaml"
    path.write_text(yaml.safe_dump(tree | change))
    with pytest.raises(HedgingError, match=problem):
        read_job(path=path)


# The posterior in use


def test_an_axis_and_another_range_win_over_the_sample() -> None:
    path = "patrons.russia.red_line"
    assert settings_for(None, ["ensemble=posterior"]).sample(0, 4)[path] is not None
    wider = settings_for(None, ["ensemble=posterior", f"{path}.high=3"]).sample(0, 400)[path]
    assert wider.max() > 1.6, "a range of one's own is sampled"
    words = ("experiment=red_line_map", "ensemble=posterior", "ensemble.draws=2")
    study = read_study(settings_for("red_line_map", words[1:]), words)
    one = study.plays[0]
    assert any("red_line" in key for key in one.grid.numbers)
    few = replace(study, plays=(replace(one, outcomes=one.outcomes[:1]),))
    found = play_here(plan_of(few), HERE).outcomes(0)[0, 0]
    assert np.ptp(found, axis=0).max() > 0, "the outcome varies along the axes"


@pytest.mark.parametrize("study", ["baseline", "outreach_dose"])
def test_a_study_is_played_under_the_posterior(study: str) -> None:
    after = judged(study, quick=True)
    table = compared(study, after, ROOT / "results")
    assert len(table) == len(after) > 0
    assert table["prior_verdict"].notna().all()


# The figures


def test_figures_show_what_they_say() -> None:
    import xarray as xr

    from hedging.plots import calibration as plots

    about = xr.Dataset(attrs={"study": "calibration", "draws": 9, "seed": 1})
    tables = {name: pd.read_csv(COMMITTED / f"{name}.csv") for name in ("targets", "numbers", "rules")}
    (axes,) = plots.implausibility(tables["targets"], about).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == tables["targets"]["label"].tolist()
    assert "standard deviations" in axes.get_xlabel()
    labels = {name: rule.label for name, rule in read_job().rules.items()}
    (axes,) = plots.rules(tables["rules"], labels, about).axes
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == pytest.approx(tables["rules"]["tolerance"].nunique(), abs=1e-3)
    (axes,) = plots.numbers(tables["numbers"], about).axes
    assert len(axes.get_yticks()) == plots.MOST_NUMBERS
    time, ranks = np.arange(2015, 2025, 0.25), np.random.default_rng(1).random((30, 4))
    fan = np.stack([time * 0 + level for level in (1, 2, 3, 4, 5)])
    panel = plots.Fan("Reserves, USD bn", "#222222", time, fan, fan, [(2016.0, 4.2, 1.0)])
    first = plots.fit([panel, panel], about).axes[0]
    assert any(line.get_xdata()[0] == plots.WRITTEN for line in first.lines), (
        "the end of the record is marked"
    )
    (axes,) = plots.recovery(ranks, np.array([True, True, False, False]), about).axes
    assert axes.get_xlim() == (0, 1)
    some = {"client.a": ranks[:, 0], "patrons.b.c": ranks[:, 1]}
    assert len(plots.pairs(some, about).axes) == 4


# What is committed


def test_what_is_committed_is_fresh() -> None:
    assert stale(COMMITTED, read_job()) == [], "run python -m experiments.calibrate, then verdicts"


def test_the_committed_report_is_written_from_its_tables() -> None:
    assert (COMMITTED / "README.md").read_text(encoding="utf-8") == report(COMMITTED)


def test_the_committed_posterior_is_small_and_whole() -> None:
    file = COMMITTED / "posterior.parquet"
    assert file.stat().st_size < 1_000_000
    table = pd.read_parquet(file)
    assert len(table) == read_job().rows >= 2000 or len(table) == 2000
    assert not table.isna().any().any()


def test_enough_was_drawn_and_planted() -> None:
    told = read_manifest(COMMITTED)["told"]
    assert told["draws"] >= 300_000
    assert read_job().planted.truths >= 50
