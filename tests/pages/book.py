"""The parameter book: every number of the files below configs/, as a page of Markdown.

The prose is in book.md, beside; what stands after a dollar sign there is written from the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import groupby, takewhile
from math import inf
from pathlib import Path
from string import Template
from typing import Any

import yaml

from hedging.analysis.calibration.report import table
from hedging.errors import unknown
from hedging.settings.compose import config_dir
from hedging.settings.events import OPERATIONS
from hedging.settings.numbers import Number, read_number
from hedging.settings.read import find_class
from hedging.world.domain import Domain
from hedging.world.parameters import DECLARATIONS, REAL, UNITS

NOT_NUMBERS = ("defaults", "rule", "label", "colour", "energy_series", "_target_", "events")
NUMBER = ("value", "range", "unit", "source")


@dataclass(frozen=True)
class Page:
    """One YAML file: what its first comment says, what it holds, and the heading above each of its keys."""

    intro: str
    tree: Mapping[str, Any]
    headings: Mapping[str, str]

    @property
    def base(self) -> str:
        """The file of the same folder that it starts from, or nothing."""
        files = (x for x in self.tree.get("defaults", ()) if isinstance(x, str) and x != "_self_")
        return next(files, "")


@dataclass(frozen=True)
class Entry:
    """One number as the book shows it; `toward` is the patron it regards, where it is one of several."""

    name: str
    toward: str
    number: Number
    meaning: str

    @property
    def kinds(self) -> set[str]:
        """What its source names: of article, fact and literature."""
        return set(re.findall(r"(\w+):\w+", self.number.source.partition("assumed:")[0]))

    @property
    def pinned(self) -> bool:
        """Whether it comes from the article and nothing is assumed beside."""
        return "article" in self.kinds and "assumed:" not in self.number.source

    @property
    def cells(self) -> list[str]:
        """Its value, the range it is sampled over and how, where that is no triangle, its unit and source."""
        number = self.number
        how = ", whole" if number.domain.whole else ", log" if number.scale == "log" else ""
        spread = f"{' to '.join(map(amount, number.extremes))}{how}" if number.ranged else ""
        return [amount(number.value), spread, number.unit, cite(number.source)]


def book() -> str:
    """The whole parameter book."""
    defaults = page("config").tree["defaults"]
    chosen = {key: name for one in defaults if isinstance(one, dict) for key, name in one.items()}
    world, client = f"world/{chosen['world']}", f"client/{chosen['client']}"
    plays = [f"patron/{name}" for key, name in chosen.items() if key.startswith("patron@")]
    variants = [path for path in paths("patron") if page(path).base]
    patrons = [*plays, *(path for path in paths("patron") if path not in (*plays, *variants))]
    baseline = [entry for path in (world, client, *plays) for entry in entries(path)]
    owners = {label(path): entries(path) for path in (world, client, *patrons)}
    parts: dict[str, Iterable[str]] = {
        "units": [", ".join(f"`{unit}`" for unit in UNITS)],
        "pinned": [str(sum(entry.pinned for entry in baseline))],
        "count": [_count(owners | {"**The baseline**, without its rule": baseline})],
        "world": [
            *_single(world),
            *(part for path in paths("world") if path != world for part in _past(path)),
        ],
        "client_label": [label(client)],
        "client": _single(client),
        "patrons": _side_by_side(patrons),
        "variants": [part for path in variants for part in _file(path)],
        "version_1": [x for path in paths("version/1") for x in (page(path).intro, _numbers(entries(path)))],
        "client_rules": [part for path in paths("client/rule") for part in _file(path)],
        "patron_rules": [part for path in paths("patron/rule") for part in _file(path)],
        "events": [part for path in paths("shock") for part in _shock(path)],
        "ensembles": [_ensembles()],
        "sources": [_citations()],
    }
    told = {name: "\n\n".join(part.strip("\n") for part in some if part) for name, some in parts.items()}
    return Template(Path(__file__).with_suffix(".md").read_text(encoding="utf-8")).substitute(told)


def paths(group: str) -> list[str]:
    """The files of a group folder, sorted, as ``patron/russia``; a rule of one's own is none of them."""
    found = sorted(path.stem for path in (config_dir() / group).glob("*.yaml"))
    return [f"{group}/{name}" for name in found if name != "custom"]


@cache
def page(path: str) -> Page:
    """Read one file below configs/."""
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


def entries(path: str) -> list[Entry]:
    """The numbers of one file in its order; what a variant does not say of a number is as in its base."""
    tree, base_name, group = page(path).tree, page(path).base, path.rpartition("/")[0]
    base = page(f"{group}/{base_name}").tree if base_name else {}
    told: Mapping[str, tuple[str | None, Domain, str]]
    if target := tree.get("_target_") or base.get("_target_"):
        told = {x.name: (None, REAL, x.metadata.get("meaning", "")) for x in fields(find_class(target, path))}
    else:
        told = {name: (x.unit, x.domain, x.meaning) for name, x in DECLARATIONS.items()}
    found = []
    for name in (name for name in tree if name not in NOT_NUMBERS):
        unit, domain, meaning = told[name]
        several, below = "value" not in tree[name], base.get(name, {})
        for toward, node in tree[name].items() if several else [("", tree[name])]:
            whole = {**(below.get(toward, {}) if several else below), **node}
            stated = {key: value for key, value in whole.items() if value is not None}
            found.append(Entry(name, toward, read_number(stated, name, unit, domain), meaning))
    return found


