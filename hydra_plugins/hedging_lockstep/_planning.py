"""The overrides of a sweep, read: what each may be, and which could be an axis of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import ceil, prod
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep, Transformer
from omegaconf import DictConfig, OmegaConf

from hedging.errors import HedgingError
from hedging.runs.executors import read_executor
from hedging.runs.loop import Limits
from hedging.settings.compose import plain, readable_errors, user_config_dirs
from hedging.settings.read import read_float
from hedging.settings.settings import Settings, read_settings
from hedging.studies.study import Study, read_study


@dataclass(frozen=True)
class Choice:
    """One override of a sweep and the values it takes; `numbers` where each of several is a number."""

    path: str
    texts: tuple[str, ...]
    numbers: tuple[float, ...] | None = None


def read_choices(params: Sequence[Override], given: Sequence[Override], limits: Limits) -> list[Choice]:
    """Read the overrides of a sweep: those of hydra.sweeper.params, then those given, which come before them.

    Raises:
        HedgingError: a key swept and given again, a sweep without a value, more points than the limit.
    """
    again = {_place(override) for override in given}
    for several in (params, given):
        _check_once(several)
    overrides = [*(override for override in params if _place(override) not in again), *given]
    limits.check(prod(_count(override) for override in overrides))
    choices = [_read(override) for override in overrides]
    return [replace(choice, numbers=None) if _is_touched(choice, choices) else choice for choice in choices]


def _place(override: Override) -> str:
    return override.get_key_element().lstrip("+")


def _check_once(overrides: Sequence[Override]) -> None:
    """See that what is swept is given once: of two, Hydra would drop the first without a word."""
    seen: dict[str, Override] = {}
    for override in overrides:
        first = seen.setdefault(_place(override), override)
        if first is not override and (first.is_sweep_override() or override.is_sweep_override()):
            both = f"as '{first.input_line}' and as '{override.input_line}'"
            raise HedgingError(f"{_place(override)} is given twice, {both}; drop one of them")


def _count(override: Override) -> int:
    """How many values an override takes, without listing a range.

    Raises:
        HedgingError: none, or more than can be counted.
    """
    line, value = override.input_line, override.value()
    if not override.is_sweep_override():
        return 1
    if not override.is_discrete_sweep():
        raise HedgingError(f"'{line}': an interval has no values to run; write range(start,stop,step)")
    if isinstance(value, RangeSweep):
        start, stop, step = (Decimal(x) for x in (value.start or 0, value.stop or 0, value.step))
        if not step or not all(x.is_finite() for x in (start, stop, step)):
            raise HedgingError(f"'{line}': a range needs a finite step other than 0")
        count = max(ceil((stop - start) / step), 0)
    else:
        count = sum(1 for _ in override.sweep_iterator())
    if not count:
        hint = "a range runs from its start up to before its stop, as in range(0,1,0.1)"
        raise HedgingError(f"'{line}' holds no value; {hint}, and a glob must match a file")
    return count


def _read(override: Override) -> Choice:
    """The values of one override, and what each is in a job of its own."""
    path = override.key_or_group
    if not override.is_sweep_override():
        return Choice(path, (str(override.input_line),))
    texts = tuple(f"{override.get_key_element()}={Transformer.str(value)}" for value in _values(override))
    plain = not override.is_add() and override.package is None
    return Choice(path, texts, _numbers(override) if plain and len(texts) > 1 else None)


def _values(override: Override) -> list[Any]:
    """The values of a sweep; those of a range to 12 digits, so that 0.67 is not 0.6699999999999999."""
    ranged = override.is_range_sweep()
    values = override.sweep_iterator()
    return [float(f"{value:.12g}") if ranged and isinstance(value, float) else value for value in values]


def _numbers(override: Override) -> tuple[float, ...] | None:
    """The values of a sweep as numbers, in the order written: in lockstep all is played at once, and no order
    is left to shuffle. None where one is no number."""
    sweep: Any = override.value()
    if isinstance(sweep, ChoiceSweep | RangeSweep):
        override = replace(override, _value=replace(sweep, shuffle=False))
    try:
        return tuple(read_float(getattr(value, "text", value), "") for value in _values(override))
    except HedgingError:
        return None


def _is_touched(choice: Choice, choices: Sequence[Choice]) -> bool:
    """Whether another override is about something within it, or all around it: then it can be no axis."""
    nodes = [other.path for other in choices if any("={" in text for text in other.texts)]
    around = any(choice.path.startswith(f"{path}.") for path in nodes)
    return around or any(other.path.startswith(f"{choice.path}.") for other in choices)


ASKED = "lockstep.asked"
"""The resolver that counts who reads a number."""

NUMBERS = "lockstep.numbers"
"""The resolver that reads a long list of values from one text: a list of n Hydra reads in n * n steps."""

LONG = 1000
"""Values of an axis that are still written as a list."""

Lockstep = dict[str, tuple[float, ...]]


def write_axes(axes: Mapping[str, Sequence[float]]) -> str:
    """The override that brings axes to a job; a long one as a text, which Hydra reads faster."""
    nodes = []
    for path, values in axes.items():
        words = [repr(value).removesuffix(".0") for value in values]
        listed = f"[{','.join(words)}]" if len(words) <= LONG else f"${{{NUMBERS}:'{' '.join(words)}'}}"
        nodes.append(f"{path}:{{values:{listed}}}")
    return f"+axes={{{','.join(nodes)}}}"


@dataclass(frozen=True)
class Composed:
    """A run without its axes, composed and read."""

    overrides: tuple[str, ...]
    name: str  # what tells it from the others
    settings: Settings
    dirs: tuple[str, ...]


@dataclass(frozen=True)
class Planner:
    """Finds the runs of a sweep; composes and checks each as the launcher would.

    A number is swept in lockstep if it is a number of the model in every run, and if nothing else is read
    from it; otherwise each of its values becomes a run.
    """

    config: DictConfig
    loader: ConfigLoader
    params: Mapping[str, str]
    limits: Limits

    def plan(self, choices: Sequence[Choice]) -> list[tuple[tuple[str, ...], Study]]:
        """The overrides of each run of a sweep and the study that it was found to be, in the order of Hydra's
        basic sweeper.

        Raises:
            HedgingError: the first thing found, in any run, that cannot be.
        """
        lockstep = {choice.path: choice.numbers for choice in choices if choice.numbers is not None}
        fixed, runs = [choice for choice in choices if choice.numbers is None], []
        for texts in product(*(choice.texts for choice in fixed)):
            name = " ".join(text for text, choice in zip(texts, fixed, strict=True) if len(choice.texts) > 1)
            with told_where(name):
                found = self._read(name, texts, tuple(lockstep))
            if not isinstance(found, Composed):  # numbers that cannot go in lockstep: each value is a run
                return self.plan([replace(c, numbers=None) if c.path in found else c for c in choices])
            runs.append(found)
        planned = [_with_axes(run, lockstep) for run in runs]
        self.limits.check(sum(study.grid.points for _, study in planned))
        return planned

    def _read(self, name: str, texts: tuple[str, ...], paths: Sequence[str]) -> Composed | Sequence[str]:
        """Compose and read a run without its axes; or the numbers that cannot be an axis of it."""
        with readable_errors(texts):
            config = self.loader.load_sweep_config(self.config, list(texts))
        if dict(config.hydra.sweeper.get("params") or {}) != dict(self.params):
            told = "its file has hydra.sweeper.params of its own, which cannot be read where files are swept"
            raise HedgingError(f"{told}: run it alone, or write them as axes:")
        with task_of(config) as task:
            dirs = user_config_dirs()
            try:
                tree = plain(task)
                swept = {path: {"keys": [path]} for path in paths}  # which a design leaves out
                settings = read_settings(tree | {"axes": {**(tree.get("axes") or {}), **swept}}, dirs)
            except HedgingError:
                if not paths:
                    raise
                return paths  # a value of theirs may be what is missing: try each
            numbers = settings.numbers
            strange = [path for path in paths if path not in numbers or numbers[path].path != path]
            misfits = strange or _read_twice(task, {path: numbers[path].value for path in paths})
        return misfits or Composed(texts, name, replace(settings, tree=tree), dirs)


@contextmanager
def told_where(name: str) -> Iterator[None]:
    """Begin an error with the run it is about."""
    try:
        yield
    except HedgingError as error:
        raise HedgingError(f"{name}: {error}" if name else str(error)) from None


@contextmanager
def task_of(config: DictConfig) -> Iterator[DictConfig]:
    """What the task of a run would be given, while `${hydra:...}` in it is that job's."""
    around = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        yield OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    finally:
        HydraConfig.instance().cfg = around


