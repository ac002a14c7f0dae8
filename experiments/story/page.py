"""The page that is printed: headings, tables and sentences, on a terminal or as plain text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Pieces of text that stay together: a Chinese character, or a word, with the marks around it.
PIECES = re.compile(
    r"[（“]*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff（“”），。；：、]+(?: %)?)?[”），。；：、]*\s*"
)
GAP = 3  # columns between two columns of a table
WIDTH = 100  # columns of the text, where no terminal says otherwise


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that opens a part."""

    text: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table; numbers stand on the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int  # columns, from the last one, that hold numbers


Block = Heading | Grid | str


def money(amount: float) -> str:
    """An amount in million yuan."""
    return f"{amount:,.2f}" if abs(amount) < 10 else f"{amount:,.1f}"


def whole(number: float) -> str:
    """A count."""
    return f"{number:,.0f}"


def fold(text: str, width: int) -> str:
    """The text in lines of at most ``width`` columns.

    Chinese may break after any character, but no line starts with a closing mark; rich breaks at
    spaces alone, which leaves ragged lines.
    """
    lines = [""]
    for piece in PIECES.findall(text):
        if lines[-1] and cell_len(lines[-1]) + cell_len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def as_text(blocks: Iterable[Block]) -> str:
    """The page without colours, :data:`WIDTH` columns wide."""
    page = io.StringIO()
    _show(blocks, Console(file=page, width=WIDTH, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def print_page(blocks: Iterable[Block]) -> None:
    """The page on standard output, as wide as its terminal."""
    console = Console(highlight=False)
    _show(blocks, console if console.is_terminal else Console(width=WIDTH, highlight=False))


def _show(blocks: Iterable[Block], console: Console) -> None:
    for block in blocks:
        if isinstance(block, Heading):
            console.print()
            console.print(Text(block.text, style="bold underline" if block.main else "bold"))
            console.print(Text(("=" if block.main else "-") * min(console.width, 24)))
        elif isinstance(block, Grid):
            console.print(_table(block, console.width))
        elif block:
            console.print(Text(fold(block, console.width)))


def _table(grid: Grid, room: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    first_number = len(grid.columns) - grid.numbers
    widths = _widths(list(zip(grid.columns, *grid.rows, strict=True)), room)
    for place, (column, width) in enumerate(zip(grid.columns, widths, strict=True)):
        justify: Any = "right" if place >= first_number else "left"
        table.add_column(Text(column), justify=justify, width=width)
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int | None]:
    """Widths with which no name in the first column breaks and no word is cut.

    None leaves a width to rich, which cuts words, where they do not fit.
    """
    widths = [max(map(cell_len, column)) for column in columns]
    words = [max(cell_len(word) for cell in column for word in cell.split()) for column in columns]
    least = [widths[0], *words[1:]]
    room -= GAP * (len(columns) - 1)
    if sum(least) > room:
        return [None] * len(columns)
    while sum(widths) > room:
        spare = [width - smallest for width, smallest in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    return list(widths)
