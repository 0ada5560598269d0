"""What a user's own folders of configs may say of Hydra itself: next to nothing, since it may run code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hedging.errors import HedgingError
from hedging.settings.compose import config_dir

HYDRA = "hydra"


def check_brought(config_folder: str | None, config_path: str | None, overrides: Sequence[str]) -> None:
    """See that no file of the folders that a command line names says what Hydra itself does.

    Args:
        config_folder, config_path: of `--config-dir` and `--config-path`.

    Raises:
        HedgingError: one does, or a folder is named so that it cannot be looked into.
    """
    if config_path is not None and not Path(config_path).is_absolute():
        raise HedgingError(f"--config-path={config_path}: write its whole path, or bring it by --config-dir")
    folders = [folder for folder in (config_folder, config_path) if folder is not None]
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        path = override.value() if override.get_key_element() == "hydra.searchpath" else []
        folders += [str(one).removeprefix("file://") for one in path] if isinstance(path, list) else []
    for folder in folders:
        if "://" in folder:
            raise HedgingError(f"hydra.searchpath: {folder} is no folder; write file:///<its path>")
        if Path(folder).resolve() != config_dir().resolve():
            _check_folder(folder)


def _check_folder(folder: str) -> None:
    """See that no file below a folder has a node of Hydra's, or puts another in its place."""
    for name in sorted(glob("**/*.yaml", root_dir=folder, recursive=True, include_hidden=True)):
        for what in _of_hydra(Path(folder, name), Path(name).with_suffix("").parts):
            raise HedgingError(
                f"{name} in {folder}: {what} sets what Hydra itself does; write that on the command line, or "
                "choose a launcher that is installed: a file may bring hydra.sweeper.params alone"
            )


def _of_hydra(file: Path, place: Sequence[str]) -> Iterator[str]:
    """What a file says of Hydra, but for the sweep that it brings and what the shipped file says too."""
    if HYDRA in place:
        yield "its place"
    try:
        ours = config_dir() / "config.yaml"
        tree, shipped = (OmegaConf.to_container(OmegaConf.load(each)) for each in (file, ours))
        lines = file.read_text(encoding="utf-8").splitlines()
    except (yaml.YAMLError, OmegaConfBaseException, OSError, ValueError):
        return  # Hydra cannot read it either, and says so where it is asked for
    yield from (f"'{line}'" for line in lines if "@package" in line and HYDRA in line)
    if not isinstance(tree, dict) or not isinstance(shipped, dict):
        return
    for entry in tree.get("defaults") or ():
        texts = map(str, entry if isinstance(entry, Mapping) else [entry])
        yield from (f"'{text}'" for text in texts if HYDRA in text.partition("@")[2])
    node: Any = tree.get(HYDRA) or {}
    for key, value in node.items() if isinstance(node, Mapping) else [("", node)]:
        if key == "sweeper" and isinstance(value, Mapping) and set(value) == {"params"}:
            yield from (f"hydra.sweeper.params.{x}" for x in value["params"] or () if HYDRA in str(x))
        elif value != shipped[HYDRA].get(key, ...):
            yield f"hydra.{key}"
