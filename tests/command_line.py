"""How the tests run a study, and what they look at afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
TINY = ("ensemble=quick", "ensemble.draws=8", "ensemble.keep=0", "horizon=8")
"""The smallest run that still has draws to tell apart."""


@dataclass(frozen=True)
class Ran:
    """What a command said, and which run folders there are after it."""

    status: int
    out: str
    err: str
    folders: tuple[Path, ...]

    @property
    def folder(self) -> Path:
        """The one run folder there is."""
        assert self.status == 0, self.err
        (folder,) = self.folders
        return folder


Command = Callable[..., Ran]


@dataclass(frozen=True)
class Whole:
    """The same command run twice, figures and all, from a folder that was empty."""

    command: tuple[str, ...]
    first: Ran
    second: Ran
    here: Path


def run_folders(results: Path) -> tuple[Path, ...]:
    """Every run folder below a results folder."""
    return tuple(sorted(path.parent for path in results.rglob("manifest.json")))


def bytes_of(folder: Path) -> dict[str, str]:
    """A hash of every file below a folder, by its path there."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def start(arguments: tuple[str, ...], results: Path, here: Path) -> subprocess.Popen[str]:
    """Start ``python -m experiments.run`` as a user would, in a folder that is not the checkout."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.run", *arguments],
        cwd=here,
        env={**os.environ, "HEDGING_RESULTS": str(results), "TMPDIR": str(here.parent)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
