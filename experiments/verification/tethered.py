"""Runs a module as ``python -m`` does, and ends with whoever started it.

``python -m experiments.verification.tethered MODULE ARGUMENTS``. The starter holds the other end
of standard input; when it dies, however it dies, that ends, and so does this process at once.
Dask's workers do not always end by themselves when their scheduler has gone.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading


def end_with_the_starter() -> None:
    """Wait for the end of standard input, and go."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_starter, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
