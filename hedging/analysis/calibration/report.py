"""The report of a calibration: README.md of its folder, which report.md filled with its tables gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.analysis.calibration.findings import FAR, MOVED, SHIFTED
from hedging.analysis.calibration.targets import CUTOFF, Record, read_record
from hedging.results.folder import read_manifest
from hedging.results.manifest import read_tree
from hedging.studies.findings import percent

CLEAR, STRONG = 0.95, 0.75
"""Probabilities of a rule from which it counts as told, and as favoured."""

ENOUGH = 30
"""Particles, by effective number, from which leaving a target out by weight is worth telling."""

CONSTANTS = {"cutoff": CUTOFF, "far": FAR, "moved_below": MOVED, "shifted": SHIFTED}

_, *_PIECES = re.split(r"^:: (\S+)\n", Path(__file__).with_suffix(".md").read_text("utf-8"), flags=re.M)
BLOCKS = {name: text.strip("\n") for name, text in zip(_PIECES[::2], _PIECES[1::2], strict=True)}
"""The blocks of report.md."""

FORMATS: Mapping[str, Callable[[Any], str]] = {
    "number": lambda x: f"{x:.2f}" if abs(x) < 10 else f"{x:.1f}",
    "percent": percent,
    "list": lambda texts: ", ".join(texts) or "none",
    "items": lambda texts: "; ".join(texts) or "none",
    "words": lambda name: name.replace("_", " "),
    "name": str.capitalize,
}

Values = dict[str, Any]


def fill(text: str, values: Mapping[Any, Any]) -> str:
    """Fill in a text: a block that is called as the format and the value say, or the value in its format."""

    def put(found: re.Match[str]) -> str:
        value, how = values[found[1]], found[2] or ""
        if f"{how}.{value}" in BLOCKS:
            return fill(BLOCKS[f"{how}.{value}"], values)
        return FORMATS[how](value) if how in FORMATS else format(value, how)

    return re.sub(r"\{(\w+)(?::([^}]+))?\}", put, text)


def _each(block: str, rows: pd.DataFrame) -> list[str]:
    """A block filled in for each row."""
    return [fill(BLOCKS[block], row) for row in rows.to_dict("records")]


def _table(**parts: Iterable[pd.DataFrame]) -> str:
    """A table: the columns that each block tells of rows, beside each other."""
    columns: dict[str, list[str]] = {}
    for block, rows in ((block, each.to_dict("records")) for block, some in parts.items() for each in some):
        for head, cell in (line.split(" | ") for line in BLOCKS[block].splitlines()):
            columns[fill(head, rows[0])] = [fill(cell, row) for row in rows]
    return table([*columns], zip(*columns.values(), strict=True))


def report(folder: Path) -> str:
    """The report of a folder, made from the files that are committed of it.

    Raises:
        HedgingError: no calibration has been written there.
    """
    asked, told, record = read_tree(folder), read_manifest(folder)["told"], read_record()
    tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    plan, setting = asked["plan"], {"setting": asked["record"]["setting"]}
    labels = {name: rule["label"] for name, rule in plan["rules"].items()}
    values = plan | plan["rules"][plan["fitted"]] | told | vars(record.remarks) | setting | CONSTANTS
    values |= _targets(tables["targets"], record) | _proposals(tables, plan["proposals"]) | _numbers(tables)
    values |= _rules(tables, labels) | _claims(tables.get("claims"))
    return fill(BLOCKS["page"], values) + "\n"


def _targets(targets: pd.DataFrame, record: Record) -> Values:
    held, near = targets["left_out_miss"].abs(), targets["prior_nearest"] <= CUTOFF
    reached = np.where(targets["prior_on_side"].notna(), "bound", np.where(near, "some", "never"))
    missing = targets["target"].map({target.name: target.missing for target in record.targets}).fillna("")
    told = targets.assign(reached=reached, missing=missing, prior_near=1 - targets["prior_ruled_out"])
    missed = told[~told["met"]].assign(cutoff=CUTOFF)
    return {
        "targets": len(targets),
        "met": len(targets) - len(missed),
        "missed": missed["label"],
        "missed_part": "\n".join(_each("missed", missed)) or BLOCKS["missed.none"],
        "targets_table": _table(targets_table=[targets]),
        "within_one": int((held <= 1).sum()),
        "within_two": int((held <= 2).sum()),
        "accommodated": _each("accommodated", targets[targets["met"] & (held > FAR)]),
    }


def _proposals(tables: Mapping[str, pd.DataFrame], asked: Mapping[str, Any]) -> Values:
    told = tables["proposals"].merge(tables["targets"][["target", "label"]])
    told["helped"] = np.where(told["before_on_side"].notna(), "bound", "value")
    told["targets"] = pd.Series(_each("help", told)).groupby(told["proposal"]).transform("<br>".join)
    rows = told.drop_duplicates("proposal")
    labels = [asked[name]["label"] for name in rows["proposal"]]
    return {"proposals_table": _table(proposals_table=[rows.assign(label=labels)])}


def _numbers(tables: Mapping[str, pd.DataFrame]) -> Values:
    numbers, cover = tables["numbers"].merge(tables["recovered"]), tables["coverage"]
    moved = numbers[numbers["moved"]].sort_values("variance_ratio")
    half, most = cover.loc[cover["numbers"] == "all", "coverage"]
    return {
        "count": len(numbers),
        "moved": len(moved),
        "unmoved": [f"`{name}`" for name in numbers.loc[~numbers["moved"], "number"]],
        "numbers_table": _table(numbers_table=[moved]),
        "truths": cover["truths"].iloc[0],
        "held_half": half,
        "held_most": most,
        "coverage_table": _table(coverage_table=[cover]),
    }


def answer(rules: pd.DataFrame, labels: Mapping[str, str]) -> Values:
    """Which rule explains the record best, and how sure that is: no surer than the numbers."""
    own = rules[rules["tolerance"] == 1].sort_values("probability", ascending=False)
    one, two, *_ = own.to_dict("records")
    sure = "clear" if one["low"] >= CLEAR else "favoured" if one["probability"] >= STRONG else "open"
    told = {"answer": sure, "top": one["rule"], "most": one["probability"], "next": two["probability"]}
    return told | {"chance": 1 / len(own), "first": labels[one["rule"]], "second": labels[two["rule"]]}


def _rules(tables: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> Values:
    rules, mistaken, told = tables["rules"], tables["mistaken"], answer(tables["rules"], labels)
    by_tolerance = {e: rows.set_index("rule").loc[[*labels]] for e, rows in rules.groupby("tolerance")}
    own = by_tolerance[1].assign(label=[*labels.values()])
    made = mistaken.assign(made_by=mistaken["made_by"].map(labels))
    shares = [made.assign(label=label, share=made[name]) for name, label in labels.items()]
    return told | {
        "rules": len(labels),
        "rules_table": _table(rules_table=[own], tolerance_column=by_tolerance.values()),
        "nulls": own.loc[own["label"].str.contains("null"), "probability"].sum(),
        "found": mistaken["found"].mean(),
        "mistaken_table": _table(mistaken_table=[made], mistaken_column=shares, found_column=[made]),
        **_without(tables["without"], [*labels], told["top"]),
    }


def _without(without: pd.DataFrame, names: Sequence[str], top: str) -> Values:
    """What becomes of the rule that comes first where a target is left out."""
    enough = without["effective"] >= ENOUGH
    told: Values = {"without": "some" if enough.any() else "none", "rough": without.loc[~enough, "target"]}
    if not enough.any():
        return told
    told_of = without[enough].assign(rule=without.loc[enough, names].idxmax(axis=1))
    for word, place in (("least", told_of[top].idxmin()), ("greatest", told_of[top].idxmax())):
        told |= {word: told_of.at[place, top], f"{word}_target": told_of.at[place, "target"]}
    return told | {"others": _each("other_rule", told_of[told_of["rule"] != top])}


def _claims(claims: pd.DataFrame | None) -> Values:
    if claims is None:
        return {"known": "none"}
    changed, findings = claims[claims["changed"]], claims.drop_duplicates(["study", "claim"])
    rows = _table(claims_table=[changed]) if len(changed) else BLOCKS["claims_table.none"] + "\n"
    others = _each("finding", findings[findings["prior_overall"] != findings["posterior_overall"]])
    told = {"known": "some", "changed": len(changed), "verdicts": len(claims), "findings": len(findings)}
    return told | {"claims_table": rows, "changed_findings": len(others), "others_changed": others}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; nothing without rows."""
    lines = [head, ["---"] * len(head), *rows]
    text = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
    return text if len(lines) > 2 else ""
