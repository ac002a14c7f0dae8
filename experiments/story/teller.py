"""What every part of the story needs: names, moments and tables in one language."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from agents.kinds import PAYERS
from experiments.populations import label_in, region_title
from experiments.story.page import Grid, money
from experiments.story.run import Story
from experiments.words import Words


class Teller:
    """Puts a run into words of one language."""

    def __init__(self, story: Story) -> None:
        self.story, self.model = story, story.model
        self.setup = story.setup
        self.entry = story.setup.regimes[0]
        self.words = Words(story.setup.lang)
        self.events = story.model.events
        self.burn_in = int(story.model.state.world[0]["time_burn_in"])

    def say(self, key: str, **values: Any) -> str:
        """Words of this page."""
        return self.words(f"story.{key}", **values)

    def when(self, step: int) -> str:
        """A step in words."""
        quarter = int(step) - self.burn_in
        if quarter < 0:
            return self.say("before", number=-quarter)
        return self.say("quarter", number=quarter + 1)

    def name(self, row: int) -> str:
        """An organisation's name in this language."""
        if row >= self.setup.population.size:
            return self.say("start_up", row=row)
        return label_in(self.model.organisation(row).label, self.words.lang)

    def region(self, name: str) -> str:
        """A region's name in this language."""
        return region_title(name, self.words.lang)

    def kind_and_region(self, row: int) -> str:
        """Kind and region of an organisation."""
        agent = self.model.organisation(row)
        return self.words.join([self.say(f"kind.{agent.kind}"), self.region(agent.region)])

    def introduced(self, row: int) -> str:
        """Name, kind and region of an organisation."""
        return self.say("introduced", name=self.name(row), parts=self.kind_and_region(row))

    def programme(self, row: int) -> str:
        """Name of a programme by its row."""
        return self.entry.programmes[row - 1]

    def found(self, *kinds: int, **where: int) -> np.ndarray:
        """Events of these kinds, in order."""
        chosen = np.isin(self.events["kind"], kinds)
        for column, value in where.items():
            chosen &= self.events[column] == value
        return self.events[chosen]

    def grid(self, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> Grid:
        """A table; ``head`` are keys of words, the last ``numbers`` columns hold numbers."""
        columns = tuple(self.say(f"head.{name}") for name in head)
        return Grid(columns, tuple(tuple(row) for row in rows), numbers)

    def payments(self, paid: Sequence[float]) -> Grid:
        """Amounts by payer, in million yuan, with shares."""
        total = math.fsum(paid)
        rows = [
            (self.words(f"payer.{payer}"), money(part), self.words.percent(part / (total or 1.0)))
            for payer, part in zip(PAYERS, paid, strict=True)
        ]
        return self.grid(("payer", "myuan", "share"), rows, 2)
