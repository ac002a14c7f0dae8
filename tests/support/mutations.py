"""Can the twin find a fault in the engine? Faults are planted on purpose and must be found.

``python -m tests.support.mutations [names]`` copies the packages to a temporary folder for each
mutation, plants it in the engine's source, compares engine and twin there, and prints a table:
caught or survived, and the column that gave it away. The exit code is 1 if one survives. All take
about half an hour on one core, since the engine is compiled anew for each. ``list`` instead of names
prints what is planted.

Mutations lie in rules that take the engine's columns. The twin shares the rules that take numbers
only (:mod:`tests.support.twin.rules`), so it would repeat a fault in one of those; they have tests
of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.settings import nearest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("agents", "simulation", "experiments", "configs", "tests", "pyproject.toml")
# Those that compare engine and twin, random worlds last.
TESTS = tuple(f"tests/twin/test_{name}.py" for name in ("start", "same_run", "any_run"))
TESTS_FAILED = 1  # exit code of pytest; others mean that the tests did not run
PARTED = re.compile(
    r"(?P<when>before the first step|step \d+ \([a-z_]+\), phase '[^']+'):?(?:\\n|\s|E)+"
    r"(?P<column>[\w.]+(?: \(shape\))?)\["
)
PLAIN_COLUMN = re.compile(r"(?P<column>[a-z_]+\.[a-z_]+|[a-z_]+)\[[\d, ]*\]: engine ")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault to plant.

    Attributes
    ----------
    file: path from the root.
    text, replacement: what stands there once, and what is written instead.
    meaning: the fault in words.
    """

    name: str
    file: str
    text: str
    replacement: str
    meaning: str


