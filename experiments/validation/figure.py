"""One figure: for each target, model, programme and null on the scale of its tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.figures.axes import wrapped
from experiments.figures.style import COLOURS, GREY, PNG_DPI, WIDTH, printable, save, style
from experiments.report.numbers import number
from experiments.validation.measures import BEHAVIOUR, CLASSES
from experiments.validation.results import UNMEASURED, Found, Validation
from experiments.validation.sentences import label
from experiments.words import Words

MODEL, REAL, NULL = COLOURS[1], "#000000", COLOURS[6]
FADED = "#a0a0a0"
BAND = "#e8e8e8"
ROW = 0.36  # inches
OFFSETS, SIDES = (42, 86, 130, 142), ("right", "right", "right", "left")  # points
REACH = 12.0  # tolerances that are shown to either side; further out stands an arrow


def write_figure(
    validation: Validation, title: str, folder: Path, lang: str, name: str = "validation"
) -> Path:
    """Write ``NAME.svg`` and ``.png`` (``NAME.zh.…`` in Chinese); returns the SVG."""
    words = Words(lang)
    svg = folder / f"{name if lang == 'en' else f'{name}.{lang}'}.svg"
    with style(lang, title):
        save(draw(validation, printable(title), words), svg, svg.with_suffix(".png"), PNG_DPI)
    return svg


def draw(validation: Validation, title: str, words: Words) -> Figure:
    """Rows are targets by group; the programme's mean is the zero of each row."""
    rows = [one for group in CLASSES for one in validation.of(group) if one.verdict != UNMEASURED]
    figure = Figure(figsize=(WIDTH, 1.9 + ROW * (len(rows) + len(CLASSES))))
    axes = figure.subplots()
    axes.axvspan(-1, 1, color=BAND, lw=0)
    axes.axvline(0, color=GREY, lw=0.8)
    place = 0
    places: list[int] = []
    labels: list[str] = []
    for group in CLASSES:
        chosen = [one for one in rows if one.target.measure.group == group]
        if not chosen:
            continue
        axes.text(
            -REACH, place, words(f"validation.group.{group}"), fontsize=10,
            va="center", color="black" if group == BEHAVIOUR else GREY,
        )  # fmt: skip
        for one in chosen:
            place += 1
            _row(axes, one, place, group == BEHAVIOUR)
            places.append(place)
            labels.append(wrapped(label(one, words), 44))
        place += 1
    _right(axes, rows, places, words)
    axes.set_yticks(places, labels)
    for tick, one in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color("black" if one.target.measure.group == BEHAVIOUR else FADED)
    axes.set_ylim(place - 0.3, -0.7)
    axes.set_xlim(-REACH - 0.6, REACH + 0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(words("validation.figure_axis"))
    head = words("validation.figure_title", title=title, projects=f"{validation.projects:,}")
    figure.suptitle(wrapped(head, 120), x=0.01, ha="left", fontsize=11)
    figure.legend(handles=_legend(words), loc="outside lower left", ncols=4, fontsize=8)
    return figure


def _row(axes: Axes, one: Found, place: int, full: bool) -> None:
    """The three markers of a target, and the interval of the model's distance."""
    unit = one.target.within
    low, high = (max(-REACH, min(REACH, end / unit)) for end in (one.low, one.high))
    colours = (MODEL, NULL, REAL) if full else (FADED, FADED, FADED)
    axes.plot([low, high], [place, place], color=colours[0], lw=1.6)
    null = (one.null.mean - one.real.mean) / unit
    _marker(axes, null, place, "^", colours[1], hollow=True)
    _marker(axes, 0.0, place, "D", colours[2], hollow=False)
    _marker(axes, one.distance / unit, place, "o", colours[0], hollow=False)


def _marker(axes: Axes, x: float, y: int, shape: str, colour: str, *, hollow: bool) -> None:
    """A marker, or at the edge an arrow of the same colour where it would lie beyond."""
    beyond = abs(x) > REACH
    if beyond:
        shape, x = (">", REACH) if x > 0 else ("<", -REACH)
    axes.plot(x, y, shape, color=colour, ms=6, mfc="white" if hollow else colour, clip_on=False)


def _right(axes: Axes, rows: Sequence[Found], places: Sequence[int], words: Words) -> None:
    """Numbers and the verdict at the right."""
    heads = [words(f"validation.column.{name}") for name in ("model", "real", "null", "verdict")]
    lines: list[tuple[float, list[str]]] = [(-0.35, heads)]
    for place, one in zip(places, rows, strict=True):
        full = one.target.measure.group == BEHAVIOUR
        told = words(f"validation.verdict.{one.verdict}") if full else "–"
        told += " *" if full and one.null_too else ""
        lines.append(
            (place, [number(one.model.mean), number(one.real.mean), number(one.null.mean), told])
        )
    for row, texts in lines:
        for text, offset, side in zip(texts, OFFSETS, SIDES, strict=True):
            axes.annotate(
                text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(offset, 0),
                textcoords="offset points", va="center", ha=side, fontsize=8, annotation_clip=False,
            )  # fmt: skip


def _legend(words: Words) -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=MODEL, marker="o", ms=6, label=words("validation.legend.model")),
        Line2D([], [], color=REAL, marker="D", ms=6, ls="", label=words("validation.legend.real")),
        Line2D(
            [], [], color=NULL, marker="^", ms=6, mfc="white", ls="",
            label=words("validation.legend.null"),
        ),
        Patch(color=BAND, label=words("validation.legend.within")),
    ]  # fmt: skip
