"""Measure how fast this is: ``python -m experiments.benchmark [--quick]`` writes results/benchmark/.

Worlds a second by draws and cores, against Mesa's own batch_run of the same model one world at a time; a
sweep of 10,000 points against Hydra's basic sweeper; cost by rule; peak memory by draws; time by phase of the
quarter. Medians of several repeats, all of one run on one machine: only ratios mean anything elsewhere.
"""

from __future__ import annotations

import cProfile
import json
import os
import platform
import pstats
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from hedging.measures.catalogue import RECORDED
from hedging.results.folder import staged
from hedging.results.places import results_dir
from hedging.runs.executors import cores
from hedging.runs.loop import blocks, play_block
from hedging.settings.settings import Settings, settings_for

RULES = ("heuristic", "fixed", "bandwagon", "random", "aspiration", "quantal_response", "lookahead")
FROM_PHASES = ("calendar", "offers", "settlement", "economy", "politics", "relations", "utility")
COLUMNS = ("what", "case", "value", "unit", "low", "high", "repeats")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    repeats: int
    draws: tuple[int, ...]
    memory: tuple[int, ...]
    mesa: int
    points: int
    basic: int
    rules: int


FULL = Size(5, (1, 10, 100, 1_000, 10_000, 40_000), (10_000, 100_000, 1_000_000), 20, 100, 20, 400)
QUICK = Size(2, (1, 100), (500,), 2, 5, 2, 20)

Row = dict[str, Any]


def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each repeat, after one that is not counted."""
    work()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return found


def row(what: str, case: object, values: Sequence[float], unit: str) -> Row:
    """One figure: the median of its repeats, and the least and the most of them."""
    numbers = (median(values), unit, min(values), max(values), len(values))
    return dict(zip(COLUMNS, (what, str(case), *numbers), strict=True))


def bare(draws: int, *overrides: str) -> Settings:
    """The baseline with nothing kept."""
    return settings_for("baseline", [f"ensemble.draws={draws}", "ensemble.keep=0", "claims=[]", *overrides])


def play_blocks(settings: Settings) -> None:
    """Step every draw of a setting to its end, in this process."""
    for first, count in blocks(settings.draws):
        play_block(settings, first, count, RECORDED)


def play_piece(piece: tuple[Settings, int, int], progress: Callable[[int], None] = lambda count: None) -> int:
    """Step some draws of a setting: what a worker does."""
    settings, start, draws = piece
    for first, count in blocks(draws):
        play_block(settings, start + first, count, RECORDED)
    return draws


def speed(size: Size) -> list[Row]:
    """Worlds a second by draws, on one core and on two."""
    found = []
    for draws in size.draws:
        settings = bare(draws)
        seconds = timed(lambda settings=settings: play_blocks(settings), size.repeats)  # type: ignore[misc]
        found.append(row("one core", draws, [draws / s for s in seconds], "worlds/s"))
    most = size.draws[-1]
    if cores() > 1:
        found += _two_cores(bare(most), size.repeats)
    return found


def _two_cores(settings: Settings, repeats: int) -> list[Row]:
    """Two processes that are warm, on halves of the same draws."""
    from hedging.runs.executors import processes

    half = settings.draws // 2
    pieces = [(settings, 0, half), (settings, half, settings.draws - half)]
    with processes(2) as pool:
        seconds = timed(lambda: list(pool.map(play_piece, pieces)), repeats)
    return [row("two cores", settings.draws, [settings.draws / s for s in seconds], "worlds/s")]


def against_mesa(size: Size) -> list[Row]:
    """Mesa's batch_run of the same model, one world at a time, in one process and in two; in a program of its
    own, since it changes how processes start."""
    program = (
        "import json, sys, time\n"
        "from mesa.batchrunner import batch_run\n"
        "from hedging import HedgingModel\n"
        "def run(processes, worlds):\n"
        "    begun = time.perf_counter()\n"
        "    lines = [0.6 + n / worlds for n in range(worlds)]\n"
        "    batch_run(HedgingModel, {'patrons.russia.red_line': lines}, number_processes=processes,"
        " data_collection_period=-1, display_progress=False)\n"
        "    return worlds / (time.perf_counter() - begun)\n"
        "if __name__ == '__main__':\n"
        "    worlds, repeats = map(int, sys.argv[1:])\n"
        "    print(json.dumps({n: [run(n, worlds) for _ in range(repeats)] for n in (1, 2)}))\n"
    )
    with TemporaryDirectory() as place:
        script = Path(place) / "one_by_one.py"
        script.write_text(program, encoding="utf-8")
        command = [sys.executable, str(script), str(size.mesa), str(size.repeats)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return [row(f"Mesa batch_run, {n} process{'es' * (n != '1')}", 1, told[n], "worlds/s") for n in told]


def sweep(size: Size) -> list[Row]:
    """A sweep of two numbers in lockstep, and some of its points by Hydra's basic sweeper."""
    grid = [
        f"patrons.russia.red_line=range(0.6,{0.6 + 0.01 * (size.points - 0.5):g},0.01)",
        f"patrons.russia.rivalry.united_states=range(0,{0.02 * (size.points - 0.5):g},0.02)",
    ]
    draws = ["ensemble.draws=100", "ensemble.keep=0"]
    some = ",".join(f"{0.6 + 0.01 * n:g}" for n in range(size.basic))
    basic = ["hydra/sweeper=basic", f"patrons.russia.red_line={some}"]
    lockstep = [_command(["-m", *draws, *grid]) for _ in range(min(size.repeats, 2))]
    each = [_command(["-m", *draws, *basic]) / size.basic for _ in range(min(size.repeats, 2))]
    points = size.points**2
    return [
        row("sweep in lockstep", points, lockstep, "s"),
        row("sweep by Hydra's basic sweeper, extrapolated", points, [one * points for one in each], "s"),
    ]