def _read_twice(task: DictConfig, numbers: Mapping[str, float]) -> list[str]:
    """The numbers that something else is interpolated from: each is put behind a resolver that is counted."""
    asked = []

    def ask(path: str) -> float:
        asked.append(path)
        return numbers[path]

    OmegaConf.register_new_resolver(ASKED, ask, replace=True)
    try:
        probe = deepcopy(task)
        for path in numbers:
            OmegaConf.update(probe, path, f"${{{ASKED}:'{path}'}}")
        OmegaConf.to_container(probe, resolve=True)
    except Exception:  # whatever a resolver raises at what it did not expect
        return list(numbers)
    finally:
        OmegaConf.clear_resolver(ASKED)
    return [path for path in numbers if asked.count(path) > 1]


def _with_axes(run: Composed, lockstep: Lockstep) -> tuple[tuple[str, ...], Study]:
    """The overrides of a run with its axes, and its study, all it says checked."""
    tree, overrides, own = dict(run.settings.tree), run.overrides, run.settings.tree.get("axes") or {}
    with told_where(run.name):
        if twice := [path for path in lockstep if path in own]:
            raise HedgingError(f"{twice[0]} is swept by the study already; drop one of the two")
        if lockstep:
            tree["axes"] = {**own, **{path: {"values": [*values]} for path, values in lockstep.items()}}
            overrides += (write_axes(lockstep),)
        if lockstep and tree.get("claims"):  # they do not say where on these axes they should hold
            print(f"{tree['study']}: its claims and its figure are left out where numbers are swept")
            tree |= {"claims": [], "figure": None}
            overrides += ("claims=[]", "figure=null")
        read_executor(tree.get("executor"))
        study = read_study(replace(run.settings, tree=tree), overrides, run.dirs)
        for path, values in lockstep.items():
            for value in (min(values), max(values)):  # pinned at either end, as a run of its own would be
                pinned = OmegaConf.create(run.settings.tree)
                OmegaConf.update(pinned, path, value)
                with told_where(f"at the point {path}={value:g}"):
                    read_settings(plain(pinned), run.dirs)
    return overrides, study
