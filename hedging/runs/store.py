"""A long run in parts: some thousand draws each, played by anyone, written so that none is played twice."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from hedging import measures
from hedging.measures.catalogue import NULLS, TOTALS
from hedging.measures.outcome import Outcome
from hedging.measures.trajectories import Arm
from hedging.results.summary import PartBands
from hedging.runs.loop import Progress, blocks, play_some
from hedging.settings.settings import Settings
from hedging.studies.findings import gather
from hedging.world.arrays import Array
from hedging.world.chance import CHUNK

PART = 4 * CHUNK
"""Draws of a part; the same whoever plays it, so that the same bytes come out."""

EXACT = 100_000
"""Draws from which quantiles are read off thinned distributions: all of them would fill the disk."""

LAST = (
    *("reserves", "gdp", "market_debt", "legitimacy", "survival", "sovereign", "sovereignty", "autonomy"),
    *("debt", "concession", "warmth", "trade_share", "tension", "rents", "loyalty_rent"),
)
"""Series whose value at the end is kept for each draw."""

YEARS = (2016, 2019, 2024)
"""Years whose last quarter's regime is kept for each draw."""

DRAWS, PLAN = "draws.parquet", "plan.pickle"


@dataclass(frozen=True)
class Plan:
    """What every part of a run needs to know."""

    settings: Settings
    nulls: Mapping[str, Settings]
    outcomes: tuple[Outcome, ...]

    @property
    def exact(self) -> bool:
        """Whether quantiles are over all draws as they are."""
        return self.settings.draws < EXACT


@dataclass(frozen=True)
class Job:
    """One part: some draws of the plan that lies in a work folder, written there and beside the results."""

    work: Path
    out: Path
    plan: str  # what the plan hangs on, hashed
    number: int
    first: int
    count: int

    @property
    def mark(self) -> Path:
        """The file that says that the part is whole, and what its files hold."""
        return self.work / f"part-{self.number:05}.json"

    @property
    def draws(self) -> Path:
        """Its rows of the table of draws."""
        return self.out / DRAWS / f"part-{self.number:05}.parquet"

    def file(self, name: str) -> Path:
        """One of its files in the work folder."""
        return self.work / f"{name}-{self.number:05}.npy"

    @property
    def identity(self) -> dict[str, Any]:
        """Which part of which plan it is."""
        return {"plan": self.plan, "number": self.number, "first": self.first, "count": self.count}


def cut(draws: int, work: Path, out: Path, plan: str) -> list[Job]:
    """Cut a run into parts."""
    return [Job(work, out, plan, n, first, count) for n, (first, count) in enumerate(blocks(draws, PART))]


def prepare(settings: Settings, outcomes: Sequence[Outcome], work: Path) -> Plan:
    """Lay the plan of a run into its work folder, where every worker finds it."""
    plan = Plan(settings, {name: settings.under(name) for name in NULLS}, tuple(outcomes))
    _put(work / PLAN, lambda path: path.write_bytes(pickle.dumps(plan)))
    return plan


@lru_cache(maxsize=2)
def _plan(path: Path, identity: str) -> Plan:
    """Read a plan, once in a process: one that works for several runs must not take one for another."""
    plan: Plan = pickle.loads(path.read_bytes())
    return plan


