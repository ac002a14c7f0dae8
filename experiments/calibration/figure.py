"""One figure: the posterior of each parameter within its prior, and how well it is recovered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from experiments.calibration.results import Fit
from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, save, style
from experiments.report.numbers import number
from experiments.words import Words

BINS = 12
POSTERIOR, DEFAULT = COLOURS[1], COLOURS[6]


def write_figure(fit: Fit, folder: Path, lang: str) -> Path:
    """Write ``posterior.svg`` and ``.png`` (``posterior.zh.…``); returns the SVG."""
    words = Words(lang)
    svg = folder / ("posterior.svg" if lang == "en" else f"posterior.{lang}.svg")
    with style(lang):
        save(draw(fit, words), svg, svg.with_suffix(".png"), PNG_DPI)
    return svg


def draw(fit: Fit, words: Words) -> Figure:
    """A panel per parameter: weighted particles as bars, the prior as a line, the value as set."""
    priors = fit.setup.priors
    columns = min(4, len(priors))
    rows = -(-len(priors) // columns)
    figure = Figure(figsize=(WIDTH, 0.9 + 2.6 * rows))
    panels = np.atleast_1d(figure.subplots(rows, columns, squeeze=False).ravel())
    for place, (axes, prior) in enumerate(zip(panels, priors, strict=False)):
        edges = np.linspace(prior.low, prior.high, BINS + 1)
        heights, _ = np.histogram(
            fit.posterior.values[:, place], edges, weights=fit.posterior.weights
        )
        axes.bar(edges[:-1], heights * BINS, width=np.diff(edges), align="edge",
                 color=POSTERIOR, edgecolor="white")  # fmt: skip
        axes.axhline(1.0, color=GREY, ls="--", lw=1.2)
        axes.axvline(fit.default(prior.name), color=DEFAULT, ls=":", lw=2)
        axes.plot(fit.default(prior.name), 0, "^", color=DEFAULT, ms=8, clip_on=False, zorder=5)
        axes.set_xlim(prior.low, prior.high)
        axes.set_xlabel(prior.name)
        axes.set_yticks([0, 1], ["0", "1"])
        if fit.recovered:
            one = fit.recovered[place]
            axes.set_title(
                words(
                    "calibration.panel", explained=number(one.explained), covered=one.covered, runs=one.runs
                ),
                fontsize=8, loc="left",
            )  # fmt: skip
    for axes in panels[len(priors) :]:
        axes.set_visible(False)
    panels[0].set_ylabel(words("calibration.density"))
    figure.suptitle(wrapped(words("calibration.figure_title"), 130), x=0.01, ha="left", fontsize=10)
    return figure
