"""The command line: what each override does, where a run is written, and what its folder holds."""

from __future__ import annotations

import json
import struct
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd
import pytest
import yaml
from command_line import ROOT, TINY, Command, Whole, bytes_of, start
from matplotlib.text import Text

from hedging import load
from hedging.measures.trajectories import SERIES, TOTALS
from hedging.plots.view import draw_figure
from hedging.results.manifest import LONGEST, folder_for, results_dir
from hedging.settings.compose import as_overrides
from hedging.settings.settings import OF_RUNS, settings_for
from hedging.studies.study import figures_of
from hedging.world import dates

RUN_FILES = {"config.yaml", "manifest.json", "summary.csv", "draws.parquet", "trajectories.nc"}
RULE = '''
from dataclasses import dataclass

import numpy as np

from hedging import Array, Sight


@dataclass(frozen=True)
class StubbornHedger:
    """Court every rival equally, harder the more the others ask."""

    nerve: Array

    def choose(self, sight: Sight) -> Array:
        squeeze = sight.squeeze
        return np.clip(self.nerve * (squeeze.sum(0) - squeeze), 0.0, 1.0)
'''


def config(folder: Path) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return tree


def manifest(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return told


def summary(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "summary.csv", keep_default_na=False)


def draws(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "draws.parquet")


# A whole run


def test_a_run_folder_is_whole_and_there_is_no_other(whole: Whole) -> None:
    folder = whole.first.folder
    figures = {f"{figure.name}.png" for figure in figures_of({})}
    assert {path.name for path in folder.iterdir()} == RUN_FILES | figures | {"claims.csv"}
    beside = [path for path in folder.parents[2].rglob("*") if folder not in path.parents]
    assert {path.name for path in beside} == {"scratch", "baseline", folder.name}


def test_the_manifest_tells_the_command_the_seed_and_a_hash_of_every_file(whole: Whole) -> None:
    folder = whole.first.folder
    told = manifest(folder)
    assert told["study"] == "baseline"
    assert told["command"] == "python -m experiments.run " + " ".join(whole.command)
    assert (told["seed"], told["draws"]) == (1, 64)
    assert {"python", "hedging", "mesa", "numpy"} <= set(told["versions"])
    files = {path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"}
    assert told["outputs"] == {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_config_yaml_holds_no_interpolation_and_composes_the_same_run_again(whole: Whole) -> None:
    folder = whole.first.folder
    assert "${" not in (folder / "config.yaml").read_text(encoding="utf-8")
    composed = settings_for(None, whole.command).tree
    assert config(folder) == {key: value for key, value in composed.items() if key not in OF_RUNS}


def test_the_same_command_gives_the_same_bytes(whole: Whole) -> None:
    first, second = bytes_of(whole.first.folder), bytes_of(whole.second.folder)
    assert first == second


def test_every_figure_is_an_image_with_something_on_it(whole: Whole) -> None:
    for name in (figure.name for figure in figures_of({})):
        image = (whole.first.folder / f"{name}.png").read_bytes()
        assert image[:8] == b"\x89PNG\r\n\x1a\n", name
        assert min(struct.unpack(">II", image[16:24])) > 300, name
        assert len(image) > 20_000, name


def test_a_run_says_what_was_found_then_where_its_figures_are(whole: Whole) -> None:
    assert whole.first.err == ""
    lines = whole.first.out.splitlines()
    assert lines[0].startswith("baseline: What does the balancing act look like")
    assert any(line.split() == ["2016Q4", "2019Q4"] for line in lines)
    for row in (
        "Reserves",
        "Debt to Russia",
        "Debt to China",
        "Trade share of Russia",
        "Integration",
        "Tension",
    ):
        assert any(line.strip().startswith(row) for line in lines), row
    assert lines[-2].startswith("64 draws of 20 quarters in ")
    assert str(whole.first.folder) in lines[-1]


def test_nothing_is_left_in_the_current_folder(whole: Whole) -> None:
    assert list(whole.here.iterdir()) == []


# Where a run is written


def test_a_study_as_committed_writes_results_study(study: Command, results: Path) -> None:
    ran = study("experiment=baseline")
    assert ran.folder == results / "baseline"
    assert manifest(ran.folder)["draws"] == 2000


def place(experiment: str | None, *overrides: str) -> Path:
    chosen = [*([f"experiment={experiment}"] if experiment else []), *overrides]
    return folder_for(settings_for(experiment, overrides), experiment, chosen)


@pytest.mark.parametrize("override", ["question=Another one?", "marks=[]", "seed=1", "ensemble=default"])
def test_what_changes_no_number_does_not_move_a_study(override: str, results: Path) -> None:
    assert place("baseline", override) == results / "baseline"


@pytest.mark.parametrize(
    "override",
    ["seed=2", "horizon=39", "ensemble.draws=1999", "client.zeta=0.8", "world=steady", "study=mine"],
)
def test_what_changes_a_number_moves_it_to_scratch(override: str, results: Path) -> None:
    folder = place("baseline", override)
    assert folder.parent.parent == results / "scratch"
    assert folder != place("baseline", "seed=3")


def test_a_run_without_a_study_is_never_taken_for_one(results: Path) -> None:
    assert place(None).parent == results / "scratch" / "custom"


def test_folder_names_stay_short_however_many_overrides(results: Path) -> None:
    numbers = [path for path, number in settings_for().numbers.items() if number.ranged]
    overrides = [f"{path}={settings_for().numbers[path].value:g}" for path in numbers]
    assert len(overrides) > 50
    one, many = place(None, overrides[0]).name, place(None, *overrides).name
    assert len(many) <= LONGEST + 9 < 60
    assert one != many
    assert place(None, *overrides[:-1]).name != many, "two runs whose names begin alike share a folder"
    assert set(many) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.=+-")


def test_results_stand_in_the_checkout_wherever_a_run_is_started(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEDGING_RESULTS")
    assert results_dir() == ROOT / "results"


# What an override does


def test_the_seed_changes_the_luck_and_only_that(study: Command) -> None:
    study(*TINY, "seed=7")
    one, other = study(*TINY, "seed=8").folders
    assert {manifest(one)["seed"], manifest(other)["seed"]} == {7, 8}
    assert list(draws(one)) == list(draws(other))
    assert not draws(one).equals(draws(other))
    assert {**config(one), "seed": None} == {**config(other), "seed": None}


def test_the_horizon_sets_the_last_quarter(study: Command) -> None:
    told = summary(study(*TINY[:3], "horizon=6").folder)
    assert sorted(set(told["quarter"]) - {"all"}) == dates.labels(7)
    assert set(told.loc[told["measure"] == "effort", "quarter"]) == set(dates.labels(6))


def test_what_is_claimed_of_a_quarter_after_the_end_goes_untested(study: Command) -> None:
    ran = study("experiment=baseline", *TINY[:3], "horizon=8")
    told = pd.read_csv(ran.folder / "claims.csv").set_index("claim")["verdict"]
    assert told["Hedging is the commonest regime at the end of 2016"] != "untested"
    assert told["Hedging is the commonest regime at the end of 2019"] == "untested"
    typed = study("experiment=outreach_dose", *TINY[:3], "horizon=8", "measures=[debt.china@2019Q4]")
    assert (typed.status, "measures: 2019Q4 is not in the run" in typed.err) == (1, True)


def test_expected_chance_leaves_one_path_to_central_numbers(study: Command) -> None:
    folder = study(*TINY, "chance=expected", "ensemble.vary=[]").folder
    told = draws(folder).drop(columns="draw").select_dtypes("number")
    assert (told.nunique() <= 1).all()
    assert config(folder)["chance"] == "expected"


@pytest.mark.parametrize(
    ("name", "count", "varies", "chance"),
    [
        ("point", 1, False, "expected"),
        ("quick", 64, True, "sampled"),
        ("default", 2000, True, "sampled"),
        ("full", 100_000, True, "sampled"),
    ],
)
def test_each_ensemble_has_its_draws(name: str, count: int, varies: bool, chance: str) -> None:
    settings = settings_for("baseline", [f"ensemble={name}"])
    assert (settings.draws, bool(settings.vary), settings.chance) == (count, varies, chance)


def test_an_ensemble_runs_with_its_draws(study: Command) -> None:
    folder = study("ensemble=point", "horizon=8").folder
    assert len(draws(folder)) == 1
    assert not [name for name in draws(folder) if name.startswith(("client.", "patrons.", "world."))]


def test_draws_that_nothing_varies_share_central_numbers_but_not_luck(study: Command) -> None:
    told = draws(study(*TINY, "ensemble.vary=[]").folder)
    assert not [name for name in told if name.startswith(("client.", "patrons.", "world."))]
    assert told["total_utility"].nunique() > 1


def test_what_is_to_vary_can_be_named(study: Command) -> None:
    told = draws(study(*TINY, "ensemble.vary=[client.zeta,patrons.russia.red*]").folder)
    sampled = {name for name in told if name.startswith(("client.", "patrons.", "world."))}
    assert sampled == {"client.zeta", "patrons.russia.red_line", "patrons.russia.red_line_width"}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("patrons.russia.red_line=0.8", "patrons.russia.red_line", 0.8),
        ("patrons.russia.rivalry.united_states=0.5", "patrons.russia.rivalry.united_states", 0.5),
        ("client.zeta=1.2", "client.zeta", 1.2),
        ("client.rule.base=0.6", "client.rule.base", 0.6),
        ("world.phaseout_total=0", "world.phaseout_total", 0.0),
    ],
)
def test_a_number_overridden_by_its_bare_name_is_pinned(override: str, path: str, value: float) -> None:
    number = settings_for("baseline", [override]).numbers[path]
    assert (number.value, number.ranged) == (value, False)
    assert settings_for("baseline").numbers[path].value != value


def test_a_pinned_number_is_not_sampled(study: Command) -> None:
    told = draws(study(*TINY, "patrons.russia.red_line=0.8").folder)
    assert "patrons.russia.red_line" not in told
    assert told["patrons.russia.red_line_width"].nunique() == len(told)


@pytest.mark.parametrize("rule", ["fixed", "bandwagon", "random", "aspiration", "quantal_response"])
def test_the_client_can_follow_another_rule(study: Command, rule: str) -> None:
    ran = study(*TINY, f"client/rule={rule}")
    name = settings_for(None, [f"client/rule={rule}"]).client_rule.target
    assert config(ran.folder)["client"]["rule"]["_target_"] == name
    told = summary(ran.folder)
    effort = told[(told["measure"] == "effort") & (told["statistic"] == "mean")]
    assert effort["value"].astype(float).between(0, 1).all()


def test_one_patron_can_follow_another_rule(study: Command) -> None:
    folder = study(*TINY, "patron/rule@patrons.russia.rule=strategic").folder
    rules = {name: node["rule"]["_target_"] for name, node in config(folder)["patrons"].items()}
    assert rules["russia"] == "hedging.rules.patron.Strategic"
    assert rules["china"] == rules["united_states"] == "hedging.rules.patron.Transactional"


def test_history_feeds_the_energy_rent_that_was(study: Command) -> None:
    steady, history = settings_for(None, ["world=steady"]), settings_for(None, ["world=history"])
    assert steady.energy == ()
    assert len(history.energy) == 20
    assert history.energy[0] == pytest.approx(1.389 / 1.2)
    told = summary(study(*TINY, "world=history", "chance=expected", "ensemble.vary=[]").folder)
    subsidy = told[
        (told["measure"] == "subsidy") & (told["patron"] == "russia") & (told["statistic"] == "mean")
    ]
    level = subsidy["value"].astype(float).to_numpy()
    assert level[0] == pytest.approx(1.2 * history.energy[0], rel=0.05)
    assert level[1] / level[0] == pytest.approx(history.energy[1] / history.energy[0], rel=0.05)


def test_a_shock_bites_when_it_is_dated_and_not_before(study: Command) -> None:
    run = ("ensemble=quick", "ensemble.draws=32", "ensemble.keep=0", "horizon=24")
    calm = study(*run).folder
    (shocked,) = set(study(*run, "shock=loan_held_up").folders) - {calm}
    assert set(config(shocked)["events"]) == {"russian_loan_held_up"}
    one, other = summary(calm), summary(shocked)
    before = [label for label in dates.labels(24) if label < "2019Q3"]
    pd.testing.assert_frame_equal(
        *(t[t["quarter"].isin(before)].reset_index(drop=True) for t in (one, other))
    )
    held = {}
    for name, table in (("calm", one), ("shocked", other)):
        rows = table[(table["measure"] == "hold") & (table["statistic"] == "mean")]
        held[name] = rows.set_index(["patron", "quarter"])["value"].astype(float)
    assert held["shocked"]["russia", "2019Q3"] > held["calm"]["russia", "2019Q3"]


def test_half_of_a_shock_can_be_dropped() -> None:
    events = settings_for(None, ["shock=loan_paid", "~events.chinese_loan_owed"]).events
    assert [event.name for event in events] == ["chinese_loan_received"]


# A fourth patron by config alone


def test_a_fourth_patron_is_in_everything_that_is_reported(study: Command) -> None:
    folder = study(*TINY, "+patron@patrons.european_union=european_union").folder
    told = summary(folder)
    everyone = {"russia", "china", "united_states", "european_union"}
    by_patron = {name for name, item in (SERIES | TOTALS).items() if item.axes[0] == "patron"}
    seen = told[told["measure"].isin(by_patron)].groupby("measure")["patron"].agg(set)
    assert set(seen.index) == by_patron
    assert {name: who for name, who in seen.items() if who != everyone and name not in RATIOS} == {}
    assert set(told.loc[told["measure"] == "trade_share", "patron"]) == everyone | {"rest_of_world"}
    assert {"debt.european_union", "coercive_quarters.european_union"} <= set(draws(folder))


RATIOS = {"concession_price", "stall_index"}
"""Measures that a patron who bought, or asked, nothing is left out of."""


def test_a_fourth_patron_is_on_every_figure_of_patrons(study: Command) -> None:
    told = load(study(*TINY, "+patron@patrons.european_union=european_union").folder)
    asked = {figure.name: figure for figure in figures_of({})}
    for name in ("debt", "trade_share", "warmth", "effort", "offers", "integration", "overview"):
        figure = draw_figure(asked[name], told)
        texts = " ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text))
        assert "European Union" in texts, name
        figure.clear()


def test_everybody_minds_the_fourth_patron_as_the_files_say() -> None:
    numbers = settings_for(None, ["+patron@patrons.european_union=european_union"]).numbers
    assert numbers["patrons.russia.rivalry.european_union"].value == 0.6
    assert numbers["patrons.european_union.rivalry.russia"].value == 0.4
    assert "patrons.russia.rivalry.european_union" not in settings_for().numbers


# What a user brings


def test_a_rule_from_the_users_own_module(study: Command, here: Path) -> None:
    (here / "my_stubborn_module.py").write_text(RULE, encoding="utf-8")
    own = ("client/rule=custom", "client.rule._target_=my_stubborn_module.StubbornHedger")
    folder = study(*TINY, *own, "+client.rule.nerve=0.5").folder
    assert config(folder)["client"]["rule"] == {
        "_target_": "my_stubborn_module.StubbornHedger",
        "nerve": 0.5,
    }
    told = summary(folder)
    effort = told[(told["measure"] == "effort") & (told["statistic"] == "p95")]["value"].astype(float)
    assert effort.max() > 0


def test_a_patron_and_a_study_from_the_users_own_configs(study: Command, here: Path, results: Path) -> None:
    for name in ("patron", "experiment"):
        (here / "mine" / name).mkdir(parents=True)
    (here / "mine" / "patron" / "turkey.yaml").write_text(
        dedent("""
            defaults:
              - china
              - _self_
            label: Turkey
            colour: "#7B3294"
            trade_share0: 0.02
            rivalry_from:
              russia: 0.2
        """),
        encoding="utf-8",
    )
    (here / "mine" / "experiment" / "straits.yaml").write_text(
        dedent("""
            # @package _global_
            defaults:
              - /patron@patrons.turkey: turkey
            study: straits
            question: What would a fifth court do?
            horizon: 6
            ensemble: {draws: 4, keep: 0}
        """),
        encoding="utf-8",
    )
    ran = study("--config-dir", "mine", "experiment=straits")
    assert ran.folder.parent == results / "scratch" / "straits"
    told = summary(ran.folder)
    assert "turkey" in set(told.loc[told["measure"] == "debt", "patron"])
    assert settings_for().patrons == ("russia", "china", "united_states")


# Sweeps, and looking without running


def test_a_sweep_writes_a_folder_for_each_point(study: Command, results: Path, here: Path) -> None:
    ran = study("-m", *TINY, "client/rule=fixed,bandwagon")
    targets = {config(folder)["client"]["rule"]["_target_"] for folder in ran.folders}
    assert targets == {"hedging.rules.client.Fixed", "hedging.rules.client.Bandwagon"}
    assert len(ran.folders) == 2
    assert {folder.parent for folder in ran.folders} == {results / "scratch" / "custom"}
    assert list(here.iterdir()) == []


def test_runs_leave_nothing_in_the_current_folder(study: Command, here: Path, results: Path) -> None:
    study(*TINY)
    assert list(here.iterdir()) == []
    names = [path.name for path in results.rglob("*")]
    assert not [name for name in names if name.startswith(".") or name.endswith(".log")]


def test_looking_at_a_setting_runs_nothing(results: Path, here: Path) -> None:
    looks = (("seed=7", "--cfg", "job"), ("seed=7", "--info"))
    for process in [start(look, results, here) for look in looks]:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert "red_line" in out
        assert "seed: 7" in out
    assert list(here.iterdir()) == []
    assert not results.exists()


def test_overrides_of_the_command_line_are_those_of_python(study: Command) -> None:
    told = {"patrons.russia.red_line": 0.8, "ensemble.vary": ["client.*"], "client.label": "Minsk"}
    told["question"] = "And, if so, 'why'?"
    assert as_overrides("baseline", told) == (
        "experiment=baseline",
        "patrons.russia.red_line=0.8",
        "ensemble.vary=[client.*]",
        "client.label=Minsk",
        r"question='And, if so, \'why\'?'",
    )
    settings = settings_for("baseline", told)
    assert (settings.labels["client"], settings.question) == ("Minsk", told["question"])


def test_a_dry_run_plays_nothing_with_or_without_a_sweep(study: Command, results: Path) -> None:
    for arguments in (("experiment=us_salience",), ("ensemble.draws=3000000",)):
        ran = study(*arguments, "sweep.dry=true")
        assert (ran.status, "dry run, nothing is played or written" in ran.out) == (0, True)
    assert not list(results.rglob("*"))
    many = study("experiment=us_salience", "ensemble=quick", "sweep.limit=2")
    assert (many.status, "the sweep has 9 points, more than sweep.limit=2" in many.err) == (1, True)


@pytest.mark.parametrize("name", ["baseline", "outreach_dose", "robustness", "deadline"])
def test_a_number_of_any_study_can_be_swept(study: Command, name: str) -> None:
    ran = study("-m", f"experiment={name}", "client.gdp0=14,15,16", "sweep.dry=true")
    assert ran.status == 0, ran.err
    assert f"{name}: its claims and its figure are left out where numbers are swept" in ran.out
