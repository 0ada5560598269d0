"""The numbers of the model: what each is called, whose it is, its unit and what values are admissible.

The values themselves live in ``configs/``, once, each with its range and source; this file says what may
stand there. `Parameters` is what the equations see: the same numbers as arrays over draws, patrons first,
the draw last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields, replace
from functools import cached_property
from math import inf, isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hedging.world.arrays import Array, over_patrons

UNITS = (
    "usd_bn",
    "usd_bn/quarter",
    "share",
    "share/quarter",
    "1",
    "1/quarter",
    "quarters",
    "quarter",
    "utility",
    "utility/quarter",
)
"""The closed list of units. ``quarter`` is a date (0 is 2015Q1), ``quarters`` a duration, ``1`` a pure
number."""

Owner = Literal["world", "client", "patrons"]


@dataclass(frozen=True)
class Domain:
    """What values are admissible, whatever the range that is sampled."""

    low: float
    high: float
    open_low: bool = False
    whole: bool = False
    never: bool = False

    def admits(self, x: float) -> bool:
        """Whether x is admissible."""
        if x == inf:
            return self.never
        if not isfinite(x) or x > self.high or x < self.low or (self.open_low and x == self.low):
            return False
        return not self.whole or x == int(x)

    def admits_each(self, x: Array) -> NDArray[np.bool_]:
        """Whether each x is admissible: of the shape of x."""
        fine = np.isfinite(x) & (x >= self.low) & (x <= self.high)
        if self.open_low:
            fine &= x > self.low
        if self.whole:
            fine &= x == np.floor(x)
        return fine | (x == inf) if self.never else fine

    def __str__(self) -> str:
        if self.whole:
            text = f"a whole number from {int(self.low)}" + (
                "" if self.high == inf else f" to {int(self.high)}"
            )
            return text + (", or .inf for never" if self.never else "")
        if self.low == -inf:
            return "a finite number"
        if self.high == inf:
            return "a number above 0" if self.open_low else "a number not below 0"
        start = f"above {self.low:g} up" if self.open_low else f"from {self.low:g}"
        return f"a number {start} to {self.high:g}"


SHARE = Domain(0, 1)
POSITIVE = Domain(0, inf, open_low=True)
NOT_NEGATIVE = Domain(0, inf)
REAL = Domain(-inf, inf)
WHOLE = Domain(0, 10_000, whole=True)
WHOLE_FROM_1 = Domain(1, 10_000, whole=True)
DATE_OR_NEVER = Domain(0, 10_000, whole=True, never=True)


def within(domain: Domain) -> Any:
    """Declare a field of a rule and what values of it are admissible; a field without is any finite
    number."""
    return field(metadata={"domain": domain})


@dataclass(frozen=True)
class Declaration:
    """One number of the model as the equations know it."""

    name: str
    owner: Owner
    unit: str
    domain: Domain
    pair: bool
    only_start: bool

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of its array."""
        if self.pair:
            return ("patron", "rival", "draw")
        return ("patron", "draw") if self.owner == "patrons" else ("draw",)


def _number(
    owner: Owner, unit: str, domain: Domain, pair: bool = False, only_start: bool = False
) -> Any:  # a dataclass field, typed as what it will hold
    return field(
        metadata={"owner": owner, "unit": unit, "domain": domain, "pair": pair, "only_start": only_start}
    )


def _world(unit: str, domain: Domain) -> Any:
    return _number("world", unit, domain)


def _client(unit: str, domain: Domain, only_start: bool = False) -> Any:
    return _number("client", unit, domain, only_start=only_start)


def _patron(unit: str, domain: Domain, only_start: bool = False) -> Any:
    return _number("patrons", unit, domain, only_start=only_start)


