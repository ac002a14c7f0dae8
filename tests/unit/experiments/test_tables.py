"""Tables against numbers computed another way from the same runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from experiments import tables
from experiments.tables import dependence, effects, money
from simulation.outcomes import BINDING_RULES, OUTCOMES
from simulation.policies.registry import FAMILIES
from tests.support import synthetic_runs as synthetic

NAMES = ("laissez_faire", "rd_tax_credit", "open_challenge", "race", "agency_managed")
Made = tuple[pa.Table, dict[str, pa.Table], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("tables")
    setup = synthetic.setup(out, names=NAMES, replicates=24)
    runs = synthetic.runs(setup)
    return runs, tables.write_tables(runs, setup, out, synthetic.programmes(setup, runs)), out


def wide(runs: pa.Table, outcome: str, variant: str = "main") -> pd.DataFrame:
    frame = runs.to_pandas()
    frame = frame[frame["variant"] == variant]
    return frame.pivot(index="replicate", columns="regime", values=outcome)


def test_every_table_is_written_twice_and_says_the_same(made: Made) -> None:
    _, found, out = made
    for name, table in found.items():
        from_csv = pd.read_csv(out / f"{name}.csv", keep_default_na=True)
        from_parquet = pd.read_parquet(out / f"{name}.parquet")
        assert list(from_csv.columns) == table.column_names == list(from_parquet.columns)
        assert len(from_csv) == table.num_rows == len(from_parquet)
    assert not list(out.glob("*.part"))


def test_summary_agrees_with_pandas(made: Made) -> None:
    runs, found, _ = made
    summary = found["summary"].to_pandas().set_index(["regime", "outcome"])
    values = wide(runs, "technical")["race"]
    row = summary.loc[("race", "technical")]
    assert row["mean"] == pytest.approx(values.mean())
    assert row["se"] == pytest.approx(values.std() / np.sqrt(24))
    assert row["median"] == values.median()
    assert row["q95"] == pytest.approx(values.quantile(0.95))
    bar = wide(runs, "technical")["laissez_faire"].quantile(0.95)
    assert row["share_above_reference_q95"] == pytest.approx((values > bar).mean())
    assert len(summary) == len(NAMES) * len(OUTCOMES)


def test_nan_outcome_is_an_empty_cell_not_a_number(made: Made) -> None:
    _, found, _ = made
    summary = found["summary"].to_pandas().set_index(["regime", "outcome"])
    assert summary.loc[("laissez_faire", "bid_success"), "n"] == 0
    assert pd.isna(summary.loc[("laissez_faire", "bid_success"), "mean"])


def test_differences_are_paired_by_replicate(made: Made) -> None:
    runs, found, _ = made
    rows = found["differences"].to_pandas()
    values = wide(runs, "solved")
    expected = (values["race"] - values["rd_tax_credit"]).mean()
    chosen = rows[
        (rows.family == "rd_tax_credit") & (rows.regime == "race") & (rows.outcome == "solved")
    ]
    assert chosen["difference"].item() == pytest.approx(expected)
    assert chosen["baseline"].item() == "rd_tax_credit"
    assert set(rows["outcome"]) == set(tables.COMPARED)
    pairs = rows[(rows.family == "all_pairs") & (rows.outcome == "solved")]
    assert len(pairs) == len(NAMES) * (len(NAMES) - 1) // 2


def test_shuffled_rows_give_the_same_tables(made: Made, tmp_path: Path) -> None:
    runs, found, _ = made
    order = np.random.default_rng(1).permutation(runs.num_rows)
    setup = synthetic.setup(tmp_path, names=NAMES, replicates=24)
    programmes = synthetic.programmes(setup, runs)
    mixed = programmes.take(np.random.default_rng(2).permutation(programmes.num_rows))
    again = tables.write_tables(runs.take(order), setup, tmp_path, mixed)
    assert all(again[name].equals(table) for name, table in found.items())


def test_unfinished_replicate_is_left_out_for_all_regimes(tmp_path: Path) -> None:
    setup = synthetic.setup(tmp_path, names=NAMES, replicates=6)
    runs = synthetic.runs(setup)
    unfinished = [
        not (row["variant"] == "main" and row["regime"] == "race" and row["replicate"] == 5)
        for row in runs.select(["variant", "regime", "replicate"]).to_pylist()
    ]
    panel = tables.panel(runs.filter(pa.array(unfinished)), setup)
    assert panel.replicates.tolist() == [0, 1, 2, 3, 4]
    assert panel["solved"].shape == (len(NAMES), 5)


def test_incremental_cost_is_cost_over_effect(made: Made) -> None:
    runs, found, _ = made
    rows = found["incremental_cost"].to_pandas()
    row = rows[(rows.regime == "race") & (rows.payer == "public") & (rows.effect == "solved")].iloc[
        0
    ]
    cost = sum(wide(runs, name) for name in ("public_spent", "paid_block_grant", "paid_soe_funds"))
    extra = wide(runs, "solved")
    expected = (cost["race"] - cost["laissez_faire"]).mean() / (
        extra["race"] - extra["laissez_faire"]
    ).mean()
    assert row["cost_per_extra"] == pytest.approx(expected)
    assert row["reading"] == "costs_gains"
    assert row["low"] < expected < row["high"]


def test_cost_is_unbounded_where_no_effect_can_be_told(made: Made) -> None:
    _, found, _ = made
    rows = found["incremental_cost"].to_pandas()
    includes_zero = (rows.extra_effect_low <= 0) & (rows.extra_effect_high >= 0)
    assert includes_zero.any()
    assert (rows.bounded == ~includes_zero).all()
    assert rows.loc[includes_zero, ["cost_per_extra", "low", "high"]].isna().all().all()


def test_flip_point_makes_welfare_equal(made: Made) -> None:
    runs, found, _ = made
    rows = found["welfare_flips"].to_pandas()
    row = rows[rows.bounded].iloc[0]
    at_flip = (
        (1 + row.flip) * row.extra_value
        - row.extra_cost
        - row.cost_of_public_money * row.extra_public
    )
    assert at_flip == pytest.approx(0.0, abs=1e-6)
    assert row.inside_plausible_range == (0 <= row.flip <= 3)


def test_stages_agree_with_pandas(made: Made) -> None:
    runs, found, out = made
    rows = found["stages"].to_pandas().set_index(["regime", "programme", "stage"])
    setup = synthetic.setup(out, names=NAMES, replicates=24)
    counts = synthetic.programmes(setup, runs).to_pandas()
    race = counts[counts.regime == "race"].set_index("replicate")
    row = rows.loc[("race", "calls", "bids")]
    assert (row.n, row.unit) == (24, "bids")
    assert row["mean"] == pytest.approx(race.bids.mean())
    half = 2.069 * race.bids.std() / np.sqrt(24)  # Student's 97.5 % quantile, 23 degrees
    assert [row.low, row.high] == pytest.approx(
        [race.bids.mean() - half, race.bids.mean() + half], rel=1e-3
    )
    assert rows.loc[("race", "calls", "tasks_in_west"), "mean"] == race.tasks_in_west.mean()
    assert "laissez_faire" not in set(found["stages"]["regime"].to_pylist())


def test_the_wait_is_undefined_where_nothing_was_approved(made: Made) -> None:
    runs, found, out = made
    rows = found["stages"].to_pandas().set_index(["regime", "stage"])
    counts = synthetic.programmes(
        synthetic.setup(out, names=NAMES, replicates=24), runs
    ).to_pandas()
    race = counts[(counts.regime == "race") & (counts.replicate > 0)]
    assert rows.loc[("race", "wait"), "n"] == 23
    assert rows.loc[("race", "wait"), "mean"] == pytest.approx(
        (race.waiting / race.approved).mean()
    )


def test_stages_leave_out_replicates_that_are_not_paired(made: Made, tmp_path: Path) -> None:
    runs, found, _ = made
    setup = synthetic.setup(tmp_path, names=NAMES, replicates=24)
    programmes = synthetic.programmes(setup, runs)
    names, replicates = np.array(runs["regime"].to_pylist()), runs["replicate"].to_numpy()
    fewer = runs.filter(
        pa.array(~((names == "prize") | (names == "rd_tax_credit") & (replicates == 5)))
    )
    rows = tables.write_tables(fewer, setup, tmp_path, programmes)["stages"].to_pandas()
    assert set(rows[rows.stage != "wait"].n) == {23}


def test_rule_that_never_bound_is_named_only_where_its_lever_is_set(made: Made) -> None:
    _, found, _ = made
    rows = found["never_bound"].to_pandas()
    assert set(rows.rule) == {"below_bar", "too_few_regions"}
    assert "laissez_faire" not in set(rows.regime)
    assert set(rows[rows.rule == "too_few_regions"].value) == {"2"}


def test_every_binding_rule_has_a_lever_that_exists() -> None:
    assert set(tables.RULE_LEVERS) == set(BINDING_RULES)
    for lever in tables.RULE_LEVERS.values():
        family, name = lever.name.split(".")
        assert name in FAMILIES[family].parameters()


def test_every_rule_condition_can_be_asked_of_any_programme() -> None:
    from types import SimpleNamespace

    plain = SimpleNamespace(**synthetic.programme(layers={"core_members": 3}).levers)
    assert all(
        isinstance(bool(lever.can_bind(plain)), bool) for lever in tables.RULE_LEVERS.values()
    )


def test_robustness_of_main_against_itself_is_complete(made: Made) -> None:
    _, found, _ = made
    rows = found["robustness"].to_pandas()
    main = rows[rows.variant == "main"]
    assert (main.pairs_kept == 1.0).all()
    assert (main["rank"] == main["rank_main"]).all()
    assert set(rows.variant) == {"main", "q=0.00125", "q=0.02", "quarter_ends=1", "quarter_ends=3"}
    assert (rows[rows.variant != "main"].n == 12).all()


def test_pairs_kept_falls_to_zero_when_the_order_is_reversed() -> None:
    means = np.array([3.0, 2.0, 1.0])
    assert dependence._pairs_kept(means[::-1], means) == 0.0
    assert dependence._pairs_kept(np.array([3.0, 2.0, 2.0]), means) == pytest.approx(5 / 6)


def test_ranks_share_ties() -> None:
    assert effects.ranks(np.array([5.0, 7.0, 5.0])).tolist() == [2.5, 1.0, 2.5]


@pytest.mark.parametrize("replicates", [1, 2])
def test_few_replicates_give_tables_without_claims(tmp_path: Path, replicates: int) -> None:
    setup = synthetic.setup(tmp_path, names=NAMES, replicates=replicates)
    found = tables.write_tables(synthetic.runs(setup), setup, tmp_path)
    rows = found["differences"].to_pandas()
    if replicates == 1:
        assert rows[["low", "high", "sim_low", "sim_high"]].isna().all().all()
        assert (rows.verdict == "cannot_tell").all()
        assert not found["incremental_cost"].to_pandas().bounded.any()


def test_without_the_reference_all_pairs_remain(tmp_path: Path) -> None:
    setup = synthetic.setup(tmp_path, names=("race", "prize"), replicates=5)
    found = tables.write_tables(synthetic.runs(setup), setup, tmp_path)
    assert set(found["differences"]["family"].to_pylist()) == {"all_pairs"}
    assert found["incremental_cost"].num_rows == found["welfare_flips"].num_rows == 0


@pytest.mark.parametrize(
    ("burden", "value", "better"),
    [(50.0, 20.0, "above_flip"), (-50.0, -20.0, "below_flip"), (-50.0, 20.0, "always"),
     (50.0, -20.0, "never"), (50.0, 0.0, "cannot_tell")],
)  # fmt: skip
def test_flip_says_on_which_side_the_regime_is_better(
    burden: float, value: float, better: str
) -> None:
    noise = np.linspace(-1.0, 1.0, 20)
    assert money._flip(burden + noise, value + noise[::-1])["better"] == better
