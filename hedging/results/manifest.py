"""What made a run folder: its setting, and a manifest of command, versions and a hash of each output; and
where by its setting a run lies."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from hedging.errors import HedgingError, unknown
from hedging.results.folder import MANIFEST, WHOLE
from hedging.runs.loop import digest
from hedging.settings.compose import Tree, compose, config_dir, identified
from hedging.settings.designs import NEUTRAL
from hedging.settings.settings import OF_RUNS, Settings, read_header
from hedging.studies.study import Study
from hedging.studies.switches import arms_of, read_switches

VERSIONED = ("hedging", "hydra-core", "matplotlib", "mesa", "numpy", "pandas", "pyarrow", "xarray")
NOT_NUMBERS = ("question", "marks", "finding", "figure", "sweep", *OF_RUNS)
"""Keys of a setting that change no number."""


def fingerprint(tree: Tree) -> str:
    """A hash of everything in a setting that changes a number; a sample of one's own by what its file holds.

    Rule: a key that an older setting lacks does not count while it asks for what such a setting meant.
    """
    told = {key: value for key, value in identified(tree).items() if key not in NOT_NUMBERS}
    ensemble = {k: v for k, v in told["ensemble"].items() if k not in NEUTRAL or v != NEUTRAL[k]}
    if "sample" in ensemble:
        ensemble["sample"] = ensemble["sample"]["sha256"]  # its path moves nothing
    told["ensemble"] = ensemble
    return hashed(told)


def hashed(told: Any) -> str:
    """A hash of mappings, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def as_committed(settings: Settings) -> bool:
    """Whether a setting is that of the shipped study whose name it bears, every number of it."""
    try:
        committed = compose((f"experiment={settings.study}",))
    except HedgingError:  # no shipped study has that name
        return False
    return fingerprint(committed) == fingerprint(settings.tree)


def made_by(study: Study) -> dict[str, str]:
    """What the batches of a run hang on, a text for each: every number of every arm, the program, its
    libraries."""
    tree = study.settings.tree
    found = inputs({key: told for key, told in identified(tree).items() if key not in NOT_NUMBERS})
    found |= {name: version(name) for name in ("numpy", "scipy", "SALib", "pyarrow")}
    found[WHOLE] = fingerprint(tree)[:12]
    for play in () if study.plain else study.plays:
        outcomes = [item.text for item in (*play.outcomes, *play.paths)]
        one = fingerprint(play.settings.tree), play.settings.draws, hashed({"outcomes": outcomes})
        found[f"the arm '{play.arm}' under the rule {play.rule}"] = " ".join(str(part)[:12] for part in one)
    code = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in (*sorted(package.rglob("*.py")), *sorted((config_dir() / "series").glob("*.csv"))):
        code.update(path.read_bytes())
    return found | {"the program": f"hedging {version('hedging')}, {code.hexdigest()[:12]}"}


def write_config(settings: Settings, folder: Path) -> None:
    """Write config.yaml: the setting, resolved, less who played it."""
    told = {key: value for key, value in settings.tree.items() if key not in OF_RUNS}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def write_manifest(study: Study, folder: Path, command: str, quick: Mapping[str, float] | None) -> None:
    """Write manifest.json: what made the folder and a hash of each file of it.

    Args:
        quick: of a study as committed, numbers that tell later whether the folder is still fresh.
    """
    settings = study.settings
    several = dict(study.draws) if not study.plain else settings.draws
    told: dict[str, Any] = {"study": settings.study, "question": settings.question, "command": command}
    told |= {"seed": settings.seed, "draws": several, "config": fingerprint(settings.tree)}
    put_manifest(folder, told, {} if quick is None else {"quick": dict(quick)})


def put_manifest(folder: Path, told: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
    """Write manifest.json: what is told, the versions and a hash of each file of the folder, and more."""
    outputs = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    versions = {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}}
    hashes = {path.relative_to(folder).as_posix(): digest(path) for path in outputs}
    manifest = {**told, "versions": versions, "outputs": hashes, **(more or {})}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


ABSENT = "not there"


def read_tree(folder: Path) -> dict[str, Any]:
    """The setting of a run.

    Raises:
        HedgingError: the folder has no config.yaml that can be read.
    """
    try:
        tree = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HedgingError(f"{folder} has no config.yaml that can be read: {reason}") from None
    if not isinstance(tree, dict):
        raise HedgingError(f"{folder}/config.yaml holds no setting; run the study again to have it written")
    return tree


def attributes(tree: Tree) -> dict[str, Any]:
    """What figures and readers need to know of a run besides its numbers."""
    header = read_header(tree)
    return {
        **{key: getattr(header, key) for key in ("study", "question", "draws", "seed", "chance")},
        "patrons": list(header.patrons),
        "labels": [header.labels[name] for name in header.patrons],
        "colours": [header.colours[name] for name in header.patrons],
        "marks": [list(mark) for mark in header.marks],
        "arms": _labels(arms_of(tree)),
        "switches": {name: vars(one) | {"sides": one.sides} for name, one in read_switches(tree).items()},
        "rules": _labels(tree.get("rules")),
        "reference": dict(tree.get("reference") or {}),
        "figure": tree.get("figure"),
    }


