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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import Command, bytes_of, start

import hedging
from hedging.errors import HedgingError
from hedging.measures.aggregate import POINTS, of_thinned, thinned
from hedging.results.folder import staged, workplace
from hedging.results.save import save
from hedging.results.summary import QUANTILES
from hedging.runs import batch, executors, loop
from hedging.settings.settings import settings_for
from hedging.studies.study import read_study
from tests.strategies import blocks_of, joined, play_block, save_run

DRAWS = 3 * batch.BATCH + 100
RUN = ("client/rule=fixed", f"ensemble.draws={DRAWS}", "ensemble.keep=5", "horizon=3", "claims=[]")
CLAIMS = (
    "claims=[{text: it grows, kind: greater, more: {outcome: gdp}, less: {outcome: gdp@2015Q1}},"
    "{text: it hedges, kind: largest_share, outcome: regime.hedging}]"
)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])


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
        patch.setattr("hedging.plots.view.draw_figures", lambda *given: [])
        save_run(settings_for(None, (*RUN, "executor=serial")), folder)
    return folder


def saved(folder: Path, *overrides: str) -> dict[str, str]:
    save_run(settings_for(None, (*RUN, *overrides)), folder)
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


class Backwards(ThreadPoolExecutor):
    """An executor that ends what was begun last first."""

    def submit(self, fn: Callable[..., object], /, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        return super().submit(lambda: (time.sleep(0.3 / (1 + args[0].number)), fn(*args, **kwargs))[1])  # type: ignore[attr-defined]


def test_the_order_in_which_parts_end_does_not_matter(undisturbed: Path, tmp_path: Path) -> None:
    def shared(*asked: Any) -> Iterator[Any]:
        return executors.work_through(*asked[:3], pool, asked[4])

    with Backwards(4) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "work_through", shared)
        assert saved(tmp_path / "run") == bytes_of(undisturbed)


def test_a_draw_of_a_long_run_is_that_of_a_short_one(undisturbed: Path, tmp_path: Path) -> None:
    saved(tmp_path / "short", "ensemble.draws=50")
    short, long = (pd.read_parquet(folder / "draws.parquet") for folder in (tmp_path / "short", undisturbed))
    pd.testing.assert_frame_equal(short, long.head(50))


def test_a_part_does_not_hang_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(None, RUN)
    whole = play_block(settings, 0, 1500, ("reserves",)).arrays["reserves"]
    pieces = joined(blocks_of(replace(settings, draws=1500), 500, ("reserves",)))
    assert np.array_equal(whole, pieces["reserves"])


# Who does the work.


def test_little_work_stays_in_this_process_and_much_goes_on_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "cores", lambda: 2)
    monkeypatch.setattr(executors, "processes", lambda workers: ThreadPoolExecutor(2))
    assert executors.Auto().open(1.0) is None
    assert executors.Auto(workers=1).open(1e6) is None
    assert isinstance(executors.Auto().open(1e6), ThreadPoolExecutor)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("executor=clouds", "executor"),
        ("executor.name=clouds", "no name 'clouds' in executor: valid: auto, dask, mpi, processes, serial"),
        ("executor.workers=0", "executor.workers=0: it must be a whole number from 1"),
        ("+executor.threads=3", "no option 'threads'"),
        ("+executor._target_=builtins.dict", "no option '_target_'"),
        ("resume=perhaps", "resume=perhaps: write true or false"),
    ],
)
def test_an_executor_that_cannot_be_is_told_in_one_line(study: Command, override: str, words: str) -> None:
    ran = study("executor=processes", *RUN, override) if override[:10] != "executor=c" else study(override)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert words in ran.err


@pytest.mark.parametrize("dry", [(), ("sweep.dry=true",)])
@pytest.mark.parametrize("swept", [(), ("-m",)])
def test_no_command_of_a_stranger_s_file_is_run(
    study: Command, here: Path, dry: tuple[str, ...], swept: tuple[str, ...]
) -> None:
    theirs = here.parent / "theirs"
    (theirs / "executor").mkdir(parents=True)
    command = f"_target_: os.system\ncommand: touch {theirs / 'written'}\n"
    (theirs / "executor" / "mine.yaml").write_text(command)
    (theirs / "experiment").mkdir()
    (theirs / "experiment" / "theirs.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /executor: mine\nstudy: theirs\n"
    )
    ran = study(*swept, "--config-dir", str(theirs), "experiment=theirs", "ensemble.draws=9", *dry)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "executor=<one of auto, serial, processes, dask, mpi>" in ran.err
    assert not (theirs / "written").exists()