def _command(arguments: list[str]) -> float:
    """Seconds of a run from the command line."""
    with TemporaryDirectory() as place:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "experiments.run", *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, "HEDGING_RESULTS": place},
        )
        return time.perf_counter() - begun


def by_rule(size: Size) -> list[Row]:
    """Cost of a world by client rule, over that of the heuristic."""
    seconds = {}
    for rule in RULES:
        settings = bare(size.rules, f"client/rule={rule}")
        seconds[rule] = timed(lambda settings=settings: play_blocks(settings), size.repeats)  # type: ignore[misc]
    usual = median(seconds["heuristic"])
    return [
        row("cost by rule", rule, [s / usual for s in found], "heuristics") for rule, found in seconds.items()
    ]


def memory(size: Size) -> list[Row]:
    """Peak memory of a whole run by draws, all its processes together."""
    import psutil

    found = []
    for draws in size.memory:
        with TemporaryDirectory() as place:
            run = subprocess.Popen(
                [sys.executable, "-m", "experiments.run", "experiment=baseline", f"ensemble.draws={draws}"],
                env={**os.environ, "HEDGING_RESULTS": place},
                stdout=subprocess.DEVNULL,
            )
            peak, begun, process = 0, time.perf_counter(), psutil.Process(run.pid)
            while run.poll() is None:
                peak = max(peak, _resident(psutil, process))
                time.sleep(0.2)
            seconds = time.perf_counter() - begun
        if run.returncode:
            raise SystemExit(f"error: a run of {draws} draws ended with status {run.returncode}")
        found.append(row("peak memory", draws, [peak / 2**20], "MiB"))
        found.append(row("whole run", draws, [draws / seconds], "worlds/s"))
    return found


def _resident(psutil: Any, process: Any) -> int:
    """Memory of a process and of those it started; what they share counts once where the system tells."""
    total = 0
    for one in [process, *_children(psutil, process)]:
        try:
            about = one.memory_full_info()
            total += getattr(about, "pss", about.rss)
        except psutil.Error:
            continue
    return total


