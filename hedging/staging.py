"""A folder that is written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hedging.errors import HedgingError


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Lend a folder to write into, which takes the place of `folder` when all went well and is gone
    otherwise.

    Raises:
        HedgingError: nothing can be written there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(20, "a file is in its place")
        if folder.exists() and not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
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
