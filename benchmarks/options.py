"""What can be chosen on the command line, for all parts."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How thoroughly to measure.

    Attributes
    ----------
    quick: a trial of the commands; its figures are of little worth.
    full: the largest populations too.
    rounds: how often everything is measured; 0 for each part's own number.
    """

    quick: bool = False
    full: bool = False
    rounds: int = 0

    def times(self, usual: int) -> int:
        """Rounds to measure where a part has a usual number of them."""
        return self.rounds or (1 if self.quick else usual)


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, file=sys.stderr, flush=True)
