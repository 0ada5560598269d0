"""The numbers of the model: what each is called and means, whose it is, its unit, what is admissible.

The values themselves live in ``configs/``, once, each with its range and source; this file says what may
stand there: a share where that is the unit, and nothing below 0, unless a domain is stated. `Parameters` is
what the equations see: the same numbers as arrays over draws, patrons first, the draw last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from math import inf
from typing import Any, Literal, get_args

import numpy as np

from hedging.world.arrays import Array, over_patrons
from hedging.world.domain import Domain

FORESIGHT = 20
"""Structural: the quarters over which the client counts a discount that it earns back."""

UNITS = (
    *("usd_bn", "usd_bn/quarter", "share", "share/quarter", "1", "1/quarter"),
    *("quarters", "quarter", "utility", "utility/quarter"),
)
"""The closed list of units. ``quarter`` is a date (0 is 2015Q1), ``quarters`` a duration, ``1`` a pure
number."""

Owner = Literal["world", "client", "patrons"]

SHARE = Domain(0, 1)
POSITIVE_SHARE = Domain(0, 1, open_low=True)
POSITIVE = Domain(0, inf, open_low=True)
NOT_NEGATIVE = Domain(0, inf)
REAL = Domain(-inf, inf)
WHOLE = Domain(0, 10_000, whole=True)
WHOLE_FROM_1 = Domain(1, 10_000, whole=True)
DATE_OR_NEVER = Domain(0, 10_000, whole=True, never=True)


def within(domain: Domain, meaning: str = "") -> Any:
    """Declare a field of a rule: what values of it are admissible and what it means. A field without is any
    finite number."""
    return field(metadata={"domain": domain, "meaning": meaning})


@dataclass(frozen=True)
class Declaration:
    """One number of the model as the equations know it."""

    name: str
    owner: Owner
    unit: str
    domain: Domain
    meaning: str
    pair: bool = False
    only_start: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of its array."""
        if self.pair:
            return ("patron", "rival", "draw")
        return ("patron", "draw") if self.owner == "patrons" else ("draw",)


def _number(owner: Owner, unit: str, meaning: str, domain: Domain | None = None, **told: bool) -> Any:
    """Declare a number: a share where that is its unit, else not below 0, unless a domain is stated."""
    usual = SHARE if unit in ("share", "share/quarter") else NOT_NEGATIVE
    return field(
        metadata={"owner": owner, "unit": unit, "domain": domain or usual, "meaning": meaning, **told}
    )


_world, _client, _patron = (partial(_number, owner) for owner in get_args(Owner))


