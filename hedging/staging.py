"""A folder that is written whole or not at all; a long run keeps what it has done until it is whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hedging.errors import HedgingError

MADE_BY = "made_by.json"
LOCK = "lock"
WORTH_KEEPING = 2


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Lend a folder to write into, which takes the place of `folder` when all went well and is gone
    otherwise.

    Raises:
        HedgingError: nothing can be written there.
    """
    try:
        _check(folder)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise HedgingError(
            f"cannot write results into {folder}: {error.strerror}; choose another folder"
        ) from None
    try:
        yield stage
        _take_place(stage, folder)
    except OSError as error:
        raise HedgingError(
            f"cannot write results into {folder}: {error.strerror}; nothing there was changed"
        ) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _take_place(stage: Path, folder: Path) -> None:
    stage.chmod(0o755)
    if not folder.exists():
        stage.rename(folder)
        return
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    folder.rename(old)
    try:
        stage.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check(folder: Path) -> None:
    """See that results can be written into a folder, which is made later."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(20, "a file is in its place")
    if folder.exists() and not os.access(folder, os.W_OK):
        raise PermissionError(13, "Permission denied")


@dataclass(frozen=True)
class Workplace:
    """Where a run in parts is made: `out` takes the place of the results in the end, `work` is then gone."""

    folder: Path
    root: Path

    @property
    def out(self) -> Path:
        """What will be the results."""
        return self.root / "out"

    @property
    def work(self) -> Path:
        """What is only needed until they are whole."""
        return self.root / "work"

    @property
    def parts(self) -> int:
        """How many parts are said to be whole."""
        return len(list(self.work.glob("part-*.json")))

    @property
    def worth_keeping(self) -> bool:
        """Whether so much is done that it should not be lost: a short run is sooner played again."""
        return self.parts >= WORTH_KEEPING

    def begin(self, made_by: Mapping[str, str], resume: bool | None) -> None:
        """Make the folders anew, or find in them what an interrupted run has left.

        Raises:
            HedgingError: parts of an interrupted run are there and it was not said what to do with them, or
                they are to be used but were made by another setting or another program.
        """
        if resume or (resume is None and self.worth_keeping):
            self._find(made_by, resume)
        if not resume:
            for place in (self.out, self.work):
                shutil.rmtree(place, ignore_errors=True)
        for place in (self.out, self.work):
            place.mkdir(exist_ok=True)
        (self.work / MADE_BY).write_text(json.dumps(made_by), encoding="utf-8")

    def _find(self, made_by: Mapping[str, str], resume: bool | None) -> None:
        if resume is None:
            raise HedgingError(
                f"{self.root} holds {self.parts} parts of an interrupted run; write resume=true to go "
                "on with it, or resume=false to begin anew"
            )
        try:
            before = json.loads((self.work / MADE_BY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return  # nothing that could be gone on with
        changed = [key for key in sorted({*before, *made_by}) if before.get(key) != made_by.get(key)]
        if changed:
            key = changed[0]
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise HedgingError(
                f"resume=true: the interrupted run in {self.root} had {key}: {before.get(key, 'none')}, this "
                f"one has {made_by.get(key, 'none')}{more}; take the change back, or write resume=false to "
                "begin anew"
            )

    def finish(self) -> None:
        """Let the results take their place."""
        shutil.rmtree(self.work, ignore_errors=True)
        _take_place(self.out, self.folder)


@contextmanager
def workplace(folder: Path) -> Iterator[Workplace]:
    """Lend a place to make a run in; what is in it stays while parts of the run are whole and the run is not.

    Raises:
        HedgingError: nothing can be written there, or another run is at work on the same folder.
    """
    place = Workplace(folder, folder.with_name(f".{folder.name}.run"))
    lock = FileLock(place.root / LOCK)
    try:
        with _only(lock, folder):
            yield place
    except OSError as error:
        kept = f"; {place.parts} parts are kept: write resume=true to go on" if place.worth_keeping else ""
        raise HedgingError(
            f"cannot write results into {folder}: {error.strerror or error}; nothing there was changed{kept}"
        ) from None
    except KeyboardInterrupt:
        if not place.worth_keeping:
            raise
        raise KeyboardInterrupt(
            f"interrupted: {place.parts} parts are kept, write resume=true to go on; earlier results are as "
            "they were"
        ) from None


@contextmanager
def _only(lock: FileLock, folder: Path) -> Iterator[None]:
    """Work on a place alone; what is not worth keeping is gone afterwards."""
    root, taken = Path(lock.lock_file).parent, False
    try:
        try:
            _check(folder)
            root.mkdir(exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            taken = True
            raise HedgingError(
                f"another run is writing into {folder}: wait for it, or give this one a folder of its own"
            ) from None
        except OSError as error:
            raise HedgingError(
                f"cannot write results into {folder}: {error.strerror}; choose another folder"
            ) from None
        yield
    finally:
        lock.release()
        if not taken and not Workplace(folder, root).worth_keeping:
            shutil.rmtree(root, ignore_errors=True)
