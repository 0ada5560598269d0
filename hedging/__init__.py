"""How a client state hedges between great powers: an agent-based model, thousands of worlds at a time.

Simulate a study, load a run folder, step the Mesa model, or write a rule of your own; everything is
imported when it is first used, since Mesa and xarray take their time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedging.arrays import Array
    from hedging.errors import HedgingError
    from hedging.model import HedgingModel
    from hedging.phases.offers import Bid
    from hedging.results import load, simulate
    from hedging.rules.check import check_rule
    from hedging.rules.sight import PatronSight, Sight

_HOMES = {
    "Array": "hedging.arrays",
    "Bid": "hedging.phases.offers",
    "HedgingError": "hedging.errors",
    "HedgingModel": "hedging.model",
    "PatronSight": "hedging.rules.sight",
    "Sight": "hedging.rules.sight",
    "check_rule": "hedging.rules.check",
    "load": "hedging.results",
    "simulate": "hedging.results",
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
