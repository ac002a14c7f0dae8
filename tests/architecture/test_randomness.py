"""Only simulation/streams.py makes random numbers of the model; one file draws designs of sweeps.

ruff bans the imports (TID251 in pyproject.toml). This test reads the code by itself, so that a
`noqa` or a lazy spelling does not get past it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES_OF_RANDOMNESS = (
    ROOT / "simulation" / "streams.py",
    ROOT / "experiments" / "calibration" / "fit.py",  # seeds the search of places, no luck
    ROOT / "experiments" / "sweep" / "designs.py",  # places in a space of settings, no luck
)
BANNED_MODULES = ("random", "numpy.random", "scipy.stats.qmc")
BANNED_ATTRIBUTES = {"default_rng", "RandomState", "rvs", "shuffle_do", "urandom"}


def _is_banned(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in BANNED_MODULES)


def generators(source: str) -> Iterator[str]:
    """Every use of a random number generator in a piece of Python, as ``line: what``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            bad = [name for name in names if _is_banned(name)]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            bad = [name for name in names if _is_banned(name)]
        elif isinstance(node, ast.Attribute):
            on_numpy = isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")
            banned = node.attr in BANNED_ATTRIBUTES or (on_numpy and node.attr == "random")
            bad = [node.attr] if banned else []
        else:
            continue
        yield from (f"{node.lineno}: {name}" for name in bad)


def test_no_generator_outside_streams() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{use}"
        for package in ("agents", "simulation", "experiments")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path not in HOMES_OF_RANDOMNESS
        for use in generators(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from random import shuffle",
        "import numpy as np\nx = np.random.rand()",
        "import numpy.random",
        "from numpy import random",
        "from numpy.random import default_rng",
        "def draw(rng): return rng.default_rng(3)",
        "from scipy.stats import norm\nnorm.rvs()",
        "def step(model): model.agents.shuffle_do('step')",
    ],
)
def test_the_search_finds(source: str) -> None:
    assert list(generators(source))


def test_the_search_leaves_other_things_alone() -> None:
    source = "from simulation import streams\nu = streams.uniform(1, 2)\nrandom_share = 0.5\n"
    assert not list(generators(source))
