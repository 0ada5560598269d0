"""Sweeps: what becomes a job and what an axis, in every form that Hydra's grammar has; what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import TINY, Command, Ran
from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)
from omegaconf import DictConfig, OmegaConf

from hedging.errors import HedgingError
from hedging.runs.batch import plan_of
from hedging.runs.loop import Limits, play_here, read_limits
from hedging.settings.compose import config_dir, plain, written
from hedging.settings.settings import settings_for
from hedging.studies.findings import Findings
from hedging.studies.study import read_study
from hydra_plugins.hedging_lockstep import sweeper as sweeper_module
from hydra_plugins.hedging_lockstep._planning import LONG, Choice, read_choices, write_axes

mark = pytest.mark
RED_LINE = "patrons.russia.red_line"
CUT = "+events.cut={from:2015Q2,path:patrons.russia.budget,add:-0.5,source:s}"
Jobs = list[tuple[list[str], dict[str, list[float]]]]
Sweep = Callable[..., tuple[Ran, Jobs]]


@pytest.fixture
def sweep(study: Command, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Run a sweep whose jobs only note their overrides and axes."""
    jobs: Jobs = []

    def note(config: DictConfig) -> None:
        overrides = [o for o in HydraConfig.get().overrides.task if not o.startswith("+axes=")]
        axes = plain(config)["axes"]
        jobs.append((overrides, {name: axis["values"] for name, axis in axes.items()}))

    monkeypatch.setattr("experiments.run._run", note)

    def run(*arguments: str) -> tuple[Ran, Jobs]:
        jobs.clear()
        return study("-m", *arguments), list(jobs)

    return run


def parse(*lines: str) -> list[Override]:
    loader = ConfigLoaderImpl(create_config_search_path(str(config_dir())))
    return OverridesParser.create(config_loader=loader).parse_overrides(list(lines))


def choices(*lines: str, params: tuple[str, ...] = (), limits: Limits | None = None) -> list[Choice]:
    return read_choices(parse(*params), parse(*lines), limits or Limits())


# Hydra's grammar


@mark.parametrize(
    ("text", "numbers"),
    [
        ("0.6,0.8", (0.6, 0.8)),
        ("choice(0.6, 0.8)", (0.6, 0.8)),
        ("range(1,4)", (1, 2, 3)),
        ("range(4)", (0, 1, 2, 3)),
        ("range(3,0,-1)", (3, 2, 1)),
        ("range(0.1,0.35,0.1)", (0.1, 0.2, 0.3)),
        ("sort(3,1,2)", (1, 2, 3)),
        ("sort(3,1,2,reverse=true)", (3, 2, 1)),
        ("sort(range(3,0,-1))", (1, 2, 3)),
        ("shuffle(3,1,2)", (3, 1, 2)),
        ("shuffle(range(0,4))", (0, 1, 2, 3)),
        ("float(1,2)", (1, 2)),
        ("int(1.2,2.7)", (1, 2)),
        ("tag(wide,choice(1,2))", (1, 2)),
        ("1_000,2e3,-.5", (1000, 2000, -0.5)),
        ("inf,3", (float("inf"), 3)),
        (".inf,3", (float("inf"), 3)),
    ],
)
@mark.parametrize("prefix", ["", "++"])
def test_several_numbers_may_be_an_axis(prefix: str, text: str, numbers: tuple[float, ...]) -> None:
    (choice,) = choices(f"{prefix}a.b={text}")
    assert choice.numbers == numbers
    assert choice.path == "a.b"
    assert len(choice.texts) == len(numbers)
    assert {float(text.partition("=")[2].replace(".inf", "inf")) for text in choice.texts} == set(numbers)


