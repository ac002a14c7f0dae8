"""The run in words: what was run, year by year, counts, money, rules that never bound."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from agents.government import JOINING
from agents.kinds import PAYERS
from experiments.story.accounts import own_before
from experiments.story.page import Block, Grid, Heading, money, whole
from experiments.story.stages import StagesTeller
from experiments.story.teller import Teller
from experiments.tables import Panel, never_bound
from simulation import events as log
from simulation.outcomes import COUNTS, OUTCOMES, TRAJECTORIES


class RunTeller(Teller):
    """Tells what was run and what it came to."""

    def blocks(self) -> list[Block]:
        """What was run, and what it came to."""
        return [*self._run(), *self._result()]

    def _run(self) -> list[Block]:
        """What was run."""
        time: Any = self.setup.world.sections["time"]
        blocks: list[Block] = [
            Heading(f"{self.words.title(self.entry)} ({self.entry.name})", main=True),
            str(self.entry.question.get(self.words.lang, "")),
            self.say(
                "population",
                organisations=self.setup.population.size, population=self.setup.population.name,
                seed=self.setup.seed, burn_in=time.burn_in, policy=time.policy,
                run_out=self.model.step_count - time.burn_in - time.policy,
            ),
        ]  # fmt: skip
        if not self.entry.programmes:
            return [*blocks, self.say("no_programme")]
        for row, name in enumerate(self.entry.programmes, start=1):
            blocks.append(self._programme(row, name))
        out = {name: money(self.story.outcomes[f"public_{name}"]) for name in
               ("offered", "spent", "unspent")}  # fmt: skip
        counts = {name: whole(self.story.outcomes[name]) for name in ("bids", "awards")}
        private = whole(self.story.outcomes["private_projects"])
        blocks.append(self.say("offered", **out, **counts, private=private))
        return [*blocks, *StagesTeller(self.story).blocks()]

    def _programme(self, row: int, name: str) -> str:
        """A programme with those who run it, and those who must agree."""
        run, agree = [], []
        for government in self.model.governments:
            title = self._government_title(government)
            for charge in government.charges:
                if charge.programme.row != row:
                    continue
                purse = math.fsum(charge.programme.budget(0, region) for region in charge.purses)
                told = title
                if purse > 0.0:
                    told = self.say("with_purses", title=title, purse=money(purse))
                if government.title in JOINING:
                    agree.append(told)
                elif charge.runs or purse > 0.0:
                    run.append(told)
        said = [self.say("programme", name=name, governments=self.words.join(run))]
        if agree:
            said.append(self.say("must_agree", governments=self.words.join(agree)))
        return self.words.paragraph(said)

    def _government_title(self, government: Any) -> str:
        region = getattr(government, "region", None)
        if region is not None:
            return self.say("government.region", region=self.region(region))
        return self.say(f"government.{government.title}")

    def _result(self) -> list[Block]:
        """Years, counts, money, rules."""
        outcomes = self.story.outcomes
        blocks: list[Block] = [
            Heading(self.say("years")), self._years(), self.say("money_unit"),
            Heading(self.say("counts")), self._counts(),
        ]  # fmt: skip
        if self.entry.programmes:
            blocks.append(self._additional())
        blocks.append(self._chains())
        paid = [outcomes[f"paid_{payer}"] for payer in PAYERS]
        return [*blocks, Heading(self.say("payers")), self.payments(paid), *self._never_bound()]

    def _additional(self) -> str:
        """What is solved here and in the reference, and what in one of them only."""
        solved, additional, displaced, deadweight = (
            self.story.outcomes[name]
            for name in ("solved", "additional", "displaced", "deadweight")
        )
        both = solved - additional
        return self.say(
            "additional", solved=whole(solved), anyway=whole(both + displaced), both=whole(both),
            deadweight=whole(deadweight), additional=whole(additional), displaced=whole(displaced),
        )  # fmt: skip

    def _chains(self) -> str:
        """How secure the strategic chains' weakest links were before policy, and are after it."""
        first = self.model.state.trajectory[
            0, [one.name for one in TRAJECTORIES].index("weakest_link")
        ]
        return self.say(
            "chains", first=f"{100 * first:.0f}",
            last=f"{100 * self.story.outcomes['weakest_link']:.0f}",
            mean=f"{100 * self.story.outcomes['link_security']:.0f}",
        )  # fmt: skip

    def _years(self) -> Grid:
        names = ("active_projects", "solved", "technical", "industrial", "major", "public_spent",
                 "own_spent")  # fmt: skip
        columns = [[one.name for one in TRAJECTORIES].index(name) for name in names]
        table = self.model.state.trajectory
        last = self.model.step_count - self.burn_in
        quarter = self.events["step"] - self.burn_in
        rows = []
        for end in [*range(4, last, 4), last]:
            inside = (quarter >= max(0, (end - 1) // 4 * 4)) & (quarter < end)
            happened = [
                str(int((inside & (self.events["kind"] == kind)).sum()))
                for kind in (log.BID, log.AWARDED)
            ]
            values = [whole(table[end - 1, column]) for column in columns]
            values[-1] = whole(table[end - 1, columns[-1]] - own_before(self.model))
            rows.append((str((end + 3) // 4), values[0], *happened, *values[1:]))
        head = ("year", "running", "bids", "awards", "solved", "technical", "industrial", "major",
                "public", "own")  # fmt: skip
        return self.grid(head, rows, len(head))

    def _counts(self) -> Grid:
        rows = [
            (
                self.words(f"outcome.{name}"),
                self.say(f"meaning.{name}"),
                whole(self.story.outcomes[name]),
            )
            for name in COUNTS
        ]
        return self.grid(("count", "meaning", "number"), rows, 1)

    def _never_bound(self) -> list[Block]:
        values = {one.name: np.array([[self.story.outcomes[one.name]]]) for one in OUTCOMES}
        rows = never_bound(Panel((self.entry.name,), np.zeros(1, np.int64), values), self.setup)
        items = [
            self.say(
                "never_item", rule=self.words(f"rule.{row['rule']}"), lever=row["lever"],
                value=row["value"],
            )
            for row in rows
        ]  # fmt: skip
        if not self.entry.programmes:
            return []
        text = self.words("list.semicolon").join(items)
        return [Heading(self.say("never_bound")), text or self.words("report.none")]