def label(path: str) -> str:
    """What the owner of a file is called."""
    return str(page(path).tree.get("label", "World"))


def amount(x: float) -> str:
    """A number as one would write it on the command line."""
    return ".inf" if x == inf else f"{x:g}"


def cite(source: str) -> str:
    """A source, its keys turned into links to the end of the book.

    Raises:
        HedgingError: a key that configs/sources.yaml does not hold.
    """
    stated, assumed, why = source.partition("assumed:")
    told, known = [], page("sources").tree
    for kind, key in re.findall(r"(\w+):(\w+)", stated):
        anchor = kind if kind == "article" else key
        if anchor not in known:
            raise unknown("source", anchor, known, "configs/sources.yaml")
        told.append(f"[{f'article {key}' if kind == anchor else key}](#{anchor.lower()})")
    return "; ".join([", ".join(told)] * bool(told) + [assumed + why] * bool(assumed))


def _count(owners: dict[str, list[Entry]]) -> str:
    head = ("", "numbers", "sampled", "article", "facts", "literature", "assumption alone", "article alone")
    rows = []
    for owner, found in owners.items():
        named = [[kind in x.kinds for x in found] for kind in ("article", "fact", "literature")]
        ranged, assumed = [x.number.ranged for x in found], [not x.kinds for x in found]
        marks = (ranged, *named, assumed, [x.pinned for x in found])
        rows.append([owner, str(len(found)), *(str(sum(mark)) for mark in marks)])
    return table(head, rows)


def _numbers(found: Iterable[Entry]) -> str:
    rows = [(f"`{'.'.join(filter(None, (x.name, x.toward)))}`", x.meaning, *x.cells) for x in found]
    return table(["number", "meaning", *NUMBER], rows)


def _single(path: str) -> Iterator[str]:
    yield page(path).intro
    for heading, found in groupby(entries(path), lambda entry: page(path).headings[entry.name]):
        yield f"### {heading}"
        yield _numbers(found)


def _past(path: str) -> Iterator[str]:
    yield f"### `{path.replace('/', '=')}`\n\n{page(path).intro}"
    if found := page(path).tree["world"].get("energy_series"):
        rows = [[f"`energy_series.{k}`", cite(x) if k == "source" else str(x)] for k, x in found.items()]
        yield table(["key", "value"], rows)
    yield _events(path)


def _side_by_side(patrons: Sequence[str]) -> Iterator[str]:
    yield "".join(f"- {page(path).intro}\n" for path in patrons)
    headings = page(patrons[0]).headings
    found, order = [(path, x) for path in patrons for x in entries(path)], [*headings].index
    found.sort(key=lambda one: order(one[1].name))
    for heading, under in groupby(found, lambda one: headings[one[1].name]):
        rows, last = [], ""
        for path, entry in under:
            told = (f"`{entry.name}`", entry.meaning) if entry.name != last else ("", "")
            pair = f" to {label(f'patron/{entry.toward}')}" if entry.toward else ""
            rows.append([*told, label(path) + pair, *entry.cells])
            last = entry.name
        yield f"### {heading}"
        yield table(["number", "meaning", "patron", *NUMBER], rows)


def _file(path: str) -> Iterator[str]:
    group, _, name = path.rpartition("/")
    start = f" Starts from `{page(path).base}`." if page(path).base else ""
    yield f"### `{group}={name}`\n\n{page(path).intro}{start}"
    yield _numbers(entries(path))


def _shock(path: str) -> Iterator[str]:
    yield f"### `{path.replace('/', '=')}`\n\n{page(path).intro}"
    yield _events(path)


def _events(path: str) -> str:
    rows = []
    for key, event in page(path).tree["events"].items():
        (how,) = (how for how in OPERATIONS if how in event)
        number, struck = read_number(event[how], f"{key}.{how}"), event["path"]
        several = ", ".join(f"`{one}`" for one in ([struck] if isinstance(struck, str) else struck))
        spread = f" ({' to '.join(map(amount, number.extremes))})" * number.ranged
        change = f"{how} {amount(number.value)}{spread}"
        source = cite(number.source if number.ranged else event["source"])
        rows.append([f"`{key}`", several, event["from"], event.get("until", ""), change, source])
    return table(["event", "path", "from", "until", "change", "source"], rows)


def _ensembles() -> str:
    head, rows = ("draws", "vary", "keep", "chance"), []
    for path in paths("ensemble"):
        cells = (f"`{page(path).tree[key]}`" for key in head)
        rows.append([f"`{path.replace('/', '=')}`", *cells, page(path).intro])
    return table(["", *head, "what for"], rows)


def _citations() -> str:
    rows = []
    for key, about in page("sources").tree.items():
        url = about["url"]
        link = f" [link]({url if url.startswith('http') else '../' + url})" if url else ""
        told = [str(about.get(name, "")) for name in ("value", "unit", "period", "confidence")]
        rows.append([f'<a id="{key.lower()}"></a>{key}', f"{about['citation']}.{link}", *told])
    return table(["key", "citation", "value", "unit", "period", "confidence"], rows)