@dataclass(frozen=True, eq=False)
class Parameters:
    """Every number of the model over draws: ``world`` and ``client`` (draw,), ``patrons`` (patron, draw),
    pairs (patron, rival, draw)."""

    # The world: the calendar, and what all patrons share
    energy_price: Array = _world("1", "index of the energy rent, 1 in a steady world")
    phaseout_total: Array = _world("usd_bn", "income lost to the phase-out in all")
    phaseout_start: Array = _world("quarter", "quarter in which the phase-out starts", WHOLE)
    phaseout_quarters: Array = _world("quarters", "quarters the phase-out takes", WHOLE_FROM_1)
    deadline: Array = _world(
        "quarter", "quarter by which the holder of the deadline wants its answer", DATE_OR_NEVER
    )
    deadline_tau: Array = _world("quarters", "how many quarters ahead the deadline is felt", POSITIVE)
    deadline_demand: Array = _world("1", "how much more is demanded on the day of the deadline")
    deadline_stall: Array = _world("1", "how much more a refusal hurts on the day of the deadline")
    channel0: Array = _world(
        "share", "part of the worth of a deal that a patron without a warm tie brings home"
    )
    salience_reversion: Array = _world("share/quarter", "how fast a patron's attention returns to its target")
    absorb_width: Array = _world("1", "how sharply attempts at absorption set in past the line", POSITIVE)
    absorb0: Array = _world("1", "log-odds that an attempt succeeds where all else is middling", REAL)
    absorb_trade: Array = _world("1", "how much trade with the absorber helps an attempt")
    absorb_concession: Array = _world("1", "how much past concessions help an attempt")
    absorb_sentiment: Array = _world("1", "how much national sentiment hinders an attempt")
    absorb_deterrence: Array = _world("1", "how much attentive rivals deter an attempt")

    # The client's economy and purse
    gdp0: Array = _client("usd_bn/quarter", "GDP of a quarter at the start", POSITIVE)
    reserves0: Array = _client("usd_bn", "reserves at the start", only_start=True)
    reserves_target: Array = _client("usd_bn", "reserves the client would like to hold", POSITIVE)
    reserve_floor: Array = _client("usd_bn", "money it never counts as spendable", POSITIVE)
    external_gap: Array = _client(
        "usd_bn/quarter", "what trade and income lose a quarter before support", REAL
    )
    openness: Array = _client("1", "trade in goods and services over GDP")
    adjust_unit: Array = _client("1", "cost of moving a dollar of trade to another partner")
    diversification_push: Array = _client(
        "1/quarter", "how hard the client moves trade away from large partners"
    )
    trade_response: Array = _client("1/quarter", "how far trade follows the warmth of a tie")
    trade_memory: Array = _client("1/quarter", "how fast trade comes back to where it was anchored", SHARE)
    market_cap: Array = _client("usd_bn/quarter", "most that markets would lend in a quarter if open")
    market_access: Array = _client("share", "how open the markets are to the client")
    market_rate: Array = _client("share/quarter", "interest on market debt a quarter", NOT_NEGATIVE)
    market_rollover: Array = _client("share", "part of market repayments that is lent again")
    market_debt0: Array = _client("usd_bn", "debt to the markets at the start", only_start=True)
    austerity_max: Array = _client("share", "deepest austerity, over GDP, with empty reserves")
    austerity_multiplier: Array = _client("1", "output lost per dollar of austerity")
    support_multiplier: Array = _client("1", "output won per dollar of support")
    compression_multiplier: Array = _client("1", "output lost per dollar of imports cut for want of cash")
    growth0: Array = _client("share/quarter", "trend growth a quarter", Domain(-0.5, 0.5))
    growth_sd: Array = _client("share/quarter", "spread of growth from quarter to quarter", NOT_NEGATIVE)
    scar: Array = _client("1", "part of lost output that never returns")
    blockade_impact: Array = _client("1", "output at stake in a blockade")
    loan_value: Array = _client("share", "worth of a dollar lent against a dollar given", POSITIVE_SHARE)
    amortisation: Array = _client("share/quarter", "part of debt repaid a quarter")

    # What the client wants, and how it weighs a deal
    theta_money: Array = _client("utility", "weight of money in what the client wants", POSITIVE)
    theta_sov: Array = _client("utility", "weight of sovereignty")
    theta_ctl: Array = _client("utility", "weight of control at home")
    theta_hazard: Array = _client("utility", "weight of the risk of losing office")
    theta_absorb: Array = _client("utility", "weight of the risk of absorption")
    zeta: Array = _client("1", "how far national sentiment raises the price of sovereignty")
    beta: Array = _client("share", "weight of the next quarter against this")
    effort_cost: Array = _client("utility", "cost of courtship")
    accept_precision: Array = _client("1", "how reliably a gainful deal is taken", POSITIVE)
    fear: Array = _client(
        "share", "how far danger to the leader cheapens sovereignty and makes control dearer"
    )
    belief_bias: Array = _client("1", "log error in where the client believes red lines to be", REAL)

    # The client's politics at home
    legitimacy0: Array = _client("share", "legitimacy at the start", only_start=True)
    legitimacy_base: Array = _client("share", "legitimacy it returns to")
    legitimacy_reversion: Array = _client("share/quarter", "how fast it returns")
    legitimacy_growth: Array = _client("1", "how far growth above trend raises legitimacy")
    legitimacy_concession: Array = _client("1", "how far sovereignty sold lowers legitimacy")
    legitimacy_compression: Array = _client("1", "how far imports cut for want of cash lower legitimacy")
    sentiment0: Array = _client("share", "national sentiment at the start", only_start=True)
    sentiment_base: Array = _client("share", "sentiment it returns to")
    sentiment_reversion: Array = _client("share/quarter", "how fast it returns")
    sentiment_demand: Array = _client("1", "how far demands beyond the accustomed raise sentiment")
    habituation: Array = _client("share/quarter", "how fast the public gets used to a demand")
    familiarity: Array = _client(
        "share", "part of the usual demand that the public is used to at the start", only_start=True
    )
    sentiment_coercion: Array = _client(
        "share", "how far a quarter of coercion raises sentiment", NOT_NEGATIVE
    )
    repression0: Array = _client("share", "repression in calm times")
    repression_unrest: Array = _client("1", "how far unrest raises repression")
    repression_relief: Array = _client("1", "how far liberties conceded lower repression")
    unrest_line: Array = _client("share", "legitimacy below which unrest begins")
    hazard0: Array = _client("1", "log-odds of losing office in a quarter where all else is middling", REAL)
    hazard_legitimacy: Array = _client("1", "how far legitimacy protects office")
    hazard_repression: Array = _client("1", "how far repression protects office")
    hazard_compression: Array = _client("1", "how far imports cut for want of cash endanger office")

    # Each patron: money
    subsidy0: Array = _patron("usd_bn/quarter", "subsidy scheduled a quarter at the start")
    linkage: Array = _patron("share", "part of the subsidy withdrawn that integration earns back")
    coercive_cut: Array = _patron("share", "part of the subsidy cut while coercing")
    blockade: Array = _patron("share", "part of trade blocked in a blockade")
    grant_share: Array = _patron("share", "part of its payments that is given, not lent")
    interest_rate: Array = _patron("share/quarter", "interest on its loans a quarter", NOT_NEGATIVE)
    rollover: Array = _patron("share", "part of repayments that it lends again")
    debt0: Array = _patron("usd_bn", "debt to it at the start", only_start=True)
    credit_line0: Array = _patron("usd_bn", "credit at commercial terms that it has promised")
    draw_rate: Array = _patron("share/quarter", "part of the line drawn in a quarter without quarrel")
    surge: Array = _patron("1", "most that it lends to bridge, over what is usually drawn")
    budget: Array = _patron("usd_bn/quarter", "most it can pay in a quarter")
    trade_share0: Array = _patron(
        "share", "its share of the client's trade at the start", POSITIVE_SHARE, only_start=True
    )

    # Each patron: attention, demands and carrots
    salience0: Array = _patron("share", "its attention to the client in quiet times")
    salience_rivalry: Array = _patron("1", "how far the warmth of rivals raises its attention")
    salience_sd: Array = _patron(
        "share/quarter", "spread of its attention from quarter to quarter", NOT_NEGATIVE
    )
    concession_value: Array = _patron("usd_bn/quarter", "what a full concession is worth to it")
    demand0: Array = _patron("share", "concession it asks in a quarter")
    retention: Array = _patron("usd_bn/quarter", "what it pays to keep a client whom rivals court")
    deadline_holder: Array = _patron("1", "how far the deadline is its own")
    conditionality: Array = _patron("share", "how far repression shuts its purse")
    squeamishness: Array = _patron("share", "part of its money held back whatever the client does")

    # Each patron: what its concessions cost the client
    sov_weight: Array = _patron("share", "how much of sovereignty its concessions take")
    ctl_weight: Array = _patron("share", "how much of the control at home its concessions take")
    concession0: Array = _patron(
        "share", "depth of what has been conceded to it at the start", only_start=True
    )
    concession_decay: Array = _patron("share/quarter", "how fast concessions to it fade")

    # Each patron: patience and coercion
    tolerance: Array = _patron("1", "courtship of rivals that it lets pass")
    jealousy: Array = _patron("1/quarter", "how fast it is frustrated by rivals beyond that")
    stall_weight: Array = _patron("1", "how far a refusal frustrates it")
    patience_decay: Array = _patron("share/quarter", "how fast it forgets")
    grievance: Array = _patron("1/quarter", "how far repression frustrates it")
    red_line: Array = _patron("1", "frustration past which it cuts energy", POSITIVE)
    red_line_width: Array = _patron("1", "how sharply coercion sets in at the line", POSITIVE)
    hold_multiple: Array = _patron(
        "1", "line past which it holds up credit over the red line", POSITIVE_SHARE
    )
    blockade_multiple: Array = _patron(
        "1", "line past which it blocks trade over the red line", Domain(1, inf)
    )
    release: Array = _patron("1", "frustration let off by a quarter of coercion")
    coercive_capacity: Array = _patron("share", "how able it is to coerce")
    market_sanction: Array = _patron("share", "part of the markets it shuts while coercing")
    absorb_capacity: Array = _patron("share", "how able it is to absorb")
    absorb_multiple: Array = _patron("1", "line of absorption over the red line", POSITIVE)

    # Each patron: the tie itself
    warmth0: Array = _patron("share", "warmth of the tie at the start")
    warmth_gain: Array = _patron("share/quarter", "how fast courtship warms the tie", NOT_NEGATIVE)
    warmth_decay: Array = _patron("share/quarter", "how fast the tie cools")
    warmth_deal: Array = _patron("share", "warmth won by a deal", NOT_NEGATIVE)
    warmth_coercion: Array = _patron("share", "warmth lost to a quarter of coercion", NOT_NEGATIVE)

    # Each pair of patrons: how patron minds rival, how far it gives way to it
    rivalry: Array = _patron("1", "how far it minds the warmth of a rival", pair=True)
    deference: Array = _patron("share", "how far the anger of a rival holds it back", pair=True)

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
    def way(self) -> Array:
        """How far it is from what is conceded at the start to a whole concession; 1 where it is no way:
        (patron, draw)."""
        return np.where(self.concession0 < 1, 1 - self.concession0, 1.0)

    @cached_property
    def regained(self) -> Array:
        """How many times what is withdrawn in a quarter a whole concession earns back, over the quarters that
        the client looks ahead, by linkage: (patron, draw)."""
        worth = np.polyval(np.ones(FORESIGHT), self.beta)
        return self.linkage * (self.concession0 < 1) * worth / self.way

    @cached_property
    def believed(self) -> Parameters:
        """The numbers as the client believes them: the truth, but for the red lines."""
        return replace(self, red_line=self.red_line * np.exp(self.belief_bias))


DECLARATIONS: dict[str, Declaration] = {x.name: Declaration(x.name, **x.metadata) for x in fields(Parameters)}
"""Every number by its name, in the order of the file."""


def declared(owner: str, pair: bool = False) -> Iterator[Declaration]:
    """The numbers of one owner."""
    return (item for item in DECLARATIONS.values() if item.owner == owner and item.pair == pair)
