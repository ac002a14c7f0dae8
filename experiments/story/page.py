"""The page that is printed: headings, tables and sentences, on a terminal or as plain text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

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


def percent(share: float) -> str:
    """A share."""
    return f"{100 * share:.0f} %"


def as_text(blocks: Iterable[Block]) -> str:
    """The page without colours, :data:`WIDTH` columns wide."""
    from rich.console import Console

    page = io.StringIO()
    _show(blocks, Console(file=page, width=WIDTH, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def print_page(blocks: Iterable[Block]) -> None:
    """The page on standard output, as wide as its terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    _show(blocks, console if console.is_terminal else Console(width=WIDTH, highlight=False))


def _show(blocks: Iterable[Block], console: Console) -> None:
    from rich.text import Text

    for block in blocks:
        if isinstance(block, Heading):
            console.print()
            console.print(Text(block.text, style="bold underline" if block.main else "bold"))
            console.print(Text(("=" if block.main else "-") * min(console.width, 24)))
        elif isinstance(block, Grid):
            console.print(_table(block))
        elif block:
            console.print(Text(block))


def _table(grid: Grid) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    first_number = len(grid.columns) - grid.numbers
    for place, column in enumerate(grid.columns):
        table.add_column(Text(column), justify="right" if place >= first_number else "left")
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
