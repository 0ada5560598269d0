"""A progress bar that shows itself once a run takes longer than two seconds, and stays away where nobody
looks."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 2.0
"""Seconds before the bar shows."""


class Bar:
    """Counts draws on standard error; quiet unless that is a terminal."""

    def __init__(self, total: int, title: str) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=total)
        self._started, self._shown = time.monotonic(), False

    def __enter__(self) -> Bar:
        return self

    def advance(self, count: int) -> None:
        """Some more draws are done."""
        if not self._shown and time.monotonic() - self._started > PATIENCE:
            self._bar.start()
            self._shown = True
        self._bar.update(self._task, advance=count)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
