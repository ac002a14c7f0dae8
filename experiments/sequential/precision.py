"""``compare half_width=...``: replicates until the differences are known as precisely as asked.

A stage is the comparison with more replicates on the same store, so nothing is run twice and a
stopped session goes on where it was.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from experiments.running.executor import Execution
from experiments.running.plan import Plan
from experiments.running.store import Store
from experiments.statistics import paired
from experiments.statistics.stopping import FIRST_STAGE, next_look

if TYPE_CHECKING:
    from experiments.configuration import Setup

Work = Callable[[Plan], Execution]  # does the missing runs of a plan


@dataclass(frozen=True, slots=True)
class Look:
    """What the simultaneous intervals against the reference were at one number of replicates."""

    replicates: int
    half_width: float  # of the widest interval; infinite where there is none yet
    target: float

    @property
    def reached(self) -> bool:
        """Whether every interval is as narrow as asked."""
        return self.half_width <= self.target

    @property
    def needed(self) -> str:
        """Replicates that the present spread asks for, in two digits."""
        if not (math.isfinite(self.half_width) and self.target > 0.0):
            return "–"
        wanted = self.replicates * (self.half_width / self.target) ** 2
        unit = 10 ** max(len(str(int(wanted))) - 2, 0)
        return f"{math.ceil(wanted / unit) * unit:,}"


@dataclass(frozen=True, slots=True)
class Grown:
    """A setup with the replicates that were needed, and how they came about."""

    setup: Setup
    looks: tuple[Look, ...]
    done: int  # runs done on the way
    seconds: float

    def with_the_rest(self, rest: Execution) -> Execution:
        """The work of all stages and of what came after them."""
        return dataclasses.replace(
            rest,
            done=rest.done + self.done,
            cached=rest.cached - self.done,
            seconds=rest.seconds + self.seconds,
        )

    def write_table(self, out: Path) -> pa.Table:
        """Write and return the table ``precision``, one row per look."""
        from experiments.tables import make_schema, make_table, write_table

        schema = make_schema(
            outcome="text", replicates="count", half_width="number", target="number", reached="truth"
        )  # fmt: skip
        rows = [
            {
                "outcome": self.setup.outcome, "replicates": look.replicates,
                "half_width": look.half_width, "target": look.target, "reached": look.reached,
            }
            for look in self.looks
        ]  # fmt: skip
        table = make_table(schema, rows)
        write_table(table, out, "precision")
        return table

    def sentence(self, lang: str) -> str:
        """What was reached, in words."""
        from experiments.report import number
        from experiments.words import Words

        words, last, outcome = Words(lang), self.looks[-1], self.setup.outcome
        return words(
            "precision.reached" if last.reached else "precision.not_reached",
            outcome=words.get(f"outcome.{outcome}", outcome), replicates=last.replicates,
            half_width=number(last.half_width), target=number(last.target), needed=last.needed,
        )  # fmt: skip


def grow(setup: Setup, store: Store, work: Work, *, tell: bool) -> Grown:
    """Run the main world until ``setup.target`` is reached or ``setup.replicates`` are done.

    Parameters
    ----------
    tell: say on standard error how far it is.
    """
    from experiments.compare import comparison_plan, runs_table

    replicates = min(FIRST_STAGE, setup.replicates)
    looks: list[Look] = []
    done, seconds = 0, 0.0
    while True:
        variants = min(setup.variant_replicates, replicates)
        stage = dataclasses.replace(setup, replicates=replicates, variant_replicates=variants)
        plan = Plan(comparison_plan(stage).points[:1])
        execution = work(plan)
        done, seconds = done + execution.done, seconds + execution.seconds
        look = look_at(runs_table(plan, store), stage)
        looks.append(look)
        replicates = next_look(look.replicates, look.half_width, look.target, setup.replicates)
        if replicates == look.replicates:
            return Grown(stage, tuple(looks), done, seconds)
        if tell:
            print(
                f"{look.replicates} replicates: half-width {look.half_width:.4g}, wanted "
                f"{look.target:.4g}; the next look is at {replicates}.",
                file=sys.stderr,
            )


def look_at(runs: pa.Table, setup: Setup) -> Look:
    """The widest simultaneous interval of all differences to the reference, in ``setup.outcome``."""
    from experiments.tables import panel

    assert setup.target is not None
    main = panel(runs, setup)
    reference = main.row(setup.reference.name)
    if reference is None or not len(main.replicates):
        return Look(setup.replicates, math.inf, math.nan)
    values = main[setup.outcome]
    pairs = [(row, reference) for row in range(len(main.names)) if row != reference]
    found = paired.paired_differences(values, main.names, pairs)
    widths = [(row.sim_high - row.sim_low) / 2.0 for row in found]
    widest = math.inf if any(map(math.isnan, widths)) else max(widths)
    level = paired.mean_and_se(values[reference])[0]
    return Look(setup.replicates, widest, setup.target.absolute(level))
