"""Curves over factors: which points are put together, and what is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from experiments.statistics import paired
from experiments.sweep.designs import make_design
from experiments.sweep.figure import draw, write_figures
from experiments.sweep.results import SweepResults
from experiments.sweep.space import Factor, Space
from experiments.words import Words

SPACE = Space(
    (
        Factor("search.noise", (), 0.0, 0.2),
        Factor("funding.public_share", (0.2, 0.5)),
        Factor("population", ("classroom", "上海")),
    )
)
TITLES = {"none": {"en": "None", "zh": "无"}, "race": {"en": "Race", "zh": "赛马"}}


def results(out: Path) -> SweepResults:
    design = make_design(SPACE, "lhs", 40, 1)
    names = pa.array([str(k) for k in range(40 * 2 * 3)])
    return SweepResults(out, design, ("none", "race"), 3, names)


def test_a_curve_is_the_mean_over_the_points_at_each_value(tmp_path: Path) -> None:
    sweep = results(tmp_path)
    share = np.array(sweep.design.values(1))
    values = np.broadcast_to(share[:, None, None], sweep.shape) + np.arange(3.0)
    figure = draw(sweep, values, {0: "None", 1: "Race"}, "label", Words("en"))
    noise, by_share, population = figure.axes[:3]
    assert np.allclose(by_share.lines[0].get_ydata(), [1.2, 1.5])
    assert np.shape(noise.lines[0].get_xdata()) == (5,)  # eight points or more in each slice
    assert [label.get_text() for label in population.get_xticklabels()] == ["classroom", "上海"]
    bars: Any = by_share.collections[0]
    interval = bars.get_segments()[0][:, 1]
    assert np.allclose(interval, paired.mean_interval(np.array([0.2, 1.2, 2.2])))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["None", "Race"]


def test_missing_runs_are_left_out_and_files_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = results(tmp_path)
    values = np.full(sweep.shape, 1.0)
    values[3, 1, 2] = np.nan
    monkeypatch.setattr(SweepResults, "outcomes", lambda self, names: iter([values] * len(names)))
    written = write_figures(sweep, TITLES, "zh")
    assert [figure.name for figure in written] == [
        "factors_technical", "differences_technical", "factors_welfare", "differences_welfare",
    ]  # fmt: skip
    for figure in written:
        assert figure.png.read_bytes().startswith(b"\x89PNG")
        assert "<svg" in figure.svg.read_text(encoding="utf-8")
