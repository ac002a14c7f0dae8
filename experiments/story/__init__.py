"""``consortia run``: one run of one regime, printed and plotted, with the story of a consortium.

The run is stepped as a Mesa model. Everything told is read from its agents, its log of events and
its columns; nothing is told that the model does not know.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agents.settings import ConfigError
from experiments.running.store import describe
from experiments.story.files import FILES, check_folder, write_files
from experiments.story.one_consortium import ConsortiumTeller
from experiments.story.page import Block, as_text, print_page
from experiments.story.run import Story, check_number, choose_consortium, run_model
from experiments.story.whole_run import RunTeller

if TYPE_CHECKING:
    from experiments.configuration import Setup

__all__ = ["FILES", "Story", "page_of", "run_story"]


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
    from simulation.warmup import warm_up  # compiles; not before it is needed

    check_number(setup.config["consortium"])
    check_folder(setup.out)
    warm_up(lambda text: print(text, file=sys.stderr))
    model, paths = run_model(setup)
    outcomes = model.outcomes()
    row = choose_consortium(model, setup.config["consortium"])
    story = Story(setup, model, outcomes, row, paths, setup.out)
    blocks = page_of(story)
    text = as_text(blocks)
    try:
        write_files(story, text)
    except OSError as error:
        raise ConfigError(
            f"out = {setup.out}: {describe(error)}. Write out= with a folder you may write to."
        ) from error
    if show:
        print_page(blocks)
    return Story(setup, model, outcomes, row, paths, setup.out, text)


def page_of(story: Story) -> list[Block]:
    """Everything that is told, in order."""
    teller = RunTeller(story)
    blocks = teller.blocks()
    if story.consortium is None:
        blocks.append(teller.say("nobody"))
    else:
        blocks += ConsortiumTeller(story, story.consortium).blocks()
    files = teller.words.join(FILES)
    return [*blocks, teller.say("files", out=story.out.as_posix(), files=files)]
