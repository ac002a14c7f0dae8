"""The world's parameters and a programme's levers as plain numbers with names."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from simulation.policies.registry import PROGRAMME_COLUMNS, Regime
from simulation.population import Population
from simulation.world import World


def parameters(world: World, population: Population) -> SimpleNamespace:
    """Every parameter, named ``section_parameter``."""
    w = _named(world.columns()[0])
    if w.needs_scale_organisations == 0:
        w.needs_scale_organisations = population.size
    return w


def levers_of(regime: Regime) -> list[SimpleNamespace]:
    """For every programme its levers, named ``family_lever``."""
    return [_named(record) for record in regime.columns]


def private_practice(w: SimpleNamespace) -> SimpleNamespace:
    """How organisations work together without a programme: ties, three in the core, no grant."""
    p = _named(np.zeros(1, PROGRAMME_COLUMNS)[0])
    p.openness_circle = 2
    p.eligibility_min_members = 1
    p.eligibility_min_regions = 1
    p.eligibility_max_members = w.forming_private_members
    p.layers_core_members = 3
    p.layers_close_members = w.forming_private_members
    p.layers_close_value_share = 1.0
    p.layers_general_effort_share = 0.4
    p.selection_teams = 1
    p.selection_panel_size = 1
    p.funding_project_staff_fte = w.forming_project_staff_fte
    return p


def _named(record: np.void) -> SimpleNamespace:
    assert record.dtype.names is not None
    return SimpleNamespace(**{name: record[name].item() for name in record.dtype.names})
