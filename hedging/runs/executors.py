"""Who does the work: this process, several, a Dask cluster, an MPI job, or what a caller brings."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context, parent_process
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hedging.errors import HedgingError
from hedging.settings.read import key, read, read_word

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int], None]
Opened = AbstractContextManager[Executor]

PATIENCE = 20.0
"""Seconds of work left from which it is worth starting processes, which takes some seconds itself."""


@dataclass(frozen=True)
class Serial:
    """One thing after the other, in this process."""

    def open(self, seconds: float) -> Opened | None:
        """Who goes on with work of about so many seconds, 0 where none is done yet; None is this process."""
        return None


@dataclass(frozen=True)
class Processes(Serial):
    """Several processes on this machine."""

    workers: int | None = key(None, low=1)

    def open(self, seconds: float) -> Opened | None:
        """The processes."""
        return processes(self.workers)


class Auto(Processes):
    """Begins in this process, and lets several go on where much is left and there is more than one core."""

    def open(self, seconds: float) -> Opened | None:
        """Several processes, where they pay."""
        several = (self.workers or cores()) > 1 and not _runs_again()
        return super().open(seconds) if several and seconds > PATIENCE else None


class MPI(Processes):
    """The processes of an MPI job."""

    def open(self, seconds: float) -> Opened | None:
        """Those that MPI has started.

        Raises:
            HedgingError: mpi4py is not installed.
        """
        pool: Executor = _optional("mpi4py.futures", "mpi").MPIPoolExecutor(self.workers)
        return pool


@dataclass(frozen=True)
class Dask(Processes):
    """A Dask cluster: one of this machine's cores, or the one whose scheduler is at the address."""

    address: str | None = key(None)
    timeout: float = key(10.0)

    @contextmanager
    def open(self, seconds: float) -> Iterator[Executor]:
        """The cluster's own executor; a cluster of our own is closed afterwards.

        Raises:
            HedgingError: Dask is not installed, or nobody answers there.
        """
        dask = _optional("distributed", "dask")
        try:
            own = None if self.address else dask.LocalCluster(self.workers or cores(), threads_per_worker=1)
            client = dask.Client(self.address or own, timeout=self.timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise HedgingError(
                f"executor.address={self.address}: no Dask scheduler answers there ({error}); write "
                "tcp://<host>:<port>, or leave it out for one of our own"
            ) from None
        print(f"Dask dashboard: {client.dashboard_link}", flush=True)
        with own or nullcontext(), client:
            yield client.get_executor(pure=False)


@dataclass(frozen=True)
class Brought(Serial):
    """An executor that a caller brings, who closes it."""

    executor: Executor

    def open(self, seconds: float) -> Opened | None:
        """The executor itself."""
        return nullcontext(self.executor)


SHIPPED = {"auto": Auto, "serial": Serial, "processes": Processes, "dask": Dask, "mpi": MPI}
"""The executors that a setting names."""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(workers: int | None = None) -> Executor:
    """Several processes on this machine; an interrupt is the first one's to handle."""
    return ProcessPoolExecutor(workers or cores(), mp_context=get_context("spawn"), initializer=_begin_worker)


def _runs_again() -> bool:
    """Whether a new process would run this program again, as it does a script that guards nothing."""
    main = sys.modules["__main__"]
    return getattr(main, "__spec__", None) is None and hasattr(main, "__file__")


def _begin_worker() -> None:
    """Leave interrupts to the first process, and do not outlive it where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _optional(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        how = f"pip install 'hedging[{extra}]', or choose executor=processes"
        raise HedgingError(f"executor={extra}: {error}; install it: {how}") from None


def read_executor(node: Any) -> Serial:
    """Read `executor`: one that ships by its name, alone or with its options, or an object that a caller
    brings. Nothing that a file names is called.

    Raises:
        HedgingError: no such executor, or an option that it has not.
    """
    if isinstance(node, Executor):
        return Brought(node)
    node = {"name": node} if isinstance(node, str) else node
    if node is None:
        return Auto()
    if not isinstance(node, Mapping) or "name" not in node:
        raise HedgingError(
            f"executor: '{node}' is no executor: choose one that ships by an override, executor=<one of "
            f"{', '.join(SHIPPED)}>, or bring an object of your own, hedging.simulate(..., executor=...)"
        )
    chosen = SHIPPED[read_word(node["name"], "executor.name", tuple(SHIPPED))]
    options = {name: value for name, value in node.items() if name != "name"}
    return read(chosen, options, "executor", what="option")


def work_through(
    jobs: Sequence[Item],
    play: Callable[..., Result],
    size: Callable[[Item], int],
    executor: Any,
    progress: Progress = lambda count: None,
) -> Iterator[tuple[Item, Result]]:
    """Do all jobs, and give each with its result as it ends.

    Args:
        play: what is done with a job; in this process it is told `progress` besides.
        size: how much a job counts, for progress.
        executor: what a setting says of it, or a concurrent.futures.Executor.

    Raises:
        HedgingError: the executor cannot be opened, or a worker of it died.
    """
    left, choice, seconds = list(jobs), read_executor(executor), 0.0
    while left and not (pool := choice.open(seconds)):
        started, job = monotonic(), left.pop(0)
        yield job, play(job, progress=progress)
        seconds = (monotonic() - started) * len(left)
    if left and pool:
        with pool as shared, _readable_failures():
            waiting = {shared.submit(play, job): job for job in left}
            try:
                for done in as_completed(waiting):
                    job = waiting.pop(done)
                    result = done.result()
                    progress(size(job))
                    yield job, result
            finally:  # where something went wrong nothing more is begun
                for future in waiting:
                    future.cancel()


@contextmanager
def _readable_failures() -> Iterator[None]:
    """Say in one line that a worker or a cluster failed."""
    try:
        yield
    except BrokenProcessPool:
        memory = "perhaps for want of memory (take fewer: executor.workers=1)"
        script = "as a script has no if __name__ == '__main__': before what it runs"
        raise HedgingError(f"a worker process died, {memory}, or {script}; go on with resume=true") from None
    except CancelledError:
        told = "the executor let go of the work, as a cluster does whose scheduler is gone"
        raise HedgingError(f"{told}; see to it, and go on with resume=true") from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("distributed", "mpi4py"):
            raise
        raise HedgingError(
            f"the cluster failed ({type(error).__name__}: {error}); see to it, and go on with resume=true"
        ) from None


SHOWN_AFTER = 2.0
"""Seconds before the bar shows."""


@contextmanager
def progress_bar(total: int, title: str) -> Iterator[Callable[[int], None]]:
    """Count on standard error, quiet unless that is a terminal; gives what is told of some more."""
    console, started = Console(stderr=True), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(title, total=total)

    def advance(count: int) -> None:
        if not bar.live.is_started and time.monotonic() - started > SHOWN_AFTER:
            bar.start()
        bar.update(task, advance=count)

    try:
        yield advance
    finally:
        bar.stop()
