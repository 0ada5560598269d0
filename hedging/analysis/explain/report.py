"""Lay an explanation out: words, one table, the stances; a terminal shows it in bold, a file plainly."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hedging.analysis.explain import terms
from hedging.analysis.explain.patron_words import Dealings
from hedging.analysis.explain.preferences import effort_terms, preferences, stance_rows
from hedging.analysis.explain.trace import Moment, Story
from hedging.analysis.explain.words import (
    closing,
    courtship,
    fate,
    happenings,
    money,
    news,
    opening,
    reserves,
)
from hedging.world.arrays import Array

WIDTH = 100
NOTHING = 5e-5
"""A row in which every number is smaller than this is left out."""


def as_text(content: RenderableType) -> str:
    """The explanation as plain lines of at most 100 letters."""
    text = StringIO()
    Console(file=text, width=WIDTH, color_system=None).print(content)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def title(story: Story, dates: str) -> Text:
    """Which draw of which study this is."""
    settings = story.settings
    line = f"{settings.study} · draw {story.draw} of {settings.draws:,} · {dates}"
    rest = (
        f" · seed {settings.seed} · {settings.chance} chance · client rule {type(story.cast.client).__name__}"
    )
    expected = " Every probability stands in the place of its event." if settings.chance == "expected" else ""
    about = f"\n{settings.question}\nOne possible world: a conditional mechanism, not a forecast.{expected}"
    return Text.assemble((line, "bold"), rest, about)


def explain_quarter(story: Story, now: Moment) -> RenderableType:
    """One quarter of one draw in words and a table."""
    parts: list[RenderableType] = [title(story, now.date), "", Text(opening(story, now)), ""]
    for row, label in enumerate(story.labels):
        dealings = Dealings(story, now, row)
        parts += [Text.assemble((f"{label} ", "bold"), dealings.headline()), _grid(dealings.sentences()), ""]
    parts += [Text.assemble((story.client, "bold"), " and its choice")]
    parts += [Padding(Text(" ".join(preferences(story, now))), (0, 0, 0, 2))]
    if rows := stance_rows(story, now):
        parts += ["", Padding(_stances(rows), (0, 0, 0, 2))]
    parts += ["", Text.assemble(("How it ended", "bold")), Padding(Text(closing(story, now)), (0, 0, 0, 2))]
    return Group(*parts, "", numbers_table(story, now))


def _grid(sentences: dict[str, str]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim", min_width=10)
    grid.add_column()
    for about, words in sentences.items():
        grid.add_row(f"  {about}", Text(words))
    return grid


def _stances(rows: list[tuple[str, str, str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("stance", "value", "probability", ""):
        table.add_column(head, justify="right" if head in ("value", "probability") else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row, style="bold" if row[-1] else "")
    return table


def numbers_table(story: Story, now: Moment) -> Table:
    """The quarter in numbers, a column for each patron; the terms of each change add up to it."""
    table = Table(box=None, pad_edge=False, title="In numbers", title_justify="left", title_style="bold")
    table.add_column("", no_wrap=True, max_width=WIDTH - 13 * len(story.labels))
    for label in story.labels:
        table.add_column(label, justify="right", no_wrap=True)
    for name, cells, strong in numbers_rows(story, now):
        table.add_row(name, *cells, style="bold" if strong else "")
    return table


Row = tuple[str, list[str], bool]


def numbers_rows(story: Story, now: Moment) -> Iterator[Row]:
    """The rows of the table, group by group; a group's heading and its totals are strong."""
    flows, count = now.flows, len(story.labels)
    blank = [""] * count
    yield "Demand and price", blank, True
    yield "  demand, points of 100", _cells(100 * flows["demand"], "{:.2f}"), False
    for name, words in (
        ("willing", "worth to the patron, USD bn"),
        ("reservation", "reservation price, USD bn"),
        ("offer", "offer, USD bn"),
        ("carrot", "carrot, USD bn"),
    ):
        yield f"  {words}", _cells(flows[name], "{:.3f}"), False
    yield "  gate, share of the purse open", _cells(flows["gate"], "{:.3f}"), False
    yield "Answer, in utility to the client", blank, True
    for name, values in terms.gain_terms(now).items():
        yield f"  {name}", _cells(values, "{:+.4f}"), False
    yield "  gain", _cells(flows["gain"], "{:+.4f}"), False
    yield from _event(story, now, "accept", "accept_probability", ("accepted", "refused"))
    yield "Coercion", blank, True
    yield "  tension, red line at 1", [f"{now.tension(row):.3f}" for row in range(count)], False
    yield from _event(story, now, "coerce", "coerce_probability", ("strikes", "no"))
    yield "Effort of courtship", _cells(flows["effort"], "{:.4f}"), True
    yield from _terms(effort_terms(story, now))
    for name, words, parts in (
        ("warmth", "Warmth", terms.warmth_terms(now)),
        ("frustration", "Frustration", terms.frustration_terms(now)),
        ("salience", "Attention", terms.salience_terms(now)),
    ):
        before, after = getattr(now.before, name), getattr(now.after, name)
        yield f"{words} at the start", _cells(before, "{:.4f}"), True
        yield from _terms(parts)
        yield "  at the end", _cells(after, "{:.4f}"), False


