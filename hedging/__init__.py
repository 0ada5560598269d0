"""How a client state hedges between great powers: an agent-based model, thousands of worlds at a time.

Simulate a study, load a run folder, step the Mesa model, or write a rule of your own; everything is
imported when it is first used, since Mesa and xarray take their time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedging.errors import HedgingError as HedgingError
    from hedging.results.load import load as load
    from hedging.rules.check.prove import check_rule as check_rule
    from hedging.rules.sight import PatronSight as PatronSight
    from hedging.rules.sight import Sight as Sight
    from hedging.runs.simulate import simulate as simulate
    from hedging.world.arrays import Array as Array
    from hedging.world.mesa import HedgingModel as HedgingModel
    from hedging.world.phases.offers import Bid as Bid

_HOMES = {
    "Array": "hedging.world.arrays",
    "Bid": "hedging.world.phases.offers",
    "HedgingError": "hedging.errors",
    "HedgingModel": "hedging.world.mesa",
    "PatronSight": "hedging.rules.sight",
    "Sight": "hedging.rules.sight",
    "check_rule": "hedging.rules.check.prove",
    "load": "hedging.results.load",
    "simulate": "hedging.runs.simulate",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hedging' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*_HOMES]
