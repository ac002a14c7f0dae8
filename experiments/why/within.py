"""The decomposition inside a comparison: two of its regimes, taken apart for part 6 of the report.

It has a store of its own, ``why/SECOND_minus_FIRST`` in the folder of the comparison.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from agents.settings import ConfigError, nearest
from experiments.running.executor import Execution
from experiments.running.plan import MAIN
from experiments.running.store import ExperimentError
from experiments.why.settings import AUTO, WhyRule
from experiments.words import Words

if TYPE_CHECKING:
    from experiments.configuration import Setup, WhySetup

REPLICATES = 40  # at most, of each mix
FOLDER, NONE = "why", "none"
RULE = WhyRule("family", AUTO)

Apart = str | tuple[str, str]  # AUTO, NONE, or names of the first and the second regime


def chosen_apart(value: Any, names: Sequence[str]) -> Apart:
    """The setting ``why`` of a comparison.

    Parameters
    ----------
    names: of the regimes that are compared.

    Raises
    ------
    ConfigError: it names no two of them.
    """
    if value in (AUTO, NONE):
        return str(value)
    pair = list(value) if isinstance(value, (list, tuple)) else []
    if len(pair) != 2 or pair[0] == pair[1]:
        raise ConfigError(
            f"why = {value!r} is not known. Write why=auto, why=none, or two different regimes: "
            f"why=[framework_programme,open_challenge]."
        )
    for name in pair:
        if name not in names:
            raise ConfigError(f"why: '{name}' is not compared. {nearest(str(name), names)}")
    return str(pair[0]), str(pair[1])


def check_apart(setup: Setup) -> None:
    """Refuse a pair that cannot be taken apart before anything is run.

    Raises
    ------
    ConfigError: regimes that were named have equal levers, or too many that differ.
    """
    from experiments.why.plan import lay_out

    if isinstance(setup.apart, tuple):
        lay_out(_inside(setup, setup.apart))


def take_apart_within(setup: Setup, runs: pa.Table, progress: bool) -> Execution | None:
    """Run what the decomposition needs, and write ``why.parquet``; None when there is none.

    A decomposition that was brought from another folder stays. One that cannot be made is told, and the
    comparison goes on without it.

    Parameters
    ----------
    runs: of the comparison.
    """
    from experiments.report.brought import bring_why
    from experiments.why.job import decompose

    words = Words(setup.lang)
    pair = pair_of(setup, runs)
    brought = (setup.out / "why.parquet").exists() and not (setup.out / FOLDER).exists()
    if pair is None or brought:
        return None
    inside = _inside(setup, pair)
    if progress:
        titles = [words.title(entry) for entry in inside.regimes]
        print(words("why.within", first=titles[0], second=titles[1]), file=sys.stderr)
    try:
        _, execution = decompose(inside, progress=progress, report=False)
        bring_why(inside.out, setup.out)
    except (ConfigError, ExperimentError) as error:
        print(words("why.not_within", error=error), file=sys.stderr)
        return None
    return execution


def pair_of(setup: Setup, runs: pa.Table) -> tuple[str, str] | None:
    """The pair to take apart, the lower first; None when there is none.

    Of itself it is the regimes with programmes whose means of the outcome are furthest apart.
    """
    if setup.apart != AUTO:
        return setup.apart if isinstance(setup.apart, tuple) else None
    main = runs.filter(pc.equal(runs.column("variant"), MAIN))
    means = main.group_by("regime").aggregate([(setup.outcome, "mean")]).to_pylist()
    by_name = {row["regime"]: row[f"{setup.outcome}_mean"] for row in means}
    names = [entry.name for entry in setup.regimes if entry.regime.programmes]
    names = sorted(
        (name for name in names if by_name.get(name) is not None), key=by_name.__getitem__
    )
    return (names[0], names[-1]) if len(names) > 1 else None


def _inside(setup: Setup, pair: tuple[str, str]) -> WhySetup:
    from experiments.configuration import WhySetup

    entries = {entry.name: entry for entry in setup.regimes}
    replicates = min(REPLICATES, setup.replicates)
    out = setup.out / FOLDER / f"{pair[1]}_minus_{pair[0]}"
    config = setup.config | {
        "command": "why", "pair": list(pair), "out": out.as_posix(), "replicates": replicates,
        "outcome": setup.outcome, "level": RULE.level, "orders": RULE.orders,
    }  # fmt: skip
    fields = {one.name: getattr(setup, one.name) for one in dataclasses.fields(setup)}
    changed = {
        "regimes": tuple(entries[name] for name in pair), "variants": (), "replicates": replicates,
        "variant_replicates": replicates, "out": out, "target": None, "config": config,
    }  # fmt: skip
    own = {one.name for one in dataclasses.fields(WhySetup)}
    return WhySetup(**{k: v for k, v in (fields | changed).items() if k in own}, rule=RULE)
