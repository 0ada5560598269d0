"""Write the parameter book: ``python -m experiments.book`` makes configs/README.md of the files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

from experiments.book_ensembles import DESIGNS, ENSEMBLES
from experiments.book_reading import Entry, entries, meaning, names, page, sources
from hedging.errors import unknown
from hedging.settings.compose import config_dir
from hedging.settings.numbers import Number
from hedging.world.parameters import UNITS

OPENING = """\
# The parameter book

Every number of the model, written from the files of this folder by `make book`. Change the YAML, not this.

## How a number is written

```yaml
red_line: {value: 1, low: 0.6, high: 1.6, unit: "1", source: "assumed: the unit"}
```

- `value` is the central number. `low` and `high` bound the range it is sampled over; without them it stands.
- It is drawn from a triangle with `value` at the top, with `scale: log` from a log-uniform (*log* below). A
  date or a count of quarters is drawn evenly from the whole numbers of its range (*whole* below).
- A range drives sampling only. What is admissible stands in
  [hedging/world/parameters.py](../hedging/world/parameters.py), and is enforced.
- `source` names the article by paragraph, a fact or literature, or says `assumed:` and why.
- `unit` is one of UNITS. A `quarter` is a date, 0 being 2015Q1; `quarters` are a duration.

## How a number is overridden

