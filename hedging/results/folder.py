"""A folder that is written whole or not at all; a long run keeps what it has done until it is whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hedging.errors import HedgingError
from hedging.runs.loop import put_file

MADE_BY, MANIFEST = "made_by.json", "manifest.json"

WHOLE = "the setting, to the last digit"
"""What is told of a setting where no text of its inputs differs."""

WORTH_KEEPING = 2
"""Batches from which an interrupted run is kept: a short one is sooner played again."""


@dataclass(frozen=True)
class Workplace:
    """Where a folder is made: `out` takes its place in the end, `work` is then gone."""

    folder: Path

    @property
    def root(self) -> Path:
        """The hidden folder beside it that holds both."""
        return self.folder.with_name(f".{self.folder.name}.run")

    @property
    def lock(self) -> Path:
        """The file beside it that keeps others out."""
        return self.folder.parent / f".{self.folder.name}.lock"

    @property
    def out(self) -> Path:
        """What will be the results."""
        return self.root / "out"

    @property
    def work(self) -> Path:
        """What is only needed until they are whole."""
        return self.root / "work"

    @property
    def batches(self) -> int:
        """How many batches are said to be whole."""
        return len(list(self.work.glob("batch-*.json"))) if self.out.exists() else 0

    @property
    def worth_keeping(self) -> bool:
        """Whether so much is done that it should not be lost."""
        return self.batches >= WORTH_KEEPING

    def begin(self, made_by: Mapping[str, str], resume: bool | None) -> None:
        """Make the folders anew, or find in them what an interrupted run has left.

        Raises:
            HedgingError: batches of an interrupted run are there and it was not said what to do with them, or
                they are to be used but were made by another setting or another program.
        """
        if resume is None and self.worth_keeping:
            told = f"{self.root} holds {self.batches} batches of an interrupted run"
            raise HedgingError(f"{told}; write resume=true to go on with it, or resume=false to begin anew")
        if not (resume and self._made_by(made_by)):
            self.clear()
            put_file(self.work / MADE_BY, lambda path: path.write_text(json.dumps(made_by), encoding="utf-8"))
        self.out.mkdir(exist_ok=True)

    def _made_by(self, made_by: Mapping[str, str]) -> bool:
        """Whether what is there was made as it would be made now; not where nothing says how it was."""
        try:
            before = json.loads((self.work / MADE_BY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        changed = [key for key in sorted({*before, *made_by}) if before.get(key) != made_by.get(key)]
        if changed:
            key, others = changed[0], set(changed[1:]) - {WHOLE}
            more = f" and {len(others)} more" if others else ""
            was, is_now = (made.get(key, "none") for made in (before, made_by))
            told = f"the interrupted run in {self.root} had {key}: {was}, this one has {is_now}{more}"
            raise HedgingError(
                f"resume=true: {told}; take the change back, or write resume=false to begin anew"
            )
        return True

    def clear(self) -> None:
        """Take away what was made so far."""
        for place in (self.out, self.work):
            shutil.rmtree(place, ignore_errors=True)

    def leave(self) -> None:
        """Take away all that was made beside the folder, and nothing else that lies there."""
        self.restore()
        self.clear()
        with suppress(OSError):  # a user's own file is in it
            self.root.rmdir()

    def finish(self) -> None:
        """Let the results take their place, a user's own files beside them; then drop what was needed."""
        self.out.chmod(0o755)
        for path in foreign(self.folder):
            there = self.out / path.relative_to(self.folder)
            while there.exists():  # a result has that name now
                there = there.with_name(f"own-{there.name}")
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, there, follow_symlinks=False)
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
    """Lend a place to make a folder in; what is in it stays while batches of a run are whole and the run is
    not.

    Raises:
        HedgingError: nothing can be written there, it holds what is no result of this program, or another run
            is at work on the same folder.
    """
    place = Workplace(Path(os.path.realpath(folder)))  # where a link leads, which stays one
    try:
        with _alone(place):
            yield place
    except OSError as error:
        kept = f"; {place.batches} batches are kept: write resume=true to go on" * place.worth_keeping
        raise HedgingError(
            f"cannot write results into {folder}: {error.strerror or error}; nothing there was changed{kept}"
        ) from None
    except KeyboardInterrupt:
        if not place.worth_keeping:
            raise
        raise KeyboardInterrupt(
            f"interrupted: {place.batches} batches are kept, write resume=true to go on; earlier results are "
            "as they were"
        ) from None


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Lend a folder to write into, which takes the place of `folder` when all went well and is gone
    otherwise; a manifest says what it holds.

    Raises:
        HedgingError: nothing can be written there, it holds what is no result of this program, or another run
            is at work on the same folder.
    """
    with workplace(folder) as place:
        place.clear()
        place.out.mkdir()
        yield place.out
        if not (place.out / MANIFEST).exists():
            told = {"program": f"hedging {version('hedging')}", "outputs": dict.fromkeys(_names(place.out))}
            (place.out / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        place.finish()


def outputs_of(folder: Path) -> set[str] | None:
    """The files that a result says it holds, by its manifest; None where there is no manifest of this
    program's."""
    told = read_manifest(folder)
    outputs, ours = told.get("outputs"), "hedging" in str(told.get("versions") or told.get("program"))
    return {MANIFEST, *outputs} if isinstance(outputs, dict) and ours else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """What made a result; empty where it does not say."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def foreign(folder: Path) -> list[Path]:
    """The files in a result that it does not say it holds: a user's own."""
    own = outputs_of(folder) or set()
    return [folder / name for name in _names(folder) if name not in own]


