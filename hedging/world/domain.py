"""What values a number may have, whatever range of it is sampled."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from hedging.world.arrays import Array


@dataclass(frozen=True)
class Domain:
    """The values that are admissible."""

    low: float
    high: float
    open_low: bool = False
    whole: bool = False
    never: bool = False

    def admits(self, x: float) -> bool:
        """Whether x is admissible."""
        return bool(self.admits_each(np.float64(x)))

    def admits_each(self, x: Array | np.float64) -> NDArray[np.bool_]:
        """Whether each x is admissible: of the shape of x."""
        fine = np.isfinite(x) & (x >= self.low) & (x <= self.high)
        fine &= ~((x == self.low) & self.open_low) & ((x == np.floor(x)) | (not self.whole))
        return np.asarray(fine | ((x == inf) & self.never))

    def __str__(self) -> str:
        if self.whole:
            end = f" to {self.high:.0f}" * (self.high < inf)
            return f"a whole number from {self.low:.0f}{end}{', or .inf for never' * self.never}"
        if self.low == -inf:
            return "a finite number"
        if self.high == inf:
            return f"a number {'above' if self.open_low else 'not below'} {self.low:g}"
        start = f"above {self.low:g} up" if self.open_low else f"from {self.low:g}"
        return f"a number {start} to {self.high:g}"
