"""From a sweep to jobs: which numbers can go in lockstep, and whether all that is asked for can be."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from hedging.errors import HedgingError
from hedging.runs.estimate import Options
from hedging.settings.compose import Tree, config_dir, plain, readable_errors
from hedging.settings.settings import Settings, read_settings
from hedging.studies.study import Study, is_study, read_study
from hydra_plugins.hedging_lockstep._splitting import Part
from hydra_plugins.hedging_lockstep.sweeper import NUMBERS

ASKED = "lockstep.asked"
"""The resolver that counts who reads a number."""

LONG = 1000
"""Values of an axis that are still written as a list."""


@dataclass(frozen=True)
class Job:
    """What is sent to the launcher, with what it was found to be."""

    overrides: tuple[str, ...]
    settings: Settings
    study: Study | None

    @property
    def points(self) -> int:
        """How many points it plays."""
        return self.study.grid.points if self.study else 1


@dataclass(frozen=True)
class Base:
    """A job without its axes, composed and read."""

    name: str
    overrides: tuple[str, ...]
    tree: Tree
    settings: Settings
    dirs: tuple[str, ...]


class Planner:
    """Finds the jobs of a sweep; composes and checks each as the launcher would.

    A number is swept in lockstep if it is a number of the model in every job, and if nothing else is read
    from it; otherwise each of its values becomes a job.
    """

    def __init__(
        self, config: DictConfig, loader: ConfigLoader, params: Mapping[str, str], options: Options
    ) -> None:
        self.config, self.loader, self.params, self.options = config, loader, dict(params), options

    def plan(self, parts: Sequence[Part]) -> list[Job]:
        """The jobs of a sweep, in the order of Hydra's basic sweeper.

        Raises:
            HedgingError: the first thing found, in any job, that cannot be.
        """
        lockstep = {part.path: part.numbers for part in parts if part.numbers is not None}
        while (bases := self._bases(parts, lockstep)) is None:
            pass  # a number was found that cannot go in lockstep, and taken out
        jobs = [self._job(base, lockstep) for base in bases]
        self.options.check(sum(job.points for job in jobs))
        return jobs

    def _bases(self, parts: Sequence[Part], lockstep: dict[str, tuple[float, ...]]) -> list[Base] | None:
        """Every job without its axes; None, and those taken out, where numbers cannot go in lockstep."""
        fixed = [part for part in parts if part.path not in lockstep]
        several = [part.swept for part in fixed]
        bases = []
        for texts in product(*(part.texts for part in fixed)):
            name = " ".join(text for text, one in zip(texts, several, strict=True) if one)
            with told_where(name):
                base, misfits = self._base(name, texts, tuple(lockstep))
            for path in misfits:
                del lockstep[path]
            if base is None or misfits:
                return None
            bases.append(base)
        return bases

    def _base(
        self, name: str, texts: tuple[str, ...], paths: Sequence[str]
    ) -> tuple[Base | None, Sequence[str]]:
        """Compose and read a job without its axes, and find the numbers that cannot be an axis of it."""
        with readable_errors(texts):
            config = self.loader.load_sweep_config(self.config, list(texts))
        if dict(config.hydra.sweeper.get("params") or {}) != self.params:
            raise HedgingError(
                "its file has hydra.sweeper.params of its own, which cannot be read where files are swept: "
                "run it alone, or write them as axes:"
            )
        sources = [source.path for source in config.hydra.runtime.config_sources if source.schema == "file"]
        dirs = tuple(path for path in sources if Path(path).resolve() != config_dir().resolve())
        with task_of(config) as task:
            absent = [path for path in paths if not _stands(task, path)]
            try:
                tree = plain(task)
                axes = {**(tree.get("axes") or {}), **{path: {"keys": [path]} for path in paths}}
                settings = read_settings(tree | {"axes": axes}, dirs)  # a design leaves out what is swept
            except HedgingError:
                if not paths:
                    raise
                return None, paths  # a value of theirs may be what is missing: try each
            absent += [p for p in paths if p not in absent and _other_name(settings, p)]
            misfits = absent or _read_elsewhere(task, {path: settings.numbers[path].value for path in paths})
        return Base(name, texts, tree, settings, dirs), misfits

    def _job(self, base: Base, lockstep: Mapping[str, tuple[float, ...]]) -> Job:
        """A job with its axes, all it says checked."""
        tree = dict(base.tree)
        own = dict(tree.get("axes") or {})
        with told_where(base.name):
            for path, values in lockstep.items():
                if path in own:
                    raise HedgingError(f"{path} is swept by the study already; drop one of the two")
                own[path] = {"values": list(values)}
            tree["axes"] = own
            overrides = base.overrides + ((write_axes(lockstep),) if lockstep else ())
            if lockstep and tree.get("claims"):  # they do not say where on these axes they should hold
                print(f"{tree['study']}: its claims and its figure are left out where numbers are swept")
                tree |= {"claims": [], "figure": None}
                overrides += ("claims=[]", "figure=null")
            settings = replace(base.settings, tree=tree)
            study = read_study(settings, overrides, base.dirs) if is_study(tree) else None
            for path, values in lockstep.items():
                for value in (min(values), max(values)):
                    _check_point(base, path, value)
        return Job(overrides, settings, study)


@contextmanager
def told_where(name: str) -> Iterator[None]:
    """Begin an error with the job it is about."""
    try:
        yield
    except HedgingError as error:
        raise HedgingError(f"{name}: {error}" if name else str(error)) from None


@contextmanager
def task_of(config: DictConfig) -> Iterator[DictConfig]:
    """What the task of a job would be given, while `${hydra:...}` in it is that job's."""
    around = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        task = copy.deepcopy(config)
        with read_write(task), open_dict(task):
            del task["hydra"]
        yield task
    finally:
        HydraConfig.instance().cfg = around


