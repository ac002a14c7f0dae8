"""The stages of each programme of a run: what passed through, and where the rest was left."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.stages import FUNNEL, REASONS, REFUSALS, TASKS_IN, columns_of
from experiments.story.page import Block, Grid, Heading, money, whole
from experiments.story.teller import Teller


class StagesTeller(Teller):
    """Tells the stages of the programmes."""

    def blocks(self) -> list[Block]:
        """For each programme its funnel, and what was left out of it."""
        names = columns_of(self.model.regions)
        told: list[Block] = []
        for row, programme in enumerate(self.entry.programmes):
            values = self.model.state.stages[1 + row].tolist()
            counts = dict(zip(names, values, strict=True))
            told += [
                Heading(self.say("stages", programme=programme)), self._funnel(counts),
                self.words.paragraph(self._left_out(counts)), self._tasks(counts),
            ]  # fmt: skip
        return told

    def _funnel(self, counts: dict[str, int]) -> Grid:
        """What passes through each stage; stages at 0 are shown too."""
        approved = counts["approved"]
        shown = {stage: whole(counts[stage]) for stage in FUNNEL if stage in counts}
        shown["wait"] = money(counts["waiting"] / approved) if approved else "–"
        rows = [(self.words(f"stage.{stage}"), shown[stage]) for stage in FUNNEL]
        return self.grid(("stage", "passing"), rows, 1)

    def _left_out(self, counts: dict[str, int]) -> list[str]:
        """Why needs were not published and teams not admitted; what nobody wanted."""
        said = []
        if total := counts["screened_out"]:
            reasons = self._items(counts, REASONS)
            said.append(self.say("screened", total=whole(total), reasons=reasons))
        if refused := self._items(counts, REFUSALS):
            said.append(self.say("refused", reasons=refused))
        rest = {
            name: whole(counts[name]) for name in ("unanswered", "second", "unpaid", "declined")
        }
        return [*said, self.say("unanswered", **rest)]

    def _items(self, counts: dict[str, int], names: Sequence[str]) -> str:
        return self.words.join(
            self.say("item_count", item=self.words(f"stage.{name}"), count=whole(counts[name]))
            for name in names
            if counts[name]
        )

    def _tasks(self, counts: dict[str, int]) -> str:
        regions = self.words.join(
            self.say("item_count", item=self.region(name), count=whole(counts[TASKS_IN + name]))
            for name in self.model.regions
            if counts[TASKS_IN + name]
        )
        if not regions:
            return ""
        communicating = whole(counts["communicating"])
        return self.say("tasks_in", regions=regions, communicating=communicating)
