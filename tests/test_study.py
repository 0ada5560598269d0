"""A study end to end: every point, arm and rule on the same draws, its folder, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from command_line import Command

from hedging import HedgingError, load
from hedging.results.manifest import fingerprint
from hedging.results.save import save as save_study
from hedging.runs.batch import plan_of
from hedging.runs.loop import play_here
from hedging.settings.compose import config_dir
from hedging.settings.settings import settings_for
from hedging.studies.findings import Findings
from hedging.studies.study import Study, is_study, read_study
from tests.strategies import measured

TINY = ("horizon=8", "ensemble.draws=12", "ensemble.keep=0")
AXES = "+axes={dose: {values: [0, 0.5, 1], keys: [client.rule.effort.china], label: effort}}"
ARMS = "+arms={calm: ['patrons.russia.coercive_capacity=0'], stern: {overrides: [], draws: 8, label: Stern}}"
RULES = (
    "rules={fixed: {}, heavy: {overrides: ['client/rule=fixed', 'client.rule.effort.russia=1'], draws: 5}}"
)
MEASURES = "measures=[carrots.*, debt.china@2016Q1, {money: carrots.russia + subsidies.russia}, survival]"
CLAIMS = "claims=[{text: more, kind: monotone, outcome: carrots.russia, axis: dose, at: {arm: calm}}]"
PATHS = "paths=[reserves, {gap: reserves - reference:reserves}]"
REFERENCE = "+reference={arm: stern, dose: 0}"
FIXED = (*TINY, "client/rule=fixed")


def study(*overrides: str) -> Study:
    return read_study(settings_for(None, overrides), overrides)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study of two rules, two arms and three points."""
    place = tmp_path_factory.mktemp("study") / "tiny"
    overrides = (*TINY, AXES, ARMS, RULES, MEASURES, CLAIMS, PATHS, REFERENCE)
    overrides = (*overrides, "figure=[{kind: lines, panels: [money]}, {kind: paths, differences: [gap]}]")
    settings = settings_for(None, ("client/rule=fixed", *overrides))
    save_study(read_study(settings, overrides), place, "a command")
    return place


def test_the_folder_holds_what_every_run_folder_holds(folder: Path) -> None:
    names = {
        "config.yaml",
        "manifest.json",
        "summary.csv",
        "draws.parquet",
        "claims.csv",
        "lines.png",
        "paths.png",
    }
    assert {path.name for path in folder.iterdir()} == names
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["draws"] == {"fixed": 12, "heavy": 5}
    assert set(manifest["outputs"]) == names - {"manifest.json"}


def test_the_summary_has_a_column_for_each_axis_arm_and_rule(folder: Path) -> None:
    table = pd.read_csv(folder / "summary.csv")
    columns = ["rule", "arm", "dose", "quarter", "measure", "patron", "statistic", "value", "unit"]
    assert list(table.columns) == columns
    rows = table[(table["measure"] == "carrots") & (table["patron"] == "russia")]
    assert len(rows) == 2 * 2 * 3 * (7 + 4)  # the last of the difference to the reference
    assert set(rows["unit"]) == {"usd_bn"}


def test_load_gives_an_axis_for_each_and_one_variable_an_outcome(folder: Path) -> None:
    summary = load(folder)
    assert isinstance(summary, xr.Dataset)
    assert dict(summary.sizes) == {"statistic": 11, "rule": 2, "arm": 2, "dose": 3, "quarter": 9}
    assert list(summary["arm"].values) == ["calm", "stern"]
    assert summary["dose"].attrs["long_name"] == "effort"
    draws = load(folder, "draws")
    assert draws["money"].dims == ("rule", "arm", "dose", "draw")
    heavy = draws["money"].sel(rule="heavy", arm="calm")
    assert int(heavy.count()) == 3 * 5
    mean = draws["money"].mean("draw")
    xr.testing.assert_allclose(summary["money"].sel(statistic="mean", drop=True), mean)
    only = load(folder, "draws", columns="money")
    assert list(only.data_vars) == ["money"]


def test_the_reference_differs_from_itself_in_nothing(folder: Path) -> None:
    gap = load(folder)["path:gap"].sel(arm="stern", dose=0)
    statistics = gap.sel(statistic=["mean", "p05", "p95"])
    assert float(abs(statistics).max()) == 0


def test_draws_are_those_of_a_run_of_its_own() -> None:
    asked = study(*FIXED, AXES, "measures=[carrots.russia, total_utility]")
    alone = measured(settings_for(None, (*FIXED, "client.rule.effort.china=0.5")))
    together = Findings(asked, play_here(plan_of(asked))).outcome("fixed", "", "total_utility")[0][1]
    assert np.array_equal(together, alone["total_utility"])


def test_the_claims_table_names_each_rule_and_the_verdict_over_all(folder: Path) -> None:
    claims = pd.read_csv(folder / "claims.csv")
    columns = ["claim", "rule", "share", "low", "high", "draws", "verdict", "overall"]
    assert list(claims.columns[:8]) == columns
    assert list(claims["rule"]) == ["fixed", "heavy"]
    assert ((claims["low"] <= claims["share"]) & (claims["share"] <= claims["high"])).all()
    assert set(claims["command"]) == {"a command"}


