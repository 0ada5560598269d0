"""From a study's name and overrides to one composed, plain setting; Hydra's long errors become one line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.core.singleton import Singleton
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import KEYS as NUMBER_KEYS
from hedging.settings.read import read

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
    with readable_errors(overrides):
        parsed = OverridesParser.create().parse_overrides(quoted(overrides))
        values = [one for one in parsed if _changes_value(one, config_dirs)]
        files = tuple(str(one.input_line) for one in parsed if one not in values)
        config = deepcopy(_compose_files(files, config_dirs))
        ConfigLoaderImpl._apply_overrides_to_config(values, config)
        return plain(config)


def _changes_value(override: Override, config_dirs: Sequence[str]) -> bool:
    """Whether an override changes a value rather than choosing a file, so that Hydra would apply it last."""
    places = [Path(folder, override.key_or_group) for folder in (str(config_dir()), *config_dirs)]
    special = override.package is not None or override.is_sweep_override() or override.is_hydra_override()
    return not special and not any(place.is_dir() for place in places)


@lru_cache(maxsize=16)
def _compose_files(files: tuple[str, ...], config_dirs: tuple[str, ...]) -> DictConfig:
    """Compose the files that overrides choose: once for all arms of a study, which takes most of the time."""
    searched = ",".join(f"file://{folder}" for folder in config_dirs)
    asked = [*files, *[f"hydra.searchpath=[{searched}]"] * bool(searched)]
    around = Singleton.get_state()  # a Hydra app may be running around us
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(config_dir()), version_base="1.3"):
            return hydra_compose("config", overrides=asked)
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
    told: Tree = json.loads(json.dumps(tree, default=str))  # whose keys are texts at every depth
    return told


def as_overrides(experiment: str | None, overrides: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    """Overrides as Hydra writes them, the study first.

    Raises:
        HedgingError: an override that is no key=value.
    """
    if isinstance(overrides, Mapping):
        overrides = [f"{key}={written(value)}" for key, value in overrides.items()]
    pairs: Sequence[Any] = [overrides] if isinstance(overrides, str) else overrides
    for pair in pairs:
        if not isinstance(pair, str) or ("=" not in pair and not pair.startswith("~")):
            raise HedgingError(f"override '{pair}': write key=value, such as patrons.<name>.red_line=0.8")
    return (*([f"experiment={experiment}"] if experiment else []), *pairs)


def quoted(overrides: Sequence[str]) -> list[str]:
    """Overrides with the files of groups that are called by a number, as in version=1, put in quotes: bare
    ones Hydra takes for no file."""
    numbered = re.compile(r"(\w+)=([\d,]+)")
    found = [(one, numbered.fullmatch(one)) for one in overrides]
    return [
        re.sub(r"\b(\d+)\b", r'"\1"', one) if match and (config_dir() / match[1]).is_dir() else one
        for one, match in found
    ]


def written(value: Any) -> str:
    """A value as Hydra writes it in an override; a text that is written so already stays as it is."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(written(v) for v in value) + "]"
    if isinstance(value, str) and re.search(r"""[,()'"]""", value) and value[0] not in "[{'\"":
        return QuotedString(value, Quote.single).with_quotes()
    return str(value)


SAMPLE = "ensemble.sample"
WRITE = "write the path of a Parquet file, from the current folder on"


@dataclass(frozen=True)
class SampleFile:
    """What may stand in `ensemble.sample`: a file, the hash of what it held, and whether it yields to what
    else gives a number."""

    file: str
    sha256: str = ""
    yields: bool = False

    @property
    def path(self) -> Path:
        """The file as it stands, else below the checkout, where there is one."""
        beside = config_dir().parent / self.file
        return beside if not Path(self.file).exists() and beside.exists() else Path(self.file)

    @property
    def digest(self) -> str:
        """A hash of what it holds, or of what each file of a folder of parts holds, in the order of names.

        Raises:
            HedgingError: it cannot be read.
        """
        found = hashlib.sha256()
        try:
            for part in sorted(self.path.glob("*.parquet")) or (self.path,):
                with part.open("rb") as held:
                    found.update(hashlib.file_digest(held, "sha256").digest())
            return found.hexdigest()
        except OSError as error:
            raise HedgingError(f"{SAMPLE}: cannot read {self.file}: {error.strerror}; {WRITE}") from None


