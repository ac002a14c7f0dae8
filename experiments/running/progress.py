"""Progress of many runs: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

SECONDS_BETWEEN_LINES = 10.0
WINDOW_SECONDS = 60.0  # over which the rate is taken: long against a batch, short against a coffee
WINDOW_RESULTS = 20  # results at least, when they come more seldom than that


@dataclass(slots=True)
class Counts:
    """How far the runs are. ``cached`` runs were in the store at the start."""

    total: int = 0
    cached: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    last_result: float = field(init=False)
    marks: deque[tuple[float, int]] = field(default_factory=deque)  # moment, runs ended by then

    def __post_init__(self) -> None:
        self.last_result = time.monotonic()
        self.marks.append((self.last_result, 0))

    @property
    def ended(self) -> int:
        """Runs that finished or failed in this session."""
        return self.done + self.failed

    @property
    def left(self) -> int:
        """Runs that have neither finished nor failed."""
        return self.total - self.cached - self.ended

    def add(self, done: int, failed: int, retried: int) -> None:
        """Runs finished, given up, or put back because their process died."""
        self.done += done
        self.failed += failed
        self.retried += retried
        if done or failed:
            self.last_result = time.monotonic()
            self.marks.append((self.last_result, self.ended))
        while len(self.marks) > WINDOW_RESULTS and self.marks[1][0] < _window_start():
            self.marks.popleft()

    def per_second(self) -> float:
        """Runs ended per second lately; it falls while no result comes.

        The average since the start would still count the compiler, and a machine that was shared
        with others an hour ago.
        """
        since, before = self.marks[0]
        return (self.ended - before) / max(time.monotonic() - since, 1e-9)

    def text(self, lang: str = "en") -> str:
        """One line with everything a waiting person wants to know."""
        words = WORDS[lang]
        parts = [words["of"].format(self.cached + self.done, self.total)]
        counts = {"cached": self.cached, "failed": self.failed, "retried": self.retried}
        parts += [words[name].format(count) for name, count in counts.items() if count]
        if self.ended:
            rate = self.per_second()
            parts.append(words["rate"].format(rate))
            parts.append(words["left"].format(duration(self.left / rate, lang)))
        parts.append(words["last"].format(time.monotonic() - self.last_result))
        return " · ".join(parts)


def _window_start() -> float:
    return time.monotonic() - WINDOW_SECONDS


# Here and not in the catalogue of the report, which takes a moment to read.
WORDS = {
    "en": {
        "of": "{} of {} runs", "cached": "{} cached", "failed": "{} failed",
        "retried": "{} retried", "rate": "{:.1f}/s", "left": "{} left",
        "last": "last {:.0f} s ago", "s": "s", "min": "min", "h": "h",
    },
    "zh": {
        "of": "已完成 {} / {} 次运行", "cached": "{} 次已存", "failed": "{} 次失败",
        "retried": "{} 次重试", "rate": "每秒 {:.1f} 次", "left": "还需 {}",
        "last": "上次结果在 {:.0f} 秒前", "s": "秒", "min": "分", "h": "小时",
    },
}  # fmt: skip


class Progress:
    """Counts and shows nothing; the base of those that show. Use it as a context manager."""

    def __init__(self, lang: str = "en") -> None:
        self.counts = Counts()
        self.lang = lang

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
        self.counts.add(done, failed, retried)
        self.show()

    def show(self) -> None:
        """Draw the present state."""


class Bar(Progress):
    """A bar that redraws itself, so that seconds without a result are seen to pass."""

    def __init__(self, lang: str = "en") -> None:
        super().__init__(lang)
        self._bar = self._make()
        self._task = self._bar.add_task("runs")

    def _make(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, ProgressColumn, Task
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        counts = lambda: self.counts.text(self.lang)  # noqa: E731  read when drawn, not now

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

    def __init__(self, lang: str = "en", stream: TextIO | None = None) -> None:
        super().__init__(lang)
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
        if self.counts.total:  # else it has not begun
            print(self.counts.text(self.lang), file=self._stream, flush=True)


def make_progress(wanted: bool = True, lang: str = "en") -> Progress:
    """What suits the place where standard error goes."""
    if not wanted:
        return Progress(lang)
    return Bar(lang) if sys.stderr.isatty() else Lines(lang)


def duration(seconds: float, lang: str = "en") -> str:
    """Seconds in words: ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    words = WORDS[lang]
    whole = round(seconds)
    if whole < 60:
        return f"{whole} {words['s']}"
    if whole < 3600:
        return f"{whole // 60} {words['min']} {whole % 60} {words['s']}"
    return f"{whole // 3600} {words['h']} {whole % 3600 // 60} {words['min']}"
