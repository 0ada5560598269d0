"""Read the files below configs/ for the parameter book: their numbers, headings, meanings and sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

import yaml

from hedging.errors import unknown
from hedging.settings.compose import config_dir
from hedging.settings.numbers import Number, read_number
from hedging.world.parameters import DECLARATIONS, REAL

NOT_NUMBERS = ("defaults", "rule", "label", "colour", "energy_series", "_target_")


@dataclass(frozen=True)
class Page:
    """One YAML file: what its first comment says, what it holds, and the heading above each of its keys."""

    intro: str
    tree: Mapping[str, Any]
    headings: Mapping[str, str]

    @property
    def base(self) -> str:
        """The file of the same folder that it starts from, or nothing."""
        return next((one for one in self.tree.get("defaults", ()) if isinstance(one, str)), "")


@dataclass(frozen=True)
class Entry:
    """One number as the book shows it; `toward` is the patron it regards, where it is one of several."""

    name: str
    toward: str
    number: Number

    @property
    def keys(self) -> list[str]:
        """What its source names: article:14, fact:F0871, literature:energy_rent."""
        return re.findall(r"\w+:\w+", self.number.source.partition("assumed:")[0])

    def names_some(self, kind: str) -> bool:
        """Whether its source names the article, a fact or literature."""
        return any(key.startswith(kind) for key in self.keys)

    @property
    def pinned(self) -> bool:
        """Whether it comes from the article and nothing is assumed beside."""
        return self.names_some("article") and "assumed:" not in self.number.source


def names(group: str) -> list[str]:
    """The files of a group folder, sorted; a rule of one's own is none of them."""
    return sorted(path.stem for path in (config_dir() / group).glob("*.yaml") if path.stem != "custom")


@cache
def page(path: str) -> Page:
    """Read one file below configs/, as ``patron/russia``."""
    text = (config_dir() / f"{path}.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    first = list(takewhile(lambda line: line.startswith("#"), lines))
    heading, headings = "", {"": ""}
    for line in lines[len(first) :]:
        if line.startswith("# "):
            heading = line[2:]
        elif found := re.match(r"(\w+):", line):
            headings[found[1]] = heading
    intro = " ".join(line[2:] for line in first if "@package" not in line)
    return Page(intro, yaml.safe_load(text) or {}, headings)


def entries(path: str, owner: str = "") -> list[Entry]:
    """The numbers of one file in its order; what a variant does not say of a number is as in its base."""
    one = page(path)
    base = page(f"{path.rpartition('/')[0]}/{one.base}").tree if one.base else {}
    return list(_entries(one.tree, base, owner))


def _entries(tree: Mapping[str, Any], base: Mapping[str, Any], owner: str) -> Iterator[Entry]:
    for name in (name for name in tree if name not in NOT_NUMBERS):
        several = "value" not in tree[name]
        for toward, node in tree[name].items() if several else [("", tree[name])]:
            below = base.get(name, {}).get(toward, {}) if several else base.get(name, {})
            whole = {key: value for key, value in {**below, **node}.items() if value is not None}
            about = None if owner else DECLARATIONS[name]
            unit, domain = (about.unit, about.domain) if about else (None, REAL)
            yield Entry(name, toward, read_number(whole, name, unit, domain))


def sources() -> Mapping[str, Mapping[str, Any]]:
    """Every key that a source may name, with its citation."""
    return page("sources").tree


def meaning(name: str) -> str:
    """What a number means; a rule's by its place, as client.rule.base.

    Raises:
        HedgingError: nobody has written it down.
    """
    written = page("meanings").tree
    if name not in written:
        raise unknown("meaning", name, written, "configs/meanings.yaml")
    return str(written[name])
