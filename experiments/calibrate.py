"""Fit the model to history: ``python -m experiments.calibrate [--quick] [--workers=2]``.

Draws worlds from the prior, rules out what is implausible, and anneals the rest to the posterior; recovers
planted truths, leaves targets out in turn, weighs the client's rules; writes results/calibration/. What is
done is kept, so that a run that was interrupted goes on where it stopped. With --quick next to nothing of
everything is run, into results/scratch/calibration-quick/.

``python -m experiments.calibrate verdicts [--quick] [study ...]`` plays studies under the fitted numbers and
writes what becomes of their claims beside what became of them under the prior.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from hedging.analysis.calibration import parts
from hedging.analysis.calibration.plan import Job, first_worlds, mark, read_job
from hedging.errors import HedgingError, unknown
from hedging.results.places import results_dir
from hedging.runs.executors import processes
from hedging.runs.progress import Bar

OPTIONS = ("--quick", "--workers", "--help")


def calibrate(job: Job, results: Path, executor: Executor, command: str, quick: bool = False) -> Path:
    """Run all parts that are not there yet, and write the folder.

    Returns: the folder.
    Raises:
        HedgingError: it cannot be written.
    """
    from hedging.analysis.calibration.findings import find
    from hedging.analysis.calibration.writing import write

    worlds = first_worlds(job)
    key = mark(job, worlds)
    folder = results / "scratch" / "calibration" / key[:8]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HedgingError(
            f"cannot keep parts in {folder}: {error.strerror}; choose another folder"
        ) from None
    for name, some in (("prior sample", parts.prior_parts(job)), ("posterior", parts.later_parts(job))):
        with Bar(len(some), f"calibration: {name}") as bar:
            parts.work_all(some, job, folder, executor, bar.advance)
    out = results / "scratch" / "calibration-quick" if quick else results / "calibration"
    write(find(job, folder), out, command, key, worlds)
    return out


def read_options(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Options by name, and the other words.

    Raises:
        HedgingError: an option that there is not.
    """
    options = {}
    for word in words:
        if word.startswith("-"):
            name, _, value = word.partition("=")
            if name not in OPTIONS:
                raise unknown("option", name, OPTIONS)
            options[name] = value
    return options, [word for word in words if not word.startswith("-")]


def _workers(options: dict[str, str]) -> int:
    text = options.get("--workers", "2")
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise HedgingError(f"--workers={text}: write a whole number from 1 to 1000")
    return int(text)


def _run(arguments: Sequence[str]) -> None:
    options, words = read_options(arguments)
    if "--help" in options:
        print(__doc__)
        return
    quick, started = "--quick" in options, time.monotonic()
    command = " ".join(["python -m experiments.calibrate", *arguments])
    with processes(_workers(options)) as executor:
        if words[:1] == ["verdicts"]:
            from hedging.analysis.calibration.verdicts import write_verdicts

            folder = write_verdicts(words[1:], results_dir(), executor, quick)
        elif words:
            raise unknown("word", words[0], ("verdicts",))
        else:
            folder = calibrate(read_job(quick), results_dir(), executor, command, quick)
    place = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(
        f"Written: {place}/ in {time.monotonic() - started:.0f} s; what was found is told in README.md there."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate, and turn every error of a user's making into one line."""
    try:
        _run(list(sys.argv[1:] if arguments is None else arguments))
    except HedgingError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print(
            "error: interrupted; the parts that are done are kept, the same command goes on", file=sys.stderr
        )
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
