"""Say what the client's rule preferred: stances with their values and odds, or the terms of its effort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedging.analysis.explain import terms
from hedging.analysis.explain.trace import Moment, Story
from hedging.analysis.explain.words import courtship, listed, percent
from hedging.rules.client import Aspiration, Bandwagon, Heuristic, stances
from hedging.world.arrays import Array

MOST = 8
"""Stances that are told one by one."""

Rows = list[tuple[str, str, str, str]]


def stance_words(stance: Array, labels: Sequence[str]) -> str:
    """A stance in words, as in 'Russia and China, 0.71 each'."""
    courted = [label for label, effort in zip(labels, stance, strict=True) if effort > 0]
    if not courted:
        return "court nobody"
    efforts = [float(effort) for effort in stance if effort > 0]
    if max(efforts) - min(efforts) < 1e-9:
        each = " each" if len(efforts) > 1 else ""
        return f"{listed(courted)}, {efforts[0]:.2f}{each}"
    return listed([f"{label} {effort:.2f}" for label, effort in zip(courted, efforts, strict=True)])


def preferences(story: Story, now: Moment) -> list[str]:
    """What the rule went by, in words."""
    rule, spent = story.cast.client, f"{story.client} courts {courtship(story, now)}."
    weighing = now.weighing
    if weighing.options is not None and weighing.probabilities is not None:
        return [spent, _weighed(now, len(weighing.options))]
    if isinstance(rule, Heuristic):
        parts = "the table shows what each effort is made of"
        return [
            spent,
            f"A rule of thumb: court the others when one squeezes, mend the tie that strains; {parts}.",
        ]
    if isinstance(rule, Bandwagon):
        return [spent, "The rule courts whoever has the largest share of trade, and nobody else."]
    if isinstance(rule, Aspiration):
        return [spent, _habit(now)]
    return [spent, f"The rule is {type(rule).__name__}, which tells no more than its effort."]


def _weighed(now: Moment, count: int) -> str:
    weighing = now.weighing
    probabilities = np.asarray(weighing.probabilities)[:, 0]
    if float(np.ptp(probabilities)) < 1e-12:
        return f"Each of {count} stances was as likely as the other."
    told = f"It weighed {count} stances"
    if weighing.values is not None:
        told += (
            f", playing each on for {weighing.quarters} quarters with chance at its expected value; the "
            "value is the utility of those quarters, later ones counting less"
        )
    if now.luck is None:
        return f"{told}. Chance is expected: its effort is the mean of the stances by their odds."
    return f"{told}. The better a stance, the likelier it is taken; chance then picked one."


def _habit(now: Moment) -> str:
    memory = now.sight.memory
    held = int(memory.quarters[0])
    return (
        f"The rule foresees nothing: it holds a stance for some quarters (this one for {held} so far) and "
        f"comes back to what paid more than it got used to, {float(memory.aspiration[0]):.3f} a quarter."
    )


def stance_rows(story: Story, now: Moment) -> Rows:
    """The stances a rule chose among, the likeliest first: stance, value, odds, and whether it was taken."""
    weighing, rule = now.weighing, story.cast.client
    values: Array | None = None
    if isinstance(rule, Aspiration) and now.sight.memory is not None:
        options = float(rule.reach[0]) * stances(story.settings.patrons, (1.0,))
        values, odds = now.sight.memory.propensity[:, 0], now.sight.memory.weights[:, 0]
    elif weighing.options is not None and weighing.probabilities is not None:
        options, odds = weighing.options, weighing.probabilities[:, 0]
        if weighing.values is not None and len(weighing.values) == len(options):
            values = weighing.values[:, 0]
    else:
        return []
    if options.shape[1] != len(story.labels) or float(np.ptp(odds)) < 1e-12:
        return []
    order = np.lexsort((-(odds if values is None else values), -odds))
    effort = now.flows["effort"][:, 0]
    return [
        (
            stance_words(options[k], story.labels),
            "" if values is None else f"{values[k]:.3f}",
            percent(float(odds[k])),
            "taken" if now.luck is not None and np.allclose(options[k], effort) else "",
        )
        for place, k in enumerate(order)
        if place < MOST or (now.luck is not None and np.allclose(options[k], effort))
    ]


def effort_terms(story: Story, now: Moment) -> terms.Terms:
    """What each effort is made of, where the rule can be taken apart."""
    rule = story.cast.client
    return terms.heuristic_terms(rule, now.sight) if isinstance(rule, Heuristic) else {}
