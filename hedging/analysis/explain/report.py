"""Tell a quarter in the words of configs/explain.yaml: which sentences hold, what fills their places, and how
it is laid out: words, one table, the stances; a terminal shows it in bold, a file plainly."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from hedging import errors
from hedging.analysis.explain.replay import Moment, Story, causes_of, figure, words
from hedging.world.arrays import Array

WIDTH = 100
NOTHING = 5e-5
"""A number smaller than this is 0; a cause that is 0 for everybody is left out."""

Row = tuple[str, ...]
"""A row of a table, by cells."""

MOST = 8
"""Stances that are told one by one."""


def as_text(content: RenderableType) -> str:
    """The explanation as plain lines of at most 100 letters."""
    return errors.as_text(content, WIDTH) + "\n"


def tell(story: Story) -> RenderableType:
    """The quarters of a story: one at length, several in a few lines each."""
    view = Wording(story, story.moments[0])
    title, *rest = words()["title"]
    body = _quarter(story, view.now) if len(story.moments) == 1 else _quarters(story)
    return Group(Text.assemble((f"{view.tell([title])} ", "bold"), view.tell(rest), "\n"), *body)


def _quarter(story: Story, now: Moment) -> Iterator[RenderableType]:
    said, views = words(), _views(story, now)
    yield Text(f"{views[0].tell(said['opening'])}\n")
    for view in views:
        yield Text.assemble((f"{view['label']} ", "bold"), view.tell(said["headline"]))
        yield _grid((f"  {head}", view.tell(lines)) for head, lines in said["patron"].items())
        yield ""
    yield Text.assemble((views[0]["client"], "bold"), " and its choice")
    yield Padding(views[0].tell(said["choice"]), (0, 0, 0, 2))
    if rows := list(_stances(story, now)):
        stances = _table(("stance", "value", "probability", ""), rows, lambda row: row[-1] != "")
        yield Padding(stances, (1, 0, 0, 2))
    yield Text("\nHow it ended", "bold")
    yield Padding(views[0].tell(said["closing"]), (0, 0, 1, 2))
    yield Text("In numbers", "bold")
    yield _table(("", *story.labels), _numbers(story, now), lambda row: row[0][0] != " ")


def _quarters(story: Story) -> Iterator[RenderableType]:
    said, headline = words()["narrative"], words()["headline"]
    for now in story.moments:
        views = _views(story, now)
        head, events, news = (views[0].tell(said[part]) for part in ("quarter", "events", "news"))
        fate = views[0].tell(words()["fate"]) if now is story.moments[0] else ""
        patrons = (f"{v['label']} {v.tell(headline)} {v.tell(said['patron'])}" for v in views)
        yield _grid([(now.date, head), *(("", line) for line in (fate, events, *patrons, news))])
        yield ""


def _views(story: Story, now: Moment) -> list[Wording]:
    return [Wording(story, now, row) for row in range(len(story.labels))]


def _stances(story: Story, now: Moment) -> Iterator[Row]:
    """The stances a rule chose among, the likeliest first: stance, value, odds, and whether it was taken."""
    options, values, odds = now.weighed
    for place, k in enumerate(np.lexsort((-values[:, 0], -odds[:, 0]))):
        taken = "taken" if now.sampled and np.allclose(options[k], now.f.effort[:, 0]) else ""
        if place < MOST or taken:
            yield _stance(options[k], story.labels), f"{values[k, 0]:.3f}", percent(odds[k, 0]), taken


def _stance(stance: Array, labels: list[str]) -> str:
    """A stance in words, as in 'Russia and China, 0.71 each'."""
    courted = {label: effort for label, effort in zip(labels, stance, strict=True) if effort > 0}
    if courted and np.ptp(list(courted.values())) < 1e-9:
        return f"{listed(list(courted))}, {stance.max():.2f}{' each' if len(courted) > 1 else ''}"
    return listed([f"{label} {effort:.2f}" for label, effort in courted.items()]) or "court nobody"


def _numbers(story: Story, now: Moment) -> Iterator[Row]:
    """The quarter in numbers, a column for each patron; the terms of each change add up to it."""
    views, labels = _views(story, now), story.settings.labels
    for head, name, form, *when in words()["numbers"]:
        if not all(any(view.holds(text) for view in views) for text in when):
            continue
        heading, called = head[0].isupper(), labels | words()["causes"].get(name, {})
        cells = _cells(figure(now, name)[: len(views)], form) if name else ("" for _ in views)
        yield (head if heading else f"  {head}", *cells)
        for cause, values in causes_of(now, name).items() if heading and name else ():
            if np.any(np.abs(values) >= NOTHING):
                yield f"  {called.get(cause, cause)}", *_cells(values, "+.4f")


def _cells(values: Array, form: str) -> list[str]:
    if "/" in form:
        return [form.split("/")[0 if value else 1] for value in values[:, 0]]
    return [format(Figure(value), form) if abs(value) >= NOTHING else "0" for value in values[:, 0]]


def _table(heads: Row, rows: Iterable[Row], strong: Callable[[Row], bool]) -> Table:
    columns = [Column(head, justify="right", no_wrap=True) for head in heads]
    columns[0].justify = "left"
    table = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*row, style="bold" if strong(row) else "")
    return table


def _grid(lines: Iterable[Row]) -> Table:
    """Lines beside what they are about; an empty one is left out."""
    grid = Table.grid(Column(no_wrap=True, style="dim", min_width=10), Column(), padding=(0, 1))
    for head, said in lines:
        if said:
            grid.add_row(head, Text(said))
    return grid


SMALLEST = 0.0005
"""An amount below this rounds to nothing and is not told."""

Lines = Sequence[Mapping[str, str]]
"""Sentences, each under when it is told."""


def money(amount: float) -> str:
    """An amount in USD bn: in millions below a tenth of a billion."""
    if amount < SMALLEST:
        return "$0"
    return f"${amount:.2f} bn" if amount >= 0.0995 else f"${1000 * amount:.0f} m"


def percent(share: float) -> str:
    """A probability or a share in per cent; nothing and everything only where it is so."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{100 * share:.1f}%" if 0 < share < 0.0995 or 0.9005 < share < 1 else f"{100 * share:.0f}%"