def _cells(values: Array, form: str) -> list[str]:
    return [form.format(value) if abs(value) >= NOTHING else "0" for value in np.asarray(values)[:, 0]]


def _terms(parts: terms.Terms) -> Iterator[Row]:
    for name, values in parts.items():
        if np.any(np.abs(values) >= NOTHING):
            yield f"  {name}", _cells(values, "{:+.4f}"), False


def _event(story: Story, now: Moment, name: str, probability: str, words: tuple[str, str]) -> Iterator[Row]:
    """A probability, the random number that met it, and what came of it."""
    yield "  probability", _cells(now.flows[probability], "{:.4f}"), False
    if now.luck is None:
        return
    thrown = [now.thrown(name, patron) for patron in story.settings.patrons]
    yield "  random number of this draw", [f"{number:.4f}" for number in thrown], False
    yield "  outcome", [words[0] if value else words[1] for value in now.flows[name][:, 0]], False


def narrate(story: Story, moments: list[Moment]) -> RenderableType:
    """Several quarters, a few lines each."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column()
    for now in moments:
        head = f"{story.client} courts {courtship(story, now)}; reserves {reserves(now)}."
        grid.add_row(now.date, Text(head))
        stand = fate(now) if now is moments[0] else []
        lines = [_short(Dealings(story, now, row)) for row in range(len(story.labels))]
        for line in (*stand, *happenings(story, now), *lines, *news(now)):
            grid.add_row("", Text(line))
        grid.add_row()
    return Group(title(story, f"{moments[0].date} to {moments[-1].date}"), "", grid)


def _short(dealings: Dealings) -> str:
    """One patron in one quarter in a line or two."""
    now, row = dealings.now, dealings.row
    label = dealings.story.labels[row]
    told = f"{label} {dealings.headline()}"
    if dealings.flow("demand") > 0:
        told += f" (price {money(dealings.flow('reservation'))})"
    if dealings.flow("carrot") >= 0.0005:
        told += f"; carrot {money(dealings.flow('carrot'))}"
    before, after = now.tension(row), now.at_end("frustration", row) / now.number("red_line", row)
    if max(before, after) >= 0.005:
        told += f"; tension {before:.2f} to {after:.2f}"
    coerced = dealings.flow("coerce")
    if now.luck is not None and coerced:
        likely = f"{100 * dealings.flow('coerce_probability'):.0f}% likely"
        told += f". It strikes ({likely}), taking {dealings.blow()}"
    elif now.luck is None and coerced >= 0.005:
        told += f"; coercion {100 * coerced:.0f}% likely"
    return f"{told}."