@mark.parametrize(
    ("line", "texts"),
    [
        ("a.b=x,y", ("a.b=x", "a.b=y")),
        ("a.b='0.5',\"0.6\"", ("a.b='0.5'", 'a.b="0.6"')),
        ("a.b='x, y','z=1'", ("a.b='x, y'", "a.b='z=1'")),
        ("a.b=[1,2],[3]", ("a.b=[1,2]", "a.b=[3]")),
        ("a.b={c:1},{c:2}", ("a.b={c:1}", "a.b={c:2}")),
        ("a.b=null,1", ("a.b=null", "a.b=1")),
        ("a.b=true,false", ("a.b=true", "a.b=false")),
        ("a.b=nan,1", ("a.b=nan", "a.b=1")),
        ("a.b=${c},1", (r"a.b=$\{c\}", "a.b=1")),
        ("+a.b=1,2", ("+a.b=1", "+a.b=2")),
        ("a@b=1,2", ("a@b=1", "a@b=2")),
        ("world=glob([s*,h*])", ("world=history", "world=steady")),
        ("world=glob(*,exclude=[h*])", ("world=steady",)),
        ("a.b=0.5", ("a.b=0.5",)),
        ("a.b=[1,2]", ("a.b=[1,2]",)),
        ("a.b='x,y'", ("a.b='x,y'",)),
        ("a.b=", ("a.b=",)),
        ("~a.b", ("~a.b",)),
        ("~a.b=1", ("~a.b=1",)),
        ("a.b=choice(0.5)", ("a.b=0.5",)),
        ("a.b=range(1,2)", ("a.b=1",)),
        ("a.b=range(0.7,0.8,0.2)", ("a.b=0.7",)),
    ],
)
def test_all_else_is_structure(line: str, texts: tuple[str, ...]) -> None:
    (choice,) = choices(line)
    assert choice.numbers is None
    assert tuple(text.replace("True", "true").replace("False", "false") for text in choice.texts) == texts


def test_a_range_has_hydras_points_to_twelve_digits() -> None:
    (choice,) = choices("a=range(0.6,1.6,0.01)")
    (theirs,) = parse("a=range(0.6,1.6,0.01)")
    assert choice.numbers == tuple(i / 100 for i in range(60, 161))
    assert np.allclose(choice.numbers, [*theirs.sweep_iterator()], rtol=1e-12, atol=0)  # type: ignore[arg-type]
    (alone,) = choices("+a=range(0.65,0.69,0.01)")
    assert alone.texts == ("+a=0.65", "+a=0.66", "+a=0.67", "+a=0.68")


def test_a_number_written_out_is_left_as_it_is() -> None:
    (choice,) = choices("a=0.12345678901234567,1")
    assert choice.numbers == (0.12345678901234567, 1)


def test_an_override_within_or_around_a_number_is_left_to_hydra() -> None:
    assert [choice.numbers for choice in choices("a.b=1,2", "a.b.high=3")] == [None, None]
    assert [choice.numbers for choice in choices("a.b=1,2", "a={b:3}")] == [None, None]
    assert [choice.numbers for choice in choices("a.b=1,2", "a.bc=3", "a=x")] == [(1, 2), None, None]


def test_what_is_given_comes_before_the_params_of_a_file() -> None:
    found = choices("a=5,6", "c=7", params=("a=1,2", "b=3,4"))
    assert {choice.path: choice.numbers or choice.texts for choice in found} == {
        "b": (3, 4),
        "a": (5, 6),
        "c": ("c=7",),
    }


