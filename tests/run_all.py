"""All checks in one command: the linters, then pytest; arguments go to pytest.

Runs on any system with the environment of ``requirements-dev.lock``. Every check runs even when
an earlier one failed; the exit code is 1 when any failed. pytest is last, so its closing line is
the last line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
LINTERS = {
    "ruff check": ["ruff", "check", "--output-format", "concise"],
    "ruff format": ["ruff", "format", "--check", "--output-format", "concise"],
    "mypy": ["mypy"],
    # what `lint-imports` does; it has no module form
    "import-linter": ["-c", LINT_IMPORTS],
}
WORKERS = "2"


def run(arguments: list[str]) -> bool:
    """Run ``python -m arguments`` (or ``python -c``) from the root; True when it succeeded."""
    environment = {"MPLBACKEND": "Agg", **os.environ, "PYTHONPATH": str(ROOT)}
    module = [] if arguments[0] == "-c" else ["-m"]
    command = [sys.executable, *module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def main() -> int:
    """Run everything and return the exit code."""
    if sys.version_info < (3, 12):  # noqa: UP036 - the interpreter may be any
        print(f"Python 3.12 or newer is needed; this is {sys.version.split()[0]}.")
        return 1
    failed = []
    for name, arguments in LINTERS.items():
        print(f"== {name}", flush=True)
        if not run(arguments):
            failed.append(name)
    print(f"== linters: {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    print("== pytest", flush=True)
    passed = run(["pytest", "-n", WORKERS, "--dist", "worksteal", *sys.argv[1:]])
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