def test_an_executor_that_a_caller_brings_stays_open_and_begins_nothing_after_a_failure() -> None:
    done = []

    def work(job: int) -> int:
        if job == 0:
            raise ValueError("the first one fails")
        time.sleep(0.05)
        done.append(job)
        return job

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError, match="the first one fails"):
            list(executors.work_through(range(50), work, lambda job: 1, pool))
        assert pool.submit(work, 99).result() == 99
    assert len(done) < 5


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(HedgingError, match="a worker process died"):
        for _ in executors.work_through([1, 2], die, lambda job: 1, {"name": "processes"}):
            pass


def die(job: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# Interrupted, and gone on with.


def root_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.run")


def leave(folder: Path, whole: int, overrides: tuple[str, ...] = RUN) -> Path:
    """Play some batches of a run and die."""
    study = read_study(settings_for(None, overrides), overrides)
    played: list[int] = []
    real = loop.play_batch

    def some(plan: batch.Plan, one: batch.Batch, progress: batch.Progress) -> batch.Output:
        if len(played) == whole:
            raise RuntimeError("the power is gone")
        played.append(one.number)
        return real(plan, one, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "play_batch", some)
        with pytest.raises(RuntimeError, match="the power is gone"):
            save(study, folder, "x")
    return root_of(folder)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches that are played from now on."""
    played: list[int] = []
    real = loop.play_batch

    def count(plan: batch.Plan, one: batch.Batch, progress: batch.Progress) -> batch.Output:
        played.append(one.number)
        return real(plan, one, progress)

    monkeypatch.setattr(loop, "play_batch", count)
    return played


def test_what_was_done_is_not_done_again(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = leave(tmp_path / "run", 2)
    assert sorted(path.name for path in root.glob("work/batch-*.json")) == [
        "batch-00000.json",
        "batch-00001.json",
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
        (root / "work/batch-00001.json").write_text('{"out/dra')
    elif harm == "mark of another":
        shutil.copy(root / "work/batch-00002.json", root / "work/batch-00001.json")
    elif harm == "mark of nothing":
        (root / "work/batch-00001.json").write_text("{}")
    else:
        (root / "work/batch-00001-paths.npy").unlink()
    played = counted(monkeypatch)
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)
    assert played == [1, 3]
    assert "played again, not being what was written: batches 1" in capsys.readouterr().err


def test_a_part_that_vanishes_in_mid_run_is_played_again(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, seen = loop.play_batch, []

    def vanish(plan: batch.Plan, one: batch.Batch, progress: batch.Progress) -> batch.Output:
        seen.append(one.number)
        if seen == [0, 1, 2]:
            (root_of(tmp_path / "run") / "out/draws.parquet/part-00000.parquet").unlink()
        return real(plan, one, progress)

    monkeypatch.setattr(loop, "play_batch", vanish)
    assert saved(tmp_path / "run", "executor=serial") == bytes_of(undisturbed)
    assert seen == [0, 1, 2, 3, 0]
    assert "played again, not being what was written: batches 0" in capsys.readouterr().err


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
    with pytest.raises(
        HedgingError, match="holds 2 batches of an interrupted run; write resume=true to go on"
    ):
        saved(tmp_path / "run")
    assert len(list(root.glob("work/batch-*.json"))) == 2
    assert saved(tmp_path / "run", "resume=false") == bytes_of(undisturbed)


def test_parts_of_which_nobody_knows_how_they_were_made_are_not_used(
    undisturbed: Path, tmp_path: Path
) -> None:
    root = leave(tmp_path / "run", 2, (*RUN, "seed=99"))
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
        assert (tmp_path / ".run.lock").exists(), "the one refused took nothing away"


STUDY = (
    *("ensemble.draws=700", "ensemble.keep=0", "horizon=3", "measures=[gdp, reserves]", "paths=[reserves]"),
    *("+axes={zeta: {values: [0.4, 0.6, 0.8, 1, 1.2, 1.4], keys: [client.zeta]}}", "figure=null"),
    *("rules={fixed: {}, bandwagon: {draws: 300}}", "+arms={one: [], two: ['client.beta=0.9']}"),
)


def test_a_study_is_gone_on_with_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(None, STUDY)
    save(read_study(settings, STUDY), tmp_path / "whole", "x")
    leave(tmp_path / "run", 3, STUDY)
    goes_on = (*STUDY, "resume=true")
    played = counted(monkeypatch)
    save(read_study(settings_for(None, goes_on), goes_on), tmp_path / "run", "x")
    assert played == [3, 4, 5]  # of six: two a rule of 700 draws and an arm, one a rule of 300
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")


def test_a_study_with_another_arm_is_not_gone_on_with(tmp_path: Path) -> None:
    leave(tmp_path / "run", 3, STUDY)
    other = (*STUDY, "resume=true", "arms.two=['client.beta=0.8']")
    with pytest.raises(HedgingError, match=r"had arms\.two: .*take the change back"):
        save(read_study(settings_for(None, other), other), tmp_path / "run", "x")


def test_a_folder_is_lent_to_one_at_a_time(tmp_path: Path) -> None:
    with staged(tmp_path / "run"), pytest.raises(HedgingError, match="another run"), staged(tmp_path / "run"):
        pass


def test_resume_with_nothing_to_go_on_with_just_runs(undisturbed: Path, tmp_path: Path) -> None:
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(
    undisturbed: Path, study: Command, results: Path, here: Path, executor: str
) -> None:
    arguments = (*RUN, f"executor={executor}")
    process = start(arguments, results, here)
    begun = time.monotonic()
    while len(list(results.rglob("batch-*.json"))) < 2:
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
    real = loop._save

    def full(path: Path, array: Any) -> None:
        if "00002" in path.name:
            raise OSError(28, "No space left on device")
        real(path, array)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_save", full)
        with pytest.raises(HedgingError, match=r"No space left on device; .* 2 batches are kept"):
            saved(tmp_path / "run", "executor=serial")
    assert not list(root_of(tmp_path / "run").glob("**/.*.npy.*"))
    assert saved(tmp_path / "run", "resume=true") == bytes_of(undisturbed)


# Many draws.


def test_thinned_quantiles_lie_within_their_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    values = rng.gamma(2.0, size=(3, 40_000))
    weights = np.stack([np.ones(40_000), (rng.random(40_000) < 0.7) * 1.0, rng.random(40_000)])
    spans = [slice(at, at + 4000) for at in range(0, 40_000, 4000)]
    batches = np.stack([thinned(values[:, span], weights[:, span]) for span in spans])
    thin = of_thinned(batches, list(QUANTILES.values()))
    for row in range(3):
        used = weights[row] > 0
        order = np.argsort(values[row][used])
        rank = np.cumsum(weights[row][used][order]) / weights[row].sum()
        for place, probability in enumerate(QUANTILES.values()):
            at = np.searchsorted(values[row][used][order], thin[row, 1 + place])
            assert abs(rank[at] - probability) < 0.5 / POINTS + 1e-3
        assert thin[row, 0] == pytest.approx(np.average(values[row], weights=weights[row]))
        assert thin[row, -1] == used.sum()


def test_a_summary_of_thinned_parts_is_near_the_exact_one(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "EXACT", 1)
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


def test_claims_are_judged_on_all_batches(tmp_path: Path) -> None:
    hedging.simulate(None, [*RUN[:-1], CLAIMS, "executor=serial"], save=tmp_path / "long")
    table = pd.read_csv(tmp_path / "long" / "claims.csv")
    assert table["draws"][1] == DRAWS
    assert DRAWS - batch.BATCH < table["draws"][0] < DRAWS  # a fallen draw is not looked at


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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, started on the command line as a user would: address and workers."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(file)]
    begun = [subprocess.Popen([*dask, "--port", "0", "--dashboard-address", ":0"], **quiet)]  # type: ignore[call-overload]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    places = [folder / "one", folder / "two"]
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


def kill_once_begun(root: Path, worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker once the first part is written."""
    while not list(root.glob("work/batch-*.json")):
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