def listed(parts: Sequence[str]) -> str:
    """Words in a row, with 'and' before the last."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


SIGNS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}

UNITS: dict[str, Callable[[float], str]] = {
    "money": money,
    "percent": percent,
    "points": lambda share: f"{100 * share:.1f} points",
    "hundredths": lambda share: f"{100 * share:.2f}",
}


class Figure(float):
    """A number that is told in its unit, or by an ordinary format."""

    def __format__(self, form: str) -> str:
        return UNITS[form](float(self)) if form in UNITS else super().__format__(form)


@dataclass(frozen=True)
class Wording:
    """One patron in one quarter, or the client: fills the places of a sentence with its figures and words."""

    story: Story
    now: Moment
    row: int = 0

    def __getitem__(self, name: str) -> Any:
        """A figure, or what a quantity is made of (why_), or other words."""
        if name.startswith("why_"):
            return self.why(name.removeprefix("why_"))
        if name in TEXTS:
            return TEXTS[name](self)
        for source in (self.story, self.story.settings):
            if hasattr(source, name):
                return getattr(source, name)
        return self.own(figure(self.now, name))

    def own(self, array: Array) -> Figure:
        """Its own number of an array."""
        return Figure(array[self.row, 0] if array.ndim > 1 else array[0])

    def tell(self, lines: Lines) -> str:
        """The sentences whose time has come."""
        told = (text.format_map(self) for line in lines for when, text in line.items() if self.holds(when))
        return " ".join(text for text in told if text)

    def holds(self, when: str) -> bool:
        """Whether a condition holds, as in 'demand > 0 and offer >= 0.0005'; 'or' comes last."""
        every = ([part.split() for part in some.split(" and ")] for some in when.split(" or "))
        return any(all(self._compare(*part) for part in parts) for parts in every)

    def _compare(self, name: str, sign: str = ">", number: str = "0") -> bool:
        return bool(SIGNS[sign](self[name], float(number) if number[0].isdigit() else self[number]))

    def why(self, name: str) -> str:
        """What a quantity or its change adds up from, the largest first; not what rounds to nothing."""
        said, labels = words(), self.story.settings.labels
        form, least, closed = said["forms"].get(name, said["forms"]["change"])
        toward = said["towards"].get(name, "{}")
        called = {patron: toward.format(labels[patron]) for patron in self.now.sight.patrons}
        called |= said["causes"][name] | called
        found = {cause: self.own(array) for cause, array in causes_of(self.now, name).items()}
        parts = [
            form.format(name=called.get(cause, cause), value=value)
            for cause, value in sorted(found.items(), key=lambda item: -abs(item[1]))
            if abs(value) >= least
        ]
        return (listed(parts) if closed else ", ".join(parts)) or "nothing"

    def courtship(self) -> str:
        """Whom the client courted, the most courted first."""
        efforts = sorted(zip(self.now.f.effort[:, 0], self.story.labels, strict=True), reverse=True)
        return listed([f"{label} {effort:.2f}" for effort, label in efforts if effort >= 0.005]) or "nobody"

    def happenings(self) -> str:
        """The setting's events that strike or hold this quarter."""
        told: dict[tuple[str, str], list[str]] = {}
        for event in (event for event in self.story.events if event.acts(self.now.quarter)):
            head = f"Event {event.name} {'strikes' if event.on_state else 'holds'}"
            done = f"{event.how} {float(np.max(event.amount)):g}"
            told.setdefault((head, done), []).append(event.path)
        return " ".join(f"{head}: {listed(paths)}, {done}." for (head, done), paths in told.items())


TEXTS: dict[str, Callable[[Wording], Any]] = {
    "always": lambda v: True,
    "sampled": lambda v: v.now.sampled,
    "expected": lambda v: not v.now.sampled,
    "client": lambda v: v.story.settings.labels["client"],
    "label": lambda v: v.story.labels[v.row],
    "rule": lambda v: v.story.settings.patron_rules[v.story.settings.patrons[v.row]].cls.__name__,
    "client_rule": lambda v: type(v.now.rule).__name__,
    "rule_words": lambda v: " ".join((type(v.now.rule).__doc__ or "").split("\n\n")[0].split()),
    "stances": lambda v: len(v.now.weighed[0]),
    "ahead": lambda v: getattr(v.now.rule, "horizon", 0) if len(v.now.weighed[0]) else 0,
    "learns": lambda v: hasattr(v.now.sight.memory, "aspiration"),
    "courtship": Wording.courtship,
    "happenings": Wording.happenings,
}
"""What fills a place where no figure does."""
