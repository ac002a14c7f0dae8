"""The Mesa model gives the engine's runs, and its agents are views on them."""

import math
import subprocess
import sys
from functools import cache
from typing import Any

import mesa  # type: ignore[import-untyped]
import numpy as np
import pytest
from mesa import DataCollector

from agents.consortium import STATES, Consortium, StandingConsortium
from agents.government import CentralMinistry, RegionalDepartment, StateAssetRegulator
from agents.kinds import FEN_PER_MYUAN
from agents.organisation import Firm, Organisation, ResearchInstitute, University
from experiments.configuration import Setup, load_setup
from simulation import columns
from simulation.accounts import imbalance
from simulation.columns import N_CONSORTIA, N_ORGANISATIONS
from simulation.model import ConsortiaModel
from simulation.runner import run_replicate

SHORT = ("population=classroom", "time.burn_in=8", "time.policy=16", "time.hand_over=8")
REGIMES = ("laissez_faire", "open_challenge", "delta_joint_programme", "soe_consortia")


@cache
def setup_of(regime: str) -> Setup:
    return load_setup("run", [f"regime={regime}", *SHORT])


def model_of(regime: str, **options: Any) -> ConsortiaModel:
    setup = setup_of(regime)
    return ConsortiaModel(setup.world, setup.population, setup.regimes[0].regime, **options)


@cache
def finished(regime: str) -> ConsortiaModel:
    model = model_of(regime, seed=5, replicate=2)
    model.run_model()
    return model


@cache
def in_the_middle(regime: str) -> ConsortiaModel:
    model = model_of(regime, seed=5, events=50_000)
    while model.quarter < 12:
        model.step()
    return model


@pytest.mark.parametrize("regime", REGIMES)
def test_outcomes_are_the_runners_bit_for_bit(regime: str) -> None:
    setup = setup_of(regime)
    (run,) = run_replicate(
        setup.world,
        setup.population,
        setup.reference.regime,
        [setup.regimes[0].regime],
        seed=5,
        replicate=2,
    )
    stepped = finished(regime).outcomes()
    assert set(stepped) == set(run.outcomes)
    for name, value in run.outcomes.items():
        same = stepped[name] == value or (math.isnan(stepped[name]) and math.isnan(value))
        assert same, (name, stepped[name], value)


def test_the_comparison_can_fail() -> None:
    other = model_of("open_challenge", seed=6, replicate=2)
    other.run_model()
    assert other.outcomes() != finished("open_challenge").outcomes()


def test_time_passes_from_burn_in_over_policy_to_run_out() -> None:
    model = model_of("open_challenge", seed=5)
    periods = []
    while model.running:
        periods.append(model.period)
        model.step()
    assert periods[:24] == ["burn_in"] * 8 + ["policy"] * 16
    assert set(periods[24:]) <= {"run_out"}
    assert model.step_count == len(periods) and model.quarter == len(periods) - 8
    state = model.state.organisations.copy()
    model.step()
    assert model.step_count == len(periods)
    assert np.array_equal(state, model.state.organisations)


def test_outcomes_of_an_unfinished_run_are_refused() -> None:
    with pytest.raises(RuntimeError, match="run_model"):
        model_of("laissez_faire").outcomes()


def test_mesas_generators_have_no_say() -> None:
    """What Mesa draws elsewhere in a notebook changes nothing."""
    model = model_of("open_challenge", seed=5, replicate=2)
    while model.running:
        model.random.random()
        model.rng.random()
        model.step()
    assert str(model.outcomes()) == str(finished("open_challenge").outcomes())


def test_agents_are_the_rows_that_exist() -> None:
    model = in_the_middle("open_challenge")
    s = model.state
    n = int(s.counters[N_ORGANISATIONS])
    kinds = {Firm: (0, 1), University: (2,), ResearchInstitute: (3,)}
    for agent_class, codes in kinds.items():
        rows = {agent.row for agent in model.agents_by_type[agent_class]}
        wanted = np.isin(s.organisations["kind"][:n], codes) & (s.active[:n] == 1)
        assert rows == set(np.flatnonzero(wanted).tolist())
    under_way = np.isin(s.consortia["state"][: s.counters[N_CONSORTIA]], (0, 1))
    assert {one.row for one in model.agents_by_type[Consortium]} == set(
        np.flatnonzero(under_way).tolist()
    )
    ended = [one for one in model.history if isinstance(one, Consortium)]
    assert len(ended) + under_way.sum() == s.counters[N_CONSORTIA] == model.consortium_count
    assert all(one.state in STATES[2:] and one.lead.label for one in ended)
    assert not set(ended) & set(model.agents)


def test_start_ups_become_agents() -> None:
    model = finished("open_challenge")
    population = model.population.size
    entered = [model.organisation(row) for row in range(population, len(model._organisations))]
    assert entered
    assert all(isinstance(one, Firm) and one.since > 0 for one in entered)


