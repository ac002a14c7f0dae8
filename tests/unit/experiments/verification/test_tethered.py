"""Processes that end with whoever started them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from experiments.verification.machines import HERE, environment, python

STARTER = """\
import sys, time
from pathlib import Path
from experiments.verification.machines import python
process = python("tests.support.sleeper", ["100", sys.argv[2]], Path(sys.argv[1]))
time.sleep(100)
"""


def test_it_ends_when_its_starter_is_killed(tmp_path):
    with socket.create_server((HERE, 0)) as server:
        server.settimeout(60.0)
        words = [str(tmp_path / "log"), str(server.getsockname()[1])]
        starter = subprocess.Popen([sys.executable, "-c", STARTER, *words], env=environment())
        try:
            connection, _ = server.accept()
        finally:
            starter.kill()
            starter.wait()
        with connection:
            connection.settimeout(60.0)  # the sleeper sleeps longer
            assert connection.recv(1) == b""


def test_the_module_sees_its_own_arguments_and_is_main(tmp_path):
    process = python("tests.support.sleeper", ["0", "a b", "{}", "c"], tmp_path / "log")
    assert process.wait(60) == 0
    assert process.stdin is not None
    process.stdin.close()
    told = json.loads((tmp_path / "log").read_text(encoding="utf-8"))
    assert told == {"name": "__main__", "arguments": ["0", "a b", "{}", "c"]}
