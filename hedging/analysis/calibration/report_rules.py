"""What the report says of the client's rules: which explains the record best, and whether one could tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.book import table
from hedging.analysis.calibration import wording
from hedging.studies.judging import percent

CLEAR, STRONG = 0.95, 0.75
"""Probabilities of a rule from which it counts as told, and as favoured."""

ENOUGH = 30
"""Particles, by effective number, from which leaving a target out by weight is worth telling."""


def answer(rules: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Which rule explains the record best, in a sentence that is no surer than the numbers."""
    own = rules[rules["tolerance"] == 1].sort_values("probability", ascending=False)
    first, second = (own.iloc[place] for place in (0, 1))
    name, other = labels[first["rule"]], labels[second["rule"]]
    told = f"{name} has {percent(first['probability'])}, {other} {percent(second['probability'])}"
    if first["low"] >= CLEAR:
        return f"**{name.capitalize()}**: {told}."
    if first["probability"] >= STRONG:
        return f"**{name.capitalize()} is favoured, not established**: {told}."
    return f"**Cannot tell**: {told}, where each had {percent(1 / len(own))} before the data."


def labels_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """What the rules are called, by their names."""
    return {name: rule["label"] for name, rule in asked["plan"]["rules"].items()}


def rules_part(tables: Mapping[str, pd.DataFrame], asked: Mapping[str, Any]) -> Iterator[str]:
    """The part of the report on rules."""
    labels, rules = labels_of(asked), tables["rules"]
    yield f"## Which way of deciding explains Belarus best\n\n{answer(rules, labels)}\n"
    yield _probabilities(rules, labels)
    yield wording.RULES
    yield f"The nulls together have {percent(_nulls(rules, asked))}.\n"
    yield _without(tables["without"], rules, labels)
    mistaken, names = tables["mistaken"], [*labels]
    rows = [
        [labels[m["made_by"]], *(percent(m[name]) for name in names), percent(m["found"])]
        for _, m in mistaken.iterrows()
    ]
    yield (
        f"**Could the data tell?** {asked['plan']['mistaken']} histories were made by each rule; a row gives "
        "the mean probability that each rule then gets, by prior samples alone, and how often the true one "
        f"comes first. By chance it would in {percent(1 / len(names))}; it does in "
        f"{percent(float(mistaken['found'].mean()))}.\n"
    )
    yield table(["made by", *labels.values(), "true one first"], rows)
    yield "![The probability of each rule](rules.png)\n"


def _probabilities(rules: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """A row for each rule: its evidence, and its probability under each tolerance."""
    tolerances, rows = sorted(rules["tolerance"].unique()), []
    for name, label in labels.items():
        own = {r["tolerance"]: r for r in rules[rules["rule"] == name].to_dict("records")}
        told = [
            f"{percent(own[e]['probability'])} ({percent(own[e]['low'])} to {percent(own[e]['high'])})"
            for e in tolerances
        ]
        rows.append([label, f"{own[1]['log_evidence']:.1f} ± {own[1]['log_error']:.1f}", *told])
    return table(["rule", "log evidence", *(f"tolerance x{e:g}" for e in tolerances)], rows)


def _without(without: pd.DataFrame, rules: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """What becomes of the rule that comes first where a target is left out."""
    own = rules[rules["tolerance"] == 1]
    first = str(own.sort_values("probability")["rule"].iloc[-1])
    enough = without["effective"] >= ENOUGH
    told, rough = without[enough], without[~enough]
    text = f"**Without one target**, by weighting the particles anew, `{first}` "
    if len(told):
        ordered = told.sort_values(first).to_dict("records")
        low, high = ordered[0], ordered[-1]
        text += (
            f"has between {percent(low[first])} (without {low['target']}) and {percent(high[first])} "
            f"(without {high['target']}). "
        )
        tops = told[[*labels]].idxmax(axis=1)
        pairs = zip(told["target"], tops.astype(str), strict=True)
        other = [f"{target} (`{rule}`)" for target, rule in pairs if rule != first]
        text += f"Another rule comes first without: {', '.join(other) or 'none of them'}. "
    names = ", ".join(rough["target"]) or "none"
    return f"{text}Too few particles count to tell it for: {names}.\n"


def _nulls(rules: pd.DataFrame, asked: Mapping[str, Any]) -> float:
    nulls = [name for name, label in labels_of(asked).items() if "null" in label]
    own = rules[(rules["tolerance"] == 1) & rules["rule"].isin(nulls)]
    return float(own["probability"].sum())
