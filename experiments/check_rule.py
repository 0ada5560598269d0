"""Prove a rule: ``python -m experiments.check_rule my_module.MyRule nerve=0.5``.

Takes a rule's class by its dotted name, or a shipped rule by the name of its YAML; numbers for its fields may
follow. Prints what was proved and ends with status 0, or one line that says what is wrong and status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import yaml

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
    numbers: dict[str, Any] = {}
    for argument in arguments[1:]:
        name, equals, text = argument.partition("=")
        if not equals:
            raise HedgingError(f"'{argument}': write number=value, as in nerve=0.5")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise HedgingError(f"'{argument}': '{text}' is no number") from None
        field, _, patron = name.partition(".")
        if patron:
            numbers.setdefault(field, {})[patron] = value
        else:
            numbers[field] = value
    return arguments[0], numbers


def main(arguments: Sequence[str] | None = None) -> None:
    """Check the rule that the arguments name, and say how it went."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in ("-h", "--help"):
        print(f"{__doc__}\nUsage: {USAGE}")
        return
    try:
        rule, numbers = read_arguments(arguments)
        print(check_rule(rule, **numbers))
    except HedgingError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
