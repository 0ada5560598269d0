"""One arm, played: what was recorded of its draws, and every measure of it, worked out when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hedging import measures
from hedging.measures import opening, total_over_time
from hedging.measures.catalogue import SERIES, TOTALS
from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.quantities import TERMS_ALONE

Codes = NDArray[np.int8]


class Arm:
    """Draws that were played under one setting; a measure of them is an attribute by its name.

    Series are (rows, draw) or (rows, patron, draw), totals (draw,) or (patron, draw). The nulls are the same
    draws under the null rules, where a measure compares with them.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        p: Parameters,
        nulls: Mapping[str, Mapping[str, Array]] | None = None,
    ) -> None:
        self.arrays, self.p = arrays, p
        self.nulls = {name: Arm(recorded, p) for name, recorded in (nulls or {}).items()}

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def start(self, name: str) -> Array:
        """A recorded state at the start of each quarter."""
        return opening(self.arrays[name])

    def series(self, name: str) -> Array:
        """A series of the catalogue, recorded or computed."""
        array: Array = self.arrays[name] if name not in MEASURED else getattr(self, name)
        return array

    def total(self, name: str) -> Array:
        """A number over the whole run of the catalogue."""
        array: Array = getattr(self, name)
        return array

    @cached_property
    def weight(self) -> Array:
        """How much each draw counts: (quarter + 1, draw)."""
        return measures.weight(self["survival"], self["sovereign"])

    @cached_property
    def stands(self) -> Array:
        """How much each draw counts beside the flows of a quarter: (quarter, draw)."""
        return opening(self.weight)

    @cached_property
    def paired(self) -> Array:
        """How much each draw counts where it is held against a null: (quarter + 1, draw)."""
        return measures.both_alive(self.weight, self.nulls["random"].weight)

    @cached_property
    def regime(self) -> Codes:
        """The regime of each quarter, as a code: (quarter, draw)."""
        states = (self[n] for n in ("trade_share", "warmth", "concession", "survival", "sovereign"))
        trade_share, warmth, concession, survival, sovereign = states
        return measures.regime(
            *(self["effort"], self["coerce"], trade_share, warmth, concession, survival, sovereign),
            rivalry=self.p.rivalry,
            scale=self.scale,
        )

    @cached_property
    def scale(self) -> Array:
        """The largest contradiction that any posture could have: (draw,)."""
        return measures.contradiction_scale(self.p.rivalry)

    @cached_property
    def posture(self) -> Array:
        """How effort is spread over patrons."""
        return measures.posture(self["effort"])

    @cached_property
    def tension(self) -> Array:
        return measures.tension(self["frustration"], self.p.red_line)

    @cached_property
    def sovereignty(self) -> Array:
        return measures.sovereignty(self["concession"], self.p.sov_weight)

    @cached_property
    def diversification(self) -> Array:
        trade, debt, market = (self.start(name) for name in ("trade_share", "debt", "market_debt"))
        return measures.diversification(trade, debt, market, self["subsidy"], self["grant"])

    @cached_property
    def ambiguity(self) -> Array:
        return measures.ambiguity(self.posture)

    @cached_property
    def contradiction(self) -> Array:
        return measures.contradiction(self.posture, self.p.rivalry, self.scale)

    @cached_property
    def hedging_index(self) -> Array:
        return measures.hedging_index(self.diversification, self.ambiguity, self.contradiction)

    @cached_property
    def excess_hedging(self) -> Array:
        return measures.excess_hedging(self.hedging_index, self.nulls["random"].hedging_index)

    @cached_property
    def autonomy(self) -> Array:
        trade, debt, market = (self.start(name) for name in ("trade_share", "debt", "market_debt"))
        dependence = measures.dependence(trade, debt, market, self["subsidy"], self["grant"])
        return measures.autonomy(opening(self.sovereignty), dependence)

    @cached_property
    def leverage(self) -> Array:
        terms = measures.expected_terms(self["carrot"], self["accept_probability"], self["offer"])
        return measures.leverage(terms, self[TERMS_ALONE])

    @cached_property
    def vulnerability(self) -> Array:
        trade, debt, gdp = (self.start(name) for name in ("trade_share", "debt", "gdp"))
        p = self.p
        return measures.vulnerability(
            *(self["scheduled"], trade, debt, gdp),
            *(p.coercive_cut, p.blockade, p.blockade_impact, p.rollover, p.amortisation),
        )

    @cached_property
    def rents(self) -> Array:
        gifts = (self[name] for name in ("subsidy", "grant", "loan_new"))
        subsidy, grant, loan_new = gifts
        return measures.rents(subsidy, grant, loan_new, self.p.loan_value, self.stands)

    @cached_property
    def loyalty_rent(self) -> Array:
        return measures.loyalty_rent(self["carrot"], self["coerce"], self["phi"], self.stands)

    @cached_property
    def mean_effort(self) -> Array:
        return measures.mean_over_time(self["effort"], self.stands)

    @cached_property
    def total_utility(self) -> Array:
        return measures.total_utility(self["utility"], self.stands)

    @cached_property
    def mean_hedging_index(self) -> Array:
        return measures.mean_over_time(self.hedging_index, self.stands)

    @cached_property
    def mean_excess_hedging(self) -> Array:
        return measures.excess_hedging(self.mean_hedging_index, self.nulls["random"].mean_hedging_index)

    @cached_property
    def hedging_cost(self) -> Array:
        own, other = (
            (arm.coercion_losses, arm.total_adjust_cost, arm.deals) for arm in (self, self.nulls["bandwagon"])
        )
        return measures.hedging_cost(*own, *other)

    @cached_property
    def hedging_premium(self) -> Array:
        return measures.hedging_premium(self.total_utility, self.nulls["bandwagon"].total_utility)

    @cached_property
    def total_adjust_cost(self) -> Array:
        return total_over_time(self["adjust_cost"], self.stands)

    @cached_property
    def coercive_quarters(self) -> Array:
        return measures.coercive_quarters(self["coerce"], self.stands)

    @cached_property
    def coercion_losses(self) -> Array:
        return measures.coercion_losses(self["coerce"], self.vulnerability, self.start("gdp"), self.stands)

    @cached_property
    def deals(self) -> Array:
        return measures.deals(self["accept"], self["offer"], self.stands)

    @cached_property
    def carrots(self) -> Array:
        return total_over_time(self["carrot"] * (1 - self["coerce"]), self.stands)

    @cached_property
    def subsidies(self) -> Array:
        return total_over_time(self["subsidy"], self.stands)

    @cached_property
    def concession_price(self) -> Array:
        return measures.concession_price(self["accept"], self["offer"], self["demand"], self.stands)

    @cached_property
    def stall_index(self) -> Array:
        return measures.stall_index(self["accept"], self["demand"], self["effort"], self.stands)


MEASURED = frozenset(
    name for name in (*SERIES, *TOTALS) if isinstance(getattr(Arm, name, None), cached_property)
)
"""Measures of the catalogue that an arm works out; the others are recorded."""
