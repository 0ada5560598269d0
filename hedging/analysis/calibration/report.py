"""The report of a calibration: README.md of its folder, written from the tables beside it alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from experiments.book import table
from hedging.analysis.calibration import wording
from hedging.analysis.calibration.findings import FAR, MOVED, SHIFTED
from hedging.analysis.calibration.match import CUTOFF
from hedging.analysis.calibration.report_rules import answer, labels_of, rules_part
from hedging.analysis.calibration.writing import CLAIMS, TABLES, read_manifest
from hedging.studies.judging import percent


def report(folder: Path) -> str:
    """The whole report of a folder."""
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in TABLES}
    asked = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    seen = read_manifest(folder)
    claims = pd.read_csv(folder / CLAIMS) if (folder / CLAIMS).is_file() else None
    parts = [
        *_opening(tables, asked, seen["told"], claims),
        *_targets(tables["targets"], seen["told"]),
        *_missed(tables["targets"], tables["proposals"], asked),
        *_numbers(tables["numbers"], tables["recovered"]),
        *_recovery(tables["coverage"]),
        *rules_part(tables, asked),
        *_claims(claims),
        *_method(asked, seen),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def each(rows: pd.DataFrame) -> Iterator[Any]:
    """Every row, its columns as attributes."""
    yield from rows.itertuples()


def _number(x: float) -> str:
    return f"{x:.2f}" if abs(x) < 10 else f"{x:.1f}"


def _opening(
    tables: Mapping[str, pd.DataFrame],
    asked: Mapping[str, Any],
    told: Mapping[str, float],
    claims: pd.DataFrame | None,
) -> Iterator[str]:
    targets, numbers, cover = tables["targets"], tables["numbers"], tables["coverage"]
    labels, plan = labels_of(asked), asked["plan"]
    missed = targets[~targets["met"]]["label"].tolist()
    whole = cover[(cover["numbers"] == "all")].set_index("interval")["coverage"]
    yield "# From prior to posterior\n"
    yield (
        f"What history up to the end of 2019 says of the model's {len(numbers)} uncertain numbers and "
        "of its client's "
        f"rule: {int(told['draws']):,} worlds of the prior, {len(targets)} targets, {len(labels)} "
        "rules. Written by "
        "`python -m experiments.calibrate` from the tables in this folder; nothing after January "
        "2020 is in it.\n"
    )
    yield "## In short\n"
    yield "\n".join(
        [
            f"- **Fitted under the rule `{plan['fitted']}`.** {len(targets) - len(missed)} of "
            f"{len(targets)} targets are met "
            f"within {FAR:g} standard deviations; missed: {', '.join(missed) or 'none'}.",
            f"- **{int(numbers['moved'].sum())} of {len(numbers)} numbers are moved by the data**; "
            "the others are what was "
            "assumed, and stay so.",
            f"- **Planted truths are recovered**: intervals of 50% hold {percent(whole[0.5])} of "
            "them, of 90% "
            f"{percent(whole[0.9])}, over {plan['truths']} made histories.",
            f"- **Which rule explains the record best?** {answer(tables['rules'], labels)}",
            f"- **Findings that change**: {_changed(claims)}",
        ]
    )
    yield "\n![Prior and posterior against the facts, and what follows from 2020](fit.png)\n"


def _changed(claims: pd.DataFrame | None) -> str:
    if claims is None:
        return "not looked at yet; run `python -m experiments.calibrate verdicts`."
    changed = int(claims["changed"].sum())
    many = f"{changed} of {len(claims)} verdicts"
    return f"{many} (a claim under a rule) are another under the posterior; told below."


def _targets(targets: pd.DataFrame, told: Mapping[str, float]) -> Iterator[str]:
    yield "## What was fitted\n"
    yield wording.TARGETS
    rows = [
        [
            f"{'at least ' * (t.side == 'at_least')}{'at most ' * (t.side == 'at_most')}{_number(t.value)}",
            f"{_number(t.measurement)}; {_number(t.discrepancy)}",
            f"{_number(t.prior_p50)} ({_number(t.prior_p05)} to {_number(t.prior_p95)})",
            f"{_number(t.posterior_p50)} ({_number(t.posterior_p05)} to {_number(t.posterior_p95)})",
            f"{t.posterior_miss:+.1f}{'' if t.met else ' **missed**'}",
            f"{t.left_out_miss:+.1f}",
        ]
        for t in each(targets)
    ]
    head = [
        "target",
        "on record",
        "sd: record; model",
        "prior",
        "posterior",
        "miss, sd",
        "left out: miss, sd",
    ]
    names = [f"{t.label}, {t.unit}" for t in each(targets)]
    yield table(head, [[name, *row] for name, row in zip(names, rows, strict=True)])
    held = targets["left_out_miss"].abs()
    yield (
        f"**Left out in turn.** Fitted to all the others, the model predicts {int((held <= 1).sum())} "
        f"of {len(targets)} "
        f"targets to within one standard deviation of the prediction and {int((held <= 2).sum())} to "
        "within two. A "
        "target that is met when it is fitted, and not when it is left out, is accommodated rather "
        "than explained: "
        + (
            "; ".join(
                f"{t.label} ({t.left_out_miss:+.1f})"
                for t in each(targets)
                if t.met and abs(t.left_out_miss) > FAR
            )
            or "there is none"
        )
        + ".\n"
    )
    yield (
        f"**History matching.** A world is ruled out where a target is missed by more than {CUTOFF:g} "
        "standard deviations. "
        f"{percent(told['standing'])} of prior worlds still stand at the end of 2019. Of all prior worlds "
        f"{told['not_ruled_out_all']:.2%} are not ruled out by any target, "
        f"{told['not_ruled_out_all_but_one']:.1%} "
        f"where the worst target is forgiven, {told['not_ruled_out_all_but_two']:.0%} where the two "
        "worst are.\n"
    )
    yield "![How far each target is missed, before, after, and when left out](implausibility.png)\n"


def _missed(targets: pd.DataFrame, proposals: pd.DataFrame, asked: Mapping[str, Any]) -> Iterator[str]:
    yield "## What the model cannot meet\n"
    missed = targets[~targets["met"]]
    if missed.empty:
        yield "Every target is met.\n"
    for t in each(missed):
        yield (
            f"- **{t.label}**: on record {_number(t.value)}, posterior {_number(t.posterior_p50)} "
            f"({_number(t.posterior_p05)} to {_number(t.posterior_p95)}) {t.unit}. By itself {_reached(t)}. "
            f"{wording.MECHANISMS.get(t.target, '')}"
        )
    yield "\n**Would it help?** " + wording.PROPOSALS
    labels = targets.set_index("target")["label"]
    rows = []
    for name, some in proposals.groupby("proposal", sort=False):
        told = "<br>".join(f"{labels[p.target]}: {_helped(p)}" for p in each(some))
        first = some.iloc[0]
        label = asked["plan"]["proposals"][name]["label"]
        rows.append([label, f"{first['gain']:+.1f} ± {first['error']:.1f}", told])
    yield table(["what if", "log evidence gained", "miss in sd, before to after"], rows)
    yield wording.CHANGES


def _reached(t: Any) -> str:
    """How many worlds come near a target, as words."""
    if pd.notna(t.prior_on_side):
        kept, after = percent(t.prior_on_side), percent(t.posterior_on_side)
        return f"{kept} of prior worlds keep to it, and {after} of the posterior"
    if t.prior_nearest > CUTOFF:
        return f"not one prior world comes within {CUTOFF:g} standard deviations of it"
    return (
        f"{percent(1 - t.prior_ruled_out)} of prior worlds come within {CUTOFF:g} standard deviations of it"
    )


def _helped(p: Any) -> str:
    """What a proposal does for one target: the miss, or of a bound the share of worlds that keep to it."""
    if pd.notna(p.before_on_side):
        return f"kept by {percent(p.before_on_side)} to {percent(p.after_on_side)} of worlds"
    return f"{p.before:+.1f} to {p.after:+.1f}"


def _numbers(numbers: pd.DataFrame, recovered: pd.DataFrame) -> Iterator[str]:
    yield "## What the data moved, and what not\n"
    moved = numbers[numbers["moved"]].sort_values("variance_ratio")
    found = recovered.set_index("number")["correlation"]
    yield (
        f"A number counts as moved where its variance fell below {MOVED:g} of the prior's or its mean "
        "moved by more than "
        f"{SHIFTED:g} prior standard deviations. *Found again*: correlation of truth and posterior "
        "mean over the planted "
        "histories, which says whether data of this kind can tell it at all.\n"
    )
    rows = [
        [
            f"`{n.number}`",
            f"{_amount(n.prior_mean)} ± {_amount(n.prior_sd)}",
            f"{_amount(n.posterior_mean)} ± {_amount(n.posterior_sd)}",
            f"{n.variance_ratio:.2f}",
            f"{n.shift:+.2f}",
            f"{found[n.number]:.2f}",
        ]
        for n in each(moved)
    ]
    yield table(
        ["number", "prior, mean ± sd", "posterior", "variance left", "shift, prior sd", "found again"], rows
    )
    rest = ", ".join(f"`{name}`" for name in numbers[~numbers["moved"]]["number"])
    yield f"**Not moved**, so that what the model says through them is what was assumed: {rest}.\n"
    yield wording.NUMBERS
    yield "![What the data moved](numbers.png)\n\n![The best identified numbers in pairs](pairs.png)\n"


def _amount(x: float) -> str:
    return f"{x:.3g}"


def _recovery(cover: pd.DataFrame) -> Iterator[str]:
    yield "## Can it work at all\n"
    rows = [
        [str(c.numbers), str(c.size), f"{c.interval:.0%}", f"{c.coverage:.1%} ± {c.error:.1%}"]
        for c in each(cover)
    ]
    truths = int(cover["truths"].iloc[0])
    yield (
        f"{truths} histories were made by worlds of the prior whose numbers are known, with a miss "
        "drawn by the stated "
        "errors, and fitted by the same program (with fewer particles) without that world in its "
        "prior sample. If all is "
        "well, an interval of 90% holds the truth in 90% of cases (Cook, Gelman and Rubin 2006; "
        "Talts et al. 2018).\n"
    )
    yield table(["numbers", "how many", "interval", "holds the truth"], rows)
    yield wording.RECOVERY
    yield "![How often intervals hold a planted truth](recovery.png)\n"


def _claims(claims: pd.DataFrame | None) -> Iterator[str]:
    yield "## Which findings change\n"
    if claims is None:
        yield "Not looked at yet: run `python -m experiments.calibrate verdicts`.\n"
        return
    changed = claims[claims["changed"]]
    yield (
        f"Every study was played under `ensemble=posterior`. Of {len(claims)} verdicts {len(changed)} "
        "change; all stand in "
        "[claims.csv](claims.csv), prior and posterior side by side.\n"
    )
    rows = [
        [
            c.study.replace("_", " "),
            c.claim,
            c.rule.replace("_", " "),
            f"{c.prior_verdict}, {percent(c.prior_share)}",
            f"{c.posterior_verdict}, {percent(c.posterior_share)}",
        ]
        for c in each(changed)
    ]
    yield table(["study", "claim", "rule", "prior", "posterior"], rows) if rows else "None changes.\n"
    whole = claims.drop_duplicates(["study", "claim"])
    other = whole[whole["prior_overall"] != whole["posterior_overall"]]
    told = "; ".join(f"{c.claim} ({c.prior_overall} to {c.posterior_overall})" for c in each(other))
    yield f"**Over all rules tried** {len(other)} of {len(whole)} findings change: {told or 'none'}.\n"
    yield wording.CLAIMS


def _method(asked: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    told, plan = seen["told"], asked["plan"]
    own = plan["rules"][plan["fitted"]]
    yield "## How\n"
    yield wording.METHOD
    yield (
        f"Under `{plan['fitted']}`: {int(told['fitted_draws']):,} prior draws, whose effective number "
        "under the whole "
        f"likelihood would be {told['pool_effective']:.0f}, which is why they are annealed: "
        f"{own['replicates']} times "
        f"{own['size']:,} particles, {told['steps']:.0f} steps, the last moves accepted at "
        f"{told['accepted']:.0%}; "
        f"{told['distinct']:.0%} of particles end up distinct in every number. "
        "As a check: weighting the prior draws outright gives a log evidence of "
        f"{told['pool_evidence']:.1f}, annealing {told['evidence']:.1f}. Seed {seen['seed']}.\n"
    )
    yield wording.LIMITS
    yield wording.REFERENCES
