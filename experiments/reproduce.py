"""Make results anew: ``python -m experiments.reproduce [--quick] [study ...]``; every study without a name.

Each study runs in a process of its own, two at a time, and its folder is replaced only by a whole one. Then
says of each whether it is the same as what was committed, or which numbers moved by how much. With --quick
studies run at ensemble=quick into a temporary place, and what is committed is only looked at for freshness.
Ends with status 0 if all is the same, 1 otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hedging.errors import HedgingError, unknown
from hedging.results.changes import changed_settings, moved
from hedging.results.freshness import KEPT, stale
from hedging.results.places import results_dir
from hedging.settings.compose import config_dir
from hedging.settings.settings import settings_for

AT_ONCE = 2
"""Studies that run side by side."""


@dataclass(frozen=True)
class Report:
    """How it went with one study: in one word, and what is to be said of it, a line each."""

    study: str
    word: str
    lines: list[str]
    good: bool
    seconds: float = 0.0


def studies() -> list[str]:
    """Every study that ships."""
    return sorted(path.stem for path in (config_dir() / "experiment").glob("*.yaml"))


def chosen(names: Sequence[str]) -> list[str]:
    """The studies asked for, each once; all without a name.

    Raises:
        HedgingError: a study that does not ship.
    """
    known = studies()
    for name in names:
        if name not in known:
            raise unknown("study", name, known, "configs/experiment")
    return list(dict.fromkeys(names)) or known


def play(study: str, results: Path, *overrides: str) -> float:
    """Run one study in a process of its own, as anyone would from the command line.

    Returns: the seconds it took.
    Raises:
        HedgingError: it failed; the last thing it said.
    """
    command = [sys.executable, "-m", "experiments.run", f"experiment={study}", *overrides]
    started = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, "HEDGING_RESULTS": str(results)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = said[-1].removeprefix("error: ") if said else "it said nothing"
        raise HedgingError(f"{reason} (status {done.returncode})")
    return time.monotonic() - started


def committed(study: str, place: Path) -> Path | None:
    """Lay a copy of what is committed of a study's results into a place: of the last commit, or of the folder
    as it lies where git does not know it. None where there is neither."""
    copy = place / study
    git = ["git", "-C", str(results_dir()), "archive", "--format=tar", "HEAD", study]
    try:
        found = subprocess.run(git, capture_output=True, check=False)
        if found.returncode == 0:
            copy.mkdir(parents=True)
            _unpack(found.stdout, copy)
            return copy
    except OSError:  # there is no git here
        pass
    folder = results_dir() / study
    if not (folder / "summary.csv").exists():
        return None
    copy.mkdir(parents=True)
    for path in folder.iterdir():
        if path.suffix in (*KEPT, ".json"):
            shutil.copyfile(path, copy / path.name)
    return copy


def _unpack(archive: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        for member in tar:
            if held := tar.extractfile(member) if member.isfile() else None:
                (folder / Path(member.name).name).write_bytes(held.read())


def compared(study: str, before: Path | None) -> Report:
    """Hold the results that were just made against what was committed before."""
    if before is None:
        return Report(study, "new", ["nothing was committed to hold it against"], good=False)
    lines, settings = moved(before, results_dir() / study), changed_settings(before, results_dir() / study)
    return Report(study, "DIFFERS" if lines else "same", [*settings, *lines], good=not lines)


def looked_at(study: str) -> Report:
    """See whether what is committed of a study is what it would give today."""
    lines = stale(results_dir() / study, settings_for(study))
    word = "runs, but its results are STALE" if lines else "runs, its results are fresh"
    return Report(study, word, lines, good=not lines)


def run_all(names: Sequence[str], quick: bool) -> Iterator[Report]:
    """Run studies, two at a time, and report each as it ends.

    What is committed is copied before the first one runs; this process alone composes, as Hydra is not made
    for threads.
    """
    with TemporaryDirectory() as place, ThreadPoolExecutor(AT_ONCE) as pool:
        before = {} if quick else {name: committed(name, Path(place) / "before") for name in names}
        results = Path(place) / "quick" if quick else results_dir()
        overrides = ["ensemble=quick"] if quick else []
        waiting = {pool.submit(play, name, results, *overrides): name for name in names}
        try:
            for done in as_completed(waiting):
                study = waiting[done]
                try:
                    seconds = done.result()
                    report = looked_at(study) if quick else compared(study, before[study])
                    yield replace(report, seconds=seconds)
                except (HedgingError, OSError) as error:
                    yield Report(study, "FAILED", [" ".join(str(error).split())], good=False)
        finally:
            pool.shutdown(cancel_futures=True)


def tell(report: Report) -> None:
    """Say how it went with a study: in one line, or one more for each thing that moved."""
    alone = len(report.lines) == 1
    first = f"{report.study}: {report.word}" + (f": {report.lines[0]}" if alone else "")
    first += f"  [{report.seconds:.0f} s]" if report.seconds else ""
    print("\n    ".join([first, *([] if alone else report.lines)]), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the studies that the arguments name anew, and say what changed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return
    options = [word for word in words if word.startswith("-")]
    try:
        for option in options:
            if option != "--quick":
                raise unknown("option", option, ("--quick", "--help"))
        names = chosen([word for word in words if word not in options])
        reports = []
        for report in run_all(names, bool(options)):
            tell(report)
            reports.append(report)
    except HedgingError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("error: interrupted; what was whole by then stays, the rest is as it was", file=sys.stderr)
        raise SystemExit(130) from None
    bad = sorted(report.study for report in reports if not report.good)
    print(
        f"{len(reports) - len(bad)} of {len(reports)} as committed"
        + (f"; not: {', '.join(bad)}" if bad else "")
    )
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
