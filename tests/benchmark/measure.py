"""How fast worlds are stepped and what they cost: a row per figure, medians of several repeats.

Rows of one run on one machine: only ratios mean anything elsewhere.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from hedging.runs.executors import cores, processes
from hedging.settings.settings import Settings, settings_for
from hedging.world.mesa import HedgingModel
from hedging.world.world import QUANTITIES, TERMS_ALONE, World, play_out

RULES = ("heuristic", "fixed", "bandwagon", "random", "aspiration", "quantal_response", "lookahead")
PHASES = ("calendar", "offers", "settlement", "economy", "politics", "relations", "utility")
COLUMNS = ("what", "case", "value", "unit", "low", "high", "repeats")
AT_ONCE = 4096
"""Worlds that are stepped together, as a run does."""

BATCH_RUN = """
import json, sys, time
from mesa.batchrunner import batch_run
from hedging import HedgingModel
def run(processes, worlds):
    begun = time.perf_counter()
    lines = {"patrons.russia.red_line": [0.6 + n / worlds for n in range(worlds)]}
    how = {"number_processes": processes, "data_collection_period": -1, "display_progress": False}
    batch_run(HedgingModel, lines, **how)
    return worlds / (time.perf_counter() - begun)
if __name__ == "__main__":
    worlds, repeats = map(int, sys.argv[1:])
    print(json.dumps({n: [run(n, worlds) for _ in range(repeats)] for n in (1, 2)}))
"""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """How much is measured: repeats, draws of a speed and of a whole run, worlds one by one, points of each
    axis of a sweep, points one by one, and draws under each rule."""

    repeats: int
    draws: tuple[int, ...]
    memory: tuple[int, ...]
    mesa: int
    points: int
    basic: int
    rules: int


FULL = Size(5, (1, 10, 100, 1_000, 10_000, 40_000), (10_000, 100_000, 1_000_000), 20, 100, 20, 400)
QUICK = Size(2, (1, 100), (500,), 2, 5, 2, 20)


def row(what: str, case: object, values: Sequence[float], unit: str) -> Row:
    """One figure: the median of its repeats, and the least and the most of them."""
    return what, str(case), median(values), unit, min(values), max(values), len(values)


def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each repeat, after one that is not counted."""
    return timeit.repeat(work, "gc.enable()", number=1, repeat=repeats + 1)[1:]


def bare(draws: int, *overrides: str) -> Settings:
    """The baseline with nothing kept."""
    return settings_for("baseline", [f"ensemble.draws={draws}", "ensemble.keep=0", "claims=[]", *overrides])


def play(settings: Settings, start: int = 0, stop: int | None = None) -> None:
    """Step draws of a setting to their end, in this process."""
    names, stop = [name for name in QUANTITIES if name != TERMS_ALONE], stop or settings.draws
    for first in range(start, stop, AT_ONCE):
        world = World(settings, first, min(AT_ONCE, stop - first))
        model = HedgingModel(world=world)
        play_out(world, names, model.advance)
        model.release()