def test_an_outcome_that_an_arm_cannot_have_is_missing_there(tmp_path: Path) -> None:
    arms = "+arms={all: [], alone: ['~patron@patrons.china', '~patron@patrons.united_states']}"
    save_study(study(*TINY, arms, "measures=[carrots.china, carrots.russia]"), tmp_path / "one", "x")
    found = load(tmp_path / "one")
    assert np.isnan(found["carrots.china"].sel(arm="alone", statistic="mean"))
    assert np.isfinite(found["carrots.russia"].sel(arm="alone", statistic="mean"))


def test_a_plain_run_may_claim_and_stays_a_plain_run(study: Command) -> None:
    claim = "claims=[{text: it grows, kind: greater, more: {outcome: gdp}, less: {outcome: gdp@2015Q1}}]"
    ran = study("horizon=8", "ensemble.draws=12", claim)
    assert ran.status == 0, ran.err
    assert "it grows" in ran.out
    assert (ran.folder / "trajectories.nc").exists()
    assert list(pd.read_csv(ran.folder / "claims.csv")["rule"]) == ["heuristic"]


def test_the_command_line_runs_a_study_and_says_its_verdicts(study: Command) -> None:
    ran = study(
        *TINY, "client/rule=fixed", AXES, "measures=[carrots.russia]", CLAIMS.replace("{arm: calm}", "{}")
    )
    assert ran.status == 0, ran.err
    assert "Verdict" in ran.out
    assert dict(load(ran.folder).sizes) == {"statistic": 7, "dose": 3}


TWICE = "{text: a, kind: monotone, outcome: gdp, axis: dose}"
BAD = {
    "no measure 'carots'": ("measures=[carots.russia]",),
    "no patron 'rusia'": ("measures=[carrots.rusia]",),
    "is no outcome": ("measures=['carrots.russia plus subsidies.russia']",),
    "no kind 'bar'": ("figure={kind: bar}",),
    "no option 'colour'": ("figure={kind: lines, colour: red}",),
    "no outcome 'reserves'.*measures": ("measures=[gdp]", "figure={kind: lines, panels: [reserves]}"),
    "no axis 'dosis'": ("figure={kind: lines, x: dosis}",),
    "two figures have one name": ("figure=[{kind: lines}, {kind: lines}]",),
    "arm odd: no key": ("+arms={odd: ['client.zetta=1']}",),
    "no key 'draw' in arms.odd": ("+arms={odd: {overrides: [], draw: 3}}",),
    "arms.odd.draws=0": ("+arms={odd: {overrides: [], draws: 0}}",),
    "nothing is left to report": ("measures=[]",),
    "measures: draw is the name of a column": ("measures=[{draw: gdp}]",),
    "needs a reference": ("measures=[{gap: 'gdp - reference:gdp'}]",),
    "no arm 'odd'": ("+reference={arm: odd}",),
    "the study tries rules of its own": ("rules=[heuristic]",),
    "axes.dose sweeps": ("client.rule.effort.china=0.3",),
    "is one number, not a series": ("paths=[total_utility]",),
    "is claimed already": (f"claims=[{TWICE}, {TWICE}]",),
}  # fmt: skip


@pytest.mark.parametrize("told", BAD)
def test_a_study_that_cannot_be_is_refused_in_one_line(told: str) -> None:
    with pytest.raises(HedgingError, match=told) as caught:
        study(*FIXED, AXES, *BAD[told])
    assert "\n" not in str(caught.value)


def test_a_rule_that_is_not_there_is_named() -> None:
    with pytest.raises(HedgingError, match="rule dice: no client/rule 'dice'"):
        study(*TINY, "rules=[dice]")


def test_a_plain_run_is_not_asked_for_measures_that_it_would_not_report() -> None:
    for asked in ("measures=[gdp]", "paths=[gdp]"):
        with pytest.raises(HedgingError, match="a plain run reports all that there is"):
            study(*TINY, asked)


def test_an_axis_may_be_named_as_a_number() -> None:
    asked = study(*FIXED, "+axes={1: {values: [0, 1], keys: [client.rule.effort.china]}}")
    assert [axis.name for axis in asked.grid.axes] == ["1"]
    assert fingerprint(asked.settings.tree)


def test_an_axis_may_not_be_named_as_a_column() -> None:
    with pytest.raises(HedgingError, match="choose another"):
        study(*FIXED, "+axes={quarter: {values: [0, 1], keys: [client.rule.effort.china]}}")


STUDIES = sorted(path.stem for path in (config_dir() / "experiment").glob("*.yaml"))


@pytest.mark.parametrize("name", STUDIES)
def test_every_committed_study_is_whole(name: str) -> None:
    overrides = (f"experiment={name}", "ensemble=quick")
    settings = settings_for(name, overrides[1:])
    found = read_study(settings, overrides)
    assert settings.study == name
    assert found.claims
    if is_study(settings.tree):
        assert found.figures
    raw = (config_dir() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    assert raw.startswith("# @package _global_\n")
    assert yaml.safe_load(raw)["question"].endswith("?")
