"""Fonts, colours and marker shapes of all figures.

Colours are those of Okabe and Ito (2008) with a marker shape of its own per regime, so that every
figure also reads in grey; heat maps use cividis. No colour means good or bad.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from experiments.words import catalogue

PACKAGE = Path(__file__).parents[1]
FONT = PACKAGE / "fonts" / "ConsortiaSansSC-Regular.otf"
BOLD = FONT.with_name("ConsortiaSansSC-Bold.otf")  # without rare characters
UNKNOWN_CHARACTER = "〓"  # what Chinese printers set for a character they have no type for

# Okabe and Ito without yellow, which is too pale for lines on white.
COLOURS = ("#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++")
STACK_COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#CC79A7", "#BBBBBB", "#009E73")
GREY = "#6b6b6b"
WIDTH = 11.5  # inches, of a full figure
PNG_DPI = 110


@contextmanager
def style(lang: str, titles: str | None = None) -> Iterator[None]:
    """Settings of all figures; the caller's own are restored.

    The second font is looked up for every text, so it is left out where the language's own font
    has every character of the words and of ``titles``.
    """
    font_manager.fontManager.addfont(str(FONT))
    chinese = font_manager.FontProperties(fname=str(FONT)).get_name()
    fonts = [chinese, "DejaVu Sans"] if lang == "zh" else ["DejaVu Sans", chinese]
    own = font_manager.findfont(fonts[0])
    if titles is not None and all(
        _has(own, c) for c in set(titles).union(*catalogue(lang).values())
    ):
        fonts = fonts[:1]
    settings: Any = {
        "font.family": fonts, "font.size": 9, "axes.unicode_minus": False,
        "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10,
        "axes.labelsize": 9, "svg.hashsalt": "consortia", "svg.fonttype": "path",
        "hatch.linewidth": 0.6, "legend.frameon": False, "figure.constrained_layout.use": True,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        yield


def save(figure: Figure, svg: Path, png: Path, dpi: int) -> None:
    """Write a figure in both formats; no file has a date.

    ``savefig`` would draw everything twice, the first time to no file; the picture is made from the SVG, for
    drawing it once more would take seven times as long.
    """
    FigureCanvasSVG(figure).print_svg(str(svg), metadata={"Date": None, "Creator": None})
    png.write_bytes(_picture(svg, dpi))


def _picture(svg: Path, dpi: int) -> bytes:
    """The SVG as PNG."""
    import typst

    page = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("/{svg.name}")'
    set_type: Any = typst.compile
    made: bytes = set_type(
        page.encode(), root=str(svg.parent.resolve()), format="png", ppi=float(dpi),
        ignore_system_fonts=True,
    )  # fmt: skip
    return made


def printable(text: str) -> str:
    """The text with characters that no shipped font has replaced by a visible stand-in."""
    fonts = (str(FONT), font_manager.findfont("DejaVu Sans"))
    return "".join(c if any(_has(font, c) for font in fonts) else UNKNOWN_CHARACTER for c in text)


def _has(font: str, character: str) -> bool:
    return _font(font).get_char_index(ord(character)) > 0


@cache
def _font(file: str) -> FT2Font:
    return FT2Font(file)
