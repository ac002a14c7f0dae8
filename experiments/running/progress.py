"""Progress of many runs: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

SECONDS_BETWEEN_LINES = 10.0


@dataclass(slots=True)
class Counts:
    """How far the runs are. ``cached`` runs were in the store at the start."""

    total: int = 0
    cached: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    started: float = field(default_factory=time.monotonic)
    last_result: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> int:
        """Runs that have neither finished nor failed."""
        return self.total - self.cached - self.done - self.failed

    def per_second(self) -> float:
        """Runs finished per second in this session."""
        return self.done / max(time.monotonic() - self.started, 1e-9)

    def text(self) -> str:
        """One line with everything a waiting person wants to know."""
        parts = [f"{self.cached + self.done} of {self.total} runs"]
        parts += [
            f"{count} {name}"
            for name, count in (
                ("cached", self.cached), ("failed", self.failed), ("retried", self.retried),
            )
            if count
        ]  # fmt: skip
        if self.done:
            parts.append(f"{self.per_second():.1f}/s")
            parts.append(f"{duration(self.left / self.per_second())} left")
        parts.append(f"last {time.monotonic() - self.last_result:.0f} s ago")
        return " · ".join(parts)


class Progress:
    """Counts and shows nothing; the base of those that show. Use it as a context manager."""

    def __init__(self) -> None:
        self.counts = Counts()

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _open(self) -> None:
        """Begin to show."""

    def _close(self) -> None:
        """Stop, also after an error."""

    def start(self, total: int, cached: int) -> None:
        """Begin: ``cached`` of ``total`` runs are there already."""
        self.counts = Counts(total=total, cached=cached)
        self.show()

    def advance(self, *, done: int = 0, failed: int = 0, retried: int = 0) -> None:
        """Runs finished, given up, or put back because their process died."""
        self.counts.done += done
        self.counts.failed += failed
        self.counts.retried += retried
        if done or failed:
            self.counts.last_result = time.monotonic()
        self.show()

    def show(self) -> None:
        """Draw the present state."""


class Bar(Progress):
    """A bar that redraws itself, so that seconds without a result are seen to pass."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = self._make()
        self._task = self._bar.add_task("runs")

    def _make(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, ProgressColumn, Task
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        counts = lambda: self.counts.text()  # noqa: E731  read when drawn, not now

        class State(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(counts())

        return RichProgress(BarColumn(14), State(), console=Console(stderr=True))

    def _open(self) -> None:
        self._bar.start()

    def _close(self) -> None:
        self._bar.stop()

    def show(self) -> None:
        """Move the bar."""
        counts = self.counts
        self._bar.update(self._task, total=counts.total, completed=counts.total - counts.left)


class Lines(Progress):
    """A line every few seconds, for logs and notebooks; also while no result comes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._print_regularly, daemon=True)

    def _open(self) -> None:
        self._thread.start()

    def _close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._print()

    def _print_regularly(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_LINES):
            self._print()

    def _print(self) -> None:
        print(self.counts.text(), file=self._stream, flush=True)


def make_progress(wanted: bool = True) -> Progress:
    """What suits the place where standard error goes."""
    if not wanted:
        return Progress()
    return Bar() if sys.stderr.isatty() else Lines()


def duration(seconds: float) -> str:
    """Seconds in words: ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