@mark.parametrize(
    ("lines", "told"),
    [
        (["a=1,2", "a=3,4"], "a is given twice, as 'a=1,2' and as 'a=3,4'"),
        (["a=1,2", "++a=3"], "a is given twice"),
        (["a=3", "a=range(1,3)"], "a is given twice"),
        (["a=range(1,1)"], "'a=range(1,1)' holds no value"),
        (["a=range(0.5,0.1,0.1)"], "holds no value"),
        (["world=glob(z*)"], "'world=glob(z*)' holds no value"),
        (["a=range(0,1,0)"], "a finite step other than 0"),
        (["a=range(0.,1.,0.)"], "a finite step other than 0"),
        (["a=interval(0,1)"], "an interval has no values to run"),
        (["a=range(0,1e12,0.001)"], "1,000,000,000,000,000 points, more than sweep.limit=1000000"),
        (["a=range(0,2000)", "b=range(0,2000)"], "4,000,000 points"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_unread(lines: list[str], told: str) -> None:
    with pytest.raises(HedgingError) as refused:
        choices(*lines)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_large_sweep_goes_ahead_once_confirmed() -> None:
    small = Limits(limit=3)
    with pytest.raises(HedgingError, match=r"4 points, more than sweep\.limit=3"):
        choices("a=1,2", "b=1,2", limits=small)
    assert len(choices("a=1,2", "b=1,2", limits=Limits(limit=3, confirm=True))) == 2


@mark.parametrize(
    ("node", "told"),
    [
        ({"dry": "yes"}, "sweep.dry=yes: write true or false"),
        ({"limit": 0}, "sweep.limit=0: it must be a whole number from 1"),
        ({"limt": 5}, "no key 'limt' in sweep: did you mean 'limit'?"),
        (3, "sweep=3: write sweep.confirm=true"),
    ],
)
def test_options_that_cannot_be_are_refused(node: Any, told: str) -> None:
    with pytest.raises(HedgingError) as refused:
        read_limits(node)
    assert told in str(refused.value)


# Jobs and axes


def test_structure_makes_jobs_and_numbers_make_axes(sweep: Sweep) -> None:
    ran, jobs = sweep(
        f"{RED_LINE}=range(0.6,0.85,0.1)", "client/rule=heuristic,fixed", "client.zeta=2,1", "horizon=8"
    )
    assert ran.status == 0, ran.err
    axes = {RED_LINE: [0.6, 0.7, 0.8], "client.zeta": [2, 1]}
    assert jobs == [([f"client/rule={rule}", "horizon=8"], axes) for rule in ("heuristic", "fixed")]


def test_what_cannot_go_in_lockstep_becomes_structure(sweep: Sweep) -> None:
    several = {"client.rule.horizon": (4, 8), "horizon": (8,), "seed": (1, 2), f"{RED_LINE}.value": (1.1,)}
    given = [f"{key}={','.join(map(str, values))}" for key, values in several.items()]
    ran, jobs = sweep("client/rule=lookahead", "client.rule.precision=10,20", *given)
    assert ran.status == 0, ran.err
    chosen = product(*([f"{key}={value}" for value in values] for key, values in several.items()))
    axes = {"client.rule.precision": [10, 20]}
    assert jobs == [(["client/rule=lookahead", *choice], axes) for choice in chosen]


def test_a_number_that_another_is_read_from_becomes_structure(sweep: Sweep) -> None:
    ran, jobs = sweep(
        f"patrons.china.red_line=${{{RED_LINE}}}", f"{RED_LINE}=0.7,1.2", "patrons.china.jealousy=0.1,0.2"
    )
    assert ran.status == 0, ran.err
    assert [overrides[1] for overrides, _ in jobs] == [f"{RED_LINE}=0.7", f"{RED_LINE}=1.2"]
    assert all(axes == {"patrons.china.jealousy": [0.1, 0.2]} for _, axes in jobs)


def test_a_number_read_from_another_may_itself_be_an_axis(sweep: Sweep, here: Path) -> None:
    (here / "experiment").mkdir()
    twin = "# @package _global_\nstudy: twin\npatrons:\n  china:\n    tolerance: ${..russia.tolerance}\n"
    (here / "experiment" / "twin.yaml").write_text(twin)
    mine = ("--config-dir", str(here), "experiment=twin")
    _, jobs = sweep(*mine, "patrons.russia.tolerance=0.1,0.2")
    assert [axes for _, axes in jobs] == [{}, {}]
    _, jobs = sweep(*mine, "patrons.china.tolerance=0.1,0.2")
    assert [axes for _, axes in jobs] == [{"patrons.china.tolerance": [0.1, 0.2]}]


def test_one_value_stays_an_override(sweep: Sweep) -> None:
    _, jobs = sweep(f"{RED_LINE}=choice(0.8)", "client.zeta=range(1,2)", "client.beta=0.9")
    assert jobs == [([f"{RED_LINE}=0.8", "client.zeta=1", "client.beta=0.9"], {})]


def test_a_newcomer_and_a_shock_are_structure_beside_numbers(sweep: Sweep) -> None:
    _, jobs = sweep(
        "+patron@patrons.european_union=european_union",
        *("patrons.european_union.red_line=1,2", "shock=glob(loan_*)", "~patrons.russia.rivalry.china"),
        "world.deadline=inf,36",
    )
    axes = {"patrons.european_union.red_line": [1, 2], "world.deadline": [float("inf"), 36]}
    assert len(jobs) >= 1
    assert all(found == axes and len(overrides) == 3 for overrides, found in jobs)


def test_a_long_axis_arrives_whole(sweep: Sweep) -> None:
    values = [0.5 + i / 1000 for i in range(LONG + 1)]
    _, jobs = sweep(f"{RED_LINE}=range(0.5,{values[-1] + 0.0005},0.001)")
    assert np.array_equal(jobs[0][1][RED_LINE], [round(value, 3) for value in values])
    assert "lockstep.numbers" in write_axes({RED_LINE: values})
    assert "lockstep.numbers" not in write_axes({RED_LINE: values[:LONG]})


def test_a_study_may_bring_its_sweep(sweep: Sweep, here: Path) -> None:
    (here / "experiment").mkdir()
    for name, red_line in (("mine", "range(0.6,0.75,0.1)"), ("other", "1,2")):
        (here / "experiment" / f"{name}.yaml").write_text(
            dedent(f"""\
                # @package _global_
                study: {name}
                hydra:
                  sweeper:
                    params:
                      {RED_LINE}: {red_line}
                      client/rule: heuristic,fixed
                """)
        )
    ran, jobs = sweep("--config-dir", str(here), "experiment=mine", "client/rule=bandwagon")
    assert ran.status == 0, ran.err
    assert jobs == [(["experiment=mine", "client/rule=bandwagon"], {RED_LINE: [0.6, 0.7]})]
    ran, jobs = sweep("--config-dir", str(here), "experiment=mine,other")
    assert (ran.status, jobs) == (1, [])
    assert "experiment=mine: its file has hydra.sweeper.params of its own" in ran.err


def test_axes_of_a_study_and_of_the_command_line_go_together(sweep: Sweep, here: Path) -> None:
    (here / "experiment").mkdir()
    axis = f"axes:\n  line: {{keys: [{RED_LINE}], values: [0.6, 1]}}\n"
    (here / "experiment" / "mine.yaml").write_text(f"# @package _global_\nstudy: mine\n{axis}")
    mine = ("--config-dir", str(here), "experiment=mine")
    _, jobs = sweep(*mine, "client.zeta=1,2")
    assert jobs == [(["experiment=mine"], {"line": [0.6, 1], "client.zeta": [1, 2]})]
    ran, jobs = sweep(*mine, f"{RED_LINE}=0.7,0.8")
    assert (ran.status, jobs, ran.err.count("\n")) == (1, [], 1)
    assert f"{RED_LINE} is swept by axes.line already" in ran.err
    ran, jobs = sweep(*mine, "client.zeta=1,2", "sweep.limit=3")
    assert (ran.status, jobs) == (1, [])
    assert "4 points, more than sweep.limit=3" in ran.err


def test_batches_go_to_the_launcher_one_after_the_other(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hydra._internal.core_plugins.basic_launcher import BasicLauncher

    batches = []
    launch = BasicLauncher.launch

    def counted(self: Any, jobs: Any, initial_job_idx: int) -> Any:
        batches.append((initial_job_idx, len(jobs)))
        return launch(self, jobs, initial_job_idx)

    monkeypatch.setattr(BasicLauncher, "launch", counted)
    _, jobs = sweep("seed=range(0,3)", "hydra.sweeper.max_batch_size=2")
    assert batches == [(0, 2), (2, 1)]
    assert [overrides for overrides, _ in jobs] == [[f"seed={seed}"] for seed in range(3)]


# What is refused


@mark.parametrize(
    ("arguments", "told"),
    [
        (["patrons.russia.redline=1,2"], "no key 'redline' in patrons.russia: did you mean 'red_line'?"),
        ([f"{RED_LINE}=0.5,-1"], f"{RED_LINE}=-1 is out of range: it must be a number above 0"),
        (["world.phaseout_start=8,8.5"], "world.phaseout_start=8.5 is out of range"),
        ([f"{RED_LINE}=1,1.0"], "a value stands there twice"),
        ([f"{RED_LINE}='1','2'"], "'1' is not a number"),
        (["client/rule=heuristic,fixed", "client.rule.base=0.1,0.2"], "client/rule=fixed"),
        (["client/rule=heuristic,fixd"], "no client/rule 'fixd': did you mean 'fixed'?"),
        (["patrons.russia.trade_share0=0.2,0.99"], "trade_share0"),
        (
            [
                "+events.cut={from:2015Q2,path:patrons.russia.budget,add:-0.5,source:s}",
                "patrons.russia.budget=0.4,2",
            ],
            "into -0.1",
        ),
        ([f"{RED_LINE}=1,2", "sweep.limit=1"], "2 points, more than sweep.limit=1"),
        ([f"{RED_LINE}=1,2", f"{RED_LINE}=3,4"], "given twice"),
    ],
)
def test_a_bad_sweep_is_one_line_and_nothing_runs(sweep: Sweep, arguments: list[str], told: str) -> None:
    ran, jobs = sweep("ensemble.draws=2", *arguments)
    assert (ran.status, jobs, ran.out) == (1, [], "")
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_a_sweep_leaves_no_file_of_its_own(sweep: Sweep, here: Path, results: Path) -> None:
    ran, jobs = sweep(f"{RED_LINE}=1,2", "seed=1,2")
    assert (ran.status, len(jobs)) == (0, 2)
    assert [*here.iterdir(), *(here.parent / "temporary").iterdir()] == []
    assert not results.exists()


def test_a_job_that_fails_stops_the_sweep_after_those_before_it(
    study: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fail_at_two(config: DictConfig) -> None:
        seen.append(config.seed)
        if config.seed == 2:
            raise HedgingError("the disk is full")

    monkeypatch.setattr("experiments.run._run", fail_at_two)
    ran = study("-m", "seed=1,2,3")
    assert (ran.status, ran.err, seen) == (1, "error: the disk is full\n", [1, 2])


# What it would take


def test_a_dry_run_tells_what_it_would_take_and_plays_nothing(sweep: Sweep, results: Path) -> None:
    ran, jobs = sweep(*TINY, "sweep.dry=true", f"{RED_LINE}=range(0.6,1,0.1)", "client/rule=fixed,random")
    assert (ran.status, jobs, ran.err) == (0, [], "")
    assert "10 points x 8 draws in 2 runs, 80 worlds in all" in ran.out
    ran, jobs = sweep("ensemble=quick", "horizon=8", "sweep.dry=true", "ensemble.draws=4,8")
    assert (ran.status, jobs) == (0, [])
    assert "2 points x 4 to 8 draws in 2 runs, 12 worlds in all" in ran.out
    assert not results.exists()


# The same numbers


def test_a_sweep_gives_the_very_numbers_of_one_run_a_point(
    study: Command, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    told = ["total_utility", "hedging_premium", "coercive_quarters.russia", "reserves", "deals.china"]
    swept = (*TINY, "client/rule=bandwagon", f"{RED_LINE}=0.7,1.1", "client.rule.effort=0.5,1")
    lockstep = study("-m", *swept, f"measures=[{','.join(told)}]", "+arms={one: []}")
    together = pd.read_parquet(lockstep.folder / "draws.parquet")
    monkeypatch.setenv("HEDGING_RESULTS", str(results / "alone"))
    alone = study("-m", "hydra/sweeper=basic", *swept)
    folders = [folder for folder in alone.folders if folder.is_relative_to(results / "alone")]
    assert len(folders) == 4
    tables = [pd.read_parquet(folder / "draws.parquet")[told] for folder in folders]
    ours = sorted(map(tuple, together[told].to_numpy().tolist()))
    assert ours == sorted(tuple(row) for table in tables for row in table.to_numpy().tolist())
    assert len(set(ours)) > len(ours) / 2


@mark.parametrize(
    ("overrides", "axes"),
    [
        (["client/rule=heuristic"], {"client.rule.base": [0, 0.3], RED_LINE: [0.7, 1.1]}),
        (["client/rule=aspiration"], {"client.rule.hold": [1, 3], "world.deadline": [4, np.inf]}),
        (
            ["client/rule=fixed"],
            {"client.rule.effort.china": [0, 1], "patrons.russia.debt0": [1, 6]},
        ),
        (["world=history"], {"world.phaseout_start": [2, 5], "patrons.russia.trade_share0": [0.1, 0.5]}),
    ],
)
def test_every_kind_of_number_goes_in_lockstep(overrides: list[str], axes: dict[str, list[float]]) -> None:
    told = ("total_utility", "hedging_premium", "mean_excess_hedging", "leverage.china", "reserves")

    def play(*pins: str, **given: Any) -> dict[str, Any]:
        axes = {key: {"values": values} for key, values in given.items()}
        asked = (
            "ensemble=quick",
            "ensemble.draws=5",
            "horizon=9",
            f"measures=[{','.join(told)}]",
            "+arms={one: []}",
        )
        asked = (*asked, *overrides, *pins, *([f"+axes={written(axes)}"] if axes else []))
        study = read_study(settings_for(None, asked), asked)
        findings = Findings(study, play_here(plan_of(study)))
        (rule,) = study.rules
        return {n: findings.outcome(rule.name, "one", n)[0].reshape(-1, 5) for n in told}

    together = play(**axes)
    for point, values in enumerate(product(*axes.values())):
        alone = play(*(f"{key}={value}" for key, value in zip(axes, values, strict=True)))
        for name in alone:
            assert np.array_equal(together[name][point], alone[name][0], equal_nan=True), (values, name)


# Hydra around it


def test_the_other_ways_to_ask_hydra_still_work(study: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = study("--cfg", "job", f"{RED_LINE}=0.7")
    assert asked.status == 0
    assert OmegaConf.create(asked.out).patrons.russia.red_line == 0.7
    assert "LockstepSweeper" in study("--info", "plugins").out
    assert "hydra/sweeper: lockstep" in study("--info", "defaults-tree").out
    line = "python run.py hydra/sweeper="
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    offered = study("--shell-completion", "query=bash").out.split()
    assert {"hydra/sweeper=basic", "hydra/sweeper=lockstep"} <= set(offered)


def test_starting_hydra_imports_nothing_heavy(here: Path) -> None:
    code = (
        "import sys; from hydra.core.plugins import Plugins; from hydra.plugins.sweeper import Sweeper; "
        "print([c.__name__ for c in Plugins.instance().discover(Sweeper)]); "
        "print([m for m in ('hedging', 'numpy', 'mesa') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    names, heavy = out.splitlines()
    assert "LockstepSweeper" in names
    assert heavy == "[]"


def test_jobs_are_sent_to_the_launcher_that_is_chosen(here: Path) -> None:
    package = here / "hydra_plugins" / "noting"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "launcher.py").write_text(
        dedent("""\
            from dataclasses import dataclass
            from hydra._internal.core_plugins.basic_launcher import BasicLauncher
            from hydra.core.config_store import ConfigStore

            class NotingLauncher(BasicLauncher):
                def launch(self, job_overrides, initial_job_idx):
                    print([len(job) for job in job_overrides])
                    return []

            @dataclass
            class Conf:
                _target_: str = "hydra_plugins.noting.launcher.NotingLauncher"

            ConfigStore.instance().store(group="hydra/launcher", name="noting", node=Conf)
            """)
    )
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "experiments.run",
            "-m",
            "hydra/launcher=noting",
            "seed=1,2",
            f"{RED_LINE}=1,2",
        ],
        cwd=here,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[2, 2]\n", "")


def test_another_app_is_none_of_its_business() -> None:
    assert not sweeper_module.is_own(OmegaConf.create({"client": 1, "patrons": 2}))


LOCKSTEP = "hydra/sweeper=lockstep"


@pytest.fixture
def as_of_old(hydra_restore_singletons: None) -> None:
    """Hydra as its own tests expect it: every job in a folder of its own."""
    version.setbase("1.1")


@mark.filterwarnings("ignore::UserWarning")
@mark.usefixtures("as_of_old")
@mark.parametrize(("launcher_name", "overrides"), [("basic", [LOCKSTEP])])
class TestHydrasLauncher(LauncherTestSuite):
    """Hydra's own tests of a launcher, in its own little app, with this sweeper above it."""


@mark.filterwarnings("ignore::UserWarning")
@mark.usefixtures("as_of_old")
@mark.parametrize(("launcher_name", "overrides"), [("basic", [LOCKSTEP, "hydra.sweeper.max_batch_size=2"])])
class TestHydrasBatches(BatchedSweeperTestSuite):
    """Hydra's own test of batches."""


@mark.parametrize(("task_launcher_cfg", "extra_flags"), [({}, ["-m", LOCKSTEP])])
class TestHydrasApps(IntegrationTestSuite):
    """Hydra's own tests of whole apps."""
