"""``consortia run``: one run of one regime, printed and plotted, with the story of a consortium.

The run is stepped as a Mesa model. Everything told is read from its agents, its log of events and
its columns; nothing is told that the model does not know.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.consortium import STATES
from agents.kinds import FEN_PER_MYUAN, PAYERS
from agents.settings import ConfigError
from experiments.populations import label_in, region_title
from experiments.store import atomic_write, describe
from experiments.words import Words
from simulation import events as log
from simulation.outcomes import COUNTS, OUTCOMES, TRAJECTORIES

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.configuration import Setup
    from simulation.model import ConsortiaModel

EVENTS_ROOM = 200_000
WIDTH = 100  # columns of the text, where no terminal says otherwise
FILES = ("story.txt", "run.json", "trajectories.csv", "events.csv", "run.svg", "run.png")
ANSWERS = (log.ACCEPTED, log.REFUSED_DEAL, log.REFUSED_STAFF)
ENDINGS = {
    log.SOLVED_EVENT: "solved",
    log.FAILED: "failed",
    log.OVERTAKEN: "overtaken",
    log.STOPPED: "gate_stopped",
}

# ---------------------------------------------------------------- the run


@dataclass(frozen=True, slots=True)
class Progress:
    """A project at the end of a quarter; its design's percentile, and sums so far."""

    step: int
    percentile: float
    tries: int
    improvements: int
    spent: float  # million yuan


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A run, what it came to, and where it was written.

    Attributes
    ----------
    model: the finished model; all its agents and columns can be read.
    outcomes: value of every outcome by name.
    consortium: row of the consortium whose story is told, or None when there is none.
    paths: for each consortium that worked, its quarters.
    text: what was printed.
    """

    setup: Setup
    model: ConsortiaModel
    outcomes: dict[str, float]
    consortium: int | None
    paths: dict[int, list[Progress]]
    out: Path
    text: str = field(default="", repr=False)


def run_story(setup: Setup, *, show: bool = True) -> Story:
    """Run the setup's first regime once, tell it, and write it to ``setup.out``.

    A former run in that folder is replaced; a run takes seconds and is the same again from the
    same settings. Anything else there is left alone.

    Parameters
    ----------
    show: print the text to standard output.

    Raises
    ------
    ConfigError: no such consortium, or a folder that cannot be used.
    """
    from simulation.warmup import warm_up

    check_number(setup.config["consortium"])
    check_folder(setup.out)
    warm_up(lambda text: print(text, file=sys.stderr))
    model, paths = run_model(setup)
    outcomes = model.outcomes()
    row = choose_consortium(model, setup.config["consortium"])
    story = Story(setup, model, outcomes, row, paths, setup.out)
    blocks = Teller(story).blocks()
    text = as_text(blocks)
    try:
        write_files(story, text)
    except OSError as error:
        raise ConfigError(
            f"out = {setup.out}: {describe(error)}. Write out= with a folder you may write to."
        ) from error
    if show:
        _print(blocks)
    return Story(setup, model, outcomes, row, paths, setup.out, text)


def run_model(setup: Setup) -> tuple[ConsortiaModel, dict[int, list[Progress]]]:
    """Step the model to its end; returns it with the path of every project."""
    from simulation.model import ConsortiaModel

    model = ConsortiaModel(
        setup.world,
        setup.population,
        setup.regimes[0].regime,
        seed=setup.seed,
        replicate=0,
        events=EVENTS_ROOM,
    )
    paths: dict[int, list[Progress]] = {}
    told = 0
    running: list[int] = []
    while model.running:
        model.step()
        new = model.events[told:]
        told += len(new)
        started = new["consortium"][new["kind"] == log.STARTED].tolist()
        for row in (*running, *started):
            paths.setdefault(row, []).append(_progress(model, row))
        running = [one.row for one in model.consortia_under_way() if one.state == "active"]
    return model, paths


def _progress(model: ConsortiaModel, row: int) -> Progress:
    c = model.state.consortia[row]
    return Progress(
        model.step_count - 1, float(c["percentile"]), int(c["tries"]), int(c["improvements"]),
        float(c["spent"] / FEN_PER_MYUAN),
    )  # fmt: skip


def check_number(wanted: Any) -> None:
    """Refuse what is neither ``auto`` nor a number, before anything runs."""
    if wanted != "auto" and (isinstance(wanted, bool) or not isinstance(wanted, int)):
        raise ConfigError(
            f"consortium = {wanted!r} is neither auto nor a number. Write consortium=auto, or "
            f"consortium=0 for the first that formed."
        )


def choose_consortium(model: ConsortiaModel, wanted: Any) -> int | None:
    """Row of the consortium to tell about.

    ``auto``: the most valuable funded one that solved its need, else the largest that worked under
    the policy, else the largest; ties go to the first. None when none formed.

    Raises
    ------
    ConfigError: the number is not that of a consortium.
    """
    count = model.consortium_count
    if wanted != "auto":
        if not 0 <= wanted < count:
            allowed = f"0 to {count - 1}" if count else "none, since no consortium formed"
            raise ConfigError(
                f"consortium = {wanted} is not in this run; allowed: {allowed}. Write "
                f"consortium=auto to have one chosen."
            )
        return int(wanted)
    if count == 0:
        return None
    formed = model.state.consortia[:count]
    solved = (formed["state"] == STATES.index("solved")) & (formed["grant"] > 0)
    if solved.any():
        value = model.state.needs["value"][formed["problem"]]
        return int(np.argmax(np.where(solved, value, -1.0)))
    worked = (formed["tries"] > 0) & (formed["founded"] >= model.state.world[0]["time_burn_in"])
    size = formed["size"]
    return int(np.argmax(np.where(worked, size, -1) if worked.any() else size))


# ---------------------------------------------------------------- telling


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


@dataclass(frozen=True, slots=True)
class Formation:
    """What the log says about how a consortium formed."""

    looked: tuple[int, ...]
    answers: tuple[tuple[int, int, float], ...]  # organisation, kind of event, value


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

    def together(self, sentences: Iterable[str]) -> str:
        """Sentences as one paragraph."""
        return ("" if self.words.lang == "zh" else " ").join(sentences)

    def blocks(self) -> list[Block]:
        """The whole page."""
        blocks = [*self.run(), *self.result_of_run()]
        if self.story.consortium is None:
            blocks.append(self.say("nobody"))
        else:
            blocks += ConsortiumTeller(self.story, self.story.consortium).consortium()
        files = self.words.join(FILES)
        return [*blocks, self.say("files", out=self.story.out.as_posix(), files=files)]

    # ------------------------------------------------------------ names and moments

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

    def introduced(self, row: int) -> str:
        """Name, kind and region of an organisation."""
        agent = self.model.organisation(row)
        parts = [self.say(f"kind.{agent.kind}"), self.region(agent.region)]
        return self.say("introduced", name=self.name(row), parts=self.words.join(parts))

    def programme(self, row: int) -> str:
        """Name of a programme by its row."""
        return self.entry.programmes[row - 1]

    def found(self, *kinds: int, **where: int) -> np.ndarray:
        """Events of these kinds, in order."""
        chosen = np.isin(self.events["kind"], kinds)
        for column, value in where.items():
            chosen &= self.events[column] == value
        return self.events[chosen]

    # ------------------------------------------------------------ the run

    def run(self) -> list[Block]:
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
            blocks.append(self.say("programme", name=name, governments=self._governments(row)))
        out = {name: money(self.story.outcomes[f"public_{name}"]) for name in
               ("offered", "spent", "unspent")}  # fmt: skip
        counts = {name: whole(self.story.outcomes[name]) for name in ("bids", "awards")}
        private = whole(self.story.outcomes["private_projects"])
        return [*blocks, self.say("offered", **out, **counts, private=private)]

    def _governments(self, programme: int) -> str:
        """Who runs a programme, and who must agree."""
        parts = []
        for government in self.model.governments:
            for charge in government.charges:
                if charge.programme.row != programme:
                    continue
                title = self._government_title(government)
                purse = 0.0
                for region in charge.purses:
                    purse += charge.programme.budget(0, region)
                if purse > 0.0:
                    parts.append(self.say("with_purses", title=title, purse=money(purse)))
                elif charge.runs:
                    parts.append(title)
                elif not charge.purses:
                    parts.append(self.say("government.agrees", title=title))
        return self.words.join(parts)

    def _government_title(self, government: Any) -> str:
        region = getattr(government, "region", None)
        if region is not None:
            return self.say("government.region", region=self.region(region))
        return self.say(f"government.{government.title}")

    # ------------------------------------------------------------ what the run came to

    def result_of_run(self) -> list[Block]:
        """Years, counts, money, rules."""
        outcomes = self.story.outcomes
        blocks: list[Block] = [
            Heading(self.say("years")), self._years(), self.say("money_unit"),
            Heading(self.say("counts")), self._counts(),
        ]  # fmt: skip
        if self.entry.programmes:
            solved = outcomes["solved"]
            anyway = solved - outcomes["additional"] + outcomes["displaced"]
            places = {name: whole(outcomes[name]) for name in
                      ("additional", "displaced", "deadweight")}  # fmt: skip
            blocks.append(
                self.say("additional", solved=whole(solved), anyway=whole(anyway), **places)
            )
        return [*blocks, Heading(self.say("payers")), self._payers(), *self._never_bound()]

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
        return self._grid(head, rows, len(head))

    def _counts(self) -> Grid:
        rows = [
            (
                self.words(f"outcome.{name}"),
                self.say(f"meaning.{name}"),
                whole(self.story.outcomes[name]),
            )
            for name in COUNTS
        ]
        return self._grid(("count", "meaning", "number"), rows, 1)

    def _payers(self) -> Grid:
        return self._money([self.story.outcomes[f"paid_{payer}"] for payer in PAYERS])

    def _money(self, paid: Sequence[float]) -> Grid:
        """Amounts by payer, in million yuan, with shares."""
        total = math.fsum(paid)
        rows = [
            (self.words(f"payer.{payer}"), money(amount), percent(amount / total if total else 0.0))
            for payer, amount in zip(PAYERS, paid, strict=True)
        ]
        return self._grid(("payer", "myuan", "share"), rows, 2)

    def _never_bound(self) -> list[Block]:
        from experiments.tables import Panel, _never_bound

        values = {one.name: np.array([[self.story.outcomes[one.name]]]) for one in OUTCOMES}
        rows = _never_bound(Panel((self.entry.name,), np.zeros(1, np.int64), values), self.setup)
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

    def _grid(self, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> Grid:
        columns = tuple(self.say(f"head.{name}") for name in head)
        return Grid(columns, tuple(tuple(row) for row in rows), numbers)


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

    def consortium(self) -> list[Block]:
        """The story, part by part."""
        last = self.model.consortium_count - 1
        blocks: list[Block] = [
            Heading(self.say("title", row=self.row, all=last + 1), main=True),
            self.together([*self._why_chosen(), self.say("choose", last=last)]),
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
        return [self.together([text, *more])]

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
        layers = self.say(
            "layers", coverage=f"{100 * self.agent.coverage:.0f}", size=self.agent.size,
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
        head = ("organisation", "kind", "region", "answer", "layer", "transfer", "staff",
                "components", "paid")  # fmt: skip
        return self._grid(head, rows, 4)

    def _answer_row(
        self, row: int, answer: str, transfer: str, members: dict[int, Any]
    ) -> tuple[str, ...]:
        agent = self.model.organisation(row)
        who = (self.name(row), self.say(f"kind.{agent.kind}"), self.region(agent.region), answer)
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
            return [self.together([said, self.say("turned_down")])]
        award = self.say("award", grant=money(self.agent.grant), planned=money(self.agent.planned))
        return [self.together([said, award])]

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

    def _path(self) -> Grid:
        rows = [
            (
                str(one.step - self.burn_in + 1), f"{100 * one.percentile:.2f} %", str(one.tries),
                str(one.improvements), money(one.spent),
            )
            for one in self.path
        ]  # fmt: skip
        head = ("quarter", "percentile", "tries", "improvements", "spent")
        return self._grid(head, rows, 5)

    def _who_paid(self) -> list[Block]:
        paid = paid_by(self.model, self.row)
        said: list[Block] = [self._money(paid)]
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


def find_formation(events: np.ndarray, row: int, problem: int) -> Formation:
    """Who was looked at and who answered, from the log.

    A dropped formation leaves its row number to the next; only the answers that stand without a
    break before the bid (or the start without a programme) belong to the consortium of this row.
    """
    closing = np.isin(events["kind"], (log.BID, log.FORMED_ALONE)) & (events["consortium"] == row)
    if not closing.any():
        return Formation((), ())
    last = int(np.flatnonzero(closing)[-1])
    place = last - 1
    looked: list[int] = []
    answers: list[tuple[int, int, float]] = []
    while place >= 0:
        event = events[place]
        kind = int(event["kind"])
        if (
            kind not in (log.LOOKED_AT, *ANSWERS)
            or event["consortium"] != row
            or event["problem"] != problem
        ):
            break
        if kind == log.LOOKED_AT:
            looked.append(int(event["organisation"]))
        else:
            answers.append((int(event["organisation"]), kind, float(event["value"])))
        place -= 1
    return Formation(tuple(reversed(looked)), tuple(reversed(answers)))


def paid_by(model: ConsortiaModel, row: int) -> list[float]:
    """What was paid for a project's cost by each of the four payers, million yuan.

    Financiers' advances count as the private firms' part, and a prize repays members' own cost, as
    in the accounts of a run. A penalty is not kept by project and is left out.
    """
    own = model.state.consortia[row]
    members = model.consortium(row).members
    repaid = [
        min(part, member.own_paid) for part, member in zip(prize(model, row), members, strict=True)
    ]
    paid = dict.fromkeys(PAYERS, 0.0)
    paid["programme"] = float(own["grant_used"] / FEN_PER_MYUAN)
    paid["private"] = float(own["financed"] / FEN_PER_MYUAN)
    for part, back, member in zip(prize(model, row), repaid, members, strict=True):
        paid["programme"] -= part - back
        paid[_payer(model.organisation(member.row))] += member.own_paid - back
    return [max(0.0, paid[payer]) for payer in PAYERS]


def prize(model: ConsortiaModel, row: int) -> list[float]:
    """Each member's part of the prize for a solution, million yuan; by its weight in value."""
    own, members = model.state.consortia[row], model.consortium(row).members
    share = float(model.state.programmes[own["programme"]]["funding_prize"])
    whole_prize = share * float(own["grant"] / FEN_PER_MYUAN)
    if model.consortium(row).state != "solved" or whole_prize <= 0.0:
        return [0.0] * len(members)
    total = math.fsum(member.value_weight for member in members)
    return [whole_prize * member.value_weight / total for member in members]


