"""Fit the model to history: ``python -m experiments.calibrate [--quick] [--workers=2]``.

Draws worlds from the prior, rules out what is implausible, and anneals the rest to the posterior; recovers
planted truths, leaves targets out in turn, weighs the client's rules; writes results/calibration/. What is
done is kept, so that a run that was interrupted goes on where it stopped. With --quick next to nothing of
everything is run, into results/scratch/calibration-quick/.

``python -m experiments.calibrate verdicts [--quick] [study ...]`` plays studies under the fitted numbers and
writes what becomes of their claims beside what became of them under the prior.
"""

from __future__ import annotations

import time

from experiments.shell import command, options_of
from hedging.analysis.calibration.batches import read_job
from hedging.analysis.calibration.calibrate import calibrate, write_verdicts
from hedging.errors import HedgingError, unknown
from hedging.results.manifest import from_here, replay_command, results_dir
from hedging.studies.shipped import chosen


@command("interrupted; what is done is kept, the same command goes on")
def main(words: list[str]) -> str:
    """Calibrate, or tell what becomes of claims."""
    options, rest = options_of(words, "--quick", "--workers")
    quick, started, workers = "--quick" in options, time.monotonic(), options.get("--workers", "2")
    if not workers.isdigit() or not 1 <= int(workers) <= 1000:
        raise HedgingError(f"--workers={workers}: write a whole number from 1 to 1000")
    executor = {"name": "processes", "workers": int(workers)}
    if rest[:1] == ["verdicts"]:
        folder = write_verdicts(chosen(rest[1:]), results_dir(), executor, quick)
    elif rest:
        raise unknown("word", rest[0], ("verdicts",))
    else:
        told = replay_command("experiments.calibrate", (), words)
        folder = calibrate(read_job(quick), results_dir(), executor, told, quick)
    seconds = time.monotonic() - started
    return f"Written: {from_here(folder)}/ in {seconds:.0f} s; what was found is told in README.md there."


if __name__ == "__main__":
    main()
