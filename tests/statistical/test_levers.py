"""Every lever that is said to bite does, in its setting, by at least the effect named before.

One-sided paired tests on a seed that was not used to choose the settings. The chance that any row
fails to be seen although its effect is the smallest named is at most 20 % per row (checked from
the standard error found); the chance that any row passes without an effect is 1 % for the table.
"""

from __future__ import annotations

import pytest

from experiments.levers.settings import Row, rows
from simulation.policies.registry import FAMILIES
from tests.support.levers import (
    LEAST_POWER,
    biting,
    critical_value,
    groups,
    measure,
    power,
)


def test_every_lever_has_a_row() -> None:
    """No lever is left out of the table, and none is named that does not exist."""
    levers = {
        f"{name}.{lever}" for name, family in FAMILIES.items() for lever in family.parameters()
    }
    assert levers == {row.lever for row in rows()}


@pytest.mark.parametrize(
    "group", groups(biting()), ids=lambda group: " ".join(row.lever for row in group)
)
def test_levers_bite(group: list[Row]) -> None:
    """Each outcome moves the way and as far as the table says."""
    missed = []
    for row, found in zip(group, measure(group), strict=True):
        if power(row, found.error) < LEAST_POWER:
            missed.append(f"{row.lever}: {found.pairs} pairs see too little: {found}")
        if row.sign * found.mean <= critical_value() * found.error:
            missed.append(f"{row.lever} does not bite: {found}")
    assert not missed, "\n".join(missed)