def identified(tree: Tree) -> Tree:
    """A setting in which the file of `ensemble.sample` is known by what it holds, not by its name alone.

    Raises:
        HedgingError: the file cannot be read.
    """
    stated = tree["ensemble"].get("sample")
    if stated is None:
        return tree
    node = {"file": stated} if isinstance(stated, str) else stated
    sample = read(SampleFile, node, SAMPLE, f"{WRITE}, or null")
    known = {**node, "sha256": sample.sha256 or sample.digest}
    return tree | {"ensemble": tree["ensemble"] | {"sample": known}}


@contextmanager
def readable_errors(overrides: Sequence[str] = ()) -> Iterator[None]:
    """Turn the errors of Hydra and OmegaConf into one line that helps; the overrides say what was asked."""
    for override in overrides:
        if empty := re.fullmatch(r"\+*([^=]+)=\{\s*\}", override):
            drop = f"drop what is there by name, as ~{empty[1]}.<name>"
            raise HedgingError(f"{override}: an empty mapping changes nothing; {drop}")
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
    if found := re.search(r"Could not find '([^']+)/([^'/]+)'", text):
        return unknown(found[1], found[2], re.findall(r"^\t(\w+)$", text, flags=re.MULTILINE))
    if found := re.search(r"Could not override '([^'@]+)'", text):
        return _unknown_key(found[1], overrides)
    for pattern, told in SAID_SHORTER.items():
        if found := re.search(pattern, text):
            return HedgingError(told.format(*found.groups()))
    first = re.sub(r"\s*See https?://\S+.*", "", text.strip(), flags=re.DOTALL)
    return HedgingError(f"cannot read the setting: {first}")


SAID_SHORTER = {
    r"Missing mandatory value.*(?:\n.*)*full_key: (.+)": "{0} has no value yet: write {0}=...",
    r"^(.*[Ii]nterpolation.*)(?:\n.*)*full_key: (.+)": "{1}: {0}",
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
    for key, _, value in (override.lstrip("+").partition("=") for override in overrides):
        files = [file.stem for file in (config_dir() / key.split("@")[0]).glob("*.yaml")]
        if files and value not in files:
            return unknown(key, value, files)
    return HedgingError("a group needs the name of one of its files, as in world=steady")


def _unknown_key(path: str, overrides: Sequence[str]) -> HedgingError:
    """The error for a path that leads nowhere under the files chosen."""
    files = [o for o in overrides if (config_dir() / re.split("[@=]", o.lstrip("+"))[0]).is_dir()]
    try:
        node: Any = compose(tuple(o for o in files if "=" in o and "," not in o))
    except HedgingError:  # a file of the user's own
        node = compose()
    where = ""
    for part in path.split("."):
        if isinstance(node, Mapping) and "value" in node:
            if part in NUMBER_KEYS:
                return HedgingError(f"{where} has no {part} yet: write +{path}=...")
            return HedgingError(f"'{path}': {where} is a number, nothing stands below it; write it bare")
        if not isinstance(node, Mapping):
            return HedgingError(f"'{path}': {where} is '{node}', nothing stands below it here")
        if part not in node:
            return unknown("key", part, map(str, node), where or "the setting")
        node, where = node[part], f"{where}.{part}".lstrip(".")
    return HedgingError(f"cannot override '{path}' here")


def user_config_dirs() -> tuple[str, ...]:
    """Folders of configs that the user brought to the job that Hydra runs, by --config-dir or the search
    path."""
    sources = HydraConfig.get().runtime.config_sources
    found = [source.path for source in sources if source.schema == "file" and source.path]
    return tuple(path for path in found if Path(path).resolve() != config_dir().resolve())
