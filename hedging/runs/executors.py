"""Who does the work: this process, several, a Dask cluster, an MPI job; all by one standard interface."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from multiprocessing import get_context, parent_process
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from hedging.errors import HedgingError, unknown

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = Callable[[int], None]

PATIENCE = 20.0
"""Seconds of work left from which it is worth starting processes, which takes some seconds itself."""


class Serial(Executor):
    """One thing after the other, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it at once."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            done.set_exception(error)
        return done

    def grown(self, seconds: float) -> Executor | None:
        """What should go on with work of some seconds in its place: nothing."""
        return None


class Auto(Serial):
    """Begins in this process, and lets several go on where much is left and there is more than one core."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers

    def grown(self, seconds: float) -> Executor | None:
        """Several processes, where they pay."""
        several = (_count(self.workers) or cores()) > 1 and not _runs_again()
        return processes(self.workers) if several and seconds > PATIENCE else None


def _runs_again() -> bool:
    """Whether a new process would run this program again, as it does a script that guards nothing."""
    main = sys.modules["__main__"]
    return getattr(main, "__spec__", None) is None and hasattr(main, "__file__")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(workers: int | None = None) -> Executor:
    """Several processes on this machine; an interrupt is the first one's to handle."""
    return ProcessPoolExecutor(
        _count(workers) or cores(), mp_context=get_context("spawn"), initializer=_begin_worker
    )


def _begin_worker() -> None:
    """Leave interrupts to the first process, and do not outlive it where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os._exit(1)


def dask(workers: int | None = None, address: str | None = None, timeout: float = 10.0) -> Executor:
    """A Dask cluster: one of this machine's cores, or the one whose scheduler is at the address.

    Raises:
        HedgingError: Dask is not installed, or nobody answers there.
    """
    distributed = _optional("distributed", "dask")
    try:
        if address is None:
            cluster = distributed.LocalCluster(n_workers=_count(workers) or cores(), threads_per_worker=1)
            client = distributed.Client(cluster)
        else:
            client = distributed.Client(address, timeout=timeout)
    except (OSError, TimeoutError, ValueError) as error:
        raise HedgingError(
            f"executor.address={address}: no Dask scheduler answers there ({error}); write "
            "tcp://<host>:<port>, or leave it out for one of our own"
        ) from None
    print(f"Dask dashboard: {client.dashboard_link}", flush=True)
    return _DaskExecutor(client)


class _DaskExecutor(Executor):
    """Dask's own executor, which closes its cluster when it is done."""

    def __init__(self, client: Any) -> None:
        self._client, self._inner = client, client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = self._inner.submit(fn, *args, **kwargs)
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait and not cancel_futures)
        cluster = self._client.cluster
        self._client.close()
        if cluster is not None:
            cluster.close()


def mpi(workers: int | None = None) -> Executor:
    """The processes of an MPI job.

    Raises:
        HedgingError: mpi4py is not installed.
    """
    futures = _optional("mpi4py.futures", "mpi")
    pool: Executor = futures.MPIPoolExecutor(_count(workers))
    return pool


def _optional(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise HedgingError(
            f"executor={extra}: {error}; install it: pip install 'hedging[{extra}]', or choose "
            "executor=processes"
        ) from None


def _count(workers: object) -> int | None:
    if workers is None:
        return None
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise HedgingError(f"executor.workers={workers}: it must be a whole number from 1, or null")
    return workers


def open_executor(node: Any) -> Executor:
    """Make the executor that a setting names; any callable that gives a concurrent.futures.Executor will do.

    Raises:
        HedgingError: it cannot be made.
    """
    if node is None:
        return Auto()
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise HedgingError(
            f"executor: '{node}' is none; choose executor=processes, and see configs/executor/"
        )
    module, _, name = str(node["_target_"]).rpartition(".")
    options = {str(key): value for key, value in node.items() if key != "_target_"}
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise HedgingError(f"executor._target_: cannot find '{node['_target_']}': {error}") from None
    try:
        made = make(**options)
    except TypeError as error:
        valid = [key for key in getattr(make, "__annotations__", {}) if key != "return"]
        for key in options:
            if valid and key not in valid:
                raise unknown("option", key, valid, f"executor ({name})") from None
        raise HedgingError(f"executor: {name} cannot be made so: {error}") from None
    if not isinstance(made, Executor):
        raise HedgingError(f"executor._target_: {node['_target_']} gives no concurrent.futures.Executor")
    return made


@contextmanager
def _closing(executor: Executor) -> Iterator[Executor]:
    """Close an executor: at the end, or at once where something went wrong, with nothing more begun."""
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


def work_through(
    jobs: Sequence[Job],
    play: Callable[..., Result],
    size: Callable[[Job], int],
    node: Any,
    progress: Progress = lambda count: None,
) -> Iterator[tuple[Job, Result]]:
    """Do all jobs with the executor that a setting names, and give each with its result as it ends.

    Args:
        play: what is done with a job; in this process it is told `progress` besides.
        size: how much a job counts, for progress.

    Raises:
        HedgingError: the executor cannot be made, or a worker of it died.
    """
    executor, left = open_executor(node), list(jobs)
    while left and isinstance(executor, Serial):
        started = monotonic()
        job = left.pop(0)
        yield job, executor.submit(partial(play, progress=progress), job).result()
        executor = executor.grown((monotonic() - started) * len(left)) or executor
    if not left:
        executor.shutdown()
        return
    with _closing(executor):
        try:
            waiting = {executor.submit(play, job): job for job in left}
            for done in as_completed(waiting):
                job = waiting.pop(done)
                result = done.result()
                progress(size(job))
                yield job, result
        except BrokenProcessPool:
            raise HedgingError(
                "a worker process died, perhaps for want of memory (take fewer: executor.workers=1), or as "
                "a script has no if __name__ == '__main__': before what it runs; go on with resume=true"
            ) from None
        except CancelledError:
            raise HedgingError(
                "the executor let go of the work, as a cluster does whose scheduler is gone; see to it, and "
                "go on with resume=true"
            ) from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("distributed", "mpi4py"):
                raise
            raise HedgingError(
                f"the cluster failed ({type(error).__name__}: {error}); see to it, and go on with resume=true"
            ) from None