| write | to |
| --- | --- |
| `patrons.russia.red_line=0.8` | pin it: the same in every draw |
| `patrons.russia.red_line.value=0.8` | move its centre and keep its range |
| `patrons.russia.red_line.high=2` | widen its range |
| `'ensemble.vary=[]'` | keep every number at its centre; chance is still sampled |
| `'ensemble.vary=[patrons.russia.*]'` | sample Russia's numbers alone |
| `ensemble.design=sobol` | spread the draws by [a design](#designs) rather than at random |
| `ensemble.sample=mine.parquet` | take numbers from [a file](#samples-of-your-own), a row per draw |
| `patron@patrons.russia=russia_hardliner` | take another file of the folder |

A number is found at `world.<number>`, `client.<number>`, `patrons.<name>.<number>`,
`patrons.<name>.rivalry.<other>`, `client.rule.<number>` or `patrons.<name>.rule.<number>`.

## What the numbers rest on

A source may name several things, so a number can stand under article, facts and literature at once. *Article
alone*: it names the article, with facts or without, and assumes nothing beside. The article so pins PINNED
numbers of the baseline.
"""


def book() -> str:
    """The whole parameter book as Markdown."""
    defaults = [one for one in page("config").tree["defaults"] if isinstance(one, dict)]
    plays = [name for one in defaults for key, name in one.items() if key.startswith("patron@")]
    variants = [name for name in names("patron") if page(f"patron/{name}").base]
    patrons = [*plays, *(name for name in names("patron") if name not in (*plays, *variants))]
    owners = {label(path): entries(path) for path in ("world/steady", "client/belarus", *_files(patrons))}
    baseline = [
        entry for path in ("world/steady", "client/belarus", *_files(plays)) for entry in entries(path)
    ]
    opening = OPENING.replace("PINNED", str(sum(entry.pinned for entry in baseline)))
    parts = [
        opening.replace("UNITS", ", ".join(f"`{unit}`" for unit in UNITS)),
        _count(owners | {"**The baseline**, without its rule": baseline}),
        *_single("The world", "world/steady"),
        *_series("world/history"),
        *_single("The client: Belarus", "client/belarus"),
        *_side_by_side(patrons),
        "## Variants of patrons\n\nWhat a variant does not name is as in the file it starts from.\n",
        *(part for name in variants for part in _file("patron", name)),
        *(part for kind in ("client", "patron") for part in _rules(kind)),
        "## Events\n",
        *(part for name in names("shock") for part in _shock(name)),
        *_ensembles(),
        *_citations(),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _files(patrons: Iterable[str]) -> list[str]:
    return [f"patron/{name}" for name in patrons]


def label(path: str) -> str:
    """What the owner of a file is called."""
    return str(page(path).tree.get("label", "World"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def amount(x: float) -> str:
    """A number as one would write it on the command line."""
    return ".inf" if x == inf else f"{x:g}"


def spread(number: Number) -> str:
    """The range a number is sampled over, and how where that is no triangle; nothing where it is fixed."""
    if not number.ranged:
        return ""
    how = ", whole" if number.domain.whole else ", log" if number.scale == "log" else ""
    return f"{amount(number.extremes[0])} to {amount(number.extremes[1])}{how}"


def cite(source: str) -> str:
    """A source, its keys turned into links to the end of the book.

    Raises:
        HedgingError: a key that configs/sources.yaml does not hold.
    """
    stated, assumed, why = source.partition("assumed:")
    told = []
    for kind, key in re.findall(r"(\w+):(\w+)", stated):
        anchor = kind if kind == "article" else key
        if anchor not in sources():
            raise unknown("source", anchor, sources(), "configs/sources.yaml")
        told.append(f"[{f'article {key}' if kind == anchor else key}](#{anchor.lower()})")
    return "; ".join([", ".join(told)] * bool(told) + [assumed + why] * bool(assumed))


def _count(owners: dict[str, list[Entry]]) -> str:
    head = ("", "numbers", "sampled", "article", "facts", "literature", "assumption alone", "article alone")
    rows = []
    for owner, found in owners.items():
        kinds = [
            [entry for entry in found if entry.names_some(kind)] for kind in ("article", "fact", "literature")
        ]
        groups = [found, [entry for entry in found if entry.number.ranged], *kinds]
        groups += [[entry for entry in found if not entry.keys], [entry for entry in found if entry.pinned]]
        rows.append([owner, *(str(len(group)) for group in groups)])
    return table(head, rows)


def _numbers(found: Iterable[Entry], prefix: str = "") -> str:
    rows = []
    for entry in found:
        name = ".".join(part for part in (entry.name, entry.toward) if part)
        cells = [amount(entry.number.value), spread(entry.number), entry.number.unit]
        rows.append([f"`{name}`", meaning(prefix + entry.name), *cells, cite(entry.number.source)])
    return table(["number", "meaning", "value", "range", "unit", "source"], rows) if rows else ""


def _single(title: str, path: str) -> Iterator[str]:
    yield f"## {title}\n\n{page(path).intro}\n"
    headings = page(path).headings
    for heading in dict.fromkeys(headings[entry.name] for entry in entries(path)):
        yield f"### {heading}\n\n" + _numbers(one for one in entries(path) if headings[one.name] == heading)


def _series(path: str) -> Iterator[str]:
    yield f"### `{path.replace('/', '=')}`\n\n{page(path).intro}\n"
    found: dict[str, Any] = page(path).tree["energy_series"]
    rows = ([f"`energy_series.{key}`", cite(x) if key == "source" else str(x)] for key, x in found.items())
    yield table(["key", "value"], rows)


def _side_by_side(patrons: Sequence[str]) -> Iterator[str]:
    yield "## The patrons side by side\n\n" + "".join(f"- {page(path).intro}\n" for path in _files(patrons))
    headings = page(f"patron/{patrons[0]}").headings
    found = [(path, entry) for path in _files(patrons) for entry in entries(path)]
    for heading in dict.fromkeys(headings[entry.name] for _, entry in found):
        rows = []
        for name in (name for name, place in headings.items() if name and place == heading):
            told = (f"`{name}`", meaning(name))
            for path, entry in ((path, entry) for path, entry in found if entry.name == name):
                pair = f" to {label(f'patron/{entry.toward}')}" if entry.toward else ""
                number = entry.number
                cells = (
                    label(path) + pair,
                    amount(number.value),
                    spread(number),
                    number.unit,
                    cite(number.source),
                )
                rows.append([*told, *cells])
                told = ("", "")
        yield f"### {heading}\n\n" + table(
            ["number", "meaning", "patron", "value", "range", "unit", "source"], rows
        )


def _file(group: str, name: str, prefix: str = "") -> Iterator[str]:
    one = page(f"{group}/{name}")
    start = f" Starts from `{one.base}`." if one.base else ""
    yield f"### `{group}={name}`\n\n{one.intro}{start}\n"
    yield _numbers(entries(f"{group}/{name}", prefix), prefix)


def _rules(kind: str) -> Iterator[str]:
    yield f"## Rules of the {kind}\n"
    for name in names(f"{kind}/rule"):
        yield from _file(f"{kind}/rule", name, "client.rule." if kind == "client" else "patrons.rule.")


def _shock(name: str) -> Iterator[str]:
    one = page(f"shock/{name}")
    yield f"### `shock={name}`\n\n{one.intro}\n"
    rows = []
    for key, event in one.tree["events"].items():
        change = next(f"{how} {event[how]:g}" for how in ("add", "multiply", "set") if how in event)
        cells = [event["from"], event.get("until", ""), change, cite(event["source"])]
        rows.append([f"`{key}`", f"`{event['path']}`", *cells])
    if rows:
        yield table(["event", "path", "from", "until", "change", "source"], rows)


def _ensembles() -> Iterator[str]:
    yield ENSEMBLES
    rows = []
    for name in names("ensemble"):
        one = page(f"ensemble/{name}")
        cells = [f"`{one.tree[key]}`" for key in ("draws", "vary", "keep", "chance")]
        rows.append([f"`ensemble={name}`", *cells, one.intro])
    yield table(["", "draws", "vary", "keep", "chance", "what for"], rows)
    yield DESIGNS


def _citations() -> Iterator[str]:
    yield "## Sources\n\nConfidence *memory*: recalled, not checked; *derived*: worked out of other facts.\n"
    rows = []
    for key, about in sources().items():
        url = about["url"]
        link = f" [link]({url if url.startswith('http') else '../' + url})" if url else ""
        told = [str(about.get(name, "")) for name in ("value", "unit", "period", "confidence")]
        rows.append([f'<a id="{key.lower()}"></a>{key}', f"{about['citation']}.{link}", *told])
    yield table(["key", "citation", "value", "unit", "period", "confidence"], rows)


def main() -> None:
    """Write configs/README.md."""
    path = config_dir() / "README.md"
    path.write_text(book(), encoding="utf-8")
    print(f"Written: {path.parent.name}/{path.name}")


if __name__ == "__main__":
    main()
