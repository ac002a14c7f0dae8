"""A short version of the stylised facts: what is published as emerging, or as its contrary, is found again.

60 replicates of ``open_challenge`` and of the pair about hubs on a seed of their own, one-sided. Each assertion fails by chance with
probability at most 1e-5 when what is published has vanished, and sees the effect named with power above .95; the helper
refuses a test that could not. Value and clusters, which the published run cannot tell, and technology
against geography, which would take 130 replicates here, are left to ``consortia verify facts --full``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.stylised.job import measure
from experiments.stylised.results import HUB_MEASURE, Values
from experiments.stylised.settings import HUB, SPREAD, load_facts
from tests.support.statistical import assert_larger

SEED, REPLICATES, REGIME = 20_261_205, 60, "open_challenge"
# Half of the published difference under this regime, and all of it for the last two; negative where the
# contrary of the fact is published.
EFFECTS = {
    "participation_tail": 0.6,
    "degree_tail": 0.33,
    "core_of_science": 0.17,
    "science_holds_together": 0.07,
    "repeat_ties": 0.028,
    "newcomers_join_incumbents": -0.058,
    "experience_wins_bids": 0.13,
}
HUB_EFFECT = 0.33  # half of the published fall of the median, million yuan


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Values:
    """Value and reference by fact and regime, shape (replicates, 2)."""
    out: Path = tmp_path_factory.mktemp("facts")
    texts = [f"regimes={REGIME}", f"seed={SEED}", f"replicates={REPLICATES}", f"out={out}"]
    return measure(load_facts(texts), progress=False)[0]


@pytest.mark.parametrize("fact", EFFECTS)
def test_published_facts_are_found_again(fact: str, measured: Values) -> None:
    value, reference = measured[fact, REGIME].T
    differences = (value - reference)[~np.isnan(value - reference)]
    side = np.sign(EFFECTS[fact])
    assert_larger(side * differences, effect=abs(EFFECTS[fact]), name=f"facts, {fact}")


def test_hub_centred_support_lowers_the_median(measured: Values) -> None:
    without, with_hubs = (measured[HUB_MEASURE, name][:, 0] for name in (SPREAD, HUB))
    assert_larger(without - with_hubs, effect=HUB_EFFECT, name="facts, hubs")
