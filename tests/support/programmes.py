"""Small and invented networks of projects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.validation.network import UNKNOWN, Network


def network(
    projects: Sequence[Sequence[int]],
    kinds: Sequence[int] | None = None,
    regions: Sequence[int] | None = None,
    starts: Sequence[float] | None = None,
) -> Network:
    """A network from the members of each project, of which the first leads."""
    count = 1 + max(max(members) for members in projects)
    sizes = [len(members) for members in projects]
    return Network(
        project=np.repeat(np.arange(len(projects)), sizes),
        organisation=np.concatenate([np.array(members) for members in projects]),
        lead=np.concatenate([np.arange(size) == 0 for size in sizes]),
        kind=np.array(kinds if kinds is not None else [UNKNOWN] * count),
        region=np.array(regions if regions is not None else [UNKNOWN] * count),
        start=np.array(starts if starts is not None else [np.nan] * len(projects)),
        months=np.full(len(projects), np.nan),
    )


def drawn(
    rng: np.random.Generator, projects: int, organisations: int = 400, size: int = 6,
    spread: float = 1.0, old_friends: float = 0.0, regions: int = 5,
) -> Network:  # fmt: skip
    """Projects of ``size`` members drawn by lognormal attractiveness of log sd ``spread``.

    With probability ``old_friends`` a project repeats half of the members of an earlier one.
    """
    weight = rng.lognormal(0.0, spread, organisations)
    weight /= weight.sum()
    members: list[list[int]] = []
    for _ in range(projects):
        kept: list[int] = []
        if members and rng.random() < old_friends:
            earlier = members[rng.integers(len(members))]
            kept = list(rng.choice(earlier, size // 2, replace=False))
        new = rng.choice(organisations, 2 * size, replace=False, p=weight)
        kept += [one for one in new if one not in kept][: size - len(kept)]
        members.append([int(one) for one in kept])
    members[0] = (
        [*members[0][:-1], organisations - 1] if organisations - 1 not in members[0] else members[0]
    )
    return network(
        members, rng.integers(0, 3, organisations).tolist(), rng.integers(0, regions, organisations).tolist()
    )  # fmt: skip
