"""Short versions of the replications: landscapes, search, luck and ties give what was published.

Error rates: each assertion fails by chance with probability at most 1e-5 when the model is right.
Each names the bias that it sees with power above .95, from the standard error found and the
reference's own; the helper refuses it otherwise. `consortia replicate` runs the full versions.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.replications.plan import Reference, Replication
from simulation import streams
from tests.support.replications import ours
from tests.support.statistical import TooLittlePowerError, assert_larger, assert_mean

SEED = 11


def values(replication: Replication, replicates: int) -> list[dict[str, np.ndarray]]:
    """What each case measured, with keys of luck that the full versions do not use."""
    keys = np.array([streams.replicate_key(SEED, k) for k in range(replicates)], np.uint64)
    cases = [case.settings for case in replication.cases]
    return [
        dict(one)
        for one in replication.kind.run(replication.model, cases, SEED, keys, lambda: None)
    ]


def hold(replication: Replication, replicates: int, biases: dict[str, float], name: str) -> None:
    """Hold every reference of the cases against what is found."""
    found = values(replication, replicates)
    for place, (case, measured) in enumerate(zip(replication.cases, found, strict=True)):
        for measure, reference in case.references.items():
            if measure in biases:
                label = f"{name} {place} {measure}"
                check(measured[measure], reference, biases[measure], label)


def check(found: np.ndarray, reference: Reference, bias: float, name: str) -> None:
    assert_mean(found, reference.value, error=reference.error, bias=bias, name=name)


def test_number_of_peaks_and_height_of_landscapes() -> None:
    """Sees 2.5 more or fewer peaks than 93.09, and .03 in the height of the peak at K = 0."""
    rugged = ours("kauffman", components=[10], links=[0, 9])
    hold(rugged, 400, {"peaks": 2.5, "highest": 0.03}, "kauffman")


def test_climbers_end_on_peaks() -> None:
    """Exact: nothing varies."""
    for measured in values(ours("kauffman", components=[10]), 5):
        assert measured["on_peaks"].tolist() == [1.0] * 5


def test_networks_of_lazer_and_friedman() -> None:
    """Sees .18 in the mean payoff of the full network and the ring, .07 to .09 without one."""
    hold(
        ours("lazer_friedman", network=["none"]),
        60,
        {"payoff_50": 0.07, "payoff_200": 0.09},
        "none",
    )
    payoffs = dict.fromkeys(("payoff_5", "payoff_20", "payoff_200"), 0.18)
    hold(ours("lazer_friedman", network=["full", "ring"]), 60, payoffs, "networks")


def test_direction_of_barkoczi_and_galesic() -> None:
    """Sees .15 more payoff by conformity on the full network than on caves, with small samples."""
    both = ours(
        "barkoczi_galesic", network=["full", "caves"], swaps=[0], sample=[3],
        strategy=["conformity"],
    )  # fmt: skip
    full, caves = (measured["payoff_200"] for measured in values(both, 100))
    assert_larger(full - caves, effect=0.15, name="conformity likes the full network")


def test_largest_component_of_guimera() -> None:
    """Sees .12 in the share of the largest component."""
    hold(ours("guimera", p=[0.3, 0.5]), 120, {"giant_share": 0.12}, "guimera")


def test_knowledge_of_march() -> None:
    """Sees .07 in the knowledge at equilibrium."""
    hold(ours("march", p1=[0.1, 0.5, 0.9]), 200, {"knowledge": 0.07}, "march")


def test_a_wrong_rule_would_be_seen() -> None:
    """The same check fails on another model: caves instead of everybody seeing everybody."""
    full = ours("lazer_friedman", network=["full"]).cases[0].references["payoff_200"]
    rng = np.random.default_rng(3)
    with pytest.raises(AssertionError, match="expected 0.539"):
        check(rng.normal(0.75, 0.2, 60), full, 0.18, "wrong")


def test_too_few_runs_are_refused() -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(TooLittlePowerError):
        assert_mean(rng.normal(0.5, 0.2, 20), 0.5, error=0.0, bias=0.05, name="few")
