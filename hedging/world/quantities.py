"""What is written down of a block of draws while it is played, and the names, axes and units of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedging.settings.settings import Settings
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.economy import Economy
from hedging.world.phases.offers import Bid, Deals, Standing, Strike
from hedging.world.phases.politics import Politics
from hedging.world.phases.relations import Relations
from hedging.world.phases.settlement import Settlement
from hedging.world.phases.utility import Welfare
from hedging.world.quarter import Flows
from hedging.world.state import STATES, State, described

TERMS_ALONE = "terms_without_rivals"
"""A counterfactual beside the flows: worked out only where it is recorded."""


@dataclass(frozen=True)
class Quantity:
    """The name, axes, unit and meaning of what is recorded."""

    name: str
    axes: tuple[str, ...]
    unit: str
    meaning: str
    state: bool


def _quantities() -> dict[str, Quantity]:
    by_patron = ("patron", "draw")
    alone = "carrot and expected payment were the ties of all rivals cold"
    found = {
        "effort": Quantity("effort", by_patron, "share", "effort spent on courting the patron", False),
        TERMS_ALONE: Quantity(TERMS_ALONE, by_patron, "usd_bn/quarter", alone, False),
    }
    for cls in (
        State,
        Calendar,
        Standing,
        Bid,
        Strike,
        Deals,
        Settlement,
        Economy,
        Politics,
        Relations,
        Welfare,
    ):
        for name, item in described(cls).items():
            about = item.metadata
            found[name] = Quantity(name, about["axes"], about["unit"], about["meaning"], cls is State)
    return found


QUANTITIES = _quantities()
"""Every state and flow by its name."""


class Recorder:
    """Keeps chosen quantities of a block: states at the start of each quarter and the end of the last,
    flows between."""

    def __init__(self, names: Iterable[str], settings: Settings, draws: int) -> None:
        sizes = {"patron": len(settings.patrons), "partner": len(settings.partners), "draw": draws}
        self.arrays: dict[str, Array] = {}
        for name in names:
            about = QUANTITIES[name]
            rows = settings.horizon + (1 if about.state else 0)
            self.arrays[name] = np.empty((rows, *(sizes[axis] for axis in about.axes)))
        self.states = [name for name in self.arrays if name in STATES]
        self.flows = [name for name in self.arrays if name not in STATES]

    def note_state(self, quarter: int, state: State) -> None:
        """Write down the state at the start of a quarter."""
        for name in self.states:
            self.arrays[name][quarter] = getattr(state, name)

    def note_flows(self, quarter: int, flows: Flows) -> None:
        """Write down the flows of a quarter."""
        for name in self.flows:
            self.arrays[name][quarter] = flows[name]


def to_dataset(settings: Settings, arrays: Mapping[str, Array], sampled: Mapping[str, Array]) -> Any:
    """Label trajectories as an xarray Dataset: names and axes of the model, parameters as coordinates.

    Quarters run to one past the last, where states stand at the end and flows are missing.
    """
    import xarray as xr  # takes longer to import than everything else here

    some = next(iter(arrays.values()))
    count = some.shape[-1]
    variables = {}
    for name, array in arrays.items():
        about = QUANTITIES[name]
        if not about.state:
            array = np.concatenate([array, np.full((1, *array.shape[1:]), np.nan)])
        variables[name] = (("quarter", *about.axes), array, {"units": about.unit, "long_name": about.meaning})
    coordinates: dict[str, Any] = {
        "quarter": dates.labels(settings.horizon + 1),
        "patron": list(settings.patrons),
        "partner": list(settings.partners),
        "draw": np.arange(count),
    }
    for path, number in settings.numbers.items():
        unit = {"units": number.unit}
        coordinates[path] = ("draw", sampled[path], unit) if path in sampled else ((), number.value, unit)
    return xr.Dataset(variables, coordinates)
