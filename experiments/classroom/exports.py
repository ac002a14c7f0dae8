"""What can be taken home: the data of a run, and the settings that reproduce it on a command line."""

from __future__ import annotations

import csv
import io
from typing import Any

from experiments.classroom.case import Case
from experiments.classroom.choices import POPULATION
from experiments.classroom.menu import UNCHANGED, menu
from experiments.classroom.stepping import Stepper
from experiments.words import Words
from simulation.outcomes import TRAJECTORIES


def commands(case: Case) -> list[str]:
    """The command lines that give the same numbers: the run, the comparison, why."""
    chosen, given = case.choices, menu()
    common = [f"population={POPULATION}", f"seed={chosen.seed}", *chosen.changes(given)]
    world = [f"population={POPULATION}", f"seed={chosen.seed}",
             *chosen.world_only(given).changes(given)]  # fmt: skip
    pairs = f"replicates={given.replicates} robustness=none"
    compare = f"consortia compare regimes={chosen.regime} {' '.join(common)} {pairs}"
    lines = [f"consortia run regime={chosen.regime} {' '.join(common)}"]
    if chosen.against == UNCHANGED:
        other = f"consortia compare regimes={chosen.regime} {' '.join(world)} {pairs}"
        return [*lines, f"{compare} out=results/moved", f"{other} out=results/unmoved"]
    both = dict.fromkeys([chosen.against, chosen.regime])
    if len(both) == 1:
        return lines
    lines.append(compare.replace(f"regimes={chosen.regime}", f"regimes={','.join(both)}"))
    why = f"replicates={given.replicates} orders={given.orders} outcome={chosen.outcome}"
    return [*lines, f"consortia why {' '.join(both)} {' '.join(common)} {why}"]


def config(case: Case, lang: str) -> str:
    """A YAML file: the commands as comments, then every setting of world and regimes."""
    import yaml

    words = Words(lang)
    head = [f"# {words('classroom.export.head')}", *(f"#   {line}" for line in commands(case))]
    values: dict[str, Any] = {
        "seed": case.choices.seed,
        "population": POPULATION,
        "replicates": menu().replicates,
        "outcome": case.choices.outcome,
        "moved": dict(case.choices.settings),
        "world": case.world.as_mapping(),
        "regimes": {
            entry.name: {
                name: {family: one.as_mapping() for family, one in programme.levers.items()}
                for name, programme in zip(entry.programmes, entry.regime.programmes, strict=True)
            }
            for entry in (case.against, case.entry)
        },
    }
    text: str = yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
    return "\n".join(head) + "\n" + text


def data(case: Case) -> str:
    """CSV: every trajectory of both regimes by quarter, in full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["regime", "quarter", *(one.name for one in TRAJECTORIES)])
    for entry, against in ((case.entry, False), (case.against, True)):
        run = Stepper(case, against=against)
        run.run()
        for quarter, row in enumerate(run.state.trajectory[: run.quarter].tolist(), start=1):
            writer.writerow([entry.name, quarter, *row])
    return out.getvalue()
