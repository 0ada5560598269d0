"""How a client state hedges between great powers: an agent-based model, thousands of worlds at a time.

Simulate a study, load a run folder, step the Mesa model, or write a rule of your own; everything is
imported when it is first used, since Mesa and xarray take their time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedging.errors import HedgingError
    from hedging.results.run import load, simulate
    from hedging.rules.check.prove import check_rule
    from hedging.rules.sight import PatronSight, Sight
    from hedging.world.arrays import Array
    from hedging.world.mesa import HedgingModel
    from hedging.world.phases.offers import Bid

_HOMES = {
    "Array": "hedging.world.arrays",
    "Bid": "hedging.world.phases.offers",
    "HedgingError": "hedging.errors",
    "HedgingModel": "hedging.world.mesa",
    "PatronSight": "hedging.rules.sight",
    "Sight": "hedging.rules.sight",
    "check_rule": "hedging.rules.check.prove",
    "load": "hedging.results.run",
    "simulate": "hedging.results.run",
}

__all__ = [
    "Array",
    "Bid",
    "HedgingError",
    "HedgingModel",
    "PatronSight",
    "Sight",
    "check_rule",
    "load",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hedging' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
