"""Clocks, turns, medians and exponents, by a clock that is told what time it is."""

from __future__ import annotations

import pytest

from benchmarks.timing import Stopwatch, exponent, in_turns, plain, spread


class FakeClock:
    """Seconds that pass only when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stopwatch_adds_what_it_saw_and_leaves_out_the_pauses() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    with watch.running():
        clock.now += 2.0
        with watch.paused():
            clock.now += 50.0
    clock.now += 1_000.0
    with watch.running():
        clock.now += 3.0
    assert watch.seconds == 5.0


def test_a_stopwatch_counts_what_ends_in_an_error() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)

    def fails() -> None:
        with watch.running():
            clock.now += 2.0
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert watch.seconds == 2.0


def test_subjects_take_turns() -> None:
    order: list[str] = []

    def subject(name: str):
        def one() -> int:
            order.append(name)
            return len(order)

        return one

    found = in_turns({name: subject(name) for name in "ab"}, 3)
    assert order == ["a", "b"] * 3
    assert found == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_median_and_quartiles() -> None:
    found = spread([5.0, 1.0, 2.0, 4.0, 3.0])
    assert (found.low, found.median, found.high, found.count) == (2.0, 3.0, 4.0, 5)
    assert found.told() == "3.00 (2.00 to 4.00)"
    assert spread([7.0]).told() == "7.00"
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (0.01234, "0.0123"), (1.0, "1.00"), (99.96, "100.0"), (12345.6, "12,346")],
)
def test_numbers_are_told_without_powers_of_ten(value: float, told: str) -> None:
    assert plain(value) == told


@pytest.mark.parametrize("power", [0.5, 1.0, 1.3])
def test_the_exponent_of_a_power_is_found(power: float) -> None:
    sizes = [1_000.0, 3_000.0, 100_000.0]
    assert exponent(sizes, [7e-6 * size**power for size in sizes]) == pytest.approx(power)
