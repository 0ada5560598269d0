"""The studies that ship: a file each in configs/experiment."""

from __future__ import annotations

from collections.abc import Sequence

from hedging.errors import unknown
from hedging.settings.compose import config_dir


def studies() -> list[str]:
    """Every study that ships, by name."""
    return sorted(path.stem for path in (config_dir() / "experiment").glob("*.yaml"))


def chosen(names: Sequence[str]) -> list[str]:
    """The studies asked for, each once; all without a name.

    Raises:
        HedgingError: a study that does not ship.
    """
    known = studies()
    for name in names:
        if name not in known:
            raise unknown("study", name, known, "configs/experiment")
    return list(dict.fromkeys(names)) or known
