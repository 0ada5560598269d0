"""Put amounts, shares and causes into words, and tell of the client and of the quarter as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hedging.analysis.explain import terms
from hedging.analysis.explain.trace import Moment, Story

SMALLEST = 0.0005
"""A term below this rounds to nothing and is not told."""


def money(amount: float, none: str = "nothing") -> str:
    """An amount in USD bn: in millions below a tenth of a billion."""
    size = abs(amount)
    if size < SMALLEST:
        return none
    sign = "-" if amount < 0 else ""
    return f"{sign}${size:.2f} bn" if size >= 0.0995 else f"{sign}${1000 * size:.0f} m"


def points(share: float) -> str:
    """A concession in points of a hundred."""
    return f"{100 * share:.1f} points"


def percent(share: float) -> str:
    """A probability or a share in per cent; nothing and everything only where it is so."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{100 * share:.1f}%" if 0 < share < 0.0995 or 0.9005 < share < 1 else f"{100 * share:.0f}%"


def listed(words: Sequence[str]) -> str:
    """Words in a row, with 'and' before the last."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def causes(parts: Mapping[str, float], decimals: int = 3) -> str:
    """Terms with their signs, the largest first; what rounds to nothing is left out."""
    least = 0.5 * 10**-decimals
    told = sorted((part for part in parts.items() if abs(part[1]) >= least), key=lambda part: -abs(part[1]))
    return ", ".join(f"{name} {value:+.{decimals}f}" for name, value in told) or "nothing to speak of"


def opening(story: Story, now: Moment) -> str:
    """How things stood when the quarter began."""
    held, wish = now.at_start("reserves"), now.number("reserves_target")
    side = "above" if held >= wish else "below"
    standing = [
        f"{story.client} begins the quarter with reserves of {money(held, '$0')}, {side} the {money(wish)} "
        f"it would like to hold, and an output of {money(now.at_start('gdp'))} a quarter. From 0 to 1, "
        f"legitimacy stands at {now.at_start('legitimacy'):.2f}, "
        f"national sentiment at {now.at_start('national_sentiment'):.2f}, "
        f"repression at {now.at_start('repression'):.2f}."
    ]
    if urgency := now.flow("urgency"):
        standing.append(f"The deadline is felt at {percent(urgency)} of its full weight.")
    return " ".join([*standing, *fate(now), *happenings(story, now)])


def fate(now: Moment) -> list[str]:
    """Whether leader and country still stand: what a lost country does counts for nothing."""
    survival, sovereign = now.at_start("survival"), now.at_start("sovereign")
    if now.luck is None:
        if min(survival, sovereign) > 0.9995:
            return []
        return [
            f"The leader is still in office with a probability of {percent(survival)}, "
            f"the country still sovereign with {percent(sovereign)}."
        ]
    lost = ["the leader has fallen"] * (survival < 0.5) + ["the country has been absorbed"] * (
        sovereign < 0.5
    )
    return [f"By now {listed(lost)}: what follows is arithmetic, and no result counts it."] if lost else []


def happenings(story: Story, now: Moment) -> list[str]:
    """The setting's events that strike or hold this quarter."""
    found = []
    for event in story.settings.events:
        if event.on_state and event.start == now.quarter:
            found.append(f"Event {event.name} strikes: {event.path}, {event.operation} {event.amount:g}.")
        if not event.on_state and event.start <= now.quarter <= event.stop:
            found.append(f"Event {event.name} holds: {event.path}, {event.operation} {event.amount:g}.")
    return found


def courtship(story: Story, now: Moment) -> str:
    """Whom the client courted, the most courted first."""
    effort = {label: now.flow("effort", row) for row, label in enumerate(story.labels)}
    told = [
        f"{label} {value:.2f}"
        for label, value in sorted(effort.items(), key=lambda e: -e[1])
        if value >= 0.005
    ]
    return listed(told) if told else "nobody"


def reserves(now: Moment) -> str:
    """The reserves at the start and at the end of the quarter."""
    return f"{money(now.at_start('reserves'), '$0')} to {money(now.at_end('reserves'), '$0')}"


def closing(story: Story, now: Moment) -> str:
    """How the quarter ended for the client, and what it was worth by its own reckoning."""
    paid = {name: float(array[0]) for name, array in terms.reserves_terms(now).items()}
    parts = {name: float(array[0]) for name, array in terms.utility_terms(now).items()}
    told = [
        f"Reserves go from {reserves(now)}, in $ bn: {causes(paid, 2)}.",
        f"Output ends at {money(now.at_end('gdp'))}, legitimacy at {now.at_end('legitimacy'):.2f}, "
        f"national sentiment at {now.at_end('national_sentiment'):.2f}.",
        f"The risk of losing office was {percent(now.flow('hazard'))}, "
        f"of absorption {percent(now.flow('absorb'))}.",
        *news(now),
        f"The quarter's utility to {story.client} is {now.flow('utility'):.3f}: {causes(parts)}.",
    ]
    return " ".join(told)


def news(now: Moment) -> list[str]:
    """Whether leader or country met their end this quarter."""
    if now.luck is None:
        return []
    ends = (("survival", "The leader falls."), ("sovereign", "The country is absorbed."))
    return [words for name, words in ends if now.at_start(name) > now.at_end(name)]