@dataclass(frozen=True, eq=False)
class Parameters:
    """Every number of the model over draws: ``world`` and ``client`` (draw,), ``patrons`` (patron, draw),
    pairs (patron, rival, draw)."""

    # The world: the calendar, and what all patrons share
    energy_price: Array = _world("1", NOT_NEGATIVE)
    phaseout_total: Array = _world("usd_bn", NOT_NEGATIVE)
    phaseout_start: Array = _world("quarter", WHOLE)
    phaseout_quarters: Array = _world("quarters", WHOLE_FROM_1)
    deadline: Array = _world("quarter", DATE_OR_NEVER)
    deadline_tau: Array = _world("quarters", POSITIVE)
    deadline_demand: Array = _world("1", NOT_NEGATIVE)
    deadline_stall: Array = _world("1", NOT_NEGATIVE)
    channel0: Array = _world("share", SHARE)
    salience_reversion: Array = _world("share/quarter", SHARE)
    absorb_width: Array = _world("1", POSITIVE)
    absorb0: Array = _world("1", REAL)
    absorb_trade: Array = _world("1", NOT_NEGATIVE)
    absorb_concession: Array = _world("1", NOT_NEGATIVE)
    absorb_sentiment: Array = _world("1", NOT_NEGATIVE)
    absorb_deterrence: Array = _world("1", NOT_NEGATIVE)

    # The client's economy and purse
    gdp0: Array = _client("usd_bn/quarter", POSITIVE)
    reserves0: Array = _client("usd_bn", NOT_NEGATIVE, only_start=True)
    reserves_target: Array = _client("usd_bn", POSITIVE)
    reserve_floor: Array = _client("usd_bn", POSITIVE)
    external_gap: Array = _client("usd_bn/quarter", REAL)
    openness: Array = _client("1", NOT_NEGATIVE)
    adjust_unit: Array = _client("1", NOT_NEGATIVE)
    diversification_push: Array = _client("1/quarter", NOT_NEGATIVE)
    trade_response: Array = _client("1/quarter", NOT_NEGATIVE)
    market_cap: Array = _client("usd_bn/quarter", NOT_NEGATIVE)
    market_access: Array = _client("share", SHARE)
    market_rate: Array = _client("share/quarter", NOT_NEGATIVE)
    market_rollover: Array = _client("share", SHARE)
    market_debt0: Array = _client("usd_bn", NOT_NEGATIVE, only_start=True)
    austerity_max: Array = _client("share", SHARE)
    austerity_multiplier: Array = _client("1", NOT_NEGATIVE)
    support_multiplier: Array = _client("1", NOT_NEGATIVE)
    compression_multiplier: Array = _client("1", NOT_NEGATIVE)
    growth0: Array = _client("share/quarter", Domain(-0.5, 0.5))
    growth_sd: Array = _client("share/quarter", NOT_NEGATIVE)
    scar: Array = _client("1", NOT_NEGATIVE)
    blockade_impact: Array = _client("1", NOT_NEGATIVE)
    loan_value: Array = _client("share", Domain(0, 1, open_low=True))
    amortisation: Array = _client("share/quarter", SHARE)

    # What the client wants, and how it weighs a deal
    theta_money: Array = _client("utility", POSITIVE)
    theta_sov: Array = _client("utility", NOT_NEGATIVE)
    theta_ctl: Array = _client("utility", NOT_NEGATIVE)
    theta_hazard: Array = _client("utility", NOT_NEGATIVE)
    theta_absorb: Array = _client("utility", NOT_NEGATIVE)
    zeta: Array = _client("1", NOT_NEGATIVE)
    beta: Array = _client("share", SHARE)
    effort_cost: Array = _client("utility", NOT_NEGATIVE)
    accept_precision: Array = _client("1", POSITIVE)
    belief_bias: Array = _client("1", REAL)

    # The client's politics at home
    legitimacy0: Array = _client("share", SHARE, only_start=True)
    legitimacy_base: Array = _client("share", SHARE)
    legitimacy_reversion: Array = _client("share/quarter", SHARE)
    legitimacy_growth: Array = _client("1", NOT_NEGATIVE)
    legitimacy_concession: Array = _client("1", NOT_NEGATIVE)
    legitimacy_compression: Array = _client("1", NOT_NEGATIVE)
    sentiment0: Array = _client("share", SHARE, only_start=True)
    sentiment_base: Array = _client("share", SHARE)
    sentiment_reversion: Array = _client("share/quarter", SHARE)
    sentiment_demand: Array = _client("1", NOT_NEGATIVE)
    sentiment_coercion: Array = _client("share", NOT_NEGATIVE)
    repression0: Array = _client("share", SHARE)
    repression_unrest: Array = _client("1", NOT_NEGATIVE)
    repression_relief: Array = _client("1", NOT_NEGATIVE)
    unrest_line: Array = _client("share", SHARE)
    hazard0: Array = _client("1", REAL)
    hazard_legitimacy: Array = _client("1", NOT_NEGATIVE)
    hazard_repression: Array = _client("1", NOT_NEGATIVE)
    hazard_compression: Array = _client("1", NOT_NEGATIVE)

    # Each patron: money
    subsidy0: Array = _patron("usd_bn/quarter", NOT_NEGATIVE)
    coercive_cut: Array = _patron("share", SHARE)
    blockade: Array = _patron("share", SHARE)
    grant_share: Array = _patron("share", SHARE)
    interest_rate: Array = _patron("share/quarter", NOT_NEGATIVE)
    rollover: Array = _patron("share", SHARE)
    debt0: Array = _patron("usd_bn", NOT_NEGATIVE, only_start=True)
    budget: Array = _patron("usd_bn/quarter", NOT_NEGATIVE)
    trade_share0: Array = _patron("share", Domain(0, 1, open_low=True), only_start=True)

    # Each patron: attention, demands and carrots
    salience0: Array = _patron("share", SHARE)
    salience_rivalry: Array = _patron("1", NOT_NEGATIVE)
    salience_sd: Array = _patron("share/quarter", NOT_NEGATIVE)
    concession_value: Array = _patron("usd_bn/quarter", NOT_NEGATIVE)
    demand0: Array = _patron("share", SHARE)
    retention: Array = _patron("usd_bn/quarter", NOT_NEGATIVE)
    deadline_holder: Array = _patron("1", NOT_NEGATIVE)
    conditionality: Array = _patron("share", SHARE)
    squeamishness: Array = _patron("share", SHARE)

    # Each patron: what its concessions cost the client
    sov_weight: Array = _patron("share", SHARE)
    ctl_weight: Array = _patron("share", SHARE)
    concession0: Array = _patron("share", SHARE, only_start=True)
    concession_decay: Array = _patron("share/quarter", SHARE)

    # Each patron: patience and coercion
    tolerance: Array = _patron("1", NOT_NEGATIVE)
    jealousy: Array = _patron("1/quarter", NOT_NEGATIVE)
    stall_weight: Array = _patron("1", NOT_NEGATIVE)
    patience_decay: Array = _patron("share/quarter", SHARE)
    grievance: Array = _patron("1/quarter", NOT_NEGATIVE)
    red_line: Array = _patron("1", POSITIVE)
    red_line_width: Array = _patron("1", POSITIVE)
    release: Array = _patron("1", NOT_NEGATIVE)
    coercive_capacity: Array = _patron("share", SHARE)
    market_sanction: Array = _patron("share", SHARE)
    absorb_capacity: Array = _patron("share", SHARE)
    absorb_multiple: Array = _patron("1", POSITIVE)

    # Each patron: the tie itself
    warmth0: Array = _patron("share", SHARE)
    warmth_gain: Array = _patron("share/quarter", NOT_NEGATIVE)
    warmth_decay: Array = _patron("share/quarter", SHARE)
    warmth_deal: Array = _patron("share", NOT_NEGATIVE)
    warmth_coercion: Array = _patron("share", NOT_NEGATIVE)

    # Each pair of patrons: how patron minds rival, how far it gives way to it
    rivalry: Array = _number("patrons", "1", NOT_NEGATIVE, pair=True)
    deference: Array = _number("patrons", "share", SHARE, pair=True)

    # What follows from the numbers alone, worked out once and not every quarter

    @cached_property
    def phi(self) -> Array:
        """Worth of a dollar from each patron to the client, a loan being worth less: (patron, draw)."""
        return self.grant_share + (1 - self.grant_share) * self.loan_value

    @cached_property
    def usual_subsidy(self) -> Array:
        """What all patrons together give before anything is cut: (draw,)."""
        return over_patrons(self.subsidy0)

    @cached_property
    def believed(self) -> Parameters:
        """The numbers as the client believes them: the truth, but for the red lines."""
        return replace(self, red_line=self.red_line * np.exp(self.belief_bias))


def _declare(item: Field[Any]) -> Declaration:
    return Declaration(name=item.name, **item.metadata)


DECLARATIONS: dict[str, Declaration] = {item.name: _declare(item) for item in fields(Parameters)}
"""Every number by its name, in the order of the file."""


def declared(owner: Owner, pair: bool = False) -> Iterator[Declaration]:
    """The numbers of one owner."""
    return (item for item in DECLARATIONS.values() if item.owner == owner and item.pair == pair)
