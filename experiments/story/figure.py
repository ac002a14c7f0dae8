"""The figure of a run: breakthroughs, projects, money, and the path of one consortium."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.figures.style import COLOURS, GREY, MARKERS, STACK_COLOURS, printable, save, style
from experiments.story.accounts import own_before
from experiments.story.one_consortium import ENDINGS
from experiments.story.run import Story
from experiments.story.teller import Teller
from simulation import events as log
from simulation.outcomes import COUNTS, TRAJECTORIES


def draw(story: Story) -> None:
    """Breakthroughs, projects, money, and the consortium's path, as SVG and PNG."""
    teller = Teller(story)
    title = printable(teller.words.title(teller.entry))
    with style(teller.words.lang, title):
        figure = Figure(figsize=(10.5, 7.0))
        places = figure.subplots(2, 2)
        _draw_counts(places[0, 0], story, teller)
        _draw_projects(places[0, 1], story, teller)
        _draw_money(places[1, 0], story, teller)
        _draw_path(places[1, 1], story, teller)
        figure.suptitle(title, x=0.01, ha="left")
        save(figure, story.out / "run.svg", story.out / "run.png", dpi=150)


def _over_time(axes: Any, story: Story, teller: Teller) -> np.ndarray:
    """Quarters on the axis, with the end of the policy; returns the quarters that were run."""
    time: Any = story.setup.world.sections["time"]
    last = story.model.step_count - teller.burn_in
    axes.axvline(time.policy, color=GREY, ls=":", lw=1)
    axes.set_xlim(0, last)
    axes.set_xlabel(teller.say("figure.quarter"))
    return np.arange(1, last + 1)


def _trajectory(story: Story, name: str, quarters: np.ndarray) -> np.ndarray:
    column = [one.name for one in TRAJECTORIES].index(name)
    values: np.ndarray = story.model.state.trajectory[: len(quarters), column]
    return values


def _draw_counts(axes: Any, story: Story, teller: Teller) -> None:
    quarters = _over_time(axes, story, teller)
    for place, name in enumerate(COUNTS):
        axes.step(
            quarters, _trajectory(story, name, quarters), where="post", color=COLOURS[place],
            marker=MARKERS[place], markevery=(2 * place, 8), ms=4, label=teller.words(f"outcome.{name}"),
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
    time: Any = story.setup.world.sections["time"]
    axes.annotate(
        teller.say("figure.policy_ends"), (time.policy, 1), (3, -2),
        xycoords=("data", "axes fraction"), textcoords="offset points", va="top", fontsize=8,
        color=GREY,
    )  # fmt: skip
    axes.set_title(teller.say("figure.projects"))


def _draw_money(axes: Any, story: Story, teller: Teller) -> None:
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
    axes.axhline(solves, color=COLOURS[1], ls="--", lw=1)
    axes.annotate(
        teller.say("figure.solved_line"), (0.02, solves), (0, 2),
        xycoords=("axes fraction", "data"), textcoords="offset points", va="bottom", fontsize=8,
        color=COLOURS[1],
    )  # fmt: skip
    _mark_events(axes, story.consortium, teller, dict(zip(quarters, shares, strict=True)))
    ticks = [value for value in (0.1, 0.5, 0.9, 0.99, 0.999) if value >= min(shares) / 2]
    axes.set_yticks(ticks, [teller.words("percent", number=f"{100 * value:g}") for value in ticks])
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
