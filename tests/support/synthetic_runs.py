"""Synthetic runs with known differences, to develop and test statistics, tables, and the report.

Nothing here comes from the model: counts are negative-binomial around a mean that is set by hand,
and paired through a common replicate effect, as runs on the same luck are.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agents.kinds import KINDS
from agents.settings import Settings
from experiments.replayed import SCHEMAS
from experiments.stages import columns_of
from simulation.outcomes import OUTCOMES, TRAJECTORIES
from simulation.policies.registry import FAMILIES, Programme, Regime
from simulation.world import SECTIONS, World

QUARTERS = 60

# name, English title, Chinese title, expected solved needs
REGIMES = (
    ("laissez_faire", "No policy", "无政策", 22.0),
    ("rd_tax_credit", "R&D tax credit", "研发税收抵免", 25.0),
    ("bilateral_partnership", "Industry-university partnership", "产学研协同", 27.0),
    ("lead_firm_consortium", "Lead-firm consortium", "创新联合体", 34.0),
    ("open_challenge", "Open challenge", "揭榜挂帅", 38.0),
    ("race", "Race", "赛马", 40.0),
    ("delta_joint_programme", "Delta joint programme", "长三角联合攻关", 33.0),
    ("soe_consortia", "Central-SOE consortia", "央企创新联合体", 30.0),
    ("origin_sources", "Origin sources", "原创技术策源地", 24.0),
    ("combined", "Combined", "组合", 35.0),
    ("framework_programme", "Framework programme", "框架计划", 29.0),
    ("prize", "Prize", "悬赏奖", 26.0),
    ("agency_managed", "Agency-managed", "项目经理制", 22.0),
)


@dataclass(frozen=True)
class Entry:
    """Stand-in for a regime of the configuration."""

    name: str
    title: dict[str, str]
    question: dict[str, str]
    source: str
    systems: tuple[int, ...]
    regime: Regime
    programmes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorldVariant:
    """Stand-in for a robustness variant."""

    name: str
    world: World


@dataclass(frozen=True)
class SyntheticSetup:
    """Stand-in for the resolved configuration of a comparison."""

    world: World
    reference: Entry
    regimes: tuple[Entry, ...]
    variants: tuple[WorldVariant, ...]
    variant_replicates: int
    seed: int
    replicates: int
    out: Path
    lang: str = "en"
    jobs: int = 1
    executor: str = "local"
    scheduler: str = "none"
    population: Any = None
    outcome: str = "technical"
    target: Any = None
    apart: str = "none"
    config: dict[str, Any] = field(default_factory=dict)


def plain_settings(kind: type[Settings], **values: Any) -> Settings:
    """An instance with the lowest value allowed, or the first choice, where none is given."""
    types = typing.get_type_hints(kind)
    chosen: dict[str, Any] = {}
    for name, spec in kind.parameters().items():
        if spec.choices:
            plain: Any = (
                (spec.choices[0],) if typing.get_origin(types[name]) is tuple else spec.choices[0]
            )
        elif types[name] is bool:
            plain = False
        else:
            plain = types[name](spec.low if spec.low is not None else 0)
        chosen[name] = values.get(name, plain)
    return kind(**chosen)


def world() -> World:
    """A valid world; only time and criteria are read by tables and report."""
    given: dict[str, dict[str, Any]] = {
        "time": {"policy": QUARTERS, "burn_in": 20},
        "criteria": {"external_value": 1.0, "cost_of_public_money": 0.2, "discount_per_year": 0.05},
    }
    return World({name: _highest(kind, **given.get(name, {})) for name, kind in SECTIONS.items()})


def _highest(kind: type[Settings], **values: Any) -> Settings:
    """Lowest values first; where fields contradict each other there, the highest."""
    try:
        return plain_settings(kind, **values)
    except ValueError:
        highs = {
            name: int(spec.high) if isinstance(spec.low, int) else float(spec.high)
            for name, spec in kind.parameters().items()
            if spec.high is not None
        }
        return plain_settings(kind, **(highs | values))


def programme(**families: dict[str, Any]) -> Programme:
    """A programme with plain levers but for those given by family."""
    return Programme(
        {name: plain_settings(kind, **families.get(name, {})) for name, kind in FAMILIES.items()}
    )


def entry(name: str, en: str, zh: str) -> Entry:
    """A regime; the reference has no programme."""
    programmes = (
        ()
        if name == "laissez_faire"
        else (
            programme(
                agenda={"mode": "firm_demand"},
                budget={"share": 1.0, "scale": 1.0},
                eligibility={"min_members": 3, "max_members": 12, "min_regions": 2},
                funding={
                    "public_share": 0.35,
                    "cap_myuan": 6.9,
                    "project_staff_fte": 16.0,
                    "upfront": 1.0,
                },
                openness={"circle": "everybody", "answers": 5},
                selection={"bar": 0.2, "teams": 2},
                layers={"core_members": 3},
            ),
        )
    )
    return Entry(
        name, {"en": en, "zh": zh}, {"en": "Does it help?", "zh": "是否有效？"}, "synthetic", (1,),
        Regime(name, programmes), ("calls",) * len(programmes),
    )  # fmt: skip


def setup(
    out: Path, *, names: tuple[str, ...] | None = None, replicates: int = 40, lang: str = "en"
) -> Any:
    """A setup with some or all of the synthetic regimes, in their usual order.

    Typed as Any: it stands in for the resolved configuration without being one.
    """
    entries = tuple(entry(*row[:3]) for row in REGIMES if names is None or row[0] in names)
    base = world()
    return SyntheticSetup(
        world=base, reference=entry(*REGIMES[0][:3]), regimes=entries,
        variants=tuple(WorldVariant(name, base) for name in ("q=0.00125", "q=0.02", "quarter_ends=1", "quarter_ends=3")),
        variant_replicates=max(replicates // 2, 1), seed=1, replicates=replicates, out=out, lang=lang,
    )  # fmt: skip


def runs(made: SyntheticSetup, *, effect: float = 1.0, seed: int = 5) -> pa.Table:
    """Table of runs; ``effect`` 0 makes all regimes equal, replicate by replicate."""
    rows: list[dict[str, Any]] = []
    for variant in ["main", *(v.name for v in made.variants)]:
        count = made.replicates if variant == "main" else made.variant_replicates
        for replicate in range(count):
            for k, regime in enumerate(made.regimes):
                rows.append(_run(made, variant, regime.name, replicate, k, effect, seed))
    return pa.Table.from_pylist(rows, schema=_schema())


def _schema() -> pa.Schema:
    return pa.schema(
        [("variant", pa.string()), ("regime", pa.string()), ("replicate", pa.int32()),
         ("seed", pa.int64()), ("run_id", pa.string()),
         *((outcome.name, pa.float64()) for outcome in OUTCOMES)]
    )  # fmt: skip


def _run(
    made: SyntheticSetup,
    variant: str,
    regime: str,
    replicate: int,
    k: int,
    effect: float,
    seed: int,
) -> dict[str, Any]:
    means = {row[0]: row[3] for row in REGIMES}
    factor = {"q=0.00125": 0.6, "q=0.02": 1.5, "quarter_ends=1": 1.2}.get(variant, 1.0)
    mean = (22.0 + effect * (means[regime] - 22.0)) * factor
    own = int(k * 7919 * (effect != 0.0))
    common = np.random.default_rng([seed, replicate]).gamma(12.0, 1 / 12.0)
    rng = np.random.default_rng([seed, replicate, own, len(variant)])
    solved = float(rng.poisson(mean * common))
    technical = float(rng.binomial(int(solved), 0.28))
    industrial = float(rng.binomial(int(solved), 0.5))
    major = float(rng.binomial(int(solved), 0.05))
    public = (
        0.0 if regime == "laissez_faire" or effect == 0.0 else 520.0 + 20 * rng.standard_normal()
    )
    own_cost = 12.0 * solved * (0.8 + 0.4 * rng.random())
    value = float(rng.lognormal(3.4, 0.4)) * max(industrial, 1.0)
    shares = rng.dirichlet([6, 3, 4, 2])
    cells: dict[str, Any] = {outcome.name: float(rng.random()) for outcome in OUTCOMES}
    cells |= {
        f"bound_{rule[6:]}": float(rng.poisson(2.0)) for rule in cells if rule.startswith("bound_")
    }
    cells |= {"bound_below_bar": 0.0, "bound_too_few_regions": 0.0}
    cells |= {
        "needs": 480.0, "solved": solved, "technical": technical, "industrial": industrial,
        "major": major, "solved_per_year": solved / 15, "value_realised": value,
        "first_technical_quarter": float(rng.geometric(0.02 + technical / 240)) if technical else np.nan,
        "restricted_mean_time": 24 - solved / 10, "solved_private": solved * 0.4,
        "public_offered": 600.0 * (public > 0), "public_spent": public,
        "public_unspent": (600.0 - public) * (public > 0), "paid_programme": public * 0.95,
        "paid_block_grant": own_cost * 0.15, "paid_soe_funds": own_cost * 0.25,
        "paid_private": own_cost * 0.6, "all_in_cost": public + own_cost * 1.1,
        "adoption_cost": industrial * 12.0, "welfare_value": value * 0.7,
        "welfare_cost": (public + own_cost) * 0.7 + industrial * 8, "welfare_public": public * 0.7,
        "deadweight": solved * 0.2, "additional": max(solved - 20, 0), "displaced": max(20 - solved, 0),
        "frontier_solved": technical * 0.2, "hand_over_solved": solved * 0.25,
        "bid_success": np.nan if public == 0 else 0.2,
        "needs_without_bid": 1 - min(solved * 2.5 / 480, 1), "solved_not_adopted": 0.45,
    }  # fmt: skip
    cells["welfare"] = (
        2 * cells["welfare_value"] - cells["welfare_cost"] - 0.2 * cells["welfare_public"]
    )
    for k, kind in enumerate(("lead_firm", "sme", "university", "institute")):
        cells |= {
            f"solved_led_by_{kind}": solved * shares[k], f"grants_to_{kind}": public * shares[k],
            f"value_to_{kind}": value * shares[k],
        }  # fmt: skip
    return cells | {
        "variant": variant, "regime": regime, "replicate": replicate, "seed": made.seed,
        "run_id": f"{variant}-{regime}-{replicate}",
    }  # fmt: skip


def programmes(made: SyntheticSetup, table: pa.Table) -> pa.Table:
    """Counts of the stages of every programme, as the comparison keeps them; none approved in the first run."""
    columns = columns_of(("east", "west"))
    rows = []
    entries = {one.name: one for one in made.regimes}
    for run in table.to_pylist():
        for k in range(len(entries[run["regime"]].programmes) * (run["variant"] == "main")):
            rng = np.random.default_rng([run["replicate"], k, len(run["regime"])])
            counts = dict(zip(columns, rng.integers(1, 50, len(columns)).tolist(), strict=True))
            counts |= {"approved": 0, "waiting": 0} if run["replicate"] == 0 else {}
            keys = {"regime": run["regime"], "replicate": run["replicate"], "programme": k + 1}
            rows.append(keys | counts)
    kinds = [("regime", pa.string()), ("replicate", pa.int32()), ("programme", pa.int32())]
    return pa.Table.from_pylist(rows, pa.schema(kinds + [(name, pa.int64()) for name in columns]))


def trajectories(made: SyntheticSetup, table: pa.Table) -> pa.Table:
    """Cumulative counts over the quarters that end at the counts of the table of runs."""
    columns: dict[str, list[Any]] = {name: [] for name in ("regime", "replicate", "quarter")}
    values: dict[str, list[np.ndarray]] = {outcome.name: [] for outcome in TRAJECTORIES}
    steps = QUARTERS + 12
    for row in table.to_pylist():
        if row["variant"] != "main":
            continue
        columns["regime"] += [row["regime"]] * steps
        columns["replicate"] += [row["replicate"]] * steps
        columns["quarter"] += list(range(steps))
        rng = np.random.default_rng([row["replicate"], 3])
        for name in values:
            total = row.get(name) or 0.0
            when = np.sort(rng.random(int(total))) * steps
            path = np.searchsorted(when, np.arange(1, steps + 1)).astype(np.float32)
            values[name].append(path)
    types = {"regime": pa.string(), "replicate": pa.int32(), "quarter": pa.int32()}
    arrays = {name: pa.array(column, types[name]) for name, column in columns.items()}
    arrays |= {
        name: pa.array(np.concatenate(parts), pa.float32()) for name, parts in values.items()
    }
    return pa.table(arrays)


def replayed(made: SyntheticSetup, replicates: int = 3) -> dict[str, pa.Table]:
    """Organisations, projects and network, as a few replicates run again would give them."""
    rows: dict[str, list[dict[str, Any]]] = {"organisations": [], "projects": [], "network": []}
    for k, regime in enumerate(made.regimes):
        for replicate in range(replicates):
            key = {"regime": regime.name, "replicate": replicate}
            rng = np.random.default_rng([k, replicate, 11])
            rows["organisations"] += [_organisation(rng, key, row, k > 0) for row in range(12)]
            rows["projects"] += [_project(rng, key) for _ in range(9)]
            pairs = {tuple(sorted(rng.choice(12, 2, replace=False).tolist())) for _ in range(15)}
            if replicate == 0:
                rows["network"] += [
                    {**key, "first": a, "second": b, "projects": int(rng.integers(1, 5))}
                    for a, b in sorted(pairs)
                ]
    return {name: pa.Table.from_pylist(rows[name], SCHEMAS[name]) for name in SCHEMAS}


def _organisation(
    rng: np.random.Generator, key: dict[str, Any], row: int, funded: bool
) -> dict[str, Any]:
    return key | {
        "organisation": row, "kind": KINDS[row % 4], "ownership": "private",
        "region": ("Shanghai", "Jiangsu", "Anhui")[row % 3], "staff": float(1 + 7 * row),
        "participations": int(rng.integers(0, 9)), "led": int(rng.integers(0, 4)),
        "granted_myuan": float(rng.exponential(9.0)) * funded,
        "earned_myuan": float(rng.exponential(20.0)),
    }  # fmt: skip


def _project(rng: np.random.Generator, key: dict[str, Any]) -> dict[str, Any]:
    close, general = (int(rng.integers(0, most)) for most in (4, 6))
    return key | {
        "programme": int(rng.integers(0, 2)), "size": 3 + close + general, "core": 3,
        "close": close, "general": general, "regions": int(rng.integers(1, 4)),
        "lead_kind": KINDS[int(rng.integers(0, 4))], "solved": bool(rng.integers(0, 2)),
    }  # fmt: skip


def why(made: SyntheticSetup) -> pa.Table:
    """Shares of three levers in a difference, as the decomposition stores them."""
    names = (made.regimes[-1].name, made.regimes[0].name)
    rows = [
        {"regime": names[0], "baseline": names[1], "outcome": "technical", "lever": lever,
         "share": share, "low": share - 0.4, "high": share + 0.4, "alone": share / 2, "n": 30}
        for lever, share in (("openness.circle", 1.2), ("funding.public_share", 0.5), ("selection.teams", -0.1))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)
