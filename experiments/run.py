"""Run a study: ``python -m experiments.run experiment=baseline patrons.russia.red_line=0.8``.

A Hydra app. A study as committed writes results/<study>/; anything overridden that moves a number writes
results/scratch/<study>/<what changed>/.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, suppress
from io import StringIO

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from experiments.shell import fail, one_line
from hedging.results.manifest import replay_command
from hedging.results.places import folder_for, headline, tell, verdicts
from hedging.runs.executors import progress_bar
from hedging.settings.compose import check_brought, config_dir, plain, readable_errors, user_config_dirs
from hedging.settings.settings import read_settings

STOPPED = "interrupted: nothing was written, earlier results are as they were"


def task(config: DictConfig) -> None:
    """Run one composed setting and say what was found and where the figures are."""
    with one_line(STOPPED), readable_errors():
        _run(config)


def _run(config: DictConfig) -> None:
    from hedging.results.load import load
    from hedging.results.save import save
    from hedging.runs.executors import read_executor
    from hedging.runs.limits import describe, read_limits
    from hedging.studies.study import read_study

    hydra_config = HydraConfig.get()
    overrides = list(hydra_config.overrides.task)
    dirs = user_config_dirs()
    settings = read_settings(plain(config), dirs)
    folder = folder_for(settings, hydra_config.runtime.choices.get("experiment"), overrides, dirs)
    command = replay_command("experiments.run", dirs, overrides)
    started, limits = time.monotonic(), read_limits(settings.tree["sweep"])
    read_executor(settings.tree.get("executor"))
    study = read_study(settings, overrides, dirs)
    limits.check(study.grid.points)
    if limits.dry:
        print(describe([study]))
        return
    much = study.told if study.plain else f"{study.worlds:,} worlds"
    with progress_bar(study.worlds, f"{settings.study}: {much}") as advance:
        save(study, folder, command, advance)
    print(headline(load(folder)) if study.plain else f"{settings.study}: {settings.question}")
    print(verdicts(folder), end="")
    seconds, many = time.monotonic() - started, hydra_config.mode == RunMode.MULTIRUN
    tell(settings, folder, seconds, many, study.told)


def check_options() -> None:
    """Stop at an option that Hydra does not know, in one line rather than with its whole usage, and at a
    folder of configs that would have Hydra run code of its own.

    Raises:
        HedgingError: such a folder.
    """
    said = StringIO()
    try:
        with redirect_stderr(said):
            asked = get_args_parser().parse_args()
    except SystemExit as stop:
        if stop.code:
            problem = said.getvalue().strip().partition("error: ")[2]
            fail(f"{problem}; options stand before or after all key=value, and --hydra-help lists them")
        raise
    with readable_errors(asked.overrides):
        check_brought(asked.config_dir, asked.config_path, asked.overrides)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compose the setting, run it, and turn every error of a user's making into one line."""
    if arguments is not None:
        sys.argv[1:] = list(arguments)
    # Hydra raises rather than prints, so that we can say it shorter.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    app = hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(task)
    with one_line(STOPPED):
        check_options()
        with readable_errors(sys.argv[1:]):
            app()
    with suppress(BrokenPipeError):
        sys.stdout.flush()


if __name__ == "__main__":
    main()