MUTATIONS = (
    Mutation(
        "order_of_summation",
        "simulation/needs.py",
        "(links + need.spread + need.scarcity) / 3.0",
        "(links + need.scarcity + need.spread) / 3.0",
        "difficulty adds its three parts in another order",
    ),
    Mutation(
        "oldest_tie",
        "simulation/ties.py",
        "if s.ties[a, k].last < s.ties[a, place].last:",
        "if s.ties[a, k].last <= s.ties[a, place].last:",
        "of equally old ties the last is forgotten, not the first",
    ),
    Mutation(
        "rounding_of_purses",
        "simulation/awards.py",
        "part = int(regional * s.region_weight[region])",
        "part = int(regional * s.region_weight[region] + 0.5)",
        "a region's part of a budget is rounded to the nearest fen, not down",
    ),
    Mutation(
        "no_trust",
        "simulation/forming.py",
        "trusted = w.forming_trust_worth * one.trust",
        "trusted = 0.0",
        "a lead does not care whether it trusts a candidate",
    ),
    Mutation(
        "share_of_the_asked",
        "simulation/calls.py",
        "most = min(len(asked), n + (len(asked) + spread - 1) // spread)",
        "most = min(len(asked), n + len(asked) // spread)",
        "the places of possible leads that one field fills are rounded down, not up",
    ),
    Mutation(
        "forgets_the_refusal",
        "simulation/awards.py",
        "    problem.declined |= 1 << c.programme\n    problem.programme = -1\n",
        "    problem.programme = -1\n",
        "a programme that has decided on a need takes it up again",
    ),
    Mutation(
        "wrong_payer",
        "simulation/accounts.py",
        "s.paid[payer_of(o.kind, o.ownership)] += paid",
        "s.paid[payer_of(o.ownership, o.kind)] += paid",
        "kind and ownership are swapped when it is asked who pays for bids and looking",
    ),
    Mutation(
        "sees_the_others",
        "simulation/search.py",
        "seen = (before & ~m.components) | (c.design & m.components)",
        "seen = c.design",
        "a try that is not integrated sees what others have changed in the same round",
    ),
    Mutation(
        "one_sided_spillover",
        "simulation/learning.py",
        "for g in range(w.fields_count):",
        "for g in range(f, w.fields_count):",
        "knowledge of a solution spreads to one side of its field only",
    ),
    Mutation(
        "gate_a_quarter_late",
        "simulation/results.py",
        "step - (c.deadline - s.needs[c.problem].deadline + 1) + 1 != gate",
        "step - (c.deadline - s.needs[c.problem].deadline + 1) != gate",
        "gates are held a quarter late",
    ),
    Mutation(
        "luck_of_next_quarter",
        "simulation/adoption.py",
        "streams.normal(s.luck[0], streams.ADOPTION_NOISE, step, address)",
        "streams.normal(s.luck[0], streams.ADOPTION_NOISE, step + 1, address)",
        "adopters see the news of the next quarter",
    ),
    Mutation(
        "early_directory",
        "simulation/phases.py",
        "if step % 4 == 3:",
        "if step % 4 == 2:",
        "directories are renewed a quarter early",
    ),
    Mutation(
        "looks_without_chance",
        "simulation/looking.py",
        "    stake *= start_chance(s, c.programme, c.body)\n",
        "",
        "a lead looks for partners as if its bid were sure to be funded",
    ),
    Mutation(
        "every_award_takes",
        "simulation/awards.py",
        "state.taken += 1.0 if problem.teams == 0 else 0.0",
        "state.taken += 1.0",
        "a second team on a need counts as if another need had found one",
    ),
    Mutation(
        "stale_worth",
        "simulation/forming.py",
        "            c.utility = s.worth[count_bits(c.touched)]\n            s.worth[:] = np.nan\n",
        "            c.utility = s.worth[count_bits(c.touched)]\n",
        "what a project is worth by coverage is not worked out anew when the team has grown",
    ),
    Mutation(
        "distances_anew",
        "simulation/learning.py",
        "    learn_from_each_other(s, c, need, need.first)\n",
        "    rest = need.first\n"
        "    while rest:\n"
        "        measure_pairs(s, c)\n"
        "        learn_from_each_other(s, c, need, rest & -rest)\n"
        "        rest &= rest - 1\n",
        "distances are measured again before each field, not only as the quarter begins",
    ),
    Mutation(
        "starts_too_high",
        "simulation/landscape.py",
        "ranks[0] = max(least_count(w.search_start_low, size) - 1, 0)",
        "ranks[0] = least_count(w.search_start_low, size)",
        "teams start above a fitness that is one rank too high",
    ),
    Mutation(
        "lost_in_the_list",
        "simulation/needs.py",
        "        if problem.status == LATENT and s.problems[first].status == CLOSED:\n",
        "        if problem.status == LATENT and s.problems[first].status > OPEN:\n",
        "needs that wait for a solution are gone through no more once a team works on it",
    ),
    Mutation(
        "passed_over",
        "simulation/calls.py",
        "if utility_at_reach(s, index, row, False, 1.0) <= most:",
        "if utility_at_reach(s, index, row, False, 0.9) <= most:",
        "public bodies that would gain most are passed over for an ownerless need",
    ),
    Mutation(
        "known_in_passing",
        "simulation/fields.py",
        "    one.region = o.region\n    one.kind = o.kind\n",
        "    one.region = o.region\n    one.kind = o.ownership\n",
        "start-ups stand in the directory as if they were of another kind",
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the tests of the twin failed, and the words of the first failure that say where."""

    mutation: Mutation
    caught: bool
    where: str


def planted(mutation: Mutation, source: str) -> str:
    """The source with the fault in it.

    Raises
    ------
    ValueError: its text does not stand there exactly once.
    """
    found = source.count(mutation.text)
    if found != 1:
        raise ValueError(
            f"{mutation.name}: found {found} times in {mutation.file}, not once: {mutation.text!r}"
        )
    return source.replace(mutation.text, mutation.replacement)


def tried(mutation: Mutation) -> Verdict:
    """Plant one mutation in a copy of the packages and run the tests of the twin there."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "copy"
        root.mkdir()
        copy_to(root)
        path = root / mutation.file
        path.write_text(planted(mutation, path.read_text(encoding="utf-8")), encoding="utf-8")
        done = run_tests(root, cache=Path(folder) / "cache")
    return judged(mutation, done.returncode, done.stdout + done.stderr)


def judged(mutation: Mutation, code: int, output: str) -> Verdict:
    """What a run of the tests says about a mutation.

    Raises
    ------
    RuntimeError: the tests did not run.
    """
    if code not in (0, TESTS_FAILED):
        raise RuntimeError(f"{mutation.name}: the tests did not run:\n{output[-3000:]}")
    return Verdict(mutation, code == TESTS_FAILED, where(output) if code else "")


def copy_to(root: Path) -> None:
    """Copy what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)


def run_tests(root: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """The tests that compare engine and twin in a folder, up to the first failure."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "CONSORTIA_CACHE": str(cache),
        "NUMBA_OPT": "1",  # compiles faster; at 0 much would not be cached and compiled again
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def where(output: str) -> str:
    """When engine and twin parted, and the first column that differs, from the words of a failure."""
    found = PARTED.search(output)
    if found:
        return f"{found['column']}, {found['when']}"
    found = PLAIN_COLUMN.search(output)
    return f"{found['column']}, before the first step" if found else "another test failed"


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a Markdown table."""
    lines = ["| mutation | in | fault | verdict | first difference |", "|---|---|---|---|---|"]
    for one in verdicts:
        verdict = "caught" if one.caught else "survived"
        mutation = one.mutation
        lines.append(
            f"| {mutation.name} | `{mutation.file}` | {mutation.meaning} | {verdict} | {one.where} |"
        )
    return "\n".join(lines)


def listing() -> str:
    """All mutations as the Markdown table that stands in the docs."""
    lines = ["| mutation | in | fault |", "| --- | --- | --- |"]
    lines += [f"| {one.name} | `{one.file}` | {one.meaning} |" for one in MUTATIONS]
    return "\n".join(lines)


def main(names: Sequence[str]) -> int:
    """Try the mutations of these names, or all; ``list`` prints them only."""
    if names == ["list"]:
        print(listing())
        return 0
    known = {mutation.name: mutation for mutation in MUTATIONS}
    for name in names:
        if name not in known:
            print(f"'{name}' is not a mutation. {nearest(name, known)}")
            return 2
    verdicts = []
    for mutation in [known[name] for name in names] or MUTATIONS:
        verdicts.append(tried(mutation))
        caught = "caught" if verdicts[-1].caught else "survived"
        print(f"{mutation.name}: {caught} {verdicts[-1].where}", file=sys.stderr, flush=True)
    print(table(verdicts))
    return 0 if all(one.caught for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
