"""One square for each outcome: in how many worlds one regime is told to be above another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from experiments.figures.axes import wrapped
from experiments.figures.style import PNG_DPI, WIDTH, printable, save, style
from experiments.rankings.results import NOT_TOLD, RANKED, Found
from experiments.report import file_name
from experiments.words import Words

DARK = 0.55  # share below which the numbers are white on cividis


def write_figures(found: Found, titles: Mapping[str, str], out: Path, lang: str) -> list[Path]:
    """Write ``figures/rankings_OUTCOME.svg`` and ``.png``; returns the PNGs."""
    folder, words = out / "figures", Words(lang)
    folder.mkdir(exist_ok=True)
    shown = {name: printable(title) for name, title in titles.items()}
    written = []
    with style(lang, "".join(shown.values())):
        for outcome in RANKED:
            figure = draw(found, outcome, shown, words)
            stem = file_name(f"rankings_{outcome}", lang)
            svg, png = (folder / f"{stem}.{kind}" for kind in ("svg", "png"))
            save(figure, svg, png, PNG_DPI)
            written.append(png)
    return written


def draw(found: Found, outcome: str, titles: Mapping[str, str], words: Words) -> Figure:
    """The square of one outcome, numbers in percent."""
    names = found.orders[outcome]
    shares, told = squares(found, outcome)
    figure = Figure(figsize=(WIDTH, 2.6 + 0.5 * len(names)))
    axes = figure.subplots()
    picture = axes.imshow(100 * shares, cmap="cividis", vmin=0.0, vmax=100.0, aspect="auto")
    for row, column in np.argwhere(~np.isnan(shares)):
        text = f"{100 * shares[row, column]:.0f}"
        axes.text(
            column, row, text if told[row, column] else f"({text})", ha="center", va="center",
            fontsize=9, color="white" if shares[row, column] < DARK else "black",
        )  # fmt: skip
    labels = [titles[name] for name in names]
    axes.set_yticks(range(len(names)), [wrapped(label, 30) for label in labels])
    axes.set_xticks(range(len(names)), [wrapped(label, 13) for label in labels], fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.colorbar(picture, ax=axes, label=words("rankings.figure_bar"), shrink=0.7, pad=0.01)
    head = words("rankings.figure_title", outcome=words(f"outcome.{outcome}"), draws=found.draws)
    figure.suptitle(wrapped(head, 120), x=0.01, ha="left", fontsize=11)
    figure.supxlabel(wrapped(words("rankings.figure_note"), 170), x=0.01, ha="left", fontsize=8)
    return figure


def squares(found: Found, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Share of draws in which the row is told above the column, and whether the pair is told at all.

    Both of shape (regimes, regimes), in the order of the ranking; NaN on the diagonal.
    """
    place = {name: row for row, name in enumerate(found.orders[outcome])}
    shares = np.full((len(place), len(place)), np.nan)
    told = np.zeros(shares.shape, bool)
    for one in found.pairs[outcome]:
        row, column = place[one.better], place[one.worse]
        shares[row, column], shares[column, row] = one.same.share, one.reversed_.share
        told[row, column] = told[column, row] = one.verdict != NOT_TOLD
    return shares, told
