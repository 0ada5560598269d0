"""A folder that is written whole or not at all; a long run keeps what it has done until it is whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hedging.errors import HedgingError

MADE_BY, LOCK = "made_by.json", "lock"

WORTH_KEEPING = 2
"""Parts from which an interrupted run is kept: a short one is sooner played again."""


@dataclass(frozen=True)
class Workplace:
    """Where a folder is made: `out` takes its place in the end, `work` is then gone."""

    folder: Path

    @property
    def root(self) -> Path:
        """The hidden folder beside it that holds both."""
        return self.folder.with_name(f".{self.folder.name}.run")

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
        return len(list(self.work.glob("part-*.json"))) if self.out.exists() else 0

    @property
    def worth_keeping(self) -> bool:
        """Whether so much is done that it should not be lost."""
        return self.parts >= WORTH_KEEPING

    def begin(self, made_by: Mapping[str, str], resume: bool | None) -> None:
        """Make the folders anew, or find in them what an interrupted run has left.

        Raises:
            HedgingError: parts of an interrupted run are there and it was not said what to do with them, or
                they are to be used but were made by another setting or another program.
        """
        if resume is None and self.worth_keeping:
            raise HedgingError(
                f"{self.root} holds {self.parts} parts of an interrupted run; write resume=true to go on "
                "with it, or resume=false to begin anew"
            )
        if not (resume and self._made_by(made_by)):
            self.clear()
            self.work.mkdir()
            aside = self.work / f"{MADE_BY}.new"
            aside.write_text(json.dumps(made_by), encoding="utf-8")
            aside.replace(self.work / MADE_BY)
        self.out.mkdir(exist_ok=True)

    def _made_by(self, made_by: Mapping[str, str]) -> bool:
        """Whether what is there was made as it would be made now; not where nothing says how it was."""
        try:
            before = json.loads((self.work / MADE_BY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        changed = [key for key in sorted({*before, *made_by}) if before.get(key) != made_by.get(key)]
        if changed:
            key = changed[0]
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise HedgingError(
                f"resume=true: the interrupted run in {self.root} had {key}: {before.get(key, 'none')}, this "
                f"one has {made_by.get(key, 'none')}{more}; take the change back, or write resume=false to "
                "begin anew"
            )
        return True

    def clear(self) -> None:
        """Take away what was made so far."""
        for place in (self.out, self.work):
            shutil.rmtree(place, ignore_errors=True)

    def finish(self) -> None:
        """Let the results take their place, then drop what was needed for them."""
        self.out.chmod(0o755)
        if self.folder.exists():
            old = self._old()
            self.folder.rename(old)
            try:
                self.out.rename(self.folder)
            except BaseException:
                old.rename(self.folder)
                raise
            shutil.rmtree(old, ignore_errors=True)
        else:
            self.out.rename(self.folder)
        shutil.rmtree(self.work, ignore_errors=True)

    def restore(self) -> None:
        """Put the earlier results back where a run was killed between taking them away and its own in."""
        if self._old().exists() and not self.folder.exists():
            self._old().rename(self.folder)
        shutil.rmtree(self._old(), ignore_errors=True)

    def _old(self) -> Path:
        return self.root / "old"


@contextmanager
def workplace(folder: Path) -> Iterator[Workplace]:
    """Lend a place to make a folder in; what is in it stays while parts of a run are whole and the run is
    not.

    Raises:
        HedgingError: nothing can be written there, or another run is at work on the same folder.
    """
    place = Workplace(folder)
    try:
        with _alone(place):
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
def staged(folder: Path) -> Iterator[Path]:
    """Lend a folder to write into, which takes the place of `folder` when all went well and is gone
    otherwise.

    Raises:
        HedgingError: nothing can be written there, or another run is at work on the same folder.
    """
    with workplace(folder) as place:
        place.clear()
        place.out.mkdir()
        yield place.out
        place.finish()


@contextmanager
def _alone(place: Workplace) -> Iterator[None]:
    """Work on a place alone; what is not worth keeping is gone before the next one is let in."""
    lock, taken = FileLock(place.root / LOCK), False
    try:
        try:
            _check(place.folder)
            _take(lock, place.root)
            place.restore()
        except Timeout:
            taken = True
            raise HedgingError(
                f"another run is writing into {place.folder}: wait for it, or give this one a folder of its "
                "own"
            ) from None
        except OSError as error:
            raise HedgingError(
                f"cannot write results into {place.folder}: {error.strerror}; choose another folder"
            ) from None
        yield
    finally:
        if not taken and not place.worth_keeping:
            shutil.rmtree(place.root, ignore_errors=True)
        lock.release()


def _take(lock: FileLock, root: Path) -> None:
    """Take a lock whose file the one who had it may just have dropped: then it locks nobody out, so again."""
    while True:
        root.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
        held = lock._context.lock_file_fd
        try:
            if held is not None and os.path.samestat(os.fstat(held), (root / LOCK).stat()):
                return
        except FileNotFoundError:
            pass
        lock.release()


def _check(folder: Path) -> None:
    """See that results can be written into a folder, which is made later."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(20, "a file is in its place")
    if folder.exists() and not os.access(folder, os.W_OK):
        raise PermissionError(13, "Permission denied")
