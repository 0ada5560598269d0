"""Long runs: the same bytes whoever plays them and however they were interrupted; nothing done is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from command_line import Command, bytes_of, start

import hedging
from hedging.errors import HedgingError
from hedging.results import run as results_module
from hedging.results import summary
from hedging.results.folder import staged, workplace
from hedging.runs import executors
from hedging.runs import store as parts
from hedging.runs.loop import play_block
from hedging.settings.settings import settings_for

DRAWS = 3 * parts.PART + 100
RUN = ("client/rule=fixed", f"ensemble.draws={DRAWS}", "ensemble.keep=5", "horizon=3", "claims=[]")
CLAIMS = (
    "claims=[{text: it grows, kind: greater, more: {outcome: gdp}, less: {outcome: gdp@2015Q1}},"
    "{text: it hedges, kind: largest_share, outcome: regime.hedging}]"
)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedging.plots.draw_figures", lambda summary, folder: [])


def comparable(folder: Path) -> dict[str, str]:
    """Every file but those that tell the command."""
    return {
        name: mark for name, mark in bytes_of(folder).items() if name not in ("manifest.json", "claims.csv")
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run in one process, from beginning to end."""
    folder = tmp_path_factory.mktemp("serial") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hedging.plots.draw_figures", lambda summary, folder: [])
        results_module.save_run(settings_for(None, (*RUN, "executor=serial")), folder, "x")
    return folder


def saved(folder: Path, *overrides: str) -> dict[str, str]:
    results_module.save_run(settings_for(None, (*RUN, *overrides)), folder, "x")
    return bytes_of(folder)


# The same bytes.


def test_draws_come_in_parts_that_pandas_reads_as_one(undisturbed: Path) -> None:
    names = sorted(path.name for path in (undisturbed / "draws.parquet").iterdir())
    assert names == [f"part-{number:05}.parquet" for number in range(4)]
    assert list(pd.read_parquet(undisturbed / "draws.parquet")["draw"]) == list(range(DRAWS))
    some = hedging.load(undisturbed, "draws", columns=["reserves"])
    assert (list(some.data_vars), some.sizes["draw"]) == (["reserves"], DRAWS)


def test_several_processes_give_the_bytes_of_one(undisturbed: Path, tmp_path: Path) -> None:
    assert saved(tmp_path / "run", "executor=processes", "executor.workers=2") == bytes_of(undisturbed)


def backwards() -> Executor:
    """An executor that ends what was begun last first."""

    class Backwards(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., object], /, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            return super().submit(lambda: (time.sleep(0.3 / (1 + args[0].number)), fn(*args, **kwargs))[1])  # type: ignore[attr-defined]

    return Backwards(4)


def test_the_order_in_which_parts_end_does_not_matter(undisturbed: Path, tmp_path: Path) -> None:
    assert saved(tmp_path / "run", "executor=serial", f"executor._target_={__name__}.backwards") == bytes_of(
        undisturbed
    )


def test_a_draw_of_a_long_run_is_that_of_a_short_one(undisturbed: Path, tmp_path: Path) -> None:
    saved(tmp_path / "short", "ensemble.draws=50")
    short, long = (pd.read_parquet(folder / "draws.parquet") for folder in (tmp_path / "short", undisturbed))
    pd.testing.assert_frame_equal(short, long.head(50))


def test_a_part_does_not_hang_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(None, RUN)
    whole = play_block(settings, 0, 1500, ("reserves",)).arrays["reserves"]
    pieces = [play_block(settings, first, 500, ("reserves",)).arrays["reserves"] for first in (0, 500, 1000)]
    assert np.array_equal(whole, np.concatenate(pieces, axis=1))


# Who does the work.


def test_little_work_stays_in_this_process_and_much_goes_on_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "cores", lambda: 2)
    assert executors.Auto().grown(1.0) is None
    assert executors.Auto(workers=1).grown(1e6) is None
    monkeypatch.setattr(executors, "processes", lambda workers: ThreadPoolExecutor(2))
    assert isinstance(executors.Auto().grown(1e6), ThreadPoolExecutor)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("executor=clouds", "executor"),
        ("executor._target_=hedging.runs.executors.clouds", "cannot find 'hedging.runs.executors.clouds'"),
        ("executor._target_=builtins.dict", "gives no concurrent.futures.Executor"),
        ("executor.workers=0", "executor.workers=0: it must be a whole number from 1"),
        ("+executor.threads=3", "no option 'threads'"),
        ("resume=perhaps", "resume=perhaps: write true to go on"),
    ],
)
def test_an_executor_that_cannot_be_is_told_in_one_line(study: Command, override: str, words: str) -> None:
    ran = study("executor=processes", *RUN, override) if override[:10] != "executor=c" else study(override)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert words in ran.err


