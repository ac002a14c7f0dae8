"""``python -m benchmarks [names] [--quick]``: measure, and write the page of the docs."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from agents.settings import nearest
from benchmarks import page
from benchmarks.machine import circumstances, load
from benchmarks.options import Options, say
from benchmarks.parts import PARTS
from simulation.warmup import warm_up

PAGE_ONLY = "page"
TRIAL = Path("results") / "benchmarks"  # where figures of a trial go, so that they replace none


def main(arguments: Sequence[str]) -> int:
    """Measure the parts named, or all; each is written down when it is done."""
    parser = _parser()
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in (*PARTS, PAGE_ONLY):
            parser.error(f"'{name}' is not a part. {nearest(name, (*PARTS, PAGE_ONLY))}")
    options = Options(quick=given.quick, full=given.full, rounds=given.rounds)
    folder = given.out or (TRIAL if options.quick else page.DOCS)
    command = shlex.join(["python", "-m", "benchmarks", *_without_out(arguments)])
    if given.names != [PAGE_ONLY]:
        warm_up(say)
        for name in given.names or PARTS:
            at = circumstances(command)
            figures = PARTS[name].measure(options)
            done = {"circumstances": at, "load_after": load(), "figures": figures}
            page.write(folder, page.read(folder) | {name: done})
    else:
        page.write(folder, page.read(folder))
    print(f"{folder.name}/{page.NAME}.md written")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name",
        help=f"{', '.join(PARTS)}; all when none is named; '{PAGE_ONLY}' writes the page anew",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help=f"a trial, written to {TRIAL}")
    parser.add_argument("--full", action="store_true", help="also 1,000,000 organisations")
    parser.add_argument("--rounds", type=int, default=0, help="how often everything is measured")
    parser.add_argument("--out", type=Path, help="another folder for page and figures")
    return parser


def _without_out(arguments: Sequence[str]) -> list[str]:
    """The command without a folder of this machine."""
    kept = [word for word in arguments if not word.startswith("--out=")]
    if "--out" in kept:
        del kept[kept.index("--out") : kept.index("--out") + 2]
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
