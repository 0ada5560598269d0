"""Prove a rule: ``python -m experiments.check_rule my_module.MyRule nerve=0.5``.

Takes a rule's class by its dotted name, or a shipped rule by the name of its YAML; numbers for its fields may
follow. Prints what was proved and ends with status 0, or one line that says what is wrong and status 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.shell import command
from hedging.errors import HedgingError
from hedging.rules.check.prove import check_rule

USAGE = "python -m experiments.check_rule <my_module.MyRule or a shipped rule's name> [number=value ...]"


def read_arguments(arguments: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The rule's name, and the numbers given for its fields; ``effort.china=0.3`` is for one patron.

    Raises:
        HedgingError: no rule is named, or an argument is no number=value.
    """
    if not arguments or "=" in arguments[0]:
        raise HedgingError(f"which rule? write {USAGE}")
    for argument in arguments[1:]:
        if "=" not in argument:
            raise HedgingError(f"'{argument}': write number=value, as in nerve=0.5")
    try:
        numbers: Any = OmegaConf.to_container(OmegaConf.from_dotlist([*arguments[1:]]), resolve=True)
    except (OmegaConfBaseException, yaml.YAMLError):
        raise HedgingError(f"{' '.join(arguments[1:])}: write number=value, as in nerve=0.5") from None
    return arguments[0], numbers


@command()
def main(words: list[str]) -> str:
    """Check the rule that is named, and say how it went."""
    rule, numbers = read_arguments(words)
    return str(check_rule(rule, **numbers))


if __name__ == "__main__":
    main()
