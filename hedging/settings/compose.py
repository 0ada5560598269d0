"""From a study's name and overrides to one composed, plain setting; Hydra's long errors become one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.singleton import Singleton
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue, OmegaConfBaseException

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import KEYS as NUMBER_KEYS

Tree = dict[str, Any]


def config_dir() -> Path:
    """Where the shipped configs lie: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parents[1] / "configs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "configs"


@lru_cache(maxsize=64)
def compose(overrides: tuple[str, ...] = (), config_dirs: tuple[str, ...] = ()) -> Tree:
    """Compose the setting that overrides ask for, every interpolation resolved. Treat what comes back as
    read-only.

    Raises:
        HedgingError: an override, a file or a key that cannot be.
    """
    extra = (
        [f"hydra.searchpath=[{','.join(f'file://{folder}' for folder in config_dirs)}]"]
        if config_dirs
        else []
    )
    around = Singleton.get_state()  # a Hydra app may be running around us
    GlobalHydra.instance().clear()
    try:
        with readable_errors(overrides), initialize_config_dir(str(config_dir()), version_base="1.3"):
            return plain(hydra_compose("config", overrides=[*overrides, *extra]))
    finally:
        Singleton.set_state(around)


def plain(config: DictConfig) -> Tree:
    """A composed config as plain dicts, lists and numbers.

    Raises:
        HedgingError: a value that is mandatory and missing, or an interpolation that leads nowhere.
    """
    with readable_errors():
        tree = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(tree, dict)
    tree.pop("hydra", None)
    return {str(key): value for key, value in tree.items()}


def as_overrides(experiment: str | None, overrides: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    """Overrides as Hydra writes them, the study first.

    Raises:
        HedgingError: an override that is no key=value.
    """
    if isinstance(overrides, str):
        overrides = [overrides]
    pairs = (
        [f"{k}={_written(v)}" for k, v in overrides.items()]
        if isinstance(overrides, Mapping)
        else list(overrides)
    )
    for pair in pairs:
        if "=" not in pair and not pair.startswith("~"):
            raise HedgingError(f"override '{pair}': write key=value, such as patrons.<name>.red_line=0.8")
    return (*([f"experiment={experiment}"] if experiment else []), *pairs)


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k}:{_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(v) for v in value) + "]"
    return str(value)


@contextmanager
def readable_errors(overrides: Sequence[str] = ()) -> Iterator[None]:
    """Turn the errors of Hydra and OmegaConf into one line that helps; the overrides say what was asked."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise translate(error, overrides) from None
    except yaml.YAMLError as error:
        raise HedgingError(f"cannot read a config file: {error}") from None
    except ValueError as error:
        if "Config group override must be" in str(error):
            raise _no_file(overrides) from None
        if re.match(r"The --resolve flag|Only one of --run", str(error)):
            raise HedgingError(str(error)) from None
        raise


def translate(error: Exception, overrides: Sequence[str] = ()) -> HedgingError:
    """One clear line for an error of Hydra or OmegaConf."""
    text = str(error)
    if isinstance(error, OverrideParseException):
        return HedgingError(
            f"override '{error.override}': write key=value, such as patrons.<name>.red_line=0.8, and quote a "
            "value of several words"
        )
    if isinstance(error, MissingMandatoryValue) and error.full_key:
        return HedgingError(f"{error.full_key} has no value yet: write {error.full_key}=...")
    if isinstance(error, InterpolationResolutionError) and error.full_key:
        return HedgingError(f"{error.full_key}: {error.msg.splitlines()[0] if error.msg else text}")
    if found := re.search(r"Could not find '([^']+)/([^'/]+)'", text):
        return unknown(found[1], found[2], re.findall(r"^\t(\w+)$", text, flags=re.MULTILINE))
    if found := re.search(r"Could not override '([^'@]+)'", text):
        return _unknown_key(found[1], overrides)
    for pattern, told in SAID_SHORTER.items():
        if found := re.search(pattern, text):
            return HedgingError(told.format(found[1]))
    first = re.sub(r"\s*See https?://\S+.*", "", text.strip(), flags=re.DOTALL)
    return HedgingError(f"cannot read the setting: {first}")


SAID_SHORTER = {
    r"Could not override '([^']*@[^']*)'": (
        "'{0}' is in no defaults list; to add a patron write +patron@patrons.<name>=<file>"
    ),
    r"Could not delete(?: from config)?.*?'([^']+)'": "cannot remove '{0}': it is not there",
    r"An item is already at '([^']+)'": "'{0}' is there already: write {0}=... without the +",
    r"Multiple values for ([^\s.]+(?:\.\w+)*)": "{0} is chosen already: write {0}=... once, without the +",
    r"Error merging override (.+)": "{0}: what stands there is of another kind; write a value of its kind",
    r"Ambiguous value for argument '([^']*)'": "'{0}' holds several values: write -m first to run each",
}
"""What Hydra says, and how it is said here."""


def _no_file(overrides: Sequence[str]) -> HedgingError:
    """The error for a group that is given something else than one of its files."""
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        files = [file.stem for file in (config_dir() / key.split("@")[0]).glob("*.yaml")]
        if files and value not in files:
            return unknown(key, value, files)
    return HedgingError("a group needs the name of one of its files, as in world=steady")


def _unknown_key(path: str, overrides: Sequence[str]) -> HedgingError:
    """The error for a path that leads nowhere under the files chosen."""
    groups = [override.lstrip("+").split("=")[0].split("@")[0] for override in overrides]
    chosen = [o for o, group in zip(overrides, groups, strict=True) if (config_dir() / group).is_dir()]
    try:
        node: Any = compose(tuple(o for o in chosen if "=" in o and "," not in o))
    except HedgingError:  # a file of the user's own
        node = compose()
    done: list[str] = []
    for part in path.split("."):
        where = ".".join(done) or "the setting"
        if isinstance(node, Mapping) and "value" in node:
            if part in NUMBER_KEYS:
                return HedgingError(f"{where} has no {part} yet: write +{path}=...")
            return HedgingError(f"'{path}': {where} is a number, nothing stands below it; write it bare")
        if not isinstance(node, Mapping):
            return HedgingError(f"'{path}': {where} is '{node}', nothing stands below it here")
        if part not in node:
            return unknown("key", part, map(str, node), where)
        node = node[part]
        done.append(part)
    return HedgingError(f"cannot override '{path}' here")
