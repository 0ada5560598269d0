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
from pathlib import Path

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hedging.errors import HedgingError
from hedging.results.headline import headline, verdicts
from hedging.results.places import folder_for, tell
from hedging.runs.progress import Bar
from hedging.settings.compose import config_dir, plain, readable_errors
from hedging.settings.settings import read_settings


def task(config: DictConfig) -> None:
    """Run one composed setting and say what was found and where the figures are."""
    try:
        with readable_errors():
            _run(config)
    except HedgingError as error:
        fail(error)
    except KeyboardInterrupt as stop:
        fail(str(stop) or "interrupted: nothing was written, earlier results are as they were", status=130)


def _run(config: DictConfig) -> None:
    from hedging.results.run import save_run
    from hedging.results.study import save_study
    from hedging.runs.estimate import describe, read_options
    from hedging.studies.study import is_study, read_study

    hydra_config = HydraConfig.get()
    overrides = list(hydra_config.overrides.task)
    dirs = user_config_dirs()
    settings = read_settings(plain(config), dirs)
    folder = folder_for(settings, hydra_config.runtime.choices.get("experiment"), overrides, dirs)
    command = " ".join(["python -m experiments.run", *(f"--config-dir {path}" for path in dirs), *overrides])
    started, options = time.monotonic(), read_options(settings.tree["sweep"])
    study = read_study(settings, overrides, dirs) if is_study(settings.tree) else None
    if study:
        options.check(study.grid.points)
    if options.dry:
        print(describe([(settings, study)]))
        return
    if study:
        played = study.told
        with Bar(study.worlds, f"{settings.study}: {study.worlds:,} worlds") as bar:
            save_study(study, folder, command, bar.advance)
        print(f"{settings.study}: {settings.question}")
    else:
        played = f"{settings.draws:,} draws"
        with Bar(settings.draws, f"{settings.study}: {played}") as bar:
            summary = save_run(settings, folder, command, bar.advance)
        print(headline(summary))
    print(verdicts(folder), end="")
    seconds, many = time.monotonic() - started, hydra_config.mode == RunMode.MULTIRUN
    tell(settings, folder, seconds, many, played)


def user_config_dirs() -> list[str]:
    """Folders of configs that the user brought, by --config-dir or the search path."""
    sources = HydraConfig.get().runtime.config_sources
    found = [source.path for source in sources if source.schema == "file" and source.path]
    return [path for path in found if Path(path).resolve() != config_dir().resolve()]


def check_options() -> None:
    """Stop at an option that Hydra does not know, in one line rather than with its whole usage."""
    said = StringIO()
    try:
        with redirect_stderr(said):
            get_args_parser().parse_args()
    except SystemExit as stop:
        if stop.code:
            problem = said.getvalue().strip().partition("error: ")[2]
            fail(f"{problem}; options stand before or after all key=value, and --hydra-help lists them")
        raise


def fail(problem: object, status: int = 1) -> None:
    """Say in one line what is wrong, and stop."""
    print(f"error: {problem}", file=sys.stderr)
    raise SystemExit(status)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compose the setting, run it, and turn every error of a user's making into one line."""
    if arguments is not None:
        sys.argv[1:] = list(arguments)
    check_options()
    os.environ.setdefault(
        "HYDRA_FULL_ERROR", "1"
    )  # Hydra raises rather than prints, so that we can say it shorter
    app = hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(task)
    try:
        with readable_errors(sys.argv[1:]):
            app()
    except HedgingError as error:
        fail(error)
    except KeyboardInterrupt as stop:
        fail(str(stop) or "interrupted: nothing was written, earlier results are as they were", status=130)
    with suppress(BrokenPipeError):
        sys.stdout.flush()


if __name__ == "__main__":
    main()