def _names(folder: Path) -> list[str]:
    """Every file below a folder, by its place there."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in files)


@contextmanager
def _alone(place: Workplace) -> Iterator[None]:
    """Work on a place alone; what is not worth keeping is gone before the next one is let in."""
    lock = FileLock(place.lock)
    try:
        try:
            _check(place.folder)
            _take(lock, place.lock)
            place.root.mkdir(exist_ok=True)
            place.restore()
        except Timeout:
            told = f"another run is writing into {place.folder}"
            raise HedgingError(f"{told}: wait for it, or give this one a folder of its own") from None
        except OSError as error:
            raise HedgingError(
                f"cannot write results into {place.folder}: {error.strerror}; choose another folder"
            ) from None
        yield
    finally:
        if lock.is_locked:
            if not place.worth_keeping:
                place.leave()
            place.lock.unlink(missing_ok=True)
        lock.release()


def _take(lock: FileLock, path: Path) -> None:
    """Take a lock whose file the one who had it may just have dropped: then it locks nobody out, so again."""
    while True:
        lock.acquire(timeout=0)
        held = lock._context.lock_file_fd
        try:
            if held is not None and os.path.samestat(os.fstat(held), path.stat()):
                return
        except FileNotFoundError:
            pass
        lock.release()


def _check(folder: Path) -> None:
    """See that results can be written into a folder, which is made later, and that nothing is lost by it.

    Raises:
        HedgingError: it holds something and is no result of this program, or other results lie below it.
    """
    if Path.cwd().resolve().is_relative_to(folder.resolve()):
        raise HedgingError(
            f"{folder} is the current folder, or holds it; name a folder below, such as my_run"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(20, "a file is in its place")
    if not folder.exists():
        return
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "Permission denied")
    inner = next((path.parent for path in folder.rglob(MANIFEST) if path.parent != folder), None)
    if inner is not None:
        raise HedgingError(f"{folder} holds other results, as {inner.relative_to(folder)}; name another")
    if outputs_of(folder) is None and (names := _names(folder)):
        raise HedgingError(
            f"{folder} holds files that are no results of this program, as {names[0]}: they would be lost; "
            "name another folder"
        )
