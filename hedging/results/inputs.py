"""What went into a run, by dotted path, as its config.yaml tells; and what of it differs between two runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from hedging.errors import HedgingError

ABSENT = "not there"


def read_tree(folder: Path) -> dict[str, Any]:
    """The setting of a run.

    Raises:
        HedgingError: the folder has no config.yaml that can be read.
    """
    try:
        tree = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise HedgingError(f"{folder} has no config.yaml that can be read: {reason}") from None
    if not isinstance(tree, dict):
        raise HedgingError(f"{folder}/config.yaml holds no setting; run the study again to have it written")
    return tree


def read_inputs(folder: Path) -> dict[str, str]:
    """The inputs of a run by dotted path, as text."""
    return inputs(read_tree(folder))


def inputs(tree: Mapping[str, Any]) -> dict[str, str]:
    """Every input of a setting by its dotted path; a number as its value and range, `1 (0.7 to 1.4)`."""
    return dict(_walk(tree, ""))


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping) and "value" in node:
        yield path, _number(node)
    elif isinstance(node, Mapping) and node:
        for key, below in node.items():
            if key == "source":  # where a number comes from moves none
                continue
            yield from _walk(below, f"{path}.{key}" if path else str(key))
    else:
        yield path, _plain(node)


def _number(node: Mapping[str, Any]) -> str:
    low, high = node.get("low"), node.get("high")
    text = _plain(node["value"])
    if low is not None and high is not None:
        text += f" ({_plain(low)} to {_plain(high)}{', log' * (node.get('scale') == 'log')})"
    return text


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return "none" if value is None or value == {} else str(value)


def changed_inputs(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The inputs that differ, a line each: path: old -> new."""
    paths = [*before, *(path for path in after if path not in before)]
    return [
        f"{path}: {before.get(path, ABSENT)} -> {after.get(path, ABSENT)}"
        for path in paths
        if before.get(path, ABSENT) != after.get(path, ABSENT)
    ]