def _payer(agent: Any) -> str:
    if agent.kind in ("university", "institute"):
        return "block_grant"
    return "soe_funds" if agent.ownership.endswith("soe") else "private"


def own_before(model: ConsortiaModel) -> float:
    """Project cost that organisations had paid themselves before the policy, million yuan."""
    assert model.start is not None
    return float(model.start.paid[PAYERS.index("programme") + 1 :].sum() / FEN_PER_MYUAN)


def money(amount: float) -> str:
    """An amount in million yuan."""
    return f"{amount:,.2f}" if abs(amount) < 10 else f"{amount:,.1f}"


def whole(number: float) -> str:
    """A count."""
    return f"{number:,.0f}"


def percent(share: float) -> str:
    """A share."""
    return f"{100 * share:.0f} %"


def _fields(fields: np.ndarray) -> str:
    """Fields with how many components need them: ``3 (4x), 7, 9``."""
    numbers, counts = np.unique(fields, return_counts=True)
    return ", ".join(
        f"{number} ({count}×)" if count > 1 else str(number)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    )


# ---------------------------------------------------------------- showing and writing


def as_text(blocks: Iterable[Block]) -> str:
    """The page without colours, :data:`WIDTH` columns wide."""
    from rich.console import Console

    page = io.StringIO()
    _show(blocks, Console(file=page, width=WIDTH, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def _print(blocks: Iterable[Block]) -> None:
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


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something other than a former run.

    Raises
    ------
    ConfigError: it does, or it cannot be written to.
    """
    advice = "Write another folder, such as out=results/my_run."
    try:
        out.mkdir(parents=True, exist_ok=True)
        foreign = sorted(path.name for path in out.iterdir() if path.name not in FILES)
    except OSError as error:
        raise ConfigError(f"out = {out} cannot be used. {describe(error)}. {advice}") from error
    if foreign:
        raise ConfigError(
            f"out = {out} holds other things than a run ({foreign[0]}); nothing was written. {advice}"
        )


def write_files(story: Story, text: str) -> None:
    """Write the page, the outcomes, the paths, the log and the figure."""
    out = story.out
    _write(out / "story.txt", text)
    _write(out / "run.json", json.dumps(_record(story), indent=2, ensure_ascii=False))
    names = [one.name for one in TRAJECTORIES]
    rows = enumerate(story.model.state.trajectory.tolist(), start=1)
    _write(out / "trajectories.csv", _csv(["quarter", *names], ([q, *row] for q, row in rows)))
    _write(out / "events.csv", _csv(EVENT_HEAD, _event_rows(story)))
    draw(story)


def _write(path: Path, text: str) -> None:
    atomic_write(path, lambda file: file.write(text.encode("utf-8")))


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return page.getvalue()


def _record(story: Story) -> dict[str, Any]:
    """What was run, by which versions, and what it came to; NaN becomes null."""
    from experiments.provenance import provenance

    known = {name: value if np.isfinite(value) else None for name, value in story.outcomes.items()}
    name = story.setup.regimes[0].name
    origin = provenance(seed=story.setup.seed, replicates={name: 1}, runs={"done": 1}, seconds=0.0)
    return {
        "regime": name,
        "seed": story.setup.seed,
        "replicate": 0,
        "steps": story.model.step_count,
        "consortium": story.consortium,
        "outcomes": known,
        "config": story.setup.config,
        "provenance": {key: origin[key] for key in ("versions", "source_hash", "git", "command")},
    }


EVENT_HEAD = ("quarter", "event", "need", "consortium", "organisation", "name", "value")


def _event_rows(story: Story) -> Iterable[tuple[Any, ...]]:
    """The log; quarter 1 is the first under policy, -1 stands for nobody."""
    burn_in = int(story.model.state.world[0]["time_burn_in"])
    teller = Teller(story)
    for event in story.model.events.tolist():
        step, kind, problem, consortium, organisation, value = event
        name = teller.name(organisation) if organisation >= 0 else ""
        quarter = step - burn_in + 1
        yield quarter, log.EVENTS[kind], problem, consortium, organisation, name, value


# ---------------------------------------------------------------- the figure


def draw(story: Story) -> None:
    """Breakthroughs, projects, money, and the consortium's path, as SVG and PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from experiments.figures import printable, style

    teller = Teller(story)
    with style(teller.words.lang):
        figure = Figure(figsize=(10.5, 7.0))
        places = figure.subplots(2, 2)
        _draw_counts(places[0, 0], story, teller)
        _draw_projects(places[0, 1], story, teller)
        _draw_money(places[1, 0], story, teller)
        _draw_path(places[1, 1], story, teller)
        figure.suptitle(printable(teller.words.title(teller.entry)), x=0.01, ha="left")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout stands: do not compute it for each format
        figure.savefig(story.out / "run.svg", metadata={"Date": None, "Creator": None})
        FigureCanvasAgg(figure).print_figure(
            story.out / "run.png", dpi=150, metadata={"Software": None}
        )


def _over_time(axes: Any, story: Story, teller: Teller) -> np.ndarray:
    """Quarters on the axis, with the end of the policy; returns the quarters that were run."""
    time: Any = story.setup.world.sections["time"]
    last = story.model.step_count - teller.burn_in
    axes.axvline(time.policy, color="#6b6b6b", ls=":", lw=1)
    axes.set_xlim(0, last)
    axes.set_xlabel(teller.say("figure.quarter"))
    return np.arange(1, last + 1)


def _trajectory(story: Story, name: str, quarters: np.ndarray) -> np.ndarray:
    column = [one.name for one in TRAJECTORIES].index(name)
    values: np.ndarray = story.model.state.trajectory[: len(quarters), column]
    return values


def _draw_counts(axes: Any, story: Story, teller: Teller) -> None:
    from experiments.figures import COLOURS, MARKERS

    quarters = _over_time(axes, story, teller)
    for place, name in enumerate(COUNTS):
        axes.step(
            quarters, _trajectory(story, name, quarters), where="post", color=COLOURS[place],
            marker=MARKERS[place], markevery=8, ms=4, label=teller.words(f"outcome.{name}"),
        )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_title(teller.say("figure.counts"))
    axes.legend(loc="upper left", fontsize=8)


def _draw_projects(axes: Any, story: Story, teller: Teller) -> None:
    quarters = _over_time(axes, story, teller)
    axes.step(quarters, _trajectory(story, "active_projects", quarters), where="post", color="k")
    axes.set_ylim(bottom=0)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_title(teller.say("figure.projects"))


def _draw_money(axes: Any, story: Story, teller: Teller) -> None:
    from experiments.figures import STACK_COLOURS

    quarters = _over_time(axes, story, teller)
    own = _trajectory(story, "own_spent", quarters)
    axes.stackplot(
        quarters, _trajectory(story, "public_spent", quarters), own - own_before(story.model),
        labels=[teller.say("figure.public"), teller.say("figure.own")],
        colors=[STACK_COLOURS[0], STACK_COLOURS[2]], lw=0,
    )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_title(teller.say("figure.money"))
    axes.legend(loc="upper left", fontsize=8)


def _draw_path(axes: Any, story: Story, teller: Teller) -> None:
    """Distance from the best design, on a scale on which the last steps can be seen."""
    path = story.paths.get(story.consortium, []) if story.consortium is not None else []
    if not path or story.consortium is None:
        axes.text(0.5, 0.5, teller.say("figure.no_path"), ha="center", va="center")
        axes.set_axis_off()
        return
    quarters = [one.step - teller.burn_in + 1 for one in path]
    axes.set_yscale("logit")
    finest = 0.5 / 2 ** int(story.model.state.world[0]["needs_components"])
    shares = [min(max(one.percentile, finest), 1.0 - finest) for one in path]
    axes.plot(quarters, shares, color="k", marker="o", ms=4)
    solves = 1.0 - float(story.model.state.world[0]["criteria_top_share"])
    axes.axhline(solves, color="#0072B2", ls="--", lw=1)
    axes.text(quarters[0], solves, teller.say("figure.solved_line"), color="#0072B2",
              fontsize=8, va="bottom")  # fmt: skip
    _mark_events(axes, story.consortium, teller, dict(zip(quarters, shares, strict=True)))
    ticks = [value for value in (0.1, 0.5, 0.9, 0.99, 0.999) if value >= min(shares) / 2]
    axes.set_yticks(ticks, [f"{100 * value:g} %" for value in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(top=1.0 - finest / 2)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(teller.say("figure.quarter"))
    axes.set_title(teller.say("figure.path", row=story.consortium))


def _mark_events(axes: Any, row: int, teller: Teller, shares: dict[int, float]) -> None:
    kinds = {log.STARTED: "award", log.PASSED: "gate_passed", **ENDINGS}
    for event in teller.found(*kinds, consortium=row):
        quarter = int(event["step"]) - teller.burn_in + 1
        if quarter in shares:
            axes.annotate(
                teller.say(f"figure.{kinds[int(event['kind'])]}"), (quarter, shares[quarter]),
                xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8,
                bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
            )  # fmt: skip
