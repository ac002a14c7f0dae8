"""A run with people in it: rounds of four windows, each followed by quarters that the model plays.

In a round a programme calls for bids: quarters with nothing to bid for have a first window at most.

A room in which nobody departs from the model's rules is the run of the command line, bit by bit (a
test compares them). Decisions act between compiled phases; the rules themselves are not touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from experiments.classroom.case import Case
from experiments.classroom.rooms.acts import (
    FORMING,
    called,
    form,
    fund_as_said,
    publish_as_said,
    waiting_bids,
)
from experiments.classroom.rooms.looks import BEFORE_FORMING, looks
from experiments.classroom.rooms.seats import (
    ANSWER,
    FUND,
    INVITE,
    PUBLISH,
    WINDOWS,
    Changes,
    Item,
    Said,
)
from experiments.classroom.stepping import Stepper
from simulation.branching import branch
from simulation.phases import PHASES, Phase

AFTER_FORMING = PHASES[3:]

Table = dict[str, list[Item]]


class RoomRun(Stepper):
    """The run of a room: a :class:`Stepper` whose quarters can be looked into and decided.

    Attributes
    ----------
    round: rounds that are over.
    window: one of :data:`WINDOWS`, the one that is open.
    """

    def __init__(self, case: Case, quarters: int = 1) -> None:
        super().__init__(case)
        self.round, self.window = 0, PUBLISH
        self._quarters = quarters
        self._said: Changes = frozenset()
        self._met = False  # whether bids were made or judged in this quarter

    @property
    def open(self) -> bool:
        """Whether there is still something to decide."""
        return self.quarter < self.policy

    def table(self) -> Table:
        """What lies before each seat in this window; seats without anything are left out.

        Returns
        -------
        Items by seat: ``key`` (see :mod:`seats`), ``kind``, ``need``, ``value`` (million yuan), ``owner``,
        ``lead`` and ``who`` (rows or -1), ``rule`` (the model's own answer); of bids ``others``
        (row, 1 if its rule would ask it, per cent of the need it can touch); of awards ``grant`` and ``purse``.
        """
        table: Table = {}
        for seat, item in self._looks():
            table.setdefault(seat, []).append(item)
        return table

    def idle(self) -> bool:
        """Whether nothing lies before any seat."""
        return next(iter(self._looks()), None) is None

    def _looks(self) -> Iterable[tuple[str, Item]]:
        if not self.open:
            return iter(())
        return looks(self.state, self.burn_in + self.quarter, self.window, Said(self._said))

    def decide(self, changed: Changes = frozenset()) -> None:
        """This window closes with these decisions; after the last one the round's quarters pass."""
        now = self.burn_in + self.quarter
        if self.window == PUBLISH:
            self._run(BEFORE_FORMING, now)
            publish_as_said(self.state, now, Said(changed))
        elif self.window == INVITE:
            self._said = changed
            self._met = bool(called(self.state, now))
        elif self.window == ANSWER:
            self._form(now, self._said | changed)
        else:
            self._met = self._met or bool(waiting_bids(self.state))
            fund_as_said(self.state, now, Said(changed))
            self._run(AFTER_FORMING, now)
            self.finish_quarter()
            if self._met:
                self._pass_rest()
        self.window = WINDOWS[(WINDOWS.index(self.window) + 1) % len(WINDOWS)]

    def pass_idle(self) -> None:
        """Pass over windows in which nothing lies before any seat."""
        while self.open and self.idle():
            if self.window == PUBLISH and self._round_is_idle():
                self.step()
            else:
                self.decide()

    def _round_is_idle(self) -> bool:
        """Whether the rest of the quarter has nothing to decide either: then it is no round."""
        trial = self.copy()
        while trial.window != FUND:
            trial.decide()
            if not trial.idle():
                return False
        return True

    def copy(self) -> RoomRun:
        """The same run in a state of its own."""
        other = object.__new__(RoomRun)
        other.__dict__.update(self.__dict__)
        other.state = branch(self.state)
        return other

    def _form(self, now: int, said: Changes) -> None:
        self._said = frozenset()
        if said:
            form(self.state, now, Said(said), fresh=True)
        else:
            self._run((FORMING,), now)

    def _run(self, phases: Iterable[Phase], now: int) -> None:
        for phase in phases:
            phase.run(self.state, now, policy=True, fresh=True)

    def _pass_rest(self) -> None:
        self.round += 1
        for _ in range(self._quarters - 1):
            if self.open:
                self.step()


def play(case: Case, turns: Iterable[Changes], quarters: int) -> RoomRun:
    """The run after these windows, in rounds of so many quarters; it stands at the next window."""
    run = RoomRun(case, quarters)
    run.pass_idle()
    for changed in turns:
        if run.open:
            run.decide(changed)
            run.pass_idle()
    return run
