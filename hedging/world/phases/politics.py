"""Phase 7: what is conceded, how home takes it, and whether leader and country survive the quarter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.world.arrays import Array, clip01, having, over_patrons, sigmoid
from hedging.world.chance import Chance
from hedging.world.parameters import Parameters
from hedging.world.phases.economy import Economy
from hedging.world.phases.offers import Bid, Deals, Strike
from hedging.world.phases.settlement import Settlement
from hedging.world.state import State, quantity

HALF = 0.5
"""Structural: legitimacy and repression weigh on the hazard from here."""

HUNGER = 15.0
"""Structural: weight of import compression over output in the hazard."""

USUAL_TRADE, USUAL_CONCESSION, USUAL_SENTIMENT = 0.3, 0.35, 0.35
"""Structural: the trade share, concession and sentiment at which absorption has its base score."""


@dataclass(frozen=True, eq=False)
class Politics:
    """What the quarter did at home."""

    sold: Array = quantity("patron", "share", "concession sold", 0)
    pressure: Array = quantity("", "share", "demand beyond the accustomed that the public feels", 0)
    hazard: Array = quantity("", "share", "probability that the leader falls", 0, 1)
    absorb_try: Array = quantity("patron", "share", "probability that the patron absorbs the country", 0, 1)
    absorb: Array = quantity("", "share", "probability of absorption by anyone", 0, 1)


def absorption(state: State, p: Parameters, sentiment: Array) -> Array:
    """How likely each patron swallows the country: past its second line, and where the country is weak
    enough.

    Rule: ease falls with sentiment and with the warmth and attention of the patron's rivals, rises with
    dependence.
    Returns: (patron, draw).
    Source: the article, paragraphs 5 and 12; hedging/README.md, phase 7.
    """
    likely = np.zeros(state.frustration.shape)
    for row in having(p.absorb_capacity):
        push = sigmoid((state.frustration[row] - p.absorb_multiple[row] * p.red_line[row]) / p.absorb_width)
        ease = sigmoid(
            p.absorb0
            + p.absorb_trade * (state.trade_share[row] - USUAL_TRADE)
            + p.absorb_concession * (state.concession[row] - USUAL_CONCESSION)
            - p.absorb_sentiment * (sentiment - USUAL_SENTIMENT)
            - p.absorb_deterrence * over_patrons(p.rivalry[row] * (state.warmth * state.salience))
        )
        likely[row] = p.absorb_capacity[row] * push * ease
    return likely


def take_effect(
    state: State,
    p: Parameters,
    bid: Bid,
    deals: Deals,
    struck: Strike,
    paid: Settlement,
    economy: Economy,
    gdp: Array,
    chance: Chance,
) -> tuple[Politics, dict[str, Array]]:
    """Book the concessions, and let sentiment, legitimacy, repression and the two ends follow.

    Rule: demands beyond what the public is used to, and coercion, stir national sentiment; sold sovereignty
    and want cost legitimacy, growth earns it; repression answers unrest; the leader falls by a logit
    hazard, the country where any patron's attempt succeeds.
    Returns: the flows, and the states they lead to.
    Source: the article, paragraphs 3 to 5, 11, 14; hedging/README.md, phase 7.
    """
    sold = deals.accept * bid.demand
    concession = clip01(state.concession * (1 - p.concession_decay) + sold)
    news = np.maximum(bid.demand - state.accustomed, 0.0)
    pressure = over_patrons(p.sov_weight * news * state.salience * p.coercive_capacity)
    sentiment = clip01(
        state.national_sentiment
        + p.sentiment_reversion * (p.sentiment_base - state.national_sentiment)
        + p.sentiment_demand * pressure
        + p.sentiment_coercion * over_patrons(struck.coerce)
    )
    want = paid.compression / gdp
    legitimacy = clip01(
        state.legitimacy
        + p.legitimacy_reversion * (p.legitimacy_base - state.legitimacy)
        + p.legitimacy_growth * (economy.growth_rate - p.growth0)
        - p.legitimacy_concession * over_patrons(p.sov_weight * sold) * sentiment
        - p.legitimacy_compression * want
    )
    relief = over_patrons(concession * p.ctl_weight * (p.conditionality > 0))
    repression = clip01(
        p.repression0
        + p.repression_unrest * np.maximum(p.unrest_line - legitimacy, 0.0)
        - p.repression_relief * relief
    )
    hazard = sigmoid(
        p.hazard0
        - p.hazard_legitimacy * (legitimacy - HALF)
        - p.hazard_repression * (repression - HALF)
        + p.hazard_compression * HUNGER * want
    )
    absorb_try = absorption(state, p, sentiment)
    spared = 1 - absorb_try[0]
    for attempt in absorb_try[1:]:
        spared = spared * (1 - attempt)
    absorb = 1 - spared
    after = {
        "concession": concession,
        "accustomed": state.accustomed + p.habituation * (bid.demand - state.accustomed),
        "national_sentiment": sentiment,
        "legitimacy": legitimacy,
        "repression": repression,
        "survival": state.survival * (1 - chance.client_event("fall", hazard)),
        "sovereign": state.sovereign * (1 - chance.client_event("absorb", absorb)),
    }
    return Politics(sold, pressure, hazard, absorb_try, absorb), after