def test_a_worker_that_dies_is_told(study: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HedgingError, match="a worker process died"):
        for _ in executors.work_through(
            [1, 2], die, lambda job: 1, {"_target_": "hedging.runs.executors.processes"}
        ):
            pass


def die(job: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# Interrupted, and gone on with.


def root_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.run")


def leave(folder: Path, whole: int, *overrides: str) -> Path:
    """Play some parts of the run and die."""
    settings = settings_for(None, (*RUN, *overrides))
    played: list[int] = []
    real = parts.play_job

    def some(job: parts.Job, progress: Callable[[int], None] = lambda count: None) -> None:
        if len(played) == whole:
            raise RuntimeError("the power is gone")
        played.append(job.number)
        real(job, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results_module, "play_job", some)
        with pytest.raises(RuntimeError, match="the power is gone"):
            results_module.save_run(settings, folder, "x")
    return root_of(folder)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The parts that are played from now on."""
    played: list[int] = []
    real = parts.play_job

    def count(job: parts.Job, progress: Callable[[int], None] = lambda count: None) -> None:
        played.append(job.number)
        real(job, progress)

    monkeypatch.setattr(results_module, "play_job", count)
    return played


def test_what_was_done_is_not_done_again(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = leave(tmp_path / "run", 2)
    assert sorted(path.name for path in root.glob("work/part-*.json")) == [
        "part-00000.json",
        "part-00001.json",
    ]
    played = counted(monkeypatch)
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)
    assert played == [2, 3]
    assert not root.exists()


@pytest.mark.parametrize(
    "harm",
    ["cut short", "gone", "foreign", "mark cut short", "mark of another", "mark of nothing", "series gone"],
)
def test_a_part_that_is_not_what_was_written_is_played_again_and_said(
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    harm: str,
) -> None:
    root = leave(tmp_path / "run", 3)
    part, other = (root / f"out/draws.parquet/part-0000{number}.parquet" for number in (1, 2))
    if harm == "cut short":
        part.write_bytes(part.read_bytes()[:-100])
    elif harm == "gone":
        part.unlink()
    elif harm == "foreign":
        part.write_bytes(other.read_bytes())
    elif harm == "mark cut short":
        (root / "work/part-00001.json").write_text('{"out/dra')
    elif harm == "mark of another":
        shutil.copy(root / "work/part-00002.json", root / "work/part-00001.json")
    elif harm == "mark of nothing":
        (root / "work/part-00001.json").write_text("{}")
    else:
        (root / "work/series-00001.npy").unlink()
    played = counted(monkeypatch)
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)
    assert played == [1, 3]
    assert "played again, not being what was written: parts 1" in capsys.readouterr().err


def test_a_part_that_vanishes_in_mid_run_is_played_again(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, seen = parts.play_job, []

    def vanish(job: parts.Job, progress: Callable[[int], None] = lambda count: None) -> None:
        real(job, progress)
        seen.append(job.number)
        if seen == [0, 1, 2]:
            job.draws.with_name("part-00000.parquet").unlink()

    monkeypatch.setattr(results_module, "play_job", vanish)
    assert saved(tmp_path / "run", "executor=serial") == bytes_of(undisturbed)
    assert seen == [0, 1, 2, 3, 0]
    assert "played again, not being what was written: parts 0" in capsys.readouterr().err


def test_another_setting_is_refused_with_the_difference_named(tmp_path: Path) -> None:
    leave(tmp_path / "run", 2)
    with pytest.raises(HedgingError, match=r"had client\.zeta: .*, this one has 0\.9; take the change back"):
        saved(tmp_path / "run", "resume=true", "client.zeta=0.9")
    assert root_of(tmp_path / "run").exists()


def test_another_program_is_refused(tmp_path: Path) -> None:
    root = leave(tmp_path / "run", 2)
    made_by = json.loads((root / "work/made_by.json").read_text())
    made_by["the program"] = "hedging 0.0.1, 0123456789ab"
    (root / "work/made_by.json").write_text(json.dumps(made_by))
    with pytest.raises(HedgingError, match=r"had the program: hedging 0\.0\.1"):
        saved(tmp_path / "run", "resume=true")


def test_without_a_word_what_was_done_is_neither_used_nor_lost(undisturbed: Path, tmp_path: Path) -> None:
    root = leave(tmp_path / "run", 2)
    with pytest.raises(HedgingError, match="holds 2 parts of an interrupted run; write resume=true to go on"):
        saved(tmp_path / "run")
    assert len(list(root.glob("work/part-*.json"))) == 2
    assert saved(tmp_path / "run", "resume=false") == bytes_of(undisturbed)


def test_parts_of_which_nobody_knows_how_they_were_made_are_not_used(
    undisturbed: Path, tmp_path: Path
) -> None:
    root = leave(tmp_path / "run", 2, "seed=99")
    (root / "work/made_by.json").write_text("")
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)


def test_a_run_that_is_killed_between_two_renames_leaves_the_earlier_results(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    before = saved(folder, "ensemble.draws=9")
    root_of(folder).mkdir()
    folder.rename(root_of(folder) / "old")  # as far as a killed run had come
    with workplace(folder):
        assert bytes_of(folder) == before
    assert not root_of(folder).exists()


def test_a_lock_whose_file_was_just_dropped_lets_nobody_else_in(tmp_path: Path) -> None:
    with workplace(tmp_path / "run"):
        with pytest.raises(HedgingError, match="another run is writing"), workplace(tmp_path / "run"):
            pass
        assert (root_of(tmp_path / "run") / "lock").exists(), "the one refused took nothing away"


def test_a_study_is_locked_too_and_has_nothing_to_resume(study: Command, tmp_path: Path) -> None:
    with staged(tmp_path / "run"), pytest.raises(HedgingError, match="another run"), staged(tmp_path / "run"):
        pass
    ran = study("experiment=us_salience", "ensemble=quick", "resume=true")
    assert (ran.status, "keeps no parts that it could go on with" in ran.err) == (1, True)


def test_resume_with_nothing_to_go_on_with_just_runs(undisturbed: Path, tmp_path: Path) -> None:
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(
    undisturbed: Path, study: Command, results: Path, here: Path, executor: str
) -> None:
    arguments = (*RUN, f"executor={executor}")
    process = start(arguments, results, here)
    begun = time.monotonic()
    while len(list(results.rglob("part-*.json"))) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begun < 120
        time.sleep(0.005)
    process.kill()
    process.communicate()
    ran = study(*arguments, "resume=true")
    assert comparable(ran.folder) == comparable(undisturbed)
    assert not list(results.rglob(".*"))


def test_two_runs_into_one_folder_at_once_the_second_is_refused(tmp_path: Path) -> None:
    with workplace(tmp_path / "run"), pytest.raises(HedgingError, match="another run is writing into"):
        saved(tmp_path / "run")
    assert not root_of(tmp_path / "run").exists()


def test_a_full_disk_keeps_what_is_done(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = parts._save

    def full(path: Path, array: object) -> None:
        if "00002" in path.name:
            raise OSError(28, "No space left on device")
        real(path, array)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(parts, "_save", full)
        with pytest.raises(HedgingError, match=r"No space left on device; .* 2 parts are kept"):
            saved(tmp_path / "run", "executor=serial")
    assert not list(root_of(tmp_path / "run").glob("**/.*.npy.*"))
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)


# Many draws.


def test_thinned_quantiles_lie_within_their_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    values = rng.gamma(2.0, size=(3, 40_000))
    weights = np.stack([np.ones(40_000), (rng.random(40_000) < 0.7) * 1.0, rng.random(40_000)])
    thin = summary._of_thinned(
        [
            summary.thinned(values[:, at : at + 4000], weights[:, at : at + 4000])
            for at in range(0, 40_000, 4000)
        ]
    )
    for row in range(3):
        used = weights[row] > 0
        order = np.argsort(values[row][used])
        rank = np.cumsum(weights[row][used][order]) / weights[row].sum()
        for place, probability in enumerate(summary.QUANTILES.values()):
            at = np.searchsorted(values[row][used][order], thin[row, 1 + place])
            assert abs(rank[at] - probability) < 0.5 / summary.POINTS + 1e-3
        assert thin[row, 0] == pytest.approx(np.average(values[row], weights=weights[row]))
        assert thin[row, -1] == used.sum()


def test_a_summary_of_thinned_parts_is_near_the_exact_one(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "EXACT", 1)
    saved(tmp_path / "run", "executor=serial")
    keys = ["quarter", "measure", "patron", "statistic", "unit"]
    exact, thin = (
        pd.read_csv(folder / "summary.csv").set_index(keys)["value"]
        for folder in (undisturbed, tmp_path / "run")
    )
    assert list(exact.index) == list(thin.index)
    same = exact.index.get_level_values("statistic").isin(["mean", "draws", "share"])
    np.testing.assert_allclose(thin[same], exact[same], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(thin[~same], exact[~same], rtol=0.02, atol=0.02)


def test_claims_are_judged_on_all_parts(tmp_path: Path) -> None:
    hedging.simulate(None, [*RUN[:-1], CLAIMS, "executor=serial"], save=tmp_path / "long")
    table = pd.read_csv(tmp_path / "long" / "claims.csv")
    assert table["draws"][1] == DRAWS
    assert DRAWS - parts.PART < table["draws"][0] < DRAWS  # a fallen draw is not looked at


def test_a_program_needs_no_main_guard_for_short_runs(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import hedging\nprint(hedging.simulate(None, ['horizon=2'], draws=9, save='run').sizes['draw'])\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["9"]


# A cluster.


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, started on the command line as a user would: address and workers."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(file)]
    begun = [subprocess.Popen([*dask, "--port", "0", "--dashboard-address", ":0"], **quiet)]  # type: ignore[call-overload]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        options = ["--nworkers", "1", "--nthreads", "1", "--no-nanny", "--local-directory", str(place)]
        begun.append(subprocess.Popen([*worker, *options, "--no-dashboard"], **quiet))  # type: ignore[call-overload]
    try:
        until = time.monotonic() + 60
        while not (file.exists() and all(any(place.glob("*/*")) for place in places)):
            assert time.monotonic() < until
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], begun[1:]
    finally:
        for process in begun:
            process.kill()
            process.wait()


def test_a_dask_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    undisturbed: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    folder = tmp_path / "run"
    kill = Thread(target=kill_once_begun, args=(root_of(folder), workers[0]))
    kill.start()
    assert saved(folder, "executor=dask", f"executor.address={address}") == bytes_of(undisturbed)
    kill.join()
    assert workers[0].poll() is not None


def test_a_worker_that_outlives_a_run_does_not_take_its_setting_into_the_next(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, _ = cluster
    short = ("ensemble.draws=50", "executor=dask", f"executor.address={address}")
    for seed in ("seed=1", "seed=2"):
        saved(tmp_path / "again", *short, seed)
        there = pd.read_parquet(tmp_path / "again/draws.parquet")
        saved(tmp_path / seed, "ensemble.draws=50", "executor=serial", seed)
        pd.testing.assert_frame_equal(there, pd.read_parquet(tmp_path / seed / "draws.parquet"))


def kill_once_begun(root: Path, worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker once the first part is written."""
    while not list(root.glob("work/part-*.json")):
        time.sleep(0.01)
    worker.kill()
    worker.wait()


def test_a_scheduler_that_is_not_there_is_told(study: Command) -> None:
    ran = study("executor=dask", *RUN, "executor.address=tcp://127.0.0.1:9", "executor.timeout=1")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "no Dask scheduler answers there" in ran.err


def test_a_sweep_gives_the_same_bytes_whoever_plays_it(study: Command, results: Path) -> None:
    grid = (
        "ensemble.draws=300",
        "horizon=3",
        "client/rule=fixed",
        "patrons.russia.red_line=range(0.6,1.4,0.1)",
    )
    one = bytes_of(study("-m", *grid, "executor=serial").folder)
    two = bytes_of(study("-m", *grid, "executor=processes", "executor.workers=2").folder)
    assert {name for name in one if one[name] != two[name]} <= {"manifest.json"}
    assert set(one) == set(two)
