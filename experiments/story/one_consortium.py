"""One consortium in words: its need, who was asked, the bid, the work, the money, the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from agents.kinds import FEN_PER_MYUAN
from experiments.story.accounts import paid_by, prize
from experiments.story.formation import Formation, find_formation
from experiments.story.page import Block, Grid, Heading, money
from experiments.story.run import Story
from experiments.story.teller import Teller
from simulation import events as log

ENDINGS = {
    log.SOLVED_EVENT: "solved",
    log.FAILED: "failed",
    log.OVERTAKEN: "overtaken",
    log.STOPPED: "gate_stopped",
}


class ConsortiumTeller(Teller):
    """Tells how one consortium came about, worked and ended."""

    def __init__(self, story: Story, row: int) -> None:
        super().__init__(story)
        self.row = row
        self.agent = story.model.consortium(row)
        self.own: Any = story.model.state.consortia[row]
        self.index = self.agent.problem
        self.need: Any = story.model.state.needs[self.index]
        self.problem: Any = story.model.state.problems[self.index]
        self.path = story.paths.get(row, [])

    def blocks(self) -> list[Block]:
        """The story, part by part."""
        last = self.model.consortium_count - 1
        blocks: list[Block] = [
            Heading(self.say("title", row=self.row, all=last + 1), main=True),
            self.words.paragraph([*self._why_chosen(), self.say("choose", last=last)]),
        ]
        for name, part in self._parts():
            blocks += [Heading(self.say(f"section.{name}")), *part()]
        return blocks

    def _why_chosen(self) -> list[str]:
        if self.setup.config["consortium"] != "auto":
            return []
        solved = self.agent.state == "solved" and self.agent.grant > 0.0
        return [self.say("auto_solved" if solved else "auto_largest")]

    def _parts(self) -> list[tuple[str, Callable[[], list[Block]]]]:
        parts: list[tuple[str, Callable[[], list[Block]]]] = [
            ("need", self._need), ("programme", self._programme_part), ("forming", self._forming),
        ]  # fmt: skip
        if self.agent.programme > 0:
            parts.append(("bid", self._bid))
        if self.path:
            parts += [("work", self._work), ("money", self._who_paid), ("result", self._result)]
        return parts

    # ------------------------------------------------------------ need and programme

    def _need(self) -> list[Block]:
        need, owner = self.need, int(self.need["owner"])
        components = int(self.model.state.world[0]["needs_components"])
        harder = (self.model.state.needs["difficulty"] < need["difficulty"]).mean()
        text = self.say(
            "need", when=self.when(need["arrival"]), need=self.index,
            owner=self.introduced(owner) if owner >= 0 else self.say("science"),
            value=money(need["value"]), components=components,
            fields=_fields(need["field"][:components]), links=int(need["links"]),
            harder=f"{100 * harder:.0f}", deadline=int(need["deadline"]),
        )  # fmt: skip
        more = [self.say(name) for name in ("frontier", "strategic") if need[name] == 1]
        if need["prerequisite"] >= 0:
            more.append(self.say("prerequisite", prerequisite=int(need["prerequisite"])))
        return [self.words.paragraph([text, *more])]

    def _programme_part(self) -> list[Block]:
        """What happened to the need before this consortium bid for it."""
        said: list[Block] = []
        kinds = (log.SUBMITTED, log.PUBLISHED, log.SCREENED_OUT_EVENT, log.NO_ANSWER_EVENT,
                 log.TURNED_DOWN)  # fmt: skip
        for event in self.found(*kinds, problem=self.index):
            if event["step"] <= self.agent.founded or event["kind"] == log.TURNED_DOWN:
                said += self._before(event)
        if self.agent.programme > 0 and not len(self.found(log.PUBLISHED, problem=self.index)):
            said.append(self.say("at_once"))
        if self.own["body"] >= 0:
            body = self.model.standing_consortium(int(self.own["body"]))
            said.append(self.say("body", lead=self.introduced(body.lead.row)))
        if self.agent.programme == 0:
            said.append(self.say("alone"))
        return [*said, *self._rivals()]

    def _rivals(self) -> list[Block]:
        formed = self.model.state.consortia[: self.model.consortium_count]
        others = formed[(formed["problem"] == self.index) & (formed["row"] != self.row)]
        if not len(others):
            return []
        funded = int((others["grant"] > 0).sum())
        return [self.say("rivals", number=len(others), funded=funded)]

    def _before(self, event: Any) -> list[Block]:
        when = self.when(event["step"])
        if event["kind"] == log.SUBMITTED:
            return [self.say("submitted", when=when, programme=self.programme(int(event["value"])))]
        if event["kind"] == log.TURNED_DOWN:
            other = int(event["consortium"])
            earlier = other != self.row and event["step"] < self.agent.founded
            return [self.say("earlier", when=when, row=other)] if earlier else []
        key = {log.PUBLISHED: "published", log.SCREENED_OUT_EVENT: "screened_out"}.get(
            int(event["kind"]), "no_answer"
        )
        return [self.say(key, when=when, points=f"{event['value']:.1f}")]

    # ------------------------------------------------------------ forming

    def _forming(self) -> list[Block]:
        formation = find_formation(self.events, self.row, self.index)
        joined = [answer for answer in formation.answers if answer[1] == log.ACCEPTED]
        said: list[Block] = [
            self.say(
                "lead", when=self.when(self.agent.founded),
                lead=self.introduced(self.agent.lead.row),
                believed=f"{100 * self.agent.believed:.0f}", looked=int(self.own["scanned"]),
                asked=len(formation.answers), joined=len(joined),
                refused=len(formation.answers) - len(joined),
            ),
            self._answers(formation),
        ]  # fmt: skip
        asked = {answer[0] for answer in formation.answers}
        unasked = [self.name(row) for row in formation.looked if row not in asked]
        if unasked:
            said.append(self.say("looked", names=self.words.join(unasked)))
        seen = self.found(log.BID, log.FORMED_ALONE, consortium=self.row)[0]["value"]
        layers = self.say(
            "layers", coverage=f"{100 * seen:.0f}", size=self.agent.size,
            regions=int(self.own["regions"]), utility=money(self.own["utility"]),
        )  # fmt: skip
        return [*said, layers]

    def _answers(self, formation: Formation) -> Grid:
        """One line for the lead and for each who was asked."""
        members = {member.row: member for member in self.agent.members}
        rows = [self._answer_row(self.agent.lead.row, self.say("is_lead"), "", members)]
        for row, kind, value in formation.answers:
            transfer = ""
            if kind == log.ACCEPTED:
                answer = self.say("joins")
                transfer = money(value) if value > 0.0 else ""
            elif kind == log.REFUSED_DEAL:
                answer = self.say("refuses_deal", needed=money(-value))
            else:
                answer = self.say("refuses_staff")
            rows.append(self._answer_row(row, answer, transfer, members))
        head = ("organisation", "kind", "answer", "layer", "transfer", "staff",
                "components", "paid")  # fmt: skip
        return self.grid(head, rows, 4)

    def _answer_row(
        self, row: int, answer: str, transfer: str, members: dict[int, Any]
    ) -> tuple[str, ...]:
        who = (self.name(row), self.kind_and_region(row), answer)
        if (member := members.get(row)) is None:
            return (*who, "", "", "", "", "")
        worked = bool(self.path)
        return (
            *who, self.say(f"layer.{member.layer}"), transfer,
            f"{member.staff:.1f}" if worked else "",
            str(len(member.components) or "") if worked else "",
            money(member.own_paid) if worked else "",
        )  # fmt: skip

    # ------------------------------------------------------------ bid and work

    def _bid(self) -> list[Block]:
        decided = self.found(log.AWARDED, log.TURNED_DOWN, consortium=self.row)
        if not len(decided):
            return [self.say("still_bidding")]
        event = decided[0]
        rows = self._decided_with(int(event["step"]))
        merit = self.model.state.consortia["merit"][rows]
        place = int((merit > self.own["merit"]).sum()) + 1
        said = self.say(
            "merit", when=self.when(event["step"]), merit=f"{self.own['merit']:.1f}", place=place,
            bids=len(rows),
        )  # fmt: skip
        programme = self.entry.regime.programmes[self.agent.programme - 1]
        if programme.levers["selection"].mode == "directed":  # type: ignore[attr-defined]
            said = self.say("commission", when=self.when(event["step"]))
        if event["kind"] == log.TURNED_DOWN:
            return [self.words.paragraph([said, self.say("turned_down")])]
        return [self.words.paragraph([said, *self._award()])]

    def _award(self) -> list[str]:
        """What the award consists of, and how much work the lead puts in for it."""
        planned, share = money(self.agent.planned), float(self.own["effort_share"])
        said = [self.say("recognised", planned=planned)]
        if self.agent.grant > 0.0:
            said = [self.say("award", grant=money(self.agent.grant), planned=planned)]
        if share < 1.0:
            said.append(self.say("in_name_only", share=f"{100 * share:.0f}"))
        return said

    def _decided_with(self, step: int) -> np.ndarray:
        """Rows of the bids of its programme that were decided in one quarter."""
        rows = self.found(log.AWARDED, log.TURNED_DOWN, step=step)["consortium"]
        same = self.model.state.consortia["programme"][rows] == self.agent.programme
        return np.unique(rows[same])

    def _work(self) -> list[Block]:
        started = self.found(log.STARTED, consortium=self.row)[0]
        said: list[Block] = [
            self.say(
                "started", when=self.when(started["step"]), staff=f"{self.own['effort']:.1f}",
                integration=f"{100 * started['value']:.0f}",
            ),
            *self._misposed(),
            self.say("work", tries=self.agent.tries, improvements=int(self.own["improvements"])),
            self.say(
                "path", first=f"{100 * self.path[0].percentile:.1f}",
                last=f"{100 * self.path[-1].percentile:.2f}",
            ),
            self._path(),
        ]  # fmt: skip
        for event in self.found(log.PASSED, log.STOPPED, consortium=self.row):
            key = "gate_passed" if event["kind"] == log.PASSED else "gate_stopped"
            seen = f"{100 * event['value']:.1f}"
            said.append(self.say(key, when=self.when(event["step"]), percentile=seen))
        return said

    def _misposed(self) -> list[Block]:
        """What the team found out about the need when it started."""
        if self.agent.misposed == 0:
            return []
        coverage = f"{100 * self.agent.coverage:.0f}"
        return [self.say("misposed", number=self.agent.misposed, coverage=coverage)]

    def _path(self) -> Grid:
        rows = [
            (
                str(one.step - self.burn_in + 1), self.words("percent", number=f"{100 * one.percentile:.2f}"), str(one.tries),
                str(one.improvements), money(one.spent),
            )
            for one in self.path
        ]  # fmt: skip
        head = ("quarter", "percentile", "tries", "improvements", "spent")
        return self.grid(head, rows, 5)

    def _who_paid(self) -> list[Block]:
        paid = paid_by(self.model, self.row)
        said: list[Block] = [self.payments(paid)]
        if prize_paid := math.fsum(prize(self.model, self.row)):
            said.append(self.say("prize", prize=money(prize_paid)))
        financed = float(self.own["financed"] / FEN_PER_MYUAN)
        unpaid = self.agent.spent - math.fsum(paid)
        if financed > 0.0:
            said.append(self.say("financed", financed=money(financed)))
        if unpaid > 0.005:
            said.append(self.say("own_unpaid", unpaid=money(unpaid)))
        returned = self.agent.grant - self.agent.grant_used
        if returned > 0.005:
            said.append(self.say("returned", returned=money(returned)))
        return said

    # ------------------------------------------------------------ result

    def _result(self) -> list[Block]:
        said: list[Block] = []
        for event in self.found(*ENDINGS, consortium=self.row):
            key = ENDINGS[int(event["kind"])]
            if key == "gate_stopped":
                said.append(self.say("stopped"))
                continue
            if key == "solved" and self.problem["solver"] != self.row:
                key = "solved_second"
            said.append(self.say(key, when=self.when(event["step"])))
        return [*said, *self._adoption()]

    def _adoption(self) -> list[Block]:
        problem = self.problem
        if problem["solver"] < 0:
            return []
        if problem["adopted_step"] < 0:
            return [self.say("not_adopted")]
        places = {
            "when": self.when(problem["adopted_step"]),
            "adopter": self.introduced(int(problem["adopter"])),
        }
        if problem["solver"] != self.row:
            return [self.say("adopted_other", **places, row=int(problem["solver"]))]
        realised, cost = money(problem["realised"]), money(problem["adoption_cost"])
        return [self.say("adopted", **places, realised=realised, cost=cost)]


def _fields(fields: np.ndarray) -> str:
    """Fields with how many components need them: ``3 (4x), 7, 9``."""
    numbers, counts = np.unique(fields, return_counts=True)
    return ", ".join(
        f"{number} ({count}×)" if count > 1 else str(number)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    )