def speed(size: Size) -> Iterator[Row]:
    """Worlds a second by draws on one core, and of the most draws on two that are warm."""
    for draws in size.draws:
        seconds = timed(partial(play, bare(draws)), size.repeats)
        yield row("one core", draws, [draws / s for s in seconds], "worlds/s")
    if cores() > 1:
        most = size.draws[-1]
        halves = [bare(most)] * 2, [0, most // 2], [most // 2, most]
        with processes(2) as pool:
            seconds = timed(lambda: list(pool.map(play, *halves)), size.repeats)
        yield row("two cores", most, [most / s for s in seconds], "worlds/s")


def against_mesa(size: Size) -> Iterator[Row]:
    """Mesa's batch_run of the same model, one world at a time, in one process and in two; in a program of its
    own, since it changes how processes start."""
    command = [sys.executable, "-c", BATCH_RUN, str(size.mesa), str(size.repeats)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for count, values in json.loads(done.stdout.splitlines()[-1]).items():
        yield row(f"Mesa batch_run, {count} process{'es' * (count != '1')}", 1, values, "worlds/s")


def sweep(size: Size) -> Iterator[Row]:
    """A sweep of two numbers in lockstep, and some of its points by Hydra's basic sweeper."""
    last, repeats = size.points - 0.5, range(min(size.repeats, 2))
    draws = ("-m", "ensemble.draws=100", "ensemble.keep=0")
    lines = f"patrons.russia.red_line=range(0.6,{0.6 + 0.01 * last:g},0.01)"
    rivalry = f"patrons.russia.rivalry.united_states=range(0,{0.02 * last:g},0.02)"
    some = f"patrons.russia.red_line={','.join(f'{0.6 + 0.01 * n:g}' for n in range(size.basic))}"
    lockstep = [_run(*draws, lines, rivalry)[0] for _ in repeats]
    each = [_run(*draws, "hydra/sweeper=basic", some)[0] / size.basic for _ in repeats]
    points = size.points**2
    yield row("sweep in lockstep", points, lockstep, "s")
    yield row("sweep by Hydra's basic sweeper, extrapolated", points, [one * points for one in each], "s")


def by_rule(size: Size) -> Iterator[Row]:
    """Cost of a world by client rule, over that of the heuristic."""
    usual = 0.0
    for rule in RULES:
        seconds = timed(partial(play, bare(size.rules, f"client/rule={rule}")), size.repeats)
        usual = usual or median(seconds)
        yield row("cost by rule", rule, [s / usual for s in seconds], "heuristics")


def by_phase(size: Size) -> Iterator[Row]:
    """Share of the time of a quarter in each phase, as a profiler sees it."""
    profile = cProfile.Profile()
    profile.runcall(play, bare(min(size.draws[-1], 4096)))
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = dict.fromkeys(("client's rule", *PHASES, "recording"), 0.0)
    whole = 0.0
    for (file, _, name), (_, _, _, total, callers) in stats.items():
        called = sum(times[3] for (_, _, caller), times in callers.items() if caller == "play_quarter")
        if Path(file).parent.name == "phases":
            seconds[Path(file).stem] += called
        elif name == "choose":
            seconds["client's rule"] += called
        elif name in ("note_state", "note_flows"):
            seconds["recording"] += total
        elif name == "play_quarter":
            whole += total
    seconds["the rest of it"] = whole + seconds["recording"] - sum(seconds.values())
    total = whole + seconds["recording"]
    for phase, spent in seconds.items():
        yield row("share of time", phase, [spent / total], "share")


def memory(size: Size) -> Iterator[Row]:
    """Peak memory of a whole run by draws, all its processes together."""
    for draws in size.memory:
        seconds, peak = _run("experiment=baseline", f"ensemble.draws={draws}")
        yield row("peak memory", draws, [peak / 2**20], "MiB")
        yield row("whole run", draws, [draws / seconds], "worlds/s")


def _run(*arguments: str) -> tuple[float, int]:
    """Seconds and peak memory in bytes of a run from the command line, into a temporary place."""
    import psutil

    with TemporaryDirectory() as place:
        begun, peak = time.perf_counter(), 0
        command = [sys.executable, "-m", "experiments.run", *arguments]
        around = {**os.environ, "HEDGING_RESULTS": place}
        run = subprocess.Popen(command, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while run.poll() is None:
            with suppress(psutil.Error):  # one has just ended: look again
                process = psutil.Process(run.pid)
                told = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
                # what processes share counts once where the system tells
                peak = max(peak, sum(getattr(one, "pss", one.rss) for one in told))
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.2)
    if run.returncode:
        raise SystemExit(f"error: {' '.join(arguments)} ended with status {run.returncode}")
    return time.perf_counter() - begun, peak


MEASURED = (speed, against_mesa, sweep, by_rule, by_phase, memory)


def ratios(table: pd.DataFrame) -> list[str]:
    """What the figures say, as ratios: a line each."""
    value = table.set_index(["what", "case"])["value"]
    ours, swept = value["one core"], value["sweep in lockstep"]
    share = swept.iloc[0] / value["sweep by Hydra's basic sweeper, extrapolated"].iloc[0]
    told = [
        f"One core steps {ours.max() / value['Mesa batch_run, 1 process'].iloc[0]:,.0f} times the worlds a "
        "second of Mesa's batch_run with one process.",
        f"A sweep of {int(swept.index[0]):,} points x 100 draws takes {share:.2%} of the time of Hydra's "
        "basic sweeper (extrapolated from a few points).",
        f"A world that looks ahead costs {value['cost by rule', 'lookahead']:.0f} of the heuristic's.",
    ]
    if "two cores" in value:
        pair = value["two cores"].iloc[0] / ours.iloc[-1]
        told.insert(1, f"Two cores step {pair:.2f} times the worlds of one.")
    peaks = [f"{mib:,.0f} MiB at {int(draws):,} draws" for draws, mib in value["peak memory"].items()]
    return [*told, f"Peak memory: {', '.join(peaks)}."]
