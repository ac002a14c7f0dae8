"""What a waiting person is told."""

from __future__ import annotations

import io
import sys
import time

import pytest

from experiments.running import progress as progress_module
from experiments.running.progress import Bar, Counts, Lines, Progress, duration, make_progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_the_line_says_everything():
    counts = Counts(total=100, cached=20, done=30, failed=2, retried=6)
    counts.started = time.monotonic() - 10.0
    counts.last_result = time.monotonic() - 4.0
    assert counts.left == 48
    assert counts.text() == (
        "50 of 100 runs · 20 cached · 2 failed · 6 retried · 3.0/s · 16 s left · last 4 s ago"
    )


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_the_last_state_stays_to_be_read(kind, capsys):
    with kind() as shown:
        shown.start(total=4, cached=1)
        shown.advance(done=2)
        shown.advance(retried=1)
    assert "3 of 4 runs" in " ".join(capsys.readouterr().err.split())


def test_lines_go_on_while_no_result_comes(monkeypatch):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.001)
    stream = io.StringIO()
    with Lines(stream) as shown:
        shown.start(total=4, cached=0)
        while stream.getvalue().count("\n") < 3:
            time.sleep(0.001)
    assert stream.getvalue().startswith("0 of 4 runs · last 0 s ago\n")


def test_a_bar_only_where_there_is_a_terminal(monkeypatch):
    assert type(make_progress(False)) is Progress
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(make_progress()) is Lines
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(make_progress()) is Bar
