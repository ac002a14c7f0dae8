"""Who an organisation is, or a consortium, at the end of a quarter: in words, for the inspector."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.settings import ConfigError
from experiments.classroom.case import Case
from experiments.classroom.stepping import EVENTS_ROOM
from experiments.populations import label_in, region_title
from experiments.words import Words
from simulation import events as log
from simulation.model import ConsortiaModel

MOST_FIELDS, MOST_PARTNERS, MOST_PROJECTS = 4, 6, 5
WHY_NOT = {
    log.TURNED_DOWN: "turned_down", log.FEW_MEMBERS: "few_members", log.NO_TYPE: "no_type",
    log.FEW_REGIONS: "few_regions", log.FEW_SUPPLIERS: "few_suppliers", log.DECLINED: "declined",
    log.NOT_WORTH_IT: "not_worth_it",
}  # fmt: skip

Rows = list[tuple[str, str]]


def inspect(case: Case, what: str, row: int, quarter: int, words: Words) -> dict[str, Any]:
    """Title and lines (label, text) about one organisation or consortium.

    Parameters
    ----------
    what: ``organisation`` or ``consortium``.
    quarter: quarters of policy that have passed.

    Raises
    ------
    ConfigError: there is none of that number by then.
    """
    model = ConsortiaModel(
        case.world, case.population, case.entry.regime,
        seed=case.choices.seed, replicate=0, events=EVENTS_ROOM,
    )  # fmt: skip
    while model.running and model.quarter < quarter:
        model.step()
    count = len(model._organisations) if what == "organisation" else model.consortium_count
    if not 0 <= row < count:
        raise ConfigError(words("classroom.error.nobody", row=row))
    told = _Told(model, words)
    title, rows = told.organisation(row) if what == "organisation" else told.consortium(row)
    return {"title": title, "rows": rows}


class _Told:
    """Puts one model into words."""

    def __init__(self, model: ConsortiaModel, words: Words) -> None:
        self.model, self.words = model, words
        self.burn_in = int(model.state.world[0]["time_burn_in"])

    def say(self, key: str, **values: Any) -> str:
        return self.words(f"classroom.inspect.{key}", **values)

    def name(self, row: int) -> str:
        if row >= self.model.population.size:
            return self.words("story.start_up", row=row)
        return label_in(self.model.organisation(row).label, self.words.lang)

    def organisation(self, row: int) -> tuple[str, Rows]:
        """Who, what it knows, money, partners, work, why its last bid failed."""
        one = self.model.organisation(row)
        who = [self.words(f"story.kind.{one.kind}"), region_title(one.region, self.words.lang)]
        if not one.active:
            who.append(self.say("closed"))
        rows = [
            ("who", self.words.join(who)),
            ("staff", self.say("staff", staff=f"{one.staff:.0f}", free=f"{one.free_staff:.0f}")),
            ("knows", self._knows(one.expertise)),
            ("money", self.say("money", cash=f"{one.cash:.1f}", granted=f"{one.granted:.1f}",
                               earned=f"{one.earned:.0f}")),
            ("record", self.say("record", trials=f"{one.trials:.0f}", led=one.led,
                                successes=f"{one.successes:.0f}")),
            ("partners", self._partners(one)),
            ("works", self._works(row)),
            ("last_bid", self._last_bid(row)),
        ]  # fmt: skip
        return self.name(row), [(self.say(f"label.{key}"), text) for key, text in rows]

    def _knows(self, expertise: np.ndarray) -> str:
        best = np.argsort(-expertise, kind="stable")[:MOST_FIELDS]
        return self.words.join(
            self.say("field", field=int(field), level=f"{100 * expertise[field]:.0f}")
            for field in best
            if expertise[field] > 0.0
        )

    def _partners(self, one: Any) -> str:
        most = sorted(one.partners, key=lambda partner: -partner.times)[:MOST_PARTNERS]
        return self.words.join(self.name(partner.row) for partner in most) or self.say("none")

    def _works(self, row: int) -> str:
        mine = [
            one for one in self.model.consortia_under_way()
            if any(member.row == row for member in one.members)
        ][:MOST_PROJECTS]  # fmt: skip
        told = [
            self.say("work_lead" if one.lead.row == row else "work_member", row=one.row,
                     state=self.words(f"classroom.state.{one.state}"))
            for one in mine
        ]  # fmt: skip
        return self.words.join(told) or self.say("none")

    def _last_bid(self, row: int) -> str:
        """What became of the last bid it led, with the reason where it came to nothing."""
        events = self.model.events
        kinds = (*WHY_NOT, log.AWARDED)
        mine = events[(events["organisation"] == row) & np.isin(events["kind"], kinds)]
        if not len(mine):
            return self.say("no_bid")
        last = mine[-1]
        quarter = int(last["step"]) - self.burn_in + 1
        when = self.say("when", quarter=quarter) if quarter > 0 else self.say("before")
        kind = int(last["kind"])
        if kind == log.AWARDED:
            return self.say("awarded", when=when, grant=f"{last['value']:.1f}")
        return self.say(f"why.{WHY_NOT[kind]}", when=when, value=f"{last['value']:.1f}")

    def consortium(self, row: int) -> tuple[str, Rows]:
        """Its need, members, money and how far it is."""
        one: Any = self.model.consortium(row)
        need = self.model.state.needs[one.problem]
        owner = int(need["owner"])
        rows = [
            ("state", self.words(f"classroom.state.{one.state}")),
            ("programme", self.say("programme") if one.programme else self.say("private")),
            ("need", self.say("need", need=one.problem, value=f"{need['value']:.0f}",
                              owner=self.name(owner) if owner >= 0 else self.say("science"))),
            ("lead", self.name(one.lead.row)),
            ("members", self.words.join(self.name(member.row) for member in one.members[1:])
             or self.say("none")),
            ("covers", self.say("covers", share=f"{100 * one.coverage:.0f}",
                                believed=f"{100 * one.believed:.0f}")),
            ("cost", self.say("cost", planned=f"{one.planned:.1f}", spent=f"{one.spent:.1f}",
                              grant=f"{one.grant:.1f}")),
        ]  # fmt: skip
        title = self.say("consortium", row=row)
        return title, [(self.say(f"label.{key}"), text) for key, text in rows]