def play_job(job: Job, progress: Progress = lambda count: None) -> None:
    """Play one part and write it: its draws, what the summary and the claims need, the draws kept whole.

    Each file takes its place whole, the mark that tells what they hold last.
    """
    plan = _plan(job.work / PLAN, job.plan)
    settings = plan.settings
    bands, tables, gathered, kept = PartBands(settings, job.count), [], [], []
    for first, count in blocks(job.count):
        block = play_some(settings, plan.nulls, job.first + first, count)
        bands.add(block.arm)
        draws = {"draw": np.arange(block.first, block.first + count)}
        tables.append(draws | block.sampled | columns(block.arm, settings.patrons))
        gathered.append(gather(block.arm, plan.outcomes))
        if block.first < settings.keep:
            kept.append(block)
        progress(count)
    files = [_put(job.draws, partial(_write_table, tables))]
    arrays: dict[str, Any] = dict(bands.arrays(plan.exact))
    arrays["claims"] = np.stack([*_joined(gathered).values()]) if plan.outcomes else np.empty((0, job.count))
    files += [_put(job.file(name), partial(_save, array=array)) for name, array in arrays.items()]
    if kept:
        whole = {f"array:{name}": a for name, a in _joined([block.arrays for block in kept]).items()}
        whole |= {f"number:{name}": a for name, a in _joined([block.sampled for block in kept]).items()}
        files.append(_put(job.file("kept"), partial(_save_all, arrays=whole)))
    told = {path.relative_to(job.out.parent).as_posix(): digest(path) for path in files}
    mark = {"part": job.identity, "files": told}
    _put(job.mark, lambda path: path.write_text(json.dumps(mark), encoding="utf-8"))


def _joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def columns(arm: Arm, patrons: tuple[str, ...]) -> dict[str, Any]:
    """One number a draw for draws.parquet: totals, the state at the end, regimes at dates; a patron's as
    `outcome.patron`."""
    found = {name: arm.total(name) for name in TOTALS}
    found |= {name: arm.series(name)[-1] for name in LAST}
    wide: dict[str, Any] = {}
    for name, array in found.items():
        if array.ndim == 1:
            wide[name] = array
        else:
            wide |= {f"{name}.{patron}": array[row] for row, patron in enumerate(patrons)}
    for year in YEARS:
        if (quarter := measures.year_end(year)) < len(arm.regime):
            wide[f"regime_{year}"] = np.asarray(measures.REGIMES)[arm.regime[quarter].astype(int)]
    return wide


def _put(path: Path, write: Callable[[Path], object]) -> Path:
    """Write a file beside its place and move it there whole."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex[:12]}")
    try:
        write(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _write_table(tables: Sequence[Mapping[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(_joined(tables)), path)


def _save(path: Path, array: Array) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _save_all(path: Path, arrays: Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(job: Job) -> bool:
    """Whether a part was played and all of its files are still what was written."""
    try:
        mark = json.loads(job.mark.read_text(encoding="utf-8"))
        files: dict[str, str] = mark["files"]
        own = job.draws.relative_to(job.out.parent).as_posix() in files
        return (
            own
            and mark["part"] == job.identity
            and all(digest(job.out.parent / name) == told for name, told in files.items())
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def drop_strays(jobs: Sequence[Job]) -> None:
    """Drop from the table of draws what is no part of it, as a worker that was killed may leave."""
    for path in set(jobs[0].draws.parent.iterdir()) - {job.draws for job in jobs}:
        path.unlink()


def read_parts(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """What the summary needs of every part; the long series stay on disk until they are looked at."""
    return [
        {
            "series": np.load(job.file("series"), mmap_mode="r"),
            "totals": np.load(job.file("totals")),
            "regimes": np.load(job.file("regimes")),
        }
        for job in jobs
    ]


def read_claims(jobs: Sequence[Job], names: Sequence[str]) -> dict[str, Array]:
    """What the claims look at, over all draws: by name, (1, draw)."""
    whole = np.concatenate([np.load(job.file("claims")) for job in jobs], axis=1)
    return {name: whole[row][None] for row, name in enumerate(names)}


def read_kept(jobs: Sequence[Job], keep: int) -> Iterator[dict[str, Array]]:
    """The draws kept whole: what was recorded of them, and the numbers they had."""
    found = [np.load(job.file("kept")) for job in jobs if job.first < keep]
    for kind in ("array:", "number:"):
        names = [name for name in found[0].files if name.startswith(kind)] if found else []
        yield {
            name.removeprefix(kind): np.concatenate([one[name] for one in found], axis=-1)[..., :keep]
            for name in names
        }
