"""The one loop: every rule, arm, point and draw of a study, in batches, played by any executor."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from hedging.errors import HedgingError
from hedging.runs.batch import Batch, Output, Plan, joined, path_weight, play_batch
from hedging.runs.executors import Progress, work_through
from hedging.settings.read import key, read
from hedging.studies.study import Study
from hedging.world.arrays import Array

PLAN, DRAWS, KEPT = "plan.pickle", "draws.parquet", "kept"
OPEN = 4096
"""Arrays of batches that are kept open."""


@dataclass(frozen=True)
class Outputs:
    """What all batches of a plan left, put together: an outcome, a series at a time."""

    plan: Plan
    batches: Sequence[Batch]
    get: Callable[[Batch, str], Any]
    _whole: dict[int, Array] = field(default_factory=dict, repr=False)

    def outcomes(self, play: int) -> Array:
        """The outcomes of a play, and how much each draw counts: (2, outcome, point, draw)."""
        if play not in self._whole:
            one = self.plan.plays[play]
            found = np.empty((2, len(one.outcomes), one.grid.points, one.settings.draws))
            for batch in self._batches(play):
                found[:, :, *batch.cell.within()] = self.get(batch, "outcomes")
            self._whole[play] = found
        return self._whole[play]

    def path(self, play: int, row: int) -> tuple[Array, Array]:
        """A series by its place among those of a play, and how much draws count: (point, row, draw) each."""
        one = self.plan.plays[play]
        shape = (2, one.grid.points, one.settings.horizon + 1, one.settings.draws)
        found, item = np.empty(shape), one.paths[row]
        for batch in self._batches(play):
            points, draws = batch.cell.within()
            found[0][points, :, draws] = self.get(batch, "paths")[row]
            found[1][points, :, draws] = path_weight(item, self.get(batch, "path_weights"))
        rows = item.rows(one.settings.horizon)
        return found[0][:, :rows], found[1][:, :rows]

    def thin(self, name: str) -> Array:
        """The thinned distributions of a plain run: (batch, ...)."""
        return np.stack([self.get(batch, name) for batch in self.batches])

    def kept(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """The draws kept whole: what was recorded of them, and the numbers they had."""
        holding = [batch for batch in self.batches if batch.cell.first < self.plan.keep]
        whole = joined([dict(self.get(batch, KEPT)) for batch in holding])
        arrays, numbers = (
            {n.removeprefix(kind): a[..., : self.plan.keep] for n, a in whole.items() if n.startswith(kind)}
            for kind in ("array:", "number:")
        )
        return arrays, numbers

    def _batches(self, play: int) -> list[Batch]:
        return [batch for batch in self.batches if batch.play == play]


def play_here(plan: Plan, executor: Any = None, progress: Progress = lambda count: None) -> Outputs:
    """Play all batches and hold what they leave in memory."""
    batches, found = plan.batches(), {}
    play = partial(play_batch, plan)
    for batch, output in work_through(batches, play, lambda batch: batch.cell.worlds, executor, progress):
        found[batch.number] = dict(output.arrays) | ({KEPT: output.kept} if output.kept else {})
    return Outputs(plan, batches, lambda batch, name: found[batch.number][name])


def play_into(
    store: Store, out: Path, plan: Plan, executor: Any = None, progress: Progress = lambda count: None
) -> Outputs:
    """Play the batches that a store does not hold whole yet, and see at the end that all of them are.

    Args:
        out: where the rows of draws.parquet go.

    Raises:
        HedgingError: a batch is not what was written though it was played again.
    """
    put_file(store.folder / PLAN, lambda path: path.write_bytes(pickle.dumps(plan)))
    batches = plan.batches()

    def missing() -> list[Batch]:
        return [batch for batch in batches if not store.whole(batch.name, _rows_of(plan, out, batch))]

    waiting = missing()
    lost = [batch.number for batch in waiting if store.mark(batch.name).exists()]
    progress(sum(b.cell.worlds for b in batches) - sum(b.cell.worlds for b in waiting))
    play = partial(_play_and_put, store, out)
    for _ in range(2):
        if lost:
            told = ", ".join(map(str, lost))
            print(f"played again, not being what was written: batches {told}", file=sys.stderr)
        for _ in work_through(waiting, play, lambda batch: batch.cell.worlds, executor, progress):
            pass
        waiting = missing()
        lost = [batch.number for batch in waiting]
        if not waiting:
            _drop_strays(plan, out, batches)
            return Outputs(plan, batches, lru_cache(OPEN)(lambda batch, name: store.get(batch.name, name)))
    raise HedgingError(
        f"batches {', '.join(map(str, lost))} of {out.parent} vanish as soon as they are written; see what "
        "deletes them, or choose another folder"
    )


def _play_and_put(store: Store, out: Path, batch: Batch, progress: Progress = lambda count: None) -> None:
    """Play one batch and write it: the work of a worker."""
    plan = _plan(store.folder / PLAN, store.made_by)
    output = play_batch(plan, batch, progress)
    rows = _rows_of(plan, out, batch)
    for path in rows:
        put_file(path, partial(_write_rows, output))
    arrays: dict[str, Array | Mapping[str, Array]] = dict(output.arrays)
    store.put(batch.name, arrays | ({KEPT: output.kept} if output.kept else {}), rows)


@lru_cache(maxsize=2)
def _plan(path: Path, made_by: str) -> Plan:
    """Read a plan, once in a process: one that works for several runs must not take one for another."""
    plan: Plan = pickle.loads(path.read_bytes())
    return plan


def _rows_of(plan: Plan, out: Path, batch: Batch) -> list[Path]:
    """Where the rows of a batch in the table of draws are, if it leaves any."""
    return [out / DRAWS / f"part-{batch.number:05}.parquet"] if plan.table else []


def _write_rows(output: Output, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(dict(output.rows)), path)


def _drop_strays(plan: Plan, out: Path, batches: Sequence[Batch]) -> None:
    """Drop from the table of draws what is no part of it, as a worker that was killed may leave."""
    if plan.table:
        for path in set((out / DRAWS).iterdir()) - {path for b in batches for path in _rows_of(plan, out, b)}:
            path.unlink()


@dataclass(frozen=True)
class Store:
    """A folder of batches, each some arrays by name, that were all made by the same setting and program.

    Files that belong to a batch may lie elsewhere below the folder that holds this one.

    A batch's files take their place whole, last the mark that tells what they hold; so one that a worker was
    killed over, or that was harmed since, is not whole.
    """

    folder: Path
    made_by: str
    """What the batches hang on, hashed."""

    def mark(self, batch: str) -> Path:
        """The file that says that a batch is whole, and what its files hold."""
        return self.folder / f"{batch}.json"

    def put(
        self, batch: str, arrays: Mapping[str, Array | Mapping[str, Array]], others: Iterable[Path] = ()
    ) -> None:
        """Write a batch: an array, or several in one, by name.

        Args:
            others: files elsewhere that were written for it.
        """
        files = [
            put_file(self._file(batch, name, array), partial(_save, array=array))
            for name, array in arrays.items()
        ]
        told = {self._name(path): digest(path) for path in (*files, *others)}
        mark = {"batch": batch, "made_by": self.made_by, "files": told}
        put_file(self.mark(batch), lambda path: path.write_text(json.dumps(mark), encoding="utf-8"))

    def whole(self, batch: str, others: Iterable[Path] = ()) -> bool:
        """Whether a batch was written, by the same setting and program, and its files are what they were."""
        try:
            mark = json.loads(self.mark(batch).read_text(encoding="utf-8"))
            files: dict[str, str] = mark["files"]
            return (
                (mark["batch"], mark["made_by"]) == (batch, self.made_by)
                and {self._name(path) for path in others} <= set(files)
                and all(digest(self.folder.parent / name) == told for name, told in files.items())
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return False

    def get(self, batch: str, name: str) -> Any:
        """Read an array of a batch, which stays on disk until it is looked at; or several by their names."""
        single = self.folder / f"{batch}-{name}.npy"
        path = single if single.exists() else single.with_suffix(".npz")
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def _name(self, path: Path) -> str:
        """A file as its place beside the folder: a store that is taken elsewhere stays whole."""
        return path.relative_to(self.folder.parent).as_posix()

    def _file(self, batch: str, name: str, array: object) -> Path:
        return self.folder / f"{batch}-{name}.{'npz' if isinstance(array, Mapping) else 'npy'}"


def _save(path: Path, array: Array | Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        if isinstance(array, Mapping):
            np.savez(file, **array)  # type: ignore[arg-type]
        else:
            np.save(file, array, allow_pickle=False)


def put_file(path: Path, write: Callable[[Path], object]) -> Path:
    """Write a file beside its place and move it there whole."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex[:12]}")
    try:
        write(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Limits:
    """What `sweep` says in a setting."""

    confirm: bool = key(False)
    dry: bool = key(False)
    limit: int = key(1_000_000, low=1, high=10**12)

    def check(self, points: int) -> None:
        """Stop at a sweep that is larger than meant.

        Raises:
            HedgingError: more points than the limit, and no word that they are wanted.
        """
        if points > self.limit and not (self.confirm or self.dry):
            told = f"the sweep has {points:,} points, more than sweep.limit={self.limit}"
            raise HedgingError(f"{told}: give fewer values, or write sweep.confirm=true to play them all")


def read_limits(node: Any) -> Limits:
    """Read `sweep`.

    Raises:
        HedgingError: a key or a value that cannot be.
    """
    if not isinstance(node, Mapping):
        raise HedgingError(f"sweep={node}: write sweep.confirm=true, sweep.dry=true or sweep.limit=<points>")
    return read(Limits, node, "sweep")


def describe(studies: Sequence[Study]) -> str:
    """Say how many points, draws, runs and worlds there are."""
    points, worlds = sum(study.grid.points for study in studies), sum(study.worlds for study in studies)
    draws = sorted({play.settings.draws for study in studies for play in study.plays})
    several = f"{draws[0]:,} to " * (len(draws) > 1)
    much = f"{_many(points, 'point')} x {several}{_many(draws[-1], 'draw')} in {_many(len(studies), 'run')}"
    return f"dry run, nothing is played or written: {much}, {_many(worlds, 'world')} in all"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