def test_states_are_those_of_the_columns() -> None:
    assert STATES.index("bidding") == columns.BIDDING
    assert STATES.index("active") == columns.ACTIVE
    assert STATES.index("solved") == columns.ENDED_SOLVED
    assert STATES.index("failed") == columns.ENDED_FAILED
    assert STATES.index("stopped") == columns.ENDED_STOPPED
    assert STATES.index("overtaken") == columns.ENDED_OVERTAKEN
    assert STATES.index("refused") == columns.REFUSED


def test_the_data_collector_works() -> None:
    model = model_of("open_challenge", seed=5)
    collector = DataCollector(
        model_reporters={
            "solved": lambda m: m.trajectory("solved"),
            "cash": lambda m: m.agents_by_type[Firm].agg("cash", sum),
        },
        agenttype_reporters={Firm: {"cash": "cash"}, Organisation: {"staff": "staff"}},
    )
    while model.quarter < 4:
        model.step()
        collector.collect(model)
    per_quarter = collector.get_model_vars_dataframe()
    assert len(per_quarter) == 12
    assert per_quarter["solved"].isna().sum() == 8
    cash = model.state.organisations["cash"]
    firms = [one.row for one in model.agents_by_type[Firm]]
    assert per_quarter["cash"].iloc[-1] == pytest.approx(cash[firms].sum() / FEN_PER_MYUAN)
    last = collector.get_agenttype_vars_dataframe(Firm)["cash"].loc[model.step_count]
    assert last.sum() == pytest.approx(per_quarter["cash"].iloc[-1])
    staff = collector.get_agenttype_vars_dataframe(Organisation)["staff"].loc[model.step_count]
    assert len(staff) == (model.state.active == 1).sum()


@pytest.mark.parametrize("regime", [*REGIMES, "combined", "lead_firm_consortium"])
def test_every_purse_has_one_government(regime: str) -> None:
    model = in_the_middle(regime)
    held = math.fsum(government.purse for government in model.governments)
    assert held == pytest.approx(model.state.purses.sum() / FEN_PER_MYUAN)
    budget = math.fsum(government.budget(0) for government in model.governments)
    programmes = model.regime.programmes
    setup = setup_of(regime)
    year = setup.world.sections["money"].budget_myuan_per_year  # type: ignore[attr-defined]
    scale = model.state.world[0]["needs_scale_organisations"] / 120.0
    share = math.fsum(p.levers["budget"].share for p in programmes)  # type: ignore[attr-defined]
    if all(p.levers["budget"].growth_per_year == 0 for p in programmes):  # type: ignore[attr-defined]
        assert budget == pytest.approx(year * scale * share / 4.0, abs=1e-6)


def test_governments_follow_from_governance() -> None:
    assert model_of("laissez_faire").governments == []
    delta = model_of("delta_joint_programme")
    departments = [one for one in delta.governments if isinstance(one, RegionalDepartment)]
    assert [one.region for one in departments] == list(delta.regions)
    assert any(isinstance(one, CentralMinistry) for one in delta.governments)
    (regulator,) = model_of("soe_consortia").governments
    assert isinstance(regulator, StateAssetRegulator)
    (ministry,) = model_of("open_challenge").governments
    assert isinstance(ministry, CentralMinistry)


def test_governments_count_awards_and_know_their_agenda() -> None:
    model = finished("open_challenge")
    (ministry,) = model.governments
    assert ministry.awards == model.state.programme_state["awards"][1] > 0
    owned = model.state.problems["owner"] >= 0
    backbone = model.state.organisations["kind"][model.state.problems["owner"]] == 0
    levers = model.regime.programmes[0].levers["agenda"]
    seen = range(int(model.state.counters[columns.N_NEEDS_SEEN]))
    if levers.mode == "firm_demand":  # type: ignore[attr-defined]
        wanted = owned & (backbone | (not levers.backbone_only))  # type: ignore[attr-defined]
        assert [ministry.takes_up(need) for need in seen] == wanted[: len(seen)].tolist()
        assert 0 < wanted[: len(seen)].sum() < len(seen)


def test_standing_consortia_have_members_and_a_queue() -> None:
    model = in_the_middle("soe_consortia")
    standing = list(model.agents_by_type[StandingConsortium])
    assert standing
    for one in standing:
        body = model.state.bodies[one.row]
        assert [member.row for member in one.members] == body["member"][: body["size"]].tolist()
        assert len([c for c in one.queue if c.state == "active"]) == body["running"]
        assert 0.0 < one.performance() < 1.0
        assert isinstance(one.lead, Organisation)


def test_the_runner_does_not_import_mesa() -> None:
    code = "import sys, simulation.runner; sys.exit('mesa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("quarters", [1, 9, 20])
def test_money_balances_under_the_mesa_model(quarters: int) -> None:
    model = model_of("delta_joint_programme", seed=5)
    for _ in range(quarters):
        model.step()
    assert imbalance(model.state) == 0


def test_it_is_a_mesa_model() -> None:
    model = model_of("laissez_faire")
    assert isinstance(model, mesa.Model)
    before = len(model.agents)
    model.agents_by_type[University].do("step")
    assert len(model.agents) == before
