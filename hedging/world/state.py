"""Every quantity that moves: what it is called, its axes, its unit and its range.

`State` is the world at the start of a quarter; the phases say beside their own results what they add to the
record.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from hedging.world.arrays import Array, over_patrons

if TYPE_CHECKING:
    from hedging.world.parameters import Parameters

OPENING_BID = 0.3
"""Structural: the bid that patrons are remembered for at the start, as a share of salience0 * budget."""


def quantity(axes: str, unit: str, meaning: str, low: float = -np.inf, high: float = np.inf) -> Any:
    """Declare a moving quantity as a dataclass field: its axes before the draw, its unit, what it means,
    its range."""
    names = (*axes.split(), "draw")
    return field(metadata={"axes": names, "unit": unit, "meaning": meaning, "low": low, "high": high})


def described(cls: type) -> dict[str, Field[Any]]:
    """The declared quantities of a record class, by name."""
    return {item.name: item for item in fields(cls) if "axes" in item.metadata}


@dataclass(frozen=True, eq=False)
class State:
    """The world at the start of a quarter."""

    potential_gdp: Array = quantity("", "usd_bn/quarter", "output without shocks", 0)
    gdp: Array = quantity("", "usd_bn/quarter", "gross domestic product", 0)
    reserves: Array = quantity("", "usd_bn", "foreign reserves", 0)
    debt: Array = quantity("patron", "usd_bn", "debt to the patron", 0)
    market_debt: Array = quantity("", "usd_bn", "debt to the market", 0)
    trade_share: Array = quantity("partner", "share", "share of trade", 0, 1)
    concession: Array = quantity("patron", "share", "depth of what has been conceded", 0, 1)
    warmth: Array = quantity("patron", "share", "warmth of the tie", 0, 1)
    frustration: Array = quantity("patron", "1", "the patron's frustration", 0)
    salience: Array = quantity("patron", "share", "the patron's attention", 0, 1)
    last_bid: Array = quantity("patron", "usd_bn/quarter", "offer and carrot of the quarter before", 0)
    legitimacy: Array = quantity("", "share", "the leader's legitimacy", 0, 1)
    national_sentiment: Array = quantity("", "share", "national sentiment", 0, 1)
    repression: Array = quantity("", "share", "repression", 0, 1)
    survival: Array = quantity("", "share", "the leader still rules", 0, 1)
    sovereign: Array = quantity("", "share", "the country is not absorbed", 0, 1)
    patron_cash: Array = quantity("patron", "usd_bn", "net receipts of the patron from the client")
    world_cash: Array = quantity("", "usd_bn", "net receipts of the rest of the world from the client")
    memory: Any = None


STATES = described(State)


def opening_state(parameters: Parameters) -> State:
    """Lay out the world at the start of 2015Q1.

    Source: hedging/README.md, initialisation; the numbers are the parameters whose names end in 0.
    """
    p = parameters
    zero, one = np.zeros_like(p.gdp0), np.ones_like(p.gdp0)
    rest = 1.0 - over_patrons(p.trade_share0)
    return State(
        potential_gdp=p.gdp0,
        gdp=p.gdp0,
        reserves=p.reserves0,
        debt=p.debt0,
        market_debt=p.market_debt0,
        trade_share=np.concatenate([p.trade_share0, rest[None]]),
        concession=p.concession0,
        warmth=p.warmth0,
        frustration=np.zeros_like(p.debt0),
        salience=p.salience0,
        last_bid=OPENING_BID * p.salience0 * p.budget,
        legitimacy=p.legitimacy0,
        national_sentiment=p.sentiment0,
        repression=p.repression0,
        survival=one,
        sovereign=one,
        patron_cash=np.zeros_like(p.debt0),
        world_cash=zero,
    )
