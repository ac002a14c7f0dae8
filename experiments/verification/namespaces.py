"""The kills on Dask once more, with scheduler, workers and driver in three networks of their own.

Linux lets any process make namespaces in which it may set up networks, unless the machine forbids
it: a bridge here, one namespace for the scheduler and one for the workers, joined by cables of
software. Nothing of it is seen outside, and it ends with the process that made it.
``python -m experiments.verification.namespaces ORDER``, the order in JSON, is that process; it
writes a line of JSON for each kill.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from experiments.verification.checks import Row
from experiments.verification.driver import Order, order_of
from experiments.verification.kills import KILLED_ON_DASK, Bench, Outcome, Trial, attempt, trials
from experiments.verification.machines import Machines, Place, python
from experiments.words import Words

NEW = ("unshare", "--map-root-user", "--mount", "--net")
NAMES = ("scheduler", "workers")
KILLS, QUICK_KILLS = 12, len(KILLED_ON_DASK)
NETWORK = "10.77.0"  # of nobody else in there


def address(number: int) -> str:
    """Of the driver (1), the scheduler (2), the workers (3)."""
    return f"{NETWORK}.{number}"


def commands() -> Iterator[list[str]]:
    """What sets the networks up, once we are in a namespace of our own."""
    yield ["mount", "-t", "tmpfs", "none", "/run"]  # where ip keeps names
    yield ["ip", "link", "set", "lo", "up"]
    yield ["ip", "link", "add", "bridge", "type", "bridge"]
    yield ["ip", "addr", "add", f"{address(1)}/24", "dev", "bridge"]
    yield ["ip", "link", "set", "bridge", "up"]
    for number, name in enumerate(NAMES, 2):
        yield ["ip", "netns", "add", name]
        yield ["ip", "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", name]
        yield ["ip", "link", "set", name, "master", "bridge", "up"]
        yield ["ip", "-n", name, "addr", "add", f"{address(number)}/24", "dev", "cable"]
        yield ["ip", "-n", name, "link", "set", "cable", "up"]
        yield ["ip", "-n", name, "link", "set", "lo", "up"]


def places() -> list[Place]:
    """Of scheduler and workers."""
    return [
        Place(address(number), ("ip", "netns", "exec", name))
        for number, name in enumerate(NAMES, 2)
    ]


def reason_against() -> str:
    """Why it cannot be done on this machine; nothing when it can."""
    missing = [name for name in ("unshare", "ip", "mount") if shutil.which(name) is None]
    if missing:
        return f"{missing[0]}: not found"
    script = " && ".join(" ".join(command) for command in commands())
    tried = subprocess.run([*NEW, "sh", "-c", script], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return ""
    return (tried.stderr.strip().splitlines() or [f"unshare: {tried.returncode}"])[-1]


def namespaces(folder: Path, full: bool, words: Words) -> Iterator[Row]:
    """Kill worker, driver and scheduler in turns."""
    bench = Bench(folder, full=full)
    reason = words("verify.no_dask") if not bench.has_dask else reason_against()
    if reason:
        yield Row(None, (reason, *["–"] * 6))
        return
    count = KILLS if full else QUICK_KILLS
    order = bench.order("dask", "apart", None)
    for trial, done in outcomes(order, count):
        yield bench.row(bench.cells(trial, done, words), done.found, words)


def outcomes(order: Order, count: int) -> Iterator[tuple[Trial, Outcome]]:
    """So many kills of a driver with this order, done by a process in networks of its own."""
    log = Path(f"{order.out}.log")
    with python(
        "experiments.verification.namespaces", [order.text(), str(count)], log, NEW, listen=True
    ) as process:
        assert process.stdout is not None
        told = 0
        for trial, line in zip(trials(count, KILLED_ON_DASK), process.stdout, strict=False):
            told += 1
            yield trial, Outcome.read(json.loads(line))
        process.kill()
    if told < count:
        raise RuntimeError(log.read_text(encoding="utf-8")[-2000:])


def _inside(order: Order, count: int) -> None:
    for command in commands():
        subprocess.run(command, check=True, stdout=sys.stderr)
    folder = Path(f"{order.out}-machines")
    folder.mkdir()
    with Machines(order.jobs, folder, *places()) as machines:
        for number, trial in enumerate(trials(count, KILLED_ON_DASK)):
            one = dataclasses.replace(
                order, out=f"{order.out}-{number}", scheduler=machines.address
            )
            done = attempt(trial, one, machines)
            shutil.rmtree(one.out)
            print(json.dumps(dataclasses.asdict(done)), flush=True)


if __name__ == "__main__":
    _inside(order_of(sys.argv[1]), int(sys.argv[2]))
