"""Verdicts on estimates and claims."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.replications.plan import Reference, Replication
from experiments.replications.results import (
    CANNOT_TELL,
    CLOSE,
    DIFFERS,
    HOLDS,
    LEVEL,
    NO_REFERENCE,
    REPRODUCED,
    REVERSED,
    critical_value,
    judge,
)
from tests.support.replications import TEAMS, read


def sample(mean: float, spread: float, n: int = 100) -> np.ndarray:
    """Values with exactly this mean, and a standard error of spread / sqrt(n)."""
    values = np.arange(n, dtype=float)
    values = (values - values.mean()) / values.std(ddof=1)
    return mean + spread * values


@pytest.fixture
def little(tmp_path: Path) -> Replication:
    return read(tmp_path, TEAMS)


def judged(little: Replication, arrays: Sequence[np.ndarray], **changes: Any) -> Any:
    values = [{"giant_share": array} for array in arrays]
    return judge(dataclasses.replace(little, **changes), 1, values)


def verdicts(result: Any) -> list[str]:
    return [one.verdict for one in result.estimates]


def test_means_are_told_from_references_by_more_than_chance(little: Replication) -> None:
    arrays = [sample(mean, 0.1) for mean in (1 / 6 + 0.02, 0.25 + 0.05, 0.4, 0.9)]
    result = judged(little, arrays)
    assert verdicts(result) == [REPRODUCED, CLOSE, NO_REFERENCE, NO_REFERENCE]
    first = result.estimates[0]
    assert first.mean == pytest.approx(1 / 6 + 0.02)
    assert first.standard_error == pytest.approx(0.01)
    assert first.z == pytest.approx(2.0)
    assert first.difference == pytest.approx(0.02)
    assert math.isnan(result.estimates[2].difference)
    assert result.reproduced


def test_beyond_the_tolerance_it_differs(little: Replication) -> None:
    arrays = [sample(mean, 0.1) for mean in (1 / 6, 0.25 + 0.05, 0.4, 0.9)]
    result = judged(little, arrays, tolerance=0.04)
    assert verdicts(result)[:2] == [REPRODUCED, DIFFERS]
    assert result.count(DIFFERS) == 1 and not result.reproduced


def test_the_references_own_error_counts(little: Replication) -> None:
    vague = dataclasses.replace(little.cases[0], references={"giant_share": Reference(1 / 6, 0.05)})
    arrays = [sample(mean, 0.1) for mean in (1 / 6 + 0.1, 0.25, 0.4, 0.9)]
    changes = {"cases": (vague, *little.cases[1:]), "tolerance": 0.0}
    assert verdicts(judged(little, arrays, **changes))[0] == REPRODUCED
    assert verdicts(judged(little, arrays, tolerance=0.0))[0] == DIFFERS


def test_where_nothing_varies_only_the_exact_value_will_do(little: Replication) -> None:
    arrays = [np.full(9, 1 / 6), np.full(9, 0.26), np.full(9, 0.4), np.full(9, 0.9)]
    result = judged(little, arrays, tolerance=0.0)
    assert verdicts(result)[:2] == [REPRODUCED, DIFFERS]
    assert result.estimates[1].z == math.inf


@pytest.mark.parametrize(("more", "verdict"), [(0.6, HOLDS), (0.2, REVERSED), (0.401, CANNOT_TELL)])
def test_claims_are_paired(little: Replication, more: float, verdict: str) -> None:
    """The spread between replicates is common to both sides and drops out."""
    noise = sample(0.0, 0.005)[::-1]
    arrays = [sample(1 / 6, 0.1), sample(0.25, 0.1), sample(0.4, 5.0), sample(more, 5.0) + noise]
    result = judged(little, arrays)
    assert [one.verdict for one in result.findings] == [verdict]
    assert result.findings[0].difference == pytest.approx(more - 0.4)
    assert result.reproduced == (verdict == HOLDS)


def test_all_verdicts_together_are_held_at_the_level() -> None:
    """Two-sided, Bonferroni: twenty values each at a twentieth of it."""
    from scipy import stats

    limit = critical_value(20, 50)
    assert 20 * 2 * stats.t.sf(limit, 49) == pytest.approx(LEVEL)
    assert critical_value(0, 50) == critical_value(1, 50) < limit
