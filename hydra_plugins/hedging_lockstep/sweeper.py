"""The sweeper: a sweep is split into structure, one job each, and numbers, axes inside each job.

Hydra runs this module before it is in sys.modules, where a dataclass looks up annotations that are texts: so
no `from __future__ import annotations` here.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf

OWN = ("client", "patrons", "world", "ensemble")
"""Keys by which a setting of this model is known from that of any other Hydra app."""


@dataclass
class LockstepConf:
    """What `hydra.sweeper` may say, as for Hydra's basic sweeper."""

    _target_: str = "hydra_plugins.hedging_lockstep.sweeper.LockstepSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = None


ConfigStore.instance().store(
    group="hydra/sweeper", name="lockstep", node=LockstepConf, provider="hedging_lockstep"
)


OmegaConf.register_new_resolver(
    "lockstep.numbers", lambda text: [float(word) for word in text.split()], replace=True
)


def is_own(config: DictConfig) -> bool:
    """Whether a setting is one of this model."""
    return all(key in config for key in OWN)


class LockstepSweeper(BasicSweeper):
    """Play numbers in lockstep and all else job by job; in another app do as Hydra's basic sweeper does.

    Every job is composed, and all it says is checked, before the first one is launched.

    Raises:
        HedgingError: anything in the sweep that cannot be; then nothing has run.
    """

    def sweep(self, arguments: list[str]) -> Any:
        assert self.config is not None
        assert self.hydra_context is not None
        if not is_own(self.config):
            return super().sweep(arguments)
        from hedging.runs.loop import describe, read_limits
        from hydra_plugins.hedging_lockstep._planning import Planner, read_choices

        limits = read_limits(OmegaConf.to_container(self.config.sweep) if "sweep" in self.config else {})
        loader = self.hydra_context.config_loader
        parser = OverridesParser.create(config_loader=loader)
        params, given = map(parser.parse_overrides, (self._parse_config(), arguments))
        runs = Planner(self.config, loader, self.params, limits).plan(read_choices(params, given, limits))
        if limits.dry:
            print(describe([study for _, study in runs]))
            return []
        return self._launch([list(overrides) for overrides, _ in runs])

    def _launch(self, jobs: list[list[str]]) -> list[Sequence[JobReturn]]:
        """Send the jobs to the launcher, and leave no empty folder behind."""
        assert self.config is not None
        assert self.launcher is not None
        folder, returns = Path(str(self.config.hydra.sweep.dir)), []
        there, started = folder.exists(), 0
        try:
            for batch in self.split_overrides_to_chunks(jobs, self.max_batch_size):
                returns.append(self.launcher.launch(batch, initial_job_idx=started))
                started += len(batch)
                _ = [job.return_value for job in returns[-1]]  # raises what a job raised
        finally:
            if not there:
                with suppress(OSError):
                    folder.rmdir()
        return returns
