"""Every quantity that moves: what it is called, its axes, its unit and its range.

`State` is the world at the start of a quarter; the phases say beside their own results what they add to the
record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any

import numpy as np

from hedging.world.arrays import Array, over_patrons
from hedging.world.parameters import Parameters

OPENING_BID = 0.3
"""Structural: the bid that patrons are remembered for at the start, as a share of salience0 * budget."""


GUARD = 1e-9
"""Structural: the least output, which is divided by."""

Opening = str | Callable[[Parameters], Array]
"""How a state stands at the start: as a parameter by its name, or as a function of parameters says."""


def quantity(
    axes: str,
    unit: str,
    meaning: str,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    opens: Opening | None = None,
    reported: bool = False,
    every_draw: bool = False,
) -> Any:
    """Declare a moving quantity as a dataclass field: its axes before the draw, its unit, what it means,
    its range.

    Args:
        opens: of a state, how it stands at the start of 2015Q1.
        reported: whether it is a series of summary.csv.
        every_draw: whether it is reported over all draws, those that have fallen too.
    """
    told = {"axes": (*axes.split(), "draw"), "unit": unit, "meaning": meaning, "low": low, "high": high}
    return field(metadata=told | {"opens": opens, "reported": reported, "every_draw": every_draw})


def described(cls: type) -> dict[str, Field[Any]]:
    """The declared quantities of a record class, by name."""
    return {item.name: item for item in fields(cls) if "axes" in item.metadata}


def _state(axes: str, unit: str, meaning: str, opens: Opening, **told: Any) -> Any:
    """Declare a state that never falls below 0, and is a share where that is its unit."""
    high = 1 if unit == "share" else np.inf
    return quantity(axes, unit, meaning, **{"low": 0, "high": high} | told, opens=opens)


def _all_trade(p: Parameters) -> Array:
    """The shares of the patrons and, last, that of the rest of the world."""
    return np.concatenate([p.trade_share0, 1.0 - over_patrons(p.trade_share0)[None]])


def _nothing(p: Parameters) -> Array:
    return np.zeros_like(p.gdp0)


def _nothing_of_each(p: Parameters) -> Array:
    return np.zeros_like(p.debt0)


def _one(p: Parameters) -> Array:
    return np.ones_like(p.gdp0)


@dataclass(frozen=True, eq=False)
class State:
    """The world at the start of a quarter, and how it stands at the start of 2015Q1.

    Source: hedging/README.md, initialisation; the numbers are the parameters whose names end in 0.
    """

    potential_gdp: Array = _state("", "usd_bn/quarter", "output without shocks", "gdp0", low=GUARD)
    gdp: Array = _state("", "usd_bn/quarter", "gross domestic product", "gdp0", low=GUARD, reported=True)
    reserves: Array = _state("", "usd_bn", "foreign reserves", "reserves0", reported=True)
    debt: Array = _state("patron", "usd_bn", "debt to the patron", "debt0", reported=True)
    market_debt: Array = _state("", "usd_bn", "debt to the market", "market_debt0", reported=True)
    trade_share: Array = _state("partner", "share", "share of trade", _all_trade, reported=True)
    concession: Array = _state(
        "patron", "share", "depth of what has been conceded", "concession0", reported=True
    )
    warmth: Array = _state("patron", "share", "warmth of the tie", "warmth0", reported=True)
    frustration: Array = _state("patron", "1", "the patron's frustration", _nothing_of_each)
    salience: Array = _state("patron", "share", "the patron's attention", "salience0", reported=True)
    last_bid: Array = _state(
        *("patron", "usd_bn/quarter", "offer and carrot of the quarter before"),
        lambda p: OPENING_BID * p.salience0 * p.budget,
    )
    credit_line: Array = _state(
        "patron", "usd_bn", "credit promised and not drawn", "credit_line0", reported=True
    )
    anchor: Array = _state("partner", "share", "where the share of trade tends to", _all_trade)
    accustomed: Array = _state(
        *("patron", "share", "demand that the public is used to"),
        lambda p: p.familiarity * p.demand0 * (1 - p.concession0),
    )
    legitimacy: Array = _state("", "share", "the leader's legitimacy", "legitimacy0", reported=True)
    national_sentiment: Array = _state("", "share", "national sentiment", "sentiment0", reported=True)
    repression: Array = _state("", "share", "repression", "repression0", reported=True)
    survival: Array = _state("", "share", "the leader still rules", _one, reported=True, every_draw=True)
    sovereign: Array = _state(
        "", "share", "the country is not absorbed", _one, reported=True, every_draw=True
    )
    patron_cash: Array = _state(
        "patron", "usd_bn", "net receipts of the patron from the client", _nothing_of_each, low=-np.inf
    )
    world_cash: Array = _state(
        "", "usd_bn", "net receipts of the rest of the world from the client", _nothing, low=-np.inf
    )
    memory: Any = None


STATES = described(State)


def opening_state(parameters: Parameters) -> State:
    """Lay out the world at the start of 2015Q1, each state as it is declared to open."""
    told = {name: item.metadata["opens"] for name, item in STATES.items()}
    return State(
        **{name: getattr(parameters, o) if isinstance(o, str) else o(parameters) for name, o in told.items()}
    )
