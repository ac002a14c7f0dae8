"""A disk that is really full and one that is really read-only, where Linux lets us mount one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.running.executor import execute
from experiments.running.store import Store
from experiments.verification.kills import look
from experiments.verification.machines import environment
from tests.support import disk_work
from tests.support import fake_engine as fake

NEW = ("unshare", "--map-root-user", "--mount")


def may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    words = [*NEW, "mount", "-t", "tmpfs", "none", str(folder)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_a_full_and_a_read_only_disk_lose_nothing(tmp_path: Path) -> None:
    disk, log = tmp_path / "disk", tmp_path / "log"
    disk.mkdir()
    log.mkdir()
    if not may_mount(disk):
        pytest.skip("this machine lets nobody mount a disk of their own")
    words = [*NEW, sys.executable, "-m", "tests.support.disk_work", str(disk), str(log)]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    full, read_only, whole = json.loads(done.stdout.splitlines()[-1])
    assert 0 < full["runs"] < 3 * disk_work.REPLICATES
    assert "The disk is full" in full["told"] and "Free some space" in full["told"]
    assert f"{full['runs']} runs are safe" in full["told"]
    assert read_only["told"].startswith("ConfigError: ") and "Read-only" in read_only["told"]
    assert (read_only["runs"], read_only["values"]) == (full["runs"], full["values"])
    plan = fake.plan(disk_work.REPLICATES)
    with Store(tmp_path / "alone", {"disk": True}) as store:
        execute(plan, store, 1, run=fake.FakeEngine(log))
    alone = look(tmp_path / "alone", plan)
    assert (whole["told"], whole["runs"], whole["doubled"]) == ("", alone.runs, 0)
    assert whole["values"] == alone.values