def _children(psutil: Any, process: Any) -> list[Any]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def by_phase(size: Size) -> list[Row]:
    """Share of the time of a quarter in each phase, as a profiler sees it."""
    settings = bare(min(size.draws[-1], 4096))
    profile = cProfile.Profile()
    profile.enable()
    play_blocks(settings)
    profile.disable()
    stats: dict[tuple[str, int, str], tuple[Any, ...]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds = dict.fromkeys(("client's rule", *FROM_PHASES, "recording"), 0.0)
    whole = 0.0
    for (file, _, name), (_, _, _, total, callers) in stats.items():
        place = Path(file)
        if name == "play_quarter":
            whole += total
        from_quarter = sum(times[3] for (_, _, caller), times in callers.items() if caller == "play_quarter")
        if place.parent.name == "phases":
            seconds[place.stem] += from_quarter
        elif name == "choose":
            seconds["client's rule"] += from_quarter
        elif name in ("note_state", "note_flows"):
            seconds["recording"] += total
    seconds["the rest of it"] = whole - sum(s for phase, s in seconds.items() if phase != "recording")
    total = whole + seconds["recording"]
    return [row("share of time", phase, [s / total], "share") for phase, s in seconds.items()]


MEASURES = (speed, against_mesa, sweep, by_rule, by_phase, memory)


def ratios(table: pd.DataFrame) -> list[str]:
    """What the figures say, as ratios: a line each."""
    value = {(w, c): v for w, c, v in zip(table["what"], table["case"], table["value"], strict=True)}
    draws = [int(c) for w, c in value if w == "one core"]
    best = max(value["one core", str(n)] for n in draws)
    one = value["Mesa batch_run, 1 process", "1"]
    told = [
        f"One core steps {best / one:,.0f} times the worlds a second of Mesa's batch_run with one process."
    ]
    if pair := value.get(("two cores", str(draws[-1]))):
        told.append(f"Two cores step {pair / value['one core', str(draws[-1])]:.2f} times the worlds of one.")
    (points,) = (c for w, c in value if w == "sweep in lockstep")
    share = value["sweep in lockstep", points] / value["sweep by Hydra's basic sweeper, extrapolated", points]
    told.append(
        f"A sweep of {int(points):,} points x 100 draws takes {share:.2%} of the time of Hydra's basic "
        "sweeper (extrapolated from a few points)."
    )
    told.append(
        f"A world that looks ahead costs {value['cost by rule', 'lookahead']:.0f} of the heuristic's."
    )
    peaks = [(int(c), v) for (w, c), v in value.items() if w == "peak memory"]
    told.append("Peak memory: " + ", ".join(f"{v:,.0f} MiB at {n:,} draws" for n, v in peaks) + ".")
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all, write the table and its figure, and say the ratios."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if set(words) - {"--quick"}:
        print(f"error: no option '{words[0]}': valid: --quick", file=sys.stderr)
        raise SystemExit(1)
    size = QUICK if words else FULL
    rows: list[Row] = []
    for measure in MEASURES:
        print(f"{measure.__name__.replace('_', ' ')} ...", file=sys.stderr, flush=True)
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            found = measure(size)
        rows += found
    table = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
    folder = results_dir() / ("scratch/benchmark" if words else "benchmark")
    with staged(folder) as stage:
        from experiments.benchmark_figure import draw

        table.to_csv(stage / "benchmark.csv", index=False, float_format="%.4g", lineterminator="\n")
        draw(table, stage / "benchmark.png")
        (stage / "README.md").write_text(report(table), encoding="utf-8")
    print(report(table), end="")
    print(f"Table and figure: {folder}/")


def report(table: pd.DataFrame) -> str:
    """The README of the folder."""
    lines = "\n".join(f"- {line}" for line in ratios(table))
    machine = f"{platform.system()}, Python {platform.python_version()}, {cores()} cores"
    return (
        "# Benchmark\n\nMade by `make benchmark`: medians of several repeats, all in one run on one machine\n"
        f"({machine}). Ratios are what carries over to another one.\n\n{lines}\n\n"
        "![Speed, cost by rule, time by phase and memory](benchmark.png)\n"
    )


if __name__ == "__main__":
    main()