def write_axes(axes: Mapping[str, Sequence[float]]) -> str:
    """The override that brings axes to a job; a long one as a text, which Hydra reads faster."""
    nodes = []
    for path, values in axes.items():
        words = [repr(value).removesuffix(".0") for value in values]
        listed = f"[{','.join(words)}]" if len(words) <= LONG else f"${{{NUMBERS}:'{' '.join(words)}'}}"
        nodes.append(f"{path}:{{values:{listed}}}")
    return f"+axes={{{','.join(nodes)}}}"


def _stands(task: DictConfig, path: str) -> bool:
    """Whether a path leads to something of its own, not through an interpolation, and is not `???`."""
    node: Any = task
    *parents, last = path.split(".")
    for key in parents:
        if OmegaConf.is_interpolation(node, key):
            return False
        node = OmegaConf.select(node, key, throw_on_missing=False)
        if not isinstance(node, DictConfig):
            return False
    return last in node and not OmegaConf.is_missing(node, last)


def _other_name(settings: Settings, path: str) -> bool:
    """Whether a path is no number of the model, or the number is stated elsewhere than at its own path."""
    return path not in settings.numbers or settings.numbers[path].path != path


def _read_elsewhere(task: DictConfig, numbers: Mapping[str, float]) -> list[str]:
    """The numbers that something else is interpolated from: each is put behind a resolver that is counted."""
    asked = dict.fromkeys(numbers, 0)

    def ask(path: str) -> float:
        asked[path] += 1
        return numbers[path]

    OmegaConf.register_new_resolver(ASKED, ask, replace=True)
    try:
        probe = copy.deepcopy(task)
        for path in numbers:
            OmegaConf.update(probe, path, f"${{{ASKED}:'{path}'}}")
        OmegaConf.to_container(probe, resolve=True)
    except Exception:  # whatever a resolver raises at what it did not expect
        return list(numbers)
    finally:
        OmegaConf.clear_resolver(ASKED)
    return [path for path, count in asked.items() if count > 1]


def _check_point(base: Base, path: str, value: float) -> None:
    """Read the setting with one number pinned at an end of its axis, as a run of its own would."""
    *parents, last = path.split(".")
    tree = node = dict(base.tree)
    for key in parents:
        node[key] = dict(node[key])
        node = node[key]
    node[last] = value
    try:
        read_settings(tree, base.dirs)
    except HedgingError as error:
        raise HedgingError(f"at the point {path}={value:g}: {error}") from None
