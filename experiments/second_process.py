"""A second process that makes half of what a report needs, while the first one makes the rest."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self

SERVE = "from experiments.second_process import serve; serve()"


class SecondProcess:
    """The process, as a context manager; it is gone when the context is left."""

    def __enter__(self) -> Self:
        path = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
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
        with contextlib.suppress(BrokenPipeError):  # it failed with a question half asked
            self._process.__exit__(kind, error, trace)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """Have a function of a module called there, after what was asked before.

        Returns
        -------
        A function that waits for the answer. Where the other process has failed, it calls
        ``function`` here, which raises what went wrong.
        """
        asked = self._talking.submit(self._ask, function, arguments)

        def answer() -> Any:
            try:
                return asked.result()
            except (OSError, EOFError, pickle.UnpicklingError):
                return function(*arguments)

        return answer

    def _ask(self, *what: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        pickle.dump(what, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def call_in(
    helper: SecondProcess | None, function: Callable[..., Any], *arguments: Any
) -> Callable[[], Any]:
    """:meth:`SecondProcess.call`, or without one a function that makes the answer when it is asked."""
    if helper is None:
        return partial(function, *arguments)
    return helper.call(function, *arguments)


def load(module: str) -> None:
    """Import a module, so that it is there when it is needed."""
    importlib.import_module(module)


def serve() -> None:
    """The second process: answer until nobody asks any more, or something fails."""
    with contextlib.suppress(Exception, KeyboardInterrupt):  # the first process says what is wrong
        while True:
            function, arguments = pickle.load(sys.stdin.buffer)
            pickle.dump(function(*arguments), sys.stdout.buffer)
            sys.stdout.buffer.flush()
