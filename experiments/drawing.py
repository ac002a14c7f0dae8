"""A second process that draws half of the figures of a report, started before they are due.

Loading what draws takes longer than most figures do; the first process makes the tables meanwhile.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

HELPER = "from experiments.figures import draw_ordered as d; d()"


class DrawingHelper:
    """The process, as a context manager; it is gone when the context is left."""

    def __enter__(self) -> Self:
        path = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", HELPER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self._talking = ThreadPoolExecutor(1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._talking.shutdown()
        self._process.__exit__(kind, error, trace)

    def order(self, what: Any) -> None:
        """Say what to draw; that the process has ended is found out with its answer."""
        self._answer = self._talking.submit(self._process.communicate, pickle.dumps(what))

    def answer(self) -> Any | None:
        """What it has made of the order; None when it failed."""
        answer, _ = self._answer.result()
        return None if self._process.returncode else pickle.loads(answer)
