"""Samples of one's own: a file gives some numbers, the others are as without it; what cannot be is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from command_line import TINY, Command

import hedging
from hedging.errors import HedgingError
from hedging.results.manifest import fingerprint
from hedging.settings.sample_file import RANGES
from hedging.settings.settings import settings_for
from hedging.world.mesa import HedgingModel
from hedging.world.parameters import DATE_OR_NEVER, NOT_NEGATIVE, POSITIVE, REAL, SHARE, WHOLE_FROM_1
from hedging.world.world import World
from tests.strategies import play, same

LINE, ZETA, CUT = "patrons.russia.red_line", "client.zeta", "patrons.russia.coercive_cut"
BASE = ["ensemble=quick", "ensemble.draws=8", "horizon=8"]


@pytest.fixture
def mine(here: Path) -> Path:
    """A file of ten draws of two numbers that go together, beside what a run may have left there."""
    line = np.linspace(0.5, 2.3, 10)
    table = {"draw": np.arange(10), LINE: line, ZETA: line / 4, "regime_2016": ["hedging"] * 10}
    pd.DataFrame(table | {"debt.russia": 1.0, "weight": 1.0}).to_parquet(here / "mine.parquet")
    return here / "mine.parquet"


def write(file: Path, **columns: Any) -> None:
    pd.DataFrame({name.replace("__", "."): values for name, values in columns.items()}).to_parquet(file)


# What is given


def test_numbers_of_the_file_are_used_and_the_others_are_sampled_as_usual(mine: Path) -> None:
    with_file = settings_for(None, [*BASE, "ensemble.sample=mine.parquet"])
    drawn, usual = with_file.sample(0, 8), settings_for(None, BASE).sample(0, 8)
    assert list(drawn) == list(usual)
    same(LINE, drawn[LINE], np.linspace(0.5, 2.3, 10)[:8])
    same(ZETA, drawn[ZETA], np.linspace(0.5, 2.3, 10)[:8] / 4)
    for path in set(usual) - {LINE, ZETA}:
        same(path, drawn[path], usual[path])
    same(LINE, with_file.sample(3, 2)[LINE], drawn[LINE][3:5])
    assert World(with_file, draws=8).parameters.red_line[0].tolist() == drawn[LINE].tolist()


def test_what_vary_leaves_out_and_what_has_no_range_may_be_given(mine: Path, here: Path) -> None:
    write(here / "fixed.parquet", client__scar=np.linspace(0, 1, 8))
    fixed = settings_for(None, [*BASE, "ensemble.vary=[]", "ensemble.sample=fixed.parquet"]).sample(0, 8)
    assert list(fixed) == ["client.scar"]
    given = settings_for(None, [*BASE, "ensemble.vary=[]", "ensemble.sample=mine.parquet"])
    assert set(given.sample(0, 8)) == {LINE, ZETA}


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube", "morris"])
def test_a_number_of_the_file_leaves_the_design(mine: Path, design: str) -> None:
    asked = [*BASE, f"ensemble.design={design}", f"ensemble.vary=[{CUT},{LINE}]"]
    mixed = settings_for(None, [*asked, "ensemble.sample=mine.parquet"])
    assert mixed.design.columns == (CUT,)
    assert set(mixed.sample(0, 8)) == {CUT, LINE, ZETA}


def test_the_draws_of_a_run_played_again_are_that_run(study: Command, here: Path) -> None:
    first = study(*TINY).folder
    (first / "draws.parquet").rename(here / "again.parquet")
    second = study(*TINY, "ensemble.sample=again.parquet").folders
    (folder,) = set(second) - {first}
    one, other = pd.read_parquet(here / "again.parquet"), pd.read_parquet(folder / "draws.parquet")
    pd.testing.assert_frame_equal(one, other)


def test_the_null_rules_play_the_numbers_of_the_file_but_those_of_the_rule(here: Path) -> None:
    write(here / "rule.parquet", client__rule__base=np.linspace(0, 1, 8), client__zeta=np.linspace(0, 1, 8))
    some = settings_for(None, [*BASE, "ensemble.sample=rule.parquet"])
    assert some.sample(0, 8)["client.rule.base"].tolist() == np.linspace(0, 1, 8).tolist()
    null = some.under("bandwagon").sample(0, 8)
    assert null[ZETA].tolist() == np.linspace(0, 1, 8).tolist()
    assert "client.rule.base" not in null


def test_the_model_and_simulate_take_a_file(mine: Path) -> None:
    model = HedgingModel(draws=8, horizon=2, **{"ensemble.sample": str(mine)})
    worlds = hedging.simulate(None, ["horizon=2", f"ensemble.sample={mine}"], draws=8)
    same(LINE, model.sampled[LINE], worlds[LINE].to_numpy())
    one = HedgingModel(horizon=2, **{"ensemble.sample": str(mine)})
    assert one.parameters.red_line[0].tolist() == [0.5]


def test_never_may_be_given(here: Path) -> None:
    write(here / "never.parquet", world__deadline=[4.0, np.inf, 8.0, np.inf, 2, 3, 4, 5])
    run = play(settings_for(None, [*BASE, "ensemble.sample=never.parquet"]))
    assert np.isfinite(run["reserves"]).all()


def test_whole_numbers_of_any_type_may_be_given(here: Path) -> None:
    write(here / "whole.parquet", world__deadline=np.arange(8), client__zeta=np.ones(8, np.float32))
    assert settings_for(None, [*BASE, "ensemble.sample=whole.parquet"]).sample(0, 8)[ZETA].dtype == np.float64


def test_shares_of_trade_count_draw_by_draw(here: Path) -> None:
    russia, china = np.linspace(0.1, 0.7, 8), np.linspace(0.7, 0.1, 8)
    write(here / "trade.parquet", patrons__russia__trade_share0=russia, patrons__china__trade_share0=china)
    settings_for(None, [*BASE, "ensemble.sample=trade.parquet"])
    write(here / "much.parquet", patrons__russia__trade_share0=russia + 0.25)
    with pytest.raises(HedgingError, match=r"trade_share0 .* what ensemble\.sample gives of it"):
        settings_for(None, [*BASE, "ensemble.sample=much.parquet"])


def test_a_sweep_goes_beside_a_file(study: Command, mine: Path) -> None:
    asked = (*TINY, "ensemble.sample=mine.parquet")
    swept = study("-m", *asked, f"{CUT}=0.2,0.4")
    table = pd.read_parquet(swept.folder / "draws.parquet")
    alone = study(*asked, f"{CUT}=0.4")
    (folder,) = set(alone.folders) - set(swept.folders)
    one = pd.read_parquet(folder / "draws.parquet")
    same("utility", table[table[CUT] == 0.4]["total_utility"].to_numpy(), one["total_utility"].to_numpy())


@pytest.mark.parametrize("domain", [DATE_OR_NEVER, NOT_NEGATIVE, POSITIVE, REAL, SHARE, WHOLE_FROM_1])
def test_values_are_admitted_each_as_one_is(domain: Any) -> None:
    values = np.array([-np.inf, -1, -0.5, 0, 0.5, 1, 1.5, 2, 10_000, 10_001, np.inf, np.nan])
    assert domain.admits_each(values).tolist() == [domain.admits(float(x)) for x in values]


# What a setting is known by


def test_another_content_is_another_setting_and_another_path_is_not(mine: Path, here: Path) -> None:
    asked = [*BASE, "ensemble.sample=mine.parquet"]
    before = settings_for(None, asked).tree
    assert set(before["ensemble"]["sample"]) == {"file", "sha256"}
    (here / "copy.parquet").write_bytes(mine.read_bytes())
    copied = settings_for(None, [*BASE, "ensemble.sample=copy.parquet"]).tree
    assert fingerprint(copied) == fingerprint(before)
    write(mine, client__zeta=np.ones(8))
    after = settings_for(None, asked)
    assert fingerprint(after.tree) != fingerprint(before)
    assert after.sample(0, 8)[ZETA].tolist() == [1.0] * 8
    assert fingerprint(settings_for(None, BASE).tree) not in (fingerprint(before), fingerprint(after.tree))


def test_a_changed_file_goes_to_another_folder(study: Command, mine: Path) -> None:
    first = study(*TINY, "ensemble.sample=mine.parquet").folder
    write(mine, client__zeta=np.ones(8))
    assert len(study(*TINY, "ensemble.sample=mine.parquet").folders) == 2
    assert "sha256" in (first / "config.yaml").read_text()


def test_a_file_may_be_asked_for_by_what_it_holds(mine: Path) -> None:
    digest = settings_for(None, [*BASE, "ensemble.sample=mine.parquet"]).tree["ensemble"]["sample"]["sha256"]
    asked = [*BASE, f"ensemble.sample={{file:mine.parquet,sha256:'{digest}'}}"]
    assert LINE in settings_for(None, asked).own
    write(mine, client__zeta=np.ones(8))
    with pytest.raises(
        HedgingError, match=r"mine\.parquet is not the file that sha256=.* write ensemble\.sample="
    ):
        settings_for(None, asked)


# What cannot be


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"client__zta": [1.0] * 8}, ["'client.zta'", "did you mean 'client.zeta'?", "rename the column"]),
        ({"client__zeta": [1.0] * 8, "notes": ["x"] * 8}, ["'notes'", "drop it"]),
        ({"debt__russia": [1.0] * 8}, ["no column of mine.parquet is a number", "dotted name"]),
        ({"client__zeta": [1.0] * 7}, ["has 7 rows, fewer than ensemble.draws=8", "write ensemble.draws=7"]),
        (
            {"client__zeta": [1.0] * 6 + [-1.0, -2.0]},
            ["client.zeta = -1", "row 6", "not below 0", "(2 such rows)"],
        ),
        ({"client__zeta": [np.nan] + [1.0] * 7}, ["client.zeta is missing or NaN in row 0", "mend the file"]),
        ({"client__zeta": [None] * 8}, ["client.zeta", "is missing or NaN", "row 0"]),
        ({"client__zeta": [np.inf] * 8}, ["client.zeta = inf", "not below 0"]),
        ({"world__phaseout_quarters": [2.5] * 8}, ["world.phaseout_quarters = 2.5", "a whole number from 1"]),
        ({"client__zeta": ["much"] * 8}, ["client.zeta", "not numbers"]),
        ({"client__zeta": [True] * 8}, ["client.zeta", "holds bool, not numbers"]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    study: Command, results: Path, here: Path, columns: dict[str, Any], told: list[str]
) -> None:
    write(here / "mine.parquet", **columns)
    refused(study(*TINY, "ensemble.sample=mine.parquet"), results, "ensemble.sample", "mine.parquet", *told)


def refused(ran: Any, results: Path, *told: str) -> None:
    """See that a run failed in one line that holds all words, and wrote nothing."""
    assert (ran.status, ran.err.count("\n"), ran.out) == (1, 1, "")
    assert ran.err.startswith("error: ")
    for words in told:
        assert words in ran.err
    assert not results.exists()


def test_a_file_that_is_none(study: Command, results: Path, here: Path) -> None:
    (here / "mine.csv").write_text("client.zeta\n1\n", encoding="utf-8")
    refused(study(*TINY, "ensemble.sample=mine.csv"), results, "mine.csv is no Parquet file", "to_parquet")
    refused(
        study(*TINY, "ensemble.sample=gone.parquet"), results, "cannot read gone.parquet", "current folder"
    )
    refused(study(*TINY, "ensemble.sample=."), results, "ensemble.sample", "cannot read .")


def test_a_file_that_was_cut_short(study: Command, results: Path, mine: Path) -> None:
    mine.write_bytes(mine.read_bytes()[:-100])
    refused(study(*TINY, "ensemble.sample=mine.parquet"), results, "mine.parquet is no Parquet file")


def test_a_file_that_is_damaged_within(study: Command, results: Path, mine: Path) -> None:
    held = bytearray(mine.read_bytes())
    held[4:400] = bytes(396)
    mine.write_bytes(bytes(held))
    refused(
        study(*TINY, "ensemble.sample=mine.parquet"),
        results,
        "mine.parquet is damaged",
        "write the file anew",
    )


def test_a_number_is_given_once(study: Command, results: Path, mine: Path) -> None:
    asked = (*TINY, "ensemble.sample=mine.parquet")
    refused(
        study(*asked, f"{LINE}=0.8"), results, f"{LINE} is pinned and a column of mine.parquet too", "drop"
    )
    axes = f"+axes={{line:{{values:[0.8,1],keys:[{LINE}]}}}}"
    refused(study(*asked, axes), results, f"{LINE} is swept and a column of mine.parquet too", "drop")
    refused(study("-m", *asked, f"{LINE}=0.8,1"), results, LINE, "a column of mine.parquet too", "drop")


def test_an_arm_that_pins_a_number_of_the_file_is_told(study: Command, results: Path, mine: Path) -> None:
    ran = study(*TINY, "ensemble.sample=mine.parquet", f"+arms={{a:[],b:['{LINE}=0.8']}}")
    refused(ran, results, "arm b", f"{LINE} is pinned")


def test_a_key_that_is_not_known() -> None:
    with pytest.raises(HedgingError, match=r"no key 'flie' in ensemble\.sample: did you mean 'file'"):
        settings_for(None, [*BASE, "ensemble.sample={file:a.parquet,flie:b}"])


# A sample that yields


def test_a_sample_that_yields_leaves_alone_what_is_pinned_swept_or_given_another_range(mine: Path) -> None:
    yields = [*BASE, f"ensemble.sample={{file: {mine}, yields: true}}"]
    taken = settings_for(None, yields).sample(0, 8)[LINE]
    assert taken.tolist() == np.linspace(0.5, 2.3, 10)[:8].tolist()
    assert LINE not in settings_for(None, [*yields, f"{LINE}=0.9"]).sample(0, 8)
    swept = settings_for(None, [*yields, f"+axes={{a: {{values: [0.7, 0.9], keys: [{LINE}]}}}}"])
    assert LINE not in swept.own
    assert ZETA in settings_for(None, [*yields, "~patron@patrons.russia"]).sample(0, 8)
    number = settings_for(None).numbers[LINE]
    told = {LINE: [number.value, number.low, number.high, number.scale]}
    table = pq.read_table(mine).replace_schema_metadata({RANGES: json.dumps(told)})
    pq.write_table(table, mine)
    same(LINE, settings_for(None, yields).sample(0, 8)[LINE], taken)
    moved = settings_for(None, [*yields, f"{LINE}.high=1.55"]).sample(0, 8)[LINE]
    assert moved.tolist() == settings_for(None, [*BASE, f"{LINE}.high=1.55"]).sample(0, 8)[LINE].tolist()
