"""Committed studies made anew, and whether they give what was committed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from hedging.errors import HedgingError
from hedging.results.changes import changed_results, changed_settings
from hedging.results.folder import read_manifest
from hedging.results.freshness import stale
from hedging.results.manifest import replay_command, results_dir
from hedging.settings.settings import settings_for
from hedging.studies.study import read_study

AT_ONCE = 2
"""Studies that run side by side."""

NOT_KEPT = shutil.ignore_patterns("*.parquet", "*.nc")
"""What of a run folder is not kept with the code."""


@dataclass(frozen=True)
class Report:
    """How it went with one study: in one word, and what is to be said of it, a line each."""

    study: str
    word: str
    lines: list[str]
    good: bool
    seconds: float = 0.0

    def __str__(self) -> str:
        """All of it in one line, or in one more for each thing that moved."""
        alone = len(self.lines) == 1
        first = f"{self.study}: {self.word}" + (f": {self.lines[0]}" if alone else "")
        first += f"  [{self.seconds:.0f} s]" if self.seconds else ""
        return "\n    ".join([first, *([] if alone else self.lines)])


def command_of(study: str, *overrides: str) -> str:
    """The command that makes a study."""
    return replay_command("experiments.run", (), [f"experiment={study}", *overrides])


def play(study: str, results: Path, *overrides: str) -> float:
    """Run one study in a process of its own, as anyone would from the command line.

    Returns: the seconds it took.
    Raises:
        HedgingError: it failed; the last thing it said.
    """
    started = time.monotonic()
    words = [sys.executable, *shlex.split(command_of(study, *overrides))[1:]]
    quiet: Any = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "errors": "replace"}
    done = subprocess.run(words, env=os.environ | {"HEDGING_RESULTS": str(results)}, check=False, **quiet)
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = said[-1].removeprefix("error: ") if said else "it said nothing"
        raise HedgingError(f"{reason} (status {done.returncode})")
    return time.monotonic() - started


def _committed(study: str, place: Path) -> Path | None:
    """Lay a copy of what is committed of a study's results into a place: of the last commit, or of the folder
    as it lies where git does not know it. None where there is neither."""
    try:
        git = ["git", "-C", str(results_dir()), "archive", "--format=zip", "HEAD", study]
        found = subprocess.run(git, capture_output=True, check=False)
        if found.returncode == 0:
            ZipFile(BytesIO(found.stdout)).extractall(place)
            return place / study
    except OSError:  # there is no git here
        pass
    if not (results_dir() / study / "summary.csv").exists():
        return None
    return shutil.copytree(results_dir() / study, place / study, ignore=NOT_KEPT)


def _compared(study: str, before: Path | None) -> Report:
    """Hold the results that were just made against what was committed before."""
    if before is None:
        return Report(study, "new", ["nothing was committed to hold it against"], good=False)
    lines, settings = (
        changed_results(before, results_dir() / study),
        changed_settings(before, results_dir() / study),
    )
    return Report(study, "DIFFERS" if lines else "same", [*settings, *lines], good=not lines)


def _looked_at(study: str) -> Report:
    """See whether what is committed of a study is what it would give today."""
    folder = results_dir() / study
    lines = stale(folder, read_study(settings_for(study), (f"experiment={study}",)))
    if (told := read_manifest(folder).get("command")) not in (None, command_of(study)):
        lines.append(f"its manifest names another command: {told}")
    word = "runs, but its results are STALE" if lines else "runs, its results are fresh"
    return Report(study, word, lines, good=not lines)


def reproduce(names: Sequence[str], quick: bool) -> Iterator[Report]:
    """Run studies, two at a time, and report each as it ends.

    Each runs in a process of its own, whose command the manifest of its results must name. What is committed
    is copied before the first one runs; this process alone composes, as Hydra is not made for threads.

    Args:
        quick: run them small into a temporary place, and only look whether what is committed is fresh.
    """
    with TemporaryDirectory() as place, ThreadPoolExecutor(AT_ONCE) as pool:
        before = {} if quick else {name: _committed(name, Path(place) / "before") for name in names}
        results = Path(place) / "quick" if quick else results_dir()
        overrides = ["ensemble=quick"] if quick else []
        waiting = {pool.submit(play, name, results, *overrides): name for name in names}
        try:
            for done in as_completed(waiting):
                study = waiting[done]
                try:
                    seconds = done.result()
                    report = _looked_at(study) if quick else _compared(study, before[study])
                    yield replace(report, seconds=seconds)
                except (HedgingError, OSError) as error:
                    yield Report(study, "FAILED", [" ".join(str(error).split())], good=False)
        finally:
            pool.shutdown(cancel_futures=True)