def _labels(node: Any) -> dict[str, str]:
    """What arms or rules are called on figures, by their names."""
    stated = node if isinstance(node, dict) else dict.fromkeys(node or ())
    return {
        str(name): str(own["label"] if isinstance(own, dict) and own.get("label") else name).replace("_", " ")
        for name, own in stated.items()
    }


def read_cells(path: Path, *numbers: str) -> pd.DataFrame:
    """A table as it is written, every cell a text but for the columns named.

    Raises:
        HedgingError: it cannot be read.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table.assign(**{name: pd.to_numeric(table[name]) for name in numbers})
    except (OSError, ValueError, KeyError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None


def inputs(tree: Mapping[str, Any]) -> dict[str, str]:
    """Every input of a setting by its dotted path; a number as its value and range, `1 (0.7 to 1.4)`."""
    return dict(_walk(tree, ""))


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(node, Mapping) or not node:
        yield path, _plain(node)
    elif "value" in node:
        ranged = node.get("low") is not None and node.get("high") is not None
        scale = ", log" if node.get("scale") == "log" else ""
        span = f" ({_plain(node['low'])} to {_plain(node['high'])}{scale})" if ranged else ""
        yield path, _plain(node["value"]) + span
    else:
        for key, below in node.items():
            if key != "source":  # where a number comes from moves none
                yield from _walk(below, f"{path}.{key}" if path else str(key))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return "none" if value is None or value == {} else str(value)


def changed_inputs(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The inputs that differ, a line each: path: old -> new."""
    sides = {path: (before.get(path, ABSENT), after.get(path, ABSENT)) for path in {**before, **after}}
    return [f"{path}: {old} -> {new}" for path, (old, new) in sides.items() if old != new]


NO_COMMAND = "no command replays this run: "
"""How a manifest begins that cannot name one; the reason follows."""


def replay_command(program: str, dirs: Sequence[str], overrides: Sequence[str]) -> str:
    """What to paste into a shell to run a program again.

    Args:
        program: its module, such as experiments.run.
        dirs: folders of the user's own configs.
        overrides: as they were given, in Hydra's own quoting; the shell's is added around it.
    """
    words = [*(["--config-dir", dirs[0]] if dirs else [])]
    if more := ",".join(f"'file://{folder}'" for folder in dirs[1:]):  # Hydra takes one --config-dir alone
        words.append(f"hydra.searchpath=[{more}]")
    return shlex.join(["python", "-m", program, *words, *overrides])


def replay_call(
    experiment: str | None, overrides: Sequence[str], save: str | Path, executor: object = None
) -> str:
    """What to paste into Python to simulate and save again; where nothing would do it, why.

    Args:
        executor: who plays the run, where that is an object rather than a name.
    """
    if executor is not None and not isinstance(executor, str):  # by whom it is played moves no number
        return f"{NO_COMMAND}its executor, {type(executor).__name__}, was handed over as an object"
    for override in overrides:
        if "__main__." in override:
            return f"{NO_COMMAND}{override} is defined in a notebook or a script; put it into a module"
    return f"hedging.simulate({experiment!r}, {list(overrides)!r}, save={str(save)!r})"


LONGEST = 40
"""Characters of what changed that a folder's name spells out."""


def results_dir() -> Path:
    """The results folder: HEDGING_RESULTS where that is set; else the checkout's, wherever a run was
    started, or below the current folder from a wheel."""
    if chosen := os.environ.get("HEDGING_RESULTS"):
        return Path(chosen)
    checkout = config_dir().parent
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "results"


def folder_for(
    settings: Settings, experiment: str | None, overrides: Sequence[str], config_dirs: Sequence[str] = ()
) -> Path:
    """The folder of a run. A study counts as committed while no override moves a number of it."""
    if experiment and not config_dirs and as_committed(settings):
        return results_dir() / settings.study
    mark = fingerprint(settings.tree)
    how = ("experiment", "sweep", *OF_RUNS)
    changes = [override for override in overrides if re.split("[.=]", override.lstrip("+~"))[0] not in how]
    words = re.sub(r"[^\w.=+-]+", "-", ",".join(short(change) for change in changes)).strip("-")
    name = f"{words[:LONGEST].rstrip('-.')}-{mark[:8]}" if words else mark[:8]
    return results_dir() / "scratch" / settings.study / name


def short(override: str) -> str:
    """An override by the last part of its key."""
    key, equals, value = override.replace('"', "").partition("=")
    return key.split("@")[0].split(".")[-1].lstrip("+~") + equals + value


def find_run(name: str) -> Path:
    """The run folder that goes by a study's name, or lies at a path.

    Raises:
        HedgingError: there is none.
    """
    here = results_dir()
    for folder in (Path(name), here / name, here / "scratch" / name):
        if (folder / "summary.csv").is_file():
            return folder
    if Path(name).is_dir():
        raise HedgingError(f"{name} is no run folder: it has no summary.csv")
    known = [path.parent.name for path in here.glob("*/summary.csv")]
    raise unknown("run", name, known, f"{here} (a path of a run folder will do too)")


def from_here(folder: Path) -> Path:
    """A folder as one would type it in the current one."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
