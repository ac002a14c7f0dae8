"""What a waiting person is told."""

from __future__ import annotations

import io
import sys
import time
from types import SimpleNamespace

import pytest

from experiments.running import progress as progress_module
from experiments.running.progress import Bar, Counts, Lines, Progress, duration, make_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until the test moves it."""
    hands = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(time, "monotonic", lambda: hands.now)
    return hands


@pytest.mark.parametrize(
    ("seconds", "words", "chinese"),
    [
        (0.4, "0 s", "0 秒"),
        (59.4, "59 s", "59 秒"),
        (59.6, "1 min 0 s", "1 分 0 秒"),
        (200, "3 min 20 s", "3 分 20 秒"),
        (7500, "2 h 5 min", "2 小时 5 分"),
    ],
)
def test_durations(seconds, words, chinese):
    assert duration(seconds) == words
    assert duration(seconds, "zh") == chinese


def test_the_line_says_everything(clock):
    counts = Counts(total=100, cached=20)
    clock.now += 6.0
    counts.add(done=30, failed=2, retried=6)
    clock.now += 4.0
    assert counts.left == 48
    assert counts.text() == (
        "50 of 100 runs · 20 cached · 2 failed · 6 retried · 3.2/s · 15 s left · last 4 s ago"
    )
    assert counts.text("zh") == (
        "已完成 50 / 100 次运行 · 20 次已存 · 2 次失败 · 6 次重试 · 每秒 3.2 次 · 还需 15 秒 · "
        "上次结果在 4 秒前"
    )


def test_nothing_is_foretold_before_the_first_result(clock):
    clock.now += 5.0
    assert Counts(total=9).text() == "0 of 9 runs · last 0 s ago"


def test_the_rate_is_that_of_the_last_minute(clock):
    counts = Counts(total=10_000)
    for rate in (1, 10):
        for _ in range(300):
            clock.now += 1.0
            counts.add(done=rate, failed=0, retried=0)
        assert counts.per_second() == pytest.approx(rate, rel=0.02)
    assert len(counts.marks) < 70
    clock.now += 60.0  # no result for a minute: half of the window
    assert counts.per_second() == pytest.approx(5.0, rel=0.05)


def test_seldom_results_make_the_window_longer(clock):
    counts = Counts(total=1_000)
    for _ in range(50):
        clock.now += 300.0
        counts.add(done=3, failed=0, retried=0)
    assert counts.per_second() == pytest.approx(0.01)
    assert len(counts.marks) == progress_module.WINDOW_RESULTS


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_the_last_state_stays_to_be_read(kind, capsys):
    with kind() as shown:
        shown.start(total=4, cached=1)
        shown.advance(done=2)
        shown.advance(retried=1)
    assert "3 of 4 runs" in " ".join(capsys.readouterr().err.split())


def test_lines_go_on_while_no_result_comes(monkeypatch):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.001)
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: 7.0))
    stream = io.StringIO()
    with Lines(stream=stream) as shown:
        shown.start(total=4, cached=0)
        while stream.getvalue().count("\n") < 3:
            time.sleep(0.001)
    assert stream.getvalue().startswith("0 of 4 runs · last 0 s ago\n")


def test_nothing_is_told_before_it_has_begun():
    stream = io.StringIO()
    with Lines(stream=stream):
        pass
    assert stream.getvalue() == ""


def test_a_bar_only_where_there_is_a_terminal(monkeypatch):
    assert type(make_progress(False)) is Progress
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(make_progress()) is Lines
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(make_progress()) is Bar
